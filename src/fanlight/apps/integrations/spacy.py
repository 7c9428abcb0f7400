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
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

import fanlight
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
        """Tag documents by the fast path, in order."""
        waiting: list[Doc] = []

        def texts() -> Iterator[str]:
            for doc in stream:
                waiting.append(doc)
                yield doc.text

        for found in self._tagger.pipe(texts(), self._threshold):
            doc = waiting.pop(0)
            spans: list[Any] = list(doc.ents)
            for entity in found.entities:
                span = doc.char_span(entity.start, entity.end, label=entity.type, alignment_mode="expand")
                if span is not None and not any(span.start < e.end and e.start < span.end for e in doc.ents):
                    span._.probability = entity.probability
                    spans.append(span)
            doc.ents = filter_spans(spans)
            yield doc

    def to_disk(self, path: Any, exclude: Any = ()) -> None:
        """Write nothing: the configuration names the model."""

    def from_disk(self, path: Any, exclude: Any = ()) -> FanlightComponent:
        """Read nothing."""
        return self
