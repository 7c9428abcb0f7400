"""Derivatives of a matrix by a matrix as one matrix: Kronecker products and diagonals of ``vec``."""

import numpy as np
import pytest

from fanlight.calculus import evaluate, hessian, jacobian, parse
from fanlight.calculus.column_form import column_form
from fanlight.calculus.expressions import symbols_of
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.lecture.sampling import random_point

from .grown import POINT, Grown

SHAPES = {
    "A": ("p", "n"), "X": ("n", "m"), "B": ("m", "q"), "x": ("m", 1), "y": ("n", 1), "W": ("n", "m"), "Q": ("n", "n"),
    "u": ("n", 1), "t": (),
}  # fmt: skip


def in_columns(derivative, point):
    """Return all entries, those of a matrix column by column."""
    value = derivative.value(point)
    size = evaluate(derivative.numerator, point).size
    above = sum(str(d) != "1" for d in derivative.numerator.shape)
    order = [*range(above)[::-1], *range(above, value.ndim)[::-1]]
    return np.transpose(value, order).reshape(size, -1)


@pytest.mark.parametrize(
    ("text", "wrt", "shown"),
    [
        ("A @ X @ B", "X", "kron(B.T, A)"),
        ("X @ x", "X", "kron(x.T, eye(n))"),
        ("y.T @ X", "X", "kron(eye(m), y.T)"),
        ("tanh(X @ x)", "X", "kron(x.T, diag(1 - tanh(X @ x)**2))"),
        ("tanh(X)", "X", "diag(vec(1 - tanh(X)**2))"),
        ("X * W", "X", "diag(vec(W))"),
        ("inv(Q)", "Q", "-kron(inv(Q).T, inv(Q))"),
        ("Q @ Q", "Q", "kron(Q.T, eye(n)) + kron(eye(n), Q)"),
        ("u @ x.T", "x", "kron(eye(m), u)"),
        ("diag(u) @ X", "X", "kron(eye(m), diag(u))"),
    ],
)
def test_a_matrix_by_a_matrix(text, wrt, shown):
    e = parse(text, SHAPES)
    derivative = jacobian(e, wrt)
    matrix = column_form(derivative)
    assert str(matrix) == shown
    point = random_point(e, None, {}, 1)
    np.testing.assert_allclose(evaluate(matrix, point), in_columns(derivative, point), atol=1e-12)
    np.testing.assert_allclose(evaluate(parse(shown, SHAPES), point), in_columns(derivative, point), atol=1e-12)


def test_vec_of_a_matrix_has_the_same_entries():
    assert str(column_form(jacobian(parse("vec(A @ X @ B)", SHAPES), "X"))) == "kron(B.T, A)"


@pytest.mark.parametrize(
    ("text", "wrt", "shown"),
    [
        ("norm(A @ X @ B)**2", "X", "2 * kron(B @ B.T, A.T @ A)"),
        ("norm(X - W)**2 + t * norm(X)**2", "X", "2 * (1 + t) * eye(m*n)"),
        ("u.T @ tanh(X @ x)", "X", "2 * kron(x @ x.T, diag(u * tanh(X @ x) * (tanh(X @ x)**2 - 1)))"),
    ],
)
def test_a_hessian_by_a_matrix(text, wrt, shown):
    e = parse(text, SHAPES)
    derivative = hessian(e, wrt)
    matrix = column_form(derivative)
    assert str(matrix) == shown
    point = random_point(e, None, {}, 1)
    size = point[wrt].size
    expected = np.transpose(derivative.value(point), (1, 0, 3, 2)).reshape(size, size)
    np.testing.assert_allclose(evaluate(matrix, point), expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_shown_of_random_matrices_is_right(seed):
    shown = 0
    for e in Grown(seed).draw("matrix", 20, 3):
        for name in symbols_of(e):
            derivative = jacobian(e, name)
            matrix = column_form(derivative) if isinstance(derivative, Indexed) else None
            if matrix is not None:
                np.testing.assert_allclose(evaluate(matrix, POINT), in_columns(derivative, POINT), atol=1e-9)
                shown += 1
    assert shown > 5


@pytest.mark.parametrize(("text", "wrt"), [("X.T", "X"), ("softmax_rows(X)", "X"), ("X @ diag(x)", "x")])
def test_what_takes_more_than_products_has_none(text, wrt):
    assert column_form(jacobian(parse(text, SHAPES), wrt)) is None
