"""What a learner's formula is compared with, and at which points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression
from fanlight.calculus.lecture.sampling import value_at

Array = NDArray[Any]
TOLERANCE = 1e-6  # relative: far above rounding of float64, far below what a wrong factor changes


class Trial(NamedTuple):
    """What a formula is compared with, and where."""

    expression: Expression
    target: Expression
    expected: Expression
    kind: str
    points: list[dict[str, Array]]

    def scales(self, rights: Sequence[Array]) -> list[float]:
        """Return for each point below which difference entries are equal: relative to the gradient's own size."""
        values = [float(np.abs(value_at(self.expression, p)).max(initial=0)) for p in self.points]
        return [TOLERANCE * float(np.abs(r).max(initial=0)) + 1e-12 * v for r, v in zip(rights, values, strict=True)]

    def agrees(self, formula: Expression, rights: Sequence[Array]) -> bool:
        """Tell whether a formula has the right value at every point."""
        for point, right, scale in zip(self.points, rights, self.scales(rights), strict=True):
            value = value_at(formula, point)
            if value.shape != right.shape or not close(value, right, scale):
                return False
        return True


def close(a: Array, b: Array, scale: float | None = None) -> bool:
    """Tell whether values are equal: entries that differ by less than `scale` are, or than rounding makes of b."""
    margin = TOLERANCE * float(np.abs(b).max(initial=0)) + 1e-13 if scale is None else scale
    return bool(np.isfinite(margin)) and bool(np.allclose(a, b, rtol=TOLERANCE, atol=margin))
