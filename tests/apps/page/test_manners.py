"""Addresses, languages, states of the server, weight, and how the scripts import each other."""

import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from playwright.sync_api import expect

import fanlight.apps.server
from fanlight.calculus.lecture.graph import ROLES
from fanlight.entities.matches import WAYS
from fanlight.text.features import CHARACTER_GROUPS, WORD_GROUPS
from tests.apps.page.conftest import check_access, open_page, tag

STATIC = Path(fanlight.apps.server.__file__).parent / "static"
WEIGHT = 190_000  # bytes of all scripts, styles and the page, not compressed; with KaTeX it was 619,260


def test_addresses_and_back(page, address):
    for view in ("why", "gradient", "train", "label"):
        page.click(f"#tab-{view}")
        assert page.evaluate("location.hash").startswith(f"#{view}")
    for view in ("train", "gradient", "why", "tag"):
        for _ in range(4):  # the Gradient view has put its numbers into its address
            page.go_back()
            page.wait_for_timeout(300)
            if page.locator(f"#{view}").is_visible():
                break
        expect(page.locator(f"#{view}")).to_be_visible()
    page.goto(f"{address}/#train")
    expect(page.locator("#train")).to_be_visible()
    page.locator("#tab-tag").click()
    page.click("[data-open=label]")
    expect(page.locator("#label")).to_be_visible()


def test_korean_in_every_view(page):
    page.select_option("#language", "ko")
    assert page.evaluate("document.documentElement.lang") == "ko"
    expect(page.locator(".lead").first).to_contain_text("찾아내고")
    page.click("[data-sample=korean]")
    expect(page.locator("mark").first).to_contain_text("이순신")
    check_access(page)
    page.select_option("#theme", "dark")
    page.picture("korean-dark")
    page.locator("mark").first.click()
    expect(page.locator("#window-hint")).to_contain_text("글자")
    expect(page.locator("#window input")).to_have_count(9)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_access(page)
    page.select_option("#theme", "dark")
    page.picture("korean-why-dark")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_first_screen_says_what_each_view_is_for(browser, address, language):
    page = open_page(browser, address, "phone", locale=language)
    page.goto("about:blank")
    page.goto(f"{address}/#tag")
    expect(page.locator("#document mark").first).to_be_visible()
    assert (
        page.evaluate("document.querySelector('.lead').getBoundingClientRect().top")
        > page.locator("header").bounding_box()["height"]
    )
    for card in page.locator(".tour li").all():
        box = card.bounding_box()
        assert box["y"] + box["height"] <= page.viewport_size["height"], "below the fold"
    page.context.close()


def test_numbers_do_not_break_in_korean(browser, address):
    page = open_page(browser, address, "phone", locale="ko")
    page.click("#tab-gradient")
    page.wait_for_selector("#graph svg")
    lines = """(e) => { const range = document.createRange(); range.selectNodeContents(e);
      return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size <= 1; }"""
    assert all(output.evaluate(lines) for output in page.locator("#sliders output").all())
    page.click("#tab-train")
    page.wait_for_selector("#curve svg")
    page.click("#history-shown summary")
    cells = page.locator("#history td:not(.word)").all()
    assert len(cells) > 50
    short = [cell for cell in cells if len(cell.inner_text()) < 8]
    assert [cell.inner_text() for cell in short if not cell.evaluate(lines)] == []
    page.context.close()


def test_a_korean_browser_begins_in_korean(browser, address):
    page = open_page(browser, address, "phone", locale="ko-KR")
    expect(page.locator("#document mark").first).to_contain_text("이순신")
    page.click("#tab-why")
    expect(page.locator("#why-title")).to_contain_text("서")
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.faults == []
    page.context.close()


ENGLISH_LEFT = """() => {
  const left = new Set(), add = (text) => { if (/[A-Za-z]{3,}/.test(text)) left.add(text.trim()); };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  // not the texts, formulas, formats and commands
  const foreign = 'script, style, textarea, math, pre, code, #document, #label-text, #agreement, #examples, #graph, #steps, #step-shown, #node-shown, #network, .word, [data-download] b';
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(foreign)) add(walker.currentNode.textContent);
  for (const e of document.querySelectorAll('[aria-label]:not(mark)')) add(e.getAttribute('aria-label'));
  return [...left];
}"""


