"""Kernels of the logistic head for one sentence: one independent chain per type (`decoding.Network.chains`).

Every type has the states E, S, B, I and O. O and all legal transitions score 0, so the continuation is the same after
all closing states (O, E, S), and after B and I. A vector holds one state of several types; a token's row has a range of
whole vectors for each state.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.chain import FLOOR, NEVER, TYPES, exponentiate
from fanlight.engine.simd import larger, largest, load, splat, store
from fanlight.jit import ZERO, inner


@inner(fastmath={"contract"})
def best_paths(at: int, n: int, scratch: Any) -> bool:
    """Fill scratch.scores (n, states) for n tokens from row `at` of scratch.Z on; tell whether any type has an entity.

    ``scratch.row`` receives the best score of each type; it is 0 if every token is O.
    """
    Z, scores = scratch.Z, scratch.scores
    K = scores.shape[1]
    D = K // 5  # types with their padding
    any_entity = False
    zeros = splat(np.float32(0), TYPES)
    for x in range(0, D, len(TYPES)):
        o, e = zeros, splat(np.float32(NEVER), TYPES)
        s, b, i = e, e, e
        for t in range(n):
            z = (at + t) * Z.shape[1] + x
            outside, within = larger(larger(o, e), s), larger(b, i)
            o = outside
            e, s = within + load(Z, z, TYPES), outside + load(Z, z + D, TYPES)
            b, i = outside + load(Z, z + 2 * D, TYPES), within + load(Z, z + 3 * D, TYPES)
            here = t * K + x
            store(e, scores, here)
            store(s, scores, here + D)
            store(b, scores, here + 2 * D)
            store(i, scores, here + 3 * D)
            store(o, scores, here + 4 * D)
        best = larger(larger(o, e), s)
        any_entity = any_entity or largest(best) > 0
        for y in range(len(TYPES)):
            last = scores[n - 1]
            scratch.row[x + y] = max(last[x + y], last[D + x + y], last[4 * D + x + y])
    return any_entity


@inner()
def trace(n: int, x: int, place: int, scratch: Any) -> tuple[int, int]:
    """Fill column `place` of scratch.spans: the end of the entity of type x that begins at each token, or 0.

    Returns the first and the last token in an entity. Ties go to the lower tag in the order O, B, I, E, S.
    """
    scores, spans = scratch.scores, scratch.spans
    D = scores.shape[1] // 5
    low, high, end = n, ZERO, ZERO
    for t in range(n - 1, -1, -1):
        s = scores[t]
        spans[t, place] = 0
        if end == 0:  # outside an entity: a closing tag
            outside, close, single = s[4 * D + x], s[x], s[D + x]
            if single > outside and single > close:
                spans[t, place] = t + 1
                low, high = t, max(high, t)
            elif close > outside:
                end = t + 1
                high = max(high, t)
        elif s[2 * D + x] >= s[3 * D + x]:  # B
            spans[t, place] = end
            low, end = t, 0
    return low, high


@inner(fastmath={"contract"})
def type_messages(at: int, n: int, low: int, high: int, scratch: Any) -> None:
    """Compute the messages of n tokens from row `at` of scratch.Z on, for every type; see `chain.messages`.

    A row of scratch.forward holds the states E, S, B, I, O of all types. A row of scratch.backward holds the message of
    closing states, that of B and I, and the scale, of all types.
    """
    E, F, B, Z = scratch.exponentials, scratch.forward, scratch.backward, scratch.Z
    K = F.shape[1]
    D = K // 5
    values = E.reshape(-1)
    for t in range(n):
        for j in range(4 * D):  # within the range of float64 beside the weight 1 of O
            values[t * 4 * D + j] = min(np.float64(Z[at + t, j]), -FLOOR)
    exponentiate(n * 4 * D, scratch)
    zeros, ones = splat(0.0, TYPES), splat(1.0, TYPES)
    for x in range(0, D, len(TYPES)):
        outside, within = ones, zeros
        for t in range(high + 1):
            place, here = t * 4 * D + x, t * K + x
            e, s = within * load(E, place, TYPES), outside * load(E, place + D, TYPES)
            b, i = outside * load(E, place + 2 * D, TYPES), within * load(E, place + 3 * D, TYPES)
            scale = ones / (e + s + b + i + outside)
            e, s, b, i, outside = e * scale, s * scale, b * scale, i * scale, outside * scale
            store(e, F, here)
            store(s, F, here + D)
            store(b, F, here + 2 * D)
            store(i, F, here + 3 * D)
            store(outside, F, here + 4 * D)
            outside, within = outside + e + s, b + i
        outside, within = ones, zeros
        for t in range(n - 1, low - 1, -1):
            place, here = t * 4 * D + x, t * K + x
            scale = ones / (outside + within)
            store(outside, B, here)
            store(within, B, here + D)
            store(scale, B, here + 2 * D)
            outside, within = outside * scale, within * scale
            end, inside = outside * load(E, place, TYPES), within * load(E, place + 3 * D, TYPES)
            single, begin = outside * load(E, place + D, TYPES), within * load(E, place + 2 * D, TYPES)
            outside, within = outside + single + begin, end + inside


@inner()
def span_probability(x: int, start: int, end: int, scratch: Any) -> float:
    """Return P(exactly this entity of type x | the sentence); see `network.chain.span_probability`."""
    E, B = scratch.exponentials.reshape(-1), scratch.backward
    D = B.shape[1] // 5
    F, before, after = scratch.forward[start], B[start], B[end - 1]
    closing, within = F[x] + F[D + x] + F[4 * D + x], F[2 * D + x] + F[3 * D + x]
    mass = closing * before[x] + within * before[D + x]
    value = F[(D if end == start + 1 else 2 * D) + x] / mass
    for t in range(start + 1, end):
        value *= E[t * 4 * D + (x if t == end - 1 else 3 * D + x)] * B[t, 2 * D + x]
    return float(min(value * after[x], 1.0))


@inner(fastmath={"contract"})
def independent_probabilities(t: int, T: int, scratch: Any, out: Any) -> None:
    """Fill out (T,) with P(token t is in an entity of the type) from the messages."""
    F, B = scratch.forward[t], scratch.backward[t]
    D = len(F) // 5
    for x in range(T):
        closing, within = B[x], B[D + x]
        inner = (F[x] + F[D + x]) * closing + (F[2 * D + x] + F[3 * D + x]) * within
        out[x] = inner / (inner + F[4 * D + x] * closing)
