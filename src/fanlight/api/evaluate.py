"""Evaluation of a tagger on labelled sentences."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus
from fanlight.entities.bioes import Span, tags_from_spans
from fanlight.entities.report import Labelled, Prediction, Report, report_on
from fanlight.entities.scores import Scores, confusion_of, score_spans
from fanlight.entities.type_names import check_types
from fanlight.errors import DataError, FanlightWarning
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences

PathLike = str | os.PathLike[str]


def evaluate_tagger(
    model: PathLike,
    data: PathLike,
    format: str | None = None,
    encoding: str = "utf-8",
    *,
    types: Sequence[str] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Scores:
    """Return the scores of a model on labelled sentences, in their tokenisation; see `fanlight.evaluate`."""
    choice = _Choice(types, mapping or {})
    tagger = load_tagger(model)
    sentences = _tag_labelled(tagger, _read(tagger, data, format, encoding), choice, probabilities=False)
    gold, predicted = [s.gold for s in sentences], [[f.span for f in s.predicted] for s in sentences]
    scores = score_spans(gold, predicted)
    pairs = [
        (_tags(a, len(s.tokens)), _tags(b, len(s.tokens))) for a, b, s in zip(gold, predicted, sentences, strict=True)
    ]
    return Scores(scores.overall, scores.types, confusion_of(*zip(*pairs, strict=True)))


def report_tagger(
    model: PathLike,
    data: PathLike,
    train: PathLike | None = None,
    against: PathLike | None = None,
    *,
    format: str | None = None,
    encoding: str = "utf-8",
    types: Sequence[str] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Report:
    """Return the report on a model on labelled sentences, in their tokenisation; see `fanlight.report`."""
    tagger, choice = load_tagger(model), _Choice(types, mapping or {})
    train_names, rival = None, None
    if train is not None:
        corpus = _read(tagger, train, format, encoding)
        train_names = {" ".join(s.tokens[a:b]) for s in corpus.sentences for a, b, _ in s.spans}
    if against is not None:
        other = load_tagger(against)
        rival = [s.predicted for s in _tag_labelled(other, _read(other, data, format, encoding), choice)]
    return report_on(_tag_labelled(tagger, _read(tagger, data, format, encoding), choice), train_names, rival)


class _Choice(NamedTuple):
    """The types that count, and the mapping of the data's types to the model's."""

    types: Sequence[str] | None
    mapping: Mapping[str, str]

    def check(self, tagger: Tagger, corpus: Corpus) -> None:
        """Check that types exist, and warn of labels that the model lacks, which count as missed.

        Raises
        ------
        DataError
            A type does not exist; or the model has none of the data's types, and types are not chosen.
        """
        check_types(self.mapping, corpus.types, "map")
        check_types(self.mapping.values(), tagger.types, "map")
        labels = {self.mapping.get(type_, type_) for type_ in corpus.types}
        check_types(self.types or (), {*tagger.types, *labels}, "types")
        if self.types is not None:
            return  # the user has chosen the types
        missing = sorted(labels - set(tagger.types))
        if labels and not labels & set(tagger.types):
            raise DataError(
                f"{corpus.path}: has {', '.join(sorted(labels))}, of which the model has none; it has "
                f"{', '.join(tagger.types)}: say which are the same, such as --map {min(labels)}={tagger.types[0]}"
            )
        if missing:
            warnings.warn(
                f"{corpus.path}: has types that the model lacks ({', '.join(missing)}), whose entities count as "
                f"missed: name them in the model's terms (--map {missing[0]}={tagger.types[0]}), or count the others "
                f"alone (--types {','.join(sorted(labels & set(tagger.types)))})",
                FanlightWarning,
                stacklevel=4,
            )


def _read(tagger: Tagger, data: PathLike, format: str | None, encoding: str) -> Corpus:
    return read_corpus(data, tokenise_sentences, format=format, encoding=encoding, unit=tagger.unit)


def _tag_labelled(tagger: Tagger, corpus: Corpus, choice: _Choice, probabilities: bool = True) -> list[Labelled]:
    """Return labelled sentences with gold and predicted entities of the chosen types, with the model's type names."""
    choice.check(tagger, corpus)
    types, mapping = choice
    rows = []
    tagged = iter(tagger.tag_sentences(corpus.documents, probabilities))
    for sentence in corpus.sentences:
        labels = [(s, e, mapping.get(type_, type_)) for s, e, type_ in sentence.spans]
        gold = [span for span in labels if types is None or span[2] in types]
        entities = [Prediction(s, e, t, p or 0.0) for s, e, t, p in next(tagged) if types is None or t in types]
        rows.append(Labelled(sentence.tokens, gold, entities, sentence.line, sentence.separators))
    return rows


def _tags(spans: Sequence[Span], length: int) -> list[str]:
    """Return one tag per token."""
    return tags_from_spans(_without_overlaps(spans), length)


def _without_overlaps(spans: Sequence[Span]) -> list[Span]:
    """Return spans without overlaps; of overlapping spans, the first and longest."""
    chosen: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if not chosen or chosen[-1][1] <= span[0]:
            chosen.append(span)
    return chosen
