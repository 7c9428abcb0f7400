"""Kernels of `text.span_rules`: correction of a model's spans by the words and figures beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.columns import Entities
from fanlight.engine.date_rules import extend_date
from fanlight.engine.number_rules import is_no_value
from fanlight.engine.number_words import begin_of_amount
from fanlight.engine.phrases import find_phrases
from fanlight.engine.words_beside import (
    BLANK,
    DIGIT,
    LETTER,
    bits_of,
    contains,
    count_points,
    end_of_run,
    is_of,
    word_behind,
)
from fanlight.jit import ZERO, inner
from fanlight.text.span_words import (
    ABBREVIATION,
    DAY,
    DOUBTFUL,
    GREETING,
    KOREAN_DAYTIME,
    MINOR,
    OCCASION,
    OPENER,
    PHRASES,
    RELATIVE,
    TODAY,
    WISH,
    WITHOUT_STOP,
    Kind,
)

NAME, PERSON, OTHER_NAME, DATE, TIME, QUANTITY = (int(kind) for kind in list(Kind)[1:7])


@inner(allocates=True)
def correct_entities(data: Any, tokens: Any, kinds: Any, out: Any, count: Any) -> Any:
    """Correct the first `count` entities of columns, sentence by sentence; return the number of corrected entities.

    Parameters
    ----------
    data : uint8 array
    tokens : Tokens
    kinds : int64 array (types,), or (0,) for no correction
        The `Kind` of each type.
    out : Entities
        The entities, overwritten with the corrected ones; its capacity is the number of tokens.
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
    """Write the corrected `entities`, given as columns and number of rows, to `out`; return their number."""
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
        n = _join(data, kinds, work, shares, n)
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
    """Replace the spans that overlap a phrase, as in `text.span_rules`; return the number of spans."""
    start, end, kind = phrase[0], phrase[1], phrase[2]
    if not contains(kinds, kind):
        return n
    is_certain, stop = data[start] > 127, end + (end < len(data) and data[end] == 46)  # 25 °C. at a sentence's end
    for i in range(start, end):
        is_certain = is_certain or is_of(data[i], DIGIT)
    origin = ZERO
    while origin < n and work[origin, 1] <= start:
        origin += 1
    last = origin
    while last < n and work[last, 0] < end:
        is_doubtful = kind >= QUANTITY and shares[last] < DOUBTFUL
        beyond = (work[last, 0] < start and not is_doubtful) or work[last, 1] > stop or not is_certain
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
        if type_ < 0 and kind < QUANTITY and (kinds[work[k, 4]] == DATE or kinds[work[k, 4]] == TIME):
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
def _join(data: Any, kinds: Any, work: Any, shares: Any, n: Any) -> Any:
    """Join two spans that are one date, as in `text.span_rules`; return the number of spans."""
    k = 1
    while k < n:
        low, start, kind = k - 1, work[k, 0], kinds[work[k, 4]]
        stop = work[low, 1]
        is_near = kinds[work[low, 4]] == DATE and kind in (DATE, TIME) and stop < start
        if is_near and end_of_run(data, stop, start, BLANK) == start:
            bits, others = bits_of(data, work[low, 0], stop), bits_of(data, start, work[k, 1])
            if (bits & TODAY and others & KOREAN_DAYTIME) or (bits & RELATIVE and others & DAY):
                work[low, 1], work[low, 3] = work[k, 1], work[k, 3]
                shares[low] = max(shares[low], shares[k])
                _shift(work, shares, k + 1, n, k)
                n -= 1
                continue
        k += 1
    return n


@inner()
def _shift(work: Any, shares: Any, origin: Any, n: Any, place: Any) -> None:
    """Move the spans [origin, n) to `place`."""
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
    """Write the corrected spans of a sentence to columns from `row` on; return the row after them."""
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
            separable = kind != OTHER_NAME and not _has_stop(data, origin, span[1])
            for i in range(origin + 1, span[1]):
                if separable and (data[i] == 47 or data[i] == 124) and _separates_names(data, bounds[0], i, span[1]):
                    bounds[1] = i
                    row = _write_span(data, document, span, bounds, shares[n], (out, row))
                    bounds[0] = i + 1
                elif data[i] == 35 and _begins_tag(data, i, span[1]):  # "#"
                    bounds[1] = i
                    while is_of(data[bounds[1] - 1], BLANK):
                        bounds[1] -= 1
                    row = _write_span(data, document, span, bounds, shares[n], (out, row))
                    bounds[0] = i
            bounds[1] = span[1]
        elif kind:
            if is_no_value(data, begin, end, bounds, kind):
                continue
            if kind in (DATE, TIME):
                extend_date(data, left, work[n + 1, 0] if n + 1 < len(work) else end, bounds)
            bounds[0] = begin_of_amount(data, left, bounds[0], bounds[1])
        row = _write_span(data, document, span, bounds, shares[n], (out, row))
        left = bounds[1]
    return row


@inner()
def _begins_tag(data: Any, i: Any, end: Any) -> bool:
    """Tell whether a number sign at byte i follows a blank or is between letters."""
    glued = i + 1 < end and is_of(data[i - 1], LETTER) and is_of(data[i + 1], LETTER)
    return glued or is_of(data[i - 1], BLANK)


@inner()
def _has_stop(data: Any, begin: Any, end: Any) -> bool:
    """Tell whether a name has a stop, colon or at sign, as internet addresses have."""
    has_stop = False
    for i in range(begin, end):
        has_stop = has_stop or data[i] == 46 or data[i] == 58 or data[i] == 64  # . : @
    return has_stop


@inner()
def _separates_names(data: Any, start: Any, i: Any, end: Any) -> bool:
    """Tell whether a slash at byte i has two letters, or one beyond ASCII, on both sides."""
    if i + 1 >= end or not (is_of(data[i - 1], LETTER) and is_of(data[i + 1], LETTER)):
        return False
    left = data[i - 1] > 127 or (i - 2 >= start and is_of(data[i - 2], LETTER))
    return bool(left and (data[i + 1] > 127 or (i + 2 < end and is_of(data[i + 2], LETTER))))


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
    """Return the start of the corrected name; -1 if the span is not a name."""
    start, last = bounds[0], bounds[1]
    stop = end_of_run(data, start, last, LETTER)
    bits = bits_of(data, start, stop)
    if bits & ABBREVIATION:
        after = stop + (stop < end and data[stop] == 46)
        if after >= last and (after > stop or bits & WITHOUT_STOP):
            after = end_of_run(data, after, end, BLANK)
            if after < end and is_of(data[after], DIGIT):
                return np.int64(-1)
        if after > stop:
            after = end_of_run(data, after, end, BLANK)
            if stop < after < last and last == end_of_run(data, after, end, DIGIT):
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
