"""Evaluation reports: scores with confidence intervals, calibration, confusion, and mistakes in context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.entities.bioes import Span
from fanlight.entities.matches import Matches, matches, pair
from fanlight.entities.reliability import Reliability, f1_interval, paired_bootstrap, reliability
from fanlight.entities.scores import Scores, score_spans

CONTEXT = 5  # tokens shown on either side of a mistake


class Prediction(NamedTuple):
    """A predicted entity, as a range of tokens of its sentence."""

    start: int
    end: int
    type: str
    probability: float

    @property
    def span(self) -> Span:
        """The span and type without the probability."""
        return self.start, self.end, self.type


class Labelled(NamedTuple):
    """A sentence: tokens, gold spans, predicted entities, and the line of the file at which it begins.

    `separators` are the texts before the tokens, such as "" between the characters of a Korean word; if there are none,
    tokens are separated by spaces.
    """

    tokens: Sequence[str]
    gold: Sequence[Span]
    predicted: Sequence[Prediction]
    line: int
    separators: Sequence[str] = ()

    def text_of(self, start: int, end: int) -> str:
        """Return the text of tokens [start, end), on one line.

        Examples
        --------
        >>> Labelled("김포시육군", [], [], 1, ["", "", "", " ", ""]).text_of(1, 5)
        '포시 육군'
        """
        separators = self.separators or [" "] * len(self.tokens)
        pairs = zip(separators[start:end], self.tokens[start:end], strict=True)
        return " ".join("".join(separator + token for separator, token in pairs).split())


class Mistake(NamedTuple):
    """A false positive, a false negative, or an entity with a wrong type.

    Attributes
    ----------
    line : int
        Line of the file at which the sentence begins.
    text, gold, predicted : str
        Text, gold type and predicted type; "" for none.
    probability : float or None
        Probability of the predicted entity.
    before, after : str
        Words before and after it.
    """

    line: int
    text: str
    gold: str
    predicted: str
    probability: float | None
    before: str
    after: str

    def to_dict(self) -> dict[str, Any]:
        """Return values for JSON."""
        return {"found" if key == "predicted" else key: value for key, value in self._asdict().items()}


@dataclass(frozen=True, repr=False)
class Report:
    """The evaluation of a model on a labelled set; rates in percent.

    Attributes
    ----------
    scores : Scores
        Scores of exact entities, overall and per type.
    interval : (float, float)
        95 % bootstrap interval of F1, over sentences.
    matches : dict of str to Matches
        Counts of partial matches in the four ways of SemEval-2013.
    confusion : dict of (str, str) to int
        Counts of (gold type, predicted type) of overlapping entities; "" for none.
    reliability : Reliability
        Calibration of the predicted entities' probabilities.
    mistakes : list of Mistake
        Wrong predictions by decreasing probability, then missed entities.
    seen : dict of str to (int, int), or None
        Numbers of gold and of correct entities, by whether their text is an entity in the training data.
    against : dict or None
        F1 of another model on the same set, and the share of resamples in which it is at least as good.
    """

    scores: Scores
    interval: tuple[float, float]
    matches: dict[str, Matches]
    confusion: dict[tuple[str, str], int]
    reliability: Reliability
    mistakes: list[Mistake]
    seen: dict[str, tuple[int, int]] | None = None
    against: dict[str, float] | None = None

    def __repr__(self) -> str:
        """Return one line."""
        low, high = self.interval
        return f"Report(F1 {self.scores.f1:.2f}, {low:.2f} to {high:.2f}; {len(self.mistakes)} mistakes)"

    def _repr_html_(self) -> str:
        """Return HTML for notebooks."""
        from fanlight.entities.report_html import STYLE, report_html

        return f"<style>{STYLE}</style>{report_html(self.to_dict())}"

    def to_dict(self) -> dict[str, Any]:
        """Return values for JSON."""
        ways = {
            way: {**asdict(m), "precision": m.precision, "recall": m.recall, "f1": m.f1}
            for way, m in self.matches.items()
        }
        return {
            **self.scores.to_dict(),
            "interval": self.interval,
            "matches": ways,
            "confusion": [{"gold": a, "found": b, "count": n} for (a, b), n in self.confusion.items()],
            "reliability": asdict(self.reliability),
            "mistakes": [mistake.to_dict() for mistake in self.mistakes],
            "seen": self.seen and {name: {"gold": g, "found": f} for name, (g, f) in self.seen.items()},
            "against": self.against,
        }


def report_on(
    sentences: Sequence[Labelled],
    trained_on: Collection[str] | None = None,
    other: Sequence[Sequence[Prediction]] | None = None,
) -> Report:
    """Return the report on predicted entities.

    Parameters
    ----------
    sentences : sequence of Labelled
    trained_on : collection of str, optional
        The texts of the training data's entities.
    other : sequence of sequences of Prediction, optional
        The entities that another model predicts in the same sentences.
    """
    gold = [s.gold for s in sentences]
    predicted = [[f.span for f in s.predicted] for s in sentences]
    scores = score_spans(gold, predicted)
    counts = count_spans(gold, predicted)
    right = [f.span in set(s.gold) for s in sentences for f in s.predicted]
    pairs = [p for a, b in zip(gold, predicted, strict=True) for p in pair(a, b)]
    confusion = Counter((a[2] if a else "", b[2] if b else "") for a, b in pairs)
    against = None
    if other is not None:
        spans = [[f.span for f in spans_of_sentence] for spans_of_sentence in other]
        against = {
            "f1": score_spans(gold, spans).f1,
            "at least as good": paired_bootstrap(counts, count_spans(gold, spans)),
        }
    return Report(
        scores,
        f1_interval(counts),
        matches(gold, predicted),
        dict(confusion.most_common()),
        reliability([f.probability for s in sentences for f in s.predicted], right),
        _mistakes(sentences),
        None if trained_on is None else _seen(sentences, trained_on),
        against,
    )


def count_spans(gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> NDArray[np.int64]:
    """Return the numbers of gold, predicted and correct entities of each sentence (S, 3)."""
    rows = [(len(set(a)), len(set(b)), len(set(a) & set(b))) for a, b in zip(gold, predicted, strict=True)]
    return np.array(rows, np.int64).reshape(-1, 3)


def _mistakes(sentences: Sequence[Labelled]) -> list[Mistake]:
    wrong: list[Mistake] = []
    for s in sentences:
        sure = {f.span: f.probability for f in s.predicted}
        for a, b in pair(s.gold, [f.span for f in s.predicted]):
            if a == b:
                continue
            if b is not None:
                wrong.append(_mistake(s, b, a[2] if a is not None and a[:2] == b[:2] else "", b[2], sure[b]))
            if a is not None and (b is None or a[:2] != b[:2]):
                wrong.append(_mistake(s, a, a[2], "", None))
    return sorted(wrong, key=lambda m: -1.0 if m.probability is None else m.probability, reverse=True)


def _mistake(s: Labelled, span: Span, gold: str, predicted: str, probability: float | None) -> Mistake:
    start, end, _ = span
    before, after = s.text_of(max(0, start - CONTEXT), start), s.text_of(end, end + CONTEXT)
    return Mistake(s.line, s.text_of(start, end), gold, predicted, probability, before, after)


def _seen(sentences: Sequence[Labelled], trained_on: Collection[str]) -> dict[str, tuple[int, int]]:
    rows = {"seen": [0, 0], "unseen": [0, 0]}
    for s in sentences:
        predicted = {f.span for f in s.predicted}
        for span in s.gold:
            row = rows["seen" if " ".join(s.tokens[span[0] : span[1]]) in trained_on else "unseen"]
            row[0] += 1
            row[1] += span in predicted
    return {name: (a, b) for name, (a, b) in rows.items()}
