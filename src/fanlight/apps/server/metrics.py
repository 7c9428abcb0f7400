"""Counters and histograms in Prometheus's format, without contents of texts."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began is in its process
CONTENT_TYPE = CONTENT_TYPE_LATEST
# bounds of the latency histogram: Prometheus's, and finer below 5 ms, where most responses are
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counters of a server.

    Attributes
    ----------
    texts, characters : Counter
        Number of texts and characters tagged.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fanlight_requests", "Requests by path and status.", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "fanlight_request_seconds", "Time until an answer is complete, by path.", ["path"],
            registry=self._registry, buckets=_SECONDS,
        )  # fmt: skip
        self._children: dict[
            tuple[str, int], tuple[Counter, Histogram]
        ] = {}  # looking them up takes longer than counting
        self.texts = Counter("fanlight_texts", "Texts tagged.", registry=self._registry)
        self.characters = Counter("fanlight_characters", "Characters tagged.", registry=self._registry)

    def count_request(self, path: str, status: int, seconds: float) -> None:
        """Count a response."""
        counters = self._children.get((path, status))
        if counters is None:
            counters = self._requests.labels(path, str(status)), self._seconds.labels(path)
            self._children[path, status] = counters
        requests, durations = counters
        requests.inc()
        durations.observe(seconds)

    def watch(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Add a gauge whose value is computed when the metrics are read."""
        Gauge(name, description, registry=self._registry).set_function(value)

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
