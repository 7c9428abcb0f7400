"""A spaCy component: ``nlp.add_pipe("fanlight")`` fills ``doc.ents``, with ``span._.probability`` for each.

spaCy finds it by itself once both are installed.

Examples
--------
>>> import spacy
>>> nlp = spacy.blank("en")
>>> component = nlp.add_pipe("fanlight", config={"model": "en"})
>>> doc = nlp("Museums in Paris are amazing to see.")
>>> [(e.text, e.label_, round(e._.probability, 2) > 0.9) for e in doc.ents]
[('Paris', 'LOC', True)]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

import fanlight
from fanlight.entities.entity import Document
from fanlight.tagging.tagger import Tagger


@Language.factory("fanlight", default_config={"model": "en", "threshold": 0.0}, assigns=["doc.ents"])
def make(nlp: Language, name: str, model: str, threshold: float) -> FanlightComponent:
    """Make the component: a model ("en", "ko" or a file) and the least probability."""
    return FanlightComponent(fanlight.load(model), threshold)


class FanlightComponent:
    """Tags documents with a Fanlight model; entities that are there already stay, and win where they overlap.

    An entity whose edge cuts one of spaCy's tokens is taken to the token's edge.

    Parameters
    ----------
    tagger : Tagger
    threshold : float
        Entities less probable are left out.
    """

    def __init__(self, tagger: Tagger, threshold: float) -> None:
        self._tagger, self._threshold = tagger, threshold
        if not Span.has_extension("probability"):
            Span.set_extension("probability", default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Tag one document."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 256) -> Iterator[Doc]:
        """Tag documents, in order, `batch_size` at a time."""
        for docs in _batches(stream, batch_size):
            for doc, document in zip(
                docs, self._tagger.tag_batch([d.text for d in docs], self._threshold), strict=True
            ):
                if document.entities:
                    _add_entities(doc, document)
                yield doc

    def to_disk(self, path: Any, exclude: Any = ()) -> None:
        """Write nothing: the configuration names the model."""

    def from_disk(self, path: Any, exclude: Any = ()) -> FanlightComponent:
        """Read nothing."""
        return self


def _add_entities(doc: Doc, document: Document) -> None:
    before = list(doc.ents)
    spans: list[Any] = []
    for entity in document.entities:
        span = doc.char_span(entity.start, entity.end, label=entity.type, alignment_mode="expand")
        if span is not None and not any(span.start < e.end and e.start < span.end for e in before):
            span._.probability = entity.probability
            spans.append(span)
    doc.ents = filter_spans([*before, *spans])


def _batches(stream: Iterable[Doc], size: int) -> Iterator[list[Doc]]:
    docs = iter(stream)
    while batch := list(islice(docs, size)):
        yield batch
