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
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice, pairwise
from typing import Any

from spacy.attrs import ORTH, SPACY
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

import fanlight
from fanlight.engine.columns import Entities
from fanlight.tagging.tagger import Tagger

WORDS = 1 << 18  # whose numbers are remembered

_Row = tuple[int, int, str, float]  # start, end, type, probability
_Columns = tuple[Entities, tuple[str, ...]]


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
        self._words: dict[int, str] = {}
        if not Span.has_extension("probability"):
            Span.set_extension("probability", default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Tag one document."""
        rows = [
            (e.start, e.end, e.type, e.probability or 0.0) for e in self._tagger(doc.text, self._threshold).entities
        ]
        _add_entities(doc, rows)
        return doc

    def pipe(self, stream: Iterable[Doc], batch_size: int = 256) -> Iterator[Doc]:
        """Tag documents, in order, `batch_size` at a time."""
        with ThreadPoolExecutor(1) as pool:  # one batch is tagged while the batch before is filled in
            before: tuple[list[Doc], Future[_Columns]] | None = None
            for docs in _batches(stream, batch_size):
                texts = [*map(self._text, docs)]
                current = docs, pool.submit(self._tagger.tag_columns, texts, self._threshold)
                if before is not None:
                    yield from _fill(*before)
                before = current
            if before is not None:
                yield from _fill(*before)

    def _text(self, doc: Doc) -> str:
        """Return ``doc.text``, which would make an object of each token, from the numbers of its words."""
        words, strings = self._words, doc.vocab.strings
        numbers: list[Any] = doc.to_array([ORTH, SPACY]).ravel().tolist()
        parts = []
        for number, space in zip(numbers[::2], numbers[1::2], strict=True):
            word = words.get(number)
            if word is None:
                if len(words) > WORDS:
                    words.clear()
                word = words[number] = strings[number]
            parts.append(word)
            if space:
                parts.append(" ")
        return "".join(parts)

    def to_disk(self, path: Any, exclude: Any = ()) -> None:
        """Write nothing: the configuration names the model."""

    def from_disk(self, path: Any, exclude: Any = ()) -> FanlightComponent:
        """Read nothing."""
        return self


def _fill(docs: list[Doc], tagged: Future[_Columns]) -> Iterator[Doc]:
    entities, types = tagged.result()
    columns = (entities.documents, entities.starts, entities.ends, entities.types, entities.probabilities)
    rows: list[list[_Row]] = [[] for _ in docs]
    for d, start, end, type_, probability in zip(*(column.tolist() for column in columns), strict=True):
        rows[d].append((start, end, types[type_], probability))
    for doc, entries in zip(docs, rows, strict=True):
        if entries:
            _add_entities(doc, entries)
        yield doc


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
    doc.ents = filter_spans([*before, *spans]) if before or _overlap(spans) else spans


def _overlap(spans: list[Any]) -> bool:
    return any(a.end > b.start for a, b in pairwise(spans))


def _batches(stream: Iterable[Doc], size: int) -> Iterator[list[Doc]]:
    docs = iter(stream)
    while batch := list(islice(docs, size)):
        yield batch
