"""Two lanes: the steps of a program on two threads.

Each step is done whole by one thread, so that the numbers do not depend on how the steps are shared out. A step that
reads what the other lane makes waits for it; nothing else does. The second lane is one thread of the process, which
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
HANDOVER = 15_000.0  # nanoseconds until the other lane goes on


class Step(NamedTuple):
    """A step of a program.

    Attributes
    ----------
    reads : frozenset of int
        The steps whose results it reads.
    cost : float
        In nanoseconds, roughly.
    movable : bool
        Whether the second lane may do it.
    """

    reads: frozenset[int]
    cost: float
    movable: bool


class Schedule(NamedTuple):
    """Which lane does what, and who waits for whom.

    Attributes
    ----------
    lanes : list of int
        The lane, 0 or 1, of each step.
    waits : list of list of int
        The steps of the other lane that each step has to wait for.
    saved : float
        The share of the time that the second lane saves.
    """

    lanes: list[int]
    waits: list[list[int]]
    saved: float

    def before(self) -> list[tuple[int, int]]:
        """Return for each step how many steps of each lane have surely ended when it begins."""
        known: list[tuple[int, int]] = []
        done = [(0, 0), (0, 0)]
        place: list[int] = []
        for lane, waits in zip(self.lanes, self.waits, strict=True):
            ended = list(done[lane])
            for other in waits:
                ended[1 - lane] = max(ended[1 - lane], place[other])
            known.append((ended[0], ended[1]))
            ended[lane] += 1
            place.append(ended[lane])
            done[lane] = (ended[0], ended[1])
        return known


def schedule(steps: Sequence[Step], busy: float = 0.0) -> Schedule:
    """Give each step, in turn, to the lane that can do it first; the second is free after `busy` seconds.

    Examples
    --------
    >>> long = Step(frozenset(), 1e6, True)
    >>> schedule([long, long, Step(frozenset([0, 1]), 1e3, False)])
    Schedule(lanes=[0, 1, 0], waits=[[], [], [1]], saved=0.48)
    """
    free = [0.0, max(HANDOVER, busy * 1e9)]
    ends: list[float] = []
    lanes: list[int] = []
    waits: list[list[int]] = []
    place: list[int] = []
    count, known = [0, 0], [0, 0]  # steps given to each lane; steps of the other that each has waited for
    for step in steps:
        begins = [max([free[lane], *(ends[r] + HANDOVER * (lanes[r] != lane) for r in step.reads)]) for lane in (0, 1)]
        lane = int(step.movable and begins[1] < begins[0])
        last = max((r for r in step.reads if lanes[r] != lane), default=None, key=lambda r: place[r])
        waits.append([])
        if last is not None and place[last] > known[lane]:
            waits[-1].append(last)
            known[lane] = place[last]
        count[lane] += 1
        place.append(count[lane])
        lanes.append(lane)
        free[lane] = begins[lane] + step.cost
        ends.append(free[lane])
    alone = sum(step.cost for step in steps)
    return Schedule(lanes, waits, round(1 - max(*free, 1.0) / max(alone, 1.0), 2))


class Lane:
    """The thread of the second lane."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._serve, daemon=True).start()

    def do(self, work: Callable[[], None]) -> None:
        """Do something, which raises nothing, after what was given before."""
        self._work.put(work)

    def _serve(self) -> None:
        while True:
            self._work.get()()


_lane: Lane | None = None


def second_lane() -> Lane:
    """Return this process's second lane."""
    global _lane
    if _lane is None or _lane.process != os.getpid():  # a thread does not outlive a fork
        _lane = Lane()
    return _lane


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items that the second lane makes, each while the one before is in use."""
    coming: SimpleQueue[tuple[Item | None, BaseException | None]] = SimpleQueue()

    def make() -> None:
        try:
            coming.put((next(items, None), None))
        except BaseException as fault:
            coming.put((None, fault))

    second_lane().do(make)
    while True:
        item, fault = coming.get()
        if fault is not None:
            raise fault
        if item is None:
            return
        second_lane().do(make)
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
        For the calling thread, whose result is returned, and for the second lane.
    locks : sequence of Lock
        Those that one acquires and the other releases, all held between calls.
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
                self._let_go()
            self._done.release()

        second_lane().do(work)
        try:
            result = self._here(*arguments)
        except BaseException as fault:
            faults.append(fault)
            self._let_go()
        while True:
            try:
                self._done.acquire()
                break
            except BaseException as fault:  # an interrupt: the other lane has to end all the same
                faults.append(fault)
        if faults:
            for lock in self._locks:
                lock.acquire(blocking=False)
            raise faults[0]
        return result

    def _let_go(self) -> None:
        """Let whoever waits go on to its end: what it makes will not be used."""
        for lock in self._locks:
            with suppress(RuntimeError):  # let go of already
                lock.release()
