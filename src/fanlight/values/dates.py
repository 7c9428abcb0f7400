"""English dates, times and durations, and dates in figures."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from fanlight.values.calendar import (
    CODES,
    full_year,
    shift,
    weekday,
    write_date,
    write_duration,
    write_parts,
    write_week,
)
from fanlight.values.clocks import read_clock
from fanlight.values.numbers import WORDS, Number, read_number, read_ordinal, write_years
from fanlight.values.value import Value

_NAMES = "january february march april may june july august september october november december".split()  # noqa: SIM905
MONTHS = {name: n for n, name in enumerate(_NAMES, 1)} | {name[:3]: n for n, name in enumerate(_NAMES, 1)} | {"sept": 9}
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905
WEEKDAYS = {name: n for n, name in enumerate(_DAYS)} | {name[:3]: n for n, name in enumerate(_DAYS)}
WEEKDAYS |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
SEASONS = {"spring": "SP", "summer": "SU", "autumn": "FA", "fall": "FA", "winter": "WI"}
PARTS = {"morning": "TMO", "afternoon": "TAF", "evening": "TEV", "night": "TNI", "tonight": "TNI", "overnight": "TNI"}
_UNIT = re.compile(
    r"((?:milli|micro|nano)?second|minute|hour|day|week|fortnight|month|quarter|year|decade|centur(?:y|ie))s?|"
    r"mins?|hrs?|secs?|yrs?|[mμn]s"
)
_SHORT = {
    "m": "millisecond",
    "μ": "microsecond",
    "n": "nanosecond",
    "min": "minute",
    "hr": "hour",
    "sec": "second",
    "yr": "year",
    "centurie": "century",
}
_RELATIVE = {
    "last": -1, "past": -1, "next": 1, "coming": 1, "upcoming": 1, "this": 0, "current": 0,
}  # fmt: skip

_IN_BRACKETS = re.compile(r" \((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?\)$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:t(\d{2})(\d{2})(\d{2})?(z)?)?")
_MONTH_YEAR = re.compile(r"(\d{1,2})[/.-](\d{4})")
_KOREAN_STOPS = re.compile(r"(?:'?(\d{2})\. )?(\d{1,2})\. (\d{1,2})\.?")
_DAY_MONTH = re.compile(r"(\d{1,2})/(\d{1,2})")
_KOREAN_DAY = re.compile(r"(\d{1,2})·(\d{1,2})")  # 6·25
_HOURS = re.compile(r"^(\d{3,}|[3-9]\d|2[4-9]|\d+\.\d|\d+(?= )) ?h$|^(\d+(?:\.\d+)?) s$")  # 17h is a clock time
_PLUS = re.compile(r"(?<=^\d)\+(?= )|(?<=^\d\d)\+(?= )")  # 10+ years
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(z|[+-]\d{2}:?\d{2})?)?")
_YEAR_FIRST = re.compile(r"(\d{4})([./]) ?(\d{1,2})\2 ?(\d{1,2})\.?")
_FIGURES = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_WORD = re.compile(r"[a-z']+\.?|\d+(?:st|nd|rd|th)?|\S")
_EDGE = re.compile(
    r"^(?:in|on|at|by|since|until|from|during|for|of|the|early|late|mid-?|pre|post|end|year-end|within|roughly|just|"
    r"about|around|some|nearly|before|after|as of|"
    r"circa|c\.|ca\.|(?:the )?(?:end|beginning|start|middle|close|turn) of|earlier|later|only|almost|exactly|"
    r"as early as|as late as|throughout|no later than|over|under|more than|less than|at least|up to)[ -]"
)
WORDS_OF_CLOCK = 8  # most words of a clock time next to a date
_JOINING = ("at", "on", "by", "around", "about", ",")
_WHOLE_DAY = re.compile(r"((?:\d{4}|XXXX)-(?:\d{2}-\d{2}|XX-\d{2}|WXX-\d))(T[A-Z]{2})?")
_PART_ENDINGS = {"TMO": " in the morning", "TAF": " in the afternoon", "TEV": " in the evening", "TNI": " at night"}
_HOLIDAYS = {
    "christmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24), "new year's eve": (12, 31),
    "new year's day": (1, 1), "new year's": (1, 1), "new year": (1, 1),
    "halloween": (10, 31), "valentine's day": (2, 14),
    "st. patrick's day": (3, 17), "boxing day": (12, 26), "may day": (5, 1), "april fools' day": (4, 1),
}  # fmt: skip


def read(text: str, reference: datetime.date | None, day_first: bool) -> Value | None:
    """Return the value of a date, time or duration in lower case, or None; see `fanlight.values.read_value`."""
    form = text.strip(" ,;")
    if form == "the next day":
        return None  # relative to another date in the text
    while match := _EDGE.match(form):
        form = form[match.end() :]
    form = _IN_BRACKETS.sub("", form).removesuffix("'s").removesuffix(" season")
    form = _HOURS.sub(lambda match: f"{match[1]} hours" if match[1] else f"{match[2]} seconds", _PLUS.sub("", form))
    if not form.strip():
        return None
    for reader in (_in_figures, _period, _clock, _dated_clock, _relative, _duration, _years, _calendar):
        iso = reader(form, reference, day_first)
        if iso is not None:
            kind = "duration" if iso.startswith("P") else "time" if "T" in iso else "date"
            return Value(kind, iso)
    return None


def _in_figures(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Parse 2021-05-12T10:00Z, 2023.03.05, 12/05/2021, 12.05.2021."""
    if match := _ISO.fullmatch(form):
        year, month, day, clock, zone = match.groups()
        date = write_date(int(year), int(month), int(day) if day else None)
        return date and date + (f"T{clock}{(zone or '').upper()}" if clock else "")
    if match := _COMPACT.fullmatch(form):
        year, month, day, hour, minute, second, zone = match.groups()
        date = write_date(int(year), int(month), int(day)) if year > "1000" else None
        clock = f"T{hour}:{minute}" + (f":{second}" if second else "") + (zone or "").upper() if hour else ""
        return date and date + clock
    if match := _MONTH_YEAR.fullmatch(form):
        return write_date(int(match[2]), int(match[1]))
    if (match := _KOREAN_STOPS.fullmatch(form)) and (match[1] or form.endswith(".")):
        return write_date(full_year(match[1]) if match[1] else None, int(match[2]), int(match[3]))
    if (match := _DAY_MONTH.fullmatch(form)) and form != "24/7":
        month, day = int(match[1]), int(match[2])
        return write_date(None, *((day, month) if day_first or month > 12 else (month, day)))
    if match := _KOREAN_DAY.fullmatch(form):
        return write_date(None, int(match[1]), int(match[2]))
    if match := _YEAR_FIRST.fullmatch(form):
        return write_date(int(match.group(1)), int(match.group(3)), int(match.group(4)))
    if match := _FIGURES.fullmatch(form):
        first_figure, second_figure, year = int(match.group(1)), int(match.group(3)), full_year(match.group(4))
        month, day = (
            (second_figure, first_figure)
            if day_first or first_figure > 12 or (match.group(2) == "." and second_figure <= 12)
            else (first_figure, second_figure)
        )
        return write_date(year, month, day)
    return None


