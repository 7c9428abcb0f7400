"""Rules for amounts in any context: figures with a sign or symbol, fractions, and numbers in words.

1. A figure after a currency sign is MONEY, including its scale (``US$12.5 million``).
2. A figure with the symbol of a unit is a QUANTITY (``-5°C``, ``13.2 g/dL``, ``16기가바이트``), with ``bps`` or ``basis
   points`` a PERCENT, and with ``ms``, ``h`` or ``mins`` (``2h 30m``), or directly followed by ``am`` or ``pm``, a
   TIME. ``6 ft 4 in``, ``1,800 sq ft`` and ``3분의 1`` are QUANTITYs.
3. ``half`` and ``quarter`` form amounts with the words beside them (``half past six``, ``half a million pounds``,
   ``three quarters of an hour``, ``one-half of a mile``, ``two and a half per cent``, ``an hour and a half``).
4. A number in words repeated in figures (``thirty (30) days``) is one amount, and so is ``a million euros``. ``an
   hour`` is a TIME after ``for``, ``took`` and similar words.

`engine.amounts` has the kernels.
"""

from __future__ import annotations

from fanlight.text.amount_words import (
    AND,
    ARTICLE,
    BASIS,
    BASIS_POINT,
    CENT,
    CLOCK_SYMBOL,
    CLOCK_UNIT,
    COUNTED_DAY,
    CURRENCY,
    DAY_UNIT,
    DENOMINATOR,
    FOOT,
    HALF,
    HOUR,
    INCH,
    LENGTH,
    LENGTHS,
    LETTER_SYMBOL,
    MEASURE,
    MERIDIEM,
    MINUTE,
    NUMBER,
    OF,
    PARTICLE,
    PAST,
    PER,
    PERCENT,
    POINT,
    SCALE,
    SHARE,
    SIGNS,
    SPENT,
    SQUARE,
    SYMBOL,
    TO,
    bits_of,
)
from fanlight.text.number_words import begin_of_number, next_word
from fanlight.text.span_words import (
    Kind,
    end_of_run,
    is_blank,
    is_digit,
    is_glued,
    is_labelled,
    is_letter,
    number_before,
    word_before,
)

Amount = tuple[int, int, int]  # start, end and kind
NOTHING = (0, 0, 0)  # start, end and kind
GROUPS = 3  # most groups of three digits after blanks


def find_amount(text: str, begin: int, i: int, end: int) -> Amount:
    """Return start, end and kind of the amount whose figure begins at i; `NOTHING` if there is none."""
    if is_glued(text, begin, i, ",-./"):
        return NOTHING
    stop = end_of_figure(text, i, end)
    if stop < end and text[stop] == ")" and i > begin and text[i - 1] == "(":
        return _find_repeated(text, begin, i, stop, end)
    sign = _begin_of_sign(text, begin, i)
    if sign < i:
        while stop - i < 4 * GROUPS and end_of_run(text, stop + 1, end, is_digit) - stop == 4 and text[stop] == " ":
            stop += 4  # € 2 500
        sign -= sign - 1 > begin and text[sign - 2 : sign] == " -"
        return sign, _end_of_scale(text, stop, end), Kind.MONEY
    if stop >= end:
        return NOTHING
    last = end_of_run(text, stop + 1, end, is_digit)
    if text[stop] == "'" and last > stop + 1 and text[last : last + 1] == '"' and last < end:  # 5'11"
        return i, last + 1, Kind.QUANTITY
    unit = stop + (text[stop] == " " or text[stop] == "-")
    unit_stop = end_of_run(text, unit, end, is_letter_of_unit)
    if unit_stop == unit:
        unit_stop = end_of_run(text, unit, end, is_letter)
    bits = bits_of(text[unit:unit_stop])
    if bits & BASIS:
        point = end_of_run(text, unit_stop + 1, end, is_letter)
        return (i, point, Kind.PERCENT) if bits_of(text[unit_stop + 1 : point]) & POINT else NOTHING
    if unit > stop and text[stop] == "-":
        return NOTHING
    if bits & SQUARE:
        last = end_of_run(text, unit_stop + 1, end, is_letter)
        return (i, last, Kind.QUANTITY) if bits_of(text[unit_stop + 1 : last]) & LENGTHS else NOTHING
    if bits & (FOOT | SHARE):
        return _find_second_figure(text, i, unit_stop, end, bool(bits & FOOT))
    if bits & BASIS_POINT and text[unit] == "b":  # not BP
        return i, unit_stop, Kind.PERCENT
    if bits & CLOCK_SYMBOL and text[unit] >= "a":
        last = _end_of_minutes(text, unit_stop, end)
        return (i, last, Kind.TIME) if last == end or not is_digit(text[last]) else NOTHING  # 10h30
    if bits & MERIDIEM and text[unit] in "ap" and unit == stop and stop - i < 6:
        return i, unit_stop, Kind.TIME
    unit_stop = unit + (bits >> LENGTH) if bits >> LENGTH else unit_stop
    last = _end_of_rate(text, unit_stop, end)
    letters = end_of_run(text, last, end, is_letter)
    if unit > stop and letters > last and not bits_of(text[last:letters]) & PARTICLE:
        return NOTHING  # 2024 KB국민은행
    if bits & SYMBOL or (bits & DENOMINATOR and last > unit_stop):
        return _begin_of_minus(text, begin, i), last, Kind.QUANTITY
    is_unit = bits & LETTER_SYMBOL and not (last < end and (text[last] == "/" or is_digit(text[last])))  # not 12C4
    if is_unit and _is_measured(text[i:stop], text[unit], unit == stop) and not is_labelled(text, begin, i):
        return _begin_of_minus(text, begin, i), last, Kind.QUANTITY
    return NOTHING


