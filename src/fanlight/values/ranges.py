"""Ranges: "3-5 March 2020", "$5 to $10 million", "between 9 and 17:00", "오후 3~5시", "3월 1일부터 3일까지".

The ends of a range omit words that they share, so each end is parsed with words of the other, most words first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from fanlight.values.numbers import ABOUT_TWO
from fanlight.values.spans import days_of, seconds_of
from fanlight.values.value import Value

SHARED = 6  # most words that one end takes from the other
_FRAME = re.compile(r"^(?:from|between) |(?: ?까지)$")
_BORDERS = (" to ", " or ", " through ", " until ", " till ", "-to-", " and ", " - ", "부터 ", "에서 ", "~", "/", "-")
_MULTIPLIERS = "십백천만억조"
_YEAR = re.compile(r"[0-9]{4}(?![0-9])")
_FIGURE = re.compile(r"[0-9][0-9,.]*")
_GROUP = re.compile(r"[0-9]{3}(?![0-9])")
_PIECE = re.compile(r"\d[\d,.:]*\d|\d|[십백천만억조]|[^\W\d_십백천만억조]+\.?|\s+|.")


def read_range(form: str, read: Callable[[str], Value | None]) -> Value | None:
    """Return the value of a range, or None: "begin/end" for dates and times, the least and greatest number for amounts.

    Parameters
    ----------
    form : str
        Text in lower case.
    read : callable
        Parser of one end.
    """
    text = form.translate({0x223C: "~", 0x301C: "~", 0xFF5E: "~"})
    bare = _FRAME.sub("", _FRAME.sub("", text))
    for border in _BORDERS:
        left, separator, right = bare.partition(border)
        if border == " and " and not text.startswith("between ") and not _FIGURE.fullmatch(left):
            continue  # only figures before "and", as in 3 and 4 p.m., need no "between"
        if not (separator and left.strip() and right.strip()):
            continue
        for end in _with_prefixes(left.strip(), right.strip()):
            high = read(end)
            if high is None:
                continue
            for begin in _with_suffixes(left.strip(), right.strip()):
                low = read(begin)
                is_backwards = low is not None and low.kind == "time" and f"{high.iso}" < f"{low.iso}"
                if is_backwards and begin != left.strip():
                    continue  # 11-1 pm: not 11 pm
                if low is not None and (value := _join(low, high)):
                    return value
    return None


def read_two(form: str, read: Callable[[str], Value | None]) -> Value | None:
    """Return the range of a word for two numbers: 두세 시간, 이삼십 명, 사나흘; None for other text."""
    for word, ends in ABOUT_TWO.items():
        if form.startswith(word):
            low, high = (read(end + form[len(word) :]) for end in ends)
            return _join(low, high) if low and high else None
    return None


def _with_prefixes(left: str, right: str) -> Iterator[str]:
    """Yield the right end with words of the left end before it, most words first."""
    word_ends = [match.end() for match in _PIECE.finditer(left) if match.group().strip()]
    for place in [*reversed(word_ends[:-1][:SHARED]), 0]:
        if left[:place] in ("-", "minus") or (place and right.startswith(("a ", "an ", "one "))):
            continue  # -10 to 5°C, 6 months to a year
        if place and left[place - 1].isdecimal() and _GROUP.match(right):
            continue  # 100만~200만 원, while 100 200 is one number
        space = " " if left[place : place + 1].isspace() or (place and left[place - 1].isdecimal()) else ""
        yield f"{left[:place]}{space}{right}"


def _with_suffixes(left: str, right: str) -> Iterator[str]:
    """Yield the left end with words of the right end behind it, most words first."""
    word_starts = [match.start() for match in _PIECE.finditer(right) if match.group().strip()]
    for place in word_starts[1:][-SHARED:]:
        if _cannot_follow(left[-1], right[place:]):
            continue
        space = " " if right[place - 1].isspace() else ""
        yield f"{left}{space}{right[place:]}"
    yield left


def _cannot_follow(last: str, suffix: str) -> bool:
    """Tell whether a suffix belongs to the right end's number: 5천원 in 1만~2만5천원, 30분 in 2시~3시 30분."""
    if suffix[0].isdecimal() or suffix[0] in "/.:":
        return not _YEAR.match(suffix)
    return suffix[0] == last or (last in _MULTIPLIERS and -1 < _MULTIPLIERS.find(suffix[0]) < _MULTIPLIERS.index(last))


def _join(low: Value, high: Value) -> Value | None:
    """Return the range of two values of the same kind and unit in ascending order, else None."""
    if low.kind != high.kind or low.unit != high.unit or "/" in f"{low.iso}{high.iso}" or low == high:
        return None
    if low.number is not None and high.number is not None:
        if low.upper is not None or high.upper is not None or low.number >= high.number:
            return None
        return replace(low, upper=high.number)
    if low.iso is None or high.iso is None:
        return None
    lengths = (seconds_of(low.iso), seconds_of(high.iso))
    if lengths[0] is not None and lengths[1] is not None and lengths[0] >= lengths[1]:
        return None
    days = (days_of(low.iso), days_of(high.iso))
    if (days[0] is None) != (days[1] is None) or (days[0] and days[1] and days[0][0] > days[1][0]):
        return None
    return replace(low, iso=f"{low.iso}/{high.iso}")
