"""Korean dates, times and durations."""

from __future__ import annotations

import datetime
import re

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
from fanlight.values.dates import read as read_figures
from fanlight.values.korean_clocks import read_clock
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
    "내달": (1, "month"),
    "지금": (0, "day"),
    "내후년": (2, "year"),
}
_WEEKDAY = re.compile(r"(지지난|지난|저번|다음|다다음|이번|금|오는)? ?(주)? ?(?:([월화수목금토일])요일|(주말))")
_WEEKS = {"지지난": -2, "지난": -1, "저번": -1, "이번": 0, "금": 0, "다음": 1, "다다음": 2, "오는": 1}
_DATE = re.compile(
    r"(?:(\d{4}|'?\d{2}) ?(?:년도?|학년도|회계연도))? ?(?:(\d{1,2}) ?월)? ?(?:(\d{1,2}) ?일)?"
    r"(?: ?\(?([월화수목금토일])(?:요일)?\)?)?"
)
_STOPS = re.compile(r"(?:(\d{4})\. ?)?(\d{1,2})\. ?(\d{1,2})\.?(?: ?\([월화수목금토일]\))?")
_EDGE = re.compile(
    r"(?: ?(?:까지|부터|에서|에|경|쯤|께|즈음|무렵|말|초|초반|중반|후반|중순|하순|상순|초순|중|의|은|는|이|가|을|를|도|"
    r"만|,|이전|이후|이래|내내|현재|전후|당시|이내|이상|이하|미만|넘게|가까이|안팎|남짓))+$"
)
_HEAD = re.compile(
    r"^(?:약|매년|늦어도|이르면|지난 (?=\d{4}년)|오는 (?=\d{4}년)|"
    r"(?:지난|최근|향후|앞으로) ?(?=(?:\d{1,3}|[가-힣]{1,2}) ?(?:년|개월|달|주|시간|분)(?:간|여|동안| |$))) ?"
)
_TENTHS = re.compile(r"(?<=\d)초 ?(\d{1,2})$")  # 9초58
_NUMERALS = re.compile(r"(?<![가-힣0-9])([영공일이삼사오육륙칠팔구십백천]{1,7}) ?(?=[년월일](?![간당곱]))")
_NAMED_MONTHS = {"정월": "1월", "유월": "6월", "시월": "10월", "동짓달": "11월", "섣달": "12월"}
_ABOUT = re.compile(r"(?<=[0-9십백천만억])여 ?(?=[가-힣])")
_BEFORE_CHRIST = re.compile(r"(기원전|bc|기원후|ad|서기) ?(\d{1,4})년")
_HALF_YEAR = re.compile(r"(?:(\d{4}|'?\d{2})년 ?|([가-힣]+?) ?)?([상하])반기")
_HOLIDAYS = {
    "크리스마스": (12, 25), "성탄절": (12, 25),
    "크리스마스이브": (12, 24), "광복절": (8, 15), "삼일절": (3, 1),
    "3·1절": (3, 1), "어린이날": (5, 5), "개천절": (10, 3), "한글날": (10, 9), "현충일": (6, 6),
    "새해": (1, 1), "신정": (1, 1),
    "제헌절": (7, 17), "어버이날": (5, 8), "식목일": (4, 5), "만우절": (4, 1),
}  # fmt: skip
_YEARS = re.compile(r"(\d{2,4}|\d)0년대")
_CENTURY = re.compile(r"(\d{1,2}) ?세기")
_QUARTER = re.compile(r"(?:(\d{4}|'?\d{2})년 ?|([가-힣]+) ?)?([1-4])(?:[·/.]4)? ?분기")
_AMOUNT = re.compile(r" ?(시간|주일|개월|세기|초|분|일|주|달|년|해)(반)?(?: ?(?:간|동안|여|내내|째|정도|가량))*")
_DIRECTIONS = {"전": -1, "뒤": 1, "후": 1, "이전": -1, "이후": 1}
_YEARS_AWAY = {
    "작년": -1, "지난해": -1, "재작년": -2, "올해": 0, "금년": 0, "이번": 0, "올": 0, "내년": 1,
}  # fmt: skip
_MONTHS_AWAY = {"지난달": -1, "저번달": -1, "이달": 0, "이번달": 0, "다음달": 1, "내달": 1}
_NIGHTS = re.compile(r"(\d{1,3})박 ?(\d{1,3})일(?:간|동안)?")
_COMPOUND = re.compile(r"(.{1,6}?) ?(년|개월|달|주|일|시간|분|초)(?: |(?=\d)|(?:간|동안)?$)")
_SEASONS = {"봄": "SP", "여름": "SU", "가을": "FA", "겨울": "WI"}


