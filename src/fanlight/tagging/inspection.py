"""Inspection with the plain engine: explanations of a word's tag, what-if analyses, the most probable readings."""

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
from fanlight.network.document_features import gazetteer_feature_width
from fanlight.network.inputs import WordTypes
from fanlight.tagging.explain import (
    Explanation,
    Inside,
    WindowWord,
    explain,
    inputs_of,
    padding_context,
    summands,
    take_window,
)
from fanlight.tagging.nearest_examples import NearestExamples, Neighbour, read_rehearsal_sample
from fanlight.text.features import PADDING

if TYPE_CHECKING:
    from fanlight.corpus.sentence import Sentence

Readings = list[list[tuple[float, tuple[Entity, ...]]]]
NEAREST = 5  # words of the training data that an explanation names


class Inspector:
    """Explains a model's results on a text.

    Parameters
    ----------
    engine : PlainEngine
    """

    def __init__(self, engine: PlainEngine) -> None:
        self._engine, self._model, self._network = engine, engine.model, engine.network

    def explain(self, text: str, token: int, tag: str | None, most: int) -> Explanation:
        """Explain a token's tag; see `Tagger.explain`."""
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
        lists_end, patterns_end = (
            gazetteer_feature_width(self._model.gazetteer, p) for p in (None, self._model.patterns)
        )
        outside = padding_context(self._network)
        parts, inputs = [], []
        for k, u in enumerate(around):
            features = {}
            if u is not None and read.features is not None:
                row = read.features[u]
                features = {
                    "names": row[:lists_end],
                    "patterns": row[lists_end:patterns_end],
                    "other mentions": row[patterns_end:],
                }
            case_context = outside if u is None or outside is None else int(read.contexts[u])
            features = {name: values for name, values in features.items() if len(values)}
            parts.append(summands(self._network, k, vectors[k], case_context, features))
            inputs.append(inputs_of(self._network, k, vectors[k], case_context, features))
        hidden = self._engine.hidden(tokens)
        near: list[Neighbour] = []
        if self._nearest is not None:
            near = self._nearest.nearest(hidden[token], NEAREST)
        Z = self._engine.emissions(tokens)[low:high]
        token_starts, token_ends = tokens.token_starts.tolist(), tokens.token_ends.tolist()
        window_offsets: list[tuple[int, int]] = []
        for position, u in enumerate(around, -self._model.configuration.radius):
            border = token_starts[low] if position < 0 else token_ends[high - 1]
            window_offsets.append((border, border) if u is None else (token_starts[u], token_ends[u]))
        window = ["" if u is None else words[u] for u in around]
        inside = Inside(window, window_offsets, inputs, parts, Z, token - low, near, words, hidden)
        start, end = token_starts[token], token_ends[token]
        return explain(self._network, inside, start, end, words[token], tag=tag, most=most)

    def what_if(self, text: str, token: int, position: int, word: str, tag: str) -> Explanation:
        """Explain a token's tag after a word of its window is replaced; see `Tagger.what_if`."""
        places = self.tokens(text)
        window = self.explain(text, token, tag, 0).window
        radius = self._model.configuration.radius
        if abs(position) > radius:
            raise DataError(f"what if: the window has no position {position}: it goes from {-radius} to {radius}")
        place = window[position + radius]
        changed, start = replace_word(text, place, places[token][0], word, spaced=self._engine.unit == "word")
        again = next((n for n, (s, e) in enumerate(self.tokens(changed)) if s <= start < e), None)
        if again is None or (not position and not word.strip()):
            raise DataError("what if: the word itself is gone: leave a word in the middle of the window")
        return self.explain(changed, again, tag, 12)

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of each token of a text."""
        tokens = read_texts([text], self._engine.unit)
        return list(zip(tokens.token_starts.tolist(), tokens.token_ends.tolist(), strict=True))

    def readings(self, text: str, count: int) -> Readings:
        """Return the most probable readings of each sentence; see `Tagger.readings`."""
        if self._model.configuration.head == "logistic":
            raise DataError("readings: this model's head (logistic) tags each type for itself: it has no readings")
        tokens = read_texts([text], self._engine.unit)
        token_starts, token_ends = tokens.token_starts.tolist(), tokens.token_ends.tolist()
        Z = self._engine.emissions(tokens)
        sentences = []
        for begin, end in pairwise(tokens.sentences.tolist()):
            rows = []
            for probability, spans in self._network.readings(Z[begin:end], count):
                places = [(token_starts[begin + s], token_ends[begin + e - 1], type_) for s, e, type_ in spans]
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
        documents = [document for documents in read_rehearsal_sample(self._model) for document in documents]
        if not documents:
            return None

        def hidden(document: Sequence[Sentence]) -> NDArray[np.float32]:
            tokens: Tokens = read_sentences([document], self._engine.unit)
            return self._engine.hidden(tokens)

        return NearestExamples(documents, hidden)


def replace_word(text: str, place: WindowWord, target: int, word: str, *, spaced: bool) -> tuple[str, int]:
    """Replace a word of the window; return the text, and the new offset of the word at `target`.

    Parameters
    ----------
    text : str
    place : WindowWord
        The word to replace; outside the sentence, the word is inserted.
    target : int
        Offset of the explained word.
    word : str
        The replacement; "" removes the word.
    spaced : bool
        Whether to separate an inserted word by a space.
    """
    if place.start == place.end and word and spaced:
        word = f"{word} " if place.position < 0 else f" {word}"
    changed = text[: place.start] + word + text[place.end :]
    return changed, target + (len(word) - (place.end - place.start) if place.position < 0 else 0)
