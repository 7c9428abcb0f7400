"""Stochastic gradient descent and adaptive variants, for dense gradients and for gradients of table rows.

The update of a parameter θ with gradient g at rate α (lecture L9, θ ← θ − α ∇J(θ)):

==========  ==============================================================================================
sgd         v ← μ v + g;  θ ← θ − α v                                                  (momentum μ)
adagrad     s ← s + g²;  θ ← θ − α g / (√s + ε)                                        Duchi et al. 2011
adam        a ← β₁ a + (1−β₁) g;  s ← β₂ s + (1−β₂) g²;  θ ← θ − α â / (√ŝ + ε)        Kingma & Ba 2015
==========  ==============================================================================================

with â = a/(1−β₁ᵗ) and ŝ = s/(1−β₂ᵗ). The state of rows without a gradient is unchanged. The mean of θ over T steps
needs one more array: with Δ_t the change at step t, mean = θ_T − Σ_t (t−1) Δ_t / T, which is unaffected by rows that do
not change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.compiler.threads import Pair
from fanlight.training.optimiser_kernels import Step, adagrad, adam, sgd

Float = NDArray[np.floating]
KINDS = ("sgd", "adagrad", "adam")


class RowGradient(NamedTuple):
    """Gradient of distinct rows of a table: ``gradient[r]`` is that of row ``rows[r]``."""

    rows: NDArray[np.int64]
    gradient: Float


class Optimiser:
    """Updates parameters in place.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    parameters : mapping of str to float array
        One- or two-dimensional arrays, which are updated in place.
    decay : float
        Weight decay: each step also subtracts α·decay·θ, for dense gradients only.

    Raises
    ------
    KeyError
        The kind is unknown.
    """

    def __init__(self, kind: str, parameters: Mapping[str, Float], decay: float = 0.0) -> None:
        self.kind = kind
        self.parameters = parameters
        self.decay = decay
        self.steps = 0
        self.averaged_steps = 0
        self._update, moments = _UPDATES[kind]
        self._moments = {name: [np.zeros_like(p) for _ in range(moments)] for name, p in parameters.items()}
        self._drift: dict[str, Float] = {}  # Σ_t (t−1) Δ_t since averaging began

    def step(
        self, gradients: Mapping[str, Float | RowGradient], rate: float, second: Collection[str] = frozenset()
    ) -> None:
        """Apply one update at learning rate `rate` to the parameters that have a gradient.

        The second thread (`compiler.threads`) updates those named in `second`, whose gradients are in its cache.
        """
        self.steps += 1
        age = float(self.averaged_steps)
        if self._drift:
            self.averaged_steps += 1
        here, there = ([name for name in gradients if (name in second) == part] for part in (False, True))

        def apply(names: Sequence[str]) -> None:
            for name in names:
                self._apply(name, gradients[name], rate, age)

        if there:
            Pair(lambda: apply(here), lambda: apply(there))()
        else:
            apply(here)

    def _apply(self, name: str, gradient: Float | RowGradient, rate: float, age: float) -> None:
        parameter = _rows_of(self.parameters[name])
        decay = 0.0
        if isinstance(gradient, RowGradient):
            rows, values = gradient
        else:
            rows, values = np.arange(len(parameter)), _rows_of(gradient)
            decay = self.decay if gradient.ndim == 2 and min(gradient.shape) > 1 else 0.0
        moments = [_rows_of(m) for m in self._moments[name]]
        drift = _rows_of(self._drift[name]) if self._drift else parameter
        step = Step(self.steps, rate, decay, age, bool(self._drift))
        self._update(parameter, rows, values, *moments, drift, step)

    def start_averaging(self) -> None:
        """Restart the mean at the current step."""
        self.averaged_steps = 0
        self._drift = {name: np.zeros_like(p) for name, p in self.parameters.items()}

    def average(self) -> dict[str, Float]:
        """Return the mean of each parameter since averaging began, or a copy of the current values."""
        if not self.averaged_steps:
            return {name: p.copy() for name, p in self.parameters.items()}
        share = 1 / self.averaged_steps
        return {name: (p - share * self._drift[name]).astype(p.dtype) for name, p in self.parameters.items()}

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the optimiser's state as named arrays."""
        arrays = {f"moment{i}.{name}": m for name, ms in self._moments.items() for i, m in enumerate(ms)}
        arrays |= {f"drift.{name}": d for name, d in self._drift.items()}
        arrays["steps"] = np.array([self.steps, self.averaged_steps])
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore the arrays of `state`."""
        for name, moments in self._moments.items():
            for i, moment in enumerate(moments):
                moment[...] = arrays[f"moment{i}.{name}"]
        self._drift = {key.removeprefix("drift."): np.array(a) for key, a in arrays.items() if key.startswith("drift.")}
        self.steps, self.averaged_steps = (int(n) for n in arrays["steps"])


def rate_at(schedule: str, rate: float, progress: float, warmup: float) -> float:
    """Return the learning rate at `progress` in [0, 1) of a run.

    Schedules are "constant", "linear" (down to a hundredth) and "cosine", after a linear `warmup` (a share of the run).

    Examples
    --------
    >>> rate_at("linear", 1.0, 0.5, 0.0)
    0.505
    """
    if progress < warmup:
        return rate * (progress + 1e-3) / (warmup + 1e-3)
    through = (progress - warmup) / (1 - warmup)
    if schedule == "constant":
        return rate
    if schedule == "linear":
        return rate * (1 - 0.99 * through)
    return rate * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * through))))


def _rows_of(array: Float) -> Float:
    return array.reshape(1, -1) if array.ndim < 2 else array


_UPDATES: dict[str, tuple[Callable[..., None], int]] = {"sgd": (sgd, 1), "adagrad": (adagrad, 1), "adam": (adam, 2)}
