"""Features of words: forms, affixes, character n-grams, shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fanlight.text.hashing import (
    BASE,
    DIGIT,
    LOWER,
    OTHER,
    POWERS,
    UPPER,
    Hashes,
    Spans,
    character_classes,
    simple_lower,
)


class Words:
    """Code points, lower case and classes of words, from which features are computed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.text = Spans.of(keys)
        self.lower = simple_lower(self.text.points)
        self.classes = character_classes(self.text.points, self.lower)
        self.all = np.arange(len(keys))


def _lower_form(words: Words) -> Hashes:
    return words.all, words.text.hash(words.lower)


def _exact_form(words: Words) -> Hashes:
    return words.all, words.text.hash(words.text.points)


def _prefixes(words: Words) -> Hashes:
    text = words.text
    owners, hashes = [], []
    for k in (1, 2, 3, 4):
        long = np.flatnonzero(text.lengths >= k)
        owners.append(long)
        hashes.append(text.hash(text.points, text.place < k)[long] * np.uint64(8) + np.uint64(k))
    return np.concatenate(owners), np.concatenate(hashes)


def _suffixes(words: Words) -> Hashes:
    text = words.text
    from_end = text.word_ends[text.owner] - 1 - np.arange(len(text.points))
    owners, hashes = [], []
    for k in (1, 2, 3, 4):
        long = np.flatnonzero(text.lengths >= k)
        owners.append(long)
        hashes.append(text.hash(words.lower, from_end < k, from_end)[long] * np.uint64(8) + np.uint64(k))
    return np.concatenate(owners), np.concatenate(hashes)


def _ngrams(words: Words) -> Hashes:
    """Character 3- and 4-grams of the lower-case word between boundary symbols."""
    text = words.text
    count = len(text.word_starts)
    border = np.uint32(0x110000)  # outside Unicode
    place = np.arange(len(text.points)) + 2 * text.owner + 1
    padded = np.full(len(text.points) + 2 * count, border, np.uint32)
    padded[place] = words.lower
    owner = np.repeat(np.arange(count), text.lengths + 2)
    values = padded.astype(np.uint64) + np.uint64(1)
    owners, hashes = [], []
    for n in (3, 4):
        if len(values) < n:
            continue
        total = sum((values[i : len(values) - n + 1 + i] * POWERS[i] for i in range(n)), np.uint64(0))
        inside = owner[: len(values) - n + 1] == owner[n - 1 :]
        owners.append(owner[: len(values) - n + 1][inside])
        hashes.append(np.asarray(total)[inside])
    return np.concatenate(owners), np.concatenate(hashes)


def _shape(words: Words) -> Hashes:
    """Classes of characters with runs collapsed: "McDonald's" is XxXx'x."""
    text, classes = words.text, words.classes
    starts_run = np.ones(len(classes), bool)
    starts_run[1:] = (classes[1:] != classes[:-1]) | (text.owner[1:] != text.owner[:-1])
    order = np.cumsum(starts_run) - 1
    begins = order[text.word_starts] if len(order) else order
    return words.all, text.hash(classes, starts_run, order - begins[text.owner])


def _short_shape(words: Words) -> Hashes:
    """Classes of the first four and the last two code points."""
    text, classes = words.text, words.classes
    from_end = text.word_ends[text.owner] - 1 - np.arange(len(classes))
    head = text.hash(classes, text.place < 4)
    tail = text.hash(classes, from_end < 2, from_end)
    return words.all, head * np.uint64(31) + tail * BASE


def _case(words: Words) -> Hashes:
    """Upper, title, lower, mixed or none, and whether digits or marks occur."""
    text, classes = words.text, words.classes
    count = len(text.word_starts)

    def occurs(code: int) -> NDArray[np.bool_]:
        has_class = np.zeros(count, bool)
        has_class[text.owner[classes == code]] = True
        return has_class

    upper, lower, digit = occurs(UPPER), occurs(LOWER), occurs(DIGIT)
    initial = np.zeros(count, bool)
    if len(classes):
        initial = classes[text.word_starts] == UPPER
    capitals_inside = np.zeros(count, bool)
    capitals_inside[text.owner[(classes == UPPER) & (text.place > 0)]] = True
    mark = np.zeros(count, bool)
    mark[text.owner[classes > OTHER]] = True
    bits = sum(
        b.astype(np.uint64) << np.uint64(i) for i, b in enumerate((upper, lower, digit, initial, capitals_inside, mark))
    )
    return words.all, np.asarray(bits)


def _outer_classes(words: Words) -> Hashes:
    text = words.text
    if not len(text.points):
        return words.all, np.zeros(len(words.all), np.uint64)
    head, tail = words.classes[text.word_starts], words.classes[text.word_ends - 1]
    return words.all, head.astype(np.uint64) * np.uint64(1 << 24) + tail.astype(np.uint64)


def _length(words: Words) -> Hashes:
    return words.all, np.minimum(words.text.lengths, 12).astype(np.uint64)


WORD_FEATURES: dict[str, Callable[[Words], Hashes]] = {
    "lower": _lower_form,
    "exact": _exact_form,
    "prefixes": _prefixes,
    "suffixes": _suffixes,
    "ngrams": _ngrams,
    "shape": _shape,
    "short_shape": _short_shape,
    "case": _case,
    "edges": _outer_classes,
    "length": _length,
}
