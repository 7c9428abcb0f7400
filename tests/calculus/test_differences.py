"""A learner's formula: right in any way of writing, or wrong for a reason that is named."""

import re
from pathlib import Path

import numpy as np
import pytest

from fanlight.apps.formulas import read_formula
from fanlight.calculus import CalculusError, check, evaluate, gradient, parse
from fanlight.calculus.expressions import symbols_of
from fanlight.calculus.lecture.diagnosis import random_point
from fanlight.calculus.lecture.korean import say
from fanlight.calculus.lecture.mistakes import gradient_value

WRONG = [
    [part.strip() for part in line.split("|")]
    for line in (Path(__file__).parent / "wrong_formulas.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def read(text, options=""):
    """Read an expression with options such as ``X=N,n,w=n,y:onehot``."""
    shapes, facts = {}, {}
    for name, sign, value in re.findall(r"(\w+)([=:])([^=:]*?)(?=,\w+[=:]|$)", options):
        if sign == ":":
            facts[name] = value
        else:
            shapes[name] = [d for d in value.split(",") if d]
    return read_formula(text, shapes, facts)


def test_there_are_a_hundred_formulas():
    assert len(WRONG) >= 100
    assert all(len(parts) == 5 for parts in WRONG)


@pytest.mark.parametrize(("text", "wrt", "formula", "options", "reason"), WRONG)
def test_a_wrong_formula_gets_its_reason_in_both_languages(text, wrt, formula, options, reason):
    kind = re.match(r"@(\w+),?", options)
    kind, options = (kind[1], options[kind.end() :]) if kind else ("gradient", options)
    expression = read(text, options)
    verdict = check(expression, wrt, formula, kind=kind)
    assert not verdict.right
    assert reason in "; ".join(verdict.reasons)
    assert all(say(english) != english for english in verdict.reasons)
    assert check(expression, wrt, verdict.expected, kind=kind).right
    assert check(expression, wrt, str(verdict.expected), kind=kind).right


@pytest.mark.parametrize(
    ("text", "wrt", "formula"),
    [
        ("u.T @ f(W @ x + b)", "W", "delta @ x.T"),
        ("u.T @ f(W @ x + b)", "W", "δ @ x.T"),
        ("u.T @ f(W @ x + b)", "b", "u * f'(z)"),
        ("u.T @ tanh(W @ x + b)", "b", "u * (1 - h**2)"),
        ("u.T @ tanh(W @ x + b)", "W", "(u * tanh'(z)) @ x.T"),
        ("u.T @ tanh(W @ x + b)", "x", "W.T @ delta_z"),
        ("u.T @ relu(W @ x)", "x", "W.T @ (u * (z > 0))"),
        ("1e-8 * x**3", "x", "3e-8 * x**2"),
        ("log(det(X))", "X", "inv(X).T"),
        ("sum(x**t)", "x", "t * x**(t - 1)"),
        ("sum(x**t)", "t", "x**t * log(x)"),
        ("sum(sqrt(x))", "x", "1 / (2 * sqrt(x))"),
        ("sum(rows(E, i)**2)", "E", "2 * scatter_rows(rows(E, i), i, n)"),
        ("max(x)", "x", "x >= max(x)"),
    ],
)
def test_a_right_formula_is_right_as_learners_write_it(text, wrt, formula):
    assert check(read(text), wrt, formula).right


@pytest.mark.parametrize(
    ("text", "wrt", "formula"),
    [
        ("1e-8 * x**3", "x", "0 * x"),
        ("1e-8 * x**3", "x", "3.0001e-8 * x**2"),
        ("1e8 * x**3", "x", "3.0001e8 * x**2"),
        ("1e-12 * norm(W @ x)**2", "x", "2e-12 * W.T @ (W @ x) * 1.001"),
    ],
)
def test_tolerance_scales_with_the_gradient(text, wrt, formula):
    assert not check(read(text), wrt, formula).right


@pytest.mark.parametrize(
    ("kind", "text", "wrt", "formula", "reason"),
    [
        ("jacobian", "tanh(W @ x + b)", "x", "diag(1 - tanh(W @ x + b)**2) @ W", None),
        ("jacobian", "tanh(W @ x + b)", "x", "W.T @ diag(1 - tanh(W @ x + b)**2)", "the transpose of the right one"),
        ("jacobian", "tanh(W @ x + b)", "x", "W", "right with"),
        ("jacobian", "W @ x", "x", "W @ x", "the jacobian is n × m"),
        ("hessian", "x.T @ A @ x", "x", "A + A.T", None),
        ("hessian", "x.T @ A @ x", "x", "2 * A", "only where A is symmetric"),
    ],
)
def test_jacobians_and_hessians_are_checked(kind, text, wrt, formula, reason):
    verdict = check(read(text), wrt, formula, kind=kind)
    assert verdict.right == (reason is None)
    assert reason is None or reason in str(verdict)


def test_what_cannot_be_checked_is_an_error():
    with pytest.raises(CalculusError, match="row numbers"):
        check(read("sum(rows(E, i))"), "i", "E")
    with pytest.raises(CalculusError, match="more than two indices"):
        check(read("A @ X"), "X", "A", kind="jacobian")
    with pytest.raises(CalculusError, match="only gradient, jacobian, hessian"):
        check(read("x.T @ x"), "x", "2 * x", kind="tensor")
    with pytest.raises(CalculusError, match="unknown name 'q'"):
        check(read("x.T @ x"), "x", "2 * q")
    with pytest.raises(CalculusError, match="no finite value"):
        check(read("sum(log(-exp(x)))"), "x", "x")


@pytest.mark.parametrize("text", sorted({parts[0] + "|" + parts[3] for parts in WRONG if parts[3][:1] != "@"}))
def test_backpropagation_on_arrays_agrees_with_the_derived_gradient(text):
    expression = read(*text.split("|"))
    point = random_point(expression, None, {}, 2)
    targets = {name: s for name, s in symbols_of(expression).items() if len(s.shape) != 1}
    for name, target in targets.items():
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(
                gradient_value(expression, target, point), evaluate(gradient(expression, name), point), atol=1e-9
            )


def test_a_formula_may_be_an_expression():
    shapes = {"x": ("n", 1)}
    assert check(parse("x.T @ x", shapes), "x", parse("2 * x", shapes)).right


@pytest.mark.parametrize(
    ("text", "shapes", "formula", "right"),
    [
        ("logdet(X.T @ X)", {"X": ("n", "k")}, "2 * X @ inv(X.T @ X)", True),
        ("logdet(X @ X.T)", {"X": ("a", "b")}, "2 * inv(X @ X.T) @ X", True),
        ("logdet(X @ X.T)", {"X": ("b", "a")}, "2 * X @ inv(X.T @ X)", False),
    ],
)
def test_a_product_with_its_transpose_has_an_inverse_where_it_can(text, shapes, formula, right):
    verdict = check(parse(text, shapes), "X", formula)
    assert verdict.right == right
    assert not any("shape" in reason for reason in verdict.reasons)
