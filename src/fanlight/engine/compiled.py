"""The compiled engine: kernels tag blocks of UTF-8 documents on all cores.

The tokens of a *chunk* (a run of characters between white space) and their first-layer products are computed once and
cached in bounded tables (`engine.type_cache`). For models of words, the calling thread looks up chunks, and a pool of
threads runs the network over them (`engine.pipeline`) without Python's lock. Cached characters are cheap to compute and
rarely recur, so for models of characters each thread has a cache of its own.

Several threads may use an engine at once: shared state is read and changed under one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import pairwise
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import entry
from fanlight.engine.chunks import Chunks, Tables
from fanlight.engine.columns import Block, Entities, Networks, Tokens
from fanlight.engine.first_layer import Layers, pad_hidden
from fanlight.engine.json import allocate_json, json_lines, stream_json
from fanlight.engine.long_document import LongDocument
from fanlight.engine.scratch import Scratch
from fanlight.engine.sentences import Row, SentenceTagger
from fanlight.engine.short_blocks import SHORT, ShortBlocks
from fanlight.engine.token_features import Finders, find_features
from fanlight.engine.type_cache import TypeCache, learn_chunks, stages_of
from fanlight.machine import cores
from fanlight.network.modelfile import Model
from fanlight.text.sentences import LONGEST
from fanlight.text.span_rules import kinds_of

Int = NDArray[np.int64]
Float = NDArray[np.float64]
Result = TypeVar("Result")
Lookup = tuple[Chunks, Tables, list[Layers]]
Run = Callable[[Lookup], Result]
SHARE = 1 << 17  # bytes of a block per job
_NONE = np.zeros(0, np.int64)
LONG = 1 << 20  # bytes of a document that is tagged in segments


def is_long(block: Block, document: int) -> bool:
    """Tell whether a document is tagged in segments."""
    return bool(block.text_ends[document] - block.text_starts[document] > LONG)


class CompiledEngine:
    """Tags blocks with one model; see `engine.interface`.

    Parameters
    ----------
    model : Model
    """

    plain = False

    def __init__(self, model: Model) -> None:
        self.model = model
        self.unit = model.configuration.unit
        self.types = model.configuration.types
        self.stages = stages_of(model)
        self.stage_count = 1 if model.first_stage is None else 2
        self._independent = model.configuration.head == "logistic"
        self.overlaps = len(self.types) if self._independent else 1  # entities that may begin at a token
        self._kinds = np.array([] if self._independent else kinds_of(self.types), np.int64)
        self.finders = Finders.of(model)
        self.cache = TypeCache(model, self.stages)
        self._separate = self.unit == "character"
        self._free_caches: SimpleQueue[TypeCache] = SimpleQueue()  # used by no thread
        self._free_caches.put(self.cache)
        self._lock = threading.RLock()
        self._pools: dict[int, ThreadPoolExecutor] = {}
        self._learning: list[Future[None]] = []
        self._running: list[Future[Any]] = []
        self._readers: list[Future[Any]] = []  # jobs that may still read evicted products
        self._json = allocate_json(self.types, 0, 0, 0)  # nothing is written to it
        self._short = ShortBlocks(self)
        self._sentences: SentenceTagger | None = None

    def entities(self, block: Block, thresholds: Float, threads: int | None = None) -> Entities:
        """Return the entities of a block; a short block is tagged on the calling thread."""
        with self._lock:
            if self._is_short(block):
                return self._short.entities(block, thresholds)
        parts = self.begin(block, thresholds, lambda begin, end, entities: entities, threads)
        return Entities.concatenate(future.result() for future in parts)

    def json(self, block: Block, thresholds: Float, threads: int | None = None) -> bytes:
        """Return the documents of a block as lines of JSON."""
        with self._lock:
            if self._is_short(block):
                return self._short.json(block, thresholds)
        return self.to_json(block, 0, len(block.text_starts), self.entities(block, thresholds, threads), self.types)[0]

    def to_json(
        self, block: Block, begin: int, end: int, entities: Entities, types: tuple[str, ...]
    ) -> tuple[bytes, Int]:
        """Return documents [begin, end) as lines of JSON, and the byte offsets of the lines (end - begin + 1,)."""
        return json_lines(block, begin, end, entities, types)

    def json_segments(
        self, block: Block, document: int, entities: Iterator[Entities], types: tuple[str, ...]
    ) -> Iterator[bytes]:
        """Yield the JSON line of one document in parts, consuming its entities lazily."""
        begin, end = int(block.text_starts[document]), int(block.text_ends[document])
        return stream_json(block.data, begin, end, entities, types)

    def begin(
        self,
        block: Block,
        thresholds: Float,
        callback: Callable[[int, int, Entities], Result],
        threads: int | None = None,
    ) -> list[Future[Result]]:
        """Look up a block's chunks, and submit shares of its documents to the threads.

        Parameters
        ----------
        block : Block
        thresholds : float64 array (types,)
        callback : callable
            Called by the threads with begin, end and entities of each share of documents [begin, end).
        threads : int, optional
            Number of threads that run the network; by default one per core.

        Returns
        -------
        list of Future
            The callback's results, in the order of the documents.
        """
        threads = threads or cores()
        sizes = np.cumsum(block.text_ends - block.text_starts)
        futures: list[Future[Result]] = []
        begin = 0
        while begin < len(sizes):
            if is_long(block, begin):
                entities = Entities.concatenate(self.segments(block, begin, thresholds, threads))
                entities = entities._replace(documents=entities.documents + np.int32(begin))
                futures.append(Future())
                futures[-1].set_result(callback(begin, begin + 1, entities))
                begin += 1
                continue
            done = int(sizes[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(sizes, done + min(LONG, self.cache.bytes), "right")))
            futures += self._begin(block, (begin, end), thresholds, callback, threads)
            begin = end
        return futures

    def segments(
        self, block: Block, document: int, thresholds: Float, threads: int | None = None
    ) -> Iterator[Entities]:
        """Yield the entities of each segment of a long document; see `engine.long_document`."""
        begin, end = int(block.text_starts[document]), int(block.text_ends[document])
        return LongDocument(self, block.data, begin, end, threads or cores()).entities(thresholds)

    @property
    def segment_bytes(self) -> int:
        """Length of a long document's segments in bytes."""
        return self.cache.bytes

    def begin_segment(
        self, data: NDArray[np.uint8], size: int, callback: Callable[..., Result], threads: int
    ) -> Future[Result]:
        """Look up the chunks of ``data[:size]``; a thread calls `callback` with them and a snapshot of the tables."""
        begin, end = np.zeros(1, np.int64), np.array([size])
        if self._separate:
            return self._submit_separate(data, begin, end, callback, threads)
        return self._submit_shared(data, begin, end, [callback], threads)[0]

    def warm(self) -> None:
        """Load or compile the kernels that tag documents of up to a megabyte."""
        thresholds = np.zeros(len(self.types))
        for texts in (["Warm."], ["Warm."], ["Warm up."] * (SHORT // 4)):
            self.json(Block.of(texts), thresholds)

    def warm_segments(self) -> None:
        """Load or compile the kernels that tag longer documents."""
        block = Block.of(["Warm up."])
        for entities in self.segments(block, 0, np.zeros(len(self.types))):
            list(self.json_segments(block, 0, iter([entities]), self.types))

    def token_spans(
        self, words: Sequence[str], sentences: Int, documents: Int, threads: int | None = None
    ) -> list[Row] | None:
        """Return the entities of tokenised sentences; None if only the plain engine can tag them."""
        if self.unit != "word" or self.model.patterns is not None:
            return None
        with self._lock:
            if self._sentences is None:
                self._sentences = SentenceTagger(self)
        return self._sentences.spans(words, sentences, documents, threads or cores())

    def submit(self, threads: int, job: Callable[[], Result]) -> Future[Result]:
        """Submit a job to the pool of `threads` threads."""
        with self._lock:
            return self._pool(threads).submit(job)

    def allocate_json(self, capacity: int) -> tuple[Any, ...]:
        """Return buffers for lines of JSON, with a capacity in bytes, documents and entities."""
        return allocate_json(self.types, capacity, capacity, capacity)

    def scratch(self, longest: int = 0, tables: Tables | None = None) -> Scratch:
        """Return scratch arrays for one thread, for sentences of up to `longest` tokens, or up to the usual limit."""
        configuration = self.model.configuration
        return Scratch.of(
            max(longest, LONGEST[self.unit]),
            pad_hidden(configuration.hidden),
            configuration.positions,
            len(self.types),
            independent=self._independent,
            parts=max(stage.parts for stage in self.stages),
            tables=tables,
        )

    def tag_chunks(
        self,
        chunks: Chunks,
        documents: tuple[int, int],
        snapshot: tuple[Tables, list[Layers]],
        thresholds: Float,
        *,
        scratch: Scratch,
        out: Entities,
    ) -> Entities:
        """Return the entities of documents [begin, end), given their chunks; `out` is a buffer."""
        tables, layers = snapshot
        entries, networks = self.cache.entries(), self.networks(layers)
        arguments = entry.bind(entries, chunks, tables, networks, self.finders, scratch, out, self._json)
        count, _ = entry.tag(arguments, chunks.data, _NONE, _NONE, thresholds, *documents, entry.ENTITIES)
        return Entities(*(column[:count].copy() for column in out))

    def networks(self, layers: Sequence[Layers]) -> Networks:
        """Return the networks of the layers of each stage."""
        return Networks(layers[0], layers[-1], len(layers) > 1, self._kinds)

    def with_features(self, data: NDArray[np.uint8], tokens: Tokens, tables: Tables) -> Tokens:
        """Return tokens with their token features, if the model has any."""
        if self.finders is None:
            return tokens
        return tokens._replace(features=find_features(data, tokens, tables.hashes, self.finders))

    def _begin(
        self,
        block: Block,
        documents: tuple[int, int],
        thresholds: Float,
        callback: Callable[[int, int, Entities], Result],
        threads: int,
    ) -> list[Future[Result]]:
        """Submit the documents [begin, end) of a block, whose new word types fit into the cache."""
        begin, end = documents
        data, text_starts, text_ends = block.data, block.text_starts[begin:end], block.text_ends[begin:end]
        counts = np.cumsum(text_ends - text_starts)
        share = min(SHARE, max(1, SHORT, -(-int(counts[-1]) // threads)))
        limits = np.searchsorted(counts, np.arange(share, counts[-1], share), "left") + 1
        shares = [*pairwise(np.unique(np.concatenate([[0], limits, [len(text_starts)]])).tolist())]
        # the capacity for entities is the share's bytes: counting its tokens would need Python's lock again
        sizes = [int(counts[e - 1] - (counts[s - 1] if s else 0)) for s, e in shares]
        if self._separate:
            return [
                self._submit_separate(
                    data,
                    text_starts[s:e],
                    text_ends[s:e],
                    partial(self._run, (0, e - s), begin + s, n, thresholds, callback=callback),
                    threads,
                )
                for n, (s, e) in zip(sizes, shares, strict=True)
            ]
        runs = [
            partial(self._run, share, begin, n, thresholds, callback=callback)
            for n, share in zip(sizes, shares, strict=True)
        ]
        return self._submit_shared(data, text_starts, text_ends, runs, threads)

    def _submit_shared(
        self, data: NDArray[np.uint8], text_starts: Int, text_ends: Int, runs: Sequence[Run[Result]], threads: int
    ) -> list[Future[Result]]:
        """Look up chunks in the shared cache; threads compute the new products, then call `runs`."""
        with self._lock:
            pool, cache = self._pool(threads), self.cache
            self._short.forget()
            if cache.full:
                self._readers = self._running
                cache.clear_out()
            chunks, jobs = cache.find(data, text_starts, text_ends)
            if cache.short:
                wait(self._running)
                cache.grow()
            self._learning = [f for f in self._learning if not f.done()] + [
                pool.submit(_after, self._readers, job) for job in jobs
            ]
            tables = cache.snapshot()
            works = [partial(_with, self._learning, partial(run, (chunks, *tables))) for run in runs]
            futures = [pool.submit(work) for work in works] if threads > 1 else [Future() for _ in works]
            self._running = [*(f for f in self._running if not f.done()), *self._learning, *futures]
        if threads == 1:  # the calling thread
            for future, work in zip(futures, works, strict=True):
                _complete(future, work)
        return futures

    def _submit_separate(
        self, data: NDArray[np.uint8], text_starts: Int, text_ends: Int, run: Run[Result], threads: int
    ) -> Future[Result]:
        """Submit a job that looks up chunks in the thread's own cache and calls `run`."""

        def job() -> Result:
            try:
                cache = self._free_caches.get_nowait()
            except Empty:
                cache = TypeCache(self.model, self.stages)
            try:
                return run((learn_chunks(cache, data, text_starts, text_ends), *cache.snapshot()))
            finally:
                self._free_caches.put(cache)

        with self._lock:
            self._short.forget()
            future = self._pool(threads).submit(job)
            self._running = [*(f for f in self._running if not f.done()), future]
            return future

    def _pool(self, threads: int) -> ThreadPoolExecutor:
        if threads not in self._pools:
            self._pools[threads] = ThreadPoolExecutor(threads, "fanlight")
        return self._pools[threads]

    def _run(
        self,
        documents: tuple[int, int],
        offset: int,
        capacity: int,
        thresholds: Float,
        lookup: Lookup,
        *,
        callback: Callable[[int, int, Entities], Result],
    ) -> Result:
        """Tag the documents [begin, end) of a look-up that begins at document `offset` of the block."""
        (begin, end), (chunks, tables, layers) = documents, lookup
        out = Entities.allocate(capacity * self.overlaps)
        scratch = self.scratch(tables=tables)
        entities = self.tag_chunks(chunks, documents, (tables, layers), thresholds, scratch=scratch, out=out)
        return callback(begin + offset, end + offset, entities._replace(documents=entities.documents + offset))

    def _is_short(self, block: Block) -> bool:
        """Tell whether a block is short, and no job is running that it would have to wait for."""
        if not 0 < len(block.text_starts) <= SHORT or len(block.data) > SHORT:
            return False
        if self._running:
            self._running = [future for future in self._running if not future.done()]
        return not self._running


def _after(others: list[Future[Any]], job: Callable[[], None]) -> None:
    wait(others)  # submitted before this job, so that there is no deadlock
    job()


def _complete(future: Future[Result], work: Callable[[], Result]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)
        raise


def _with(learning: list[Future[None]], job: Callable[[], Result]) -> Result:
    for future in learning:
        future.result()
    return job()
