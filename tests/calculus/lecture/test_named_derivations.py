"""The derivations on the page of derivations: up to date, true, small, and typeset."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from fanlight.calculus import check
from fanlight.calculus.expressions import symbols_of
from fanlight.calculus.lecture.diagnosis import random_point
from fanlight.calculus.lecture.entries import Formula
from fanlight.calculus.lecture.layout import steps
from fanlight.calculus.lecture.learner_formulas import read_gradient
from fanlight.calculus.lecture.mathml import mathml
from fanlight.calculus.lecture.sampling import value_at
from fanlight.calculus.lecture.views import html, latex_of, text
from tests.calculus.lecture.claims import check_claims

_PATH = Path(__file__).parents[3] / "tools" / "derivations.py"
_SPEC = importlib.util.spec_from_file_location("derivations", _PATH)
derivations = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(derivations)
TITLES = {case.title: case for case in derivations.CASES}


@pytest.mark.parametrize("language", derivations.PAGES)
def test_the_page_shows_what_is_derived(language):
    stored = derivations.PAGES[language].read_text(encoding="utf-8")
    assert stored == derivations.page(language), "run python tools/derivations.py"


@pytest.mark.parametrize("title", TITLES)
def test_its_claims_are_true(title):
    d = derivations.derivation_of(TITLES[title])
    point = random_point(d.expression, None, {}, 4, 2)
    if "t" in point:
        point["t"] = abs(point["t"]) + 1
    assert check_claims(d, point) > 2


@pytest.mark.parametrize(
    ("title", "line"), [(title, line) for title, case in TITLES.items() for line in case.lines], ids=str
)
def test_the_notes_lines_are_its_lines(title, line):
    """A course's own formula has the value of the gradient or error signal that is derived here."""
    d = derivations.derivation_of(TITLES[title])
    if line.of in symbols_of(d.expression):
        assert check(d.expression, line.of, line.formula).right
        return
    theirs = read_gradient(line.formula, d.expression, d.wrt)
    ours = read_gradient(line.of, d.expression, d.wrt)
    assert ours.shape == theirs.shape
    for seed in range(8):
        point = random_point(d.expression, None, {}, 4, seed)
        np.testing.assert_allclose(value_at(theirs, point), value_at(ours, point), rtol=1e-9, atol=1e-12)


def test_a_wrong_line_would_be_seen():
    d = derivations.derivation_of(TITLES["Logistic regression"])
    assert not check(d.expression, d.wrt, "(y - sigmoid(w.T @ x)) * x").right


@pytest.mark.parametrize("title", TITLES)
def test_its_formulas_typeset(title):
    parser = pytest.importorskip("matplotlib.mathtext").MathTextParser("path")
    for step in steps(derivations.derivation_of(TITLES[title])):
        for row in step.rows:
            for part in row.parts:
                if isinstance(part, Formula):
                    parser.parse(f"${part.latex}$")
                    mathml(part.latex)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("The score of a window", ["∂s/∂b = u.T @ diag(f'(z)) @ eye(n)", "= u.T * f'(z).T", "δ = ∂s/∂z = u * f'(z)"]),
        (
            "Two layers with softmax and cross-entropy",
            ["ŷ = softmax(z2)", "δ2 = ∂J/∂z2 = ŷ - y", "δ1 = ∂J/∂z1 = (U.T @ δ2) * relu'(z1)", "∂J/∂W = δ1 @ x.T"],
        ),
        ("The max-margin loss", ["J = max(0, z3)", "∂J/∂W_ij = δ2_i w_j + δ1_i x_j", "∂J/∂W = δ1 @ x.T + δ2 @ w.T"]),
        ("Logistic regression", ["ŷ = sigmoid(z)", "δ = ∂J/∂z = ŷ - y", "∂J/∂w = δ * x"]),
        ("Skip-gram with negative sampling", ["∂J/∂v = δ1 * u - K.T @ δ2"]),
        ("Scaled attention, by the queries", ["δ_z = ∂s/∂z = h * (δ_h - row_sums(h * δ_h))", "∂s/∂Q = δ_z @ K / t"]),
        (
            "Layer normalisation",
            ["σ = sqrt(var(x) + e)", "x̂ = (x - mean(x)) / σ", "∂s/∂x = (δ - mean(x̂ * δ) * x̂ - mean(δ)) / σ"],
        ),
        ("A cell of an LSTM, by the forget gate", ["δ5 = ∂s/∂z5 = h1 * v * (1 - h5**2)", "h2 * δ5 * (1 - h2)"]),
    ],
)
def test_it_reads_as_the_notes_have_it(title, lines):
    shown = str(derivations.derivation_of(TITLES[title]))
    for line in lines:
        assert line in shown


def test_a_deep_network_has_a_short_derivation():
    d = derivations.residual_network()
    assert len(text(d)) < 20_000
    assert len(latex_of(d)) < 20_000
    assert len(re.findall("<math ", html(d))) < 300
    assert "δ22 = ∂s/∂z22 = W_12.T @ δ23 + u" in text(d)
