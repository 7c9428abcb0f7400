"""The processor's cores: trainings side by side, and a BLAS that keeps to one core.

The matrices of a batch are so small that a BLAS gains little from threads of its own, and they wait busily: beside any
other work a product takes up to a hundred times as long. So training has one thread a product and shares out the
products (`calculus.compiler.threads`), or, where several networks are trained, the networks.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import wraps
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from fanlight.machine import cores as cores

P = ParamSpec("P")
Item = TypeVar("Item")
Result = TypeVar("Result")
Stop = threading.Event


def one_thread_blas(run: Callable[P, Generator[Item, None, Result]]) -> Callable[P, Generator[Item, None, Result]]:
    """Make a generator keep the BLAS to one thread, where that can be set; afterwards it is as before."""

    @wraps(run)
    def limit(*args: P.args, **named: P.kwargs) -> Generator[Item, None, Result]:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="blas"):
            return (yield from run(*args, **named))

    return limit


def end_with_parent() -> None:
    """Let a worker process end when its parent is killed, for it would wait for work forever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def side_by_side(runs: Sequence[Callable[[Stop], Iterator[Item]]], count: int) -> Iterator[Item]:
    """Yield what several iterators yield, as it comes; so many of them run at a time, each in a thread.

    None goes on before its last item has been taken, and if no more are asked for, all end.

    Parameters
    ----------
    runs : sequence of callables
        Each takes an event and returns an iterator, which should end soon after the event is set.
    count : int
    """
    stop = Stop()
    if count == 1:
        for run in runs:
            yield from run(stop)
        return
    coming: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    waiting = iter(runs)
    taken = [threading.Event() for _ in range(count)]

    def work(resumed: threading.Event, choose: threading.Lock) -> None:
        try:
            while not stop.is_set():
                with choose:
                    run = next(waiting, None)
                if run is None:
                    break
                for item in run(stop):
                    resumed.clear()
                    coming.put(("item", (item, resumed)))
                    resumed.wait()
                    if stop.is_set():
                        return
            coming.put(("end", None))
        except BaseException as error:
            coming.put(("error", error))

    choose = threading.Lock()
    threads = [threading.Thread(target=work, args=(resumed, choose), daemon=True) for resumed in taken]
    try:
        for thread in threads:
            thread.start()
        running = count
        while running:
            what, value = coming.get()
            if what == "error":
                raise value
            if what == "end":
                running -= 1
                continue
            item, resumed = value
            yield item
            resumed.set()
    finally:
        stop.set()
        while any(thread.is_alive() for thread in threads):
            for resumed in taken:
                resumed.set()
            for thread in threads:
                thread.join(0.05)
