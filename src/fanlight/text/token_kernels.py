"""Kernels that tokenise ASCII chunks; the plain form is `text.tokens`.

They refuse control characters, long chunks, possible links, addresses and paths, marks between words, and letters after
a digit; the plain function tokenises these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.jit import inner, kernel
from fanlight.text.hash_kernels import hash_bytes
from fanlight.text.sorted_kernels import contains
from fanlight.text.tokens import ABBREVIATIONS, POSSESSIVE_NAMES

LONGEST = 256  # bytes of a chunk


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
    """Tokenise a chunk: fill `pairs` (n, 2) with byte offsets and return n; -1 if the chunk is refused."""
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
        if i > begin and ((_alphabetic(b) and _joins(data, begin, i, end)) or (b == 62 and data[i - 1] == 45)):  # ->
            return -1
        if i > begin and _digit(b) and _behind_mark(data, begin, i):
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
    while closed < right:  # the closing marks again, from left to right
        run = closed + 1
        while run < right and data[run] == data[closed]:
            run += 1
        pairs[n, 0], pairs[n, 1] = closed, run
        n += 1
        closed = run
    return n


@inner(inline="always")
def _joins(data: Any, begin: int, i: int, end: int) -> bool:
    """Tell whether a letter follows a digit (except in ``10th``, ``1990s``), ``! ? + *``, or a stop.

    The stop is one as in ``a.B`` or ``a."B``, not that of an initial (``U.S``).
    """
    mark = data[i - 1]
    if _digit(mark) and data[i] | 32 == 115 and (i + 1 == end or not _alphanumeric(data[i + 1])):  # s
        return False
    if _digit(mark) and i + 1 < end and (i + 2 == end or not _alphanumeric(data[i + 2])):
        letter, next_letter = data[i] | 32, data[i + 1] | 32
        ordinal = (letter == 116 and next_letter == 104) or (letter == 115 and next_letter == 116)  # th st
        if ordinal or (next_letter == 100 and (letter == 110 or letter == 114)):  # nd rd
            return False
    if mark == 46:
        initial = i - 2 >= begin and 65 <= data[i - 2] <= 90 and not (i - 3 >= begin and _alphabetic(data[i - 3]))
        return bool(data[i] <= 90 and not initial)
    if mark in (34, 39, 41, 93, 125):  # " ' ) ] }
        return _behind_mark(data, begin, i)
    return bool(_digit(mark) or mark == 33 or mark == 63 or mark == 42 or mark == 43)


@inner()
def _behind_mark(data: Any, begin: int, i: int) -> bool:
    """Tell whether ``!`` or ``?``, or a full stop and closing marks, precede byte i."""
    behind = i - 1
    while behind > begin and data[behind] in (34, 39, 41, 93, 125):
        behind -= 1
    return bool(data[behind] == 33 or data[behind] == 63 or (behind < i - 1 and data[behind] == 46))


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
    """Tokenise bytes [left, right) between opening and closing marks; return the number of tokens."""
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
