"""Calendar arithmetic on ISO 8601 dates of any precision."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Sequence

DAYS = {"day": 1, "week": 7, "fortnight": 14}
CODES = {  # longest unit first, as in ISO 8601
    "year": "Y", "month": "M", "week": "W", "day": "D", "hour": "H", "minute": "M", "second": "S",
}  # fmt: skip
_OF_CLOCK = frozenset(["hour", "minute", "second"])
_LARGER: dict[str, tuple[float, str]] = {
    "fortnight": (2, "week"), "quarter": (3, "month"), "decade": (10, "year"), "century": (100, "year"),
    "millisecond": (1e-3, "second"), "microsecond": (1e-6, "second"), "nanosecond": (1e-9, "second"),
}  # fmt: skip
_SMALLER = {
    "hour": (60, "minute"),
    "minute": (60, "second"),
    "year": (12, "month"),
    "day": (24, "hour"),
    "week": (7, "day"),
}
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}


def write_date(year: int | None, month: int | None = None, day: int | None = None) -> str | None:
    """Return an ISO date with the precision of the arguments, with XXXX for an unknown year; None for an invalid date.

    Examples
    --------
    >>> write_date(2020, 3, 3), write_date(None, 3, 3), write_date(2021, 2, 29)
    ('2020-03-03', 'XXXX-03-03', None)
    """
    if month is not None and not 1 <= month <= 12:
        return None
    if day is not None and (month is None or not 1 <= day <= calendar.monthrange(year or 2020, month)[1]):
        return None
    parts = ["XXXX" if year is None else f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)]
    return "-".join(parts)


def full_year(figures: str) -> int:
    """Return a year in figures as a number; of two figures, 69 is 1969 and 68 is 2068, as in POSIX."""
    year = int(figures)
    return year if len(figures) > 2 else year + (1900 if year >= 69 else 2000)


def add_months(day: datetime.date, months: int) -> datetime.date:
    """Return the same day of a later (or earlier) month, or the month's last day.

    Raises
    ------
    ValueError
        The year is not between 1 and 9999.
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def shift(reference: datetime.date, amount: int, unit: str) -> str | None:
    """Return the date at a distance in units from a reference, with the precision of the unit; None if impossible.

    Examples
    --------
    >>> shift(datetime.date(2026, 11, 28), -3, "year"), shift(datetime.date(2026, 11, 28), 1, "week")
    ('2023', '2026-W49')
    """
    try:
        if unit == "day":
            return (reference + datetime.timedelta(amount)).isoformat()
        if unit in DAYS:
            return write_week(reference + datetime.timedelta(amount * DAYS[unit]))
        if unit in MONTHS_OF:
            moved = add_months(reference, amount * MONTHS_OF[unit])
            return _write_at(moved, unit)
    except (OverflowError, ValueError):
        return None
    return None


def write_duration(amount: float, unit: str) -> str:
    """Return an ISO duration; fractions of a unit are written in the next smaller unit.

    Examples
    --------
    >>> write_duration(1.5, "hour"), write_duration(2, "decade")
    ('PT90M', 'P20Y')
    """
    factor, unit = _LARGER.get(unit, (1, unit))
    amount *= factor
    if amount != int(amount) and unit in _SMALLER:
        factor, unit = _SMALLER[unit]
        amount *= factor
    return write_parts([(amount, unit)])


def write_parts(parts: Sequence[tuple[float, str]]) -> str:
    """Return an ISO duration of (amount, unit) pairs, longest unit first.

    Examples
    --------
    >>> write_parts([(2, "hour"), (30, "minute")]), write_parts([(1, "year"), (2, "hour")])
    ('PT2H30M', 'P1YT2H')
    """
    amounts = [f"{int(n) if n == int(n) else f'{n:.12f}'.rstrip('0')}{CODES[unit]}" for n, unit in parts]
    date = [amount for amount, (_, unit) in zip(amounts, parts, strict=True) if unit not in _OF_CLOCK]
    clock = [amount for amount, (_, unit) in zip(amounts, parts, strict=True) if unit in _OF_CLOCK]
    return f"P{''.join(date)}{'T' if clock else ''}{''.join(clock)}"


def write_week(day: datetime.date) -> str:
    """Return the ISO week of a day."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def weekday(reference: datetime.date | None, number: int, direction: int) -> str:
    """Return the date of a weekday (0 is Monday) before, on or after a reference; without one, any such weekday.

    Parameters
    ----------
    reference : datetime.date or None
    number : int
    direction : int
        -1: last before the reference, 1: first after it, 0: last on or before it, as in news.
    """
    if reference is None:
        return f"XXXX-WXX-{number + 1}"
    distance = (reference.weekday() - number) % 7
    if direction < 0:
        distance = distance or 7
    elif direction > 0:
        distance -= 7
    return (reference - datetime.timedelta(distance)).isoformat()


def _write_at(day: datetime.date, unit: str) -> str:
    if unit == "month":
        return f"{day.year:04}-{day.month:02}"
    if unit == "quarter":
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    if unit == "decade":
        return f"{day.year // 10:03}"
    return f"{day.year // 100:02}" if unit == "century" else f"{day.year:04}"
