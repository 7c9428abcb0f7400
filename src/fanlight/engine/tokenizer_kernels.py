"""Kernels that tokenise chunks and assign rows to new word types; see `engine.tokenizer`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.boundaries import boundary_bits
from fanlight.engine.chunks import place_of
from fanlight.engine.token_flags import (
    ALPHABETIC,
    AS_FORM,
    BULLET,
    CLOSING,
    COMMA,
    DIVIDES,
    FINAL,
    FIRST_LOWER,
    FIRST_UPPER,
    LOWER,
    UPPER,
)
from fanlight.jit import inner, kernel
from fanlight.text import character_kernels, token_kernels
from fanlight.text.hash_kernels import START, finish, hash_bytes


class Learned(NamedTuple):
    """Output of the kernels: as `tokenizer.ChunkTokens`; ``places`` (types, 2) are first byte and end of new types."""

    tokens: Any
    lengths: Any
    spans: Any
    places: Any
    folded: Any

    @classmethod
    def of(cls, count: int) -> Learned:
        """Return uninitialised columns for `count` tokens."""
        spans, places = np.empty((count, 3), np.int64), np.empty((count, 2), np.int64)
        return cls(np.empty((count, 5), np.int32), np.empty(count, np.int32), spans, places, np.empty(count, np.uint64))


@kernel()
def learn_words(
    data: Any, fresh: Any, abbreviations: Any, keys: Any, values: Any, free: Any, out: Any
) -> tuple[int, ...]:
    """Split chunks ``data[fresh[c, 0]:fresh[c, 1]]`` into words, up to the capacity; new types get rows of `free`.

    ``abbreviations`` are hashes of abbreviations. Returns the numbers of chunks, tokens and new types.
    """
    pairs = np.empty((token_kernels.LONGEST, 2), np.int64)
    n, new = 0, 0
    for c in range(min(len(fresh), len(out.lengths))):
        begin, end = fresh[c]
        if n + min(end - begin, token_kernels.LONGEST) > len(out.tokens):
            return c, n, new
        count = token_kernels.tokenize(data, begin, end, abbreviations, pairs)
        out.lengths[c] = count
        for k in range(count):
            s, e = pairs[k]
            h = hash_bytes(data, s, e, False)
            slot = place_of(h, keys)
            if keys[slot] == 0:
                keys[slot] = h
                values[slot] = free[new]
                out.spans[new, 0], out.spans[new, 1], out.spans[new, 2] = s, e, 0
                out.places[new, 0], out.places[new, 1] = s, e
                out.folded[new] = hash_bytes(data, s, e, True)
                new += 1
            out.tokens[n, 0] = values[slot]
            out.tokens[n, 1] = out.tokens[n, 3] = s - begin
            out.tokens[n, 2] = out.tokens[n, 4] = e - begin
            n += 1
    return min(len(fresh), len(out.lengths)), n, new


@kernel()
def learn_characters(data: Any, fresh: Any, folding: bool, free: Any, out: Any) -> tuple[int, ...]:
    """Split chunks into characters, as `learn_words` into words; each character is a new type."""
    pairs = np.empty((character_kernels.LONGEST, 2), np.int64)
    n = 0
    for c in range(min(len(fresh), len(out.lengths))):
        begin, end = fresh[c]
        if n + character_kernels.LONGEST > len(out.tokens):
            return c, n, n
        count = character_kernels.tokenize(data, begin, end, pairs)
        out.lengths[c] = count
        head, stop = 0, begin  # index of the word's first character, and the word's end
        for k in range(count):
            s, e = pairs[k]
            if s == stop:
                head = k
                stop = _end_of_word(data, pairs, k, count)
            word = pairs[head, 0]
            out.spans[n, 0], out.spans[n, 1], out.spans[n, 2] = word, stop, k - head
            out.places[n, 0], out.places[n, 1] = s, e
            out.folded[n] = _key_hash(data, word, stop, k - head) if folding else np.uint64(1)
            out.tokens[n, 0] = free[n]
            out.tokens[n, 1], out.tokens[n, 2] = k, k + 1
            out.tokens[n, 3], out.tokens[n, 4] = s - begin, e - begin
            n += 1
    return min(len(fresh), len(out.lengths)), n, n


@inner()
def _end_of_word(data: Any, pairs: Any, k: int, count: int) -> int:
    """Return the end of the word that begins with character k; see `features.character_keys`."""
    for mark in range(k + 1, count - 1):
        b = data[pairs[mark, 0]]
        if b != 33 and b != 46 and b != 47 and b != 63 and b != 124:  # ! . / ? |
            continue
        before = character_kernels.point(data, pairs[mark - 1, 0])
        behind = character_kernels.point(data, pairs[mark + 1, 0])
        ending = before == 0xB2E4 or before == 0xC694 or before == 0xC8E0 or before == 0xAE4C  # `boundaries.ENDINGS`
        syllables = (0xAC00 <= before <= 0xD7A3) + (0xAC00 <= behind <= 0xD7A3)
        if b == 47 or b == 124:
            letters = (97 <= before | 32 <= 122) + (97 <= behind | 32 <= 122)
            ends = syllables > 0 and syllables + letters == 2
        else:
            ends = syllables == 2 and (b != 46 or ending)
        if ends:
            return int(pairs[mark, 1])
    return int(pairs[count - 1, 1])


@inner()
def _key_hash(data: Any, begin: int, end: int, place: int) -> Any:
    """Return the `hash_bytes` of a lower-case character key: its place (at most three digits), a tab, its word."""
    h = START
    if place > 99:
        h = (h ^ np.uint64(48 + place // 100)) * np.uint64(0x100000001B3)
    if place > 9:
        h = (h ^ np.uint64(48 + place // 10 % 10)) * np.uint64(0x100000001B3)
    h = (h ^ np.uint64(48 + place % 10)) * np.uint64(0x100000001B3)
    h = (h ^ np.uint64(9)) * np.uint64(0x100000001B3)
    return finish(character_kernels.hash_folded(h, data, begin, end))


@kernel()
def flags_of(data: Any, spans: Any, out: Any) -> None:
    """Fill the flags of ASCII words and of characters that `character_kernels` covers; as `type_cache.type_flags`."""
    for w in range(len(spans)):
        begin, end = spans[w]
        head, tail = data[begin], data[end - 1]
        bits = boundary_bits(data, begin, end)
        if head >= 0x80:
            p = character_kernels.point(data, begin)
            out[w] = (
                bits
                | AS_FORM
                | ALPHABETIC * (0x3131 <= p <= 0xD7A3)
                | BULLET * (p in (0x25A0, 0x25A1, 0x25AA, 0x25B6, 0x25BA, 0x25CB, 0x25CF, 0x25E6))
                | FINAL * (p == 0x2026 or p == 0x3002 or p == 0xFF01 or p == 0xFF1F)
                | CLOSING * (p == 0x2019 or p == 0x201D or p == 0x300D or p == 0x300F)
                | DIVIDES * (p == 0x3001 or p == 0xFF0C)
            )
            continue
        same, upper, lower = True, False, False
        for i in range(begin, end):
            b = data[i]
            same = same and b == head
            upper = upper or 65 <= b <= 90
            lower = lower or 97 <= b <= 122
        out[w] = (
            bits
            | FINAL * (same and (tail == 46 or tail == 33 or tail == 63))
            | CLOSING * (end - begin == 1 and (tail in (34, 39, 41, 93, 125)))
            | BULLET * (end - begin == 1 and (tail in (42, 43, 45)))
            | FIRST_LOWER * (97 <= head <= 122)
            | COMMA * (end - begin == 1 and tail == 44)
            | DIVIDES * (tail == 44 or tail == 59 or tail == 58)
            | FIRST_UPPER * (65 <= head <= 90)
            | AS_FORM * (not upper)
            | ALPHABETIC * (97 <= head | 32 <= 122)
            | UPPER * (upper and not lower)
            | LOWER * (lower and not upper)
        )
