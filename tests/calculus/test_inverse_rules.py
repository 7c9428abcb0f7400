"""A matrix and its inverse cancel, whatever the matrix is made of; what is no inverse stays."""

import numpy as np
import pytest

from fanlight.calculus import evaluate, parse, simplify

SHAPES = {"A": ("n", "n"), "B": ("n", "n"), "x": ("n", 1), "d": ("n", 1), "t": ()}


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("inv(A.T @ A) @ A.T @ A @ x", "x"),
        ("A @ inv(B @ A) @ B @ A @ x", "A @ x"),
        ("inv(A + B.T).T @ (A.T + B) @ x", "x"),
        ("inv(A @ A.T + t * eye(n)) @ (A @ A.T + t * eye(n)) @ x", "x"),
        ("tr(inv(A.T @ A) @ A.T @ A)", "n"),
        ("inv(A) @ A @ inv(A)", "inv(A)"),
        ("inv(A) @ A.T @ x", "inv(A) @ A.T @ x"),
        ("A @ inv(B @ A) @ B @ x", "A @ inv(B @ A) @ B @ x"),
        ("inv(A * B) @ A @ B", "inv(A * B) @ A @ B"),
        ("inv(A**1.5 @ B) @ A @ B", "inv(A**1.5 @ B) @ A @ B"),
        ("inv(diag(d)) @ x", "x / d"),
        ("inv(eye(n) * t + diag(d))", "diag(1 / (d + t))"),
        ("inv(t * A) @ x", "inv(A) @ x / t"),
        ("inv(2 * eye(n))", "eye(n) / 2"),
        ("inv(eye(n))", "eye(n)"),
    ],
)
def test_what_cancels_is_left_out(text, simple):
    expression = parse(text, SHAPES)
    assert str(simplify(expression)) == simple
    rng = np.random.default_rng(1)
    point = {name: rng.random([4 if d == "n" else 1 for d in shape]) + 0.5 for name, shape in SHAPES.items()}
    point |= {name: point[name] + 3 * np.eye(4) for name in ("A", "B")}
    np.testing.assert_allclose(
        evaluate(simplify(expression), point), evaluate(expression, point), rtol=1e-9, atol=1e-12
    )
