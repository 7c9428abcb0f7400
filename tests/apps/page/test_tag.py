"""The Tag view: names found, filtered, corrected, tabulated and downloaded, by mouse and by keyboard."""

import csv
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import fanlight
from fanlight.entities.html import hue, mark_entities
from tests.apps.page.conftest import check_access, tag

TEXT = "Museums in Paris are amazing 👍 to see. Ada Lovelace wrote to Charles Babbage from London."
MARKS = "#document mark:not(.off)"


def select_word(page, word):
    page.evaluate(
        """word => { const walker = document.createTreeWalker(document.getElementById('document'), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) { const at = walker.currentNode.textContent.indexOf(word); if (at < 0) continue;
          const range = document.createRange(); range.setStart(walker.currentNode, at); range.setEnd(walker.currentNode, at + word.length);
          getSelection().removeAllRanges(); getSelection().addRange(range); break; }
        document.getElementById('document').dispatchEvent(new MouseEvent('mouseup', { bubbles: true })); }""",
        word,
    )
    page.wait_for_selector("#palette:not([hidden])")


def test_the_first_screen(page):
    expect(page.locator(MARKS)).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for seen in ("#document", ".tour li >> nth=0", ".tour li >> nth=3"):
        box = page.locator(seen).bounding_box()
        assert box["y"] + box["height"] <= page.viewport_size["height"], f"{seen} is seen without scrolling"
    check_access(page)
    page.picture("tag")
    page.click("[data-sample=news]")
    expect(page.locator(MARKS).first).to_contain_text("BERLIN")
    page.locator(MARKS).first.click()
    expect(page.locator("#why-title")).to_contain_text("BERLIN")
    page.go_back()
    expect(page.locator("#document")).to_be_visible()


def test_every_sample_has_names(wide):
    for button in wide.locator("[data-sample]").all():
        before = wide.locator("#text").input_value()
        button.click()
        assert wide.locator("#text").input_value() != before
        expect(wide.locator(MARKS).first).to_be_visible()
        assert wide.locator("#names tbody tr").count() >= 2
    check_access(wide)


def test_filter_correct_and_download(page):
    tag(page, TEXT)
    marks = page.locator(MARKS)
    expect(marks).to_have_count(4)
    assert "Paris, LOC" in marks.first.get_attribute("aria-label")
    page.fill("#threshold", "1")
    assert marks.count() == 0
    page.fill("#threshold", "0")
    page.uncheck("#types input >> nth=0")
    assert marks.count() < 4
    page.check("#types input >> nth=0")
    select_word(page, "see")  # after a character outside the basic plane
    page.click("#palette button:has-text('ORG')")
    expect(page.locator("mark.mine")).to_contain_text("see")
    with page.expect_download() as download:
        page.click("[data-download=training]")
    row = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    mine = next(s for s in row["spans"] if s["label"] == "ORG")
    assert row["text"][mine["start"] : mine["end"]] == "see"
    for kind, start in (("jsonl", '{"text"'), ("csv", "start,end"), ("html", "<!DOCTYPE")):
        with page.expect_download() as download:
            page.click(f"[data-download={kind}]")
        saved = Path(download.value.path()).read_text(encoding="utf-8")
        assert saved.startswith(start)
    assert "<b>ORG</b>" in saved
    page.check("#correcting")
    page.locator("mark.mine").click()
    page.click("#palette button:has-text('Remove')")
    expect(page.locator("mark.mine")).to_have_count(0)


def test_correct_by_keyboard(page):
    tag(page, TEXT)
    expect(page.locator(MARKS)).to_have_count(4)
    page.focus("#document")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused).startswith("Ada Lovelace, PER")
    page.keyboard.press("e")
    page.keyboard.press("ArrowRight")
    chosen = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.locator("mark.mine")).to_contain_text(f"Ada Lovelace{chosen}")
    expect(page.locator("mark.mine")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator(MARKS)).to_have_count(3)
    expect(page.locator(MARKS).nth(1)).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#why-title")).to_be_visible()


def test_the_table_of_names_groups_sorts_and_jumps(wide):
    tag(wide, "Paris is old. Oslo is new. Paris is big. " + "It rained. " * 400 + "Paris.")
    names = wide.locator("#names tbody td:first-child")
    expect(names.first).to_have_text("Paris")
    expect(wide.locator("#names tbody tr").first.locator("td").nth(2)).to_have_text("3")
    wide.click("[data-sort=name]")
    assert names.all_inner_texts() == sorted(names.all_inner_texts())
    expect(wide.locator("th[aria-sort=ascending]")).to_have_text(re.compile("name"))
    paris = wide.locator("#names button.word", has_text="Paris")
    for start in (0, len("Paris is old. Oslo is new. ")):
        paris.click()
        wide.wait_for_function("start => document.activeElement.entity?.entity.start === start", arg=start)
    paris.click()
    wide.wait_for_function("() => document.activeElement.entity?.entity.start > 4000")
    assert wide.evaluate("document.getElementById('document').scrollTop") > 500


