"""Rules for the spans that a model finds, in models that tell names from dates, times and quantities.

What a number is, is said by the words and figures beside it; most of these a network of a few words' radius sees, yet
seldom in training data. Within a sentence:

1. A date in figures (`text.phrases`) and a span of time before ``ago``, ``later`` or ``earlier`` are whole DATEs, or
   TIMEs if the unit is one of a clock; so are a few Korean words for days. A number and its unit with a hyphen between
   are a whole QUANTITY. So are amounts with a sign or symbol, and with ``half`` or ``quarter`` (`text.amounts`); an
   amount takes in ``minus``, ``시속`` and the like before it, and the number before ``to``, ``or`` and ``and`` that it
   goes on, or that a model cut (``a`` million euros, ``스물``다섯 살). A doubtful name gives way to the amount that
   ends it (``HR 72 bpm``).
2. A date takes in ``last``, ``next``, ``지난주`` … before a weekday or unit, ``the day before`` before ``yesterday``,
   ``12th day of`` before a month, ``morning``, ``Eve`` and the like behind it, ``가을`` behind ``작년``, and ``전``,
   ``뒤``, ``후`` behind a Korean span of time. ``오늘 새벽`` and ``이번주 금요일`` are one DATE.
3. A bare number is no date and no quantity behind a label (``page 12``, ``Tel: 555``), a plus sign or a Hangul word
   with a hyphen; as part of a longer figure; or as a number of an account, a telephone or a person. Nor is a number in
   words without a unit, a score (``3-1``), a clock time that no clock shows, an article (``3장 2절``) or room
   (``204호``), a number that leads a line with its mark (``1) Oslo``), or an address of the internet.
4. An abbreviation before a number (``Sec. 4``) is no name, nor is a greeting; a person's name begins behind it.
5. A name ends where another tag begins (``#Paris #London``, ``#Paris#London``), and at a stroke between words
   (``Siemens/Nokia``).
6. In a heading (two words or more in title case, no final mark, no figure behind a word) capitals say little: a MISC
   with a probability below `span_words.DOUBTFUL` is none (``3. Data Collection``).

`Kind` says which types take part. `engine.span_rules` has the kernels; both look at ASCII characters alone, and at runs
of letters, in which each character beyond ASCII counts as one.
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
_NEEDED = {"PER", "DATE", "TIME", "QUANTITY"}  # without these a model marks numbers in a way of its own


class Span(NamedTuple):
    """A span of a text, in code points; `type` is a number."""

    start: int
    end: int
    type: int
    probability: float


def kinds_of(types: Sequence[str]) -> list[int]:
    """Return the `Kind` of each type; an empty list for a model whose types the rules do not know.

    Examples
    --------
    >>> kinds_of(["DATE", "PER", "QUANTITY", "TIME"]), kinds_of(["DRUG"])
    ([4, 2, 6, 5], [])
    """
    return [int(_KINDS.get(type_, Kind.OTHER)) for type_ in types] if set(types) >= _NEEDED else []


def correct(text: str, sentence: tuple[int, int], spans: Sequence[Span], kinds: Sequence[int]) -> list[Span]:
    """Return the spans of a sentence as the rules have them, in order.

    Parameters
    ----------
    text : str
    sentence : tuple of int
        Where it begins and ends.
    spans : sequence of Span
        In order, without overlap.
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
    """Replace the spans that a phrase overlaps, unless one is a name.

    A name gives way that lies within a phrase with a figure or in Korean, and a doubtful one that an amount ends.
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
    """Join two dates that are one: ``오늘`` and ``새벽``, ``이번주`` and ``금요일``."""
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
    """Return what stays of a name: nothing, itself, or several."""
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
    """Tell whether two letters or more stand on both sides of a stroke."""
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
    """Tell whether a bare number with its mark leads its sentence or line, before a word that is no month."""
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
    """Tell whether a bare number is that of an account and the like, or a clock time that no clock shows."""
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
        return kind != Kind.DATE and int(high_figure) <= int(low_figure)  # a score: ranges ascend
    if len(low_figure) == 4 and (len(high_figure) == 2 or (len(high_figure) == 4 and high_figure[0] in "12")):
        return False
    return (
        kind in (Kind.DATE, Kind.TIME)
        or (high_figure[0] == "0" and len(high_figure) > 1)
        or len(low_figure) + len(high_figure) > 8
    )


def _is_address(figure: str) -> bool:
    """Tell whether a figure is four numbers or more with stops between, and no amount in groups of three digits."""
    groups = figure.removesuffix(".").split(".")
    return len(groups) > 3 and all(map(is_number, groups)) and any(len(group) != 3 for group in groups[1:])
