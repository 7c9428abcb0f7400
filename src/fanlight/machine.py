"""What the machine offers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def cores() -> int:
    """Return how many cores this process may use, on every platform.

    The affinity mask where the system has one (Linux: `taskset`, containers with cpusets), else all cores.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def ignoring_interrupts(spawned: bool = False) -> Iterator[None]:
    """Let processes that the block starts never see Ctrl-C, which is for this one: it ends them.

    They would print a traceback each, from their first import on; and one that is half started would print another,
    so an interrupt waits for the end of the block.

    Parameters
    ----------
    spawned : bool
        Whether `multiprocessing` starts them: as it begins its own tracking process, it lets interrupts through again.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    if spawned:
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handler, interrupts = signal.getsignal(signal.SIGINT), []
    replaced = callable(handler) and threading.current_thread() is threading.main_thread()
    if replaced:  # a thread that does not block the signal may take it, and this one would act on it
        signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if replaced:
            signal.signal(signal.SIGINT, handler)
    if interrupts and callable(handler):
        handler(signal.SIGINT, None)
