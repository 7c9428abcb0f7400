"""Kernels of `text.span_rules`: the spans of a model corrected by the words and figures beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.columns import Entities
from fanlight.engine.phrases import end_of_date, find_phrases
from fanlight.engine.words_beside import (
    BARE_BYTE,
    BEFORE_BYTE,
    BLANK,
    DIGIT,
    LETTER,
    bits_of,
    contains,
    count_points,
    end_of_run,
    is_of,
    value_of,
    word_before,
    word_behind,
)
from fanlight.jit import ZERO, inner
from fanlight.text.automaton_kernels import code_point
from fanlight.text.span_rules import Kind
from fanlight.text.span_words import (
    ABBREVIATION,
    ARTICLE,
    COUNTERS,
    DAY,
    DOUBTFUL,
    EVE,
    GREETING,
    KOREAN_AGO,
    LABEL,
    LONE,
    MINOR,
    OCCASION,
    ONE_DAY,
    OPENER,
    PARTS,
    PHRASES,
    RELATIVE,
    SIDE,
    SPANS,
    UNIT,
    WISH,
    WITHOUT_STOP,
)

NAME, PERSON, OTHER_NAME, DATE, TIME, QUANTITY, AMOUNT = (int(kind) for kind in list(Kind)[1:])
_COUNTERS, _PARTS, _SPANS = (np.array([ord(c) for c in characters]) for characters in (COUNTERS, PARTS, SPANS))
_YEAR, _MONTH = ord("년"), ord("월")


@inner(allocates=True)
def correct_entities(data: Any, tokens: Any, kinds: Any, out: Any, count: Any) -> Any:
    """Correct the first `count` entities of columns, sentence by sentence; return how many there are then.

    Parameters
    ----------
    data : uint8 array
    tokens : Tokens
    kinds : int64 array (types,), or (0,) to leave all as they are
        The `Kind` of each type.
    out : Entities
        With a capacity of as many as there are tokens.
    count : int
    """
    if not len(kinds):
        return count
    source = _copy(out, count)
    longest = ZERO
    for s in range(len(tokens.sentence_offsets) - 1):
        longest = max(longest, np.int64(tokens.sentence_offsets[s + 1] - tokens.sentence_offsets[s]))
    work, shares = np.empty((longest + PHRASES + 1, 5), np.int64), np.empty(longest + PHRASES + 1)
    scratch = (work, shares, np.empty((PHRASES, 3), np.int64), np.empty(2, np.int64))
    return _correct(data, tokens, kinds, (source, count), scratch, out)


@inner()
def _correct(data: Any, tokens: Any, kinds: Any, entities: Any, scratch: Any, out: Any) -> Any:
    """Write what is left of `entities`, columns and how many rows these have, to `out`; return how many are left."""
    (source, count), (work, shares, phrases, bounds) = entities, scratch
    e, row = ZERO, ZERO
    for s in range(len(tokens.sentence_offsets) - 1):
        origin, last = tokens.sentence_offsets[s], tokens.sentence_offsets[s + 1] - 1
        if last < origin:
            continue
        begin, end = np.int64(tokens.offsets[origin, 2]), np.int64(tokens.offsets[last, 3])
        n = ZERO
        while e < count and source.byte_starts[e] < end:
            work[n, 0], work[n, 1] = source.byte_starts[e], source.byte_ends[e]
            work[n, 2], work[n, 3], work[n, 4] = source.char_starts[e], source.char_ends[e], source.types[e]
            shares[n] = source.probabilities[e]
            n += 1
            e += 1
        for k in range(find_phrases(data, begin, end, phrases)):
            point = np.int64(tokens.offsets[origin, 0]) + count_points(data, begin, phrases[k, 0])
            n = _merge(data, phrases[k], point, kinds, work, shares, n)
        row = _write(data, (begin, end), tokens.owners[s], kinds, (work[:n], shares, bounds), out, row)
    return row


@inner(allocates=True)
def _copy(out: Any, count: Any) -> Any:
    return Entities(
        out.documents[:count].copy(),
        out.char_starts[:count].copy(),
        out.char_ends[:count].copy(),
        out.byte_starts[:count].copy(),
        out.byte_ends[:count].copy(),
        out.types[:count].copy(),
        out.probabilities[:count].copy(),
    )


@inner()
def _merge(data: Any, phrase: Any, point: Any, kinds: Any, work: Any, shares: Any, n: Any) -> Any:
    """Replace the spans that a phrase overlaps, as `text.span_rules` says; return how many spans there are."""
    start, end, kind = phrase[0], phrase[1], phrase[2]
    origin = ZERO
    while origin < n and work[origin, 1] <= start:
        origin += 1
    last = origin
    while last < n and work[last, 0] < end:
        beyond = work[last, 0] < start or work[last, 1] > end or not is_of(data[start], DIGIT)
        if kinds[work[last, 4]] < DATE and beyond:
            return n
        last += 1
    low, high, low_point, high_point = start, end, point, point + count_points(data, start, end)
    type_, probability, values = np.int64(-1), 0.0, ZERO
    for k in range(origin, last):
        if kinds[work[k, 4]] < DATE:
            continue
        values += 1
        if work[k, 0] < low:
            low, low_point = work[k, 0], work[k, 2]
        if work[k, 1] > high:
            high, high_point = work[k, 1], work[k, 3]
        if type_ < 0 and (kinds[work[k, 4]] == DATE or kinds[work[k, 4]] == TIME):
            type_ = work[k, 4]
        probability = max(probability, shares[k])
    if type_ < 0:
        type_ = ZERO
        while kinds[type_] != kind:
            type_ += 1
    _shift(work, shares, last, n, origin + 1)
    work[origin, 0], work[origin, 1], work[origin, 2], work[origin, 3] = low, high, low_point, high_point
    work[origin, 4] = type_
    shares[origin] = probability if values else 1.0
    return n - (last - origin) + 1


@inner()
def _shift(work: Any, shares: Any, origin: Any, n: Any, place: Any) -> None:
    """Move the spans [first, n) to another place."""
    if place < origin:
        for k in range(origin, n):
            for c in range(work.shape[1]):
                work[place + k - origin, c] = work[k, c]
            shares[place + k - origin] = shares[k]
    elif place > origin:
        for k in range(n - 1, origin - 1, -1):
            for c in range(work.shape[1]):
                work[place + k - origin, c] = work[k, c]
            shares[place + k - origin] = shares[k]


@inner()
def _write(data: Any, sentence: Any, document: Any, kinds: Any, spans: Any, out: Any, row: Any) -> Any:
    """Write what stays of the spans of a sentence to columns from `row` on; return where these end then."""
    begin, end = sentence
    work, shares, bounds = spans
    left = begin
    for n in range(len(work)):
        span, kind = work[n], kinds[work[n, 4]]
        bounds[0], bounds[1] = span[0], span[1]
        if kind == OTHER_NAME and shares[n] < DOUBTFUL and _is_heading(data, begin, end):
            continue
        if kind in (NAME, PERSON, OTHER_NAME):
            origin = _begin_name(data, end, bounds, kind)
            if origin < 0:
                continue
            bounds[0] = origin
            for i in range(origin + 1, span[1]):
                if data[i] == 35 and is_of(data[i - 1], BLANK):  # "#"
                    bounds[1] = i
                    while is_of(data[bounds[1] - 1], BLANK):
                        bounds[1] -= 1
                    row = _write_span(data, document, span, bounds, shares[n], (out, row))
                    bounds[0] = i
            bounds[1] = span[1]
        elif kind:
            if _is_no_value(data, begin, end, bounds, kind):
                continue
            if kind in (DATE, TIME):
                _extend(data, left, work[n + 1, 0] if n + 1 < len(work) else end, bounds)
        row = _write_span(data, document, span, bounds, shares[n], (out, row))
        left = bounds[1]
    return row


@inner()
def _is_heading(data: Any, begin: Any, end: Any) -> bool:
    """Tell whether a sentence has the form of a heading."""
    words, i = ZERO, begin
    while i < end:
        stop = end_of_run(data, i, end, LETTER)
        if stop > i:
            words += 1
            behind = i > begin and (data[i - 1] == 39 or data[i - 1] == 45)  # ' -
            small = not behind and not 65 <= data[i] <= 90
            if small and not bits_of(data, i, stop) & MINOR:
                return False
        if words and stop < end and is_of(data[stop], DIGIT):
            return False
        i = stop + 1
    return bool(words > 1 and data[end - 1] not in (46, 33, 63))  # . ! ?


@inner()
def _write_span(data: Any, document: Any, span: Any, bounds: Any, probability: Any, columns: Any) -> Any:
    out, row = columns
    out.documents[row], out.types[row], out.probabilities[row] = document, span[4], probability
    out.byte_starts[row], out.byte_ends[row] = bounds[0], bounds[1]
    out.char_starts[row] = span[2] + count_points(data, span[0], bounds[0])
    out.char_ends[row] = span[3] + count_points(data, span[1], bounds[1])
    return row + 1


@inner()
def _begin_name(data: Any, end: Any, bounds: Any, kind: Any) -> Any:
    """Return where what stays of a name begins, -1 for nothing."""
    start, last = bounds[0], bounds[1]
    stop = end_of_run(data, start, last, LETTER)
    bits = bits_of(data, start, stop)
    if bits & ABBREVIATION:
        after = stop + (stop < end and data[stop] == 46)
        if after >= last and (after > stop or bits & WITHOUT_STOP):
            after = end_of_run(data, after, end, BLANK)
            if after < end and is_of(data[after], DIGIT):
                return np.int64(-1)
    while kind == PERSON and start < last:
        stop = end_of_run(data, start, last, LETTER)
        bits = bits_of(data, start, stop)
        if bits & WISH:
            following, close = word_behind(data, stop, last)
            if not bits_of(data, following, close) & OCCASION:
                break
            stop = close
        elif not bits & (GREETING | OPENER):
            break
        following, _ = word_behind(data, stop, last)
        if following == last and bits & (GREETING | WISH):
            return np.int64(-1)
        if following in (last, stop):
            break
        start = following
    return start


@inner()
def _is_no_value(data: Any, begin: Any, end: Any, bounds: Any, kind: Any) -> bool:
    """Tell whether a span is neither a date nor a time nor an amount."""
    start, stop = bounds[0], bounds[1]
    if start > begin and is_of(data[start], DIGIT) and is_of(data[start - 1], DIGIT):
        return True
    if stop < end and is_of(data[stop - 1], DIGIT) and is_of(data[stop], DIGIT):
        return True
    if (kind in (DATE, QUANTITY)) and bits_of(data, start, stop) & LONE:
        return True
    digits, bare, counted, article = False, True, False, True
    i = start
    while i < stop:
        point, width = code_point(data, i)
        if point < 128:
            digits = digits or is_of(data[i], DIGIT)
            inside = is_of(data[i], BARE_BYTE)
            bare, article = bare and inside, article and inside
        else:
            bare = False
            counter, part = contains(_COUNTERS, point), contains(_PARTS, point)
            counted = counted or counter or (part and (kind in (DATE, TIME)))
            article = article and (counter or part)
        i += width
    article = article and counted
    if not digits or not (bare or article):
        return False
    hyphen = start if data[start] == 45 else start - 1
    if hyphen > begin and data[hyphen] == 45 and data[hyphen - 1] > 127:
        return True
    if article:
        return bool(kind != AMOUNT)
    if is_of(data[start], DIGIT) and end_of_date(data, begin, start, end) == stop:
        return False
    before = start
    while before > begin and is_of(data[before - 1], BEFORE_BYTE):
        before -= 1
        if data[before] == 43 or data[before] == 35:  # + #
            return True
    label, _ = word_before(data, begin, before)
    return bits_of(data, label, before) & LABEL != 0 or _is_code(data, begin, end, bounds, kind)


@inner()
def _is_code(data: Any, begin: Any, end: Any, bounds: Any, kind: Any) -> bool:
    """Tell whether a bare number is that of an account and the like, or a clock time that no clock shows."""
    low, high = bounds[0], bounds[1]
    while low > begin and (is_of(data[low - 1], DIGIT) or data[low - 1] == 45):
        low -= 1
    while high < end and (is_of(data[high], DIGIT) or data[high] == 45):
        high += 1
    first_stop = end_of_run(data, low, high, DIGIT)
    if kind == TIME and first_stop < high:
        colon = low
        while colon < high and data[colon] != 58:
            colon += 1
        if colon < high:
            stop = end_of_run(data, colon + 1, high, DIGIT)
            if (
                first_stop != colon
                or first_stop == low
                or stop == colon + 1
                or first_stop - low > 3
                or stop - colon - 1 > 3
            ):
                return False
            return bool(value_of(data, low, first_stop) > 24 or value_of(data, colon + 1, stop) > 59)
    groups, i = ZERO, low
    last_group = low
    while True:
        stop = end_of_run(data, i, high, DIGIT)
        if stop == i or (stop < high and data[stop] != 45):
            return False
        groups += 1
        if stop == high:
            break
        last_group = i = stop + 1
    if groups != 2:
        return bool(groups > 2)
    length, length_after = first_stop - low, high - last_group
    if length < 3 and length_after < 3:
        return bool(kind != DATE and value_of(data, last_group, high) <= value_of(data, low, first_stop))
    if length == 4 and (
        length_after == 2 or (length_after == 4 and (data[last_group] == 49 or data[last_group] == 50))
    ):
        return False
    return kind in (DATE, TIME) or (data[last_group] == 48 and length_after > 1) or length + length_after > 8


@inner()
def _extend(data: Any, left: Any, right: Any, bounds: Any) -> None:
    """Extend a date by the word before or behind it that belongs to it."""
    start, end = bounds[0], bounds[1]
    bits = bits_of(data, start, end_of_run(data, start, end, LETTER))
    low, high = word_before(data, left, start)
    before = bits_of(data, low, high)
    if high < start and bits & (DAY | UNIT) and before & RELATIVE:
        bounds[0] = low
    elif high < start and bits_of(data, start, end) & EVE and before & SIDE:
        day, stop = word_before(data, left, low)
        the, close = word_before(data, left, day)
        words = bits_of(data, day, stop) & ONE_DAY and bits_of(data, the, close) & ARTICLE
        if words and stop < low and close < day:
            bounds[0] = the
    last = end - 3
    if last < start or data[last] & 0xF0 != 0xE0:
        return
    point, _ = code_point(data, last)
    if not contains(_SPANS, point):
        return
    origin = last
    while origin > start and is_of(data[origin - 1], DIGIT):
        origin -= 1
    if origin < last and (point == _MONTH or (point == _YEAR and last - origin > 3)):
        return
    behind, stop = word_behind(data, end, right)
    if bits_of(data, behind, stop) & KOREAN_AGO:
        bounds[1] = behind + 3
