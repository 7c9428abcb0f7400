"""Preparation of a run: encoded data, configuration and initial parameters from corpora and settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.annotation import Annotation, meanings_of
from fanlight.corpus.sentence import Corpus, check_trainable
from fanlight.entities.scores import Scores
from fanlight.errors import DataError, SettingsError
from fanlight.network.configuration import Configuration
from fanlight.network.decoding import Network
from fanlight.network.document_features import gazetteer_feature_width
from fanlight.network.inputs import WordTypes
from fanlight.network.lexicon import Lexicon
from fanlight.network.losses import tag_marks
from fanlight.network.parameters import first_parameters
from fanlight.text.character_features import CHARACTER_FEATURES
from fanlight.text.features import CHARACTER_GROUPS, PADDING, WORD_GROUPS, Group
from fanlight.text.gazetteers import Gazetteer
from fanlight.text.patterns import Patterns
from fanlight.text.word_features import WORD_FEATURES
from fanlight.training.augmentation import augment, corpus_shares
from fanlight.training.batches import Encoded, Part
from fanlight.training.calibration import fit_scores, fit_temperature
from fanlight.training.dev_scoring import DevSet, scale_scores
from fanlight.training.encoding import Encoder
from fanlight.training.labels import Labels
from fanlight.training.settings import Chosen, Settings

Int = NDArray[np.int64]
Float = NDArray[np.float32]

CALIBRATED = 2000  # sentences for calibrating a ranking loss
UNKNOWN = "\tunknown"  # word type of a dropped word


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training run: data, network and parameters.

    Attributes
    ----------
    settings : Chosen
    configuration : Configuration
    lexicon : Lexicon
    parameters : dict of str to float array
        Arrays that are trained in place.
    learned : tuple of str
        Names of the trained parameters.
    types : WordTypes
        The word types of the training data.
    forms : int array
        Number of each word type's lower-case form.
    padding, unknown : int
        Numbers of two special word types.
    train : Encoded
        The training data with augmentations.
    parts : tuple of Part
        The shares of sentences that each epoch draws.
    dev : DevSet or None
    fingerprint : str
        Hash of data, vectors and settings.
    allowed : bool array (labels, K), optional
        The tags that each label allows, if some labels allow several.
    folds : int array
        The fold of each document of the training data.
    stage : str
        Name of the stage, if a training has several.
    first_stage : Network or None
        The network from which document features are computed.
    gazetteer : Gazetteer or None
    patterns : Patterns or None
    """

    settings: Chosen
    configuration: Configuration
    lexicon: Lexicon
    parameters: dict[str, Float]
    learned: tuple[str, ...]
    types: WordTypes
    forms: Int
    padding: int = 0
    unknown: int = 1
    train: Encoded
    parts: tuple[Part, ...]
    dev: DevSet | None
    fingerprint: str
    allowed: NDArray[np.bool_] | None
    folds: Int
    stage: str = ""
    first_stage: Network | None = None
    gazetteer: Gazetteer | None = None
    patterns: Patterns | None = None

    def network(self, parameters: dict[str, Float] | None = None) -> Network:
        """Return the network with the given parameters, by default the run's."""
        return Network(self.configuration, self.parameters if parameters is None else parameters, self.lexicon)

    def calibrate(self, parameters: dict[str, Float]) -> dict[str, Float]:
        """Return parameters calibrated on training data if the loss is a ranking loss, else unchanged."""
        if self.configuration.loss != "margin":
            return parameters
        data = self.train.choose(self.parts[0].sentences[:CALIBRATED])
        network = self.network(parameters)
        Z = network.emissions(
            self.types, data.types, data.contexts, data.sentence_offsets, self.padding, features=data.features
        )
        scale, offset = fit_scores(Z, tag_marks(self.configuration, data.tags))
        c = scale.T * parameters["c"] + offset.T
        return {**parameters, "U": (scale.T * parameters["U"]).astype(np.float32), "c": c.astype(np.float32)}

    def apply_temperature(self, parameters: dict[str, Float]) -> tuple[dict[str, Float], float]:
        """Return parameters scaled by the temperature fitted on the dev set (1 without a dev set), and this."""
        if self.dev is None:
            return parameters, 1.0
        temperature = fit_temperature(*self.dev.choose(CALIBRATED).rate_entities(self.network(parameters)))
        return scale_scores(parameters, temperature), temperature

    def score(self, parameters: dict[str, Float]) -> Scores | None:
        """Return the scores of parameters on the dev set."""
        return None if self.dev is None else self.dev.score(self.network(parameters))


