"""Updates of a trained model with new examples and types, without forgetting.

Training continues from the model's parameters, on the new examples and on rehearsal data: sentences with the old types,
or raw text tagged by the model. Types that a corpus does not mark are unannotated in it (`corpus.annotation`), so that
examples of a new type do not change the old types.

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

EPOCHS, RATE = 5, 0.0005  # few and small steps, against forgetting (benchmarks/README.md)
BATCH_TOKENS = {"word": 250, "character": 500}  # maximum; EPOCHS and RATE were chosen for these batches
NEW_SHARE = 0.25  # minimum ratio of new examples to rehearsal sentences in an epoch, subject to `MAX_REPEATS`
MAX_REPEATS = 20  # maximum repetitions of an example in an epoch, against overfitting
FORGOTTEN = ("passes", "corpora", "loss", "workers")  # settings of the original training that updates do not reuse


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
    """Continue to train a model, yielding after every epoch; the new file is written when the generator ends.

    Parameters
    ----------
    model : Model
    new : sequence of Corpus
        The new examples, annotated with all entities of the types that occur in them.
    rehearsal : sequence of Corpus
        Sentences with the old types, such as the sample in the model or raw text tagged by the model. Types that do
        not occur in a corpus are unannotated in it.
    out : path
    dev : Corpus, optional
        Dev set with old and new types, which selects the best epoch.
    overrides : mapping, optional
        Settings; by default those of the model's training, with `EPOCHS` epochs at the rate `RATE`.

    Raises
    ------
    FanlightError
        The new examples do not fit the model, or a setting is invalid.
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
    """Return the settings of an update: the model's, except for the overrides.

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
    """Return rehearsal sentences as a corpus, without empty ones."""
    return Corpus(path, unit, [[s for s in document if s.token_starts] for document in documents if document])


def _repeats(corpora: Sequence[Corpus], old: int) -> list[int]:
    """Return the repetitions of each corpus in an epoch: more for few new examples among many rehearsal sentences."""
    rehearsal = sum(len(corpus.sentences) for corpus in corpora[:old])
    examples = max(1, sum(len(corpus.sentences) for corpus in corpora[old:]))
    times = min(MAX_REPEATS, max(1, round(NEW_SHARE * rehearsal / examples)))
    return [1] * old + [times] * (len(corpora) - old)


def inherit_parameters(run: Run, model: Model) -> None:
    """Copy the old model's parameters into a run; those of new tags are unchanged."""
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
