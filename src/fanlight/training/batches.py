"""Labelled sentences as flat arrays, and batches of concatenated whole sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
Float = NDArray[np.float32]


@dataclass(frozen=True)
class Encoded:
    """An encoded corpus: N tokens in S sentences.

    Attributes
    ----------
    types : int array (N,)
        The word type of each token.
    contexts : int array (N,)
        The case context of each token (`network.windows`).
    tags : int array (N,), or (N, types) for the logistic head
        The label of each token (`training.labels`).
    sentence_offsets : int array (S+1,)
        First token of each sentence, and N.
    documents : int array (N,)
        Index of each token's document in the corpus.
    features : float array (N, e), optional
        Gazetteer, pattern and document features (`Configuration.evidence_width`).
    """

    types: Int
    contexts: Int
    tags: Int
    sentence_offsets: Int
    documents: Int
    features: Float | None = None

    def __len__(self) -> int:
        return len(self.sentence_offsets) - 1

    def choose(self, sentences: Int) -> Encoded:
        """Return a selection of sentences, in the given order."""
        sentence_offsets = np.zeros(len(sentences) + 1, np.int64)
        np.cumsum(np.diff(self.sentence_offsets)[sentences], out=sentence_offsets[1:])
        rows = self.tokens(sentences)
        features = None if self.features is None else self.features[rows]
        return Encoded(
            self.types[rows], self.contexts[rows], self.tags[rows], sentence_offsets, self.documents[rows], features
        )

    def tokens(self, sentences: Int) -> Int:
        """Return the indices of the tokens of a selection of sentences."""
        lengths = np.diff(self.sentence_offsets)[sentences]
        offsets = np.cumsum(lengths) - lengths
        rows: Int = np.arange(lengths.sum()) + np.repeat(self.sentence_offsets[sentences] - offsets, lengths)
        return rows

    @classmethod
    def concatenate(cls, parts: Sequence[Encoded]) -> Encoded:
        """Concatenate encoded corpora."""
        before = np.cumsum([0, *(part.sentence_offsets[-1] for part in parts)])
        sentence_offsets = [
            np.zeros(1, np.int64),
            *(p.sentence_offsets[1:] + b for p, b in zip(parts, before[:-1], strict=True)),
        ]
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in ("types", "contexts", "tags")
        }
        documents = np.cumsum([0, *(part.documents.max() + 1 for part in parts)])
        arrays["documents"] = np.concatenate([p.documents + d for p, d in zip(parts, documents[:-1], strict=True)])
        features = [part.features for part in parts if part.features is not None]
        return cls(
            sentence_offsets=np.concatenate(sentence_offsets),
            features=np.concatenate(features) if features else None,
            **arrays,
        )


class Part(NamedTuple):
    """Sentences of which each epoch draws a random share.

    Attributes
    ----------
    sentences : int array
        Indices of the sentences.
    share : float
        Share per epoch, in [0, 1].
    """

    sentences: Int
    share: float


def epoch_order(parts: Sequence[Part], rng: np.random.Generator) -> Int:
    """Draw the sentences of an epoch, in random order."""
    drawn = [
        part.sentences
        if part.share >= 1
        else rng.choice(part.sentences, round(part.share * len(part.sentences)), replace=False)
        for part in parts
    ]
    return rng.permutation(np.concatenate(drawn))


def batches(data: Encoded, order: Int, tokens: int) -> Iterator[Encoded]:
    """Yield batches of the sentences `order`; a batch ends with the sentence that reaches `tokens` tokens."""
    filled = np.cumsum(np.diff(data.sentence_offsets)[order])
    begin = 0
    while begin < len(order):
        before = filled[begin - 1] if begin else 0
        end = int(np.searchsorted(filled, before + tokens)) + 1
        yield data.choose(order[begin:end])
        begin = end