def read(text: str, reference: datetime.date | None) -> Value | None:
    """Return the value of a date, time or duration in lower case, or None; see `fanlight.values.read_value`."""
    form = _TENTHS.sub(r".\1초", _ABOUT.sub("", _HEAD.sub("", text.strip(" ,.·"))))
    for name, month in _NAMED_MONTHS.items():
        form = form.replace(name, month)
    forms = dict.fromkeys([form, _EDGE.sub("", form)])
    if any(character in form for character in "년월일"):
        forms |= dict.fromkeys([_NUMERALS.sub(_in_figures, shorter) for shorter in forms])
    for shorter in forms:
        for reader in (_relative, _clock, _dated_clock, _date, _amount, _period):
            if shorter and (value := reader(shorter, reference)):
                return value
    return None


def _in_figures(match: re.Match[str]) -> str:
    number = read_number(match[1])
    return f"{number.value}" if number and number.end == len(match[1]) else match.group()


def _relative(form: str, reference: datetime.date | None) -> Value | None:
    """Parse 어제, 지난 주, 다음 달 3일, 지난주 금요일, 사흘 전, 3년 뒤, 오는 3일, 어젯밤."""
    if (match := _WEEKDAY.fullmatch(form)) and (match[3] or match[2] or match[1] or match[4]):
        return _weekday(match, reference)
    compact = form.replace(" ", "")
    if compact in _RELATIVE:
        return _shift_date(reference, *_RELATIVE[compact])
    if compact in _NIGHT_WORDS:
        iso = shift(reference, _NIGHT_WORDS[compact], "day") if reference else ""
        return Value("time", f"{iso}TNI")
    for ending, sign in _DIRECTIONS.items():
        head = form.removesuffix(ending).rstrip()
        if head != form and (amount := _read_amount(head)):
            return _shift_date(reference, sign * amount[0], amount[1])
    if reference and (match := _COMING.fullmatch(form)):
        return _day_near(reference, int(match[2]), -1 if match[1] == "지난" else 1)
    if match := _DAY_OF_MONTH.fullmatch(form):
        months = _MONTHS_AWAY.get(match[1].replace(" ", ""))
        if months is not None:
            month = shift(reference, months, "month") if reference else None
            iso = write_date(int(month[:4]), int(month[5:]), int(match[2])) if month else None
            return Value("date", iso) if iso else None
    head, _, tail = form.partition(" ")
    if head in _NEAREST | _YEARS_AWAY and tail and (later := _date(tail, reference)):
        if reference is None or later.iso is None or not later.iso.startswith("XXXX-") or later.iso[5:7] == "XX":
            return None
        parts = [int(part) for part in later.iso[5:].split("-")]
        direction, year = _NEAREST.get(head, 0), reference.year + _YEARS_AWAY.get(head, 0)
        iso = write_date(year, *parts)
        passed = iso is not None and iso < reference.isoformat()[: len(iso)]
        if direction and (direction > 0) == passed:
            iso = write_date(year + direction, *parts)
        return Value("date", iso) if iso else None
    return None


_NIGHT_WORDS = {"어젯밤": -1, "어제밤": -1, "간밤": -1, "지난밤": -1, "오늘밤": 0, "내일밤": 1}
_NEAREST = {"지난": -1, "오는": 1, "다음": 1}
_COMING = re.compile(r"(지난|오는) ?(\d{1,2})일")
_DAY_OF_MONTH = re.compile(r"(이번 ?달|이달|지난 ?달|저번 ?달|다음 ?달|내달) ?(\d{1,2})일")


def _weekday(match: re.Match[str], reference: datetime.date | None) -> Value | None:
    """Return the date of 금요일, 지난 금요일 (the last before), 지난주 금요일 (of the week before), or a weekend."""
    word, of_week, day, weekend = match.groups()
    weeks = _WEEKS.get(word or "", 0)
    if weekend:
        week = shift(reference, weeks, "week") if reference else "XXXX-WXX"
        return Value("date", f"{week}-WE")
    number = "월화수목금토일".index(day)
    if of_week and reference is not None:
        monday = reference.toordinal() - reference.weekday()
        iso = shift(datetime.date.fromordinal(monday), 7 * weeks + number, "day")
        return Value("date", iso) if iso else None
    return Value("date", weekday(reference, number, weeks))


def _day_near(reference: datetime.date, day: int, direction: int) -> Value | None:
    """Return the nearest date with a day of the month before (direction -1) or after (1) a reference."""
    for months in (0, direction):
        month = shift(reference, months, "month")
        iso = write_date(int(month[:4]), int(month[5:]), day) if month else None
        if iso and (iso < reference.isoformat() if direction < 0 else iso > reference.isoformat()):
            return Value("date", iso)
    return None


def _shift_date(reference: datetime.date | None, amount: float, unit: str) -> Value | None:
    if unit == "year" and amount % 1:
        amount, unit = 12 * amount, "month"
    iso = shift(reference, int(amount), unit) if reference else None
    return Value("date", iso) if iso else None


def _clock(form: str, reference: datetime.date | None) -> Value | None:
    iso = read_clock(form)
    return Value("time", iso) if iso else None


