"""Every equality that a derivation shows is true: evaluated at points, derivatives by central differences."""

import pytest
from hypothesis import given

from fanlight.calculus import derive, parse
from fanlight.calculus.expressions import symbols_of
from fanlight.calculus.lecture.diagnosis import random_point
from fanlight.calculus.lecture.latex import latex
from fanlight.calculus.lecture.views import html, latex_of, text
from fanlight.calculus.text_writer import means_of
from tests.calculus.grown import POINT, SEEDS, Grown
from tests.calculus.lecture.claims import check_claims

SHAPES = {
    "u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1), "U": ("k", "n"), "c": ("k", 1), "y": ("k", 1),
    "A": ("m", "m"), "w": ("m", 1), "t": (), "V": ("n", "n"), "X": ("N", "m"), "z": ("N", 1),
}  # fmt: skip
CASES = [  # expression, symbols, assumptions
    ("u.T @ f(W @ x + b)", "uWxb", {}),
    ("relu(1 - u.T @ f(W @ x + b) + u.T @ f(W @ w + b))", "uWxb", {}),
    ("relu(1 - u.T @ tanh(W @ x + b) + u.T @ tanh(W @ w + b)) + t * sum(W**2)", "uWxbt", {}),
    ("-y.T @ log(softmax(U @ relu(W @ x + b) + c))", "UWxbc", {"y": "onehot"}),
    ("u.T @ tanh(V @ tanh(V @ (W @ x) + b))", "uVWxb", {}),
    ("norm(W @ x + b)**2 + t * norm(W)**2", "Wxbt", {}),
    ("-(t * log(sigmoid(w.T @ x)) + (1 - t) * log(1 - sigmoid(w.T @ x)))", "wx", {"t": "bit"}),
    ("sum(log(exp(-z * (X @ w)) + 1))", "Xw", {"z": "pm1"}),
    ("x.T @ A @ x", "xA", {"A": "sym"}),
    ("u.T @ (b + tanh(V @ b))", "uVb", {}),
    ("sum(tanh(x)) + x.T @ x", "x", {}),
    ("-y.T @ log(softmax(U @ b)) + norm(U @ b)**2", "Ub", {}),
    ("-log(sigmoid(w.T @ x)) * t + x.T @ x", "wx", {}),
    ("w.T @ (x * ((x - mean(x)) / sqrt(var(x) + t**2 + 1)))", "xwt", {}),
    ("max(t, w.T @ x) * t", "wxt", {}),
    ("sum((tanh(A.T) * A)**2) + norm(A.T @ x)**2 * t", "A", {}),
    ("sum(max(w, x)) + min(t, w.T @ x)", "wxt", {}),
    ("x.T @ (w * x)", "xw", {}),
]


@pytest.mark.parametrize(("expression", "names", "facts"), CASES)
def test_every_claim_is_true(expression, names, facts):
    formula = parse(expression, SHAPES, facts, ["f"])
    for name in names:
        d = derive(formula, name)
        for seed in (1, 2):
            assert check_claims(d, random_point(formula, None, {}, seed, 2)) >= len(d.pieces) + 1


@given(SEEDS)
def test_every_claim_about_random_expressions_is_true(seed):
    for e in Grown(seed).draw("scalar", 1, depth=3, limit=20):
        for name in symbols_of(e):
            check_claims(derive(e, name), POINT)


@pytest.mark.parametrize(("expression", "names", "facts"), CASES)
def test_each_view_shows_every_claim(expression, names, facts):
    formula = parse(expression, SHAPES, facts, ["f"])
    d = derive(formula, names[-1])
    shown, typeset, page = text(d), latex_of(d), html(d)
    for _, right in d.claims():
        with means_of(d.expression):
            assert str(right) in shown
            assert latex(right) in typeset
            assert latex(right).replace("&", "&amp;").replace("'", "&#x27;") in page


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("tr(kron(W / (2 + K.T**2), W.T))", "W"),
        ("tr(kron(W / (2 + K.T**2), W.T))", "K"),
        ("sum(exp(x / (2 + w**2)))", "w"),
        ("sum(tanh(x * exp(w))**2)", "w"),
        ("log(sum(x**3 * (1 + exp(w))) + 4)", "w"),
        ("logsumexp((x - w) * (x - w))", "w"),  # 2 (w - x) is no root of the square
        ("sum(exp((x + w)**2)) + sum((x + w)**3 * w)", "w"),
    ],
)
def test_claims_hold_where_a_factor_is_zero_or_negative(text, by):
    """A piece's name stands for no quotient by a factor that the derivative itself does not divide by."""
    shapes = {**SHAPES, "K": ("m", "n")}
    e = parse(text, {name: shapes[name] for name in "KWxw"})
    point = random_point(e, None, {}, 3, 2)
    for name in {"W", "x"} & set(point):
        point[name].flat[0] = 0
    check_claims(derive(e, by), point)


def test_a_false_claim_would_be_seen():
    import dataclasses

    d = derive(parse("u.T @ tanh(W @ x + b)", SHAPES), "W")
    wrong = dataclasses.replace(d, local_gradient=2 * d.local_gradient)
    with pytest.raises(AssertionError, match=r"by W: Partial"):
        check_claims(wrong, random_point(d.expression, None, {}, 1, 2))
