"""Training in one stage, or in two, of which the second has document features from the first.

In training, document features must have the same quality as in tagging. So the documents are split into folds, and the
features of each fold are computed by a first-stage network trained on the other folds. These networks and the first
stage itself are independent; two are trained at a time, with the same bits as one after the other.

References
----------
Krishnan & Manning 2006; Wolpert 1992 (stacking).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fanlight.network.decoding import Network
from fanlight.network.document_features import concatenate_features, document_feature_width, document_features
from fanlight.network.inputs import WordTypes
from fanlight.training import cores
from fanlight.training.batches import Encoded, Part
from fanlight.training.cores import Stop
from fanlight.training.data_parallel import Engine, local_workers, team_of
from fanlight.training.loop import Epoch, Team, train_network
from fanlight.training.preparation import Run, draw_parameters

Float = NDArray[np.float32]


def train_stages(
    run: Run, checkpoint: Path | None = None, resume: bool = False, engine: Engine = local_workers
) -> Generator[Epoch, None, Run]:
    """Train all stages of a run, yielding after every epoch; return the run of the last stage. See `train_network`.

    For several workers, `engine` provides them, and all of them train each network in turn.
    """
    with team_of(engine, run.settings.workers) as team:
        if run.settings.passes == 2:
            run = yield from _train_first_stage(run, checkpoint, resume, team)
        yield from train_network(run, checkpoint, resume, team=team)
    return run


def _train_first_stage(
    run: Run, checkpoint: Path | None, resume: bool, team: Team | None
) -> Generator[Epoch, None, Run]:
    """Train the first stage, and a network without each fold; return the run of the second stage."""
    *places, first_place = stage_files(checkpoint, run.settings.folds)
    probabilities = np.zeros((len(run.train.types), len(run.configuration.types)), np.float32)
    initial = {name: array.copy() for name, array in run.parameters.items()}
    run = replace(run, stage="first pass")
    trainings: list[Callable[[Stop], Iterator[Epoch]]] = [
        partial(train_network, run, first_place, resume, threads=1, team=team)
    ]
    for number, place in enumerate(places):
        fold = _leave_out_fold(run, initial, number)
        trainings.append(partial(_train_fold, run, fold, probabilities, place, resume=resume, team=team))
    at_once = 1 if team is not None else min(2, cores.cores())
    yield from cores.run_in_threads(trainings, at_once)  # the first stage takes as long as all folds together
    return _second_stage(run, probabilities)


def _train_fold(
    run: Run, fold: Run, probabilities: Float, place: Path | None, stop: Stop, *, resume: bool, team: Team | None
) -> Iterator[Epoch]:
    """Train a network without the documents of a fold, and fill in its probabilities for these."""
    fold = replace(fold, parameters={name: array.copy() for name, array in fold.parameters.items()})
    yield from train_network(fold, place, resume, stop, threads=1, team=team)
    data = run.train
    left_out = np.setdiff1d(np.arange(len(data)), np.concatenate([part.sentences for part in fold.parts]))
    if not stop.is_set():
        probabilities[data.tokens(left_out)] = type_probabilities(fold.network(), run.types, data.choose(left_out))


def stage_files(checkpoint: Path | None, folds: int) -> list[Path | None]:
    """Return the checkpoint files of the stages before the last."""
    names = [*(f"fold{k + 1}" for k in range(folds)), "first"]
    return [None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}.{name}") for name in names]


def _leave_out_fold(run: Run, initial: Mapping[str, Float], number: int) -> Run:
    """Return a run with the same initial parameters, without the documents of a fold, with half the epochs."""
    data = run.train
    out = (run.folds == number)[data.documents[data.sentence_offsets[:-1]]]
    return replace(
        run,
        settings=run.settings.model_copy(update={"epochs": max(1, run.settings.epochs // 2)}),
        parameters=dict(initial),
        parts=tuple(Part(part.sentences[~out[part.sentences]], part.share) for part in run.parts),
        dev=None,
        stage=f"fold {number + 1} of {run.settings.folds}",
        fingerprint=f"{run.fingerprint} fold {number + 1}",
    )


def _second_stage(run: Run, probabilities: Float) -> Run:
    """Return the run of the second stage, after the first is trained.

    Trained word vectors are fixed after the first stage, because both stages share the lexicon.
    """
    parameters = dict(run.parameters)
    vectors = parameters.pop("vectors", None)
    lexicon = run.lexicon if vectors is None else run.lexicon.with_vectors(vectors[:-1])
    run = replace(run, parameters=parameters, lexicon=lexicon)
    run = add_document_features(run, run.network(), probabilities)
    return replace(run, stage="second pass", fingerprint=f"{run.fingerprint} second")


def add_document_features(run: Run, first_stage: Network, probabilities: Float) -> Run:
    """Return the run of a network with document features, with new initial parameters.

    Parameters
    ----------
    run : Run
    first_stage : Network
        The network for the document features in tagging.
    probabilities : float array (N, T)
        P(token is in an entity of the type) of the training data, for the document features in training.
    """
    width = document_feature_width(len(first_stage.configuration.types))
    configuration = replace(run.configuration, evidence_width=run.configuration.evidence_width + width)
    parameters = draw_parameters(configuration, run.types, run.settings.seed)
    features = document_features(probabilities, run.forms[run.train.types], run.train.documents)
    train = replace(run.train, features=concatenate_features(run.train.features, features))
    dev = run.dev
    if dev is not None:
        data = dev.data
        probabilities = type_probabilities(first_stage, dev.types, data)
        features = document_features(probabilities, dev.forms[data.types], data.documents)
        dev = replace(dev, data=replace(data, features=concatenate_features(data.features, features)))
    return replace(
        run,
        configuration=configuration,
        parameters=parameters,
        learned=tuple(parameters),
        train=train,
        dev=dev,
        first_stage=first_stage,
    )


def type_probabilities(network: Network, types: WordTypes, data: Encoded) -> Float:
    """Return P(token is in an entity of the type) (N, T) of encoded data."""
    Z = network.emissions(types, data.types, data.contexts, data.sentence_offsets, 0, features=data.features)
    return network.type_probabilities(Z, data.sentence_offsets)
