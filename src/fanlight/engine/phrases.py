"""Kernels of `text.phrases`: dates, measures, spans of time in the past or future, and Korean days, in any context."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.amounts import find_amount, find_fraction, find_hour, find_scaled
from fanlight.engine.number_words import amount_bits
from fanlight.engine.periods import find_fiscal, find_middle, find_past, find_period
from fanlight.engine.words_beside import (
    BLANK,
    CLOCK_BYTE,
    DIGIT,
    LETTER,
    bits_of,
    contains,
    end_of_run,
    is_glued,
    is_labelled,
    is_of,
    is_plain,
    joins_figures,
    number_before,
    value_of,
    word_before,
)
from fanlight.jit import ZERO, inner
from fanlight.text.amount_words import FISCAL, HALF, LARGE, LONE_HOUR, MIDDLE, PART_OF_YEAR, PAST, QUARTER
from fanlight.text.automaton_kernels import code_point
from fanlight.text.span_words import (
    AGE,
    AGO,
    CHAIN,
    CLOCK_UNIT,
    COUNT,
    GROUP,
    HOURS,
    INDEFINITE,
    KOREAN_DAY,
    LENGTH,
    MAGNITUDE,
    MEASURE,
    MONTH,
    MONTHS,
    MULTIPLIERS,
    NUMERAL,
    OF,
    PHRASES,
    SUM,
    UNIT,
    WON,
    WORDS,
    Kind,
)

DATE, TIME, QUANTITY, MONEY = int(Kind.DATE), int(Kind.TIME), int(Kind.QUANTITY), int(Kind.MONEY)
_SUM, _MULTIPLIERS = np.array([ord(c) for c in sorted(SUM)]), np.array([ord(c) for c in MULTIPLIERS])
_KOREAN = KOREAN_DAY | HOURS | MONTHS | AGE | WON
_FIRST_SYLLABLES = np.array(sorted({ord(word[0]) for word, bits in WORDS.items() if bits & _KOREAN}))


@inner()
def find_phrases(data: Any, begin: Any, end: Any, out: Any) -> Any:
    """Write start, end and kind of dates and amounts, spans of time and Korean days to `out`; return their number."""
    n = ZERO
    i, is_separate = begin, True
    while i < end and n < PHRASES:
        b = data[i]
        low, high, kind = ZERO, ZERO, ZERO
        stop = i + 1
        if is_of(b, LETTER):
            stop = i
            while stop < end and is_of(data[stop], LETTER):
                stop += 3 if data[stop] >= 0xE0 else 1  # a syllable at a time
            if b < 0x80:
                low, high, kind = _find_word(data, begin, out[n - 1, 1] if n else begin, i, stop, end)
            elif contains(_FIRST_SYLLABLES, code_point(data, i)[0]):
                low, high, kind = _find_korean(data, begin, i, stop)
        elif is_of(b, DIGIT):
            stop = end_of_run(data, i, end, DIGIT)
            low, high, kind = _find_figure(data, begin, i, end)
        else:
            is_separate = is_separate or is_of(b, BLANK) or b == 126  # ~
        if n and low < out[n - 1, 1] < high:  # half an hour later
            out[n - 1, 0], out[n - 1, 1], out[n - 1, 2] = min(low, out[n - 1, 0]), high, kind
        elif high and is_separate:
            out[n, 0], out[n, 1], out[n, 2] = low, high, kind
            n += 1
            is_separate = False
        i = max(stop, high)
    return n


@inner()
def _find_korean(data: Any, begin: Any, i: Any, stop: Any) -> tuple[Any, Any, Any]:
    """Find the Korean day at byte i, or the span of time, age or sum of money whose unit is at byte i."""
    bits = bits_of(data, i, stop)
    end = i + 3 * (bits >> LENGTH)
    if bits & KOREAN_DAY:
        return i, end, np.int64(DATE)
    numeral, right = word_before(data, begin, i)
    is_whole = right < i and not (numeral > begin and is_of(data[numeral - 1], DIGIT))
    if not bits & (HOURS | MONTHS | AGE | WON) or not is_whole:
        return ZERO, ZERO, ZERO
    if bits & WON:
        return (numeral, end, np.int64(MONEY)) if _is_sum(data, numeral, right) else (ZERO, ZERO, ZERO)
    if not bits_of(data, numeral, right) & NUMERAL:
        return ZERO, ZERO, ZERO
    return numeral, end, np.int64(TIME if bits & HOURS else DATE if bits & MONTHS else QUANTITY)


@inner()
def _is_sum(data: Any, i: Any, stop: Any) -> bool:
    """Tell whether a word is a Korean numeral that ends with a multiplier, as sums of money (``만``, ``수백만``)."""
    if stop - i < 3 or data[stop - 3] & 0xF0 != 0xE0 or not contains(_MULTIPLIERS, code_point(data, stop - 3)[0]):
        return False
    while i < stop:
        point, width = code_point(data, i)
        if not contains(_SUM, point):
            return False
        i += width
    return True


@inner()
def _find_word(data: Any, begin: Any, last: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find the phrase with the ASCII word at byte i; `last` is the end of the previous phrase."""
    size, letter = stop - i, data[i] | 32
    past = size == 3 and letter == 97 and data[i + 1] | 32 == 103  # ag.
    past = past or (size == 5 and letter == 108) or (size == 7 and letter == 101)  # l...., e......
    if past and bits_of(data, i, stop) & AGO:
        return _past(data, begin, i, stop)
    is_noun = (size == 4 and letter in (104, 112)) or (size == 3 and letter == 109)  # h..., p..., m..
    if is_noun or (7 <= size <= 8 and letter in (98, 109, 113, 116)):  # b......, m......, q......, t.......
        amounts = amount_bits(data, i, stop)
        if amounts & (HALF | QUARTER):
            return find_fraction(data, last, i, stop, end)
        if amounts & LONE_HOUR:
            return find_hour(data, begin, i, stop, end)
        if amounts & LARGE:
            return find_scaled(data, begin, i, stop, end)
        if amounts & MIDDLE:
            low, high = find_middle(data, i, stop, end)
            return low, high, np.int64(DATE)
        if amounts & PAST:
            return find_past(data, begin, i, stop, end)
    if size < 3 and amount_bits(data, i, stop) & (FISCAL | PART_OF_YEAR):
        low, high = find_fiscal(data, begin, i, stop, end)
        return low, high, np.int64(DATE)
    return ZERO, ZERO, ZERO


