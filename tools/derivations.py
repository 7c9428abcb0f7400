"""Write docs/derivations.md: derivations that courses on neural networks show, as `fanlight derive` prints them.

``python tools/derivations.py`` writes the page; a test compares it with what the calculus derives.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from fanlight.calculus import Derivation, derive, parse

PAGE = Path(__file__).parents[1] / "docs" / "derivations.md"
_LAYERS = 12
_INTRODUCTION = """# Derivations

Derivations that courses on neural networks show, as `fanlight derive` prints them, each compared line by line with the
course's notes. Every equality on this page, the notes' lines included, is evaluated by the tests. The page is written
by `tools/derivations.py`.

The notes of CS224N keep error signals as rows, as Jacobians are, and transpose at the end (δᵀxᵀ); CS231N has an
example a row (xᵀ δ). Here vectors and error signals are columns (δ xᵀ). That is the only difference where nothing else
is said.
"""


class Line(NamedTuple):
    """A line of a course's notes: what it is of, as they write it, and as `fanlight check` reads it."""

    of: str
    notes: str
    formula: str


class Case(NamedTuple):
    """A derivation: what it is of, where it is taught, its formula, and the lines of the notes."""

    title: str
    source: str
    expression: str
    wrt: str
    shapes: dict
    assume: dict
    lines: tuple[Line, ...]


_NET = {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1)}
_GATES = {f"W_{g}": ("n", "m") for g in "ofic"} | {f"U_{g}": ("n", "n") for g in "ofic"}
_CELL = _GATES | {f"b_{g}": ("n", 1) for g in "ofic"} | {"x": ("m", 1), "h": ("n", 1), "c": ("n", 1), "v": ("n", 1)}


def _gate(g: str) -> str:
    return f"W_{g} @ x + U_{g} @ h + b_{g}"


