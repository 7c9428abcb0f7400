"""The Why view shows the numbers of `Tagger.explain` and of the derivation, and no others."""

import json
import re
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import expect

from fanlight.apps.formulas import read_formula
from fanlight.calculus import evaluate, gradient, parse
from tests.apps.page.conftest import check_access

TEXT = "Museums in Paris are amazing to see. Nobody lives in London."
PARIS = TEXT.index("Paris")


def open_why(page, address, **parameters):
    page.goto(f"{address}/#why?{urlencode(parameters)}")
    page.wait_for_selector("#why-shown:not([hidden])")


def number(text):
    return float(re.search(r"[+−-]?\d+(\.\d+)?", text)[0].replace("−", "-"))


def bars(page):
    return [number(text) for text in page.locator("#network .stage-words text.number").all_text_contents()]


@pytest.mark.parametrize("name", ["en", "ko"])
def test_the_picture_is_the_explanation(wide, address, taggers, name):
    text = TEXT if name == "en" else "지난해 이순신은 서울에서 태어났다."
    offset = PARIS if name == "en" else text.index("서울")
    token = next(n for n, (start, end) in enumerate(taggers[name].tokens(text)) if start <= offset < end)
    e = taggers[name].explain(text, token)
    open_why(wide, address, text=text, offset=offset)
    assert bars(wide) == [pytest.approx(w.contribution, abs=0.006) for w in e.window]
    assert [box.input_value() for box in wide.locator("#window input").all()] == [w.text for w in e.window]
    cells = wide.locator("#network .cell:not(.absent)")
    order = dict.fromkeys(part for w in e.window for part in w.parts)
    parts = [(w, part) for w in e.window for part in order if part in w.parts]
    assert cells.count() == len(parts)
    for cell, (word, part) in zip(cells.all(), parts, strict=True):
        label = cell.get_attribute("aria-label")
        assert number(label.split(": ")[-1]) == pytest.approx(word.parts[part], abs=6e-4)
        assert f"({len(word.inputs[part])} entries" in label
    for unit, circle in zip(e.units, wide.locator("#network .unit").all(), strict=True):
        values = [float(v.replace("−", "-")) for v in re.findall(r"[+−]?\d+\.\d+", circle.get_attribute("aria-label"))]
        assert values == [pytest.approx(v, abs=6e-4) for v in (unit.activation, unit.weight, unit.contribution)]
    others = number(wide.locator("#network .others").get_attribute("aria-label").split("add")[1])
    shown = sum(unit.contribution for unit in e.units)
    assert others + shown == pytest.approx(e.scores[e.tag] - e.baseline, abs=6e-4)
    assert number(wide.locator("#network .score text.forward").text_content()) == pytest.approx(
        e.scores[e.tag], abs=0.006
    )
    assert wide.locator("#window-hint").inner_text().startswith(f"These are the {taggers[name].unit}s")


def test_the_passes_show_the_derivation(wide, address, taggers):
    e = taggers["en"].explain(TEXT, 2)
    score = read_formula(e.expression, {}, {})
    delta = evaluate(gradient(score, "b"), e.layer)[:, 0]
    weights = evaluate(
        gradient(parse("u.T @ h", {"u": ("m", 1), "h": ("m", 1)}), "h"), {"u": e.layer["u"], "h": e.layer["u"]}
    )
    z = np.sum([e.layer[f"a_{k}"] for k in range(len(e.window))], axis=0) + np.array(e.layer["b"])
    unit = e.units[0]
    open_why(wide, address, text=TEXT, offset=PARIS)
    captions = []
    for _ in range(9):
        wide.click("#pass-next")
        captions.append(wide.locator("#pass-shown").inner_text())
    assert f"{sum(len(x) for w in e.window for x in w.inputs.values())} numbers" in captions[0]
    assert number(captions[1].split("= ")[-1]) == pytest.approx(z[unit.number, 0], abs=6e-4)
    assert number(captions[2].split("= ")[-1]) == pytest.approx(unit.activation, abs=6e-4)
    assert number(captions[3].split(" is ")[-1]) == pytest.approx(e.scores[e.tag], abs=6e-4)
    assert number(captions[4].split(": ")[-1]) == pytest.approx(e.probabilities[e.tag], abs=6e-5)
    assert captions[5].endswith("= 1")
    assert number(captions[6].split(" is ")[-1]) == pytest.approx(weights[unit.number, 0], abs=6e-4)
    assert number(captions[7].split("= ")[-1]) == pytest.approx(delta[unit.number], abs=6e-4)
    shown = [number(text) for text in wide.locator("#network .backward-delta").all_text_contents()]
    assert shown == [pytest.approx(delta[u.number], abs=0.006) for u in e.units]
    for title, word in zip(wide.locator("#network image").all(), e.window, strict=True):
        x = np.concatenate([np.array(values) for values in word.inputs.values()])
        outer = np.outer(delta[[u.number for u in e.units]], x)  # ∂s/∂W = δ xᵀ, the shape convention
        label = title.get_attribute("aria-label")
        assert f"{len(outer)} of its rows, {len(x)} columns" in label
        assert number(label.split(" is ")[-1]) == pytest.approx(np.abs(outer).max(), abs=6e-4)
    rows = wide.evaluate(
        "([units, x]) => import('/static/network.js').then(m => m.outerProduct(units, x))",
        [[{"delta": u.delta} for u in e.units], e.window[2].inputs["vectors"]],
    )
    np.testing.assert_allclose(rows, np.outer([u.delta for u in e.units], e.window[2].inputs["vectors"]))


