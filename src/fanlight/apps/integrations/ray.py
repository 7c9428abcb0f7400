"""Ray (the extra "ray"): shards tagged by Ray Data's actors, on one machine or many that share a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fanlight.apps.shards import Job, Row, Shard, tag_shard
from fanlight.errors import FanlightError
from fanlight.libraries import library


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
