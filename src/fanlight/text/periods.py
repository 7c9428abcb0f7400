"""Rules for periods that are DATEs in any context, and for dates with the short name of a weekday.

``FY2023``, ``H1 2025``, ``Q3'24``, ``3Q23``, ``summer of 2019``, ``2023회계연도``, ``'70s``, ``10,000 BC``,
``mid-May``, ``mid-1990s``, ``the past year``, ``Mon, 3 May``, ``Mon, May 3``; `engine.periods` has the kernels.
"""

from __future__ import annotations

from fanlight.text.amount_words import ERA, FISCAL, LENGTH, OF, SCHOOL_YEAR, SEASON, bits_of
from fanlight.text.amounts import end_of_figure
from fanlight.text.span_words import (
    ARTICLE,
    CLOCK_UNIT,
    MONTH,
    UNIT,
    WEEKDAY,
    Kind,
    end_of_run,
    is_blank,
    is_digit,
    is_glued,
    is_letter,
    is_plain,
    word_before,
)
from fanlight.text.span_words import bits_of as span_bits


def find_period(text: str, begin: int, i: int, end: int) -> tuple[int, int]:
    """Return start and end of the period whose figure is at i; zeros if there is none."""
    stop = end_of_run(text, i, end, is_digit)
    length = stop - i
    if length > 4 or is_glued(text, begin, i, ",-./"):
        return 0, 0
    if length < 3 and (dated := _find_weekday(text, begin, i, stop, end))[1]:
        return dated
    if length == 4 and (season := _begin_of_season(text, begin, i)) < i:
        return season, end_of_figure(text, i, end)
    if stop >= end:
        return 0, 0
    if length == 4 and text[stop] > "\x7f":
        bits = bits_of(text[stop : end_of_run(text, stop, end, is_letter)])
        return (i, stop + (bits >> LENGTH)) if bits & SCHOOL_YEAR else (0, 0)
    if text[stop] == "s":
        is_decade = length == 2 and text[i + 1] == "0" and i > begin and text[i - 1] in "'’"
        return (i - 1, stop + 1) if is_decade and not (stop + 1 < end and is_letter(text[stop + 1])) else (0, 0)
    if length == 1 and text[stop] in "QH":
        last = end_of_run(text, stop + 1, end, is_digit)
        is_year = last - stop in (3, 5) and not (last < end and is_plain(text[last]))
        return (i, last) if is_year and "1" <= text[i] <= "4" else (0, 0)
    if text[stop] == "," and end_of_run(text, stop + 1, end, is_digit) == stop + 4:
        stop = min(stop + 4, end - 1)  # 10,000 BC
    era = stop + (text[stop] == " ")
    last = end_of_run(text, era, end, is_letter)
    return (i, last) if bits_of(text[era:last]) & ERA and "A" <= text[era] <= "Z" else (0, 0)


def _begin_of_season(text: str, begin: int, i: int) -> int:
    """Return the start of ``summer of`` or ``summer`` before a year at i; i if there is none."""
    of, last = word_before(text, begin, i)
    if bits_of(text[of:last]) & SEASON and last < i and text[i : i + 2] in ("19", "20") and text[of] not in "f":
        return of
    season, stop = word_before(text, begin, of)
    is_season = last < i and stop < of and bits_of(text[of:last]) & OF and bits_of(text[season:stop]) & SEASON
    return season if is_season else i


def _find_weekday(text: str, begin: int, i: int, stop: int, end: int) -> tuple[int, int]:
    """Return start and end of ``Mon, 3 May`` or ``Mon, May 3`` at a day ``text[i:stop]``; zeros if there is none."""
    month, last = word_before(text, begin, i)
    if last == i or not span_bits(text[month:last]) & MONTH:
        month, last = i, end_of_run(text, stop + 1, end, is_letter)
        if stop >= end or text[stop] != " " or not span_bits(text[stop + 1 : last]) & MONTH:
            return 0, 0
        stop = last
    elif stop < end and is_plain(text[stop]):
        return 0, 0
    mark = month
    while mark > begin and text[mark - 1] in " ,.":
        mark -= 1
    day, _ = word_before(text, begin, mark)
    is_day = mark < month and span_bits(text[day:mark]) & WEEKDAY and "A" <= text[day] <= "Z"
    return (day, stop) if is_day else (0, 0)


def find_middle(text: str, i: int, stop: int, end: int) -> tuple[int, int]:
    """Return start and end of ``mid-May``, ``mid-2020`` or ``mid-1990s`` at i; zeros if there is none."""
    if stop + 1 >= end or text[stop] != "-":
        return 0, 0
    place = stop + 1
    last = end_of_run(text, place, end, is_letter)
    if "A" <= text[place] <= "Z" and (span_bits(text[place:last]) & MONTH or bits_of(text[place:last]) & SEASON):
        return i, last
    place += text[place] == "'"
    last = end_of_run(text, place, end, is_digit)
    is_decade = last < end and text[last] == "s"
    is_year = last - place == 4 and text[place] in "12"
    stop = last + is_decade
    if not (is_year or (is_decade and last - place == 2 and text[place - 1] == "'")):
        return 0, 0
    return (0, 0) if stop < end and is_plain(text[stop]) else (i, stop)


def find_past(text: str, begin: int, i: int, stop: int, end: int) -> tuple[int, int, int]:
    """Return start, end and kind of ``past year`` at i after ``the``; zeros if there is none."""
    word, last = word_before(text, begin, i)
    unit = end_of_run(text, stop, end, is_blank)
    unit_stop = end_of_run(text, unit, end, is_letter)
    bits = span_bits(text[unit:unit_stop])
    if last == i or unit == stop or not (span_bits(text[word:last]) & ARTICLE and bits & UNIT):
        return 0, 0, 0
    return i, unit_stop, Kind.TIME if bits & CLOCK_UNIT else Kind.DATE


def find_fiscal(text: str, begin: int, i: int, stop: int, end: int) -> tuple[int, int]:
    """Return start and end of the period that begins with ``FY``, ``Q`` or ``H`` at i; zeros if there is none."""
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