def change(page, place, word):
    page.fill(f"#window .place:nth-child({place}) input", word)
    page.press(f"#window .place:nth-child({place}) input", "Enter")


@pytest.mark.parametrize(("place", "word"), [(2, "of"), (3, "Obama"), (5, "")])
def test_what_if_computes_everything_again(wide, address, taggers, place, word):
    tagger = taggers["en"]
    before = tagger.explain(TEXT, 2)
    after = tagger.what_if(TEXT, 2, place - 3, word, before.tag)
    open_why(wide, address, text=TEXT, offset=PARIS)
    change(wide, place, word)
    expect(wide.locator("#what-if")).to_contain_text(f"{after.probabilities[before.tag]:.3f}")
    expect(wide.locator("#what-if")).to_contain_text(f"it was {before.probabilities[before.tag]:.3f}")
    assert [box.input_value() for box in wide.locator("#window input").all()] == [w.text for w in after.window]
    assert bars(wide) == [pytest.approx(w.contribution, abs=0.006) for w in after.window]
    numbers = [u.get_attribute("data-unit") for u in wide.locator("#network .unit").all()]
    assert numbers == [str(u.number) for u in after.units]
    wide.go_back()
    expect(wide.locator("#what-if")).to_have_text("")
    assert bars(wide) == [pytest.approx(w.contribution, abs=0.006) for w in before.window]


def test_an_empty_place_takes_a_word(wide, address, taggers):
    tagger = taggers["en"]
    before = tagger.explain(TEXT, 0)
    after = tagger.what_if(TEXT, 0, -1, "the", before.tag)
    open_why(wide, address, text=TEXT, offset=0)
    change(wide, 2, "the")
    expect(wide.locator("#what-if")).to_contain_text(f"{after.probabilities[before.tag]:.3f}")
    assert bars(wide) == [pytest.approx(w.contribution, abs=0.006) for w in after.window]


def test_a_unit_names_the_words_that_excite_it(wide, address, taggers):
    unit = taggers["en"].explain(TEXT, 2).units[1]
    open_why(wide, address, text=TEXT, offset=PARIS)
    wide.locator(f'[data-unit="{unit.number}"]').click()
    lists = wide.locator("#unit .columns > div")
    flows = [number(text) for text in lists.nth(0).locator(".meter span:last-child").all_text_contents()]
    assert flows == [pytest.approx(flow, abs=6e-4) for flow in unit.flows]
    assert lists.nth(1).locator(".meter .word").all_inner_texts() == [word for word, _ in unit.words]


def test_the_view_by_mouse_and_by_keyboard(page, address):
    page.click("#tab-why")
    page.wait_for_selector("#why-shown:not([hidden])")
    expect(page.locator("#why-title")).to_contain_text("Paris S-LOC")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_access(page)
    page.picture("why")
    page.focus("#network .score")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#why-number")).to_contain_text("hidden unit")
    page.keyboard.press("Enter")
    expect(page.locator("#unit .meter").first).to_be_visible()
    page.focus("#pass-next")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#pass-shown")).to_contain_text("δ")
    check_access(page)
    page.click("#to-gradient")
    page.wait_for_selector("#graph svg")
    assert page.input_value("#expression").startswith("u.T @ relu(a_0 + a_1")
    page.go_back()
    expect(page.locator("#why")).to_be_visible()


