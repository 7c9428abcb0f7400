"""Calibration of probabilities, and confidence of scores.

References
----------
Naeini et al. 2015 (expected calibration error); Efron 1979 (the bootstrap); Berg-Kirkpatrick et al. 2012 (paired
bootstrap in NLP).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.floating[Any]]
Int = NDArray[np.int64]

BINS = 10  # of equal width, as in Guo et al. 2017


@dataclass(frozen=True)
class Reliability:
    """Predicted probabilities and accuracies in bins of equal width.

    Attributes
    ----------
    stated, right : tuple of float
        Mean probability and accuracy in each nonempty bin.
    counts : tuple of int
        Number of predictions in each nonempty bin.
    error : float
        Expected calibration error in percent: mean absolute difference of the two, weighted by counts.
    """

    stated: tuple[float, ...]
    right: tuple[float, ...]
    counts: tuple[int, ...]
    error: float


def reliability(probabilities: Sequence[float], right: Sequence[bool], bins: int = BINS) -> Reliability:
    """Compare predicted probabilities with the correctness of the predictions.

    Examples
    --------
    >>> reliability([0.9, 0.9, 0.9, 0.9], [True, True, True, False]).error
    15.0
    """
    p, y = np.asarray(probabilities, float), np.asarray(right, float)
    place = np.minimum((p * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    nonempty = counts > 0
    stated = np.bincount(place, p, bins)[nonempty] / counts[nonempty]
    share = np.bincount(place, y, bins)[nonempty] / counts[nonempty]
    error = float((np.abs(stated - share) * counts[nonempty]).sum() / len(p)) if len(p) else 0.0
    return Reliability(
        tuple(stated.tolist()), tuple(share.tolist()), tuple(counts[nonempty].tolist()), round(100 * error, 4)
    )


def f1_interval(counts: Int, level: float = 0.95, draws: int = 1000, seed: int = 1) -> tuple[float, float]:
    """Return the bootstrap interval of F1, in percent, over sentences.

    Parameters
    ----------
    counts : int array (S, 3)
        Numbers of gold, predicted and correct entities of each sentence.
    level : float
        Confidence level.
    draws, seed : int
        Number of resamples, and random seed.
    """
    scores = _f1(_resample(counts, draws, seed))
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_bootstrap(counts: Int, others: Int, draws: int = 1000, seed: int = 1) -> float:
    """Return the share of resamples in which the first model's F1 is not above the second's.

    `counts` and `others` (S, 3) are of the same sentences, as in `f1_interval`.
    """
    return float((_f1(_resample(counts, draws, seed)) <= _f1(_resample(others, draws, seed))).mean())


def _resample(counts: Int, draws: int, seed: int) -> Float:
    """Return the sums (draws, 3) over sentences drawn with replacement: the same sentences for the same seed."""
    rng = np.random.default_rng(seed)
    size = len(counts)
    weights = (np.bincount(rng.integers(0, size, size), minlength=size) for _ in range(draws))
    return np.array([w @ counts for w in weights], float)


def _f1(sums: Float) -> Float:
    f1: Float = 200 * sums[:, 2] / np.maximum(sums[:, 0] + sums[:, 1], 1)
    return f1
