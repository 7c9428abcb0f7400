"""Kernels that find dates in figures, spans of time in the past or future, and Korean days; see `text.span_rules`."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.words_beside import (
    CLOCK_BYTE,
    DIGIT,
    LETTER,
    bits_of,
    contains,
    end_of_run,
    is_of,
    is_plain,
    joins_figures,
    number_before,
    value_of,
    word_before,
)
from fanlight.jit import ZERO, inner
from fanlight.text.automaton_kernels import code_point
from fanlight.text.span_rules import Kind
from fanlight.text.span_words import (
    AGO,
    CHAIN,
    CLOCK_UNIT,
    COUNT,
    GROUP,
    KOREAN_DAY,
    LENGTH,
    OF,
    PHRASES,
    UNIT,
    WORDS,
)

DATE, TIME = int(Kind.DATE), int(Kind.TIME)
_FIRST_SYLLABLES = np.array(sorted({ord(word[0]) for word, bits in WORDS.items() if bits & KOREAN_DAY}))


@inner()
def find_phrases(data: Any, begin: Any, end: Any, out: Any) -> Any:
    """Fill start, end and kind of dates in figures, spans of time in the past or future, and Korean days."""
    n = ZERO
    i = begin
    while i < end and n < PHRASES:
        b = data[i]
        if is_of(b, LETTER):
            stop = i
            while stop < end and is_of(data[stop], LETTER):
                stop += 3 if data[stop] >= 0xE0 else 1  # a syllable at a time
            if b < 0x80:
                size, letter = stop - i, b | 32
                past = size == 3 and letter == 97 and data[i + 1] | 32 == 103  # ag.
                past = past or (size == 5 and letter == 108) or (size == 7 and letter == 101)  # l...., e......
                if past and bits_of(data, i, stop) & AGO:
                    n = _past(data, begin, i, stop, out, n)
            elif contains(_FIRST_SYLLABLES, code_point(data, i)[0]):
                bits = bits_of(data, i, stop)
                if bits & KOREAN_DAY:
                    out[n, 0], out[n, 1], out[n, 2] = i, i + 3 * (bits >> LENGTH), DATE
                    n += 1
            i = stop
        elif is_of(b, DIGIT):
            stop = end_of_date(data, begin, i, end)
            if stop:
                out[n, 0], out[n, 1], out[n, 2] = i, stop, DATE
                n += 1
            i = max(stop, end_of_run(data, i, end, DIGIT))
        else:
            i += 1
    return n


@inner()
def end_of_date(data: Any, begin: Any, i: Any, end: Any) -> Any:
    """Return where a date in figures that begins at byte i ends; 0 if there is none."""
    if i > begin:
        glued = joins_figures(data[i - 1]) and i - 1 > begin and is_plain(data[i - 2])
        if is_plain(data[i - 1]) or glued:
            return ZERO
    origin = i
    first_stop = end_of_run(data, i, min(end, i + 5), DIGIT)
    if first_stop == i or first_stop >= end or not joins_figures(data[first_stop]):
        return ZERO
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
        valid = 0 < middle_length < 3 and 0 < last_length < 3 and _is_day(a, b, c)
    else:
        year = c if last_length == 4 else 2000 + c
        valid = length < 3 and middle_length < 3 and (last_length == 4 or (last_length == 2 and data[first_stop] == 47))
        valid = valid and (_is_day(year, a, b) or _is_day(year, b, a))
    if not valid:
        return ZERO
    if stop + 1 < end and data[stop] == 84 and is_of(data[stop + 1], DIGIT):  # T
        stop = end_of_run(data, stop + 1, end, CLOCK_BYTE)
        while not is_plain(data[stop - 1]):
            stop -= 1
    if stop < end:
        goes_on = joins_figures(data[stop]) and stop + 1 < end and is_of(data[stop + 1], DIGIT)
        if is_plain(data[stop]) or goes_on:
            return ZERO
    return stop


@inner()
def _is_day(year: Any, month: Any, day: Any) -> bool:
    return bool(1000 <= year < 3000 and 1 <= month <= 12 and 1 <= day <= 31)


@inner()
def _past(data: Any, begin: Any, i: Any, stop: Any, out: Any, n: Any) -> Any:
    """Enter the span of time before `ago` at byte i, if there is one; return how many phrases there are."""
    start, end = word_before(data, begin, i)
    unit = bits_of(data, start, end)
    if not unit & UNIT or end == i:
        return n
    origin, word, of = start, start, False
    for _ in range(CHAIN):
        left, right = word_before(data, begin, word)
        if left == right:
            left, right = number_before(data, begin, word)
        if left == right or right == word:
            break
        bits = bits_of(data, left, right)
        if not (bits & COUNT or is_of(data[left], DIGIT)) or (of and not bits & GROUP):
            break
        word, of = left, bits & OF != 0
        if not of:
            origin = left
    if origin == start:
        return n
    out[n, 0], out[n, 1], out[n, 2] = origin, stop, TIME if unit & CLOCK_UNIT else DATE
    return n + 1
