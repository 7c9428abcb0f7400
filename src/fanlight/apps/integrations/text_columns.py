"""Conversion of columns of texts to Arrow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fanlight.errors import DataError
from fanlight.libraries import library

if TYPE_CHECKING:
    from pyarrow import Array, ChunkedArray, DataType


def as_column(texts: Iterable[Any]) -> Array | ChunkedArray:
    """Return a column as an Arrow array; missing values of pandas become null.

    Raises
    ------
    DataError
        It cannot be converted to a column.
    """
    arrow = library("pyarrow")
    if isinstance(texts, arrow.Array | arrow.ChunkedArray):
        return texts
    try:
        if hasattr(texts, "__arrow_c_stream__"):
            return arrow.chunked_array(texts)
        return arrow.array(texts, from_pandas=True)
    except (TypeError, arrow.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"the column is not of texts ({reason}): name a column of strings") from None


def check_column(kind: DataType, name: str) -> None:
    """Check that the Arrow type of a column is text, or null.

    Raises
    ------
    DataError
        Names the column and its type.
    """
    types = library("pyarrow").types
    values = kind.value_type if types.is_dictionary(kind) else kind
    is_view = getattr(types, "is_string_view", lambda _: False)  # pyarrow 16
    if not (types.is_string(values) or types.is_large_string(values) or types.is_null(values) or is_view(values)):
        raise DataError(f"{name} is of {kind}, not of texts: name a column of strings")
