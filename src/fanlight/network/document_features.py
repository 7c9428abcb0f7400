"""Features of a token beside its words: matches in gazetteers and patterns, and its other mentions in the document.

"Jones" alone may be a person or a firm; elsewhere in the document stands "Jones, who scored twice". The first network
reads every mention where it stands; the second reads, for each token, the mean of the others' probabilities.

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
    """Return how many numbers `document_features` gives a token, for so many entity types."""
    return types + 1


def gazetteer_feature_width(gazetteer: Gazetteer | None, patterns: Patterns | None) -> int:
    """Return how many numbers `gazetteer_features` gives a token."""
    return sum(features.width for features in (gazetteer, patterns) if features is not None)


def gazetteer_features(
    gazetteer: Gazetteer | None,
    patterns: Patterns | None,
    keys: Sequence[str],
    sentence_offsets: Int,
    places: Iterable[Place],
) -> NDArray[np.float32] | None:
    """Return the features of tokens from gazetteers, then those from patterns; None where there is neither.

    Parameters
    ----------
    gazetteer, patterns
    keys : sequence of str
        The tokens' word types.
    sentence_offsets : int array (S+1,)
        First token of each sentence, and the number of tokens.
    places : iterable of Place
        Where each sentence's tokens stand; not asked for without patterns.
    """
    features = None if gazetteer is None else gazetteer.features(keys, sentence_offsets)
    return features if patterns is None else concatenate_features(features, patterns.features(places))


def concatenate_features(features: Float | None, others: Float) -> NDArray[np.float32]:
    """Return the features of each token, if there are any, then others."""
    return np.asarray(others if features is None else np.concatenate([features, others], axis=1), np.float32)


def document_features(probabilities: Float, forms: Int, documents: Int) -> NDArray[np.float32]:
    """Return for each token how probable each type is for the other tokens of its form in its document, on average.

    Parameters
    ----------
    probabilities : float array (N, T)
        P(token is in an entity of the type), by the first network.
    forms : int array (N,)
        Equal for tokens that are the same word.
    documents : int array (N,)
        The document of each token.

    Returns
    -------
    float32 array (N, T + 1)
        The means, and 1 if there are other mentions; all 0 if there are none.

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