def prepare(
    train: Corpus,
    dev: Corpus | None,
    lexicon: Lexicon,
    settings: Settings,
    *,
    gazetteer: Gazetteer | None = None,
    also: Sequence[Corpus] = (),
    patterns: Patterns | None = None,
    dev_types: Collection[str] | None = None,
    repeats: Sequence[int] = (),
    raw: tuple[Corpus, float] | None = None,
) -> Run:
    """Encode the corpora and draw the initial parameters.

    Parameters
    ----------
    train, dev, also : Corpus, Corpus or None, sequence of Corpus
        `also` is more training data, which may mark other types.
    dev_types : collection of str, optional
        The types that the dev set marks, by default those of `train`; others are not counted in it.
    repeats, raw : sequence of int; (Corpus, float), optional
        Repetitions of each corpus in an epoch, by default 1; raw text labelled by two networks, and its share.

    Raises
    ------
    DataError, SettingsError
        The data or settings are invalid; see the functions below.
    """
    corpora = [train, *also]
    annotations = read_annotations(corpora, settings)
    chosen = resolve_settings(corpora, settings, len(lexicon) > 0)
    configuration = build_configuration(
        chosen, annotations, lexicon.width, gazetteer_feature_width(gazetteer, patterns)
    )
    check_feature_dropout(settings, configuration)
    labels = Labels(configuration.types, chosen.head == "logistic")
    corpora, annotations, shares = _add_raw(corpora, annotations, corpus_shares(corpora, chosen), raw)
    encoder = Encoder(configuration, labels, gazetteer, patterns, special=(PADDING, UNKNOWN))
    augmented = augment(corpora, annotations, encoder, chosen, shares=shares, repeats=repeats)
    types = encoder.word_types(lexicon)
    of_train = augmented.data.tags[: augmented.data.sentence_offsets[len(train.sentences)]]
    parameters = _initial_parameters(configuration, types, chosen, lexicon, of_train)
    return Run(
        settings=chosen,
        configuration=configuration,
        lexicon=lexicon,
        parameters=parameters,
        learned=tuple(parameters),
        types=types,
        forms=encoder.forms,
        train=augmented.data,
        parts=augmented.parts,
        dev=None if dev is None else encode_dev(dev, annotations[0], encoder.copy_empty(), lexicon, dev_types),
        fingerprint=hash_run(chosen, [*corpora, dev], lexicon, gazetteer, patterns),
        allowed=labels.allowed_tags if any(annotation.partial for annotation in annotations) else None,
        folds=augmented.folds,
        gazetteer=gazetteer,
        patterns=patterns,
    )


def _add_raw(
    corpora: list[Corpus], annotations: list[Annotation], shares: list[float], raw: tuple[Corpus, float] | None
) -> tuple[list[Corpus], list[Annotation], list[float]]:
    """Return corpora, annotations and shares with those of labelled raw text, if any."""
    if raw is None:
        return corpora, annotations, shares
    corpus, share = raw
    meaning = Annotation({type_: (type_,) for type_ in corpus.types}, frozenset())  # networks label all types
    return [*corpora, corpus], [*annotations, meaning], [*shares, share]


def _initial_parameters(
    configuration: Configuration, types: WordTypes, settings: Chosen, lexicon: Lexicon, labels: Int
) -> dict[str, Float]:
    """Draw initial parameters, with output bias and trained word vectors according to the settings."""
    parameters = draw_parameters(configuration, types, settings.seed)
    if settings.output_bias == "frequency":
        parameters["c"] = log_frequencies(configuration, labels)
    if configuration.vector_width and (settings.train_vectors or settings.random_vectors):
        # the last row is the zero vector for words without a vector: it is not trained
        parameters["vectors"] = lexicon.vectors(np.append(np.arange(len(lexicon)), -1))
    return parameters


def _annotation_of(corpus: Corpus, marked: Collection[str], types: Sequence[str]) -> Annotation:
    """Return the annotation of a corpus that marks the types `marked` among `types`."""
    return Annotation({type_: (type_,) for type_ in corpus.types}, frozenset(types) - set(marked))


def encode_dev(
    dev: Corpus, annotation: Annotation, encoder: Encoder, lexicon: Lexicon, marked: Collection[str] | None = None
) -> DevSet:
    """Encode a dev set, with its own numbering of word types; `marked` are its types if they differ from `train`'s."""
    if marked is not None:
        annotation = _annotation_of(dev, marked, encoder.types)
    data = encoder.encode(dev, annotation)
    gold = [
        (int(start) + s, int(start) + e, reading)
        for start, sentence in zip(data.sentence_offsets[:-1], dev.sentences, strict=True)
        for s, e, type_ in sentence.spans
        for reading in annotation.readings.get(type_, (type_,))[:1]
    ]
    return DevSet(encoder.word_types(lexicon), encoder.forms, 0, data, gold, annotation.unmarked)


def read_annotations(corpora: Sequence[Corpus], settings: Settings) -> list[Annotation]:
    """Check that corpora can be trained on together, and return the annotation of each.

    Raises
    ------
    DataError
        There are no entities, units differ, or entities overlap.
    SettingsError
        The setting `corpora` names a file or type that does not exist.
    """
    for corpus in corpora:
        check_trainable(corpus, overlapping_allowed=settings.head == "logistic")
        if corpus.unit != corpora[0].unit:
            raise DataError(f"{corpus.path}: is of {corpus.unit}s, but {corpora[0].path} of {corpora[0].unit}s")
    return meanings_of(corpora, {name: (a.readings, a.unmarked) for name, a in settings.corpora.items()})


