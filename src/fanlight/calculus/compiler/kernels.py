"""Compiled kernels of operations that are not elementwise; the values in the operations table are their references.

`product`, `inner`, `tanh`, `exp`, `log`, `sin` and `cos` are for small programs, which are compiled as one function,
because a call of NumPy costs more than the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]


@njit(cache=True, nogil=True, error_model="numpy")
def rows(table: Array, index: Array, out: Array) -> None:
    """Set row n of `out` to row index[n] of the table."""
    for n in range(len(index)):
        row = index[n]
        for j in range(out.shape[1]):
            out[n, j] = table[row, j]


@njit(cache=True, nogil=True, error_model="numpy")
def scatter_rows(up: Array, index: Array, out: Array) -> None:
    """Add row n of `up` to row index[n] of `out`, which is set to zero first."""
    out[:] = 0
    for n in range(len(index)):
        row = index[n]
        for j in range(out.shape[1]):
            out[row, j] += up[n, j]


@njit(cache=True, nogil=True, error_model="numpy")
def bag(table: Array, ids: Array, offsets: Array, out: Array) -> None:
    """Set row t of `out` to the sum of the table's rows ``ids[offsets[t]:offsets[t + 1]]``."""
    out[:] = 0
    for t in range(len(out)):
        for p in range(offsets[t], offsets[t + 1]):
            row = ids[p]
            for j in range(out.shape[1]):
                out[t, j] += table[row, j]


@njit(cache=True, nogil=True, error_model="numpy")
def scatter_bag(up: Array, ids: Array, offsets: Array, out: Array) -> None:
    """Add row t of `up` to the rows ``ids[offsets[t]:offsets[t + 1]]`` of `out`, which is set to zero first."""
    out[:] = 0
    for t in range(len(up)):
        for p in range(offsets[t], offsets[t + 1]):
            row = ids[p]
            for j in range(out.shape[1]):
                out[row, j] += up[t, j]


@njit(cache=True, nogil=True, error_model="numpy")
def softmax_rows(x: Array, out: Array) -> None:
    """Set `out` to the softmax of each row of x."""
    for n in range(len(x)):
        top = x[n, 0]
        for j in range(1, x.shape[1]):
            top = max(top, x[n, j])
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            out[n, j] = np.exp(x[n, j] - top)
            total += out[n, j]
        for j in range(x.shape[1]):
            out[n, j] /= total


@njit(cache=True, nogil=True, error_model="numpy")
def logsumexp_rows(x: Array, out: Array) -> None:
    """Set `out` (N, 1) to the logarithm of the sum of exponentials of each row of x."""
    for n in range(len(x)):
        top = x[n, 0]
        for j in range(1, x.shape[1]):
            top = max(top, x[n, j])
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            total += np.exp(x[n, j] - top)
        out[n, 0] = np.log(total) + top


@njit(cache=True, nogil=True, error_model="numpy")
def outer(a: Array, b: Array, out: Array) -> None:
    """Set `out` to the product of a column a and a row b, for which BLAS's matrix product is slow."""
    for r in range(a.shape[0]):
        entry = a[r, 0]
        for c in range(b.shape[1]):
            out[r, c] = entry * b[0, c]


@njit(nogil=True, error_model="numpy")
def product(a: Array, b: Array, out: Array) -> None:
    """Set `out` to the matrix product of a and b."""
    out[:] = 0
    for r in range(a.shape[0]):
        for k in range(a.shape[1]):
            entry = a[r, k]
            for c in range(b.shape[1]):
                out[r, c] += entry * b[k, c]


@njit(nogil=True, error_model="numpy")
def inner(a: Array, b: Array) -> Any:
    """Return the product of a row a and a column b as a scalar."""
    total = a.dtype.type(0)
    for k in range(a.shape[1]):
        total += a[0, k] * b[k, 0]
    return total


def _entrywise(function: Callable[..., Any]) -> Any:
    @njit(nogil=True, error_model="numpy")
    def of(x: Array, out: Array) -> None:
        for r in range(x.shape[0]):
            for c in range(x.shape[1]):
                out[r, c] = function(x[r, c])

    return of


tanh, exp, log, sin, cos = map(_entrywise, (np.tanh, np.exp, np.log, np.sin, np.cos))
