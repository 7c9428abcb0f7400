"""Kernels that search UTF-8 for regular expressions; `automaton` has the tables and the plain form.

`find_matches` searches texts for several expressions, one after another. Each takes time linear in the text and a fixed
amount of memory (`BLOCK`). A text without any of the bytes that an expression requires is not searched for it.
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
    """The concatenated tables of E automata; see `Automaton`.

    Attributes
    ----------
    page_numbers : int64 array (E, pages of all code points)
    pages : uint16 array (P, PAGE)
        Pages of all automata.
    transitions : int32 array
        Rows of all automata. A state is represented by the offset of its row.
    ends : int64 array (E,)
        The state at the end of a text.
    begins : int64 array (E,)
        The lowest state in which a match may begin.
    widths : int64 array (E,)
        Number of classes: the length of a row of transitions.
    last_newlines : int64 array (E,)
        The class of a newline that ends the text.
    groups : int64 array (all classes,)
        The group of each class.
    first_groups, group_counts : int64 array (E,)
    steps : int16 array
        Rows of all automata.
    step_offsets, step_widths : int64 array (E,)
        Offset of each automaton's steps, and the length of its rows.
    group_offsets : int64 array (E,)
        Offset of each automaton's groups.
    required : uint64 array (256,)
        Bit n % 64 of entry b: whether byte b begins a character that expression n requires.
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


class _Tables(NamedTuple):
    """The tables of one automaton in `Automata`."""

    page_numbers: Any
    pages: Any
    transitions: Any
    end: Any
    begins: Any
    width: Any
    last_newline: Any
    groups: Any
    first_group: Any
    group_count: Any
    steps: Any
    step_width: Any


class _Text(NamedTuple):
    data: Any
    begin: Any
    end: Any


