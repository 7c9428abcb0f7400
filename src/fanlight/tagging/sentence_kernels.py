"""Compiled kernels of the fast path for one sentence: both layers and the linear chain (`network.chain`).

Tags are padded to a multiple of eight that the compiler knows: ``lanes`` is a tuple of that length, so that each loop
over tags is whole vector instructions. Padding tags have emissions and transitions that no path takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import factorial
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fanlight.network.chain import FLOORS
from fanlight.network.configuration import ACTIVATIONS
from fanlight.network.windows import CONTEXT_PADDING

RELU, TANH, SIGMOID, HARDTANH = range(len(ACTIVATIONS))
LANES = 8
FLOOR = FLOORS[8]
PER_BIT, MAGIC = 1 / np.log(2), 1.5 * 2.0**52
SERIES = tuple(1 / factorial(n) for n in range(14))


class Chain(NamedTuple):
    """Exponentials of the transitions, their transpose, and those at a sentence's borders."""

    weights: Any
    transposed: Any
    starts: Any
    ends: Any


class Layers(NamedTuple):
    """A network, its first layer multiplied out; P positions, m hidden units, K tags padded to whole lanes.

    Attributes
    ----------
    products : float32 array (types, P · m)
        W_k @ x of each word type at each window position k.
    contexts : float32 array (64, P · m)
        G_k @ g of each context; zeros if the network has none.
    padding : float32 array (P · m,)
        Both, for the positions outside a sentence.
    evidence : float32 array (P, e, m)
        E_k transposed, of the evidence that other mentions give; e is a multiple of three.
    b : float32 array (m,)
    U : float32 array (K, m)
    c : float32 array (K,)
    A : float32 array (K, K)
        Transitions; ``starts`` and ``ends`` (K,) are those at a sentence's borders.
    chain : Chain
        exp of the transitions, in 64 bits: in 32, products of small ones are slow to compute with.
    activation : int
    """

    products: Any
    contexts: Any
    padding: Any
    evidence: Any
    b: Any
    U: Any
    c: Any
    A: Any
    starts: Any
    ends: Any
    chain: Chain
    activation: Any


class Room(NamedTuple):
    """Scratch for one sentence at a time."""

    H: Any
    Z: Any
    marginals: Any
    bits: Any  # marginals as integers
    forward: Any
    scales: Any
    backward: Any
    ahead: Any
    whole: Any  # ahead as integers
    score: Any
    best: Any
    back: Any
    path: Any

    @classmethod
    def of(cls, longest: int, m: int, K: int) -> Room:
        """Return arrays for sentences of up to `longest` tokens."""
        marginals, ahead = np.empty((longest, K)), np.empty(K)
        return cls(
            np.empty((longest, m), np.float32), np.empty((longest, K), np.float32),
            marginals, marginals.view(np.int64), np.empty((longest, K)), np.empty(longest), np.empty(K),
            ahead, ahead.view(np.int64), np.empty(K, np.float32), np.empty(K, np.float32),
            np.empty((longest, K), np.int32), np.empty(longest, np.int32),
        )  # fmt: skip


