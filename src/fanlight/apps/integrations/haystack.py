"""A Haystack component (the extra "haystack"): entities in each document's meta."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_to_dict

from fanlight.apps.integrations.metadata import read_entities
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger


@component
class FanlightExtractor:
    """Adds ``meta["entities"]``: a list of start, end, type, text and probability.

    Parameters
    ----------
    model : str
        As for `fanlight.load`.
    threshold : float
        Less probable entities are omitted.

    Examples
    --------
    >>> answer = FanlightExtractor().run(documents=[Document(content="Museums in Paris are amazing to see.")])
    >>> [(e["text"], e["type"]) for e in answer["documents"][0].meta["entities"]]
    [('Paris', 'LOC')]
    """

    def __init__(self, model: str = "en", threshold: float = 0.0) -> None:
        self.model = model
        self.threshold = threshold
        self._tagger: Tagger | None = None

    def warm_up(self) -> None:
        """Load the model."""
        self._tagger = self._tagger or load_tagger(self.model)

    def to_dict(self) -> dict[str, Any]:
        """Return the serialised component."""
        return default_to_dict(self, model=self.model, threshold=self.threshold)

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, list[Document]]:
        """Return copies of the documents with their entities, tagged as one batch."""
        self.warm_up()
        assert self._tagger is not None
        entities = read_entities(self._tagger, [document.content for document in documents], self.threshold)
        pairs = zip(documents, entities, strict=True)
        return {"documents": [replace(d, meta={**d.meta, "entities": rows}) for d, rows in pairs]}
