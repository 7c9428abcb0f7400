"""Batching of texts of concurrent callers, with one thread per model; a single short request is tagged at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from fanlight.entities.entity import Document
from fanlight.tagging.tagger import Tagger

Result = TypeVar("Result")
MAX_CHARACTERS = 500_000  # per batch; longer requests are split, so that others wait for at most a second


@dataclass
class Job:
    """The texts of one caller."""

    texts: Sequence[str]
    done: asyncio.Future[list[Document]]


@dataclass
class Batcher:
    """Collects the jobs that arrive while others are being tagged, and tags them together.

    Attributes
    ----------
    tagger : Tagger
        Its kernels are prepared in the background at the start.
    """

    tagger: Tagger
    _jobs: asyncio.Queue[Job] = field(default_factory=asyncio.Queue)
    _worker: asyncio.Task[None] | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Begin to prepare the kernels."""
        self.tagger.prepare()

    async def tag(self, texts: Sequence[str]) -> list[Document]:
        """Return the documents of texts; jobs of callers that disconnect are skipped."""
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())
        documents: list[Document] = []
        while len(documents) < len(texts):
            job = Job(_portion(texts, len(documents)), asyncio.get_running_loop().create_future())
            await self._jobs.put(job)
            documents += await job.done
        return documents

    def tag_at_once(self, texts: Sequence[str], threshold: float | Mapping[str, float]) -> bytes | None:
        """Tag a few short texts in this thread and return lines of JSON; None if others wait or it would take long.

        Switching threads and reacquiring Python's lock would take longer than tagging.
        """
        if not self.tagger.ready or not self._busy.acquire(blocking=False):
            return None
        try:
            return self.tagger.to_jsonl(texts, threshold)
        finally:
            self._busy.release()

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Run a function in the tagger's thread, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._alone, function, *arguments)

    def _alone(self, function: Callable[..., Result], *arguments: object) -> Result:
        with self._busy:
            return function(*arguments)

    async def _work(self) -> None:
        while True:
            batch = [await self._jobs.get()]
            size = sum(map(len, batch[0].texts))
            while not self._jobs.empty() and size < MAX_CHARACTERS:
                batch.append(self._jobs.get_nowait())
                size += sum(map(len, batch[-1].texts))
            batch = [job for job in batch if not job.done.cancelled()]
            texts = [text for job in batch for text in job.texts]
            try:
                documents = await self.run(self.tagger.tag_batch, texts)
            except Exception as error:  # tag each job separately, so that an invalid one does not affect the others
                await self._one_by_one(batch, error)
                continue
            begin = 0
            for job in batch:
                if not job.done.cancelled():
                    job.done.set_result(documents[begin : begin + len(job.texts)])
                begin += len(job.texts)

    async def _one_by_one(self, batch: list[Job], error: Exception) -> None:
        for job in batch:
            try:
                if len(batch) == 1:
                    raise error
                documents = await self.run(self.tagger.tag_batch, job.texts)
            except Exception as fault:
                if not job.done.cancelled():
                    job.done.set_exception(fault)
            else:
                if not job.done.cancelled():
                    job.done.set_result(documents)


def _portion(texts: Sequence[str], begin: int) -> Sequence[str]:
    """Return the next texts from `begin` on, up to `MAX_CHARACTERS`, and at least one."""
    size = len(texts[begin])
    end = begin + 1
    while end < len(texts) and size + len(texts[end]) <= MAX_CHARACTERS:
        size += len(texts[end])
        end += 1
    return texts[begin:end]
