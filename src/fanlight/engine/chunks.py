"""Kernels from bytes to word types: chunks, their tokens, sentence boundaries; and open-addressing hash tables.

A chunk is a run of characters between white space. Its tokens depend only on the chunk, so they are cached
(`engine.type_cache` fills the tables). Sentence boundaries are those of `text.sentences`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.boundaries import (
    ends_after_abbreviation,
    ends_after_mark,
    ends_at_line,
    ends_before_small_letter,
    ends_without_space,
)
from fanlight.engine.layout import WIDTH, WIDTH_BITS, lines_of, separates_columns
from fanlight.engine.simd import prefetch
from fanlight.engine.token_flags import CLOSING, DIVIDES, FINAL, FIRST_LOWER, FIRST_UPPER
from fanlight.jit import inner, kernel
from fanlight.text.boundaries import ENDS, INITIAL
from fanlight.text.hash_kernels import START, finish

IN_COLUMNS = 2  # a bit of the state of `sentence_boundaries`
AHEAD = 16  # chunks by which prefetches precede look-ups


class Tables(NamedTuple):
    """Cached data of chunks and word types.

    Attributes
    ----------
    token_starts : int32 array (chunks + 1,)
        First token of each chunk.
    tokens : int32 array (tokens, 5)
        Of each token in a chunk: word type, start and end in code points, start and end in bytes.
    flags : int32 array (types,)
        Bits of `engine.token_flags`.
    forms : int32 array (types,)
        Number of each type's lower-case form; zeros for models without case contexts and document features.
    form_count : int
    folded : uint64 array (types,)
        Hash of each type in lower case.
    kinds : int32 array (types,), or (0,) for words, whose kinds are the forms
        Of characters: number of the lower-case character without its word, by which case contexts are computed.
    kind_count : int
    hashes : uint64 array (types,), or (0,) if unused
        Of words: `hashing.word_hashes` in lower case, for gazetteer names of several words. Of characters: hash of the
        lower-case character, for kinds.
    """

    token_starts: Any
    tokens: Any
    flags: Any
    forms: Any
    form_count: Any
    folded: Any
    kinds: Any
    kind_count: Any
    hashes: Any


class Chunks(NamedTuple):
    """The chunks of a block of documents.

    Attributes
    ----------
    documents : int32 array (D + 1,)
        First chunk of each document.
    ids, bytes, places, breaks : int32 array (C,)
        Index in the tables; first byte in the block; first code point in the document; white space before the chunk:
        line feeds plus `layout.WIDTH` times the number of characters, up to 3 (a tab counts 3).
    data : uint8 array
        The block's data.
    """

    documents: Any
    ids: Any
    bytes: Any
    places: Any
    breaks: Any
    data: Any

    @classmethod
    def allocate(cls, documents: int, count: int, data: NDArray[np.uint8]) -> Chunks:
        """Return uninitialised columns for `count` chunks."""
        ids, offsets, places, breaks = (np.empty(count, np.int32) for _ in range(4))
        return cls(np.empty(documents + 1, np.int32), ids, offsets, places, breaks, data)


@inner(inline="always")
def white_width(data: Any, i: int, end: int) -> int:
    """Return the bytes of the white-space character (`str.isspace`) at byte i, 0 if there is none."""
    b = data[i]
    if b <= 32:
        return 1 if b == 32 or 9 <= b <= 13 or b >= 28 else 0
    if b < 0xC2:
        return 0
    if b == 0xC2:
        return 2 if data[i + 1] == 0x85 or data[i + 1] == 0xA0 else 0
    if b > 0xE3 or b < 0xE1:
        return 0
    second, third = data[i + 1], data[i + 2]
    if b == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if b == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x80:
        return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    return 3 if second == 0x81 and third == 0x9F else 0


@kernel()
def most_chunks(data: Any, text_starts: Any, text_ends: Any) -> int:
    """Return an upper bound for the number of chunks in documents ``data[text_starts[d]:text_ends[d]]``.

    It is one per document and per possible white-space character, which vectorises.
    """
    count = len(text_starts)
    for d in range(len(text_starts)):
        for i in range(text_starts[d], text_ends[d]):
            b, second, third = data[i], data[i + 1], data[i + 2]
            wide = (b == 0xC2) & ((second == 0x85) | (second == 0xA0))
            wide |= (b == 0xE1) & (second == 0x9A)
            wide |= (b == 0xE2) & ((second == 0x80) | (second == 0x81))
            wide |= (b == 0xE3) & (second == 0x80) & (third == 0x80)
            count += (b <= 32) | wide
    return count


@kernel()
def scan(data: Any, text_starts: Any, text_ends: Any, table: Any, count: int, chunks: Any, new: Any) -> int:
    """Find the chunks of documents and look them up by hash; unseen chunks are entered and numbered from `count` on.

    ``table`` is keys and values of an open-addressing table, and the number of look-ups of each chunk. ``new`` (C, 2)
    receives first byte and end of unseen chunks. Returns the number of chunks in the table; or -1 for an unseen chunk
    if ``new`` has no rows.
    """
    keys, values, uses = table
    hashes, stops = np.empty(len(chunks.ids), np.uint64), np.empty(len(chunks.ids), np.int64)
    n = 0
    for d in range(len(text_starts)):
        chunks.documents[d] = n
        i, end = text_starts[d], text_ends[d]
        place = 0
        breaks, white, tabs = 0, 0, 0
        while i < end:
            width = white_width(data, i, end)
            if width:
                breaks += data[i] == 10
                tabs += data[i] == 9
                white += 1
                i += width
                place += 1
                continue
            chunks.bytes[n] = i
            chunks.places[n] = place
            chunks.breaks[n] = breaks + WIDTH * (3 if tabs else min(white, 3))
            h = START
            while i < end:
                b = data[i]
                if (b <= 32 or 0xC2 <= b <= 0xE3) and white_width(data, i, end):
                    break
                h = (h ^ np.uint64(b)) * np.uint64(0x100000001B3)
                place += (b & 0xC0) != 0x80
                i += 1
            hashes[n] = finish(h)
            stops[n] = i
            breaks, white, tabs = 0, 0, 0
            n += 1
    chunks.documents[len(text_starts)] = n
    offset, mask = count, np.uint64(len(keys) - 1)
    for c in range(n):
        if c + AHEAD < n:
            prefetch(keys, np.int64(hashes[c + AHEAD] & mask))
            prefetch(values, np.int64(hashes[c + AHEAD] & mask))
        slot = place_of(hashes[c], keys)
        if keys[slot] == 0:
            if len(new) == 0:
                return -1
            keys[slot] = hashes[c]
            values[slot] = count
            new[count - offset, 0] = chunks.bytes[c]
            new[count - offset, 1] = stops[c]
            uses[count] = 0
            count += 1
        chunks.ids[c] = values[slot]
        uses[values[slot]] += 1
    return count


@inner()
def tokens_of(chunks: Any, tables: Any, first_chunk: int, end_chunk: int, types: Any, offsets: Any, gaps: Any) -> None:
    """Fill types (n,), offsets (n, 4) and gaps (n,) of the tokens of chunks [first_chunk, end_chunk).

    A gap is the white space before a token: -1 if it adjoins the token before, else the number of line feeds, or
    `layout.WIDTH` times the width if there are none. A chunk of invisible characters has no tokens.
    """
    n, breaks, width = 0, 0, 0
    for c in range(first_chunk, end_chunk):
        chunk = chunks.ids[c]
        place, byte = chunks.places[c], chunks.bytes[c]
        breaks += chunks.breaks[c] & (WIDTH - 1)
        width = min(3, width + (chunks.breaks[c] >> WIDTH_BITS))
        end = -1  # end of the previous token in the chunk
        for k in range(tables.token_starts[chunk], tables.token_starts[chunk + 1]):
            types[n] = tables.tokens[k, 0]
            offsets[n, 0] = place + tables.tokens[k, 1]
            offsets[n, 1] = place + tables.tokens[k, 2]
            offsets[n, 2] = byte + tables.tokens[k, 3]
            offsets[n, 3] = byte + tables.tokens[k, 4]
            if end < 0:
                gaps[n] = breaks or WIDTH * width
            else:
                gaps[n] = -1 if tables.tokens[k, 3] == end else 0
            end = tables.tokens[k, 4]
            breaks, width = 0, 0
            n += 1


@inner()
def _divide(types: Any, offsets: Any, gaps: Any, flags: Any, begin: int, t: int, state: Any) -> int:
    """Return the token at which an overlong sentence [begin - 1, t] is divided; set the state to that token's."""
    division, space = 0, 0
    for u in range(t, begin + (t - begin) // 2, -1):
        if flags[types[u - 1]] & DIVIDES:
            division = u
            break
        if not space and gaps[u] >= 0 and not flags[types[u]] & FIRST_UPPER:
            space = u
    border = division or space or t
    for u in range(begin, border + 1):
        before = flags[types[u - 1]]
        if not before & CLOSING or before & FINAL:
            state[1] = state[1] & IN_COLUMNS | before & FINAL
        if lines_of(gaps[u]):
            state[0], state[1] = offsets[u, 0], state[1] & 1
    return border


@inner()
def sentence_boundaries(
    types: Any, offsets: Any, gaps: Any, flags: Any, longest: int, limit: int, sentence_offsets: Any, state: Any
) -> int:
    """Fill sentence_offsets (S + 1,): the first token of each sentence and the number of tokens. Return S.

    The last sentence begins before token ``limit``, because a boundary may depend on the `layout.LOOKAHEAD` tokens
    after it. ``state`` (2,) is the state at the first token, and is set to that at the last sentence's first token: the
    code point at which the line began; and bits for a preceding final mark (1) and for columns in the line
    (`IN_COLUMNS`). It is zero at the beginning of a document.
    """
    count = len(types)
    sentence_offsets[0] = 0
    if count == 0:
        return 0
    sentences, begin = 1, 0
    line_start = state[0]
    final, columns = state[1] & 1 != 0, state[1] & IN_COLUMNS != 0
    for t in range(1, limit):
        before, here = flags[types[t - 1]], flags[types[t]]
        if before & FINAL:
            final = True
        elif not before & CLOSING:
            final = False
        usual = gaps[t] < 0 and not final
        usual = usual or (gaps[t] == WIDTH and not final and not before & (ENDS | INITIAL))
        if usual and t - begin < longest:
            continue
        border = False
        breaks, low = lines_of(gaps[t]), here & FIRST_LOWER
        if gaps[t] < 0:
            border = final and ends_without_space(types, offsets, gaps, flags, t, begin, line_start)
        elif breaks > 1:
            border = True
        elif separates_columns(types, gaps, flags, t, columns, begin):
            border = columns = True
        elif final and not breaks:
            if low:
                border = ends_before_small_letter(types, offsets, gaps, flags, t, begin)
            else:
                border = ends_after_mark(types, offsets, gaps, flags, t, begin, line_start)
        elif final:
            border = not low
        elif breaks:
            border = ends_at_line(types, offsets, gaps, flags, t, begin, line_start)
        else:
            border = ends_after_abbreviation(types, offsets, gaps, flags, t, begin, line_start)
        if breaks:
            line_start, columns = offsets[t, 0], False
        if border:
            begin = sentence_offsets[sentences] = t
            sentences += 1
            final = False
            state[0], state[1] = line_start, IN_COLUMNS * columns
        elif t - begin >= longest:
            begin = sentence_offsets[sentences] = _divide(types, offsets, gaps, flags, begin + 1, t, state)
            sentences += 1
    sentence_offsets[sentences] = count
    return sentences


@inner()
def place_of(h: Any, keys: Any) -> Any:
    """Return the slot of a hash in an open-addressing table: where it is, or the empty slot for it."""
    mask = np.uint64(len(keys) - 1)
    slot = h & mask
    while keys[slot] != 0 and keys[slot] != h:
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel()
def number(hashes: Any, keys: Any, values: Any, count: int, out: Any) -> int:
    """Fill out with the numbers of hashes; new hashes are numbered from `count` on. Return the new count."""
    for n in range(len(hashes)):
        slot = place_of(hashes[n], keys)
        if keys[slot] == 0:
            keys[slot] = hashes[n]
            values[slot] = count
            count += 1
        out[n] = values[slot]
    return count


@kernel()
def find(hashes: Any, keys: Any, values: Any, out: Any) -> None:
    """Fill out with the numbers of hashes, -1 for hashes that are not in the table."""
    for n in range(len(hashes)):
        slot = place_of(hashes[n], keys)
        out[n] = values[slot] if keys[slot] != 0 else -1


@kernel()
def enter(hashes: Any, numbers: Any, keys: Any, values: Any) -> None:
    """Enter distinct hashes with their numbers."""
    for n in range(len(hashes)):
        slot = place_of(hashes[n], keys)
        keys[slot] = hashes[n]
        values[slot] = numbers[n]


@kernel()
def choose(order: Any, ends: Any, tokens: Any, limit: int, stays: Any) -> int:
    """Mark the word types of chunks, in `order`, up to `limit` types; return the number of chunks fully marked."""
    count = 0
    for n in range(len(order)):
        chunk = order[n]
        for t in range(ends[chunk], ends[chunk + 1]):
            count += not stays[tokens[t, 0]]
            if count > limit:
                return n
            stays[tokens[t, 0]] = True
    return len(order)
