"""Data-parallel training: workers train on shares of an epoch, then their parameters are averaged.

Each of N workers starts an epoch with the same parameters and trains on an N-th of the sentences. Then the parameters
and the optimiser's moments become the means of the workers', weighted by tokens. The result depends on N and the seed,
not on the machines or the timing. With one worker, it is bitwise that of ordinary training.

References
----------
McDonald, Hall & Mann 2010 (iterative parameter mixing); Stich 2019 (local SGD).
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import FanlightError, SettingsError
from fanlight.machine import ignoring_interrupts
from fanlight.training import cores
from fanlight.training.loop import Learner, Team
from fanlight.training.preparation import Run

Arrays = Mapping[str, NDArray[Any]]
LOST = "a worker was lost, perhaps for want of memory: go on with --resume from the last checkpoint"


class Workers(Protocol):
    """Local or remote processes, each with a `Worker`."""

    count: int

    def begin(self, run: Run) -> None:
        """Send the run to every worker."""

    def epoch(self, number: int, state: bytes) -> list[bytes]:
        """Return the results of each worker's `Worker.epoch`, in the order of the workers."""


Engine = Callable[[int], AbstractContextManager[Workers]]


class Worker:
    """Trains on one share of every epoch.

    Parameters
    ----------
    run : Run
    share : (int, int)
        Index of this worker, and number of workers.
    threads : int
        Number of threads, 1 or 2; it does not change the result.
    """

    def __init__(self, run: Run, share: tuple[int, int], threads: int = 1) -> None:
        self._learner = Learner(deepcopy(run), threads)  # arrays from other processes may be read-only
        self._share = share

    def epoch(self, number: int, state: bytes) -> bytes:
        """Train on the share from a state (`pack_state`); return the new state."""
        from threadpoolctl import threadpool_limits

        restore_state(self._learner, unpack_state(state))
        with threadpool_limits(1, user_api="blas"):
            sums = self._learner.epoch(number, self._share)
        assert sums is not None  # there is no stop event
        return pack_state(self._learner, sums)


class DataParallelTeam:
    """A team that distributes each epoch over workers."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def begin(self, run: Run) -> None:
        """Send the run to every worker, without the parts that training does not use.

        Raises
        ------
        SettingsError
            There are fewer sentences than workers.
        """
        sentences = sum(round(min(1, part.share) * len(part.sentences)) for part in run.parts)
        if sentences < self._workers.count:
            raise SettingsError(f"workers: {self._workers.count} for {sentences} sentences: choose fewer")
        self._workers.begin(replace(run, dev=None, first_stage=None))

    def epoch(self, learner: Learner, number: int) -> tuple[float, int]:
        """Train one epoch; store the mean parameters in the learner."""
        states = [unpack_state(state) for state in self._workers.epoch(number, pack_state(learner, (0.0, 0)))]
        sums = [(float(state["sums"][0]), int(state["sums"][1])) for state in states]
        restore_state(learner, average_states(states, [tokens for _, tokens in sums]))
        return sum(loss for loss, _ in sums), sum(tokens for _, tokens in sums)


def team_of(engine: Engine, workers: int) -> AbstractContextManager[Team | None]:
    """Return a team of workers; None for one worker, which is this process."""
    return nullcontext() if workers == 1 else open_team(engine, workers)


@contextmanager
def open_team(engine: Engine, count: int) -> Iterator[Team]:
    """Yield a team of `count` workers, which end with the `with` block."""
    with engine(count) as workers:
        yield DataParallelTeam(workers)


@contextmanager
def local_workers(count: int) -> Iterator[Workers]:
    """Yield workers in local processes."""
    threads = max(1, min(2, cores.cores() // count))
    workers = _Processes([(number, count) for number in range(count)], threads)
    try:
        yield workers
    finally:
        workers.end()


class _Processes:
    def __init__(self, shares: Sequence[tuple[int, int]], threads: int) -> None:
        self.count = len(shares)
        context = multiprocessing.get_context("spawn")
        self._pipes = []
        self.processes = []
        for share in shares:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, share, threads), daemon=True)
            with ignoring_interrupts(spawned=True):
                process.start()
            theirs.close()  # so that reading fails when the process, which has the other copy, is gone
            self._pipes.append(ours)
            self.processes.append(process)

    def begin(self, run: Run) -> None:
        self._all(run)

    def epoch(self, number: int, state: bytes) -> list[bytes]:
        return self._all((number, state))

    def end(self) -> None:
        for process in self.processes:
            process.kill()

    def _all(self, said: Run | tuple[int, bytes]) -> list[bytes]:
        try:
            for pipe in self._pipes:
                pipe.send(said)
            return [pipe.recv() for pipe in self._pipes]
        except (EOFError, OSError):
            raise FanlightError(LOST) from None


def _serve(pipe: Connection, share: tuple[int, int], threads: int) -> None:
    """Run a worker until the parent ends."""
    cores.end_with_parent()
    worker: Worker | None = None
    while True:
        said = pipe.recv()
        if isinstance(said, Run):
            worker = Worker(said, share, threads)
            pipe.send(b"")
        else:
            assert worker is not None
            pipe.send(worker.epoch(*said))


def average_states(states: Sequence[Arrays], weights: Sequence[float]) -> dict[str, NDArray[Any]]:
    """Return the weighted mean of workers' states.

    Step counts are rounded, and the sums that depend on a count (`Optimiser.average`) are scaled accordingly.
    """
    shares = np.array(weights, np.float64) / np.sum(weights)
    steps = np.array([state["optimiser.steps"] for state in states])
    mean = {"optimiser.steps": np.rint(shares @ steps).astype(np.int64)}
    averaged = shares * mean["optimiser.steps"][1] / np.maximum(steps[:, 1], 1)
    for name in states[0].keys() - {"optimiser.steps", "sums"}:
        scales = averaged if name.startswith("optimiser.drift.") else shares
        total = np.zeros(states[0][name].shape)
        for scale, state in zip(scales, states, strict=True):
            total += scale * state[name]
        mean[name] = total.astype(states[0][name].dtype)
    return mean


def pack_state(learner: Learner, sums: tuple[float, int]) -> bytes:
    """Return parameters, optimiser state and an epoch's sums as the bytes of a safetensors file."""
    from safetensors.numpy import save

    arrays = {f"parameter.{name}": array for name, array in learner.run.parameters.items()}
    arrays |= {f"optimiser.{name}": array for name, array in learner.optimiser.state().items()}
    state: bytes = save({**arrays, "sums": np.array(sums, np.float64)})
    return state


def unpack_state(state: bytes) -> Arrays:
    """Return the arrays of `pack_state`."""
    from safetensors.numpy import load

    arrays: dict[str, NDArray[Any]] = load(state)
    return arrays


def restore_state(learner: Learner, arrays: Arrays) -> None:
    """Restore a learner's parameters and optimiser state from the arrays of `unpack_state`."""
    for name, parameter in learner.run.parameters.items():
        parameter[...] = arrays[f"parameter.{name}"]
    optimiser = {name.removeprefix("optimiser."): a for name, a in arrays.items() if name.startswith("optimiser.")}
    learner.optimiser.restore(optimiser)
