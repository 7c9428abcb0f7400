"""The training loop.

The random numbers of an epoch depend only on seed and epoch, so that a resumed run gives the same bits as an
uninterrupted one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus import Program, compile, gradient
from fanlight.entities.scores import Scores
from fanlight.network.architecture import loss
from fanlight.training import cores
from fanlight.training.batches import epoch_order
from fanlight.training.checkpoint import Checkpoint
from fanlight.training.collate import Collator
from fanlight.training.cores import Stop
from fanlight.training.optimisers import Optimiser, RowGradient, rate_at
from fanlight.training.preparation import Run

WRITE_AFTER = 5.0  # minimum seconds between checkpoints, because writing takes longer than a short epoch
COLLATION = 4e-4  # seconds that the second thread collates the next batch at the beginning of a program


@dataclass(frozen=True)
class Epoch:
    """Results of one epoch.

    Attributes
    ----------
    stage : str
        Name of the stage, if a run has several.
    number, epochs : int
        Number of the epoch, from 1, and maximum number of epochs.
    loss : float
        Mean loss per token.
    dev : Scores or None
        Scores on the dev set, with averaged weights once averaging has begun.
    best : bool
        Whether this is the best epoch so far.
    words_per_second, seconds : float
        Speed of the epoch; time since the run began.
    """

    stage: str
    number: int
    epochs: int
    loss: float
    dev: Scores | None
    best: bool
    words_per_second: float
    seconds: float

    @property
    def metrics(self) -> dict[str, float]:
        """Return metrics by name, for MLflow, Weights & Biases and others; those of a stage as "stage/name".

        Examples
        --------
        >>> Epoch("first pass", 1, 8, 0.5, None, False, 1e5, 2.0).metrics
        {'first pass/loss': 0.5, 'first pass/words_per_second': 100000.0}
        """
        values = {"loss": self.loss, "words_per_second": self.words_per_second}
        if self.dev is not None:
            values |= {"dev_f1": self.dev.f1}
        return {f"{self.stage}/{name}" if self.stage else name: float(value) for name, value in values.items()}


class Team(Protocol):
    """Workers that train each epoch together (`training.data_parallel`)."""

    def begin(self, run: Run) -> None:
        """Send the run to every worker."""

    def epoch(self, learner: Learner, number: int) -> tuple[float, int]:
        """Train one epoch; store the parameters in the learner, and return the results of `Learner.epoch`."""


def train_network(
    run: Run,
    checkpoint: Path | None = None,
    resume: bool = False,
    stop: Stop | None = None,
    *,
    threads: int | None = None,
    team: Team | None = None,
) -> Iterator[Epoch]:
    """Train the run's network in place, yielding after every epoch; at the end it has the best parameters.

    Parameters
    ----------
    run : Run
        Data, network and initial parameters (`preparation.prepare`).
    checkpoint : path, optional
        File for the state of the run, written after the first epoch and then at most every `WRITE_AFTER` seconds.
    resume : bool
        Whether to continue from the checkpoint if there is one.
    stop : event, optional
        Aborts the current epoch when it is set.
    threads : int, optional
        Number of threads, 1 or 2; by default as many as there are cores. It does not change the result.
    team : Team, optional
        Trains the epochs instead of this process.

    Raises
    ------
    ModelError, SettingsError
        The checkpoint cannot be read or written, or belongs to other data or settings.
    """
    settings = run.settings
    learner = Learner(run, min(2, cores.cores()) if threads is None else threads)
    if team is not None:
        team.begin(run)
    state = Checkpoint.begin(checkpoint, run, learner.optimiser, resume)
    began, written = time.perf_counter(), -np.inf
    for epoch in range(state.epoch, settings.epochs):
        if settings.patience and epoch - 1 - state.best_epoch >= settings.patience:
            break
        if epoch == max(1, round(settings.average_from * settings.epochs)):
            learner.optimiser.start_averaging()
        epoch_began = time.perf_counter()
        sums = learner.epoch(epoch, stop=stop) if team is None else team.epoch(learner, epoch)
        if sums is None:
            return
        seconds = time.perf_counter() - epoch_began
        scores, best = _score_epoch(run, learner, state, epoch)
        due = time.perf_counter() - written >= WRITE_AFTER or epoch + 1 == settings.epochs
        if due:
            state.write(learner.optimiser)
            written = time.perf_counter()
        elapsed, loss = time.perf_counter() - began, sums[0] / sums[1]
        try:
            yield Epoch(run.stage, epoch + 1, settings.epochs, loss, scores, best, sums[1] / seconds, elapsed)
        except GeneratorExit:
            if not due:
                state.write(learner.optimiser)
            raise
    run.parameters.update(state.best)


def _score_epoch(run: Run, learner: Learner, state: Checkpoint, epoch: int) -> tuple[Scores | None, bool]:
    """Score the averaged parameters on the dev set, and store them if they are the best.

    Without a dev set the last epoch is the best, and the parameters of the others are not averaged.
    """
    current: dict[str, NDArray[np.float32]] = {}
    if run.dev is not None or epoch + 1 == run.settings.epochs:
        current = run.calibrate(learner.optimiser.average())
    scores = run.score(current)
    return scores, state.keep(epoch, scores, current)


class Learner:
    """Trains the parameters of a run.

    Parameters
    ----------
    run : Run
    threads : int
        Number of threads, 1 or 2.
    """

    def __init__(self, run: Run, threads: int) -> None:
        self.run, self.threads = run, threads
        self.optimiser = Optimiser(run.settings.optimiser, run.parameters, run.settings.decay)

    @cached_property
    def _program(self) -> Program:
        return training_program(self.run, self.threads)

    @cached_property
    def _collator(self) -> Collator:
        return Collator(self.run, self.threads)

    def epoch(self, number: int, share: tuple[int, int] = (0, 1), stop: Stop | None = None) -> tuple[float, int] | None:
        """Train one epoch, or part `share[0]` of `share[1]` equal parts of its sentences.

        Returns
        -------
        (float, int) or None
            Sum of the tokens' losses, and number of tokens; None if the epoch is aborted.
        """
        run, settings, parameters = self.run, self.run.settings, self.run.parameters
        rng = np.random.default_rng([settings.seed, number])
        order = epoch_order(run.parts, rng)
        worker, workers = share
        if workers > 1:
            order = np.array_split(order, workers)[worker]
            rng = np.random.default_rng([settings.seed, number, worker + 1])  # a trailing 0 would not change the seed
        total = 0.0
        done = 0
        tokens = len(run.train.tokens(order))
        for count, inputs, needed in self._collator.epoch(order, rng):
            if stop is not None and stop.is_set():
                return None
            tables = {name: parameters[name].take(rows, 0) for name, rows in needed.items() if name in parameters}
            outputs = self._program({**parameters, **inputs, **tables})
            rate = rate_at(
                settings.schedule,
                settings.rate,
                (number + done / tokens) / settings.epochs,
                settings.warmup,
            )
            gradients = {
                name: gradient_of_rows(needed[name], outputs[name]) if name in needed else outputs[name]
                for name in run.learned
            }
            self.optimiser.step(gradients, rate, self._program.second)
            total += float(outputs["loss"]) * count
            done += count
        return total, done


def training_program(run: Run, threads: int = 1) -> Program:
    """Compile the loss and its gradients with respect to all trained parameters, for one or two threads.

    This is the only place where training uses the calculus: the program is ``compile(loss, gradient(loss, θ))``.
    """
    expression = loss(run.configuration, partial=run.allowed is not None)
    gradients = gradient(expression, run.learned)
    outputs = {"loss": expression, **dict(zip(run.learned, gradients, strict=True))}
    return compile(outputs, np.float32, threads=threads, busy=COLLATION)


def gradient_of_rows(rows: NDArray[np.int64], gradient: NDArray[np.float32]) -> RowGradient:
    """Return the gradient of a table's rows, without row -1, that of words without a vector."""
    unlisted = int(rows[0] < 0) if len(rows) else 0
    return RowGradient(rows[unlisted:], gradient[unlisted:])
