"""Kernels of `text.layout`: gaps between columns of a table, line ends within a sentence; and the sentence's case."""

from __future__ import annotations

from typing import Any

from fanlight.engine.token_flags import ALPHABETIC, CLOSING, FINAL, FIRST_LOWER, FIRST_UPPER, LOWER, UPPER
from fanlight.jit import inner
from fanlight.text.layout import FULL, LOOKAHEAD

WIDTH_BITS = 24
WIDTH = 1 << WIDTH_BITS  # one unit of width in the code of a gap within a line


@inner(inline="always")
def lines_of(gap: int) -> int:
    """Return the number of line feeds in a gap."""
    return gap if 0 < gap < WIDTH else 0


@inner()
def separates_columns(types: Any, gaps: Any, flags: Any, t: int, columns: bool, sentence_start: int) -> bool:
    """Tell whether the gap before token t separates columns; `columns`: whether an earlier gap in the line does."""
    if gaps[t] < 2 * WIDTH:
        return False
    if columns or gaps[t] >= 3 * WIDTH:
        return True
    small = False  # a token that begins with no capital letter
    for u in range(t, min(len(gaps), t + LOOKAHEAD)):
        if u > t and lines_of(gaps[u]):
            break
        if u > t and gaps[u] >= 2 * WIDTH:
            return True
        small = small or not flags[types[u]] & FIRST_UPPER
    for u in range(t - 1, max(sentence_start - 1, t - LOOKAHEAD), -1):
        small = small or not flags[types[u]] & FIRST_UPPER
        if u == 0 or lines_of(gaps[u]):
            break
    return not small


@inner()
def continues(types: Any, offsets: Any, gaps: Any, flags: Any, t: int, sentence_start: int, line_start: int) -> bool:
    """Tell whether the sentence continues across the line end before token t, which begins with no small letter."""
    small = False
    for u in range(t - 1, sentence_start - 1, -1):
        small = small or flags[types[u]] & FIRST_LOWER != 0
        if lines_of(gaps[u]):
            break
    if not small:
        return False
    last = _last_of_line(gaps, t)
    final = last
    while final > t and flags[types[final]] & CLOSING and not flags[types[final]] & FINAL:
        final -= 1
    if not flags[types[final]] & FINAL and offsets[last, 1] - offsets[t, 0] < FULL:
        return False
    return not is_short(offsets, gaps, t, line_start)


@inner()
def is_short(offsets: Any, gaps: Any, t: int, line_start: int) -> bool:
    """Tell whether token t would have fitted into the line that ends before it."""
    length = offsets[t - 1, 1] - line_start
    following = offsets[_last_of_line(gaps, t), 1] - offsets[t, 0]
    return bool(5 * (length + 1 + offsets[t, 1] - offsets[t, 0]) <= 4 * max(length, min(following, 2 * FULL)))


@inner()
def _last_of_line(gaps: Any, t: int) -> int:
    last = t
    while last + 1 < min(len(gaps), t + LOOKAHEAD) and not lines_of(gaps[last + 1]):
        last += 1
    return last


@inner()
def sentence_case(types: Any, begin: int, end: int, flags: Any) -> int:
    """Return the case of the sentence of tokens [begin, end); see `network.windows`."""
    words, upper, lower = 0, 0, 0
    for t in range(begin, end):
        f = flags[types[t]]
        if f & ALPHABETIC:
            words += 1
            upper += (f & UPPER) != 0
            lower += (f & LOWER) != 0
    if words < 2:
        return 0
    if upper == words:
        return 2
    if lower == words:
        return 6
    return 4 if 3 * lower <= words - lower else 0
