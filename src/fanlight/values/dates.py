"""English dates, times and durations, and dates in figures."""

from __future__ import annotations

import datetime
import re

from fanlight.values.calendar import shift, weekday, write_date, write_duration, write_week
from fanlight.values.numbers import WORDS, read_number, read_ordinal
from fanlight.values.value import Value

_NAMES = "january february march april may june july august september october november december".split()  # noqa: SIM905
MONTHS = {name: n for n, name in enumerate(_NAMES, 1)} | {name[:3]: n for n, name in enumerate(_NAMES, 1)} | {"sept": 9}
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905
WEEKDAYS = {name: n for n, name in enumerate(_DAYS)} | {name[:3]: n for n, name in enumerate(_DAYS)}
WEEKDAYS |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
SEASONS = {"spring": "SP", "summer": "SU", "autumn": "FA", "fall": "FA", "winter": "WI"}
PARTS = {"morning": "TMO", "afternoon": "TAF", "evening": "TEV", "night": "TNI", "tonight": "TNI", "overnight": "TNI"}
ZONES = {
    "gmt": "Z",
    "utc": "Z",
    "z": "Z",
    "est": "-05:00",
    "edt": "-04:00",
    "cst": "-06:00",
    "cdt": "-05:00",
    "pst": "-08:00",
    "pdt": "-07:00",
    "cet": "+01:00",
    "cest": "+02:00",
    "bst": "+01:00",
    "kst": "+09:00",
    "jst": "+09:00",
}
_UNIT = re.compile(
    r"(second|minute|hour|day|week|fortnight|month|quarter|year|decade|centur(?:y|ie))s?|mins?|hrs?|secs?|yrs?"
)
_SHORT = {"min": "minute", "hr": "hour", "sec": "second", "yr": "year", "centurie": "century"}
_RELATIVE = {"last": -1, "past": -1, "previous": -1, "next": 1, "coming": 1, "this": 0, "current": 0}

_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(z|[+-]\d{2}:?\d{2})?)?")
_YEAR_FIRST = re.compile(r"(\d{4})([./]) ?(\d{1,2})\2 ?(\d{1,2})\.?")
_FIGURES = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?(?::(\d{2}))? ?(a\.?m\b\.?|p\.?m\b\.?|o'clock|h\b|hours?\b)? ?([a-z]{1,4})?"
)
_MILITARY = re.compile(r"(\d{2})(\d{2}) ?(?:hours|hrs|h)? ?([a-z]{1,4})?")
_WORD = re.compile(r"[a-z']+\.?|\d+(?:st|nd|rd|th)?|\S")
_EDGE = re.compile(r"^(?:in|on|at|by|since|until|from|during|for|of|the|early|late|mid-?|about|around|some|nearly)[ -]")


def read(text: str, reference: datetime.date | None, day_first: bool) -> Value | None:
    """Return the value of a date, time or duration; see `fanlight.values.read_value`."""
    form = text.lower().strip(" ,;")
    while match := _EDGE.match(form):
        form = form[match.end() :]
    if not form.strip():
        return None
    for reader in (_in_figures, _clock, _dated_clock, _relative, _duration, _calendar, _period, _range):
        iso = reader(form, reference, day_first)
        if iso is not None:
            kind = "duration" if iso.startswith("P") else "time" if "T" in iso else "date"
            return Value(kind, iso)
    return None


