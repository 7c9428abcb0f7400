"""Training of a tagger on files, and recording of its progress."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanlight.api.evaluate import report_tagger
from fanlight.api.history import append_row, record_epochs
from fanlight.errors import DataError
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger

if TYPE_CHECKING:
    from fanlight.training.loop import Epoch

PathLike = str | os.PathLike[str]


def train_tagger(
    train: PathLike,
    dev: PathLike | None = None,
    out: PathLike | None = None,
    vectors: PathLike | None = None,
    *,
    gazetteers: Sequence[PathLike] = (),
    also: Sequence[PathLike] = (),
    settings: Mapping[str, Any] | None = None,
    watch: PathLike | None = None,
    patterns: Sequence[PathLike] = (),
    raw: PathLike | Sequence[PathLike] = (),
    on_epoch: Callable[[Epoch], object] | None = None,
) -> Tagger:
    """Train on files, write the model, and return its tagger; see `fanlight.train`."""
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    for name, value in (("train", train), ("dev", dev)):
        _check_path(name, value)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(out) if out is not None else Path(folder) / "model.fanlight"
        run: Iterator[Epoch] = train_model(
            train,
            dev,
            place,
            vectors,
            read_settings(None, settings),
            gazetteers=gazetteers,
            also=also,
            patterns=patterns,
            raw=[raw] if isinstance(raw, (str, os.PathLike)) else raw,
        )
        if watch is not None:
            run = record_training(run, Path(watch), place, train, dev)
        for epoch in run:
            if on_epoch is not None:
                on_epoch(epoch)
        return load_tagger(place)


def record_training(
    run: Iterator[Epoch],
    watch: Path,
    model: PathLike,
    train: PathLike,
    dev: PathLike | None,
    *,
    resume: bool = False,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Epoch]:
    """Yield a training's epochs; record each, and finally the report on the dev set (`api.history`)."""
    yield from record_epochs(run, watch, resume)
    if dev is not None:
        report = report_tagger(model, dev, train, format=format, encoding=encoding)
        append_row(watch, report=report.to_dict())


def _check_path(name: str, value: PathLike | None) -> None:
    """Check that an argument is a path and not a list of sentences.

    Raises
    ------
    DataError
        It is neither a string nor a path.
    """
    if value is not None and not isinstance(value, (str, os.PathLike)):
        raise DataError(
            f"{name}: is a {type(value).__name__}, but must be the path of a file of labelled sentences: write a "
            "token, a tab and its tag a line, with a blank line after each sentence; lists of words and tags are for "
            "fanlight.apps.integrations.sklearn.FanlightClassifier().fit(words, tags)"
        )
