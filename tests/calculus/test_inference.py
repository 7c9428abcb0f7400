"""Shapes follow from how letters are used; what does not follow is a guess that is named."""

import pytest

from fanlight.calculus import CalculusError, parse
from fanlight.calculus.inference import guesses, infer_shapes


@pytest.mark.parametrize(
    ("text", "declared", "shapes"),
    [
        ("softmax(z)", {}, {"z": ("n", 1)}),
        ("norm(x - y)**2", {}, {"x": ("n", 1), "y": ("n", 1)}),
        ("sum(beta)", {}, {"beta": ("n", 1)}),
        ("sum(lam * x)", {}, {"lam": (), "x": ("n", 1)}),
        ("relu(w * x + b)", {}, {"w": (), "x": (), "b": ()}),
        ("max(0, w * x)", {}, {"w": (), "x": ()}),
        ("tanh'(z)", {}, {"z": ()}),
        ("np.sum(x)", {}, {"x": ("n", 1)}),
        ("X @ beta - y", {}, {"X": ("n", "m"), "beta": ("m", 1), "y": ("n", 1)}),
        ("sum(W @ vstack(a, c, e))", {},
         {"W": ("n", "m + k + p"), "a": ("m", 1), "c": ("k", 1), "e": ("p", 1)}),
        ("hstack(a, c) @ e", {}, {"a": ("n", 1), "c": ("n", 1), "e": (2, 1)}),
        ("sum(rows(E, i)**2)", {}, {"E": ("n", "m"), "i": ("k",)}),
        ("rows(E, i)", {"E": ("V", "d"), "i": ("N",)}, {"E": ("V", "d"), "i": ("N",)}),
        ("x.T @ x", {"x": ("n",)}, {"x": ("n", 1)}),
        ("W[:, 0:d] @ x", {}, {"W": ("n", "m"), "x": ("d", 1)}),
        ("sum(W[1:3, :] * x)", {}, {"W": ("n", "m"), "x": (2, 1)}),
        ("norm(eye(n) @ x)", {}, {"x": ("n", 1)}),
        ("reshape(x, n, 2) @ y", {}, {"x": ("m", 1), "y": (2, 1)}),
        ("trace(A @ X)", {}, {"A": ("n", "m"), "X": ("m", "n")}),
        ("solve(A, b)", {}, {"A": ("n", "n"), "b": ("n", 1)}),
        ("outer(a, b) * W", {}, {"a": ("n", 1), "b": ("m", 1), "W": ("n", "m")}),
        ("row_sums(X) + y", {}, {"X": ("n", "m"), "y": ("n", 1)}),
        ("where(x > y, W @ x, y)", {"y": ("k", 1)}, {"x": ("k", 1), "y": ("k", 1), "W": ("k", "k")}),
    ],
)  # fmt: skip
def test_shapes_are_inferred_from_use(text, declared, shapes):
    assert infer_shapes(text, declared) == shapes


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("u.T @ f(W @ x + b)", []),
        ("x**3", ["x taken as a scalar: --shape x=n for a column"]),
        ("softmax(z)", ["z taken as a column: --shape z=n, or z= for a scalar"]),
        (
            "norm(x - y)**2",
            [f"{name} taken as a column: --shape {name}=n, or {name}= for a scalar" for name in "xy"],
        ),
        ("sum(A * B)", ["A taken as a matrix: --shape A=n,m", "B taken as a matrix: --shape B=n,m"]),
    ],
)
def test_what_the_text_does_not_show_is_a_guess_that_is_named(text, messages):
    assert guesses(text, {}) == messages


def test_a_guess_that_is_declared_is_none():
    shapes = {"z": ("n", 1)}
    assert guesses("softmax(z)", shapes) == []
    assert parse("softmax(z)", infer_shapes("softmax(z)", shapes)).shape == parse("z", shapes).shape


def test_a_text_that_is_no_expression_is_an_error():
    with pytest.raises(CalculusError, match="never closed"):
        infer_shapes("u.T @ (x", {})