def _offsets(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.array([0, *accumulate(sizes)][:-1], np.int64)


@kernel()
def find_matches(data: Any, text_starts: Any, text_ends: Any, begin: int, end: int, automata: Any, out: Any) -> int:
    """Find all matches in texts [begin, end) as `Automaton.find` does for each expression.

    Parameters
    ----------
    data : uint8 array
        Valid UTF-8.
    text_starts, text_ends : int64 arrays (texts,)
        Text d is ``data[text_starts[d]:text_ends[d]]``: a document, or a sentence, which is searched on its own.
    begin, end : int
    automata : Automata
    out : engine.columns.Entities
        Receives, up to its capacity, the index of the text, start and end in code points of the text and in bytes of
        `data`, the index of the expression as type, and probability 1; sorted by text, expression and start.

    Returns
    -------
    int
        Number of matches, which may exceed the capacity.
    """
    longest = 0
    for d in range(begin, end):
        longest = max(longest, text_ends[d] - text_starts[d])
    states = np.empty(min(longest, BLOCK) + 5, np.int32)
    labels = np.empty((longest // BLOCK + 1, 2), np.int32)
    count = 0
    for d in range(begin, end):
        possible = np.uint64(0)
        for i in range(text_starts[d], text_ends[d]):
            possible |= automata.required[data[i]]
        for e in range(len(automata.ends)):
            if (possible >> np.uint64(e & 63)) & np.uint64(1):
                text = _Text(data, np.int64(text_starts[d]), np.int64(text_ends[d]))
                tables = _tables_of(automata, e)
                _label_blocks(text, tables, states, labels)
                count = _walk(text, tables, states, labels, (np.int64(d), np.int64(e)), out, count)
    return count


@inner(allocates=True)
def _tables_of(a: Any, e: int) -> Any:
    """Return the tables of one automaton."""
    groups, steps = a.groups[a.group_offsets[e] :], a.steps[a.step_offsets[e] :]
    boundaries = a.ends[e], a.begins[e], a.widths[e], a.last_newlines[e]
    of_groups = groups, a.first_groups[e], a.group_counts[e]
    return _Tables(a.page_numbers[e], a.pages, a.transitions, *boundaries, *of_groups, steps, a.step_widths[e])


@inner()
def _label_blocks(text: Any, tables: Any, states: Any, labels: Any) -> None:
    """Fill in the state after each block of a text, whether a match may begin in it, and the first block's states."""
    state = np.int32(tables.end)
    for b in range((text.end - text.begin) // BLOCK, -1, -1):
        labels[b, 0] = state
        labels[b, 1] = _label(text, _block_begin(text, b), _block_begin(text, b + 1), tables, state, states)
        state = states[0]


@inner()
def _walk(text: Any, tables: Any, states: Any, labels: Any, numbers: Any, out: Any, count: int) -> int:
    """Write the matches of one expression in one text after the first `count`; return the new count."""
    data = text.data
    place, node, start, byte_start = 0, np.int64(0), 0, text.begin  # node 0: no match has begun
    final = (text.end - text.begin) // BLOCK
    for b in range(final + 1):
        low, high = _block_begin(text, b), _block_begin(text, b + 1)
        if node <= 0 and not labels[b, 1]:
            place += _count_points(data, low, high) if b < final else 0
            continue
        if b:  # the states of one block are in memory
            _label(text, low, high, tables, np.int32(labels[b, 0]), states)
        i = low
        while i < high:
            if node <= 0 and states[i - low] >= tables.begins:
                node = _step(text, i, states[i - low], np.int64(0), tables)
                start, byte_start = place, i
            i += _size(data[i])
            place += 1
            if node <= 0:
                continue
            node = _step(text, i, states[i - low], node, tables)
            if node <= 0:
                if count < len(out.types):
                    out.documents[count], out.types[count] = numbers
                    out.char_starts[count], out.char_ends[count] = start, place
                    out.byte_starts[count], out.byte_ends[count] = byte_start, i
                    out.probabilities[count] = 1.0
                count += 1
    return count


@inner()
def _step(text: Any, i: int, state: Any, node: Any, tables: Any) -> Any:
    """Return the continuation of a match at byte i; see `Automaton.steps`."""
    group = _group_before(text, i, tables) if tables.group_count > 1 else np.int64(0)
    row = (state - tables.end) // tables.width
    return np.int64(tables.steps[row * tables.step_width + node * tables.group_count + group])


@inner()
def _block_begin(text: Any, b: int) -> Any:
    """Return the first byte of block b of a text, at the beginning of a code point."""
    i = min(text.begin + b * BLOCK, text.end)
    while text.begin < i < text.end and text.data[i] & 0xC0 == 0x80:
        i -= 1
    return i


@inner()
def _label(text: Any, low: int, high: int, tables: Any, state: Any, states: Any) -> bool:
    """Fill in the states at the code points of bytes [low, high], given the state at the end.

    Returns whether a match may begin there.
    """
    data, pages, transitions = text.data, tables.pages, tables.transitions
    ascii = pages[tables.page_numbers[0]]
    possible = False
    states[high - low] = state
    i = high
    if i == text.end and i > low and data[i - 1] == 10:
        i -= 1
        state = transitions[state + tables.last_newline]
        states[i - low] = state
        possible = state >= tables.begins
    while i > low:
        i -= 1
        class_ = np.int64(ascii[data[i]])
        if data[i] >= 0x80:
            while data[i] & 0xC0 == 0x80:
                i -= 1
            class_ = _class_at(data, i, tables)
        state = transitions[state + class_]
        states[i - low] = state
        possible |= state >= tables.begins
    return possible


@inner()
def _class_at(data: Any, i: int, tables: Any) -> Any:
    """Return the class of the code point at a byte."""
    point, _ = code_point(data, i)
    return np.int64(tables.pages[tables.page_numbers[point // PAGE], point % PAGE])


@inner()
def _group_before(text: Any, i: int, tables: Any) -> Any:
    """Return the group of the character before byte i."""
    if i == text.begin:
        return tables.first_group
    i -= 1
    while text.data[i] & 0xC0 == 0x80:
        i -= 1
    return tables.groups[_class_at(text.data, i, tables)]


@inner()
def _count_points(data: Any, begin: int, end: int) -> Any:
    count = 0
    for i in range(begin, end):
        count += data[i] & 0xC0 != 0x80
    return count


@inner()
def _size(b: Any) -> Any:
    """Return the length in bytes of a code point whose first byte is b."""
    return 1 + (b >= 0xC0) + (b >= 0xE0) + (b >= 0xF0)


@inner()
def code_point(data: Any, i: int) -> tuple[Any, int]:
    """Return the code point at byte i, and its length in bytes."""
    b = data[i]
    if b < 0x80:
        return np.int64(b), 1
    if b < 0xE0:
        return (np.int64(b & 31) << 6) | (data[i + 1] & 63), 2
    if b < 0xF0:
        return (np.int64(b & 15) << 12) | (np.int64(data[i + 1] & 63) << 6) | (data[i + 2] & 63), 3
    high = (np.int64(b & 7) << 18) | (np.int64(data[i + 1] & 63) << 12)
    return high | (np.int64(data[i + 2] & 63) << 6) | (data[i + 3] & 63), 4
