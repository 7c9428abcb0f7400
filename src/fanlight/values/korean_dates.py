"""Korean dates, times and durations."""

from __future__ import annotations

import datetime
import re

from fanlight.values.calendar import shift, weekday, write_date, write_duration, write_week
from fanlight.values.dates import read as read_figures
from fanlight.values.numbers import read_number
from fanlight.values.value import Value

_DAYS = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "여드레": 8,
    "아흐레": 9,
    "열흘": 10,
    "보름": 15,
}
_UNITS = {
    "초": "second",
    "분": "minute",
    "시간": "hour",
    "일": "day",
    "날": "day",
    "주일": "week",
    "주": "week",
    "개월": "month",
    "달": "month",
    "년": "year",
    "해": "year",
    "세기": "century",
}
_RELATIVE = {
    "오늘": (0, "day"),
    "금일": (0, "day"),
    "어제": (-1, "day"),
    "어저께": (-1, "day"),
    "내일": (1, "day"),
    "그제": (-2, "day"),
    "그저께": (-2, "day"),
    "엊그제": (-2, "day"),
    "모레": (2, "day"),
    "내일모레": (2, "day"),
    "글피": (3, "day"),
    "이번주": (0, "week"),
    "금주": (0, "week"),
    "지난주": (-1, "week"),
    "저번주": (-1, "week"),
    "지지난주": (-2, "week"),
    "다음주": (1, "week"),
    "다다음주": (2, "week"),
    "이번달": (0, "month"),
    "이달": (0, "month"),
    "지난달": (-1, "month"),
    "저번달": (-1, "month"),
    "다음달": (1, "month"),
    "올해": (0, "year"),
    "금년": (0, "year"),
    "작년": (-1, "year"),
    "지난해": (-1, "year"),
    "재작년": (-2, "year"),
    "내년": (1, "year"),
    "이듬해": (1, "year"),
    "내후년": (2, "year"),
}
_PARTS = {
    "아침": "TMO",
    "오전": "TMO",
    "새벽": "TMO",
    "오후": "TAF",
    "낮": "TAF",
    "저녁": "TEV",
    "밤": "TNI",
    "한밤": "TNI",
}
_AFTERNOON = frozenset(["오후", "저녁", "밤", "낮"])
_WEEKDAY = re.compile(r"(지난|다음|이번)?\s?(?:주\s)?([월화수목금토일])요일")
_DATE = re.compile(
    r"(?:(\d{4}|'?\d{2})년)? ?(?:(\d{1,2})월)? ?(?:(\d{1,2})일)?(?: ?\(?([월화수목금토일])(?:요일)?\)?)?"
)
_STOPS = re.compile(r"(?:(\d{4})\. ?)?(\d{1,2})\. ?(\d{1,2})\.?")
_CLOCK = re.compile(r"(?:(오전|오후|새벽|아침|낮|저녁|밤) ?)?(.{1,4}?)시(?: ?(?:(.{1,5}?)분|(반)))?(?: ?(\d{1,2})초)?")
_EDGE = re.compile(
    r"(?: ?(?:까지|부터|에는|에서|에|경|쯤|께|즈음|말|초|중순|하순|상순|초순|의|은|는|이|가|을|를|도|만|,))+$"
)
_YEARS = re.compile(r"(\d{3})0년대")
_CENTURY = re.compile(r"(\d{1,2}) ?세기")
_QUARTER = re.compile(r"(?:(\d{4})년 ?)?([1-4]) ?[분4]?/?4?분기")
_AMOUNT = re.compile(r" ?(시간|주일|개월|세기|초|분|일|날|주|달|년|해)(반)?(?: ?(?:간|동안|여|내내|째|정도|가량))*")
_DIRECTIONS = {"전": -1, "뒤": 1, "후": 1, "이전": -1, "이후": 1}
_SEASONS = {"봄": "SP", "여름": "SU", "가을": "FA", "겨울": "WI"}


def read(text: str, reference: datetime.date | None) -> Value | None:
    """Return the value of a date, time or duration; see `fanlight.values.read_value`."""
    form = text.strip(" ,.·")
    for shorter in (form, _EDGE.sub("", form)):
        for reader in (_relative, _clock, _dated_clock, _date, _amount, _period):
            if shorter and (value := reader(shorter, reference)):
                return value
    return None


def _relative(form: str, reference: datetime.date | None) -> Value | None:
    """Read 어제, 지난 주, 다음 달, 지난 금요일, 사흘 전, 3년 뒤, 오늘 오후 3시."""
    if match := _WEEKDAY.fullmatch(form):
        direction = {"지난": -1, "다음": 1, "이번": 0, None: 0}[match.group(1)]
        return Value("date", weekday(reference, "월화수목금토일".index(match.group(2)), direction))
    compact = form.replace(" ", "")
    if compact in _RELATIVE:
        return _shift_date(reference, *_RELATIVE[compact])
    for ending, sign in _DIRECTIONS.items():
        head = form.removesuffix(ending).rstrip()
        if head != form and (amount := _read_amount(head)):
            return _shift_date(reference, sign * amount[0], amount[1])
    head, _, tail = form.partition(" ")
    if head in _RELATIVE and tail:
        day = _shift_date(reference, *_RELATIVE[head])
        if tail in _PARTS:
            return Value("time", f"{day.iso}{_PARTS[tail]}" if day else _PARTS[tail])
        later = _clock(tail, None) or _date(tail, reference)
        if day and day.iso and later and later.iso:
            if later.kind == "time":
                return Value("time", day.iso + later.iso)
            return Value("date", later.iso.replace("XXXX", day.iso[:4]))
        return later
    return None


