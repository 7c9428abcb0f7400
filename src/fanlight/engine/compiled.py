"""The fast path: blocks of documents in UTF-8, tagged by compiled kernels on all cores, entities as columns.

What a stretch between white space (a *chunk*) is cut into, and the first layer's products for its tokens, are worked
out once, by the same functions as the plain path's, and remembered in tables of bounded size. Of words one thread looks
chunks up; the others run the network over what it has found (`engine.passes`), without Python's lock. What is
remembered of characters is cheap and seldom met again, so that each thread does all by itself, with tables of its own:
then none waits for another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import pairwise
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import passes, short_text
from fanlight.engine.chain import Scratch
from fanlight.engine.chunks import Chunks, Tables
from fanlight.engine.columns import Block, Entities
from fanlight.engine.first_layer import Layers, padded
from fanlight.engine.json import json_lines, room_for
from fanlight.engine.long_document import LongDocument, gathered
from fanlight.engine.type_cache import TypeCache, stages_of
from fanlight.network.modelfile import Model
from fanlight.text.sentences import LONGEST

Int = NDArray[np.int64]
Result = TypeVar("Result")
Run = Callable[[Chunks, Tables, list[Layers]], Result]
SHARE = 1 << 17  # bytes of a block that a thread takes at once
SHORT = 1 << 12  # bytes of a block that is tagged sooner than a thread is woken
LONG = 1 << 20  # bytes of a document that is tagged in pieces


def supported(model: Model) -> bool:
    """Tell whether the fast path can run a model: what is looked up is a word's own.

    The context of a character is that of all its kind in the document, whatever their words, which is not known here.
    """
    made = model.configuration
    named = model.gazetteer is not None and made.unit == "word"  # names of several words
    shared = made.unit == "character" and made.context_width > 0
    return not named and not shared and model.patterns is None


def is_long(block: Block, document: int) -> bool:
    """Tell whether a document is tagged in pieces."""
    return bool(block.ends[document] - block.starts[document] > LONG)


class CompiledEngine:
    """Tags blocks with one model.

    Parameters
    ----------
    model : Model
        One that is `supported`.
    threads : int
        That run the network.
    """

    def __init__(self, model: Model, threads: int) -> None:
        self.model = model
        self.threads = threads
        self.unit = model.configuration.unit
        self.types = model.configuration.types
        self.stages = stages_of(model)
        self._known = TypeCache(model, self.stages)
        self._apart = self.unit == "character"
        self._idle: SimpleQueue[TypeCache] = SimpleQueue()  # each thread's own, while it has nothing to do
        for n in range(threads if self._apart else 0):
            self._idle.put(TypeCache(model, self.stages) if n else self._known)
        self.passes = 1 if model.first is None else 2
        self.independent = model.configuration.head == "logistic"
        self.overlaps = len(self.types) if self.independent else 1  # entities that may begin at a token
        self._pool = ThreadPoolExecutor(threads)
        self._learning: list[Future[None]] = []
        self._running: list[Future[Any]] = []
        self._readers: list[Future[Any]] = []  # of products that a clearing-out gave up
        self._scratch: tuple[Scratch, Entities] | None = None  # for blocks that are tagged at once
        self._held: short_text.KernelArguments | None = None  # as long as nothing is learned
        self._json: tuple[Any, ...] = ()  # what it writes to

    def lines(self, texts: Sequence[str], least: Sequence[float]) -> bytes:
        """Tag texts as one block, as `tag` does, and return their documents as lines of JSON."""
        block = Block.of(texts)
        if self._at_once(block):
            self._held = self._held or self._hold()
            size = short_text.lines(self._held, block.data, block.starts, block.ends, np.array(least))
            if size >= 0:
                return bytes(self._json[-2][:size])
        return json_lines(block, 0, len(block.starts), self.tag(block, least), self.types)[0]

    def tag(self, block: Block, least: Sequence[float]) -> Entities:
        """Tag one block and wait for it; for `begin`'s parameters. A short one wakes no other thread."""
        if self._at_once(block):
            self._held = None
            chunks = _learned(self._known, block.data, block.starts, block.ends)
            self._scratch = self._scratch or (
                self.room(),
                Entities.allocate(SHORT * self.overlaps),
            )  # no more tokens than bytes
            count = len(block.starts)
            return self._entities(chunks, 0, count, *self._known.snapshot(), np.array(least), *self._scratch)
        parts = [future.result() for future in self.begin(block, least, lambda first, last, found: found)]
        empty = Entities.allocate(0)
        return Entities(*(np.concatenate(columns) for columns in zip(empty, *parts, strict=True)))

    def begin(
        self, block: Block, least: Sequence[float], then: Callable[[int, int, Entities], Result]
    ) -> list[Future[Result]]:
        """Look up a block's chunks, then hand shares of its documents to the threads.

        Parameters
        ----------
        block : Block
        least : sequence of float
            The lowest probability of an entity, by type.
        then : callable
            What a thread makes of its share: the first document, the last, and their entities.

        Returns
        -------
        list of Future
            The shares' results, in the order of the documents.
        """
        lowest = np.array(least, np.float64)
        sizes = np.cumsum(block.ends - block.starts)
        futures: list[Future[Result]] = []
        first = 0
        while first < len(sizes):
            if is_long(block, first):
                found = gathered(self.long(block, first, least), first)
                futures.append(Future())
                futures[-1].set_result(then(first, first + 1, found))
                first += 1
                continue
            done = int(sizes[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(sizes, done + min(LONG, self._known.bytes), "right")))
            futures += self._begin(block, first, last, lowest, then)
            first = last
        return futures

    def long(self, block: Block, document: int, least: Sequence[float]) -> Iterator[Entities]:
        """Yield the entities of a long document, some at a time, in bounded memory; see `engine.long_document`."""
        begin, end = int(block.starts[document]), int(block.ends[document])
        return LongDocument(self, block.data, begin, end).entities(np.array(least, np.float64))

    @property
    def piece_bytes(self) -> int:
        """How long the pieces of a long document are."""
        return self._known.bytes

    def piece(self, data: NDArray[np.uint8], size: int, then: Callable[..., Result]) -> Future[Result]:
        """Look up the chunks of ``data[:size]``; a thread gives them, and what is known then, to `then`."""
        begin, end = np.zeros(1, np.int64), np.array([size])
        return self._alone(data, begin, end, then) if self._apart else self._together(data, begin, end, [then])[0]

    def _begin(
        self,
        block: Block,
        begin: int,
        end: int,
        lowest: NDArray[np.float64],
        then: Callable[[int, int, Entities], Result],
    ) -> list[Future[Result]]:
        """Begin with the documents [begin, end) of a block, so few that their new word types can be remembered."""
        data, starts, ends = block.data, block.starts[begin:end], block.ends[begin:end]
        counts = np.cumsum(ends - starts)
        borders = np.searchsorted(counts, np.arange(SHARE, counts[-1], SHARE), "left") + 1
        shares = [*pairwise(np.unique(np.concatenate([[0], borders, [len(starts)]])).tolist())]
        if not self._apart:
            return self._together(
                data, starts, ends, [partial(self._run, s, e, begin, lowest, then) for s, e in shares]
            )
        return [
            self._alone(data, starts[s:e], ends[s:e], partial(self._run, 0, e - s, begin + s, lowest, then))
            for s, e in shares
        ]

    def _together(self, data: Any, starts: Int, ends: Int, runs: Sequence[Run[Result]]) -> list[Future[Result]]:
        """Look up chunks; threads work out what is new, and then do these with the chunks and what is known."""
        self._held = None
        if self._known.full:
            self._readers = self._running
            self._known.clear_out()
        chunks, jobs = self._known.find(data, starts, ends)
        if self._known.short:
            wait(self._running)
            self._known.grow()
        self._learning = [f for f in self._learning if not f.done()] + [
            self._pool.submit(_after, self._readers, job) for job in jobs
        ]
        found = self._known.snapshot()
        futures = [self._pool.submit(_with, self._learning, partial(run, chunks, *found)) for run in runs]
        self._running = [*(f for f in self._running if not f.done()), *self._learning, *futures]
        return futures

    def _alone(self, data: Any, starts: Int, ends: Int, run: Run[Result]) -> Future[Result]:
        """Have a thread do all that by itself."""

        def job() -> Result:
            known = self._idle.get()
            try:
                return run(_learned(known, data, starts, ends), *known.snapshot())
            finally:
                self._idle.put(known)

        self._held = None
        future = self._pool.submit(job)
        self._running = [*(f for f in self._running if not f.done()), future]
        return future

    def _run(
        self,
        first: int,
        last: int,
        offset: int,
        least: NDArray[np.float64],
        then: Callable[[int, int, Entities], Result],
        chunks: Chunks,
        tables: Tables,
        layers: list[Layers],
    ) -> Result:
        """Tag the documents [first, last) that were looked up, the block's from `offset` on."""
        ids = chunks.ids[chunks.documents[first] : chunks.documents[last]]
        out = Entities.allocate(int((tables.first[ids + 1] - tables.first[ids]).sum()) * self.overlaps)
        found = self._entities(chunks, first, last, tables, layers, least, self.room(), out)
        return then(first + offset, last + offset, found._replace(documents=found.documents + offset))

    def _entities(
        self,
        chunks: Chunks,
        first: int,
        last: int,
        tables: Tables,
        layers: list[Layers],
        least: NDArray[np.float64],
        room: Scratch,
        out: Entities,
    ) -> Entities:
        one, two = layers[0], layers[-1]
        twice = len(layers) > 1
        count = passes.run(chunks, first, last, tables, one, two, twice, room, least, out)
        return Entities(*(column[:count].copy() for column in out))

    def _at_once(self, block: Block) -> bool:
        """Tell whether a block is short, and nothing that it would have to wait for is being done."""
        return 0 < len(block.starts) <= SHORT and len(block.data) <= SHORT and all(f.done() for f in self._running)

    def _hold(self) -> short_text.KernelArguments:
        """Bundle all that a short block is tagged with."""
        self._json = self._json or room_for(self.types, (1 + self.overlaps) * SHORT, SHORT, SHORT * self.overlaps)
        self._scratch = self._scratch or (self.room(), Entities.allocate(SHORT * self.overlaps))
        chunks = Chunks(*(np.empty(SHORT + 1, np.int32) for _ in Chunks._fields))
        tables, layers = self._known.snapshot()
        room, out = self._scratch
        return short_text.hold(self._known.entries(), chunks, tables, tuple(layers), room, out, self._json)

    def room(self) -> Scratch:
        """Return scratch for one thread."""
        made = self.model.configuration
        longest, hidden, types = LONGEST[self.unit], padded(made.hidden), len(self.types)
        parts = max(stage.parts for stage in self.stages)
        return Scratch.of(longest, hidden, made.positions, types, independent=self.independent, parts=parts)


def _learned(known: TypeCache, data: Any, starts: Int, ends: Int) -> Chunks:
    """Look up chunks and learn what is new, where nobody else reads the tables."""
    if known.full:
        known.clear_out()
    chunks, jobs = known.find(data, starts, ends)
    if known.short:
        known.grow()
    for job in jobs:
        job()
    return chunks


def _after(others: list[Future[Any]], job: Callable[[], None]) -> None:
    wait(others)  # begun before this, so that nobody waits for what nobody does
    job()


def _with(learning: list[Future[None]], job: Callable[[], Result]) -> Result:
    for future in learning:
        future.result()
    return job()