def lanes_of(tags: int) -> tuple[int, ...]:
    """Return a tuple as long as the padded number of tags."""
    return (0,) * (-(-tags // LANES) * LANES)


def layers_of(
    p: Mapping[str, NDArray[np.float32]], A: NDArray[np.float32], made: Any, products: Any, contexts: Any, evidence: Any
) -> Layers:
    """Lay out a network's parameters; see `Layers` for the arrays multiplied out."""
    K, k = len(lanes_of(made.tags)), made.tags
    U, c = np.zeros((K, made.hidden), np.float32), np.full(K, -1e30, np.float32)
    U[:k], c[:k] = p["U"], p["c"][:, 0]
    whole = np.full((K + 1, K + 1), -np.inf, np.float32)
    real = np.append(np.arange(k), K)
    whole[np.ix_(real, real)] = A
    A, starts, ends = np.ascontiguousarray(whole[:K, :K]), whole[K, :K].copy(), whole[:K, K].copy()
    weights = np.exp(A.astype(np.float64))
    edges = np.exp(starts.astype(np.float64)), np.exp(ends.astype(np.float64))
    chain = Chain(weights, np.ascontiguousarray(weights.T), *edges)
    activation = ACTIVATIONS.index(made.activation)
    padding = products[0] + contexts[CONTEXT_PADDING]
    return Layers(products, contexts, padding, evidence, p["b"][:, 0], U, c, A, starts, ends, chain, activation)


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract", "reassoc"})
def emissions(net: Any, types: Any, contexts: Any, told: Any, first: int, last: int, room: Any) -> None:
    """Fill room.Z (last - first, K): both layers for the tokens of a sentence; `told` (N, e) is their evidence.

    A token's products for all positions lie together, so they are read once and added to each window that has it.
    """
    K, m = net.U.shape
    positions = net.products.shape[1] // m
    radius = positions // 2
    n = last - first
    H, Z = room.H, room.Z
    for t in range(n):
        h = H[t]
        for j in range(m):
            h[j] = net.b[j]
        for k in range(positions):
            if not 0 <= t + k - radius < n:
                pad = net.padding[k * m : (k + 1) * m]
                for j in range(m):
                    h[j] += pad[j]
    parts = told.shape[1]
    for u in range(n):
        row, around = net.products[types[first + u]], net.contexts[contexts[first + u]]
        for k in range(max(0, u + radius - n + 1), min(positions, u + radius + 1)):
            h = H[u - k + radius]
            x, g = row[k * m : (k + 1) * m], around[k * m : (k + 1) * m]
            for j in range(m):
                h[j] += x[j] + g[j]
            if parts and told[first + u, parts - 1]:
                for i in range(0, parts, 3):
                    e0, e1, e2 = told[first + u, i], told[first + u, i + 1], told[first + u, i + 2]
                    r0, r1, r2 = net.evidence[k, i], net.evidence[k, i + 1], net.evidence[k, i + 2]
                    for j in range(m):
                        h[j] += e0 * r0[j] + e1 * r1[j] + e2 * r2[j]
    for t in range(n):
        h = H[t]
        if net.activation == RELU:
            for j in range(m):
                h[j] = h[j] if h[j] > 0 else np.float32(0)
        elif net.activation == TANH:
            for j in range(m):
                h[j] = np.tanh(h[j])
        elif net.activation == SIGMOID:
            for j in range(m):
                h[j] = np.float32(1) / (np.float32(1) + np.exp(-h[j]))
        else:
            for j in range(m):
                h[j] = min(max(h[j], np.float32(-1)), np.float32(1))
    for t in range(0, n, 2):  # two tokens by four tags: as many sums as the processor has room for
        other = min(t + 1, n - 1)
        h, g, z, y = H[t], H[other], Z[t], Z[other]
        for k in range(0, K, 4):
            u0, u1, u2, u3 = net.U[k], net.U[k + 1], net.U[k + 2], net.U[k + 3]
            z0, z1, z2, z3 = net.c[k], net.c[k + 1], net.c[k + 2], net.c[k + 3]
            y0, y1, y2, y3 = z0, z1, z2, z3
            for j in range(m):
                a, b = h[j], g[j]
                z0 += a * u0[j]
                z1 += a * u1[j]
                z2 += a * u2[j]
                z3 += a * u3[j]
                y0 += b * u0[j]
                y1 += b * u1[j]
                y2 += b * u2[j]
                y3 += b * u3[j]
            y[k], y[k + 1], y[k + 2], y[k + 3] = y0, y1, y2, y3
            z[k], z[k + 1], z[k + 2], z[k + 3] = z0, z1, z2, z3


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract"})
def _exponentials(Z: Any, top: float, lanes: Any, scratch: Any, whole: Any, out: Any, bits: Any) -> None:
    """Fill out with exp(Z - top), not below exp(FLOOR): 2**n times a polynomial in the rest; `bits` is a view of out.

    Adding 1.5 · 2**52 leaves the rounded n in the low bits, which are shifted to the exponent's place; `whole` is an
    integer view of `scratch`. ln 2 is taken off in two parts (Cody & Waite 1980). Sums must stay in their order here:
    not to be inlined by Numba.
    """
    c = SERIES
    for j in range(len(lanes)):
        x = Z[j] - top
        x = x if x > FLOOR else FLOOR
        shifted = x * PER_BIT + MAGIC
        n = shifted - MAGIC
        x = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10
        scratch[j] = shifted
        y = c[10] + x * (c[11] + x * (c[12] + x * c[13]))
        y = c[6] + x * (c[7] + x * (c[8] + x * (c[9] + x * y)))
        y = c[2] + x * (c[3] + x * (c[4] + x * (c[5] + x * y)))
        out[j] = c[0] + x * (c[1] + x * y)
    for j in range(len(lanes)):
        bits[j] += whole[j] << 52


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract", "reassoc", "nnan", "nsz"})
def messages(n: int, chain: Any, lanes: Any, room: Any) -> None:
    """Pass messages along one sentence (see `network.chain_kernels.forward_backward`) in `room`'s arrays."""
    K = len(lanes)
    Z, marginals, forward, scales, backward, ahead = (
        room.Z, room.marginals, room.forward, room.scales, room.backward, room.ahead,
    )  # fmt: skip
    for t in range(n):
        top = Z[t, 0]
        for j in range(K):
            top = Z[t, j] if Z[t, j] > top else top
        _exponentials(Z[t], np.float64(top), lanes, ahead, room.whole, marginals[t], room.bits[t])
        row = forward[t]
        if t == 0:
            for j in range(K):
                row[j] = chain.starts[j]
        else:
            for j in range(K):
                row[j] = 0
            for i in range(0, K, 2):
                f0, f1 = forward[t - 1, i], forward[t - 1, i + 1]
                w0, w1 = chain.weights[i], chain.weights[i + 1]
                for j in range(K):
                    row[j] += f0 * w0[j] + f1 * w1[j]
        mass = 0.0
        for j in range(K):
            row[j] *= marginals[t, j]
            mass += row[j]
        scales[t] = 1 / mass
        for j in range(K):
            row[j] *= scales[t]
    mass = 0.0
    for j in range(K):
        mass += forward[n - 1, j] * chain.ends[j]
    for j in range(K):
        backward[j] = chain.ends[j] / mass
    for t in range(n - 1, -1, -1):
        for j in range(K):
            ahead[j] = backward[j] * marginals[t, j] * scales[t]
            marginals[t, j] = forward[t, j] * backward[j]
            backward[j] = 0
        for i in range(0, K, 2):
            a0, a1 = ahead[i], ahead[i + 1]
            w0, w1 = chain.transposed[i], chain.transposed[i + 1]
            for j in range(K):
                backward[j] += a0 * w0[j] + a1 * w1[j]


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def best_path(n: int, net: Any, lanes: Any, room: Any) -> None:
    """Fill room.path; see `network.chain_kernels.viterbi`."""
    K = len(lanes)
    Z, score, best, A = room.Z, room.score, room.best, net.A
    for j in range(K):
        score[j] = net.starts[j] + Z[0, j]
    for t in range(1, n):
        where = room.back[t]
        for j in range(K):
            best[j] = score[0] + A[0, j]
            where[j] = 0
        for i in range(1, K):
            s = score[i]
            row = A[i]
            for j in range(K):
                value = s + row[j]
                better = value > best[j]
                best[j] = value if better else best[j]
                where[j] = i if better else where[j]
        for j in range(K):
            score[j] = best[j] + Z[t, j]
    tag = 0
    for j in range(1, K):
        if score[j] + net.ends[j] > score[tag] + net.ends[tag]:
            tag = j
    for t in range(n - 1, 0, -1):
        room.path[t] = tag
        tag = room.back[t, tag]
    room.path[0] = tag


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def probability(net: Any, start: int, end: int, room: Any) -> float:
    """Return P(exactly these tags of room.path); see `network.chain.span_probability`."""
    Z, path, marginals, forward = room.Z, room.path, room.marginals, room.forward
    value = marginals[start, path[start]]
    for t in range(start + 1, end):
        before, tag = path[t - 1], path[t]
        if marginals[t - 1, before] == 0 or forward[t, tag] == 0:
            return 0.0
        ratio = (marginals[t, tag] / forward[t, tag]) / (marginals[t - 1, before] / forward[t - 1, before])
        top = Z[t, 0]
        for j in range(1, Z.shape[1]):
            top = max(top, Z[t, j])
        step = net.chain.weights[before, tag] * np.exp(max(np.float64(Z[t, tag]) - top, FLOOR))
        value *= step * room.scales[t] * ratio
    return float(min(value, 1.0))
