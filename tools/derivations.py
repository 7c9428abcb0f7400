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

Derivations that courses on neural networks show, as `fanlight derive` prints them. Every equality on this page is
evaluated by the tests. The page is written by `tools/derivations.py`.
"""


class Case(NamedTuple):
    """A derivation: what it is of, where it is taught, and its formula."""

    title: str
    source: str
    expression: str
    wrt: str
    shapes: dict
    assume: dict


_NET = {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1)}
_GATES = {f"W_{g}": ("n", "m") for g in "ofic"} | {f"U_{g}": ("n", "n") for g in "ofic"}
_CELL = _GATES | {f"b_{g}": ("n", 1) for g in "ofic"} | {"x": ("m", 1), "h": ("n", 1), "c": ("n", 1), "v": ("n", 1)}


def _gate(g: str) -> str:
    return f"W_{g} @ x + U_{g} @ h + b_{g}"


CASES = [
    Case("The score of a window", "CS224N, lecture 3", "u.T @ f(W @ x + b)", "b", _NET, {}),
    Case("The score of a window, by a matrix", "CS224N, lecture 3", "u.T @ f(W @ x + b)", "W", _NET, {}),
    Case(
        "Two layers with softmax and cross-entropy",
        "CS224N, gradient notes; CS231N",
        "-y.T @ log(softmax(U @ relu(W @ x + b) + c))",
        "W",
        _NET | {"U": ("k", "n"), "c": ("k", 1), "y": ("k", 1)},
        {"y": "onehot"},
    ),
    Case(
        "The max-margin loss",
        "CS224N, lecture 3",
        "relu(1 - u.T @ f(W @ x + b) + u.T @ f(W @ w + b))",
        "W",
        _NET | {"w": ("m", 1)},
        {},
    ),
    Case(
        "Logistic regression",
        "CS224N, lecture 3; CS229",
        "-(y * log(sigmoid(w.T @ x)) + (1 - y) * log(1 - sigmoid(w.T @ x)))",
        "w",
        {"w": ("m", 1), "x": ("m", 1), "y": ()},
        {"y": "bit"},
    ),
    Case(
        "Skip-gram with negative sampling",
        "CS224N, assignment 2",
        "-log(sigmoid(u.T @ v)) - sum(log(sigmoid(-(K @ v))))",
        "v",
        {"u": ("n", 1), "v": ("n", 1), "K": ("k", "n")},
        {},
    ),
    Case(
        "Scaled attention, by the queries",
        "CS224N, lecture on attention; G is the gradient from above",
        "sum(G * (softmax_rows(Q @ K.T / t) @ V))",
        "Q",
        {"G": ("N", "d"), "Q": ("N", "d"), "K": ("M", "d"), "V": ("M", "d"), "t": ()},
        {},
    ),
    Case(
        "Layer normalisation",
        "CS231N, assignment 2; v is the gradient from above",
        "v.T @ (g * (x - sum(x) / n) / norm(x - sum(x) / n) + b)",
        "x",
        {"v": ("n", 1), "x": ("n", 1), "g": ("n", 1), "b": ("n", 1)},
        {},
    ),
    Case(
        "A cell of an LSTM, by the forget gate",
        "CS224N, lecture on recurrent networks; v is the gradient from above",
        f"v.T @ (sigmoid({_gate('o')}) * tanh(sigmoid({_gate('f')}) * c + sigmoid({_gate('i')}) * tanh({_gate('c')})))",
        "W_f",
        _CELL,
        {},
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
        parts.append(f"## {case.title}\n\nAs in {case.source}.\n\n```text\n{derivation_of(case)}\n```\n")
    parts.append(f"## A residual network of {_LAYERS} layers\n\n```text\n{residual_network()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
