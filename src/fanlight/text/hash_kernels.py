"""Kernels that hash bytes: of words, parts of words and chunks."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.jit import inner, kernel

START = np.uint64(0xCBF29CE484222325)  # initial value (FNV-1a)


@kernel()
def hash_bytes(data: Any, begin: int, end: int, fold: bool) -> Any:
    """Return a nonzero hash of bytes [begin, end); with `fold`, of ASCII letters in lower case."""
    return finish(hash_on(START, data, begin, end, fold))


@inner(inline="always")
def hash_on(h: Any, data: Any, begin: int, end: int, fold: bool) -> Any:
    """Return an unfinished hash updated with bytes [begin, end)."""
    for i in range(begin, end):
        b = data[i]
        if fold and 65 <= b <= 90:
            b += 32
        h = (h ^ np.uint64(b)) * np.uint64(0x100000001B3)
    return h


@inner(inline="always")
def finish(h: Any) -> Any:
    """Mix the bits of a hash; return a nonzero number."""
    h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (h ^ (h >> np.uint64(32))) | np.uint64(1 << 63)


@inner(inline="always")
def mix(x: Any) -> Any:
    """Mix the bits of a hash, as `hashing.mix`."""
    x = x ^ (x >> np.uint64(30))
    x = x * np.uint64(0xBF58476D1CE4E5B9)
    x = x ^ (x >> np.uint64(27))
    x = x * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
