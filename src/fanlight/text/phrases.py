"""Rules for dates and measures in figures, spans of time before ``ago``, and Korean days, in any context.

A date in figures has a day, a month and a year (``12/05/2021``, ``12.05.21``, ``12-May-2021``), or a year, a month and
a day, in Korean with spaces between (``2020. 1. 1.``), and may have a time (``2021-05-12T10:00Z``). A year of two
digits follows slashes, or a day and a month of two digits each without a label such as ``version`` before. A measure
has a hyphen before its unit (``the 3,000-meter race``). `text.amounts` has other amounts, `text.periods` other dates,
`engine.phrases` the kernels.
"""

from __future__ import annotations

from fanlight.text.amount_words import FISCAL, HALF, LARGE, LONE_HOUR, MIDDLE, PART_OF_YEAR, PAST, QUARTER
from fanlight.text.amount_words import bits_of as amount_bits
from fanlight.text.amounts import find_amount, find_fraction, find_hour, find_scaled
from fanlight.text.periods import find_fiscal, find_middle, find_past, find_period
from fanlight.text.span_words import (
    AGE,
    AGO,
    CHAIN,
    CLOCK_UNIT,
    COUNT,
    GROUP,
    HOURS,
    INDEFINITE,
    KOREAN_DAY,
    LENGTH,
    MAGNITUDE,
    MEASURE,
    MONTH,
    MONTHS,
    NUMERAL,
    OF,
    PHRASES,
    UNIT,
    WON,
    Kind,
    bits_of,
    end_of_run,
    is_blank,
    is_digit,
    is_glued,
    is_labelled,
    is_letter,
    is_plain,
    is_sum,
    may_have_phrase,
    number_before,
    word_before,
)

_KINDS = {HOURS: Kind.TIME, MONTHS: Kind.DATE, AGE: Kind.QUANTITY, WON: Kind.MONEY}  # kinds of Korean units


