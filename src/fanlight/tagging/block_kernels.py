"""Compiled kernels of the fast path, from word types to entities, with no Python object for a token.

A document at a time and within it a sentence at a time: both layers and the chain (`tagging.sentence_kernels`), and
the evidence of other mentions (`network.evidence`). The first layer's products for a word type are looked up
(`tagging.blocks`). Each is tested to agree with the plain module named.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from fanlight.tagging.chunk_kernels import REPEATED, contexts_of, sentence_borders, tokens_of
from fanlight.tagging.sentence_kernels import best_path, emissions, messages, probability


class Entities(NamedTuple):
    """Entities as columns: document, offsets in code points and in bytes of the block, type, probability."""

    documents: Any
    starts: Any
    ends: Any
    byte_starts: Any
    byte_ends: Any
    types: Any
    probabilities: Any

    @classmethod
    def room(cls, count: int) -> Entities:
        """Return columns for so many."""
        whole = [np.empty(count, np.int32) for _ in range(6)]
        return cls(whole[0], whole[1], whole[2], whole[3], whole[4], whole[5], np.empty(count))


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def run(
    chunks: Any,
    first: int,
    last: int,
    tables: Any,
    one: Any,
    two: Any,
    twice: bool,
    room: Any,
    lanes: Any,
    least: Any,
    out: Any,
) -> int:
    """Tag the documents [first, last) of a block and fill the columns `out`; return how many entities there are.

    ``two`` is the second network if `twice`. `room` is scratch. ``least`` is the lowest
    probability for each type. ``out`` must have room for as many entities as there are tokens.
    """
    found = 0
    T = len(least)
    path = room.path
    seen = tables.form_count
    memory = np.zeros((4, seen), np.int32)
    tellers = np.zeros(seen if twice else 0, np.int32)
    numbers, sums = np.empty(len(tellers), np.int32), np.empty((len(tellers), T))
    counts = np.zeros(last - first, np.int64)
    for d in range(first, last):
        for c in range(chunks.documents[d], chunks.documents[d + 1]):
            counts[d - first] += tables.first[chunks.ids[c] + 1] - tables.first[chunks.ids[c]]
    most = counts.max()
    all_types, all_contexts, all_gaps = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    all_offsets, edges = np.empty((most, 4), np.int32), np.empty(most + 1, np.int32)
    all_owns = np.empty((most if twice else 0, T), np.float32)
    all_told = np.zeros((most, two.evidence.shape[1] if twice else 0), np.float32)
    for d in range(first, last):
        count = counts[d - first]
        if count == 0:
            continue
        types, offsets, gaps, contexts = all_types[:count], all_offsets[:count], all_gaps[:count], all_contexts[:count]
        tokens_of(chunks, tables, chunks.documents[d], chunks.documents[d + 1], types, offsets, gaps)
        sentences = sentence_borders(types, offsets, gaps, tables.flags, len(path), edges)
        borders = edges[: sentences + 1]
        contexts_of(types, borders, tables.flags, tables.forms, memory, d - first + 1, contexts)
        told, owns = all_told[:count], all_owns[:count]
        if twice:
            for s in range(sentences):
                begin, end = borders[s], borders[s + 1]
                repeated = False
                for t in range(begin, end):
                    repeated = repeated or contexts[t] & REPEATED
                if not repeated:
                    continue
                emissions(one, types, contexts, told[:, :0], begin, end, room)
                messages(end - begin, one.chain, lanes, room)
                for t in range(begin, end):
                    if not contexts[t] & REPEATED:
                        continue
                    form = tables.forms[types[t]]
                    if tellers[form] != d - first + 1:
                        tellers[form] = d - first + 1
                        numbers[form] = 0
                        sums[form] = 0
                    numbers[form] += 1
                    row = room.marginals[t - begin]
                    for y in range(T):
                        p = row[4 * y + 1] + row[4 * y + 2] + row[4 * y + 3] + row[4 * y + 4]
                        owns[t, y] = p
                        sums[form, y] += p
            for t in range(count):
                form = tables.forms[types[t]]
                others = numbers[form] - 1
                told[t, told.shape[1] - 1] = 0
                if contexts[t] & REPEATED:
                    told[t, told.shape[1] - 1] = 1
                    for y in range(T):
                        told[t, y] = (sums[form, y] - owns[t, y]) / others
        net = two if twice else one
        for s in range(sentences):
            begin = borders[s]
            n = borders[s + 1] - begin
            emissions(net, types, contexts, told, begin, begin + n, room)
            best_path(n, net, lanes, room)
            ready = False
            t = 0
            while t < n:
                if path[t] == 0:
                    t += 1
                    continue
                start = t
                while (path[t] - 1) % 4 < 2:  # B or I: the entity goes on
                    t += 1
                t += 1
                if not ready:
                    ready = True
                    messages(n, net.chain, lanes, room)
                p = probability(net, start, t, room)
                type_ = (path[start] - 1) // 4
                if p < least[type_]:
                    continue
                out.documents[found] = d
                out.starts[found] = offsets[begin + start, 0]
                out.ends[found] = offsets[begin + t - 1, 1]
                out.byte_starts[found] = offsets[begin + start, 2]
                out.byte_ends[found] = offsets[begin + t - 1, 3]
                out.types[found] = type_
                out.probabilities[found] = p
                found += 1
    return found


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract"})
def multiply(V: Any, W: Any, order: Any, places: Any, out: Any) -> None:
    """Fill rows `places` (t,) of out with V (t, d) @ W (d, n); d is a multiple of four.

    A row gets the same bits in any company. Four rows at a time, in the order given, so that each number of W that is
    fetched is used four times, and four of W's rows, so that sums are fetched a quarter as often; where all sixteen
    factors are zeros, nothing is.
    """
    d, n = W.shape
    rows = np.empty((4, n), np.float32)
    a = np.zeros((4, d), np.float32)  # the last rows may lack some: zeros of no consequence, or once more the former
    for t in range(0, len(order), 4):
        count = min(4, len(order) - t)
        for i in range(count):
            a[i] = V[order[t + i]]
        rows[:] = 0
        r0, r1, r2, r3 = rows[0], rows[1], rows[2], rows[3]
        for i in range(0, d, 4):
            if not a[:, i : i + 4].any():
                continue
            w, x, y, z = W[i], W[i + 1], W[i + 2], W[i + 3]
            a0, a1, a2, a3 = a[0, i], a[0, i + 1], a[0, i + 2], a[0, i + 3]
            b0, b1, b2, b3 = a[1, i], a[1, i + 1], a[1, i + 2], a[1, i + 3]
            c0, c1, c2, c3 = a[2, i], a[2, i + 1], a[2, i + 2], a[2, i + 3]
            d0, d1, d2, d3 = a[3, i], a[3, i + 1], a[3, i + 2], a[3, i + 3]
            for j in range(n):
                r0[j] += a0 * w[j] + a1 * x[j] + a2 * y[j] + a3 * z[j]
                r1[j] += b0 * w[j] + b1 * x[j] + b2 * y[j] + b3 * z[j]
                r2[j] += c0 * w[j] + c1 * x[j] + c2 * y[j] + c3 * z[j]
                r3[j] += d0 * w[j] + d1 * x[j] + d2 * y[j] + d3 * z[j]
        for i in range(count):
            out[places[order[t + i]]] = rows[i]


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def sum_bags(table: Any, ids: Any, offsets: Any, out: Any, column: int) -> None:
    """Add to each row of out, from a column on, the table's rows that its bag names."""
    for t in range(len(out)):
        for i in range(offsets[t], offsets[t + 1]):
            row = table[ids[i]]
            for j in range(len(row)):
                out[t, column + j] += row[j]
