"""Compiled kernels of the fast path for the linear chain of one sentence (`network.chain`).

Of the transitions BIOES allows few: any tag that closes (E, O, S) may be followed by any that opens (O, S, B), and B
and I of a type by its I and E. So a token's tags are laid out as E of each type, O, S of each type, B of each type, I
of each type: those that close lie together, and so do those that open. A stretch is read and written as a whole
vector, which may reach into the next stretch; that is written after it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.simd import aligned, fma, larger, largest, load, splat, store, total
from fanlight.jit import inner
from fanlight.network.chain import FLOORS

LANES = 8
FLOOR = FLOORS[8]
PER_BIT, MAGIC = 1 / np.log(2), 1.5 * 2.0**52
SERIES = tuple(1 / factorial(n) for n in range(14))
NEVER = -1e30  # the score of what no path takes


class Chain(NamedTuple):
    """Transitions, or their exponentials, of T types; C = 2T + 1 tags close and as many open.

    Attributes
    ----------
    between : array (C, lanes)
        From those that close to those that open.
    back : array (C, lanes)
        The same transposed.
    begin_end, inside_end, begin_inside, inside_inside : array (lanes,)
        Within each type.
    starts, ends : array (lanes,)
        At a sentence's borders: to those that open, from those that close.
    """

    between: Any
    back: Any
    begin_end: Any
    inside_end: Any
    begin_inside: Any
    inside_inside: Any
    starts: Any
    ends: Any

    @classmethod
    def of(cls, A: NDArray[Any], types: int, nothing: float) -> Chain:
        """Take apart transitions (K+1, K+1) of `entities.bioes`; the lanes beyond a stretch get `nothing`."""
        B, N, E, S = (np.arange(types) * 4 + first for first in (1, 2, 3, 4))
        closing, opening = np.concatenate([E, [0], S]), np.concatenate([[0], S, B])

        def rows(values: NDArray[Any]) -> NDArray[Any]:
            out = aligned((*values.shape[:-1], _whole(values.shape[-1])), A.dtype)
            out[...] = nothing
            out[..., : values.shape[-1]] = values
            return out

        between = A[np.ix_(closing, opening)]
        return cls(
            rows(between), rows(between.T), rows(A[B, E]), rows(A[N, E]), rows(A[B, N]), rows(A[N, N]),
            rows(A[-1, opening]), rows(A[closing, -1]),
        )  # fmt: skip


class Widths(NamedTuple):
    """How long vectors are, as tuples that long: a token's tags, those that open, the types."""

    tags: tuple[int, ...]
    open: tuple[int, ...]
    type: tuple[int, ...]

    @classmethod
    def of(cls, types: int) -> Widths:
        """Return the lengths for so many types, with room for the last vector of each stretch."""
        opening, inside = _whole(2 * types + 1), _whole(types)
        tags = _whole(max(types + opening, 3 * types + 1 + inside))
        return cls((0,) * tags, (0,) * opening, (0,) * inside)


class Scratch(NamedTuple):
    """Scratch for one sentence at a time."""

    H: Any
    Z: Any
    places: Any
    parts: Any
    scores: Any
    path: Any
    exponentials: Any
    shifts: Any
    forward: Any
    backward: Any
    scales: Any
    row: Any
    longest: Any

    @classmethod
    def of(cls, longest: int, hidden: int, positions: int, tags: int, parts: int = 0) -> Scratch:
        """Return arrays for sentences of up to `longest` tokens, hidden units and tags with their padding.

        `parts` is how many a type has at most (`sentence_kernels.Types`).
        """
        rows = longest + 8  # the second layer is worked out for some tokens at once
        floats: Callable[[], Any] = lambda: aligned((rows, tags))  # noqa: E731
        doubles: Callable[[], Any] = lambda: aligned((rows, tags), np.float64)  # noqa: E731
        return cls(
            aligned((rows, hidden)), floats(), np.zeros((2, positions), np.int64),
            np.zeros(positions * parts, np.int64), floats(), np.zeros(rows, np.int32), doubles(), doubles(), doubles(),
            doubles(), np.zeros(rows), aligned((tags,), np.float64), longest,
        )  # fmt: skip


def columns(types: int) -> NDArray[np.int64]:
    """Return where each tag of `entities.bioes` (O; B, I, E, S of each type) is in a row."""
    x = np.arange(types)
    return np.append(types, np.stack([2 * types + 1 + x, 3 * types + 1 + x, x, types + 1 + x], 1).ravel())


