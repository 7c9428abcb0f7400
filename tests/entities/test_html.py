from fanlight import Document, Entity
from fanlight.entities.html import marked, page


def test_nested_and_crossing_entities():
    text = "Bank of Oslo & co"
    nested = Document(text, (Entity(0, 12, "ORG", "Bank of Oslo"), Entity(8, 12, "LOC", "Oslo", 0.5)))
    html = marked(nested)
    assert html.count("<mark") == html.count("</mark>") == 2
    assert html.index("LOC</b></mark>") < html.index("ORG</b></mark>")
    assert "&amp; co" in html
    crossing = Document(text, (Entity(0, 12, "ORG", "Bank of Oslo"), Entity(8, 17, "X", "Oslo & co")))
    assert marked(crossing).count("<mark") == 1


def test_types_are_escaped():
    document = Document("a", (Entity(0, 1, '"><script>', "a"),))
    assert "<script>" not in "".join(page([document]))


def test_the_text_is_kept():
    import re

    document = Document("x < Paris\n& y", (Entity(4, 9, "LOC", "Paris", 0.9),))
    stripped = re.sub(r"<b>.*?</b>|<[^>]*>", "", marked(document))
    assert stripped.replace("&lt;", "<").replace("&amp;", "&") == document.text


def test_a_notebook_shows_the_document():
    shown = Document("a <b> Oslo", (Entity(6, 10, "LOC", "Oslo", 0.9),))._repr_html_()
    assert "a &lt;b&gt; <mark" in shown
    assert "LOC 0.900" in shown
