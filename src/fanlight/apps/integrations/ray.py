"""Ray (the extra "ray"), on one machine or many: shards tagged by Ray Data's actors, epochs trained by actors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fanlight.apps.shards import Job, Row, Shard, tag_shard
from fanlight.errors import FanlightError
from fanlight.libraries import library
from fanlight.training.mixing import LOST, Worker, Workers
from fanlight.training.preparation import Task


def on_ray(job: Job, shards: Sequence[Shard], workers: int) -> Iterator[Row]:
    """Tag shards with so many actors, each with one core and a model of its own."""
    data = library("ray.data")
    data.DataContext.get_current().enable_progress_bars = False
    items = data.from_items([shard._asdict() for shard in shards], override_num_blocks=len(shards))
    done = items.map(_Tagging, fn_constructor_args=(job,), num_cpus=1, concurrency=min(workers, len(shards)))
    for row in done.iter_rows():
        if fault := row.pop("fault"):
            raise FanlightError(fault)
        yield Row(**row)


class _Tagging:
    def __init__(self, job: Job) -> None:
        self._job = job

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        shard = Shard(**item)
        try:
            return {**tag_shard(self._job, shard)._asdict(), "fault": ""}
        except FanlightError as error:  # as an exception it would end in Ray's own and a traceback
            return {**Row(shard.number, "", 0, 0, "")._asdict(), "fault": str(error)}


@contextmanager
def training_on_ray(count: int) -> Iterator[Workers]:
    """Yield workers for data-parallel training (`training.mixing`) that are Ray's actors, each with one core."""
    workers = _Actors(library("ray"), count)
    try:
        yield workers
    finally:
        workers.end()


class _Actors:
    def __init__(self, ray: Any, count: int) -> None:
        self.count = count
        self._ray = ray
        self._actors: list[Any] = []
        if not ray.is_initialized():
            ray.init(log_to_driver=False)
        if count > (cores := int(ray.cluster_resources().get("CPU", 0))):
            raise FanlightError(f"workers: {count}, each with a core, but Ray has {cores}: choose fewer")

    def begin(self, task: Task) -> None:
        self.end()
        made, given = self._ray.remote(num_cpus=1)(Worker), self._ray.put(task)
        self._actors = [made.remote(given, (number, self.count)) for number in range(self.count)]

    def epoch(self, number: int, state: bytes) -> list[bytes]:
        given = self._ray.put(state)
        try:
            done: list[bytes] = self._ray.get([actor.epoch.remote(number, given) for actor in self._actors])
        except self._ray.exceptions.RayActorError:
            raise FanlightError(LOST) from None
        return done

    def end(self) -> None:
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors = []
