"""Kernels of `text.amounts`: amounts in any context. The functions `find_…` return start, end and kind, or zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.number_words import amount_bits, begin_of_number, next_word
from fanlight.engine.words_beside import (
    BLANK,
    DIGIT,
    LETTER,
    contains,
    end_of_run,
    is_glued,
    is_labelled,
    is_of,
    number_before,
    word_before,
)
from fanlight.jit import ZERO, inner
from fanlight.text.amount_words import (
    AND,
    ARTICLE,
    BASIS,
    BASIS_POINT,
    CENT,
    CLOCK_SYMBOL,
    CLOCK_UNIT,
    COUNTED_DAY,
    CURRENCY,
    DAY_UNIT,
    DENOMINATOR,
    FOOT,
    HALF,
    HOUR,
    INCH,
    LENGTH,
    LENGTHS,
    LETTER_SYMBOL,
    MEASURE,
    MERIDIEM,
    MINUTE,
    NUMBER,
    OF,
    PARTICLE,
    PAST,
    PER,
    PERCENT,
    POINT,
    SCALE,
    SHARE,
    SIGNS,
    SPENT,
    SQUARE,
    SYMBOL,
    TO,
)
from fanlight.text.amounts import GROUPS
from fanlight.text.automaton_kernels import code_point
from fanlight.text.span_words import Kind

_SIGNS = np.array([ord(c) for c in SIGNS])
_DATE, _TIME, _QUANTITY = int(Kind.DATE), int(Kind.TIME), int(Kind.QUANTITY)
_MONEY, _PERCENT = int(Kind.MONEY), int(Kind.PERCENT)
_HANGUL = 0xEA  # first byte of U+A000: no unit in Latin letters has this or a larger byte


@inner()
def find_amount(data: Any, begin: Any, i: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find the amount whose figure begins at byte i."""
    if is_glued(data, begin, i, 44):  # , - . /
        return ZERO, ZERO, ZERO
    stop = end_of_figure(data, i, end)
    if stop < end and data[stop] == 41 and i > begin and data[i - 1] == 40:  # ( )
        return _find_repeated(data, begin, i, stop, end)
    sign = _begin_of_sign(data, begin, i)
    if sign < i:
        while stop - i < 4 * GROUPS and end_of_run(data, stop + 1, end, DIGIT) - stop == 4 and data[stop] == 32:
            stop += 4  # € 2 500
        sign -= sign - 1 > begin and data[sign - 2] == 32 and data[sign - 1] == 45  # -
        return sign, _end_of_scale(data, stop, end), np.int64(_MONEY)
    if stop >= end:
        return ZERO, ZERO, ZERO
    last = end_of_run(data, stop + 1, end, DIGIT)
    if data[stop] == 39 and last > stop + 1 and last < end and data[last] == 34:  # 5'11"
        return i, last + 1, np.int64(_QUANTITY)
    unit = stop + (data[stop] == 32 or data[stop] == 45)
    unit_stop = _end_of_unit(data, unit, end)
    if unit_stop == unit:
        unit_stop = end_of_run(data, unit, end, LETTER)
    bits = amount_bits(data, unit, unit_stop)
    if bits & BASIS:
        point = end_of_run(data, unit_stop + 1, end, LETTER)
        if amount_bits(data, unit_stop + 1, point) & POINT:
            return i, point, np.int64(_PERCENT)
        return ZERO, ZERO, ZERO
    if unit > stop and data[stop] == 45:
        return ZERO, ZERO, ZERO
    if bits & SQUARE:
        last = end_of_run(data, unit_stop + 1, end, LETTER)
        if amount_bits(data, unit_stop + 1, last) & LENGTHS:
            return i, last, np.int64(_QUANTITY)
        return ZERO, ZERO, ZERO
    if bits & (FOOT | SHARE):
        return _find_second_figure(data, i, unit_stop, end, bits & FOOT != 0)
    if bits & BASIS_POINT and data[unit] == 98:  # b, not BP
        return i, unit_stop, np.int64(_PERCENT)
    if bits & CLOCK_SYMBOL and data[unit] >= 97:
        last = _end_of_minutes(data, unit_stop, end)
        if last < end and is_of(data[last], DIGIT):  # 10h30
            return ZERO, ZERO, ZERO
        return i, last, np.int64(_TIME)
    is_small = unit < end and (data[unit] == 97 or data[unit] == 112)  # a p
    if bits & MERIDIEM and is_small and unit == stop and stop - i < 6:
        return i, unit_stop, np.int64(_TIME)
    if bits >> LENGTH:
        unit_stop = unit + 3 * (bits >> LENGTH)
    last = _end_of_rate(data, unit_stop, end)
    letters = end_of_run(data, last, end, LETTER)
    if unit > stop and letters > last and not amount_bits(data, last, letters) & PARTICLE:
        return ZERO, ZERO, ZERO  # 2024 KB국민은행
    if bits & SYMBOL or (bits & DENOMINATOR and last > unit_stop):
        return _begin_of_minus(data, begin, i), last, np.int64(_QUANTITY)
    is_unit = bits & LETTER_SYMBOL and not (last < end and (data[last] == 47 or is_of(data[last], DIGIT)))  # not 12C4
    if is_unit and _is_measured(data, i, stop, unit) and not is_labelled(data, begin, i):
        return _begin_of_minus(data, begin, i), last, np.int64(_QUANTITY)
    return ZERO, ZERO, ZERO


