"""Entities and documents."""

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
        Offsets in code points: ``document.text[start:end] == text``.
    type : str
        Type, such as "LOC".
    text : str
        Text of the entity.
    probability : float or None
        P(exactly this span has this type | its sentence); None if it was not computed.
    """

    start: int
    end: int
    type: str
    text: str
    probability: float | None = None

    @property
    def value(self) -> Value | None:
        """The value of a date, time, amount or quantity; None if it cannot be parsed, and for other types.

        Examples
        --------
        >>> Entity(0, 12, "MONEY", "$3.5 billion").value.to_dict()
        {'kind': 'money', 'number': 3500000000, 'unit': 'USD'}
        """
        return self.value_on(None)

    def value_on(self, reference: datetime.date | None, day_first: bool = False) -> Value | None:
        """Return the value relative to a reference day, as for "yesterday"; see `values.read_value`."""
        from fanlight.values import read_value

        return read_value(self.text, self.type, reference, day_first)


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its entities, in the order of the text.

    Raises
    ------
    ValueError
        An entity's text differs from the text at its offsets.
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
        """Return HTML for notebooks: the text with its entities highlighted."""
        from fanlight.entities.html import fragment

        return fragment(self)

    def to_dict(self, values: bool | ValueOptions = False) -> dict[str, Any]:
        """Return values for JSON, as in the JSONL output; with `values`, including `Entity.value`."""
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
    """Return the `Value.to_dict` of an entity's value; None if it has none, or if `values` is False."""
    from fanlight.values import ValueOptions

    options = ValueOptions.choose(values)
    value = None if options is None else entity.value_on(*options)
    return None if value is None else value.to_dict()


def value_json(entity: Entity, values: bool | ValueOptions) -> str:
    """Return the field "value" of an entity in JSON, "" if `values` is False."""
    return f', "value": {_quoted(value_fields(entity, values))}' if values else ""
