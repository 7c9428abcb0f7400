"""Kernels for the linear chain of one sentence; the plain form is `network.chain`.

BIOES allows few transitions: any closing tag (E, O, S) may be followed by any opening tag (O, S, B), and B and I of a
type by its I and E. A token's tags are therefore laid out as E of each type, O, S of each type, B of each type, I of
each type, so that closing tags are contiguous, and so are opening tags. Each range is read and written in vectors. The
last vector may extend into the next range, which is written later. The vector width does not depend on the number of
types, so that one compiled kernel serves every model.
"""

from __future__ import annotations

from math import factorial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.simd import allocate_aligned, fma, larger, largest, load, splat, store, total
from fanlight.jit import ZERO, inner
from fanlight.network.chain import FLOORS

TYPES = (0,) * 8  # a vector over types
OPEN = (0,) * 16  # a vector over opening or closing tags
FLOOR = FLOORS[8]
PER_BIT, MAGIC = 1 / np.log(2), 1.5 * 2.0**52
SERIES = tuple(1 / factorial(n) for n in range(14))
NEVER = -1e30  # score of an illegal transition


class Chain(NamedTuple):
    """Transition scores, or their exponentials, of T types with C = 2T + 1 closing and C opening tags.

    Attributes
    ----------
    between : array (panels, C, 16)
        From closing to opening tags, in panels of columns.
    back : array (panels, C, 16)
        `between` transposed.
    begin_end, inside_end, begin_inside, inside_inside : array (T, padded)
        Within each type.
    from_start, to_end : array (C, padded)
        From a sentence's start to opening tags, and from closing tags to its end.
    highest, lowest : array (C,)
        Maximum and minimum of each row of `between`.
    """

    between: Any
    back: Any
    begin_end: Any
    inside_end: Any
    begin_inside: Any
    inside_inside: Any
    from_start: Any
    to_end: Any
    highest: Any
    lowest: Any

    @classmethod
    def of(cls, A: NDArray[Any], types: int, nothing: float) -> Chain:
        """Build from transitions A (K+1, K+1) in the order of `entities.bioes`; padding is filled with `nothing`."""
        B, N, E, S = (np.arange(types) * 4 + role for role in (1, 2, 3, 4))
        closing, opening = np.concatenate([E, [0], S]), np.concatenate([[0], S, B])

        def pad(values: NDArray[Any], width: tuple[int, ...]) -> NDArray[Any]:
            out = allocate_aligned((*values.shape[:-1], round_up(values.shape[-1], width)), A.dtype)
            out[...] = nothing
            out[..., : values.shape[-1]] = values
            return out

        def to_panels(values: NDArray[Any]) -> NDArray[Any]:
            padded = pad(values, OPEN)
            panels = allocate_aligned((padded.shape[1] // len(OPEN), len(values), len(OPEN)), A.dtype)
            panels[...] = padded.reshape(len(values), -1, len(OPEN)).transpose(1, 0, 2)
            return panels

        between = A[np.ix_(closing, opening)]
        return cls(
            to_panels(between), to_panels(between.T), pad(A[B, E], TYPES), pad(A[N, E], TYPES), pad(A[B, N], TYPES),
            pad(A[N, N], TYPES), pad(A[-1, opening], OPEN), pad(A[closing, -1], OPEN), between.max(1), between.min(1),
        )  # fmt: skip


def round_up(count: int, width: tuple[int, ...]) -> int:
    """Return a count rounded up to whole vectors."""
    return -(-count // len(width)) * len(width)


def columns(types: int, independent: bool = False) -> NDArray[np.int64]:
    """Return the column of each tag: O (unless `independent`); B, I, E, S of each type (the order of `bioes`)."""
    x = np.arange(types)
    if independent:
        padded = round_up(types, TYPES)
        return np.stack([2 * padded + x, 3 * padded + x, x, padded + x], 1).ravel()
    return np.append(types, np.stack([2 * types + 1 + x, 3 * types + 1 + x, x, types + 1 + x], 1).ravel())


def row_width(types: int, independent: bool) -> int:
    """Return the length of a token's row of scores and messages."""
    if independent:
        return 5 * round_up(types, TYPES)
    return round_up(max(types + round_up(2 * types + 1, OPEN), 3 * types + 1 + round_up(types, TYPES)), TYPES)


def emission_width(types: int, independent: bool) -> int:
    """Return the length of a token's row of emissions: a multiple of the panel width."""
    return round_up(row_width(types, independent) if not independent else 4 * round_up(types, TYPES), OPEN)


@inner(fastmath={"contract"})
def best_path(at: int, n: int, A: Any, scratch: Any) -> None:
    """Fill scratch.path with the best path (`network.chain.viterbi`) of n tokens from row `at` of scratch.Z on.

    Tags are numbered by their columns. Ties go to the path with lower tags at the end. A closing tag is skipped if its
    best continuation is worse than the worst continuation of another.
    """
    Z, scores, path, candidates = scratch.Z, scratch.scores, scratch.path, scratch.candidates
    C, K = A.between.shape[1], scores.shape[1]
    T, N = C // 2, C + C // 2
    for j in range(T):
        scores[0, j] = NEVER
    for j in range(0, C, len(OPEN)):
        store(load(A.from_start, j, OPEN) + load(Z, at * Z.shape[1] + T + j, OPEN), scores, T + j)
    for j in range(0, T, len(TYPES)):
        store(splat(np.float32(NEVER), TYPES), scores, N + j)
    for t in range(1, n):
        here, z = t * K, (at + t) * Z.shape[1]
        before = here - K
        s = scores[t - 1]
        bound, count = np.float32(NEVER), ZERO
        for i in range(C):
            bound = max(bound, s[i] + A.lowest[i])
        for i in range(C):
            candidates[count] = i
            count += s[i] + A.highest[i] >= bound
        for j in range(0, T, len(TYPES)):
            begin, inside = load(scores, before + C + j, TYPES), load(scores, before + N + j, TYPES)
            v = larger(begin + load(A.begin_end, j, TYPES), inside + load(A.inside_end, j, TYPES))
            store(v + load(Z, z + j, TYPES), scores, here + j)
        for j in range(0, C, len(OPEN)):
            panel = j * C
            i = candidates[0]
            w = splat(s[i], OPEN) + load(A.between, panel + i * len(OPEN), OPEN)
            for q in range(1, count):
                i = candidates[q]
                w = larger(w, splat(s[i], OPEN) + load(A.between, panel + i * len(OPEN), OPEN))
            store(w + load(Z, z + T + j, OPEN), scores, here + T + j)
        for j in range(0, T, len(TYPES)):
            begin, inside = load(scores, before + C + j, TYPES), load(scores, before + N + j, TYPES)
            v = larger(begin + load(A.begin_inside, j, TYPES), inside + load(A.inside_inside, j, TYPES))
            store(v + load(Z, z + N + j, TYPES), scores, here + N + j)
    _trace(n, A, scores, path)


@inner(inline="always")
def _trace(n: int, A: Any, scores: Any, path: Any) -> None:
    """Fill path by backtracking from the best last tag."""
    C = A.between.shape[1]
    T, N = C // 2, C + C // 2
    tag = -1
    for t in range(n - 1, -1, -1):
        s = scores[t]
        if T <= tag < N or tag < 0:  # the best closing tag; ties go to the lowest, in the order O, E, S, E, S …
            following = tag - T
            best, choice = NEVER, T
            for q in range(C):
                i = T if q == 0 else (q // 2 if q & 1 else T + q // 2)
                value = s[i] + (A.to_end[i] if tag < 0 else A.back[i >> 4, following, i & 15])
                if value > best:
                    best, choice = value, i
            tag = choice
        elif tag < T:
            tag = C + tag if s[C + tag] + A.begin_end[tag] >= s[N + tag] + A.inside_end[tag] else N + tag
        else:
            x = tag - N
            tag = C + x if s[C + x] + A.begin_inside[x] >= s[tag] + A.inside_inside[x] else tag
        path[t] = tag


@inner(fastmath={"contract"}, forceinline=True)
def _product(values: Any, at: int, panels: Any, panel: int, C: int) -> Any:
    """Return values (C,), from index `at` on, @ a panel (C, 16); even and odd rows are summed separately."""
    place = panel * C * len(OPEN)
    v = splat(values[at], OPEN) * load(panels, place, OPEN)
    w = splat(values[at + 1], OPEN) * load(panels, place + len(OPEN), OPEN)
    for i in range(2, C - 1, 2):
        v = fma(splat(values[at + i], OPEN), load(panels, place + i * len(OPEN), OPEN), v)
        w = fma(splat(values[at + i + 1], OPEN), load(panels, place + (i + 1) * len(OPEN), OPEN), w)
    v = fma(splat(values[at + C - 1], OPEN), load(panels, place + (C - 1) * len(OPEN), OPEN), v)
    return v + w


@inner(forceinline=True)
def row_sum(values: Any, place: int, width: int) -> Any:
    """Return the sum of `width` numbers (whole vectors) of an array, from `place` on."""
    v = load(values, place, TYPES)
    for j in range(len(TYPES), width, len(TYPES)):
        v = v + load(values, place + j, TYPES)
    return total(v)


@inner(fastmath={"contract"})
def messages(at: int, n: int, low: int, high: int, weights: Any, scratch: Any) -> None:
    """Compute the forward and backward messages of n tokens, from row `at` of scratch.Z on (`chain.forward_backward`).

    Forward messages are computed up to token `high`, backward messages down to token `low`; each row is scaled:
    ``backward[t - 1] = scales[t] * (weights @ (exponentials[t] * backward[t]))``. P(tag at t) is proportional to
    ``forward[t] * backward[t]``.
    """
    E, F, B, row = scratch.exponentials, scratch.forward, scratch.backward, scratch.row
    C, K = weights.between.shape[1], F.shape[1]
    T, N = C // 2, C + C // 2
    flat = F.reshape(-1)
    for t in range(n):
        top = largest(load(scratch.Z, (at + t) * scratch.Z.shape[1], TYPES))
        for j in range(len(TYPES), K, len(TYPES)):
            top = max(top, largest(load(scratch.Z, (at + t) * scratch.Z.shape[1] + j, TYPES)))
        for j in range(K):
            E[t, j] = np.float64(scratch.Z[at + t, j]) - np.float64(top)
    exponentiate(n * K, scratch)
    for j in range(0, T, len(TYPES)):
        store(splat(0.0, TYPES), F, j)
    for j in range(0, C, len(OPEN)):
        store(load(weights.from_start, j, OPEN) * load(E, T + j, OPEN), F, T + j)
    for j in range(0, T, len(TYPES)):
        store(splat(0.0, TYPES), F, N + j)
    for t in range(1, high + 1):
        here = t * K
        before = here - K
        scale = 1 / row_sum(F, before, K)
        s = splat(scale, TYPES)
        for j in range(0, T, len(TYPES)):
            begin, inside = load(F, before + C + j, TYPES), load(F, before + N + j, TYPES)
            v = fma(begin, load(weights.begin_end, j, TYPES), inside * load(weights.inside_end, j, TYPES))
            store(v * (load(E, here + j, TYPES) * s), F, here + j)
        for j in range(0, C, len(OPEN)):
            w = _product(flat, before, weights.between, j // len(OPEN), C)
            store(w * (load(E, here + T + j, OPEN) * splat(scale, OPEN)), F, here + T + j)
        for j in range(0, T, len(TYPES)):
            begin, inside = load(F, before + C + j, TYPES), load(F, before + N + j, TYPES)
            v = fma(begin, load(weights.begin_inside, j, TYPES), inside * load(weights.inside_inside, j, TYPES))
            store(v * (load(E, here + N + j, TYPES) * s), F, here + N + j)
    for j in range(0, K, len(TYPES)):
        store(splat(0.0, TYPES), B, (n - 1) * K + j)
    for j in range(0, C, len(OPEN)):
        store(load(weights.to_end, j, OPEN), B, (n - 1) * K + j)
    for t in range(n - 1, low, -1):
        here = t * K
        before = here - K
        scratch.scales[t] = scale = 1 / row_sum(B, here, K)
        for j in range(0, K, len(TYPES)):
            store(load(B, here + j, TYPES) * load(E, here + j, TYPES) * splat(scale, TYPES), row, j)
        for j in range(0, C, len(OPEN)):
            store(_product(row, T, weights.back, j // len(OPEN), C), B, before + j)
        for j in range(0, T, len(TYPES)):
            end, inside = load(row, j, TYPES), load(row, N + j, TYPES)
            v = fma(load(weights.begin_end, j, TYPES), end, load(weights.begin_inside, j, TYPES) * inside)
            store(v, B, before + C + j)
        for j in range(0, T, len(TYPES)):
            end, inside = load(row, j, TYPES), load(row, N + j, TYPES)
            v = fma(load(weights.inside_end, j, TYPES), end, load(weights.inside_inside, j, TYPES) * inside)
            store(v, B, before + N + j)


@inner(fastmath={"contract"}, forceinline=True)
def mass_of(t: int, scratch: Any) -> Any:
    """Return the sum over all tags of ``forward[t] * backward[t]``."""
    F, B, K = scratch.forward, scratch.backward, scratch.forward.shape[1]
    v = load(F, t * K, TYPES) * load(B, t * K, TYPES)
    for j in range(len(TYPES), K, len(TYPES)):
        v = fma(load(F, t * K + j, TYPES), load(B, t * K + j, TYPES), v)
    return total(v)


@inner()
def probability(weights: Any, start: int, end: int, scratch: Any) -> float:
    """Return P(tags [start, end) of scratch.path); see `network.chain.span_probability`."""
    C = weights.between.shape[1]
    T, N = C // 2, C + C // 2
    path = scratch.path
    value = scratch.forward[start, path[start]] / mass_of(start, scratch)
    for t in range(start + 1, end):
        before, tag = path[t - 1], path[t]
        x = tag if tag < T else tag - N
        if before < N:
            step = weights.begin_end[x] if tag < T else weights.begin_inside[x]
        else:
            step = weights.inside_end[x] if tag < T else weights.inside_inside[x]
        value *= step * scratch.exponentials[t, tag] * scratch.scales[t]
    return float(min(value * scratch.backward[end - 1, path[end - 1]], 1.0))


@inner(fastmath={"contract"})
def type_probabilities(t: int, T: int, scratch: Any, out: Any) -> None:
    """Fill out (T,) with P(token t is in an entity of the type) from the messages."""
    F, B = scratch.forward[t], scratch.backward[t]
    share = 1 / mass_of(t, scratch)
    for y in range(T):
        outer = F[y] * B[y] + F[T + 1 + y] * B[T + 1 + y]
        out[y] = (outer + F[2 * T + 1 + y] * B[2 * T + 1 + y] + F[3 * T + 1 + y] * B[3 * T + 1 + y]) * share


@inner(fastmath={"contract"})
def exponentiate(count: int, scratch: Any) -> None:
    """Replace the first `count` numbers x <= 700 of scratch.exponentials by max(exp(x), exp(FLOOR)).

    exp(x) is 2**n times a polynomial in x - n ln 2. Adding 1.5 · 2**52 leaves the rounded n in the low bits, which are
    shifted to the exponent; n ln 2 is subtracted in two parts (Cody & Waite 1980).
    """
    c = SERIES
    values, shifts = scratch.exponentials.reshape(-1), scratch.shifts.reshape(-1)
    for j in range(count):
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
    bits, exponents = values.view(np.int64), shifts.view(np.int64)
    for j in range(count):
        bits[j] += exponents[j] << 52
