"""Kernels of the linear chain; the plain forms are in `chain`.

Messages are probabilities, scaled to sum to one at each step: a multiplication per transition, where messages in
logarithms would need an exponential.
"""

from typing import Any

import numpy as np

from fanlight.jit import inner, kernel


@inner()
def _exponentiate(scores: Any, floor: Any, out: Any) -> Any:
    """Fill out (K,) with exp(max(scores - highest, floor)); return the highest score."""
    top = scores[0]
    for j in range(1, len(scores)):
        top = max(top, scores[j])
    for j in range(len(scores)):
        out[j] = np.exp(max(scores[j] - top, floor))
    return top


@inner()
def _scale(row: Any, emission: Any, scale: Any) -> Any:
    """Multiply a forward message (K,) by its emission (K,), and scale it to sum to 1; return the log of the sum."""
    mass = row.dtype.type(0.0)
    for j in range(len(row)):
        row[j] *= emission[j]
        mass += row[j]
    scale[0] = 1.0 / mass
    for j in range(len(row)):
        row[j] *= scale[0]
    return np.log(mass)


@inner()
def _end_sentence(row: Any, weights: Any, backward: Any, pairs: Any) -> Any:
    """Fill the last token's backward message (K,) and add the transitions to the end; return the log of their mass."""
    K = len(row)
    mass = row.dtype.type(0.0)
    for j in range(K):
        mass += row[j] * weights[j, K]
    for j in range(K):
        backward[j] = weights[j, K] / mass
        pairs[j, K] += row[j] * backward[j]
    return np.log(mass)


@kernel()
def forward_backward(
    Z: Any, weights: Any, sentence_offsets: Any, marginals: Any, forward: Any, scales: Any, pairs: Any
) -> float:
    """Fill marginals (N, K) and expected transition counts (K+1, K+1); return the summed log-partition.

    ``weights`` is exp(A), zero at illegal transitions. Also fills ``forward`` (N, K) and ``scales`` (N,), the scaled
    forward messages for span probabilities. The result is -inf if a sentence has no legal path.
    """
    K = Z.shape[1]
    boundary = K
    total = 0.0
    pairs[:] = 0.0
    floor = Z.dtype.type(-80.0 if Z.itemsize == 4 else -600.0)  # chain.FLOORS
    backward = np.empty(K, Z.dtype)
    ahead = np.empty(K, Z.dtype)
    for s in range(len(sentence_offsets) - 1):
        start, last = sentence_offsets[s], sentence_offsets[s + 1] - 1
        if last < start:
            continue
        for t in range(start, last + 1):
            total += _exponentiate(Z[t], floor, marginals[t])  # the emission, until its marginal replaces it
            if t == start:
                for j in range(K):
                    forward[t, j] = weights[boundary, j]
            else:
                for j in range(K):
                    forward[t, j] = 0.0
                for i in range(K):
                    before = forward[t - 1, i]
                    for j in range(K):
                        forward[t, j] += before * weights[i, j]
            total += _scale(forward[t], marginals[t], scales[t : t + 1])
        total += _end_sentence(forward[last], weights, backward, pairs)
        for t in range(last, start - 1, -1):
            for j in range(K):
                ahead[j] = backward[j] * marginals[t, j] * scales[t]
                marginals[t, j] = forward[t, j] * backward[j]
            if t == start:
                for j in range(K):
                    pairs[boundary, j] += weights[boundary, j] * ahead[j]
            else:
                for i in range(K):
                    mass = Z.dtype.type(0.0)
                    before = forward[t - 1, i]
                    for j in range(K):
                        flow = weights[i, j] * ahead[j]
                        mass += flow
                        pairs[i, j] += before * flow
                    backward[i] = mass
    return total


