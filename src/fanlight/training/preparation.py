"""From labelled data and settings to a run: arrays ready for the loop."""

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

CALIBRATED = 2000  # sentences that a ranking loss is calibrate on
UNKNOWN = "\tunknown"  # the word type that a dropped word becomes


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training run: its data, its network and the first parameters of that.

    Attributes
    ----------
    settings : Chosen
    configuration : Configuration
    lexicon : Lexicon
    parameters : dict of str to float array
        The arrays are trained in place.
    learned : tuple of str
        The parameters that the loop updates.
    types : WordTypes
        The training data's word types.
    forms : int array
        A number for each of them, the same for those that differ in case alone.
    padding, unknown : int
        Numbers of two special word types.
    train : Encoded
        The training data, then their augmentations.
    parts : tuple of Part
        Which of its sentences are shown how often.
    dev : DevSet or None
    fingerprint : str
        Hash of data, vectors and settings.
    allowed : bool array (labels, K), optional
        Which tags each label allows, where some allow several.
    folds : int array
        The fold that each document of the training data is in.
    stage : str
        Which part of a training in several stages this is.
    first_stage : Network or None
        The network from which the document features come.
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
        """Return the network with the run's parameters, or with others."""
        return Network(self.configuration, self.parameters if parameters is None else parameters, self.lexicon)

    def calibrate(self, parameters: dict[str, Float]) -> dict[str, Float]:
        """Give the scores of a ranking loss a zero point, from the training data; leave others as they are."""
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
        """Divide the scores by the temperature that the dev set asks for; without one, by 1. Return both."""
        if self.dev is None:
            return parameters, 1.0
        temperature = fit_temperature(*self.dev.choose(CALIBRATED).rate_entities(self.network(parameters)))
        return scale_scores(parameters, temperature), temperature

    def score(self, parameters: dict[str, Float]) -> Scores | None:
        """Score parameters on the dev set."""
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
    """Encode the corpora and draw the first parameters.

    Parameters
    ----------
    train, dev, also : Corpus, Corpus or None, sequence of Corpus
        `also` are more training data, which may mark other types. The dev set is taken to be annotated as `train` is,
        but where `dev_types` are the types that it marks instead: entities of others are not counted in it.
    repeats, raw : sequence of int; (Corpus, float), optional
        How often each epoch shows each corpus, by default once; raw text as two networks label it, and its share.

    Raises
    ------
    DataError, SettingsError
        The data or settings are at fault; see the functions below.
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
        dev=None if dev is None else encode_dev(dev, annotations[0], encoder.begin_anew(), lexicon, dev_types),
        fingerprint=hash_run(chosen, [*corpora, dev], lexicon, gazetteer, patterns),
        allowed=labels.allowed_tags if any(annotation.partial for annotation in annotations) else None,
        folds=augmented.folds,
        gazetteer=gazetteer,
        patterns=patterns,
    )


def _add_raw(
    corpora: list[Corpus], annotations: list[Annotation], shares: list[float], raw: tuple[Corpus, float] | None
) -> tuple[list[Corpus], list[Annotation], list[float]]:
    """Return corpora, what their labels mean and their shares with those of raw text that is labelled, if any."""
    if raw is None:
        return corpora, annotations, shares
    corpus, share = raw
    meaning = Annotation({type_: (type_,) for type_ in corpus.types}, frozenset())  # networks label all types
    return [*corpora, corpus], [*annotations, meaning], [*shares, share]


def _initial_parameters(
    configuration: Configuration, types: WordTypes, settings: Chosen, lexicon: Lexicon, labels: Int
) -> dict[str, Float]:
    """Draw first parameters, with the output bias and the trained word vectors that the settings ask for."""
    parameters = draw_parameters(configuration, types, settings.seed)
    if settings.output_bias == "frequency":
        parameters["c"] = log_frequencies(configuration, labels)
    if configuration.vector_width and (settings.train_vectors or settings.random_vectors):
        # the last row is the zero vector of words without one: it is never trained
        parameters["vectors"] = lexicon.vectors(np.append(np.arange(len(lexicon)), -1))
    return parameters


def _annotation_of(corpus: Corpus, marked: Collection[str], types: Sequence[str]) -> Annotation:
    """Return the annotation of a corpus that marks some of the types, under their names."""
    return Annotation({type_: (type_,) for type_ in corpus.types}, frozenset(types) - set(marked))


def encode_dev(
    dev: Corpus, annotation: Annotation, encoder: Encoder, lexicon: Lexicon, marked: Collection[str] | None = None
) -> DevSet:
    """Encode a dev set, whose word types are counted for themselves; `marked` are its types if it has others."""
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
    """Check that corpora can be learned from together, and return what the labels of each mean.

    Raises
    ------
    DataError
        There is nothing to learn from, units are average_states, or entities overlap.
    SettingsError
        The setting `corpora` names a file or type that does not exist.
    """
    for corpus in corpora:
        check_trainable(corpus, overlapping_allowed=settings.head == "logistic")
        if corpus.unit != corpora[0].unit:
            raise DataError(f"{corpus.path}: is of {corpus.unit}s, but {corpora[0].path} of {corpora[0].unit}s")
    return meanings_of(corpora, {name: (a.readings, a.unmarked) for name, a in settings.corpora.items()})


def resolve_settings(corpora: Sequence[Corpus], settings: Settings, vectors: bool) -> Chosen:
    """Return the settings with everything that the data decide.

    Raises
    ------
    SettingsError
        Two stages are asked for, and the first corpus marks fewer documents than they need.
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
    """Return the shape of the network.

    Parameters
    ----------
    settings : Chosen
    annotations : sequence of Annotation
        Whose types the network tells apart.
    vector_width, feature_width : int
        Components of the word vectors, and features that gazetteers and patterns give a token.

    Raises
    ------
    SettingsError
        No table of features is looked at in the whole window.
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
    """Refuse `feature_dropout` of a table that the network lacks.

    Raises
    ------
    SettingsError
        The message lists the tables.
    """
    unknown = sorted(set(settings.feature_dropout or {}) - set(configuration.columns))
    if unknown:
        raise SettingsError(
            f"feature_dropout: there is no table {unknown[0]!r}; there are {', '.join(configuration.columns)}"
        )


def draw_parameters(configuration: Configuration, types: WordTypes, seed: int) -> dict[str, Float]:
    """Draw first parameters; rows of feature tables that the training data never meet are zero."""
    parameters = first_parameters(configuration, np.random.default_rng([seed, 1 << 32]))
    for group, bag in zip(configuration.groups, types.bags, strict=True):
        used = np.zeros(group.buckets, bool)
        used[bag.ids] = True
        parameters[group.name][~used] = 0  # never trained: better silent than random
    return parameters


def log_frequencies(configuration: Configuration, labels: Int) -> Float:
    """Return the output bias (K, 1) under which the network, before it learns, gives each tag its frequency.

    Parameters
    ----------
    configuration : Configuration
    labels : int array (N,), or (N, types) for the logistic head
        Labels that leave several tags open are not counted.
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
    """Return what identifies a run: a hash of settings, corpora, vectors, gazetteer and patterns."""
    files = [corpus.sha256 for corpus in corpora if corpus is not None]
    identity = [settings.model_dump_json(), *files, lexicon.digest]
    if gazetteer is not None:
        identity.append(hashlib.sha256(gazetteer.hashes.tobytes() + gazetteer.members.tobytes()).hexdigest())
    if patterns is not None:
        identity.append(patterns.digest)
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _feature_groups(settings: Chosen) -> tuple[Group, ...]:
    """Return the tables of features: the unit's, or those of the settings.

    Raises
    ------
    SettingsError
        The unit has no such feature.
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
