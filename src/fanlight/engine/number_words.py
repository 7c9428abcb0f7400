"""Kernels of `text.number_words`: starts of numbers in words and of amounts that a model truncated."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.boundaries import table_of
from fanlight.engine.words_beside import (
    BLANK,
    DIGIT,
    LETTER,
    contains,
    end_of_run,
    is_of,
    look_up,
    number_before,
    word_before,
)
from fanlight.jit import inner
from fanlight.text.amount_words import AND, ARTICLE, BETWEEN, JOINT, NUMBER, PREFIX, SCALE, TENS, VAGUE, WORDS

_KEYS, _BITS = table_of(WORDS, 2048)
_DENOMINATORS = np.array([ord(c) for c in "2348"])


@inner()
def amount_bits(data: Any, begin: Any, end: Any) -> Any:
    """Return the bits of a word in the table `amount_words.WORDS`."""
    return look_up(data, begin, end, _KEYS, _BITS)


@inner()
def next_word(data: Any, i: Any, end: Any) -> tuple[Any, Any]:
    """Return the run of letters after a blank or hyphen at byte i; an empty range if there is neither."""
    if i >= end or not (is_of(data[i], BLANK) or data[i] == 45):
        return i, i
    return i + 1, end_of_run(data, i + 1, end, LETTER)


@inner()
def begin_of_amount(data: Any, begin: Any, start: Any, stop: Any) -> Any:
    """Return the start of an amount truncated by a model, as after ``minus``, ``시속``, ``to``, ``or`` or ``and``."""
    start = _begin_of_words(data, begin, start, stop)
    word, last = word_before(data, begin, start)
    while last < start and amount_bits(data, word, last) & PREFIX:
        start = word
        word, last = word_before(data, begin, start)
    bits = amount_bits(data, word, last)
    opening = amount_bits(data, start, end_of_run(data, start, stop, LETTER))
    if last == start or not (is_of(data[start], DIGIT) or opening & NUMBER) or not bits & (JOINT | AND):
        return start
    number = begin_of_number(data, begin, word)
    if number == word or bits & JOINT:
        return number if number < word else start
    left, right = word_before(data, begin, number)
    scale, last = word_before(data, begin, word)
    is_range = right < number and amount_bits(data, left, right) & BETWEEN
    is_figure = is_of(data[start], DIGIT)
    return number if is_range or (not is_figure and amount_bits(data, scale, last) & SCALE) else start


@inner()
def _begin_of_words(data: Any, begin: Any, start: Any, stop: Any) -> Any:
    """Return the start of a number that continues at `start`: ``two`` hundred, ``1`` 1/2, ``수``천만, ``스물``다섯."""
    if data[start] > 127:
        word, _ = word_before(data, begin, start)
        return word if amount_bits(data, word, start) & (TENS | VAGUE) else start
    number, last = number_before(data, begin, start)
    if is_of(data[start], DIGIT):
        is_fraction = start + 2 < stop and data[start + 1] == 47 and contains(_DENOMINATORS, data[start + 2])
        return number if is_fraction and 0 < last - number < 3 and last < start else start
    opening = amount_bits(data, start, end_of_run(data, start, stop, LETTER))
    if opening & SCALE and number < last < start:
        return number
    while opening & (NUMBER | SCALE):
        word, last = word_before(data, begin, start)
        bits = amount_bits(data, word, last)
        is_number = bits & NUMBER or (bits & ARTICLE and opening & SCALE)
        if last == start or not is_number or not (opening | bits) & SCALE:
            break
        if bits & SCALE:  # five million nine hundred, but not 3.5 billion nine
            scaled, last = word_before(data, begin, word)
            if last == word or not amount_bits(data, scaled, last) & (NUMBER | ARTICLE):
                break
        start, opening = word, bits
    return start


@inner()
def goes_on(data: Any, start: Any, stop: Any, end: Any) -> bool:
    """Tell whether ``data[start:stop]`` is a number in words that continues after it (``one thousand`` two hundred)."""
    word, last = next_word(data, stop, end)
    is_number = is_of(data[start], LETTER) and begin_of_number(data, start, word) == start
    return bool(is_number and amount_bits(data, word, last) & NUMBER)


@inner()
def begin_of_number(data: Any, begin: Any, i: Any) -> Any:
    """Return the start of the figure or number in words before byte i; i if there is none."""
    number, last = number_before(data, begin, i)
    if number < last < i:
        return number
    number = i
    while True:
        has_hyphen = begin < number < i and data[number - 1] == 45
        word, last = word_before(data, begin, number - has_hyphen)
        if last == number or not amount_bits(data, word, last) & NUMBER:
            return number
        number = word
