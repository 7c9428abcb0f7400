"""Labelled texts of any format, and conversion of offsets in other units than code points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from fanlight.entities.bioes import Span
from fanlight.errors import DataError

UNITS = ("code points", "UTF-16 units", "graphemes")
BREAKS = ("as they are", "CRLF as one", "LF as two")


@dataclass(frozen=True)
class Record:
    """A text and its entities.

    Attributes
    ----------
    text : str
    spans : tuple of (start, end, type)
        Entities in the order of the text, with offsets in code points.
    line : int
        Line of the file at which the record begins, for messages.
    tokens : tuple of (start, end), or None
        Offsets of the tokens, if the format has them.
    name : str
        Name of the text's file, if the format has one file per text.
    """

    text: str
    spans: tuple[Span, ...]
    line: int = 0
    tokens: tuple[tuple[int, int], ...] | None = None
    name: str = ""


@dataclass(frozen=True)
class Mark:
    """An entity with offsets in an unknown unit, and its text (surface)."""

    start: int
    end: int
    type: str
    surface: str
    line: int


def place_spans(path: str, texts: Sequence[str], stored_spans: Sequence[Sequence[Mark]]) -> list[tuple[Span, ...]]:
    """Return the marks of all texts as spans in code points; their unit is the first in which all surfaces match.

    Raises
    ------
    DataError
        No unit matches; the message has the line of the first mark that does not match in code points.
    """
    for unit, breaks in product(UNITS, BREAKS):
        spans_of_texts = []
        for text, marks_of_text in zip(texts, stored_spans, strict=True):
            places = places_in_unit(text, unit, breaks) if marks_of_text else {}
            spans = [(places.get(m.start, -1), places.get(m.end, -1), m.type) for m in marks_of_text]
            if not all(_fits(text, s, m.surface) for s, m in zip(spans, marks_of_text, strict=True)):
                break
            spans_of_texts.append(tuple(spans))
        else:
            return spans_of_texts
    for text, marks_of_text in zip(texts, stored_spans, strict=True):
        for m in marks_of_text:
            if not _fits(text, (m.start, m.end, m.type), m.surface):
                raise DataError(
                    f"{path}:{m.line}: {m.surface!r} does not stand at {m.start}:{m.end}, where the text has "
                    f"{text[m.start : m.end][:60]!r}; nor do all of the file's fit in UTF-16 units or graphemes, "
                    "with CRLF or LF: was the text changed after it was labelled?"
                )
    raise DataError(f"{path}: the entities fit the text in no one unit: were files of different tools put together?")


def _fits(text: str, span: Span, surface: str) -> bool:
    start, end, _ = span
    return 0 <= start < end <= len(text) and " ".join(text[start:end].split()) == " ".join(surface.split())


def places_in_unit(text: str, unit: str, breaks: str) -> dict[int, int]:
    """Return a map from offsets in a unit to offsets in code points."""
    places = {}
    offset = 0
    for place, part in _parts(text, unit):
        places[offset] = place
        if part == "\r\n":
            offset += 1 if breaks == "CRLF as one" else 2
        elif part == "\n" and breaks == "LF as two":
            offset += 2
        else:
            offset += sum(1 + (c > "\uffff") for c in part) if unit == "UTF-16 units" else 1
    places[offset] = len(text)
    return places


def _parts(text: str, unit: str) -> Iterator[tuple[int, str]]:
    if unit == "graphemes":
        from fanlight.libraries import library

        yield from ((m.start(), m.group()) for m in library("regex").finditer(r"\X", text))
        return
    place = 0
    while place < len(text):
        part = "\r\n" if text.startswith("\r\n", place) else text[place]
        yield place, part
        place += len(part)
