"""Fanlight: named-entity recognition by a window network you can see into.

>>> import fanlight
>>> tagger = fanlight.load("en")
>>> [(e.text, e.type) for e in tagger("Museums in Paris are amazing to see.").entities]
[('Paris', 'LOC')]
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fanlight.text.scripts import language_of
from fanlight.version import __version__

if TYPE_CHECKING:
    from fanlight.api.history import History
    from fanlight.entities.entity import Document, Entity
    from fanlight.entities.report import Report
    from fanlight.entities.scores import Scores
    from fanlight.tagging.tagger import Tagger
    from fanlight.training.loop import Epoch

__all__ = [
    "Document",
    "Entity",
    "Tagger",
    "__version__",
    "evaluate",
    "history",
    "language_of",
    "load",
    "report",
    "train",
]


def load(
    model: str | os.PathLike[str], verify: bool = False, passes: int | None = None, engine: str = "auto"
) -> Tagger:
    """Return a tagger.

    Parameters
    ----------
    model : str or path
        "en" or "ko" for a bundled model, a model file, the name of a model that is installed (`fanlight package`),
        ``hf:user/repo@revision`` on the Hugging Face Hub (the extra hub; ``HF_HUB_OFFLINE=1`` asks its cache alone), or
        an address such as ``s3://bucket/m.fanlight`` (the extra remote).
    verify : bool
        Also compare the checksum of all numbers.
    passes : int, optional
        1: leave out the second, document-aware network, if the model has one.
    engine : str
        "plain" needs no compiled kernels; "compiled" waits for these; "auto" answers by the first until the second is
        ready, which is prepared in the background once more than a handful of texts have come. All give the same.

    Raises
    ------
    ModelError
        The file is missing, damaged, foreign or of a newer version.
    FanlightError
        There is no such engine, or none on this platform.
    """
    from fanlight.tagging.bundled import load_tagger

    return load_tagger(model, verify, passes, engine)


def train(
    train: str | os.PathLike[str],
    dev: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    vectors: str | os.PathLike[str] | None = None,
    *,
    gazetteers: Sequence[str | os.PathLike[str]] = (),
    also: Sequence[str | os.PathLike[str]] = (),
    watch: str | os.PathLike[str] | None = None,
    patterns: Sequence[str | os.PathLike[str]] = (),
    raw: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    on_epoch: Callable[[Epoch], object] | None = None,
    **settings: Any,
) -> Tagger:
    """Train a model on labelled files and return its tagger.

    Parameters
    ----------
    train, dev : path
        Labelled sentences: columns, KLUE, JSONL or CSV.
    out : path, optional
        Where to write the model; without it the model lives in memory.
    vectors : path, optional
        Word vectors.
    gazetteers : sequence of path
        Lists of names: lines of a name, a tab and its list's name.
    also : sequence of path
        More labelled files, which may mark other types; the setting `corpora` says what their labels mean.
    watch : path, optional
        Where to tell, while it goes on, how it goes: for `fanlight serve --watch` and `history`.
    patterns : sequence of path
        Names and regular expressions to be told of: lines of a name, or ``re:`` and an expression, a tab and a type.
    raw : path or sequence of path
        Raw text, a text a line, that two networks label, and that is learned from where they agree (`raw_lines`).
    on_epoch : callable, optional
        Takes each epoch when it is done; its ``metrics`` are for MLflow, Weights & Biases and others.
    **settings
        As in `fanlight.training.settings.Settings`.

    Raises
    ------
    FanlightError
        A file or setting is at fault.
    """
    from fanlight.api.train import train_tagger

    return train_tagger(
        train,
        dev,
        out,
        vectors,
        gazetteers=gazetteers,
        also=also,
        settings=settings,
        watch=watch,
        patterns=patterns,
        raw=raw,
        on_epoch=on_epoch,
    )


def evaluate(
    model: str | os.PathLike[str],
    data: str | os.PathLike[str],
    format: str | None = None,
    encoding: str = "utf-8",
    types: Sequence[str] | None = None,
    *,
    mapping: Mapping[str, str] | None = None,
) -> Scores:
    """Measure a model on labelled sentences: exact entity precision, recall and F1.

    `types` leaves out the entities, labelled and found, of all other types: for data that do not mark all of the
    model's. `mapping` says what the data's types are called by the model, such as ``{"PS": "PER"}``.

    Raises
    ------
    FanlightError
        A file is at fault.
    """
    from fanlight.api.evaluate import evaluate_tagger

    return evaluate_tagger(model, data, format, encoding, types=types, mapping=mapping)


def report(
    model: str | os.PathLike[str],
    data: str | os.PathLike[str],
    train: str | os.PathLike[str] | None = None,
    against: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,
    encoding: str = "utf-8",
    types: Sequence[str] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Report:
    """Report on a model's work on labelled sentences: scores, their interval, calibration, and every mistake.

    `train` tells entities that the training data have from those they lack; `against` is a second model to compare.
    `types` and `mapping` are those of `evaluate`.

    Raises
    ------
    FanlightError
        A file is missing or cannot be read.
    """
    from fanlight.api.evaluate import report_tagger

    return report_tagger(model, data, train, against, format=format, encoding=encoding, types=types, mapping=mapping)


def history(watch: str | os.PathLike[str]) -> History:
    """Read what a training tells (`train` with ``watch``): curves and the report, which show themselves in a notebook.

    Raises
    ------
    FanlightError
        The file is not such a one.
    """
    from pathlib import Path

    from fanlight.api.history import read_history

    return read_history(Path(watch))


_LATER = {  # what is imported when it is asked for: until the command's edge is reached, an interrupt is a traceback
    "Document": "fanlight.entities.entity",
    "Entity": "fanlight.entities.entity",
    "Tagger": "fanlight.tagging.tagger",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'fanlight' has no attribute {name!r}")
