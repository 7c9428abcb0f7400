"""Kernels of `text.date_rules`: extension of dates and times by words before and after them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.words_beside import (
    BLANK,
    DIGIT,
    LETTER,
    bits_of,
    contains,
    end_of_run,
    is_of,
    word_before,
    word_behind,
)
from fanlight.jit import ZERO, inner
from fanlight.text.automaton_kernels import code_point
from fanlight.text.span_words import (
    ARTICLE,
    DAY,
    DAYTIME,
    EVE,
    FEAST,
    FEAST_DAY,
    KOREAN_AGO,
    KOREAN_SEASON,
    LENGTH,
    MONTH,
    OF,
    ONE_DAY,
    ORDINAL,
    RELATIVE,
    SIDE,
    SPANS,
    UNIT,
    YEAR_WORD,
)

_SPANS = np.array([ord(c) for c in SPANS])
_YEAR, _MONTH = ord("년"), ord("월")


@inner()
def extend_date(data: Any, left: Any, right: Any, bounds: Any) -> None:
    """Extend `bounds` to the whole date, within `left` and `right`, set by other spans."""
    start, end = bounds[0], bounds[1]
    bounds[0], bounds[1] = _begin_of_date(data, left, start, end), _end_of_date(data, right, start, end)


@inner()
def _begin_of_date(data: Any, left: Any, start: Any, end: Any) -> Any:
    """Return the start of a date including ``last``, ``the day before`` or ``12th day of``."""
    bits = bits_of(data, start, end_of_run(data, start, end, LETTER))
    low, high = word_before(data, left, start)
    before = bits_of(data, low, high) if high < start else ZERO
    if bits & (DAY | UNIT) and before & RELATIVE:
        return low
    if bits & MONTH and before & OF:
        return _begin_of_day(data, left, low, start)
    if before & SIDE and bits_of(data, start, end) & EVE:
        day, stop = word_before(data, left, low)
        the, close = word_before(data, left, day)
        words = bits_of(data, day, stop) & ONE_DAY and bits_of(data, the, close) & ARTICLE
        if words and stop < low and close < day:
            return the
    return start


@inner()
def _begin_of_day(data: Any, left: Any, of: Any, month: Any) -> Any:
    """Return the start of ``12th day of`` or ``twenty-first day of`` before a month; `month` if there is none."""
    day, stop = word_before(data, left, of)
    ordinal, last = word_before(data, left, day)
    if not bits_of(data, day, stop) & ONE_DAY or stop == of or last == day:
        return month
    figure = ordinal
    while figure > left and is_of(data[figure - 1], DIGIT):
        figure -= 1
    if 0 < ordinal - figure < 3:
        return figure
    if not bits_of(data, ordinal, last) & ORDINAL:
        return month
    if ordinal > left and data[ordinal - 1] == 45:  # -
        ordinal, _ = word_before(data, left, ordinal - 1)
    return ordinal


@inner()
def _end_of_date(data: Any, right: Any, start: Any, end: Any) -> Any:
    """Return the end of a date including ``morning``, ``Eve``, ``가을`` or ``전``."""
    if bits_of(data, start, end) & EVE:
        origin = end_of_run(data, end, right, BLANK)
        stop = end_of_run(data, origin, right, LETTER)
        if origin > end and bits_of(data, origin, stop) & DAYTIME:
            end = stop
    behind, stop = word_behind(data, end, right)
    following = bits_of(data, behind, stop)
    if following & (FEAST_DAY | KOREAN_SEASON) and behind > end:
        word, _ = word_before(data, start, end)
        bits = bits_of(data, word, end)
        if bits & FEAST and following & FEAST_DAY:
            return stop
        if bits & YEAR_WORD and following & KOREAN_SEASON:
            return behind + 3 * (following >> LENGTH)
    last = end - 3
    if not following & KOREAN_AGO or last < start or data[last] & 0xF0 != 0xE0:
        return end
    point, _ = code_point(data, last)
    if not contains(_SPANS, point):
        return end
    origin = last
    while origin > start and is_of(data[origin - 1], DIGIT):
        origin -= 1
    is_ordinal = origin < last and (point == _MONTH or (point == _YEAR and last - origin > 3))
    return end if is_ordinal else behind + 3
