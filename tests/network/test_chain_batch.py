"""The chain over many sentences at once gives what it gives for one sentence after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.network import chain, chain_batch
from fanlight.network.chain import ILLEGAL, legal_transitions


@st.composite
def batches(draw):
    types = draw(st.sampled_from([1, 2, 5, 20]))
    lengths = draw(st.lists(st.integers(0, 9), min_size=1, max_size=12))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    K = 4 * types + 1
    Z, A = 3 * rng.normal(size=(sum(lengths), K)), rng.normal(size=(K + 1, K + 1))
    if draw(st.booleans()):  # many paths are equally good
        Z, A = np.round(Z / 4), np.round(A)
    A = A + legal_transitions(tuple(str(n) for n in range(types)))
    return Z.astype(dtype), A.astype(dtype), np.append(0, np.cumsum(lengths))


@given(batches())
def test_paths_are_those_of_each_sentence(batch):
    np.testing.assert_array_equal(chain_batch.viterbi(*batch), chain.viterbi(*batch, compiled=False))


@given(batches(), st.integers(1, 400))
def test_paths_are_the_same_for_any_number_of_sentences_at_once(batch, candidates):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain_batch, "CANDIDATES", candidates)
        np.testing.assert_array_equal(chain_batch.viterbi(*batch), chain.viterbi(*batch, compiled=False))


@given(batches())
def test_messages_are_those_of_each_sentence(batch):
    messages, expected = (
        chain_batch.forward_backward(*batch),
        chain.forward_backward_plain(batch[0], np.exp(batch[1]), batch[2]),
    )
    rtol = 2e-3 if batch[0].dtype == np.float32 else 1e-9
    for name in ("log_partition", "marginals", "forward", "scales"):
        np.testing.assert_allclose(getattr(messages, name), getattr(expected, name), rtol=rtol, atol=1e-6)


def test_no_legal_path_is_an_error():
    with pytest.raises(FloatingPointError, match="no finite log-partition"):
        chain_batch.forward_backward(np.zeros((2, 5)), np.full((6, 6), ILLEGAL), np.array([0, 2]))


def test_no_score_buys_an_illegal_path():
    Z = 1e5 * np.random.default_rng(1).normal(size=(400, 9))
    A = legal_transitions(("LOC", "PER"))
    sentence_offsets = np.array([0, 150, 400])
    path = chain_batch.viterbi(Z, A, sentence_offsets)
    for begin, end in zip(sentence_offsets[:-1], sentence_offsets[1:], strict=True):
        tags = np.concatenate([[9], path[begin:end], [9]])
        assert (A[tags[:-1], tags[1:]] == 0).all()
