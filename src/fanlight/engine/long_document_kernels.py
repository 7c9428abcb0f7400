"""Compiled kernels for a document that is tagged in pieces: what its words are elsewhere in it outlives each piece."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.chunks import (
    AS_FORM,
    CONTEXT,
    REPEATED,
    SEVERAL,
    _white,
    place_of,
    sentence_borders,
    sentence_case,
    tokens_of,
)
from fanlight.engine.passes import find_entities, own_evidence
from fanlight.jit import inner, kernel

LOWER_SEEN, CAPITAL_SEEN = 8, 16  # bits of a context


@kernel()
def next_gap(data: Any, begin: int, end: int) -> int:
    """Return the first white space from byte `begin` on, or `end`."""
    i = begin
    while i < end and not _white(data, i, end):
        i += 1
    return i


@kernel()
def lay_out(chunks: Any, tables: Any, longest: int, state: Any, skip: int, columns: Any, borders: Any) -> int:
    """Fill a piece's tokens but the first `skip`: types, offsets and gaps, and the borders of its sentences.

    ``state`` is that of `sentence_borders`. Returns how many sentences there are.
    """
    types, offsets, gaps = columns
    tokens_of(chunks, tables, 0, len(chunks.ids), types, offsets, gaps)
    return sentence_borders(types[skip:], offsets[skip:], gaps[skip:], tables.flags, longest, borders, state)


@kernel()
def note(types: Any, borders: Any, flags: Any, folded: Any, places: Any, keys: Any, values: Any, known: int,
         seen: Any, counts: Any) -> int:  # fmt: skip
    """Note how the words of sentences are written, and how often they occur; see `chunk_kernels.contexts_of`.

    A word's form is known by its hash `folded`, which has its number in the table of ``keys`` and ``values``; `places`
    remembers the number of each word type, -1 for none. Returns how many forms are known then.
    """
    for s in range(len(borders) - 1):
        case = sentence_case(types, borders[s], borders[s + 1], flags)
        for t in range(borders[s], borders[s + 1]):
            type_ = types[t]
            form = places[type_]
            if form < 0:
                slot = place_of(folded[type_], keys)
                if keys[slot] == 0:
                    keys[slot] = folded[type_]
                    values[slot] = known
                    known += 1
                form = places[type_] = values[slot]
            counts[form] += 1
            if flags[type_] & AS_FORM:
                if case != 6:
                    seen[form] |= LOWER_SEEN
            elif t > borders[s] and case == 0:
                seen[form] |= CAPITAL_SEEN
    return known


@kernel()
def recall(types: Any, borders: Any, flags: Any, folded: Any, keys: Any, values: Any, seen: Any, counts: Any,
           contexts: Any, forms: Any) -> None:  # fmt: skip
    """Fill each token's context, and the number of its form in the document."""
    places = np.full(len(folded), -1, np.int32)
    for s in range(len(borders) - 1):
        case = sentence_case(types, borders[s], borders[s + 1], flags)
        for t in range(borders[s], borders[s + 1]):
            type_ = types[t]
            if places[type_] < 0:
                places[type_] = values[place_of(folded[type_], keys)]
            form = forms[t] = places[type_]
            contexts[t] = (t == borders[s]) + case + seen[form] + (SEVERAL | REPEATED) * (counts[form] > 1)


@kernel()
def add(forms: Any, contexts: Any, owns: Any, rows: Any, sums: Any) -> None:
    """Add what the first network made of each repeated word to its form's sum."""
    for t in range(len(forms)):
        if contexts[t] & REPEATED:
            for y in range(owns.shape[1]):
                sums[rows[forms[t]], y] += owns[t, y]


@kernel()
def tag(one: Any, two: Any, twice: bool, read: Any, sums: Any, rows: Any, counts: Any, widths: Any, least: Any,
        room: Any, out: Any) -> Any:  # fmt: skip
    """Write the entities of a piece, whose tokens are `read`, to the columns `out`; return how many there are."""
    types, offsets, borders, contexts, forms = read
    T = two.evidence.shape[1] - 1 if twice else -1
    told = np.zeros((len(types), T + 1), np.float32)
    if twice:
        owns = np.empty((len(types), T), np.float32)
        own_evidence(one, types, contexts, borders, widths, room, owns)
        for t in range(len(types)):
            if contexts[t] & REPEATED:
                told[t, T] = 1
                for y in range(T):
                    told[t, y] = (sums[rows[forms[t]], y] - owns[t, y]) / (counts[forms[t]] - 1)
    owners = np.zeros(len(borders) - 1, np.int32)
    net = two if twice else one
    return find_entities(net, types, contexts, told, borders, owners, offsets, widths, least, room, out)
