"""Encoding of labelled sentences as arrays: word types, labels, case contexts, gazetteer and pattern features."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.annotation import Annotation
from fanlight.corpus.sentence import Corpus
from fanlight.network.configuration import Configuration
from fanlight.network.document_features import gazetteer_features
from fanlight.network.inputs import WordTypes, character_of, forms_of
from fanlight.network.lexicon import Lexicon
from fanlight.network.windows import corpus_contexts
from fanlight.text.features import PADDING, character_keys
from fanlight.text.gazetteers import Gazetteer
from fanlight.text.normalisation import normalise_word
from fanlight.text.patterns import Patterns, Place
from fanlight.training.batches import Encoded
from fanlight.training.labels import Labels

Int = NDArray[np.int64]


class Encoder:
    """Encodes corpora; word types are numbered in the order of their first occurrence.

    Parameters
    ----------
    configuration : Configuration
    labels : Labels
    gazetteer : Gazetteer, optional
    patterns : Patterns, optional
    special : sequence of str
        Word types with the first numbers; the first of them is the padding.

    Attributes
    ----------
    numbers : dict of str to int
        Number of each word type so far.
    """

    def __init__(
        self,
        configuration: Configuration,
        labels: Labels,
        gazetteer: Gazetteer | None = None,
        patterns: Patterns | None = None,
        *,
        special: tuple[str, ...] = (PADDING,),
    ) -> None:
        self.numbers = {key: number for number, key in enumerate(special)}
        self._configuration, self._labels = configuration, labels
        self._gazetteer, self._patterns = gazetteer, patterns

    def copy_empty(self) -> Encoder:
        """Return an encoder without word types other than the padding."""
        return Encoder(self._configuration, self._labels, self._gazetteer, self._patterns)

    @property
    def types(self) -> tuple[str, ...]:
        """The model's entity types."""
        return self._configuration.types

    def encode(self, corpus: Corpus, annotation: Annotation) -> Encoded:
        """Return an encoded corpus; spans of types that the network lacks become O."""
        ids: list[int] = []
        tags = []
        sentence_offsets = [0]
        documents = []
        of_words = self._configuration.unit == "word"
        for place, document in enumerate(corpus.documents):
            for sentence in document:
                if of_words:
                    keys = list(map(normalise_word, sentence.tokens))
                else:
                    keys = character_keys(sentence.text, sentence.token_starts, sentence.token_ends)
                ids += [self.numbers.setdefault(key, len(self.numbers)) for key in keys]
                tags.append(self._labels.encode(sentence.spans, len(keys), annotation))
                documents += [place] * len(keys)
                sentence_offsets.append(len(ids))
        zeros = np.zeros(len(ids), np.int64)
        data = Encoded(np.array(ids), zeros, np.concatenate(tags), np.array(sentence_offsets), np.array(documents))
        return self._add_features(data, corpus)

    def respell(self, data: Encoded, corpus: Corpus, spelling: Callable[[str], str]) -> Encoded:
        """Return an encoded corpus of words with a respelling of each."""
        words = list(self.numbers)
        types, places, ids = np.unique(data.types, return_index=True, return_inverse=True)
        respelled = np.empty(len(types), np.int64)
        for i in np.argsort(places).tolist():  # number new words in the order of the text
            respelled[i] = self.numbers.setdefault(spelling(words[types[i]]), len(self.numbers))
        return self._add_features(replace(data, types=respelled[ids]), corpus, spelling)

    def word_types(self, lexicon: Lexicon) -> WordTypes:
        """Return the lexicon rows and the features of all word types so far."""
        return WordTypes.of(list(self.numbers), self._configuration, lexicon)

    @property
    def forms(self) -> Int:
        """Number of each word type's lower-case form."""
        return forms_of(self.numbers)

    def _add_features(self, data: Encoded, corpus: Corpus, spelling: Callable[[str], str] | None = None) -> Encoded:
        """Add case contexts, gazetteer and pattern features."""
        words = list(self.numbers)
        if self._configuration.context_width:
            types, ids = np.unique(data.types, return_inverse=True)
            text = str if self._configuration.unit == "word" else character_of
            texts = [text(words[i]) for i in types.tolist()]
            data = replace(data, contexts=corpus_contexts(texts, ids, data.sentence_offsets, data.documents))
        keys = [] if self._gazetteer is None else [words[i] for i in data.types.tolist()]
        places = _token_places(corpus, spelling)
        return replace(
            data, features=gazetteer_features(self._gazetteer, self._patterns, keys, data.sentence_offsets, places)
        )


def _token_places(corpus: Corpus, spelling: Callable[[str], str] | None) -> Iterator[Place]:
    """Yield text and token offsets of each sentence, respelled if `spelling` is given."""
    for sentence in corpus.sentences:
        respelled = sentence if spelling is None else sentence.respell(spelling)
        yield respelled.text, respelled.token_starts, respelled.token_ends
