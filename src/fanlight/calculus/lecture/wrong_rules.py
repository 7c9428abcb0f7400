"""Typical wrong rules of learners, for derivatives f'(x) and for pullbacks of functions of vectors or matrices."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from fanlight.calculus.expressions import Expression

Pullback = Callable[[Any, Any, Any], Any]  # (upstream, output, argument) -> gradient of the argument

# typical wrong formulas for f'(x) of y = f(x), with {x} and {y} for the text of the argument and the value
WRONG_FACTORS: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("{y}", lambda x, y: y),
    ("1 - {y}", lambda x, y: 1 - y),
    ("{y}**2", lambda x, y: y**2),
    ("1 - {y}**2", lambda x, y: 1 - y**2),
    ("1 + {y}**2", lambda x, y: 1 + y**2),
    ("{y} * (1 - {y})", lambda x, y: y * (1 - y)),
    ("{y} * (1 + {y})", lambda x, y: y * (1 + y)),
    ("1 - tanh({y})**2", lambda x, y: 1 - np.tanh(y) ** 2),
    ("(1 - {y})**2", lambda x, y: (1 - y) ** 2),
    ("{x}", lambda x, y: x),
    ("1 - {x}**2", lambda x, y: 1 - x**2),
    ("1 - {x}", lambda x, y: 1 - x),
    ("{x} * (1 - {x})", lambda x, y: x * (1 - x)),
    ("step({x})", lambda x, y: np.where(x > 0, 1.0, 0.0)),
    ("step(-{x})", lambda x, y: np.where(x < 0, 1.0, 0.0)),
    ("sign({x})", lambda x, y: np.sign(x)),
    ("relu({x})", lambda x, y: np.maximum(x, 0)),
    ("cos({x})", lambda x, y: np.cos(x)),
    ("sin({x})", lambda x, y: np.sin(x)),
    ("-cos({x})", lambda x, y: -np.cos(x)),
    ("exp({x})", lambda x, y: np.exp(x)),
    ("log({x})", lambda x, y: np.log(x)),
    ("1 / {x}", lambda x, y: 1 / x),
    ("1 / {y}", lambda x, y: 1 / y),
    ("{y} / 2", lambda x, y: y / 2),
    ("1 / {x}**2", lambda x, y: 1 / x**2),
    ("2 * {y}", lambda x, y: 2 * y),
    ("sigmoid({x})", lambda x, y: 1 / (1 + np.exp(-x))),
    ("1 - sigmoid({x})", lambda x, y: 1 / (1 + np.exp(x))),
)
ONLY_OF = {  # functions for which a wrong formula is a typical mistake; for others a match is a coincidence
    "{y}**2": ("tanh",),
    "{y} / 2": ("sqrt",),
    "1 / {x}": ("log",),
    "1 / {x}**2": ("log",),
    "log({x})": ("log", "exp"),
    "1 - {x}": ("tanh", "sigmoid"),
    "1 - {x}**2": ("tanh", "sigmoid"),
    "{x} * (1 - {x})": ("tanh", "sigmoid"),
    "{y} * (1 + {y})": ("sigmoid", "tanh"),
    "sigmoid({x})": ("relu", "sigmoid", "silu", "softplus", "tanh"),
    "1 - sigmoid({x})": ("relu", "sigmoid", "silu", "softplus", "tanh"),
    "{y} * (1 - {y})": ("sigmoid", "tanh", "softmax"),
}
# typical wrong pullbacks (upstream, value, argument), with the text of the right rule
WRONG_PULLBACKS: dict[str, tuple[tuple[str, Pullback], ...]] = {
    "softmax": (
        ("∂{y} = diag(p) - p @ p.T, not diag(p * (1 - p))", lambda up, y, x: up * y * (1 - y)),
        ("∂{y} = diag(p) - p @ p.T, not diag(p)", lambda up, y, x: up * y),
        ("∂{y} = diag(p) - p @ p.T, which is left out", lambda up, y, x: up),
    ),
    "softmax_rows": (
        ("∂{y} = diag(p) - p @ p.T in each row p, not diag(p * (1 - p))", lambda up, y, x: up * y * (1 - y)),
        ("∂{y} = diag(p) - p @ p.T in each row p, not diag(p)", lambda up, y, x: up * y),
        ("∂{y} = diag(p) - p @ p.T in each row p, which is left out", lambda up, y, x: up),
    ),
    "logsumexp": (
        ("∂{y} = softmax, not exp", lambda up, y, x: up * np.exp(x)),
        ("∂{y} = softmax, not 1", lambda up, y, x: up * np.ones_like(x)),
    ),
    "norm": (
        ("∂{y} = x / norm(x), not x", lambda up, y, x: up * x),
        ("∂{y} = x / norm(x), not x / norm(x)**2", lambda up, y, x: up * x / y**2),
        ("∂{y} = x / norm(x), not 2 * x", lambda up, y, x: up * 2 * x),
    ),
    "norm1": (("∂{y} = sign(x), not 1", lambda up, y, x: up * np.ones_like(x)),),
    "max": (("∂{y} = 1 at the largest entry alone, not everywhere", lambda up, y, x: up * np.ones_like(x)),),
    "det": (
        ("∂{y} = det(X) * inv(X).T, not inv(X).T", lambda up, y, x: up * np.linalg.inv(x).T),
        ("∂{y} = det(X) * inv(X).T, not det(X) * inv(X)", lambda up, y, x: up * y * np.linalg.inv(x)),
    ),
    "logdet": (("∂{y} = inv(X).T, not inv(X)", lambda up, y, x: up * np.linalg.inv(x)),),
    "inv": (
        ("∂{y} = -inv(X) @ ∂X @ inv(X), with a minus", lambda up, y, x: y.T @ up @ y.T),
        ("{y} is pulled back as -inv(X).T @ δ @ inv(X).T, with transposes", lambda up, y, x: -(y @ up @ y)),
        ("∂{y} = -inv(X) @ ∂X @ inv(X), with both factors", lambda up, y, x: -(y.T @ up)),
    ),
    "tr": (("∂{y} = eye, not ones", lambda up, y, x: up * np.ones_like(x)),),
}


def rule_of(text: str, node: Expression) -> str:
    """Return the text of a rule with a node for y and its argument for x."""
    argument = str(node.arguments[0])
    inside = argument if argument.isidentifier() else f"({argument})"
    placed = re.sub(r"\([xX]\)|\b[xX]\b", lambda x: f"({argument})" if x[0][0] == "(" else inside, text)
    return placed.format(y=node)
