"""Binary search for kernels; each use of `numpy.searchsorted` would take half a second to compile."""

from __future__ import annotations

from typing import Any

from fanlight.jit import inner


@inner()
def first_from(value: Any, values: Any) -> Any:
    """Return the index of the first of increasing `values` that is not below `value`, or their number."""
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
    """Return the index of a value among increasing `values`, or -1."""
    row = first_from(value, values)
    return row if row < len(values) and values[row] == value else -1


@inner()
def contains(value: Any, values: Any) -> bool:
    """Tell whether a value is among increasing values."""
    return bool(row_of(value, values) >= 0)
