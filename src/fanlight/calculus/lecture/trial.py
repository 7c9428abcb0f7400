"""What a learner's formula is compared with, and at which points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression
from fanlight.calculus.lecture.sampling import value_at

Array = NDArray[Any]
TOLERANCE = 1e-6  # relative: far above rounding of float64, far below what a wrong factor changes


@dataclass(frozen=True)
class Trial:
    """What a formula is compared with, and where.

    Attributes
    ----------
    expression, target, expected : Expression
        What was differentiated, by what, and the right formula.
    kind : str
        "gradient", "jacobian" or "hessian".
    points : list of dict of str to array
        A value for each symbol.
    rights : list of array
        The right formula's value at each point.
    """

    expression: Expression
    target: Expression
    expected: Expression
    kind: str
    points: list[dict[str, Array]]
    rights: list[Array]

    @cached_property
    def scales(self) -> list[float]:
        """For each point, below which difference entries are equal: relative to the gradient's own size."""
        values = [float(np.abs(value_at(self.expression, p)).max(initial=0)) for p in self.points]
        sizes = [float(np.abs(right).max(initial=0)) for right in self.rights]
        return [TOLERANCE * size + 1e-12 * value for size, value in zip(sizes, values, strict=True)]

    def agrees(self, formula: Expression) -> bool:
        """Tell whether a formula has the right value at every point; a scalar stands for every entry."""
        for point, right, scale in zip(self.points, self.rights, self.scales, strict=True):
            value = value_at(formula, point)
            if value.shape not in ((), right.shape) or not close(value, right, scale):
                return False
        return True


def close(a: Array, b: Array, scale: float | None = None) -> bool:
    """Tell whether values are equal: entries that differ by less than `scale` are, or than rounding makes of b."""
    margin = TOLERANCE * float(np.abs(b).max(initial=0)) + 1e-13 if scale is None else scale
    return bool(np.isfinite(margin)) and bool(np.allclose(a, b, rtol=TOLERANCE, atol=margin))
