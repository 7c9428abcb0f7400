"""Kernels of `text.boundaries`: sentence boundaries, decided by flags of word types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fanlight.engine.layout import continues, is_short
from fanlight.engine.token_flags import ALPHABETIC, BULLET, CLOSING, COMMA, FINAL, FIRST_LOWER, FIRST_UPPER, LOWER
from fanlight.jit import inner
from fanlight.text import boundaries as rules
from fanlight.text.boundaries import (
    BEGINS,
    BRAND,
    CAPITALS,
    COLON,
    CONTINUES,
    DIGITS,
    ENDS,
    EXCLAIMS,
    FIRST_DIGIT,
    HANGUL,
    INITIAL,
    ITEM,
    LEAST,
    LETTER,
    LETTERS,
    LISTED,
    MONTH,
    NUMBERED,
    SPEECH,
    STARTS,
    STOP,
    UPPER_LETTER,
    VERB,
)
from fanlight.text.character_kernels import point
from fanlight.text.hash_kernels import START, hash_bytes
from fanlight.text.sentences import HEADLINE


def table_of(words: Mapping[str, int], size: int) -> tuple[Any, Any]:
    """Return hashes and bits of words as an open-addressing table; `size` is a power of two."""
    keys, bits = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    for word, value in words.items():
        key = _hash(word.encode())
        slot = key & (len(keys) - 1)
        while keys[slot]:
            slot = (slot + 1) & (len(keys) - 1)
        keys[slot], bits[slot] = key, value
    return keys, bits


def _hash(word: bytes) -> int:
    """Return the `hash_kernels.hash_bytes` of a word, without compiling a kernel at import."""
    mask = (1 << 64) - 1
    h = int(START)
    for byte in word:
        h = ((h ^ byte) * 0x100000001B3) & mask
    h = ((h ^ (h >> 29)) * 0xBF58476D1CE4E5B9) & mask
    return (h ^ (h >> 32)) | 1 << 63


_KEYS, _BITS = table_of(rules.WORDS, 4096)


@inner()
def boundary_bits(data: Any, begin: int, end: int) -> Any:
    """Return the `text.boundaries.boundary_bits` of an ASCII word, or of a single non-ASCII character."""
    head = data[begin]
    if head >= 0x80:
        p = point(data, begin)
        ordinal = p == 0xAC00 or p == 0xB098 or p == 0xB2E4 or p == 0xB77C or p == 0xB9C8 or p == 0xBC14 or p == 0xC0AC
        ending = p == 0xB2E4 or p == 0xC694 or p == 0xC8E0 or p == 0xAE4C
        return (
            LISTED * ordinal
            | VERB * ending
            | HANGUL * (0xAC00 <= p <= 0xD7A3)
            | EXCLAIMS * (p == 0xFF01 or p == 0xFF1F)
        )
    h = hash_bytes(data, begin, end, True)
    slot = h & np.uint64(len(_KEYS) - 1)
    while _KEYS[slot] != 0 and _KEYS[slot] != h:
        slot = (slot + np.uint64(1)) & np.uint64(len(_KEYS) - 1)
    bits = np.int64(_BITS[slot])
    length = end - begin
    digits, lower, upper = True, False, False
    for i in range(begin, end):
        b = data[i]
        digits = digits and 48 <= b <= 57
        lower = lower or 97 <= b <= 122
        upper = upper or 65 <= b <= 90
    letter = 65 <= head <= 90 or 97 <= head <= 122
    past = length > 3 and lower and not upper and data[end - 2] == 101 and data[end - 1] == 100
    return (
        bits
        | DIGITS * digits
        | FIRST_DIGIT * (48 <= head <= 57)
        | LETTER * (letter and length == 1)
        | INITIAL * (letter and length == 2 and data[end - 1] == 46)
        | STOP * (length == 1 and head == 46)
        | COLON * (length == 1 and head == 58)
        | CAPITALS * (length > 1 and upper and not lower)
        | ITEM * (length == 1 and (head == 46 or head == 41))
        | EXCLAIMS * (head == 33 or head == 63)
        | UPPER_LETTER * (65 <= head <= 90)
        | VERB * past
    )


@inner()
def _is_spoken(types: Any, flags: Any, mark: int, t: int) -> bool:
    """Tell whether token t begins the name of a speaker after an exclamation or question in quotes."""
    if mark == t - 1 or not flags[types[mark]] & EXCLAIMS or not flags[types[t]] & UPPER_LETTER:
        return False
    following = flags[types[t + 1]] if t + 1 < len(types) else 0
    second = flags[types[t + 2]] if t + 2 < len(types) else 0
    return bool(following & SPEECH or (following & UPPER_LETTER and second & SPEECH))


@inner()
def _final_mark_before(types: Any, flags: Any, t: int, sentence_start: int) -> int:
    """Return the last final mark before token t, or the sentence's first token."""
    mark = t - 1
    while mark > sentence_start and not flags[types[mark]] & FINAL:
        mark -= 1
    return mark


