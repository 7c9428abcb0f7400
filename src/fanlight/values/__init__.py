"""What dates, times, amounts and quantities mean, in English and Korean."""

from fanlight.values.reading import ValueOptions, read_value
from fanlight.values.value import Value

__all__ = ["Value", "ValueOptions", "read_value"]
