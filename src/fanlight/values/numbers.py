"""Numbers in figures and words, English and Korean."""

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
    "thousand": 10**3, "k": 10**3, "million": 10**6, "millions": 10**6, "mln": 10**6, "mn": 10**6, "m": 10**6,
    "billion": 10**9, "bln": 10**9, "bn": 10**9, "b": 10**9, "trillion": 10**12, "trn": 10**12, "tn": 10**12,
}  # fmt: skip
_SHORT_SCALES = frozenset("k m b".split())  # noqa: SIM905 - units, but after money
FRACTIONS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "quarters": Decimal("0.25"), "third": Decimal(1) / 3,
             "thirds": Decimal(1) / 3, "fifth": Decimal("0.2"), "fifths": Decimal("0.2"), "tenth": Decimal("0.1"),
             "tenths": Decimal("0.1")}  # fmt: skip
_TOKEN = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[a-z]+|\S")
_GOES_ON = re.compile(r"[\d,.]+[십백천만억조]|[일이삼사오육칠팔구십백천]+(?=[십백천만억조\s원달]|$)")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")

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


class Number(NamedTuple):
    """A number at the beginning of a text, and where the text goes on behind it."""

    value: Decimal
    end: int


def read_number(text: str, money: bool = False) -> Number | None:
    """Read the number at the beginning of a text in lower case, English or Korean.

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
    korean = _korean(text)
    english = _english(text, money)
    if korean and (not english or korean.end > english.end):
        return korean
    return english


def read_ordinal(word: str) -> int | None:
    """Return the number of "third", "3rd" or "twenty-first"."""
    if match := re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word):
        return int(match.group(1))
    tens, _, unit = word.replace(" ", "-").partition("-")
    if unit and tens in WORDS and unit in ORDINALS:
        return WORDS[tens] + ORDINALS[unit]
    return ORDINALS.get(word)


def _english(text: str, money: bool) -> Number | None:
    """Read figures and words: sums of hundreds and scales, with "and", "a", "half" and "dozen"."""
    total, current, end = Decimal(0), None, 0
    tokens = list(_TOKEN.finditer(text))
    for place, match in enumerate(tokens):
        token = match.group()
        following = tokens[place + 1].group() if place + 1 < len(tokens) else ""
        if token[0].isdigit() and token[0].isascii():
            if current is not None and not (following == "/" and current == current.to_integral_value()):
                break
            if following == "/" and (ratio := _ratio(tokens, place)) is not None:
                current, end = (current or 0) + ratio, tokens[place + 2].end()
                return Number(total + current, end)
            if current is not None:
                break
            current = Decimal(token.replace(",", ""))
        elif token in WORDS:
            current = (current or Decimal(0)) + WORDS[token]
        elif token == "hundred":
            current = (Decimal(1) if current is None else current) * 100
        elif token in SCALES and (money or token not in _SHORT_SCALES) and (current is not None or not end):
            total, current = total + (1 if current is None else current) * SCALES[token], None
        elif token == "dozen" and current is not None:
            current *= 12
        elif token in FRACTIONS and _is_fraction(token, tokens, place):
            current = FRACTIONS[token] * (1 if current is None else current)
            if tokens[place - 1].group() in ("a", "-") and end and place >= 2 and tokens[place - 2].group() == "and":
                current = FRACTIONS[token]
        elif token in ("a", "an") and following in (*SCALES, *FRACTIONS, "hundred", "dozen", "couple"):
            if current is not None and following in FRACTIONS:  # two and a half
                current += FRACTIONS[following]
                end = tokens[place + 1].end()
                scale = tokens[place + 2].group() if place + 2 < len(tokens) else ""
                if scale in SCALES and (money or scale not in _SHORT_SCALES):
                    return Number(total + current * SCALES[scale], tokens[place + 2].end())
                return Number(total + current, end)
            if current is None and following not in (*SCALES, *FRACTIONS, "hundred"):
                current = Decimal(1)
            continue
        elif token == "couple":
            current = Decimal(2)
            if following == "of":
                end = tokens[place + 1].end()
                return Number(current, end)
        elif token in ("and", "-", "of") and end and (following in WORDS or following in ("a", "hundred", *FRACTIONS)):
            continue
        else:
            break
        end = match.end()
    if not end:
        return None
    return Number(total + (current or 0), end)


def _ratio(tokens: list[re.Match[str]], place: int) -> Decimal | None:
    """Return the fraction ``3/4`` whose first token is at `place`."""
    if place + 2 < len(tokens) and tokens[place + 2].group().isdigit():
        over, under = tokens[place].group(), tokens[place + 2].group()
        if over.isdigit() and int(under):
            return Decimal(over) / Decimal(under)
    return None


def _is_fraction(token: str, tokens: list[re.Match[str]], place: int) -> bool:
    """Tell whether "half" or "thirds" is a number here, not an ordinal."""
    before = tokens[place - 1].group() if place else ""
    return token == "half" or before in ("a", "an", "-") or token.endswith("s") or before in WORDS


def _korean(text: str) -> Number | None:
    """Read figures and numerals: Sino-Korean with 만, 억 and 조, or native ones below a hundred."""
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
    """Tell whether a number goes on behind a space: another figure or numeral with its multiplier."""
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
