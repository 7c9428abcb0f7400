"""A spaCy component: ``nlp.add_pipe("fanlight")`` fills ``doc.ents``, with ``span._.probability`` for each.

spaCy finds it by its entry point.

Examples
--------
>>> import spacy
>>> nlp = spacy.blank("en")
>>> component = nlp.add_pipe("fanlight", config={"model": "en"})
>>> doc = nlp("Museums in Paris are amazing to see.")
>>> [(e.text, e.label_, round(e._.probability, 2) > 0.9) for e in doc.ents]
[('Paris', 'LOC', True)]
"""

# no postponed annotations here: spaCy, at least up to 3.8.11, cannot read those of `make` as strings
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span, Token
from spacy.training import Example

import fanlight
from fanlight.engine.columns import Entities
from fanlight.network.modelfile import save_model
from fanlight.tagging.tagger import Tagger

BATCH = 256  # documents
AHEAD = 3  # batches: a tagging thread waits up to 5 ms for Python's lock while this thread works
FILE = "model.fanlight"  # in the folder of a pipeline's component

_Row = tuple[int, int, str, float]  # start, end, type, probability


@Language.factory(
    "fanlight",
    default_config={"model": "en", "threshold": 0.0, "split_tokens": True},
    assigns=["doc.ents"],
    retokenizes=True,
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make(nlp: Language, name: str, model: str, threshold: float, split_tokens: bool) -> "FanlightComponent":
    """Create the component from its configuration: model, threshold, and whether to split tokens."""
    return FanlightComponent(model, threshold, split_tokens)


class FanlightComponent:
    """Tags documents with a Fanlight model; existing entities are preserved, and take precedence if they overlap.

    A saved pipeline contains the model; the file named in its configuration is no longer needed.

    Parameters
    ----------
    model : str or Tagger
        As for `fanlight.load`; loaded at the first use, because a saved pipeline has its own.
    threshold : float
        Less probable entities are omitted.
    split_tokens : bool
        Whether tokens such as 이순신은 are split at entity boundaries, for exact offsets; else entities are extended to
        token boundaries.
    """

    def __init__(self, model: str | Tagger, threshold: float = 0.0, split_tokens: bool = True) -> None:
        self._model, self._threshold, self._splits_tokens = model, threshold, split_tokens
        if not Span.has_extension("probability"):
            Span.set_extension("probability", default=None)

    @property
    def tagger(self) -> Tagger:
        """The tagger, loaded at the first use."""
        if not isinstance(self._model, Tagger):
            self._model = fanlight.load(self._model)
        return self._model

    def __call__(self, doc: Doc) -> Doc:
        """Tag one document."""
        rows = [(e.start, e.end, e.type, e.probability or 0.0) for e in self.tagger(doc.text, self._threshold).entities]
        _add_entities(doc, rows, self._splits_tokens)
        return doc

    def pipe(self, stream: Iterable[Doc], batch_size: int = BATCH) -> Iterator[Doc]:
        """Tag documents, in order, at most `batch_size` at a time; `AHEAD` batches are tagged meanwhile."""
        pending: deque[tuple[list[Doc], Callable[[], Entities]]] = deque()
        for docs in _batches(stream, min(batch_size, BATCH)):
            pending.append((docs, self.tagger.submit([doc.text for doc in docs], self._threshold)))
            if len(pending) > AHEAD:
                yield from self._fill(*pending.popleft())
        while pending:
            yield from self._fill(*pending.popleft())

    def _fill(self, docs: list[Doc], wait: Callable[[], Entities]) -> Iterator[Doc]:
        entities, types = wait(), self.tagger.types
        columns = (entities.documents, entities.char_starts, entities.char_ends, entities.types, entities.probabilities)
        rows: list[list[_Row]] = [[] for _ in docs]
        for d, start, end, type_, probability in zip(*(column.tolist() for column in columns), strict=True):
            rows[d].append((start, end, types[type_], probability))
        for doc, entries in zip(docs, rows, strict=True):
            if entries:
                _add_entities(doc, entries, self._splits_tokens)
            yield doc

    def score(self, examples: Iterable[Example], **_: object) -> dict[str, Any]:
        """Return precision, recall and F1 of the entities, for `Language.evaluate`."""
        scores: dict[str, Any] = get_ner_prf(examples)
        return scores

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Write the model to a folder."""
        Path(path).mkdir(parents=True, exist_ok=True)
        save_model(self.tagger.model, Path(path) / FILE)

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> "FanlightComponent":
        """Read the model from a folder."""
        self._model = fanlight.load(Path(path) / FILE)
        return self

    def to_bytes(self, exclude: Iterable[str] = ()) -> bytes:
        """Return the model file as bytes."""
        with tempfile.TemporaryDirectory() as folder:
            self.to_disk(folder)
            return (Path(folder) / FILE).read_bytes()

    def from_bytes(self, data: bytes, exclude: Iterable[str] = ()) -> "FanlightComponent":
        """Read the model of `to_bytes`."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / FILE).write_bytes(data)
            return self.from_disk(folder)


def _add_entities(doc: Doc, entries: list[_Row], split_tokens: bool) -> None:
    """Add entities to the existing ones, with their probabilities in ``span._``."""
    before = list(doc.ents)
    rows = entries
    if before or any(row[1] > following[0] for row, following in pairwise(entries)):
        rows = _without_overlaps(entries, [(e.start_char, e.end_char) for e in before])
    exact = [doc.char_span(start, end, type_) for start, end, type_, _ in rows]
    spans = [span for span in exact if span is not None]
    if len(spans) < len(rows):
        if split_tokens:
            split = [row for row, span in zip(rows, exact, strict=True) if span is None]
            _split_tokens(doc, [offset for start, end, *_ in split for offset in (start, end)])
        before = list(doc.ents)
        rows, spans = _on_free_tokens(doc, rows, before)
    user_data: dict[Any, Any] = doc.user_data
    for span, (*_, probability) in zip(spans, rows, strict=True):
        user_data[("._.", "probability", span.start_char, span.end_char)] = probability
    doc.set_ents(before + spans)


def _on_free_tokens(doc: Doc, rows: list[_Row], before: list[Span]) -> tuple[list[_Row], list[Span]]:
    """Return rows and spans extended to token boundaries, without those that share a token with another entity."""
    occupied = {token for span in before for token in range(span.start, span.end)}
    free_rows, spans = [], []
    for row in rows:
        span = doc.char_span(row[0], row[1], label=row[2], alignment_mode="expand")
        if span is not None and occupied.isdisjoint(range(span.start, span.end)):
            occupied.update(range(span.start, span.end))
            free_rows.append(row)
            spans.append(span)
    return free_rows, spans


def _without_overlaps(entries: list[_Row], before: list[tuple[int, int]]) -> list[_Row]:
    """Return the entities that overlap neither an existing nor a longer one, in order."""
    occupied = {offset for start, end in before for offset in range(start, end)}
    rows: list[_Row] = []
    for row in sorted(entries, key=lambda row: (row[0] - row[1], row[0])):
        if occupied.isdisjoint(range(row[0], row[1])):
            occupied.update(range(row[0], row[1]))
            rows.append(row)
    return sorted(rows)


def _split_tokens(doc: Doc, offsets: list[int]) -> None:
    """Split tokens at offsets inside them."""
    splits: dict[int, tuple[Token, set[int]]] = {}
    for offset in offsets:
        span = doc.char_span(offset, offset + 1, alignment_mode="expand") if offset < len(doc.text) else None
        if span is not None and span.start_char < offset < span.end_char:
            splits.setdefault(span.start, (span[0], set()))[1].add(offset - span.start_char)
    if not splits:
        return
    with doc.retokenize() as retokenizer:
        for token, places in splits.values():
            bounds = [0, *sorted(places), len(token.text)]
            parts = [token.text[a:b] for a, b in pairwise(bounds)]
            head = (token, 0) if token.head.i == token.i else token.head
            retokenizer.split(token, parts, heads=[head, *[(token, 0)] * (len(parts) - 1)])


def _batches(stream: Iterable[Doc], size: int) -> Iterator[list[Doc]]:
    docs = iter(stream)
    while batch := list(islice(docs, size)):
        yield batch
