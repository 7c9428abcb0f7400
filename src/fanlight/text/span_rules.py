"""Rules that correct a model's spans, for models whose types distinguish names from dates, times and quantities.

The type of a number depends on words and figures beside it. Most of them are within the network's window, but rare in
training data. The rules within a sentence:

1. A date in figures (`text.phrases`), a span of time before ``ago``, ``later`` or ``earlier``, and some Korean words
   for days are DATEs, or TIMEs if the unit is a clock unit. A number with its unit after a hyphen is a QUANTITY.
   `text.amounts` finds amounts with a sign or symbol, or with ``half`` or ``quarter``. An amount includes ``minus``,
   ``시속`` and similar words before it, the number before ``to``, ``or`` and ``and`` in one expression with it, and
   words of it that the model omits (``a`` million euros, ``스물``다섯 살). An amount replaces a name that it ends, if
   the name's probability is below `span_words.DOUBTFUL` (``HR 72 bpm``).
2. A date includes ``last``, ``next``, ``지난주`` … before a weekday or unit, ``the day before`` before ``yesterday``,
   ``12th day of`` before a month, ``morning``, ``Eve`` and similar words after it, ``가을`` after ``작년``, and ``전``,
   ``뒤``, ``후`` after a Korean span of time. ``오늘 새벽`` and ``이번주 금요일`` are one DATE.
3. A bare number is neither a date nor a quantity after a label (``page 12``, ``Tel: 555``), a plus sign or a Hangul
   word with a hyphen, as part of a longer figure, or as the number of an account, telephone or person. The same holds
   for a number in words without a unit, a score (``3-1``), an invalid clock time, an article (``3장 2절``) or room
   (``204호``), the number of a list item (``1) Oslo``), and an IP address.
4. An abbreviation before a number (``Sec. 4``) or a greeting is not a name; a person's name begins after the greeting.
5. A name ends before another tag (``#Paris #London``, ``#Paris#London``), and at a slash between words
   (``Siemens/Nokia``).
6. In a heading (two or more words in title case, no final mark, no figure after a word) a MISC with a probability below
   `span_words.DOUBTFUL` is removed, since capitals mean little there (``3. Data Collection``).

`Kind` has the kinds of types that the rules apply to. `engine.span_rules` has the kernels. Both treat all characters
beyond ASCII as letters.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from fanlight.text.date_rules import extend_date
from fanlight.text.number_words import begin_of_amount, goes_on
from fanlight.text.phrases import end_of_date, find_phrases
from fanlight.text.span_words import (
    ABBREVIATION,
    BARE,
    CIRCLED,
    COUNTERS,
    DAY,
    DOUBTFUL,
    GREETING,
    KOREAN_DAYTIME,
    LONE,
    MARKS_BEFORE,
    MINOR,
    MONTH,
    OCCASION,
    OPENER,
    PARTS,
    RELATIVE,
    TODAY,
    WISH,
    WITHOUT_STOP,
    Kind,
    bits_of,
    end_of_run,
    is_blank,
    is_digit,
    is_labelled,
    is_letter,
    is_number,
    word_behind,
)

_KINDS = {
    "PER": Kind.PERSON, "ORG": Kind.NAME, "LOC": Kind.NAME, "MISC": Kind.OTHER_NAME, "DATE": Kind.DATE,
    "TIME": Kind.TIME, "QUANTITY": Kind.QUANTITY, "MONEY": Kind.MONEY, "PERCENT": Kind.PERCENT,
}  # fmt: skip
_NEEDED = {"PER", "DATE", "TIME", "QUANTITY"}  # other models have other guidelines for numbers


class Span(NamedTuple):
    """A span of a text in code points, with the number of its type."""

    start: int
    end: int
    type: int
    probability: float


def kinds_of(types: Sequence[str]) -> list[int]:
    """Return the `Kind` of each type; an empty list for a model that the rules do not apply to.

    Examples
    --------
    >>> kinds_of(["DATE", "PER", "QUANTITY", "TIME"]), kinds_of(["DRUG"])
    ([4, 2, 6, 5], [])
    """
    return [int(_KINDS.get(type_, Kind.OTHER)) for type_ in types] if set(types) >= _NEEDED else []


def correct(text: str, sentence: tuple[int, int], spans: Sequence[Span], kinds: Sequence[int]) -> list[Span]:
    """Return the corrected spans of a sentence, in order.

    Parameters
    ----------
    text : str
    sentence : tuple of int
        Start and end of the sentence.
    spans : sequence of Span
        The model's spans, in order, without overlap.
    kinds : sequence of int
        The `Kind` of each type.

    Examples
    --------
    >>> kinds = kinds_of(["DATE", "PER", "QUANTITY", "TIME"])
    >>> text = "Hello Ann, see page 12 of three years ago"
    >>> correct(text, (0, len(text)), [Span(0, 9, 1, 0.9), Span(20, 22, 0, 0.5), Span(26, 37, 0, 0.8)], kinds)
    [Span(start=6, end=9, type=1, probability=0.9), Span(start=26, end=41, type=0, probability=0.8)]
    """
    begin, end = sentence
    merged = _join(text, _merge(text, list(spans), find_phrases(text, begin, end), kinds), kinds)
    out: list[Span] = []
    for n, span in enumerate(merged):
        left = out[-1].end if out else begin
        right = merged[n + 1].start if n + 1 < len(merged) else end
        kind = kinds[span.type]
        if kind == Kind.OTHER_NAME and span.probability < DOUBTFUL and _is_heading(text, begin, end):
            continue
        if kind in (Kind.NAME, Kind.PERSON, Kind.OTHER_NAME):
            out += _names(text, end, span, kind)
        elif not kind:
            out.append(span)
        elif not _is_no_value(text, (begin, end), span, kind):
            start, stop = span.start, span.end
            if kind in (Kind.DATE, Kind.TIME):
                start, stop = extend_date(text, (left, right), start, stop)
            out.append(span._replace(start=begin_of_amount(text, left, start, stop), end=stop))
    return out


def _merge(text: str, spans: list[Span], phrases: list[tuple[int, int, int]], kinds: Sequence[int]) -> list[Span]:
    """Replace the spans that overlap a phrase with the phrase, unless one is a name.

    Names within a phrase that has a figure or is Korean, and doubtful names that end with an amount, are replaced.
    """
    for start, end, kind in phrases:
        origin = bisect_left(spans, start + 1, key=lambda span: span.end)
        last = bisect_left(spans, end, key=lambda span: span.start)
        touched = spans[origin:last]
        values = [span for span in touched if kinds[span.type] >= Kind.DATE]
        names = [span for span in touched if kinds[span.type] < Kind.DATE]
        is_certain = text[start] > "\x7f" or any(map(is_digit, text[start:end]))
        stop = end + (end < len(text) and text[end] == ".")  # 25 °C. before the end of a sentence
        if kind not in kinds or any(
            (span.start < start and (kind < Kind.QUANTITY or span.probability >= DOUBTFUL))
            or span.end > stop
            or not is_certain
            for span in names
        ):
            continue
        times = [span.type for span in values if kind < Kind.QUANTITY and kinds[span.type] in (Kind.DATE, Kind.TIME)]
        low = min([start, *(span.start for span in values)])
        high = max([end, *(span.end for span in values)])
        probability = max((span.probability for span in values), default=1.0)
        type_ = times[0] if times else list(kinds).index(kind)
        spans[origin:last] = [Span(low, high, type_, probability)]
    return spans


def _join(text: str, spans: list[Span], kinds: Sequence[int]) -> list[Span]:
    """Join two spans that are one date: ``오늘`` and ``새벽``, ``이번주`` and ``금요일``."""
    out: list[Span] = []
    for span in spans:
        low = out[-1] if out else span
        if low.end < span.start == end_of_run(text, low.end, span.start, is_blank) and kinds[low.type] == Kind.DATE:
            bits, others = bits_of(text[low.start : low.end]), bits_of(text[span.start : span.end])
            is_time = kinds[span.type] in (Kind.DATE, Kind.TIME)
            if is_time and ((bits & TODAY and others & KOREAN_DAYTIME) or (bits & RELATIVE and others & DAY)):
                span = Span(low.start, span.end, low.type, max(low.probability, span.probability))
                out.pop()
        out.append(span)
    return out


def _is_heading(text: str, begin: int, end: int) -> bool:
    """Tell whether a sentence has the form of a heading."""
    words, i = 0, begin
    while i < end:
        stop = end_of_run(text, i, end, is_letter)
        if stop > i:
            words += 1
            small = not "A" <= text[i] <= "Z" and not (i > begin and text[i - 1] in "'-")
            if small and not bits_of(text[i:stop]) & MINOR:
                return False
        if words and stop < end and is_digit(text[stop]):
            return False
        i = stop + 1
    return words > 1 and text[end - 1] not in ".!?"


def _names(text: str, end: int, span: Span, kind: int) -> list[Span]:
    """Return the corrected spans of a name: none, one or several."""
    start = span.start
    stop = end_of_run(text, start, span.end, is_letter)
    bits = bits_of(text[start:stop])
    if bits & ABBREVIATION:
        after = stop + (stop < end and text[stop] == ".")
        if after >= span.end and (after > stop or bits & WITHOUT_STOP):
            after = end_of_run(text, after, end, is_blank)
            if after < end and is_digit(text[after]):
                return []
        if after > stop:
            after = end_of_run(text, after, end, is_blank)
            if stop < after < span.end == end_of_run(text, after, end, is_digit):
                return []
    while kind == Kind.PERSON and start < span.end:
        stop = end_of_run(text, start, span.end, is_letter)
        bits = bits_of(text[start:stop])
        if bits & WISH:
            stop, occasion = word_behind(text, stop, span.end)
            if not bits_of(text[stop:occasion]) & OCCASION:
                break
            stop = occasion
        elif not bits & (GREETING | OPENER):
            break
        following, _ = word_behind(text, stop, span.end)
        if following == span.end and bits & (GREETING | WISH):
            return []
        if following == span.end or following == stop:
            break
        start = following
    out: list[Span] = []
    separable = kind != Kind.OTHER_NAME and not any(c in ".@:" for c in text[start : span.end])
    for i in range(start + 1, span.end):
        glued = i + 1 < span.end and is_letter(text[i - 1]) and is_letter(text[i + 1])
        if text[i] == "#" and (glued or is_blank(text[i - 1])):
            stop = i
            while is_blank(text[stop - 1]):
                stop -= 1
            out.append(span._replace(start=start, end=stop))
            start = i
        elif separable and text[i] in "/|" and _separates_names(text, start, i, span.end):
            out.append(span._replace(start=start, end=i))
            start = i + 1
    return [*out, span._replace(start=start)]


def _separates_names(text: str, start: int, i: int, end: int) -> bool:
    """Tell whether a slash at i has two letters, or one beyond ASCII, on both sides."""
    if i + 1 >= end or not (is_letter(text[i - 1]) and is_letter(text[i + 1])):
        return False
    left = text[i - 1] > "\x7f" or (i - 2 >= start and is_letter(text[i - 2]))
    return left and (text[i + 1] > "\x7f" or (i + 2 < end and is_letter(text[i + 2])))


def _is_no_value(text: str, sentence: tuple[int, int], span: Span, kind: int) -> bool:
    """Tell whether a span is neither a date nor a time nor an amount."""
    begin, end = sentence
    start, stop = span.start, span.end
    if start > begin and is_digit(text[start]) and is_digit(text[start - 1]):
        return True
    if stop < end and is_digit(text[stop - 1]) and is_digit(text[stop]):
        return True
    if kind in (Kind.DATE, Kind.QUANTITY) and bits_of(text[start:stop]) & LONE:
        return True
    if kind >= Kind.QUANTITY and goes_on(text, start, stop, end):
        return True
    if all(CIRCLED[0] <= ord(c) <= CIRCLED[1] for c in text[start:stop]):
        return True
    digits = sum(map(is_digit, text[start:stop]))
    bare = all(c in BARE for c in text[start:stop])
    counted = any(c in COUNTERS for c in text[start:stop]) or (kind in (Kind.DATE, Kind.TIME) and any(
        c in PARTS for c in text[start:stop]
    ))  # fmt: skip
    article = counted and all(c in BARE or c in COUNTERS or c in PARTS for c in text[start:stop])
    if not digits or not (bare or article):
        return False
    hyphen = start if text[start] == "-" else start - 1
    if hyphen > begin and text[hyphen] == "-" and text[hyphen - 1] > "\x7f":
        return True
    if article:
        return kind < Kind.MONEY
    if end_of_date(text, begin, start, end) == stop:
        return False
    before = start
    while before > begin and text[before - 1] in MARKS_BEFORE:
        before -= 1
        if text[before] in "+#":
            return True
    if is_labelled(text, begin, start) or (kind < Kind.MONEY and _is_list_number(text, sentence, start, stop)):
        return True
    return _is_code(text, sentence, span, kind)


def _is_list_number(text: str, sentence: tuple[int, int], start: int, stop: int) -> bool:
    """Tell whether a bare number numbers a list item: at the start of a sentence or line, and not before a month."""
    begin, end = sentence
    last = end_of_run(text, start, stop, is_digit)
    if not 0 < last - start < 4 or last >= end or text[last] not in ".)" or stop > last + 1:
        return False
    before = start
    while before > begin and text[before - 1] in " \t(":
        before -= 1
    word = end_of_run(text, last + 1, end, is_blank)
    if (before > begin and text[before - 1] != "\n") or word == last + 1 or word >= end or not is_letter(text[word]):
        return False
    return not bits_of(text[word : end_of_run(text, word, end, is_letter)]) & MONTH


def _is_code(text: str, sentence: tuple[int, int], span: Span, kind: int) -> bool:
    """Tell whether a bare number is an account number or similar, a score, an IP address or an invalid clock time."""
    begin, end = sentence
    low, high = span.start, span.end
    if kind < Kind.MONEY and _is_address(text[low:high]):
        return True
    while low > begin and text[low - 1] in "0123456789-":
        low -= 1
    while high < end and text[high] in "0123456789-":
        high += 1
    figure = text[low:high]
    if kind == Kind.TIME and ":" in figure:
        origin, _, following = figure.partition(":")
        second = following[: end_of_run(following, 0, len(following), is_digit)]
        return is_number(origin) and is_number(second) and len(origin) < 4 > len(second) and (
            int(origin) > 24 or int(second) > 59
        )  # fmt: skip
    groups = figure.split("-")
    if len(groups) < 2 or not all(map(is_number, groups)):
        return False
    if len(groups) > 2:
        return True
    low_figure, high_figure = groups
    if len(low_figure) < 3 and len(high_figure) < 3:
        return kind != Kind.DATE and int(high_figure) <= int(low_figure)  # a score, since ranges ascend
    if len(low_figure) == 4 and (len(high_figure) == 2 or (len(high_figure) == 4 and high_figure[0] in "12")):
        return False
    return (
        kind in (Kind.DATE, Kind.TIME)
        or (high_figure[0] == "0" and len(high_figure) > 1)
        or len(low_figure) + len(high_figure) > 8
    )


def _is_address(figure: str) -> bool:
    """Tell whether a figure is four or more numbers separated by stops, and not an amount in groups of three digits."""
    groups = figure.removesuffix(".").split(".")
    return len(groups) > 3 and all(map(is_number, groups)) and any(len(group) != 3 for group in groups[1:])
