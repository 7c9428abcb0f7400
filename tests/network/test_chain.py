"""The linear chain gives what the enumeration of all tag paths gives, compiled or not."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.network import chain
from fanlight.network.chain import (
    ILLEGAL,
    best_paths,
    forward_backward,
    legal_transitions,
    span_probabilities,
    span_probability,
    viterbi,
)


def paths(Z, A):
    """Score every path of one sentence."""
    T, K = Z.shape
    for y in itertools.product(range(K), repeat=T):
        yield y, sum(Z[t, y[t]] for t in range(T)) + sum(A[a, b] for a, b in itertools.pairwise((K, *y, K)))


@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 1000), st.booleans())
def test_the_chain_equals_the_enumeration_of_all_paths(T, K, seed, compiled):
    rng = np.random.default_rng(seed)
    Z, A = rng.normal(size=(T, K)) * 3, rng.normal(size=(K + 1, K + 1))
    messages = forward_backward(Z, A, np.array([0, T]), compiled)
    scored = dict(paths(Z, A))
    total = np.logaddexp.reduce(list(scored.values()))
    assert abs(messages.log_partition - total) < 1e-9
    marginals, pairs = np.zeros((T, K)), np.zeros((K + 1, K + 1))
    for y, score in scored.items():
        share = np.exp(score - total)
        for t, tag in enumerate(y):
            marginals[t, tag] += share
        for a, b in itertools.pairwise((K, *y, K)):
            pairs[a, b] += share
    np.testing.assert_allclose(messages.marginals, marginals, atol=1e-9)
    np.testing.assert_allclose(messages.pairs, pairs, atol=1e-9)
    best = max(scored, key=scored.get)
    assert viterbi(Z, A, np.array([0, T]), compiled).tolist() == list(best)
    start = seed % T
    tags = [int(t) for t in rng.integers(0, K, T - start)]
    share = sum(np.exp(s - total) for y, s in scored.items() if list(y[start:]) == tags)
    assert abs(span_probability(messages, Z, A, start, tags) - share) < 1e-9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_and_plain_agree_over_many_sentences(dtype):
    rng = np.random.default_rng(0)
    sentence_offsets = np.array([0, 3, 3, 4, 30, 60])
    Z, A = rng.normal(size=(60, 9)).astype(dtype) * 4, legal_transitions(("a", "b")).astype(dtype)
    for a, b in zip(
        forward_backward(Z, A, sentence_offsets, True), forward_backward(Z, A, sentence_offsets, False), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=2e-4 if dtype is np.float32 else 1e-9, atol=1e-6)
    np.testing.assert_array_equal(viterbi(Z, A, sentence_offsets, True), viterbi(Z, A, sentence_offsets, False))


def test_probabilities_of_many_spans_are_those_of_each():
    rng = np.random.default_rng(0)
    Z, A = rng.normal(size=(60, 9)) * 4, legal_transitions(("a", "b")).astype(float)
    messages = forward_backward(Z, A, np.array([0, 20, 60]))
    spans = [(0, [4]), (3, [1, 2, 3]), (3, [5, 7]), (18, [1, 3]), (25, [5, 6, 6, 7]), (59, [8]), (40, [1, 5])]
    span_starts, lengths = np.array([start for start, _ in spans]), np.array([len(tags) for _, tags in spans])
    tags = np.array([tag for _, path in spans for tag in path])
    actual = span_probabilities(messages, Z, A, span_starts=span_starts, span_ends=span_starts + lengths, tags=tags)
    expected = [span_probability(messages, Z, A, start, path) for start, path in spans]
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    assert actual[-1] == 0, "B of one type, then of another"


def test_illegal_transitions_have_no_share():
    A = legal_transitions(("x",))
    messages = forward_backward(np.zeros((4, 5), np.float32), A, np.array([0, 4]))
    assert (messages.pairs[A == ILLEGAL] == 0).all()
    assert viterbi(np.eye(5, dtype=np.float32)[[1, 1, 1]] * 9, A, np.array([0, 3])).tolist() != [1, 1, 1]


def test_no_legal_path_is_an_error():
    with pytest.raises(FloatingPointError, match="no finite log-partition"):
        forward_backward(np.zeros((2, 2)), np.full((3, 3), ILLEGAL), np.array([0, 2]))


def test_emissions_far_apart_leave_probabilities_that_are_numbers():
    """A token's best tag may be one that its neighbours forbid, by thousands."""
    Z = np.zeros((3, 5))
    Z[0, 1], Z[1, 0], Z[2, 4] = 5000, 9000, 300  # B, then O: illegal
    A, sentence_offsets = legal_transitions(("",)).astype(float), np.array([0, 3])
    for compiled in (False, True):
        for dtype in (np.float32, np.float64):
            messages = forward_backward(Z.astype(dtype), A, sentence_offsets, compiled)
            np.testing.assert_allclose(messages.marginals.sum(1), 1, rtol=1e-4)
    path = viterbi(Z, A, sentence_offsets)
    assert span_probability(messages, Z, A, 2, path[2:].tolist()) > 0.5


