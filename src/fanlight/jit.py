"""How kernels are compiled: `kernel` for those that Python calls, `inner` for those that only kernels call.

An inner kernel has no wrapper for Python and no file in the cache: it is part of each kernel that calls it, which saves
a third of the time that compiling takes. Python must not call it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.caching import IndexDataCacheFile

Function = TypeVar("Function", bound=Callable[..., Any])

_njit: Any = numba.njit  # whose stubs lack some options
ZERO: Any = np.int64(0)  # a kernel would be compiled for the literal 0 besides
_OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}


def inner(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator; `options` are those of `numba.njit`."""
    decorate: Callable[[Function], Function] = _njit(
        no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS, **options
    )
    return decorate


def kernel(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator; where no folder can be written to that Numba would cache in, this process gets one."""

    def decorate(function: Function) -> Function:
        jit = _njit(cache=True, **_OPTIONS, **options)
        try:
            compiled: Function = jit(function)
        except RuntimeError:  # no locator available
            os.environ["NUMBA_CACHE_DIR"] = _temporary_folder()
            numba.config.reload_config()  # type: ignore[no-untyped-call]
            compiled = jit(function)
        # Numba asks whether the kernel's own file changed, but inner kernels and types are in others; and it reads an
        # index before it asks, which fails where a type is gone. So files are named by the state of the whole.
        own: Any = compiled
        name = f"{function.__module__}.{function.__qualname__}-{stamp()[:16]}"
        index = IndexDataCacheFile(own._cache.cache_path, name, stamp())  # type: ignore[no-untyped-call]
        own._cache._cache_file = index
        return compiled

    return decorate


def cache_folder() -> Path:
    """Return the folder that this room's kernels are cached in."""
    return Path(_probe._cache.cache_path)  # type: ignore[attr-defined]  # Numba tells it nowhere else


@cache
def stamp() -> str:
    """Return a hash of when the files that have kernels were changed."""
    package = Path(__file__).parent
    files = {Path(__file__), *package.rglob("*kernels.py"), *package.glob("engine/*.py"), *package.glob("text/*.py")}
    states = [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in sorted(files)]
    return sha256(repr(states).encode()).hexdigest()


@cache
def _temporary_folder() -> str:
    folder = tempfile.mkdtemp(prefix="fanlight-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@kernel()
def _probe() -> int:
    return 0
