"""Comparison of derived gradients with central differences (lecture L20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.backpropagation import gradient
from fanlight.calculus.expressions import Expression, symbols_of
from fanlight.calculus.numeric import bind, central_differences, evaluate, kinks_near

Array = NDArray[Any]


class Difference(NamedTuple):
    """A derived gradient and the gradient by central differences.

    Attributes
    ----------
    analytic, numeric : float array
        The gradients, in the shape of the symbol.
    error : float
        Largest ``|analytic - numeric| / max(1, |numeric|)``.
    kinks : list of str
        Points without a derivative near the inputs, where the gradients may differ.
    """

    analytic: Array
    numeric: Array
    error: float
    kinks: list[str]


def check_gradient(expression: Expression, wrt: str, inputs: Mapping[str, Any], step: float = 1e-5) -> Difference:
    """Compare the derived gradient with full central differences in float64 (lecture L20)."""
    arrays, _ = bind(symbols_of(expression), inputs)
    point = {name: a.astype(np.float64) if a.dtype.kind == "f" else a for name, a in arrays.items()}
    analytic = evaluate(gradient(expression, wrt), point)
    numeric = central_differences(lambda x: float(evaluate(expression, {**point, wrt: x})), point[wrt], step)
    error = float((np.abs(analytic - numeric) / np.maximum(1, np.abs(numeric))).max(initial=0))
    return Difference(analytic, numeric, error, kinks_near(expression, point, within=10 * step))
