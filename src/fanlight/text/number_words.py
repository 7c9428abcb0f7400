"""Starts of numbers in words and of amounts that a model truncated; `engine.number_words` has the kernels."""

from __future__ import annotations

from fanlight.text.amount_words import AND, ARTICLE, BETWEEN, JOINT, NUMBER, PREFIX, SCALE, TENS, VAGUE, bits_of
from fanlight.text.span_words import end_of_run, is_blank, is_digit, is_letter, number_before, word_before


def next_word(text: str, i: int, end: int) -> tuple[int, int]:
    """Return the run of letters after a blank or hyphen at i; an empty range if there is neither."""
    if i >= end or not (is_blank(text[i]) or text[i] == "-"):
        return i, i
    return i + 1, end_of_run(text, i + 1, end, is_letter)


def begin_of_amount(text: str, begin: int, start: int, stop: int) -> int:
    """Return the start of an amount truncated by a model, as after ``minus``, ``시속``, ``to``, ``or`` or ``and``."""
    start = _begin_of_words(text, begin, start, stop)
    word, last = word_before(text, begin, start)
    while last < start and bits_of(text[word:last]) & PREFIX:
        start = word
        word, last = word_before(text, begin, start)
    bits = bits_of(text[word:last])
    is_number = is_digit(text[start]) or bits_of(text[start : end_of_run(text, start, stop, is_letter)]) & NUMBER
    if last == start or not is_number or not bits & (JOINT | AND):
        return start
    number = begin_of_number(text, begin, word)
    if number == word or bits & JOINT:
        return number if number < word else start
    left, right = word_before(text, begin, number)
    scale, last = word_before(text, begin, word)
    is_range = right < number and bits_of(text[left:right]) & BETWEEN
    is_figure = is_digit(text[start])
    return number if is_range or (not is_figure and bits_of(text[scale:last]) & SCALE) else start


def _begin_of_words(text: str, begin: int, start: int, stop: int) -> int:
    """Return the start of a number that continues at `start`: ``two`` hundred, ``1`` 1/2, ``수``천만, ``스물``다섯."""
    if text[start] > "\x7f":
        word, _ = word_before(text, begin, start)
        return word if bits_of(text[word:start]) & (TENS | VAGUE) else start
    number, last = number_before(text, begin, start)
    if is_digit(text[start]):
        is_fraction = start + 2 < stop and text[start + 1] == "/" and text[start + 2] in "2348"
        return number if is_fraction and 0 < last - number < 3 and last < start else start
    opening = bits_of(text[start : end_of_run(text, start, stop, is_letter)])
    if opening & SCALE and number < last < start:
        return number
    while opening & (NUMBER | SCALE):
        word, last = word_before(text, begin, start)
        bits = bits_of(text[word:last])
        is_number = bits & NUMBER or (bits & ARTICLE and opening & SCALE)
        if last == start or not is_number or not (opening | bits) & SCALE:
            break
        if bits & SCALE:  # five million nine hundred, but not 3.5 billion nine
            scaled, last = word_before(text, begin, word)
            if last == word or not bits_of(text[scaled:last]) & (NUMBER | ARTICLE):
                break
        start, opening = word, bits
    return start


def begin_of_number(text: str, begin: int, i: int) -> int:
    """Return the start of the figure or number in words before i; i if there is none."""
    number, last = number_before(text, begin, i)
    if number < last < i:
        return number
    number = i
    while True:
        word, last = word_before(text, begin, number - (begin < number < i and text[number - 1] == "-"))
        if last == number or not bits_of(text[word:last]) & NUMBER:
            return number
        number = word


def goes_on(text: str, start: int, stop: int, end: int) -> bool:
    """Tell whether ``text[start:stop]`` is a number in words that continues after it (``one thousand`` two hundred)."""
    word, last = next_word(text, stop, end)
    is_number = is_letter(text[start]) and begin_of_number(text, start, word) == start
    return is_number and bits_of(text[word:last]) & NUMBER != 0