def test_no_names(wide):
    tag(wide, "it rained and rained")
    expect(wide.locator("#summary")).to_have_text("No names found.")
    expect(wide.locator("#downloads")).to_be_hidden()


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("서울은 크다.".encode("cp949"), "CP949"),
        ("서울은 크다.".encode("utf-16"), "UTF-16LE"),
        ("Paris is big.".encode("utf-16-be"), "UTF-16BE"),
        ("서울은 크다.".encode(), "UTF-8"),
    ],
)
def test_files_in_the_encodings_people_have(wide, tmp_path, content, shown):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    wide.set_input_files("#file", path)
    expect(wide.locator("#file-read")).to_have_text(f"text.txt, {shown}")
    expect(wide.locator(MARKS).first).to_have_text(re.compile("서울|Paris"))


def test_a_binary_file_is_refused_and_one_dropped_anywhere_is_read(wide, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(bytes(range(256)) * 20)
    wide.set_input_files("#file", path)
    expect(wide.locator("#fault")).to_contain_text("picture.png is not a text file")
    wide.click("#tab-gradient")
    wide.evaluate(
        """() => { const data = new DataTransfer(); data.items.add(new File(['Oslo is old.'], 'a.txt'));
        for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data })); }"""
    )
    expect(wide.locator(MARKS).first).to_contain_text("Oslo")


def _rounded(html):
    return re.sub(r'(?<=probability=")[\d.]+', lambda match: f"{float(match[0]):.4f}", html)


def test_the_page_shows_what_the_command_writes(wide):
    text = "Museums <in> Paris & 서울 👍 are amazing.\nAda Lovelace wrote."
    tag(wide, text)
    expect(wide.locator("#document")).to_contain_text("Museums <in>")
    expect(wide.locator(MARKS)).to_have_count(2)
    shown = wide.evaluate(
        """() => { const shown = document.querySelector('#document .piece').cloneNode(true);
        for (const mark of shown.querySelectorAll('mark')) {
          mark.style.removeProperty('--certainty');
          mark.setAttribute('style', mark.getAttribute('style').trim().replace(/;$/, ''));
          for (const name of ['role', 'tabindex', 'aria-label', 'class']) mark.removeAttribute(name); }
        return shown.innerHTML; }"""
    )
    written = wide.evaluate(
        """html => { const span = Object.assign(document.createElement('span'), { innerHTML: html });
        for (const mark of span.querySelectorAll('mark')) mark.setAttribute('style', mark.style.cssText.trim().replace(/;$/, ''));
        return span.innerHTML; }""",
        mark_entities(fanlight.load("en", engine="plain")(text)),
    )
    assert _rounded(shown) == _rounded(written)
    hues = wide.evaluate("import('/static/dom.js').then(m => ['PER', 'TIME', 'Ort', '장소', '👍x'].map(m.hue))")
    assert hues == [hue(type_) for type_ in ("PER", "TIME", "Ort", "장소", "👍x")]


def test_a_long_text_is_drawn_where_it_is_seen(wide):
    line = "Ada Lovelace wrote to Charles Babbage from London about the engine in Paris.\n"
    tag(wide, line * 2_000)
    wide.wait_for_function("() => document.getElementById('summary').textContent.includes(',')")
    few = "() => { const count = document.querySelectorAll('mark').length; return 0 < count && count < 1000; }"
    wide.wait_for_function(few)
    wide.evaluate("() => { const d = document.getElementById('document'); d.scrollTop = d.scrollHeight / 2; }")
    wide.wait_for_function("() => document.getElementById('document').scrollTop > 10000")
    wide.wait_for_function(few)


def test_no_cell_of_a_table_is_a_formula(wide):
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r1", "＝1", 'Ann "Lee"', "Oslo", "2-1", "", "이순신"]
    quoted = wide.evaluate("cells => import('/static/tag.js').then(m => cells.map(m.quote))", cells)
    assert [cell[1:-1].replace('""', '"') for cell in quoted] == [
        f"'{cell}" if number < 8 else cell for number, cell in enumerate(cells)
    ]
    tag(wide, "Paris is big.")
    with wide.expect_download() as download:
        wide.click("[data-download=csv]")
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert [(row["text"], row["type"]) for row in rows] == [("Paris", "LOC")]


def test_what_names_mean_stands_in_the_table(wide):
    tag(wide, "Ann paid 3,500 dollars on 3 March 2020 in Oslo.")
    expect(wide.locator("[data-sort=value]")).to_be_visible()
    expect(wide.locator("#names tbody")).to_contain_text("2020-03-03")
    rows = wide.eval_on_selector_all(
        "#names tbody tr", "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.innerText))"
    )
    values = {name: value for name, _, value, *_ in rows}
    assert values["3 March 2020"] == "2020-03-03"
    assert values["Oslo"] == ""
    assert any(value == "3,500 USD" for value in values.values())
    tag(wide, "Ann lives in Oslo.")
    expect(wide.locator("#names tbody tr").first).to_be_visible()
    expect(wide.locator("[data-sort=value]")).to_have_count(0)


def test_a_date_of_the_text_gives_values_to_its_weekdays(page):
    tag(page, "Ann met Bob in Oslo on Monday.")
    value = page.locator("#names tr", has_text="Monday").locator("[data-column=value]")
    expect(value).to_have_text("depends on the date")
    page.fill("#written", "2026-11-28")
    expect(value).to_have_text(re.compile(r"2026-11-\d\d"))
    narrow = "() => { const names = document.getElementById('names'); return names.scrollWidth <= names.clientWidth; }"
    assert page.evaluate(narrow), "no column is cut off"
    tag(page, "이순신은 서울에서 2,000명을 만났다.")
    expect(page.locator("#names")).to_contain_text("2,000 명")