def _dated_clock(form: str, reference: datetime.date | None) -> Value | None:
    """Parse a date and a clock time or part of the day: 3월 1일 오후 2시 30분, 지난 금요일 밤, 어제 오후 3시."""
    words = form.split(" ")
    for place in range(len(words) - 1, 0, -1):
        time = read_clock(" ".join(words[place:]))
        head = " ".join(words[:place]).removesuffix(",")
        day = (_relative(head, reference) or _date(head, reference)) if time else None
        if day and time and day.iso and day.kind == "date" and _WHOLE_DAY.fullmatch(day.iso):
            return Value("time", day.iso + time)
        if time and head in _RELATIVE and reference is None:
            return Value("time", time)
    return None


_WHOLE_DAY = re.compile(r"(?:\d{4}|XXXX)-(?:\d{2}-\d{2}|XX-\d{2}|WXX-\d)")


def _date(form: str, reference: datetime.date | None) -> Value | None:
    """Parse 2020년 3월 1일, 3월 1일(월), 2020. 1. 1., 12. 31., 2020년."""
    if (match := _STOPS.fullmatch(form)) or (match := _DATE.fullmatch(form)):
        year, month, day = (int(part.strip("'")) if part else None for part in match.groups()[:3])
        if year is not None and year < 100:
            if not month and year < 69 and "'" not in form:
                return None  # 20년 is twenty years
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
    if form in _NAMED_AMOUNTS:
        return _NAMED_AMOUNTS[form]
    number = read_number(form)
    if number is None:
        return None
    match = _AMOUNT.fullmatch(form[number.end :].replace(" 반", "반"))
    if match is None or (match.group(1) == "년" and 1900 <= number.value <= 2100):  # a calendar year
        return None
    return float(number.value) + 0.5 * bool(match.group(2)), _UNITS[match.group(1)]


def _amount(form: str, reference: datetime.date | None) -> Value | None:
    if (match := _NIGHTS.fullmatch(form)) and int(match[2]) - int(match[1]) in (1, 2):
        return Value("duration", f"P{match[2]}D")
    amount = _read_amount(form)
    if amount is None or amount[1] == "century":
        return _compound(form)
    number, unit = amount
    return Value("duration", write_duration(number, unit))


_NAMED_AMOUNTS = {
    "반년": (0.5, "year"), "반시간": (0.5, "hour"), "반 시간": (0.5, "hour"), "반나절": (6.0, "hour"),
    "한나절": (12.0, "hour"), "하루 종일": (1.0, "day"), "온종일": (1.0, "day"), "종일": (1.0, "day"),
}  # fmt: skip


def _compound(form: str) -> Value | None:
    """Parse 2시간 30분, 1년 6개월, 두 시간 십오 분."""
    parts: list[tuple[float, str]] = []
    end = 0
    for match in _COMPOUND.finditer(form):
        number = read_number(match[1])
        if (
            match.start() != end
            or number is None
            or number.end != len(match[1])
            or (number.value % 1 and match[2] != "초")
        ):
            return None
        parts.append((float(number.value), _UNITS[match[2]]))
        end = match.end()
    order = [list(CODES).index(unit) for _, unit in parts]
    if len(parts) < 2 or end != len(form) or order != sorted(set(order)):
        return None
    return Value("duration", write_parts(parts))


def _period(form: str, reference: datetime.date | None) -> Value | None:
    """Parse 1990년대, 19세기, 2020년 3분기, 2020년 여름, 이번 여름."""
    if match := _YEARS.fullmatch(form):
        decade = match[1]
        return (
            Value("date", decade if len(decade) == 3 else f"{'20' if decade < '3' else '19'}{decade}")
            if len(decade) != 2
            else None
        )
    if match := _CENTURY.fullmatch(form):
        return Value("date", f"{int(match.group(1)) - 1:02}")
    if match := _BEFORE_CHRIST.fullmatch(form):
        era = "BC" if match[1] in ("기원전", "bc") else ""
        return Value("date", f"{era}{int(match[2]):04}")
    if form.replace(" ", "") in _HOLIDAYS:
        return Value("date", write_date(None, *_HOLIDAYS[form.replace(" ", "")]))
    for pattern, letter in ((_QUARTER, "Q"), (_HALF_YEAR, "H")):
        if (match := pattern.fullmatch(form)) and (year := _year_of(match[1], match[2], reference)):
            number = match[3] if letter == "Q" else "상하".index(match[3]) + 1
            return Value("date", f"{year}-{letter}{number}")
    season = form[-2:] if form[-2:] in _SEASONS else form[-1:]
    head = form.removesuffix(season).strip()
    if season in _SEASONS:
        match = re.fullmatch(r"(\d{4})년", head)
        year = match[1] if match else _year_of(None, head, reference)
        return Value("date", f"{year}-{_SEASONS[season]}") if year else None
    if form in ("이번 주", "금주") and reference:
        return Value("date", write_week(reference))
    return None


def _year_of(year: str | None, word: str | None, reference: datetime.date | None) -> str | None:
    """Return a year from figures, from a word such as 올해, or XXXX without either; None if the word is unknown."""
    if year or not word:
        return str(full_year(year.strip("'"))) if year else "XXXX"
    years = (_YEARS_AWAY | _NEAREST).get(word)
    return f"{reference.year + years:04}" if reference and years is not None else None
