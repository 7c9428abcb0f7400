"""Parsing of the value of an entity, by its type and script."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable

from fanlight.values import dates, korean_dates, quantities
from fanlight.values.ranges import read_range, read_two
from fanlight.values.value import Value

LONGEST = 200  # most characters of a text with a value
KINDS = ("DATE", "TIME", "MONEY", "PERCENT", "QUANTITY")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "–": "-", "—": "-", "−": "-", "‐": "-", "\u00a0": " "})
_FRACTIONS = {  # ½ as 1/2, with a space after a preceding figure
    character: " " + unicodedata.normalize("NFKC", character).replace("\u2044", "/") for character in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
}

_FIGURES_AGAIN = re.compile(r"(?<=[a-z]) \([0-9][0-9,.]*\)(?= )")  # thirty (30) days
_HALF_YEAR = re.compile(r"^([12])H ?'?(?=[0-9]{2}$)")  # 1H24, while 1h24 is a time


def read_value(text: str, type_: str, reference: datetime.date | None = None, day_first: bool = False) -> Value | None:
    """Return the value of an entity, or None if its text cannot be parsed.

    Parameters
    ----------
    text : str
        Text of the entity.
    type_ : str
        Type of the entity; types other than `KINDS` have no values.
    reference : datetime.date or datetime.datetime, optional
        Date of the text, for relative dates such as "yesterday", which have no value without it.
    day_first : bool
        Whether 12/05/2021 is in May. By default the month is first in dates with slashes, the day in dates with stops.

    Examples
    --------
    >>> read_value("3 March 2020", "DATE").iso, read_value("오후 3시 반", "TIME").iso
    ('2020-03-03', 'T15:30')
    >>> read_value("three years ago", "DATE", datetime.date(2026, 11, 28)).iso
    '2023'
    """
    if type_ not in KINDS or len(text) > LONGEST:
        return None
    if isinstance(reference, datetime.datetime):
        reference = reference.date()
    text = quantities.spell_symbols(text) if type_ == "QUANTITY" else text
    spaced = "".join(_FRACTIONS.get(character, character) for character in text.translate(_QUOTES))
    spaced = _FIGURES_AGAIN.sub("", _HALF_YEAR.sub(r"h\1 '", spaced))
    form = " ".join(unicodedata.normalize("NFKC", spaced).translate(_QUOTES).lower().split()).strip(" ,;")
    form = form.replace("-and-a-half", " and a half")
    if type_ not in ("DATE", "TIME"):
        return _one_or_range(form, lambda part: quantities.read(part, type_))
    if any("가" <= character <= "힣" for character in form):
        return _one_or_range(form, lambda part: korean_dates.read(part, reference))
    return _one_or_range(form, lambda part: dates.read(part, reference, day_first))


def _one_or_range(form: str, read: Callable[[str], Value | None]) -> Value | None:
    return (read_two(form, read) or read(form) or read_range(form, read)) if form else None
