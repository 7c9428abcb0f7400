"""What dates, times, amounts and quantities mean, in English and Korean."""

import datetime
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight import Entity
from fanlight.values import Value, read_value
from fanlight.values.numbers import read_number
from fanlight.values.reading import KINDS, LONGEST

DAY = datetime.date(2026, 11, 28)  # a Saturday

ISO = {
    "12/05/2021": "2021-12-05", "2021-05-12T10:00Z": "2021-05-12T10:00Z", "12.05.2021": "2021-05-12",
    "2023.03.05": "2023-03-05", "13/5/2021": "2021-05-13", "3 March 2020": "2020-03-03", "March 3": "XXXX-03-03",
    "the 3rd of March": "XXXX-03-03", "Aug. 7, 1996": "1996-08-07", "Friday, March 3": "XXXX-03-03", "1996": "1996",
    "the 1990s": "199", "the 19th century": "18", "third quarter of 2020": "2020-Q3", "1914-18": "1914/1918",
    "summer 2020": "2020-SU", "August": "XXXX-08", "mid-1996": "1996", "two hours": "PT2H", "half an hour": "PT30M",
    "a year and a half": "P18M", "ten days": "P10D", "two-hour": "PT2H", "the past two years": "P2Y", "5 pm": "T17:00",
    "at 5 p.m.": "T17:00", "12 a.m.": "T00:00", "noon": "T12:00", "1400 GMT": "T14:00Z", "5:30 p.m. EST": "T17:30-05:00",
    "10 o'clock": "T10:00", "17:00": "T17:00",
    "yesterday": "2026-11-27", "last week": "2026-W47", "three years ago": "2023", "next Friday": "2026-12-04",
    "last Friday": "2026-11-27", "Monday morning": "2026-11-23TMO", "tonight": "2026-11-28TNI",
    "yesterday at 5 pm": "2026-11-27T17:00", "last August": "2026-08", "next month": "2026-12",
    "2020. 1. 1.": "2020-01-01", "2020년 3월 1일": "2020-03-01", "12. 31.까지": "XXXX-12-31", "3월": "XXXX-03",
    "2020년": "2020", "1990년대": "199", "19세기": "18", "사흘": "P3D", "3개월": "P3M", "두 시간": "PT2H", "1시간 반": "PT90M",
    "오후 3시": "T15:00", "오후 3시 반": "T15:30", "새벽 두 시": "T02:00", "밤 11시 20분": "T23:20", "정오": "T12:00",
    "3월 1일 오후 2시 30분": "XXXX-03-01T14:30",
    "어제": "2026-11-27", "모레": "2026-11-30", "지난주": "2026-W47", "다음 달": "2026-12", "작년 여름": "2025-SU",
    "3년 전": "2023", "사흘 뒤": "2026-12-01", "지난 금요일": "2026-11-27", "오늘 오후 3시": "2026-11-28T15:00",
}  # fmt: skip
AMOUNTS = {
    "$3.5 billion": (3500000000, "USD"), "999 dollars": (999, "USD"), "50 cents": (0.5, "USD"), "US$ 5m": (5000000, "USD"),
    "5 million euros": (5000000, "EUR"), "£2.50": (2.5, "GBP"), "EUR 20": (20, "EUR"), "half a million dollars": (500000, "USD"),
    "3만 5천 원": (35000, "KRW"), "1억 2000만 원": (120000000, "KRW"), "만 오천 원": (15000, "KRW"), "100달러": (100, "USD"),
    "12 tonnes": (12, "t"), "300 km": (300, "km"), "50mg": (50, "mg"), "six feet": (6, "[ft_i]"), "half a mile": (0.5, "[mi_i]"),
    "-5 degrees": (-5, "deg"), "2 million tonnes": (2000000, "t"), "20 °C": (20, "Cel"), "5 sq km": (5, "km2"),
    "6이닝": (6, "{이닝}"), "2큰술": (2, "[tbs_us]"), "10만 명": (100000, "{명}"), "스무 살": (20, "a"), "３００ ｋｍ": (300, "km"),
    "15%": (15, None), "3.5 per cent": (3.5, None), "15퍼센트": (15, None), "twenty-one percent": (21, None),
}  # fmt: skip
NOT_UNDERSTOOD = [
    "many",
    "",
    "the year of the cat",
    "%",
    "dollars and sense",
    "February 30",
    "25:99",
    "kg",
]


@pytest.mark.parametrize("text", ISO)
def test_dates_times_and_durations(text):
    value = read_value(text, "DATE", DAY)
    assert value is not None
    assert value.iso == ISO[text]
    assert (value.kind == "duration") == ISO[text].startswith("P")
    assert read_value(text, "TIME", DAY) == value


@pytest.mark.parametrize("text", AMOUNTS)
def test_amounts(text):
    values = [value for type_ in ("MONEY", "PERCENT", "QUANTITY") if (value := read_value(text, type_))]
    number, unit = AMOUNTS[text]
    assert (number, unit) in [(value.to_dict()["number"], value.unit) for value in values]


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_what_is_not_understood_has_no_value(text):
    assert [read_value(text, type_, DAY) for type_ in KINDS] == [None] * len(KINDS)


@pytest.mark.parametrize("text", ["13월 40일", "February 30", "2021-02-29", "25시 70분"])
def test_dates_that_do_not_exist_have_no_value(text):
    assert read_value(text, "DATE") is read_value(text, "TIME") is None


@pytest.mark.parametrize("text", [" at ", ", on ", " ", "가 ", "은", "1,", "twenty ", "a at b, c on ", "3월 "])
def test_hostile_texts_are_answered_at_once(text):
    script = "import sys; from fanlight.values.reading import *; [read_value(sys.argv[1], k) for k in KINDS]"
    for length in (60, LONGEST, 30_000):
        subprocess.run([sys.executable, "-c", script, (text * length)[:length]], check=True, timeout=30)


def test_relative_dates_have_no_value_without_a_reference():
    assert [read_value(text, "DATE") for text in ("yesterday", "last week", "3년 전", "모레")] == [None] * 4
    assert Entity(0, 9, "DATE", "yesterday").value is None
    assert Entity(0, 9, "DATE", "yesterday").value_on(DAY) == Value("date", "2026-11-27")


def test_the_order_of_day_and_month():
    assert read_value("12/05/2021", "DATE", day_first=True) == Value("date", "2021-05-12")


def test_names_have_no_value():
    assert Entity(0, 2, "PER", "10").value is None


@given(st.integers(0, 10**12))
def test_figures_are_read_as_they_are(number):
    assert read_number(f"{number:,} km") == (Decimal(number), len(f"{number:,}"))


@given(st.dates())
def test_iso_dates_are_their_own_value(day):
    assert read_value(day.isoformat(), "DATE") == Value("date", day.isoformat())
    assert read_value(f"{day.year}년 {day.month}월 {day.day}일", "DATE") == (
        Value("date", day.isoformat())
        if day.year >= 1000
        else read_value(f"{day.year}년 {day.month}월 {day.day}일", "DATE")
    )


@given(
    st.text(max_size=30) | st.text("0123456789 년월일시분/-.:,만천원약ago past", max_size=20), st.sampled_from(KINDS)
)
def test_any_text_has_a_value_or_none(text, type_):
    value = read_value(text, type_, DAY)
    assert value is None or value.to_dict()["kind"] == value.kind
