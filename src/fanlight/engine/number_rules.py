"""Kernels that detect numbers that are not dates, times or amounts; see `text.span_rules`."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.number_words import goes_on
from fanlight.engine.phrases import end_of_date
from fanlight.engine.words_beside import (
    BARE_BYTE,
    BEFORE_BYTE,
    BLANK,
    DIGIT,
    LETTER,
    bits_of,
    contains,
    end_of_run,
    is_labelled,
    is_of,
    value_of,
)
from fanlight.jit import ZERO, inner
from fanlight.text.automaton_kernels import code_point
from fanlight.text.span_words import (
    CIRCLED,
    COUNTERS,
    LONE,
    MONTH,
    PARTS,
    Kind,
)

DATE, TIME, QUANTITY, MONEY = int(Kind.DATE), int(Kind.TIME), int(Kind.QUANTITY), int(Kind.MONEY)
_COUNTERS, _PARTS = np.array([ord(c) for c in COUNTERS]), np.array([ord(c) for c in PARTS])


@inner()
def is_no_value(data: Any, begin: Any, end: Any, bounds: Any, kind: Any) -> bool:
    """Tell whether a span is neither a date nor a time nor an amount."""
    start, stop = bounds[0], bounds[1]
    if start > begin and is_of(data[start], DIGIT) and is_of(data[start - 1], DIGIT):
        return True
    if stop < end and is_of(data[stop - 1], DIGIT) and is_of(data[stop], DIGIT):
        return True
    if (kind in (DATE, QUANTITY)) and bits_of(data, start, stop) & LONE:
        return True
    if kind >= QUANTITY and goes_on(data, start, stop, end):
        return True
    digits, bare, counted, article, circled = False, True, False, True, True
    i = start
    while i < stop:
        point, width = code_point(data, i)
        if point < 128:
            digits = digits or is_of(data[i], DIGIT)
            inside = is_of(data[i], BARE_BYTE)
            bare, article, circled = bare and inside, article and inside, False
        else:
            bare, circled = False, circled and CIRCLED[0] <= point <= CIRCLED[1]
            counter, part = contains(_COUNTERS, point), contains(_PARTS, point)
            counted = counted or counter or (part and (kind in (DATE, TIME)))
            article = article and (counter or part)
        i += width
    if circled:
        return True
    article = article and counted
    if not digits or not (bare or article):
        return False
    hyphen = start if data[start] == 45 else start - 1
    if hyphen > begin and data[hyphen] == 45 and data[hyphen - 1] > 127:
        return True
    if article:
        return bool(kind < MONEY)
    if is_of(data[start], DIGIT) and end_of_date(data, begin, start, end) == stop:
        return False
    before = start
    while before > begin and is_of(data[before - 1], BEFORE_BYTE):
        before -= 1
        if data[before] == 43 or data[before] == 35:  # + #
            return True
    if is_labelled(data, begin, start) or (kind < MONEY and _is_list_number(data, begin, end, start, stop)):
        return True
    return _is_code(data, begin, end, bounds, kind)


@inner()
def _is_list_number(data: Any, begin: Any, end: Any, start: Any, stop: Any) -> bool:
    """Tell whether a bare number numbers a list item: at the start of a sentence or line, and not before a month."""
    last = end_of_run(data, start, stop, DIGIT)
    if not 0 < last - start < 4 or last >= end or (data[last] != 46 and data[last] != 41) or stop > last + 1:  # . )
        return False
    before = start
    while before > begin and (data[before - 1] == 32 or data[before - 1] == 9 or data[before - 1] == 40):
        before -= 1
    word = end_of_run(data, last + 1, end, BLANK)
    leads = before == begin or data[before - 1] == 10
    if not leads or word == last + 1 or word >= end or not is_of(data[word], LETTER):
        return False
    return not bits_of(data, word, end_of_run(data, word, end, LETTER)) & MONTH


@inner()
def _is_code(data: Any, begin: Any, end: Any, bounds: Any, kind: Any) -> bool:
    """Tell whether a bare number is an account number or similar, a score, an IP address or an invalid clock time."""
    low, high = bounds[0], bounds[1]
    if kind < MONEY and _is_address(data, low, high):
        return True
    while low > begin and (is_of(data[low - 1], DIGIT) or data[low - 1] == 45):
        low -= 1
    while high < end and (is_of(data[high], DIGIT) or data[high] == 45):
        high += 1
    first_stop = end_of_run(data, low, high, DIGIT)
    if kind == TIME and first_stop < high:
        colon = low
        while colon < high and data[colon] != 58:
            colon += 1
        if colon < high:
            stop = end_of_run(data, colon + 1, high, DIGIT)
            if (
                first_stop != colon
                or first_stop == low
                or stop == colon + 1
                or first_stop - low > 3
                or stop - colon - 1 > 3
            ):
                return False
            return bool(value_of(data, low, first_stop) > 24 or value_of(data, colon + 1, stop) > 59)
    groups, i = ZERO, low
    last_group = low
    while True:
        stop = end_of_run(data, i, high, DIGIT)
        if stop == i or (stop < high and data[stop] != 45):
            return False
        groups += 1
        if stop == high:
            break
        last_group = i = stop + 1
    if groups != 2:
        return bool(groups > 2)
    length, length_after = first_stop - low, high - last_group
    if length < 3 and length_after < 3:
        return bool(kind != DATE and value_of(data, last_group, high) <= value_of(data, low, first_stop))
    if length == 4 and (
        length_after == 2 or (length_after == 4 and (data[last_group] == 49 or data[last_group] == 50))
    ):
        return False
    return kind in (DATE, TIME) or (data[last_group] == 48 and length_after > 1) or length + length_after > 8


@inner()
def _is_address(data: Any, low: Any, high: Any) -> bool:
    """Tell whether a figure is four or more numbers separated by stops, and not an amount in groups of three digits."""
    if high - low > 1 and data[high - 1] == 46:
        high -= 1
    groups, amount, i = ZERO, True, low
    while True:
        stop = end_of_run(data, i, high, DIGIT)
        if stop == i or (stop < high and data[stop] != 46):
            return False
        amount = amount and (i == low or stop - i == 3)
        groups += 1
        if stop == high:
            return groups > 3 and not amount
        i = stop + 1
