"""Where training and tagging meet: train a tagger, measure one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fanlight.corpus.readers import read_corpus
from fanlight.entities.bioes import Span, tags_from_spans
from fanlight.entities.scores import Scores, confusion_of, score_spans
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences

PathLike = str | os.PathLike[str]


def train_tagger(train: PathLike, dev: PathLike | None, out: PathLike | None, vectors: PathLike | None, settings: Mapping[str, Any]) -> Tagger:
    """Train on files, write the model, and return the tagger that the written model gives."""
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    with tempfile.TemporaryDirectory() as folder:
        place = Path(out) if out is not None else Path(folder) / "model.fanlight"
        for _ in train_model(train, dev, place, vectors, read_settings(None, settings)):
            pass
        return load_tagger(place)


def evaluate_tagger(model: PathLike, data: PathLike, format: str | None = None, encoding: str = "utf-8") -> Scores:
    """Tag labelled sentences as they are tokenised and compare."""
    tagger = load_tagger(model)
    corpus = read_corpus(data, tokenise_sentences, format=format, encoding=encoding, unit=tagger.unit)
    gold: list[tuple[Span, ...]] = []
    found: list[list[Span]] = []
    pairs: list[tuple[list[str], list[str]]] = []
    for document in corpus.documents:
        for sentence, spans in zip(document, tagger.sentences(document), strict=True):
            gold.append(sentence.spans)
            found.append(spans)
            pairs.append((_tags(sentence.spans, len(sentence.starts)), _tags(spans, len(sentence.starts))))
    scores = score_spans(gold, found)
    return Scores(scores.overall, scores.types, confusion_of(*zip(*pairs, strict=True)))


def _tags(spans: list[Span] | tuple[Span, ...], length: int) -> list[str]:
    """Return one tag a token; where entities overlap the first and longest speaks."""
    free = np.ones(length, bool)
    kept = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if free[span[0] : span[1]].all():
            free[span[0] : span[1]] = False
            kept.append(span)
    return tags_from_spans(kept, length)
