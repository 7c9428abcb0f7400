"""Compiled kernels of the fast path, from word types to entities, with no Python object for a token.

A document at a time and within it a sentence at a time: both layers, evidence (`network.evidence`), the linear chain
(`network.chain`). The first layer's products for a word type are looked up (`tagging.blocks`). Each is tested to agree
with the plain module named.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from fanlight.tagging.chunk_kernels import contexts_of, sentence_borders, tokens_of

CONTEXT_PADDING = 64
RELU, TANH, SIGMOID, HARDTANH = range(4)


class Layers(NamedTuple):
    """A network, its first layer multiplied out.

    Attributes
    ----------
    products : float32 array (types, positions · m)
        W_k @ x of each word type at each window position k; type 0 is the padding.
    contexts : float32 array (65, positions · m)
        G_k @ g of each context; zeros if the network has none.
    evidence : float32 array (positions, e, m)
        E_k transposed, of the evidence that other mentions give.
    b : float32 array (m,)
    U : float32 array (m, K)
        Transposed.
    c : float32 array (K,)
    A : float32 array (K + 1, K + 1)
        Transitions.
    activation : int
    """

    products: Any
    contexts: Any
    evidence: Any
    b: Any
    U: Any
    c: Any
    A: Any
    activation: Any


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


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract"})
def multiply(V: Any, W: Any, out: Any) -> None:
    """Fill out (t, n) with V (t, d) @ W (d, n), each row by itself in one order: the same bits in any company."""
    d = V.shape[1]
    for t in range(len(V)):
        row = out[t]
        row[:] = 0
        i = 0
        while i + 4 <= d:
            a0, a1, a2, a3 = V[t, i], V[t, i + 1], V[t, i + 2], V[t, i + 3]
            w0, w1, w2, w3 = W[i], W[i + 1], W[i + 2], W[i + 3]
            if a0 != 0 or a1 != 0 or a2 != 0 or a3 != 0:
                for j in range(len(row)):
                    row[j] += a0 * w0[j] + a1 * w1[j] + a2 * w2[j] + a3 * w3[j]
            i += 4
        while i < d:
            a = V[t, i]
            w = W[i]
            for j in range(len(row)):
                row[j] += a * w[j]
            i += 1


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", fastmath={"contract"})
def _emissions(net: Any, types: Any, contexts: Any, told: Any, first: int, last: int, Z: Any) -> None:
    """Fill Z (last - first, K): both layers for the tokens of a sentence; `told` (N, e) is their evidence."""
    m, K = net.U.shape
    positions = net.products.shape[1] // m
    radius = positions // 2
    h = np.empty(m, np.float32)
    z = np.empty(K, np.float32)
    for t in range(first, last):
        for j in range(m):
            h[j] = net.b[j]
        for k in range(positions):
            u = t + k - radius
            inside = first <= u < last
            x = net.products[types[u] if inside else 0, k * m : (k + 1) * m]
            if len(net.contexts):
                g = net.contexts[contexts[u] if inside else CONTEXT_PADDING, k * m : (k + 1) * m]
                for j in range(m):
                    h[j] += x[j] + g[j]
            else:
                for j in range(m):
                    h[j] += x[j]
            if inside and told.shape[1]:
                for i in range(told.shape[1]):
                    e = told[u, i]
                    if e != 0:
                        row = net.evidence[k, i]
                        for j in range(m):
                            h[j] += e * row[j]
        for k in range(K):
            z[k] = net.c[k]
        for j in range(m):
            x_j = h[j]
            if net.activation == RELU:
                if x_j <= 0:
                    continue
            elif net.activation == TANH:
                x_j = np.tanh(x_j)
            elif net.activation == SIGMOID:
                x_j = np.float32(1) / (np.float32(1) + np.exp(-x_j))
            else:
                x_j = min(max(x_j, np.float32(-1)), np.float32(1))
            row = net.U[j]
            for k in range(K):
                z[k] += x_j * row[k]
        for k in range(K):
            Z[t - first, k] = z[k]


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _messages(Z: Any, weights: Any, marginals: Any, forward: Any, scales: Any) -> None:
    """Pass messages along one sentence; see `network.chain_kernels.forward_backward`."""
    n, K = Z.shape
    floor = Z.dtype.type(-80.0 if Z.itemsize == 4 else -600.0)  # chain.FLOORS
    for t in range(n):
        top = Z[t, 0]
        for j in range(1, K):
            top = max(top, Z[t, j])
        for j in range(K):
            marginals[t, j] = np.exp(max(Z[t, j] - top, floor))
        row = forward[t]
        if t == 0:
            for j in range(K):
                row[j] = weights[K, j]
        else:
            for j in range(K):
                row[j] = 0.0
            for i in range(K):
                before = forward[t - 1, i]
                w = weights[i]
                for j in range(K):
                    row[j] += before * w[j]
        mass = row[0] * 0
        for j in range(K):
            row[j] *= marginals[t, j]
            mass += row[j]
        scales[t] = 1 / mass
        for j in range(K):
            row[j] *= scales[t]
    mass = scales[0] * 0
    backward, ahead = np.empty(K, Z.dtype), np.empty(K, Z.dtype)
    for j in range(K):
        mass += forward[n - 1, j] * weights[j, K]
    for j in range(K):
        backward[j] = weights[j, K] / mass
    for t in range(n - 1, -1, -1):
        for j in range(K):
            ahead[j] = backward[j] * marginals[t, j] * scales[t]
            marginals[t, j] = forward[t, j] * backward[j]
        if t:
            for i in range(K):
                mass = ahead[0] * 0
                for j in range(K):
                    mass += weights[i, j] * ahead[j]
                backward[i] = mass


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _best_path(Z: Any, A: Any, path: Any, back: Any, score: Any, best: Any) -> None:
    """Fill path (n,); see `network.chain_kernels.viterbi`."""
    n, K = Z.shape
    for j in range(K):
        score[j] = A[K, j] + Z[0, j]
    for t in range(1, n):
        where = back[t]
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
        if score[j] + A[j, K] > score[tag] + A[tag, K]:
            tag = j
    for t in range(n - 1, 0, -1):
        path[t] = tag
        tag = back[t, tag]
    path[0] = tag


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _probability(Z: Any, A: Any, path: Any, start: int, end: int, marginals: Any, forward: Any, scales: Any) -> float:
    """Return P(exactly these tags); see `network.chain.span_probability`."""
    value = marginals[start, path[start]]
    for t in range(start + 1, end):
        before, tag = path[t - 1], path[t]
        if marginals[t - 1, before] == 0 or forward[t, tag] == 0:
            return 0.0
        ratio = (marginals[t, tag] / forward[t, tag]) / (marginals[t - 1, before] / forward[t - 1, before])
        top = Z[t, 0]
        for j in range(1, Z.shape[1]):
            top = max(top, Z[t, j])
        value *= np.exp(np.float64(A[before, tag])) * np.exp(max(Z[t, tag] - top, -600.0)) * scales[t] * ratio
    return float(min(value, 1.0))


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def run(
    chunks: Any, first: int, last: int, tables: Any, one: Any, two: Any, twice: bool, longest: int, least: Any, out: Any
) -> int:
    """Tag the documents [first, last) of a block and fill the columns `out`; return how many entities there are.

    ``two`` is the second network if `twice`. ``least`` is the lowest probability for each type. ``out`` must have room
    for as many entities as there are tokens.
    """
    found = 0
    T = len(least)
    K = len(one.c)
    memory = np.zeros((4, tables.form_count), np.int32)
    sums = np.zeros((tables.form_count if twice else 0, T), np.float64)
    tellers = np.zeros(tables.form_count if twice else 0, np.int32)
    numbers = np.zeros(tables.form_count if twice else 0, np.int32)
    Z = np.empty((longest, K), np.float32)
    weights = np.exp(one.A)
    final_A = two.A if twice else one.A
    exact = np.exp(final_A.astype(np.float64))
    marginals, forward, scales = (
        np.empty((longest, K), np.float32),
        np.empty((longest, K), np.float32),
        np.empty(longest, np.float32),
    )
    marginals64, forward64, scales64 = np.empty((longest, K)), np.empty((longest, K)), np.empty(longest)
    Z64 = np.empty((longest, K))
    back, path = np.empty((longest, K), np.int32), np.empty(longest, np.int32)
    score, best = np.empty(K, np.float32), np.empty(K, np.float32)
    for d in range(first, last):
        count = 0
        for c in range(chunks.documents[d], chunks.documents[d + 1]):
            count += tables.first[chunks.ids[c] + 1] - tables.first[chunks.ids[c]]
        if count == 0:
            continue
        types, offsets, gaps = np.empty(count, np.int32), np.empty((count, 4), np.int32), np.empty(count, np.int32)
        tokens_of(chunks, tables, chunks.documents[d], chunks.documents[d + 1], types, offsets, gaps)
        room = np.empty(count + 1, np.int32)
        sentences = sentence_borders(types, offsets, gaps, tables.flags, longest, room)
        borders = room[: sentences + 1]
        contexts = np.zeros(count, np.int32)
        if len(one.contexts):
            contexts_of(types, borders, tables.flags, tables.forms, memory, d - first + 1, contexts)
        told = np.zeros((count, 0), np.float32)
        if twice:
            owns = np.empty((count, T), np.float32)
            for s in range(sentences):
                begin, end = borders[s], borders[s + 1]
                n = end - begin
                _emissions(one, types, contexts, told, begin, end, Z)
                _messages(Z[:n], weights, marginals[:n], forward[:n], scales[:n])
                for t in range(n):
                    form = tables.forms[types[begin + t]]
                    if tellers[form] != d - first + 1:
                        tellers[form] = d - first + 1
                        numbers[form] = 0
                        sums[form] = 0
                    numbers[form] += 1
                    for y in range(T):
                        p = (
                            marginals[t, 4 * y + 1]
                            + marginals[t, 4 * y + 2]
                            + marginals[t, 4 * y + 3]
                            + marginals[t, 4 * y + 4]
                        )
                        owns[begin + t, y] = p
                        sums[form, y] += p
            told = np.zeros((count, T + 1), np.float32)
            for t in range(count):
                form = tables.forms[types[t]]
                others = numbers[form] - 1
                if others > 0:
                    told[t, T] = 1
                    for y in range(T):
                        told[t, y] = (sums[form, y] - owns[t, y]) / others
        for s in range(sentences):
            begin, end = borders[s], borders[s + 1]
            n = end - begin
            if twice:
                _emissions(two, types, contexts, told, begin, end, Z)
            else:
                _emissions(one, types, contexts, told, begin, end, Z)
            _best_path(Z[:n], final_A, path, back, score, best)
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
                    Z64[:n] = Z[:n]
                    _messages(Z64[:n], exact, marginals64[:n], forward64[:n], scales64[:n])
                p = _probability(Z64[:n], final_A, path, start, t, marginals64, forward64, scales64)
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


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def sum_bags(table: Any, ids: Any, offsets: Any, out: Any) -> None:
    """Add to each row of out the table's rows that its bag names."""
    for t in range(len(out)):
        for i in range(offsets[t], offsets[t + 1]):
            row = table[ids[i]]
            for j in range(len(row)):
                out[t, j] += row[j]
