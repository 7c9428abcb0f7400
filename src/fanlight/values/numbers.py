"""Parsing of numbers in figures and words, English and Korean."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
WORDS = {word: n for n, word in enumerate(_SMALL.split())} | {w: 10 * n for n, w in enumerate(_TENS.split(), 2)}
ORDINALS = {word: n for n, word in enumerate(_ORDINALS.split())}
ORDINALS |= {word[:-1] + "ieth": 10 * n for n, word in enumerate(_TENS.split(), 2)}
SCALES = {
    "thousand": 10**3, "k": 10**3, "million": 10**6, "millions": 10**6, "mio": 10**6, "mm": 10**6,
    "mln": 10**6, "mn": 10**6, "m": 10**6,
    "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7,
    "billion": 10**9, "bln": 10**9, "bn": 10**9, "b": 10**9,
    "bi": 10**9, "trillion": 10**12, "trn": 10**12, "tn": 10**12,
}  # fmt: skip
_SHORT_SCALES = frozenset("k m b mm bi".split())  # noqa: SIM905 - scales only of money, else units
_LONG_SCALES = frozenset("million billion trillion crore".split())  # noqa: SIM905
FRACTIONS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "quarters": Decimal("0.25"), "third": Decimal(1) / 3,
             "thirds": Decimal(1) / 3, "fourth": Decimal("0.25"), "fourths": Decimal("0.25"),
              "fifth": Decimal("0.2"), "fifths": Decimal("0.2"), "tenth": Decimal("0.1"),
             "tenths": Decimal("0.1")}  # fmt: skip
_TOKEN = re.compile(r"[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]*\.?[0-9]+(?:e[+-]?[0-9]{1,2}(?![0-9a-z]))?|[^\W\d_]+|\S")
_FRACTION_OF = re.compile(
    r"(?:(half|one half|one-half|a half)|(?:(a|one|two|three|four) |(one|two|three|four)-|(?=quarter))"
    r"(quarters?|thirds?|fourths?|fifths?|tenths?)) of (?:an?|one) "
)
_GOES_ON = re.compile(r"[0-9]|[일이삼사오육칠팔구십백천]+(?=[십백천만억조\s원달]|$)")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
_TWO_ORDINALS = re.compile(r"\b(?:twenty|thirty)[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b")
_SPELLED_YEAR = re.compile(
    r"\b(ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty)[- ]"
    r"((?:oh |twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|hundred)[a-z -]{0,8})$"
)

_DIGITS = {c: n for n, c in enumerate("영일이삼사오육칠팔구")} | {"공": 0, "륙": 6}
_MULTIPLIERS = {"십": 10, "백": 100, "천": 1000}
_MYRIADS = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
_NATIVE_TENS = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
_NATIVE_UNITS = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "석": 3, "서": 3, "넷": 4, "네": 4, "넉": 4, "너": 4,
    "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip

ABOUT_TWO = {  # words for a range of numbers, with both ends
    "하루 이틀": ("하루", "이틀"), "하루이틀": ("하루", "이틀"), "사나흘": ("사흘", "나흘"), "이삼일": ("이틀", "사흘"),
    "이삼 일": ("이틀", "사흘"), "삼사일": ("사흘", "나흘"), "삼사 일": ("사흘", "나흘"), "한두": ("한", "두"),
    "두세": ("두", "세"), "두어": ("두", "세"), "두서너": ("두", "네"), "서너": ("세", "네"),
    "너댓": ("네", "다섯"), "네댓": ("네", "다섯"),
    "대여섯": ("다섯", "여섯"), "예닐곱": ("여섯", "일곱"), "일고여덟": ("일곱", "여덟"), "이삼": ("이", "삼"),
    "삼사": ("삼", "사"), "사오": ("사", "오"), "오륙": ("오", "육"),
}  # fmt: skip


class Number(NamedTuple):
    """A number at the beginning of a text, and the position after it."""

    value: Decimal
    end: int


def read_number(text: str, money: bool = False) -> Number | None:
    """Parse the number at the beginning of a text in lower case, English or Korean; return None if there is none.

    Parameters
    ----------
    text : str
    money : bool
        Whether k, m and b are thousands, millions and billions.

    Examples
    --------
    >>> read_number("two and a half million people").value, read_number("1,234.5 km").value
    (Decimal('2500000.0'), Decimal('1234.5'))
    >>> read_number("3만 5천 원").value, read_number("스물세 살").value
    (Decimal('35000'), Decimal('23'))
    """
    if match := _FRACTION_OF.match(text):
        part = Decimal("0.5") if match[1] else WORDS.get(match[2] or match[3], 1) * FRACTIONS[match[4]]
        scale, _, _ = text[match.end() :].partition(" ")
        number = SCALES.get(scale, 1) if scale not in _SHORT_SCALES else 1
        return Number(part * number, match.end() + (len(scale) if number > 1 else 0))
    korean = _korean(text)
    english = _english(text, money)
    if korean and (not english or korean.end > english.end):
        return korean
    return english


def read_ordinal(word: str) -> int | None:
    """Return the number of "third", "3rd" or "twenty-first"; None for other words."""
    if match := re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word):
        return int(match.group(1))
    tens, _, unit = word.replace(" ", "-").partition("-")
    if unit and tens in WORDS and unit in ORDINALS:
        return WORDS[tens] + ORDINALS[unit]
    return ORDINALS.get(word)


def write_years(form: str) -> str:
    """Replace a year in words and ordinals of two words with figures: nineteen eighty-four, twenty-first."""
    form = _TWO_ORDINALS.sub(lambda match: f"{read_ordinal(match.group().replace(' ', '-'))}th", form)
    match = _SPELLED_YEAR.search(form)
    if match is None:
        return form
    century, years = WORDS[match[1]], read_number(match[2].removeprefix("oh ").replace("hundred", "zero"))
    if years is None or years.value > 99:
        return form
    return f"{form[: match.start()]}{100 * century + int(years.value)}"


def _english(text: str, money: bool) -> Number | None:
    """Parse figures and words: groups with decreasing scales, such as two million and three hundred thousand."""
    tokens = list(_TOKEN.finditer(text))
    words = [token.group() for token in tokens]
    total, end, place, limit = Decimal(0), 0, 0, None
    while (group := _group(words, place)) is not None:
        value, place = group
        place += _at(words, place) == "-" and _at(words, place + 1) in SCALES  # $20-million
        scale = SCALES.get(_at(words, place), 1) if money or _at(words, place) not in _SHORT_SCALES else 1
        if limit is not None and scale >= limit:
            break
        place += scale > 1
        if scale > 1 and _at(words, place) in _LONG_SCALES:  # lakh crore, thousand billion
            scale, place = scale * SCALES[_at(words, place)], place + 1
        if scale > 1 and (
            part := _and_part(words, place)
        ):  # two million and a half is rare, a million and a half is not
            value, place = value + part[0], part[1]
        total, end, limit = total + value * scale, tokens[place - 1].end(), scale
        if scale == 1:
            break
        place += _at(words, place) in ("and", "-", ",")
        if not (_at(words, place) in WORDS or _at(words, place)[:1].isdecimal()):
            break
    return Number(total, end) if end else None


def _at(words: list[str], place: int) -> str:
    return words[place] if 0 <= place < len(words) else ""


def _group(words: list[str], place: int) -> tuple[Decimal, int] | None:
    """Parse the number before a scale at a place; return it and the place after it, or None."""
    word, following = _at(words, place), _at(words, place + 1)
    if word[-1:].isdecimal():
        value, place = _figures(words, place)
    elif word == "half":
        is_article = following in ("a", "an") and _at(words, place + 2) in (*SCALES, "hundred", "dozen")
        value, place = FRACTIONS["half"], place + 1 + is_article
    elif word in ("a", "an") and following in (*SCALES, "hundred", "dozen"):
        value, place = Decimal(1), place + 1
    elif word in ("a", "an") and following in FRACTIONS:
        return FRACTIONS[following], place + 2
    elif following == "couple" or word == "couple":
        place += 1 if word == "couple" else 2 if word == "a" else 0
        return (Decimal(2), place + (_at(words, place) == "of")) if place else None
    elif word in WORDS:
        value, place = _below_hundred(words, place)
    else:
        return None
    if (part := _fraction(words, place)) and value == value.to_integral_value():
        return value * part[0], part[1]
    if _at(words, place) == "hundred":
        value, place = value * 100, place + 1
        skipped = _at(words, place) in ("and", "-")
        if _at(words, place + skipped) in WORDS:
            units, place = _below_hundred(words, place + skipped)
            value += units
    elif _at(words, place) == "dozen":
        return value * 12, place + 1
    if part := _and_part(words, place):
        return value + part[0], part[1]
    return value, place


def _below_hundred(words: list[str], place: int) -> tuple[Decimal, int]:
    value, place = WORDS[words[place]], place + 1
    if value >= 20:
        skipped = _at(words, place) == "-"
        unit = WORDS.get(_at(words, place + skipped), 0)
        if 0 < unit < 10:
            return Decimal(value + unit), place + skipped + 1
    return Decimal(value), place


def _figures(words: list[str], place: int) -> tuple[Decimal, int]:
    """Parse 5, 1,234.5, 3/4, 3 1/2 and 3-1/2; return the number and the place after it."""
    if (ratio := _ratio(words, place)) is not None and ratio <= 1:
        return ratio, place + 3
    value, place = Decimal(words[place].replace(",", "")), place + 1
    skipped = _at(words, place) == "-"
    ratio = _ratio(words, place + skipped)
    if ratio is not None and ratio < 1 and value == value.to_integral_value():
        return value + ratio, place + skipped + 3
    return value, place


def _ratio(words: list[str], place: int) -> Decimal | None:
    """Return the value of a fraction ``3/4`` whose first token is at `place`, or None."""
    over, under = _at(words, place), _at(words, place + 2)
    if _at(words, place + 1) == "/" and over.isdecimal() and under.isdecimal() and int(under):
        return Decimal(over) / Decimal(under)
    return None


def _fraction(words: list[str], place: int) -> tuple[Decimal, int] | None:
    """Parse the thirds of "two thirds" and the third of "one-third"; return the fraction and the place after it."""
    skipped = _at(words, place) == "-"
    name, before = _at(words, place + skipped), _at(words, place - 1)
    if name in FRACTIONS and (name.endswith("s") or before == "one"):
        return FRACTIONS[name], place + skipped + 1
    return None


def _and_part(words: list[str], place: int) -> tuple[Decimal, int] | None:
    """Parse "and a half" or "and three quarters"; return the fraction and the place after it, or None."""
    if _at(words, place) != "and":
        return None
    if _at(words, place + 1) in ("a", "one") and _at(words, place + 2) in FRACTIONS:
        return FRACTIONS[_at(words, place + 2)], place + 3
    number, part = WORDS.get(_at(words, place + 1)), _at(words, place + 2)
    return (number * FRACTIONS[part], place + 3) if number and part in FRACTIONS and part.endswith("s") else None


def _korean(text: str) -> Number | None:
    """Parse Korean numerals: Sino-Korean or figures with 만, 억, 조 and 경, or native below a hundred."""
    if native := _native(text):
        return native
    total, section, digit, end, place = Decimal(0), Decimal(0), None, 0, 0
    while place < len(text):
        character = text[place]
        if match := _FIGURE.match(text, place) if character.isascii() else None:
            if digit is not None:
                break
            digit, place = Decimal(match.group().replace(",", "")), match.end()
        elif character in _DIGITS and not text[place - 1 : place].isdecimal():
            digit, place = (digit or 0) * 10 + Decimal(_DIGITS[character]), place + 1
        elif character in _MULTIPLIERS:
            section += (1 if digit is None else digit) * _MULTIPLIERS[character]
            digit, place = None, place + 1
        elif character in _MYRIADS:
            section += digit or 0
            total += (section or 1) * _MYRIADS[character]
            section, digit, place = Decimal(0), None, place + 1
        elif character == " " and end and _goes_on(text, place + 1):
            place += 1
            continue
        else:
            break
        end = place
    if not end:
        return None
    return Number(total + section + (digit or 0), end)


def _goes_on(text: str, place: int) -> bool:
    """Tell whether a number continues after a space, with a figure or with a numeral and its multiplier."""
    return bool(_GOES_ON.match(text, place))


def _native(text: str) -> Number | None:
    value = place = 0
    for tens, number in _NATIVE_TENS.items():
        if text.startswith(tens):
            value, place = number, len(tens)
            break
    for units, number in sorted(_NATIVE_UNITS.items(), key=lambda item: -len(item[0])):
        if text.startswith(units, place):
            return Number(Decimal(value + number), place + len(units))
    return Number(Decimal(value), place) if place else None
