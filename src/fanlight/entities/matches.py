"""Partial matches of predicted and gold entities, counted in the four ways of SemEval-2013.

References
----------
Segura-Bedmar et al. 2013, SemEval-2013 task 9 (strict, exact, partial and type evaluation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fanlight.entities.bioes import Span

WAYS = ("strict", "exact", "partial", "type")


@dataclass(frozen=True)
class Matches:
    """Counts of matches in one of the `WAYS`.

    Attributes
    ----------
    correct, incorrect, partial, missed, spurious : int
        Only the way "partial" has partial matches: overlapping spans, which count one half.
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are correct, in percent."""
        predicted = self.correct + self.incorrect + self.partial + self.spurious
        return 100 * (self.correct + self.partial / 2) / predicted if predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold entities that are predicted, in percent."""
        gold = self.correct + self.incorrect + self.partial + self.missed
        return 100 * (self.correct + self.partial / 2) / gold if gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pair(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[Span | None, Span | None]]:
    """Pair the spans of a sentence one to one: first equal spans and types, then equal spans, then overlapping spans.

    Examples
    --------
    >>> pair([(0, 2, "PER"), (4, 5, "LOC")], [(0, 1, "PER"), (6, 7, "LOC")])
    [((0, 2, 'PER'), (0, 1, 'PER')), ((4, 5, 'LOC'), None), (None, (6, 7, 'LOC'))]
    """
    left, right = sorted(set(gold)), sorted(set(predicted))
    pairs: list[tuple[Span | None, Span | None]] = []
    for fits in _FITS:
        for a in list(left):
            b = next((b for b in right if fits(a, b)), None)
            if b is not None:
                pairs.append((a, b))
                left.remove(a)
                right.remove(b)
    return [*pairs, *((a, None) for a in left), *((None, b) for b in right)]


def _overlap(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


_FITS: tuple[Callable[[Span, Span], bool], ...] = (
    lambda a, b: a == b,
    lambda a, b: a[:2] == b[:2],
    lambda a, b: _overlap(a, b) and a[2] == b[2],
    _overlap,
)


def matches(gold: Iterable[Sequence[Span]], predicted: Iterable[Sequence[Span]]) -> dict[str, Matches]:
    """Count the matches of all sentences in the four ways.

    Examples
    --------
    >>> made = matches([[(0, 2, "PER")]], [[(0, 1, "PER")]])
    >>> made["strict"].f1, made["partial"].f1, made["type"].f1
    (0.0, 50.0, 100.0)
    """
    counts = {way: Counter[str]() for way in WAYS}
    for a, b in (
        p
        for gold_spans, predicted_spans in zip(gold, predicted, strict=True)
        for p in pair(gold_spans, predicted_spans)
    ):
        if a is None or b is None:
            for way in WAYS:
                counts[way]["spurious" if a is None else "missed"] += 1
            continue
        same_bounds, same_type = a[:2] == b[:2], a[2] == b[2]
        counts["strict"]["correct" if same_bounds and same_type else "incorrect"] += 1
        counts["exact"]["correct" if same_bounds else "incorrect"] += 1
        counts["partial"]["correct" if same_bounds else "partial"] += 1
        counts["type"]["correct" if same_type else "incorrect"] += 1
    return {way: Matches(**counts[way]) for way in WAYS}
