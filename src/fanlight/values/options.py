"""How values are read."""

from __future__ import annotations

import datetime
from typing import NamedTuple


class ValueOptions(NamedTuple):
    """How the values of a text are read.

    Attributes
    ----------
    reference : datetime.date or datetime.datetime, optional
        When it was written, for relative dates such as "yesterday", which have no value without it.
    day_first : bool
        Whether 12/05/2021 is in May.
    """

    reference: datetime.date | None = None
    day_first: bool = False

    @classmethod
    def choose(cls, values: bool | ValueOptions) -> ValueOptions | None:
        """Return the options that are asked for: none, the default ones, or those given."""
        return cls() if values is True else values or None
