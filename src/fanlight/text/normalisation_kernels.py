"""Which texts of a block may differ from their normal form: `normalisation` says what that is, and has the plain form.

Most texts are their own normal form. A kernel finds the others, so that no more than these are decoded. What it must
know of a code point is asked of Python once, when the first text with it comes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.jit import kernel
from fanlight.text.automaton_kernels import code_point
from fanlight.text.code_points import POINTS
from fanlight.text.normalisation import LONGEST_REFERENCE, extends, fold_character

Int = NDArray[np.int64]
UNKNOWN, ASKED, NORMAL, ALTERED = range(4)  # states of code points
MOST_ASKED = 4096  # code points at once: a text of Korean has fewer


def find_altered(data: NDArray[np.uint8], text_starts: Int, text_ends: Int, begin: int, end: int) -> list[int]:
    """Return those of the texts [begin, end) that may differ from their normal form.

    Every text that does is among them, and few others: such as have a mark that composes with nothing.

    Parameters
    ----------
    data : uint8 array
        UTF-8 without half surrogates.
    text_starts, text_ends : int64 arrays (texts,)
        Text d is ``data[text_starts[d]:text_ends[d]]``.
    begin, end : int
    """
    states = _states()
    altered = np.empty(end - begin, np.bool_)
    unknown = np.empty(MOST_ASKED, np.int64)
    while count := _mark_altered(data, text_starts[begin:end], text_ends[begin:end], states, altered, unknown):
        for point in unknown[:count].tolist():
            character = chr(point)
            differs = extends(character) or fold_character(character) != character
            states[point] = ALTERED if differs else NORMAL
    return (begin + np.flatnonzero(altered)).tolist()


@cache
def _states() -> NDArray[np.uint8]:
    """Return what is known of each code point; threads may fill it together, since all write the same."""
    states = np.full(POINTS, UNKNOWN, np.uint8)
    states[:0x80] = NORMAL
    return states


@kernel()
def _mark_altered(data: Any, text_starts: Any, text_ends: Any, states: Any, altered: Any, unknown: Any) -> int:
    """Mark the texts with a code point that is altered or what may be a character reference.

    Returns how many code points are unknown, which are in `unknown`; if there are any, the marks do not count.
    """
    count = 0
    for d in range(len(text_starts)):
        i, end = text_starts[d], text_ends[d]
        altered[d] = False
        while i < end:
            if data[i] < 0x80:
                if data[i] == 38:  # "&"
                    for k in range(i + 1, min(i + LONGEST_REFERENCE, end)):
                        altered[d] |= data[k] == 59  # ";"
                i += 1
                continue
            point, size = code_point(data, i)
            i += size
            if states[point] == UNKNOWN and count < len(unknown):
                states[point] = ASKED
                unknown[count] = point
                count += 1
            altered[d] |= states[point] != NORMAL  # what another thread has asked for may be altered
    return count
