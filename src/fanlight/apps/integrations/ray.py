"""Distributed tagging and training with actors of Ray (the extra "ray")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import ModuleType
from typing import Any

from fanlight.apps.shards import Job, Row, Shard, tag_shard
from fanlight.errors import FanlightError
from fanlight.libraries import library
from fanlight.training.data_parallel import LOST, Worker, Workers
from fanlight.training.preparation import Run

RESTARTS = 3  # restarts of an actor, and retries of a shard


def on_ray(job: Job, shards: Sequence[Shard], workers: int) -> Iterator[Row]:
    """Tag shards with a number of actors, each with one core and its own model.

    An actor has one queued shard while it tags another. If its process dies, it is restarted and repeats them.
    """
    ray = _ray()
    actor_class = ray.remote(
        num_cpus=1, max_restarts=RESTARTS, max_task_retries=RESTARTS, scheduling_strategy="SPREAD"
    )(_Tagging)
    actors = [actor_class.remote(job) for _ in range(min(workers, len(shards)))]
    left = iter(shards)
    running = {actor.ready.remote(): actor for actor in actors}  # with few cores, some actors never start
    undone = len(shards)
    try:
        while undone:
            (done,), _ = ray.wait(list(running))
            actor, row = running.pop(done), ray.get(done)
            for shard in islice(left, 1 if row else 2):
                running[actor.tag.remote(shard)] = actor
            if row:
                undone -= 1
                if fault := row.pop("fault"):
                    raise FanlightError(fault)
                yield Row(**row)
    except ray.exceptions.RayActorError:
        raise FanlightError("a worker was lost, again and again: go on with --resume") from None
    finally:
        for actor in actors:
            ray.kill(actor)


class _Tagging:
    def __init__(self, job: Job) -> None:
        self._job = job

    def ready(self) -> dict[str, Any]:
        return {}

    def tag(self, shard: Shard) -> dict[str, Any]:
        try:
            return {**tag_shard(self._job, shard)._asdict(), "fault": ""}
        except FanlightError as error:  # an exception would be wrapped by Ray's, with a traceback
            return {**Row(shard.number, "", 0, 0, "")._asdict(), "fault": str(error)}


def _ray() -> Any:
    """Return Ray, connected to the cluster at RAY_ADDRESS, or else started on this machine."""
    ray = library("ray")
    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    return ray


@contextmanager
def training_on_ray(count: int) -> Iterator[Workers]:
    """Yield workers for data-parallel training (`training.data_parallel`): Ray actors with one core each."""
    workers = _Actors(_ray(), count)
    try:
        yield workers
    finally:
        workers.end()


class _Actors:
    def __init__(self, ray: ModuleType, count: int) -> None:
        self.count = count
        self._ray = ray
        self._actors: list[Any] = []
        if count > (cores := int(ray.cluster_resources().get("CPU", 0))):
            raise FanlightError(f"workers: {count}, each with a core, but Ray has {cores}: choose fewer")

    def begin(self, task: Run) -> None:
        self.end()
        worker_class, shared_task = self._ray.remote(num_cpus=1)(Worker), self._ray.put(task)
        self._actors = [worker_class.remote(shared_task, (number, self.count)) for number in range(self.count)]

    def epoch(self, number: int, state: bytes) -> list[bytes]:
        shared_state = self._ray.put(state)
        try:
            done: list[bytes] = self._ray.get([actor.epoch.remote(number, shared_state) for actor in self._actors])
        except self._ray.exceptions.RayActorError:
            raise FanlightError(LOST) from None
        return done

    def end(self) -> None:
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors = []
