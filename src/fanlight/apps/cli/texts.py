"""Tagging of texts with one model, or with the model for the script of each text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanlight.entities.entity import Document


def tag_texts(texts: Iterable[str], model: str | None, threshold: float = 0.0) -> Iterator[Document]:
    """Tag texts, in order; successive texts of one script are one batch."""
    import fanlight

    runs = groupby(texts, (lambda text: model) if model is not None else fanlight.language_of)
    return chain.from_iterable(fanlight.load(str(name)).pipe(run, threshold) for name, run in runs)
