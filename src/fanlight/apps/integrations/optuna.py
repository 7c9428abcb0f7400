"""Search for settings with Optuna (the extra "search"), with pruning of unpromising trials."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus
from fanlight.errors import SettingsError
from fanlight.files import unwritable
from fanlight.libraries import library
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.settings import Chosen, Settings, read_settings, read_toml
from fanlight.training.train import train_corpora

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial
    from optuna.trial import Trial as Attempt

PathLike = str | os.PathLike[str]
HOPELESS = 5.0  # points of dev F1 below the defaults, at the same share of the run, at which a trial is pruned
STEPS = 20  # number of shares of a run at which trials are compared
_JOURNAL = b'{"op_code":'  # first characters of an Optuna journal


class Trial(NamedTuple):
    """A trial: its number (0: the defaults), settings, best dev F1, and whether it was pruned."""

    number: int
    settings: dict[str, Any]
    f1: float
    pruned: bool


def default_space(chosen: Chosen) -> dict[str, Any]:
    """Return a search space around the default settings for a corpus.

    A list is a choice of its values; low and high are a range of numbers, on a logarithmic scale with ``log``.

    Parameters
    ----------
    chosen : Chosen
        The settings for the corpus, from `Settings.resolved`.
    """
    return {
        "epochs": sorted({max(1, chosen.epochs // 2), chosen.epochs, 2 * chosen.epochs}),
        "rate": {"low": chosen.rate / 3, "high": 3 * chosen.rate, "log": True},
        "context_width": [0, 8],
        "replacement_share": [0.0, 0.5, 1.0],
        "radius": sorted({max(1, chosen.radius - 1), chosen.radius, chosen.radius + 1}),
        "hidden": sorted({max(16, chosen.hidden // 2), chosen.hidden, 2 * chosen.hidden}),
    }


def search(
    train: PathLike,
    dev: PathLike,
    trials: int,
    report: Callable[[Trial], object],
    *,
    vectors: PathLike | None = None,
    space: Mapping[str, Any] | None = None,
    study: PathLike | None = None,
    settings: Mapping[str, Any] | None = None,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Trial:
    """Try the defaults, then settings by a tree-structured Parzen estimator (Bergstra et al. 2011); return the best.

    A trial below the median of the others at the same share of its run, or `HOPELESS` points below the defaults, is
    pruned. The same seed tries the same settings.

    Parameters
    ----------
    train, dev : path
    trials : int
        Number of trials besides the defaults, including earlier ones of the study.
    report : callable
        Called with each finished trial, the defaults first.
    vectors : path, optional
    space : mapping, optional
        Search space, as in `default_space`.
    study : path, optional
        File of the trials; an existing one is continued.
    settings : mapping, optional
        Fixed settings of all trials.
    format, encoding : str

    Raises
    ------
    SettingsError
        A setting or the space is invalid, or the study has other data or settings.
    """
    fixed = dict(settings or {})
    base = read_settings(None, fixed)
    corpora = [read_corpus(path, tokenise_sentences, format, encoding, base.unit) for path in (train, dev)]
    if space is None:
        space = {k: v for k, v in default_space(_resolve(base, corpora[0], vectors)).items() if k not in fixed}
    _check(space)
    job = {"space": dict(space), "settings": fixed, "data": [corpus.sha256 for corpus in corpora]}
    record = _study(study, json.dumps(job, sort_keys=True), base.seed)

    best_scores = partial(_best_scores, corpora, vectors, fixed)
    if "defaults" not in record.user_attrs:
        scores = dict(best_scores({}))
        with _naming(study):
            record.set_user_attr("defaults", scores)
    report(_defaults(record))
    defaults = {int(step): f1 for step, f1 in record.user_attrs["defaults"].items()}
    with _naming(study):
        complete = _run_trials(record, trials, partial(_run_trial, space, best_scores, defaults), report)
    return max([_defaults(record), *map(_plain, complete)], key=lambda trial: trial.f1)


def _run_trials(
    record: Study, count: int, run_trial: Callable[[Attempt], float], report: Callable[[Trial], object]
) -> list[FrozenTrial]:
    """Run trials until a study has a number of them; return those that were not pruned."""
    states = library("optuna").trial.TrialState
    remaining = max(0, count - len(record.get_trials(states=(states.COMPLETE, states.PRUNED))))

    def report_trial(_: Study, trial: FrozenTrial) -> None:
        report(_plain(trial))

    record.optimize(run_trial, remaining, callbacks=[report_trial])
    return record.get_trials(states=(states.COMPLETE,))


def _run_trial(
    space: Mapping[str, Any],
    best_scores: Callable[[Mapping[str, Any]], Iterator[tuple[int, float]]],
    defaults: Mapping[int, float],
    trial: Attempt,
) -> float:
    """Train with the settings of a trial, unless it is pruned; return the best F1."""
    best = 0.0
    for step, best in best_scores({name: _suggest(trial, name, what) for name, what in space.items()}):
        trial.report(best, step)
        if step < STEPS and (best < defaults.get(step, 0.0) - HOPELESS or trial.should_prune()):
            raise library("optuna").TrialPruned
    return best


def _best_scores(
    corpora: Sequence[Corpus], vectors: PathLike | None, fixed: Mapping[str, Any], settings: Mapping[str, Any]
) -> Iterator[tuple[int, float]]:
    """Yield, after each epoch of a training, the share of the run in `STEPS` and the best F1 so far."""
    best = 0.0
    for epoch in train_corpora(corpora[0], corpora[1], vectors, read_settings(None, {**fixed, **settings})):
        if epoch.dev is not None:
            best = max(best, epoch.dev.f1)
            yield STEPS * epoch.number // epoch.epochs, best


@contextmanager
def _naming(path: PathLike | None) -> Iterator[None]:
    """Convert write errors to errors that name the file of a study.

    Raises
    ------
    SettingsError
        The file cannot be written.
    """
    try:
        yield
    except (OSError, AssertionError) as error:  # Optuna asserts that trials are stored
        fault = _fault_of_system(error)
        if path is None or fault is None or fault.filename is not None:
            raise
        raise SettingsError(unwritable(path, fault)) from None


def _resolve(settings: Settings, corpus: Corpus, vectors: PathLike | None) -> Chosen:
    tokens = sum(len(sentence.token_starts) for sentence in corpus.sentences)
    unit = settings.unit or corpus.unit
    return settings.resolve(unit, len(corpus.documents), len(corpus.sentences), vectors is not None, tokens=tokens)


def _defaults(record: Study) -> Trial:
    return Trial(0, {}, max(record.user_attrs["defaults"].values(), default=0.0), False)


def read_space(path: PathLike) -> dict[str, Any]:
    """Read a space from TOML: ``hidden = [128, 256]``, ``rate = {low = 0.0003, high = 0.003, log = true}``.

    Raises
    ------
    SettingsError
        The file cannot be read, or is not a search space.
    """
    space = read_toml(path)
    _check(space)
    return space


def _fault_of_system(error: BaseException) -> OSError | None:
    """Return the system error that an error is, or was caused by."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _cut_torn_line(path: Path) -> None:
    """Remove an incomplete last line of a journal, after a full disk or a kill; Optuna would append to it."""
    data = path.read_bytes() if path.exists() else b""
    torn = data.rpartition(b"\n")[2]
    if torn and (data.startswith(_JOURNAL) or _JOURNAL.startswith(data)):
        os.truncate(path, len(data) - len(torn))


