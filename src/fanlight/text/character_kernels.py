"""Kernels for characters in UTF-8: tokens, features and gazetteer features.

The plain forms are `tokens.characters`, `features.extract` and `Gazetteer.features`. The kernels cover chunks of up to
`LONGEST` characters that are all `is_supported`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.jit import inner, kernel
from fanlight.text.features import Bag, Group
from fanlight.text.gazetteers import MARKS, Gazetteer
from fanlight.text.hash_kernels import START, finish, mix
from fanlight.text.hashing import BASE, HANGUL, OTHER, seed_of

Int = NDArray[np.int64]
LONGEST = 160  # characters of a chunk
BEGINNING = 16  # high bits of a hash that select a bucket of the gazetteer
_BASE = int(BASE)
_EDGE = 0x110001  # value of a boundary symbol (`Characters`)
FEATURES = (
    "character", "class", "left", "right", "left3", "right3", "around", "word", "head", "tail", "rest", "position",
    "position_from_end", "word_length", "neighbours",
)  # fmt: skip
_WINDOWS = {
    "character": (0, 0),
    "left": (-1, 0),
    "right": (0, 1),
    "left3": (-2, 0),
    "right3": (0, 2),
    "around": (-1, 1),
}
_CLASS, _WORD, _HEAD, _TAIL, _REST, _POSITION, _FROM_END, _LENGTH, _NEIGHBOURS = (
    FEATURES.index(name)
    for name in ("class", "word", "head", "tail", "rest", "position", "position_from_end", "word_length", "neighbours")
)  # fmt: skip


class Plan(NamedTuple):
    """The features in the order in which they are summed: kind, window, hash seed and buckets of each.

    ``masks`` are buckets - 1 if buckets is a power of two, else 0 (a mask is faster than a division). ``groups`` (f,
    3): the first feature of each feature's table, the number of features of the table, and the index in it.
    """

    kinds: Any
    windows: Any
    seeds: Any
    buckets: Any
    masks: Any
    groups: Any


def plan_of(groups: Sequence[Group]) -> Plan:
    """Return the plan for groups of character features."""
    rows = [(name, group.buckets) for group in groups for name in group.features]
    kinds = np.array([FEATURES.index(name) for name, _ in rows], np.int32)
    windows = np.array([_WINDOWS.get(name, (1, 0)) for name, _ in rows], np.int32).reshape(-1, 2)
    seeds = np.array([seed_of(name) for name, _ in rows], np.uint64)
    buckets = np.array([buckets for _, buckets in rows], np.uint64)
    masks = np.where(buckets & (buckets - np.uint64(1)), 0, buckets - np.uint64(1)).astype(np.uint64)
    places, place = [], 0
    for group in groups:
        count = len(group.features)
        places += [(place, count, i) for i in range(count)]
        place += count
    return Plan(kinds, windows, seeds, buckets, masks, np.array(places, np.int64).reshape(-1, 3))


def character_bags(data: NDArray[np.uint8], spans: Int, plan: Plan, groups: Sequence[Group]) -> tuple[Bag, ...]:
    """Return `features.extract` of characters: row (s, e, i) of spans is the i-th of the chunk ``data[s:e]``."""
    ids = np.empty(len(plan.kinds) * len(spans), np.int64)
    _fill_ids(data, spans, plan, ids)
    bags, row = [], 0
    for group in groups:
        count = len(group.features) * len(spans)
        bags.append(Bag(ids[row : row + count], np.arange(0, count + 1, len(group.features))))
        row += count
    return tuple(bags)


def index_of(gazetteer: Gazetteer) -> NDArray[np.int32]:
    """Return the first hash of each bucket (2**BEGINNING + 1,), for `gazetteer_features`."""
    counts = np.bincount((gazetteer.hashes >> np.uint64(64 - BEGINNING)).astype(np.int64), minlength=1 << BEGINNING)
    return np.append(0, np.cumsum(counts)).astype(np.int32)


def gazetteer_features(
    data: NDArray[np.uint8], spans: Int, gazetteer: Gazetteer, index: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Return `gazetteer.features` of characters, given spans as for `character_bags` and the gazetteer's `index_of`."""
    out = np.zeros((len(spans), len(gazetteer.lists), MARKS), np.float32)
    if len(gazetteer.hashes):
        _fill_gazetteer_features(data, spans, gazetteer.hashes, index, gazetteer.members, gazetteer.longest, out)
    return out.reshape(len(spans), gazetteer.width)


