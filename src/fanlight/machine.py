"""Facts about the machine and its processes: cores, interrupts."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def cores() -> int:
    """Return the number of cores that this process may use: the affinity mask where the system has one, else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def ignoring_interrupts(spawned: bool = False) -> Iterator[None]:
    """Block SIGINT in the processes that the `with` block starts; this process handles it and ends them.

    Otherwise each child would print a traceback on Ctrl-C. An interrupt during the block is raised at its end, because
    a child that is half started would print one too.

    Parameters
    ----------
    spawned : bool
        Whether `multiprocessing` starts the processes: the start of its resource tracker would unblock the signal.
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
    if replaced:  # another thread, which does not block the signal, may receive it for this one
        signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if replaced:
            signal.signal(signal.SIGINT, handler)
    if interrupts and callable(handler):
        handler(signal.SIGINT, None)
