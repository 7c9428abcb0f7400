"""Learning curves: scores of trainings on increasing parts of the data, and forecasts for more data.

Scores follow a power law in the amount of data, ``a - b n^-c``, with the ceiling a. Measured points are uncertain
because of the dev set's size: forecasts and intervals come from many laws, each fitted to points drawn from the
intervals of the measured ones.

References
----------
Hestness et al. 2017, "Deep learning scaling is predictable, empirically"; Efron & Tibshirani 1993 (the bootstrap).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.data_report import report_data
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus
from fanlight.entities.reliability import f1_interval
from fanlight.entities.report import count_spans
from fanlight.entities.scores import score_spans
from fanlight.errors import DataError
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences

PathLike = str | os.PathLike[str]
EXPONENTS = np.linspace(0.05, 2, 40)
DRAWS = 200  # fitted laws per forecast
LEVEL = 1.96  # standard deviations of a 95 % interval
WIDEST = 20.0  # points of F1; a wider interval of the ceiling is not reported
WORTH = 1.0  # points of F1; a smaller gain is not advised
POINTS = 3  # minimum for a law with three parameters


class Point(NamedTuple):
    """A point of a learning curve.

    Attributes
    ----------
    sentences : int
        Number of training sentences.
    f1 : float
        F1 on the dev set, in percent.
    low, high : float
        95 % interval of F1, over the dev set's sentences.
    rising : bool
        Whether dev F1 was still rising in the last epochs.
    """

    sentences: int
    f1: float
    low: float
    high: float
    rising: bool = False


class PowerLaw(NamedTuple):
    """``ceiling - gap n^-exponent``, in percent of F1 over sentences."""

    ceiling: float
    gap: float
    exponent: float

    def at(self, sentences: float) -> float:
        """Return the F1 predicted for a number of sentences."""
        return float(self.ceiling - self.gap * sentences**-self.exponent)


class Forecast(NamedTuple):
    """The F1 predicted for a number of sentences, and its 95 % interval."""

    sentences: int
    f1: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """Measured points, forecasts and advice.

    Attributes
    ----------
    points : tuple of Point
    forecasts : tuple of Forecast
        Forecasts for twice and four times the data.
    ceiling : (float, float) or None
        95 % interval of the ceiling; None if the points do not determine it.
    label_noise : float
        Contradictory or missing labels, in percent of the training data's entities.
    """

    points: tuple[Point, ...]
    forecasts: tuple[Forecast, ...]
    ceiling: tuple[float, float] | None
    label_noise: float = 0.0

    @property
    def summary(self) -> list[str]:
        """Forecasts, ceiling and advice as lines of text."""
        rows = [
            f"{f.sentences:9,} sentences  F1 {f.f1:6.2f}  {f.low:.1f} – {f.high:.1f}  (forecast)"
            for f in self.forecasts
        ]
        if self.ceiling is None:
            rows.append("where the curve ends these points do not say")
        else:
            rows.append(f"the curve tends to F1 {self.ceiling[0]:.0f} – {self.ceiling[1]:.0f}")
        return [*rows, f"most would help: {self.advice}"]

    @property
    def advice(self) -> str:
        """The most promising of more epochs, better labels, more data and other features."""
        last = self.points[-1]
        gain = self.forecasts[0].f1 - last.f1
        if last.rising:
            return "more epochs, since dev F1 was still rising in the last ones (--set epochs=…)"
        if self.label_noise > max(gain, 2.0):
            return (
                f"better labels, since {self.label_noise:.0f} % of the entities contradict another place (`fanlight "
                f"check-data`), while twice the data promise {gain:+.1f} F1"
            )
        if gain > WORTH:
            return f"more data: twice as much promises {gain:+.1f} F1"
        return f"other features, such as word vectors: twice the data promise {gain:+.1f} F1 only"


def measure_learning_curve(
    train: PathLike,
    dev: PathLike,
    vectors: PathLike | None = None,
    points: int = 5,
    *,
    settings: Mapping[str, Any] | None = None,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Point]:
    """Train on nested parts of the data, each twice as large as the one before; yield each part's dev score.

    Parts are random documents. Every training has the default schedule for its size, and uses its best epoch.

    Parameters
    ----------
    train, dev : path
    vectors : path, optional
    points : int
        Number of parts.
    settings : mapping, optional
    format, encoding : str
    """
    from fanlight.training.settings import read_settings
    from fanlight.training.train import is_rising, train_corpora

    chosen = read_settings(None, settings)
    corpus = read_corpus(train, tokenise_sentences, format, encoding, chosen.unit)
    dev_corpus = read_corpus(dev, tokenise_sentences, format, encoding, chosen.unit)
    for part in nested_parts(corpus, points, chosen.seed):
        run = train_corpora(part, dev_corpus, vectors, chosen)
        history = []
        while True:
            try:
                history.append(next(run))
            except StopIteration as end:
                tagger = Tagger(end.value, "plain")
                break
        yield _measure(tagger, part, dev_corpus, is_rising(history))


def nested_parts(corpus: Corpus, count: int, seed: int) -> Iterator[Corpus]:
    """Yield nested parts of a corpus, each half of the next; the last is the corpus.

    Raises
    ------
    DataError
        The smallest part has no entity.
    """
    units = corpus.documents if len(corpus.documents) > 2**count else [[s] for s in corpus.sentences]
    order = np.random.default_rng([seed, 4 << 32]).permutation(len(units)).tolist()
    for share in (2.0**-k for k in reversed(range(count))):
        documents = [units[i] for i in sorted(order[: max(1, round(share * len(units)))])]
        part = replace(corpus, documents=documents)
        if not part.types:
            raise DataError(
                f"{corpus.path}: the smallest part of the curve, {len(part.sentences)} sentences, has no entity: give "
                "fewer --points"
            )
        yield part


def summarise_learning_curve(points: Sequence[Point], train: Corpus | None = None) -> LearningCurve:
    """Return the learning curve of measured points, with forecasts for twice and four times the data.

    Parameters
    ----------
    points : sequence of Point
        At least `POINTS` points.
    train : Corpus, optional
        Training data, for `label_noise`.

    Examples
    --------
    >>> curve = summarise_learning_curve([Point(n, 90 - 400 / n, 89 - 400 / n, 91 - 400 / n) for n in (50, 100, 200)])
    >>> [(f.sentences, round(f.f1)) for f in curve.forecasts]
    [(400, 89), (800, 90)]
    """
    sizes = np.array([point.sentences for point in points], float)
    laws = [fit_curve(sizes, scores) for scores in _drawn_scores(points)]
    law = fit_curve(sizes, [point.f1 for point in points])
    forecasts = []
    for times in (2, 4):
        size = times * points[-1].sentences
        low, high = np.quantile([drawn.at(size) for drawn in laws], [0.025, 0.975])
        forecasts.append(Forecast(size, law.at(size), float(min(low, law.at(size))), float(max(high, law.at(size)))))
    low, high = np.quantile([drawn.ceiling for drawn in laws], [0.025, 0.975])
    ceiling = (float(low), float(high)) if high - low <= WIDEST and high < 100 else None
    return LearningCurve(tuple(points), tuple(forecasts), ceiling, 0.0 if train is None else label_noise(train))


def label_noise(corpus: Corpus) -> float:
    """Return the number of contradictory or missing labels, in percent of the entities."""
    report = report_data(corpus)
    return 100 * (len(report.contradictions) + report.unmarked_mentions) / max(1, sum(report.entities.values()))


def fit_curve(sentences: Sequence[float] | NDArray[Any], scores: Sequence[float] | NDArray[Any]) -> PowerLaw:
    """Fit the power law by least squares; the ceiling is at most 100.

    Raises
    ------
    ValueError
        There are fewer than `POINTS` points.

    Examples
    --------
    >>> law = fit_curve([100, 200, 400, 800], [95 - 300 * n**-0.5 for n in (100, 200, 400, 800)])
    >>> round(law.ceiling), round(law.at(1600), 1)
    (95, 87.5)
    """
    if len(sentences) < POINTS:
        raise ValueError(f"a curve needs at least {('no', 'one', 'two', 'three')[POINTS]} points")
    n, y = np.asarray(sentences, float), np.asarray(scores, float)
    best = (np.inf, PowerLaw(float(y.mean()), 0.0, 1.0))
    for c in EXPONENTS:
        basis = n**-c
        slope = ((basis - basis.mean()) * (y - y.mean())).sum() / np.square(basis - basis.mean()).sum()
        b = max(0.0, -float(slope))
        a = float(y.mean() + b * basis.mean())
        if a > 100:
            a, b = 100.0, float(((100 - y) * basis).sum() / np.square(basis).sum())
        error = float(np.square(a - b * basis - y).sum())
        if error < best[0]:
            best = (error, PowerLaw(a, b, float(c)))
    return best[1]


def _drawn_scores(points: Sequence[Point]) -> NDArray[np.float64]:
    """Draw scores (`DRAWS`, points) from normal distributions with the points' intervals."""
    rng = np.random.default_rng(1)
    deviations = [(point.high - point.low) / (2 * LEVEL) for point in points]
    scores: NDArray[np.float64] = rng.normal([point.f1 for point in points], deviations, (DRAWS, len(points)))
    return np.clip(scores, 0, 100)


def _measure(tagger: Tagger, part: Corpus, dev: Corpus, rising: bool) -> Point:
    gold = [sentence.spans for sentence in dev.sentences]
    predicted = [[span[:3] for span in spans] for spans in tagger.tag_sentences(dev.documents)]
    low, high = f1_interval(count_spans(gold, predicted))
    return Point(len(part.sentences), score_spans(gold, predicted).f1, low, high, rising)
