"""Compiled kernels of the linear chain; `chain` holds the plain ones they must agree with.

Probabilities instead of their logarithms are passed along the sentence, each step scaled to sum to one: a
multiplication a cell where the logarithmic form needs an exponential.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def forward_backward(Z: Any, weights: Any, starts: Any, marginals: Any, forward: Any, scales: Any, pairs: Any) -> float:
    """Fill marginals (N, K) and expected transition counts (K+1, K+1); return the summed log-partition.

    ``weights`` is exp(A) with zeros at illegal transitions. ``forward`` (N, K) and ``scales`` (N,) are left holding
    the scaled forward messages, which span probabilities need. A sentence without any legal path gives -inf.
    """
    K = Z.shape[1]
    boundary = K
    total = 0.0
    pairs[:] = 0.0
    floor = Z.dtype.type(-80.0 if Z.itemsize == 4 else -600.0)  # chain.FLOORS
    backward = np.empty(K, Z.dtype)
    ahead = np.empty(K, Z.dtype)
    for s in range(len(starts) - 1):
        first, last = starts[s], starts[s + 1] - 1
        if last < first:
            continue
        for t in range(first, last + 1):
            top = Z[t, 0]
            for j in range(1, K):
                top = max(top, Z[t, j])
            total += top
            for j in range(K):
                marginals[t, j] = np.exp(
                    max(Z[t, j] - top, floor)
                )  # the scaled emission, until its marginal replaces it
            if t == first:
                for j in range(K):
                    forward[t, j] = weights[boundary, j]
            else:
                for j in range(K):
                    forward[t, j] = 0.0
                for i in range(K):
                    before = forward[t - 1, i]
                    for j in range(K):
                        forward[t, j] += before * weights[i, j]
            mass = Z.dtype.type(0.0)
            for j in range(K):
                forward[t, j] *= marginals[t, j]
                mass += forward[t, j]
            scales[t] = 1.0 / mass
            total += np.log(mass)
            for j in range(K):
                forward[t, j] *= scales[t]
        mass = Z.dtype.type(0.0)
        for j in range(K):
            mass += forward[last, j] * weights[j, boundary]
        total += np.log(mass)
        for j in range(K):
            backward[j] = weights[j, boundary] / mass
            pairs[j, boundary] += forward[last, j] * backward[j]
        for t in range(last, first - 1, -1):
            for j in range(K):
                ahead[j] = backward[j] * marginals[t, j] * scales[t]
                marginals[t, j] = forward[t, j] * backward[j]
            if t == first:
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


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def viterbi(Z: Any, A: Any, starts: Any, path: Any, back: Any) -> None:
    """Fill `path` (N,) with the best tags of every sentence; `back` (N, K) is scratch. Ties go to the lower tag."""
    K = Z.shape[1]
    boundary = K
    score = np.empty(K, Z.dtype)
    new = np.empty(K, Z.dtype)
    for s in range(len(starts) - 1):
        first, last = starts[s], starts[s + 1] - 1
        if last < first:
            continue
        for j in range(K):
            score[j] = A[boundary, j] + Z[first, j]
        for t in range(first + 1, last + 1):
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
        for t in range(last, first, -1):
            path[t] = tag
            tag = back[t, tag]
        path[first] = tag
