"""The compiled search for regular expressions in UTF-8: see `automaton`, which has the tables and the plain twin.

`find_matches` searches texts for several expressions, one after another. It takes time linear in the text for each,
releases the interpreter's lock, and needs a fixed amount of memory (`BLOCK`), however long a text is. A text that has no
byte of those an expression requires is not searched for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.jit import inner, kernel
from fanlight.text.automaton import Automaton
from fanlight.text.code_points import PAGE

BLOCK = 1 << 16  # bytes whose states are in memory at once


class Automata(NamedTuple):
    """E automata end to end; `Automaton` says what the tables are.

    Attributes
    ----------
    page_numbers : int64 array (E, pages of all code points)
    pages : uint16 array (P, PAGE)
        Of all automata.
    transitions : int32 array
        Rows of states, of all automata. A state is a number: where its row begins.
    ends : int64 array (E,)
        The state at the end of a text.
    begins : int64 array (E,)
        A match may begin only where the state is this one or a higher one.
    widths : int64 array (E,)
        Classes, which is the length of a row of transitions.
    last_newlines : int64 array (E,)
        The class of a newline that ends the text.
    groups : int64 array (all classes,)
        The group of each class.
    first_groups, group_counts : int64 array (E,)
    steps : int16 array
        Rows of states, of all automata.
    step_offsets, step_widths : int64 array (E,)
        Where an automaton's steps begin; the length of a row of steps.
    group_offsets : int64 array (E,)
        Where an automaton's groups begin.
    required : uint64 array (256,)
        Bit n % 64 of a byte: whether it begins a character that expression n requires.
    """

    page_numbers: Any
    pages: Any
    transitions: Any
    ends: Any
    begins: Any
    widths: Any
    last_newlines: Any
    groups: Any
    first_groups: Any
    group_counts: Any
    steps: Any
    step_offsets: Any
    step_widths: Any
    group_offsets: Any
    required: Any

    @classmethod
    def of(cls, automata: Sequence[Automaton]) -> Automata:
        """Build from at least one automaton."""
        pages = _offsets([len(a.pages) for a in automata])
        ends = _offsets([a.transitions.size for a in automata])
        widths = np.array([a.transitions.shape[1] for a in automata], np.int64)
        required = np.zeros(256, np.uint64)
        for n, a in enumerate(automata):
            required[a.required_bytes] |= np.uint64(1 << n % 64)
        return cls(
            np.stack([a.page_numbers + offset for a, offset in zip(automata, pages, strict=True)]),
            np.concatenate([a.pages for a in automata]),
            np.concatenate(
                [(a.transitions * w + e).ravel() for a, w, e in zip(automata, widths, ends, strict=True)]
            ).astype(np.int32),
            ends,
            np.array([a.begins for a in automata], np.int64) * widths + ends,
            widths,
            np.array([a.last_newline for a in automata], np.int64),
            np.concatenate([a.groups for a in automata]).astype(np.int64),
            np.array([a.first_group for a in automata], np.int64),
            np.array([a.group_count for a in automata], np.int64),
            np.concatenate([a.steps.ravel() for a in automata]),
            _offsets([a.steps.size for a in automata]),
            np.array([a.steps.shape[1] for a in automata], np.int64),
            _offsets([len(a.groups) for a in automata]),
            required,
        )


def _offsets(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.array([0, *accumulate(sizes)][:-1], np.int64)


@kernel()
def find_matches(data: Any, starts: Any, ends: Any, first: int, last: int, automata: Any, out: Any) -> int:
    """Find all matches in texts [first, last) as `Automaton.find` does for each expression.

    Parameters
    ----------
    data : uint8 array
        UTF-8 without half surrogates.
    starts, ends : int64 arrays (texts,)
        Text d is ``data[starts[d]:ends[d]]``: a document, or a sentence, which the expressions then see nothing around.
    first, last : int
    automata : Automata
    out : engine.columns.Entities
        Gets, as far as there is room: the number of the text, start and end in code points of the text and in bytes of
        `data`, the number of the expression as type, and probability 1. By text, then expression, then start.

    Returns
    -------
    int
        How many matches there are, be there room for them or not.
    """
    longest = 0
    for d in range(first, last):
        longest = max(longest, ends[d] - starts[d])
    states = np.empty(min(longest, BLOCK) + 5, np.int32)
    blocks = np.empty((longest // BLOCK + 1, 2), np.int32)
    count = 0
    for d in range(first, last):
        possible = np.uint64(0)
        for i in range(starts[d], ends[d]):
            possible |= automata.required[data[i]]
        for e in range(len(automata.ends)):
            if (possible >> np.uint64(e & 63)) & np.uint64(1):
                count = _find(data, starts[d], ends[d], d, e, automata, states, blocks, out, count)
    return count


@inner()
def _find(
    data: Any, begin: int, end: int, d: int, e: int, automata: Any, states: Any, blocks: Any, out: Any, count: int
) -> int:
    """Add the matches of one expression in one text; return how many there are then.

    Only the states of one block are in memory. A first pass from the end to the beginning leaves for each block the
    state after it and whether a match may begin in it; those of a block are computed again when the walk enters it.
    """
    state, final = np.int32(automata.ends[e]), (end - begin) // BLOCK
    for b in range(final, -1, -1):
        low, high = _border(data, begin, end, b), _border(data, begin, end, b + 1)
        blocks[b, 0] = state
        blocks[b, 1] = _label(data, low, high, end, e, automata, state, states)
        state = states[0]
    limit, offset, width = automata.begins[e], automata.step_offsets[e], automata.step_widths[e]
    groups, first_state, row = automata.group_counts[e], automata.ends[e], automata.widths[e]
    place, node, start, byte_start = 0, np.int64(0), 0, 0  # node 0: no match has begun
    for b in range(final + 1):
        i, high = _border(data, begin, end, b), _border(data, begin, end, b + 1)
        low = i
        if node <= 0 and not blocks[b, 1]:
            if b < final:
                place += _count_points(data, low, high)
            continue
        if b:
            _label(data, low, high, end, e, automata, np.int32(blocks[b, 0]), states)
        while i < high:
            group = np.int64(0)
            if node <= 0:
                if states[i - low] >= limit:
                    if groups > 1:
                        group = _group_before(data, begin, i, e, automata)
                    table = offset + (states[i - low] - first_state) // row * width
                    node = np.int64(automata.steps[table + group])
                    start, byte_start = place, i
                if node <= 0:
                    i += _size(data[i])
                    place += 1
                    continue
            i += _size(data[i])
            place += 1
            if groups > 1:
                group = _group_before(data, begin, i, e, automata)
            table = offset + (states[i - low] - first_state) // row * width
            node = np.int64(automata.steps[table + node * groups + group])
            if node <= 0:
                if count < len(out.types):
                    out.documents[count], out.types[count], out.probabilities[count] = d, e, 1.0
                    out.starts[count], out.ends[count] = start, place
                    out.byte_starts[count], out.byte_ends[count] = byte_start, i
                count += 1
    return count


@inner()
def _border(data: Any, begin: int, end: int, b: int) -> int:
    """Return where a block of a text begins, at the beginning of a code point."""
    i = min(begin + b * BLOCK, end)
    while begin < i < end and data[i] & 0xC0 == 0x80:
        i -= 1
    return i


@inner()
def _label(data: Any, low: int, high: int, end: int, e: int, automata: Any, state: Any, states: Any) -> bool:
    """Fill in the states at the code points of bytes [low, high] from that at the end; tell whether a match may begin."""
    numbers, pages, transitions = automata.page_numbers[e], automata.pages, automata.transitions
    ascii = pages[numbers[0]]
    limit = automata.begins[e]
    possible = False
    states[high - low] = state
    i = high
    if i == end and i > low and data[i - 1] == 10:
        i -= 1
        state = transitions[state + automata.last_newlines[e]]
        states[i - low] = state
        possible = state >= limit
    while i > low:
        i -= 1
        class_ = np.int64(ascii[data[i]])
        if data[i] >= 0x80:
            while data[i] & 0xC0 == 0x80:
                i -= 1
            point, _ = code_point(data, i)
            class_ = np.int64(pages[numbers[point // PAGE], point % PAGE])
        state = transitions[state + class_]
        states[i - low] = state
        possible |= state >= limit
    return possible


@inner()
def _group_before(data: Any, begin: int, i: int, e: int, automata: Any) -> Any:
    """Return the group of what is before a byte."""
    if i == begin:
        return automata.first_groups[e]
    i -= 1
    while data[i] & 0xC0 == 0x80:
        i -= 1
    point, _ = code_point(data, i)
    class_ = automata.pages[automata.page_numbers[e, point // PAGE], point % PAGE]
    return automata.groups[automata.group_offsets[e] + class_]


@inner()
def _count_points(data: Any, begin: int, end: int) -> int:
    count = 0
    for i in range(begin, end):
        count += data[i] & 0xC0 != 0x80
    return count


@inner(inline="always")
def _size(b: Any) -> int:
    """Return how many bytes a code point has that begins with a byte."""
    return 1 + (b >= 0xC0) + (b >= 0xE0) + (b >= 0xF0)


@inner(inline="always")
def code_point(data: Any, i: int) -> tuple[Any, int]:
    """Return the code point at a byte, and how many bytes it has."""
    b = data[i]
    if b < 0x80:
        return np.int64(b), 1
    if b < 0xE0:
        return (np.int64(b & 31) << 6) | (data[i + 1] & 63), 2
    if b < 0xF0:
        return (np.int64(b & 15) << 12) | (np.int64(data[i + 1] & 63) << 6) | (data[i + 2] & 63), 3
    high = (np.int64(b & 7) << 18) | (np.int64(data[i + 1] & 63) << 12)
    return high | (np.int64(data[i + 2] & 63) << 6) | (data[i + 3] & 63), 4
