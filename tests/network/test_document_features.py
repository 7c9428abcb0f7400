"""Document features are the mean over a word's other mentions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fanlight.network.document_features import document_feature_width, document_features


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30), st.integers(0, 2**32))
def test_evidence_is_the_mean_of_the_other_mentions(tokens, seed):
    forms = np.array([f for f, _ in tokens], np.int64)
    documents = np.array([d for _, d in tokens], np.int64)
    P = np.random.default_rng(seed).random((len(tokens), 3))
    features = document_features(P, forms, documents)
    assert features.shape == (len(tokens), document_feature_width(3))
    for t, token in enumerate(tokens):
        others = [P[s] for s, other in enumerate(tokens) if other == token and s != t]
        expected = [*np.mean(others, axis=0), 1] if others else [0, 0, 0, 0]
        np.testing.assert_allclose(features[t], expected, atol=1e-6)
