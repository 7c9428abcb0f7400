"""From labelled data and settings to arrays ready for the loop."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.annotation import Annotation, meanings_of, named
from fanlight.corpus.sentence import Corpus, check_trainable
from fanlight.entities.scores import Scores
from fanlight.errors import DataError, SettingsError
from fanlight.network.configuration import Configuration
from fanlight.network.decoding import Network
from fanlight.network.evidence import marks, marks_width
from fanlight.network.inputs import WordTypes, character_of, forms_of
from fanlight.network.lexicon import Lexicon
from fanlight.network.losses import tag_marks
from fanlight.network.parameters import first_parameters
from fanlight.network.windows import corpus_contexts
from fanlight.text.character_features import CHARACTER_FEATURES
from fanlight.text.features import (
    CHARACTER_GROUPS,
    PADDING,
    WORD_GROUPS,
    Group,
    character_keys,
)
from fanlight.text.gazetteers import Gazetteer
from fanlight.text.normalisation import normalise_word
from fanlight.text.patterns import Patterns, Place
from fanlight.text.word_features import WORD_FEATURES
from fanlight.training.batches import Encoded, Part
from fanlight.training.calibration import fit_scores, fit_temperature
from fanlight.training.development import Development, divided
from fanlight.training.exchange import exchanged
from fanlight.training.labels import Labels
from fanlight.training.settings import Chosen, Meaning, Settings

Int = NDArray[np.int64]
Float = NDArray[np.float32]

EXCHANGES = 3  # exchanges of a corpus's entities, among which the epochs choose
CALIBRATED = 2000  # sentences that a ranking loss is calibrated on
UNKNOWN = "\tunknown"  # the word type that a dropped word becomes


@dataclass
class Task:
    """A training run's data, network and first parameters.

    Attributes
    ----------
    settings : Chosen
    configuration : Configuration
    lexicon : Lexicon
    parameters : dict of str to float array
        Trained in place.
    learned : list of str
        The parameters that the loop updates.
    types : WordTypes
        The training data's word types.
    forms : int array
        A number for each of them, the same for those that differ in case alone.
    padding, unknown : int
        Numbers of two special word types.
    train : Encoded
        The training data, then the same in other spellings.
    parts : list of Part
        Which of its sentences are shown how often.
    dev : Development or None
    fingerprint : str
        Hash of data, vectors and settings.
    allowed : bool array (labels, K), optional
        Which tags each label allows, where some allow several.
    folds : int array
        The fold that each document of the training data is in.
    stage : str
        What of a run in several stages this is.
    first : Network or None
        The network whose findings are the data's evidence.
    gazetteer : Gazetteer or None
    patterns : Patterns or None
    """

    settings: Chosen
    configuration: Configuration
    lexicon: Lexicon
    parameters: dict[str, Float]
    learned: list[str]
    types: WordTypes
    forms: Int
    padding: int
    unknown: int
    train: Encoded
    parts: list[Part]
    dev: Development | None
    fingerprint: str
    allowed: NDArray[np.bool_] | None
    folds: Int
    stage: str = ""
    first: Network | None = None
    gazetteer: Gazetteer | None = None
    patterns: Patterns | None = None

    def table_rows(self, name: str, rows: Int) -> Float:
        """Return rows of a table: a trained one, or the lexicon's frozen vectors (zeros for row -1)."""
        if name in self.parameters:
            return self.parameters[name][rows]
        return self.lexicon.vectors(rows)

    def calibrated(self, parameters: dict[str, Float]) -> dict[str, Float]:
        """Give the scores of a ranking loss a zero point, from the training data; leave others as they are."""
        if self.configuration.loss != "margin":
            return parameters
        data = self.train.choose(self.parts[0].sentences[:CALIBRATED])
        network = Network(self.configuration, parameters, self.lexicon)
        Z = network.emissions(self.types, data.types, data.contexts, data.starts, self.padding, data.evidence)
        scale, offset = fit_scores(Z, tag_marks(self.configuration, data.tags))
        c = scale.T * parameters["c"] + offset.T
        return {**parameters, "U": (scale.T * parameters["U"]).astype(np.float32), "c": c.astype(np.float32)}

    def tempered(self, parameters: dict[str, Float]) -> tuple[dict[str, Float], float]:
        """Divide the scores by the temperature that the dev set asks for; without one, by 1. Return both."""
        if self.dev is None:
            return parameters, 1.0
        network = Network(self.configuration, parameters, self.lexicon)
        temperature = fit_temperature(*self.dev.choose(CALIBRATED).certainty(network))
        return divided(parameters, temperature), temperature

    def score(self, parameters: dict[str, Float]) -> Scores | None:
        """Score parameters on the dev set."""
        return None if self.dev is None else self.dev.score(Network(self.configuration, parameters, self.lexicon))


