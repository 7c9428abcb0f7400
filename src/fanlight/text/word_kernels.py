"""Kernels for ASCII words: features and rows of vectors; the plain forms are `text.features` and `text.vectors`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.jit import inner, kernel
from fanlight.text.features import Bag, Group
from fanlight.text.hash_kernels import mix
from fanlight.text.hashing import BASE, seed_of
from fanlight.text.sorted_kernels import row_of
from fanlight.text.token_kernels import LONGEST

Int = NDArray[np.int64]
_BASE = int(BASE)
_LOWER, _EXACT, _PREFIXES, _SUFFIXES, _NGRAMS, _SHAPE, _SHORT_SHAPE, _CASE, _EDGES, _LENGTH = range(10)
FEATURES = ("lower", "exact", "prefixes", "suffixes", "ngrams", "shape", "short_shape", "case", "edges", "length")


class Plan(NamedTuple):
    """The features in the order in which they are summed: kind, group and hash seed; and the groups' buckets."""

    kinds: Any
    groups: Any
    seeds: Any
    buckets: Any


def plan_of(groups: Sequence[Group]) -> Plan:
    """Return the plan for groups of word features."""
    rows = [(FEATURES.index(name), g, seed_of(name)) for g, group in enumerate(groups) for name in group.features]
    kinds, owners, seeds = zip(*rows, strict=True) if rows else ((), (), ())
    buckets = np.array([group.buckets for group in groups], np.uint64)
    return Plan(np.array(kinds, np.int32), np.array(owners, np.int32), np.array(seeds, np.uint64), buckets)


def word_bags(data: NDArray[np.uint8], spans: Int, plan: Plan) -> tuple[Bag, ...]:
    """Return `features.extract` of the ASCII words ``data[s:e]`` for each row (s, e, …) of spans."""
    offsets = np.zeros((len(plan.buckets), len(spans) + 1), np.int64)
    ids = np.empty(_count_ids(spans, plan, offsets), np.int64)
    _fill_ids(data, spans, plan, offsets, ids)
    return tuple(Bag(ids[row[0] : row[-1]], row - row[0]) for row in offsets)


@inner(inline="always")
def _digit(b: Any) -> Any:
    return 48 <= b <= 57


@kernel()
def vector_rows(data: Any, spans: Any, hashes: Any, rows: Any) -> None:
    """Fill rows with the index of each ASCII word or of its `vectors.fallback_forms` in sorted hashes; -1 for none."""
    for w in range(len(spans)):
        begin, end = spans[w, 0], spans[w, 1]
        digits = False
        h = np.zeros(5, np.uint64)
        power = np.uint64(1)
        for i in range(begin, end):
            raw = np.uint64(data[i])
            lower = raw + np.uint64(32) if 65 <= raw <= 90 else raw
            digit = _digit(raw)
            digits = digits or digit
            initial = lower - np.uint64(32) if i == begin and 97 <= lower <= 122 else lower
            h[0] += (raw + np.uint64(1)) * power
            h[1] += (lower + np.uint64(1)) * power
            h[2] += (np.uint64(48 + 1) if digit else lower + np.uint64(1)) * power
            h[3] += (np.uint64(35 + 1) if digit else lower + np.uint64(1)) * power
            h[4] += (initial + np.uint64(1)) * power
            power *= np.uint64(_BASE)
        rows[w] = -1
        for k in range(5):
            if not digits and 2 <= k <= 3:
                continue
            rows[w] = row_of(mix(h[k]), hashes)
            if rows[w] >= 0:
                break


@kernel()
def lower_hashes(data: Any, spans: Any, out: Any) -> None:
    """Fill out with `hashing.word_hashes` of the lower-case ASCII words ``data[s:e]`` for rows (s, e, …) of spans."""
    for w in range(len(spans)):
        h, power = np.uint64(0), np.uint64(1)
        for i in range(spans[w, 0], spans[w, 1]):
            raw = np.uint64(data[i])
            h += (raw + np.uint64(33 if 65 <= raw <= 90 else 1)) * power
            power *= np.uint64(_BASE)
        out[w] = mix(h)


