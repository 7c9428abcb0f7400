"""The Gradient view: every number is the graph's and the derivation's."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from fanlight.apps.formulas import read_formula
from fanlight.calculus import evaluate, gradient
from fanlight.calculus.derivatives import hessian, jacobian
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.lecture.graph import graph
from tests.apps.page.conftest import check_access


def examples(page):
    return page.evaluate("import('/static/examples.js').then(m => m.EXAMPLES)")


def shown_state(page):
    page.wait_for_selector("#derived:not([hidden])")
    return page.evaluate("Object.fromEntries(new URLSearchParams(location.hash.split('?')[1]))")


def matrices(page):
    """Return the tables beneath the graph, by their captions."""
    return page.evaluate(
        """() => [...document.querySelectorAll('#node-shown figure')].map(figure => [
          figure.querySelector('figcaption').textContent.split('  ')[0],
          [...figure.querySelectorAll('tr')].map(row => [...row.cells].map(cell => Number(cell.textContent.replace('−', '-'))))])"""
    )


def assert_close(table, value):
    wanted = np.reshape(value, np.shape(table)) if np.size(value) == np.size(table) else None
    assert wanted is not None
    np.testing.assert_allclose(table, wanted, rtol=6e-3, atol=1e-9)


def test_every_example_lives_and_shows_the_graphs_numbers(wide):
    wide.click("#tab-gradient")
    wide.wait_for_selector("#graph svg")
    assert "(x + y) * max(y, z)" in [example["e"] for example in examples(wide)]
    for index, example in enumerate(examples(wide)):
        wide.select_option("#examples", "")
        wide.select_option("#examples", str(index))
        expect(wide.locator("#expression")).to_have_value(example["e"])
        if example.get("form"):
            expect(wide.locator("#differentiated math").last).to_be_visible()
            continue
        # an address may hold expression and numbers before the server has answered
        expect(wide.locator("#derived")).to_have_attribute("aria-busy", "false")
        at = json.loads(shown_state(wide)["at"])
        e = read_formula(example["e"], {}, {})
        slope = evaluate(gradient(e, example["wrt"]), at)
        assert np.abs(slope).max() > 1e-6, f"{example}: nothing moves"
        nodes = graph(e, at).nodes
        expect(wide.locator("#step-shown")).to_contain_text(f"/ {2 * len(nodes)}")
        result = wide.locator("#graph .node").last
        assert_close(float(result.locator(".value").text_content().replace("−", "-")), nodes[-1].value)
        expect(result.locator(".slope")).to_have_text("1")
        wide.click("#last-step", force=True) if wide.locator("#last-step").is_enabled() else None
        assert wide.evaluate(OVERLAPS) == [], f"{example}: numbers of two edges lie over each other"
        for number, node in enumerate(nodes):  # the last step is at the first node; go back through all
            shown = matrices(wide)
            assert_close(shown[0][1], node.value)
            if node.upstream is not None:
                assert_close(shown[1][1], node.upstream)
            if node.formula == example["wrt"]:
                assert_close(shown[1][1], slope)
            if number + 1 < len(nodes):
                wide.click("#previous-step")


def test_step_check_and_move(page):
    page.click("#tab-gradient")
    page.wait_for_selector("#graph svg")
    expect(page.locator("#latex math").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(
        "document.querySelector('#graph svg').getBoundingClientRect().right <= document.querySelector('#graph').getBoundingClientRect().right"
    )
    check_access(page)
    page.picture("gradient")
    page.focus("#graph")
    page.keyboard.press("Home")
    steps = int(page.locator("#step-shown").inner_text().split("/")[1].split(",")[0])
    lit = [page.locator("#graph .node.lit").get_attribute("id")]
    for _ in range(steps - 1):
        page.keyboard.press("ArrowRight")
        lit.append(page.locator("#graph .node.lit").get_attribute("id"))
    assert lit[: steps // 2] == lit[: steps // 2 - 1 : -1], "backwards in the opposite order"
    names = {"+": "distributor", "⊙": "switch"}
    for node in page.locator("#graph .node").all():
        title = node.locator("title").text_content()
        for symbol, role in names.items():
            assert (role in title) == (node.locator(".symbol").text_content() == symbol)
    assert page.input_value("#mine") == ""
    assert "tanh" not in page.get_attribute("#mine", "placeholder")
    page.fill("#mine", "u @ x.T")
    page.press("#mine", "Enter")
    page.wait_for_selector("#verdict.wrong")
    page.fill("#mine", "(u * (1 - tanh(W @ x + b)**2)) @ x.T")
    page.press("#mine", "Enter")
    page.wait_for_selector("#verdict.right")
    before = page.locator("#graph .value").last.text_content()
    page.fill("#sliders input >> nth=0", "2.5")
    expect(page.locator("#graph .value").last).not_to_have_text(before)
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector("#graph svg")
    assert page.input_value("#sliders input >> nth=0") == "2.5"


def test_the_graph_plays_and_numbers_have_names(page):
    page.click("#tab-gradient")
    page.wait_for_selector("#graph svg")
    expect(page.locator("#step-shown")).to_contain_text("18 / 18")
    page.click("#play-steps")
    expect(page.locator("#step-shown")).to_contain_text("1 / 18")
    expect(page.locator("#step-shown")).to_contain_text("3 / 18", timeout=10_000)
    page.click("#play-steps")
    expect(page.locator("#play-steps")).to_have_attribute("aria-pressed", "false")
    page.click("#last-step")
    names = page.locator("#sliders label i").all_inner_texts()
    assert names[:3] == ["u1", "u2", "W11"], "an entry's place is its index"
    expect(page.locator("#latex")).to_contain_text("3·m·n + 2·n multiplications")
    assert page.evaluate(OVERLAPS) == [], "numbers of two edges lie over each other"


OVERLAPS = """() => {
  const shown = [...document.querySelectorAll('#graph .edge text')].filter(text => getComputedStyle(text).visibility === 'visible');
  const boxes = shown.map(text => [text.textContent, text.getBoundingClientRect()]), pairs = [];
  for (const [i, [a, p]] of boxes.entries()) for (const [b, q] of boxes.slice(i + 1))
    if (p.left + 2 < q.right && q.left + 2 < p.right && p.top + 4 < q.bottom && q.top + 4 < p.bottom) pairs.push([a, b]);
  return pairs; }"""


def test_errors_stand_at_the_field_under_the_character(wide):
    wide.click("#tab-gradient")
    wide.wait_for_selector("#graph svg")
    wide.fill("#mine", "u @ x.T")
    wide.press("#mine", "Enter")
    wide.wait_for_selector("#verdict.wrong")
    for field, text, column in (("mine", "u @ tahn(x)", 4), ("expression", "u.T @ (", 6)):
        wide.fill(f"#{field}", text)
        wide.press(f"#{field}", "Enter")
        expect(wide.locator(f"#{field}-error")).to_be_visible()
        assert wide.locator(f"#{field}-error .caret").inner_text() == " " * column + "^"
        assert wide.evaluate("document.activeElement.selectionStart") == column
        assert "400" in wide.faults.pop(), "the browser reports the answer that was asked for, and nothing else"
        expect(wide.locator("#verdict")).to_have_text("")
        check_access(wide)


@pytest.mark.parametrize(
    ("e", "wrt", "form", "text"),
    [
        ("softmax(z)", "z", "jacobian", "diag(softmax(z)) - softmax(z) @ softmax(z).T"),
        ("x.T @ A @ x", "x", "hessian", "A + A.T"),
    ],
)
def test_jacobians_and_hessians(wide, e, wrt, form, text):
    wide.click("#tab-gradient")
    wide.fill("#expression", e)
    wide.fill("#wrt", wrt)
    wide.select_option("#form", form)
    wide.press("#expression", "Enter")
    expect(wide.locator("#differentiated pre")).to_have_text(text)
    expect(wide.locator("#differentiated math").first).to_contain_text(f"∂{wrt}")
    expect(wide.locator("#graph")).to_be_hidden()
    check_access(wide)


def derivative_matrices(page):
    return page.evaluate(
        """() => [...document.querySelectorAll('#derivative-numbers figure')].map(figure =>
          [...figure.querySelectorAll('tr')].map(row => [...row.cells].map(cell => Number(cell.textContent.replace('−', '-')))))"""
    )


@pytest.mark.parametrize(
    ("e", "wrt", "form"),
    [
        ("tanh(W @ x + b)", "x", "jacobian"),
        ("softmax(z)", "z", "jacobian"),
        ("W @ x", "W", "jacobian"),
        ("x**3", "x", "jacobian"),
        ("x.T @ A @ x", "x", "hessian"),
        ("u.T @ tanh(W @ x)", "x", "hessian"),
        ("u.T @ (W @ x)**2", "W", "hessian"),
    ],
)
def test_jacobians_and_hessians_have_the_librarys_numbers(page, e, wrt, form):
    page.click("#tab-gradient")
    page.wait_for_selector("#graph svg")
    page.fill("#expression", e)
    page.fill("#wrt", wrt)
    page.select_option("#form", form)
    page.press("#expression", "Enter")
    page.wait_for_selector("#derivative-numbers figure")

    def compare():
        at = {name: np.array(value, float) for name, value in json.loads(shown_state(page)["at"]).items()}
        expression = read_formula(e, {}, {})
        derivative = {"jacobian": jacobian, "hessian": hessian}[form](expression, wrt)
        value = derivative.value(at) if isinstance(derivative, Indexed) else evaluate(derivative, at)
        assert np.abs(value).max() > 1e-9, "nothing moves"
        shown = derivative_matrices(page)
        assert_close(shown[0], evaluate(expression, at))
        blocks = value.reshape(-1, *value.shape[-2:]) if value.ndim > 2 else [value]
        assert len(shown) == 1 + min(len(blocks), 12)
        for table, block in zip(shown[1:], blocks, strict=False):
            assert_close(table, block)
        return derivative_matrices(page)

    before = compare()
    sliders = page.locator("#sliders input")
    for slider in sliders.all():
        with page.expect_response("**/v1/differentiate"):
            slider.fill("1.5")
    expect(page.locator("#derived")).to_be_visible()
    page.wait_for_function(
        "JSON.stringify(Object.values(JSON.parse(new URLSearchParams(location.hash.split('?')[1]).get('at')))).match(/-?[\\d.]+/g).every(x => x === '1.5')"
    )
    assert compare() != before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector("#derivative-numbers figure")
    assert page.input_value("#sliders input >> nth=0") == "1.5"
    compare()


def test_the_functions_are_listed(wide):
    wide.click("#tab-gradient")
    wide.click("#functions-shown summary")
    expect(wide.locator("#functions")).to_contain_text("tanh'(x) = 1 - tanh(x)**2")
    assert "marginals" not in wide.locator("#functions").inner_text()
    check_access(wide)
