"""Where training and tagging meet: train a tagger, measure one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fanlight.corpus.align import align
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.entities.bioes import Span, tags_from_spans
from fanlight.entities.entity import Document
from fanlight.entities.scores import Scores, confusion_of, score_spans
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger
from fanlight.text.scripts import language_of
from fanlight.text.sentences import tokenise_sentences

PathLike = str | os.PathLike[str]


def train_tagger(
    train: PathLike,
    dev: PathLike | None,
    out: PathLike | None,
    vectors: PathLike | None,
    gazetteers: Sequence[PathLike],
    also: Sequence[PathLike],
    settings: Mapping[str, Any],
) -> Tagger:
    """Train on files, write the model, and return the tagger that the written model gives."""
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    with tempfile.TemporaryDirectory() as folder:
        place = Path(out) if out is not None else Path(folder) / "model.fanlight"
        for _ in train_model(train, dev, place, vectors, read_settings(None, settings), gazetteers, also):
            pass
        return load_tagger(place)


def evaluate_tagger(
    model: PathLike,
    data: PathLike,
    format: str | None = None,
    encoding: str = "utf-8",
    types: Sequence[str] | None = None,
) -> Scores:
    """Tag labelled sentences as they are tokenised and compare."""
    tagger = load_tagger(model)
    corpus = read_corpus(data, tokenise_sentences, format=format, encoding=encoding, unit=tagger.unit)
    gold: list[tuple[Span, ...]] = []
    found: list[list[Span]] = []
    pairs: list[tuple[list[str], list[str]]] = []
    for document in corpus.documents:
        for sentence, spans in zip(document, tagger.sentences(document), strict=True):
            gold.append(tuple(span for span in sentence.spans if types is None or span[2] in types))
            found.append([span for span in spans if types is None or span[2] in types])
            pairs.append((_tags(gold[-1], len(sentence.starts)), _tags(found[-1], len(sentence.starts))))
    scores = score_spans(gold, found)
    return Scores(scores.overall, scores.types, confusion_of(*zip(*pairs, strict=True)))


def labelled(document: Document) -> list[Sentence]:
    """Return a tagged document as labelled sentences, of characters if its text is mostly Hangul."""
    unit = "character" if language_of(document.text) == "ko" else "word"
    spans = [(e.start, e.end, e.type) for e in document.entities]
    sentences, _ = align(document.text, tokenise_sentences(document.text, unit), spans, 0)
    return [replace(s, spans=tuple(_apart(s.spans))) for s in sentences]


def _tags(spans: Sequence[Span], length: int) -> list[str]:
    """Return one tag a token."""
    return tags_from_spans(_apart(spans), length)


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Return spans that do not overlap: where some do, the first and longest."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if not kept or kept[-1][1] <= span[0]:
            kept.append(span)
    return kept
