"""Use of the processor's cores: concurrent trainings, and a single-threaded BLAS.

The matrices of a batch are too small for a multi-threaded BLAS, whose threads busy-wait: if other work runs, a product
takes up to a hundred times as long. So each product runs on one thread; products (`calculus.compiler.threads`), or
whole networks if several are trained, are distributed over threads.
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
    """Decorate a generator such that the BLAS has one thread while it runs, if that can be set."""

    @wraps(run)
    def limit(*args: P.args, **named: P.kwargs) -> Generator[Item, None, Result]:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="blas"):
            return (yield from run(*args, **named))

    return limit


def end_with_parent() -> None:
    """Make a worker process exit when its parent is killed, instead of waiting for work forever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_in_threads(runs: Sequence[Callable[[Stop], Iterator[Item]]], count: int) -> Iterator[Item]:
    """Yield the items of several iterators as they arrive; `count` iterators run at a time, each in a thread.

    An iterator continues after its last item has been consumed. If the generator is closed, all iterators end.

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
