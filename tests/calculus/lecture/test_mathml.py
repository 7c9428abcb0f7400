"""Every operation can be shown as MathML."""

import re
from xml.etree import ElementTree

import pytest

from fanlight.calculus import CalculusError, derive, parse
from fanlight.calculus.lecture.latex import GREEK, latex
from fanlight.calculus.lecture.mathml import mathml
from fanlight.calculus.lecture.views import html
from tests.calculus.samples import SAMPLES

ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3}


def said(formula):
    """Parse the MathML, check how many parts each element has, and return what it shows."""
    tree = ElementTree.fromstring(mathml(formula))
    assert tree.find(".//annotation").text == formula
    shown = tree[0][0]
    for element in shown.iter():
        assert len(element) == ARITY.get(element.tag, len(element)), element.tag
    return "".join(shown.itertext())


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_operation_of_the_table_can_be_shown(name):
    for expression in SAMPLES[name]:
        formula = latex(expression)
        shown = said(formula)
        for letter in re.findall(r"(?<![\\A-Za-z])[A-Za-z]", formula):
            assert letter in shown


def test_letters_scripts_and_fractions():
    assert said(r"\frac{\partial s}{\partial W_{0}}") == "∂s∂W0"
    assert said(r"{h}_{j}^{\circ 2} - f'(z)") == "hj∘2−f′(z)"
    assert said(r"\mathrm{row sums}(x) \in \mathbb{R}^{n \times 1}") == "rowsums(x)∈ℝn×1"
    assert "<mn>2.5</mn>" in mathml("2.5 x")
    assert [said(f"\\{name}") for name in GREEK][:2] == ["α", "β"]
    assert "&lt;" in mathml("a < b")


def test_pi_is_a_letter():
    shown = html(derive(parse("sum(gelu(x))", {"x": ("n", 1)}), "x"))
    ElementTree.fromstring(shown)
    assert "<mi>π</mi>" in shown


def test_what_is_not_known_is_refused():
    with pytest.raises(CalculusError, match="underbrace"):
        mathml(r"\underbrace{x}")


@pytest.mark.parametrize("wrt", ["W", "x", "b", "u"])
def test_a_derivation_is_a_page_of_formulas(wrt):
    shapes = {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1)}
    shown = html(derive(parse("u.T @ tanh(W @ x + b)", shapes), wrt))
    ElementTree.fromstring(shown)
    assert shown.count("<math ") > 8
    assert shown.count("<h3>") == 5
    assert "<script" not in shown


def test_an_exponent_is_of_the_whole_bracket():
    assert "<msup><mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow>" in mathml("(a)^{2}")
    assert "<mrow><mo>(</mo><mi>a</mi></mrow>" in mathml(r"\frac{(a}{b}"), "a bracket that is not closed"
