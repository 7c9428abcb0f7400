"""Learning on: new examples and new types for a trained model, without forgetting what it knows.

Training goes on from the model's own numbers, over the new examples and a rehearsal of the old: sentences with their
labels, or raw text as the model itself tags it. What one of the two does not mark is left open in it
(`corpus.annotation`), so that examples of a new type alone teach nothing false about the old ones.

References
----------
Robins 1995 (rehearsal); Li & Hoiem 2016 (a model's own answers as the rehearsal).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.bioes import TagSet
from fanlight.errors import DataError, ModelError, SettingsError
from fanlight.network.decoding import Network
from fanlight.network.modelfile import Model, save_model
from fanlight.training.cores import one_thread_blas
from fanlight.training.data_parallel import local_workers, team_of
from fanlight.training.loop import Epoch, train_network
from fanlight.training.preparation import Run, prepare
from fanlight.training.settings import Settings, read_settings, rename_settings
from fanlight.training.stages import add_document_features, type_probabilities
from fanlight.training.train import build_model

EPOCHS, RATE = 5, 0.0005  # few and small steps, so that what was learned before is kept (benchmarks/README.md)
BATCH_TOKENS = {"word": 250, "character": 500}  # at most: the batches that these steps were chosen for
NEW_SHARE = 0.25  # new examples for each sentence to rehearse, at least, as far as `MAX_REPEATS` of each give them
MAX_REPEATS = 20  # of an example in an epoch: a single one more often is learned by heart
FORGOTTEN = ("passes", "corpora", "loss", "workers")  # settings of the first training that an update does not repeat


@one_thread_blas
def update_model(
    model: Model,
    new: Sequence[Corpus],
    rehearsal: Sequence[Corpus],
    out: Path,
    *,
    dev: Corpus | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Generator[Epoch, None, None]:
    """Train a model on, yielding after every epoch; when the iterator ends, the new model file is written.

    Parameters
    ----------
    model : Model
    new : sequence of Corpus
        The new examples, each with all the entities of the types that occur in it.
    rehearsal : sequence of Corpus
        Sentences with the old types, such as the sample in the model or raw text that the model has tagged. A type that
        a corpus never has is left open in it.
    out : path
    dev : Corpus, optional
        Chooses the best epoch; with old and new types.
    overrides : mapping, optional
        Settings; by default those that the model was trained with, but `EPOCHS` epochs at the rate `RATE`.

    Raises
    ------
    FanlightError
        The new examples do not fit the model, or a setting is at fault.
    """
    if not out.parent.is_dir():
        raise ModelError(f"{out}: the folder {out.parent} does not exist: create it first")
    corpora = [*(corpus for corpus in rehearsal if corpus.types), *new]
    missing = sorted(set(model.configuration.types) - {type_ for corpus in corpora for type_ in corpus.types})
    if missing:
        raise DataError(
            f"{rehearsal[0].path}: has no entity of type {missing[0]!r}, which would be forgotten: "
            "give more to rehearse"
        )
    run = prepare(
        corpora[0],
        dev,
        model.lexicon,
        update_settings(model, overrides or {}),
        gazetteer=model.gazetteer,
        also=corpora[1:],
        patterns=model.patterns,
        dev_types=None if dev is None else dev.types,
        repeats=_repeats(corpora, len(corpora) - len(new)),
    )
    if model.first_stage is not None:
        stage = Network(model.first_stage.configuration, model.first_stage.parameters, model.lexicon)
        run = add_document_features(run, stage, type_probabilities(stage, run.types, run.train))
    inherit_parameters(run, model)
    with team_of(local_workers, run.settings.workers) as team:
        yield from train_network(run, team=team)
    updated = build_model(run, corpora, dev, None)
    updated.provenance["updated from"] = {key: model.provenance.get(key) for key in ("train", "also", "dev scores")}
    save_model(updated, out)


def update_settings(model: Model, overrides: Mapping[str, Any]) -> Settings:
    """Return the settings of an update: the model's shape, the overrides, then what the model was trained with.

    Raises
    ------
    SettingsError
        An override is unknown, out of range, or would change the model's shape.
    """
    shape = model.configuration
    tables = {group.name: {k: v for k, v in asdict(group).items() if k != "name"} for group in shape.groups}
    fixed = {
        "unit": shape.unit, "radius": shape.radius, "hidden": shape.hidden, "activation": shape.activation,
        "head": shape.head, "loss": shape.loss, "features": tables, "context_width": shape.context_width,
    }  # fmt: skip
    changed = sorted({*overrides} & {*fixed})
    if changed:
        raise SettingsError(f"{changed[0]}: is the model's own and cannot be changed by an update: train anew")
    trained = {k: v for k, v in rename_settings(model.provenance.get("settings", {})).items() if k not in FORGOTTEN}
    largest = BATCH_TOKENS[shape.unit]
    batch_tokens = min(largest, trained.get("batch_tokens", largest))
    schedule = {"epochs": EPOCHS, "rate": RATE, "batch_tokens": batch_tokens, **overrides}
    return read_settings(
        None, {**trained, **schedule, **fixed, "passes": 1, "train_vectors": False, "random_vectors": 0}
    )


def rehearsal_corpus(path: str, unit: str, documents: Sequence[Sequence[Sentence]]) -> Corpus:
    """Return sentences to rehearse as a corpus, without those that have no token."""
    return Corpus(path, unit, [[s for s in document if s.token_starts] for document in documents if document])


def _repeats(corpora: Sequence[Corpus], old: int) -> list[int]:
    """Return how often an epoch shows each corpus: few new examples among many to rehearse are shown several times."""
    rehearsal = sum(len(corpus.sentences) for corpus in corpora[:old])
    examples = max(1, sum(len(corpus.sentences) for corpus in corpora[old:]))
    times = min(MAX_REPEATS, max(1, round(NEW_SHARE * rehearsal / examples)))
    return [1] * old + [times] * (len(corpora) - old)


def inherit_parameters(run: Run, model: Model) -> None:
    """Begin with the old model's numbers; those of new tags stay as they were drawn."""
    old, tags = TagSet(model.configuration.types).tags, TagSet(run.configuration.types).tags
    if model.configuration.head == "logistic":  # no O
        old, tags = old[1:], tags[1:]
    places = np.array([tags.index(tag) for tag in old])
    for name, array in model.parameters.items():
        into = run.parameters[name]
        if name == "A":
            indices = np.append(places, len(tags))
            into[np.ix_(indices, indices)] = array
        elif name in ("U", "c"):
            into[places] = array
        elif into.shape == array.shape:
            into[:] = array
        else:
            raise DataError(f"the model's {name} has shape {array.shape}, not {into.shape}: it cannot be updated")