def _is_measured(figure: str, symbol: str, is_glued: bool) -> bool:
    """Tell whether a figure before g or C has the form of grams or degrees: 200 g, 180C, 38.5 C."""
    is_long = len(figure) > 1 and (symbol == "g" or (is_glued and len(figure) < 4))
    return symbol in "gC" and (is_long or "." in figure)


def _find_repeated(text: str, begin: int, i: int, stop: int, end: int) -> Amount:
    """Find ``thirty (30) days`` at a figure ``text[i:stop]`` in parentheses."""
    number = begin_of_number(text, begin, i - 1)
    last, kind = _end_of_named_unit(text, stop + 1, end)
    word, word_stop = next_word(text, stop + 1, end)
    if not kind and bits_of(text[word:word_stop]) & COUNTED_DAY:
        last, kind = _end_of_named_unit(text, word_stop, end)
    return (number, last, kind) if kind and number < i - 1 and is_letter(text[number]) else NOTHING


def _find_second_figure(text: str, i: int, stop: int, end: int, is_foot: bool) -> Amount:
    """Find ``6 ft 4 in`` or ``3분의 1`` at i, whose first unit ends at `stop`."""
    figure = stop + (stop < end and text[stop] == " ")
    last = end_of_run(text, figure, end, is_digit)
    if is_foot:
        unit = last + (last < end and text[last] == " ")
        unit_stop = end_of_run(text, unit, end, is_letter)
        is_inch = last > figure and bits_of(text[unit:unit_stop]) & INCH
        return (i, unit_stop, Kind.QUANTITY) if is_inch else NOTHING
    return (i, last, Kind.QUANTITY) if last > figure else NOTHING


def end_of_figure(text: str, i: int, end: int) -> int:
    """Return the end of one or more figures separated by commas, stops, hyphens or slashes."""
    stop = end_of_run(text, i, end, is_digit)
    while stop + 1 < end and text[stop] in ",-./" and is_digit(text[stop + 1]):
        stop = end_of_run(text, stop + 1, end, is_digit)
    return stop


def is_letter_of_unit(c: str) -> bool:
    """Tell whether a character may be part of a unit in Latin letters: a letter below U+A000, so not Hangul."""
    return is_letter(c) and c < "\ua000"


def _begin_of_sign(text: str, begin: int, i: int) -> int:
    """Return the start of a currency sign before i, with capitals before a dollar sign (``US$``); i if none."""
    sign = i - 1 - (i - 1 >= begin and text[i - 1] == " ")
    if sign < begin or text[sign] not in SIGNS:
        return i
    origin = sign
    while text[sign] == "$" and origin > begin and sign - origin < 3 and "A" <= text[origin - 1] <= "Z":
        origin -= 1
    if origin > begin and is_letter(text[origin - 1]):
        origin = sign
    return i if origin > begin and is_digit(text[origin - 1]) else origin


def _end_of_scale(text: str, stop: int, end: int) -> int:
    """Return the end of the scales after a figure (``million``, ``lakh crore``)."""
    while stop < end:
        word = stop + (text[stop] == " " or text[stop] == "-")
        last = end_of_run(text, word, end, is_letter)
        if not bits_of(text[word:last]) & SCALE:
            break
        stop = last
    return stop


def _end_of_rate(text: str, stop: int, end: int) -> int:
    """Return the end of a unit with its denominator (``km/h``, ``㎍/㎥``)."""
    if stop + 1 >= end or text[stop] != "/":
        return stop
    last = end_of_run(text, stop + 1, end, is_letter_of_unit)
    if not bits_of(text[stop + 1 : last]) & DENOMINATOR:
        return stop
    return last + (last < end and text[last - 1] in "mM" and text[last] in "23")


def _begin_of_minus(text: str, begin: int, i: int) -> int:
    """Return the start of a figure with its minus, which must follow a blank or `begin`."""
    return i - 1 if i > begin and text[i - 1] == "-" and (i - 1 == begin or is_blank(text[i - 2])) else i


