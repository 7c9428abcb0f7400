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
from fanlight.values.conversion import convert
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
    "3-5 March 2020": "2020-03-03/2020-03-05", "March 30 - April 2, 2020": "2020-03-30/2020-04-02",
    "from January to March 2020": "2020-01/2020-03", "between 2010 and 2015": "2010/2015", "2019–20": "2019/2020",
    "Monday to Friday": "2026-11-23/2026-11-27", "the first half of 2020": "2020-H1", "3Q20": "2020-Q3",
    "first quarter of last year": "2025-Q1", "the weekend": "2026-W48-WE", "last weekend": "2026-W47-WE",
    "the eighties": "198", "44 BC": "BC0044", "AD 79": "0079", "nineteen eighty-four": "1984", "twenty twenty": "2020",
    "end of 2020": "2020", "March '96": "1996-03", "15-Mar-2020": "2020-03-15", "20200303": "2020-03-03",
    "03/2020": "2020-03", "Christmas Day": "XXXX-12-25", "the 15th": "XXXX-XX-15", "April twenty-third": "XXXX-04-23",
    "2½ years": "P30M", "three quarters of an hour": "PT45M", "1 hour 30 minutes": "PT1H30M", "2 hrs 5 mins": "PT2H5M",
    "2 years and 3 months": "P2Y3M", "10-15 years": "P10Y/P15Y", "a three-day": "P3D", "day after tomorrow": "2026-11-30",
    "June 1-15": "XXXX-06-01/XXXX-06-15", "yesterday's": "2026-11-27", "two or three years": "P2Y/P3Y",
    "end-2020": "2020", "9 a.m. EST (1400 GMT)": "T09:00-05:00", "half past five": "T05:30", "quarter to six": "T05:45", "ten past five": "T05:10", "five thirty": "T05:30",
    "5 minutes to midnight": "T23:55", "ten o'clock in the morning": "T10:00", "7 in the evening": "T19:00",
    "12 noon": "T12:00", "17h30": "T17:30", "17:30:15.250": "T17:30:15.250", "09:00 +0200": "T09:00+02:00",
    "9 a.m. to 5 p.m.": "T09:00/T17:00", "5-6 pm": "T17:00/T18:00", "9:00-17:00": "T09:00/T17:00",
    "tonight at 8": "2026-11-28T20:00", "noon tomorrow": "2026-11-29T12:00", "3 March 2020 5:30 pm": "2020-03-03T17:30",
    "5pm Monday": "2026-11-23T17:00", "12/05/2021 14:30": "2021-12-05T14:30", "last night at 11": "2026-11-27T23:00",
    "이천이십년 삼월 일일": "2020-03-01", "유월 십일": "XXXX-06-10", "20. 3. 1.": "2020-03-01", "3월 1~3일": "XXXX-03-01/XXXX-03-03",
    "3월 1일부터 4월 2일까지": "XXXX-03-01/XXXX-04-02", "2019~2021년": "2019/2021", "2020년 3월~5월": "2020-03/2020-05",
    "올해 상반기": "2026-H1", "1·4분기": "XXXX-Q1", "지난여름": "2025-SU", "90년대": "199", "기원전 500년": "BC0500",
    "지난주 금요일": "2026-11-20", "다음 주 월요일": "2026-11-30", "지난달 15일": "2026-10-15", "오는 3일": "2026-12-03",
    "내년 1월": "2027-01", "광복절": "XXXX-08-15", "어젯밤": "2026-11-27TNI", "금요일 밤": "2026-11-27TNI",
    "반년": "P6M", "3박 4일": "P4D", "2시간 30분": "PT2H30M", "10여 년": "P10Y", "20년": "P20Y", "98년": "1998",
    "밤 12시": "T24:00", "오후 3:30": "T15:30", "오후 3시 5분 전": "T14:55", "오후 3~5시": "T15:00/T17:00",
    "오전 9시부터 오후 6시까지": "T09:00/T18:00", "한국시간 오전 3시": "T03:00+09:00", "2020. 3. 1. 15:30": "2020-03-01T15:30",
    "지난 금요일 오후 3시": "2026-11-27T15:00",
    "Q4 FY2023": "2023-Q4", "Q3 FY24": "2024-Q3", "1H24": "2024-H1", "last quarter": "2026-Q3", "the past decade": "P10Y",
    "past week": "P1W", "6 months to a year": "P6M/P1Y", "thirty (30) days": "P30D", "90 days' notice": "P90D", "the 12th day of May, 2021": "2021-05-12",
    "5 May 2024 (Sunday)": "2024-05-05", "three days from today": "2026-12-01", "two-to-three-year": "P2Y/P3Y",
    "7:45 p.m. ET": "T19:45", "12:00 noon": "T12:00", "3 hrs": "PT3H", "14:30 hrs": "T14:30", "250 ms": "PT0.25S",
    "10 µs": "PT0.00001S", "quarter of an hour": "PT15M", "two-and-a-half-hour": "PT150M",
    "24년 1분기": "2024-Q1", "2024. 5. 5.(일)": "2024-05-05", "2박 3일간": "P3D", "한두 달": "P1M/P2M", "사나흘": "P3D/P4D",
    "이삼일": "P2D/P3D", "서너 시간": "PT3H/PT4H", "오는 6월 3일": "2027-06-03", "지난 3월": "2026-03", "지난 12월": "2025-12",
    "지난 10년간": "P10Y", "향후 5년": "P5Y", "2시간 이상": "PT2H", "9초58": "PT9.58S", "1분 2초34": "PT1M2.34S",
    "오후 2시~4시 30분": "T14:00/T16:30",
    "mid-May": "XXXX-05", "the 12th day of May": "XXXX-05-12", "early 2019": "2019", "late Friday": "2026-11-27",
    "an hour": "PT1H", "3 h": "PT3H", "24h": "PT24H", "17h": "T17:00", "30 s": "PT30S", "10+ years": "P10Y",
    "ten (10) business days": "P10D", "Mon, 23 Nov 2026": "2026-11-23", "10,000 BC": "BC10000", "past year": "P1Y",
    "May 3 10:00-11:00": "XXXX-05-03T10:00/XXXX-05-03T11:00", "6·25": "XXXX-06-25", "'24. 3. 5.": "2024-03-05",
    "작년 가을": "2025-FA", "오늘 새벽": "2026-11-28TMO", "두어 시간": "PT2H/PT3H", "한 시간": "PT1H",
    "2023회계연도": "2023",
}  # fmt: skip
AMOUNTS = {
    "$3.5 billion": (3500000000, "USD"), "999 dollars": (999, "USD"), "50 cents": (0.5, "USD"), "US$ 5m": (5000000, "USD"),
    "5 million euros": (5000000, "EUR"), "£2.50": (2.5, "GBP"), "EUR 20": (20, "EUR"), "half a million dollars": (500000, "USD"),
    "3만 5천 원": (35000, "KRW"), "1억 2000만 원": (120000000, "KRW"), "만 오천 원": (15000, "KRW"), "100달러": (100, "USD"),
    "12 tonnes": (12, "t"), "300 km": (300, "km"), "50mg": (50, "mg"), "six feet": (6, "[ft_i]"), "half a mile": (0.5, "[mi_i]"),
    "-5 degrees": (-5, "deg"), "2 million tonnes": (2000000, "t"), "20 °C": (20, "Cel"), "5 sq km": (5, "km2"),
    "6이닝": (6, "{이닝}"), "2큰술": (2, "[tbs_us]"), "10만 명": (100000, "{명}"), "스무 살": (20, "a"), "３００ ｋｍ": (300, "km"),
    "5,50 €": (5.5, "EUR"), "€1.234,56": (1234.56, "EUR"), "$.50": (0.5, "USD"), "U.S. $5": (5, "USD"),
    "Rs 5 crore": (50000000, "INR"), "$5 a share": (5, "USD"), "5 dollars and 50 cents": (5.5, "USD"),
    "3만 5000원": (35000, "KRW"), "3만여 원": (30000, "KRW"), "미화 500달러": (500, "USD"), "3만원대": (30000, "KRW"),
    "6 feet 2 inches": (74, "[in_i]"), "6'2\"": (74, "[in_i]"), "a mile and a half": (1.5, "[mi_i]"),
    "three quarters of a mile": (0.75, "[mi_i]"), "1½ cups": (1.5, "[cup_us]"), "10 barrels a day": (10, "[bbl_us]/d"),
    "a 300-mile": (300, "[mi_i]"), "1.2m tonnes": (1200000, "t"), "시속 100km": (100, "km/h"), "영하 5도": (-5, "Cel"),
    "반 근": (0.5, "{근}"), "3평 반": (3.5, "{평}"), "고기 두 근": (2, "{근}"), "만 20세": (20, "a"), "30여 평": (30, "{평}"),
    "20.000 €": (20000, "EUR"), "$1.234 billion": (1234000000, "USD"), "$20-million": (20000000, "USD"),
    "월 200만 원": (2000000, "KRW"), "a quarter of a million dollars": (250000, "USD"), "섭씨 영하 10도": (-10, "Cel"),
    "사과 열 개": (10, "{개}"), "10 meters deep": (10, "m"), "5 mg/kg": (5, "mg/kg"), "초당 30미터": (30, "m/s"),
    "half a percent": (0.5, None), "3-1/2 percent": (3.5, None), "50 basis points": (0.5, None), "3할 5푼": (35, None),
    "€2 500": (2500, "EUR"), "CHF 1'234.50": (1234.5, "CHF"), "$-500": (-500, "USD"), "$5 US": (5, "USD"), "50 zł": (50, "PLN"),
    "Rs 2.5 lakh crore": (2500000000000, "INR"), "R$ 4.5 bi": (4500000000, "BRL"), "$50 per person per day": (50, "USD"),
    "일금 오백만원정": (5000000, "KRW"), "100홍콩달러": (100, "HKD"), "평당 3천만원": (30000000, "KRW"),
    "5 mW": (5, "mW"), "5 MW": (5, "MW"), "5 Nm": (5, "N.m"), "5 nm": (5, "nm"), "50 MT": (50, "t"), "273.15 K": (273.15, "K"),
    "5.6 mmol/L": (5.6, "mmol/L"), "125 mL/min": (125, "mL/min"), "35㎍/㎥": (35, "ug/m3"), "9.8 m/s²": (9.8, "m/s2"),
    "120 mmHg": (120, "mm[Hg]"), "88 bpm": (88, "/min"), "100 Mbps": (100, "Mbit/s"), "5-foot-11": (71, "[in_i]"),
    "quarter-mile": (0.25, "[mi_i]"), "half-a-mile": (0.5, "[mi_i]"), "10 km^2": (10, "km2"), "10 000 km": (10000, "km"),
    "1.5% per month": (1.5, None), "5.25% p.a.": (5.25, None), "25-basis-point": (0.25, None), "5‰": (0.5, None),
    "a percentage point": (1, None), "연 5.5%": (5.5, None), "마이너스 3.2%": (-3.2, None), "3할2푼5리": (32.5, None),
    "5분의 1": (20, None), "15% 이상": (15, None), "15,5%": (15.5, None),
    "a million euros": (1000000, "EUR"), "one-half of a mile": (0.5, "[mi_i]"), "-$45.20": (-45.2, "USD"),
    "3-1/2 dlrs": (3.5, "USD"), "500 million stg": (500000000, "GBP"), "12,5 Mio. EUR": (12500000, "EUR"),
    "one million two hundred thousand pounds": (1200000, "GBP"), "180C": (180, "Cel"), "a half ounce": (0.5, "[oz_av]"),
    "1 1/2 cups": (1.5, "[cup_us]"), "십만 원": (100000, "KRW"), "스물두 살": (22, "a"),
    "15%": (15, None), "3.5 per cent": (3.5, None), "15퍼센트": (15, None), "twenty-one percent": (21, None),
}  # fmt: skip
RANGES = {
    "$5-10": (5, 10, "USD"), "$5 million to $10 million": (5000000, 10000000, "USD"), "1만~2만 원": (10000, 20000, "KRW"),
    "5 to 10 million dollars": (5000000, 10000000, "USD"), "5%-10%": (5, 10, None), "between 5 and 10 km": (5, 10, "km"),
    "두세 개": (2, 3, "{개}"), "3억~5억 원": (300000000, 500000000, "KRW"), "3~5천만 원": (30000000, 50000000, "KRW"),
    "3천~5천만 원": (30000000, 50000000, "KRW"),
    "two to three kilometres": (2, 3, "km"), "2 to 3 1/2 cups": (2, 3.5, "[cup_us]"), "-10 to 5°C": (-10, 5, "Cel"),
    "27 to 73 pct": (27, 73, None), "0.5 and 1.5 pct": (0.5, 1.5, None), "6,000 and 8,000 tonnes": (6000, 8000, "t"),
    "100만~200만 원": (1000000, 2000000, "KRW"), "100 million to 200 million dollars": (100000000, 200000000, "USD"),
    "1만~2만5천원": (10000, 25000, "KRW"), "이삼십 명": (20, 30, "{명}"),
}  # fmt: skip
NOT_UNDERSTOOD = [
    "24/7",
    "10 x 20 cm",
    "millions of dollars",
    "many",
    "",
    "the year of the cat",
    "%",
    "dollars and sense",
    "February 30",
    "25:99",
    "kg",
    "a few miles",
    "11-1 pm",
    "영하 5~10도",
]


