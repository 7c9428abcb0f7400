"""Labelled sentences as flat arrays, and batches of them: whole sentences end to end, none padded or cut."""

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
    """A corpus as numbers: N tokens in S sentences.

    Attributes
    ----------
    types : int array (N,)
        The word type of each token.
    contexts : int array (N,)
        Its context (`network.windows`).
    tags : int array (N,), or (N, types) for the logistic head
        Its label (`training.labels`).
    sentence_offsets : int array (S+1,)
        First token of each sentence, and N.
    documents : int array (N,)
        Its document, counted through the corpus.
    features : float array (N, e), optional
        Document features and those of gazetteers and patterns, of each token (`Configuration.evidence_width`).
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
        """Return the sentences with these numbers, in this order."""
        sentence_offsets = np.zeros(len(sentences) + 1, np.int64)
        np.cumsum(np.diff(self.sentence_offsets)[sentences], out=sentence_offsets[1:])
        rows = self.tokens(sentences)
        features = None if self.features is None else self.features[rows]
        return Encoded(
            self.types[rows], self.contexts[rows], self.tags[rows], sentence_offsets, self.documents[rows], features
        )

    def tokens(self, sentences: Int) -> Int:
        """Return the numbers of the tokens of some sentences, in their order."""
        lengths = np.diff(self.sentence_offsets)[sentences]
        offsets = np.cumsum(lengths) - lengths
        rows: Int = np.arange(lengths.sum()) + np.repeat(self.sentence_offsets[sentences] - offsets, lengths)
        return rows

    @classmethod
    def concatenate(cls, parts: Sequence[Encoded]) -> Encoded:
        """Lay several end to end."""
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
    """Sentences of which each epoch takes a random share.

    Attributes
    ----------
    sentences : int array
        Their numbers.
    share : float
        In [0, 1].
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
    """Yield sentences in the order of their numbers, in batches that end once they hold `tokens` tokens."""
    filled = np.cumsum(np.diff(data.sentence_offsets)[order])
    begin = 0
    while begin < len(order):
        before = filled[begin - 1] if begin else 0
        end = int(np.searchsorted(filled, before + tokens)) + 1
        yield data.choose(order[begin:end])
        begin = end
