"""Word features by hashing: what a token looks like, as rows of embedding tables.

Every feature of a word type is a 64-bit hash of some of its code points, reduced to a bucket of its group's
table. The hash of the code points ``p_0 .. p_{n-1}`` is ``mix(seed + sum_i (p_i + 1) * B**i  mod 2**64)`` with an odd
constant ``B`` and the finaliser of SplitMix64, so that any implementation that reads code points from the left
can reproduce it. Case is folded code point by code point (`simple_lower`), never changing a word's length.

A *word type* is written as a key: the word itself, or for characters (Korean) ``"i\\tword"``, the i-th character of
its space-delimited word, because there the features are those of the character in its word.

References
----------
Lecture L5 (the window's vectors); Weinberger et al. 2009, "Feature hashing for large scale multitask learning".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

UInt = NDArray[np.uint64]
Int = NDArray[np.int64]

PADDING = "\t"  # the key of the positions before a sentence's first and after its last token


@dataclass(frozen=True)
class Group:
    """One embedding table and the features that share it.

    Attributes
    ----------
    name : str
        Name of the table in the model file.
    buckets : int
        Rows of the table.
    dimension : int
        Columns of the table: the width of this group in a token's vector.
    features : tuple of str
        Names of entries of `WORD_FEATURES` or `CHARACTER_FEATURES`.
    """

    name: str
    buckets: int
    dimension: int
    features: tuple[str, ...]


class Bag(NamedTuple):
    """Table rows of each word type: type t has ``ids[offsets[t]:offsets[t + 1]]``."""

    ids: Int
    offsets: Int


WORD_GROUPS = (
    Group("form", 32768, 32, ("lower",)),
    Group("affix", 16384, 32, ("prefixes", "suffixes")),
    Group("ngram", 32768, 32, ("ngrams",)),
    Group("shape", 2048, 16, ("shape", "short_shape", "case", "edges", "length")),
)
CHARACTER_GROUPS = (
    Group("character", 8192, 48, ("character", "class")),
    Group("bigram", 32768, 32, ("left", "right", "left3", "right3", "around")),
    Group("word", 32768, 48, ("word", "head", "tail", "rest")),
    Group("place", 512, 16, ("position", "position_from_end", "word_length", "neighbours")),
)


def extract(keys: Sequence[str], groups: Sequence[Group]) -> list[Bag]:
    """Return each group's table rows for each word type.

    Parameters
    ----------
    keys : sequence of str
        Word types (see the module's text); all words or all characters.
    groups : sequence of Group
        The tables asked for.

    Returns
    -------
    list of Bag
        One per group: ``ids`` in ``[0, buckets)``, ``offsets`` of length ``len(keys) + 1``.

    Raises
    ------
    KeyError
        A group names a feature that does not exist.

    Examples
    --------
    >>> bag, = extract(["Paris", "paris"], [Group("form", 1000, 8, ("lower",))])
    >>> bool(bag.ids[0] == bag.ids[1]), bag.offsets.tolist()
    (True, [0, 1, 2])
    """
    of_characters = any(name in CHARACTER_FEATURES for group in groups for name in group.features)
    characters, words = (_Characters(keys), None) if of_characters else (None, _Words(keys))
    bags = []
    for group in groups:
        parts = []
        for name in group.features:
            owners, hashes = CHARACTER_FEATURES[name](characters) if characters else WORD_FEATURES[name](words)
            seed = _seed(name)
            parts.append((owners, (_mix(hashes + seed) % np.uint64(group.buckets)).astype(np.int64)))
        owners = np.concatenate([part[0] for part in parts])
        ids = np.concatenate([part[1] for part in parts])
        order = np.argsort(owners, kind="stable")
        offsets = np.zeros(len(keys) + 1, np.int64)
        np.cumsum(np.bincount(owners, minlength=len(keys)), out=offsets[1:])
        bags.append(Bag(ids[order], offsets))
    return bags


def word_hashes(words: Sequence[str]) -> UInt:
    """Return a 64-bit hash of each word as it is spelled: the key of a stored vocabulary.

    Examples
    --------
    >>> a, b, c = word_hashes(["Paris", "Paris", "paris"])
    >>> bool(a == b), bool(a == c)
    (True, False)
    """
    text = _Spans.of(words)
    return _mix(text.hash(text.points))


def simple_lower(points: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Lower-case code points one by one; those whose lower case is longer than one code point stay."""
    lowered = np.where((points >= 65) & (points <= 90), points + np.uint32(32), points)
    beyond = points >= 128
    if beyond.any():
        distinct, where = np.unique(points[beyond], return_inverse=True)
        folded = [chr(p).lower() for p in distinct.tolist()]
        lowered[beyond] = np.array(
            [ord(f) if len(f) == 1 else p for f, p in zip(folded, distinct.tolist(), strict=True)]
        )[where]
    return lowered.astype(np.uint32)


def character_keys(text: str, starts: Sequence[int], ends: Sequence[int]) -> list[str]:
    """Return the keys of character tokens: position in and text of their space-delimited word.

    Examples
    --------
    >>> character_keys("서울 은", [0, 1, 3], [1, 2, 4])
    ['0\\t서울', '1\\t서울', '0\\t은']
    """
    keys: list[str] = []
    first = 0
    count = len(starts)
    for t in range(count):
        if t + 1 == count or starts[t + 1] != ends[t]:  # white space follows: the word is complete
            word = text[starts[first] : ends[t]]
            keys.extend(f"{i}\t{word}" for i in range(t + 1 - first))
            first = t + 1
    return keys


# ------------------------------------------------------------------------------------------------ hashing

_BASE = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.ones(4096, np.uint64)
with np.errstate(over="ignore"):
    np.cumprod(np.full(4095, _BASE), out=_POWERS[1:])


def _mix(x: UInt) -> UInt:
    """Finalise a hash (SplitMix64, Steele et al. 2014)."""
    x = x ^ (x >> np.uint64(30))
    x = x * np.uint64(0xBF58476D1CE4E5B9)
    x = x ^ (x >> np.uint64(27))
    x = x * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _seed(name: str) -> np.uint64:
    """Give each feature its own hash family, so that prefix "in" and suffix "in" differ."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return np.uint64(value)


@dataclass(frozen=True)
class _Spans:
    """Words laid end to end: ``points[starts[w]:ends[w]]`` are the code points of word w."""

    points: NDArray[np.uint32]
    starts: Int
    ends: Int
    owner: Int  # the word of each code point
    place: Int  # its index in the word

    @classmethod
    def of(cls, words: Sequence[str]) -> _Spans:
        points = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        ends = np.cumsum(lengths)
        starts = ends - lengths
        owner = np.repeat(np.arange(len(words)), lengths)
        return cls(points, starts, ends, owner, np.arange(len(points)) - starts[owner])

    @property
    def lengths(self) -> Int:
        return self.ends - self.starts

    def hash(self, values: NDArray[np.uint32], keep: NDArray[np.bool_] | None = None, place: Int | None = None) -> UInt:
        """Hash of each word's (kept) values; `place` overrides the exponents."""
        place = self.place if place is None else place
        with np.errstate(over="ignore"):
            terms = (values.astype(np.uint64) + np.uint64(1)) * _POWERS[place % len(_POWERS)]
        owner = self.owner
        if keep is not None:
            terms, owner = terms[keep], owner[keep]
        total = np.zeros(len(self.starts), np.uint64)
        if len(terms):
            # the terms of one word are neighbours: sums between borders, taken modulo 2**64
            borders = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
            total[owner[borders]] = np.add.reduceat(terms, borders)
        return total


Hashes = tuple[Int, UInt]  # the word type each hash belongs to, the hash


# ------------------------------------------------------------------------------------------------ words


class _Words:
    """What the word features look at."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.text = _Spans.of(keys)
        self.lower = simple_lower(self.text.points)
        self.classes = _classes(self.text.points, self.lower)
        self.all = np.arange(len(keys))


def _lower_form(words: _Words) -> Hashes:
    return words.all, words.text.hash(words.lower)


def _exact_form(words: _Words) -> Hashes:
    return words.all, words.text.hash(words.text.points)


def _prefixes(words: _Words) -> Hashes:
    text = words.text
    owners, hashes = [], []
    for k in (1, 2, 3, 4):
        long = np.flatnonzero(text.lengths >= k)
        owners.append(long)
        hashes.append(text.hash(text.points, text.place < k)[long] * np.uint64(8) + np.uint64(k))
    return np.concatenate(owners), np.concatenate(hashes)


def _suffixes(words: _Words) -> Hashes:
    text = words.text
    from_end = text.ends[text.owner] - 1 - np.arange(len(text.points))
    owners, hashes = [], []
    for k in (1, 2, 3, 4):
        long = np.flatnonzero(text.lengths >= k)
        owners.append(long)
        hashes.append(text.hash(words.lower, from_end < k, from_end)[long] * np.uint64(8) + np.uint64(k))
    return np.concatenate(owners), np.concatenate(hashes)


def _ngrams(words: _Words) -> Hashes:
    """Character 3- and 4-grams of the lower-cased word between border marks."""
    text = words.text
    count = len(text.starts)
    border = np.uint32(0x110000)  # beyond Unicode, so no text contains it
    place = np.arange(len(text.points)) + 2 * text.owner + 1
    padded = np.full(len(text.points) + 2 * count, border, np.uint32)
    padded[place] = words.lower
    owner = np.repeat(np.arange(count), text.lengths + 2)
    values = padded.astype(np.uint64) + np.uint64(1)
    owners, hashes = [], []
    for n in (3, 4):
        if len(values) < n:
            continue
        total = sum((values[i : len(values) - n + 1 + i] * _POWERS[i] for i in range(n)), np.uint64(0))
        inside = owner[: len(values) - n + 1] == owner[n - 1 :]
        owners.append(owner[: len(values) - n + 1][inside])
        hashes.append(np.asarray(total)[inside])
    return np.concatenate(owners), np.concatenate(hashes)


def _shape(words: _Words) -> Hashes:
    """Classes with runs collapsed: "McDonald's" is XxXx'x."""
    text, classes = words.text, words.classes
    starts_run = np.ones(len(classes), bool)
    starts_run[1:] = (classes[1:] != classes[:-1]) | (text.owner[1:] != text.owner[:-1])
    order = np.cumsum(starts_run) - 1
    first = order[text.starts] if len(order) else order
    return words.all, text.hash(classes, starts_run, order - first[text.owner])


def _short_shape(words: _Words) -> Hashes:
    """Classes of the first four and the last two code points."""
    text, classes = words.text, words.classes
    from_end = text.ends[text.owner] - 1 - np.arange(len(classes))
    head = text.hash(classes, text.place < 4)
    tail = text.hash(classes, from_end < 2, from_end)
    return words.all, head * np.uint64(31) + tail * _BASE


def _case(words: _Words) -> Hashes:
    """Upper, title, lower, mixed or none, and whether digits or marks occur."""
    text, classes = words.text, words.classes
    count = len(text.starts)

    def occurs(code: int) -> NDArray[np.bool_]:
        found = np.zeros(count, bool)
        found[text.owner[classes == code]] = True
        return found

    upper, lower, digit = occurs(_UPPER), occurs(_LOWER), occurs(_DIGIT)
    initial = np.zeros(count, bool)
    if len(classes):
        initial = classes[text.starts] == _UPPER
    rest = np.zeros(count, bool)
    rest[text.owner[(classes == _UPPER) & (text.place > 0)]] = True
    mark = np.zeros(count, bool)
    mark[text.owner[classes > _OTHER]] = True
    bits = sum(b.astype(np.uint64) << np.uint64(i) for i, b in enumerate((upper, lower, digit, initial, rest, mark)))
    return words.all, np.asarray(bits)


def _edges(words: _Words) -> Hashes:
    text = words.text
    if not len(text.points):
        return words.all, np.zeros(len(words.all), np.uint64)
    first, last = words.classes[text.starts], words.classes[text.ends - 1]
    return words.all, first.astype(np.uint64) * np.uint64(1 << 24) + last.astype(np.uint64)


def _length(words: _Words) -> Hashes:
    return words.all, np.minimum(words.text.lengths, 12).astype(np.uint64)


WORD_FEATURES: dict[str, Callable[[_Words], Hashes]] = {
    "lower": _lower_form,
    "exact": _exact_form,
    "prefixes": _prefixes,
    "suffixes": _suffixes,
    "ngrams": _ngrams,
    "shape": _shape,
    "short_shape": _short_shape,
    "case": _case,
    "edges": _edges,
    "length": _length,
}

_UPPER, _LOWER, _DIGIT, _HANGUL, _OTHER = 1, 2, 3, 4, 5


def _classes(points: NDArray[np.uint32], lower: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Class of each code point: letters and digits by kind, every other sign its own class (its code point + 16)."""
    distinct, where = np.unique(points, return_inverse=True)
    table = np.empty(len(distinct), np.uint32)
    for row, point in enumerate(distinct.tolist()):
        category = unicodedata.category(chr(point)) if point < 0x110000 else "Cn"
        if category in ("Lu", "Lt"):
            table[row] = _UPPER
        elif category == "Ll":
            table[row] = _LOWER
        elif category[0] == "N":
            table[row] = _DIGIT
        elif 0xAC00 <= point <= 0xD7A3 or 0x1100 <= point <= 0x11FF or 0x3130 <= point <= 0x318F:
            table[row] = _HANGUL
        elif category[0] in "LM":
            table[row] = _OTHER
        else:
            table[row] = point + 16
    return table[where]


# ------------------------------------------------------------------------------------------------ characters


class _Characters:
    """What the features of a character in its space-delimited word look at."""

    MARGIN = 3  # borders laid on either side of a word, so that a neighbour is an index away

    def __init__(self, keys: Sequence[str]) -> None:
        parts = [key.partition("\t") for key in keys]
        words: dict[str, int] = {}
        owner = np.fromiter(
            (words.setdefault(word or PADDING, len(words)) for _, _, word in parts), np.int64, len(parts)
        )
        self.place = np.fromiter((int(place or 0) for place, _, _ in parts), np.int64, len(parts))
        self.all = np.arange(len(keys))
        text = _Spans.of(list(words))
        lower = simple_lower(text.points)
        classes = _classes(text.points, lower)
        at = np.arange(len(lower)) + self.MARGIN * (2 * text.owner + 1)
        self.values = np.full(len(lower) + 2 * self.MARGIN * len(words), 0x110001, np.uint64)  # the border's value
        self.values[at] = lower.astype(np.uint64) + np.uint64(1)
        self.classes = np.zeros(len(self.values), np.uint64)
        self.classes[at] = classes
        self.at = text.starts[owner] + self.MARGIN * (2 * owner + 1) + self.place
        with np.errstate(over="ignore"):
            sums = np.zeros(len(lower) + 1, np.uint64)
            np.cumsum((lower.astype(np.uint64) + np.uint64(1)) * _POWERS[text.place % len(_POWERS)], out=sums[1:])
        self._sums, self._starts, self._ends = sums, text.starts[owner], text.ends[owner]
        self.lengths = self._ends - self._starts

    def window(self, first: int, last: int) -> UInt:
        """Hash of the code points from `first` to `last` around each character."""
        return np.asarray(
            sum((self.values[self.at + k] * _POWERS[k - first] for k in range(first, last + 1)), np.uint64(0))
        )

    def part(self, first: Int, last: Int) -> UInt:
        """Hash of ``word[first:last]`` for each character."""
        with np.errstate(over="ignore"):
            total = self._sums[self._starts + last] - self._sums[self._starts + first]
            return total * _INVERSE_POWERS[first % len(_POWERS)]


with np.errstate(over="ignore"):
    _INVERSE_POWERS = np.ones(4096, np.uint64)
    np.cumprod(np.full(4095, pow(int(_BASE), -1, 1 << 64), np.uint64), out=_INVERSE_POWERS[1:])


def _rest(words: _Characters) -> UInt:
    """What follows the character in its word: often the particle that ends a name."""
    return words.part(words.place + 1, words.lengths)


CHARACTER_FEATURES: dict[str, Callable[[_Characters], Hashes]] = {
    "character": lambda w: (w.all, w.window(0, 0)),
    "class": lambda w: (w.all, w.classes[w.at]),
    "left": lambda w: (w.all, w.window(-1, 0)),
    "right": lambda w: (w.all, w.window(0, 1)),
    "left3": lambda w: (w.all, w.window(-2, 0)),
    "right3": lambda w: (w.all, w.window(0, 2)),
    "around": lambda w: (w.all, w.window(-1, 1)),
    "word": lambda w: (w.all, w.part(np.zeros_like(w.place), w.lengths)),
    "head": lambda w: (w.all, w.part(np.zeros_like(w.place), w.place + 1)),
    "tail": lambda w: (w.all, w.part(w.place, w.lengths)),
    "rest": lambda w: (w.all, _rest(w)),
    "position": lambda w: (w.all, np.minimum(w.place, 9).astype(np.uint64)),
    "position_from_end": lambda w: (w.all, np.minimum(w.lengths - w.place, 9).astype(np.uint64)),
    "word_length": lambda w: (w.all, np.minimum(w.lengths, 12).astype(np.uint64)),
    "neighbours": lambda w: (
        w.all,
        w.classes[w.at - 1] * np.uint64(1 << 42) + w.classes[w.at] * np.uint64(1 << 21) + w.classes[w.at + 1],
    ),
}
