"""The page in a real browser, end to end: no outside request, no console error, nothing that axe reports."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

import fanlight
from fanlight.api.history import append_row
from fanlight.apps.labelling import LabelStore
from fanlight.calculus.lecture.graph import _ROLES
from fanlight.entities.html import hue, mark_entities
from fanlight.entities.matches import WAYS
from fanlight.entities.report import Found, Labelled, report_on
from fanlight.text.features import CHARACTER_GROUPS, WORD_GROUPS
from tests.apps.serving import running
from tests.training.test_training import SMALL, TOWNS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = os.environ.get("FANLIGHT_BROWSER") == "required"
PICTURES = os.environ.get("FANLIGHT_PICTURES")  # where to keep screenshots for the documentation
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not REQUIRED, reason="NO CHROMIUM: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "this run requires a browser: apt-get install chromium"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    progress = tmp_path_factory.mktemp("run") / "progress.jsonl"
    rows = [{"stage": "", "number": n, "epochs": 8, "loss": 1 / n, "dev_f1": 80.0 + n} for n in range(1, 6)]
    progress.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    append_row(progress, curve=[{"sentences": 500 * n, "f1": 60 + 8.0 * n, "forecast": n > 2} for n in (1, 2, 4)])
    append_row(progress, report=report_on(labelled()).to_dict())
    store = LabelStore(progress.with_name("labels.db"))
    store.add(["Museums in Paris 👍 are amazing to see.", "Ada Lovelace met him."], ["LOC", "PER", "EVENT"])
    taggers = {name: fanlight.load(name) for name in ("en", "ko")}
    taggers["towns"] = fanlight.train(TOWNS, **{**SMALL, "epochs": 2, "keep": 12})
    with running(taggers, watch=progress, labels=store) as url:
        yield url


def labelled():
    """Sentences as a tagger might find their entities."""
    tokens = ["Ada", "Lovelace", "wrote", "to", "Acme", "of", "Paris"]
    gold = [(0, 2, "PER"), (4, 5, "ORG"), (6, 7, "LOC")]
    found = [Found(0, 2, "PER", 0.98), Found(4, 5, "PER", 0.61), Found(6, 7, "LOC", 0.93)]
    return [
        *(
            Labelled(tokens, gold, [f for f in found if f.start != skip], 9 * n + 1)
            for n, skip in enumerate((4, 6, 4, 0, 9))
        ),
        Labelled(["It", "rained", "in", "May", "."], [], [Found(3, 4, "PER", 0.55)], 50),
    ]


@pytest.fixture(params=SIZES)
def page(browser, address, request):
    """A page whose every outside request is refused; it fails the test for anything the console reports."""
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    made = context.new_page()
    faults: list[str] = []
    made.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: faults.append(str(error)))

    def inside_only(route):
        if route.request.url.startswith((address, "blob:", "data:")):
            route.continue_()
        else:
            faults.append(f"outside request: {route.request.url}")
            route.abort()

    made.route("**/*", inside_only)
    made.goto(address)
    made.faults = faults
    made.picture = lambda name: (
        PICTURES and made.screenshot(path=Path(PICTURES) / f"{name}-{request.param}.png", full_page=True)
    )
    yield made
    assert faults == []
    context.close()


def accessible(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def tag(page, text):
    page.evaluate("text => { document.getElementById('text').value = text; }", text)
    page.click("#tag-form button.main")
    page.wait_for_selector("#result:not([hidden])", timeout=180_000)  # the first ever compiles the model's kernels


def test_tag_filter_correct_and_download(page):
    tag(page, "Museums in Paris are amazing 👍 to see. Ada Lovelace wrote to Charles Babbage from London.")
    marks = page.locator("#document mark:not(.off)")
    expect(marks.nth(2)).to_be_visible()
    before = marks.count()
    assert "Paris, LOC" in marks.first.get_attribute("aria-label")
    accessible(page)
    page.picture("tag")
    page.fill("#threshold", "1")
    assert marks.count() == 0
    assert page.locator("#document mark b:visible").count() == 0
    page.fill("#threshold", "0")
    page.uncheck("#types input >> nth=0")
    assert marks.count() < before
    page.check("#types input >> nth=0")
    assert marks.count() == before
    # a selection, here of a word after a character outside the basic plane, gets a type
    page.evaluate(
        """() => { const node = [...document.querySelectorAll('.piece')[0].childNodes].find(n => n.textContent.includes('amazing'));
        const at = node.textContent.indexOf('see'); const range = document.createRange();
        range.setStart(node, at); range.setEnd(node, at + 3);
        getSelection().removeAllRanges(); getSelection().addRange(range);
        document.getElementById('document').dispatchEvent(new MouseEvent('mouseup', { bubbles: true })); }"""
    )
    page.wait_for_selector("#palette:not([hidden])")
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
    page.locator("mark.mine").click()
    page.click("#palette button:has-text('Remove')")
    expect(page.locator("mark.mine")).to_have_count(0)


def _rounded(html):
    return re.sub(r'(?<=probability=")[\d.]+', lambda found: f"{float(found[0]):.4f}", html)


def test_the_page_shows_what_the_command_writes(page):
    text = "Museums <in> Paris & 서울 👍 are amazing.\nAda Lovelace wrote."
    tag(page, text)
    page.wait_for_selector("#document mark")
    shown = page.evaluate(
        """() => { const shown = document.querySelector('#document .piece').cloneNode(true);
        for (const mark of shown.querySelectorAll('mark'))
          for (const name of ['role', 'tabindex', 'aria-label', 'class']) mark.removeAttribute(name);
        return shown.innerHTML; }"""
    )
    written = page.evaluate(
        "html => Object.assign(document.createElement('span'), { innerHTML: html }).innerHTML",
        mark_entities(fanlight.load("en")(text)),
    )
    assert _rounded(shown) == _rounded(written)  # the server's path and this one may differ by 1e-6
    hues = page.evaluate("import('/static/marks.js').then(m => ['PER', 'TIME', 'Ort', '장소', '👍x'].map(m.hue))")
    assert hues == [hue(type_) for type_ in ("PER", "TIME", "Ort", "장소", "👍x")]


def test_why_what_if_and_its_equation(page):
    tag(page, "Museums in Paris are amazing to see. Nobody lives in London.")
    page.focus("mark:not(.off)")
    page.keyboard.press("ArrowRight")
    assert "London" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_selector("#why-shown:not([hidden])")
    assert page.locator("#why-title").inner_text().startswith("Paris — S-LOC")
    accessible(page)
    page.picture("why")
    page.fill("#window .place:nth-child(2) input", "of")
    page.press("#window .place:nth-child(2) input", "Enter")
    expect(page.locator("#what-if")).to_contain_text("“of”")
    page.select_option("#why-tag", "O")
    expect(page.locator("#why-title")).to_contain_text(" O ")
    page.click("#to-gradient")
    page.wait_for_selector("#graph svg")
    assert page.input_value("#expression").startswith("u.T @ relu(a_0 + a_1")
    page.wait_for_selector("#latex .katex")


def test_why_names_the_nearest_words_of_the_training_data(page):
    page.select_option("#model", "towns")
    tag(page, "Mina Park met the mayor of Ulsan.")
    page.evaluate(
        """async () => { const piece = document.querySelector('.piece');
        while (piece.html === undefined) await new Promise(r => setTimeout(r, 20));
        getSelection().selectAllChildren(piece);
        document.getElementById('document').dispatchEvent(new MouseEvent('mouseup', { bubbles: true })); }"""
    )
    page.click("#palette button:last-child")
    expect(page.locator("#nearest p")).to_have_count(5)
    accessible(page)


def test_the_gradient_step_by_step_and_a_wrong_formula(page):
    page.click("#tab-gradient")
    page.wait_for_selector("#graph svg")
    page.wait_for_selector("#latex .katex")
    steps = int(page.locator("#step-shown").inner_text().split("/")[1].split(",")[0])
    seen = []
    for _ in range(steps - 1):
        page.click("#next-step")
        seen.append(page.locator("#graph .node.lit").get_attribute("id"))
    half = steps // 2
    assert seen[half - 1 :] == [f"node-{n}" for n in range(half - 1, -1, -1)], "backwards in the opposite order"
    assert page.locator("#graph .slope").first.text_content()
    accessible(page)
    page.picture("gradient")
    page.fill("#mine", "u @ x.T")
    page.click("#check-form button")
    page.wait_for_selector("#verdict.wrong")
    page.fill("#mine", "(u * (1 - tanh(W @ x + b)**2)) @ x.T")
    page.click("#check-form button")
    page.wait_for_selector("#verdict.right")
    before = page.locator("#graph .value").last.text_content()
    page.fill("#sliders input >> nth=0", "2.5")
    expect(page.locator("#graph .value").last).not_to_have_text(before)
    page.fill("#expression", "u.T @ (")
    page.click("#derive-form button")
    page.wait_for_selector("#fault:not([hidden])")
    refused = page.faults.pop()
    assert "400" in refused, "the browser reports the answer that was asked for, and nothing else"


def test_korean_dark_and_the_keyboard(page):
    page.select_option("#language", "ko")
    assert page.locator("#tab-why").inner_text() == "이유"
    assert page.evaluate("document.documentElement.lang") == "ko"
    page.select_option("#theme", "dark")
    tag(page, "이순신은 서울에서 태어났다.")
    page.wait_for_selector("mark")
    accessible(page)
    page.picture("korean-dark")
    page.focus("#tab-tag")
    for view in ("why", "gradient", "train"):
        page.keyboard.press("ArrowRight")
        assert page.locator(f"#{view}").is_visible()
        accessible(page)
    expect(page.locator("#history svg")).to_have_count(3)
    expect(page.locator("#history figcaption").first).to_have_text("손실: 0.2")
    expect(page.locator("#history")).to_contain_text("찾았으나 틀린 것")
    assert "Acme" in page.locator("#history .long").first.inner_text()
    accessible(page)
    page.picture("train")


ENGLISH_LEFT = """() => {
  const found = new Set(), add = (text) => { if (/[A-Za-z]{3,}/.test(text)) found.add(text.trim()); };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  // not the texts, formulas and formats
  const foreign = 'script, style, textarea, .katex, #document, #label-text, #examples, #graph, #steps, #step-shown, .word, [data-download]';
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(foreign)) add(walker.currentNode.textContent);
  for (const e of document.querySelectorAll('[aria-label]:not(mark)')) add(e.getAttribute('aria-label'));
  return [...found];
}"""


def test_no_view_has_english_left_in_korean(page):
    tag(page, "이순신은 서울에서 태어났다.")
    page.locator("mark").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#why-shown:not([hidden])")
    page.click("#tab-gradient")
    page.fill("#mine", "W")
    page.wait_for_selector("#graph svg")
    page.click("#check-form button")
    page.wait_for_selector("#verdict.wrong")
    expect(page.locator("#latex h3").nth(1)).to_have_text("2. Apply the chain rule")
    page.click("#tab-train")
    page.wait_for_selector("#history .chart")
    page.click("#tab-label")
    page.fill("#annotator", "me")
    page.click("#annotator-form button")
    page.wait_for_selector("#label-task:not([hidden])")
    assert len(page.evaluate(ENGLISH_LEFT)) > 50, "what looks for English finds it"
    page.select_option("#language", "ko")
    expect(page.locator("#latex h3").nth(1)).to_have_text("2. 연쇄 법칙 적용하기")
    expect(page.locator("#verdict")).to_contain_text("성분")
    expect(page.locator("#steps")).to_contain_text("오차 신호 재사용하기")
    expect(page.locator("#label-types")).to_contain_text("지우기")
    types = {"LOC", "PER", "ORG", "MISC", "DATE", "TIME", "QUANTITY", "EVENT"}
    known = {"Fanlight", "English", "towns", *types, *(f"{way}-{type_}" for way in "BIES" for type_ in types)}
    names = {"Ctrl", "Enter", "fanlight", "label", "LABELS", "texts", "FILE", "watch", "MODEL", "progress", "jsonl"} | {
        "train",
        "set",
        "keep",
    }
    left = [text for text in page.evaluate(ENGLISH_LEFT) if text not in known]
    assert [text for text in left if set(re.findall("[A-Za-z]{3,}", text)) - types - names] == []
    page.select_option("#language", "en")
    expect(page.locator("#latex h3").nth(1)).to_have_text("2. Apply the chain rule")
    expect(page.locator("#history svg").first).to_have_attribute("aria-label", "loss: 0.2")
    expect(page.locator("nav")).to_have_attribute("aria-label", "Views")


def test_every_name_of_the_page_has_its_korean(page):
    missing = """async () => {
      const { KOREAN } = await import('/static/words.js');
      const names = [...document.querySelectorAll('[data-i18n]')].map((e) => e.dataset.i18n);
      return [...names, ...[...document.querySelectorAll('[data-label]')].map((e) => e.dataset.label), ...[ROLES].flat()].filter((n) => !KOREAN[n]);
    }"""
    roles = [*set(_ROLES.values()), "transpose", "part-vectors", "part-context", "part-names", "part-other mentions"]
    groups = [f"part-{group.name}" for group in (*WORD_GROUPS, *CHARACTER_GROUPS)]
    rows = ["row-all", *(f"way-{way}" for way in WAYS), "names-seen", "names-unseen"]
    assert page.evaluate(missing.replace("ROLES", json.dumps([*roles, *groups, *rows]))) == []
    assert page.evaluate(missing.replace("ROLES", '"nobody says this"')) == ["nobody says this"]


def test_a_long_text_is_drawn_where_it_is_seen(page):
    line = "Ada Lovelace wrote to Charles Babbage from London about the engine in Paris.\n"
    tag(page, line * (200_000 // 13))
    page.wait_for_selector("mark", timeout=60_000)
    drawn = page.locator("mark").count()
    assert 0 < drawn < 2000
    took = page.evaluate(
        """async () => { const place = document.getElementById('document'), gaps = []; let last = performance.now();
        for (let i = 0; i < 60; i++) { place.scrollTop += 900; await new Promise(requestAnimationFrame);
          gaps.push(performance.now() - last); last = performance.now(); }
        place.scrollTop = place.scrollHeight / 2; await new Promise(r => setTimeout(r, 500));
        return gaps.sort((a, b) => a - b)[30]; }"""
    )
    print(f"median frame while scrolling: {took:.0f} ms")
    page.wait_for_selector("mark", state="attached")  # a busy machine draws later
    assert 0 < page.locator("mark").count() < 2000


def test_label_undo_and_agree(page):
    page.click("#tab-label")
    accessible(page)
    for name in ("ada", "bob"):
        page.fill("#annotator", f"{name} {page.viewport_size['width']}")
        page.click("#annotator-form button")
        expect(page.locator("#label-state")).to_have_text("0 of 2 texts are labelled")
        expect(page.locator("#label-text mark")).to_contain_text("Paris")
        if name == "bob":
            page.evaluate(
                """() => { const box = document.getElementById('label-text'); const node = box.lastChild;
                const at = node.textContent.indexOf('amazing'); const range = document.createRange();
                range.setStart(node, at); range.setEnd(node, at + 7);
                getSelection().removeAllRanges(); getSelection().addRange(range);
                box.dispatchEvent(new MouseEvent('mouseup', { bubbles: true })); }"""
            )
            page.click("#label-types button:has-text('EVENT'):enabled")
            expect(page.locator("#label-text mark").nth(1)).to_contain_text("amazing")
            accessible(page)
            page.picture("label")
        page.click("#label-save")
        expect(page.locator("#label-state")).to_have_text("1 of 2 texts are labelled")
    expect(page.locator("#agreement")).to_contain_text(f"bob {page.viewport_size['width']}: κ = 0.")
    page.click("#label-undo")
    expect(page.locator("#label-text mark").nth(1)).to_contain_text("amazing")
    page.locator("#label-text mark").nth(1).click()
    page.click("#label-types button:has-text('Remove'):enabled")
    page.click("#label-save")
    with page.expect_download() as download:
        page.click("#label-export")
    rows = [json.loads(line) for line in Path(download.value.path()).read_text(encoding="utf-8").splitlines()]
    mine = [row for row in rows if row["annotator"] == f"bob {page.viewport_size['width']}"]
    assert [(row["text"][s["start"] : s["end"]], s["label"]) for row in mine for s in row["spans"]] == [
        ("Paris", "LOC")
    ]