@kernel()
def tokenize(data: Any, begin: int, end: int, pairs: Any) -> int:
    """Split a chunk into characters: fill `pairs` (n, 2) with byte offsets and return n; -1 if it is not supported."""
    n, i = 0, begin
    while i < end:
        width = 1 if data[i] < 0x80 else 3
        if n == LONGEST or i + width > end or not is_supported(point(data, i)):
            return -1
        pairs[n, 0], pairs[n, 1] = i, i + width
        i += width
        n += 1
    return n


@inner(inline="always")
def point(data: Any, i: int) -> Any:
    """Return the code point at byte i if it has one or three bytes, else 0."""
    b = np.int64(data[i])
    if b < 0x80:
        return b
    if b & 0xF0 != 0xE0:
        return np.int64(0)
    return (b & 15) << 12 | (np.int64(data[i + 1]) & 63) << 6 | np.int64(data[i + 2]) & 63


@kernel(inline="always")
def is_supported(p: Any) -> Any:
    """Tell whether the kernels support a code point: ASCII, Hangul, Chinese characters, arrows, shapes, punctuation."""
    return (
        33 <= p <= 126
        or 0xAC00 <= p <= 0xD7A3
        or (0x3131 <= p <= 0x318E and p != 0x3164)
        or 0x4E00 <= p <= 0x9FFC
        or 0x2190 <= p <= 0x21FF
        or 0x25A0 <= p <= 0x26FF
        or 0x2013 <= p <= 0x201D
        or 0x2025 <= p <= 0x2026
        or 0x3001 <= p <= 0x3002
        or 0x3008 <= p <= 0x3011
        or p == 0xFF01
        or p == 0xFF0C
        or p == 0xFF1F
        or p == 0xFF5E
    )


@inner(inline="always")
def _fold(p: Any) -> Any:
    """Return the normal form of a supported code point; see `normalisation.fold_character`."""
    if p < 0x2014 or 0x201D < p < 0xFF01:
        return p
    if p > 0xFF00:
        return p - 0xFEE0
    if p >= 0x201C:
        return np.int64(34)
    if p >= 0x2018:
        return np.int64(39)
    return np.int64(0x2013) if p < 0x2016 else p


@inner()
def hash_folded(h: Any, data: Any, begin: int, end: int) -> Any:
    """Return a hash (`hash_kernels.hash_on`) updated with the lower-case normal form of bytes [begin, end)."""
    i = begin
    while i < end:
        width = 1 if data[i] < 0x80 else 3
        p = _fold(point(data, i))
        if p < 0x80:
            h = (h ^ np.uint64(p + 32 if 65 <= p <= 90 else p)) * np.uint64(0x100000001B3)
        else:
            h = (h ^ np.uint64(0xE0 | p >> 12)) * np.uint64(0x100000001B3)
            h = (h ^ np.uint64(0x80 | (p >> 6 & 63))) * np.uint64(0x100000001B3)
            h = (h ^ np.uint64(0x80 | (p & 63))) * np.uint64(0x100000001B3)
        i += width
    return h


@kernel()
def hash_spans(data: Any, spans: Any, out: Any) -> None:
    """Fill out with `hash_bytes` of the lower-case normal form of ``data[s:e]`` for each row (s, e) of spans."""
    for w in range(len(spans)):
        out[w] = finish(hash_folded(START, data, spans[w, 0], spans[w, 1]))


@inner(inline="always")
def _class(p: Any) -> Any:
    """Return the class of a supported code point; see `hashing.character_classes`."""
    if p > 126:
        if 0xAC00 <= p <= 0xD7A3 or 0x3131 <= p <= 0x318E:
            return HANGUL
        return OTHER if 0x4E00 <= p <= 0x9FFC else p + 16
    return 1 if 65 <= p <= 90 else 2 if 97 <= p <= 122 else 3 if 48 <= p <= 57 else p + 16


