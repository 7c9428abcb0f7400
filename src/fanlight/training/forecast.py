"""How much data is enough: a learning curve, and what it promises.

Scores over the amount of data follow a power law, ``a - b n^-c``: fast at first, ever slower towards a ceiling a.

References
----------
Hestness et al. 2017, "Deep learning scaling is predictable, empirically".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EXPONENTS = np.linspace(0.05, 2, 79)


@dataclass(frozen=True)
class PowerLaw:
    """``ceiling - gap n^-exponent``, in percent of F1 over sentences."""

    ceiling: float
    gap: float
    exponent: float

    def at(self, sentences: float) -> float:
        """Return the F1 that so many sentences promise."""
        return float(self.ceiling - self.gap * sentences**-self.exponent)


def fit_curve(sentences: Sequence[int], scores: Sequence[float]) -> PowerLaw:
    """Fit the power law by least squares; the ceiling is at most 100.

    Raises
    ------
    ValueError
        There are fewer than three points.

    Examples
    --------
    >>> law = fit_curve([100, 200, 400, 800], [95 - 300 * n**-0.5 for n in (100, 200, 400, 800)])
    >>> round(law.ceiling), round(law.at(1600), 1)
    (95, 87.5)
    """
    if len(sentences) < 3:
        raise ValueError("a curve needs at least three points")
    n, y = np.asarray(sentences, float), np.asarray(scores, float)
    best = (np.inf, PowerLaw(float(y.mean()), 0.0, 1.0))
    for c in EXPONENTS:
        basis = n**-c
        slope = ((basis - basis.mean()) * (y - y.mean())).sum() / np.square(basis - basis.mean()).sum()
        b = max(0.0, -float(slope))
        a = float(y.mean() + b * basis.mean())
        if a > 100:
            a, b = 100.0, float(((100 - y) * basis).sum() / np.square(basis).sum())
        error = float(np.square(a - b * basis - y).sum())
        if error < best[0]:
            best = (error, PowerLaw(a, b, float(c)))
    return best[1]