def _whole(count: int) -> int:
    return -(-count // LANES) * LANES


@inner(fastmath={"contract"}, forceinline=True)
def best_path(at: int, n: int, net: Any, widths: Any, room: Any) -> None:
    """Fill room.path with columns of rows, for the n tokens from row `at` of room.Z on; see `network.chain.viterbi`.

    Of equal paths the one with lower tags last wins.
    """
    A, Z, scores, path = net.scores, room.Z, room.scores, room.path
    C, K = len(A.between), len(widths.tags)
    T, N = C // 2, C + C // 2
    scores[0] = NEVER
    store(load(A.starts, 0, widths.open) + load(Z, at * K + T, widths.open), scores, T)
    store(splat(np.float32(NEVER), widths.type), scores, N)
    begin_end, inside_end = load(A.begin_end, 0, widths.type), load(A.inside_end, 0, widths.type)
    begin_inside, inside_inside = load(A.begin_inside, 0, widths.type), load(A.inside_inside, 0, widths.type)
    for t in range(1, n):
        here, z = t * K, (at + t) * K
        before = here - K
        begin, inside = load(scores, before + C, widths.type), load(scores, before + N, widths.type)
        v = splat(scores[t - 1, 0], widths.open) + load(A.between, 0, widths.open)
        for i in range(1, C):
            v = larger(v, splat(scores[t - 1, i], widths.open) + load(A.between, i * len(widths.open), widths.open))
        store(larger(begin + begin_end, inside + inside_end) + load(Z, z, widths.type), scores, here)
        store(v + load(Z, z + T, widths.open), scores, here + T)
        store(larger(begin + begin_inside, inside + inside_inside) + load(Z, z + N, widths.type), scores, here + N)
    tag = _best(scores[n - 1], A.ends, T)
    path[n - 1] = tag
    for t in range(n - 2, -1, -1):
        s = scores[t]
        if T <= tag < N:
            tag = _best(s, A.back[tag - T], T)
        elif tag < T:
            tag = C + tag if s[C + tag] + A.begin_end[tag] >= s[N + tag] + A.inside_end[tag] else N + tag
        else:
            x = tag - N
            tag = C + x if s[C + x] + A.begin_inside[x] >= s[tag] + A.inside_inside[x] else tag
        path[t] = tag


@inner(inline="always")
def _best(s: Any, A: Any, T: int) -> int:
    """Return the tag that closes with the best sum; of equal ones the lowest of `entities.bioes`: O, E, S, E, S…."""
    best, tag = s[T] + A[T], T
    for x in range(T):
        end, single = s[x] + A[x], s[T + 1 + x] + A[T + 1 + x]
        if end > best:
            best, tag = end, x
        if single > best:
            best, tag = single, T + 1 + x
    return tag


@inner(fastmath={"contract"}, forceinline=True)
def messages(at: int, n: int, first: int, last: int, weights: Any, widths: Any, room: Any) -> None:
    """Pass messages along the n tokens of a sentence, from row `at` of room.Z on (see `chain.forward_backward`).

    Forwards as far as token `last` and backwards to token `first`, each row up to a factor of its own:
    ``backward[t - 1] = scales[t] * (weights @ (exponentials[t] * backward[t]))``. P(tag at t) is in proportion to
    ``forward[t] * backward[t]``.
    """
    _exponentials(at, n, widths, room)
    C, K, L = len(weights.between), len(widths.tags), len(widths.open)
    T, N = C // 2, C + C // 2
    E, F, B, row = room.exponentials, room.forward, room.backward, room.row
    begin_end, inside_end = load(weights.begin_end, 0, widths.type), load(weights.inside_end, 0, widths.type)
    begin_inside, inside_inside = (
        load(weights.begin_inside, 0, widths.type),
        load(weights.inside_inside, 0, widths.type),
    )
    nothing = splat(0.0, widths.tags)
    store(nothing, F, 0)
    store(load(weights.starts, 0, widths.open) * load(E, T, widths.open), F, T)
    store(splat(0.0, widths.type), F, N)
    for t in range(1, last + 1):
        here = t * K
        before = here - K
        scale = 1 / total(load(F, before, widths.tags))
        begin, inside = load(F, before + C, widths.type), load(F, before + N, widths.type)
        v = splat(F[t - 1, 0], widths.open) * load(weights.between, 0, widths.open)
        w = splat(F[t - 1, 1], widths.open) * load(weights.between, L, widths.open)
        for i in range(2, C - 1, 2):
            v = fma(splat(F[t - 1, i], widths.open), load(weights.between, i * L, widths.open), v)
            w = fma(splat(F[t - 1, i + 1], widths.open), load(weights.between, i * L + L, widths.open), w)
        v = fma(splat(F[t - 1, C - 1], widths.open), load(weights.between, (C - 1) * L, widths.open), v)
        s, r = splat(scale, widths.type), splat(scale, widths.open)
        store(nothing, F, here)
        store(fma(begin, begin_end, inside * inside_end) * (load(E, here, widths.type) * s), F, here)
        store((v + w) * (load(E, here + T, widths.open) * r), F, here + T)
        store(fma(begin, begin_inside, inside * inside_inside) * (load(E, here + N, widths.type) * s), F, here + N)
    store(nothing, B, (n - 1) * K)
    store(load(weights.ends, 0, widths.open), B, (n - 1) * K)
    for t in range(n - 1, first, -1):
        here = t * K
        before = here - K
        ahead = load(B, here, widths.tags)
        scale = 1 / total(ahead)
        room.scales[t] = scale
        store(ahead * load(E, here, widths.tags) * splat(scale, widths.tags), row, 0)
        end, inside = load(row, 0, widths.type), load(row, N, widths.type)
        v = splat(row[T], widths.open) * load(weights.back, 0, widths.open)
        w = splat(row[T + 1], widths.open) * load(weights.back, L, widths.open)
        for i in range(2, C - 1, 2):
            v = fma(splat(row[T + i], widths.open), load(weights.back, i * L, widths.open), v)
            w = fma(splat(row[T + i + 1], widths.open), load(weights.back, i * L + L, widths.open), w)
        v = fma(splat(row[T + C - 1], widths.open), load(weights.back, (C - 1) * L, widths.open), v)
        store(nothing, B, before)
        store(v + w, B, before)
        store(fma(begin_end, end, begin_inside * inside), B, before + C)
        store(fma(inside_end, end, inside_inside * inside), B, before + N)


@inner(forceinline=True)
def probability(weights: Any, start: int, end: int, room: Any) -> float:
    """Return P(exactly these tags of room.path); see `network.chain.span_probability`."""
    C = len(weights.between)
    T, N = C // 2, C + C // 2
    path, forward, backward = room.path, room.forward[start], room.backward[start]
    mass = 0.0
    for j in range(N + T):
        mass += forward[j] * backward[j]
    value = forward[path[start]] / mass
    for t in range(start + 1, end):
        before, tag = path[t - 1], path[t]
        x = tag if tag < T else tag - N
        if before < N:
            step = weights.begin_end[x] if tag < T else weights.begin_inside[x]
        else:
            step = weights.inside_end[x] if tag < T else weights.inside_inside[x]
        value *= step * room.exponentials[t, tag] * room.scales[t]
    return float(min(value * room.backward[end - 1, path[end - 1]], 1.0))


@inner(fastmath={"contract"}, forceinline=True)
def _exponentials(at: int, n: int, widths: Any, room: Any) -> None:
    """Fill room.exponentials (n, K) with exp of Z less its row's largest, not below exp(FLOOR).

    That is 2**n times a polynomial in the rest. Adding 1.5 · 2**52 leaves the rounded n in the low bits, which are
    shifted to the exponent's place; ln 2 is taken off in two parts (Cody & Waite 1980).
    """
    Z, K, c = room.Z, len(widths.tags), SERIES
    values, shifts = room.exponentials.reshape(-1), room.shifts.reshape(-1)
    for t in range(n):
        top = np.float64(largest(load(Z, (at + t) * K, widths.tags)))
        for j in range(K):
            values[t * K + j] = np.float64(Z[at + t, j]) - top
    for j in range(n * K):
        x = values[j]
        x = x if x > FLOOR else FLOOR
        shifted = x * PER_BIT + MAGIC
        m = shifted - MAGIC
        x = (x - m * 6.93147180369123816490e-01) - m * 1.90821492927058770002e-10
        y = c[10] + x * (c[11] + x * (c[12] + x * c[13]))
        y = c[6] + x * (c[7] + x * (c[8] + x * (c[9] + x * y)))
        y = c[2] + x * (c[3] + x * (c[4] + x * (c[5] + x * y)))
        shifts[j] = shifted
        values[j] = c[0] + x * (c[1] + x * y)
    bits, whole = values.view(np.int64), shifts.view(np.int64)
    for j in range(n * K):
        bits[j] += whole[j] << 52