def prepare(
    train: Corpus,
    dev: Corpus | None,
    lexicon: Lexicon,
    given: Settings,
    gazetteer: Gazetteer | None = None,
    also: Sequence[Corpus] = (),
    patterns: Patterns | None = None,
    *,
    dev_marks: Collection[str] | None = None,
    repeats: Sequence[int] = (),
) -> Task:
    """Encode the corpora and draw the first parameters.

    Parameters
    ----------
    train, dev : Corpus
        The dev set is taken to be annotated as `train` is, unless `dev_marks` says otherwise.
    lexicon : Lexicon
    given : Settings
    gazetteer : Gazetteer, optional
    also : sequence of Corpus
        More training data, which may mark other types.
    patterns : Patterns, optional
    dev_marks : collection of str, optional
        The types that the dev set marks; entities of others are not counted in it.
    repeats : sequence of int
        How often each epoch shows each corpus, by default once.

    Raises
    ------
    DataError
        There is nothing to learn from, corpora of words and of characters are mixed, or entities overlap and the head
        cannot express it.
    SettingsError
        The features are not what the unit offers, or the corpora's annotations name what does not exist.
    """
    corpora = [train, *also]
    for corpus in corpora:
        check_trainable(corpus, overlapping_allowed=given.head == "logistic")
        if corpus.unit != train.unit:
            raise DataError(f"{corpus.path}: is of {corpus.unit}s, but {train.path} of {train.unit}s")
    meanings = meanings_of(corpora, {name: (a.readings, a.unmarked) for name, a in given.corpora.items()})
    unit = given.unit or train.unit
    tokens = sum(len(sentence.starts) for corpus in corpora for sentence in corpus.sentences)
    settings = given.resolved(unit, len(train.documents), len(train.sentences), len(lexicon) > 0, tokens=tokens)
    marked_documents = len(train.documents) if train.documents_marked else 0
    if settings.passes == 2 and marked_documents < settings.folds:
        raise SettingsError(
            f"passes: two need as many documents as folds ({settings.folds}), and {train.path} marks "
            f"{marked_documents}: separate documents with -DOCSTART- lines, or choose passes = 1"
        )
    configuration = Configuration(
        types=tuple(sorted(set().union(*(meaning.marked for meaning in meanings)))),
        unit=unit,
        radius=settings.radius,
        hidden=settings.hidden,
        activation=settings.activation,
        head=settings.head,
        loss=settings.loss,
        groups=_groups(settings, unit),
        vector_width=lexicon.width,
        context_width=settings.context_width,
        evidence_width=marks_width(gazetteer, patterns),
    )
    if not configuration.sees_all:
        raise SettingsError(
            f"features: no table is looked at in the whole window, of radius {configuration.radius}: leave out the "
            "`reach` of one, or choose a smaller radius"
        )
    numbers = {PADDING: 0, UNKNOWN: 1}
    unknown = sorted(set(given.feature_dropout or {}) - set(configuration.columns))
    if unknown:
        raise SettingsError(
            f"feature_dropout: there is no table {unknown[0]!r}; there are {', '.join(configuration.columns)}"
        )
    labels = Labels(configuration.types, given.head == "logistic")
    encoded: list[Encoded] = []
    shares = []
    plain = [
        encode(corpus, configuration, labels, meaning, numbers, gazetteer, patterns)
        for corpus, meaning in zip(corpora, meanings, strict=True)
    ]
    for share, spelled in ((1.0, str), (settings.lower_share, str.lower), (settings.upper_share, str.upper)):
        if share and (spelled is str or unit == "word"):
            for corpus, own in zip(corpora, plain, strict=True):
                data = own
                if spelled is not str:
                    data = respelled(own, corpus, configuration, numbers, spelled, gazetteer, patterns)
                encoded.append(_in_documents(data, corpus, settings))
                shares.append(share * named(corpus, given.corpora, Meaning()).share)
    for number in range(EXCHANGES if settings.exchange_share else 0):
        for corpus, meaning in zip(corpora, meanings, strict=True):
            other = exchanged(corpus, settings.seed + number)
            data = encode(other, configuration, labels, meaning, numbers, gazetteer, patterns)
            encoded.append(_in_documents(data, corpus, settings))
            shares.append(settings.exchange_share / EXCHANGES * named(corpus, given.corpora, Meaning()).share)
    borders = np.cumsum([0, *map(len, encoded)])
    parts = [Part(np.arange(s, e), share) for (s, e), share in zip(pairwise(borders.tolist()), shares, strict=True)]
    for place, count in enumerate(repeats):
        parts += [parts[place]] * (count - 1)
    folds = np.concatenate([_dealt(data, settings.folds) for data in encoded])
    types = WordTypes.of(list(numbers), configuration, lexicon)
    parameters = begin(configuration, types, settings.seed)
    if settings.output_bias == "frequency":
        parameters["c"] = log_frequencies(configuration, encoded[0].tags)
    learned = list(parameters)
    if configuration.vector_width and (settings.train_vectors or settings.random_vectors):
        # the last row is the zero vector of words without one: it is never trained
        parameters["vectors"] = lexicon.vectors(np.append(np.arange(len(lexicon)), -1))
        learned.append("vectors")
    development = None
    if dev is not None:
        dev_numbers = {PADDING: 0}
        meaning = meanings[0]
        if dev_marks is not None:
            readings = {type_: (type_,) for type_ in dev.types}
            meaning = Annotation(readings, frozenset(configuration.types) - set(dev_marks))
        dev_data = encode(dev, configuration, labels, meaning, dev_numbers, gazetteer, patterns)
        gold = [
            (int(start) + s, int(start) + e, reading)
            for start, sentence in zip(dev_data.starts[:-1], dev.sentences, strict=True)
            for s, e, type_ in sentence.spans
            for reading in meaning.readings.get(type_, (type_,))[:1]
        ]
        dev_types = WordTypes.of(list(dev_numbers), configuration, lexicon)
        development = Development(dev_types, forms_of(dev_numbers), 0, dev_data, gold, meaning.unmarked)
    files = [corpus.sha256 for corpus in (*corpora, dev) if corpus is not None]
    identity = [settings.model_dump_json(), *files, lexicon.digest]
    if gazetteer is not None:
        identity.append(hashlib.sha256(gazetteer.hashes.tobytes() + gazetteer.members.tobytes()).hexdigest())
    if patterns is not None:
        identity.append(patterns.digest)
    fingerprint = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return Task(
        settings,
        configuration,
        lexicon,
        parameters,
        learned,
        types,
        forms_of(numbers),
        0,
        1,
        Encoded.joined(encoded),
        parts,
        development,
        fingerprint,
        labels.allowed if any(meaning.partial for meaning in meanings) else None,
        folds,
        gazetteer=gazetteer,
        patterns=patterns,
    )


