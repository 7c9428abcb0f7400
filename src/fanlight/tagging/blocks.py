"""The fast path: blocks of documents in UTF-8, tagged by compiled kernels on all cores, entities as columns.

What a stretch between white space (a *chunk*) is cut into, and the first layer's products for its tokens, are worked
out once, by the same functions as the plain path's, and remembered in tables of bounded size. One thread looks chunks
up; the others run the network over what it has found (`tagging.block_kernels`), without Python's lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import ACTIVATIONS, Configuration
from fanlight.network.decoding import Network
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.tagging import block_kernels, chunk_kernels
from fanlight.tagging.block_kernels import Entities, Layers
from fanlight.tagging.chunk_kernels import Chunks, Tables
from fanlight.text.features import PADDING, character_keys
from fanlight.text.sentences import CLOSING, DIVIDING, FINAL, LONGEST
from fanlight.text.tokens import characters, tokenise

Int = NDArray[np.int64]
Result = TypeVar("Result")
MEMORY = 180_000_000  # bytes of products that bring about a clearing-out
KEPT = 0.6  # of the word types are remembered after it
SHARE = 1 << 16  # bytes of a block that a thread takes at once


class Block(NamedTuple):
    """Documents end to end: document d is ``data[starts[d]:ends[d]]``, UTF-8 without half surrogates."""

    data: NDArray[np.uint8]
    starts: Int
    ends: Int

    @classmethod
    def of(cls, texts: Sequence[str]) -> Block:
        """Encode texts."""
        parts = [text.encode() for text in texts]
        lengths = np.array([len(part) for part in parts], np.int64)
        ends = np.cumsum(lengths)
        data = np.frombuffer(b"".join(parts) + bytes(4), np.uint8)  # a margin: kernels look two bytes ahead
        return cls(data, ends - lengths, ends)


def supported(model: Model) -> bool:
    """Tell whether the fast path can run a model: one chain over all types, and what is looked up is a word's own."""
    made = model.configuration
    named = model.gazetteer is not None and made.unit == "word"  # names of several words
    return made.head != "logistic" and not named


