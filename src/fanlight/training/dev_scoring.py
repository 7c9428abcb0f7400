"""Dev-set scoring: scores of networks on a dev set, and the probabilities of the entities they predict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fanlight.entities.scores import Scores, score_spans
from fanlight.network.decoding import Network
from fanlight.network.inputs import WordTypes
from fanlight.training.batches import Encoded

Int = NDArray[np.int64]
Float = NDArray[np.float32]


@dataclass(frozen=True)
class DevSet:
    """An encoded dev set; predicted entities of types that it does not mark are not counted."""

    types: WordTypes
    forms: Int
    padding: int
    data: Encoded
    gold: list[tuple[int, int, str]]
    unmarked: frozenset[str]

    def choose(self, most: int) -> DevSet:
        """Return at most `most` of the sentences, evenly spread."""
        sentences = np.unique(np.linspace(0, len(self.data) - 1, min(most, len(self.data))).astype(np.int64))
        first_tokens = dict(zip(self.data.sentence_offsets[sentences].tolist(), sentences.tolist(), strict=True))
        data = self.data.choose(sentences)
        moved = dict(zip(first_tokens, data.sentence_offsets[:-1].tolist(), strict=True))
        owners = self.data.sentence_offsets[
            np.searchsorted(self.data.sentence_offsets, [s for s, _, _ in self.gold], "right") - 1
        ].tolist()
        gold = [
            (s + moved[begin] - begin, e + moved[begin] - begin, type_)
            for (s, e, type_), begin in zip(self.gold, owners, strict=True)
            if begin in moved
        ]
        return replace(self, data=data, gold=gold)

    def rate_entities(self, network: Network) -> tuple[Callable[[float], NDArray[np.float64]], NDArray[np.bool_]]:
        """Return a function from temperatures to the predicted entities' probabilities, and a mask of correct ones."""
        data = self.data
        Z = self._emissions(network)
        gold = set(self.gold)
        spans = network.spans(Z, data.sentence_offsets, probabilities=False)
        predicted = [(s.start, s.end, s.type) for s in spans if s.type not in self.unmarked]

        def probabilities(temperature: float) -> NDArray[np.float64]:
            scaled = Network(network.configuration, scale_scores(network.parameters, temperature), network.lexicon)
            return scaled.certainties(Z / np.float32(temperature), data.sentence_offsets, predicted)

        return probabilities, np.array([span in gold for span in predicted], bool)

    def score(self, network: Network) -> Scores:
        """Return the scores of a network on the dev set."""
        predicted = network.spans(self._emissions(network), self.data.sentence_offsets, probabilities=False)
        return score_spans([self.gold], [[(s.start, s.end, s.type) for s in predicted if s.type not in self.unmarked]])

    def _emissions(self, network: Network) -> Float:
        data = self.data
        return network.emissions(
            self.types, data.types, data.contexts, data.sentence_offsets, self.padding, features=data.features
        )


def scale_scores(parameters: Mapping[str, Float], temperature: float) -> dict[str, Float]:
    """Return parameters with all scores divided by a temperature."""
    scaled = {n: (parameters[n] / temperature).astype(np.float32) for n in ("U", "c", "A") if n in parameters}
    return {**parameters, **scaled}
