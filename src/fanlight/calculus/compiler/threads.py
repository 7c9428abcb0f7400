"""The steps of a program on two threads.

Each step is done whole by one thread, so that the numbers do not depend on how the steps are shared out. A step that
reads what the other thread computes waits for it; nothing else does. The second thread is one of the process, which
sleeps between programs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")
HANDOVER = 15_000.0  # nanoseconds until the other thread goes on


class Step(NamedTuple):
    """A step of a program.

    Attributes
    ----------
    reads : frozenset of int
        The steps whose results it reads.
    cost : float
        In nanoseconds, roughly.
    movable : bool
        Whether the second thread may do it.
    """

    reads: frozenset[int]
    cost: float
    movable: bool


class Schedule(NamedTuple):
    """Which thread does what, and which waits for which.

    Attributes
    ----------
    threads : list of int
        The thread, 0 or 1, of each step.
    waits : list of list of int
        The steps of the other thread that each step has to wait for.
    saved : float
        The share of the time that the second thread saves.
    """

    threads: list[int]
    waits: list[list[int]]
    saved: float

    def before(self) -> list[tuple[int, int]]:
        """Return for each step how many steps of each thread have surely ended when it begins."""
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
    """Give each step, in turn, to the thread that can do it first; the second is free after `busy` seconds.

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
    count, awaited = [0, 0], [0, 0]  # steps of each thread; steps of the other that each has waited for
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
    """The second thread."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._serve, daemon=True).start()

    def do(self, work: Callable[[], None]) -> None:
        """Do something, which raises nothing, after earlier work."""
        self._work.put(work)

    def _serve(self) -> None:
        while True:
            self._work.get()()


_thread: WorkerThread | None = None


def second_thread() -> WorkerThread:
    """Return this process's second thread."""
    global _thread
    if _thread is None or _thread.process != os.getpid():  # a thread does not outlive a fork
        _thread = WorkerThread()
    return _thread


def prefetch(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items that the second thread makes, each while the one before is in use."""
    coming: SimpleQueue[tuple[Item | None, BaseException | None]] = SimpleQueue()

    def make() -> None:
        try:
            coming.put((next(items, None), None))
        except BaseException as fault:
            coming.put((None, fault))

    second_thread().do(make)
    while True:
        item, fault = coming.get()
        if fault is not None:
            raise fault
        if item is None:
            return
        second_thread().do(make)
        try:
            yield item
        except GeneratorExit:
            coming.get()
            raise


class Pair:
    """Two functions of the same arguments that run side by side and wait for each other by `locks`.

    Parameters
    ----------
    here, there : callable
        For the calling thread, whose result is returned, and for the second thread.
    locks : sequence of Lock
        Those that one acquires and the other releases, all acquired between calls.
    """

    def __init__(
        self, here: Callable[..., Any], there: Callable[..., Any], locks: Sequence[threading.Lock] = ()
    ) -> None:
        self._here, self._there, self._locks = here, there, locks
        self._done = threading.Lock()
        self._done.acquire()

    def __call__(self, *arguments: Any) -> Any:
        """Run both; raise the first fault of either."""
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
            except BaseException as fault:  # an interrupt: the other thread has to end all the same
                faults.append(fault)
        if faults:
            for lock in self._locks:
                lock.acquire(blocking=False)
            raise faults[0]
        return result

    def _release_locks(self) -> None:
        """Let whoever waits go on to its end: what it makes will not be used."""
        for lock in self._locks:
            with suppress(RuntimeError):  # released already
                lock.release()
