"""Features of a character in its space-delimited word, for languages such as Korean."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fanlight.text.hashing import INVERSE_POWERS, POWERS, Hashes, Int, Spans, UInt, character_classes, simple_lower

PADDING_WORD = "\t"


class Characters:
    """Code points, classes and positions of characters in their space-delimited words."""

    MARGIN = 3  # boundary symbols on either side of a word, so that neighbours have consecutive indices

    def __init__(self, keys: Sequence[str]) -> None:
        parts = [key.partition("\t") for key in keys]
        words: dict[str, int] = {}
        owner = np.fromiter(
            (words.setdefault(word or PADDING_WORD, len(words)) for _, _, word in parts), np.int64, len(parts)
        )
        self.place = np.fromiter((int(place or 0) for place, _, _ in parts), np.int64, len(parts))
        self.all = np.arange(len(keys))
        text = Spans.of(list(words))
        lower = simple_lower(text.points)
        classes = character_classes(text.points, lower)
        at = np.arange(len(lower)) + self.MARGIN * (2 * text.owner + 1)
        # 0x110001 is the value of a boundary symbol
        self.values = np.full(len(lower) + 2 * self.MARGIN * len(words), 0x110001, np.uint64)
        self.values[at] = lower.astype(np.uint64) + np.uint64(1)
        self.classes = np.zeros(len(self.values), np.uint64)
        self.classes[at] = classes
        self.at = text.word_starts[owner] + self.MARGIN * (2 * owner + 1) + self.place
        with np.errstate(over="ignore"):
            sums = np.zeros(len(lower) + 1, np.uint64)
            np.cumsum((lower.astype(np.uint64) + np.uint64(1)) * POWERS[text.place % len(POWERS)], out=sums[1:])
        self._sums, self._word_starts, self._word_ends = sums, text.word_starts[owner], text.word_ends[owner]
        self.lengths = self._word_ends - self._word_starts

    def window(self, begin: int, end: int) -> UInt:
        """Hash of the code points from `begin` to `end` around each character."""
        return np.asarray(
            sum((self.values[self.at + k] * POWERS[k - begin] for k in range(begin, end + 1)), np.uint64(0))
        )

    def part(self, begin: Int, end: Int) -> UInt:
        """Hash of ``word[begin:last]`` for each character."""
        with np.errstate(over="ignore"):
            total = self._sums[self._word_starts + end] - self._sums[self._word_starts + begin]
            hashes: UInt = total * INVERSE_POWERS[begin % len(POWERS)]
            return hashes


def _hash_suffix(words: Characters) -> UInt:
    """Hash the word after the character: often the particle after a name."""
    return words.part(words.place + 1, words.lengths)


CHARACTER_FEATURES: dict[str, Callable[[Characters], Hashes]] = {
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
    "rest": lambda w: (w.all, _hash_suffix(w)),
    "position": lambda w: (w.all, np.minimum(w.place, 9).astype(np.uint64)),
    "position_from_end": lambda w: (w.all, np.minimum(w.lengths - w.place, 9).astype(np.uint64)),
    "word_length": lambda w: (w.all, np.minimum(w.lengths, 12).astype(np.uint64)),
    "neighbours": lambda w: (
        w.all,
        w.classes[w.at - 1] * np.uint64(1 << 42) + w.classes[w.at] * np.uint64(1 << 21) + w.classes[w.at + 1],
    ),
}
