"""The training loop: read it from top to bottom.

Every epoch's random numbers come from (seed, epoch) alone, so a run that was killed and resumed after an epoch goes
on to the same bits as one that was not.
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
from fanlight.training.cores import Stop
from fanlight.training.feeding import Feeder
from fanlight.training.optimisers import Optimiser, RowGradient, rate_at
from fanlight.training.preparation import Task

WRITE_AFTER = 5.0  # seconds between two checkpoints, which take longer to write than an epoch of few sentences
FEEDING = 4e-4  # seconds for which the second lane makes the next batch, when a program begins


@dataclass(frozen=True)
class Epoch:
    """What one pass over the data came to.

    Attributes
    ----------
    stage : str
        What is being trained, where it is not all of the run.
    number, epochs : int
        This pass, counted from 1, and how many there will be at most.
    loss : float
        Mean loss a token.
    dev : Scores or None
        On the dev set, with averaged weights once averaging has begun.
    best : bool
        Whether this is the best so far.
    words_per_second, seconds : float
        Speed of the pass; time since the run began.
    """

    stage: str
    number: int
    epochs: int
    loss: float
    dev: Scores | None
    best: bool
    words_per_second: float
    seconds: float


class Team(Protocol):
    """Workers who share out each epoch (`training.mixing`)."""

    def begin(self, task: Task) -> None:
        """Give every worker the task."""

    def epoch(self, learner: Learner, number: int) -> tuple[float, int]:
        """Do an epoch; leave in the learner what the workers have learned, and return `Learner.epoch`'s."""


def training(
    task: Task,
    checkpoint: Path | None = None,
    resume: bool = False,
    stop: Stop | None = None,
    lanes: int | None = None,
    team: Team | None = None,
) -> Iterator[Epoch]:
    """Train the task's network in place, yielding after every pass; at the end it holds the best parameters.

    Parameters
    ----------
    task : Task
        What `preparation.prepare` made of data and settings.
    checkpoint : path, optional
        Where to keep what a resumed run needs, written after the first epoch, and then after an epoch that ends
        `WRITE_AFTER` seconds or more after it was written.
    resume : bool
        Go on from the checkpoint if there is one.
    stop : event, optional
        Once it is set, the epoch in work is dropped.
    lanes : int, optional
        How many threads share the work, 1 or 2; by default as many as there are cores. The numbers are the same.
    team : Team, optional
        Who does the epochs, instead of this process.

    Raises
    ------
    ModelError
        The checkpoint cannot be read or written.
    SettingsError
        The checkpoint belongs to other data or settings.
    """
    settings, parameters = task.settings, task.parameters
    learner = Learner(task, min(2, cores.cores()) if lanes is None else lanes)
    optimiser = learner.optimiser
    if team is not None:
        team.begin(task)
    state = Checkpoint.begin(checkpoint, task, optimiser, resume)
    began, written = time.perf_counter(), -np.inf
    for epoch in range(state.epoch, settings.epochs):
        if settings.patience and epoch - 1 - state.best_epoch >= settings.patience:
            break
        if epoch == max(1, round(settings.average_from * settings.epochs)):
            optimiser.start_averaging()
        epoch_began = time.perf_counter()
        told = learner.epoch(epoch, stop=stop) if team is None else team.epoch(learner, epoch)
        if told is None:
            return
        total, done = told
        seconds = time.perf_counter() - epoch_began
        current: dict[str, NDArray[np.float32]] = {}
        if task.dev is not None or epoch + 1 == settings.epochs:  # without a dev set the last epoch is the best
            current = task.calibrated(optimiser.average())
        scores = task.score(current)
        best = state.keep(epoch, scores, current)
        due = time.perf_counter() - written >= WRITE_AFTER or epoch + 1 == settings.epochs
        if due:
            state.write(optimiser)
            written = time.perf_counter()
        took = time.perf_counter() - began
        try:
            yield Epoch(task.stage, epoch + 1, settings.epochs, total / done, scores, best, done / seconds, took)
        except GeneratorExit:
            if not due:
                state.write(optimiser)
            raise
    parameters.update(state.best)


class Learner:
    """Takes a task's parameters through epochs.

    Parameters
    ----------
    task : Task
    lanes : int
        Threads that share the work, 1 or 2.
    """

    def __init__(self, task: Task, lanes: int) -> None:
        self.task, self.lanes = task, lanes
        self.optimiser = Optimiser(task.settings.optimiser, task.parameters, task.settings.decay)

    @cached_property
    def _program(self) -> Program:
        return training_program(self.task, self.lanes)

    @cached_property
    def _feeder(self) -> Feeder:
        return Feeder(self.task, self.lanes)

    def epoch(self, number: int, share: tuple[int, int] = (0, 1), stop: Stop | None = None) -> tuple[float, int] | None:
        """Do an epoch, or one of so many equal shares of its sentences.

        Returns
        -------
        (float, int) or None
            The sum of the tokens' losses, and how many they are; None if it is stopped.
        """
        task, settings, parameters = self.task, self.task.settings, self.task.parameters
        rng = np.random.default_rng([settings.seed, number])
        order = epoch_order(task.parts, rng)
        worker, workers = share
        if workers > 1:
            order = np.array_split(order, workers)[worker]
            rng = np.random.default_rng([settings.seed, number, worker + 1])  # a zero would be no other seed
        total = 0.0
        done = 0
        tokens = len(task.train.tokens(order))
        for count, inputs, needed in self._feeder.epoch(order, rng):
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
                name: _of_rows(needed[name], outputs[name]) if name in needed else outputs[name]
                for name in task.learned
            }
            self.optimiser.step(gradients, rate, self._program.second)
            total += float(outputs["loss"]) * count
            done += count
        return total, done


def training_program(task: Task, lanes: int = 1) -> Program:
    """Compile the loss and its gradients with respect to everything that is learned, for one or two threads.

    This is the one place where training meets the calculus: the program is ``compile(loss, gradient(loss, θ))``.
    """
    expression = loss(task.configuration, partial=task.allowed is not None)
    gradients = gradient(expression, task.learned)
    outputs = {"loss": expression, **dict(zip(task.learned, gradients, strict=True))}
    return compile(outputs, np.float32, threads=lanes, busy=FEEDING)


def _of_rows(rows: NDArray[np.int64], gradient: NDArray[np.float32]) -> RowGradient:
    """Leave out row -1, which stands for words without a vector and comes first."""
    known = int(rows[0] < 0) if len(rows) else 0
    return RowGradient(rows[known:], gradient[known:])
