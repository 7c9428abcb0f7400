"""Derivation and checks of untrusted expressions, in worker processes (`apps.server.workers`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.apps.formulas import errors_in, read_formula
from fanlight.calculus.derivatives import hessian, jacobian
from fanlight.calculus.expressions import Expression, symbols_of
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.lecture import korean, views
from fanlight.calculus.lecture.derivation import derive as derive_gradient
from fanlight.calculus.lecture.diagnosis import check as check_gradient
from fanlight.calculus.lecture.graph import graph
from fanlight.calculus.lecture.latex import latex
from fanlight.calculus.lecture.mathml import mathml
from fanlight.calculus.numeric import evaluate
from fanlight.errors import DataError

ENTRIES = 10_000  # maximum count of numbers of an input or of a derivative
_WORDS: dict[str, Callable[[str], str]] = {"en": str, "ko": korean.say}  # by language


def derive(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a `schemas.DeriveRequest`.

    Raises
    ------
    FanlightError
        The expression or the numbers are invalid.
    """
    words = _WORDS[request["language"]]
    with errors_in(request["language"]):
        expression = read_formula(request["expression"], request["shapes"], request["assume"])
        steps = derive_gradient(expression, request["wrt"])
    drawing = None
    if request["at"] is not None:
        values = graph(expression, {name: _array(name, value) for name, value in request["at"].items()})
        nodes = [
            {"label": n.label, "formula": n.formula, "value": _plain(n.value)}
            | {"upstream": _plain(n.upstream), "local": n.local, "role": n.role}
            for n in values.nodes
        ]
        edges = [{"source": e.source, "target": e.target, "downstream": _plain(e.downstream)} for e in values.edges]
        drawing = {"nodes": nodes, "edges": edges}
    return {
        "gradient": str(steps.gradient),
        "latex": views.latex_of(steps),
        "html": views.html(steps, words),
        "steps": views.text(steps, words),
        "symbols": {name: [str(d) for d in s.shape] for name, s in symbols_of(expression).items()},
        "graph": drawing,
    }


def differentiate(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a `page_routes.DifferentiateRequest`.

    Raises
    ------
    FanlightError
        The expression is invalid.
    """
    with errors_in(request["language"]):
        expression = read_formula(request["expression"], request["shapes"], request["assume"])
        derivative = {"jacobian": jacobian, "hessian": hessian}[request["form"]](expression, request["wrt"])
    written = derivative.formula().latex if isinstance(derivative, Indexed) else latex(derivative)
    symbols = {name: [str(d) for d in s.shape] for name, s in symbols_of(expression).items()}
    numbers = None
    if request["at"] is not None:
        values = {name: _array(name, value) for name, value in request["at"].items()}
        with errors_in(request["language"]):
            numbers = _evaluate_derivative(expression, derivative, request, values)
    return {"text": str(derivative), "mathml": mathml(written), "symbols": symbols, "numbers": numbers}


def _evaluate_derivative(
    expression: Expression, derivative: Expression | Indexed, request: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of an expression and of its Jacobian or Hessian."""
    value = evaluate(expression, values)
    length = np.size(values[request["wrt"]]) if request["wrt"] in values else 1
    entries = length * (length if request["form"] == "hessian" else np.size(value))
    if entries > ENTRIES:
        raise DataError(f"at: the derivative has {entries:,} entries, and at most {ENTRIES:,} are computed here")
    slope = derivative.value(values) if isinstance(derivative, Indexed) else evaluate(derivative, values)
    return {"value": _plain(value), "derivative": _plain(slope)}


def check(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a `schemas.CheckRequest`.

    Raises
    ------
    FanlightError
        An expression is invalid.
    """
    with errors_in(request["language"]):
        expression = read_formula(request["expression"], request["shapes"], request["assume"])
        verdict = check_gradient(expression, request["wrt"], request["gradient"])
    return {
        "right": verdict.right,
        "reasons": [_WORDS[request["language"]](reason) for reason in verdict.reasons],
        "expected": str(verdict.expected),
        "latex": latex(verdict.expected),
    }


def _array(name: str, value: object) -> Any:
    try:
        array = np.asarray(value, float)
    except (ValueError, TypeError):
        raise DataError(f"at.{name}: is not a number or lists of numbers of equal length") from None
    if array.ndim > 2 or array.size > ENTRIES or not np.isfinite(array).all():
        raise DataError(f"at.{name}: must be a number, vector or matrix of at most {ENTRIES:,} finite numbers")
    return array


def _plain(value: float | list[Any] | NDArray[np.float64] | None) -> Any:
    """Replace infinities, which JSON cannot represent."""
    if value is None:
        return None
    if isinstance(value, (list, np.ndarray)):
        array = np.asarray(value, float)
        return _plain(float(array)) if not array.ndim else [_plain(item) for item in array.tolist()]
    return float(value) if math.isfinite(value) else str(value)
