"""Every equality that a derivation shows is true: evaluated at points, derivatives by central differences."""

import numpy as np
import pytest
from hypothesis import given

from fanlight.calculus import derive, evaluate, parse
from fanlight.calculus.expressions import remember, symbols_of
from fanlight.calculus.lecture.claims import Partial
from fanlight.calculus.lecture.diagnosis import random_point
from fanlight.calculus.lecture.latex import latex
from fanlight.calculus.lecture.views import html, latex_of, text
from fanlight.calculus.numeric import central_differences
from fanlight.calculus.text_writer import means_of
from tests.calculus.test_random import POINT, Grown, seeds

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


class Run:
    """Values of the pieces of a derivation at a point, and of its result when one of them is moved."""

    def __init__(self, d, point):
        self.d = d
        self.context = {**symbols_of(d.expression), **{p.name: p.symbol for p in d.pieces}}
        self.context |= {delta.name: symbols_of(_symbol_of(delta))[delta.name] for delta in d.deltas}
        self.values = self.later(dict(point))
        for delta in d.deltas:
            self.values[delta.name] = self.differences(delta.piece.name)

    def value(self, e, values):
        return evaluate(remember(e, self.context), {k: v for k, v in values.items() if k in self.context})

    def later(self, values, name=None):
        """Compute the pieces, but for one that is fixed."""
        values = dict(values)
        for piece in self.d.pieces:
            if piece.name != name:
                values[piece.name] = self.value(piece.expression, values)
        return values

    def differences(self, name):
        """Return the derivative of the result by a piece or an input."""

        def moved(v):
            return float(np.squeeze(self.later({**self.values, name: v}, name)[self.d.name]))

        return central_differences(moved, np.asarray(self.values[name], float), 1e-5)

    def jacobian(self, of, name, is_local):
        """Return the rows of derivatives of a piece by another one or an input, flat."""
        piece = next(p for p in self.d.pieces if p.name == of)
        rows = []
        for place in range(np.size(self.values[of])):

            def moved(v, place=place):
                values = {**self.values, name: v}
                for inner in self.d.pieces:  # a link goes through these in one step
                    if inner.is_inner and is_local:
                        values[inner.name] = self.value(inner.expression, values)
                after = self.value(piece.expression, values) if is_local else self.later(values, name)[of]
                return float(np.ravel(after)[place])

            rows.append(central_differences(moved, np.asarray(self.values[name], float), 1e-5).ravel())
        return np.stack(rows)


def _symbol_of(delta):
    from fanlight.calculus import symbol

    return symbol(delta.name, delta.piece.shape)


def check_claims(d, point):
    """Assert every claim, and return how many there are."""
    run = Run(d, point)
    count = 0
    for left, right in d.claims():
        actual = run.value(right, run.values)
        if not isinstance(left, Partial):
            expected = run.value(left, run.values)
        elif left.is_jacobian:
            expected = run.jacobian(left.of, left.by, left.is_local).reshape(actual.shape)
        else:
            expected = run.differences(left.by)
        assert actual.shape == expected.shape, f"{d.expression} by {d.wrt}: {left} = {right}"
        size = max(1, np.abs(expected).max())
        np.testing.assert_allclose(
            actual, expected, rtol=1e-4, atol=1e-4 * size, err_msg=f"{d.expression} by {d.wrt}: {left} = {right}"
        )
        count += 1
    return count


@pytest.mark.parametrize(("expression", "names", "facts"), CASES)
def test_every_claim_is_true(expression, names, facts):
    whole = parse(expression, SHAPES, facts, ["f"])
    for name in names:
        d = derive(whole, name)
        for seed in (1, 2):
            assert check_claims(d, random_point(whole, None, {}, seed, 2)) >= len(d.pieces) + 1


@given(seeds)
def test_every_claim_about_random_expressions_is_true(seed):
    for e in Grown(seed).some("scalar", 1, depth=3, limit=20):
        for name in symbols_of(e):
            check_claims(derive(e, name), POINT)


@pytest.mark.parametrize(("expression", "names", "facts"), CASES)
def test_each_view_shows_every_claim(expression, names, facts):
    whole = parse(expression, SHAPES, facts, ["f"])
    d = derive(whole, names[-1])
    shown, typeset, page = text(d), latex_of(d), html(d)
    for _, right in d.claims():
        with means_of(d.expression):
            assert str(right) in shown
            assert latex(right) in typeset
            assert latex(right).replace("&", "&amp;").replace("'", "&#x27;") in page


def test_a_false_claim_would_be_seen():
    import dataclasses

    d = derive(parse("u.T @ tanh(W @ x + b)", SHAPES), "W")
    wrong = dataclasses.replace(d, local_gradient=2 * d.local_gradient)
    with pytest.raises(AssertionError, match=r"by W: Partial"):
        check_claims(wrong, random_point(d.expression, None, {}, 1, 2))
