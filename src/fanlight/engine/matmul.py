"""Products of rows with matrices in panels, and sums of bags of rows: each row has the same bits in any company."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.simd import (
    MANY_REGISTERS,
    allocate_aligned,
    larger,
    largest,
    load,
    splat,
    store,
    store_rounded,
    tile,
)
from fanlight.jit import kernel

PANEL = (0,) * (32 if MANY_REGISTERS else 16)  # columns that are multiplied at once
ROWS = (0,) * (4 if MANY_REGISTERS else 6)
BATCH = 96  # rows multiplied by a panel at once
LARGEST = np.float32(32767)  # of the integers of 16 bits
SMALLEST = np.float32(1e-30)  # a row of smaller numbers is one of zeros: LARGEST divided by them might be no number
SUMS = (0,) * 16  # columns that are summed at once


@kernel()
def multiply(V: Any, W: Any, order: Any, places: Any, out: Any) -> None:
    """Fill rows `places` (t,) of out with V (t, d) @ the columns that W (panels, d, columns) has in panels.

    A row gets the same bits in any company. Rows go in the order given, some at a time, so that they and a panel stay
    in the cache; the beginning and the end where all of a tile's are zeros are left out.
    """
    panels, d, _ = W.shape
    width, tall = len(PANEL), len(ROWS)
    most = min(BATCH, -(-len(order) // tall) * tall)
    A, rows = np.zeros((most, d), np.float32), np.empty((most, panels * width), np.float32)
    batches = np.empty((most // tall, 2), np.int64)
    for begin in range(0, len(order), BATCH):
        count = min(BATCH, len(order) - begin)
        for q in range(-(-count // tall)):
            low, high = d, 0
            for t in range(q * tall, min(count, (q + 1) * tall)):
                row = V[order[begin + t]]
                for k in range(d):  # Numba compiles two seconds for ``A[t] = row``: its error for other lengths
                    A[t, k] = row[k]
                i = 0
                while i < low and row[i] == 0:
                    i += 1
                low = min(low, i)
                i = d
                while i > high and row[i - 1] == 0:
                    i -= 1
                high = max(high, i)
            batches[q, 0], batches[q, 1] = min(low, high), high - min(low, high)
        rows.fill(0)
        for p in range(panels):
            for q in range(-(-count // tall)):
                i, place = batches[q, 0], q * tall * panels * width + p * width
                tile(
                    ROWS,
                    PANEL,
                    A,
                    q * tall * d + i,
                    d,
                    W,
                    (p * d + i) * width,
                    batches[q, 1],
                    rows,
                    place,
                    panels * width,
                )
        for t in range(count):
            place = places[order[begin + t]]
            for k in range(panels * width):
                out[place, k] = rows[t, k]


def panels(W: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay out W (d, n) in panels (n / columns, d, columns), as `simd.tile` wants it."""
    count = W.shape[1] // len(PANEL)
    blocks_of_columns = allocate_aligned((count, len(W), len(PANEL)))
    blocks_of_columns[...] = W.reshape(len(W), count, len(PANEL)).transpose(1, 0, 2)
    return blocks_of_columns


@kernel()
def quantise(rows: Any, places: Any, out: Any, scales: Any) -> None:
    """Fill rows `places` (t,) of out (rows, n), int16, and of scales (rows,): scale · out is about `rows` (t, n).

    n is a multiple of the length of `SUMS`.
    The scale is a row's largest magnitude divided by the largest integer: no number is off by more than half of it.
    """
    n, width = rows.shape[1], len(SUMS)
    nothing = splat(np.float32(0), SUMS)
    for t in range(len(places)):
        most = nothing
        for j in range(0, n, width):
            v = load(rows, t * n + j, SUMS)
            most = larger(most, larger(v, nothing - v))
        magnitude = largest(most)
        inverse = splat(LARGEST / magnitude if magnitude > SMALLEST else np.float32(0), SUMS)
        place = np.int64(places[t])
        scales[place] = magnitude / LARGEST
        for j in range(0, n, width):
            store_rounded(load(rows, t * n + j, SUMS) * inverse, out, place * n + j)


@kernel()
def sum_bags(table: Any, ids: Any, offsets: Any, out: Any, column: int) -> None:
    """Add to each row of out, from a column on, the table's rows that its bag names."""
    d, width = table.shape[1], len(SUMS)
    for t in range(len(out)):
        place = t * out.shape[1] + column
        for j in range(0, d - width + 1, width):
            v = load(out, place + j, SUMS)
            for i in range(offsets[t], offsets[t + 1]):
                v = v + load(table, ids[i] * d + j, SUMS)
            store(v, out, place + j)
        for j in range(d - d % width, d):
            for i in range(offsets[t], offsets[t + 1]):
                out[t, column + j] += table[ids[i], j]
