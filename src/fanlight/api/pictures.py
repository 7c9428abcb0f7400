"""Plots by matplotlib (the extra "graph")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanlight.errors import DataError
from fanlight.files import ending_of, replacing
from fanlight.libraries import library

if TYPE_CHECKING:
    from fanlight.api.learning_curve import LearningCurve
    from fanlight.entities.report import Report

SUFFIXES = (".svg", ".png", ".pdf")


@contextmanager
def drawn(path: Path, width: float, height: float) -> Iterator[Any]:
    """Yield the axes of a new plot, with a size in inches; write it at the end of the block.

    Raises
    ------
    DataError
        The ending of the name is not in `SUFFIXES`, or the file cannot be written.
    """
    if ending_of(path) not in SUFFIXES:
        raise DataError(f"{path}: a picture's name ends with {', '.join(SUFFIXES)}")
    library("matplotlib").use("agg")
    plt = library("matplotlib.pyplot")
    figure, axes = plt.subplots(figsize=(width, height))
    try:
        yield axes
        figure.tight_layout()
        with replacing(path) as part:
            figure.savefig(part, format=ending_of(path)[1:])
    finally:
        plt.close(figure)


def draw_curve(curve: LearningCurve, path: Path) -> None:
    """Draw a learning curve and its forecasts, with their intervals; see `drawn`."""
    with drawn(path, 6, 3.6) as axes:
        axes.set_xscale("log")
        for points, style, label in ((curve.points, "o-", "measured"), (curve.forecasts, "o--", "forecast")):
            errors = [[max(0, p.f1 - p.low) for p in points], [max(0, p.high - p.f1) for p in points]]
            sizes, scores = [p.sentences for p in points], [p.f1 for p in points]
            axes.errorbar(sizes, scores, errors, fmt=style, capsize=3, label=label)
        axes.set(xlabel="sentences", ylabel="F1 on the dev set")
        axes.legend()


def draw_history(epochs: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a training's loss, and its F1 on the dev set if there is one; see `drawn`."""
    with drawn(path, 6, 3.6) as axes:
        numbers = range(1, len(epochs) + 1)
        axes.plot(numbers, [e["loss"] for e in epochs], color="tab:gray", label="loss")
        axes.set(xlabel="epoch", ylabel="loss")
        scored = [(n, e["dev_f1"]) for n, e in zip(numbers, epochs, strict=True) if e["dev_f1"] is not None]
        if scored:
            other = axes.twinx()
            other.plot(*zip(*scored, strict=True), color="tab:blue")
            other.set_ylabel("F1 on the dev set", color="tab:blue")


def draw_reliability(report: Report, path: Path) -> None:
    """Draw predicted probabilities against accuracies; see `drawn`."""
    reliability = report.reliability
    with drawn(path, 4, 4) as axes:
        axes.plot([0, 1], [0, 1], "--", color="tab:gray")
        axes.plot(reliability.stated, reliability.right, "o-")
        axes.set(xlabel="stated probability", ylabel="share that is right", title=f"error {reliability.error:.2f} %")
