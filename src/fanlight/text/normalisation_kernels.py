"""A kernel that finds the texts of a block that may differ from their normal form (`normalisation`).

Most texts are their own normal form, and only the others have to be decoded. The state of a code point is computed in
Python when it first occurs.
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
MAX_ASKED = 4096  # unknown code points per call; a Korean text has fewer


def find_altered(data: NDArray[np.uint8], text_starts: Int, text_ends: Int, begin: int, end: int) -> list[int]:
    """Return the indices of the texts [begin, end) that may differ from their normal form.

    They include every text that differs, and a few others, such as texts with a mark that does not combine.

    Parameters
    ----------
    data : uint8 array
        Valid UTF-8.
    text_starts, text_ends : int64 arrays (texts,)
        Text d is ``data[text_starts[d]:text_ends[d]]``.
    begin, end : int
    """
    states = _states()
    altered = np.empty(end - begin, np.bool_)
    unknown = np.empty(MAX_ASKED, np.int64)
    while count := _mark_altered(data, text_starts[begin:end], text_ends[begin:end], states, altered, unknown):
        for point in unknown[:count].tolist():
            character = chr(point)
            differs = extends(character) or fold_character(character) != character
            states[point] = ALTERED if differs else NORMAL
    return (begin + np.flatnonzero(altered)).tolist()


@cache
def _states() -> NDArray[np.uint8]:
    """Return the state of each code point; several threads may fill in the same values."""
    states = np.full(POINTS, UNKNOWN, np.uint8)
    states[:0x80] = NORMAL
    return states


@kernel()
def _mark_altered(data: Any, text_starts: Any, text_ends: Any, states: Any, altered: Any, unknown: Any) -> int:
    """Mark the texts with an altered code point or a possible character reference.

    Returns the number of unknown code points, which are written to `unknown`; unless it is 0, the marks are invalid.
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
            altered[d] |= states[point] != NORMAL  # a code point asked for by another thread may be altered
    return count
