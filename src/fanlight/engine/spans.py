"""Kernels of `text.spans`: punctuation at the edges of entities is trimmed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.chunks import white_width
from fanlight.jit import ZERO, inner
from fanlight.text.automaton_kernels import code_point
from fanlight.text.sorted_kernels import contains, first_from
from fanlight.text.spans import NEVER_FIRST, NEVER_LAST, PAIRS

INVISIBLE = np.flatnonzero(np.diff([unicodedata.category(chr(p)) == "Cf" for p in range(0xE0100)], prepend=False))
# boundaries of runs of code points in category Cf, as in `text.code_points`


def _points(characters: Iterable[str]) -> NDArray[np.int64]:
    return np.sort(np.array([ord(character) for character in characters]))


_FIRST, _LAST, _PAIRS = _points(NEVER_FIRST), _points(NEVER_LAST), _points(PAIRS)


@inner()
def trim_entities(data: Any, out: Any, count: Any) -> Any:
    """Trim the spans of the first `count` entities as `spans.trim` does; return the number of nonempty ones."""
    row = ZERO
    for n in range(count):
        start, end = np.int64(out.char_starts[n]), np.int64(out.char_ends[n])
        i: Any = np.int64(out.byte_starts[n])
        j: Any = np.int64(out.byte_ends[n])
        while i < j:
            point, width = code_point(data, i)
            if not _is_foreign(point, data, i, i + width, j, _FIRST):
                break
            i += width
            start += 1
        while i < j:
            last = _before(data, j)
            point, width = code_point(data, last)
            if not _is_foreign(point, data, last, i, last, _LAST):
                break
            j = last
            end -= 1
        if i == j:
            continue
        out.documents[row], out.types[row], out.probabilities[row] = (
            out.documents[n],
            out.types[n],
            out.probabilities[n],
        )
        out.char_starts[row], out.char_ends[row], out.byte_starts[row], out.byte_ends[row] = start, end, i, j
        row += 1
    return row


@inner(inline="always")
def _before(data: Any, j: Any) -> Any:
    """Return the first byte of the code point before byte j."""
    j -= 1
    while data[j] & 0xC0 == 0x80:
        j -= 1
    return j


@inner()
def _is_foreign(point: Any, data: Any, place: Any, begin: Any, end: Any, excluded: Any) -> bool:
    if 0xAC00 <= point <= 0xD7A3 or 97 <= point | 32 <= 122 or 48 <= point <= 57:
        return False
    if contains(point, _PAIRS):
        i = begin
        while i < end:
            other, width = code_point(data, i)
            if contains(other, _PAIRS):
                return False
            i += width
        return True
    if contains(point, excluded) or first_from(point + 1, INVISIBLE) % 2 == 1:
        return True
    return bool(white_width(data, place, place + 4) > 0)
