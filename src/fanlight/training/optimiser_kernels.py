"""Kernels of the optimisers: one step on a selection of rows of a parameter; see `training.optimisers`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fanlight.jit import kernel

MOMENTUM, BETA_1, BETA_2, EPSILON = 0.9, 0.9, 0.999, 1e-8


class Step(NamedTuple):
    """The scalars of a step.

    Attributes
    ----------
    number : int
        Number of the step, from 1.
    rate, decay : float
        Learning rate α, and weight decay.
    age : float
        Steps since averaging began; without `averaging` the drift is not updated.
    averaging : bool
    """

    number: int
    rate: float
    decay: float
    age: float
    averaging: bool


@kernel()
def sgd(p: Any, rows: Any, g: Any, v: Any, drift: Any, step: Step) -> None:
    """Update rows of p (n, m), their velocity v, and the drift of their mean."""
    rate, decay, age = p.dtype.type(step.rate), p.dtype.type(step.decay), p.dtype.type(step.age)
    mu = p.dtype.type(MOMENTUM)
    for r in range(len(rows)):
        row = rows[r]
        for j in range(p.shape[1]):
            v[row, j] = mu * v[row, j] + g[r, j]
            change = -rate * (v[row, j] + decay * p[row, j])
            p[row, j] += change
            if step.averaging:
                drift[row, j] += age * change


@kernel()
def adagrad(p: Any, rows: Any, g: Any, s: Any, drift: Any, step: Step) -> None:
    """Update rows of p (n, m), their sums of squares s, and the drift."""
    rate, decay, age = p.dtype.type(step.rate), p.dtype.type(step.decay), p.dtype.type(step.age)
    epsilon = p.dtype.type(EPSILON)
    for r in range(len(rows)):
        row = rows[r]
        for j in range(p.shape[1]):
            s[row, j] += g[r, j] * g[r, j]
            change = -rate * (g[r, j] / (np.sqrt(s[row, j]) + epsilon) + decay * p[row, j])
            p[row, j] += change
            if step.averaging:
                drift[row, j] += age * change


@kernel()
def adam(p: Any, rows: Any, g: Any, a: Any, s: Any, drift: Any, step: Step) -> None:
    """Update rows of p (n, m), their means a and mean squares s, and the drift."""
    b1, b2 = p.dtype.type(BETA_1), p.dtype.type(BETA_2)
    c1, c2 = p.dtype.type(1 - BETA_1), p.dtype.type(1 - BETA_2)
    # the bias corrections folded into the rate: α √(1−β₂ᵗ) / (1−β₁ᵗ)
    correction = np.sqrt(1 - BETA_2**step.number)
    scaled = p.dtype.type(step.rate * correction / (1 - BETA_1**step.number))
    epsilon = p.dtype.type(EPSILON * correction)
    shrink = p.dtype.type(step.rate * step.decay)
    age = p.dtype.type(step.age)
    change = np.empty(p.shape[1], p.dtype)
    for r in range(len(rows)):  # short loops over few arrays vectorise
        row = rows[r]
        gradient, mean, square, entries = g[r], a[row], s[row], p[row]
        for j in range(len(change)):
            mean[j] = b1 * mean[j] + c1 * gradient[j]
        for j in range(len(change)):
            square[j] = b2 * square[j] + c2 * gradient[j] * gradient[j]
        for j in range(len(change)):
            change[j] = -scaled * mean[j] / (np.sqrt(square[j]) + epsilon) - shrink * entries[j]
        for j in range(len(change)):
            entries[j] += change[j]
        if step.averaging:
            drifted = drift[row]
            for j in range(len(change)):
                drifted[j] += age * change[j]