@inner()
def ends_after_mark(
    types: Any, offsets: Any, gaps: Any, flags: Any, t: int, sentence_start: int, line_start: int
) -> bool:
    """Tell whether a sentence ends at the final mark before token t in the same line."""
    mark = _final_mark_before(types, flags, t, sentence_start)
    here, stop = flags[types[t]], flags[types[mark]]
    if mark < t - 1:
        return not _is_spoken(types, flags, mark, t)
    if mark <= sentence_start or gaps[mark] >= 0:
        return True
    before = flags[types[mark - 1]]
    if not stop & STOP:
        return not before & BRAND or here & STARTS != 0
    u = mark - 1
    kind = before & (DIGITS | LETTER)
    while kind and u > sentence_start and gaps[u] < 0 and flags[types[u - 1]] & kind:
        u -= 1
    length = offsets[mark - 1, 1] - offsets[u, 0]
    leads = u == sentence_start or offsets[u, 0] == line_start
    if before & DIGITS:
        return not (here & (FIRST_DIGIT | HANGUL) or (here & MONTH and length < 3) or (leads and length < 4))
    if (before & LISTED and leads) or (before & NUMBERED and here & FIRST_DIGIT):
        return False
    within = u > sentence_start and gaps[u] < 0 and flags[types[u - 1]] & STOP
    return not (before & LETTER and (within or (flags[types[u]] & UPPER_LETTER and length <= LETTERS)))


@inner()
def ends_without_space(
    types: Any, offsets: Any, gaps: Any, flags: Any, t: int, sentence_start: int, line_start: int
) -> bool:
    """Tell whether a sentence ends at the final mark before token t, with no white space between."""
    mark = _final_mark_before(types, flags, t, sentence_start)
    if mark <= sentence_start or _is_spoken(types, flags, mark, t):
        return False
    before, here = flags[types[mark - 1]], flags[types[t]]
    if here & HANGUL and before & HANGUL:
        return bool(before & VERB or flags[types[mark]] & EXCLAIMS)
    if not here & FIRST_UPPER:
        return False
    long = offsets[mark - 1, 1] - offsets[mark - 1, 0] > 1
    if before & DIGITS:
        leads = mark - 1 == sentence_start or offsets[mark - 1, 0] == line_start
        return bool(long and not leads and not here & MONTH)
    return bool(long or (before & CLOSING and flags[types[mark]] & STOP))


@inner()
def ends_before_small_letter(types: Any, offsets: Any, gaps: Any, flags: Any, t: int, sentence_start: int) -> Any:
    """Tell whether a sentence ends at a final mark before token t in the same line, which has a small first letter."""
    if t - 2 < sentence_start or gaps[t - 1] >= 0:
        return False
    word, mark = flags[types[t - 2]], flags[types[t - 1]]
    if mark & EXCLAIMS:
        return not word & BRAND
    long = mark & STOP != 0 and offsets[t - 2, 1] - offsets[t - 2, 0] >= LEAST
    return long and (word & LOWER != 0 or (flags[types[t]] & STARTS != 0 and word & ALPHABETIC != 0))