@inner()
def _is_measured(data: Any, i: Any, stop: Any, unit: Any) -> bool:
    """Tell whether a figure ``data[i:stop]`` before g or C has the form of grams or degrees: 200 g, 180C, 38.5 C."""
    if data[unit] != 103 and data[unit] != 67:  # g C
        return False
    if stop - i > 1 and (data[unit] == 103 or (unit == stop and stop - i < 4)):
        return True
    while i < stop and data[i] != 46:
        i += 1
    return bool(i < stop)


@inner()
def _find_repeated(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find ``thirty (30) days`` at a figure ``data[i:stop]`` in parentheses."""
    number = begin_of_number(data, begin, i - 1)
    last, kind = _end_of_named_unit(data, stop + 1, end)
    word, word_stop = next_word(data, stop + 1, end)
    if not kind and amount_bits(data, word, word_stop) & COUNTED_DAY:
        last, kind = _end_of_named_unit(data, word_stop, end)
    if kind and number < i - 1 and is_of(data[number], LETTER):
        return number, last, kind
    return ZERO, ZERO, ZERO


@inner()
def _find_second_figure(data: Any, i: Any, stop: Any, end: Any, is_foot: Any) -> tuple[Any, Any, Any]:
    """Find ``6 ft 4 in`` or ``3분의 1`` at byte i, whose first unit ends at `stop`."""
    figure = stop + (stop < end and data[stop] == 32)
    last = end_of_run(data, figure, end, DIGIT)
    if last > figure and not is_foot:
        return i, last, np.int64(_QUANTITY)
    unit = last + (last < end and data[last] == 32)
    unit_stop = end_of_run(data, unit, end, LETTER)
    if last > figure and amount_bits(data, unit, unit_stop) & INCH:
        return i, unit_stop, np.int64(_QUANTITY)
    return ZERO, ZERO, ZERO


@inner()
def end_of_figure(data: Any, i: Any, end: Any) -> Any:
    """Return the end of one or more figures separated by commas, stops, hyphens or slashes."""
    stop = end_of_run(data, i, end, DIGIT)
    while stop + 1 < end and 44 <= data[stop] <= 47 and is_of(data[stop + 1], DIGIT):  # , - . /
        stop = end_of_run(data, stop + 1, end, DIGIT)
    return stop


@inner()
def _end_of_unit(data: Any, i: Any, end: Any) -> Any:
    """Return the end of the run of letters at byte i, excluding Hangul."""
    while i < end and is_of(data[i], LETTER) and data[i] < _HANGUL:
        i += 1
    return i


@inner()
def _begin_of_sign(data: Any, begin: Any, i: Any) -> Any:
    sign = i - 1 - (i - 1 >= begin and data[i - 1] == 32)
    while sign > begin and data[sign] & 0xC0 == 0x80:
        sign -= 1
    if sign < begin:
        return i
    point, _ = code_point(data, sign)
    if not contains(_SIGNS, point):
        return i
    origin = sign
    while point == 36 and origin > begin and sign - origin < 3 and 65 <= data[origin - 1] <= 90:  # US$
        origin -= 1
    if origin > begin and is_of(data[origin - 1], LETTER):
        origin = sign
    return i if origin > begin and is_of(data[origin - 1], DIGIT) else origin


@inner()
def _end_of_scale(data: Any, stop: Any, end: Any) -> Any:
    while stop < end:
        word = stop + (data[stop] == 32 or data[stop] == 45)
        last = end_of_run(data, word, end, LETTER)
        if not amount_bits(data, word, last) & SCALE:
            break
        stop = last
    return stop


@inner()
def _end_of_rate(data: Any, stop: Any, end: Any) -> Any:
    if stop + 1 >= end or data[stop] != 47:  # /
        return stop
    last = _end_of_unit(data, stop + 1, end)
    if not amount_bits(data, stop + 1, last) & DENOMINATOR:
        return stop
    return last + (last < end and data[last - 1] | 32 == 109 and 50 <= data[last] <= 51)  # m2, m3


@inner()
def _begin_of_minus(data: Any, begin: Any, i: Any) -> Any:
    has_minus = i > begin and data[i - 1] == 45 and (i - 1 == begin or is_of(data[i - 2], BLANK))
    return i - has_minus


@inner()
def _end_of_minutes(data: Any, stop: Any, end: Any) -> Any:
    """Return the end of a time whose first unit ends at `stop`, including minutes after it (``2h 30m``)."""
    minute = stop + (stop < end and data[stop] == 32)
    last = end_of_run(data, minute, end, DIGIT)
    unit = last + (last < end and data[last] == 32)
    unit_stop = end_of_run(data, unit, end, LETTER)
    return unit_stop if last > minute and amount_bits(data, unit, unit_stop) & MINUTE else stop


@inner()
def find_hour(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find ``an hour``, whose noun is at byte i, first in a sentence or after a word in `SPENT`."""
    article, last = word_before(data, begin, i)
    if last - article != 2 or last == i or not amount_bits(data, article, last) & ARTICLE:
        return ZERO, ZERO, ZERO
    verb, last = word_before(data, begin, article)
    word, word_stop = next_word(data, stop, end)
    half, half_stop = next_word(data, word_stop, end)
    has_half = amount_bits(data, word, word_stop) & AND and amount_bits(data, half, half_stop) & ARTICLE
    is_spent = last < article and amount_bits(data, verb, last) & SPENT
    if has_half or amount_bits(data, word, word_stop) & OF or not (article == begin or is_spent):
        return ZERO, ZERO, ZERO
    return article, stop, np.int64(_TIME)


@inner()
def find_scaled(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find ``a million euros``, whose scale is at byte i."""
    article, last = word_before(data, begin, i)
    if last == i or not amount_bits(data, article, last) & ARTICLE or (stop < end and data[stop] == 45):
        return ZERO, ZERO, ZERO
    last, kind = _end_of_named_unit(data, i - 1, end)
    return article, last, kind


@inner()
def find_fraction(data: Any, begin: Any, i: Any, stop: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find the amount with ``half`` or ``quarter`` at byte i."""
    is_half = amount_bits(data, i, stop) & HALF != 0
    left, right = word_before(data, begin, i - (i > begin and data[i - 1] == 45))  # three-quarters
    before = amount_bits(data, left, right) if right < i else ZERO
    word, last = next_word(data, stop, end)
    bits = amount_bits(data, word, last)
    if bits & PAST or (bits & TO and not is_half):
        hour, last = next_word(data, last, end)
        if not amount_bits(data, hour, last) & HOUR:
            last = end_of_run(data, hour, end, DIGIT)
            if not 0 < last - hour < 3 or (bits & TO and not before & ARTICLE):  # the quarter to 30 June
                return ZERO, ZERO, ZERO
        return (left if before & ARTICLE and not is_half else i), last, np.int64(_TIME)
    if is_half and before & ARTICLE:
        low, high, kind = _find_half(data, begin, left, stop, end)
        if high:
            return low, high, kind
    if bits & OF:
        word, last = next_word(data, last, end)
        bits = amount_bits(data, word, last)
    if not bits & ARTICLE:
        if not (is_half and before & ARTICLE) or (left > begin and data[left - 1] == 45):  # two-and-a-half-week
            return ZERO, ZERO, ZERO
        last = stop  # a half hour
    last, kind = _end_of_named_unit(data, last, end)
    return (left if before & (ARTICLE if is_half else ARTICLE | NUMBER) else i), last, kind


@inner()
def _find_half(data: Any, begin: Any, article: Any, stop: Any, end: Any) -> tuple[Any, Any, Any]:
    """Find ``two and a half per cent`` or ``an hour and a half``, whose second article begins at byte `article`."""
    word, last = word_before(data, begin, article)
    if last == article or not amount_bits(data, word, last) & AND:
        return ZERO, ZERO, ZERO
    number = begin_of_number(data, begin, word)
    if number < word:
        last, kind = _end_of_named_unit(data, stop, end)
        return number, last, kind
    unit, last = word_before(data, begin, word)
    if unit == begin:
        return ZERO, ZERO, ZERO
    _, kind = _end_of_named_unit(data, unit - 1, end)
    number, last = word_before(data, begin, unit)
    if last == unit or not amount_bits(data, number, last) & (ARTICLE | NUMBER):
        number, last = number_before(data, begin, unit)
    if kind and number < last < unit:
        return number, stop, kind
    return ZERO, ZERO, ZERO


@inner()
def _end_of_named_unit(data: Any, i: Any, end: Any) -> tuple[Any, Any]:
    """Return the end of a unit after byte i, with scales before it, and the kind of its amounts; or zeros."""
    word, last = next_word(data, i, end)
    bits, is_scaled = amount_bits(data, word, last), False
    while bits & SCALE:
        word, last = next_word(data, last, end)
        bits, is_scaled = amount_bits(data, word, last), True
    if bits & PER:
        word, last = next_word(data, last, end)
        bits = PERCENT if amount_bits(data, word, last) & CENT else ZERO
    kind = ZERO
    if bits & PERCENT:
        kind = np.int64(_PERCENT)
    elif bits & CURRENCY and (is_scaled or not bits & MEASURE):
        kind = np.int64(_MONEY)
    elif bits & MEASURE:
        kind = np.int64(_QUANTITY)
    elif bits & CLOCK_UNIT:
        kind = np.int64(_TIME)
    elif bits & DAY_UNIT:
        kind = np.int64(_DATE)
    return (last if kind else ZERO), kind