def _clock(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    return read_clock(form)


def _dated_clock(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Parse a clock time with a date before or behind it: yesterday at 5 pm, 17:00 on 3 March.

    The two parts are not divided again, which would take exponential time for untrusted text.
    """
    words = form.split()
    for place in range(1, min(len(words), WORDS_OF_CLOCK + 1)):
        for clock, date in ((words[-place:], words[:-place]), (words[:place], words[place:])):
            text = " ".join(date[1:] if date and date[0] in _JOINING else date).strip(" ,")
            for ending in _JOINING:
                text = text.removesuffix(f" {ending}")
            hour = " ".join(word for word in clock if word not in _JOINING).strip(" ,")
            if not text or not (hour.isdecimal() or read_clock(hour)):
                continue
            for reader in (_in_figures, _relative, _calendar):
                day = reader(text, reference, day_first)
                match = _WHOLE_DAY.fullmatch(day) if day else None
                time = read_clock(hour + _PART_ENDINGS.get(match[2] or "", "")) or read_clock(hour) if match else None
                if match and time:
                    return match[1] + time
    return None


def _relative(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Parse yesterday, last week, next Friday, three years ago, this morning, tonight."""
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
    if len(words) == 2 and words[1] == "weekend" and words[0] in _RELATIVE:
        return f"{shift(reference, _RELATIVE[words[0]], 'week')}-WE"
    form = form.removesuffix(" today") if form != "today" and " ago" in form else form
    days = {
        "today": 0,
        "now": 0,
        "yesterday": -1,
        "tomorrow": 1,
        "the day before yesterday": -2,
        "day before yesterday": -2,
        "day after tomorrow": 2,
        "the day after tomorrow": 2,
    }
    if form in days:
        return shift(reference, days[form], "day")
    if len(words) == 2 and words[0] in _RELATIVE:
        if (unit := _unit(words[1])) and not words[1].endswith("s"):
            if words[0] == "past":
                return write_duration(1, unit)
            return shift(reference, _RELATIVE[words[0]], unit)
        if words[1] in MONTHS:
            return _month_near(reference, MONTHS[words[1]], _RELATIVE[words[0]])
        if words[1] in SEASONS:
            return f"{reference.year + _RELATIVE[words[0]]}-{SEASONS[words[1]]}"
    for ending, sign in ((" ago", -1), (" from now", 1), (" from today", 1), (" hence", 1)):
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
        r"^(?:the |past |last |next |previous |coming |following |preceding |first |final |full |"
        r"more than |at least |about |around |nearly )+",
        "",
        form,
    )
    form = form[2:] if form[:2] == "a " and form[2:].split("-")[0] in WORDS else form  # a three-day
    number = read_number(form)
    name = form[number.end :].lstrip(" -") if number else form
    value = float(number.value) if number else 0.0
    for article in ("a ", "an ", "one "):
        if not number and form.startswith(article):
            value, name = 1.0, form[len(article) :]
    name = re.sub(r"^(?:(?:an?|more|full|whole|consecutive|straight|working|business|calendar) )+", "", name)
    unit = _unit(re.sub(r"(?:'s?|-long|-old| old| long| time| notice)+$", "", name))
    return (value, unit) if unit and value else None


def _duration(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Parse three years, two hours, a year and a half, 90 minutes."""
    if form.startswith(("last ", "past ", "next ")) and not _amount(form):
        return None
    half = form.endswith(" and a half") and _amount(form[: -len(" and a half")])
    amount = (half[0] + 0.5, half[1]) if half else _amount(form)
    if amount is None:
        return _compound(form)
    value, unit = amount
    return write_duration(value, unit)


_PIECES = re.compile(r"(?:(\d+(?:\.\d+)?) ?|([a-z]+(?:-[a-z]+)?) )([a-z]+)\.?(?:,? and |,? |(?=\d)|$)|(\d{1,2})$")


def _compound(form: str) -> str | None:
    """Parse 1 hour 30 minutes, 2 years and 3 months, 1h30, 2 hrs 5 mins."""
    parts: list[tuple[int, str]] = []
    end = 0
    for match in _PIECES.finditer(form):
        number = read_number(match[1] or match[2] or match[4])
        number = number or (Number(Decimal(1), 0) if match[2] in ("a", "an") else None)
        unit = _LETTERS.get(match[3]) or _unit(match[3]) if match[3] else "minute"
        if match.start() != end or number is None or number.value % 1 or unit not in CODES:
            return None
        parts.append((int(number.value), unit))
        end = match.end()
    order = [list(CODES).index(unit) for _, unit in parts]
    if len(parts) < 2 or end != len(form) or order != sorted(set(order)):
        return None
    return write_parts(parts)


_LETTERS = {"h": "hour", "m": "minute", "s": "second", "d": "day", "y": "year"}


def _calendar(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Parse 3 March 2020, March 3, the 3rd of March, March 2020, Friday, Friday, March 3."""
    if _JOINED.search(form):
        return None  # a range, such as June 1-15
    year = month = day = week = None
    form, is_short = write_years(form), False
    for word in _WORD.findall(form):
        token = word.rstrip(".")
        if token in ("of", "the", "day", ",", "", "-", "ad", "ce", "a.d", "c.e") or word in ",.":
            continue
        if token == "'":
            is_short = True
            continue
        if token in MONTHS and month is None:
            month = MONTHS[token]
        elif token in WEEKDAYS and week is None:
            week = WEEKDAYS[token]
        elif (number := read_ordinal(token)) and day is None and number <= 31:
            day = number
        elif token.isdigit() and len(token) <= 2 and day is None and not is_short and 1 <= int(token) <= 31:
            day = int(token)
        elif token.isdigit() and len(token) == 4 and year is None:
            year = int(token)
        elif not token.isdigit() or year is not None or len(token) != 2 or not (is_short or month):
            return None
        else:
            year = full_year(token)
    if month is None:
        if week is not None and day is None and year is None:
            return weekday(reference, week, 0)
        if year is None and day is not None and (week is not None or not form.isdigit()):
            return f"XXXX-XX-{day:02}"
        return write_date(year) if year is not None and day is None and week is None else None
    return write_date(year, month, day)


_JOINED = re.compile(r"(?<!\d)\d{1,2}-\d{1,2}(?!\d)")
_ERA = re.compile(
    r"(?:(a\.?d\.?|b\.?c\.?(?:e\.?)?) )?(\d{1,4}|\d{1,3},\d{3})(?: (a\.?d\.?|c\.?e\.?|b\.?c\.?(?:e\.?)?))?"
)
_PART_OF_YEAR = re.compile(
    r"(?:(\d{4}),? )?(?:(h|q)([1-4])|([1-4])(h|q)|(\w+)[ -](half|quarter))"
    r"(?: ?(?:fy ?)?'?(\d{2})|,? (?:of )?(?:fiscal |fy ?)?(\d{4})|(?: of)? (last|this|next) year)?"
)
_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": 4}
_DECADES = {f"{tens[:-1]}ies": n for n, tens in enumerate(
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)}  # fmt: skip


def _part_of_year(form: str, reference: datetime.date | None) -> str | None:
    """Parse Q3 2020, 3Q20, the first half of 2020, H1, third-quarter, first quarter of last year."""
    match = _PART_OF_YEAR.fullmatch(form)
    if match is None:
        return None
    letter = (match[2] or match[5] or match[7])[0].upper()
    number = int(match[3] or match[4] or 0) or _NUMBERS.get(match[6], 0)
    if letter == "H" and match[6] in ("second", "2nd", "last"):
        number = 2
    is_relative = match[6] == "last" and not (match[8] or match[9] or match[10])  # last quarter
    if (
        is_relative
        or not 1 <= number <= (4 if letter == "Q" else 2)
        or (match[4] and not (match[1] or match[8] or match[9]))
        or (match[5] == "h" and match[8])
    ):
        return None
    year = match[1] or match[9] or (str(full_year(match[8])) if match[8] else "XXXX")
    if match[10]:
        if reference is None:
            return None
        year = f"{reference.year + {'last': -1, 'this': 0, 'next': 1}[match[10]]:04}"
    return f"{year}-{letter}{number}"


def _period(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Parse the 1990s, the '90s, the 19th century, Q3 2020, summer 2020, fiscal 1999, week 5 of 2020."""
    if match := re.fullmatch(r"(\d{3})0'?s", form):
        return match.group(1)
    if match := re.fullmatch(r"'?(\d)0'?s", form):
        return f"19{match.group(1)}" if int(match.group(1)) > 2 else f"20{match.group(1)}"
    if match := re.fullmatch(r"([\w-]+?)[ -]century(?: (b\.?c\.?e?\.?|a\.?d\.?))?", form):
        number = read_ordinal(match.group(1))
        return f"{number - 1:02}" if number and not (match.group(2) or "").startswith("b") else None
    if part := _part_of_year(form, reference):
        return part
    if form in _HOLIDAYS:
        return write_date(None, *_HOLIDAYS[form])
    if (match := re.fullmatch(r"(.+?),? (?:of )?(\d{4})", form)) and match[1] in _HOLIDAYS:
        return write_date(int(match[2]), *_HOLIDAYS[match[1]])
    if (match := _ERA.fullmatch(form)) and (match[1] or match[3]):
        is_before = (match[1] or match[3]).startswith("b")
        return f"{'BC' if is_before else ''}{int(match[2].replace(',', '')):04}"
    if (match := re.fullmatch(r"(?:nineteen[- ])?([a-z]+)", form)) and match[1] in _DECADES:
        return f"19{_DECADES[match[1]]}"
    if match := re.fullmatch(r"winter (?:of )?(\d{4})[-/](\d{2}|\d{4})", form):
        return f"{match[1]}-WI"
    if form in ("weekend", "the weekend"):
        return f"{write_week(reference)}-WE" if reference else "XXXX-WXX-WE"
    if (match := re.fullmatch(r"([a-z]+)(?:,? (?:of )?(\d{4}|'\d{2}))?", form)) and match[1] in SEASONS:
        year = f"{full_year(match[2].strip(chr(39))):04}" if match[2] else "XXXX"
        return f"{year}-{SEASONS[match[1]]}"
    if match := re.fullmatch(r"(?:fiscal(?: year)?|fy|year) ?'?(\d{4}|\d{2})", form):
        return str(full_year(match[1]))
    if match := re.fullmatch(r"(\d{4})-?w(\d{2})(?:-([1-7]))?", form):
        return f"{match[1]}-W{match[2]}" + (f"-{match[3]}" if match[3] else "")
    if match := re.fullmatch(r"week (\d{1,2})(?:,? (?:of )?(\d{4}))?", form):
        return f"{match.group(2) or 'XXXX'}-W{int(match.group(1)):02}"
    if form in ("this week", "the week") and reference:
        return write_week(reference)
    return None


def _years(form: str, reference: datetime.date | None, day_first: bool) -> str | None:
    """Parse 1914-18, 2019/20, 2019-2021."""
    if match := re.fullmatch(r"(?:academic year |season )?(\d{4}) ?[-/] ?(\d{4}|\d{2})", form):
        begin, end = match[1], match[2] if len(match[2]) == 4 else match[1][:2] + match[2]
        return f"{begin}/{end}" if begin < end else None
    return None
