"""The fast path's chain against the plain one."""

import numpy as np
import pytest
from numba import njit

from fanlight.engine import chain as chain_kernels
from fanlight.engine.chain import Chain
from fanlight.engine.scratch import Scratch
from fanlight.network import chain


def laid_out(Z, types):
    """Return emissions and legal transitions as the kernels want them."""
    A, where = chain.legal_transitions(tuple(str(n) for n in range(types))), chain_kernels.columns(types)
    scratch = Scratch.of(len(Z), 32, 1, types)
    scratch.Z[:] = chain_kernels.NEVER
    scratch.Z[: len(Z), where] = Z
    scores = Chain.of(A, types, chain_kernels.NEVER)
    return A, where, scratch, scores


@njit
def best(n, scores, scratch):
    chain_kernels.best_path(0, n, scores, scratch)


@pytest.mark.parametrize("gap", [3, 1e5])
@pytest.mark.parametrize("types", [1, 2, 5, 9, 40])
def test_the_best_path_is_the_plain_one_and_legal(types, gap):
    rng = np.random.default_rng(1)
    for n in (1, 2, 3, 40):
        Z = (gap * rng.normal(size=(n, 4 * types + 1))).astype(np.float32)
        A, where, scratch, scores = laid_out(Z, types)
        best(n, scores, scratch)
        path = np.argsort(where)[scratch.path[:n]]
        np.testing.assert_array_equal(path, chain.viterbi(Z, A, np.array([0, n])))
        K = len(where)
        assert all(A[i, j] == 0 for i, j in zip([K, *path], [*path, K], strict=True))


@njit
def certain(n, weights, scratch):
    chain_kernels.messages(0, n, 0, n - 1, weights, scratch)
    return chain_kernels.probability(weights, 0, n, scratch)


def test_the_probability_of_an_entity_of_hundreds_of_tokens_is_the_plain_one():
    rng, n, types = np.random.default_rng(1), 480, 5
    Z = rng.normal(size=(n, 4 * types + 1)).astype(np.float32)
    Z[:, 2], Z[0, 1], Z[-1, 3] = 6, 6, 6  # B, I … I, E
    A, where, scratch, _ = laid_out(Z, types)
    tags = [1, *[2] * (n - 2), 3]
    scratch.path[:n] = where[tags]
    actual = certain(n, Chain.of(np.exp(A.astype(np.float64)), types, 0), scratch)
    exact = Z.astype(np.float64)
    messages = chain.forward_backward(exact, A, np.array([0, n]))
    expected = chain.span_probability(messages, exact, A, 0, tags)
    assert 0.01 < expected < 0.99
    assert actual == pytest.approx(expected, abs=1e-9)
