"""Token features that do not depend on the word type: gazetteers, patterns, and other mentions in the document.

"Jones" may be a person or a firm, and elsewhere the document may say "Jones, who scored twice". The first stage
computes type probabilities of every mention; the second stage has, for each token, the mean probabilities of its other
mentions as features.

References
----------
Chieu & Ng 2003 and Krishnan & Manning 2006 (features of the document, two stages); lecture L5 (the window).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.text.gazetteers import Gazetteer
from fanlight.text.patterns import Patterns, Place

Int = NDArray[np.int64]
Float = NDArray[Any]


def document_feature_width(types: int) -> int:
    """Return the number of document features of a token, given the number of entity types."""
    return types + 1


def gazetteer_feature_width(gazetteer: Gazetteer | None, patterns: Patterns | None) -> int:
    """Return the number of gazetteer and pattern features of a token."""
    return sum(features.width for features in (gazetteer, patterns) if features is not None)


def gazetteer_features(
    gazetteer: Gazetteer | None,
    patterns: Patterns | None,
    keys: Sequence[str],
    sentence_offsets: Int,
    places: Iterable[Place],
) -> NDArray[np.float32] | None:
    """Return the gazetteer features of tokens, then their pattern features; None if there are none.

    Parameters
    ----------
    gazetteer, patterns
    keys : sequence of str
        The tokens' word types.
    sentence_offsets : int array (S+1,)
        First token of each sentence, and the number of tokens.
    places : iterable of Place
        Text and token offsets of each sentence; only consumed if there are patterns.
    """
    features = None if gazetteer is None else gazetteer.features(keys, sentence_offsets)
    return features if patterns is None else concatenate_features(features, patterns.features(places))


def concatenate_features(features: Float | None, others: Float) -> NDArray[np.float32]:
    """Return features (None: no columns) and others side by side."""
    return np.asarray(others if features is None else np.concatenate([features, others], axis=1), np.float32)


def document_features(probabilities: Float, forms: Int, documents: Int) -> NDArray[np.float32]:
    """Return each type's mean probability over the other tokens of the same form in the document.

    Parameters
    ----------
    probabilities : float array (N, T)
        P(token is in an entity of the type), from the first stage.
    forms : int array (N,)
        Number of each token's form.
    documents : int array (N,)
        Index of each token's document.

    Returns
    -------
    float32 array (N, T + 1)
        The means and 1; zeros for tokens without other mentions.

    Examples
    --------
    >>> document_features(np.array([[0.9], [0.0], [0.3]]), np.array([7, 8, 7]), np.zeros(3, int)).round(1).tolist()
    [[0.30000001192092896, 1.0], [0.0, 0.0], [0.8999999761581421, 1.0]]
    """
    out = np.zeros((len(forms), probabilities.shape[1] + 1), np.float32)
    if not len(forms):
        return out
    _, group, sizes = np.unique(documents * (forms.max() + 1) + forms, return_inverse=True, return_counts=True)
    others = sizes[group] - 1
    repeated = others > 0
    out[repeated, -1] = 1
    for column, values in enumerate(probabilities.T):
        sums = np.bincount(group, values)
        out[repeated, column] = (sums[group] - values)[repeated] / others[repeated]
    return out