def _end_of_minutes(text: str, stop: int, end: int) -> int:
    """Return the end of a time whose first unit ends at `stop`, including minutes after it (``2h 30m``)."""
    minute = stop + (stop < end and text[stop] == " ")
    last = end_of_run(text, minute, end, is_digit)
    unit = last + (last < end and text[last] == " ")
    unit_stop = end_of_run(text, unit, end, is_letter)
    return unit_stop if last > minute and bits_of(text[unit:unit_stop]) & MINUTE else stop


def find_hour(text: str, begin: int, i: int, stop: int, end: int) -> Amount:
    """Return start, end and kind of ``an hour``, whose noun is at i, first in a sentence or after a word in `SPENT`."""
    article, last = word_before(text, begin, i)
    if last - article != 2 or last == i or not bits_of(text[article:last]) & ARTICLE:
        return NOTHING
    verb, last = word_before(text, begin, article)
    word, word_stop = next_word(text, stop, end)
    half, half_stop = next_word(text, word_stop, end)
    has_half = bits_of(text[word:word_stop]) & AND and bits_of(text[half:half_stop]) & ARTICLE
    is_spent = last < article and bits_of(text[verb:last]) & SPENT
    if has_half or bits_of(text[word:word_stop]) & OF or not (article == begin or is_spent):
        return NOTHING
    return article, stop, Kind.TIME


def find_scaled(text: str, begin: int, i: int, stop: int, end: int) -> Amount:
    """Return start, end and kind of ``a million euros``, whose scale is at i; `NOTHING` if there is none."""
    article, last = word_before(text, begin, i)
    if last == i or not bits_of(text[article:last]) & ARTICLE or (stop < end and text[stop] == "-"):
        return NOTHING
    last, kind = _end_of_named_unit(text, i - 1, end)
    return article, last, kind


def find_fraction(text: str, begin: int, i: int, stop: int, end: int) -> Amount:
    """Return start, end and kind of the amount with ``half`` or ``quarter`` at i; `NOTHING` if there is none."""
    is_half = bits_of(text[i:stop]) & HALF
    left, right = word_before(text, begin, i - (i > begin and text[i - 1] == "-"))  # three-quarters
    before = bits_of(text[left:right]) if right < i else 0
    word, last = next_word(text, stop, end)
    bits = bits_of(text[word:last])
    if bits & PAST or (bits & TO and not is_half):
        hour, last = next_word(text, last, end)
        if not bits_of(text[hour:last]) & HOUR:
            last = end_of_run(text, hour, end, is_digit)
            if not 0 < last - hour < 3 or (bits & TO and not before & ARTICLE):  # the quarter to 30 June
                return NOTHING
        return (left if before & ARTICLE and not is_half else i), last, Kind.TIME
    if is_half and before & ARTICLE and (amount := _find_half(text, begin, left, stop, end))[1]:
        return amount
    if bits & OF:
        word, last = next_word(text, last, end)
        bits = bits_of(text[word:last])
    if not bits & ARTICLE:
        if not (is_half and before & ARTICLE) or (left > begin and text[left - 1] == "-"):  # two-and-a-half-week
            return NOTHING
        last = stop  # a half hour
    last, kind = _end_of_named_unit(text, last, end)
    return (left if before & (ARTICLE if is_half else ARTICLE | NUMBER) else i), last, kind


def _find_half(text: str, begin: int, article: int, stop: int, end: int) -> Amount:
    """Find ``two and a half per cent`` or ``an hour and a half``, whose second article begins at `article`."""
    word, last = word_before(text, begin, article)
    if last == article or not bits_of(text[word:last]) & AND:
        return NOTHING
    number = begin_of_number(text, begin, word)
    if number < word:
        last, kind = _end_of_named_unit(text, stop, end)
        return number, last, kind
    unit, last = word_before(text, begin, word)
    _, kind = _end_of_named_unit(text, unit - 1, end) if unit > begin else (0, 0)
    number, last = word_before(text, begin, unit)
    if last == unit or not bits_of(text[number:last]) & (ARTICLE | NUMBER):
        number, last = number_before(text, begin, unit)
    return (number, stop, kind) if kind and number < last < unit else NOTHING


def _end_of_named_unit(text: str, i: int, end: int) -> tuple[int, int]:
    """Return the end of a unit after i, with scales before it, and the kind of its amounts; 0, 0 if there is none."""
    word, last = next_word(text, i, end)
    bits, is_scaled = bits_of(text[word:last]), False
    while bits & SCALE:
        word, last = next_word(text, last, end)
        bits, is_scaled = bits_of(text[word:last]), True
    if bits & PER:
        word, last = next_word(text, last, end)
        return (last, Kind.PERCENT) if bits_of(text[word:last]) & CENT else (0, 0)
    if bits & PERCENT:
        return last, Kind.PERCENT
    if bits & CURRENCY and (is_scaled or not bits & MEASURE):
        return last, Kind.MONEY
    if bits & MEASURE:
        return last, Kind.QUANTITY
    if bits & CLOCK_UNIT:
        return last, Kind.TIME
    return (last, Kind.DATE) if bits & DAY_UNIT else (0, 0)
