"""Compiled forms of `text.tokens` and `text.features` for ASCII, straight from bytes; each is tested to agree.

What they do not handle they say, and the plain functions do it: control characters, long chunks, those that may be a
link, an address or a path, and those with marks between words or a letter after a digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.jit import inner, kernel
from fanlight.text.features import Bag, Group
from fanlight.text.hash_kernels import hash_bytes, mix
from fanlight.text.hashing import BASE, seed_of
from fanlight.text.sorted_kernels import contains, row_of
from fanlight.text.tokens import ABBREVIATIONS, POSSESSIVE_NAMES

Int = NDArray[np.int64]
LONGEST = 256  # bytes of a chunk
_BASE = int(BASE)
_LOWER, _EXACT, _PREFIXES, _SUFFIXES, _NGRAMS, _SHAPE, _SHORT_SHAPE, _CASE, _EDGES, _LENGTH = range(10)
FEATURES = ("lower", "exact", "prefixes", "suffixes", "ngrams", "shape", "short_shape", "case", "edges", "length")


class Plan(NamedTuple):
    """Features in the order in which they are summed: what each is, its group, its seed; and the groups' buckets."""

    kinds: Any
    groups: Any
    seeds: Any
    buckets: Any


def plan_of(groups: Sequence[Group]) -> Plan:
    """Lay out groups of word features."""
    rows = [(FEATURES.index(name), g, seed_of(name)) for g, group in enumerate(groups) for name in group.features]
    kinds, owners, seeds = zip(*rows, strict=True) if rows else ((), (), ())
    buckets = np.array([group.buckets for group in groups], np.uint64)
    return Plan(np.array(kinds, np.int32), np.array(owners, np.int32), np.array(seeds, np.uint64), buckets)


def word_bags(data: NDArray[np.uint8], spans: Int, plan: Plan) -> tuple[Bag, ...]:
    """Return `features.extract` of the words ``data[s:e]`` for each row (s, e, …) of spans, all ASCII."""
    offsets = np.zeros((len(plan.buckets), len(spans) + 1), np.int64)
    ids = np.empty(_count_ids(spans, plan, offsets), np.int64)
    _fill_ids(data, spans, plan, offsets, ids)
    return tuple(Bag(ids[row[0] : row[-1]], row - row[0]) for row in offsets)


def _hashes_of(words: Iterable[str]) -> NDArray[np.uint64]:
    return np.sort([hash_bytes(np.frombuffer(word.encode(), np.uint8), 0, len(word), True) for word in words])


ABBREVIATION_HASHES = _hashes_of(ABBREVIATIONS)
_POSSESSIVE_HASHES = _hashes_of(POSSESSIVE_NAMES)


@inner(inline="always")
def _alphabetic(b: int) -> bool:
    return 97 <= b | 32 <= 122


@inner(inline="always")
def _digit(b: Any) -> Any:
    return 48 <= b <= 57


@inner(inline="always")
def _alphanumeric(b: int) -> bool:
    return _alphabetic(b) or _digit(b)


@kernel()
def tokenize(data: Any, begin: int, end: int, abbreviations: Any, pairs: Any) -> int:
    """Tokenise a chunk as `tokens.tokenise` does; fill `pairs` (n, 2) with bytes, return n, or -1 if it cannot."""
    if end - begin > LONGEST:
        return -1
    if 2 <= end - begin <= 5 and data[begin] in (58, 59):  # : ; of an emoticon
        return -1
    plain = True
    for i in range(begin, end):
        b = data[i]
        if b < 33 or b > 126 or b in (35, 38, 61, 64, 92, 95, 124, 126):  # # & = @ \\ _ | ~
            return -1
        if b == 47 and not (begin < i < end - 1 and _digit(data[i - 1]) and _digit(data[i + 1])):  # / but in 1/2
            return -1
        if i > begin and _alphabetic(b) and _joins(data, begin, i, end):
            return -1
        plain = plain and _alphanumeric(b)
    if plain:
        pairs[0, 0], pairs[0, 1] = begin, end
        return 1
    left, right = begin, end
    n = 0
    while left < right:
        length = _opening(data, left, right)
        if length == 0:
            break
        pairs[n, 0], pairs[n, 1] = left, left + length
        n += 1
        left += length
    if right - left >= 4 and data[left] | 32 == 119 and data[left + 2] | 32 == 119 and data[left + 3] == 46:  # www.
        return -1
    closed = right
    while left < closed:
        length = _closing(data, left, closed, abbreviations)
        if length == 0:
            break
        closed -= length
    n = _inside(data, begin, left, closed, pairs, n)
    while closed < right:  # the closing marks once more, forwards
        run = closed + 1
        while run < right and data[run] == data[closed]:
            run += 1
        pairs[n, 0], pairs[n, 1] = closed, run
        n += 1
        closed = run
    return n


