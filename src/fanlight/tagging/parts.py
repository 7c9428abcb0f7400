"""What is remembered of characters: the parts of their vectors, and the products of those parts that recur.

A character's features depend on its whole word, and most words of fresh text are new, so that products remembered for a
character in its word would seldom be read again. Its vector is a sum of rows of tables. Where a table's features take
few values, the first layer's products of its rows are worked out once; the rest of the vector is remembered, and
multiplied at each token.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.tagging.block_kernels import SUMS
from fanlight.tagging.lanes import aligned, fma, load, splat, store
from fanlight.tagging.products import Stage, panels
from fanlight.tagging.sentence_kernels import UNITS, Types
from fanlight.text.gazetteers import MARKS

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Rows = NDArray[np.int32]
RECURRING = frozenset(
    ("character", "class", "position", "position_from_end", "word_length", "neighbours")
)  # features that take few values
MOST = 1 << 27  # bytes of a table's products, if they are to be remembered


class _Table(NamedTuple):
    """A table whose rows' products are remembered, from row `first` on; a type has a row of it for each feature."""

    first: int
    features: int
    rows: Float
    W: Float


class Parts(Stage):
    """Remembers vectors, and products of what recurs in them: for characters."""

    copied = True

    def __init__(self, made: Configuration, parameters: Mapping[str, Float], model: Model) -> None:
        super().__init__(made, parameters, model)
        self._lock = Lock()
        self._tables: dict[str, _Table] = {}
        own = np.ones(made.width, np.bool_)
        rows, self._count = 1, 0
        for group in made.groups:
            few = 4 * group.buckets * self.width <= MOST
            if few and set(group.features) <= RECURRING:
                columns, count = made.columns[group.name], len(group.features)
                W = np.ascontiguousarray(self.rows[columns])
                self._tables[group.name] = _Table(rows, count, parameters[group.name], W)
                own[columns] = False
                rows, self._count = rows + group.buckets, self._count + count
        self._lists = (len(self.rows) - made.width) // MARKS
        self._marks = rows
        ways = np.arange(1 << MARKS)[:, None] >> np.arange(MARKS) & 1
        marked = ways.astype(np.float32) @ self.rows[made.width :].reshape(self._lists, MARKS, self.width)
        self._products = aligned((rows + self._lists * len(ways), self.width), zeros=False)  # filled as they are needed
        self._products[0], self._products[rows:] = 0, marked.reshape(-1, self.width)
        self._filled = np.zeros(rows, np.bool_)
        weights = self.rows[: made.width][own]
        self._W = np.ascontiguousarray(  # as many panels as of one position, each with all positions
            panels(weights).reshape(made.positions, -1, len(weights), len(UNITS)).transpose(1, 0, 2, 3)
        ).reshape(-1, made.positions * len(weights), len(UNITS))
        self._own = aligned((0, len(weights)))
        self._parts = np.zeros((0, self._count + self._lists), np.int32)
        self.bytes = 4 * (self._own.shape[1] + self._parts.shape[1])

    @property
    def room(self) -> int:
        """How many types there is room for."""
        return len(self._own)

    def grow(self, room: int) -> None:
        """Make room for so many types."""
        self._move(room, np.arange(self.room))

    def renew(self, kept: Int) -> None:
        """Forget the types other than these; earlier readers go on with what they have."""
        self._move(self.room, kept)

    def _move(self, room: int, kept: Int) -> None:
        own, parts = aligned((room, self._own.shape[1]), zeros=False), np.empty((room, self._parts.shape[1]), np.int32)
        own[kept], parts[kept] = self._own[kept], self._parts[kept]
        self._own, self._parts, self._layers = own, parts, None

    def learn(self, types: WordTypes, marks: Float | None, rows: Rows) -> None:
        """Remember new types; `marks` are theirs in gazetteers."""
        column, part = self.made.vector_width, 0
        if column:
            self._own[rows, :column] = self.lexicon.vectors(types.words)
        for group, bag in zip(self.made.groups, types.bags, strict=True):
            table = self._tables.get(group.name)
            if table is None:
                sum_rows(self.parameters[group.name], bag.ids, bag.offsets, rows, self._own, column)
                column += group.dimension
            else:
                number(bag.ids, table.features, table.first, rows, self._parts, part)
                with self._lock:
                    multiply_once(bag.ids, table.rows, table.W, self._filled, table.first, self._products)
                part += table.features
        if marks is not None:
            number_marks(marks, self._lists, self._marks, rows, self._parts, part)

    def types(self) -> Types:
        """Return what is remembered of the types."""
        return Types(self._products, self._parts, self._own, self._W)


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def sum_rows(table: Any, ids: Any, offsets: Any, places: Any, out: Any, column: int) -> None:
    """Fill rows `places` of out, from a column on, with the sums of the table's rows that each bag names."""
    d, width = table.shape[1], len(SUMS)
    for t in range(len(places)):
        place = np.int64(places[t]) * out.shape[1] + column
        begin, end = offsets[t], offsets[t + 1]
        for j in range(0, d - width + 1, width):
            v = splat(np.float32(0), SUMS)
            for i in range(begin, end):
                v = v + load(table, ids[i] * d + j, SUMS)
            store(v, out, place + j)
        for j in range(d - d % width, d):
            number = np.float32(0)
            for i in range(begin, end):
                number += table[ids[i], j]
            out[places[t], column + j] = number


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def number(ids: Any, count: int, first: int, places: Any, out: Any, column: int) -> None:
    """Fill rows `places` of out, from a column on, with each `count` ids, counted from `first`."""
    for t in range(len(places)):
        for i in range(count):
            out[places[t], column + i] = first + ids[t * count + i]


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def number_marks(marks: Any, lists: int, first: int, places: Any, out: Any, column: int) -> None:
    """Fill rows `places` of out, from a column on, with the number of each list's marks, read as bits; 0 for none."""
    for t in range(len(places)):
        for i in range(lists):
            way = 0
            for j in range(MARKS):
                way += (marks[t, i * MARKS + j] != 0) << j
            out[places[t], column + i] = first + (i << MARKS) + way if way else 0


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def multiply_once(ids: Any, table: Any, W: Any, filled: Any, first: int, out: Any) -> None:
    """Fill the rows of out, counted from `first`, with those rows of table (rows, d) @ W (d, n) not filled before."""
    d, n = W.shape
    for id_ in ids:
        if filled[first + id_]:
            continue
        for j in range(0, n, len(UNITS)):
            v = splat(np.float32(0), UNITS)
            for i in range(d):
                v = fma(splat(table[id_, i], UNITS), load(W, i * n + j, UNITS), v)
            store(v, out, (first + id_) * n + j)
        filled[first + id_] = True
