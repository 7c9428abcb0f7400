"""Extension of dates and times by words before and after them; `engine.date_rules` has the kernels."""

from __future__ import annotations

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
    bits_of,
    end_of_run,
    is_blank,
    is_digit,
    is_letter,
    word_before,
    word_behind,
)


def extend_date(text: str, limits: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """Return start and end of the whole date around ``text[start:end]``, within `limits` set by other spans."""
    left, right = limits
    return _begin_of_date(text, left, start, end), _end_of_date(text, right, start, end)


def _begin_of_date(text: str, left: int, start: int, end: int) -> int:
    """Return the start of a date including ``last``, ``the day before`` or ``12th day of``."""
    bits = bits_of(text[start : end_of_run(text, start, end, is_letter)])
    low, high = word_before(text, left, start)
    before = bits_of(text[low:high]) if high < start else 0
    if bits & (DAY | UNIT) and before & RELATIVE:
        return low
    if bits & MONTH and before & OF:
        return _begin_of_day(text, left, low, start)
    if bits_of(text[start:end]) & EVE and before & SIDE:
        day, stop = word_before(text, left, low)
        the, close = word_before(text, left, day)
        if stop < low and close < day and bits_of(text[day:stop]) & ONE_DAY and bits_of(text[the:close]) & ARTICLE:
            return the
    return start


def _begin_of_day(text: str, left: int, of: int, month: int) -> int:
    """Return the start of ``12th day of`` or ``twenty-first day of`` before a month; `month` if there is none."""
    day, stop = word_before(text, left, of)
    ordinal, last = word_before(text, left, day)
    if not bits_of(text[day:stop]) & ONE_DAY or stop == of or last == day:
        return month
    figure = ordinal
    while figure > left and is_digit(text[figure - 1]):
        figure -= 1
    if 0 < ordinal - figure < 3:
        return figure
    if not bits_of(text[ordinal:last]) & ORDINAL:
        return month
    return word_before(text, left, ordinal - 1)[0] if ordinal > left and text[ordinal - 1] == "-" else ordinal


def _end_of_date(text: str, right: int, start: int, end: int) -> int:
    """Return the end of a date including ``morning``, ``Eve``, ``가을`` or ``전``."""
    if bits_of(text[start:end]) & EVE:
        origin = end_of_run(text, end, right, is_blank)
        stop = end_of_run(text, origin, right, is_letter)
        if origin > end and bits_of(text[origin:stop]) & DAYTIME:
            end = stop
    behind, stop = word_behind(text, end, right)
    bits, following = bits_of(text[word_before(text, start, end)[0] : end]), bits_of(text[behind:stop])
    if bits & FEAST and following & FEAST_DAY and behind > end:
        return stop
    if bits & YEAR_WORD and following & KOREAN_SEASON and behind > end:
        return behind + (following >> LENGTH)
    if text[end - 1] in SPANS and following & KOREAN_AGO:
        digits = 0
        while end - 2 - digits >= start and is_digit(text[end - 2 - digits]):
            digits += 1
        ordinal = digits > 0 and (text[end - 1] == "월" or (text[end - 1] == "년" and digits > 3))
        return end if ordinal else behind + 1
    return end
