"""The widget for notebooks, in a browser, with a stand-in of a notebook's model; and its Python side."""

import json
from pathlib import Path

import pytest

import fanlight
from fanlight.corpus.readers import read_corpus
from fanlight.text.sentences import tokenise_sentences

pytest.importorskip("anywidget", reason="NOT INSTALLED: anywidget")

import fanlight.apps.integrations.widget as integration
from fanlight.apps.integrations.widget import CorrectionWidget

MODEL = """
const state = %s, listeners = {};
window.model = {
  get: (name) => state[name], set: (name, value) => { state[name] = value; (listeners["change:" + name] || []).forEach((f) => f()); },
  save_changes: () => {}, on: (event, f) => (listeners[event] ??= []).push(f),
};
"""


@pytest.fixture
def widget():
    tagger = fanlight.load("en", engine="plain")
    return CorrectionWidget(tagger.pipe(["Museums in Paris 👍 are amazing.", "It rained in Oslo."]), ["LOC", "PER"])


def test_what_is_corrected_is_written_and_read_again(widget, tmp_path):
    widget.rows = [widget.rows[0], {**widget.rows[1], "spans": [{"start": 13, "end": 17, "label": "LOC"}]}]
    widget.write(tmp_path / "a.jsonl")
    corpus = read_corpus(tmp_path / "a.jsonl", tokenise_sentences)
    assert [s.spans for s in corpus.sentences] == [((2, 3, "LOC"),), ((3, 4, "LOC"),)]


@pytest.mark.parametrize("spans", [[(0, 99)], [(3, 3)], [(-1, 2)], [(0, 3), (2, 5)]])
def test_spans_that_no_text_has_are_refused(widget, spans):
    import traitlets

    before = json.dumps(widget.rows)
    with pytest.raises(traitlets.TraitError, match="lie outside it, or overlap"):
        widget.rows = [{**widget.rows[0], "spans": [{"start": s, "end": e, "label": "LOC"} for s, e in spans]}]
    assert json.dumps(widget.rows) == before


def test_entities_are_added_and_removed_on_the_page(widget, browser):
    page = browser.new_page()
    state = {name: getattr(widget, name) for name in ("rows", "types", "hues", "number")}
    page.set_content("<div id=place></div>")
    page.evaluate(MODEL % json.dumps(state))
    code = Path(integration.__file__).with_suffix(".js").read_text()
    page.add_script_tag(content=code.replace("export default", "window.widget ="), type="module")
    page.wait_for_function("window.widget")
    page.evaluate("widget.render({ model, el: document.querySelector('#place') })")
    spans = lambda n: page.evaluate(f"model.get('rows')[{n}].spans")  # noqa: E731
    assert page.locator("mark").inner_text().startswith("Paris")
    page.locator("mark").click()
    assert spans(0) == []
    page.locator("select").select_option("PER")
    select = """() => { const node = document.querySelector('p').firstChild, range = document.createRange();
      range.setStart(node, node.data.indexOf('👍') - 1); range.setEnd(node, node.data.indexOf(' amazing'));
      getSelection().removeAllRanges(); getSelection().addRange(range); document.querySelector('p').onmouseup(); }"""
    page.evaluate(select)
    text = widget.rows[0]["text"]
    assert spans(0) == [{"start": text.index("👍"), "end": text.index(" amazing"), "label": "PER"}]
    page.get_by_label("next").click()
    assert page.locator("mark").inner_text().startswith("Oslo")
    page.get_by_label("next").click()
    assert "2 / 2" in page.locator("#place").inner_text()
    widget.rows = page.evaluate("model.get('rows')")
    page.close()
