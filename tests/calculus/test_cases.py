"""Sums that have another value on either side of a border are written as a person writes them, and simply."""

import numpy as np
import pytest

from fanlight.calculus import evaluate, gradient, hessian, parse, simplify

SHAPES = {"A": ("n", "n"), "x": ("n", 1), "y": ("n", 1), "z": ("n", 1), "t": (), "p": ()}


def value(expression):
    rng = np.random.default_rng(3)
    point = {name: rng.normal(size=[4 if d == "n" else 1 for d in shape] or None) for name, shape in SHAPES.items()}
    return evaluate(expression, point | {"p": 2.5})


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("y + relu(x - y)", "max(x, y)"),
        ("y - relu(y - x)", "min(x, y)"),
        ("relu(A @ x - y - 1) + y + 1 + z", "max(A @ x, 1 + y) + z"),
        ("x * max(x.T @ y, t)", "max(x.T @ y, t) * x"),
        ("relu(x - y) - y", "relu(x - y) - y"),
        ("2 * relu(x - y) + y", "2 * relu(x - y) + y"),
        ("step(x) * tanh(relu(x) + y)", "step(x) * tanh(x + y)"),
        ("step(x - y) * step(max(x, y) - z)", "step(x - y) * step(x - z)"),
        ("step(x) * tanh(relu(y) + z)", "step(x) * tanh(relu(y) + z)"),
        ("where(x > y, 1, tanh(y))", "where(x > y, 1, tanh(y))"),
        ("where(x > y, z, tanh(max(x, y)))", "where(x > y, z, tanh(y))"),
    ],
)
def test_it_is_written_simply(text, simple):
    expression = parse(text, SHAPES)
    assert str(simplify(expression)) == simple
    np.testing.assert_allclose(value(simplify(expression)), value(expression))


@pytest.mark.parametrize("text", ["norm(x)**(p - 1) * (x.T @ x)", "norm(x)**(p - 2) / norm(x)", "exp(t)**2 * exp(-t)"])
def test_powers_of_roots_and_exponentials_keep_their_value(text):
    expression = parse(text, SHAPES)
    np.testing.assert_allclose(value(simplify(expression)), value(expression))


@pytest.mark.parametrize(
    "text",
    [
        "(softmax(y) / (2 + y / (2 + y * y) * (y / (2 + y * y)))).T @ diag(A)",
        "sum(x * (y / (2 + y * y) / (2 + y / (2 + y * y) * (y / (2 + y * y)))))",
    ],
)
def test_fractions_of_fractions_come_to_an_end(text):
    expression = parse(text, SHAPES)
    slope, second = gradient(expression, "y"), hessian(expression, "y")
    assert value(slope).shape == (4, 1)
    assert value(second) == pytest.approx(value(second).T)