def _shift_date(reference: datetime.date | None, amount: float, unit: str) -> Value | None:
    iso = shift(reference, int(amount), unit) if reference else None
    return Value("date", iso) if iso else None


def _clock(form: str, reference: datetime.date | None) -> Value | None:
    """Read 오후 3시 반, 세 시, 정오, 새벽 두 시 십오 분."""
    if form in ("정오", "자정"):
        return Value("time", "T12:00" if form == "정오" else "T00:00")
    if form in _PARTS:
        return Value("time", _PARTS[form])
    if match := _CLOCK.fullmatch(form):
        half, hour, minute, thirty, second = match.groups()
        hours, minutes = _full(hour), 30 if thirty else _full(minute) if minute else 0
        if hours is None or minutes is None or hours > 24 or minutes > 59:
            return None
        if half in _AFTERNOON and hours < 12 and not (half == "밤" and hours < 6):
            hours += 12
        elif half in ("오전", "새벽") and hours == 12:
            hours = 0
        return Value("time", f"T{hours:02}:{minutes:02}" + (f":{int(second):02}" if second else ""))
    return None


def _dated_clock(form: str, reference: datetime.date | None) -> Value | None:
    """Read a clock time behind a date: 3월 1일 오후 2시 30분."""
    words = form.split(" ")
    for place in range(len(words) - 1, 0, -1):
        time = _clock(" ".join(words[place:]), None)
        day = time and _date(" ".join(words[:place]), reference)
        if day and time and day.iso and time.iso:
            return Value("time", day.iso + time.iso)
    return None


def _full(text: str) -> int | None:
    number = read_number(text.strip())
    return int(number.value) if number and not text.strip()[number.end :] else None


def _date(form: str, reference: datetime.date | None) -> Value | None:
    """Read 2020년 3월 1일, 3월 1일(월), 2020. 1. 1., 12. 31., 2020년."""
    if (match := _STOPS.fullmatch(form)) or (match := _DATE.fullmatch(form)):
        year, month, day = (int(part.strip("'")) if part else None for part in match.groups()[:3])
        if year is not None and year < 100:
            year += 1900 if year >= 69 else 2000
        if year is None and month is None:
            if day is None:
                return None
            return Value("date", f"XXXX-XX-{day:02}") if 1 <= day <= 31 else None
        iso = write_date(year, month, day)
        return Value("date", iso) if iso else None
    if form.isascii():
        return read_figures(form, reference, day_first=False)
    return None


def _read_amount(form: str) -> tuple[float, str] | None:
    """Return the number and the unit of 3년, 두 시간, 사흘, 1시간 반."""
    bare = re.sub(r" ?(?:간|동안|내내|째)$", "", form)
    if bare in _DAYS:
        return _DAYS[bare], "day"
    number = read_number(form)
    if number is None:
        return None
    match = _AMOUNT.fullmatch(form[number.end :].replace(" 반", "반"))
    return (float(number.value) + 0.5 * bool(match.group(2)), _UNITS[match.group(1)]) if match else None


def _amount(form: str, reference: datetime.date | None) -> Value | None:
    amount = _read_amount(form)
    if amount is None or amount[1] == "century":
        return None
    number, unit = amount
    return Value("duration", write_duration(number, unit))


def _period(form: str, reference: datetime.date | None) -> Value | None:
    """Read 1990년대, 19세기, 2020년 3분기, 2020년 여름, 이번 여름."""
    if match := _YEARS.fullmatch(form):
        return Value("date", match.group(1))
    if match := _CENTURY.fullmatch(form):
        return Value("date", f"{int(match.group(1)) - 1:02}")
    if match := _QUARTER.fullmatch(form):
        return Value("date", f"{match.group(1) or 'XXXX'}-Q{match.group(2)}")
    head, _, tail = form.rpartition(" ")
    if tail in _SEASONS:
        year = re.fullmatch(r"(\d{4})년", head)
        if head and not year:
            years = {"작년": -1, "지난": -1, "지난해": -1, "올해": 0, "이번": 0, "올": 0, "내년": 1, "다음": 1}.get(
                head
            )
            if years is None or reference is None:
                return None
            return Value("date", f"{reference.year + years}-{_SEASONS[tail]}")
        return Value("date", f"{year.group(1) if year else 'XXXX'}-{_SEASONS[tail]}")
    if form in ("이번 주", "금주") and reference:
        return Value("date", write_week(reference))
    return None
