"""Entities as HTML: the text with coloured spans, on a page that needs nothing from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from html import escape

from fanlight.entities.entity import Document

_STYLE = """
body { font: 1.05rem/1.9 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
p { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { background: #16181d; color: #e8e8e8; } }
"""
_MARKS = """
mark[data-type] { color: inherit; padding: .1em .25em; border-radius: .3em; background: hsl(var(--hue) 75% 86%); }
mark[data-type] b { font-size: .68em; letter-spacing: .04em; margin-left: .35em; }
@media (prefers-color-scheme: dark) { mark[data-type] { background: hsl(var(--hue) 45% 28%); } }
"""


def page(documents: Iterable[Document]) -> Iterator[str]:
    """Yield a self-contained page, a paragraph a document."""
    yield (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Entities</title><style>{_STYLE}{_MARKS}</style></head><body>\n"
    )
    for document in documents:
        yield f"<p>{marked(document)}</p>\n"
    yield "</body></html>\n"


def fragment(document: Document) -> str:
    """Return a paragraph with its own style, for a notebook."""
    return f'<style>{_MARKS}</style><p style="white-space: pre-wrap">{marked(document)}</p>'


def marked(document: Document) -> str:
    """Return a document's text as HTML with its entities marked; one inside another is marked inside."""
    text = document.text
    opens: dict[int, list[str]] = {}
    closes: dict[int, int] = {}
    pieces: list[str] = []
    last = 0
    drawn: list[tuple[int, int]] = []
    for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        if any(start < entity.start < end < entity.end for start, end in drawn):
            continue  # crossing marks cannot be nested: the earlier one is drawn
        drawn.append((entity.start, entity.end))
        share = "" if entity.probability is None else f' title="{entity.type} {entity.probability:.3f}"'
        opens.setdefault(entity.start, []).append(
            f'<mark style="--hue:{_hue(entity.type)}" data-type="{escape(entity.type)}"{share}>'
        )
        closes[entity.end] = closes.get(entity.end, 0) + 1
    names = {(e.start, e.end): e.type for e in document.entities}
    ends = {end: [names[s, e] for s, e in sorted(drawn, reverse=True) if e == end] for end in closes}
    for place in sorted({*opens, *closes}):
        pieces.append(escape(text[last:place]))
        pieces += [f"<b>{escape(type_)}</b></mark>" for type_ in ends.get(place, [])]
        pieces += opens.get(place, [])
        last = place
    return "".join(pieces) + escape(text[last:])


def _hue(type_: str) -> int:
    """Give each type a colour of its own, the same everywhere."""
    return hashlib.sha256(type_.encode()).digest()[0] * 360 // 256
