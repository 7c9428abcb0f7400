"""What is known of a token beside its words: its marks in names and patterns, and evidence of a first network.

"Jones" alone may be a person or a firm; elsewhere in the document stands "Jones, who scored twice". The first network
reads every mention where it stands, and the second is told, for each token, what the others were taken for on average.

References
----------
Chieu & Ng 2003 and Krishnan & Manning 2006 (document-level evidence, two stages); lecture L5 for the window it joins.
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


def evidence_width(types: int) -> int:
    """Return how many numbers `evidence` gives a token, for so many entity types."""
    return types + 1


def marks_width(gazetteer: Gazetteer | None, patterns: Patterns | None) -> int:
    """Return how many numbers `marks` gives a token."""
    return sum(features.width for features in (gazetteer, patterns) if features is not None)


def marks(
    gazetteer: Gazetteer | None, patterns: Patterns | None, keys: Sequence[str], starts: Int, places: Iterable[Place]
) -> NDArray[np.float32] | None:
    """Return the marks of tokens in gazetteers, then those in patterns; None where there is neither.

    Parameters
    ----------
    gazetteer, patterns
    keys : sequence of str
        The tokens' word types.
    starts : int array (S+1,)
        First token of each sentence, and the number of tokens.
    places : iterable of Place
        Where each sentence's tokens stand; not asked for without patterns.
    """
    named = None if gazetteer is None else gazetteer.marks(keys, starts)
    return named if patterns is None else join(named, patterns.marks(places))


def join(marks: Float | None, document_features: Float) -> NDArray[np.float32]:
    """Return what a second network is told of each token: its marks, if any, then the evidence."""
    return np.asarray(
        document_features if marks is None else np.concatenate([marks, document_features], axis=1), np.float32
    )


def evidence(probabilities: Float, forms: Int, documents: Int) -> NDArray[np.float32]:
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
    >>> evidence(np.array([[0.9], [0.0], [0.3]]), np.array([7, 8, 7]), np.zeros(3, int)).round(1).tolist()
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
