"""Windows: which word types stand around each token, and what its document says about its spelling.

References
----------
Lecture L5: x = [x₋c; …; x₀; …; x₊c], with padding at sentence borders.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]

CONTEXTS = 64  # number of contexts that `word_contexts` tells apart
CONTEXT_PADDING = CONTEXTS  # the context of positions outside the sentence


def windows(ids: Int, starts: Int, radius: int, padding: int) -> Int:
    """Return the id at each window position of each token.

    Parameters
    ----------
    ids : int array (N,)
        One id a token, sentences end to end.
    starts : int array (S+1,)
        First token of each sentence, and N.
    radius : int
        The window reaches from t − radius to t + radius.
    padding : int
        The id of positions outside the sentence.

    Returns
    -------
    int array (2·radius+1, N)

    Examples
    --------
    >>> windows(np.array([5, 6, 7]), np.array([0, 2, 3]), 1, 0).tolist()
    [[0, 5, 0], [5, 6, 7], [6, 0, 0]]
    """
    lengths = np.diff(starts)
    place = np.arange(len(ids)) + radius * np.repeat(np.arange(1, len(starts)), lengths)
    padded = np.full(len(ids) + radius * len(starts), padding, ids.dtype)
    padded[place] = ids
    return np.stack([padded[place + k] for k in range(-radius, radius + 1)])


def word_contexts(sentences: Sequence[Sequence[str]]) -> Int:
    """Return for every token of one document how its word is spelled around it, as a number below `CONTEXTS`.

    The bits: first in its sentence (1); its sentence is all upper (2), titled (4) or both for all lower case; its word
    occurs in lower case in the document (8); capitalised inside an ordinary sentence (16); more than once (32).

    Parameters
    ----------
    sentences : sequence of sequences of str
        The tokens of the document's sentences.
    """
    lower_seen: set[str] = set()
    capital_seen: set[str] = set()
    count: dict[str, int] = {}
    cases = [_sentence_case(tokens) for tokens in sentences]
    folded = [[token.lower() for token in tokens] for tokens in sentences]
    for tokens, forms, case in zip(sentences, folded, cases, strict=True):
        for place, (token, form) in enumerate(zip(tokens, forms, strict=True)):
            count[form] = count.get(form, 0) + 1
            if token == form:
                if case != 6:
                    lower_seen.add(form)
            elif place and case == 0:
                capital_seen.add(form)
    bits = []
    for forms, case in zip(folded, cases, strict=True):
        bits += [
            (place == 0) + case + 8 * (form in lower_seen) + 16 * (form in capital_seen) + 32 * (count[form] > 1)
            for place, form in enumerate(forms)
        ]
    return np.array(bits, np.int64)


def _sentence_case(tokens: Sequence[str]) -> int:
    """Return 0 for ordinary, 2 for upper, 4 for titled, 6 for lower case."""
    words = [token for token in tokens if token[:1].isalpha()]
    if len(words) < 2:
        return 0
    upper = sum(word.isupper() for word in words)
    lower = sum(word.islower() for word in words)
    if upper == len(words):
        return 2
    if lower == len(words):
        return 6
    return 4 if 3 * lower <= len(words) - lower else 0
