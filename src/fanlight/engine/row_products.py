"""Precomputed first-layer products of the rows of feature tables, for models of characters.

The features of a character depend on its word, and most words of fresh text are new: most characters are new types. The
vector of a character is a sum of table rows, so its product with W_k is the sum of the rows' products with W_k. For
tables with few nonzero rows or a small radius, the rows' products are computed once. A new character then needs no
matrix product.

Tables whose features take few values have a larger radius than the others. At the positions beyond the other radii
(the far positions), their products are not summed per type: the kernels look up the rows per token.
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
AHEAD = 16  # types by which prefetches precede reads
RECURRING_BYTES = 1 << 27  # limit for the products of a table of recurring features
TABLE_BYTES = 1 << 25  # limit for the products of any other table, within its radius
COMBINATIONS = 1 << MARKS  # of the bits of a feature group: rows of its products


class _Table(NamedTuple):
    """A table within the near positions: products (rows, width · M), and the column of `near` at which they begin."""

    row_products: Float
    column: int


class RowProducts:
    """Products of the table rows of a network.

    Parameters
    ----------
    configuration : Configuration
    parameters : mapping of str to float array
    W : float32 array (d + marks, P, M)
        First-layer weights of a type's vector and its gazetteer features, for each window position.

    Attributes
    ----------
    near_radius : int
        Radius of the near positions.
    row_products : float32 array (rows, P · M)
        Products of tables and gazetteer features that are used at far positions too; row 0 is zero.
    count : int
        Number of rows of `row_products` per type.
    """

    def __init__(self, configuration: Configuration, parameters: Mapping[str, Float], W: Float) -> None:
        P, M = W.shape[1:]
        self._configuration = configuration
        radii = {
            g.name: configuration.radius if g.reach is None else min(g.reach, configuration.radius)
            for g in configuration.groups
        }
        nonzero = {g.name: np.flatnonzero(parameters[g.name].any(1)) for g in configuration.groups}
        recurring = {
            g.name
            for g in configuration.groups
            if set(g.features) <= RECURRING and 4 * g.buckets * P * M <= RECURRING_BYTES
        }
        self.near_radius = near_radius = configuration.radius if configuration.vector_width else max(
            (radii[g.name] for g in configuration.groups if g.name not in recurring), default=0
        )  # fmt: skip
        # first column of `row_products` for near positions
        self._near_column = (configuration.radius - near_radius) * M
        self._tables: dict[str, _Table] = {}
        self._rows: dict[str, Rows] = {}  # row of `row_products` for each row of a table
        tables = [np.zeros((1, P * M), np.float32)]
        count = 1
        for g in configuration.groups:
            width = 2 * radii[g.name] + 1
            seen = slice(configuration.radius - radii[g.name], configuration.radius - radii[g.name] + width)
            weights = np.ascontiguousarray(W[configuration.columns[g.name], seen]).reshape(g.dimension, width * M)
            if radii[g.name] > near_radius:
                self._rows[g.name] = np.zeros(g.buckets, np.int32)
                self._rows[g.name][nonzero[g.name]] = np.arange(count, count + len(nonzero[g.name]))
                tables.append(np.zeros((len(nonzero[g.name]), P, M), np.float32))
                tables[-1][:, seen] = multiply_rows(parameters[g.name][nonzero[g.name]], weights).reshape(-1, width, M)
                tables[-1] = tables[-1].reshape(-1, P * M)
                count += len(tables[-1])
            elif 4 * g.buckets * width * M <= TABLE_BYTES or g.name in recurring:
                row_products = allocate_aligned((g.buckets, width * M))
                row_products[nonzero[g.name]] = multiply_rows(parameters[g.name][nonzero[g.name]], weights)
                self._tables[g.name] = _Table(row_products, (near_radius - radii[g.name]) * M)
        self._lists, self._gazetteer_table = (len(W) - configuration.width) // MARKS, count
        tables.append(products_of_bits(W[configuration.width :], MARKS))
        self.row_products = allocate_aligned((sum(map(len, tables)), P * M))
        np.concatenate(tables, out=self.row_products)
        self.count = sum(len(g.features) for g in configuration.groups if g.name in self._rows) + self._lists

    @property
    def names(self) -> set[str]:
        """Names of the tables with precomputed products."""
        return {*self._tables, *self._rows}

    def learn(self, types: WordTypes, gazetteer_features: Float | None, rows: Rows, near: Float, parts: Rows) -> None:
        """Add the products of new types to `rows` of near (types, width), and fill `rows` of parts (types, count)."""
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
    """Return the products of groups of binary features, for each combination of bits.

    Parameters
    ----------
    E : float32 array (groups · bits, P, M)
        Weights of the features for each window position.
    bits : int
        Features per group, at most `MARKS`.

    Returns
    -------
    float32 array (groups · COMBINATIONS, P · M)
        Row (g, n): sum of the weights of the features of group g whose bits are set in n.
    """
    combinations = (np.arange(COMBINATIONS)[:, None] >> np.arange(bits) & 1).astype(np.float32)
    groups = np.ascontiguousarray(E).reshape(-1, bits, E.shape[1] * E.shape[2])
    return np.concatenate(
        [np.zeros((0, groups.shape[2]), np.float32), *(multiply_rows(combinations, group) for group in groups)]
    )


def multiply_rows(table: Float, W: Float) -> Float:
    """Return table (rows, d) @ W (d, n)."""
    out = np.empty((len(table), W.shape[1]), np.float32)
    every = np.arange(len(table))
    multiply(np.ascontiguousarray(table), panels(W), every, every, out)
    return out


@kernel()
def add_rows(table: Any, ids: Any, offsets: Any, begin: int, places: Any, out: Any, column: int, width: int) -> None:
    """Add the sum of each bag's table rows to the rows `places` of out.

    Columns [begin, begin + width) of the table are added to columns [column, column + width) of out.
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
    """Fill the rows `places` of out with zeros."""
    for place in places:
        for j in range(0, out.shape[1], len(UNITS)):
            store(splat(np.float32(0), UNITS), out, np.int64(place) * out.shape[1] + j)


@kernel()
def add_gazetteer_rows(
    gazetteer_features: Any, lists: int, table: int, places: Any, parts: Any, column: int, row_products: Any, near: Any
) -> None:
    """Fill the rows `places` of parts with the product row of each list's gazetteer features; add these rows to near.

    The product row is `table` + `COMBINATIONS` · list + the features as bits, or 0 for none. It goes to `column` + list
    of parts. `row_products` are the rows of products, and their first column for near positions.
    """
    summands, begin = row_products
    width = near.shape[1]
    for t in range(len(places)):
        for i in range(lists):
            bits = 0
            for j in range(MARKS):
                bits += (gazetteer_features[t, i * MARKS + j] != 0) << j
            row = np.int64(table + (i << MARKS) + bits if bits else 0)
            parts[places[t], column + i] = row
            for j in range(0, width if bits else 0, len(UNITS)):
                place = np.int64(places[t]) * width + j
                v = load(near, place, UNITS) + load(summands, row * summands.shape[1] + begin + j, UNITS)
                store(v, near, place)
