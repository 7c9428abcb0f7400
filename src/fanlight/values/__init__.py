"""Values of dates, times, amounts and quantities, in English and Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fanlight.values.options import ValueOptions
from fanlight.values.value import Value

if TYPE_CHECKING:
    from fanlight.values.reading import read_value

__all__ = ["Value", "ValueOptions", "read_value"]


def __getattr__(name: str) -> Any:
    if name != "read_value":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fanlight.values.reading import read_value  # compiles many regular expressions, which most commands do not need

    globals()[name] = read_value  # so that this function is called only once
    return read_value