@kernel()
def viterbi(Z: Any, A: Any, sentence_offsets: Any, path: Any, back: Any) -> None:
    """Fill `path` (N,) with the best tags of every sentence; `back` (N, K) is scratch. Ties go to the lower tag."""
    K = Z.shape[1]
    boundary = K
    score = np.empty(K, Z.dtype)
    new = np.empty(K, Z.dtype)
    for s in range(len(sentence_offsets) - 1):
        start, last = sentence_offsets[s], sentence_offsets[s + 1] - 1
        if last < start:
            continue
        for j in range(K):
            score[j] = A[boundary, j] + Z[start, j]
        for t in range(start + 1, last + 1):
            for j in range(K):
                best, where = score[0] + A[0, j], 0
                for i in range(1, K):
                    value = score[i] + A[i, j]
                    if value > best:
                        best, where = value, i
                new[j] = best + Z[t, j]
                back[t, j] = where
            for j in range(K):
                score[j] = new[j]
        tag = 0
        for j in range(1, K):
            if score[j] + A[j, boundary] > score[tag] + A[tag, boundary]:
                tag = j
        for t in range(last, start, -1):
            path[t] = tag
            tag = back[t, tag]
        path[start] = tag


@kernel()
def gather(weights: Any, illegal: Any, nothing: float, legal: Any) -> bool:
    """Fill `legal.between` and `legal.transposed`; tell whether all `illegal` weights (K+1, K+1) are `nothing`."""
    for i in range(len(weights)):
        bad = False
        for j in range(len(weights)):
            bad |= illegal[i, j] & (weights[i, j] != nothing)
        if bad:
            return False
    for i in range(len(legal.closing)):
        for j in range(len(legal.opening)):
            legal.between[i, j] = legal.transposed[j, i] = weights[legal.closing[i], legal.opening[j]]
    return True


@inner()
def _add_rows(factors: Any, rows: Any, out: Any) -> None:
    """Fill out (n,) with factors (C,) @ rows (C, n), summed in the order of the rows."""
    n, C = len(out), len(rows)
    out[:] = 0
    for q in range(0, C - 3, 4):
        a, b, c, d = factors[q], factors[q + 1], factors[q + 2], factors[q + 3]
        v, w, x, y = rows[q], rows[q + 1], rows[q + 2], rows[q + 3]
        for j in range(n):
            out[j] = (((out[j] + a * v[j]) + b * w[j]) + c * x[j]) + d * y[j]
    for q in range(C - C % 4, C):
        a, v = factors[q], rows[q]
        for j in range(n):
            out[j] += a * v[j]


@inner(allocates=True)
def _add_pairs(forward: Any, flows: Any, start: int, last: int, weights: Any, legal: Any, pairs: Any) -> None:
    """Add a sentence's expected transition counts: between types to ``legal.counts``, within types to pairs.

    ``flows`` (n, K) are the backward messages times emissions; row `start` is that of the next token.
    """
    K, C = flows.shape[1], len(legal.closing)
    moved = np.empty((last - start, C), flows.dtype)
    for t in range(last - start):
        for q in range(C):
            moved[t, q] = flows[t, legal.opening[q]]
    for q in range(C):
        i, total, row = legal.closing[q], legal.counts[q], legal.between[q]
        for t in range(last - start - 1, -1, -1):
            before, ahead = forward[start + t, i], moved[t]
            if before != 0:
                for j in range(C):
                    total[j] += before * (row[j] * ahead[j])
    for t in range(last - start - 1, -1, -1):
        for x in range(1, K, 4):
            for i in range(x, x + 2):
                for j in range(x + 1, x + 3):
                    pairs[i, j] += forward[start + t, i] * (weights[i, j] * flows[t, j])


