"""One network, or two: a second that is told what the first made of a word's other mentions (`network.evidence`).

The second must learn from findings as good, and as bad, as those it will meet. So the documents are dealt into folds,
and what it is told of each fold in training comes from a first network that was trained on the others. These networks
and the first itself do not depend on each other: two at a time are trained side by side, to the same bits as in turn.

References
----------
Krishnan & Manning 2006; Wolpert 1992 (stacking).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fanlight.network.decoding import Network
from fanlight.network.evidence import evidence, evidence_width, join
from fanlight.network.inputs import WordTypes
from fanlight.training import cores
from fanlight.training.batches import Encoded, Part
from fanlight.training.cores import Stop
from fanlight.training.loop import Epoch, Team, training
from fanlight.training.mixing import Engine, local, team_of
from fanlight.training.preparation import Task, begin

Float = NDArray[np.float32]


def train_passes(
    task: Task, checkpoint: Path | None = None, resume: bool = False, engine: Engine = local
) -> Iterator[Epoch]:
    """Train the task's network, or networks, in place, yielding after every epoch; see `loop.training`.

    Where the settings ask for several workers, `engine` has them, and each network in turn is trained by all.
    """
    with team_of(engine, task.settings.workers) as team:
        yield from _train_passes(task, checkpoint, resume, team)


def _train_passes(task: Task, checkpoint: Path | None, resume: bool, team: Team | None) -> Iterator[Epoch]:
    if task.settings.passes == 1:
        yield from training(task, checkpoint, resume, team=team)
        return
    *places, first = stage_files(checkpoint, task.settings.folds)
    probabilities = np.zeros((len(task.train.types), len(task.configuration.types)), np.float32)
    begun = {name: array.copy() for name, array in task.parameters.items()}
    task.stage = "first pass"
    runs: list[Callable[[Stop], Iterator[Epoch]]] = [partial(training, task, first, resume, lanes=1, team=team)]
    runs += [partial(_held_out, task, begun, probabilities, k, places[k], resume, team) for k in range(len(places))]
    at_once = 1 if team is not None else min(2, cores.cores())
    yield from cores.side_by_side(runs, at_once)  # the first network takes as long as those of the folds together
    del begun
    _second(task, probabilities)
    yield from training(task, checkpoint, resume, team=team)


def _held_out(
    task: Task,
    begun: Mapping[str, Float],
    probabilities: Float,
    number: int,
    place: Path | None,
    resume: bool,
    team: Team | None,
    stop: Stop,
) -> Iterator[Epoch]:
    """Train a first network without the documents of a fold, and fill in what it makes of these."""
    fold = _fold(task, begun, number)
    yield from training(fold, place, resume, stop, lanes=1, team=team)
    data = task.train
    held = np.setdiff1d(np.arange(len(data)), np.concatenate([part.sentences for part in fold.parts]))
    if not stop.is_set():
        probabilities[data.tokens(held)] = _probabilities(_network(fold), task.types, data.choose(held))


def stage_files(checkpoint: Path | None, folds: int) -> list[Path | None]:
    """Return where the stages before the last keep their state."""
    names = [*(f"fold{k + 1}" for k in range(folds)), "first"]
    return [None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}.{name}") for name in names]


def _fold(task: Task, begun: Mapping[str, Float], number: int) -> Task:
    """Return the task of training a network, begun alike, without the documents of a fold, in half the epochs."""
    data = task.train
    out = (task.folds == number)[data.documents[data.starts[:-1]]]
    parts = [Part(part.sentences[~out[part.sentences]], part.share) for part in task.parts]
    return replace(
        task,
        settings=task.settings.model_copy(update={"epochs": max(1, task.settings.epochs // 2)}),
        parameters={name: array.copy() for name, array in begun.items()},
        parts=parts,
        dev=None,
        stage=f"fold {number + 1} of {task.settings.folds}",
        fingerprint=f"{task.fingerprint} fold {number + 1}",
    )


def _second(task: Task, probabilities: Float) -> None:
    """Turn a task whose first network is trained into that of the second.

    Word vectors that were trained stay as the first network has made them: both read one lexicon.
    """
    trained = task.parameters.pop("vectors", None)
    if trained is not None:
        task.lexicon = task.lexicon.with_vectors(trained[:-1])
    told_by(task, _network(task), probabilities)
    task.stage, task.fingerprint = "second pass", f"{task.fingerprint} second"


def told_by(task: Task, first: Network, probabilities: Float) -> None:
    """Give the task's network, drawn anew, a first network's findings; `probabilities` are those in training."""
    task.first = first
    width = evidence_width(len(first.configuration.types))
    task.configuration = replace(task.configuration, evidence_width=task.configuration.evidence_width + width)
    task.parameters = begin(task.configuration, task.types, task.settings.seed)
    task.learned = list(task.parameters)
    found = evidence(probabilities, task.forms[task.train.types], task.train.documents)
    task.train = replace(task.train, evidence=join(task.train.evidence, found))
    if task.dev is not None:
        data = task.dev.data
        found = evidence(_probabilities(first, task.dev.types, data), task.dev.forms[data.types], data.documents)
        task.dev = replace(task.dev, data=replace(data, evidence=join(data.evidence, found)))


def _network(task: Task) -> Network:
    return Network(task.configuration, task.parameters, task.lexicon)


def _probabilities(network: Network, types: WordTypes, data: Encoded) -> Float:
    Z = network.emissions(types, data.types, data.contexts, data.starts, 0, data.evidence)
    return network.type_probabilities(Z, data.starts)
