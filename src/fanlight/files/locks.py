"""Locks, so that only one process writes an output."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fanlight.errors import DataError
from fanlight.files.outputs import PathLike, is_special

CLAIM_SECONDS = 600.0  # maximum wait for another process that writes the same output


@contextmanager
def claim(path: PathLike, wait: bool = False) -> Iterator[None]:
    """Lock an output for this process during the `with` block, with a file in the user's cache folder.

    Raises
    ------
    DataError
        Another process has the lock (with `wait`, for more than `CLAIM_SECONDS`).
    """
    if is_special(path):
        yield
        return
    import hashlib

    from filelock import FileLock, Timeout

    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:32]
    lock = FileLock(_lock_folder() / f"{name}.lock", timeout=CLAIM_SECONDS if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        raise DataError(f"{path}: is being written by another fanlight process: wait for it, or stop it") from None
    try:
        yield
    finally:
        lock.release()


def _lock_folder() -> Path:
    import tempfile

    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    for folder in (Path(base) / "fanlight" / "locks", Path(tempfile.gettempdir()) / f"fanlight-locks-{_user()}"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir())


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