def _in_figures(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read 2021-05-12T10:00Z, 2023.03.05, 12/05/2021, 12.05.2021."""
    if match := _ISO.fullmatch(form):
        year, month, day, clock, zone = match.groups()
        date = write_date(int(year), int(month), int(day) if day else None)
        return date and date + (f"T{clock}{(zone or '').upper()}" if clock else "")
    if match := _YEAR_FIRST.fullmatch(form):
        return write_date(int(match.group(1)), int(match.group(3)), int(match.group(4)))
    if match := _FIGURES.fullmatch(form):
        one, two, year = int(match.group(1)), int(match.group(3)), _full_year(match.group(4))
        month, day = (two, one) if day_first or one > 12 or (match.group(2) == "." and two <= 12) else (one, two)
        return write_date(year, month, day)
    return None


def _full_year(figures: str) -> int:
    """Return a year; of two figures, 69 is 1969 and 68 is 2068, as POSIX has it."""
    year = int(figures)
    return year if len(figures) > 2 else year + (1900 if year >= 69 else 2000)


def _clock(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read 5 pm, 5:30 p.m. GMT, 17:00, 1400 GMT, noon, 10 o'clock."""
    if form in ("noon", "midday"):
        return "T12:00"
    if form == "midnight":
        return "T00:00"
    match = _MILITARY.fullmatch(form)
    if match and (match.group(3) in ZONES or "h" in form) and int(match.group(1)) < 24 and int(match.group(2)) < 60:
        return f"T{match.group(1)}:{match.group(2)}{ZONES.get(match.group(3) or '', '')}"
    if (match := _CLOCK.fullmatch(form)) and (match.group(2) or match.group(4)):
        hour, half = int(match.group(1)), (match.group(4) or "")[:1]
        if (match.group(5) and match.group(5) not in ZONES) or (match.group(4) or "").startswith("hour"):
            return None
        if (half in ("a", "p") and not 1 <= hour <= 12) or hour > 24 or int(match.group(2) or 0) > 59:
            return None
        if half in ("a", "p"):
            hour = hour % 12 + 12 * (half == "p")
        seconds = f":{match.group(3)}" if match.group(3) else ""
        return f"T{hour:02}:{match.group(2) or '00'}{seconds}{ZONES.get(match.group(5) or '', '')}"
    head, _, tail = form.partition(" ")
    if (
        (number := WORDS.get(head))
        and 1 <= number <= 12
        and (tail == "o'clock" or tail.replace(".", "") in ("am", "pm"))
    ):
        return f"T{number % 12 + 12 if tail.startswith('p') else number:02}:00"
    return None


def _dated_clock(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read a clock time with a date before or behind it: yesterday at 5 pm, 17:00 on 3 March.

    Neither half is divided again: the text is a stranger's, and would be read in exponential time.
    """
    for separator in (" at ", ", ", " on ", " "):
        left, separated, right = form.partition(separator)
        for date, clock in ((left, right), (right, left)) if separated and right else ():
            time = _clock(clock, reference, day_first) if separator != " " or ":" in clock else None
            for reader in (_in_figures, _relative, _calendar) if time and date else ():
                day = reader(date, reference, day_first)
                if day is not None and "T" not in day:
                    return f"{day}{time}"
    return None


def _relative(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read yesterday, last week, next Friday, three years ago, this morning, tonight."""
    words = form.split()
    if words[-1] in PARTS:
        day = {"yesterday": -1, "last": -1, "tomorrow": 1, "this": 0, "tonight": 0}.get(words[0])
        if len(words) == 1 and words[0] != "tonight":
            return PARTS[words[0]]
        if len(words) <= 2 and day is not None and reference:
            return f"{shift(reference, day, 'day')}{PARTS[words[-1]]}"
        if len(words) == 2 and words[0] in WEEKDAYS:
            return f"{weekday(reference, WEEKDAYS[words[0]], 0)}{PARTS[words[1]]}"
        return PARTS[words[-1]] if len(words) <= 2 else None
    if len(words) == 2 and words[0] in _RELATIVE and words[1].rstrip(".") in WEEKDAYS:
        direction = _RELATIVE[words[0]]
        return (
            weekday(reference, WEEKDAYS[words[1].rstrip(".")], direction)
            if direction or not reference
            else (reference + datetime.timedelta(WEEKDAYS[words[1].rstrip(".")] - reference.weekday())).isoformat()
        )
    if reference is None:
        return None
    days = {
        "today": 0,
        "now": 0,
        "yesterday": -1,
        "tomorrow": 1,
        "the day before yesterday": -2,
        "day before yesterday": -2,
        "day after tomorrow": 2,
    }
    if form in days:
        return shift(reference, days[form], "day")
    if len(words) == 2 and words[0] in _RELATIVE:
        if (unit := _unit(words[1])) and not words[1].endswith("s"):
            return shift(reference, _RELATIVE[words[0]], unit)
        if words[1] in MONTHS:
            return _month_near(reference, MONTHS[words[1]], _RELATIVE[words[0]])
        if words[1] in SEASONS:
            return f"{reference.year + _RELATIVE[words[0]]}-{SEASONS[words[1]]}"
    for ending, sign in ((" ago", -1), (" earlier", -1), (" from now", 1), (" later", 1), (" hence", 1)):
        if form.endswith(ending) and (amount := _amount(form[: -len(ending)])):
            return shift(reference, sign * int(amount[0]), amount[1])
    return None


def _month_near(reference: datetime.date, month: int, direction: int) -> str:
    year = reference.year
    if direction < 0 and month >= reference.month:
        year -= 1
    elif direction > 0 and month <= reference.month:
        year += 1
    return f"{year}-{month:02}"


def _unit(word: str) -> str | None:
    match = _UNIT.fullmatch(word.rstrip("."))
    if match is None:
        return None
    unit = match.group(1) or match.group().rstrip("s")
    return _SHORT.get(unit, unit)


def _amount(form: str) -> tuple[float, str] | None:
    """Return the number and the unit of "three years", "a year" or "two-hour"."""
    form = re.sub(
        r"^(?:the |past |last |next |first |final |full |more than |at least |about |around |nearly )+", "", form
    )
    number = read_number(form)
    name = form[number.end :].lstrip(" -") if number else form
    value = float(number.value) if number else 0.0
    for article in ("a ", "an ", "one "):
        if not number and form.startswith(article):
            value, name = 1.0, form[len(article) :]
    name = re.sub(r"^(?:(?:an?|more|full|whole|consecutive|straight|working|business|calendar) )+", "", name)
    unit = _unit(re.sub(r"(?:'s?|-long|-old| old| long| time)+$", "", name))
    return (value, unit) if unit and value else None


def _duration(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read three years, two hours, a year and a half, 90 minutes."""
    if form.startswith(("last ", "past ", "next ")) and not _amount(form):
        return None
    half = form.endswith(" and a half") and _amount(form[: -len(" and a half")])
    amount = (half[0] + 0.5, half[1]) if half else _amount(form)
    if amount is None:
        return None
    value, unit = amount
    return write_duration(value, unit)


def _calendar(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read 3 March 2020, March 3, the 3rd of March, March 2020, Friday, Friday, March 3."""
    year = month = day = week = None
    for word in _WORD.findall(form):
        token = word.rstrip(".")
        if token in ("of", "the", ",", "") or word in ",.":
            continue
        if token in MONTHS and month is None:
            month = MONTHS[token]
        elif token in WEEKDAYS and week is None:
            week = WEEKDAYS[token]
        elif (number := read_ordinal(token)) and day is None and number <= 31:
            day = number
        elif token.isdigit() and len(token) <= 2 and day is None and 1 <= int(token) <= 31:
            day = int(token)
        elif token.isdigit() and len(token) == 4 and year is None:
            year = int(token)
        elif token == "'" or not token.isdigit() or year is not None or len(token) != 2:
            return None
        else:
            year = _full_year(token)
    if month is None:
        if week is not None and day is None and year is None:
            return weekday(reference, week, 0)
        return write_date(year) if year is not None and day is None and week is None else None
    return write_date(year, month, day)


def _period(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read the 1990s, the '90s, the 19th century, Q3 2020, summer 2020, fiscal 1999, week 5 of 2020."""
    if match := re.fullmatch(r"(\d{3})0'?s", form):
        return match.group(1)
    if match := re.fullmatch(r"'?(\d)0'?s", form):
        return f"19{match.group(1)}" if int(match.group(1)) > 2 else f"20{match.group(1)}"
    if match := re.fullmatch(r"([\w-]+) century(?: (b\.?c\.?e?\.?|a\.?d\.?))?", form):
        number = read_ordinal(match.group(1))
        return f"{number - 1:02}" if number and not (match.group(2) or "").startswith("b") else None
    quarters = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
    if match := re.fullmatch(r"(?:q([1-4])|(\w+) quarter)(?:,? (?:of )?(?:fiscal )?(\d{4}))?", form):
        quarter = int(match.group(1)) if match.group(1) else quarters.get(match.group(2))
        return f"{match.group(3) or 'XXXX'}-Q{quarter}" if quarter else None
    if (match := re.fullmatch(r"([a-z]+)(?:,? (?:of )?(\d{4}))?", form)) and match.group(1) in SEASONS:
        return f"{match.group(2) or 'XXXX'}-{SEASONS[match.group(1)]}"
    if match := re.fullmatch(r"(?:fiscal(?: year)?|fy|year) ?(\d{4})", form):
        return match.group(1)
    if match := re.fullmatch(r"week (\d{1,2})(?:,? (?:of )?(\d{4}))?", form):
        return f"{match.group(2) or 'XXXX'}-W{int(match.group(1)):02}"
    if form in ("this week", "the week") and reference:
        return write_week(reference)
    return None


def _range(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Read 2019-2021, 1914-18, from 2019 to 2021, March 3-5, 2020."""
    if match := re.fullmatch(r"(\d{4}) ?(?:-|to|until|and|/) ?(\d{4}|\d{2})", form.removeprefix("between ")):
        begin, end = match.groups()
        return f"{begin}/{end if len(end) == 4 else begin[:2] + end}"
    if match := re.fullmatch(r"([a-z]+)\.? (\d{1,2}) ?(?:-|to) ?(\d{1,2})(?:,? (\d{4}))?", form):
        month, year = MONTHS.get(match.group(1)), int(match.group(4)) if match.group(4) else None
        begin, end = (write_date(year, month, int(match.group(n))) for n in (2, 3)) if month else (None, None)
        return f"{begin}/{end}" if begin and end else None
    return None
