"""Where training and tagging meet: train a tagger, measure one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fanlight.corpus.align import align
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.bioes import Span, tags_from_spans
from fanlight.entities.entity import Document
from fanlight.entities.report import Found, Labelled, Report, report_on
from fanlight.entities.scores import Scores, confusion_of, score_spans
from fanlight.entities.type_names import check_types
from fanlight.errors import DataError
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger
from fanlight.text.scripts import language_of
from fanlight.text.sentences import tokenise_sentences

if TYPE_CHECKING:
    from fanlight.training.loop import Epoch

PathLike = str | os.PathLike[str]


def train_tagger(
    train: PathLike,
    dev: PathLike | None,
    out: PathLike | None,
    vectors: PathLike | None,
    gazetteers: Sequence[PathLike],
    also: Sequence[PathLike],
    settings: Mapping[str, Any],
    watch: PathLike | None = None,
    patterns: Sequence[PathLike] = (),
) -> Tagger:
    """Train on files, write the model, and return the tagger that the written model gives."""
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    with tempfile.TemporaryDirectory() as folder:
        place = Path(out) if out is not None else Path(folder) / "model.fanlight"
        run = train_model(train, dev, place, vectors, read_settings(None, settings), gazetteers, also, patterns)
        if watch is not None:
            run = watched(run, Path(watch), place, train, dev)
        for _ in run:
            pass
        return load_tagger(place)


def watched(
    run: Iterator[Epoch],
    watch: Path,
    model: PathLike,
    train: PathLike,
    dev: PathLike | None,
    resume: bool = False,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Epoch]:
    """Yield a training's passes, writing down each and at the end the report on its dev set; see `apps.progress`."""
    from fanlight.apps.progress import tell, told

    yield from told(run, watch, resume)
    if dev is not None:
        tell(watch, report=report_tagger(model, dev, train, format=format, encoding=encoding).to_dict())


def evaluate_tagger(
    model: PathLike,
    data: PathLike,
    format: str | None = None,
    encoding: str = "utf-8",
    types: Sequence[str] | None = None,
    *,
    mapping: Mapping[str, str] | None = None,
) -> Scores:
    """Tag labelled sentences as they are tokenised and compare; see `fanlight.evaluate`."""
    choice = _Choice(types, mapping or {})
    sentences = _labelled(load_tagger(model), data, format, encoding, choice, probabilities=False)
    gold, found = [s.gold for s in sentences], [[f.span for f in s.found] for s in sentences]
    scores = score_spans(gold, found)
    pairs = [(_tags(a, len(s.tokens)), _tags(b, len(s.tokens))) for a, b, s in zip(gold, found, sentences, strict=True)]
    return Scores(scores.overall, scores.types, confusion_of(*zip(*pairs, strict=True)))


def report_tagger(
    model: PathLike,
    data: PathLike,
    train: PathLike | None = None,
    against: PathLike | None = None,
    format: str | None = None,
    encoding: str = "utf-8",
    types: Sequence[str] | None = None,
    *,
    mapping: Mapping[str, str] | None = None,
) -> Report:
    """Tag labelled sentences as they are tokenised and report on it; see `fanlight.report`."""
    tagger, choice = load_tagger(model), _Choice(types, mapping or {})
    known, others = None, None
    if train is not None:
        corpus = read_corpus(train, tokenise_sentences, format=format, encoding=encoding, unit=tagger.unit)
        known = {" ".join(s.tokens[a:b]) for s in corpus.sentences for a, b, _ in s.spans}
    if against is not None:
        others = [s.found for s in _labelled(load_tagger(against), data, format, encoding, choice)]
    return report_on(_labelled(tagger, data, format, encoding, choice), known, others)


class _Choice(NamedTuple):
    """Which types count, and what those of the data are called by the model."""

    types: Sequence[str] | None
    mapping: Mapping[str, str]

    def check(self, tagger: Tagger, corpus: Corpus) -> None:
        """Refuse types that there are not, and data of which the model knows no type.

        Raises
        ------
        DataError
            The message lists the types.
        """
        check_types(self.mapping, corpus.types, "map")
        check_types(self.mapping.values(), tagger.types, "map")
        labels = {self.mapping.get(type_, type_) for type_ in corpus.types}
        check_types(self.types or (), {*tagger.types, *labels}, "types")
        if labels and not labels & set(tagger.types):
            raise DataError(
                f"{corpus.path}: has {', '.join(sorted(labels))}, of which the model has none; it has "
                f"{', '.join(tagger.types)}: say which are the same, such as --map {min(labels)}={tagger.types[0]}"
            )


def _labelled(
    tagger: Tagger,
    data: PathLike,
    format: str | None,
    encoding: str,
    choice: _Choice,
    probabilities: bool = True,
) -> list[Labelled]:
    """Return labelled sentences with what a tagger finds in them; of the types that are chosen, under its names."""
    corpus = read_corpus(data, tokenise_sentences, format=format, encoding=encoding, unit=tagger.unit)
    choice.check(tagger, corpus)
    types, mapping = choice
    rows = []
    for document in corpus.documents:
        for sentence, spans in zip(document, tagger.sentences(document, probabilities), strict=True):
            labels = [(s, e, mapping.get(type_, type_)) for s, e, type_ in sentence.spans]
            gold = [span for span in labels if types is None or span[2] in types]
            entities = [Found(s, e, t, p or 0.0) for s, e, t, p in spans if types is None or t in types]
            rows.append(Labelled(sentence.tokens, gold, entities, sentence.line))
    return rows


def labelled(document: Document) -> list[Sentence]:
    """Return a tagged document as labelled sentences, of characters if its text is mostly Hangul.

    Raises
    ------
    DataError
        Entities lie in each other or overlap, which one tag a token cannot say.
    """
    unit = "character" if language_of(document.text) == "ko" else "word"
    spans = [(e.start, e.end, e.type) for e in document.entities]
    for before, after in pairwise(sorted(spans)):
        if after[0] < before[1]:
            raise DataError(
                f"{document.text[after[0] : after[1]]!r} ({after[2]}) overlaps "
                f"{document.text[before[0] : before[1]]!r} ({before[2]}), which one tag a token (CoNLL) cannot say: "
                "use --format jsonl"
            )
    sentences, _ = align(document.text, tokenise_sentences(document.text, unit), spans, 0)
    return list(sentences)


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
