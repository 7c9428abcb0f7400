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
    """Load a model and return its tagger.

    Parameters
    ----------
    model : str or path
        "en" or "ko" for a bundled model, a model file, the name of an installed model (`fanlight package`),
        ``hf:user/repo@revision`` for a model on the Hugging Face Hub (the extra hub; ``HF_HUB_OFFLINE=1`` uses only the
        local cache), or an address such as ``s3://bucket/m.fanlight`` (the extra remote).
    verify : bool
        Whether to verify the SHA-256 of the parameters as well.
    passes : int, optional
        1: use only the first stage of a model with two stages.
    engine : str
        "plain" for NumPy only; "compiled" for compiled kernels, which the first call waits for; "auto" for the plain
        engine until the compiled one is ready, which is prepared in the background after a handful of texts. The
        results are the same.

    Raises
    ------
    ModelError
        The file is missing, damaged, foreign or of a newer version.
    FanlightError
        The engine is unknown, or not available on this platform.
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
        The model file to write; by default the model is not saved.
    vectors : path, optional
        Word vectors.
    gazetteers : sequence of path
        Files of names: lines of a name, a tab and the name of its list.
    also : sequence of path
        More labelled files, which may mark other types; see the setting `corpora`.
    watch : path, optional
        File for the progress of the training, for `fanlight serve --watch` and `history`.
    patterns : sequence of path
        Files of names and regular expressions for pattern features: lines of a name, or ``re:`` and an expression, a
        tab and a type.
    raw : path or sequence of path
        Raw text for self-training, one text per line; see the setting `raw_lines`.
    on_epoch : callable, optional
        Called with each completed epoch, whose ``metrics`` are for MLflow, Weights & Biases and others.
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
    """Evaluate a model on labelled sentences: precision, recall and F1 of exact entities.

    `types` restricts gold and predicted entities to these types, for data that do not mark all of the model's types.
    `mapping` maps the data's types to the model's, such as ``{"PS": "PER"}``.

    Raises
    ------
    FanlightError
        A file cannot be read, or a type does not exist.
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
    """Return an evaluation report on labelled sentences: scores, confidence interval, calibration, and all mistakes.

    `train` is the training data, for separate recall of seen and unseen entities; `against` is a model to compare with.
    `types` and `mapping` are those of `evaluate`.

    Raises
    ------
    FanlightError
        A file is missing or cannot be read.
    """
    from fanlight.api.evaluate import report_tagger

    return report_tagger(model, data, train, against, format=format, encoding=encoding, types=types, mapping=mapping)


def history(watch: str | os.PathLike[str]) -> History:
    """Read the progress file of a training (`train` with ``watch``): curves and report, with HTML for notebooks.

    Raises
    ------
    FanlightError
        The file is no progress file.
    """
    from pathlib import Path

    from fanlight.api.history import read_history

    return read_history(Path(watch))


_LATER = {  # imported on access: an interrupt during imports, before the command handles it, prints a traceback
    "Document": "fanlight.entities.entity",
    "Entity": "fanlight.entities.entity",
    "Tagger": "fanlight.tagging.tagger",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'fanlight' has no attribute {name!r}")
