"""Looking inside: explanations of a word's tag, what-if, and the most probable readings, by the plain engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.plain import PlainEngine
from fanlight.engine.plain_text import Tokens, read_sentences, read_texts
from fanlight.entities.entity import Entity
from fanlight.errors import DataError
from fanlight.network.evidence import marks_width
from fanlight.network.inputs import WordTypes
from fanlight.tagging.explain import Explanation, Inside, explain, padding_context, summands, take_window
from fanlight.tagging.nearest_examples import NearestExamples, Neighbour, kept_sample
from fanlight.text.features import PADDING

if TYPE_CHECKING:
    from fanlight.corpus.sentence import Sentence

Readings = list[list[tuple[float, tuple[Entity, ...]]]]
NEAREST = 5  # words of the training data that an explanation names


class Inspector:
    """Explains what a model makes of a text.

    Parameters
    ----------
    engine : PlainEngine
    """

    def __init__(self, engine: PlainEngine) -> None:
        self._engine, self._model, self._network = engine, engine.model, engine.network

    def explain(self, text: str, token: int, tag: str | None, most: int) -> Explanation:
        """Return why a token got its tag; see `Tagger.explain`."""
        tokens = read_texts([text], self._engine.unit)
        words, offsets = tokens.words, tokens.sentences
        if not 0 <= token < len(words):
            raise DataError(f"explain: there is no token {token}: the text has {len(words)}, counted from 0")
        read = self._engine.read(tokens)
        sentence = int(np.searchsorted(offsets, token, "right")) - 1
        low, high = int(offsets[sentence]), int(offsets[sentence + 1])
        around = take_window(range(low, high), token - low, self._model.configuration.radius, None)
        keys = [PADDING if u is None else tokens.keys[u] for u in around]
        vectors = self._network.vectors(WordTypes.of(keys, self._model.configuration, self._model.lexicon))
        lists_end, patterns_end = (marks_width(self._model.gazetteer, p) for p in (None, self._model.patterns))
        outside = padding_context(self._network)
        parts = []
        for k, u in enumerate(around):
            features = {}
            if u is not None and read.features is not None:
                row = read.features[u]
                features = {
                    "names": row[:lists_end],
                    "patterns": row[lists_end:patterns_end],
                    "other mentions": row[patterns_end:],
                }
            context = outside if u is None or outside is None else int(read.contexts[u])
            parts.append(summands(self._network, k, vectors[k], context, {n: v for n, v in features.items() if len(v)}))
        near: list[Neighbour] = []
        if self._nearest is not None:
            near = self._nearest.nearest(self._engine.hidden(tokens)[token], NEAREST)
        Z = self._engine.emissions(tokens)[low:high]
        inside = Inside(["" if u is None else words[u] for u in around], parts, Z, token - low, near)
        start, end = int(tokens.starts[token]), int(tokens.ends[token])
        return explain(self._network, inside, start, end, words[token], tag=tag, most=most)

    def what_if(self, text: str, token: int, position: int, word: str, tag: str) -> Explanation:
        """Explain the same token after a word of its window is replaced; see `Tagger.what_if`."""
        places = self.tokens(text)
        other = token + position
        if not position or not 0 <= other < len(places):
            raise DataError(f"what if: there is no other word at position {position} of the window")
        start, end = places[other]
        changed = text[:start] + word + text[end:]
        place = places[token][0] + (len(word) - (end - start) if other < token else 0)
        again = next((n for n, (s, e) in enumerate(self.tokens(changed)) if s <= place < e), None)
        if again is None:
            raise DataError("what if: the word itself is gone")
        return self.explain(changed, again, tag, 12)

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of each token of a text."""
        tokens = read_texts([text], self._engine.unit)
        return list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))

    def readings(self, text: str, count: int) -> Readings:
        """Return the most probable readings of each sentence; see `Tagger.readings`."""
        if self._model.configuration.head == "logistic":
            raise DataError("readings: this model's head (logistic) tags each type for itself: it has no readings")
        tokens = read_texts([text], self._engine.unit)
        starts, ends = tokens.starts.tolist(), tokens.ends.tolist()
        Z = self._engine.emissions(tokens)
        sentences = []
        for begin, end in pairwise(tokens.sentences.tolist()):
            rows = []
            for probability, spans in self._network.readings(Z[begin:end], count):
                places = [(starts[begin + s], ends[begin + e - 1], type_) for s, e, type_ in spans]
                rows.append((probability, tuple(Entity(s, e, type_, text[s:e]) for s, e, type_ in places)))
            sentences.append(rows)
        return sentences

    def type_probabilities(self, documents: Sequence[Sequence[Sentence]]) -> list[NDArray[np.float32]]:
        """Return P(token is in an entity of the type) (n, T) for each sentence; see `Tagger.type_probabilities`."""
        tokens = read_sentences(documents, self._engine.unit)
        shares = self._network.type_probabilities(self._engine.emissions(tokens), tokens.sentences)
        return np.split(shares.astype(np.float32), tokens.sentences[1:-1])

    @cached_property
    def _nearest(self) -> NearestExamples | None:
        documents = [document for documents in kept_sample(self._model) for document in documents]
        if not documents:
            return None

        def hidden(document: Sequence[Sentence]) -> NDArray[np.float32]:
            tokens: Tokens = read_sentences([document], self._engine.unit)
            return self._engine.hidden(tokens)

        return NearestExamples(documents, hidden)
