"""Nearest training examples of a word, from the sentences that a model keeps (the setting `keep`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.sentence import Sentence
from fanlight.entities.bioes import tags_from_spans
from fanlight.network.modelfile import Model

Float = NDArray[Any]


@dataclass(frozen=True)
class Neighbour:
    """A word of the training data.

    Attributes
    ----------
    sentence : str
    start, end : int
        Offsets of the word in the sentence.
    tag : str
        The gold tag.
    similarity : float
        Cosine similarity of the hidden layers.
    """

    sentence: str
    start: int
    end: int
    tag: str
    similarity: float


def read_rehearsal_sample(model: Model) -> list[list[list[Sentence]]]:
    """Return the rehearsal sample of a model: its stored documents of each training corpus."""
    corpora: dict[int, list[list[Sentence]]] = {}
    for row in model.provenance.get("sample", ()):
        spans = tuple((int(s), int(e), str(t)) for s, e, t in row["spans"])
        sentence = Sentence(row["text"], tuple(row["starts"]), tuple(row["ends"]), spans)
        documents = corpora.setdefault(row.get("corpus", 0), [])
        if row["first"] or not documents:
            documents.append([])
        documents[-1].append(sentence)
    return list(corpora.values())


class NearestExamples:
    """An index of the words in documents by their hidden layers.

    Parameters
    ----------
    documents : sequence of sequences of Sentence
    hidden : callable of a document to float array (tokens, m)
    """

    def __init__(self, documents: Sequence[Sequence[Sentence]], hidden: Callable[[Sequence[Sentence]], Float]) -> None:
        self._sentences = [sentence for document in documents for sentence in document]
        self._ends = np.cumsum([len(sentence.token_starts) for sentence in self._sentences])
        self._directions = _directions(np.concatenate([hidden(document) for document in documents]))

    def nearest(self, h: Float, count: int) -> list[Neighbour]:
        """Return the `count` words whose hidden layers are most similar to `h` (m,), most similar first."""
        similarity = self._directions @ _directions(h[None])[0]
        neighbours = []
        for place in np.argsort(-similarity, kind="stable")[:count].tolist():
            number = int(np.searchsorted(self._ends, place, "right"))
            sentence = self._sentences[number]
            token = place - int(self._ends[number]) + len(sentence.token_starts)
            tag = tags_from_spans(sentence.spans, len(sentence.token_starts))[token]
            start, end = sentence.token_starts[token], sentence.token_ends[token]
            neighbours.append(Neighbour(sentence.text, start, end, tag, float(similarity[place])))
        return neighbours


def _directions(H: Float) -> Float:
    """Return rows normalised to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(H, axis=1, keepdims=True)
    directions: Float = H / np.where(lengths > 0, lengths, 1)
    return directions