def test_any_word_of_the_text_can_be_explained_next(page, address):
    open_why(page, address, text="👍 " + TEXT, offset=PARIS + 2)
    expect(page.locator("#why-text [aria-current]")).to_have_text("Paris")
    expect(page.locator("#why-text")).to_have_text("👍 " + TEXT)
    page.click("#why-text button:has-text('London')")
    expect(page.locator("#why-title")).to_contain_text("London")
    page.focus("#why-text [aria-current]")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#why-title")).to_contain_text("in")
    expect(page.locator("#why-text [aria-current]")).to_be_focused()
    page.go_back()
    expect(page.locator("#why-title")).to_contain_text("London")
    lines = "document.getElementById('equation').scrollWidth <= document.getElementById('equation').clientWidth"
    assert page.evaluate(lines), "the equation breaks between its summands"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_character_of_a_korean_name_is_a_click_or_a_key_away(wide, address, taggers, language):
    text = "👍 지난해 이순신은 서울에서 태어났다."
    start = text.index("이순신")
    wide.select_option("#language", language)
    wide.click("#tab-tag")
    wide.fill("#text", text)
    wide.press("#text", "Control+Enter")
    wide.locator("#document mark", has_text="이순신").click()
    units = wide.locator("#why-name button")
    expect(units).to_have_text(["이", "순", "신"])
    expect(wide.locator("#why-name")).to_contain_text(
        "character 1 of 3" if language == "en" else "글자 3개 가운데 1번째"
    )
    expect(wide.locator("#why-lead")).to_contain_text("character “이”" if language == "en" else "글자 ‘이’")
    expect(wide.locator("#why-text b")).to_have_text("이")
    check_access(wide)
    units.nth(1).click()
    expect(wide.locator("#why-title")).to_contain_text("순")
    expect(wide.locator("#why-text b")).to_have_text("순")
    expect(units.nth(1)).to_be_focused()
    expect(units.nth(1)).to_have_attribute("aria-current", "true")
    wide.keyboard.press("ArrowRight")
    expect(wide.locator("#why-title")).to_contain_text("신")
    tokens = [s for s, _ in taggers["ko"].tokens(text)]
    e = taggers["ko"].explain(text, tokens.index(start + 2))
    assert bars(wide) == [pytest.approx(w.contribution, abs=0.006) for w in e.window]
    expect(units.nth(2)).to_be_focused()
    wide.keyboard.press("ArrowRight")
    wide.keyboard.press("ArrowLeft")
    expect(wide.locator("#why-title")).to_contain_text("순")
    wide.go_back()
    expect(wide.locator("#why-title")).to_contain_text("신")


def test_the_words_of_a_name_are_beside_each_other(page, address):
    text = "👍 Ada Lovelace wrote. Nobody answered."
    open_why(page, address, text=text, offset=2)
    expect(page.locator("#why-name button")).to_have_text(["Ada", "Lovelace"])
    page.click("#why-name button >> nth=1")
    expect(page.locator("#why-title")).to_contain_text("Lovelace")
    expect(page.locator("#why-lead")).to_contain_text("the end of a name (person)")
    page.click("#why-text button:has-text('Nobody')")
    expect(page.locator("#why-name")).to_be_hidden()
    expect(page.locator("#why-lead")).to_contain_text("no part of a name")


def test_a_korean_word_that_is_no_name_shows_its_characters(wide, address):
    text = "이순신은 서울에서 태어났다."
    open_why(wide, address, text=text, offset=text.index("태"))
    expect(wide.locator("#why-name button")).to_have_text(["태", "어", "났", "다"])
    expect(wide.locator("#why-name")).to_contain_text("of the word")


def test_the_animation_plays_by_itself_where_motion_is_welcome(page, wide, address):
    open_why(page, address, text=TEXT, offset=PARIS)
    page.click("#pass-play")
    expect(page.locator("#pass-shown")).to_contain_text("3 / 9", timeout=10_000)
    page.click("#pass-play")
    open_why(wide, address, text=TEXT, offset=PARIS)
    wide.click("#pass-play")
    assert wide.locator("#pass-play").get_attribute("aria-pressed") == "false", "reduced motion: one step"
    expect(wide.locator("#pass-shown")).to_contain_text("1 / 9")


def test_the_nearest_words_of_the_training_data(wide, address):
    open_why(wide, address, text="Mina Park met the mayor of Ulsan.", offset=0, model="towns")
    expect(wide.locator("#nearest p")).to_have_count(5)
    check_access(wide)


def test_a_wrong_address_is_answered(wide, address):
    wide.goto(f"{address}/#why?{urlencode({'text': 'a b', 'offset': 1})}")
    expect(wide.locator("#fault")).to_contain_text("there is no word there")
    assert "400" in json.dumps(wide.faults.pop())
