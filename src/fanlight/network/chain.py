"""The linear chain over tags: log-partition, marginals, best path, span probabilities.

The score of a tag path is the sum of its emissions and transitions, ``sum_t Z[t, y_t] + sum_t A[y_{t-1}, y_t]``; row
and column K of A (K+1, K+1) stand for the boundary before the first and after the last token. Sentences are
concatenated in the rows of Z (N, K) without padding: sentence s has the rows
``sentence_offsets[s]:sentence_offsets[s + 1]``.

If A forbids all transitions that are illegal in BIOES, only the legal ones are computed: of T types, (2T + 1)² from
closing tags (O, E, S) to opening tags (O, B, S), and 4 within each type.

References
----------
Lecture L3; Lafferty et al. 2001; Collobert et al. 2011, section 3.3.2 (sentence log-likelihood).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.entities.bioes import TagSet

Float = NDArray[Any]
Int = NDArray[np.int64]

ILLEGAL = -1e4  # score of an illegal transition: its exp is zero in float32 and float64
FLOORS = {4: -80.0, 8: -600.0}  # lowest emission relative to the token's highest, by itemsize, so that exp > 0
DENSE_TAGS = 64  # up to this many tags, NumPy computes one dense product faster than several small ones
COMPILED_FROM = 4096  # tokens; with fewer, NumPy takes less time than importing the compiler


class Messages(NamedTuple):
    """Result of a forward-backward pass over N tokens, K tags.

    Attributes
    ----------
    log_partition : float
        Sum over sentences of log sum_paths exp(score).
    marginals : float array (N, K)
        P(tag at token | sentence).
    pairs : float array (K+1, K+1)
        Expected number of each transition.
    forward : float array (N, K)
        Forward messages, each row summing to one.
    scales : float array (N,)
        Factor by which each row was multiplied for that.
    """

    log_partition: float
    marginals: Float
    pairs: Float
    forward: Float
    scales: Float


class LegalMoves(NamedTuple):
    """Weights or scores of transitions between types: from C closing tags (O, E, S) to C opening tags (O, B, S).

    Attributes
    ----------
    closing, opening : int array (C,)
        The tags, in order.
    between : float array (C, C)
    transposed : float array (C, C)
    counts : float array (C, C)
        Zeros, which `chain_kernels.forward_backward_bioes` adds to.
    """

    closing: Int
    opening: Int
    between: Float
    transposed: Float
    counts: Float

    @classmethod
    def of(cls, weights: Float) -> LegalMoves:
        """Build from the weights of all transitions (K+1, K+1)."""
        closing, opening = _ends_of(len(weights) // 4)
        between = weights[np.ix_(closing, opening)]
        return cls(closing, opening, between, np.ascontiguousarray(between.T), np.zeros_like(between))

    @classmethod
    def gather(cls, weights: Float, nothing: float) -> LegalMoves | None:
        """Build by a kernel; return None unless all illegal transitions have the weight `nothing`."""
        from fanlight.network import chain_kernels

        if not _has_bioes_shape(weights):
            return None
        closing, opening = _ends_of(len(weights) // 4)
        C, dtype = len(closing), weights.dtype
        legal = cls(closing, opening, np.empty((C, C), dtype), np.empty((C, C), dtype), np.zeros((C, C), dtype))
        return legal if chain_kernels.gather(weights, _illegal(len(weights) // 4), nothing, legal) else None


def forward_backward(Z: Float, A: Float, sentence_offsets: Int, compiled: bool | None = None) -> Messages:
    """Compute the forward and backward messages of every sentence.

    Parameters
    ----------
    Z : float array (N, K)
        Emissions.
    A : float array (K+1, K+1)
        Transitions; index K is the boundary. Illegal transitions have the score `ILLEGAL`.
    sentence_offsets : int array (S+1,)
        First row of each sentence, and N.
    compiled : bool, optional
        Whether to run the kernels; by default if there are many tokens.

    Raises
    ------
    FloatingPointError
        No legal path exists, or a score is not a number.
    """
    weights = np.exp(np.asarray(A, Z.dtype))
    if len(Z) >= COMPILED_FROM if compiled is None else compiled:
        from fanlight.network import chain_kernels

        marginals, forward = np.empty_like(Z), np.empty_like(Z)
        scales, pairs = np.empty(len(Z), Z.dtype), np.zeros_like(weights)
        legal = LegalMoves.gather(weights, 0.0)
        out = marginals, forward, scales, pairs
        if legal is not None:
            total = chain_kernels.forward_backward_bioes(Z, weights, sentence_offsets, legal, *out)
        else:
            total = chain_kernels.forward_backward(Z, weights, sentence_offsets, *out)
        messages = Messages(total, marginals, pairs, forward, scales)
    else:
        with np.errstate(all="ignore"):  # an overflow makes the log-partition infinite
            messages = forward_backward_plain(Z, weights, sentence_offsets)
    if not np.isfinite(messages.log_partition):
        raise FloatingPointError("the linear chain has no finite log-partition: scores overflow or no path is legal")
    return messages


def viterbi(Z: Float, A: Float, sentence_offsets: Int, compiled: bool | None = None) -> Int:
    """Return the tags (N,) of the best paths; ties go to the path with lower tags at the end.

    The parameters are those of `forward_backward`.

    Examples
    --------
    >>> viterbi(np.array([[0.0, 1.0], [0.0, 1.0]]), np.zeros((3, 3)), np.array([0, 2])).tolist()
    [1, 1]
    """
    A = forbid_illegal(A).astype(Z.dtype)
    path = np.zeros(len(Z), np.int64)
    if len(Z) >= COMPILED_FROM if compiled is None else compiled:
        from fanlight.network import chain_kernels

        back = np.empty(Z.shape, np.int16)
        legal = LegalMoves.gather(A, -np.inf)
        if legal is not None:
            chain_kernels.viterbi_bioes(Z, A, sentence_offsets, legal, path, back)
        else:
            chain_kernels.viterbi(Z, A, sentence_offsets, path, back)
        return path
    K = Z.shape[1]
    moves = _moves_of(A, -np.inf)
    back = np.empty(Z.shape, np.int64)
    for begin, end in zip(sentence_offsets[:-1].tolist(), sentence_offsets[1:].tolist(), strict=True):
        if begin == end:
            continue
        score = A[K, :K] + Z[begin]
        for t in range(begin + 1, end):
            score, back[t] = moves.best(score)
            score = score + Z[t]
        tag = int((score + A[:K, K]).argmax())
        for t in range(end - 1, begin, -1):
            path[t] = tag
            tag = back[t, tag]
        path[begin] = tag
    return path


def best_paths(Z: Float, A: Float, count: int) -> list[tuple[float, Int]]:
    """Return up to `count` best legal tag paths of one sentence and their scores, best first.

    Each tag has a list of its `count` best predecessors (list Viterbi: Seshadri & Sundberg 1994).

    Examples
    --------
    >>> [path.tolist() for _, path in best_paths(np.array([[0.0, 1.0], [0.0, 3.0]]), np.zeros((3, 3)), 2)]
    [[1, 1], [0, 1]]
    """
    n, K = Z.shape
    A = forbid_illegal(A)
    scores = np.full((K, count), -np.inf)
    scores[:, 0] = A[K, :K] + Z[0]
    back = np.zeros((n, K, count), np.int64)  # tag * count + rank of the predecessor
    for t in range(1, n):
        ways = (scores[:, :, None] + A[:K, None, :K]).reshape(K * count, K)
        back[t] = np.argsort(-ways, axis=0, kind="stable")[:count].T
        scores = np.take_along_axis(ways, back[t].T, axis=0).T + Z[t][:, None]
    last = (scores + A[:K, K][:, None]).ravel()
    paths = []
    for way in np.argsort(-last, kind="stable")[:count].tolist():
        if last[way] == -np.inf:
            break
        path, place = np.empty(n, np.int64), way
        for t in range(n - 1, -1, -1):
            path[t] = place // count
            place = int(back[t, place // count, place % count])
        paths.append((float(last[way]), path))
    return paths


def span_probability(messages: Messages, Z: Float, A: Float, start: int, tags: Sequence[int]) -> float:
    """Return P(the tokens from `start` have exactly `tags` | sentence)."""
    opening = tags[0]
    value = float(messages.marginals[start, opening])
    # conditional on each tag, the next: forward and backward messages meet at the last tag, so walk by ratios
    for step, (before, tag) in enumerate(pairwise(tags), start + 1):
        if messages.marginals[step - 1, before] == 0 or messages.forward[step, tag] == 0:
            return 0.0
        backward = messages.marginals[step, tag] / messages.forward[step, tag]
        before_backward = messages.marginals[step - 1, before] / messages.forward[step - 1, before]
        emission = np.exp(max(Z[step, tag] - Z[step].max(), FLOORS[Z.itemsize])) * messages.scales[step]
        value *= float(np.exp(A[before, tag]) * emission * backward / before_backward)
    return min(value, 1.0)


def span_probabilities(
    messages: Messages, Z: Float, A: Float, *, span_starts: Int, span_ends: Int, tags: Int
) -> NDArray[np.float64]:
    """Return `span_probability` of many spans at once.

    Parameters
    ----------
    messages, Z, A
        As in `span_probability`.
    span_starts, span_ends : int array (n,)
        First token of each span, and the token after its last.
    tags : int array
        The tags of all spans' tokens, concatenated.
    """
    lengths = span_ends - span_starts
    begins = np.cumsum(lengths) - lengths
    values: NDArray[np.float64] = messages.marginals[span_starts, tags[begins]].astype(np.float64)
    inner = np.ones(len(tags), bool)
    inner[begins] = False
    owner = np.repeat(np.arange(len(span_starts)), lengths)[inner]
    step = (np.arange(len(tags)) + np.repeat(span_starts - begins, lengths))[inner]
    before, tag = tags[np.flatnonzero(inner) - 1], tags[inner]
    with np.errstate(divide="ignore", invalid="ignore"):
        backward = messages.marginals[step, tag] / messages.forward[step, tag]
        before_backward = messages.marginals[step - 1, before] / messages.forward[step - 1, before]
        emission = np.exp(np.maximum(Z[step, tag] - Z[step].max(1), FLOORS[Z.itemsize])) * messages.scales[step]
        shares = np.exp(A[before, tag]) * emission * backward / before_backward
    shares[(messages.marginals[step - 1, before] == 0) | (messages.forward[step, tag] == 0)] = 0
    np.multiply.at(values, owner, shares)
    np.minimum(values, 1.0, out=values)
    return values


@lru_cache(maxsize=8)
def legal_transitions(types: tuple[str, ...]) -> Float:
    """Return scores (K+1, K+1): 0 for transitions that are legal in BIOES, else `ILLEGAL`; index K is the boundary."""
    A = np.where(TagSet(types).legal_transitions, np.float32(0), np.float32(ILLEGAL))
    A.flags.writeable = False
    return A


def forbid_illegal(A: Float) -> Float:
    """Return transitions with -inf for the illegal ones."""
    return np.where(A < ILLEGAL / 2, -np.inf, A)


class _Moves:
    """The steps along a sentence, with a dense matrix of transition weights or scores (K+1, K+1)."""

    def __init__(self, weights: Float) -> None:
        self._weights = weights[:-1, :-1]

    def forward(self, message: Float) -> Float:
        """Return message (K,) @ weights."""
        return message @ self._weights

    def backward(self, message: Float) -> Float:
        """Return weights @ message (K,)."""
        return self._weights @ message

    def best(self, scores: Float) -> tuple[Float, Int]:
        """Return the best score (K,) of each tag and its predecessor, given the scores (K,) of the tags before."""
        candidates = scores[:, None] + self._weights
        return candidates.max(0), candidates.argmax(0)

    def pairs(self, forward: Float, ahead: Float) -> Float:
        """Return a sentence's expected transition counts (K, K), given the messages (n - 1, K) on both sides."""
        return (forward.T @ ahead) * self._weights


