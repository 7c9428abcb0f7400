"""Windows of word types around each token, and case contexts: a token's case in its sentence and document.

References
----------
Lecture L5: x = [x₋c; …; x₀; …; x₊c], with padding at sentence boundaries.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]

CONTEXTS = 64  # number of case contexts
CONTEXT_PADDING = CONTEXTS  # the case context of positions outside the sentence


def windows(ids: Int, sentence_offsets: Int, radius: int, padding: int) -> Int:
    """Return the id at each window position of each token.

    Parameters
    ----------
    ids : int array (N,)
        Ids of the tokens of concatenated sentences.
    sentence_offsets : int array (S+1,)
        First token of each sentence, and N.
    radius : int
        The window of token t is t − radius … t + radius.
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
    lengths = np.diff(sentence_offsets)
    place = np.arange(len(ids)) + radius * np.repeat(np.arange(1, len(sentence_offsets)), lengths)
    padded = np.full(len(ids) + radius * len(sentence_offsets), padding, ids.dtype)
    padded[place] = ids
    return np.stack([padded[place + k] for k in range(-radius, radius + 1)])


def word_contexts(sentences: Sequence[Sequence[str]]) -> Int:
    """Return the case context of every token of one document, as bits below `CONTEXTS`.

    The bits: the token is first in its sentence (1); the sentence is in upper case (2), title case (4) or lower case
    (6); the word occurs in the document in lower case (8), capitalised inside an ordinary sentence (16), repeatedly
    (32).

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


def corpus_contexts(words: Sequence[str], ids: Int, sentence_offsets: Int, documents: Int) -> Int:
    """Return the `word_contexts` of many documents.

    Parameters
    ----------
    words : sequence of str
        The distinct tokens.
    ids, documents : int array (N,)
        Index of each token in `words`, and of its document.
    sentence_offsets : int array (S+1,)
        First token of each sentence, and N.
    """
    if not len(ids):
        return np.zeros(0, np.int64)
    forms: dict[str, int] = {}
    form = np.array([forms.setdefault(word.lower(), len(forms)) for word in words])[ids]
    lower_case = np.array([word == word.lower() for word in words])[ids]
    letters, upper, lower = (
        _sums(np.array([word[:1].isalpha() and of(word) for word in words])[ids], sentence_offsets)
        for of in (bool, str.isupper, str.islower)
    )
    mixed = np.where(3 * lower <= letters - lower, 4, 0)
    cases = np.where(letters < 2, 0, np.where(upper == letters, 2, np.where(lower == letters, 6, mixed)))
    lengths = np.diff(sentence_offsets)
    case = np.repeat(cases, lengths)
    place = np.arange(len(ids)) - np.repeat(sentence_offsets[:-1], lengths)
    _, mention, counts = np.unique(documents * len(forms) + form, return_inverse=True, return_counts=True)
    lower_seen = np.bincount(mention[lower_case & (case != 6)], minlength=len(counts)) > 0
    capital_seen = np.bincount(mention[~lower_case & (place > 0) & (case == 0)], minlength=len(counts)) > 0
    bits = 8 * lower_seen + 16 * capital_seen + 32 * (counts > 1)
    contexts: Int = (place == 0) + case + bits[mention]
    return contexts


def _sums(values: NDArray[np.bool_], sentence_offsets: Int) -> Int:
    """Return the number of true values in each sentence."""
    before = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=before[1:])
    sums: Int = before[sentence_offsets[1:]] - before[sentence_offsets[:-1]]
    return sums


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
