"""Learning on, how much data is enough, and what to label next: training and tagging together."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import fanlight
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.scores import Counts
from fanlight.errors import DataError
from fanlight.files import open_unpacked, unreadable
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences

if TYPE_CHECKING:
    from fanlight.training.loop import Epoch

PathLike = str | os.PathLike[str]


def update_tagger(
    model: PathLike,
    new: Sequence[PathLike],
    out: PathLike,
    rehearse: PathLike | None = None,
    raw: PathLike | None = None,
    lines: int = 5000,
    dev: PathLike | None = None,
    settings: Mapping[str, Any] | None = None,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Epoch]:
    """Train a model on; see `training.update.update_model`. What to rehearse is named, or kept in the model.

    Raises
    ------
    DataError
        There is nothing to rehearse.
    """
    from fanlight.tagging.nearest_examples import kept_sample
    from fanlight.training.update import rehearsed, update_model

    tagger = load_tagger(model)

    def read(path: PathLike) -> Corpus:
        return read_corpus(path, tokenise_sentences, format, encoding, tagger.unit)

    if rehearse is not None:
        old = [read(rehearse)]
    elif raw is not None:
        old = [rehearsed(f"{raw}, as the model tags it", tagger.unit, list(_tagged(tagger, raw, lines, encoding)))]
    elif kept := kept_sample(tagger.model):
        old = [rehearsed("the sample in the model", tagger.unit, documents) for documents in kept]
    else:
        raise DataError(
            "nothing to rehearse, so the old types would be forgotten: give --rehearse LABELLED or --raw TEXT, or keep "
            "a sample in the model when it is trained (--set keep=1000)"
        )
    development = None if dev is None else read(dev)
    yield from update_model(tagger.model, [read(path) for path in new], old, Path(out), development, settings)


def gains(
    before: PathLike, after: PathLike, data: PathLike, format: str | None = None, encoding: str = "utf-8"
) -> dict[str, tuple[Counts, Counts]]:
    """Return the scores of two models on a set, over the types that it marks: per type, then "all" of these."""
    marked = read_corpus(data, tokenise_sentences, format, encoding).types
    old, new = (fanlight.evaluate(model, data, format, encoding, marked) for model in (before, after))
    rows = {t: (old.types.get(t, Counts()), new.types.get(t, Counts())) for t in marked}
    return {**rows, "all": (old.overall, new.overall)}


def _tagged(tagger: Tagger, raw: PathLike, lines: int, encoding: str) -> Iterator[list[Sentence]]:
    """Yield documents of raw text with what a tagger finds in them."""
    packed, unpacked = open_unpacked(raw)
    try:
        with packed, io.TextIOWrapper(unpacked, encoding) as file:
            texts = [text for line in islice(file, lines) if (text := line.strip())]
    except OSError as error:
        raise DataError(unreadable(raw, error)) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{raw}: byte {error.start} is not {encoding}: give --encoding") from None
    for text in texts:
        document = [
            Sentence(text, tuple(s for s, _ in places), tuple(e for _, e in places), ())
            for places in tokenise_sentences(text, tagger.unit)
        ]
        found = tagger.sentences(document)
        yield [
            replace(sentence, spans=tuple((s, e, t) for s, e, t, _ in spans))
            for sentence, spans in zip(document, found, strict=True)
        ]


class Point(NamedTuple):
    """A learning curve's point: sentences trained on, and F1 on the dev set."""

    sentences: int
    f1: float


def learning_curve(
    train: PathLike,
    dev: PathLike,
    vectors: PathLike | None = None,
    points: int = 5,
    settings: Mapping[str, Any] | None = None,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Point]:
    """Train on halves of halves of the data, the smallest first, then on all; yield each part's score on the dev set.

    A part has whole documents, drawn at random by the seed; each is in all larger parts.
    """
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_corpora

    chosen = read_settings(None, settings)
    corpus = read_corpus(train, tokenise_sentences, format, encoding, chosen.unit)
    development = read_corpus(dev, tokenise_sentences, format, encoding, chosen.unit)
    units = corpus.documents if len(corpus.documents) > 2**points else [[s] for s in corpus.sentences]
    order = np.random.default_rng([chosen.seed, 4 << 32]).permutation(len(units)).tolist()
    for share in (2.0**-k for k in reversed(range(points))):
        some = [units[i] for i in sorted(order[: max(1, round(share * len(units)))])]
        part = replace(corpus, documents=some)
        best = 0.0
        for epoch in train_corpora(part, development, vectors, chosen):
            best = epoch.dev.f1 if epoch.dev is not None and epoch.best else best
        yield Point(len(part.sentences), best)


def teaching_order(tagger: Tagger, texts: Sequence[str], count: int) -> list[tuple[int, float]]:
    """Return the numbers of the texts that would teach most, and how unsure the tagger is of each, best first.

    A text's worth is how improbable its best readings are, times how new its words are among those chosen before it:
    chosen greedily, and lazily, because a text's worth only falls (Minoux 1978).
    """
    doubt, words = [], []
    for text in texts:
        sure = [rows[0][0] for rows in tagger.readings(text, 1)]
        doubt.append(1 - min(sure, default=1.0))
        words.append({text[s:e].lower() for s, e in tagger.tokens(text)})
    seen: Counter[str] = Counter()

    def worth(i: int) -> float:
        return doubt[i] * sum(1 / (1 + seen[word]) for word in words[i]) / max(1, len(words[i]))

    waiting = [(-worth(i), i) for i in range(len(texts))]
    heapify(waiting)
    chosen: list[tuple[int, float]] = []
    while waiting and len(chosen) < count:
        old, i = heappop(waiting)
        now = -worth(i)
        if now > old and waiting and now > waiting[0][0]:
            heappush(waiting, (now, i))
            continue
        chosen.append((i, doubt[i]))
        seen.update(words[i])
    return chosen
