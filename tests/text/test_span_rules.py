"""Rules for spans: numbers that are no names, dates that are whole, greetings and tags outside names."""

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.engine.twins import SCHEME
from fanlight.text.span_rules import Span, correct, kinds_of
from fanlight.text.span_words import ABBREVIATION, BARE, DOUBTFUL, LABEL, NUMERAL, WITHOUT_STOP, WORDS

_MARK = re.compile(r"<([A-Za-z]+) ([^<>]*)>")


def read(marked):
    """Return a text and its spans, which are marked as in ``see <DATE 12>``."""
    text, spans, place = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[place : match.start()]
        start = len(text)
        text += match.group(2)
        spans.append(Span(start, len(text), SCHEME.index(match.group(1)), 0.5))
        place = match.end()
    return text + marked[place:], spans


def corrected(marked):
    """Return a text as the rules mark it."""
    text, spans = read(marked)
    out, place = "", 0
    for span in correct(text, (0, len(text)), spans, kinds_of(SCHEME)):
        out += f"{text[place : span.start]}<{SCHEME[span.type]} {text[span.start : span.end]}>"
        place = span.end
    return out + text[place:]


def plain(marked):
    return _MARK.sub(r"\2", marked)


@pytest.mark.parametrize(
    "marked",
    """Call <QUANTITY 555-1234567> now
call me at <TIME 010-1234-5678>
Tel: (<QUANTITY 212>) 555
Phone <DATE 555>
Mobile +<DATE 49> 30
Account number <DATE 1002>
my account <QUANTITY 12345678>
Resident <DATE 900101-1234567>
주민번호 <DATE 900101>-1234567
SSN <DATE 123-45-6789>
Section <DATE 4> applies
see section <DATE 3.2>
Sec. <DATE 12> of the act
Room <QUANTITY 204> is free
Figure <DATE 3>
Fig. <QUANTITY 3>
page <DATE 12>
pages <DATE 12-14>
Table <QUANTITY 2> lists them
Chapter <DATE 7>
Final score <TIME 21:14>
They won <TIME 78:65>
version <DATE 3.2>
Flight <DATE 1234>
Order no. <DATE 4711>
Invoice <DATE 2021-0042>
ticket #<DATE 1234>
#<QUANTITY 12>
ID <DATE 8842-11>
zip <DATE 10115>
Step <DATE 3>: wait
그림 <DATE 3> 참조
표 <QUANTITY 2>
전화 <DATE 02-123-4567>
계좌번호 <DATE 110-234-567890>
교육과<DATE -1234> (시행)
교육과-<DATE 1234>
인사과<QUANTITY -123호>
<DATE 3장 2절> 참조
제<QUANTITY 3조> 2항
제<QUANTITY 3조 2항>
<QUANTITY 제3조 2항> 참조
<QUANTITY 제5장> 참조
<QUANTITY 204호실>에서
<QUANTITY 3-1>로 이겼다
a <TIME 21-14> win
<DATE 101동> <QUANTITY 1203호>
We waited; <DATE three> of us left
<QUANTITY Three> of them stayed
Rev. <DATE 2> of it
building <QUANTITY 4>
1. <QUANTITY 1> or none
<DATE 1.> 예산
<QUANTITY 2>) 부산 출장
 (<QUANTITY 3>) Oslo
① and <QUANTITY ①>
host <DATE 192.168.1.10>
a <DATE 12>34 number""".splitlines(),
)
def test_numbers_that_are_no_values(marked):
    if marked in ("제<QUANTITY 3조> 2항", "1. <QUANTITY 1> or none"):
        assert corrected(marked) == marked  # 조 is also a number: with no article behind it in the span, it stays
    else:
        assert corrected(marked) == plain(marked)


