"""Words that the span rules (`text.span_rules`) look for, and the words and numbers before and after an offset."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum

(
    LABEL, ABBREVIATION, WITHOUT_STOP, GREETING, OPENER, WISH, OCCASION, UNIT, CLOCK_UNIT, RELATIVE, AGO, COUNT, OF,
    LONE, DAY, KOREAN_DAY, KOREAN_AGO, EVE, SIDE, ONE_DAY, ARTICLE, GROUP, MINOR, MONTH,
    DAYTIME, MEASURE, ORDINAL, WEEKDAY, NUMERAL, HOURS, MONTHS, AGE, TODAY, KOREAN_DAYTIME, KOREAN_SEASON, YEAR_WORD,
    FEAST, FEAST_DAY, INDEFINITE, MAGNITUDE, WON,
) = (1 << i for i in range(41))  # fmt: skip
LENGTH = 41  # the bit from which on a Korean word has its length without particles
PHRASES = 512  # most phrases of a sentence
CHAIN = 4  # most words of a count
MARKS_BEFORE = " \t\n\r.:#(-+"  # between a label and its number
DOUBTFUL = 0.7  # probability below which a MISC in a heading is removed, and a name gives way to an amount
BARE = "0123456789 \t\n\r.,:;/()+-#~'"
COUNTERS = "호쪽절항동제실"  # syllables of numbers of parts of laws, books and buildings
CIRCLED = 0x2460, 0x24FF  # the first and last number in a circle or parentheses
PARTS = "장조"  # more such syllables, for dates and times
SPANS = "간년주달월일분초틀흘루름"  # last syllables of Korean spans of time
PARTICLES = ("", *"에 에는 에도 의 까지 부터 만 이다 은 는 과 와 으로 로 도 쯤 을 를 이 가 다 씩 입니다".split())  # noqa: SIM905

_TENS, _ONES = "열 스물 서른 마흔 쉰 예순 일흔 여든 아흔".split(), "한 두 세 네 다섯 여섯 일곱 여덟 아홉".split()  # noqa: SIM905
_WORDS = {
    LABEL: """section sections sec sect article art chapter ch chap paragraph para clause cl rule sch reg figure
        fig figs eq eqs table tab line row page pages p pp room rm building bldg apartment apt suite box rev
        number no nos nr num account acct iban phone telephone tel fax mobile ext extension version ver release
        score id code ssn isbn zip postcode flight invoice ticket gate platform exit question item step appendix
        annex verse volume vol passport serial ref reference
        전화 전화번호 연락처 계좌 계좌번호 주민번호 주민등록번호 번호 팩스 휴대폰 그림 표 버전 우편번호 사업자등록번호
        여권번호 내선""",
    ABBREVIATION: """sec sect art tel ext max min no nos nr fig figs ch chap par para app p pp vol approx ver fax tab cl
        sch reg eq ref bldg apt rm rev ed ex subsec""",
    WITHOUT_STOP: "sec sect tel fig figs vol pp nos para approx chap eq bldg apt subsec",
    GREETING: """hello hi hey hiya hola ciao dear dearest thanks thx congrats congratulations goodbye sorry cheers
        regards howdy heya aloha namaste bonjour bonsoir salut hallo hej servus ahoj ahoy""",
    OPENER: "bye welcome greetings please call tell ask meet email contact remember let",
    WISH: "merry happy good",
    OCCASION: "christmas birthday easter morning afternoon evening night anniversary",
    UNIT: """second minute hour day week fortnight month year decade century weekend morning afternoon evening night
        yr wk hr min sec""",
    CLOCK_UNIT: "second minute hour seconds minutes hours hr min sec",
    RELATIVE: """last next this past coming previous 지난 다음 이번 저번 다다음 지지난 지난주 다음주 이번주 저번주
        다다음주 지지난주""",
    AGO: "ago later earlier",
    COUNT: """a an one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand few several
        many some couple half dozen of million billion""",
    OF: "of",
    GROUP: "couple dozen",
    LONE: "one two three four five six seven eight nine ten eleven twelve hundred thousand",
    DAY: """monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter january february march
        april may june july august september october november december
        주 달 해 월요일 화요일 수요일 목요일 금요일 토요일 일요일 주말""",
    KOREAN_DAY: "글피 그저께 그제 엊그제 엊그저께 모레 보름",
    KOREAN_AGO: "전 뒤 후",
    EVE: "yesterday tomorrow",
    SIDE: "before after",
    ONE_DAY: "day",
    ARTICLE: "the",
    MINOR: "a an and as at but by for from in into nor of on or per the to via vs with",  # small in title case
    MONTH: """january february march april may june july august september october november december jan feb mar apr jun
        jul aug sep sept oct nov dec""",
    DAYTIME: "morning afternoon evening night",
    MEASURE: """meter metre kilometer kilometre centimeter centimetre millimeter millimetre km cm mm mile yard foot feet
        inch acre hectare pound ounce gram kilogram kg ton tonne liter litre gallon barrel watt kilowatt megawatt volt
        hertz degree megabyte gigabyte terabyte""",
    ORDINAL: """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth""",
    WEEKDAY: """mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday
        sunday""",
    NUMERAL: "한 두 세 다섯 여섯 일곱 여덟 아홉 스무 한두 두세 두어 서너 너댓 네댓 대여섯 예닐곱 "
    + " ".join(tens + ones for tens in _TENS for ones in ["", *_ONES]),  # and not 네, which also means "your"
    HOURS: "시간",
    MONTHS: "달",
    AGE: "살",
    TODAY: "오늘 어제 내일 그제 그저께 모레",
    KOREAN_DAYTIME: "새벽 아침 오전 낮 오후 저녁 밤",
    KOREAN_SEASON: "봄 여름 가을 겨울",
    YEAR_WORD: "작년 지난해 재작년 올해 금년 내년 내후년",
    FEAST: "christmas easter",
    INDEFINITE: "a an",
    MAGNITUDE: "million billion",
    WON: "원",
    FEAST_DAY: "eve day sunday monday",
}  # fmt: skip


_WITH_LENGTH = (KOREAN_DAY, HOURS, MONTHS, AGE, KOREAN_SEASON, WON)
_ENDINGS = (*PARTICLES, *"만에 이면 이나 이라도 이라 째 째다 짜리 밖에 이었다 이다가".split())  # noqa: SIM905


class Kind(IntEnum):
    """The kind of an entity type, by which the span rules treat it."""

    OTHER = 0
    NAME = 1
    PERSON = 2
    OTHER_NAME = 3
    DATE = 4
    TIME = 5
    QUANTITY = 6
    MONEY = 7
    PERCENT = 8


def _bits_of_words() -> dict[str, int]:
    bits: dict[str, int] = {}
    for bit, words in _WORDS.items():
        for word in words.split():
            forms = [word]
            if bit in (UNIT, CLOCK_UNIT) and not word.endswith("s"):
                forms.append("centuries" if word == "century" else word + "s")
            elif bit in (*_WITH_LENGTH, KOREAN_AGO):
                forms = [word + ending for ending in (_ENDINGS if bit == HOURS else PARTICLES)]
            for form in forms:
                bits[form] = bits.get(form, 0) | bit | (len(word) << LENGTH if bit in _WITH_LENGTH else 0)
    return bits


WORDS = _bits_of_words()
_TRIGGERS = (*_WORDS[AGO].split(), *_WORDS[KOREAN_DAY].split(), "half", "quarter", "mid-")
_COUNTED = re.compile(r"[한두세네섯곱덟홉열무물른흔쉰순든너어댓][ \t\n\r]+(?:시간|달|살)")
_TRIGGER_PAIRS = (
    ("hour", re.compile(r"an[ \t\n\r]+hour")),
    ("illion", re.compile(r"(?:an?|one)[ \t\n\r]+[mbtr]+illion")),
    ("past", re.compile(r"the[ \t\n\r]+past")),
    *((word, _COUNTED) for word in ("시간", "달", "살")),
    ("원", re.compile(r"[십백천만억조][ \t\n\r]+원")),
)
SUM, MULTIPLIERS = frozenset("일이삼사오육칠팔구십백천만억조수몇"), "십백천만억조"


def bits_of(word: str) -> int:
    """Return the bits of a word in the table `WORDS`."""
    return WORDS.get(word.lower() if word.isascii() else word, 0)


def word_before(text: str, begin: int, i: int) -> tuple[int, int]:
    """Return the run of letters before i, skipping blanks; an empty range if there is none."""
    while i > begin and is_blank(text[i - 1]):
        i -= 1
    stop = i
    while i > begin and is_letter(text[i - 1]):
        i -= 1
    return i, stop


def number_before(text: str, begin: int, i: int) -> tuple[int, int]:
    """Return the range of a number before i, skipping blanks, if a blank or `begin` precedes it, else an empty one."""
    while i > begin and is_blank(text[i - 1]):
        i -= 1
    stop = i
    while i > begin and (is_digit(text[i - 1]) or (i < stop and is_point(text, begin, i - 1))):
        i -= 1
    return (i, stop) if i == begin or is_blank(text[i - 1]) else (stop, stop)


def word_behind(text: str, i: int, end: int) -> tuple[int, int]:
    """Return the run of letters after i, skipping blanks and commas."""
    while i < end and (is_blank(text[i]) or text[i] == ","):
        i += 1
    return i, end_of_run(text, i, end, is_letter)


def is_labelled(text: str, begin: int, i: int) -> bool:
    """Tell whether a label precedes i, so that the number there is no amount."""
    while i > begin and text[i - 1] in MARKS_BEFORE:
        i -= 1
    label, _ = word_before(text, begin, i)
    return bits_of(text[label:i]) & LABEL != 0


def is_digit(c: str) -> bool:
    """Tell whether a character is an ASCII digit."""
    return "0" <= c <= "9"


def is_sum(word: str) -> bool:
    """Tell whether a word is a Korean numeral that ends with a multiplier, as sums of money (``만``, ``수백만``)."""
    return word[-1:] in MULTIPLIERS and word != "" and SUM.issuperset(word)


def is_point(text: str, begin: int, i: int) -> bool:
    """Tell whether there is a comma or stop after a digit at i."""
    return text[i] in ",." and i > begin and is_digit(text[i - 1])


def is_number(text: str) -> bool:
    """Tell whether a text consists of ASCII digits, and is not empty."""
    return text != "" and all(map(is_digit, text))


def is_blank(c: str) -> bool:
    """Tell whether a character is white space that may separate the words of a phrase."""
    return c in " \t\n\r"


def is_letter(c: str) -> bool:
    """Tell whether a character is an ASCII letter or not ASCII."""
    return c > "\x7f" or "a" <= c <= "z" or "A" <= c <= "Z"


def is_plain(c: str) -> bool:
    """Tell whether a character is an ASCII letter or digit."""
    return c <= "\x7f" and (is_letter(c) or is_digit(c))


def is_glued(text: str, begin: int, i: int, characters: str) -> bool:
    """Tell whether an ASCII letter or digit precedes i, or precedes one of `characters` before i."""
    if i == begin:
        return False
    return is_plain(text[i - 1]) or (text[i - 1] in characters and i - 1 > begin and is_plain(text[i - 2]))


def end_of_run(text: str, i: int, end: int, test: Callable[[str], bool]) -> int:
    """Return the end of the run of characters that pass a test and begins at i."""
    while i < end and test(text[i]):
        i += 1
    return i


def may_have_phrase(text: str) -> bool:
    """Tell whether a text contains a digit, a word such as ``ago`` or ``half``, or a Korean expression of time."""
    if any(c in text for c in "0123456789"):
        return True
    lower = text.lower()
    return any(word in lower for word in _TRIGGERS) or any(
        word in lower and pattern.search(lower) for word, pattern in _TRIGGER_PAIRS
    )
