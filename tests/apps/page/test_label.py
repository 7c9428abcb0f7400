"""The Label view: correct, save, go back and forth, agree, export."""

import json
import re
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

from fanlight.apps.labelling import LabelStore
from fanlight.apps.server.training import TrainingRunner
from tests.apps.page.conftest import check_access, open_page
from tests.apps.serving import running


def begin(page, name):
    page.click("#tab-label")
    page.fill("#annotator", name)
    page.press("#annotator", "Enter")
    expect(page.locator("#label-text mark").first).to_contain_text("Paris")


def middle_of(page, word):
    """Return the middle of a word of the text, once it stands still."""
    find = """word => { const walker = document.createTreeWalker(document.getElementById('label-text'), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) { const at = walker.currentNode.textContent.indexOf(word); if (at < 0) continue;
          const range = document.createRange(); range.setStart(walker.currentNode, at); range.setEnd(walker.currentNode, at + word.length);
          const box = range.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; } }"""
    before, box = None, page.evaluate(find, word)
    while box != before:
        page.wait_for_timeout(100)
        before, box = box, page.evaluate(find, word)
    return box


def click_word(page, word):
    page.mouse.click(*middle_of(page, word))


def test_label_by_mouse(page):
    name = f"mouse {page.viewport_size['width']}"
    begin(page, name)
    expect(page.locator("#label-state")).to_have_text("0 of 3 texts are labelled")
    click_word(page, "amazing")
    page.click("#label-types button:has-text('EVENT'):enabled")
    expect(page.locator("#label-text mark").nth(1)).to_contain_text("amazing")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_access(page)
    page.picture("label")
    page.click("#label-save")
    expect(page.locator("#label-state")).to_have_text("1 of 3 texts are labelled")
    page.click("#label-undo")
    expect(page.locator("#label-text mark").nth(1)).to_contain_text("amazing")
    page.locator("#label-text mark").nth(1).click()
    page.click("#label-types button:has-text('Remove'):enabled")
    expect(page.locator("#label-text mark")).to_have_count(1)
    page.click("#label-save")
    expect(page.locator("#label-state")).to_have_text("1 of 3 texts are labelled")
    with page.expect_download() as download:
        page.click("#label-export")
    rows = [json.loads(line) for line in Path(download.value.path()).read_text(encoding="utf-8").splitlines()]
    mine = [row for row in rows if row["annotator"] == name]
    assert [(row["text"][s["start"] : s["end"]], s["label"]) for row in mine for s in row["spans"]] == [
        ("Paris", "LOC")
    ]