@pytest.mark.parametrize("text", ISO)
def test_dates_times_and_durations(text):
    value = read_value(text, "DATE", DAY)
    assert value is not None
    assert value.iso == ISO[text]
    assert read_value(text, "DATE", datetime.datetime(2026, 11, 28, 9)) == value
    assert (value.kind == "duration") == ISO[text].startswith("P")
    assert read_value(text, "TIME", DAY) == value


@pytest.mark.parametrize("text", AMOUNTS)
def test_amounts(text):
    values = [value for type_ in ("MONEY", "PERCENT", "QUANTITY") if (value := read_value(text, type_))]
    number, unit = AMOUNTS[text]
    assert (number, unit) in [(value.to_dict()["number"], value.unit) for value in values]


@pytest.mark.parametrize("text", RANGES)
def test_ranges(text):
    values = [value for type_ in ("MONEY", "PERCENT", "QUANTITY") if (value := read_value(text, type_))]
    rows = [(value.to_dict(), value.unit) for value in values if value.upper]
    assert RANGES[text] in [(fields["number"], fields["upper"], unit) for fields, unit in rows]


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_what_is_not_understood_has_no_value(text):
    assert [read_value(text, type_, DAY) for type_ in KINDS] == [None] * len(KINDS)


@pytest.mark.parametrize(
    "text", ["이날", "이듬해", "two days later", "a year earlier", "the previous year", "the next day"]
)
def test_dates_that_another_date_in_the_text_decides_have_no_value(text):
    assert read_value(text, "DATE", DAY) is None


@pytest.mark.parametrize("text", ["13월 40일", "February 30", "2021-02-29", "25시 70분"])
def test_dates_that_do_not_exist_have_no_value(text):
    assert read_value(text, "DATE") is read_value(text, "TIME") is None


@pytest.mark.parametrize(
    "text",
    [
        " at ",
        ", on ",
        " ",
        "가 ",
        "은",
        "1,",
        "twenty ",
        "a at b, c on ",
        "3월 ",
        "에는",
        "1 to ",
        "5-",
        "$1 and ",
        "1시 ",
    ],
)
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


@pytest.mark.parametrize(
    ("number", "unit", "other", "expected"),
    [
        (1, "g/dL", "g/L", 10),
        (60, "/min", "/s", 1),
        (20, "Cel", "{평}", None),
        (20, "Cel", "/min", None),
        (1, "{권}", "m", None),
    ],
)
def test_units_are_converted_where_they_can_be(number, unit, other, expected):
    pytest.importorskip("pint")
    assert convert(number, unit, other) == (None if expected is None else pytest.approx(expected))


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
