"""What the machine offers."""

from __future__ import annotations

import os


def cores() -> int:
    """Return how many cores this process may use, on every platform.

    The affinity mask where the system has one (Linux: `taskset`, containers with cpusets), else all cores.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