@kernel()
def _count_ids(spans: Any, plan: Plan, offsets: Any) -> int:
    """Fill the offsets of each group in one array of all ids; return the length of that array."""
    total = 0
    for g in range(len(plan.buckets)):
        offsets[g, 0] = total
        for w in range(len(spans)):
            length = spans[w, 1] - spans[w, 0]
            for f in range(len(plan.kinds)):
                if plan.groups[f] != g:
                    continue
                kind = plan.kinds[f]
                if kind in (_PREFIXES, _SUFFIXES):
                    total += min(length, 4)
                else:
                    total += 2 * length - 1 if kind == _NGRAMS else 1
            offsets[g, w + 1] = total
    return total


@kernel()
def _fill_ids(data: Any, spans: Any, plan: Plan, offsets: Any, ids: Any) -> None:
    values = np.empty(2 * LONGEST, np.uint64)
    low = np.empty(LONGEST + 2, np.uint64)
    kinds = np.empty(LONGEST, np.uint64)
    low[0] = np.uint64(0x110000 + 1)
    for w in range(len(spans)):
        begin, end = spans[w, 0], spans[w, 1]
        n = end - begin
        for i in range(n):
            b = np.uint64(data[begin + i])
            low[i + 1] = (b + np.uint64(32) if 65 <= b <= 90 else b) + np.uint64(1)
            kinds[i] = 1 if 65 <= b <= 90 else 2 if 97 <= b <= 122 else 3 if 48 <= b <= 57 else b + np.uint64(16)
        low[n + 1] = np.uint64(0x110000 + 1)
        group, place = -1, 0
        for f in range(len(plan.kinds)):
            count = _values(data, begin, n, low, kinds, plan.kinds[f], values)
            if plan.groups[f] != group:
                group = plan.groups[f]
                place = offsets[group, w]
            for k in range(count):
                ids[place] = np.int64(mix(values[k] + plan.seeds[f]) % plan.buckets[group])
                place += 1


@inner()
def _values(data: Any, begin: int, n: int, low: Any, kinds: Any, feature: int, out: Any) -> int:
    """Fill out with the values of one feature of one word; return their number. ``low`` has boundary symbols."""
    unit, base = np.uint64(1), np.uint64(_BASE)
    h, power = np.uint64(0), np.uint64(1)
    count = 1
    if feature == _LOWER:
        for i in range(n):
            h += low[i + 1] * power
            power *= base
    elif feature == _EXACT:
        for i in range(n):
            h += (np.uint64(data[begin + i]) + unit) * power
            power *= base
    elif feature in (_PREFIXES, _SUFFIXES):
        count = min(n, 4)
        for i in range(count):
            h += (np.uint64(data[begin + i]) + unit if feature == _PREFIXES else low[n - i]) * power
            power *= base
            out[i] = h * np.uint64(8) + np.uint64(i + 1)
        return count
    elif feature == _NGRAMS:
        square, cube = base * base, base * base * base
        for i in range(n):
            out[i] = low[i] + low[i + 1] * base + low[i + 2] * square
        for i in range(n - 1):
            out[n + i] = out[i] + low[i + 3] * cube
        return 2 * n - 1
    elif feature == _SHAPE:
        for i in range(n):
            if i == 0 or kinds[i] != kinds[i - 1]:
                h += (kinds[i] + unit) * power
                power *= base
    elif feature == _SHORT_SHAPE:
        for i in range(min(n, 4)):
            h += (kinds[i] + unit) * power
            power *= base
        tail = kinds[n - 1] + unit
        if n > 1:
            tail += (kinds[n - 2] + unit) * base
        h = h * np.uint64(31) + tail * base
    elif feature == _CASE:
        for i in range(n):
            k = kinds[i]
            h |= unit << (np.uint64(5) if k > 5 else k - unit)
            if k == 1:
                h |= np.uint64(8) if i == 0 else np.uint64(16)
    elif feature == _EDGES:
        h = kinds[0] * np.uint64(1 << 24) + kinds[n - 1]
    else:
        h = np.uint64(min(n, 12))
    out[0] = h
    return count
