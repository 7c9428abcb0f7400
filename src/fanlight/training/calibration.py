"""From scores to probabilities: a scale and an offset for each tag (Platt 1999).

Ranking losses leave scores without a zero point: they only say that the true window's is higher. Fitting
σ(a s + b) to the gold tags gives them one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus import compile, function, gradient, symbol
from fanlight.training.optimisers import Optimiser

Float = NDArray[np.floating[Any]]

STEPS = 400


def fit_scores(Z: Float, Y: Float) -> tuple[Float, Float]:
    """Return scales a and offsets b, each (1, K), that make σ(a z + b) the probabilities of Y.

    Parameters
    ----------
    Z : float array (N, K)
        Scores.
    Y : float array (N, K)
        1 where the tag is right, else 0.

    Examples
    --------
    >>> Z = np.linspace(4, 8, 200).reshape(-1, 1)
    >>> a, b = fit_scores(Z, (Z > 6).astype(float))
    >>> bool(a > 0), bool(abs(-b / a - 6) < 0.1)
    (True, True)
    """
    scores, gold = symbol("Z", ("N", "K")), symbol("Y", ("N", "K"))
    a, b = symbol("a", (1, "K")), symbol("b", (1, "K"))
    fitted = scores * a + b
    total = function("sum")
    loss = symbol("share") * (total(function("softplus")(fitted)) - total(gold * fitted))
    program = compile(dict(zip("ab", gradient(loss, ["a", "b"]), strict=True)), np.float64, "numpy")
    middle, spread = Z.mean(0, keepdims=True), Z.std(0, keepdims=True) + 1e-9
    parameters = {name: np.full((1, Z.shape[1]), value) for name, value in (("a", 1.0), ("b", 0.0))}
    optimiser = Optimiser("adam", parameters)
    inputs = {"Z": (Z - middle) / spread, "Y": Y, "share": 1 / len(Z)}
    for step in range(STEPS):
        optimiser.step(program({**inputs, **parameters}), 0.2 * (1 - step / STEPS))
    scale = parameters["a"] / spread
    return scale, parameters["b"] - scale * middle
