"""Entities and the documents they are in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """A typed span of a text.

    Attributes
    ----------
    start, end : int
        Offsets in code points of the text given: ``text[start:end]`` is the entity.
    type : str
        Such as "LOC".
    text : str
        The entity's own text.
    probability : float or None
        P(exactly this span has this type | its sentence), from the model; None if nobody asked.
    """

    start: int
    end: int
    type: str
    text: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its entities, in the order of the text.

    Raises
    ------
    ValueError
        An entity's text is not what stands at its offsets.
    """

    text: str
    entities: tuple[Entity, ...] = ()

    def __post_init__(self) -> None:
        for entity in self.entities:
            if self.text[entity.start : entity.end] != entity.text:
                raise ValueError(
                    f"{entity}: at {entity.start}:{entity.end} the text has {self.text[entity.start : entity.end]!r}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as the JSONL output has them."""
        return {"text": self.text, "entities": [asdict(entity) for entity in self.entities]}