def test_no_view_has_english_left_in_korean(wide):
    tag(wide, "이순신은 서울에서 태어났다.")
    wide.locator("mark").first.click()
    wide.wait_for_selector("#why-shown:not([hidden])")
    wide.click("#tab-gradient")
    wide.wait_for_selector("#graph svg")
    wide.fill("#mine", "W")
    wide.press("#mine", "Enter")
    wide.wait_for_selector("#verdict.wrong")
    expect(wide.locator("#latex h3").nth(1)).to_have_text("2. Apply the chain rule")
    wide.click("#tab-train")
    wide.wait_for_selector("#curve svg")
    wide.click("#tab-label")
    wide.fill("#annotator", "me")
    wide.press("#annotator", "Enter")
    wide.wait_for_selector("#label-task:not([hidden])")
    assert len(wide.evaluate(ENGLISH_LEFT)) > 50, "what looks for English finds it"
    wide.select_option("#language", "ko")
    expect(wide.locator("#latex h3").nth(1)).to_have_text("2. 연쇄 법칙 적용하기")
    expect(wide.locator("#verdict")).to_contain_text("성분")
    expect(wide.locator("#steps")).to_contain_text("오차 신호 재사용하기")
    types = {"LOC", "PER", "ORG", "MISC", "DATE", "TIME", "MONEY", "PERCENT", "QUANTITY", "EVENT"}
    terms = {"Fanlight", "English", "towns", *types, *(f"{way}-{type_}" for way in "BIES" for type_ in types)}
    words = {"Ctrl", "Enter", "Delete", "fanlight", "train", "set", "keep", "UTF"}
    words |= {"Fanlight", "CoNLL", "JSONL", "KLUE", "Prodigy", "doccano", "Label", "Studio"}
    left = [text for text in wide.evaluate(ENGLISH_LEFT) if text not in terms]
    assert [text for text in left if set(re.findall("[A-Za-z]{3,}", text)) - types - words] == []
    wide.select_option("#language", "en")
    expect(wide.locator("#latex h3").nth(1)).to_have_text("2. Apply the chain rule")
    expect(wide.locator("nav")).to_have_attribute("aria-label", "Views")


def test_every_name_of_the_page_has_its_korean(wide):
    missing = """async () => {
      const { KOREAN } = await import('/static/words_ko.js');
      const names = [...document.querySelectorAll('[data-i18n]')].map((e) => e.dataset.i18n);
      return [...names, ...[...document.querySelectorAll('[data-label]')].map((e) => e.dataset.label), ...[ROLES].flat()].filter((n) => !KOREAN[n]);
    }"""
    roles = [*set(ROLES.values()), "transpose", "part-vectors", "part-context", "part-names", "part-other mentions"]
    groups = [f"part-{group.name}" for group in (*WORD_GROUPS, *CHARACTER_GROUPS)]
    rows = ["row-all", *(f"way-{way}" for way in WAYS), "names-seen", "names-unseen"]
    put_together = re.findall(r'^  "?([\w-]+)"?: ', (STATIC / "words.js").read_text(encoding="utf-8"), re.MULTILINE)
    assert wide.evaluate(missing.replace("ROLES", json.dumps([*roles, *groups, *rows, *put_together]))) == []
    assert wide.evaluate(missing.replace("ROLES", '"nobody says this"')) == ["nobody says this"]


def test_errors_are_in_korean(wide):
    wide.select_option("#language", "ko")
    wide.click("#tab-gradient")
    wide.wait_for_selector("#graph svg")
    wide.fill("#expression", "u.T @ tahn(x)")
    wide.press("#expression", "Enter")
    expect(wide.locator("#expression-error")).to_contain_text("모르는 함수입니다: 'tahn'")
    assert "400" in wide.faults.pop()


def test_the_page_says_what_the_server_is_doing(wide, address):
    states = iter([{"ready": False, "models": {"en": "compiling"}}, {"ready": True, "models": {"en": "ready"}}])
    wide.route("**/v1/state", lambda route: route.fulfill(json=next(states, {"ready": True, "models": {}})))
    wide.goto(f"{address}/?again")
    expect(wide.locator("#preparing")).to_contain_text("up to a minute, once")
    expect(wide.locator("#preparing")).to_be_hidden(timeout=5_000)


def test_a_slow_request_can_be_cancelled(wide):
    expect(wide.locator("mark").first).to_be_visible()
    wide.route("**/v1/tag", lambda route: None)  # never answered
    wide.fill("#text", "Oslo")
    wide.press("#text", "Control+Enter")
    expect(wide.locator("#busy")).to_be_visible()
    wide.click("#cancel")
    expect(wide.locator("#busy")).to_be_hidden()
    expect(wide.locator("#fault")).to_be_hidden()


def test_an_answer_that_comes_late_takes_no_error_away(wide, address):
    late = []
    wide.route("**/v1/tag", lambda route: late.append(route))
    wide.fill("#text", "Oslo")
    wide.press("#text", "Control+Enter")
    expect(wide.locator("#busy")).to_be_visible()
    wide.goto(f"{address}/#why?text=a+b&offset=1")
    expect(wide.locator("#fault")).to_contain_text("there is no word there")
    with wide.expect_response("**/v1/tag"):
        late.pop().continue_()
    expect(wide.locator("#busy")).to_be_hidden()
    expect(wide.locator("#fault")).to_contain_text("there is no word there")
    assert "400" in wide.faults.pop()


def test_scripts_import_without_circles_and_are_short():
    scripts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
    imports = {name: set(re.findall(r'from "\./(\w+\.js)"', text)) for name, text in scripts.items()}
    assert len(list(TopologicalSorter(imports).static_order())) == len(scripts)
    assert max(len(text.splitlines()) for text in scripts.values()) <= 400


def test_the_page_is_light():
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < WEIGHT
    assert not [path for path in files if path.suffix == ".woff2"]


@pytest.mark.parametrize("surface", ["서울", "Ada"])
def test_mentions_are_whole_words(wide, surface):
    text = "서울은 크다. 서울에 간다. 북서울. Ada met Adam. Ada."
    places = wide.evaluate("([t, s]) => import('/static/label.js').then(m => m.mentionsOf(t, s))", [text, surface])
    assert [text[p["from"] : p["to"]] for p in places] == [surface, surface]
