"""Checkpoints: the state of a run, written between epochs so that an interrupted run can be resumed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fanlight.entities.scores import Scores
from fanlight.errors import SettingsError
from fanlight.network.modelfile import read_arrays, write_arrays
from fanlight.training.optimisers import Optimiser

if TYPE_CHECKING:
    from fanlight.training.preparation import Run


@dataclass
class Checkpoint:
    """The state of a run between two epochs.

    Attributes
    ----------
    path : path or None
        The checkpoint file; None for a state in memory only.
    fingerprint : str
        Hash of the run's data and settings.
    parameters : mapping of str to float array
        The parameters being trained.
    epoch, best_epoch : int
        The next epoch, and the epoch of `best`.
    best_f1 : float
        Dev F1 of `best` in percent.
    best : dict of str to float array
        The best parameters so far.
    """

    path: Path | None
    fingerprint: str
    parameters: Mapping[str, NDArray[Any]]
    epoch: int = 0
    best_epoch: int = -1
    best_f1: float = -1.0
    best: dict[str, NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def begin(cls, path: Path | None, run: Run, optimiser: Optimiser, resume: bool) -> Checkpoint:
        """Return a new state; or with `resume`, that in the file, with parameters and optimiser restored.

        Raises
        ------
        SettingsError
            The file belongs to a run with other data or settings.
        ModelError
            The file cannot be read.
        """
        state = cls(path, run.fingerprint, run.parameters)
        if not (resume and path is not None and path.exists()):
            return state
        arrays, metadata = read_arrays(path)
        header = json.loads(metadata.get("checkpoint", "{}"))
        if header.get("fingerprint") != run.fingerprint:
            raise SettingsError(f"{path}: is of a run with other data or settings: repeat those, or leave out --resume")
        for name, parameter in run.parameters.items():
            parameter[...] = arrays[f"parameter.{name}"]
        optimiser.restore(_select(arrays, "optimiser."))
        state.best = _select(arrays, "best.")
        state.epoch, state.best_epoch, state.best_f1 = header["epoch"], header["best_epoch"], header["best_f1"]
        return state

    def keep(self, epoch: int, scores: Scores | None, parameters: dict[str, NDArray[Any]]) -> bool:
        """Record the end of an epoch; store its parameters if they are the best (without a dev set, the last)."""
        self.epoch = epoch + 1
        f1 = scores.f1 if scores is not None else self.best_f1
        if scores is not None and f1 <= self.best_f1:
            return False
        self.best_epoch, self.best_f1, self.best = epoch, f1, parameters
        return True

    def write(self, optimiser: Optimiser) -> None:
        """Write the state to the file atomically."""
        if self.path is None:
            return
        arrays = {f"parameter.{name}": array for name, array in self.parameters.items()}
        arrays |= {f"optimiser.{name}": array for name, array in optimiser.state().items()}
        arrays |= {f"best.{name}": array for name, array in self.best.items()}
        header = {k: getattr(self, k) for k in ("fingerprint", "epoch", "best_epoch", "best_f1")}
        write_arrays(self.path, arrays, {"checkpoint": json.dumps(header)})


def _select(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): np.array(a) for name, a in arrays.items() if name.startswith(prefix)}
