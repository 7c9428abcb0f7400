"""What is written by a grammar of dates, times and amounts is read as it was meant."""

import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fanlight.values import Value, read_value

UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
]
UNITS += ["seventeen", "eighteen", "nineteen"]
TENS = ["", "", *["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
SINO = "영일이삼사오육칠팔구"
NATIVE_TENS = ["", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]
NATIVE = ["", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"]


def in_words(number):
    """Write a number in English words."""
    for scale, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if number >= scale:
            remainder = number % scale
            ending = (
                "" if not remainder else f" and {in_words(remainder)}" if remainder < 100 else f" {in_words(remainder)}"
            )
            return f"{in_words(number // scale)} {name}{ending}"
    if number >= 100:
        remainder = number % 100
        return f"{UNITS[number // 100]} hundred{f' and {in_words(remainder)}' if remainder else ''}"
    if number < 20:
        return UNITS[number]
    return TENS[number // 10] + (f"-{UNITS[number % 10]}" if number % 10 else "")


def in_sino_korean(number, space=""):
    """Write a number in Sino-Korean numerals, with a space after 만, 억 and 조."""
    groups = []
    for scale, name in ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")):
        group, number = divmod(number, scale)
        if group:
            text = ""
            for place, sign in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
                digit, group = divmod(group, place)
                text += ("" if digit == 1 and sign else SINO[digit]) + sign if digit else ""
            groups.append(("" if text == "일" and name == "만" else text) + name)
    return space.join(groups)


def in_mixed_korean(number, space):
    """Write a number in figures with 만, 억 and 조: 1억 2000만."""
    groups = []
    for scale, name in ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")):
        group, number = divmod(number, scale)
        if group:
            groups.append(f"{group}{name}")
    return space.join(groups)


def in_native_korean(number):
    """Write a number below a hundred in native numerals, as they stand before a counter."""
    return "스무" if number == 20 else NATIVE_TENS[number // 10] + NATIVE[number % 10]


def ordinal(number):
    ending = "th" if number // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


@given(st.dates(datetime.date(1000, 1, 1)), st.integers(0, 11), st.booleans())
def test_days(day, form, short):
    month, weekday = MONTHS[day.month - 1], day.strftime("%A")
    month = f"{month[:3]}." if short and month != "May" else month
    forms = [
        f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", f"the {ordinal(day.day)} of {month} {day.year}",
        f"{month} {ordinal(day.day)}, {day.year}", f"{weekday}, {day.day} {month} {day.year}",
        f"{weekday[:3]} {month} {day.day} {day.year}", f"{day.year}/{day.month:02}/{day.day:02}",
        f"{day.month}/{day.day}/{day.year}", f"{day.day}.{day.month}.{day.year}", f"{day.year}. {day.month}. {day.day}.",
        f"{day.year}년 {day.month}월 {day.day}일", f"{day.year}년 {in_sino_korean(day.month)}월 {in_sino_korean(day.day)}일",
    ]  # fmt: skip
    if form == 11 and day.month in (6, 10):  # 유월, 시월
        return
    assert read_value(forms[form], "DATE") == Value("date", day.isoformat()), forms[form]


@given(st.dates(datetime.date(1000, 1, 1)), st.dates(datetime.date(1000, 1, 1)), st.sampled_from([" to ", "~", " - "]))
def test_ranges_of_days(left, right, border):
    begin, end = sorted([left, right])
    if begin == end:
        return
    expected = Value("date", f"{begin.isoformat()}/{end.isoformat()}")
    written = [f"{day.day} {MONTHS[day.month - 1]} {day.year}" for day in (begin, end)]
    assert read_value(border.join(written), "DATE") == expected
    korean = [f"{day.year}년 {day.month}월 {day.day}일" for day in (begin, end)]
    assert read_value(f"{korean[0]}부터 {korean[1]}까지", "DATE") == expected
    if (begin.year, begin.month) == (end.year, end.month):
        month = MONTHS[begin.month - 1]
        assert read_value(f"{begin.day}-{end.day} {month} {begin.year}", "DATE") == expected
        assert read_value(f"{month} {begin.day}-{end.day}, {begin.year}", "DATE") == expected
        assert read_value(f"{begin.year}년 {begin.month}월 {begin.day}~{end.day}일", "DATE") == expected


@given(st.times(), st.integers(0, 6), st.sampled_from(["pm", "p.m.", " pm", " p.m."]))
def test_times(time, form, pm):
    hour, minute = time.hour % 12 or 12, time.minute
    half = pm if time.hour >= 12 else pm.replace("p", "a")
    part = "오후" if time.hour >= 12 else "오전"
    minutes = f" {minute}분" if minute else ""
    forms = [
        f"{time.hour:02}:{minute:02}", f"{hour}:{minute:02}{half}", f"at {hour}.{minute:02}{half}",
        f"{part} {hour}시{minutes}", f"{part} {in_native_korean(hour)} 시{f' {in_sino_korean(minute)} 분' if minute else ''}",
        f"{part} {hour}:{minute:02}", f"{time.hour}시 {minute}분",
    ]  # fmt: skip
    assert read_value(forms[form], "TIME") == Value("time", f"T{time.hour:02}:{minute:02}"), forms[form]


@given(
    st.integers(1, 99), st.sampled_from(["second", "minute", "hour", "day", "week", "month", "year"]), st.integers(0, 3)
)
def test_durations(number, unit, form):
    codes = {
        "second": "T{}S",
        "minute": "T{}M",
        "hour": "T{}H",
        "day": "{}D",
        "week": "{}W",
        "month": "{}M",
        "year": "{}Y",
    }
    korean = {
        "second": "초",
        "minute": "분",
        "hour": "시간",
        "day": "일간",
        "week": "주간",
        "month": "개월",
        "year": "년간",
    }
    plural = unit if number == 1 else unit + "s"
    forms = [f"{number} {plural}", f"{in_words(number)} {plural}", f"{number}-{unit}", f"{number}{korean[unit]}"]
    assert read_value(forms[form], "DATE") == Value("duration", "P" + codes[unit].format(number)), forms[form]


@given(st.integers(1, 10**12 - 1), st.sampled_from(["", " "]))
def test_sums_of_money(number, space):
    for text, currency in (
        (f"${number:,}", "USD"), (f"{number} euros", "EUR"), (f"{in_words(number)} dollars", "USD"),
        (f"GBP {number:,}", "GBP"), (f"{in_sino_korean(number, space)}{space}원", "KRW"),
        (f"{in_mixed_korean(number, space)}{space}원", "KRW"), (f"약 {number:,}원", "KRW"),
    ):  # fmt: skip
        assert read_value(text, "MONEY") == Value("money", number=Decimal(number), unit=currency), text


@given(st.decimals(0, 9999, places=2), st.sampled_from(["million", "bn", "m", "trillion", "k"]))
def test_sums_of_money_in_millions(number, scale):
    scales = {"million": 6, "bn": 9, "m": 6, "trillion": 12, "k": 3}
    value = read_value(f"${number} {scale}", "MONEY")
    assert value == Value("money", number=number * 10 ** scales[scale], unit="USD")


@given(st.decimals(0, 999, places=1), st.sampled_from(["%", " %", " percent", " per cent", "퍼센트", " 퍼센트의"]))
def test_per_cents(number, sign):
    assert read_value(f"{number}{sign}", "PERCENT") == Value("percent", number=number)
    assert read_value(f"-{number}{sign}", "PERCENT") == Value("percent", number=-number)


@given(st.integers(0, 99_999), st.integers(1, 99_999), st.sampled_from(["km", "kg", "miles", "미터", "톤"]))
def test_quantities_and_their_ranges(number, difference, unit):
    code = {"miles": "[mi_i]", "미터": "m", "톤": "t"}.get(unit, unit)
    low, high = Decimal(number), Decimal(number + difference)
    assert read_value(f"{number:,} {unit}", "QUANTITY") == Value("quantity", number=low, unit=code)
    expected = Value("quantity", number=low, unit=code, upper=high)
    for border in ("-", " to ", "~", " - "):
        assert read_value(f"{number}{border}{number + difference} {unit}", "QUANTITY") == expected
    assert read_value(f"between {number} and {number + difference} {unit}", "QUANTITY") == expected


@given(st.integers(1, 99), st.sampled_from(["살", "개", "마리"]))
def test_korean_counts(number, counter):
    unit = "a" if counter == "살" else f"{{{counter}}}"
    expected = Value("quantity", number=Decimal(number), unit=unit)
    assert read_value(f"{in_native_korean(number)} {counter}", "QUANTITY") == expected
    assert read_value(f"{number}{counter}", "QUANTITY") == expected
