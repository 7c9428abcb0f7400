"""Products of the rows of feature tables: what a network of characters is made of.

A character's features depend on its whole word, and most words of fresh text are new, so that their products must be
worked out for most characters. A character's vector is a sum of rows of tables, and W_k @ of that sum is the sum of
W_k @ of the rows. Where a table has few rows that occur, or few positions that it is looked at from (its radius), the
products of its rows are worked out once: then a new character's cost no multiplication.

What is seen from afar should not cost a sum over the whole window at each new character either. So tables whose
features take few values are looked up at the token, at the positions beyond all other tables' radii.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.first_layer import LINE, UNITS
from fanlight.engine.matmul import multiply, panels
from fanlight.engine.simd import allocate_aligned, load, prefetch, splat, store
from fanlight.jit import kernel
from fanlight.network.configuration import Configuration
from fanlight.network.inputs import WordTypes
from fanlight.text.gazetteers import MARKS

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Rows = NDArray[np.int32]
RECURRING = frozenset(
    ("character", "class", "position", "position_from_end", "word_length", "neighbours")
)  # features that take few values
AHEAD = 16  # types by which rows are asked for beforehand
MOST = 1 << 27  # bytes of the products of a recurring table, if they are to be worked out
WAYS = 1 << MARKS  # rows of a group of features
LESS = 1 << 25  # and of any other, for the positions that see it


class _Table(NamedTuple):
    """A table near the middle: W_k @ of each of its rows for the positions that see it, beginning at a column."""

    row_products: Float
    column: int


class RowProducts:
    """Products of the rows of a network's tables.

    Parameters
    ----------
    made : Configuration
    parameters : mapping of str to float array
    W : float32 array (d + marks, P, M)
        The first layer's weights for a type's vector and its gazetteer features, for each window position.

    Attributes
    ----------
    near_radius : int
        How far from the window's middle positions are near.
    row_products : float32 array (rows, P · M)
        Of tables and gazetteer features that are seen at other positions too; row 0 is of nothing.
    count : int
        How many of its rows a type has.
    """

    def __init__(self, configuration: Configuration, parameters: Mapping[str, Float], W: Float) -> None:
        P, M = W.shape[1:]
        self._configuration = configuration
        reaches = {
            g.name: configuration.radius if g.reach is None else min(g.reach, configuration.radius)
            for g in configuration.groups
        }
        nonzero = {g.name: np.flatnonzero(parameters[g.name].any(1)) for g in configuration.groups}
        separate = {
            g.name for g in configuration.groups if set(g.features) <= RECURRING and 4 * g.buckets * P * M <= MOST
        }
        self.near_radius = near_radius = configuration.radius if configuration.vector_width else max(
            (reaches[g.name] for g in configuration.groups if g.name not in separate), default=0
        )  # fmt: skip
        self._near_column = (
            configuration.radius - near_radius
        ) * M  # column of `row_products` from which on they are near
        self._tables: dict[str, _Table] = {}
        self._rows: dict[str, Rows] = {}  # of `row_products`, for each row of a table
        tables = [np.zeros((1, P * M), np.float32)]
        count = 1
        for g in configuration.groups:
            width = 2 * reaches[g.name] + 1
            seen = slice(configuration.radius - reaches[g.name], configuration.radius - reaches[g.name] + width)
            weights = np.ascontiguousarray(W[configuration.columns[g.name], seen]).reshape(g.dimension, width * M)
            if reaches[g.name] > near_radius:
                self._rows[g.name] = np.zeros(g.buckets, np.int32)
                self._rows[g.name][nonzero[g.name]] = np.arange(count, count + len(nonzero[g.name]))
                tables.append(np.zeros((len(nonzero[g.name]), P, M), np.float32))
                tables[-1][:, seen] = multiply_rows(parameters[g.name][nonzero[g.name]], weights).reshape(-1, width, M)
                tables[-1] = tables[-1].reshape(-1, P * M)
                count += len(tables[-1])
            elif 4 * g.buckets * width * M <= LESS or g.name in separate:
                row_products = allocate_aligned((g.buckets, width * M))
                row_products[nonzero[g.name]] = multiply_rows(parameters[g.name][nonzero[g.name]], weights)
                self._tables[g.name] = _Table(row_products, (near_radius - reaches[g.name]) * M)
        self._lists, self._gazetteer_table = (len(W) - configuration.width) // MARKS, count
        tables.append(products_of_bits(W[configuration.width :], MARKS))
        self.row_products = allocate_aligned((sum(map(len, tables)), P * M))
        np.concatenate(tables, out=self.row_products)
        self.count = sum(len(g.features) for g in configuration.groups if g.name in self._rows) + self._lists

    @property
    def tables(self) -> set[str]:
        """Names of the tables whose rows' products are known."""
        return {*self._tables, *self._rows}

    def learn(self, types: WordTypes, gazetteer_features: Float | None, rows: Rows, near: Float, parts: Rows) -> None:
        """Take up new types: add to the `rows` of near, and fill those of parts."""
        column = 0
        for group, bag in zip(self._configuration.groups, types.bags, strict=True):
            if group.name in self._tables:
                table = self._tables[group.name]
                width = table.row_products.shape[1]
                add_rows(table.row_products, bag.ids, bag.offsets, 0, rows, near, table.column, width)
            elif group.name in self._rows:
                numbers = self._rows[group.name][bag.ids]
                parts[rows, column : column + len(group.features)] = numbers.reshape(len(rows), -1)
                add_rows(self.row_products, numbers, bag.offsets, self._near_column, rows, near, 0, near.shape[1])
                column += len(group.features)
        if gazetteer_features is not None:
            add_gazetteer_rows(
                gazetteer_features,
                self._lists,
                self._gazetteer_table,
                rows,
                parts,
                column,
                (self.row_products, self._near_column),
                near,
            )


