"""Self-training: raw text that two networks label alike is learned from beside the labelled sentences.

Two networks, the labellers, are trained on the labelled data with two seeds and tag the raw text. What one of them has
learned by chance the other has not: a sentence is taken where both find the same entities in it, and both are sure of
each. The model is then trained on the labelled sentences and, in every epoch, on a share of these.

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
SEEDS = 1 << 63  # of which the setting is one
SURE = 0.5  # probability of an entity from which on a labeller is sure of it (benchmarks/README.md)
EMPTY_SHARE = 0.5  # sentences without entities for each one with entities, at most: they teach little
MAX_RAW = 1.0  # raw sentences for each labelled one that an epoch shows, at most
BATCH = 1000  # documents that are tagged at once, so that memory is bounded
LINES = 5000  # of raw text that are read, unless it is said otherwise


class RawText(NamedTuple):
    """Raw text as read.

    Attributes
    ----------
    path : str
        Of the first file or folder, for messages.
    documents : list of lists of Sentence
        Tokenised, without entities.
    """

    path: str
    documents: list[list[Sentence]]


class Trainer(NamedTuple):
    """How networks are trained on one set of labelled data.

    Attributes
    ----------
    prepare : callable
        ``prepare(settings, raw=None)`` is `preparation.prepare` of the labelled data.
    build : callable
        Makes a model of a run that is trained.
    labelled : sequence of Corpus
        The training data.
    dev : Corpus or None
    checkpoint : path or None
        Where the state of a run is kept (`train_stages`).
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
        The first labeller has them as they are, so that it is the model that would be without raw text; the second has
        the next seed.
    raw : RawText
    warn : callable
        Takes a sentence for the user.

    Returns
    -------
    Model
        Of the two that are trained with the seed of the settings the one with the better dev F1; without a dev set the
        one with raw text.
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
    """Return how much of raw text is labelled surely, for the user."""
    with_entities = sum(bool(sentence.spans) for sentence in corpus.sentences)
    return (
        f"of {sum(map(len, raw.documents)):,} sentences {with_entities:,} with entities on which both networks agree "
        f"surely are learned from, and {len(corpus.sentences) - with_entities:,} without"
    )


def dev_f1(model: Model) -> float:
    """Return the dev F1 of a model in percent; 0 without a dev set."""
    return float(model.provenance.get("dev scores", {}).get("f1", 0.0))


def labeller_files(checkpoint: Path | None) -> list[Path | None]:
    """Return where the labellers keep their state."""
    names = [f"labeller{number + 1}" for number in range(LABELLERS)]
    return [None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}.{name}") for name in names]


def checkpoint_files(checkpoint: Path, folds: int) -> list[Path]:
    """Return all files of a run's state: its own, those of its stages, and those of its labellers."""
    places = [checkpoint, *labeller_files(checkpoint)]
    return [file for place in places if place is not None for file in (place, *stage_files(place, folds)) if file]


def _name_stages(run: Generator[Epoch, None, Model], name: str) -> Generator[Epoch, None, Model]:
    """Yield the epochs of a training with a name before that of their stage; return its model."""
    while True:
        try:
            epoch = next(run)
        except StopIteration as end:
            result: Model = end.value
            return result
        yield replace(epoch, stage=f"{name}, {epoch.stage}" if epoch.stage else name)


def label_by_agreement(models: Sequence[Model], raw: RawText, labelled: Sequence[Corpus], seed: int) -> Corpus:
    """Return the sentences of raw text that all models label alike and surely, with these labels.

    Parameters
    ----------
    models : sequence of Model
    raw : RawText
    labelled : sequence of Corpus
        Training and dev data, whose sentences are left out: of the first there is nothing to learn, and dev scores on
        sentences that were learned from would be too good.
    seed : int
        Draws which sentences without entities are taken, `EMPTY_SHARE` for each with entities.

    Returns
    -------
    Corpus
        Each sentence is a document of its own; empty if the models are sure of none with an entity.
    """
    readings = [_tag(model, raw.documents) for model in models]
    sentences = [sentence for document in raw.documents for sentence in document]
    seen = {_compact(sentence) for corpus in labelled for sentence in corpus.sentences}
    chosen: list[Sentence] = []
    for sentence, spans in zip(sentences, zip(*readings, strict=True), strict=True):
        text = _compact(sentence)
        if text not in seen and agree(spans):
            seen.add(text)  # what a text repeats, such as a signature, is learned once
            chosen.append(replace(sentence, spans=tuple((s, e, t) for s, e, t, _ in spans[0])))
    with_entities = [number for number, sentence in enumerate(chosen) if sentence.spans]
    without = [number for number, sentence in enumerate(chosen) if not sentence.spans]
    count = min(len(without), round(EMPTY_SHARE * len(with_entities)))
    drawn = np.random.default_rng([seed, 5 << 32]).choice(without, count, replace=False).tolist() if count else []
    documents = [[chosen[number]] for number in sorted(with_entities + drawn)]
    unit = models[0].configuration.unit
    return Corpus(f"{raw.path}, as two networks label it", unit, documents, sha256=_digest(documents))


def agree(readings: Sequence[Sequence[TokenSpan]]) -> bool:
    """Tell whether several readings of a sentence have the same entities, each with a probability of `SURE` or more.

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
    """Return the share of labelled raw text that an epoch shows: `MAX_RAW` sentences for each of the others, at most.

    Examples
    --------
    >>> sentence = Sentence.of_words(["Oslo"], [(0, 1, "LOC")])
    >>> raw_share(Corpus("raw", "word", [[sentence]] * 8), [Corpus("train", "word", [[sentence]] * 2)])
    0.25
    """
    return min(1.0, MAX_RAW * sum(len(corpus.sentences) for corpus in labelled) / len(raw.sentences))


def _tag(model: Model, documents: Sequence[Sequence[Sentence]]) -> list[list[TokenSpan]]:
    """Return the entities that a model finds in each sentence, in its own tokens."""
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
    """Return a hash of tokens and entities, by which a resumed run is known to learn from the same."""
    rows = [(_compact(s), s.token_starts, s.spans) for document in documents for s in document]
    return hashlib.sha256(repr(rows).encode()).hexdigest()
