"""Responses with tagged texts: conversion of offsets, filters by type and probability."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from fanlight.entities.entity import Document, Entity, value_json
from fanlight.values import ValueOptions

_WIDTHS: dict[str, Callable[[str], int]] = {  # of a text in a unit of offsets
    "code_points": len,
    "utf16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
}


class ModelName(NamedTuple):
    """The model of a response.

    Attributes
    ----------
    name : str
        The name under which it is served.
    version : str
        Version of the model, or else of the Fanlight that trained it.
    language : str or None
    """

    name: str
    version: str
    language: str | None

    def to_dict(self) -> dict[str, str | None]:
        """Return the fields of a response."""
        return {"model": self.name, "version": self.version, "language": self.language}


def keep_entities(
    document: Document, threshold: float | Mapping[str, float], types: Collection[str] | None = None
) -> Document:
    """Return a document with only the entities of the given types above a threshold."""
    if threshold == 0 and types is None:
        return document

    def is_wanted(entity: Entity) -> bool:
        minimum = threshold if isinstance(threshold, (int, float)) else threshold.get(entity.type, 0.0)
        probability = 0.0 if entity.probability is None else entity.probability
        return (types is None or entity.type in types) and probability >= minimum

    return Document(document.text, tuple(filter(is_wanted, document.entities)))


def convert_offsets(text: str, entities: Sequence[Entity], unit: str) -> list[tuple[int, int]]:
    """Return the starts and ends of entities, given in code points, in another unit.

    Parameters
    ----------
    text : str
    entities : sequence of Entity
    unit : str
        "code_points", "utf16" (units of JavaScript's and Java's strings) or "bytes" (of UTF-8).

    Examples
    --------
    >>> convert_offsets("👍 Oslo", [Entity(2, 6, "LOC", "Oslo")], "utf16")
    [(3, 7)]
    """
    if unit == "code_points" or text.isascii():
        return [(entity.start, entity.end) for entity in entities]
    offsets, place, offset = {}, 0, 0
    for edge in sorted({edge for entity in entities for edge in (entity.start, entity.end)}):
        offset += _WIDTHS[unit](text[place:edge])
        offsets[edge] = offset
        place = edge
    return [(offsets[entity.start], offsets[entity.end]) for entity in entities]


def answer_line(
    document: Document,
    fields: Mapping[str, Any],
    unit: str = "code_points",
    echo: bool = True,
    values: bool | ValueOptions = False,
) -> str:
    """Return a document's response as a JSON line.

    Parameters
    ----------
    document : Document
    fields : mapping of str to any
        Additional fields.
    unit : str
        See `convert_offsets`.
    echo : bool
        Whether the text is repeated.
    values : bool or ValueOptions
        Whether to add values of entities, or the options for them.
    """
    offsets = convert_offsets(document.text, document.entities, unit)
    if echo and unit == "code_points":
        line = document.to_json(values)
    else:
        entities = ", ".join(_entity(*item, values) for item in zip(document.entities, offsets, strict=True))
        text = f'"text": {json.dumps(document.text, ensure_ascii=False)}, ' if echo else ""
        line = f'{{{text}"entities": [{entities}]}}'
    return f"{line[:-1]}, {json.dumps(fields, ensure_ascii=False)[1:]}"


def _entity(entity: Entity, offsets: tuple[int, int], values: bool | ValueOptions) -> str:
    type_, text = (json.dumps(value, ensure_ascii=False) for value in (entity.type, entity.text))
    probability = "null" if entity.probability is None else format(entity.probability, ".6f")
    return (
        f'{{"start": {offsets[0]}, "end": {offsets[1]}, "type": {type_}, "text": {text}, "probability": {probability}'
        f"{value_json(entity, values)}}}"
    )
