"""Kernels of `text.periods`: fiscal years, quarters, seasons, decades, years before Christ, and some dates."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.amounts import end_of_figure
from fanlight.engine.number_words import amount_bits
from fanlight.engine.words_beside import (
    BLANK,
    DIGIT,
    LETTER,
    bits_of,
    end_of_run,
    is_glued,
    is_of,
    is_plain,
    word_before,
)
from fanlight.jit import ZERO, inner
from fanlight.text.amount_words import ERA, FISCAL, LENGTH, OF, SCHOOL_YEAR, SEASON
from fanlight.text.span_words import ARTICLE, CLOCK_UNIT, MONTH, UNIT, WEEKDAY, Kind

_DATE, _TIME = int(Kind.DATE), int(Kind.TIME)


@inner()
def find_period(data: Any, begin: Any, i: Any, end: Any) -> tuple[Any, Any]:
    """Return start and end of the period whose figure is at byte i; zeros if there is none."""
    stop = end_of_run(data, i, end, DIGIT)
    length = stop - i
    if length > 4 or is_glued(data, begin, i, 44):  # , - . /
        return ZERO, ZERO
    if length < 3:
        low, high = _find_weekday(data, begin, i, stop, end)
        if high:
            return low, high
    if length == 4:
        season = _begin_of_season(data, begin, i)
        if season < i:
            return season, end_of_figure(data, i, end)
    if stop >= end:
        return ZERO, ZERO
    if length == 4 and data[stop] > 127:
        bits = amount_bits(data, stop, end_of_run(data, stop, end, LETTER))
        if bits & SCHOOL_YEAR:
            return i, stop + 3 * (bits >> LENGTH)
        return ZERO, ZERO
    if data[stop] == 115:  # s
        mark = _begin_of_apostrophe(data, begin, i)
        goes_on = stop + 1 < end and is_of(data[stop + 1], LETTER)
        if length == 2 and data[i + 1] == 48 and mark < i and not goes_on:
            return mark, stop + 1
        return ZERO, ZERO
    if length == 1 and (data[stop] == 81 or data[stop] == 72):  # Q H
        last = end_of_run(data, stop + 1, end, DIGIT)
        is_year = (last - stop == 3 or last - stop == 5) and not (last < end and is_plain(data[last]))
        if is_year and 49 <= data[i] <= 52:
            return i, last
        return ZERO, ZERO
    if data[stop] == 44 and end_of_run(data, stop + 1, end, DIGIT) == stop + 4:  # 10,000 BC
        stop = min(stop + 4, end - 1)
    era = stop + (data[stop] == 32)
    last = end_of_run(data, era, end, LETTER)
    if amount_bits(data, era, last) & ERA and 65 <= data[era] <= 90:
        return i, last
    return ZERO, ZERO


@inner()
def _begin_of_apostrophe(data: Any, begin: Any, i: Any) -> Any:
    if i > begin and data[i - 1] == 39:
        return i - 1
    is_curved = i - 3 >= begin and data[i - 3] == 0xE2 and data[i - 2] == 0x80 and data[i - 1] == 0x99
    return i - 3 if is_curved else i


@inner()
def _begin_of_season(data: Any, begin: Any, i: Any) -> Any:
    """Return the start of ``summer of`` or ``summer`` before a year at byte i; i if there is none."""
    of, last = word_before(data, begin, i)
    is_year = (data[i] == 49 and data[i + 1] == 57) or (data[i] == 50 and data[i + 1] == 48)  # 19 20
    if is_year and last < i and data[of] != 102 and amount_bits(data, of, last) & SEASON:  # f
        return of
    season, stop = word_before(data, begin, of)
    are_words = amount_bits(data, of, last) & OF and amount_bits(data, season, stop) & SEASON
    return season if are_words and last < i and stop < of else i


@inner()
def _find_weekday(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any]:
    """Return start and end of ``Mon, 3 May`` or ``Mon, May 3`` at a day ``data[i:stop]``; zeros if there is none."""
    month, last = word_before(data, begin, i)
    if last == i or not bits_of(data, month, last) & MONTH:
        month, last = i, end_of_run(data, stop + 1, end, LETTER)
        if stop >= end or data[stop] != 32 or not bits_of(data, stop + 1, last) & MONTH:
            return ZERO, ZERO
        stop = last
    elif stop < end and is_plain(data[stop]):
        return ZERO, ZERO
    mark = month
    while mark > begin and (data[mark - 1] == 32 or data[mark - 1] == 44 or data[mark - 1] == 46):  # , .
        mark -= 1
    day, _ = word_before(data, begin, mark)
    if mark < month and bits_of(data, day, mark) & WEEKDAY and 65 <= data[day] <= 90:
        return day, stop
    return ZERO, ZERO


@inner()
def find_middle(data: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any]:
    """Return start and end of ``mid-May``, ``mid-2020`` or ``mid-1990s`` at byte i; zeros if there is none."""
    if stop + 1 >= end or data[stop] != 45:
        return ZERO, ZERO
    place = stop + 1
    last = end_of_run(data, place, end, LETTER)
    if 65 <= data[place] <= 90 and (bits_of(data, place, last) & MONTH or amount_bits(data, place, last) & SEASON):
        return i, last
    place += data[place] == 39
    last = end_of_run(data, place, end, DIGIT)
    is_decade = last < end and data[last] == 115  # s
    is_year = last - place == 4 and 49 <= data[place] <= 50
    after = last + is_decade
    if not (is_year or (is_decade and last - place == 2 and data[place - 1] == 39)):
        return ZERO, ZERO
    if after < end and is_plain(data[after]):
        return ZERO, ZERO
    return i, after


@inner()
def find_past(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any, Any]:
    """Return start, end and kind of ``past year`` at byte i after ``the``; zeros if there is none."""
    word, last = word_before(data, begin, i)
    unit = end_of_run(data, stop, end, BLANK)
    unit_stop = end_of_run(data, unit, end, LETTER)
    bits = bits_of(data, unit, unit_stop)
    if last == i or unit == stop or not (bits_of(data, word, last) & ARTICLE and bits & UNIT):
        return ZERO, ZERO, ZERO
    return i, unit_stop, np.int64(_TIME if bits & CLOCK_UNIT else _DATE)


@inner()
def find_fiscal(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any]:
    """Return start and end of the period that begins with ``FY``, ``Q`` or ``H`` at byte i; zeros if there is none."""
    place, needs_mark = stop, False
    if i > begin and is_of(data[i - 1], DIGIT):
        return ZERO, ZERO
    if not amount_bits(data, i, stop) & FISCAL:
        if (data[i] != 81 and data[i] != 72) or stop >= end or not 49 <= data[stop] <= 52:
            return ZERO, ZERO
        place, needs_mark = stop + 1, True
        place += place < end and data[place] == 32
        if place + 2 <= end and amount_bits(data, place, place + 2) & FISCAL:
            place, needs_mark = place + 2, False
    place += place < end and data[place] == 32
    if place < end and data[place] == 39:
        place, needs_mark = place + 1, False
    last = end_of_run(data, place, end, DIGIT)
    if not (last - place == 4 or (last - place == 2 and not needs_mark)):
        return ZERO, ZERO
    last = end_of_figure(data, place, end)
    if last < end and is_plain(data[last]):
        return ZERO, ZERO
    return i, last
