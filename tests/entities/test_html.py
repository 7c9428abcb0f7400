"""Entities as HTML: the text stays, and overlapping ones are nested."""

import re

from fanlight import Document, Entity
from fanlight.entities.html import hue, mark_entities, page


def test_nested_and_crossing_entities():
    text = "Bank of Oslo & co"
    nested = Document(text, (Entity(0, 12, "ORG", "Bank of Oslo"), Entity(8, 12, "LOC", "Oslo", 0.5)))
    html = mark_entities(nested)
    assert html.count("<mark") == html.count("</mark>") == 2
    assert html.index("LOC</b></mark>") < html.index("ORG</b></mark>")
    assert "&amp; co" in html
    crossing = Document(text, (Entity(0, 12, "ORG", "Bank of Oslo"), Entity(8, 17, "X", "Oslo & co")))
    assert mark_entities(crossing).count("<mark") == 1


def test_types_are_escaped():
    document = Document("a", (Entity(0, 1, '"><script>', "a"),))
    assert "<script>" not in "".join(page([document]))


def test_the_text_is_kept():
    document = Document("x < Paris\n& y", (Entity(4, 9, "LOC", "Paris", 0.9),))
    stripped = re.sub(r"<b>.*?</b>|<[^>]*>", "", mark_entities(document))
    assert stripped.replace("&lt;", "<").replace("&amp;", "&") == document.text


def test_a_notebook_shows_the_document():
    shown = Document("a <b> Oslo", (Entity(6, 10, "LOC", "Oslo", 0.9),))._repr_html_()
    assert "a &lt;b&gt; <mark" in shown
    assert "LOC 0.900" in shown


def test_a_mark_tells_what_it_is():
    shown = mark_entities(Document("In Oslo", (Entity(3, 7, "LOC", "Oslo", 0.98765),)))
    assert shown == (
        'In <mark data-type="LOC" data-start="3" data-end="7" data-probability="0.987650" title="LOC 0.988" '
        'style="--hue:150">Oslo<b>LOC</b></mark>'
    )
    unsure = mark_entities(Document("In Oslo", (Entity(3, 7, "Ort", "Oslo"),)))
    assert "data-probability" not in unsure
    assert f"--hue:{hue('Ort')}" in unsure


def test_entities_that_end_or_begin_together_are_nested():
    text = "a b c"
    spans = [(0, 5, "X"), (0, 3, "Y"), (0, 1, "Z"), (2, 3, "V"), (4, 5, "W")]
    shown = mark_entities(Document(text, tuple(Entity(s, e, t, text[s:e]) for s, e, t in spans)))
    assert re.sub(r"<mark[^>]*?data-type=\"(.)\"[^>]*>", r"<\1>", shown).replace("</mark>", ">") == (
        "<X><Y><Z>a<b>Z</b>> <V>b<b>V</b>><b>Y</b>> <W>c<b>W</b>><b>X</b>>"
    )