CASES = [
    Case(
        "The score of a window",
        "CS224N, lecture 3",
        "u.T @ f(W @ x + b)",
        "b",
        _NET,
        {},
        (
            Line("delta", "δ = uᵀ diag(f′(z)) = uᵀ ⊙ f′(z)ᵀ", "u * f'(z)"),
            Line("b", "∂s/∂b = uᵀ diag(f′(z)) I = uᵀ ⊙ f′(z)ᵀ", "u * f'(z)"),
        ),
    ),
    Case(
        "The score of a window, by a matrix",
        "CS224N, lecture 3",
        "u.T @ f(W @ x + b)",
        "W",
        _NET,
        {},
        (
            Line("delta", "δ = uᵀ ⊙ f′(z)ᵀ", "u * f'(z)"),
            Line("W", "∂s/∂W = δᵀ xᵀ", "delta @ x.T"),
        ),
    ),
    Case(
        "Two layers with softmax and cross-entropy",
        "CS224N, gradient notes; CS231N",
        "-y.T @ log(softmax(U @ relu(W @ x + b) + c))",
        "W",
        _NET | {"U": ("k", "n"), "c": ("k", 1), "y": ("k", 1)},
        {"y": "onehot"},
        (
            Line("delta_z2", "δ₁ = ∂J/∂θ = (ŷ − y)ᵀ", "softmax(z2) - y"),
            Line("delta_z1", "δ₂ = δ₁ U ∘ ReLU′(z)", "(U.T @ delta_z2) * relu'(z1)"),
            Line("W", "∂J/∂W = δ₂ᵀ xᵀ", "delta_z1 @ x.T"),
        ),
    ),
    Case(
        "The max-margin loss",
        "CS224N, lecture 3",
        "relu(1 - u.T @ f(W @ x + b) + u.T @ f(W @ w + b))",
        "W",
        _NET | {"w": ("m", 1)},
        {},
        (
            Line("delta_z3", "∂J/∂s_c = −∂J/∂s = 1 where J > 0", "z3 > 0"),
            Line("delta_z1", "true window: −u ∘ f′(z)", "-(z3 > 0) * u * f'(z1)"),
            Line("delta_z2", "corrupted window: u ∘ f′(z_c)", "(z3 > 0) * u * f'(z2)"),
            Line("W", "∂J/∂W = δ xᵀ + δ_c x_cᵀ", "delta_z1 @ x.T + delta_z2 @ w.T"),
        ),
    ),
    Case(
        "Logistic regression",
        "CS224N, lecture 3; CS229",
        "-(y * log(sigmoid(w.T @ x)) + (1 - y) * log(1 - sigmoid(w.T @ x)))",
        "w",
        {"w": ("m", 1), "x": ("m", 1), "y": ()},
        {"y": "bit"},
        (
            Line("delta", "∂J/∂z = σ(z) − y", "sigmoid(z) - y"),
            Line("w", "∂J/∂w = (σ(wᵀx) − y) x", "(sigmoid(w.T @ x) - y) * x"),
        ),
    ),
    Case(
        "Skip-gram with negative sampling",
        "CS224N, assignment 2",
        "-log(sigmoid(u.T @ v)) - sum(log(sigmoid(-(K @ v))))",
        "v",
        {"u": ("n", 1), "v": ("n", 1), "K": ("k", "n")},
        {},
        (
            Line(
                "v",
                "∂J/∂v = (σ(uₒᵀv) − 1) uₒ + Σₖ (1 − σ(−uₖᵀv)) uₖ",
                "(sigmoid(u.T @ v) - 1) * u + K.T @ (1 - sigmoid(-(K @ v)))",
            ),
        ),
    ),
    Case(
        "Scaled attention, by the queries",
        "CS224N, lecture on attention, which does not differentiate it: the lines are the softmax's and the "
        "products' of its other notes. G is the gradient from above, t is √d",
        "sum(G * (softmax_rows(Q @ K.T / t) @ V))",
        "Q",
        {"G": ("N", "d"), "Q": ("N", "d"), "K": ("M", "d"), "V": ("M", "d"), "t": ()},
        {},
        (
            Line("delta_h", "∂J/∂A = G Vᵀ", "G @ V.T"),
            Line("delta_z", "each row: (diag(a) − a aᵀ) ∂J/∂a", "h * (delta_h - row_sums(h * delta_h))"),
            Line("Q", "∂J/∂Q = ∂J/∂S K / √d", "delta_z @ K / t"),
        ),
    ),
    Case(
        "Layer normalisation",
        "CS231N, assignment 2, where σ² is a mean and has ε added: here the norm stands for σ, and √n is left to g. v "
        "is the gradient from above",
        "v.T @ (g * (x - sum(x) / n) / norm(x - sum(x) / n) + b)",
        "x",
        {"v": ("n", 1), "x": ("n", 1), "g": ("n", 1), "b": ("n", 1)},
        {},
        (
            Line(
                "x",
                "dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ ∘ x̂)) / σ",
                "(g * v - sum(g * v) / n - z * sum(z * g * v) / h**2) / h",
            ),
        ),
    ),
    Case(
        "A cell of an LSTM, by the forget gate",
        "CS224N, lecture on recurrent networks, and CS231N, assignment 3; v is the gradient from above",
        f"v.T @ (sigmoid({_gate('o')}) * tanh(sigmoid({_gate('f')}) * c + sigmoid({_gate('i')}) * tanh({_gate('c')})))",
        "W_f",
        _CELL,
        {},
        (
            Line("delta_z5", "dc = dh ∘ o ∘ (1 − tanh²(c_t))", "v * h1 * (1 - tanh(z5)**2)"),
            Line("delta_z2", "da_f = dc ∘ c_{t−1} ∘ f ∘ (1 − f)", "delta_z5 * c * h2 * (1 - h2)"),
            Line("W_f", "dW_f = xᵀ da_f", "delta_z2 @ x.T"),
        ),
    ),
]


def derivation_of(case: Case) -> Derivation:
    """Derive a case."""
    return derive(parse(case.expression, case.shapes, case.assume, ["f"]), case.wrt)


def residual_network() -> Derivation:
    """Derive a network of 12 layers, each added to its input, by its first matrix."""
    from fanlight.calculus import function, symbol

    x = symbol("x", ("n", 1))
    for layer in range(1, _LAYERS + 1):
        x = x + function("tanh")(symbol(f"W_{layer}", ("n", "n")) @ x)
    return derive(symbol("u", ("n", 1)).T @ x, "W_1")


def page() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for case in CASES:
        rows = [f"| {line.notes} | `{line.formula}` |" for line in case.lines]
        table = "\n".join(["| the notes | here |", "|---|---|", *rows])
        parts.append(f"## {case.title}\n\nAs in {case.source}.\n\n{table}\n\n```text\n{derivation_of(case)}\n```\n")
    parts.append(
        f"## A residual network of {_LAYERS} layers\n\nAs in CS231N and CS224N on residual connections: the sum hands "
        "its gradient on unchanged, so every error signal is the one above it plus what comes through the layer.\n\n"
        f"```text\n{residual_network()}\n```\n"
    )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