@inner()
def begins_line(types: Any, offsets: Any, gaps: Any, flags: Any, t: int) -> bool:
    """Tell whether a line that begins with token t begins a sentence or an item of a list."""
    here = flags[types[t]]
    if here & UPPER_LETTER and here & STARTS and not here & LETTER:
        return True
    u, count = t, len(types)
    while u < min(count, t + 4) and flags[types[u]] & DIGITS and (u == t or gaps[u] < 0):
        u += 1
    if u == t or u + 1 >= count or gaps[u] >= 0 or gaps[u + 1] < 0 or offsets[u - 1, 1] - offsets[t, 0] > 3:
        return False
    return flags[types[u]] & ITEM != 0 and not flags[types[u + 1]] & (MONTH | FIRST_DIGIT)


@inner()
def begins_item(types: Any, offsets: Any, gaps: Any, flags: Any, t: int, sentence_start: int) -> bool:
    """Tell whether a line that begins with token t, with a capital or digit, begins an item."""
    before, here = flags[types[t - 1]], flags[types[t]]
    following = flags[types[t + 1]] if t + 1 < len(types) else 0
    if before & COLON:
        return True
    if before & FIRST_DIGIT and t - 2 >= sentence_start and flags[types[t - 2]] & FIRST_DIGIT and gaps[t - 1] >= 0:
        return True
    is_separate = t + 1 < len(types) and gaps[t + 1] >= 0
    if here & FIRST_DIGIT:
        return is_separate and flags[types[sentence_start]] & FIRST_DIGIT != 0 and following & UPPER_LETTER != 0
    if is_separate and here & CAPITALS and following & (CAPITALS | BULLET):
        return True
    return not is_separate and following & COLON != 0 and not before & FIRST_LOWER


@inner()
def ends_at_line(types: Any, offsets: Any, gaps: Any, flags: Any, t: int, sentence_start: int, line_start: int) -> Any:
    """Tell whether a sentence ends with the line before token t, which has no final mark at its end."""
    before, here = flags[types[t - 1]], flags[types[t]]
    if here & FIRST_LOWER or before & (FIRST_LOWER | COMMA):
        if here & BULLET and t + 1 < len(types) and gaps[t + 1] >= 0:
            return True
        if begins_line(types, offsets, gaps, flags, t):
            return True
        if before & COMMA or not here & (FIRST_UPPER | FIRST_DIGIT):
            return False
        return is_short(offsets, gaps, t, line_start) or begins_item(types, offsets, gaps, flags, t, sentence_start)
    if here & FIRST_UPPER:
        goes_on = before & BEGINS == BEGINS and before & UPPER_LETTER != 0
        if not goes_on and not continues(types, offsets, gaps, flags, t, sentence_start, line_start):
            return True
        return begins_item(types, offsets, gaps, flags, t, sentence_start)
    if offsets[t - 1, 1] - line_start <= HEADLINE or begins_line(types, offsets, gaps, flags, t):
        return True
    return here & FIRST_DIGIT != 0 and begins_item(types, offsets, gaps, flags, t, sentence_start)


@inner()
def ends_after_abbreviation(
    types: Any, offsets: Any, gaps: Any, flags: Any, t: int, sentence_start: int, line_start: int
) -> Any:
    """Tell whether a sentence ends at an abbreviation before token t in the same line."""
    before, here = flags[types[t - 1]], flags[types[t]]
    if not before & (ENDS | INITIAL) or not here & UPPER_LETTER:
        return False
    if t - 1 == sentence_start or offsets[t - 1, 0] == line_start:
        return False
    if here & STARTS:
        return not (before & INITIAL and here & LETTER)
    if before & VERB:
        return not here & CONTINUES
    if before & INITIAL or here & CONTINUES or t + 1 >= len(types) or gaps[t + 1] < 0:
        return False
    following = flags[types[t + 1]]
    if not following & VERB and following & UPPER_LETTER and not following & (CONTINUES | ENDS | STARTS):
        if t + 2 >= len(types) or gaps[t + 2] < 0:
            return False
        following = flags[types[t + 2]]
    return following & VERB != 0
