"""Hashes of code points, for features and vocabularies.

The hash of the code points ``p_0 .. p_{n-1}`` is ``mix(seed + sum_i (p_i + 1) * B**i  mod 2**64)`` with an odd constant
B and the finaliser of SplitMix64, so that any implementation that reads code points from the left can reproduce it.
Case is folded code point by code point (`simple_lower`), which never changes a word's length.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UInt = NDArray[np.uint64]
Int = NDArray[np.int64]
Hashes = tuple[Int, UInt]  # the word type each hash belongs to, the hash


def word_hashes(words: Sequence[str]) -> UInt:
    """Return a case-sensitive 64-bit hash of each word: the key of a stored vocabulary.

    Examples
    --------
    >>> a, b, c = word_hashes(["Paris", "Paris", "paris"])
    >>> bool(a == b), bool(a == c)
    (True, False)
    """
    text = Spans.of(words)
    return mix(text.hash(text.points))


def simple_lower(points: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Lower-case code points one by one; those whose lower case has several code points are unchanged."""
    lowered = np.where((points >= 65) & (points <= 90), points + np.uint32(32), points)
    beyond = points >= 128
    if beyond.any():
        distinct, where = np.unique(points[beyond], return_inverse=True)
        folded = [chr(p).lower() for p in distinct.tolist()]
        lowered[beyond] = np.array(
            [ord(f) if len(f) == 1 else p for f, p in zip(folded, distinct.tolist(), strict=True)]
        )[where]
    return lowered.astype(np.uint32)


UPPER, LOWER, DIGIT, HANGUL, OTHER = 1, 2, 3, 4, 5  # classes; from 16 on, each sign has its own


def character_classes(points: NDArray[np.uint32], lower: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Class of each code point: letters and digits by kind, every other sign its own class (its code point + 16)."""
    distinct, where = np.unique(points, return_inverse=True)
    table = np.empty(len(distinct), np.uint32)
    for row, point in enumerate(distinct.tolist()):
        category = unicodedata.category(chr(point)) if point < 0x110000 else "Cn"
        if category in ("Lu", "Lt"):
            table[row] = UPPER
        elif category == "Ll":
            table[row] = LOWER
        elif category[0] == "N":
            table[row] = DIGIT
        elif 0xAC00 <= point <= 0xD7A3 or 0x1100 <= point <= 0x11FF or 0x3130 <= point <= 0x318F:
            table[row] = HANGUL
        elif category[0] in "LM":
            table[row] = OTHER
        else:
            table[row] = point + 16
    return table[where]


BASE = np.uint64(0x9E3779B97F4A7C15)
POWERS = np.ones(4096, np.uint64)
with np.errstate(over="ignore"):
    np.cumprod(np.full(4095, BASE), out=POWERS[1:])


def mix(x: UInt) -> UInt:
    """Finalise a hash (SplitMix64, Steele et al. 2014)."""
    x = x ^ (x >> np.uint64(30))
    x = x * np.uint64(0xBF58476D1CE4E5B9)
    x = x ^ (x >> np.uint64(27))
    x = x * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def seed_of(name: str) -> np.uint64:
    """Return the hash seed of a feature, so that prefix "in" and suffix "in" differ."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return np.uint64(value)


@dataclass(frozen=True)
class Spans:
    """Concatenated words: ``points[word_starts[w]:word_ends[w]]`` are the code points of word w."""

    points: NDArray[np.uint32]
    word_starts: Int
    word_ends: Int
    owner: Int  # word of each code point
    place: Int  # index of each code point in its word

    @classmethod
    def of(cls, words: Sequence[str]) -> Spans:
        """Concatenate nonempty words."""
        points = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        word_ends = np.cumsum(lengths)
        word_starts = word_ends - lengths
        owner = np.repeat(np.arange(len(words)), lengths)
        return cls(points, word_starts, word_ends, owner, np.arange(len(points)) - word_starts[owner])

    @property
    def lengths(self) -> Int:
        """Number of code points of each word."""
        return self.word_ends - self.word_starts

    def hash(self, values: NDArray[np.uint32], keep: NDArray[np.bool_] | None = None, place: Int | None = None) -> UInt:
        """Hash of each word's (kept) values; `place` overrides the exponents."""
        place = self.place if place is None else place
        with np.errstate(over="ignore"):
            terms = (values.astype(np.uint64) + np.uint64(1)) * POWERS[place % len(POWERS)]
        owner = self.owner
        if keep is not None:
            terms, owner = terms[keep], owner[keep]
        total = np.zeros(len(self.word_starts), np.uint64)
        if len(terms):
            # the terms of a word are adjacent: differences of cumulative sums modulo 2**64
            run_starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
            total[owner[run_starts]] = np.add.reduceat(terms, run_starts)
        return total


with np.errstate(over="ignore"):
    INVERSE_POWERS: UInt = np.ones(4096, np.uint64)
    np.cumprod(np.full(4095, pow(int(BASE), -1, 1 << 64), np.uint64), out=INVERSE_POWERS[1:])