def begin(configuration: Configuration, types: WordTypes, seed: int) -> dict[str, Float]:
    """Draw first parameters; rows of feature tables that the training data never meet are zero."""
    parameters = first_parameters(configuration, np.random.default_rng([seed, 1 << 32]))
    for group, bag in zip(configuration.groups, types.bags, strict=True):
        met = np.zeros(group.buckets, bool)
        met[bag.ids] = True
        parameters[group.name][~met] = 0  # never trained: better silent than random
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


def encode(
    corpus: Corpus,
    configuration: Configuration,
    labels: Labels,
    meaning: Annotation,
    numbers: dict[str, int],
    gazetteer: Gazetteer | None = None,
    patterns: Patterns | None = None,
) -> Encoded:
    """Turn a corpus into numbers, giving new word types new numbers; spans of types the network lacks become O."""
    ids: list[int] = []
    gold = []
    starts = [0]
    documents = []
    of_words = configuration.unit == "word"
    for place, document in enumerate(corpus.documents):
        for sentence in document:
            if of_words:
                keys = list(map(normalise_word, sentence.tokens))
            else:
                keys = character_keys(sentence.text, sentence.starts, sentence.ends)
            ids += [numbers.setdefault(key, len(numbers)) for key in keys]
            gold.append(labels.encode(sentence.spans, len(keys), meaning))
            documents += [place] * len(keys)
            starts.append(len(ids))
    nothing = np.zeros(len(ids), np.int64)
    data = Encoded(np.array(ids), nothing, np.concatenate(gold), np.array(starts), np.array(documents))
    return _surrounded(data, configuration, list(numbers), gazetteer, patterns, _places(corpus))


