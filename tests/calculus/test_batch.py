"""The gradient over a batch is the sum over its examples, as one product."""

import numpy as np
import pytest

from fanlight.calculus import CalculusError, evaluate, function, gradient, hoist, parse, substitute, symbol, vectorise
from fanlight.calculus.expressions import symbols_of

SHAPES = {
    "u": ("m", 1),
    "W": ("m", "n"),
    "x": ("n", 1),
    "b": ("m", 1),
    "t": (),
    "U": ("k", "m"),
    "c": ("k", 1),
    "y": ("k", 1),
}
LOSSES = [
    "-log(sigmoid(u.T @ tanh(W @ x + b)))",
    "(u.T @ relu(W @ x + b) - t)**2",
    "logsumexp(U @ tanh(W @ x + b) + c) - y.T @ (U @ tanh(W @ x + b) + c)",
    "sum(softmax(U @ sigmoid(W @ x + b)) * y)",
    "norm(W @ x + b) + norm1(x) + t * x.T @ x",
    "relu(1 - u.T @ hardtanh(W @ x) + u.T @ b)",
    "sum(vstack(x, b)**2)",
]


@pytest.mark.parametrize("text", LOSSES)
@pytest.mark.parametrize("count", [5, 1])
def test_a_batch_is_the_sum_of_its_examples(text, count):
    rng = np.random.default_rng(2)
    sizes = {"m": 3, "n": 4, "k": 2}
    loss = parse(text, SHAPES)
    inside = set(symbols_of(loss))
    over = {n: "N" for n in ("x", "t", "y") if n in inside}
    point = {n: rng.normal(size=[sizes.get(d, d) for d in SHAPES[n]]) for n in SHAPES}
    examples = {n: rng.normal(size=(count, sizes.get((SHAPES[n] or [1])[0], 1))) for n in over}
    total = function("sum")(vectorise(loss, over))
    singles = [{**point, **{n: examples[n][i].reshape(point[n].shape) for n in over}} for i in range(count)]
    np.testing.assert_allclose(evaluate(total, {**point, **examples}), sum(evaluate(loss, s) for s in singles))
    for name in inside - set(over):
        by = sum(evaluate(gradient(loss, name), s) for s in singles)
        np.testing.assert_allclose(evaluate(gradient(total, name), {**point, **examples}), by, atol=1e-12)


def test_the_gradient_of_a_batch_is_one_product():
    total = function("sum")(vectorise(parse("u.T @ tanh(W @ x + b)", SHAPES), {"x": "N"}))
    assert str(gradient(total, "W")).endswith(") @ x")  # delta @ x


def test_a_matrix_for_each_example_is_refused():
    with pytest.raises(CalculusError, match="only scalars and vectors"):
        vectorise(parse("sum(x @ u.T)", SHAPES), {"x": "N"})


def test_a_gather_moves_behind_its_product():
    V, W, i = symbol("V", ("t", "n")), symbol("W", ("m", "n")), symbol("i", ("N",))
    plain = function("rows")(V, i) @ W.T
    moved = hoist(plain)
    assert str(moved) == "rows(V @ W.T, i)"
    rng = np.random.default_rng(3)
    point = {"V": rng.normal(size=(4, 3)), "W": rng.normal(size=(2, 3)), "i": np.array([3, 0, 3, 1, 2])}
    np.testing.assert_allclose(evaluate(moved, point), evaluate(plain, point))
    for name in ("V", "W"):
        a, b = (evaluate(gradient(function("sum")(function("tanh")(e)), name), point) for e in (plain, moved))
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_substitution_checks_shapes():
    with pytest.raises(CalculusError, match="do not fit"):
        substitute(parse("W @ x", SHAPES), {"x": symbol("z", ("k", 1))})