class _SparseMoves(_Moves):
    """The steps along a sentence, with legal transitions only."""

    def __init__(self, weights: Float) -> None:
        super().__init__(weights)
        self._closing, self._opening, self._between, _, _ = LegalMoves.of(weights)
        begin = 4 * np.arange(len(weights) // 4) + 1
        steps = ((begin + i, begin + j) for i in (0, 1) for j in (1, 2))  # from B and I to I and E
        self._within = [(i, j, self._weights[i, j]) for i, j in steps]

    def forward(self, message: Float) -> Float:
        out = np.zeros_like(message)
        out[self._opening] = message[self._closing] @ self._between
        for i, j, weights in self._within:
            out[j] += message[i] * weights
        return out

    def backward(self, message: Float) -> Float:
        out = np.zeros_like(message)
        out[self._closing] = self._between @ message[self._opening]
        for i, j, weights in self._within:
            out[i] += weights * message[j]
        return out

    def best(self, scores: Float) -> tuple[Float, Int]:
        best, origin = np.full_like(scores, -np.inf), np.zeros(len(scores), np.int64)
        candidates = scores[self._closing][:, None] + self._between
        best[self._opening], origin[self._opening] = candidates.max(0), self._closing[candidates.argmax(0)]
        for i, j, weights in self._within:
            score = scores[i] + weights
            better = score > best[j]
            best[j], origin[j] = np.where(better, score, best[j]), np.where(better, i, origin[j])
        return best, origin

    def pairs(self, forward: Float, ahead: Float) -> Float:
        out = np.zeros_like(self._weights)
        between = (forward[:, self._closing].T @ ahead[:, self._opening]) * self._between
        out[np.ix_(self._closing, self._opening)] = between
        for i, j, weights in self._within:
            out[i, j] = (forward[:, i] * ahead[:, j]).sum(0) * weights
        return out


def _moves_of(weights: Float, nothing: float) -> _Moves:
    """Return sparse steps for many tags if all illegal transitions have the weight `nothing`, else dense steps."""
    return _SparseMoves(weights) if len(weights) > DENSE_TAGS and _is_sparse(weights, nothing) else _Moves(weights)


def _is_sparse(weights: Float, nothing: float) -> bool:
    """Tell whether all illegal transitions have the weight or score `nothing`."""
    return _has_bioes_shape(weights) and bool((weights[_illegal(len(weights) // 4)] == nothing).all())


def _has_bioes_shape(weights: Float) -> bool:
    return len(weights) % 4 == 2


@lru_cache(maxsize=8)
def _illegal(types: int) -> NDArray[np.bool_]:
    """Return a mask (K+1, K+1) of the illegal transitions; those of the boundary are not in it."""
    illegal = ~TagSet([str(n) for n in range(types)]).legal_transitions
    illegal[-1], illegal[:, -1] = False, False
    return illegal


@lru_cache(maxsize=8)
def _ends_of(types: int) -> tuple[Int, Int]:
    """Return the closing tags and the opening tags, in order."""
    of_types = 4 * np.arange(types)[:, None]
    closing, opening = (np.append(0, (of_types + np.array(roles)).ravel()) for roles in ((3, 4), (1, 4)))
    return closing, opening


def forward_backward_plain(Z: Float, weights: Float, sentence_offsets: Int) -> Messages:
    """Plain reference of `chain_kernels.forward_backward`."""
    K = Z.shape[1]
    forward, marginals, ahead = np.empty_like(Z), np.empty_like(Z), np.empty_like(Z)
    scales, pairs = np.empty(len(Z), Z.dtype), np.zeros_like(weights)
    tops = Z.max(1)
    emissions = np.exp(np.maximum(Z - tops[:, None], Z.dtype.type(FLOORS[Z.itemsize])))
    total = float(tops.sum(dtype=np.float64))
    moves = _moves_of(weights, 0)
    for begin, end in zip(sentence_offsets[:-1].tolist(), sentence_offsets[1:].tolist(), strict=True):
        if begin == end:
            continue
        message = weights[K, :K]
        for t in range(begin, end):
            message = (message if t == begin else moves.forward(message)) * emissions[t]
            mass = message.sum()
            scales[t] = 1 / mass
            total += float(np.log(mass))
            forward[t] = message = message * scales[t]
        mass = message @ weights[:K, K]
        total += float(np.log(mass))
        backward = weights[:K, K] / mass
        pairs[:K, K] += message * backward
        for t in range(end - 1, begin - 1, -1):
            marginals[t] = forward[t] * backward
            ahead[t] = backward * emissions[t] * scales[t]
            if t > begin:
                backward = moves.backward(ahead[t])
        pairs[K, :K] += weights[K, :K] * ahead[begin]
        pairs[:K, :K] += moves.pairs(forward[begin : end - 1], ahead[begin + 1 : end])
    return Messages(total, marginals, pairs, forward, scales)
