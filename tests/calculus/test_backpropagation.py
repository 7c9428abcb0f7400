"""Gradients, Jacobians and Hessians are those of the textbooks."""

import json
from pathlib import Path

import numpy as np
import pytest

from fanlight.calculus import CalculusError, check_gradient, evaluate, gradient, hessian, jacobian, parse
from fanlight.calculus.expressions import symbols_of
from fanlight.calculus.lecture.sampling import random_point

KINDS = {"gradient": gradient, "jacobian": jacobian, "hessian": hessian}
WINDOW = {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)}
OURS = [
    ("u.T @ tanh(W @ x + b)", "W", "(u * (1 - tanh(W @ x + b)**2)) @ x.T", WINDOW),
    ("u.T @ relu(W @ x + b)", "b", "u * step(W @ x + b)", WINDOW),
    ("sigmoid(u.T @ x)", "x", "sigmoid(u.T @ x) * (1 - sigmoid(u.T @ x)) * u", {"u": ("n", 1), "x": ("n", 1)}),
    ("sum(softplus(X @ w))", "w", "X.T @ sigmoid(X @ w)", {"X": ("N", "n"), "w": ("n", 1)}),
    ("tr(A @ X @ X.T)", "X", "(A + A.T) @ X", {"A": ("m", "m"), "X": ("m", "n")}),
    ("norm(A @ x)**2", "x", "2 * A.T @ A @ x", {"A": ("m", "n"), "x": ("n", 1)}),
    ("a.T @ inv(X) @ b", "X", "-(inv(X).T @ a @ b.T @ inv(X).T)", {"a": ("n", 1), "X": ("n", "n"), "b": ("n", 1)}),
    ("x**3", "x", "3 * x**2", {"x": ()}),
]


def point_of(expression, rng, sizes):
    point = {}
    for name, symbol in symbols_of(expression).items():
        shape = [d.value(sizes) for d in symbol.shape]
        point[name] = rng.uniform(0.3, 1.5, shape) + (
            2 * np.eye(*shape) if len(set(shape)) == 1 and len(shape) == 2 else 0
        )
    return point


@pytest.mark.parametrize(("text", "by", "expected", "shapes"), OURS)
@pytest.mark.parametrize("sizes", [{"m": 3, "n": 4, "N": 5}, {"m": 5, "n": 2, "N": 3}])
def test_known_gradients(text, by, expected, shapes, sizes):
    expression = parse(text, shapes)
    actual = gradient(expression, by)
    point = point_of(expression, np.random.default_rng(0), sizes)
    np.testing.assert_allclose(evaluate(actual, point), evaluate(parse(expected, shapes), point), rtol=1e-9)
    np.testing.assert_allclose(evaluate(parse(str(actual), shapes), point), evaluate(actual, point), rtol=1e-12)
    assert check_gradient(expression, by, point).error < 1e-6


@pytest.mark.data
def test_the_shared_identities(data: Path):
    """All of them, by value at random points for two sets of dimensions, and again through the printed form."""
    rng = np.random.default_rng(1)
    done = 0
    for case in json.loads((data.parent / "identities.json").read_text()):
        expression = parse(case["expr"], case["shapes"], case.get("assume"))
        actual = KINDS[case["kind"]](expression, case["wrt"])
        for base in (7, 6):
            sizes = {
                letter: base - i
                for i, letter in enumerate(
                    sorted({k for s in symbols_of(expression).values() for d in s.shape for k in d.letters})
                )
            }
            point = sampled(expression, rng, sizes)
            expected = evaluate(parse(case["expected"], case["shapes"], case.get("assume")), point)
            np.testing.assert_allclose(evaluate(actual, point), expected, rtol=1e-7, atol=1e-9, err_msg=case["id"])
            again = parse(str(actual), case["shapes"], case.get("assume"))
            np.testing.assert_allclose(evaluate(again, point), evaluate(actual, point), rtol=1e-9, err_msg=case["id"])
        done += 1
    assert done == 60


def sampled(expression, rng, sizes):
    """Draw inputs that respect what is assumed of them."""
    point = {}
    for name, symbol in symbols_of(expression).items():
        shape = [d.value(sizes) for d in symbol.shape]
        value = rng.normal(size=shape)
        match symbol.parameters[2]:
            case "spd":
                value = value @ value.T + len(value) * np.eye(len(value))
            case "sym":
                value = value + value.T
            case "invertible":
                value = value + 3 * np.eye(len(value))
            case "positive":
                value = np.abs(value) + 0.1
            case "pm1":
                value = np.sign(value)
            case "bit":
                value = (value > 0).astype(float)
            case "onehot":
                value = np.eye(shape[0])[:, :1]
        point[name] = value
    return point


def test_many_gradients_share_their_nodes():
    s = parse("u.T @ tanh(W @ x + b)", WINDOW)
    by_w, by_b = gradient(s, ["W", "b"])
    assert by_w.arguments[0] is by_b, "the error signal is one node"


def test_only_scalars_have_gradients():
    with pytest.raises(CalculusError, match="a gradient is of a scalar; this is m × 1"):
        gradient(parse("W @ x", WINDOW), "x")


def test_unknown_names_are_refused():
    with pytest.raises(CalculusError, match="q does not occur"):
        gradient(parse("u.T @ b", WINDOW), "q")


@pytest.mark.parametrize(
    ("text", "facts", "by"),
    [
        ("logdet(outer(y, y) @ outer(y, y).T + 2 * eye(n))", {"y": "pm1"}, "y"),
        ("mean(M) * sum(x)", {"M": "onehot_rows"}, "x"),
        ("(y.T @ y) * sum(x)", {"y": "pm1"}, "x"),
        ("sum(M)**2", {"M": "onehot_rows"}, "M"),
        ("(y.T @ x)**2 / (y.T @ (x * x))", {"y": "onehot"}, "x"),
    ],
)
def test_what_an_assumption_leaves_out_is_still_counted(text, facts, by):
    shapes = {"x": ("n", 1), "y": ("n", 1), "M": ("n", "m")}
    expression = parse(text, {k: s for k, s in shapes.items() if k in text}, facts)
    point = random_point(expression, None, {}, 5)
    assert check_gradient(expression, by, point).error < 1e-6
