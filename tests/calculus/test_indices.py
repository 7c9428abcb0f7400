"""Entries, sums over an index, class indices, and derivatives of more than two indices are what differences give."""

import numpy as np
import pytest

from fanlight.apps.formulas import read_formula
from fanlight.calculus import CalculusError, equal, evaluate, gradient, hessian, jacobian, parse
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.lecture.derivation import derive
from fanlight.calculus.lecture.diagnosis import random_point
from fanlight.calculus.numeric import central_differences

SHAPES = {"X": ("n", "m"), "A": ("n", "n"), "x": ("n", 1), "w": ("m", 1), "q": (1, "n"), "l": ("N",)}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("sum(x[i] * w[j] for i in range(n) for j in range(m))", "sum(x) * sum(w)"),
        ("sum(X[i, j]**2 for i in range(n) for j in range(m))", "norm(X)**2"),
        ("sum(sum(X[i, j] * w[j] for j in range(m))**2 for i in range(n))", "norm(X @ w)**2"),
        ("sum(log(sigmoid(X[i, :] @ w)) for i in range(n))", "sum(log(sigmoid(X @ w)))"),
        ("sum(x[k] * q[0, k] for k in range(n))", "q @ x"),
        ("sum(A[i, i] for i in range(n))", "tr(A)"),
        ("sum(t for i in range(n))", "n * t"),
        ("sum(x[:, j])", "sum(x)"),
        ("x[:]", "x"),
    ],
)
def test_a_sum_over_an_index_is_the_sum(text, other):
    shapes = {**SHAPES, "t": ()}
    assert equal(parse(text, shapes), parse(other, shapes))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x[i]", lambda p: p["x"][p["i"], 0]), ("x[0]", lambda p: p["x"][0, 0]), ("x[-1]", lambda p: p["x"][-1, 0]),
        ("q[0, i]", lambda p: p["q"][0, p["i"]]), ("X[i, :]", lambda p: p["X"][p["i"]]),
        ("X[:, 1]", lambda p: p["X"][:, [1]]), ("X[i, j]", lambda p: p["X"][p["i"], p["j"]]),
        ("X[1]", lambda p: p["X"][[1]]), ("X[l]", lambda p: p["X"][p["l"]]), ("X[l, j]", lambda p: p["X"][p["l"]][:, p["j"]]),
        ("X[1:3, j]", lambda p: p["X"][1:3, p["j"]]), ("(A @ X)[i, j]", lambda p: (p["A"] @ p["X"])[p["i"], p["j"]]),
    ],
)  # fmt: skip
def test_an_entry_is_numpys_and_reads_back(text, value):
    expression = parse(text, SHAPES)
    point = random_point(expression, None, {"n": 5, "m": 4, "N": 3}, 1)
    actual = evaluate(expression, point)
    np.testing.assert_allclose(np.ravel(actual), np.ravel(value(point)))
    assert evaluate(parse(str(expression), SHAPES), point).tolist() == actual.tolist()


@pytest.mark.parametrize(
    ("text", "by", "expected"),
    [
        ("-log(softmax(z)[k])", "z", "softmax(z) - onehot(k, n)"),
        ("-log(softmax(W @ x + b)[k])", "W", "(softmax(W @ x + b) - onehot(k, n)) @ x.T"),
        ("-log(softmax(U @ v)[o])", "v", "U.T @ softmax(U @ v) - U[o, :].T"),
        ("-log_softmax(z)[2]", "z", "softmax(z) - onehot(2, n)"),
        ("x[i]", "x", "onehot(i, n)"),
        ("x[0] * x[1]", "x", "x[0] * onehot(1, n) + x[1] * onehot(0, n)"),
        ("norm(rows(E, l) @ W)**2", "E", "2 * scatter_rows(rows(E, l), l, n) @ W @ W.T"),
        ("sum(x[1:3])", "x", "vstack(zeros(1, 1), ones(2, 1), zeros(n - 3, 1))"),
    ],
)
def test_gradients_of_entries_are_written_as_people_do(text, by, expected):
    assert str(gradient(read_formula(text, {}, {}), by)) == expected


def test_a_class_index_takes_one_line():
    lines = str(derive(read_formula("-log(softmax(W @ x + b)[k])", {}, {}), "W")).split("\n")
    assert "  δ = ∂J/∂z = ŷ - onehot(k, n)   n × 1" in lines


@pytest.mark.parametrize(
    ("kind", "text", "by", "shown"),
    [
        (jacobian, "A @ X", "X", "∂(A @ X)_ij/∂X_kl = A_ik δ_jl"),
        (jacobian, "A @ x", "A", "∂(A @ x)_i/∂A_jk = x_k δ_ij"),
        (jacobian, "inv(A)", "A", "∂inv(A)_ij/∂A_kl = -inv(A)_ik inv(A)_lj"),
        (jacobian, "softmax_rows(X)", "X", "δ_jl δ_ik softmax_rows(X)_ij - δ_ik softmax_rows(X)_ij softmax_rows(X)_il"),
        (jacobian, "kron(A, X)", "X", "δ_{"),
        (jacobian, "reshape(X.T, n*m, 1)", "X", "δ_{"),
        (jacobian, "X[:, 0:2]", "X", "δ_"),
        (jacobian, "max(X) * x", "X", "x_i largest(X)_jk"),
        (hessian, "tr(X @ w @ x.T)**2", "X", "∂^2(tr(X @ w @ x.T)**2)/∂X_ij ∂X_kl = 2 w_j w_l x_i x_k"),
        (hessian, "logdet(A)", "A", "-inv(A)_jk inv(A)_li"),
    ],
)
def test_derivatives_of_more_than_two_indices(kind, text, by, shown):
    expression = parse(text, SHAPES)
    actual = kind(expression, by)
    assert isinstance(actual, Indexed)
    assert shown in str(actual)
    assert r"\frac" in actual.formula().latex
    point = random_point(expression, None, {}, 3)
    base = expression if kind is jacobian else gradient(expression, by)
    entries = np.asarray(evaluate(base, point))
    rows = [
        central_differences(lambda v, i=i: float(np.ravel(evaluate(base, {**point, by: v}))[i]), point[by])
        for i in range(entries.size)
    ]
    right = np.stack(rows).reshape([d for d in (*entries.shape, *point[by].shape) if d != 1])
    np.testing.assert_allclose(actual.value(point), right, rtol=1e-5, atol=1e-5 * np.abs(right).max())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sum(x[i] for i in x)", r"sum\(x\[i\] for i in range\(n\)\)"),
        ("sum(A[i, :] for i in range(n))", "summed over an index is a scalar"),
        ("x[x]", "an index is a letter"),
        ("X[0, 1, 2]", "two indices"),
        ("onehot(x, n)", "number of one entry"),
    ],
)
def test_what_is_no_index_is_refused(text, message):
    with pytest.raises(CalculusError, match=message):
        parse(text, SHAPES)
