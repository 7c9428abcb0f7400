"""Optuna (the extra "search"): which settings suit the data, tried one after the other, the hopeless ones cut short."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fanlight.corpus.readers import read_corpus
from fanlight.errors import SettingsError
from fanlight.files import unwritable
from fanlight.libraries import library
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.settings import read_settings
from fanlight.training.train import train_corpora

PathLike = str | os.PathLike[str]
SPACE: Mapping[str, Any] = {  # a list: one of these; low and high: a number between, by its logarithm if so said
    "hidden": [128, 192, 256, 320],
    "rate": {"low": 0.0003, "high": 0.003, "log": True},
    "input_dropout": {"low": 0.0, "high": 0.6},
    "dropout": {"low": 0.0, "high": 0.6},
    "batch_tokens": [125, 250, 500, 1000],
}


class Trial(NamedTuple):
    """One trial: its number from 1, what was tried, the best dev F1, and whether it was cut short."""

    number: int
    settings: dict[str, Any]
    f1: float
    pruned: bool


def search(
    train: PathLike,
    dev: PathLike,
    trials: int,
    tell: Callable[[Trial], object],
    vectors: PathLike | None = None,
    space: Mapping[str, Any] = SPACE,
    study: PathLike | None = None,
    settings: Mapping[str, Any] | None = None,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Trial:
    """Try settings by a tree-structured Parzen estimator (Bergstra et al. 2011) and return the best trial.

    A trial that after an epoch is below the median of the others at that epoch is cut short. The same seed tries the
    same settings.

    Parameters
    ----------
    train, dev : path
    trials : int
        How many, those of a study gone on with included.
    tell : callable
        Takes each trial that ends.
    vectors : path, optional
    space : mapping
        What to try for each setting, as in `SPACE`.
    study : path, optional
        A file to keep the trials in; one that exists is gone on with.
    settings : mapping, optional
        That are the same in all trials.

    Raises
    ------
    SettingsError
        A setting or the space is at fault, or the study is one of something else.
    """
    optuna = library("optuna")
    base = read_settings(None, settings)
    corpus = read_corpus(train, tokenise_sentences, format, encoding, base.unit)
    development = read_corpus(dev, tokenise_sentences, format, encoding, base.unit)
    _check(space)

    def tried(trial: Any) -> float:
        chosen = {name: _suggest(trial, name, what) for name, what in space.items()}
        best = 0.0
        run = train_corpora(corpus, development, vectors, read_settings(None, {**(settings or {}), **chosen}))
        for step, epoch in enumerate(run):
            if epoch.dev is None:
                continue
            best = max(best, epoch.dev.f1)
            trial.report(best, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return best

    job = {"space": dict(space), "settings": dict(settings or {}), "data": [corpus.sha256, development.sha256]}
    made = _study(study, json.dumps(job, sort_keys=True), base.seed)
    finished = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    before = len(made.get_trials(states=finished))
    try:
        made.optimize(tried, max(0, trials - before), callbacks=[lambda _, trial: tell(_plain(trial))])
    except (OSError, AssertionError) as error:  # Optuna asserts that trials are kept
        fault = _fault_of_system(error)
        if study is None or fault is None:
            raise
        raise SettingsError(unwritable(study, fault)) from None
    return _plain(made.best_trial)


def read_space(path: PathLike) -> dict[str, Any]:
    """Read a space from TOML: ``hidden = [128, 256]``, ``rate = {low = 0.0003, high = 0.003, log = true}``.

    Raises
    ------
    SettingsError
        The file cannot be read or is no space.
    """
    try:
        space = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}): is the path right?") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None
    _check(space)
    return space


def _fault_of_system(error: BaseException) -> OSError | None:
    """Return the fault of the system that an error, or one that it came from, is."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _study(path: PathLike | None, job: str, seed: int) -> Any:
    """Begin a study, or go on with one of the same job."""
    optuna = library("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        if path is not None:
            file = library("optuna.storages.journal").JournalFileBackend(str(path))
            storage = optuna.storages.JournalStorage(file)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1)
        made = optuna.create_study(
            storage=storage, study_name="fanlight", load_if_exists=True, direction="maximize", pruner=pruner
        )
        if made.user_attrs.setdefault("job", job) != job:
            raise SettingsError(f"{path}: was begun with other data, space or settings: give the same or another file")
        made.set_user_attr("job", job)
    except OSError as error:
        raise SettingsError(unwritable(path or "the study", error)) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # as a file of something else has it
        raise SettingsError(
            f"{path}: cannot be gone on with ({error}): name a study of `search`, or a new file"
        ) from None
    made.sampler = optuna.samplers.TPESampler(seed=seed + len(made.trials))  # or it would try the same again
    return made


def _check(space: Mapping[str, Any]) -> None:
    for name, what in space.items():
        if isinstance(what, dict) and {"low", "high"} <= set(what) <= {"low", "high", "log"}:
            values = [what["low"], what["high"]]
            if not all(type(value) in (int, float) for value in values) or values[0] >= values[1]:
                raise SettingsError(f"{name}: low and high must be numbers, and low the lower one")
        elif isinstance(what, list) and what and not any(isinstance(value, (dict, list)) for value in what):
            values = what
        else:
            raise SettingsError(f"{name}: give a list of values, or low and high (and log = true)")
        for value in values:
            read_settings(None, {name: value})


def _suggest(trial: Any, name: str, what: Any) -> Any:
    if isinstance(what, list):
        return trial.suggest_categorical(name, what)
    low, high, log = what["low"], what["high"], bool(what.get("log"))
    number = trial.suggest_int if isinstance(low, int) and isinstance(high, int) else trial.suggest_float
    return number(name, low, high, log=log)


def _plain(trial: Any) -> Trial:
    pruned = trial.state.name == "PRUNED"
    value = max(trial.intermediate_values.values(), default=0.0) if pruned else trial.value
    return Trial(trial.number + 1, dict(trial.params), float(value or 0.0), pruned)
