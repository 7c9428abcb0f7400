"""The linear chain over many sentences at once, in NumPy: step t runs for all sentences that have a token t.

The functions are those of `network.chain`, restricted to the legal transitions of BIOES: from any closing tag (E, O, S)
to any opening tag (O, B, S), and from B and I of a type to its I and E.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.network.chain import FLOORS, LegalMoves, Messages, forbid_illegal

Float = NDArray[Any]
Int = NDArray[np.int64]

CANDIDATES = 1 << 21  # transition scores per comparison


class _Batch(NamedTuple):
    """Sentences sorted by decreasing length: first row of each, and number of sentences with a token at each step."""

    begins: Int
    active: Int

    @classmethod
    def of(cls, sentence_offsets: Int) -> _Batch:
        lengths = np.diff(sentence_offsets)
        order = np.argsort(-lengths, kind="stable")
        order = order[lengths[order] > 0]
        steps = int(lengths.max(initial=0))
        active = np.searchsorted(-lengths[order], -np.arange(steps), "left")
        return cls(sentence_offsets[order], active.astype(np.int64))


def viterbi(Z: Float, A: Float, sentence_offsets: Int) -> Int:
    """Return the tags (N,) of the best paths; see `network.chain.viterbi`."""
    A = forbid_illegal(A).astype(Z.dtype)
    path = np.zeros(len(Z), np.int64)
    K = Z.shape[1]
    size = max(1, CANDIDATES // (K // 2) ** 2)
    for begin in range(0, len(sentence_offsets) - 1, size):
        part = sentence_offsets[begin : begin + size + 1]
        _viterbi(Z, A, _Batch.of(part), path)
    return path


def _viterbi(Z: Float, A: Float, batch: _Batch, path: Int) -> None:
    if not len(batch.begins):
        return
    K, moves, begins = Z.shape[1], _Moves(A), batch.begins
    origins = [np.empty((0, K), np.int64)]
    scores = A[K, :K] + Z[begins]
    for t, count in enumerate(batch.active[1:].tolist(), 1):
        best, origin = moves.best(scores[:count])
        scores[:count] = best + Z[begins[:count] + t]
        origins.append(origin)
    tags = (scores + A[:K, K]).argmax(1)
    for t in range(len(batch.active) - 1, -1, -1):
        count = int(batch.active[t])
        path[begins[:count] + t] = tags[:count]
        if t:
            tags[:count] = origins[t][np.arange(count), tags[:count]]


def forward_backward(Z: Float, A: Float, sentence_offsets: Int) -> Messages:
    """Compute messages; see `network.chain.forward_backward`. ``pairs`` are zeros.

    Raises
    ------
    FloatingPointError
        No legal path exists, or a score is not a number.
    """
    weights = np.exp(np.asarray(A, Z.dtype))
    K = Z.shape[1]
    batch, moves = _Batch.of(sentence_offsets), _Moves(weights)
    begins = batch.begins
    forward, marginals = np.empty_like(Z), np.empty_like(Z)
    scales = np.empty(len(Z), Z.dtype)
    tops = Z.max(1, initial=-np.inf)
    with np.errstate(all="ignore"):  # an overflow makes the log-partition infinite
        emissions = np.exp(np.maximum(Z - tops[:, None], Z.dtype.type(FLOORS[Z.itemsize])))
        message = np.broadcast_to(weights[K, :K], (len(begins), K))
        masses = np.ones(len(Z), Z.dtype)
        last = np.empty((len(begins), K), Z.dtype)
        for t, count in enumerate(batch.active.tolist()):
            rows = begins[:count] + t
            message = (moves.forward(message[:count]) if t else message) * emissions[rows]
            masses[rows] = mass = message.sum(1)
            scales[rows] = 1 / mass
            forward[rows] = message = message * scales[rows, None]
            last[:count] = message
        ends = (last * weights[:K, K]).sum(1)
        backward = weights[:K, K] / ends[:, None]
        for t in range(len(batch.active) - 1, -1, -1):
            count = int(batch.active[t])
            rows = begins[:count] + t
            marginals[rows] = forward[rows] * backward[:count]
            if t:
                ahead = backward[:count] * emissions[rows] * scales[rows, None]
                backward[:count] = moves.backward(ahead)
        total = float(tops.sum(dtype=np.float64) + np.log(masses).sum() + np.log(ends).sum())
    if not np.isfinite(total):
        raise FloatingPointError("the linear chain has no finite log-partition: scores overflow or no path is legal")
    return Messages(total, marginals, np.zeros_like(weights), forward, scales)


class _Moves:
    """The steps of S sentences, with the legal transitions among weights or scores (K+1, K+1)."""

    def __init__(self, weights: Float) -> None:
        self._closing, self._opening, self._between, _, _ = LegalMoves.of(weights)
        begin = 4 * np.arange(len(weights) // 4) + 1
        steps = ((begin + i, begin + j) for j in (1, 2) for i in (0, 1))  # from B and I to I and E
        self._within = [(i, j, weights[i, j]) for i, j in steps]

    def forward(self, message: Float) -> Float:
        """Return message (S, K) @ weights."""
        out = np.zeros_like(message)
        out[:, self._opening] = message[:, self._closing] @ self._between
        for i, j, weights in self._within:
            out[:, j] += message[:, i] * weights
        return out

    def backward(self, message: Float) -> Float:
        """Return message (S, K) @ weights.T."""
        out = np.zeros_like(message)
        out[:, self._closing] = message[:, self._opening] @ self._between.T
        for i, j, weights in self._within:
            out[:, i] += message[:, j] * weights
        return out

    def best(self, scores: Float) -> tuple[Float, Int]:
        """Return the best score (S, K) of each tag and its predecessor, given the scores of the tags before."""
        best, origin = np.full_like(scores, -np.inf), np.zeros(scores.shape, np.int64)
        candidates = scores[:, None, self._closing] + self._between.T
        which = candidates.argmax(2)
        best[:, self._opening] = np.take_along_axis(candidates, which[..., None], 2)[..., 0]
        origin[:, self._opening] = self._closing[which]
        for i, j, weights in self._within:
            score = scores[:, i] + weights
            better = score > best[:, j]
            best[:, j], origin[:, j] = np.where(better, score, best[:, j]), np.where(better, i, origin[:, j])
        return best, origin
