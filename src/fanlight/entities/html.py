"""HTML of documents with highlighted entities, as a self-contained page or a fragment.

The command's `--format html`, notebooks and the server's page use `mark_entities` and the colours of ``marks.css``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanlight.entities.entity import Document, Entity

MARKS = Path(__file__).with_name("marks.css")
HUES = {"PER": 28, "LOC": 150, "ORG": 212, "DATE": 275, "MISC": 340, "TIME": 250, "QUANTITY": 90}
_STYLE = """
body { font: 1.05rem/1.9 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
p { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  body { background: #16181d; color: #e8e8e8; --mark-ink: #ece8df; --mark-s: 45%; --mark-l: 27%; }
}
"""


def page(documents: Iterable[Document]) -> Iterator[str]:
    """Yield a self-contained page with one paragraph per document."""
    yield (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Entities</title><style>{_STYLE}{_entity_style()}</style></head><body>\n"
    )
    for document in documents:
        yield f"<p>{mark_entities(document)}</p>\n"
    yield "</body></html>\n"


def fragment(document: Document) -> str:
    """Return a paragraph with its style, for notebooks."""
    paragraph = f'<p style="white-space: pre-wrap; line-height: 1.9">{mark_entities(document)}</p>'
    return f"<style>{_entity_style()}</style>{paragraph}"


def mark_entities(document: Document) -> str:
    """Return a document's text as HTML with (nested) marks for its entities.

    Marks have ``data-`` attributes for offsets, type and probability. Of two entities that overlap without nesting,
    only the earlier one is marked.
    """
    text = document.text
    under: list[Entity] = []  # open marks
    parts: list[str] = []
    last = 0

    def write(place: int) -> None:
        nonlocal last
        while under and under[-1].end <= place:
            entity = under.pop()
            parts.append(f"{escape(text[last : entity.end])}<b>{escape(entity.type)}</b></mark>")
            last = entity.end
        parts.append(escape(text[last:place]))
        last = place

    for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        write(entity.start)
        if under and under[-1].end < entity.end:
            continue
        parts.append(_opening(entity))
        under.append(entity)
    write(len(text))
    return "".join(parts)


def hue(type_: str) -> int:
    """Return a type's hue in degrees; the server's page has the same function in JavaScript."""
    number = 7
    for character in type_:
        number = (number * 31 + ord(character)) % 360
    return HUES.get(type_, number)


def _opening(entity: Entity) -> str:
    type_, share, title = escape(entity.type), "", escape(entity.type)
    if entity.probability is not None:
        share = f' data-probability="{entity.probability:.6f}"'
        title += f" {entity.probability:.3f}"
    return (
        f'<mark data-type="{type_}" data-start="{entity.start}" data-end="{entity.end}"{share} title="{title}" '
        f'style="--hue:{hue(entity.type)}">'
    )


@cache
def _entity_style() -> str:
    return MARKS.read_text(encoding="utf-8")