@pytest.mark.parametrize("compiled", [True, False])
def test_no_score_buys_an_illegal_path(compiled):
    Z = 1e5 * np.random.default_rng(1).normal(size=(400, 9))
    A = legal_transitions(("LOC", "PER"))
    path = viterbi(Z, A, np.array([0, 150, 400]), compiled)
    for begin, end in ((0, 150), (150, 400)):
        tags = [9, *path[begin:end].tolist(), 9]
        assert all(A[i, j] == 0 for i, j in itertools.pairwise(tags))


def test_no_score_buys_an_illegal_reading():
    Z = np.zeros((3, 5))
    Z[0, 1], Z[1, 0], Z[2, 2] = 1e5, 1e5, 1e5  # B, O, I: never
    A = legal_transitions(("",)).astype(float)
    actual = best_paths(Z, A, 1000)
    for _, path in actual:
        assert all(A[i, j] == 0 for i, j in itertools.pairwise([5, *path.tolist(), 5]))
    legal = {y: score for y, score in paths(Z, A) if all(A[a, b] == 0 for a, b in itertools.pairwise((5, *y, 5)))}
    assert {tuple(path.tolist()): score for score, path in actual} == legal
    assert best_paths(-Z - 1e5, A, 1)[0][0] < ILLEGAL, "a path is not illegal for being improbable"


@pytest.mark.parametrize("types", [1, 5, 16, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_legal_transitions_alone_give_what_all_give(types, dtype, monkeypatch):
    """The compiled kernels to the bit, the plain forms to rounding; also where paths are equally good."""
    rng = np.random.default_rng(types)
    names = tuple(str(n) for n in range(types))
    sentence_offsets = np.array([0, 1, 1, 12, 14, 60])
    Z = (3 * rng.normal(size=(60, 4 * types + 1))).astype(dtype)
    A = (legal_transitions(names) + rng.normal(size=(4 * types + 2, 4 * types + 2))).astype(dtype)
    for emissions, transitions in ((Z, A), (np.round(Z / 4), np.where(A < ILLEGAL / 2, A, np.round(A)).astype(dtype))):
        results, best = [], []
        for sparse, compiled in itertools.product((True, False), (True, False)):
            with monkeypatch.context() as patch:
                if not sparse:
                    patch.setattr(chain, "DENSE_TAGS", len(transitions))
                    patch.setattr(chain.LegalMoves, "gather", lambda weights, nothing: None)
                results.append(forward_backward(emissions, transitions, sentence_offsets, compiled))
                best.append(viterbi(emissions, transitions, sentence_offsets, compiled))
        for column in zip(*results, strict=True):
            np.testing.assert_array_equal(column[0], column[2])
            for other in column[1:]:
                np.testing.assert_allclose(column[0], other, rtol=2e-3 if dtype is np.float32 else 1e-9, atol=1e-6)
        for path in best[1:]:
            np.testing.assert_array_equal(best[0], path)