@inner()
def _read(data: Any, begin: int, end: int, values: Any, classes: Any) -> int:
    """Fill values (lower-case code points + 1) and classes of a chunk, with three boundary symbols on either side."""
    n, i = 0, begin
    values[:3] = np.uint64(_EDGE)
    classes[:3] = np.uint64(0)
    while i < end:
        p = _fold(point(data, i))
        values[n + 3] = np.uint64(p + 33 if 65 <= p <= 90 else p + 1)
        classes[n + 3] = np.uint64(_class(p))
        i += 1 if data[i] < 0x80 else 3
        n += 1
    values[n + 3 : n + 6] = np.uint64(_EDGE)
    classes[n + 3 : n + 6] = np.uint64(0)
    return n


@inner(inline="always")
def _sum(values: Any, begin: int, end: int) -> Any:
    """Return the unmixed hash of the characters [begin, end) of a chunk."""
    h, power = np.uint64(0), np.uint64(1)
    for k in range(begin + 3, end + 3):
        h += values[k] * power
        power *= np.uint64(_BASE)
    return h


@kernel()
def _fill_ids(data: Any, spans: Any, plan: Plan, ids: Any) -> None:
    values, classes = np.empty(LONGEST + 6, np.uint64), np.empty(LONGEST + 6, np.uint64)
    n = 0
    for t in range(len(spans)):
        i = spans[t, 2]
        if t == 0 or spans[t, 0] != spans[t - 1, 0]:
            n = _read(data, spans[t, 0], spans[t, 1], values, classes)
        for f in range(len(plan.kinds)):
            kind = plan.kinds[f]
            h = np.uint64(0)
            if plan.windows[f, 0] <= 0:
                h = _sum(values, i + plan.windows[f, 0], i + plan.windows[f, 1] + 1)
            elif kind == _CLASS:
                h = classes[i + 3]
            elif kind == _WORD:
                h = _sum(values, 0, n)
            elif kind == _HEAD:
                h = _sum(values, 0, i + 1)
            elif kind == _TAIL:
                h = _sum(values, i, n)
            elif kind == _REST:
                h = _sum(values, i + 1, n)
            elif kind == _POSITION:
                h = np.uint64(min(i, 9))
            elif kind == _FROM_END:
                h = np.uint64(min(n - i, 9))
            elif kind == _LENGTH:
                h = np.uint64(min(n, 12))
            elif kind == _NEIGHBOURS:
                h = classes[i + 2] * np.uint64(1 << 42) + classes[i + 3] * np.uint64(1 << 21) + classes[i + 4]
            h = mix(h + plan.seeds[f])
            offset, count, which = plan.groups[f]
            place = offset * len(spans) + t * count + which
            ids[place] = np.int64(h & plan.masks[f] if plan.masks[f] else h % plan.buckets[f])


@kernel()
def _fill_gazetteer_features(
    data: Any, spans: Any, hashes: Any, index: Any, members: Any, longest: int, out: Any
) -> None:
    values, classes = np.empty(LONGEST + 6, np.uint64), np.empty(LONGEST + 6, np.uint64)
    lists = out.shape[1]
    lengths = np.zeros(lists, np.int64)
    for t in range(len(spans)):
        if t == 0 or spans[t, 0] != spans[t - 1, 0]:
            n = _read(data, spans[t, 0], spans[t, 1], values, classes)
            lengths[:] = 0
            h, power = np.uint64(0), np.uint64(1)
            for k in range(min(n, longest)):
                h += values[k + 3] * power
                power *= np.uint64(_BASE)
                if k == 0 and n > 1:
                    continue  # a name of one syllable is a prefix of too many words
                mixed = mix(h)
                beginning = np.int64(mixed >> np.uint64(64 - BEGINNING))
                place, stop = index[beginning], index[beginning + 1]
                while place < stop and hashes[place] < mixed:
                    place += 1
                if place < stop and hashes[place] == mixed:
                    for number in range(lists):
                        if members[place] >> np.uint32(number) & np.uint32(1):
                            lengths[number] = k + 1
        i = spans[t, 2]
        for number in range(lists):
            length = lengths[number]
            row = out[t, number]
            row[0] = length > 1 and i == 0
            row[1] = i > 0 and i < length - 1
            row[2] = length > 1 and i == length - 1
            row[3] = length == 1 and i == 0
            row[4] = length > 0 and i >= length