def respelled(
    data: Encoded,
    corpus: Corpus,
    configuration: Configuration,
    numbers: dict[str, int],
    spelled: Callable[[str], str],
    gazetteer: Gazetteer | None = None,
    patterns: Patterns | None = None,
) -> Encoded:
    """Return an encoded corpus of words with another spelling of each, giving new word types new numbers."""
    words = list(numbers)
    known, first, ids = np.unique(data.types, return_index=True, return_inverse=True)
    new = np.empty(len(known), np.int64)
    for i in np.argsort(first).tolist():  # new words are counted as they come in the text
        new[i] = numbers.setdefault(spelled(words[known[i]]), len(numbers))
    data = replace(data, types=new[ids])
    return _surrounded(data, configuration, list(numbers), gazetteer, patterns, _places(corpus, spelled))


def _surrounded(
    data: Encoded,
    configuration: Configuration,
    words: list[str],
    gazetteer: Gazetteer | None,
    patterns: Patterns | None,
    places: Iterable[Place],
) -> Encoded:
    """Add what a corpus says around each token, and its marks; `words` are all word types."""
    if configuration.context_width:
        known, ids = np.unique(data.types, return_inverse=True)
        text = str if configuration.unit == "word" else character_of
        used = [text(words[i]) for i in known.tolist()]
        data = replace(data, contexts=corpus_contexts(used, ids, data.starts, data.documents))
    keys = [] if gazetteer is None else [words[i] for i in data.types.tolist()]
    return replace(data, evidence=marks(gazetteer, patterns, keys, data.starts, places))


def _places(corpus: Corpus, spelled: Callable[[str], str] | None = None) -> Iterator[Place]:
    """Yield where the tokens of each sentence stand, if need be in another spelling of each."""
    for sentence in corpus.sentences:
        made = sentence if spelled is None else sentence.spelled(spelled)
        yield made.text, made.starts, made.ends


def _in_documents(data: Encoded, corpus: Corpus, settings: Chosen) -> Encoded:
    """Take each sentence for itself where the documents are not marked."""
    if len(corpus.documents) >= settings.folds:
        return data
    return replace(data, documents=np.repeat(np.arange(len(data)), np.diff(data.starts)))


def _dealt(data: Encoded, folds: int) -> Int:
    """Return the fold of each document: equally many in each, that follow one another."""
    count = int(data.documents.max()) + 1
    return np.arange(count) * folds // count


def _groups(settings: Settings, unit: str) -> tuple[Group, ...]:
    if settings.features is None:
        return WORD_GROUPS if unit == "word" else CHARACTER_GROUPS
    known = WORD_FEATURES if unit == "word" else CHARACTER_FEATURES
    groups = []
    for name, values in settings.features.items():
        unknown = [f for f in values.features if f not in known]
        if unknown:
            raise SettingsError(
                f"features.{name}: no feature {unknown[0]!r} for unit {unit!r}; known are {', '.join(known)}"
            )
        groups.append(Group(name, values.buckets, values.dimension, tuple(values.features), values.reach))
    return tuple(groups)
