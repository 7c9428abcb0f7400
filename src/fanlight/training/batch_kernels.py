"""Kernels that compute the index inputs of a batch; the plain forms are in `network.inputs`.

Rows are numbered in the order of their first occurrence, with a table of all rows (`scratch`, -1 everywhere between
calls) instead of sorting.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.jit import inner, kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel()
def distinct(ids: Any, leading: Any, scratch: Any) -> Any:
    """Return the distinct rows of `leading` and `ids`, and the index of each id among them."""
    rows = np.empty(len(ids) + len(leading), np.int64)
    where = np.empty(len(ids), np.int64)
    count = 0
    for row in leading:
        rows[count] = row
        scratch[row] = count
        count += 1
    for n in range(len(ids)):
        row = ids[n]
        if scratch[row] < 0:
            rows[count] = row
            scratch[row] = count
            count += 1
        where[n] = scratch[row]
    for n in range(count):
        scratch[rows[n]] = -1
    return rows[:count], where


@kernel()
def bags(ids: Any, offsets: Any, types: Any, scratch: Any) -> Any:
    """Return the distinct rows in the bags of `types`, and these bags: indices into the distinct rows, and offsets."""
    chosen = np.empty(len(types) + 1, np.int64)
    chosen[0] = 0
    for t in range(len(types)):
        chosen[t + 1] = chosen[t] + offsets[types[t] + 1] - offsets[types[t]]
    rows = np.empty(chosen[-1], np.int64)
    where = np.empty(chosen[-1], np.int64)
    count = 0
    n = 0
    for t in range(len(types)):
        for p in range(offsets[types[t]], offsets[types[t] + 1]):
            row = ids[p]
            if scratch[row] < 0:
                rows[count] = row
                scratch[row] = count
                count += 1
            where[n] = scratch[row]
            n += 1
    for n in range(count):
        scratch[rows[n]] = -1
    return rows[:count], where, chosen


@kernel()
def windows(ids: Any, sentence_offsets: Any, radius: Any, padding: Any) -> Any:
    """Return the id at each window position of each token (2·radius+1, N)."""
    out = np.empty((2 * radius + 1, len(ids)), np.int64)
    for s in range(len(sentence_offsets) - 1):
        for n in range(sentence_offsets[s], sentence_offsets[s + 1]):
            for k in range(2 * radius + 1):
                place = n + k - radius
                out[k, n] = ids[place] if sentence_offsets[s] <= place < sentence_offsets[s + 1] else padding
    return out


@inner(inline="always")
def _random_bits(key: Any, n: Any) -> Any:
    """Return the n-th number of SplitMix64 from the state `key` (Steele et al. 2014)."""
    x = np.uint64(key) + np.uint64(n + 1) * GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@kernel()
def mask(key: Any, dropout: Any, rows: Any, columns: Any) -> Any:
    """Draw an inverted-dropout mask: zeros with probability `dropout`, to 1/65536, else 1/(1 - dropout).

    Each random number masks four entries, a quarter of the mask apart, so that the loop vectorises.
    """
    out = np.empty(rows * columns, np.float32)
    quarter = len(out) // 4
    limit, low = np.uint64(round(dropout * 65536)), np.uint64(0xFFFF)
    scale, none = np.float32(1 / (1 - dropout)), np.float32(0)
    for n in range(quarter):
        x = _random_bits(key, n)
        out[n] = scale if x & low >= limit else none
        out[n + quarter] = scale if (x >> np.uint64(16)) & low >= limit else none
        out[n + 2 * quarter] = scale if (x >> np.uint64(32)) & low >= limit else none
        out[n + 3 * quarter] = scale if x >> np.uint64(48) >= limit else none
    for n in range(4 * quarter, len(out)):
        out[n] = scale if _random_bits(key, n) & low >= limit else none
    return out.reshape(rows, columns)