def products_of_bits(E: Float, bits: int) -> Float:
    """Return the products of groups of features that are 0 or 1.

    Parameters
    ----------
    E : float32 array (groups · bits, P, M)
        Their weights for each window position.
    bits : int
        Features of a group, at most `MARKS`.

    Returns
    -------
    float32 array (groups · WAYS, P · M)
        The sums of a group's weights for each number that its features may be as bits.
    """
    ways = (np.arange(WAYS)[:, None] >> np.arange(bits) & 1).astype(np.float32)
    groups = np.ascontiguousarray(E).reshape(-1, bits, E.shape[1] * E.shape[2])
    return np.concatenate(
        [np.zeros((0, groups.shape[2]), np.float32), *(multiply_rows(ways, group) for group in groups)]
    )


def multiply_rows(table: Float, W: Float) -> Float:
    """Return table (rows, d) @ W (d, n)."""
    out = np.empty((len(table), W.shape[1]), np.float32)
    every = np.arange(len(table))
    multiply(np.ascontiguousarray(table), panels(W), every, every, out)
    return out


@kernel()
def add_rows(table: Any, ids: Any, offsets: Any, begin: int, places: Any, out: Any, column: int, width: int) -> None:
    """Add to rows `places` of out, from a column on, `width` numbers of the table's rows that each bag names.

    The numbers are those from `begin` on.
    """
    stride = table.shape[1]
    for t in range(len(places)):
        if t + AHEAD < len(places):
            for i in range(offsets[t + AHEAD], offsets[t + AHEAD + 1]):
                for j in range(0, width, LINE // table.itemsize):
                    prefetch(table, ids[i] * stride + begin + j)
        place = np.int64(places[t]) * out.shape[1] + column
        for j in range(0, width, len(UNITS)):
            v = load(out, place + j, UNITS)
            for i in range(offsets[t], offsets[t + 1]):
                v = v + load(table, ids[i] * stride + begin + j, UNITS)
            store(v, out, place + j)


@kernel()
def clear(out: Any, places: Any) -> None:
    """Fill rows `places` of out, whole vectors each, with zeros."""
    for place in places:
        for j in range(0, out.shape[1], len(UNITS)):
            store(splat(np.float32(0), UNITS), out, np.int64(place) * out.shape[1] + j)


@kernel()
def add_gazetteer_rows(
    gazetteer_features: Any, lists: int, table: int, places: Any, parts: Any, column: int, row_products: Any, near: Any
) -> None:
    """Fill rows `places` of parts, from a column on, with the number of each list's features, read as bits; 0 for none.

    Numbers are counted from `table`; `row_products` are the rows of these numbers, and the column from which on they
    are added to near.
    """
    summands, begin = row_products
    width = near.shape[1]
    for t in range(len(places)):
        for i in range(lists):
            way = 0
            for j in range(MARKS):
                way += (gazetteer_features[t, i * MARKS + j] != 0) << j
            row = np.int64(table + (i << MARKS) + way if way else 0)
            parts[places[t], column + i] = row
            for j in range(0, width if way else 0, len(UNITS)):
                place = np.int64(places[t]) * width + j
                v = load(near, place, UNITS) + load(summands, row * summands.shape[1] + begin + j, UNITS)
                store(v, near, place)