@pytest.mark.parametrize(
    "marked",
    """in <DATE 2019> and <DATE 2014-2016>
<DATE 1990-95> was dry
at <TIME 15:30> or <TIME 9:05>
<QUANTITY 50 mg> of it
about <QUANTITY 10-15> of them
on page 3 in <DATE 2019>
<DATE three weeks>
<MONEY 3조> 원
<DATE 5월 3일> and <DATE 2020년> 전
<DATE 3월> 전에
the <DATE mid-2020> sale
<QUANTITY 3>. 15. 월요일
<QUANTITY 12>) 3
<DATE 5>. March was dry
<QUANTITY 1.000.000.000> of them
<PER Art. 5 Duo> sang
Table of <DATE 1999>
<PER Max> 20 came
<PER Art> was there
<ORG Secure> 4
<PER Anna> later left
<DATE Monday> last came
<QUANTITY 300> seats ago
long ago <DATE 2019>""".splitlines(),
)
def test_what_stays_as_it_is(marked):
    assert corrected(marked) == marked


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("<DATE three years> ago; then", "<DATE three years ago>; then"),
        ("a <DATE few days> ago", "<DATE a few days ago>"),
        ("a week ago", "<DATE a week ago>"),
        ("an hour later he", "<TIME an hour later> he"),
        ("Two days later", "<DATE Two days later>"),
        ("<TIME ten minutes> earlier", "<TIME ten minutes earlier>"),
        ("12 of three years ago", "12 of <DATE three years ago>"),
        ("a couple of weeks ago", "<DATE a couple of weeks ago>"),
        ("20 years ago", "<DATE 20 years ago>"),
        ("the <PER Three Years Later> show", "the <PER Three Years Later> show"),
        ("next <DATE Tuesday> he", "<DATE next Tuesday> he"),
        ("Last <DATE Monday>", "<DATE Last Monday>"),
        ("last <DATE week>", "<DATE last week>"),
        ("the day before <DATE yesterday>", "<DATE the day before yesterday>"),
        ("the day after <DATE tomorrow> he", "<DATE the day after tomorrow> he"),
        ("지난 <DATE 주> 왔다", "<DATE 지난 주> 왔다"),
        ("다음 <DATE 월요일>", "<DATE 다음 월요일>"),
        ("<DATE 3년> 전 왔다", "<DATE 3년 전> 왔다"),
        ("<DATE 사흘> 전에 왔다", "<DATE 사흘 전>에 왔다"),
        ("<DATE 이틀> 뒤 왔다", "<DATE 이틀 뒤> 왔다"),
        ("<TIME 2시간> 후에", "<TIME 2시간 후>에"),
        ("그저께 왔다", "<DATE 그저께> 왔다"),
        ("글피에 만나자", "<DATE 글피>에 만나자"),
        ("모레까지", "<DATE 모레>까지"),
        ("모레아 그제야", "모레아 그제야"),
        ("<PER Hello Anna>,", "Hello <PER Anna>,"),
        ("<PER Hey, Anna>!", "Hey, <PER Anna>!"),
        ("<PER Merry Christmas Sarah>", "Merry Christmas <PER Sarah>"),
        ("<PER Happy Birthday, Tom Baker>!", "Happy Birthday, <PER Tom Baker>!"),
        ("<PER Happy Gilmore>", "<PER Happy Gilmore>"),
        ("<PER Thanks>,", "Thanks,"),
        ("<PER Good Morning> all", "Good Morning all"),
        ("<ORG Sec>. 4 and <ORG Art>. 5", "Sec. 4 and Art. 5"),
        ("<PER Vol.> 3, <PER Tab>. 2, <MISC Ext>. 12".replace("MISC", "ORG"), "Vol. 3, Tab. 2, Ext. 12"),
        ("<ORG Par. 2> and <PER Ref>. 7", "Par. 2 and Ref. 7"),
        ("<PER Howdy Tom>, <PER Bonjour Marie>", "Howdy <PER Tom>, Bonjour <PER Marie>"),
        ("<ORG Siemens/Nokia>", "<ORG Siemens>/<ORG Nokia>"),
        ("<PER Anna Lee|Tom Ko/김철수>", "<PER Anna Lee>|<PER Tom Ko>/<PER 김철수>"),
        ("<ORG A/S Oslo> <MISC TCP/IP> <ORG a.com/news> <ORG 서/a>", None),
        ("<PER #Paris#London> <ORG C# Ltd>", "<PER #Paris><PER #London> <ORG C# Ltd>"),
        ("<DATE tomorrow> morning", "<DATE tomorrow morning>"),
        ("<DATE yesterday> he", "<DATE yesterday> he"),
        ("<PER #Paris #London>", "<PER #Paris> <PER #London>"),
        ("<ORG #A  #B #C> and", "<ORG #A>  <ORG #B> <ORG #C> and"),
        ("due on 12/05/2021, paid", "due on <DATE 12/05/2021>, paid"),
        ("due on <QUANTITY 12>/05/2021", "due on <DATE 12/05/2021>"),
        ("<DATE 2021-05-12 at 15:30> he", "<DATE 2021-05-12 at 15:30> he"),
        ("at 2021-05-12T10:00Z.", "at <DATE 2021-05-12T10:00Z>."),
        ("작성일 2023.03.05에", "작성일 <DATE 2023.03.05>에"),
        ("<ORG 12/05/2021>", "<DATE 12/05/2021>"),
        ("<ORG on 12/05/2021>", "<ORG on 12/05/2021>"),
        ("on 2020. 1. 1.부터", "on <DATE 2020. 1. 1.>부터"),
        ("(<DATE 2024>. 3. 15.)", "(<DATE 2024. 3. 15.>)"),
        ("<DATE 2021>. 4. 1.~<DATE 2021>.  4. 30 끝", "<DATE 2021. 4. 1.>~<DATE 2021.  4. 30> 끝"),
        ("2020. 13. 1. and 2020. 1. 1.5 and 220. 1. 1. and 2020. 1. 1a", None),
        ("due 12.05.21 or 12-05-21", "due <DATE 12.05.21> or <DATE 12-05-21>"),
        ("on 12-May-2021, 3/Jan/99", "on <DATE 12-May-2021>, <DATE 3/Jan/99>"),
        ("the 3,000-meter race, 7.5-tonne", "the <QUANTITY 3,000-meter> race, <QUANTITY 7.5-tonne>"),
        ("a <DATE 50>-kilometer ride", "a <QUANTITY 50-kilometer> ride"),
        ("(<QUANTITY 413-yard par>) <ORG 5-mile Inn>", "(<QUANTITY 413-yard par>) <ORG 5-mile Inn>"),
        ("a 20-foot-high wall", "a <QUANTITY 20-foot>-high wall"),
        ("5-meterish x3-mile 5-10-km 3- meter 14-story 3-Meile", None),
        ("version 12.05.21, 12-Maybe-2021, 40-May-2021, 12-May/2021", None),
        ("version 1.2.10, 10.1.2.3, 31/31/2020, 2021-05-12-001, 5.6.99", None),
        ("US$12,500.00, € 2 500 or A$45 million", "<MONEY US$12,500.00>, <MONEY € 2 500> or <MONEY A$45 million>"),
        ("the <MISC R$> 4.5 bn", "the <MONEY R$ 4.5 bn>"),
        ("x$ 5 and 100$ 5", "<MONEY x$ 5> and 100$ 5".replace("<MONEY x$", "x<MONEY $")),
        ("at 350°F or -5°C, 25 <ORG °C.>", "at <QUANTITY 350°F> or <QUANTITY -5°C>, <QUANTITY 25 °C>."),
        (
            "13.2 g/dL, 35㎍/㎥로, 120/80mmHg이다",
            "<QUANTITY 13.2 g/dL>, <QUANTITY 35㎍/㎥>로, <QUANTITY 120/80mmHg>이다",
        ),
        ("<QUANTITY 16기>가바이트다, <TIME 3인분>을", "<QUANTITY 16기가바이트>다, <QUANTITY 3인분>을"),
        (
            "<TIME 3분>의 1이, 6 ft 4 in, 1,800 sq ft",
            "<QUANTITY 3분의 1>이, <QUANTITY 6 ft 4 in>, <QUANTITY 1,800 sq ft>",
        ),
        ("5'11\" tall, 2h 30m", "<QUANTITY 5'11\"> tall, <TIME 2h 30m>"),
        ("5 g of 5 m, 5-km 5kmh/x", "5 g of 5 m, <QUANTITY 5-km> <QUANTITY 5kmh>/x"),
        ("50 bps or 25 basis points", "<PERCENT 50 bps> or <PERCENT 25 basis points>"),
        ("at 9.30am in 250 ms", "at <TIME 9.30am> in <TIME 250 ms>"),
        ("half past six, a quarter to 7", "<TIME half past six>, <TIME a quarter to 7>"),
        ("half a pound, half a million pounds", "<QUANTITY half a pound>, <MONEY half a million pounds>"),
        ("It cost three-quarters of a million dollars", "It cost <MONEY three-quarters of a million dollars>"),
        ("three quarters of an hour, a quarter of it", "<TIME three quarters of an hour>, a quarter of it"),
        (
            "two and a <PERCENT half percent>; an hour and a half",
            "<PERCENT two and a half percent>; <TIME an hour and a half>",
        ),
        ("Half an hour later", "<TIME Half an hour later>"),
        (
            "2024 KB국민은행, 10 km를, 3 BP stations, 2PM sang",
            "2024 KB국민은행, <QUANTITY 10 km>를, 3 BP stations, 2PM sang",
        ),
        ("the quarter to 30 June, top 10 ML papers, million and <PERCENT 5%>", None),
        ("half of them, the first half, half past it, a half", None),
        ("one hundred and <MONEY fifty thousand pounds>", "<MONEY one hundred and fifty thousand pounds>"),
        ("six to <DATE eight weeks>, 3 to <DATE 5 March>", "<DATE six to eight weeks>, <DATE 3 to 5 March>"),
        ("between 3 and <TIME 4 p.m.>, 3 and <TIME 5 p.m.>", "between <TIME 3 and 4 p.m.>, 3 and <TIME 5 p.m.>"),
        (
            "minus <QUANTITY 10 degrees>, 섭씨 영하 <QUANTITY 5도>",
            "<QUANTITY minus 10 degrees>, <QUANTITY 섭씨 영하 5도>",
        ),
        ("<ORG FY2023>, H1 2025, Q3'24 and 3Q23", "<DATE FY2023>, <DATE H1 2025>, <DATE Q3'24> and <DATE 3Q23>"),
        ("Q3 24, H1 visas, Q5 2024, h1 2024, FY20231", None),
        ("the <DATE summer> of <DATE 2019>, 300 <ORG BC>", "the <DATE summer of 2019>, <DATE 300 BC>"),
        ("the '70s and ’90s in her 30s", "the <DATE '70s> and <DATE ’90s> in her 30s"),
        (
            "worth a <MONEY million euros>, a <QUANTITY hundred miles>",
            "worth <MONEY a million euros>, <QUANTITY a hundred miles>",
        ),
        ("over a million pounds, a million people", "over <MONEY a million pounds>, a million people"),
        (
            "one million two <MONEY hundred thousand pounds>, vs 3.2 billion\n <DATE Nine months>",
            "<MONEY one million two hundred thousand pounds>, vs 3.2 billion\n <DATE Nine months>",
        ),
        ("<MONEY one thousand> two <MONEY hundred dollars>", "<MONEY one thousand two hundred dollars>"),
        ("a fee of <MONEY two million>", "a fee of <MONEY two million>"),
        ("from 1.30 to <MONEY 1.70 dlrs>", "from <MONEY 1.30 to 1.70 dlrs>"),
        ("between 6,000 and <QUANTITY 8,000 tonnes>", "between <QUANTITY 6,000 and 8,000 tonnes>"),
        ("use 1 <QUANTITY 1/2 cups>, 12 <DATE 5/6>", "use <QUANTITY 1 1/2 cups>, 12 <DATE 5/6>"),
        ("It took an hour, an hour and a half", "It took <TIME an hour>, <TIME an hour and a half>"),
        ("An hour passed; for an hour and ten", "<TIME An hour> passed; for <TIME an hour> and ten"),
        (
            "ten dollars an hour, half an hour, in an hour of it",
            "ten dollars an hour, <TIME half an hour>, in an hour of it",
        ),
        ("one-half of a mile, a half hour", "<QUANTITY one-half of a mile>, <TIME a half hour>"),
        ("a two-and-a-half-week strike, the first half hour, a million-dollar bill", None),
        ("in thirty-five (35) days", "in <DATE thirty-five (35) days>"),
        ("in ten (<QUANTITY 10) business days>", "in <DATE ten (10) business days>"),
        ("thirty (30) apples, five (5)", None),
        ("after 24 h, 11 hrs 30 mins, 30 ns", "after <TIME 24 h>, <TIME 11 hrs 30 mins>, <TIME 30 ns>"),
        ("at 10h30, 35 HR, the 3 H atoms, 5 MS", None),
        ("200 g of it at 38.5 C or 180C", "<QUANTITY 200 g> of it at <QUANTITY 38.5 C> or <QUANTITY 180C>"),
        ("5 g of it, 5 C, Figure 2.1 C, 13.5 g/x, @12C4", None),
        ("a loss of -$45.20; from-$5, -$5", "a loss of <MONEY -$45.20>; from-<MONEY $5>, <MONEY -$5>"),
        ("in mid-May, the mid-1990s", "in <DATE mid-May>, the <DATE mid-1990s>"),
        ("by mid-2020 or mid-'80s", "by <DATE mid-2020> or <DATE mid-'80s>"),
        ("mid-<DATE May 2021>, mid-season, mid-2020x, mid-30s", "<DATE mid-May 2021>, mid-season, mid-2020x, mid-30s"),
        ("over the past year, the past is", "over the <DATE past year>, the past is"),
        ("the 12th day of <DATE May, 2027>", "the <DATE 12th day of May, 2027>"),
        (
            "this twenty-first day of <DATE May>, day of <DATE May>",
            "this <DATE twenty-first day of May>, day of <DATE May>",
        ),
        ("On <ORG Mon>, <DATE Nov 23, 2026> at", "On <DATE Mon, Nov 23, 2026> at"),
        ("Date: Tue, 10 <DATE Apr 2001>", "Date: <DATE Tue, 10 Apr 2001>"),
        ("sun, 10 Apr; Mon 10 apples; Mon, Apr 3rd", None),
        ("Summer <DATE 2019>, fall 2000 points", "<DATE Summer 2019>, fall 2000 points"),
        ("around 10,000 BC, 10,000 people", "around <DATE 10,000 BC>, 10,000 people"),
        ("<DATE Christmas> Eve, <DATE Easter> eggs", "<DATE Christmas Eve>, <DATE Easter> eggs"),
        ("from 3.89 billion a year ago", "from 3.89 billion <DATE a year ago>"),
        (
            "1.34 billion two weeks ago, 6,700 five years ago",
            "1.34 billion <DATE two weeks ago>, 6,700 <DATE five years ago>",
        ),
        ("4,000 years ago, 3.5 billion <DATE five years>", "<DATE 4,000 years ago>, 3.5 billion <DATE five years>"),
        ("66 million years ago, 4.6 billion years ago", "<DATE 66 million years ago>, <DATE 4.6 billion years ago>"),
        ("2 yrs ago, 20 min later", "<DATE 2 yrs ago>, <TIME 20 min later>"),
        ("서너 시간 걸렸다. 한 시간만", "<TIME 서너 시간> 걸렸다. <TIME 한 시간>만"),
        ("네 시간은 좋은 시간", None),
        ("<PER 두어> 시간이면, 서너 달 뒤에", "<TIME 두어 시간>이면, <DATE 서너 달 뒤>에"),
        (
            "스무 살에, 스물<QUANTITY 다섯 살>, 마흔두 살",
            "<QUANTITY 스무 살>에, <QUANTITY 스물다섯 살>, <QUANTITY 마흔두 살>",
        ),
        ("십만 원만, 수백억 원의", "<MONEY 십만 원>만, <MONEY 수백억 원>의"),
        ("수<MONEY 천만 원>, 너만 원해, 5만 원", "<MONEY 수천만 원>, 너만 원해, 5만 원"),
        ("<DATE 작년> 가을에, <DATE 올해> 가서", "<DATE 작년 가을>에, <DATE 올해> 가서"),
        ("<DATE 오늘> <TIME 새벽>에, <DATE 내일> <TIME 아침>", "<DATE 오늘 새벽>에, <DATE 내일 아침>"),
        ("<DATE 오늘> <TIME 오후 3시>, <DATE 이날> <TIME 오전>", None),
        ("<DATE 이번주> <DATE 금요일>, 지난주 <DATE 월요일>", "<DATE 이번주 금요일>, <DATE 지난주 월요일>"),
        ("<DATE 2023>회계연도에, 2026학년도", "<DATE 2023회계연도>에, <DATE 2026학년도>"),
        ("<ORG HR 72 bpm> and <ORG Hb 13.2 g/dL>", "HR <QUANTITY 72 bpm> and Hb <QUANTITY 13.2 g/dL>"),
        ("글피-글피, 5km_5km, 5km~5km", "<DATE 글피>-글피, <QUANTITY 5km>_5km, <QUANTITY 5km>~<QUANTITY 5km>"),
        ("x12/05/2021 12/05/2021x 112/05/2021 12/05/20211 12/05-2021 a-12/05/2021", None),
    ],
)
def test_spans_are_whole(marked, expected):
    assert corrected(marked) == (marked if expected is None else expected)


