r"""Sets of code points for regular expressions: categories, letter case, and equivalence classes.

A set is a tuple of increasing bounds b0, b1, b2, …: it contains the code points [b0, b1), [b2, b3) and so on. Sets are
hashable and small: that of all letters has a few hundred bounds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

POINTS = 0x110000  # number of Unicode code points
PAGE = 256  # code points of a page of a table of classes
_CASED = 0x20000  # code points from here on have no case

Points = tuple[int, ...]


def interval(low: int, high: int) -> Points:
    """Return the set of code points from `low` to `high`, inclusive."""
    return low, high + 1


def union(*sets: Points) -> Points:
    """Return the union of sets.

    Examples
    --------
    >>> union((1, 5), (3, 8), (8, 9), (20, 21))
    (1, 9, 20, 21)
    """
    out: list[int] = []
    depth = 0
    for bound, opens in sorted((bound, 1 - 2 * (n & 1)) for points in sets for n, bound in enumerate(points)):
        before, depth = depth, depth + opens
        if bool(before) != bool(depth):
            if out and out[-1] == bound:
                out.pop()
            else:
                out.append(bound)
    return tuple(out)


def complement(points: Points) -> Points:
    """Return the complement of a set."""
    points = points[1:] if points and points[0] == 0 else (0, *points)
    return points[:-1] if points and points[-1] == POINTS else (*points, POINTS)


def contains(points: Points, point: int) -> bool:
    """Tell whether a set contains a code point."""
    return bool(bisect_right(points, point) & 1)


@cache
def category(name: str) -> Points:
    r"""Return the set of ``\d``, ``\s`` or ``\w``, as in `re`."""
    every = np.arange(POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    runs = {"d": re.compile(r"\d+"), "s": re.compile(r"\s+"), "w": re.compile(r"\w+")}[name]
    return tuple(bound for run in runs.finditer(every) for bound in run.span())


def ignore_case(points: Points) -> Points:
    r"""Return the code points that match a set with the flag ``(?i)``, as in `re`.

    Two code points match each other if their lower cases are equal or have the same upper case.

    Examples
    --------
    >>> points = ignore_case(interval(ord("k"), ord("k")))
    >>> "".join(chr(p) for p in range(POINTS) if contains(points, p))
    'Kk\u212a'
    """
    lower, variants = _case()
    lowered = {lower[p] for p in lower if contains(points, p)} | {p for p in variants if contains(points, p)}
    lowered |= {variant for p in lowered for variant in variants.get(p, ())}
    images = union(points, _set_of(lowered))
    return union(images, _set_of(p for p, small in lower.items() if contains(images, small)))


@cache
def _case() -> tuple[dict[int, int], dict[int, set[int]]]:
    """Return the lower case of each code point with another one, and the groups of those with the same upper case."""
    lower = {p: ord(small[0]) for p in range(_CASED) if (small := chr(p).lower()) != chr(p)}
    by_upper: dict[str, set[int]] = defaultdict(set)
    for p in range(_CASED):
        by_upper[chr(p).upper()].add(lower.get(p, p))
    return lower, {p: group for group in by_upper.values() if len(group) > 1 for p in group}


def _set_of(points: Iterable[int]) -> Points:
    return union(*(interval(p, p) for p in points))


def lead_bytes(points: Points) -> NDArray[np.bool_]:
    """Return the first bytes in UTF-8 of a set's code points.

    Returns
    -------
    bool array (256,)
    """
    out = np.zeros(256, np.bool_)
    for begin, end in zip(points[::2], points[1::2], strict=True):
        low, high = (chr(p).encode("utf-8", "surrogatepass")[0] for p in (begin, end - 1))
        out[low : high + 1] = True
    out[0x80:0xC0] = False  # continuation bytes, in an interval from below 0x80 to above
    return out


def partition(sets: Sequence[Points]) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Divide all code points into the equivalence classes of sets.

    Returns
    -------
    uint16 array (POINTS,)
        The class of each code point.
    bool array (classes, sets)
        Whether a set contains a class.
    """
    bounds = np.array(sorted({0, *(b for points in sets for b in points if b < POINTS)}), np.int64)
    members = np.zeros((len(bounds), len(sets)), np.bool_)
    for n, points in enumerate(sets):
        members[:, n] = np.searchsorted(np.array(points, np.int64), bounds, "right") & 1
    classes: dict[bytes, int] = {}
    keys = [row.tobytes() for row in np.packbits(members, axis=1)]
    numbers = np.array([classes.setdefault(key, len(classes)) for key in keys], np.uint16)
    _, rows = np.unique(numbers, return_index=True)
    return np.repeat(numbers, np.diff(bounds, append=POINTS)), members[rows]


def split_pages(classes: NDArray[np.uint16]) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return a table of all code points as distinct pages.

    Returns
    -------
    uint16 array (POINTS / PAGE,)
        The number of each page.
    uint16 array (pages, PAGE)
    """
    pages: dict[bytes, int] = {}
    rows = classes.reshape(-1, PAGE)
    numbers = np.array([pages.setdefault(row.tobytes(), len(pages)) for row in rows], np.uint16)
    _, places = np.unique(numbers, return_index=True)
    return numbers, rows[places]
