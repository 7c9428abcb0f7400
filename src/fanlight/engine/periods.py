"""Kernels of `text.periods`: fiscal years, quarters, seasons, decades and years before Christ."""

from __future__ import annotations

from typing import Any

from fanlight.engine.amounts import amount_bits, end_of_figure
from fanlight.engine.words_beside import DIGIT, LETTER, end_of_run, is_glued, is_of, is_plain, word_before
from fanlight.jit import ZERO, inner
from fanlight.text.amount_words import ERA, FISCAL, OF, SEASON


@inner()
def find_period(data: Any, begin: Any, i: Any, end: Any) -> tuple[Any, Any]:
    """Return start and end of the period whose figure begins at byte i; zeros if there is none."""
    stop = end_of_run(data, i, end, DIGIT)
    length = stop - i
    if length > 4 or is_glued(data, begin, i, 44):  # , - . /
        return ZERO, ZERO
    if length == 4:
        season = _begin_of_season(data, begin, i)
        if season < i:
            return season, end_of_figure(data, i, end)
    if stop >= end:
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
    """Return where ``summer of`` before a year at byte i begins; i if that is not there."""
    of, last = word_before(data, begin, i)
    season, stop = word_before(data, begin, of)
    are_words = amount_bits(data, of, last) & OF and amount_bits(data, season, stop) & SEASON
    return season if are_words and last < i and stop < of else i


@inner()
def find_fiscal(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any]:
    """Return start and end of the period that ``FY``, ``Q`` or ``H`` at byte i begins; zeros if there is none."""
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
