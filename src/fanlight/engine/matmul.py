"""Matrix products in panels, and sums of bags of rows; the bits of a row do not depend on the other rows."""

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

PANEL = (0,) * (32 if MANY_REGISTERS else 16)  # columns of a panel
ROWS = (0,) * (4 if MANY_REGISTERS else 6)
BATCH = 96  # rows multiplied by a panel at a time
LARGEST = np.float32(32767)  # int16
SMALLEST = np.float32(1e-30)  # a row of smaller numbers counts as zero, so that LARGEST / magnitude is finite
SUMS = (0,) * 16  # a vector of columns


@kernel()
def multiply(V: Any, W: Any, order: Any, places: Any, out: Any) -> None:
    """Fill the rows `places` (t,) of out with V (t, d) @ W, where W (panels, d, columns) is stored in panels.

    Rows are processed in the given order, `BATCH` at a time, so that they and a panel stay in the cache. Leading and
    trailing columns in which a whole tile of V is zero are skipped.
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
                for k in range(d):  # ``A[t] = row`` takes two seconds to compile, for its check of lengths
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
    """Return W (d, n) in panels (n / columns, d, columns), as `simd.tile` reads it."""
    count = W.shape[1] // len(PANEL)
    blocks_of_columns = allocate_aligned((count, len(W), len(PANEL)))
    blocks_of_columns[...] = W.reshape(len(W), count, len(PANEL)).transpose(1, 0, 2)
    return blocks_of_columns


@kernel()
def quantise(rows: Any, places: Any, out: Any, scales: Any) -> None:
    """Quantise `rows` (t, n) to int16: fill the rows `places` (t,) of out and scales, with scale · out ≈ row.

    n is a multiple of the length of `SUMS`. The scale is the row's largest magnitude divided by `LARGEST`; the error is
    at most half a scale.
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
    """Add to each row of out, from `column` on, the table rows of its bag."""
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
