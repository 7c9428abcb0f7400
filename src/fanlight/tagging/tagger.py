"""The tagger: text in, entities out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fanlight.entities.entity import Document, Entity
from fanlight.network.decoding import Network
from fanlight.network.evidence import evidence, join
from fanlight.network.inputs import WordTypes, forms_of
from fanlight.network.windows import word_contexts
from fanlight.text.features import PADDING, character_keys
from fanlight.text.sentences import segment

if TYPE_CHECKING:
    from fanlight.corpus.sentence import Sentence
    from fanlight.entities.bioes import Span
    from fanlight.network.modelfile import Model


Int = NDArray[np.int64]


class Tagger:
    """Finds the entities of texts.

    Parameters
    ----------
    model : Model
        A trained network, as `fanlight.load` reads it.

    Examples
    --------
    >>> import fanlight
    >>> tagger = fanlight.load("en")
    >>> [(e.text, e.type, e.start, e.end) for e in tagger("Museums in Paris are amazing to see.").entities]
    [('Paris', 'LOC', 11, 16)]
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.network = Network(model.configuration, model.parameters, model.lexicon)
        first = model.first
        self.first = None if first is None else Network(first.configuration, first.parameters, model.lexicon)

    def __call__(self, text: str, threshold: float | Mapping[str, float] = 0.0) -> Document:
        """Tag one text.

        Parameters
        ----------
        text : str
            Of any length; never cut.
        threshold : float or mapping of type to float
            Entities less probable are left out.

        Raises
        ------
        DataError
            The text holds half of a surrogate pair, which no encoding can write.
        """
        return next(self.pipe([text], threshold))

    def pipe(self, texts: Iterable[str], threshold: float | Mapping[str, float] = 0.0) -> Iterator[Document]:
        """Tag texts one after another, in order."""
        for text in texts:
            entities = self._entities(text)
            yield Document(text, tuple(e for e in entities if (e.probability or 0.0) >= _least(threshold, e.type)))

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types that the model tells apart."""
        return self.model.configuration.types

    @property
    def unit(self) -> str:
        """What a token is: "word" or "character"."""
        return self.model.configuration.unit

    def sentences(self, document: Sequence[Sentence]) -> list[list[Span]]:
        """Tag a document that is tokenised already; return each sentence's spans in its own tokens."""
        offsets = np.cumsum([0, *(len(sentence.starts) for sentence in document)])
        words = [token for sentence in document for token in sentence.tokens]
        keys = words
        if self.unit == "character":
            keys = [key for s in document for key in character_keys(s.text, s.starts, s.ends)]
        spans: list[list[Span]] = [[] for _ in document]
        for span in self.network.spans(self._emissions(words, keys, offsets), offsets, probabilities=False):
            number = int(np.searchsorted(offsets, span.start, "right")) - 1
            spans[number].append((span.start - int(offsets[number]), span.end - int(offsets[number]), span.type))
        return spans

    def _entities(self, text: str) -> Iterator[Entity]:
        starts, ends, offsets = segment(text, self.unit)
        begins, stops = starts.tolist(), ends.tolist()
        words = [text[s:e] for s, e in zip(begins, stops, strict=True)]
        keys = words if self.unit == "word" else character_keys(text, begins, stops)
        for span in self.network.spans(self._emissions(words, keys, offsets), offsets):
            start, end = begins[span.start], stops[span.end - 1]
            yield Entity(start, end, span.type, text[start:end], span.probability)

    def _emissions(self, words: Sequence[str], keys: Sequence[str], offsets: Int) -> NDArray[np.float32]:
        configuration = self.model.configuration
        numbers = {PADDING: 0}
        ids = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
        contexts = np.zeros(len(ids), np.int64)
        if configuration.context_width and len(ids):
            borders = offsets.tolist()
            contexts = word_contexts([words[s:e] for s, e in pairwise(borders)])
        types = WordTypes.of(list(numbers), configuration, self.model.lexicon)
        told = None if self.model.gazetteer is None else self.model.gazetteer.marks(keys, offsets)
        if self.first is not None and len(ids):
            Z = self.first.emissions(types, ids, contexts, offsets, 0, told)
            probabilities = self.first.type_probabilities(Z, offsets)
            told = join(told, evidence(probabilities, forms_of(numbers)[ids], np.zeros(len(ids), np.int64)))
        return self.network.emissions(types, ids, contexts, offsets, 0, told)


def _least(threshold: float | Mapping[str, float], type_: str) -> float:
    return threshold if isinstance(threshold, (int, float)) else threshold.get(type_, 0.0)
