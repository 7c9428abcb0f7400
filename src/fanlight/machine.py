"""What the machine offers."""

from __future__ import annotations

import os
import signal
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

    They would print a traceback each, from their first import on.

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
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
