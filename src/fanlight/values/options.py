"""Options of the parsing of values."""

from __future__ import annotations

import datetime
from typing import NamedTuple


class ValueOptions(NamedTuple):
    """Options of the parsing of the values of a text.

    Attributes
    ----------
    reference : datetime.date or datetime.datetime, optional
        Date of the text, for relative dates such as "yesterday", which have no value without it.
    day_first : bool
        Whether 12/05/2021 is in May.
    """

    reference: datetime.date | None = None
    day_first: bool = False

    @classmethod
    def choose(cls, values: bool | ValueOptions) -> ValueOptions | None:
        """Return default options for True, None for False, or the given options."""
        return cls() if values is True else values or None