def resolve_settings(corpora: Sequence[Corpus], settings: Settings, vectors: bool) -> Chosen:
    """Return the settings with all values that depend on the data.

    Raises
    ------
    SettingsError
        Two stages are requested, and the first corpus marks too few documents.
    """
    train = corpora[0]
    tokens = sum(len(sentence.token_starts) for corpus in corpora for sentence in corpus.sentences)
    unit = settings.unit or train.unit
    chosen = settings.resolve(unit, len(train.documents), len(train.sentences), vectors, tokens=tokens)
    documents = len(train.documents) if train.documents_marked else 0
    if chosen.passes == 2 and documents < chosen.folds:
        raise SettingsError(
            f"passes: two need as many documents as folds ({chosen.folds}), and {train.path} marks "
            f"{documents}: separate documents with -DOCSTART- lines, or choose passes = 1"
        )
    return chosen


def build_configuration(
    settings: Chosen, annotations: Sequence[Annotation], vector_width: int, feature_width: int
) -> Configuration:
    """Return the configuration of the network.

    Parameters
    ----------
    settings : Chosen
    annotations : sequence of Annotation
        The annotations whose types the network has.
    vector_width, feature_width : int
        Number of components of word vectors, and of gazetteer and pattern features per token.

    Raises
    ------
    SettingsError
        No feature table covers the whole window.
    """
    configuration = Configuration(
        types=tuple(sorted(set().union(*(annotation.marked_types for annotation in annotations)))),
        unit=settings.unit,
        radius=settings.radius,
        hidden=settings.hidden,
        activation=settings.activation,
        head=settings.head,
        loss=settings.loss,
        groups=_feature_groups(settings),
        vector_width=vector_width,
        context_width=settings.context_width,
        evidence_width=feature_width,
    )
    if not configuration.sees_all:
        raise SettingsError(
            f"features: no table is looked at in the whole window, of radius {configuration.radius}: leave out the "
            "`reach` of one, or choose a smaller radius"
        )
    return configuration


def check_feature_dropout(settings: Settings, configuration: Configuration) -> None:
    """Check that the tables of the setting `feature_dropout` exist.

    Raises
    ------
    SettingsError
        A table does not exist; the message lists the tables.
    """
    unknown = sorted(set(settings.feature_dropout or {}) - set(configuration.columns))
    if unknown:
        raise SettingsError(
            f"feature_dropout: there is no table {unknown[0]!r}; there are {', '.join(configuration.columns)}"
        )


def draw_parameters(configuration: Configuration, types: WordTypes, seed: int) -> dict[str, Float]:
    """Draw initial parameters; table rows that do not occur in the training data are zero."""
    parameters = first_parameters(configuration, np.random.default_rng([seed, 1 << 32]))
    for group, bag in zip(configuration.groups, types.bags, strict=True):
        used = np.zeros(group.buckets, bool)
        used[bag.ids] = True
        parameters[group.name][~used] = 0  # never trained
    return parameters


def log_frequencies(configuration: Configuration, labels: Int) -> Float:
    """Return the output bias (K, 1) with which the initial network predicts the frequency of each tag.

    Parameters
    ----------
    configuration : Configuration
    labels : int array (N,), or (N, types) for the logistic head
        Labels that allow several tags are not counted.
    """
    if configuration.head == "logistic":
        share = (tag_marks(configuration, labels).sum(0, dtype=np.float64) + 0.5) / (len(labels) + 1)
        bias = np.log(share / (1 - share))
    else:
        count = np.bincount(labels[labels < configuration.tags], minlength=configuration.tags) + 0.5
        bias = np.log(count / count.sum())
    return np.asarray(bias.reshape(-1, 1), np.float32)


def hash_run(
    settings: Chosen,
    corpora: Sequence[Corpus | None],
    lexicon: Lexicon,
    gazetteer: Gazetteer | None,
    patterns: Patterns | None,
) -> str:
    """Return the fingerprint of a run: a hash of settings, corpora, vectors, gazetteer and patterns."""
    files = [corpus.sha256 for corpus in corpora if corpus is not None]
    identity = [settings.model_dump_json(), *files, lexicon.digest]
    if gazetteer is not None:
        identity.append(hashlib.sha256(gazetteer.hashes.tobytes() + gazetteer.members.tobytes()).hexdigest())
    if patterns is not None:
        identity.append(patterns.digest)
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _feature_groups(settings: Chosen) -> tuple[Group, ...]:
    """Return the feature tables of the settings, by default those of the unit.

    Raises
    ------
    SettingsError
        A feature does not exist for the unit.
    """
    of_words = settings.unit == "word"
    if settings.features is None:
        return WORD_GROUPS if of_words else CHARACTER_GROUPS
    features = WORD_FEATURES if of_words else CHARACTER_FEATURES
    groups = []
    for name, table in settings.features.items():
        unknown = [feature for feature in table.features if feature not in features]
        if unknown:
            raise SettingsError(
                f"features.{name}: no feature {unknown[0]!r} for unit {settings.unit!r}; known are "
                f"{', '.join(features)}"
            )
        groups.append(Group(name, table.buckets, table.dimension, tuple(table.features), table.reach))
    return tuple(groups)
