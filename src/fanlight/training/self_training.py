"""Self-training: training on labelled sentences and on raw text that two networks label alike.

Two networks, the labellers, are trained on the labelled data with two seeds and tag the raw text. A sentence is
accepted if both predict the same entities, each with a high probability, so that random errors of one labeller are
filtered out. The model is then trained on the labelled sentences and, in every epoch, on a share of the accepted ones.

References
----------
Yarowsky 1995 (self-training); Clark, Curran & Osborne 2003, "Bootstrapping POS taggers using unlabelled data"
(agreement).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.engine.plain import PlainEngine
from fanlight.engine.plain_text import read_sentences
from fanlight.network.decoding import TokenSpan
from fanlight.network.modelfile import Model
from fanlight.training.data_parallel import Engine, local_workers
from fanlight.training.loop import Epoch
from fanlight.training.preparation import Run
from fanlight.training.settings import Settings
from fanlight.training.stages import stage_files, train_stages

LABELLERS = 2  # networks that must agree
SEEDS = 1 << 63  # number of possible seeds
SURE = 0.5  # minimum probability of an entity (benchmarks/README.md)
EMPTY_SHARE = 0.5  # maximum ratio of sentences without entities to sentences with entities
MAX_RAW = 1.0  # maximum ratio of raw to labelled sentences in an epoch
BATCH = 1000  # documents per tagging call, which bounds memory
LINES = 5000  # default for the lines of raw text to read


class RawText(NamedTuple):
    """Tokenised raw text.

    Attributes
    ----------
    path : str
        Path of the first file or folder, for messages.
    documents : list of lists of Sentence
        Sentences without entities.
    """

    path: str
    documents: list[list[Sentence]]


class Trainer(NamedTuple):
    """The labelled data, and functions that train networks on them.

    Attributes
    ----------
    prepare : callable
        ``prepare(settings, raw=None)`` calls `preparation.prepare` with the labelled data.
    build : callable
        Builds the model of a trained run.
    labelled : sequence of Corpus
        The training data.
    dev : Corpus or None
    checkpoint : path or None
        The checkpoint file of a run (`train_stages`).
    resume : bool
    engine : Engine
    """

    prepare: Callable[..., Run]
    build: Callable[[Run], Model]
    labelled: Sequence[Corpus]
    dev: Corpus | None
    checkpoint: Path | None = None
    resume: bool = False
    engine: Engine = local_workers

    def train(self, run: Run, checkpoint: Path | None) -> Generator[Epoch, None, Model]:
        """Train a run, yielding after every epoch; return its model."""
        run = yield from train_stages(run, checkpoint, self.resume, self.engine)
        return self.build(run)


def self_train(
    trainer: Trainer, settings: Settings, raw: RawText, warn: Callable[[str], object] = lambda message: None
) -> Generator[Epoch, None, Model]:
    """Train two labellers, then a network on the labelled data and the raw text that they agree on.

    Parameters
    ----------
    trainer : Trainer
    settings : Settings
        Settings of the first labeller, which is the model without self-training; the second has the next seed.
    raw : RawText
    warn : callable
        Called with a message for the user.

    Returns
    -------
    Model
        The better on the dev set of the model with raw text and the first labeller; without a dev set, the former.
    """
    warn(f"{raw.path}: three trainings instead of one: two networks label the raw text, a third learns from it as well")
    labellers = []
    for number, place in enumerate(labeller_files(trainer.checkpoint)):
        run = trainer.prepare(settings.model_copy(update={"seed": (settings.seed + number) % SEEDS}))
        model = yield from _name_stages(trainer.train(run, place), f"labeller {number + 1}")
        labellers.append(model)
    others = [*trainer.labelled, *([] if trainer.dev is None else [trainer.dev])]
    corpus = label_by_agreement(labellers, raw, others, settings.seed)
    if not corpus.types:
        warn(
            f"{raw.path}: has no sentence with an entity of which both networks are sure: the model is that of the "
            "labelled sentences alone; give more raw text, of their kind, or more labelled sentences"
        )
        return labellers[0]
    share = raw_share(corpus, trainer.labelled)
    warn(f"{raw.path}: {_describe(corpus, raw)}; an epoch shows {round(share * len(corpus.sentences)):,}")
    model = yield from trainer.train(trainer.prepare(settings, raw=(corpus, share)), trainer.checkpoint)
    before, after = (dev_f1(m) for m in (labellers[0], model))
    if after < before:
        warn(f"{raw.path}: has not helped: dev F1 {before:.2f} without it, {after:.2f} with it; the first is written")
        return labellers[0]
    if trainer.dev is not None:
        warn(f"{raw.path}: dev F1 {before:.2f} without it, {after:.2f} with it")
    source = {"text": Path(raw.path).name, "sha256": corpus.sha256, "sentences": len(corpus.sentences)}
    return replace(model, provenance={**model.provenance, "raw": source})


def _describe(corpus: Corpus, raw: RawText) -> str:
    """Return a message about the share of raw text that was accepted."""
    with_entities = sum(bool(sentence.spans) for sentence in corpus.sentences)
    return (
        f"of {sum(map(len, raw.documents)):,} sentences {with_entities:,} with entities on which both networks agree "
        f"surely are learned from, and {len(corpus.sentences) - with_entities:,} without"
    )


def dev_f1(model: Model) -> float:
    """Return the dev F1 of a model in percent; 0 without a dev set."""
    return float(model.provenance.get("dev scores", {}).get("f1", 0.0))


def labeller_files(checkpoint: Path | None) -> list[Path | None]:
    """Return the checkpoint files of the labellers."""
    names = [f"labeller{number + 1}" for number in range(LABELLERS)]
    return [None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}.{name}") for name in names]


def checkpoint_files(checkpoint: Path, folds: int) -> list[Path]:
    """Return all checkpoint files of a run: its own, those of its stages, and those of its labellers."""
    places = [checkpoint, *labeller_files(checkpoint)]
    return [file for place in places if place is not None for file in (place, *stage_files(place, folds)) if file]


def _name_stages(run: Generator[Epoch, None, Model], name: str) -> Generator[Epoch, None, Model]:
    """Yield the epochs of a training with `name` prefixed to their stage; return its model."""
    while True:
        try:
            epoch = next(run)
        except StopIteration as end:
            result: Model = end.value
            return result
        yield replace(epoch, stage=f"{name}, {epoch.stage}" if epoch.stage else name)


def label_by_agreement(models: Sequence[Model], raw: RawText, labelled: Sequence[Corpus], seed: int) -> Corpus:
    """Return the sentences of raw text on which all models `agree`, with the predicted labels.

    Parameters
    ----------
    models : sequence of Model
    raw : RawText
    labelled : sequence of Corpus
        Training and dev data, whose sentences are dropped; those of dev data would bias dev scores.
    seed : int
        Seed for the selection of sentences without entities (`EMPTY_SHARE`).

    Returns
    -------
    Corpus
        Each sentence is a document; empty if no sentence with an entity is accepted.
    """
    readings = [_tag(model, raw.documents) for model in models]
    sentences = [sentence for document in raw.documents for sentence in document]
    seen = {_compact(sentence) for corpus in labelled for sentence in corpus.sentences}
    chosen: list[Sentence] = []
    for sentence, spans in zip(sentences, zip(*readings, strict=True), strict=True):
        text = _compact(sentence)
        if text not in seen and agree(spans):
            seen.add(text)  # repeated sentences, such as signatures, count once
            chosen.append(replace(sentence, spans=tuple((s, e, t) for s, e, t, _ in spans[0])))
    with_entities = [number for number, sentence in enumerate(chosen) if sentence.spans]
    without = [number for number, sentence in enumerate(chosen) if not sentence.spans]
    count = min(len(without), round(EMPTY_SHARE * len(with_entities)))
    drawn = np.random.default_rng([seed, 5 << 32]).choice(without, count, replace=False).tolist() if count else []
    documents = [[chosen[number]] for number in sorted(with_entities + drawn)]
    unit = models[0].configuration.unit
    return Corpus(f"{raw.path}, as two networks label it", unit, documents, sha256=_digest(documents))


def agree(readings: Sequence[Sequence[TokenSpan]]) -> bool:
    """Tell whether predictions for a sentence have the same entities, all with at least the probability `SURE`.

    Examples
    --------
    >>> oslo, doubted = TokenSpan(2, 3, "LOC", 0.99), TokenSpan(2, 3, "LOC", 0.4)
    >>> agree([[oslo], [oslo]]), agree([[oslo], [doubted]]), agree([[oslo], []]), agree([[], []])
    (True, False, False, True)
    """
    entities = [[(s, e, t) for s, e, t, _ in spans] for spans in readings]
    return all(other == entities[0] for other in entities) and all(
        (span.probability or 0.0) >= SURE for spans in readings for span in spans
    )


def raw_share(raw: Corpus, labelled: Sequence[Corpus]) -> float:
    """Return the share of labelled raw text in an epoch, limited by `MAX_RAW`.

    Examples
    --------
    >>> sentence = Sentence.of_words(["Oslo"], [(0, 1, "LOC")])
    >>> raw_share(Corpus("raw", "word", [[sentence]] * 8), [Corpus("train", "word", [[sentence]] * 2)])
    0.25
    """
    return min(1.0, MAX_RAW * sum(len(corpus.sentences) for corpus in labelled) / len(raw.sentences))


def _tag(model: Model, documents: Sequence[Sequence[Sentence]]) -> list[list[TokenSpan]]:
    """Return the entities that a model predicts in each sentence, as ranges of its tokens."""
    engine, rows = PlainEngine(model), []
    for begin in range(0, len(documents), BATCH):
        tokens = read_sentences(documents[begin : begin + BATCH], engine.unit)
        offsets = tokens.sentences.tolist()
        batch: list[list[TokenSpan]] = [[] for _ in offsets[1:]]
        number = 0
        for span in engine.token_spans(tokens):
            while offsets[number + 1] <= span.start:
                number += 1
            batch[number].append(span._replace(start=span.start - offsets[number], end=span.end - offsets[number]))
        rows += batch
    return rows


def _compact(sentence: Sentence) -> str:
    return "".join(sentence.text[s:e] for s, e in zip(sentence.token_starts, sentence.token_ends, strict=True))


def _digest(documents: Sequence[Sequence[Sentence]]) -> str:
    """Return a hash of tokens and entities, for the fingerprint of a run."""
    rows = [(_compact(s), s.token_starts, s.spans) for document in documents for s in document]
    return hashlib.sha256(repr(rows).encode()).hexdigest()
