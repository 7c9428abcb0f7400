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

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

import fanlight
from fanlight.engine.columns import Entities
from fanlight.tagging.tagger import Tagger

BATCH = 256  # documents
AHEAD = 3  # batches: a thread that tags waits up to 5 ms for Python's lock while this one works

_Row = tuple[int, int, str, float]  # start, end, type, probability


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
        rows = [
            (e.start, e.end, e.type, e.probability or 0.0) for e in self._tagger(doc.text, self._threshold).entities
        ]
        _add_entities(doc, rows)
        return doc

    def pipe(self, stream: Iterable[Doc], batch_size: int = BATCH) -> Iterator[Doc]:
        """Tag documents, in order, at most `batch_size` at a time; `AHEAD` batches are tagged meanwhile."""
        pending: deque[tuple[list[Doc], Callable[[], Entities]]] = deque()
        for docs in _batches(stream, min(batch_size, BATCH)):
            pending.append((docs, self._tagger.submit([doc.text for doc in docs], self._threshold)))
            if len(pending) > AHEAD:
                yield from self._fill(*pending.popleft())
        while pending:
            yield from self._fill(*pending.popleft())

    def _fill(self, docs: list[Doc], wait: Callable[[], Entities]) -> Iterator[Doc]:
        entities, types = wait(), self._tagger.types
        columns = (entities.documents, entities.starts, entities.ends, entities.types, entities.probabilities)
        rows: list[list[_Row]] = [[] for _ in docs]
        for d, start, end, type_, probability in zip(*(column.tolist() for column in columns), strict=True):
            rows[d].append((start, end, types[type_], probability))
        for doc, entries in zip(docs, rows, strict=True):
            if entries:
                _add_entities(doc, entries)
            yield doc

    def to_disk(self, path: Any, exclude: Any = ()) -> None:
        """Write nothing: the configuration names the model."""

    def from_disk(self, path: Any, exclude: Any = ()) -> FanlightComponent:
        """Read nothing."""
        return self


def _add_entities(doc: Doc, entries: list[_Row]) -> None:
    """Add entities to those that are there; of a span's probability this is where ``span._`` looks for it."""
    before = list(doc.ents)
    spans: list[Any] = []
    user_data: dict[Any, Any] = doc.user_data
    for start, end, type_, probability in entries:
        span = doc.char_span(start, end, label=type_, alignment_mode="expand")
        if span is not None and not any(span.start < e.end and e.start < span.end for e in before):
            user_data[("._.", "probability", span.start_char, span.end_char)] = probability
            spans.append(span)
    doc.set_ents(filter_spans([*before, *spans]) if before or _overlap(spans) else spans)


def _overlap(spans: list[Any]) -> bool:
    return any(a.end > b.start for a, b in pairwise(spans))


def _batches(stream: Iterable[Doc], size: int) -> Iterator[list[Doc]]:
    docs = iter(stream)
    while batch := list(islice(docs, size)):
        yield batch
