"""Concatenated tokens of texts and of tokenised sentences, for the plain engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.text.features import character_form, character_keys
from fanlight.text.normalisation import normalise_word
from fanlight.text.patterns import Place
from fanlight.text.sentences import segment

if TYPE_CHECKING:
    from fanlight.corpus.sentence import Sentence

Int = NDArray[np.int64]


class Tokens(NamedTuple):
    """N tokens of S sentences, concatenated.

    Attributes
    ----------
    texts : list of str
        The texts that contain the sentences.
    words, keys : list of str (N,)
        The tokens in normal form, and their word types (`text.features`).
    token_starts, token_ends : int64 array (N,)
        Offsets in the sentence's text in code points.
    sentences : int64 array (S + 1,)
        First token of each sentence, and N.
    sentence_texts : list of int (S,)
        Index of each sentence's text.
    documents : int64 array (N,)
        Index of each token's document.
    """

    texts: Sequence[str]
    words: list[str]
    keys: list[str]
    token_starts: Int
    token_ends: Int
    sentences: Int
    sentence_texts: list[int]
    documents: Int

    def places(self) -> Iterator[Place]:
        """Yield text, token starts and token ends of each sentence, as `gazetteer_features` takes them."""
        token_starts, token_ends = self.token_starts.tolist(), self.token_ends.tolist()
        for text, (begin, end) in zip(self.sentence_texts, pairwise(self.sentences.tolist()), strict=True):
            yield self.texts[text], token_starts[begin:end], token_ends[begin:end]


def forms_of(tokens: Iterable[str], unit: str) -> list[str]:
    """Return the normal forms of tokens, from which features are computed."""
    return list(map(normalise_word if unit == "word" else character_form, tokens))


def read_texts(texts: Sequence[str], unit: str) -> Tokens:
    """Split texts (one document each) into sentences and tokens."""
    words: list[str] = []
    keys: list[str] = []
    columns: list[tuple[Int, Int]] = []
    sentences, owners, counts = [np.zeros(1, np.int64)], [], []
    for d, text in enumerate(texts):
        token_starts, token_ends, offsets = segment(text, unit)
        begins, stops = token_starts.tolist(), token_ends.tolist()
        forms = forms_of((text[s:e] for s, e in zip(begins, stops, strict=True)), unit)
        sentences.append(offsets[1:] + len(words))
        owners += [d] * (len(offsets) - 1)
        counts.append(len(forms))
        words += forms
        keys += forms if unit == "word" else character_keys(text, begins, stops)
        columns.append((token_starts, token_ends))
    empty = np.zeros(0, np.int64)
    token_starts, token_ends = (np.concatenate([empty, *(column[side] for column in columns)]) for side in (0, 1))
    documents = np.repeat(np.arange(len(texts)), counts) if counts else empty
    return Tokens(texts, words, keys, token_starts, token_ends, np.concatenate(sentences), owners, documents)


def read_sentences(documents: Sequence[Sequence[Sentence]], unit: str) -> Tokens:
    """Concatenate documents of tokenised sentences."""
    sentences = [sentence for document in documents for sentence in document]
    words = forms_of((token for sentence in sentences for token in sentence.tokens), unit)
    if unit == "word":
        keys = words
    else:
        keys = [key for s in sentences for key in character_keys(s.text, s.token_starts, s.token_ends)]
    offsets = np.cumsum([0, *(len(s.token_starts) for s in sentences)])
    token_starts = np.array([place for s in sentences for place in s.token_starts], np.int64)
    token_ends = np.array([place for s in sentences for place in s.token_ends], np.int64)
    owners = np.repeat(
        np.arange(len(documents)), [sum(len(s.token_starts) for s in document) for document in documents]
    )
    return Tokens(
        [s.text for s in sentences], words, keys, token_starts, token_ends, offsets, list(range(len(sentences))), owners
    )
