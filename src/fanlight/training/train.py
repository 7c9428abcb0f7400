"""From files to a model file: reading, preparing, training, saving."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from fanlight.corpus.annotation import meanings_of
from fanlight.corpus.data_report import DataReport, report_data
from fanlight.corpus.patterns import read_patterns
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus
from fanlight.errors import DataError, ModelError
from fanlight.network.lexicon import Lexicon, check_parts, read_lexicon
from fanlight.network.modelfile import First, Model, save_model
from fanlight.text.gazetteers import read_gazetteers
from fanlight.text.sentences import tokenise_sentences
from fanlight.text.vectors import beginnings, fallback_forms, read_vectors
from fanlight.training.cores import one_thread_blas
from fanlight.training.loop import Epoch
from fanlight.training.mixing import Engine, local
from fanlight.training.passes import stage_files, train_passes
from fanlight.training.preparation import Task, prepare
from fanlight.training.sample import sample_of
from fanlight.training.settings import Chosen, Settings
from fanlight.version import __version__

PathLike = str | os.PathLike[str]
FASTTEXT_MAGIC = (793712314).to_bytes(4, "little")
RISE = 1.0  # of dev F1 in the last quarter of the epochs, from which on more of them are advised


@one_thread_blas
def train_model(
    train: PathLike,
    dev: PathLike | None,
    out: PathLike,
    vectors: PathLike | None,
    settings: Settings,
    gazetteers: Sequence[PathLike] = (),
    also: Sequence[PathLike] = (),
    patterns: Sequence[PathLike] = (),
    resume: bool = False,
    format: str | None = None,
    encoding: str = "utf-8",
    warn: Callable[[str], object] = lambda message: None,
    about: Mapping[str, Any] | None = None,
    engine: Engine = local,
    announce: Callable[[DataReport, Chosen], object] = lambda report, settings: None,
) -> Generator[Epoch, None, None]:
    """Train on files, yielding after every epoch; when the iterator ends, the model file is written.

    Parameters
    ----------
    train, dev : path
        Labelled sentences.
    out : path
        The model file; ``out + ".part"`` keeps the state of a run that has not ended, ``out + ".part.*"`` that of the
        stages before the last.
    vectors : path, optional
        Word vectors.
    settings : Settings
    gazetteers : sequence of path
        Lists of names (`text.gazetteers`).
    also : sequence of path
        More labelled sentences, which may mark other types (`Settings.corpora`).
    patterns : sequence of path
        Names and regular expressions (`corpus.patterns`).
    resume : bool
        Go on from ``out + ".part"``.
    format, encoding : str
        Of the labelled files.
    warn : callable
        Takes a sentence about each thing the user should know.
    about : mapping, optional
        More to keep in the model's provenance, such as licences.
    engine : Engine
        Who has the workers, where the settings ask for several (`training.mixing`).
    announce : callable
        Takes, before the first epoch, the report on the data and the settings with all that the data decided.

    Raises
    ------
    FanlightError
        A file or setting is at fault.
    """
    place = Path(out)
    if not place.parent.is_dir():
        raise ModelError(f"{out}: the folder {place.parent} does not exist: create it first")
    corpus = read_labelled(train, settings, format, encoding)
    more = [read_labelled(path, settings, format, encoding) for path in also]
    development = None if dev is None else read_labelled(dev, settings, format, encoding)
    for some in (corpus, *more, development):
        if some is not None and some.notes:
            warn(f"{some.path}: {some.summary()}")
        if some is not None and not some.documents_marked:
            warn(
                f"{some.path}: has no -DOCSTART- lines: each {settings.unmarked_document} is taken as a document of "
                "its own (--set unmarked_document=sentence or file)"
            )
    if development is not None:
        lacking = sorted(set(development.types) - set(corpus.types))
        if lacking:
            warn(f"{dev}: has types that {train} lacks, which cannot be learned: {', '.join(lacking)}")
    lexicon = _lexicon(vectors, [corpus, *more], development, settings, warn)
    names = read_gazetteers(gazetteers, settings.unit or corpus.unit, encoding) if gazetteers else None
    known = read_patterns(patterns, encoding) if patterns else None
    task = prepare(corpus, development, lexicon, settings, names, more, known)
    announce(report_data(corpus, development), task.settings)
    part = place.with_name(place.name + ".part")
    history = []
    for epoch in train_passes(task, part, resume, engine):
        history.append(epoch)
        yield epoch
    if is_rising(history):
        warn(f"dev F1 was still rising in the last epochs: try more, such as --set epochs={2 * task.settings.epochs}")
    model = finished(task, [corpus, *more], development, vectors)
    save_model(replace(model, provenance={**model.provenance, **(about or {})}), place)
    for file in (part, *stage_files(part, task.settings.folds)):
        if file is not None:
            file.unlink(missing_ok=True)


@one_thread_blas
def train_corpora(
    corpus: Corpus, development: Corpus | None, vectors: PathLike | None, settings: Settings
) -> Generator[Epoch, None, Model]:
    """Train on a corpus in memory and write nothing, yielding after every epoch; return the model."""
    lexicon = _lexicon(vectors, [corpus], development, settings, lambda message: None)
    task = prepare(corpus, development, lexicon, settings)
    yield from train_passes(task)
    return finished(task, [corpus], development, vectors)


def read_labelled(path: PathLike, settings: Settings, format: str | None, encoding: str) -> Corpus:
    """Read labelled sentences with the tokeniser that the tagger will use."""
    return read_corpus(
        path,
        tokenise_sentences,
        format=format,
        encoding=encoding,
        unit=settings.unit,
        unmarked_document=settings.unmarked_document,
    )


def finished(task: Task, corpora: Sequence[Corpus], dev: Corpus | None, vectors: PathLike | None) -> Model:
    """Return the trained model, with where it comes from."""
    lexicon = task.lexicon
    scores = task.score(task.parameters)
    parameters, temperature = task.tempered(dict(task.parameters))
    trained = parameters.pop("vectors", None)
    if trained is not None:
        lexicon = lexicon.with_vectors(trained[:-1])
    first = None if task.first is None else First(task.first.configuration, dict(task.first.parameters))
    provenance: dict[str, Any] = {
        "fanlight": __version__,
        "settings": task.settings.model_dump(mode="json", exclude_none=True),
        "train": _source(corpora[0]),
        "vectors": None if vectors is None else Path(vectors).name,
        "environment": describe_environment(),
    }
    if len(corpora) > 1:
        provenance["also"] = [_source(corpus) for corpus in corpora[1:]]
    if task.settings.keep:
        meanings = meanings_of(corpora, {name: (a.readings, a.unmarked) for name, a in task.settings.corpora.items()})
        provenance["sample"] = sample_of(corpora, meanings, task.settings.keep, task.settings.seed)
    if dev is not None and scores is not None:
        provenance |= {"dev": _source(dev), "dev scores": scores.to_dict(), "temperature": round(temperature, 4)}
    return Model(task.configuration, parameters, lexicon, provenance, first, task.gazetteer, task.patterns)


def describe_environment() -> dict[str, str]:
    """Return what the bits of a training depend on beside data, settings and seed: versions, and the BLAS's kernels.

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
    """Tell whether the last epoch is the best and beats those of three quarters of the run by `RISE` of F1."""
    stage = [epoch for epoch in history if epoch.dev is not None and epoch.stage == history[-1].stage]
    if len(stage) < 4 or not stage[-1].best:
        return False
    before = max(epoch.dev.f1 for epoch in stage[: 3 * len(stage) // 4] if epoch.dev is not None)
    return stage[-1].dev is not None and stage[-1].dev.f1 > before + RISE


def _source(corpus: Corpus) -> dict[str, Any]:
    return {"file": Path(corpus.path).name, "sha256": corpus.sha256, "sentences": len(corpus.sentences)}


def _lexicon(
    path: PathLike | None,
    corpora: Sequence[Corpus],
    dev: Corpus | None,
    settings: Settings,
    warn: Callable[[str], object],
) -> Lexicon:
    if path is None:
        if not settings.random_vectors:
            return Lexicon.empty()
        known = sorted({token for corpus in corpora for sentence in corpus.sentences for token in sentence.tokens})
        rng = np.random.default_rng([settings.seed, 2 << 32])
        return Lexicon.of(known, rng.standard_normal((len(known), settings.random_vectors), np.float32))
    _refuse_fasttext_model(path)
    if settings.vector_limit is None:
        lexicon, repeated = read_lexicon(path, settings.vector_parts)
    else:
        vectors = read_vectors(path)
        words, matrix, repeated = vectors.words, vectors.matrix, vectors.repeated
        of_words = (settings.unit or corpora[0].unit) == "word"
        sentences = [s for c in (*corpora, dev) if c is not None for s in c.sentences]
        tokens = {token for s in sentences for token in (s.tokens if of_words else s.text.split())}
        forms = fallback_forms if of_words else beginnings
        needed = tokens | {form for token in tokens for form in forms(token)}
        kept = [i for i, word in enumerate(words) if i < settings.vector_limit or word in needed]
        check_parts(settings.vector_parts, matrix.shape[1], path)
        lexicon = Lexicon.of([words[i] for i in kept], matrix[kept], settings.vector_parts)
    if repeated:
        warn(f"{path}: {repeated} lines repeat a word; the first of each was taken")
    return lexicon


def _refuse_fasttext_model(path: PathLike) -> None:
    """Name a fastText model, which begins with a number of its own, for what it is.

    Raises
    ------
    DataError
        The message says which file to take.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(len(FASTTEXT_MAGIC))
    except OSError:
        return  # `read_vectors` says why it cannot be read
    if start == FASTTEXT_MAGIC:
        raise DataError(
            f"{path}: is a fastText model (.bin), not a file of vectors: take the .vec file that lies beside it, or "
            "write one with fasttext's get_words and get_word_vector"
        )