def find_phrases(text: str, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Return start, end and kind of dates and amounts, spans of time in the past or future, and Korean days.

    Phrases are separated by a blank or ``~``, so that no token has two, and there are no more phrases than tokens.
    """
    out: list[tuple[int, int, int]] = []
    i, is_separate = begin if may_have_phrase(text[begin:end]) else end, True
    while i < end and len(out) < PHRASES:
        phrase = (0, 0, 0)
        if is_digit(text[i]):
            stop = end_of_run(text, i, end, is_digit)
            phrase = _find_figure(text, begin, i, end)
        elif is_letter(text[i]):
            stop = end_of_run(text, i, end, is_letter)
            phrase = _find_word(text, (begin, out[-1][1] if out else begin), i, stop, end)
        else:
            stop = i + 1
            is_separate = is_separate or is_blank(text[i]) or text[i] == "~"
        if out and phrase[0] < out[-1][1] < phrase[1]:  # half an hour later
            out[-1] = (min(phrase[0], out[-1][0]), *phrase[1:])
        elif phrase[1] and is_separate:
            out.append(phrase)
            is_separate = False
        i = max(stop, phrase[1])
    return out


def _find_word(text: str, limits: tuple[int, int], i: int, stop: int, end: int) -> tuple[int, int, int]:
    """Return start, end and kind of the phrase with the word at i; zeros if there is none.

    `limits` are the start of the sentence and the end of the previous phrase.
    """
    begin, last = limits
    bits, amounts = bits_of(text[i:stop]), amount_bits(text[i:stop])
    if bits & AGO and (past := _past(text, begin, i)):
        return past[0], stop, past[1]
    if bits & KOREAN_DAY:
        return i, i + (bits >> LENGTH), Kind.DATE
    if bits & (HOURS | MONTHS | AGE | WON):
        numeral, right = word_before(text, begin, i)
        kind = next(kind for bit, kind in _KINDS.items() if bits & bit)
        is_counted = is_sum(text[numeral:right]) if bits & WON else bits_of(text[numeral:right]) & NUMERAL
        is_whole = right < i and not (numeral > begin and is_digit(text[numeral - 1]))
        return (numeral, i + (bits >> LENGTH), kind) if is_counted and is_whole else (0, 0, 0)
    if amounts & (HALF | QUARTER):
        return find_fraction(text, last, i, stop, end)
    if amounts & LONE_HOUR:
        return find_hour(text, begin, i, stop, end)
    if amounts & LARGE:
        return find_scaled(text, begin, i, stop, end)
    if amounts & MIDDLE:
        return (*find_middle(text, i, stop, end), Kind.DATE)
    if amounts & PAST:
        return find_past(text, begin, i, stop, end)
    if amounts & (FISCAL | PART_OF_YEAR):
        return (*find_fiscal(text, begin, i, stop, end), Kind.DATE)
    return 0, 0, 0


def _find_figure(text: str, begin: int, i: int, end: int) -> tuple[int, int, int]:
    """Return start, end and kind of the date, period or amount whose figure is at i; zeros if there is none."""
    if date := end_of_date(text, begin, i, end):
        return i, date, Kind.DATE
    if measure := _end_of_measure(text, begin, i, end):
        return i, measure, Kind.QUANTITY
    start, stop = find_period(text, begin, i, end)
    return (start, stop, Kind.DATE) if stop else find_amount(text, begin, i, end)


def end_of_date(text: str, begin: int, i: int, end: int) -> int:
    """Return the end of the date in figures at i; 0 if there is none."""
    if is_glued(text, begin, i, "./-"):
        return 0
    stop = end_of_run(text, i, min(end, i + 5), is_digit)
    if stop == i or stop >= end or text[stop] not in "./-":
        return 0
    if stop + 1 < end and is_letter(text[stop + 1]):
        return _end_of_named_month(text, i, stop, end)
    figures = _end_of_figures(text, begin, i, stop, end=end)
    return figures if figures or text[stop] != "." else _end_of_spaced_date(text, i, stop, end)


def _end_of_measure(text: str, begin: int, i: int, end: int) -> int:
    """Return the end of a measure such as ``3,000-meter`` at i; 0 if there is none."""
    if is_glued(text, begin, i, ",./-"):
        return 0
    hyphen = end_of_run(text, i, end, is_digit)
    while hyphen + 1 < end and text[hyphen] in ",." and is_digit(text[hyphen + 1]):
        hyphen = end_of_run(text, hyphen + 1, end, is_digit)
    if hyphen >= end or text[hyphen] != "-":
        return 0
    stop = end_of_run(text, hyphen + 1, end, is_letter)
    return stop if bits_of(text[hyphen + 1 : stop]) & MEASURE else 0


def _end_of_figures(text: str, begin: int, i: int, first_stop: int, *, end: int) -> int:
    """Return the end of a date without spaces, with ``text[i:first_stop]`` as first figure; 0 if there is none."""
    mark = text[first_stop]
    second_stop = end_of_run(text, first_stop + 1, min(end, first_stop + 6), is_digit)
    if second_stop == first_stop + 1 or second_stop >= end or text[second_stop] != mark:
        return 0
    stop = end_of_run(text, second_stop + 1, min(end, second_stop + 6), is_digit)
    figures = text[i:first_stop], text[first_stop + 1 : second_stop], text[second_stop + 1 : stop]
    length, middle_length, last_length = map(len, figures)
    left, middle, right = (int(figure or "0") for figure in figures)
    if length == 4:
        valid = middle_length < 3 and 0 < last_length < 3 and _is_day(left, middle, right)
    else:
        year = right if last_length == 4 else 2000 + right
        valid = length < 3 and middle_length < 3 and last_length in (2, 4)
        valid = valid and (_is_day(year, left, middle) or _is_day(year, middle, left))
        if last_length == 2 and mark != "/":
            valid = valid and length == middle_length == 2 and not is_labelled(text, begin, i)
    if not valid:
        return 0
    if stop + 1 < end and text[stop] == "T" and is_digit(text[stop + 1]):
        stop = end_of_run(text, stop + 1, end, lambda c: c in "0123456789:.+-Z")
        while text[stop - 1] in ":.+-":
            stop -= 1
    return 0 if _goes_on(text, stop, end) else stop


def _end_of_spaced_date(text: str, i: int, stop: int, end: int) -> int:
    """Return the end of a date such as ``2020. 1. 1.`` with ``text[i:stop]`` as year; 0 if there is none."""
    month = end_of_run(text, stop + 1, end, _is_space)
    month_stop = end_of_run(text, month, min(end, month + 3), is_digit)
    if stop - i != 4 or month_stop >= end or text[month_stop] != ".":
        return 0
    day = end_of_run(text, month_stop + 1, end, _is_space)
    day_stop = end_of_run(text, day, min(end, day + 3), is_digit)
    if not (0 < month_stop - month < 3 and 0 < day_stop - day < 3) or (day_stop < end and is_plain(text[day_stop])):
        return 0
    if not _is_day(int(text[i:stop]), int(text[month:month_stop]), int(text[day:day_stop])):
        return 0
    if day_stop == end or text[day_stop] != ".":
        return day_stop
    return 0 if day_stop + 1 < end and is_digit(text[day_stop + 1]) else day_stop + 1


def _end_of_named_month(text: str, i: int, stop: int, end: int) -> int:
    """Return the end of a date such as ``12-May-2021`` with ``text[i:stop]`` as day; 0 if there is none."""
    month_stop = end_of_run(text, stop + 1, end, is_letter)
    if stop - i > 2 or not bits_of(text[stop + 1 : month_stop]) & MONTH:
        return 0
    if not 0 < int(text[i:stop]) < 32 or month_stop >= end or text[month_stop] != text[stop]:
        return 0
    last = end_of_run(text, month_stop + 1, min(end, month_stop + 6), is_digit)
    return last if last - month_stop - 1 in (2, 4) and not _goes_on(text, last, end) else 0


def _goes_on(text: str, stop: int, end: int) -> bool:
    """Tell whether a figure that ends at `stop` is part of a longer one."""
    if stop >= end:
        return False
    return is_plain(text[stop]) or (text[stop] in "./-" and stop + 1 < end and is_digit(text[stop + 1]))


def _is_space(c: str) -> bool:
    return c == " "


def _is_day(year: int, month: int, day: int) -> bool:
    return 1000 <= year < 3000 and 1 <= month <= 12 and 1 <= day <= 31


def _past(text: str, begin: int, i: int) -> tuple[int, int] | None:
    """Return the start and kind of the span of time before ``ago`` at i; None if there is none."""
    start, stop = word_before(text, begin, i)
    unit = bits_of(text[start:stop])
    if not unit & UNIT or stop == i:
        return None
    origin, of, following = start, False, 0
    for _ in range(CHAIN):
        left, right = word_before(text, begin, start)
        if left == right:
            left, right = number_before(text, begin, start)
        bits = bits_of(text[left:right])
        if left == right or right == start or (of and not bits & GROUP):
            break
        is_counted = is_digit(text[left]) and (not following or following & MAGNITUDE)  # not of 3.5 two years
        if not is_counted and (not bits & COUNT or (bits & MAGNITUDE and following)):
            break
        start, of, following = left, bits & OF != 0, bits
        if not of:
            origin = left
        if bits & INDEFINITE or is_counted:
            break
    if origin == word_before(text, begin, i)[0]:
        return None
    return origin, Kind.TIME if unit & CLOCK_UNIT else Kind.DATE