@kernel()
def forward_backward_bioes(
    Z: Any, weights: Any, sentence_offsets: Any, legal: Any, marginals: Any, forward: Any, scales: Any, pairs: Any
) -> float:
    """Compute `forward_backward` if all illegal transitions have weight zero.

    ``legal`` is a `chain.LegalMoves`, with zeros in ``counts``; ``pairs`` must be zero.
    """
    K, C = Z.shape[1], len(legal.closing)
    total = 0.0
    floor = Z.dtype.type(-80.0 if Z.itemsize == 4 else -600.0)  # chain.FLOORS
    backward, closing, opening = np.empty(K, Z.dtype), np.empty(C, Z.dtype), np.empty(C, Z.dtype)
    longest = 0
    for s in range(len(sentence_offsets) - 1):
        longest = max(longest, sentence_offsets[s + 1] - sentence_offsets[s])
    flows = np.empty((longest, K), Z.dtype)
    for s in range(len(sentence_offsets) - 1):
        start, last = sentence_offsets[s], sentence_offsets[s + 1] - 1
        if last < start:
            continue
        for t in range(start, last + 1):
            row = forward[t]
            total += _exponentiate(Z[t], floor, marginals[t])  # the emission, until its marginal replaces it
            if t == start:
                for j in range(K):
                    row[j] = weights[K, j]
            else:
                before = forward[t - 1]
                for q in range(C):
                    closing[q] = before[legal.closing[q]]
                _add_rows(closing, legal.between, opening)
                for q in range(C):
                    row[legal.opening[q]] = opening[q]
                for i in range(1, K, 4):
                    for j in range(i + 1, i + 3):
                        row[j] = before[i] * weights[i, j] + before[i + 1] * weights[i + 1, j]
            total += _scale(row, marginals[t], scales[t : t + 1])
        total += _end_sentence(forward[last], weights, backward, pairs)
        for t in range(last, start - 1, -1):
            ahead = flows[t - start]
            for j in range(K):
                ahead[j] = backward[j] * marginals[t, j] * scales[t]
                marginals[t, j] = forward[t, j] * backward[j]
            if t == start:
                for j in range(K):
                    pairs[K, j] += weights[K, j] * ahead[j]
                break
            for q in range(C):
                opening[q] = ahead[legal.opening[q]]
            _add_rows(opening, legal.transposed, closing)
            for q in range(C):
                backward[legal.closing[q]] = closing[q]
            for x in range(1, K, 4):
                for i in range(x, x + 2):
                    backward[i] = weights[i, x + 1] * ahead[x + 1] + weights[i, x + 2] * ahead[x + 2]
        _add_pairs(forward, flows[1:], start, last, weights, legal, pairs)
    for i in range(C):
        for j in range(C):
            pairs[legal.closing[i], legal.opening[j]] = legal.counts[i, j]
    return total


@kernel()
def viterbi_bioes(Z: Any, A: Any, sentence_offsets: Any, legal: Any, path: Any, back: Any) -> None:
    """Compute `viterbi` if all illegal transitions have the score -inf; ``legal`` is a `chain.LegalMoves`.

    A closing tag is skipped if its best continuation is worse than the worst continuation of another.
    """
    K, C = Z.shape[1], len(legal.closing)
    score, new = np.empty(K, Z.dtype), np.empty(K, Z.dtype)
    best, origin = np.empty(C, Z.dtype), np.empty(C, np.int16)
    highest, lowest = np.empty(C, Z.dtype), np.empty(C, Z.dtype)
    for q in range(C):
        highest[q] = lowest[q] = legal.between[q, 0]
        for j in range(1, C):
            highest[q] = max(highest[q], legal.between[q, j])
            lowest[q] = min(lowest[q], legal.between[q, j])
    for s in range(len(sentence_offsets) - 1):
        start, last = sentence_offsets[s], sentence_offsets[s + 1] - 1
        if last < start:
            continue
        for j in range(K):
            score[j] = A[K, j] + Z[start, j]
        for t in range(start + 1, last + 1):
            bound = Z.dtype.type(-np.inf)
            for q in range(C):
                bound = max(bound, score[legal.closing[q]] + lowest[q])
                best[q] = -np.inf
                origin[q] = 0
            for q in range(C):
                value, row = score[legal.closing[q]], legal.between[q]
                if value + highest[q] >= bound:
                    before = np.int16(legal.closing[q])
                    for j in range(C):
                        if value + row[j] > best[j]:
                            best[j], origin[j] = value + row[j], before
            for q in range(C):
                j = legal.opening[q]
                new[j], back[t, j] = best[q] + Z[t, j], origin[q]
            for i in range(1, K, 4):
                for j in range(i + 1, i + 3):
                    begin, inside = score[i] + A[i, j], score[i + 1] + A[i + 1, j]
                    new[j] = max(begin, inside) + Z[t, j]
                    back[t, j] = i + 1 if inside > begin else i
            score, new = new, score
        tag = 0
        for j in range(1, K):
            if score[j] + A[j, K] > score[tag] + A[tag, K]:
                tag = j
        for t in range(last, start, -1):
            path[t] = tag
            tag = back[t, tag]
        path[start] = tag