@inner()
def _find_figure(data: Any, begin: Any, i: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find the date, period or amount whose figure is at byte i."""
    date = end_of_date(data, begin, i, end)
    if date:
        return i, date, np.int64(DATE)
    measure = _end_of_measure(data, begin, i, end)
    if measure:
        return i, measure, np.int64(QUANTITY)
    low, high = find_period(data, begin, i, end)
    if high:
        return low, high, np.int64(DATE)
    return find_amount(data, begin, i, end)


@inner()
def end_of_date(data: Any, begin: Any, i: Any, end: Any) -> Any:
    """Return the end of the date in figures at byte i; 0 if there is none."""
    if is_glued(data, begin, i, 45):  # - . /
        return ZERO
    stop = end_of_run(data, i, min(end, i + 5), DIGIT)
    if stop == i or stop >= end or not joins_figures(data[stop]):
        return ZERO
    if stop + 1 < end and is_of(data[stop + 1], LETTER):
        return _end_of_named_month(data, i, stop, end)
    figures = _end_of_figures(data, begin, i, stop, end)
    return figures if figures or data[stop] != 46 else _end_of_spaced_date(data, i, stop, end)


@inner()
def _end_of_measure(data: Any, begin: Any, i: Any, end: Any) -> Any:
    """Return the end of a measure such as ``3,000-meter`` at byte i; 0 if there is none."""
    if is_glued(data, begin, i, 44):  # , - . /
        return ZERO
    hyphen = end_of_run(data, i, end, DIGIT)
    while hyphen + 1 < end and (data[hyphen] == 44 or data[hyphen] == 46) and is_of(data[hyphen + 1], DIGIT):
        hyphen = end_of_run(data, hyphen + 1, end, DIGIT)
    if hyphen >= end or data[hyphen] != 45:
        return ZERO
    stop = end_of_run(data, hyphen + 1, end, LETTER)
    return stop if bits_of(data, hyphen + 1, stop) & MEASURE else ZERO


@inner()
def _end_of_figures(data: Any, begin: Any, origin: Any, first_stop: Any, end: Any) -> Any:
    """Return the end of a date without spaces, with ``data[origin:first_stop]`` as first figure; 0 if there is none."""
    i = first_stop + 1
    second_stop = end_of_run(data, i, min(end, i + 5), DIGIT)
    if second_stop == i or second_stop >= end or data[second_stop] != data[first_stop]:
        return ZERO
    stop = end_of_run(data, second_stop + 1, min(end, second_stop + 6), DIGIT)
    length, last_length, middle_length = first_stop - origin, stop - second_stop - 1, second_stop - first_stop - 1
    a, b, c = (
        value_of(data, origin, first_stop),
        value_of(data, first_stop + 1, second_stop),
        value_of(data, second_stop + 1, stop),
    )
    if length == 4:
        valid = middle_length < 3 and 0 < last_length < 3 and _is_day(a, b, c)
    else:
        year = c if last_length == 4 else 2000 + c
        valid = length < 3 and middle_length < 3 and (last_length == 4 or last_length == 2)
        valid = valid and (_is_day(year, a, b) or _is_day(year, b, a))
        if last_length == 2 and data[first_stop] != 47:  # /
            valid = valid and length == 2 and middle_length == 2 and not is_labelled(data, begin, origin)
    if not valid:
        return ZERO
    if stop + 1 < end and data[stop] == 84 and is_of(data[stop + 1], DIGIT):  # T
        stop = end_of_run(data, stop + 1, end, CLOCK_BYTE)
        while not is_plain(data[stop - 1]):
            stop -= 1
    return ZERO if _goes_on(data, stop, end) else stop


@inner()
def _end_of_spaced_date(data: Any, i: Any, stop: Any, end: Any) -> Any:
    """Return the end of a date such as ``2020. 1. 1.`` with ``data[i:stop]`` as year; 0 if there is none."""
    month = _end_of_spaces(data, stop + 1, end)
    month_stop = end_of_run(data, month, min(end, month + 3), DIGIT)
    if stop - i != 4 or month_stop >= end or data[month_stop] != 46:
        return ZERO
    day = _end_of_spaces(data, month_stop + 1, end)
    day_stop = end_of_run(data, day, min(end, day + 3), DIGIT)
    if not (0 < month_stop - month < 3 and 0 < day_stop - day < 3) or (day_stop < end and is_plain(data[day_stop])):
        return ZERO
    if not _is_day(value_of(data, i, stop), value_of(data, month, month_stop), value_of(data, day, day_stop)):
        return ZERO
    if day_stop == end or data[day_stop] != 46:
        return day_stop
    return ZERO if day_stop + 1 < end and is_of(data[day_stop + 1], DIGIT) else day_stop + 1


@inner()
def _end_of_spaces(data: Any, i: Any, end: Any) -> Any:
    while i < end and data[i] == 32:
        i += 1
    return i


@inner()
def _end_of_named_month(data: Any, i: Any, stop: Any, end: Any) -> Any:
    """Return the end of a date such as ``12-May-2021`` with ``data[i:stop]`` as day; 0 if there is none."""
    month_stop = end_of_run(data, stop + 1, end, LETTER)
    if stop - i > 2 or not bits_of(data, stop + 1, month_stop) & MONTH:
        return ZERO
    if not 0 < value_of(data, i, stop) < 32 or month_stop >= end or data[month_stop] != data[stop]:
        return ZERO
    last = end_of_run(data, month_stop + 1, min(end, month_stop + 6), DIGIT)
    length = last - month_stop - 1
    return ZERO if (length != 2 and length != 4) or _goes_on(data, last, end) else last


@inner()
def _goes_on(data: Any, stop: Any, end: Any) -> bool:
    """Tell whether a figure that ends at byte `stop` is part of a longer one."""
    if stop >= end:
        return False
    return is_plain(data[stop]) or (joins_figures(data[stop]) and stop + 1 < end and is_of(data[stop + 1], DIGIT))


@inner()
def _is_day(year: Any, month: Any, day: Any) -> bool:
    return bool(1000 <= year < 3000 and 1 <= month <= 12 and 1 <= day <= 31)


@inner()
def _past(data: Any, begin: Any, i: Any, stop: Any) -> tuple[Any, Any, Any]:
    """Find the span of time before ``ago`` at byte i."""
    start, end = word_before(data, begin, i)
    unit = bits_of(data, start, end)
    if not unit & UNIT or end == i:
        return ZERO, ZERO, ZERO
    origin, word, of, following = start, start, False, ZERO
    for _ in range(CHAIN):
        left, right = word_before(data, begin, word)
        if left == right:
            left, right = number_before(data, begin, word)
        if left == right or right == word:
            break
        bits = bits_of(data, left, right)
        if of and not bits & GROUP:
            break
        is_counted = is_of(data[left], DIGIT) and (not following or following & MAGNITUDE)  # not of 3.5 two years
        if not is_counted and (not bits & COUNT or (bits & MAGNITUDE and following)):
            break
        word, of, following = left, bits & OF != 0, bits
        if not of:
            origin = left
        if bits & INDEFINITE or is_counted:
            break
    if origin == start:
        return ZERO, ZERO, ZERO
    return origin, stop, np.int64(TIME if unit & CLOCK_UNIT else DATE)
