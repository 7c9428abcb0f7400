"""Kernels of `text.span_words`: the words and numbers before and after a byte offset."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.boundaries import table_of
from fanlight.engine.chunks import place_of
from fanlight.jit import ZERO, inner
from fanlight.text.hash_kernels import hash_bytes
from fanlight.text.span_words import BARE, LABEL, MARKS_BEFORE, WORDS

_KEYS, _BITS = table_of(WORDS, 4096)
BLANK, DIGIT, LETTER, BARE_BYTE, BEFORE_BYTE, CLOCK_BYTE = (1 << n for n in range(6))  # classes of bytes


def _classes() -> Any:
    out = np.zeros(256, np.uint8)
    out[[9, 10, 13, 32]] |= BLANK
    out[48:58] |= DIGIT
    out[65:91] |= LETTER
    out[97:123] |= LETTER
    out[128:] |= LETTER
    for characters, bit in ((BARE, BARE_BYTE), (MARKS_BEFORE, BEFORE_BYTE), ("0123456789:.+-Z", CLOCK_BYTE)):
        out[[ord(mark) for mark in characters]] |= bit
    return out


_CLASSES = _classes()


@inner(inline="always")
def is_of(byte: Any, bits: int) -> bool:
    """Tell whether a byte is in one of the classes in `bits`."""
    return bool(_CLASSES[byte] & bits)


@inner(inline="always")
def is_plain(byte: Any) -> bool:
    """Tell whether a byte is a letter or digit of ASCII."""
    return bool(byte < 128 and _CLASSES[byte] & (LETTER | DIGIT))


@inner(inline="always")
def joins_figures(byte: Any) -> bool:
    """Tell whether a byte is one of ``- . /``."""
    return bool(45 <= byte <= 47)


@inner()
def is_glued(data: Any, begin: Any, i: Any, lowest: int) -> bool:
    """Tell whether an ASCII letter or digit precedes byte i, or precedes a mark from `lowest` to ``/`` before i."""
    if i == begin:
        return False
    return is_plain(data[i - 1]) or bool(lowest <= data[i - 1] <= 47 and i - 1 > begin and is_plain(data[i - 2]))


@inner()
def end_of_run(data: Any, i: Any, end: Any, bits: int) -> Any:
    """Return the end of the run of bytes of a class that begins at i."""
    while i < end and _CLASSES[data[i]] & bits != 0:
        i += 1
    return i


@inner()
def value_of(data: Any, begin: Any, end: Any) -> Any:
    """Return the value of the decimal digits [begin, end)."""
    value = ZERO
    for i in range(begin, end):
        value = 10 * value + data[i] - 48
    return value


@inner()
def bits_of(data: Any, begin: Any, end: Any) -> Any:
    """Return the bits of a word in the table `WORDS`."""
    return look_up(data, begin, end, _KEYS, _BITS)


@inner()
def look_up(data: Any, begin: Any, end: Any, keys: Any, bits: Any) -> Any:
    """Return the bits of the word ``data[begin:end]`` in a table of `boundaries.table_of`; 0 for other words."""
    if begin >= end or end - begin > 40:
        return ZERO
    return np.int64(bits[place_of(hash_bytes(data, begin, end, data[begin] < 128), keys)])


@inner()
def word_before(data: Any, begin: Any, i: Any) -> tuple[Any, Any]:
    """Return the run of letters before i, skipping blanks; an empty range if there is none."""
    while i > begin and is_of(data[i - 1], BLANK):
        i -= 1
    stop = i
    while i > begin and is_of(data[i - 1], LETTER):
        i -= 1
    return i, stop


@inner()
def is_labelled(data: Any, begin: Any, i: Any) -> bool:
    """Tell whether a label precedes byte i, so that the number there is no amount."""
    while i > begin and is_of(data[i - 1], BEFORE_BYTE):
        i -= 1
    label, _ = word_before(data, begin, i)
    return bool(bits_of(data, label, i) & LABEL)


@inner()
def _is_point(data: Any, begin: Any, i: Any) -> bool:
    """Tell whether there is a comma or stop after a digit at byte i."""
    return bool((data[i] == 44 or data[i] == 46) and i > begin and is_of(data[i - 1], DIGIT))


@inner()
def number_before(data: Any, begin: Any, i: Any) -> tuple[Any, Any]:
    """Return the range of a number before i, skipping blanks, if a blank or `begin` precedes it, else an empty one."""
    while i > begin and is_of(data[i - 1], BLANK):
        i -= 1
    stop = i
    while i > begin and (is_of(data[i - 1], DIGIT) or (i < stop and _is_point(data, begin, i - 1))):
        i -= 1
    if i == begin or is_of(data[i - 1], BLANK):
        return i, stop
    return stop, stop


@inner()
def word_behind(data: Any, i: Any, end: Any) -> tuple[Any, Any]:
    """Return the run of letters after i, skipping blanks and commas."""
    while i < end and (is_of(data[i], BLANK) or data[i] == 44):
        i += 1
    return i, end_of_run(data, i, end, LETTER)


@inner()
def count_points(data: Any, begin: Any, end: Any) -> Any:
    """Return the number of code points in [begin, end), negated if end < begin."""
    count = ZERO
    for i in range(min(begin, end), max(begin, end)):
        count += data[i] & 0xC0 != 0x80
    return count if begin < end else -count


@inner()
def contains(points: Any, point: Any) -> bool:
    """Tell whether a small array of code points contains one."""
    for other in points:  # noqa: SIM110 - any() over a generator cannot be compiled
        if other == point:
            return True
    return False