@inner(inline="always")
def _joins(data: Any, begin: int, i: int, end: int) -> bool:
    """Tell whether before a letter there is a digit (but in ``10th``, ``1990s``), ``! ?``, or a stop as in ``a.B``."""
    mark = data[i - 1]
    if _digit(mark) and data[i] | 32 == 115 and (i + 1 == end or not _alphanumeric(data[i + 1])):  # s
        return False
    if _digit(mark) and i + 1 < end and (i + 2 == end or not _alphanumeric(data[i + 2])):
        letter, next_letter = data[i] | 32, data[i + 1] | 32
        ordinal = (letter == 116 and next_letter == 104) or (letter == 115 and next_letter == 116)  # th st
        if ordinal or (next_letter == 100 and (letter == 110 or letter == 114)):  # nd rd
            return False
    if mark == 46:
        return bool(data[i] <= 90 and i - 1 > begin and 97 <= data[i - 2] <= 122)
    return bool(_digit(mark) or mark == 33 or mark == 63)


@inner()
def _opening(data: Any, left: int, right: int) -> int:
    mark = data[left]
    if _alphanumeric(mark):
        return 0
    run = left + 1
    while run < right and data[run] == mark:
        run += 1
    joining = mark in (45, 39, 46, 43)  # - ' . +
    if (
        run < right
        and joining
        and run == left + 1
        and _alphanumeric(data[run])
        and not (mark == 39 and right - run > 3)
    ):
        return 0
    return run - left


@inner()
def _closing(data: Any, left: int, right: int, abbreviations: Any) -> int:
    mark = data[right - 1]
    if _alphanumeric(mark):
        return 0
    run = right - 1
    while run > left and data[run - 1] == mark:
        run -= 1
    if mark == 46 and run == right - 1 and _is_abbreviation(data, left, run, abbreviations):
        return 0
    if mark == 36 and _is_upper(data, left, run):  # US$
        return 0
    return right - run


@inner()
def _is_upper(data: Any, left: int, right: int) -> bool:
    for i in range(left, right):
        if not 65 <= data[i] <= 90:
            return False
    return 1 <= right - left <= 3


@inner()
def _is_abbreviation(data: Any, left: int, right: int, abbreviations: Any) -> bool:
    if right - left == 1:
        return _alphabetic(data[left])
    inner, stops, part = True, 0, 0
    for i in range(left, right):
        if data[i] == 46:
            inner = inner and 1 <= part <= 2
            stops += 1
            part = 0
        else:
            inner = inner and _alphabetic(data[i])
            part += 1
    if inner and stops and 1 <= part <= 2:
        return True
    h = hash_bytes(data, left, right, True)
    return contains(h, abbreviations)


@inner()
def _inside(data: Any, begin: int, left: int, right: int, pairs: Any, n: int) -> int:
    """Tokenise what is between opening and closing marks; a comma's left neighbour may be one of the former."""
    i = left
    while i < right:
        b = data[i]
        stop = i
        if b in (40, 41, 91, 93, 123, 125, 60, 62, 34, 59):  # ()[]{}<>";
            stop = i + 1
        elif b == 45 or b == 46:
            while stop < right and data[stop] == b:
                stop += 1
            if stop - i < 2:
                stop = i
        elif (b == 44 or b == 58) and not (
            i > begin and _digit(data[i - 1]) and i + 1 < right and _digit(data[i + 1])
        ):  # , : but in 1,000 and 3:15
            stop = i + 1
        if stop == i:
            i += 1
            continue
        if left < i:
            n = _contraction(data, left, i, pairs, n)
        pairs[n, 0], pairs[n, 1] = i, stop
        n += 1
        left = i = stop
    return _contraction(data, left, right, pairs, n) if left < right else n


@inner()
def _contraction(data: Any, left: int, right: int, pairs: Any, n: int) -> int:
    middle = left
    if right - left > 2 and data[right - 2] == 39:
        x = data[right - 1] | 32
        if (x == 115 and not _is_possessive(data, left, right - 2)) or x == 109 or x == 100:  # 's 'm 'd
            middle = right - 2
        elif x == 116 and data[right - 3] | 32 == 110:  # n't
            middle = right - 3
    elif right - left > 3 and data[right - 3] == 39:
        x, y = data[right - 2] | 32, data[right - 1] | 32
        if (y == 101 and (x == 114 or x == 118)) or (x == 108 and y == 108):  # 're 've 'll
            middle = right - 3
    if middle > left:
        pairs[n, 0], pairs[n, 1] = left, middle
        n += 1
    pairs[n, 0], pairs[n, 1] = middle, right
    return n + 1


@inner()
def _is_possessive(data: Any, left: int, right: int) -> bool:
    h = hash_bytes(data, left, right, True)
    return contains(h, _POSSESSIVE_HASHES)


@kernel()
def vector_rows(data: Any, spans: Any, hashes: Any, rows: Any) -> None:
    """Fill each ASCII word's row in a sorted vocabulary (`vectors.fallback_forms` in turn), -1 for none."""
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
    """Fill `hashing.word_hashes` of each ASCII word ``data[s:e]`` in lower case, for the rows (s, e, …) of spans."""
    for w in range(len(spans)):
        h, power = np.uint64(0), np.uint64(1)
        for i in range(spans[w, 0], spans[w, 1]):
            raw = np.uint64(data[i])
            h += (raw + np.uint64(33 if 65 <= raw <= 90 else 1)) * power
            power *= np.uint64(_BASE)
        out[w] = mix(h)


@kernel()
def _count_ids(spans: Any, plan: Plan, offsets: Any) -> int:
    """Fill each group's offsets into one array of all ids; return how long that is."""
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
    """Fill the values of one feature of one word and return their number; ``low`` has a border on both sides."""
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
