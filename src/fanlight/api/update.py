"""Update of a model with new examples, and comparison with the old model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanlight.api.evaluate import evaluate_tagger
from fanlight.corpus.raw_text import read_raw_documents
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
    *,
    rehearse: PathLike | None = None,
    raw: PathLike | None = None,
    line_count: int = 5000,
    dev: PathLike | None = None,
    settings: Mapping[str, Any] | None = None,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Epoch]:
    """Train a model on; see `training.update.update_model`.

    Parameters
    ----------
    model, new, out : path
        The model file, labelled examples, and the file to write.
    rehearse, raw : path, optional
        Labelled sentences, or raw text of which `line_count` lines are tagged by the model itself, so that it does not
        forget the old types; by default the sentences kept in the model file.
    dev : path, optional
        Chooses the best epoch.
    settings : mapping, optional
    format, encoding : str
        Of the labelled files.

    Raises
    ------
    DataError
        There is nothing to rehearse, or both are given.
    """
    from fanlight.tagging.nearest_examples import read_rehearsal_sample
    from fanlight.training.update import rehearsal_corpus, update_model

    tagger = load_tagger(model)

    def read(path: PathLike) -> Corpus:
        return read_corpus(path, tokenise_sentences, format, encoding, tagger.unit)

    if rehearse is not None and raw is not None:
        raise DataError("--raw: stands beside --rehearse: give one")
    if rehearse is not None:
        old = [read(rehearse)]
    elif raw is not None:
        documents = _tag_raw(tagger, raw, line_count, encoding)
        old = [rehearsal_corpus(f"{raw}, as the model tags it", tagger.unit, documents)]
    elif samples := read_rehearsal_sample(tagger.model):
        old = [rehearsal_corpus("the sample in the model", tagger.unit, documents) for documents in samples]
    else:
        raise DataError(
            "nothing to rehearse, so the old types would be forgotten: give --rehearse LABELLED or --raw TEXT, or keep "
            "a sample in the model when it is trained (--set keep=1000)"
        )
    dev_corpus = None if dev is None else read(dev)
    yield from update_model(
        tagger.model, [read(path) for path in new], old, Path(out), dev=dev_corpus, overrides=settings
    )


def compare_models(
    before: PathLike, after: PathLike, data: PathLike, format: str | None = None, encoding: str = "utf-8"
) -> dict[str, tuple[Counts, Counts]]:
    """Return the scores of two models on a set, over the types that it marks: per type, then "all" of these."""
    marked = read_corpus(data, tokenise_sentences, format, encoding).types
    old, new = (evaluate_tagger(model, data, format, encoding, types=marked) for model in (before, after))
    rows = {t: (old.types.get(t, Counts()), new.types.get(t, Counts())) for t in marked}
    return {**rows, "all": (old.overall, new.overall)}


def _tag_raw(tagger: Tagger, raw: PathLike, line_count: int, encoding: str) -> list[list[Sentence]]:
    """Return a document for each line of raw text, with the entities that a tagger finds in it."""
    documents = read_raw_documents([raw], tokenise_sentences, tagger.unit, line_count, encoding)
    return [
        [
            replace(sentence, spans=tuple((s, e, t) for s, e, t, _ in spans))
            for sentence, spans in zip(document, tagger.sentences(document), strict=True)
        ]
        for document in documents
    ]
