"""A compiled parser of lines with a word and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.jit import inner, kernel

_POWERS = 10.0 ** np.arange(23)  # exact in float64


@kernel()
def parse_lines(data: Any, width: int, matrix: Any, word_ends: Any) -> int:
    """Parse lines of bytes: a word, followed by `width` numbers.

    Parameters
    ----------
    data : uint8 array
        Lines, each with a final line feed.
    width : int
        Numbers per line.
    matrix : float32 array (lines, width)
        Output: the numbers.
    word_ends : int array (lines, 2)
        Output: start and end of each line's word, equal for a blank line.

    Returns
    -------
    int
        The index of the first malformed line, or -1.
    """
    place = 0
    for line in range(len(matrix)):
        end = place
        while data[end] != 10:
            end += 1
        stop = end
        while stop > place and (data[stop - 1] == 32 or data[stop - 1] == 13 or data[stop - 1] == 9):
            stop -= 1
        word_ends[line, 0] = place
        word_ends[line, 1] = place
        if stop > place:
            at = stop
            for column in range(width - 1, -1, -1):
                begin = at
                while begin > place and data[begin - 1] != 32 and data[begin - 1] != 9:
                    begin -= 1
                if begin in (place, at):
                    return line
                value = _number(data, begin, at)
                if np.isnan(value):
                    return line
                matrix[line, column] = value
                at = begin - 1
                while at > place and (data[at - 1] == 32 or data[at - 1] == 9):
                    at -= 1
            if at <= place:
                return line
            word_ends[line, 1] = at
        place = end + 1
    return -1


@inner()
def _number(data: Any, begin: int, end: int) -> float:
    """Return the decimal number in data[begin:end], or NaN if there is none or it is too large."""
    sign = 1.0
    at = begin
    if data[at] == 45 or data[at] == 43:
        if data[at] == 45:
            sign = -1.0
        at += 1
    mantissa = np.int64(0)
    scale = 0
    digits = 0
    dot = False
    while at < end:
        c = data[at]
        if 48 <= c <= 57:
            digits += 1
            if mantissa < 100_000_000_000_000_000:
                mantissa = mantissa * 10 + np.int64(c - 48)
                if dot:
                    scale -= 1
            elif not dot:
                scale += 1
        elif c == 46 and not dot:
            dot = True
        else:
            break
        at += 1
    if digits == 0:
        return np.nan
    if at < end:
        if data[at] != 101 and data[at] != 69:
            return np.nan
        at += 1
        power_sign = 1
        if at < end and (data[at] == 45 or data[at] == 43):
            if data[at] == 45:
                power_sign = -1
            at += 1
        if at == end:
            return np.nan
        power = 0
        while at < end:
            c = data[at]
            if c < 48 or c > 57:
                return np.nan
            power = min(power * 10 + int(c - 48), 10_000)
            at += 1
        scale += power_sign * power
    value = float(mantissa)
    while scale > 22:
        value *= _POWERS[22]
        scale -= 22
        if np.isinf(value):
            return np.nan
    while scale < -22:
        value /= _POWERS[22]
        scale += 22
        if value == 0.0:
            return 0.0
    return float(sign * (value * _POWERS[scale] if scale >= 0 else value / _POWERS[-scale]))
