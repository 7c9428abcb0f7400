"""What the fast path remembers, in tables of bounded size: chunks, word types, and the first layers' products.

A chunk is cut into tokens, and a new word type's products are worked out, once. Where a table is full, the chunks used
least are forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.decoding import Network
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.network.windows import CONTEXT_PADDING
from fanlight.tagging import block_kernels, chunk_kernels
from fanlight.tagging.chunk_kernels import Chunks, Learned, Tables
from fanlight.tagging.sentence_kernels import Layers, layers_of
from fanlight.text import word_kernels
from fanlight.text.features import PADDING, character_keys
from fanlight.text.sentences import CLOSING, DIVIDING, FINAL
from fanlight.text.tokens import characters, tokenise

Int = NDArray[np.int64]
MEMORY = 180_000_000  # bytes of products that bring about a clearing-out
KEPT = 0.6  # of the word types are remembered after it
ROOM = 1 << 14  # tokens cut at a time
JOB = 1 << 10  # word types worked out at a time


class Known:
    """Chunks and word types met so far, and what each network of a model makes of the latter."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._unit = model.configuration.unit
        self._plan = word_kernels.plan_of(model.configuration.groups) if self._unit == "word" else None
        stages = [(model.configuration, model.parameters)]
        if model.first is not None:
            stages.insert(0, (model.first.configuration, model.first.parameters))
        widths = sum(made.positions * made.hidden for made, _ in stages)
        self._limit = MEMORY // (4 * widths)
        self._stages = [_Stage(made, parameters, model) for made, parameters in stages]
        self._learned = Learned.of(ROOM)
        self._chunks, self._types, self._forms = _Numbers(), _Numbers(), _Numbers()
        self._uses = np.zeros(1 << 14, np.int32)
        self._chunk_ends, self._tokens = _Rows(1, np.int32, [[0]]), _Rows(5, np.int32)
        self._flags, self._form_of = _Rows(1, np.int32), _Rows(1, np.int32)
        self._hashes = _Rows(2, np.uint64)  # of each type: as it is, in lower case
        self._jobs: list[Callable[[], None]] = []
        self._types.of(_hashes([PADDING]))
        self._learn_words([PADDING], [" "], 0)
        self.grow(self._limit * 9 // 8)
        self._jobs.pop()()

    def __len__(self) -> int:
        """Return the number of word types."""
        return len(self._types)

    @property
    def full(self) -> bool:
        """Whether `clear_out` is due: it must wait until nobody reads the tables."""
        return len(self) > self._limit

    @property
    def short(self) -> bool:
        """Whether `grow` is due, before the jobs of `find` are done and when nobody reads the tables."""
        return len(self) > self._stages[0].room

    def grow(self, room: int | None = None) -> None:
        """Make room for the products of all types, or of so many."""
        for stage in self._stages:
            stage.grow(room or 2 * len(self))

    def find(self, data: NDArray[np.uint8], starts: Int, ends: Int) -> tuple[Chunks, list[Callable[[], None]]]:
        """Find the chunks of documents, and cut those not met before.

        Returns them, and the jobs that are to be done, by any threads, before the new types' products are read.
        """
        count = chunk_kernels.count_chunks(data, starts, ends)
        before = len(self._chunks)
        self._chunks.reserve(count)
        if len(self._uses) < before + count:
            self._uses = np.concatenate([self._uses, np.zeros(before + count, np.int32)])
        chunks = Chunks(np.empty(len(starts) + 1, np.int32), *(np.empty(count, np.int32) for _ in range(4)))
        new = np.empty((count, 2), np.int64)
        keys, values = self._chunks.keys, self._chunks.values
        self._chunks.count = chunk_kernels.scan(data, starts, ends, keys, values, self._uses, before, chunks, new)
        self._learn(data, new[: len(self._chunks) - before])
        jobs, self._jobs = self._jobs, []
        return chunks, jobs

    def snapshot(self) -> tuple[Tables, list[Layers]]:
        """Return the tables as threads may read them while this one goes on to write beyond their ends."""
        flags, forms = self._flags.array[:, 0], self._form_of.array[:, 0]
        tables = Tables(self._chunk_ends.array[:, 0], self._tokens.array, flags, forms, len(self._forms))
        return tables, [stage.layers() for stage in self._stages]

    def clear_out(self) -> None:
        """Forget the chunks that were used least, so that `KEPT` of the word types stay at most."""
        ends, tokens = self._chunk_ends.array[:, 0], self._tokens.array
        order = np.argsort(-self._uses[: len(self._chunks)], kind="stable")
        _, met = np.unique(tokens[_ranges(ends, order), 0], return_index=True)
        enough = np.sort(met)[: int(KEPT * self._limit)][-1]
        lengths = np.cumsum(ends[order + 1] - ends[order])
        kept = np.sort(order[: int(np.searchsorted(lengths, enough + 1))])
        moved = tokens[_ranges(ends, kept)]
        stay = np.unique(np.append(moved[:, 0], 0))
        renumbered = np.full(len(self), -1, np.int32)
        renumbered[stay] = np.arange(len(stay))
        moved[:, 0] = renumbered[moved[:, 0]]
        self._tokens = _Rows(5, np.int32, moved)
        self._chunk_ends = _Rows(1, np.int32, np.append(0, np.cumsum(ends[kept + 1] - ends[kept]))[:, None])
        self._uses = np.concatenate([self._uses[kept] // 2, np.zeros(1 << 14, np.int32)])
        self._chunks.choose(kept)
        self._types.choose(stay)
        self._hashes = _Rows(2, np.uint64, self._hashes.array[stay])
        self._flags = _Rows(1, np.int32, self._flags.array[stay])
        self._forms = _Numbers()
        self._form_of = _Rows(1, np.int32, self._forms.of(self._hashes.array[:, 1])[:, None])
        for stage in self._stages:
            stage.choose(stay)

    def _learn(self, data: NDArray[np.uint8], fresh: Int) -> None:
        """Enter chunks not met before."""
        done = 0
        while done < len(fresh):
            found = 0
            if self._plan is not None:
                found = self._learn_quickly(data, fresh[done:])
            if not found:
                found = 1
                self._learn_chunk(bytes(data[fresh[done, 0] : fresh[done, 1]]).decode())
            done += found

    def _learn_quickly(self, data: NDArray[np.uint8], fresh: Int) -> int:
        """Learn chunks of ASCII up to one that is not, with kernels; return how many."""
        assert self._plan is not None
        out = self._learned
        self._types.reserve(ROOM)
        first = len(self)
        keys, values = self._types.keys, self._types.values
        count, n, new = chunk_kernels.learn(data, fresh, word_kernels.ABBREVIATION_HASHES, keys, values, first, out)
        self._types.count += new
        self._chunk_ends.extend(self._chunk_ends.array[-1] + out.ends[:count, None])
        self._tokens.extend(out.tokens[:n])
        if new:
            spans, flags = out.spans[:new].copy(), np.empty((new, 1), np.int32)
            chunk_kernels.flags_of(data, spans, flags[:, 0])
            self._enter(np.stack([out.hashes[:new], out.folded[:new]], 1), flags)
            for place in range(0, new, JOB):
                part = spans[place : place + JOB]
                self._jobs.append(partial(self._work_out_quickly, data, part, first + place))
        return count

    def _work_out_quickly(self, data: NDArray[np.uint8], spans: Int, first: int) -> None:
        assert self._plan is not None
        rows = np.empty(len(spans), np.int64)
        word_kernels.vector_rows(data, spans, self._model.lexicon.hashes, rows)
        types = WordTypes(rows, word_kernels.word_bags(data, spans, self._plan))
        for stage in self._stages:
            stage.learn(types, None, first)

    def _learn_chunk(self, chunk: str) -> None:
        """Learn any chunk, with the plain functions."""
        starts, ends = tokenise(chunk) if self._unit == "word" else characters(chunk)
        begins, stops = starts.tolist(), ends.tolist()
        words = [chunk[s:e] for s, e in zip(begins, stops, strict=True)]
        keys = words if self._unit == "word" else character_keys(chunk, begins, stops)
        places = np.append(0, np.cumsum([len(c.encode()) for c in chunk]))
        first = len(self)
        numbers = self._types.of(_hashes(keys))
        self._tokens.extend(np.stack([numbers, starts, ends, places[starts], places[ends]], 1))
        self._chunk_ends.extend(self._chunk_ends.array[-1:] + len(keys))
        _, new = np.unique(numbers, return_index=True)
        some = new[numbers[new] >= first].tolist()
        if some:
            self._learn_words([keys[i] for i in some], [words[i] for i in some], first)

    def _learn_words(self, keys: Sequence[str], words: Sequence[str], first: int) -> None:
        """Learn new types, numbered from `first` on."""
        hashes = np.stack([_hashes(keys), _hashes([key.lower() for key in keys])], 1)
        self._enter(hashes, np.array([[_flags(word)] for word in words]))
        self._jobs.append(partial(self._work_out, keys, first))

    def _work_out(self, keys: Sequence[str], first: int) -> None:
        types = WordTypes.of(keys, self._model.configuration, self._model.lexicon)
        told = None
        if self._model.gazetteer is not None:
            told = self._model.gazetteer.marks(keys, np.array([0, len(keys)]))
        for stage in self._stages:
            stage.learn(types, told, first)

    def _enter(self, hashes: NDArray[np.uint64], flags: NDArray[Any]) -> None:
        self._hashes.extend(hashes)
        self._flags.extend(flags)
        self._form_of.extend(self._forms.of(np.ascontiguousarray(hashes[:, 1]))[:, None])


class _Numbers:
    """Numbers from 0 on, given to 64-bit hashes other than 0: an open-addressing table, at most half full."""

    def __init__(self) -> None:
        self.keys, self.values = np.zeros(1 << 16, np.uint64), np.zeros(1 << 16, np.int32)
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def of(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the numbers of hashes, entering those not met before."""
        self.reserve(len(hashes))
        out = np.empty(len(hashes), np.int32)
        self.count = chunk_kernels.number(hashes, self.keys, self.values, self.count, out)
        return out

    def reserve(self, more: int) -> None:
        """Make room for so many more."""
        if len(self.keys) < 2 * (self.count + more):
            self._fill(self._by_number(), 4 * (self.count + more))

    def choose(self, numbers: Int) -> None:
        """Keep these, increasing, and number them anew."""
        self._fill(self._by_number()[numbers], 4 * len(numbers))

    def _by_number(self) -> NDArray[np.uint64]:
        some = self.keys != 0
        hashes = np.empty(self.count, np.uint64)
        hashes[self.values[some]] = self.keys[some]
        return hashes

    def _fill(self, hashes: NDArray[np.uint64], size: int) -> None:
        size = max(1 << 16, 1 << size.bit_length())
        self.keys, self.values = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        chunk_kernels.number(hashes, self.keys, self.values, 0, np.empty(len(hashes), np.int32))
        self.count = len(hashes)


class _Rows:
    """A growing array; a reader's view of it stays as it was."""

    def __init__(self, columns: int, kind: Any, rows: Any = ()) -> None:
        self._all = np.zeros((1 << 12, columns), kind)
        self._count = 0
        self.extend(np.array(rows, kind).reshape(-1, columns))

    @property
    def array(self) -> NDArray[Any]:
        """The rows so far."""
        return self._all[: self._count]

    def extend(self, rows: NDArray[Any]) -> None:
        """Add rows at the end."""
        count = self._count + len(rows)
        if count > len(self._all):
            grown = np.zeros((2 * count, self._all.shape[1]), self._all.dtype)
            grown[: self._count] = self.array
            self._all = grown
        self._all[self._count : count] = rows
        self._count = count


class _Stage:
    """One network's layers over the word types known so far."""

    def __init__(self, made: Configuration, parameters: Mapping[str, NDArray[np.float32]], model: Model) -> None:
        self.made, self.parameters, self.lexicon = made, parameters, model.lexicon
        p, m, positions = parameters, made.hidden, made.positions
        self.width = positions * m
        W = np.hstack([p[f"W_{k}"].T for k in range(positions)])
        if made.context_width:
            self.contexts = np.hstack([p["contexts"] @ p[f"G_{k}"].T for k in range(positions)])
        else:
            self.contexts = np.zeros((CONTEXT_PADDING + 1, self.width), np.float32)
        marks = 0 if model.gazetteer is None else model.gazetteer.width
        if marks:
            W = np.vstack([W, np.hstack([p[f"E_{k}"][:, :marks].T for k in range(positions)])])
        self.W = np.zeros((len(W) + len(W) % 2, self.width), np.float32)  # `multiply` takes two rows at a time
        self.W[: len(W)] = W
        rest = made.evidence_width - marks
        self.evidence = np.zeros((positions, -(-rest // 3) * 3, m), np.float32)
        for k in range(positions if rest else 0):
            E = p[f"E_{k}"][:, marks:].T
            self.evidence[k, : rest - 1], self.evidence[k, -1] = E[:-1], E[-1]
        ((_, _, A),) = Network(made, parameters, self.lexicon).chains(np.zeros((1, made.tags), np.float32))
        self.A = np.asarray(A, np.float32)
        self.products = np.empty((0, self.width), np.float32)

    @property
    def room(self) -> int:
        """How many types there is room for."""
        return len(self.products)

    def grow(self, room: int) -> None:
        """Make room for so many types."""
        grown = np.empty((room, self.width), np.float32)  # of which the system provides what is written to
        grown[: self.room] = self.products
        self.products = grown

    def choose(self, types: Int) -> None:
        """Keep these types, increasing, and number them anew."""
        for first in range(0, len(types), 4096):  # in place: no second table
            part = types[first : first + 4096]
            self.products[first : first + len(part)] = self.products[part]

    def learn(self, types: WordTypes, marks: NDArray[np.float32] | None, first: int) -> None:
        """Work out the products of new types, numbered from `first` on; `marks` are theirs in gazetteers."""
        count = len(types.words)
        V = np.zeros((count, len(self.W)), np.float32)
        column = self.made.vector_width
        if column:
            V[:, :column] = self.lexicon.vectors(types.words)
        for group, bag in zip(self.made.groups, types.bags, strict=True):
            block_kernels.sum_bags(self.parameters[group.name], bag.ids, bag.offsets, V, column)
            column += group.dimension
        if marks is not None:
            V[:, column : column + marks.shape[1]] = marks
        order = np.argsort(types.words < 0, kind="stable")  # words without a vector together: their zeros cost nothing
        block_kernels.multiply(V, self.W, order, self.products[first : first + count])

    def layers(self) -> Layers:
        """Return the network as the kernels want it."""
        return layers_of(self.parameters, self.A, self.made, self.products, self.contexts, self.evidence)


def _ranges(ends: NDArray[np.int32], chunks: Int) -> Int:
    """Return the rows of the tokens of chunks, one chunk after the other."""
    counts = ends[chunks + 1] - ends[chunks]
    before = np.cumsum(counts) - counts
    return np.arange(counts.sum()) + np.repeat(ends[chunks] - before, counts)


def _hashes(keys: Sequence[str]) -> NDArray[np.uint64]:
    parts = [np.frombuffer(key.encode(), np.uint8) for key in keys]
    return np.array([word_kernels.hash_bytes(part, 0, len(part), False) for part in parts], np.uint64)


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
