"""Entities as values for the metadata of other frameworks' documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fanlight.tagging.tagger import Tagger


def read_entities(tagger: Tagger, texts: Sequence[str | None], threshold: float) -> list[list[dict[str, Any]]]:
    """Return start, end, type, text and probability of each entity of each text; None has no entities."""
    documents = tagger.tag_batch([text or "" for text in texts], threshold)
    return [[asdict(entity) for entity in document.entities] for document in documents]
