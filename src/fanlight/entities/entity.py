"""Entities and the documents they are in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime

    from fanlight.values import Value, ValueOptions

_quoted = json.JSONEncoder(ensure_ascii=False).encode


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

    @property
    def value(self) -> Value | None:
        """What a date, time, amount or quantity means; None where that is not understood, and of other types.

        Examples
        --------
        >>> Entity(0, 12, "MONEY", "$3.5 billion").value.to_dict()
        {'kind': 'money', 'number': 3500000000, 'unit': 'USD'}
        """
        return self.value_on(None)

    def value_on(self, reference: datetime.date | None, day_first: bool = False) -> Value | None:
        """Return the value of what was written on a day, so that "yesterday" has one; see `values.read_value`."""
        from fanlight.values import read_value

        return read_value(self.text, self.type, reference, day_first)


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

    def _repr_html_(self) -> str:
        """Show the entities in the text, in a notebook."""
        from fanlight.entities.html import fragment

        return fragment(self)

    def to_dict(self, values: bool | ValueOptions = False) -> dict[str, Any]:
        """Return plain values, as the JSONL output has them, with `values` also `Entity.value`, which may be None."""
        rows = [asdict(entity) for entity in self.entities]
        if values:
            for row, entity in zip(rows, self.entities, strict=True):
                row["value"] = value_fields(entity, values)
        return {"text": self.text, "entities": rows}

    def to_json(self, values: bool | ValueOptions = False) -> str:
        """Return `to_dict` as a line of JSON, probabilities to six decimals.

        Examples
        --------
        >>> Document("Oslo", (Entity(0, 4, "LOC", "Oslo", 0.99),)).to_json()
        '{"text": "Oslo", "entities": [{"start": 0, "end": 4, "type": "LOC", "text": "Oslo", "probability": 0.990000}]}'
        """
        entities = [
            f'{{"start": {e.start}, "end": {e.end}, "type": {_quoted(e.type)}, "text": {_quoted(e.text)}, '
            f'"probability": {"null" if e.probability is None else format(e.probability, ".6f")}'
            f"{value_json(e, values)}}}"
            for e in self.entities
        ]
        return f'{{"text": {_quoted(self.text)}, "entities": [{", ".join(entities)}]}}'


def value_fields(entity: Entity, values: bool | ValueOptions) -> dict[str, Any] | None:
    """Return what `Value.to_dict` says of an entity's value; None where it has none, or none is asked for."""
    from fanlight.values import ValueOptions

    options = ValueOptions.choose(values)
    value = None if options is None else entity.value_on(*options)
    return None if value is None else value.to_dict()


def value_json(entity: Entity, values: bool | ValueOptions) -> str:
    """Return the field "value" of an entity's line of JSON, "" where no values are asked for."""
    return f', "value": {_quoted(value_fields(entity, values))}' if values else ""
