"""Scheduling of the steps of a program on two threads.

Each step runs on one thread, so that the numbers do not depend on the schedule. A step that reads a result of the other
thread waits for it; there are no other waits. The process has one second thread, which sleeps between programs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")
HANDOVER = 15_000.0  # nanoseconds until a waiting thread continues


class Step(NamedTuple):
    """A step of a program.

    Attributes
    ----------
    reads : frozenset of int
        The steps whose results it reads.
    cost : float
        Estimated time in nanoseconds.
    movable : bool
        Whether the second thread may run it.
    """

    reads: frozenset[int]
    cost: float
    movable: bool


class Schedule(NamedTuple):
    """The thread of each step, and the steps it waits for.

    Attributes
    ----------
    threads : list of int
        The thread, 0 or 1, of each step.
    waits : list of list of int
        The steps of the other thread that each step waits for.
    saved : float
        Estimated share of the time saved by the second thread.
    """

    threads: list[int]
    waits: list[list[int]]
    saved: float

    def before(self) -> list[tuple[int, int]]:
        """Return, for each step, the number of steps of each thread that have always ended when it begins."""
        counts: list[tuple[int, int]] = []
        done = [(0, 0), (0, 0)]
        place: list[int] = []
        for thread, waits in zip(self.threads, self.waits, strict=True):
            ended = list(done[thread])
            for other in waits:
                ended[1 - thread] = max(ended[1 - thread], place[other])
            counts.append((ended[0], ended[1]))
            ended[thread] += 1
            place.append(ended[thread])
            done[thread] = (ended[0], ended[1])
        return counts


def schedule(steps: Sequence[Step], busy: float = 0.0) -> Schedule:
    """Assign each step, in order, to the thread that can start it first; the second is free after `busy` seconds.

    Examples
    --------
    >>> long = Step(frozenset(), 1e6, True)
    >>> schedule([long, long, Step(frozenset([0, 1]), 1e3, False)])
    Schedule(threads=[0, 1, 0], waits=[[], [], [1]], saved=0.48)
    """
    free = [0.0, max(HANDOVER, busy * 1e9)]
    ends: list[float] = []
    threads: list[int] = []
    waits: list[list[int]] = []
    place: list[int] = []
    count, awaited = [0, 0], [0, 0]  # number of steps of each thread; steps of the other that it has waited for
    for step in steps:
        begins = [
            max([free[thread], *(ends[r] + HANDOVER * (threads[r] != thread) for r in step.reads)]) for thread in (0, 1)
        ]
        thread = int(step.movable and begins[1] < begins[0])
        last = max((r for r in step.reads if threads[r] != thread), default=None, key=lambda r: place[r])
        waits.append([])
        if last is not None and place[last] > awaited[thread]:
            waits[-1].append(last)
            awaited[thread] = place[last]
        count[thread] += 1
        place.append(count[thread])
        threads.append(thread)
        free[thread] = begins[thread] + step.cost
        ends.append(free[thread])
    alone = sum(step.cost for step in steps)
    return Schedule(threads, waits, round(1 - max(*free, 1.0) / max(alone, 1.0), 2))


class WorkerThread:
    """A thread that runs functions in order."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def do(self, work: Callable[[], None]) -> None:
        """Queue a function that raises no exception."""
        self._work.put(work)

    def _run(self) -> None:
        while True:
            self._work.get()()


_thread: WorkerThread | None = None


def second_thread() -> WorkerThread:
    """Return the second thread of this process, starting it if necessary."""
    global _thread
    if _thread is None or _thread.process != os.getpid():  # threads do not survive a fork
        _thread = WorkerThread()
    return _thread


def prefetch(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, computing each on the second thread while the previous item is in use."""
    results: SimpleQueue[tuple[Item | None, BaseException | None]] = SimpleQueue()

    def make() -> None:
        try:
            results.put((next(items, None), None))
        except BaseException as fault:
            results.put((None, fault))

    second_thread().do(make)
    while True:
        item, fault = results.get()
        if fault is not None:
            raise fault
        if item is None:
            return
        second_thread().do(make)
        try:
            yield item
        except GeneratorExit:
            results.get()
            raise


class Pair:
    """Two functions of the same arguments that run in parallel and wait for each other by locks.

    Parameters
    ----------
    here, there : callable
        The functions of the calling thread, whose result is returned, and of the second thread.
    locks : sequence of Lock
        Locks acquired by one function and released by the other; all are locked between calls.
    """

    def __init__(
        self, here: Callable[..., Any], there: Callable[..., Any], locks: Sequence[threading.Lock] = ()
    ) -> None:
        self._here, self._there, self._locks = here, there, locks
        self._done = threading.Lock()
        self._done.acquire()

    def __call__(self, *arguments: Any) -> Any:
        """Run both functions; raise the first exception of either."""
        faults: list[BaseException] = []
        result = None

        def work() -> None:
            try:
                self._there(*arguments)
            except BaseException as fault:
                faults.append(fault)
                self._release_locks()
            self._done.release()

        second_thread().do(work)
        try:
            result = self._here(*arguments)
        except BaseException as fault:
            faults.append(fault)
            self._release_locks()
        while True:
            try:
                self._done.acquire()
                break
            except BaseException as fault:  # an interrupt: the other thread must end first
                faults.append(fault)
        if faults:
            for lock in self._locks:
                lock.acquire(blocking=False)
            raise faults[0]
        return result

    def _release_locks(self) -> None:
        """Release all locks, so that a waiting function ends; its result is not used."""
        for lock in self._locks:
            with suppress(RuntimeError):  # released already
                lock.release()