def test_label_by_keyboard_to_the_end(page):
    begin(page, f"keys {page.viewport_size['width']}")
    expect(page.locator("#label-text")).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("#label-flag")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    page.keyboard.press("3")  # the types are EVENT, LOC, PER
    expect(page.locator("#label-text")).to_contain_text("ParisPER")
    page.keyboard.press("Enter")
    expect(page.locator("#label-state")).to_have_text("1 of 3 texts are labelled")
    expect(page.locator("#label-text")).to_contain_text("Ada")
    page.keyboard.press("s")
    expect(page.locator("#label-text")).to_contain_text("It rained")
    page.keyboard.press("r")
    expect(page.locator("#label-state")).to_have_text("2 of 3 texts are labelled")
    expect(page.locator("#label-text")).to_contain_text("Ada")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#label-text")).to_contain_text("ParisPER")
    expect(page.locator("#label-flag")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#label-text")).to_contain_text("Ada")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#label-end")).to_be_visible()
    check_access(page)
    page.click("#label-review")
    expect(page.locator("#label-text")).to_contain_text("Museums")


def test_every_mention_at_once(wide):
    begin(wide, "mentions")
    wide.keyboard.press("s")
    expect(wide.locator("#label-text")).to_contain_text("Ada Lovelace met him")
    for mark in range(wide.locator("#label-text mark").count()):
        wide.locator("#label-text mark").first.click()
        wide.keyboard.press("Delete")
        expect(wide.locator("#label-text mark")).to_have_count(1 - mark)
    wide.check("#label-every")
    click_word(wide, "Lovelace")
    wide.focus("#label-text")
    wide.keyboard.press("3")
    expect(wide.locator("#label-text mark")).to_have_count(2)


def test_a_word_that_is_clicked_while_marks_are_drawn_stays_selected(wide):
    begin(wide, "drawn late")
    routes = []
    wide.route("**/v1/html", lambda route: routes.append(route))
    wide.keyboard.press("s")
    expect(wide.locator("#label-text")).to_contain_text("Ada Lovelace met him")
    wide.evaluate("window.old = document.getElementById('label-text').firstChild")
    wide.mouse.move(*middle_of(wide, "wrote"))
    wide.mouse.down()
    while not routes:
        wide.wait_for_timeout(20)
    routes.pop().continue_()
    while wide.evaluate("window.old.isConnected"):
        wide.wait_for_timeout(20)
    wide.mouse.up()
    wide.unroute("**/v1/html")
    expect(wide.locator("#label-types button:enabled").first).to_be_visible()
    assert wide.evaluate("getSelection().toString()") == "wrote"


def test_agreement_only_where_there_are_two(wide):
    for name in ("ada", "bob"):
        begin(wide, name)
        wide.click("#label-save")
        expect(wide.locator("#label-state")).to_have_text("1 of 3 texts are labelled")
    expect(wide.locator("#agreement")).to_contain_text("ada – bob: κ = 1.000 (1)")


def test_what_is_rejected_is_no_training_data_and_what_is_flagged_says_so(address, wide):
    begin(wide, "reviewer")
    wide.keyboard.press("r")
    expect(wide.locator("#label-state")).to_have_text("1 of 3 texts are labelled")
    wide.keyboard.press("f")
    expect(wide.locator("#label-flag")).to_have_attribute("aria-pressed", "true")
    wide.keyboard.press("Enter")
    expect(wide.locator("#label-state")).to_have_text("2 of 3 texts are labelled")
    lines = urllib.request.urlopen(f"{address}/v1/labels/export").read().decode().splitlines()
    rows = [row for row in map(json.loads, lines) if row["annotator"] == "reviewer"]
    assert [(row["text"][:3], row.get("flagged")) for row in rows] == [("Ada", True)]


def test_without_texts_the_view_says_how(browser, taggers):
    with running({"en": taggers["en"]}) as url:
        page = open_page(browser, url, "phone")
        page.click("#tab-label")
        expect(page.locator("#label-empty")).to_contain_text("fanlight label LABELS.db")
        expect(page.locator("#annotator-form")).to_be_hidden()
        check_access(page)
        page.click("#tab-train")
        expect(page.locator("#train-empty")).to_contain_text("serve --watch my.fanlight.progress.jsonl")
        expect(page.locator("#reports")).to_contain_text("en")
        check_access(page)
        assert page.faults == []
        page.context.close()


def test_texts_are_put_in_on_the_page(browser, taggers, tmp_path):
    store = LabelStore(tmp_path / "labels.db", is_open=True)
    with running({"en": taggers["en"]}, labels=store) as url:
        page = open_page(browser, url, "phone")
        page.click("#tab-label")
        expect(page.locator("#label-new")).to_have_value(re.compile(r"^Museums in Paris.*\nAda Lovelace"))
        expect(page.locator("#label-given")).to_have_value(re.compile("LOC, MISC"))
        expect(page.locator("#label-command")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        check_access(page)
        page.fill("#label-new", "Oslo is old.\n\nAnn left.\n")
        page.fill("#label-given", "LOC, PER")
        page.press("#label-given", "Enter")
        expect(page.locator("#label-state")).to_have_text("0 of 2 texts are labelled")
        expect(page.locator("#label-text mark")).to_contain_text("Oslo")
        expect(page.locator("#label-types button")).to_have_count(3)
        page.keyboard.press("Enter")
        expect(page.locator("#label-state")).to_have_text("1 of 2 texts are labelled")
        assert [row["annotator"] for row in store.export()] == ["me"]
        assert page.faults == []
        page.context.close()


def test_the_end_trains_on_what_was_labelled(browser, taggers, tmp_path):
    store = LabelStore(tmp_path / "labels.db")
    texts = [f"Ann lives in {town}." for town in ("Oslo", "Paris", "Rome", "Lima", "Cairo", "Seoul")]
    store.add(texts, ["LOC", "PER"])
    for number, text in enumerate(texts, 1):
        store.save("ada", number, [(0, 3, "PER"), (13, len(text) - 1, "LOC")])
    with running({"en": taggers["en"]}, labels=store, runner=TrainingRunner()) as url:
        page = open_page(browser, url, "phone")
        page.click("#tab-label")
        page.fill("#annotator", "ada")
        page.press("#annotator", "Enter")
        expect(page.locator("#label-end")).to_be_visible()
        page.picture("label-end")
        with page.expect_download() as download:
            page.click("#label-take")
        assert len(Path(download.value.path()).read_text(encoding="utf-8").splitlines()) == 6
        page.focus("#label-train")
        page.keyboard.press("Enter")
        expect(page.locator("#data-name")).to_have_text("Before the training: what was labelled here")
        expect(page.locator("#data-figures")).to_contain_text("6 sentences")
        expect(page.locator("#train-start")).to_be_visible()
        page.go_back()
        expect(page.locator("#label-end")).to_be_visible()
        assert page.faults == []
        page.context.close()


def test_whose_key_it_is_labels_under_that_name(browser, taggers, tmp_path):
    store = LabelStore(tmp_path / "labels.db")
    store.add(["Museums in Paris are amazing."], ["LOC"])
    with running({"en": taggers["en"]}, labels=store, keys={"secret": "ada"}) as url:
        page = open_page(browser, url, "wide")
        page.wait_for_load_state("networkidle")
        assert page.faults, "without the key the server refuses"
        page.faults.clear()
        page.evaluate("sessionStorage.setItem('key', 'secret')")
        page.goto(f"{url}/?again#label")
        expect(page.locator("#label-text")).to_contain_text("Museums")
        expect(page.locator("#annotator")).to_have_value("ada")
        assert not page.locator("#annotator").is_editable()
        page.click("#label-save")
        expect(page.locator("#label-state")).to_have_text("1 of 1 texts are labelled")
        assert [row["annotator"] for row in store.export()] == ["ada"]
        assert page.faults == []
        page.context.close()