def _study(path: PathLike | None, job: str, seed: int) -> Any:
    """Create a study, or open one of the same job."""
    optuna = library("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        if path is not None:
            _cut_torn_line(Path(path))
            file = library("optuna.storages.journal").JournalFileBackend(str(path))
            storage = optuna.storages.JournalStorage(file)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1)
        record = optuna.create_study(
            storage=storage, study_name="fanlight", load_if_exists=True, direction="maximize", pruner=pruner
        )
        if record.user_attrs.setdefault("job", job) != job:
            raise SettingsError(f"{path}: was begun with other data, space or settings: give the same or another file")
        record.set_user_attr("job", job)
    except OSError as error:
        raise SettingsError(unwritable(path or "the study", error)) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # as in a file of another format
        raise SettingsError(
            f"{path}: cannot be gone on with ({error}): name a study of `search`, or a new file"
        ) from None
    record.sampler = optuna.samplers.TPESampler(seed=seed + len(record.trials))  # or it would repeat the same trials
    return record


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


def _suggest(trial: Attempt, name: str, what: Mapping[str, Any] | list[Any]) -> object:
    if isinstance(what, list):
        return trial.suggest_categorical(name, what)
    low, high, log = what["low"], what["high"], bool(what.get("log"))
    number = trial.suggest_int if isinstance(low, int) and isinstance(high, int) else trial.suggest_float
    return number(name, low, high, log=log)


def _plain(trial: FrozenTrial) -> Trial:
    pruned = trial.state.name == "PRUNED"
    value = max(trial.intermediate_values.values(), default=0.0) if pruned else trial.value
    return Trial(trial.number + 1, dict(trial.params), float(value or 0.0), pruned)
