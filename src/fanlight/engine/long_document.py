"""Tagging of one long document in segments, with memory for a few segments and for each distinct word.

Segments end at sentence boundaries, so that the result does not depend on them. Features from other mentions of a word
need passes over the whole document: the first collects the case and the count of each form; the second, for models of
two stages, the first stage's probabilities. Forms are identified by hashes, which stay valid when the type cache evicts
word types.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import long_document_kernels
from fanlight.engine.case_contexts import CONTEXT, REPEATED
from fanlight.engine.chunks import Chunks, Tables
from fanlight.engine.columns import MARGIN, NO_FEATURES, Entities, Tokens
from fanlight.engine.first_layer import Layers
from fanlight.engine.hash_index import HashIndex
from fanlight.engine.long_document_kernels import OtherMentions
from fanlight.engine.type_cache import TypeCache
from fanlight.text.layout import LOOKAHEAD
from fanlight.text.sentences import LONGEST

if TYPE_CHECKING:
    from fanlight.engine.compiled import CompiledEngine

Int = NDArray[np.int64]
Rows = NDArray[np.int32]
Result = TypeVar("Result")


class _Segment(NamedTuple):
    """Bytes [begin, end) that contain `sentences` sentences, after `skip` tokens of the previous segment.

    `points` is the number of code points before the segment; `state` is that of `chunks.sentence_boundaries`, with the
    offset relative to the segment.
    """

    begin: int
    end: int
    points: int
    skip: int
    sentences: int
    state: tuple[int, int]


class _Read(NamedTuple):
    """The tokens of a segment's sentences, and ``forms`` (N,): the number of each token's form in the document."""

    tokens: Tokens
    forms: Any


class LongDocument:
    """A document ``data[begin:end]`` in UTF-8, followed by at least `MARGIN` bytes.

    Parameters
    ----------
    engine : CompiledEngine
    data : uint8 array
    begin, end : int
    threads : int
        Number of threads that run the network.
    """

    def __init__(self, engine: CompiledEngine, data: NDArray[np.uint8], begin: int, end: int, threads: int) -> None:
        self._engine, self._data, self._begin, self._end, self._threads = engine, data, begin, end, threads
        self._longest = LONGEST[engine.unit]
        self._forms = HashIndex()
        self._seen, self._counts = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.int32)
        self._rows, self._sums = np.zeros(0, np.int32), np.zeros((0, 0))

    def entities(self, thresholds: NDArray[np.float64]) -> Iterator[Entities]:
        """Yield the entities of each segment, in order; offsets are int64."""
        segments = list(self._split())
        if self._engine.stage_count > 1:
            self._rows = np.cumsum(self._counts[: len(self._forms)] > 1, dtype=np.int32) - 1
            self._sums = np.zeros((int(self._rows.max(initial=-1)) + 1, len(self._engine.types)))
            for read, probabilities in self._each(segments, self._run_first_stage):
                long_document_kernels.add_probabilities(
                    read.forms, read.tokens.contexts, probabilities, self._rows, self._sums
                )
        yield from self._each(segments, partial(self._run_last_stage, thresholds))

    def _split(self) -> Iterator[_Segment]:
        """Yield the segments, collecting the case and count of each form."""
        engine, size = self._engine, self._engine.segment_bytes
        cache = TypeCache(engine.model, engine.stages, tokenise_only=True)
        places = np.zeros((2, 0), np.int32)
        begin, points, skip, state = self._begin, 0, 0, (0, 0)
        wanted = size
        while True:
            end = long_document_kernels.next_gap(self._data, min(begin + wanted, self._end), self._end)
            if cache.full:
                cache.clear_out()
                places[...] = -1
            chunks, _ = cache.find(self._view(begin, end), np.zeros(1, np.int64), np.array([end - begin]))
            tables, _ = cache.snapshot()
            if places.shape[1] < len(tables.flags):
                unseen = np.full((2, len(tables.flags) - places.shape[1]), -1, np.int32)
                places = np.concatenate([places, unseen], 1)
            after = np.array(state)
            margin = 0 if end == self._end else LOOKAHEAD  # tokens where later text may change boundaries
            types, _, sentence_offsets, sentences = self._lay_out(chunks, tables, skip, after, margin)
            complete = sentences if end == self._end else sentences - 1
            if complete < 1 and end < self._end:  # no complete sentence
                wanted *= 2
                continue
            if complete > 0:
                self._collect_forms(types, sentence_offsets[: complete + 1], tables, places)
                yield _Segment(begin, end, points, skip, complete, state)
            if end == self._end:
                return
            token = skip + int(sentence_offsets[complete])
            token_stops = np.cumsum(tables.token_starts[chunks.ids + 1] - tables.token_starts[chunks.ids])
            chunk = int(np.searchsorted(token_stops, token, "right"))
            skip = token - (int(token_stops[chunk - 1]) if chunk else 0)
            begin, ahead = begin + int(chunks.bytes[chunk]), int(chunks.places[chunk])
            points, state = points + ahead, (int(after[0]) - ahead, int(after[1]))
            wanted = size

    def _collect_forms(self, types: Rows, sentence_offsets: Rows, tables: Tables, places: Rows) -> None:
        """Collect case and count of forms, and of kinds if these differ; one table has the hashes of both."""
        for hashes, numbers in zip((tables.folded, tables.hashes)[: 1 + (len(tables.kinds) > 0)], places, strict=False):
            forms = self._forms
            forms.reserve(capacity := min(len(types), len(tables.flags)))
            if len(self._counts) < len(forms) + capacity:
                zeros = np.zeros(len(self._counts) // 2 + capacity, np.int32)
                self._counts = np.concatenate([self._counts, zeros])
                self._seen = np.concatenate([self._seen, zeros.astype(np.uint8)])
            forms.count = long_document_kernels.collect_forms(
                types, sentence_offsets, tables.flags, hashes, numbers, (forms.keys, forms.values), len(forms),
                (self._seen, self._counts),
            )  # fmt: skip

    def _lay_out(
        self, chunks: Chunks, tables: Tables, skip: int, state: Int, margin: int = 0
    ) -> tuple[Any, Any, Any, int]:
        count = int((tables.token_starts[chunks.ids + 1] - tables.token_starts[chunks.ids]).sum())
        types, offsets, gaps = np.empty(count, np.int32), np.empty((count, 4), np.int32), np.empty(count, np.int32)
        sentence_offsets = np.empty(count + 1, np.int32)
        sentences = long_document_kernels.lay_out(
            chunks, tables, self._longest, margin, state, skip, (types, offsets, gaps), sentence_offsets
        )
        return types[skip:], offsets[skip:], sentence_offsets, sentences

    def _each(self, segments: list[_Segment], callback: Callable[..., Result]) -> Iterator[Result]:
        """Yield the results of `callback` for each segment, in order, with a few segments in flight."""
        waiting: deque[Future[Result]] = deque()
        for segment in segments:
            data, run = self._view(segment.begin, segment.end), partial(self._read, segment, callback)
            waiting.append(self._engine.begin_segment(data, segment.end - segment.begin, run, self._threads))
            if len(waiting) > self._threads + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _read(
        self, segment: _Segment, callback: Callable[..., Result], lookup: tuple[Chunks, Tables, list[Layers]]
    ) -> Result:
        chunks, tables, layers = lookup
        types, offsets, sentence_offsets, _ = self._lay_out(chunks, tables, segment.skip, np.array(segment.state))
        sentence_offsets = sentence_offsets[: segment.sentences + 1]
        count = int(sentence_offsets[-1])
        types, offsets = types[:count], offsets[:count]
        contexts, forms = self._look_up_forms(types, sentence_offsets, tables.flags, tables.folded)
        if len(tables.kinds):
            of_kinds, _ = self._look_up_forms(types, sentence_offsets, tables.flags, tables.hashes)
            contexts = of_kinds & CONTEXT | contexts & REPEATED
        tokens = Tokens(
            types, offsets, contexts, sentence_offsets, np.zeros(len(sentence_offsets) - 1, np.int32), NO_FEATURES
        )
        return callback(_Read(self._engine.with_features(chunks.data, tokens, tables), forms), layers, segment)

    def _look_up_forms(
        self, types: Rows, sentence_offsets: Rows, flags: Rows, hashes: NDArray[np.uint64]
    ) -> tuple[Rows, Rows]:
        """Return the case contexts of tokens, and the numbers of their forms."""
        contexts, forms = np.empty(len(types), np.int32), np.empty(len(types), np.int32)
        long_document_kernels.look_up_forms(
            types, sentence_offsets, flags, hashes, (self._forms.keys, self._forms.values), (self._seen, self._counts),
            contexts, forms,
        )  # fmt: skip
        return contexts, forms

    def _run_first_stage(self, read: _Read, layers: list[Layers], _: _Segment) -> tuple[_Read, Any]:
        probabilities = np.empty((len(read.forms), len(self._engine.types)), np.float32)
        long_document_kernels.first_stage(layers[0], read.tokens, self._engine.scratch(), probabilities)
        return read, probabilities

    def _run_last_stage(
        self, thresholds: NDArray[np.float64], read: _Read, layers: list[Layers], segment: _Segment
    ) -> Entities:
        capacity = len(read.forms) + (segment.end - segment.begin) // 2  # a token may contain several dates
        out = Entities.allocate(capacity * self._engine.overlaps)
        networks = self._engine.networks(layers)
        others = OtherMentions(read.forms, self._counts, self._rows, self._sums)
        view, scratch = self._view(segment.begin, segment.end), self._engine.scratch()
        count = long_document_kernels.tag(view, networks, read.tokens, others, thresholds, scratch, out)
        entities = Entities(*(column[:count] for column in out))
        char_starts, char_ends = (
            column.astype(np.int64) + segment.points for column in (entities.char_starts, entities.char_ends)
        )
        byte_starts, byte_ends = (
            column.astype(np.int64) + segment.begin for column in (entities.byte_starts, entities.byte_ends)
        )
        return Entities(
            entities.documents,
            char_starts,
            char_ends,
            byte_starts,
            byte_ends,
            entities.types.copy(),
            entities.probabilities.copy(),
        )

    def _view(self, begin: int, end: int) -> NDArray[np.uint8]:
        return self._data[begin : end + MARGIN]
