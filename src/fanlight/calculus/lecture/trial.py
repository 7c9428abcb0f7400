"""The right formula and the points for the comparison with a learner's formula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression
from fanlight.calculus.lecture.sampling import value_at

Array = NDArray[Any]
TOLERANCE = 1e-6  # relative; far above float64 rounding errors, far below the effect of a wrong factor


@dataclass(frozen=True)
class Trial:
    """The right formula and its values at the points of comparison.

    Attributes
    ----------
    expression, target, expected : Expression
        The differentiated expression, the symbol it is differentiated by, and the right formula.
    kind : str
        "gradient", "jacobian" or "hessian".
    points : list of dict of str to array
        A value for each symbol.
    rights : list of array
        The value of the right formula at each point.
    """

    expression: Expression
    target: Expression
    expected: Expression
    kind: str
    points: list[dict[str, Array]]
    rights: list[Array]

    @cached_property
    def scales(self) -> list[float]:
        """The absolute tolerance at each point, relative to the largest entry of the right formula."""
        values = [float(np.abs(value_at(self.expression, p)).max(initial=0)) for p in self.points]
        sizes = [float(np.abs(right).max(initial=0)) for right in self.rights]
        return [TOLERANCE * size + 1e-12 * value for size, value in zip(sizes, values, strict=True)]

    def agrees(self, formula: Expression) -> bool:
        """Tell whether a formula has the right value at every point; a scalar is broadcast to all entries."""
        for point, right, scale in zip(self.points, self.rights, self.scales, strict=True):
            value = value_at(formula, point)
            if value.shape not in ((), right.shape) or not close(value, right, scale):
                return False
        return True


def close(a: Array, b: Array, scale: float | None = None) -> bool:
    """Tell whether values are equal up to `TOLERANCE` relative or `scale` absolute (default: relative to max |b|)."""
    margin = TOLERANCE * float(np.abs(b).max(initial=0)) + 1e-13 if scale is None else scale
    return bool(np.isfinite(margin)) and bool(np.allclose(a, b, rtol=TOLERANCE, atol=margin))
