"""Kernels of rules: search for names as whole words, and resolution of overlaps with the model's entities.

A *run* is a maximal sequence of letters (without jamo, as in ㅋㅋ) and digits, or any other single character; with
`single_spaces`, also a maximal sequence of white space. A name matches where the runs of the text equal those of the
name, or where the last run continues with particles (`text.particles`). The search starts at each run and continues
while a Bloom filter admits the prefix. Names are looked up by hash and compared byte by byte. The plain forms are in
`tagging.rules`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.boundaries import table_of
from fanlight.engine.chunks import place_of
from fanlight.jit import inner, kernel
from fanlight.text.automaton_kernels import code_point
from fanlight.text.code_points import POINTS
from fanlight.text.hash_kernels import START, finish, hash_on
from fanlight.text.particles import AFTER_CONSONANT, AFTER_VOWEL, LIMIT, PARTICLES, SLOTS
from fanlight.text.particles import LONGEST as LONGEST_PARTICLE

RULES, MODEL, LONGEST = range(3)
_PARTICLE_KEYS, _PARTICLES = table_of(PARTICLES, 512)
OTHER, LETTER, WHITE = range(3)  # classes of code points
_SPACE = np.frombuffer(b" ", np.uint8)
BITS = 8  # of the Bloom filter per run of a name


class Names(NamedTuple):
    """A table of names.

    Attributes
    ----------
    keys, numbers : uint64, int32 arrays (slots,)
        An open-addressing table: hash and index of each name.
    filter : uint64 array
        A Bloom filter (1970) of names and their prefixes (`_filter_bits`), of a power of two of words. It rejects most
        of the text without a look-up in the table, which exceeds the processor's cache.
    data, offsets : uint8 array, int64 array (names + 1,)
        The names in UTF-8.
    classes : uint8 array (0x110000,)
        Class of each code point: `LETTER` (letters and digits), `WHITE` (white space, if single_spaces) or `OTHER`.
    """

    keys: Any
    numbers: Any
    filter: Any
    data: Any
    offsets: Any
    classes: Any

    @classmethod
    def of(cls, names: list[bytes], single_spaces: bool = False) -> Names:
        """Build from distinct nonempty names.

        With `single_spaces`, a space in a name matches any white space; names have no other white space then.
        """
        data = np.frombuffer(b"".join(names) + bytes(4), np.uint8)
        offsets = np.cumsum([0, *map(len, names)])
        classes = _classes(single_spaces)
        size = 1 << (3 * len(names) // 2).bit_length()
        keys, numbers = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        words = 1 << (BITS * _count_runs(data, offsets, classes) // 64).bit_length()
        table = cls(keys, numbers, np.zeros(words, np.uint64), data, offsets, classes)
        _enter(table)
        return table


@cache
def _classes(single_spaces: bool) -> NDArray[np.uint8]:
    classes = np.array([LETTER if chr(point).isalnum() else OTHER for point in range(POINTS)], np.uint8)
    classes[0x3131:0x318F] = OTHER  # jamo, as in ㅋㅋ
    if single_spaces:
        classes[[point for point in range(POINTS) if chr(point).isspace()]] = WHITE
    return classes


@inner(inline="always")
def _run(h: Any, data: Any, i: int, end: int, classes: Any) -> tuple[int, int, Any]:
    """Return the end of the run that begins at byte i, its number of code points, and the hash `h` updated with it."""
    width = 0
    kind = OTHER
    while True:  # one loop for all classes: the end of a word is a mispredicted branch, so there is only one
        point, size = code_point(data, i)
        if width == 0:
            kind = classes[point]
        elif classes[point] != kind:
            break
        if kind != WHITE:
            h = hash_on(h, data, i, i + size, False)
        elif width == 0:
            h = hash_on(h, _SPACE, 0, 1, False)
        i += size
        width += 1
        if kind == OTHER or i >= end:
            break
    return i, width, h


@kernel()
def _count_runs(data: Any, offsets: Any, classes: Any) -> int:
    count = 0
    for n in range(len(offsets) - 1):
        i = offsets[n]
        while i < offsets[n + 1]:
            i, _, _ = _run(START, data, i, offsets[n + 1], classes)
            count += 1
    return count


@kernel()
def _enter(names: Names) -> None:
    for n in range(len(names.offsets) - 1):
        h, i, end = START, names.offsets[n], names.offsets[n + 1]
        while i < end:
            i, _, h = _run(h, names.data, i, end, names.classes)
            place, last_bits, inner_bits = _filter_bits(finish(h), names.filter)
            names.filter[place] |= inner_bits if i < end else last_bits
        slot = place_of(finish(h), names.keys)
        names.keys[slot] = finish(h)
        names.numbers[slot] = n


@inner(inline="always")
def _filter_bits(key: Any, filter: Any) -> tuple[Any, Any, Any]:
    """Return the filter word of a hash, and the bits in it of a complete name and of a proper prefix."""
    bit, six, low = np.uint64(1), np.uint64(6), np.uint64(63)
    last_bits = (bit << (key & low)) | (bit << ((key >> six) & low))
    inner_bits = (bit << ((key >> np.uint64(12)) & low)) | (bit << ((key >> np.uint64(18)) & low))
    return (key >> np.uint64(24)) & np.uint64(len(filter) - 1), last_bits, inner_bits


@kernel()
def find(
    data: Any, text_starts: Any, text_ends: Any, begin_document: int, end_document: int, names: Names, out: Any
) -> int:
    """Find the names in documents [begin_document, end_document); ``out.types`` receives their indices.

    Matches are sorted by start and length. Returns their number, which may exceed the capacity of `out`.
    """
    count = 0
    capacity = len(out.types)
    for d in range(begin_document, end_document):
        i, end = text_starts[d], text_ends[d]
        place = 0
        while i < end:
            stop, width, h = _run(START, data, i, end, names.classes)
            reached, at, run_start, run_place, before = stop, place + width, i, place, START
            while True:
                if data[reached - 1] >= 0x80 and at - run_place > 1:
                    count = _find_heads(
                        data, (i, run_start, reached), (place, run_place), (d, before), names, (out, count)
                    )
                word, last_bits, inner_bits = _filter_bits(finish(h), names.filter)
                said = names.filter[word]
                if said & last_bits == last_bits:
                    slot = place_of(finish(h), names.keys)
                    n = names.numbers[slot]
                    occupied = names.keys[slot] != 0
                    if occupied and _same(data, (i, reached), names.data, names.offsets[n : n + 2], names.classes):
                        if count < capacity:
                            out.documents[count] = d
                            out.char_starts[count], out.char_ends[count] = place, at
                            out.byte_starts[count], out.byte_ends[count] = i, reached
                            out.types[count], out.probabilities[count] = n, 1.0
                        count += 1
                if said & inner_bits != inner_bits or reached >= end:
                    break
                run_start, run_place, before = reached, at, h
                reached, letters, h = _run(h, data, reached, end, names.classes)
                at += letters
            i = stop
            place += width
    return count


@inner()
def _find_heads(data: Any, bytes_: Any, places: Any, start: Any, names: Any, output: Any) -> Any:
    """Find the names that end within a run and are followed there by particles (`text.particles.follows_name`).

    ``bytes_`` are the start of the name, the start and the end of its last run; ``places`` the two starts in code
    points; ``start`` the document and the hash before the run; ``output`` the columns and the number of matches in
    them.
    """
    name_start, i, end = bytes_
    name_place, place = places
    document, h = start
    out, count = output
    last, _ = code_point(data, max(i, end - 3))
    if not 0xAC00 <= last <= 0xD7A3:
        return count
    while i < end:
        point, size = code_point(data, i)
        h = hash_on(h, data, i, i + size, False)
        i += size
        place += 1
        if i == end or end - i > 3 * LIMIT or data[i] < 0x80:
            continue
        word, complete, _ = _filter_bits(finish(h), names.filter)
        if names.filter[word] & complete != complete:
            continue
        slot = place_of(finish(h), names.keys)
        n = names.numbers[slot]
        if names.keys[slot] == 0 or place - name_place < 2:
            continue
        if not _same(data, (name_start, i), names.data, names.offsets[n : n + 2], names.classes):
            continue
        if not _are_particles(data, point, i, end):
            continue
        if count < len(out.types):
            out.documents[count] = document
            out.char_starts[count], out.char_ends[count] = name_place, place
            out.byte_starts[count], out.byte_ends[count] = name_start, i
            out.types[count], out.probabilities[count] = n, 1.0
        count += 1
    return count


@inner(allocates=True)
def _are_particles(data: Any, before: int, begin: int, end: int) -> bool:
    """Tell whether bytes [begin, end) after the code point `before` are a sequence of particles (`text.particles`)."""
    count = (end - begin) // 3
    states = np.zeros(LIMIT + 1, np.int64)
    states[0] = 1
    for k in range(count):  # syllables of three bytes; other bytes match no particle
        if states[k] == 0:
            continue
        point = before if k == 0 else code_point(data, begin + 3 * (k - 1))[0]
        condition = AFTER_CONSONANT | AFTER_VOWEL
        if 0xAC00 <= point <= 0xD7A3:
            final = (point - 0xAC00) % 28
            condition = (AFTER_CONSONANT if final else AFTER_VOWEL) | (AFTER_VOWEL if final == 8 else 0)
        h = START
        for length in range(1, min(LONGEST_PARTICLE, count - k) + 1):
            h = hash_on(h, data, begin + 3 * (k + length - 1), begin + 3 * (k + length), False)
            slot = place_of(finish(h), _PARTICLE_KEYS)
            if _PARTICLE_KEYS[slot] != 0 and _PARTICLES[slot] & condition:
                for s in range(SLOTS):
                    if _PARTICLES[slot] >> s & 1 and states[k] & ((2 << s) - 1):
                        states[k + length] |= 2 << s
    return count * 3 == end - begin and states[count] != 0


@inner()
def _same(data: Any, text: Any, names: Any, name: Any, classes: Any) -> Any:
    """Tell whether the range `text` of data is the range `name` of names; a space may match a run of white space."""
    i, end = text
    single_spaces = classes[_SPACE[0]] == WHITE
    for k in range(name[0], name[1]):
        if i >= end:
            return False
        if single_spaces and names[k] == _SPACE[0]:
            if classes[code_point(data, i)[0]] != WHITE:
                return False
            i, _, _ = _run(START, data, i, end, classes)
        elif names[k] != data[i]:
            return False
        else:
            i += 1
    return i == end


@kernel()
def resolve_overlaps(model: Any, rules: Any, precedence: int, out: Any) -> int:
    """Merge the entities of the model and of rules, both sorted, into `out`; return their number.

    No entity of a rule overlaps another entity in the result; entities of the model may overlap each other.
    """
    rows = 0
    m, r = 0, 0
    cluster = np.empty(len(model.types) + len(rules.types), np.int64)  # n for rule entity n, -1 - n for model entity n
    while m < len(model.types) or r < len(rules.types):
        count = 0
        document, border = -1, 0
        while True:  # a cluster: entities connected by overlaps
            take_rule = r < len(rules.types) and (m == len(model.types) or not _before(model, m, rules, r))
            if not take_rule and m == len(model.types):
                break
            d = rules.documents[r] if take_rule else model.documents[m]
            start = rules.char_starts[r] if take_rule else model.char_starts[m]
            if count and (d != document or start >= border):
                break
            document = d
            border = max(border, rules.char_ends[r] if take_rule else model.char_ends[m])
            cluster[count] = r if take_rule else -1 - m
            count += 1
            if take_rule:
                r += 1
            else:
                m += 1
        if count == 1:
            rows = _copy(model, rules, cluster[0], out, rows)
        else:
            rows = _choose(model, rules, cluster[:count], border, precedence, out, rows)
    return rows


@inner(inline="always")
def _before(model: Any, m: int, rules: Any, r: int) -> Any:
    if model.documents[m] != rules.documents[r]:
        return model.documents[m] < rules.documents[r]
    return model.char_starts[m] < rules.char_starts[r]


@inner(allocates=True)
def _choose(model: Any, rules: Any, cluster: Any, border: int, precedence: int, out: Any, rows: int) -> int:
    """Copy the entities of a cluster to `out`, greedily by rank, without overlaps that involve a rule's entity."""
    origin = rules.char_starts[cluster[0]] if cluster[0] >= 0 else model.char_starts[-1 - cluster[0]]
    ranks = np.empty(len(cluster), np.int64)
    for k in range(len(cluster)):
        n = cluster[k]
        rule = n >= 0
        start = np.int64(rules.char_starts[n] if rule else model.char_starts[-1 - n])
        end = rules.char_ends[n] if rule else model.char_ends[-1 - n]
        shortness = np.int64(0x7FFFFFFF) - (end - start)
        if precedence == LONGEST:
            ranks[k] = (shortness << 32) | (np.int64(not rule) << 31) | (start - origin)
        else:
            ranks[k] = (np.int64(rule != (precedence == RULES)) << 62) | (shortness << 31) | (start - origin)
    taken = np.zeros((2, border - origin), np.bool_)  # code points in a chosen rule entity; in any chosen entity
    stays = np.zeros(len(cluster), np.bool_)
    for k in np.argsort(ranks, kind="mergesort"):
        n = cluster[k]
        start = (rules.char_starts[n] if n >= 0 else model.char_starts[-1 - n]) - origin
        end = (rules.char_ends[n] if n >= 0 else model.char_ends[-1 - n]) - origin
        rule = n >= 0
        if not taken[int(rule), start:end].any():
            taken[1, start:end] = True
            taken[0, start:end] |= rule
            stays[k] = True
    for k in range(len(cluster)):
        if stays[k]:
            rows = _copy(model, rules, cluster[k], out, rows)
    return rows


@inner(inline="always")
def _copy(model: Any, rules: Any, n: int, out: Any, row: int) -> int:
    if n >= 0:
        _copy_row(rules, n, out, row)
    else:
        _copy_row(model, -1 - n, out, row)
    return row + 1


@inner(inline="always")
def _copy_row(entities: Any, k: int, out: Any, row: int) -> None:
    out.documents[row] = entities.documents[k]
    out.char_starts[row], out.char_ends[row] = entities.char_starts[k], entities.char_ends[k]
    out.byte_starts[row], out.byte_ends[row] = entities.byte_starts[k], entities.byte_ends[k]
    out.types[row], out.probabilities[row] = entities.types[k], entities.probabilities[k]
