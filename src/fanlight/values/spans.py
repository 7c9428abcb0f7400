"""Extents of ISO values: first and last days of dates, times of the day, seconds of durations."""

from __future__ import annotations

import calendar
import datetime
import re

from fanlight.values.calendar import write_date

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_WEEK = re.compile(r"(\d{4})-W(\d{2})(-WE)?")
_PART = re.compile(r"(\d{4})-(Q[1-4]|H[12]|SP|SU|FA|WI)")
_FIRST_MONTHS = {
    "H1": 1,
    "H2": 7,
    "Q1": 1,
    "Q2": 4,
    "Q3": 7,
    "Q4": 10,
    "SP": 3,
    "SU": 6,
    "FA": 9,
    "WI": 12,
}  # seasons of the northern hemisphere
_CLOCK = re.compile(r"T(\d{2}:\d{2}(?::\d{2})?)")
_DURATION = re.compile(r"P(?=.)(?:[\d.]+[YMWD])*(?:T(?:[\d.]+[HMS])+)?")
_COUNT = re.compile(r"([\d.]+)([A-Z])")
_DAY_SECONDS = {"Y": 31_556_952, "M": 2_629_746, "W": 604_800, "D": 86_400}  # means of the Gregorian calendar
_CLOCK_SECONDS = {"H": 3600, "M": 60, "S": 1}


def days_of(iso: str) -> tuple[str, str] | None:
    """Return the first and the last day of a date or range as ISO dates; None for dates without a year.

    Examples
    --------
    >>> days_of("2020-02"), days_of("199"), days_of("2019/2021-03")
    (('2020-02-01', '2020-02-29'), ('1990-01-01', '1999-12-31'), ('2019-01-01', '2021-03-31'))
    """
    begin, slash, end = iso.partition("/")
    if slash:
        earliest, latest = days_of(begin), days_of(end)
        return (earliest[0], latest[1]) if earliest and latest else None
    day = iso.partition("T")[0]
    if day.isdecimal() and len(day) < 4:
        return f"{day:0<4}-01-01", f"{day:9<4}-12-31"
    if match := _DAY.fullmatch(day):
        year, month, number = (int(part) if part else None for part in match.groups())
        last_month = month or 12
        last = number or _length(year or 0, last_month)
        return f"{year:04}-{month or 1:02}-{number or 1:02}", f"{year:04}-{last_month:02}-{last:02}"
    if match := _PART.fullmatch(day):
        year, month = int(match[1]), _FIRST_MONTHS[match[2]]
        end_year, end_month = (year, month + (5 if match[2][0] == "H" else 2)) if month < 12 else (year + 1, 2)
        return f"{year:04}-{month:02}-01", write_date(end_year, end_month, _length(end_year, end_month)) or ""
    if match := _WEEK.fullmatch(day):
        try:
            monday = datetime.date.fromisocalendar(int(match[1]), int(match[2]), 1)
            opening = monday + datetime.timedelta(5 if match[3] else 0)
            return opening.isoformat(), (monday + datetime.timedelta(6)).isoformat()
        except (ValueError, OverflowError):  # the year has no such week, or the calendar ends in it
            return None
    return None


def clock_of(iso: str) -> str | None:
    """Return the time of the day, HH:MM or HH:MM:SS without zone, or None.

    Examples
    --------
    >>> clock_of("2020-03-03T17:00Z"), clock_of("2020")
    ('17:00', None)
    """
    match = _CLOCK.search(iso)
    return match[1] if match else None


def seconds_of(iso: str) -> float | None:
    """Return a duration in seconds, with mean lengths of years and months; None for other values.

    Examples
    --------
    >>> seconds_of("PT1H30M"), seconds_of("P2D")
    (5400.0, 172800.0)
    """
    if not _DURATION.fullmatch(iso):
        return None
    date, _, clock = iso[1:].partition("T")
    days = sum(float(n) * _DAY_SECONDS[unit] for n, unit in _COUNT.findall(date))
    return days + sum(float(n) * _CLOCK_SECONDS[unit] for n, unit in _COUNT.findall(clock))


def _length(year: int, month: int) -> int:
    """Return the number of days of a month; the year 0, which the calendar lacks, is a leap year."""
    return calendar.monthrange(year or 4, month)[1]
