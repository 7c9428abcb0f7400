"""Data-parallel training: workers train on their shares of an epoch, then what they have learned is averaged.

Each of N workers begins an epoch with the same parameters and goes through an N-th of its sentences as one alone would
go through all; then the parameters, and the optimiser's moments, become the mean of the workers', weighted by their
tokens. What comes out depends on N and the seed, not on where the workers are or who is done first. With one worker it
is ordinary training, to the bit.

References
----------
McDonald, Hall & Mann 2010 (iterative parameter mixing); Stich 2019 (local SGD).
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import FanlightError, SettingsError
from fanlight.training import cores
from fanlight.training.loop import Learner, Team
from fanlight.training.preparation import Task

Arrays = Mapping[str, NDArray[Any]]
LOST = "a worker was lost, perhaps for want of memory: go on with --resume from the last whole epoch"


class Workers(Protocol):
    """Processes somewhere, each with a `Worker`."""

    count: int

    def begin(self, task: Task) -> None:
        """Give every worker the task."""

    def epoch(self, number: int, state: bytes) -> list[bytes]:
        """Return what each worker's `Worker.epoch` returns, in the order of their numbers."""


Engine = Callable[[int], AbstractContextManager[Workers]]


class Worker:
    """Trains on one share of every epoch.

    Parameters
    ----------
    task : Task
    share : (int, int)
        This worker's number, and how many there are.
    lanes : int
        Threads to train with, 1 or 2; the numbers are the same.
    """

    def __init__(self, task: Task, share: tuple[int, int], lanes: int = 1) -> None:
        self._learner = Learner(deepcopy(task), lanes)  # what comes from other processes may be read-only
        self._share = share

    def epoch(self, number: int, state: bytes) -> bytes:
        """Do the share, beginning from a state (`packed`); return the state after it, with what it came to."""
        from threadpoolctl import threadpool_limits

        restore(self._learner, unpacked(state))
        with threadpool_limits(1, user_api="blas"):
            told = self._learner.epoch(number, self._share)
        assert told is not None  # nobody stops it
        return packed(self._learner, told)


class Mixed:
    """A team whose epochs are shared out among workers."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def begin(self, task: Task) -> None:
        """Give every worker the task, without what training does not read.

        Raises
        ------
        SettingsError
            There are fewer sentences than workers.
        """
        sentences = sum(round(min(1, part.share) * len(part.sentences)) for part in task.parts)
        if sentences < self._workers.count:
            raise SettingsError(f"workers: {self._workers.count} for {sentences} sentences: choose fewer")
        self._workers.begin(replace(task, dev=None, first=None))

    def epoch(self, learner: Learner, number: int) -> tuple[float, int]:
        """Do an epoch; leave the mean in the learner."""
        states = [unpacked(state) for state in self._workers.epoch(number, packed(learner, (0.0, 0)))]
        told = [(float(state["told"][0]), int(state["told"][1])) for state in states]
        restore(learner, mixed(states, [tokens for _, tokens in told]))
        return sum(loss for loss, _ in told), sum(tokens for _, tokens in told)


def team_of(engine: Engine, workers: int) -> AbstractContextManager[Team | None]:
    """Return a team of so many workers; None for one, which is this process."""
    return nullcontext() if workers == 1 else _team(engine, workers)


@contextmanager
def _team(engine: Engine, count: int) -> Iterator[Team]:
    with engine(count) as workers:
        yield Mixed(workers)


@contextmanager
def local(count: int) -> Iterator[Workers]:
    """Yield workers that are processes of this machine."""
    lanes = max(1, min(2, cores.cores() // count))
    workers = _Processes([(number, count) for number in range(count)], lanes)
    try:
        yield workers
    finally:
        workers.end()


class _Processes:
    def __init__(self, shares: Sequence[tuple[int, int]], lanes: int) -> None:
        self.count = len(shares)
        context = multiprocessing.get_context("spawn")
        self._pipes = []
        self._processes = []
        for share in shares:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, share, lanes), daemon=True)
            process.start()
            theirs.close()  # so that we notice when the process, which has the other copy, is gone
            self._pipes.append(ours)
            self._processes.append(process)

    def begin(self, task: Task) -> None:
        self._all(task)

    def epoch(self, number: int, state: bytes) -> list[bytes]:
        return self._all((number, state))

    def end(self) -> None:
        for process in self._processes:
            process.kill()

    def _all(self, said: Task | tuple[int, bytes]) -> list[bytes]:
        try:
            for pipe in self._pipes:
                pipe.send(said)
            return [pipe.recv() for pipe in self._pipes]
        except (EOFError, OSError):
            raise FanlightError(LOST) from None


def _serve(pipe: Connection, share: tuple[int, int], lanes: int) -> None:
    """Be a worker until the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the parent, who ends this process
    cores.end_with_parent()
    worker: Worker | None = None
    while True:
        said = pipe.recv()
        if isinstance(said, Task):
            worker = Worker(said, share, lanes)
            pipe.send(b"")
        else:
            assert worker is not None
            pipe.send(worker.epoch(*said))


def mixed(states: Sequence[Arrays], weights: Sequence[float]) -> dict[str, NDArray[Any]]:
    """Return the weighted mean of workers' states.

    Counts of steps become whole numbers, and what belongs to a count (`Optimiser.average`) is brought to that one.
    """
    shares = np.array(weights, np.float64) / np.sum(weights)
    steps = np.array([state["optimiser.steps"] for state in states])
    mean = {"optimiser.steps": np.rint(shares @ steps).astype(np.int64)}
    averaged = shares * mean["optimiser.steps"][1] / np.maximum(steps[:, 1], 1)
    for name in states[0].keys() - {"optimiser.steps", "told"}:
        scales = averaged if name.startswith("optimiser.drift.") else shares
        total = np.zeros(states[0][name].shape)
        for scale, state in zip(scales, states, strict=True):
            total += scale * state[name]
        mean[name] = total.astype(states[0][name].dtype)
    return mean


def packed(learner: Learner, told: tuple[float, int]) -> bytes:
    """Return parameters and optimiser as the bytes of a safetensors file, with what an epoch came to."""
    from safetensors.numpy import save

    arrays = {f"parameter.{name}": array for name, array in learner.task.parameters.items()}
    arrays |= {f"optimiser.{name}": array for name, array in learner.optimiser.state().items()}
    made: bytes = save({**arrays, "told": np.array(told, np.float64)})
    return made


def unpacked(state: bytes) -> Arrays:
    """Return the arrays of `packed`."""
    from safetensors.numpy import load

    arrays: dict[str, NDArray[Any]] = load(state)
    return arrays


def restore(learner: Learner, arrays: Arrays) -> None:
    """Give a learner the parameters and the optimiser's state in such arrays."""
    for name, parameter in learner.task.parameters.items():
        parameter[...] = arrays[f"parameter.{name}"]
    optimiser = {name.removeprefix("optimiser."): a for name, a in arrays.items() if name.startswith("optimiser.")}
    learner.optimiser.restore(optimiser)
