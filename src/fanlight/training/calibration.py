"""Calibration of scores and probabilities.

Ranking losses leave the zero point of scores undetermined. It is set by fitting σ(a s + b) to the gold tags (Platt
1999).

An overfitted network is overconfident. Dividing all scores by a temperature, which is fitted on a dev set, leaves the
best path unchanged and lowers the probabilities (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus import compile, function, gradient, symbol
from fanlight.training.optimisers import Optimiser

Float = NDArray[np.floating[Any]]

STEPS = 400  # of Adam, with a rate that falls to 0; the few scalars have converged by then
COLDEST, WARMEST = 0.25, 8.0  # range of temperatures


def fit_scores(Z: Float, Y: Float) -> tuple[Float, Float]:
    """Return scales a and offsets b, each (1, K), such that σ(a z + b) are the probabilities of Y.

    Parameters
    ----------
    Z : float array (N, K)
        Scores.
    Y : float array (N, K)
        1 for gold tags, else 0.

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


def fit_temperature(probabilities: Callable[[float], Float], right: NDArray[np.bool_]) -> float:
    """Return the temperature that minimises the log loss of predicted entities.

    Parameters
    ----------
    probabilities : callable of a temperature
        Returns the entities' probabilities (n,) at that temperature.
    right : bool array (n,)
        Whether each entity is in the gold standard.

    Examples
    --------
    >>> scores = np.linspace(-4, 4, 20001)
    >>> right = np.random.default_rng(1).random(20001) < 1 / (1 + np.exp(-scores))
    >>> round(fit_temperature(lambda t: 1 / (1 + np.exp(-3 * scores / t)), right))
    3
    """
    if not len(right):
        return 1.0

    def loss(log_temperature: float) -> float:
        p = np.clip(probabilities(float(np.exp(log_temperature))), 1e-12, 1 - 1e-12)
        return float(-np.where(right, np.log(p), np.log1p(-p)).mean())

    low, high = np.log(COLDEST), np.log(WARMEST)
    ratio = (np.sqrt(5) - 1) / 2
    inner = [high - ratio * (high - low), low + ratio * (high - low)]
    losses = [loss(x) for x in inner]
    for _ in range(12):  # golden-section search, down to 0.3 % of the interval
        if losses[0] < losses[1]:
            high = inner[1]
            inner = [high - ratio * (high - low), inner[0]]
            losses = [loss(inner[0]), losses[0]]
        else:
            low = inner[0]
            inner = [inner[1], low + ratio * (high - low)]
            losses = [losses[1], loss(inner[1])]
    return float(np.exp((low + high) / 2))