class BlockTagger:
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
        stages = [(model.configuration, model.parameters)]
        if model.first is not None:
            stages.insert(0, (model.first.configuration, model.first.parameters))
        self._stages = [_Stage(made, parameters, model) for made, parameters in stages]
        self._limit = MEMORY // (4 * sum(stage.width for stage in self._stages))
        self._pool = ThreadPoolExecutor(threads)
        self._running: deque[Future[Any]] = deque()
        self._uses = np.zeros(0, np.int32)
        self._clear()

    def tag(self, block: Block, least: Sequence[float]) -> Entities:
        """Tag one block and wait for it; for `begin`'s parameters."""
        parts = [future.result() for future in self.begin(block, least, lambda first, last, found: found)]
        empty = Entities.room(0)
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
        if self._type_count > self._limit:
            wait(self._running)
            self._clear_out()
        self._running = deque(f for f in self._running if not f.done())
        lowest = np.array(least, np.float64)
        chunks = self._scan(block)
        tables, layers = self._snapshot()
        counts = np.cumsum(block.ends - block.starts)
        borders = np.searchsorted(counts, np.arange(SHARE, counts[-1] if len(counts) else 0, SHARE), "left") + 1
        borders = np.unique(np.concatenate([[0], borders, [len(block.starts)]]))
        futures = [
            self._pool.submit(_run, chunks, s, e, tables, layers, LONGEST[self.unit], lowest, then)
            for s, e in pairwise(borders.tolist())
        ]
        self._running.extend(futures)
        return futures

    def _scan(self, block: Block) -> Chunks:
        count = chunk_kernels.count_chunks(block.data, block.starts, block.ends)
        self._reserve(self._chunk_count + count)
        chunks = Chunks(np.empty(len(block.starts) + 1, np.int32), *(np.empty(count, np.int32) for _ in range(4)))
        new = np.empty((count, 2), np.int64)
        known = chunk_kernels.scan(
            block.data, block.starts, block.ends, self._keys, self._values, self._uses, self._chunk_count, chunks, new
        )
        fresh = new[: known - self._chunk_count]
        raw = block.data.tobytes() if len(fresh) > 64 else block.data
        self._learn([bytes(raw[s:e]).decode() for s, e in fresh.tolist()])
        return chunks

    def _learn(self, chunks: Sequence[str]) -> None:
        """Enter chunks not met before: their tokens, and what the first layers make of new word types."""
        keys: list[str] = []
        words: list[str] = []
        rows = []
        for chunk in chunks:
            starts, ends = tokenise(chunk) if self.unit == "word" else characters(chunk)
            begins, stops = starts.tolist(), ends.tolist()
            texts = [chunk[s:e] for s, e in zip(begins, stops, strict=True)]
            of_chunk = texts if self.unit == "word" else character_keys(chunk, begins, stops)
            ascii_ = chunk.isascii()
            for key, word, start, end in zip(of_chunk, texts, begins, stops, strict=True):
                number = self._numbers.get(key)
                if number is None:
                    number = self._numbers[key] = len(self._numbers)
                    keys.append(key)
                    words.append(word)
                byte = start if ascii_ else len(chunk[:start].encode())
                rows.append((number, start, end, byte, byte + (end - start if ascii_ else len(word.encode()))))
            self._chunk_ends.append(self._chunk_ends[-1] + len(begins))
        self._tokens.extend(rows)
        self._chunk_count += len(chunks)
        if keys:
            self._learn_types(keys, words)

    def _learn_types(self, keys: Sequence[str], words: Sequence[str]) -> None:
        first = self._type_count
        self._type_count += len(keys)
        forms = [self._forms.setdefault(key.lower(), len(self._forms)) for key in keys]
        self._flags.extend([_flags(word) for word in words])
        self._form_of.extend(forms)
        types = WordTypes.of(keys, self.model.configuration, self.model.lexicon)
        told = None
        if self.model.gazetteer is not None:
            told = self.model.gazetteer.marks(keys, np.array([0, len(keys)]))
        for stage in self._stages:
            stage.learn(types, told, first)

    def _snapshot(self) -> tuple[Tables, list[Layers]]:
        """Return the tables as the threads may read them while this thread goes on to write beyond their ends."""
        tokens = self._tokens.array
        tables = Tables(
            self._chunk_ends.array[:, 0],
            tokens,
            self._flags.array[:, 0],
            self._form_of.array[:, 0],
            len(self._forms),
        )
        return tables, [stage.layers() for stage in self._stages]

    def _reserve(self, chunks: int) -> None:
        """Make room in the table for so many chunks."""
        if len(self._uses) < chunks:
            self._uses = np.concatenate([self._uses, np.zeros(chunks, np.int32)])
        size = len(self._keys)
        if size < 2 * chunks:
            while size < 4 * chunks:
                size *= 2
            self._rehash(size, self._keys, self._values)

    def _rehash(self, size: int, keys: NDArray[np.uint64], values: NDArray[np.int32]) -> None:
        self._keys, self._values = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        some = keys != 0
        chunk_kernels.enter(keys[some], values[some], self._keys, self._values)

    def _clear(self) -> None:
        self._keys, self._values = np.zeros(1 << 16, np.uint64), np.zeros(1 << 16, np.int32)
        self._uses = np.zeros(1 << 14, np.int32)
        self._chunk_count = self._type_count = 0
        self._chunk_ends, self._tokens = _Rows(1), _Rows(5)
        self._chunk_ends.extend([0])
        self._flags, self._form_of = _Rows(1), _Rows(1)
        self._numbers: dict[str, int] = {PADDING: 0}
        self._forms: dict[str, int] = {}
        for stage in self._stages:
            stage.clear()
        self._learn_types([PADDING], [" "])

    def _clear_out(self) -> None:
        """Forget the chunks that were used least, so that `KEPT` of the word types stay at most."""
        ends, tokens = self._chunk_ends.array[:, 0], self._tokens.array
        order = np.argsort(-self._uses[: self._chunk_count], kind="stable")
        types = np.concatenate([tokens[ends[c] : ends[c + 1], 0] for c in order.tolist()])
        _, met = np.unique(types, return_index=True)
        enough = np.sort(met)[: int(KEPT * self._limit)][-1]
        lengths = np.cumsum(ends[order + 1] - ends[order])
        kept = np.sort(order[: int(np.searchsorted(lengths, enough + 1))])
        rows = np.concatenate([np.arange(ends[c], ends[c + 1]) for c in kept.tolist()])
        stay = np.unique(np.append(tokens[rows, 0], 0))
        renumbered = np.full(self._type_count, -1, np.int64)
        renumbered[stay] = np.arange(len(stay))
        keys = list(self._numbers)
        self._numbers = {keys[old]: new for new, old in enumerate(stay.tolist())}
        self._flags, self._form_of = _Rows(1, self._flags.array[stay]), _Rows(1)
        self._forms = {}
        self._form_of.extend([self._forms.setdefault(key.lower(), len(self._forms)) for key in self._numbers])
        moved = tokens[rows].copy()
        moved[:, 0] = renumbered[moved[:, 0]]
        self._tokens = _Rows(5, moved)
        self._chunk_ends = _Rows(1, np.append(0, np.cumsum(ends[kept + 1] - ends[kept]))[:, None])
        self._uses = np.concatenate([self._uses[kept] // 2, np.zeros(1 << 14, np.int32)])
        self._chunk_count, self._type_count = len(kept), len(stay)
        places = np.full(len(ends), -1, np.int64)
        places[kept] = np.arange(len(kept))
        some = self._keys != 0
        some[some] = places[self._values[some]] >= 0
        size = max(1 << 16, 1 << (4 * len(kept)).bit_length())  # a full table has no end to look for
        self._rehash(size, self._keys[some], places[self._values[some]].astype(np.int32))
        for stage in self._stages:
            stage.choose(stay)


class _Rows:
    """A growing array of int32; a reader's view of it stays as it was."""

    def __init__(self, columns: int, rows: NDArray[np.int32] | None = None) -> None:
        self._all = np.zeros((1 << 12, columns), np.int32) if rows is None else np.array(rows, np.int32)
        self._count = 0 if rows is None else len(rows)

    @property
    def array(self) -> NDArray[np.int32]:
        return self._all[: self._count]

    def __getitem__(self, place: int) -> int:
        return int(self.array[place, 0])

    def extend(self, rows: Sequence[Any]) -> None:
        self._room(len(rows))
        if rows:
            self._all[self._count : self._count + len(rows)] = np.array(rows, np.int32).reshape(len(rows), -1)
        self._count += len(rows)

    def append(self, value: int) -> None:
        self._room(1)
        self._all[self._count] = value
        self._count += 1

    def _room(self, more: int) -> None:
        if self._count + more > len(self._all):
            grown = np.zeros((2 * (self._count + more), self._all.shape[1]), np.int32)
            grown[: self._count] = self.array
            self._all = grown


class _Stage:
    """One network's layers over the word types known so far."""

    def __init__(self, made: Configuration, parameters: Mapping[str, NDArray[np.float32]], model: Model) -> None:
        self.made, self.parameters, self.lexicon = made, parameters, model.lexicon
        p, m, positions = parameters, made.hidden, made.positions
        self.width = positions * m
        self.W = np.ascontiguousarray(np.hstack([p[f"W_{k}"].T for k in range(positions)]))
        self.contexts = np.zeros((0, self.width), np.float32)
        if made.context_width:
            self.contexts = np.hstack([p["contexts"] @ p[f"G_{k}"].T for k in range(positions)])
        marks = 0 if model.gazetteer is None else model.gazetteer.width
        self.of_marks = np.zeros((marks, self.width), np.float32)
        if marks:
            self.of_marks = np.ascontiguousarray(np.hstack([p[f"E_{k}"][:, :marks].T for k in range(positions)]))
        rest = made.evidence_width - marks
        self.evidence = np.zeros((positions, rest, m), np.float32)
        if rest:
            self.evidence = np.ascontiguousarray(np.stack([p[f"E_{k}"][:, marks:].T for k in range(positions)]))
        ((_, _, A),) = Network(made, parameters, self.lexicon).chains(np.zeros((1, made.tags), np.float32))
        self.rest = (p["b"][:, 0], np.ascontiguousarray(p["U"].T), p["c"][:, 0], np.asarray(A, np.float32))
        self.clear()

    def clear(self) -> None:
        self.products = np.zeros((1 << 10, self.width), np.float32)

    def choose(self, types: Int) -> None:
        count = len(types)
        for first in range(0, count, 4096):  # in place, because the types stay in order: no second table
            part = types[first : first + 4096]
            self.products[first : first + len(part)] = self.products[part]

    def learn(self, types: WordTypes, marks: NDArray[np.float32] | None, first: int) -> None:
        count = len(types.words)
        if first + count > len(self.products):
            grown = np.zeros((max(first + count, 2 * len(self.products)), self.width), np.float32)
            grown[:first] = self.products[:first]
            self.products = grown
        V = [self.lexicon.vectors(types.words)] if self.made.vector_width else []
        for group, bag in zip(self.made.groups, types.bags, strict=True):
            rows = np.zeros((count, group.dimension), np.float32)
            block_kernels.sum_bags(self.parameters[group.name], bag.ids, bag.offsets, rows)
            V.append(rows)
        out = self.products[first : first + count]
        if marks is None:
            block_kernels.multiply(np.hstack(V), self.W, out)
        else:
            block_kernels.multiply(np.hstack([*V, marks]), np.vstack([self.W, self.of_marks]), out)

    def layers(self) -> Layers:
        return Layers(self.products, self.contexts, self.evidence, *self.rest, ACTIVATIONS.index(self.made.activation))


def _run(
    chunks: Chunks,
    first: int,
    last: int,
    tables: Tables,
    layers: list[Layers],
    longest: int,
    least: NDArray[np.float64],
    then: Callable[[int, int, Entities], Result],
) -> Result:
    ids = chunks.ids[chunks.documents[first] : chunks.documents[last]]
    room = int((tables.first[ids + 1] - tables.first[ids]).sum())
    out = Entities.room(room)
    count = block_kernels.run(chunks, first, last, tables, layers[0], layers[-1], len(layers) > 1, longest, least, out)
    return then(first, last, Entities(*(column[:count].copy() for column in out)))


def _flags(word: str) -> int:
    """Return what sentence borders (`text.sentences`) and contexts (`network.windows`) want to know of a token."""
    return (
        chunk_kernels.FINAL * (word[-1] in FINAL and len(set(word)) == 1)
        | chunk_kernels.CLOSING * (word in CLOSING)
        | chunk_kernels.FIRST_LOWER * word[0].islower()
        | chunk_kernels.COMMA * (word == ",")
        | chunk_kernels.DIVIDES * (word[-1] in DIVIDING)
        | chunk_kernels.FIRST_UPPER * word[0].isupper()
        | chunk_kernels.AS_FORM * (word == word.lower())
        | chunk_kernels.ALPHABETIC * word[0].isalpha()
        | chunk_kernels.UPPER * word.isupper()
        | chunk_kernels.LOWER * word.islower()
    )
