"""Learning on, and how much data is enough: training and tagging together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fanlight
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.scores import Counts
from fanlight.errors import DataError
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
    from fanlight.training.sample import kept_sample
    from fanlight.training.update import rehearsed, update_model

    tagger = load_tagger(model)

    def read(path: PathLike) -> Corpus:
        return read_corpus(path, tokenise_sentences, format, encoding, tagger.unit)

    if rehearse is not None:
        old = read(rehearse)
    elif raw is not None:
        old = rehearsed(f"{raw}, as the model tags it", tagger.unit, list(_tagged(tagger, raw, lines, encoding)))
    elif (kept := kept_sample(tagger.model)) is not None:
        old = rehearsed("the sample in the model", tagger.unit, kept)
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
    try:
        with open(raw, encoding=encoding) as file:
            texts = [text for line in islice(file, lines) if (text := line.strip())]
    except OSError as error:
        raise DataError(f"{raw}: cannot be read ({error.strerror}): is the path right?") from None
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