dates = st.dates(datetime.date(1000, 1, 1), datetime.date(2999, 12, 31)).flatmap(
    lambda d: st.sampled_from(
        ["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y.%m.%d", "%Y/%m/%d", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%dT10:00Z"]
    ).map(d.strftime)
)  # fmt: skip


@given(dates, st.sampled_from(["due %s", "(%s)", "DOB:%s.", "%s에", "from %s to", "%s; then", "‘%s’"]))
def test_dates_in_figures_are_whole(date, frame):
    start = frame.index("%s")
    text = frame % date
    for spans in ([], [Span(start, start + 2, 3, 0.5)]):
        assert [(s.start, s.end, SCHEME[s.type]) for s in correct(text, (0, len(text)), spans, kinds_of(SCHEME))] == [
            (start, start + len(date), "DATE")
        ]


labels = st.sampled_from([word for word, bits in WORDS.items() if bits & LABEL])
numbers = st.from_regex(r"[0-9]{1,6}([.:][0-9]{1,3})?", fullmatch=True)


@given(labels, st.sampled_from([" ", ". ", ": ", " #", " ("]), numbers, st.sampled_from(["DATE", "QUANTITY", "TIME"]))
def test_numbers_behind_labels_are_no_values(label, between, number, type_):
    assert set(number) <= set(BARE)
    for form in (label, label.capitalize(), label.upper()):
        assert corrected(f"{form}{between}<{type_} {number}>") == f"{form}{between}{number}"


@given(st.sampled_from([word for word, bits in WORDS.items() if bits & ABBREVIATION]), st.integers(0, 9999))
def test_abbreviations_before_numbers_are_no_names(word, number):
    form = word.capitalize()
    assert corrected(f"<ORG {form}>. {number}") == f"{form}. {number}"
    assert corrected(f"<ORG {form}.> {number}") == f"{form}. {number}"
    stays = not WORDS[word] & WITHOUT_STOP
    assert corrected(f"<ORG {form}> {number}") == (f"<ORG {form}> {number}" if stays else f"{form} {number}")


@pytest.mark.parametrize(
    ("marked", "stays"),
    [
        ("<MISC Data Collection>", False),
        ("3.1. <MISC Data Collection>", False),
        ("The <MISC User Guide>:", False),
        ("Terms of <MISC Service> and\tUse", False),
        ("Top-level <MISC Rights> of the Children's Court", False),
        ("<MISC STATISTICAL ANALYSIS>", False),
        ("Member of the <MISC Board>", False),
        ("<MISC Kenyan>", True),  # one word
        ("2. <MISC Kenyan>", True),
        ("<MISC Data Collection> was slow", True),
        ("<MISC World Cup>!", True),
        ("<MISC World Cup> 2", True),
        ("<MISC Championnat Élite>", True),  # title case is known of ASCII alone
        ("<ORG Data Collection>", True),
        ("<PER Data Collection>", True),
        ("<other Data Collection>", True),
    ],
)
def test_doubtful_names_in_headings(marked, stays):
    assert corrected(marked) == (marked if stays else plain(marked))
    text, spans = read(marked)
    spans = [span._replace(probability=DOUBTFUL) for span in spans]
    assert correct(text, (0, len(text)), spans, kinds_of(SCHEME)) == spans


def test_each_korean_numeral_counts():
    for numeral in (word for word, bits in WORDS.items() if bits & NUMERAL):
        assert corrected(f"{numeral} 살") == f"<QUANTITY {numeral} 살>"


def test_models_with_other_types_are_left_alone():
    assert kinds_of(["DATE", "PER"]) == []
    assert kinds_of(["drug"]) == []
