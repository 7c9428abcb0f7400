"""Periods that are whole DATEs wherever they stand: fiscal years, quarters, seasons, decades and years before Christ.

``FY2023``, ``H1 2025``, ``Q3'24``, ``3Q23``, ``summer of 2019``, ``'70s``, ``300 BC``; `engine.periods` has the
kernels.
"""

from __future__ import annotations

from fanlight.text.amount_words import ERA, FISCAL, OF, SEASON, bits_of
from fanlight.text.amounts import end_of_figure
from fanlight.text.span_words import end_of_run, is_digit, is_glued, is_letter, is_plain, word_before


def find_period(text: str, begin: int, i: int, end: int) -> tuple[int, int]:
    """Return start and end of the period whose figure begins at i; zeros if there is none."""
    stop = end_of_run(text, i, end, is_digit)
    length = stop - i
    if length > 4 or is_glued(text, begin, i, ",-./"):
        return 0, 0
    if length == 4 and (season := _begin_of_season(text, begin, i)) < i:
        return season, end_of_figure(text, i, end)
    if stop >= end:
        return 0, 0
    if text[stop] == "s":
        is_decade = length == 2 and text[i + 1] == "0" and i > begin and text[i - 1] in "'’"
        return (i - 1, stop + 1) if is_decade and not (stop + 1 < end and is_letter(text[stop + 1])) else (0, 0)
    if length == 1 and text[stop] in "QH":
        last = end_of_run(text, stop + 1, end, is_digit)
        is_year = last - stop in (3, 5) and not (last < end and is_plain(text[last]))
        return (i, last) if is_year and "1" <= text[i] <= "4" else (0, 0)
    era = stop + (text[stop] == " ")
    last = end_of_run(text, era, end, is_letter)
    return (i, last) if bits_of(text[era:last]) & ERA and "A" <= text[era] <= "Z" else (0, 0)


def _begin_of_season(text: str, begin: int, i: int) -> int:
    """Return where ``summer of`` before a year at i begins; i if that is not there."""
    of, last = word_before(text, begin, i)
    season, stop = word_before(text, begin, of)
    is_season = last < i and stop < of and bits_of(text[of:last]) & OF and bits_of(text[season:stop]) & SEASON
    return season if is_season else i


def find_fiscal(text: str, begin: int, i: int, stop: int, end: int) -> tuple[int, int]:
    """Return start and end of the period that ``FY``, ``Q`` or ``H`` at i begins; zeros if there is none."""
    place, needs_mark = stop, False
    if i > begin and is_digit(text[i - 1]):
        return 0, 0
    if not bits_of(text[i:stop]) & FISCAL:
        if text[i] not in "QH" or stop >= end or not "1" <= text[stop] <= "4":
            return 0, 0
        place, needs_mark = stop + 1, True
        place += place < end and text[place] == " "
        if bits_of(text[place : place + 2]) & FISCAL and place + 2 <= end:
            place, needs_mark = place + 2, False
    place += place < end and text[place] == " "
    if place < end and text[place] == "'":
        place, needs_mark = place + 1, False
    last = end_of_run(text, place, end, is_digit)
    if not (last - place == 4 or (last - place == 2 and not needs_mark)):
        return 0, 0
    last = end_of_figure(text, place, end)
    return (0, 0) if last < end and is_plain(text[last]) else (i, last)
