"""One network, or two: a second that is told what the first made of a word's other mentions (`network.evidence`).

The second must learn from findings as good, and as bad, as those it will meet. So the documents are dealt into folds,
and what it is told of each fold in training comes from a first network that was trained on the others.

References
----------
Krishnan & Manning 2006; Wolpert 1992 (stacking).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fanlight.network.decoding import Network
from fanlight.network.evidence import evidence, evidence_width, join
from fanlight.network.inputs import WordTypes
from fanlight.training.batches import Encoded, Part
from fanlight.training.loop import Epoch, training
from fanlight.training.preparation import Task, begin

Float = NDArray[np.float32]


def train_passes(task: Task, checkpoint: Path | None = None, resume: bool = False) -> Iterator[Epoch]:
    """Train the task's network, or networks, in place, yielding after every epoch; see `loop.training`."""
    if task.settings.passes == 1:
        yield from training(task, checkpoint, resume)
        return
    stages = iter(stage_files(checkpoint, task.settings.folds))
    data = task.train
    probabilities = np.zeros((len(data.types), len(task.configuration.types)), np.float32)
    for number in range(task.settings.folds):
        fold = _fold(task, number)
        yield from training(fold, next(stages), resume)
        held = np.setdiff1d(np.arange(len(data)), np.concatenate([part.sentences for part in fold.parts]))
        probabilities[data.tokens(held)] = _probabilities(_network(fold), task.types, data.choose(held))
    task.stage = "first pass"
    yield from training(task, next(stages), resume)
    _second(task, probabilities)
    yield from training(task, checkpoint, resume)


def stage_files(checkpoint: Path | None, folds: int) -> list[Path | None]:
    """Return where the stages before the last keep their state."""
    names = [*(f"fold{k + 1}" for k in range(folds)), "first"]
    return [None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}.{name}") for name in names]


def _fold(task: Task, number: int) -> Task:
    """Return the task of training a first network without the documents of a fold, in half the epochs."""
    data = task.train
    out = (task.folds == number)[data.documents[data.starts[:-1]]]
    parts = [Part(part.sentences[~out[part.sentences]], part.share) for part in task.parts]
    return replace(
        task,
        settings=task.settings.model_copy(update={"epochs": max(1, task.settings.epochs // 2)}),
        parameters={name: array.copy() for name, array in task.parameters.items()},
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
