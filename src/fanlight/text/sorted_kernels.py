"""Binary search in sorted arrays for kernels; Numba compiles half a second for each use of `numpy.searchsorted`."""

from __future__ import annotations

from typing import Any

from fanlight.jit import inner


@inner()
def first_from(value: Any, values: Any) -> Any:
    """Return where the first of some increasing values stands that is not below a value; their number if none is."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@inner()
def row_of(value: Any, values: Any) -> Any:
    """Return where a value stands among increasing values, -1 if it does not."""
    row = first_from(value, values)
    return row if row < len(values) and values[row] == value else -1


@inner()
def contains(value: Any, values: Any) -> bool:
    """Tell whether a value is among increasing values."""
    return bool(row_of(value, values) >= 0)
