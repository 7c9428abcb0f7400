"""Training on files: reading, preparation, training, and the model file."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fanlight.corpus.data_report import DataReport, report_data
from fanlight.corpus.patterns import read_patterns
from fanlight.corpus.raw_text import read_raw_documents
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus
from fanlight.errors import DataError, ModelError
from fanlight.network.lexicon import Lexicon, check_parts, read_lexicon
from fanlight.network.modelfile import FirstStage, Model, save_model
from fanlight.text.gazetteers import read_gazetteers
from fanlight.text.sentences import tokenise_sentences
from fanlight.text.vectors import beginnings, fallback_forms, read_vectors
from fanlight.training.cores import one_thread_blas
from fanlight.training.data_parallel import Engine, local_workers
from fanlight.training.loop import Epoch
from fanlight.training.preparation import Run, prepare, read_annotations
from fanlight.training.rehearsal_sample import draw_rehearsal_sample
from fanlight.training.self_training import LINES, RawText, Trainer, checkpoint_files, self_train
from fanlight.training.settings import Chosen, Settings
from fanlight.training.stages import train_stages
from fanlight.version import __version__

PathLike = str | os.PathLike[str]
Warn = Callable[[str], object]
FASTTEXT_MAGIC = (793712314).to_bytes(4, "little")
RISE = 1.0  # minimum rise of dev F1 in the last quarter of the epochs for which more epochs are advised


class LabelledFiles(NamedTuple):
    """The corpora of a training.

    Attributes
    ----------
    train : Corpus
    also : list of Corpus
        More training data.
    dev : Corpus or None
    """

    train: Corpus
    also: list[Corpus]
    dev: Corpus | None

    @property
    def all_training_data(self) -> list[Corpus]:
        """`train` and `also`."""
        return [self.train, *self.also]


@one_thread_blas
def train_model(
    train: PathLike,
    dev: PathLike | None,
    out: PathLike,
    vectors: PathLike | None,
    settings: Settings,
    *,
    gazetteers: Sequence[PathLike] = (),
    also: Sequence[PathLike] = (),
    patterns: Sequence[PathLike] = (),
    raw: Sequence[PathLike] = (),
    resume: bool = False,
    format: str | None = None,
    encoding: str = "utf-8",
    warn: Warn = lambda message: None,
    about: Mapping[str, Any] | None = None,
    engine: Engine = local_workers,
    announce: Callable[[DataReport, Chosen], object] = lambda report, settings: None,
) -> Generator[Epoch, None, None]:
    """Train on files, yielding after every epoch; the model file is written when the generator ends.

    Parameters
    ----------
    train, dev, vectors, gazetteers, also, patterns, raw, format, encoding
        As in `fanlight.train`.
    out : path
        The model file. ``out + ".part"`` is the checkpoint of an unfinished run, for `resume`; ``out + ".part.*"`` are
        those of earlier stages.
    warn, announce : callables
        `warn` is called with messages for the user, `announce` before the first epoch with data report and settings.
    about, engine : mapping, Engine
        Additions to the model's provenance, such as licences; provider of workers (`training.data_parallel`).

    Raises
    ------
    FanlightError
        A file or setting is invalid.
    """
    place = Path(out)
    part = place.with_name(place.name + ".part")
    if not place.parent.is_dir():
        raise ModelError(f"{out}: the folder {place.parent} does not exist: create it first")
    read = partial(read_labelled, settings=settings, format=format, encoding=encoding)
    files = _read_files((train, also, dev), read, settings.unmarked_document, warn)
    trainer = _trainer_of(files, vectors, settings, (gazetteers, patterns, encoding), warn)
    trainer = trainer._replace(checkpoint=part, resume=resume, engine=engine)
    run = trainer.prepare(settings)
    chosen = run.settings
    announce(report_data(files.train, files.dev), chosen)
    raw_text = _read_raw(raw, chosen, encoding) if raw else None
    training = trainer.train(run, part) if raw_text is None else self_train(trainer, settings, raw_text, warn)
    del run  # frees memory
    history: list[Epoch] = []
    model = yield from _record(training, history)
    if is_rising(history):
        warn(f"dev F1 was still rising in the last epochs: try more, such as --set epochs={2 * chosen.epochs}")
    save_model(replace(model, provenance={**model.provenance, **(about or {})}), place)
    for file in checkpoint_files(part, chosen.folds):
        file.unlink(missing_ok=True)


@one_thread_blas
def train_corpora(
    corpus: Corpus, dev: Corpus | None, vectors: PathLike | None, settings: Settings
) -> Generator[Epoch, None, Model]:
    """Train on a corpus in memory, yielding after every epoch; return the model."""
    files = LabelledFiles(corpus, [], dev)
    run = prepare(corpus, dev, read_vectors_for(files, vectors, settings), settings)
    run = yield from train_stages(run)
    return build_model(run, [corpus], dev, vectors)


def _trainer_of(
    files: LabelledFiles,
    vectors: PathLike | None,
    settings: Settings,
    lists: tuple[Sequence[PathLike], Sequence[PathLike], str],
    warn: Warn,
) -> Trainer:
    """Return the trainer for labelled files; `lists` are the files of gazetteers and patterns, and their encoding."""
    gazetteers, patterns, encoding = lists
    unit = settings.unit or files.train.unit
    prepare_run = partial(
        prepare,
        files.train,
        files.dev,
        read_vectors_for(files, vectors, settings, warn),
        gazetteer=read_gazetteers(gazetteers, unit, encoding) if gazetteers else None,
        also=files.also,
        patterns=read_patterns(patterns, encoding) if patterns else None,
    )
    build = partial(build_model, corpora=files.all_training_data, dev=files.dev, vectors=vectors)
    return Trainer(prepare_run, build, files.all_training_data, files.dev)


def _read_raw(paths: Sequence[PathLike], settings: Chosen, encoding: str) -> RawText:
    """Return the raw text, up to the setting `raw_lines`."""
    documents = read_raw_documents(paths, tokenise_sentences, settings.unit, settings.raw_lines or LINES, encoding)
    return RawText(str(paths[0]), documents)


def _record(run: Generator[Epoch, None, Model], history: list[Epoch]) -> Generator[Epoch, None, Model]:
    """Yield the epochs of a training, appending each to a list; return its model."""
    while True:
        try:
            history.append(next(run))
        except StopIteration as end:
            result: Model = end.value
            return result
        yield history[-1]


def _read_files(
    paths: tuple[PathLike, Sequence[PathLike], PathLike | None],
    read: Callable[[PathLike], Corpus],
    unmarked_document: str,
    warn: Warn,
) -> LabelledFiles:
    """Read labelled files; warn of repairs, missing document marks, and types that only the dev set has."""
    train, also, dev = paths
    files = LabelledFiles(read(train), [read(path) for path in also], None if dev is None else read(dev))
    for corpus in (*files.all_training_data, files.dev):
        if corpus is not None and corpus.notes:
            warn(f"{corpus.path}: {corpus.summary()}")
        if corpus is not None and not corpus.documents_marked:
            warn(
                f"{corpus.path}: has no -DOCSTART- lines: each {unmarked_document} is taken as a document of its own "
                "(--set unmarked_document=sentence or file)"
            )
    if files.dev is not None:
        missing = sorted(set(files.dev.types) - set(files.train.types))
        if missing:
            warn(f"{dev}: has types that {train} lacks, which cannot be learned: {', '.join(missing)}")
    return files


def read_labelled(path: PathLike, settings: Settings, format: str | None, encoding: str) -> Corpus:
    """Read labelled sentences; plain text is tokenised as by the tagger."""
    return read_corpus(
        path,
        tokenise_sentences,
        format=format,
        encoding=encoding,
        unit=settings.unit,
        unmarked_document=settings.unmarked_document,
    )


def build_model(run: Run, corpora: Sequence[Corpus], dev: Corpus | None, vectors: PathLike | None) -> Model:
    """Return the model of a trained run, with its provenance."""
    scores = run.score(run.parameters)
    parameters, temperature = run.apply_temperature(dict(run.parameters))
    trained_vectors = parameters.pop("vectors", None)
    lexicon = run.lexicon if trained_vectors is None else run.lexicon.with_vectors(trained_vectors[:-1])
    stage = run.first_stage
    first_stage = None if stage is None else FirstStage(stage.configuration, dict(stage.parameters))
    provenance: dict[str, Any] = {
        "fanlight": __version__,
        "settings": run.settings.model_dump(mode="json", exclude_none=True),
        "train": _source(corpora[0]),
        "vectors": None if vectors is None else Path(vectors).name,
        "environment": describe_environment(),
    }
    if len(corpora) > 1:
        provenance["also"] = [_source(corpus) for corpus in corpora[1:]]
    if run.settings.keep:
        annotations = read_annotations(corpora, run.settings)
        provenance["sample"] = draw_rehearsal_sample(corpora, annotations, run.settings.keep, run.settings.seed)
    if dev is not None and scores is not None:
        provenance |= {"dev": _source(dev), "dev scores": scores.to_dict(), "temperature": round(temperature, 4)}
    return Model(run.configuration, parameters, lexicon, provenance, first_stage, run.gazetteer, run.patterns)


def describe_environment() -> dict[str, str]:
    """Return the versions and the BLAS kernels, on which the bits of a training depend besides data, settings and seed.

    Examples
    --------
    >>> sorted(describe_environment())
    ['blas', 'machine', 'numba', 'numpy']
    """
    from threadpoolctl import threadpool_info

    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    names = sorted({f"{x['internal_api']} {x['version']} {x.get('architecture', '')}".strip() for x in libraries})
    return {
        "machine": platform.machine(),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "blas": ", ".join(names),
    }


def is_rising(history: Sequence[Epoch]) -> bool:
    """Tell whether the last epoch is the best, and better by `RISE` than the first three quarters of the epochs."""
    stage = [epoch for epoch in history if epoch.dev is not None and epoch.stage == history[-1].stage]
    if len(stage) < 4 or not stage[-1].best:
        return False
    before = max(epoch.dev.f1 for epoch in stage[: 3 * len(stage) // 4] if epoch.dev is not None)
    return stage[-1].dev is not None and stage[-1].dev.f1 > before + RISE


def _source(corpus: Corpus) -> dict[str, Any]:
    return {"file": Path(corpus.path).name, "sha256": corpus.sha256, "sentences": len(corpus.sentences)}


def read_vectors_for(
    files: LabelledFiles, path: PathLike | None, settings: Settings, warn: Warn = lambda message: None
) -> Lexicon:
    """Return the lexicon: vectors from a file, random ones, or none, depending on the settings.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    if path is None:
        if not settings.random_vectors:
            return Lexicon.empty()
        words = sorted(
            {token for corpus in files.all_training_data for sentence in corpus.sentences for token in sentence.tokens}
        )
        rng = np.random.default_rng([settings.seed, 2 << 32])
        return Lexicon.of(words, rng.standard_normal((len(words), settings.random_vectors), np.float32))
    _refuse_fasttext_model(path)
    if settings.vector_limit is None:
        lexicon, repeated = read_lexicon(path, settings.vector_parts)
    else:
        vectors = read_vectors(path)
        repeated = vectors.repeated
        needed = _looked_up_words(files, settings)
        rows = [i for i, word in enumerate(vectors.words) if i < settings.vector_limit or word in needed]
        check_parts(settings.vector_parts, vectors.matrix.shape[1], path)
        lexicon = Lexicon.of([vectors.words[i] for i in rows], vectors.matrix[rows], settings.vector_parts)
    if repeated:
        warn(f"{path}: {repeated} lines repeat a word; the first of each was taken")
    return lexicon


def _looked_up_words(files: LabelledFiles, settings: Settings) -> set[str]:
    """Return the words of training and dev data, with the forms under which their vectors are looked up."""
    of_words = (settings.unit or files.train.unit) == "word"
    corpora = [*files.all_training_data, *([] if files.dev is None else [files.dev])]
    sentences = [sentence for corpus in corpora for sentence in corpus.sentences]
    tokens = {token for s in sentences for token in (s.tokens if of_words else s.text.split())}
    forms = fallback_forms if of_words else beginnings
    return tokens | {form for token in tokens for form in forms(token)}


def _refuse_fasttext_model(path: PathLike) -> None:
    """Check that a file is not a fastText model, which begins with `FASTTEXT_MAGIC`.

    Raises
    ------
    DataError
        It is one; the message says which file to use.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(len(FASTTEXT_MAGIC))
    except OSError:
        return  # `read_vectors` reports the error
    if start == FASTTEXT_MAGIC:
        raise DataError(
            f"{path}: is a fastText model (.bin), not a file of vectors: take the .vec file that lies beside it, or "
            "write one with fasttext's get_words and get_word_vector"
        )
