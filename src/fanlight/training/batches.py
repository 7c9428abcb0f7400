"""Labelled sentences as flat arrays, and batches of them: whole sentences end to end, none padded or cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Encoded:
    """A corpus as numbers: N tokens in S sentences.

    Attributes
    ----------
    types : int array (N,)
        The word type of each token.
    contexts : int array (N,)
        Its context (`network.windows`).
    tags : int array (N,)
        Its gold tag.
    starts : int array (S+1,)
        First token of each sentence, and N.
    """

    types: Int
    contexts: Int
    tags: Int
    starts: Int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def choose(self, sentences: Int) -> Encoded:
        """Return the sentences with these numbers, in this order."""
        lengths = np.diff(self.starts)[sentences]
        starts = np.zeros(len(sentences) + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        rows = np.arange(starts[-1]) + np.repeat(self.starts[sentences] - starts[:-1], lengths)
        return Encoded(self.types[rows], self.contexts[rows], self.tags[rows], starts)


def batches(data: Encoded, tokens: int, rng: np.random.Generator) -> Iterator[Encoded]:
    """Yield all sentences in random order, in batches that end once they hold `tokens` tokens."""
    order = rng.permutation(len(data))
    filled = np.cumsum(np.diff(data.starts)[order])
    first = 0
    while first < len(order):
        before = filled[first - 1] if first else 0
        end = int(np.searchsorted(filled, before + tokens)) + 1
        yield data.choose(order[first:end])
        first = end
