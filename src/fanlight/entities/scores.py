"""Scores of exact entities, as by conlleval.

References
----------
Tjong Kim Sang & De Meulder 2003 (an entity is correct if its span and its type are).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from fanlight.entities.bioes import Span


@dataclass(frozen=True)
class Counts:
    """Numbers of gold, predicted and correct entities; rates are percentages, 0 if undefined."""

    gold: int = 0
    predicted: int = 0
    correct: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are correct."""
        return 100 * self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold entities that are predicted."""
        return 100 * self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 200 * self.correct / (self.gold + self.predicted) if self.correct else 0.0


@dataclass(frozen=True, repr=False)
class Scores:
    """Scores of predictions on a labelled set.

    Attributes
    ----------
    overall : Counts
        Counts over all types (micro average).
    types : dict of str to Counts
        Counts per type.
    confusion : dict of (str, str) to int
        Number of tokens per (gold tag, predicted tag), if tags were compared.
    """

    overall: Counts
    types: dict[str, Counts]
    confusion: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def f1(self) -> float:
        """Overall F1 in percent."""
        return self.overall.f1

    def __repr__(self) -> str:
        """Return one line."""
        all_ = self.overall
        rates = f"F1 {all_.f1:.2f}, precision {all_.precision:.2f}, recall {all_.recall:.2f}"
        return f"Scores({rates}; {all_.gold} entities of {len(self.types)} types)"

    def _repr_html_(self) -> str:
        """Return HTML for notebooks: precision, recall and F1, overall and per type."""
        head = "".join(f"<th>{name}</th>" for name in ("type", "precision", "recall", "F1", "gold", "found", "right"))
        rows = []
        for name, c in [*self.types.items(), ("all", self.overall)]:
            cells = (f"{c.precision:.2f}", f"{c.recall:.2f}", f"{c.f1:.2f}", c.gold, c.predicted, c.correct)
            rows.append(f"<tr><th>{escape(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
        return f"<table><tr>{head}</tr>{''.join(rows)}</table>"

    def to_dict(self) -> dict[str, Any]:
        """Return values for JSON, with rates in percent."""
        return {
            **_rates(self.overall),
            "types": {
                name: {**_rates(c), "gold": c.gold, "predicted": c.predicted, "correct": c.correct}
                for name, c in self.types.items()
            },
            "entities": self.overall.gold,
        }


def score_spans(gold: Iterable[Sequence[Span]], predicted: Iterable[Sequence[Span]]) -> Scores:
    """Return the scores of predicted spans, given one list of spans per sentence; repeated spans count once.

    Examples
    --------
    >>> score_spans([[(0, 2, "PER"), (3, 4, "LOC")]], [[(0, 2, "PER"), (3, 4, "ORG")]]).f1
    50.0
    """
    counts = {kind: Counter[str]() for kind in ("gold", "predicted", "correct")}
    for a, b in zip(gold, predicted, strict=True):
        want, have = set(a), set(b)
        counts["gold"].update(s[2] for s in want)
        counts["predicted"].update(s[2] for s in have)
        counts["correct"].update(s[2] for s in want & have)
    types = sorted(counts["gold"] | counts["predicted"])
    return Scores(
        Counts(*(counts[kind].total() for kind in counts)),
        {t: Counts(*(counts[kind][t] for kind in counts)) for t in types},
    )


def confusion_of(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]) -> dict[tuple[str, str], int]:
    """Count (gold tag, predicted tag) over all tokens."""
    pairs: Counter[tuple[str, str]] = Counter()
    for a, b in zip(gold, predicted, strict=True):
        pairs.update(zip(a, b, strict=True))
    return dict(pairs)


def _rates(counts: Counts) -> Mapping[str, float]:
    return {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
