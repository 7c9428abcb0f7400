"""Commands measured in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

# as a user has it: with OpenBLAS's own choice of kernels, and modules compiled once
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in UNSET}

# a small process starts the command and reads its peak: a child of a large process would seem as large as that
_LAUNCHER = """
import json, os, resource, subprocess, sys, time
began = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
seconds = time.perf_counter() - began
print(json.dumps([status, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3]))
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds and its peak memory in MB.

    Raises
    ------
    SystemExit
        The command failed.
    """
    done = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, *command], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    status, seconds, memory = json.loads(done.stdout)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return seconds, memory
