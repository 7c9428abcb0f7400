"""Compiled kernels of the fast path: from bytes to chunks, and from chunks to entities.

A chunk is what stands between white space. What it is cut into, and what the network's first layer makes of each of its
tokens, depends on the chunk alone, so both are looked up (`tagging.blocks` fills the tables). The rest is done here, a
document at a time and within it a sentence at a time, with no Python object for a token: sentence borders
(`text.sentences`), contexts (`network.windows`), both layers, evidence (`network.evidence`), the linear chain
(`network.chain`). Each of these is tested to agree with the plain module named.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

FINAL, CLOSING, FIRST_LOWER, COMMA, DIVIDES, FIRST_UPPER, AS_FORM, ALPHABETIC, UPPER, LOWER = (
    1 << i for i in range(10)
)
HEADLINE = 40
CONTEXT_PADDING = 64
RELU, TANH, SIGMOID, HARDTANH = range(4)


class Tables(NamedTuple):
    """What is known of chunks and word types.

    Attributes
    ----------
    first : int32 array (chunks + 1,)
        First token of each chunk.
    tokens : int32 array (tokens, 5)
        Of each token in a chunk: word type, start and end in code points, start and end in bytes.
    flags : int32 array (types,)
        What sentence borders and contexts depend on.
    forms : int32 array (types,)
        Equal for types that differ in case alone.
    form_count : int
    """

    first: Any
    tokens: Any
    flags: Any
    forms: Any
    form_count: Any


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


class Chunks(NamedTuple):
    """The chunks of a block of documents.

    Attributes
    ----------
    documents : int32 array (D + 1,)
        First chunk of each document.
    ids, bytes, places, lines : int32 array (C,)
        Number in the tables; first byte in the block; first code point in the document; line feeds before it.
    """

    documents: Any
    ids: Any
    bytes: Any
    places: Any
    lines: Any


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


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", inline="always")
def _white(data: Any, i: int, end: int) -> int:
    """Return the length of the white-space character at byte i, 0 if there is none (as str.isspace)."""
    b = data[i]
    if b <= 32:
        return 1 if b == 32 or 9 <= b <= 13 or b >= 28 else 0
    if b < 0xC2:
        return 0
    if b == 0xC2:
        return 2 if data[i + 1] == 0x85 or data[i + 1] == 0xA0 else 0
    if b > 0xE3 or b < 0xE1:
        return 0
    second, third = data[i + 1], data[i + 2]
    if b == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if b == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x80:
        return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    return 3 if second == 0x81 and third == 0x9F else 0


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def count_chunks(data: Any, starts: Any, ends: Any) -> int:
    """Return how many chunks the documents ``data[starts[d]:ends[d]]`` have."""
    count = 0
    for d in range(len(starts)):
        i, end = starts[d], ends[d]
        inside = False
        while i < end:
            width = _white(data, i, end)
            if width == 0 and not inside:
                count += 1
            inside = width == 0
            i += max(width, 1)
    return count


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def scan(
    data: Any, starts: Any, ends: Any, keys: Any, values: Any, uses: Any, known: int, chunks: Any, new: Any
) -> int:
    """Find the chunks and look them up by their hashes, entering those not met before with new numbers.

    ``keys`` and ``values`` are an open-addressing table of a power of two of places; ``new`` (C, 2) gets the bytes of
    the chunks not met before. Returns how many chunks are known then.
    """
    mask = np.uint64(len(keys) - 1)
    n = 0
    first = known
    for d in range(len(starts)):
        chunks.documents[d] = n
        i, end = starts[d], ends[d]
        place = 0
        lines = 0
        while i < end:
            width = _white(data, i, end)
            if width:
                lines += data[i] == 10
                i += width
                place += 1
                continue
            chunks.bytes[n] = i
            chunks.places[n] = place
            chunks.lines[n] = lines
            begin = i
            h = np.uint64(0xCBF29CE484222325)
            while i < end:
                b = data[i]
                if (b <= 32 or 0xC2 <= b <= 0xE3) and _white(data, i, end):
                    break
                h = (h ^ np.uint64(b)) * np.uint64(0x100000001B3)
                place += (b & 0xC0) != 0x80
                i += 1
            h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            h = (h ^ (h >> np.uint64(32))) | np.uint64(1 << 63)  # never 0, which marks an empty place
            slot = h & mask
            while keys[slot] != 0 and keys[slot] != h:
                slot = (slot + np.uint64(1)) & mask
            if keys[slot] == 0:
                keys[slot] = h
                values[slot] = known
                new[known - first, 0] = begin
                new[known - first, 1] = i
                uses[known] = 0
                known += 1
            chunks.ids[n] = values[slot]
            uses[values[slot]] += 1
            lines = 0
            n += 1
    chunks.documents[len(starts)] = n
    return known


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


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _tokens(chunks: Any, tables: Any, first: int, last: int, types: Any, offsets: Any, gaps: Any) -> None:
    """Lay out the tokens of chunks [first, last): types (n,), offsets (n, 4), and whether and how a gap precedes.

    gaps: -1 for none, else the line feeds in it.
    """
    n = 0
    for c in range(first, last):
        chunk = chunks.ids[c]
        place, byte = chunks.places[c], chunks.bytes[c]
        for k in range(tables.first[chunk], tables.first[chunk + 1]):
            types[n] = tables.tokens[k, 0]
            offsets[n, 0] = place + tables.tokens[k, 1]
            offsets[n, 1] = place + tables.tokens[k, 2]
            offsets[n, 2] = byte + tables.tokens[k, 3]
            offsets[n, 3] = byte + tables.tokens[k, 4]
            gaps[n] = chunks.lines[c] if k == tables.first[chunk] else -1
            n += 1


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _borders(types: Any, offsets: Any, gaps: Any, flags: Any, longest: int, borders: Any) -> int:
    """Fill the first token of each sentence and the number of tokens; return the number of sentences."""
    count = len(types)
    if count == 0:
        borders[0] = 0
        return 0
    borders[0] = 0
    found = 1
    line_start = 0
    final = False
    for t in range(1, count):
        before, here = flags[types[t - 1]], flags[types[t]]
        if before & FINAL:
            final = True
        elif not before & CLOSING:
            final = False
        border = False
        if gaps[t] >= 0:
            low = here & FIRST_LOWER
            if gaps[t] > 1:
                border = True
            elif final:
                border = not low
            elif gaps[t]:
                short = offsets[t - 1, 1] - line_start <= HEADLINE
                border = short and not (low or before & FIRST_LOWER or before & COMMA)
            if gaps[t]:
                line_start = offsets[t, 0]
        if border:
            borders[found] = t
            found += 1
            final = False
        elif t - borders[found - 1] >= longest:
            begin = borders[found - 1] + 1
            division, space = 0, 0
            for u in range(t, begin + (t - begin) // 2, -1):
                if flags[types[u - 1]] & DIVIDES:
                    division = u
                    break
                if not space and gaps[u] >= 0 and not flags[types[u]] & FIRST_UPPER:
                    space = u
            borders[found] = division or space or t
            found += 1
    borders[found] = count
    return found


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _contexts(types: Any, borders: Any, flags: Any, forms: Any, memory: Any, stamp: int, out: Any) -> None:
    """Fill each token's context; `memory` (4, forms) holds what is seen in the document of number `stamp`."""
    sentences = len(borders) - 1
    cases = np.empty(sentences, np.int32)
    for s in range(sentences):
        words, upper, lower = 0, 0, 0
        for t in range(borders[s], borders[s + 1]):
            f = flags[types[t]]
            if f & ALPHABETIC:
                words += 1
                upper += (f & UPPER) != 0
                lower += (f & LOWER) != 0
        case = 0
        if words >= 2:
            if upper == words:
                case = 2
            elif lower == words:
                case = 6
            elif 3 * lower <= words - lower:
                case = 4
        cases[s] = case
        for t in range(borders[s], borders[s + 1]):
            form = forms[types[t]]
            if memory[2, form] != stamp:
                memory[2, form] = stamp
                memory[3, form] = 0
            memory[3, form] += 1
            if flags[types[t]] & AS_FORM:
                if case != 6:
                    memory[0, form] = stamp
            elif t > borders[s] and case == 0:
                memory[1, form] = stamp
    for s in range(sentences):
        for t in range(borders[s], borders[s + 1]):
            form = forms[types[t]]
            value = (t == borders[s]) + cases[s] + 8 * (memory[0, form] == stamp) + 16 * (memory[1, form] == stamp)
            out[t] = value + 32 * (memory[3, form] > 1)


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
        _tokens(chunks, tables, chunks.documents[d], chunks.documents[d + 1], types, offsets, gaps)
        room = np.empty(count + 1, np.int32)
        sentences = _borders(types, offsets, gaps, tables.flags, longest, room)
        borders = room[: sentences + 1]
        contexts = np.zeros(count, np.int32)
        if len(one.contexts):
            _contexts(types, borders, tables.flags, tables.forms, memory, d - first + 1, contexts)
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
def enter(keys: Any, values: Any, into_keys: Any, into_values: Any) -> None:
    """Enter hashes, each once, in an open-addressing table."""
    mask = np.uint64(len(into_keys) - 1)
    for n in range(len(keys)):
        slot = keys[n] & mask
        while into_keys[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        into_keys[slot] = keys[n]
        into_values[slot] = values[n]


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def sum_bags(table: Any, ids: Any, offsets: Any, out: Any) -> None:
    """Add to each row of out the table's rows that its bag names."""
    for t in range(len(out)):
        for i in range(offsets[t], offsets[t + 1]):
            row = table[ids[i]]
            for j in range(len(row)):
                out[t, j] += row[j]
