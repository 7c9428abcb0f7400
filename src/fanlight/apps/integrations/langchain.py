"""A LangChain document transformer (the extra "langchain"): entities in each document's metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.documents import BaseDocumentTransformer, Document

from fanlight.apps.integrations.metadata import read_entities
from fanlight.tagging.bundled import load_tagger


class FanlightTransformer(BaseDocumentTransformer):
    """Adds ``metadata["entities"]``: a list of start, end, type, text and probability.

    Parameters
    ----------
    model : str
        As for `fanlight.load`.
    threshold : float
        Less probable entities are omitted.
    key : str
        Key in the metadata.

    Examples
    --------
    >>> (document,) = FanlightTransformer().transform_documents([Document("Museums in Paris are amazing to see.")])
    >>> [(e["text"], e["type"]) for e in document.metadata["entities"]]
    [('Paris', 'LOC')]
    """

    def __init__(self, model: str = "en", threshold: float = 0.0, key: str = "entities") -> None:
        self._tagger = load_tagger(model)
        self._threshold = threshold
        self._key = key

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """Return copies of the documents with their entities, tagged as one batch."""
        del kwargs
        entities = read_entities(self._tagger, [document.page_content for document in documents], self._threshold)
        return [
            document.model_copy(update={"metadata": {**document.metadata, self._key: rows}})
            for document, rows in zip(documents, entities, strict=True)
        ]
