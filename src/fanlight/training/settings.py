"""Settings of a training run: defaults that need no touching, TOML to override them, every value checked."""

from __future__ import annotations

import os
import tomllib
import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fanlight.errors import DataError, SettingsError
from fanlight.files import read_bytes
from fanlight.network.configuration import HEADS
from fanlight.validation import describe_refusal

RENAMED = {"exchange_share": "replacement_share"}  # settings by their names in earlier versions


class Table(BaseModel):
    """One table of hashed features: rows, columns, the features that share it, its `reach` (`text.features.Group`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    buckets: int = Field(ge=1, lt=1 << 28)
    dimension: int = Field(ge=1, lt=1 << 12)
    features: tuple[str, ...] = Field(min_length=1)
    reach: int | None = Field(None, ge=0)


class Meaning(BaseModel):
    """What one training file's labels mean (`corpus.annotation`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: dict[str, str | tuple[str, ...]] = {}
    unmarked: tuple[str, ...] | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0

    @property
    def readings(self) -> dict[str, tuple[str, ...]]:
        """The model's types that each of the file's types may be."""
        return {name: (types,) if isinstance(types, str) else types for name, types in self.types.items()}


class Settings(BaseModel):
    """All that can be set in a training run; ``None`` means chosen by what a token is (`resolve`).

    Attributes
    ----------
    unit : "word" | "character" | None
        What a token is; characters for Korean.
    radius : int | None
        Window radius c (L5).
    hidden : int
        Hidden units m (L6).
    activation : str
        "relu", "tanh", "sigmoid" or "hardtanh" (L6).
    head : str
        "chain", "softmax" or "logistic" (L2, L3).
    loss : str | None
        By the head: "likelihood"; "cross-entropy"; "logistic" or "margin" (L8).
    features : dict | None
        Feature tables as ``{name = {buckets, dimension, features, reach}}``, instead of the unit's own; one with a
        ``reach`` is seen only that many tokens from the window's middle.
    context_width : int | None
        Width of the document-context embedding; 0 switches it off.
    train_vectors : bool
        Whether word vectors are trained with the rest (L9) or stay as they were read.
    random_vectors : int
        Components of word vectors that start at random and are trained, where no file is given (L4); 0 for none.
    vector_limit : int | None
        Read at most this many vectors beside those of the training words.
    vector_parts : int | None
        Store word vectors by product quantisation: this many parts of each, which must divide its components, take a
        byte each, and its length one more; by default each component takes a byte.
    dropout, input_dropout, word_dropout : float
        Share of hidden units, of input components, of words dropped while training.
    feature_dropout : dict of str to float, optional
        Share of word types that lose a whole feature table while training, by the table's name ("vectors" too).
    lower_share, upper_share : float, optional
        Share of the sentences that each epoch shows once more in lower or upper case, so that such text stays usable.
    replacement_share : float, optional
        Share of the sentences that each epoch shows once more with their entities replaced by others of the same type
        (`training.mention_replacement`). By default all of them where there are fewer than `FEW`; elsewhere half
        without word vectors, which show what names are alike, and none with them.
    passes : int, optional
        2: a second network reads document features, which a first makes of a word's other mentions; 1: one network.
        By default 2 where the training data mark at least `DOCUMENTS` documents of two sentences or more on average.
    folds : int
        For two passes: the number of folds of documents; the features of a fold come in training from a first network
        that was trained on the others.
    unmarked_document : str
        The document of a column file without ``-DOCSTART-`` lines: each "sentence" by itself, or the "file".
    corpora : dict of str to Meaning
        For training files that do not mark the same types, by the end of the file's name: ``types``, the model's type
        (or types, where it may be one of several, or ``[]`` for none) that each of the file's types is, and
        ``unmarked``, the model's types that the file does not mark, by default those it never has; ``share``, how much
        of the file each epoch shows.
    optimiser : str
        "adam", "adagrad" or "sgd" (L9).
    rate : float
        Learning rate α at its highest; by default more with several workers, who take fewer steps: as many times as
        there are workers, but at most `BOLDEST`.
    schedule : str
        "linear", "cosine" or "constant", after `warmup` (a share of the run).
    output_bias : str
        What the output layer's bias begins with: "zero", or the logarithm of each tag's "frequency" in the training
        data, by default where these have fewer than `FEW_TOKENS` tokens.
    epochs, patience : int
        Passes over the data at most, by default more of them on a small corpus (`UPDATES`); passes without a better
        dev F1 before stopping, 0 for never.
    batch_tokens : int, optional
        A batch ends with the sentence that reaches this many tokens; by default fewer on a small corpus.
    decay : float
        Weight decay of the weight matrices.
    average_from : float
        Weights are averaged after this share of the epochs; 1 for never.
    workers : int
        Processes that share out each epoch and then average what they have learned (`training.data_parallel`); the
        result depends on how many they are.
    raw_lines : int, optional
        Lines of raw text (`training.self_training`) that are read, by default 5,000.
    keep : int
        Sentences of each training file, about, that the model file stores for `fanlight update` to rehearse.
    seed : int
        Same seed, same bits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Literal["word", "character"] | None = None
    radius: int | None = Field(None, ge=0, le=50)
    hidden: int = Field(256, ge=1, le=8192)
    activation: Literal["relu", "tanh", "sigmoid", "hardtanh"] = "relu"
    head: Literal["chain", "softmax", "logistic"] = "chain"
    loss: Literal["likelihood", "cross-entropy", "logistic", "margin"] | None = None
    features: dict[str, Table] | None = None
    context_width: int | None = Field(None, ge=0, le=256)
    train_vectors: bool = False
    random_vectors: int = Field(0, ge=0, le=1000)
    vector_limit: int | None = Field(None, ge=0)
    vector_parts: int | None = Field(None, ge=1)
    dropout: float = Field(0.5, ge=0, lt=1)
    input_dropout: float | None = Field(None, ge=0, lt=1)
    word_dropout: float = Field(0.0, ge=0, lt=1)
    feature_dropout: dict[str, Annotated[float, Field(ge=0, lt=1)]] | None = None
    lower_share: float | None = Field(None, ge=0, le=1)
    upper_share: float | None = Field(None, ge=0, le=1)
    replacement_share: float | None = Field(None, ge=0, le=1)
    passes: Literal[1, 2] | None = None
    folds: int = Field(3, ge=2, le=100)
    unmarked_document: Literal["sentence", "file"] = "sentence"
    corpora: dict[str, Meaning] = {}
    optimiser: Literal["adam", "adagrad", "sgd"] = "adam"
    rate: float | None = Field(None, gt=0, le=100)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup: float = Field(0.02, ge=0, lt=1)
    output_bias: Literal["zero", "frequency"] | None = None
    epochs: int | None = Field(None, ge=1, le=10_000)
    patience: int = Field(0, ge=0)
    batch_tokens: int | None = Field(None, ge=1)
    decay: float = Field(0.0, ge=0)
    average_from: float = Field(0.2, ge=0, le=1)
    workers: int = Field(1, ge=1, le=4096)
    raw_lines: int | None = Field(None, ge=1)
    keep: int = Field(0, ge=0)
    seed: int = Field(1, ge=0, lt=1 << 63)

    def resolve(self, unit: str, documents: int, sentences: int, vectors: bool, *, tokens: int | None = None) -> Chosen:
        """Return the settings with everything chosen that the data decides.

        Parameters
        ----------
        unit : str
            "word" or "character".
        documents, sentences : int
            Of the training data.
        vectors : bool
            Whether there are word vectors.
        tokens : int, optional
            Of the training data; without it the schedule is that of a large corpus.
        """
        stages = 2 if documents >= DOCUMENTS and sentences >= 2 * documents else 1
        replacement = 1.0 if sentences < FEW else 0.0 if vectors else 0.5
        choices: dict[str, Any] = {"unit": unit, "loss": HEADS[self.head][0], "passes": stages, "output_bias": "zero"}
        choices["replacement_share"] = replacement
        choices |= _BY_UNIT[unit]
        if tokens is not None and tokens < FEW_TOKENS:
            choices |= _FEW[unit]
        choices["rate"] *= min(self.workers, BOLDEST)
        explicit = self.model_dump(exclude_none=True)
        if tokens is not None:
            choices |= _schedule({**choices, **explicit}, tokens, self.batch_tokens, UPDATES[unit])
        return Chosen(**{**choices, **explicit})

    @model_validator(mode="before")
    @classmethod
    def _read_old_names(cls, values: object) -> object:
        """Take the names that settings had in earlier versions."""
        if not isinstance(values, dict):
            return values
        for old in sorted(RENAMED.keys() & values.keys()):
            warnings.warn(f"the setting {old} is called {RENAMED[old]}", DeprecationWarning, stacklevel=2)
        return rename_settings(values)

    @model_validator(mode="after")
    def _loss_fits_head(self) -> Settings:
        if self.loss is not None and self.loss not in HEADS[self.head]:
            raise ValueError(
                f"loss {self.loss!r} does not go with head {self.head!r}: choose {' or '.join(HEADS[self.head])}"
            )
        return self

    @model_validator(mode="after")
    def _stored_vectors_stay(self) -> Settings:
        if self.vector_parts is not None and (self.train_vectors or self.random_vectors):
            raise ValueError("vector_parts does not go with trained word vectors: leave out train_vectors")
        return self


def rename_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings, such as those in a model file of an earlier version, under their present names.

    Examples
    --------
    >>> rename_settings({"exchange_share": 0.5, "epochs": 3})
    {'replacement_share': 0.5, 'epochs': 3}
    """
    return {RENAMED.get(name, name): value for name, value in values.items()}


class Chosen(Settings):
    """Settings without an open choice."""

    unit: Literal["word", "character"]
    radius: int
    loss: Literal["likelihood", "cross-entropy", "logistic", "margin"]
    output_bias: Literal["zero", "frequency"]
    context_width: int
    input_dropout: float
    rate: float
    epochs: int
    batch_tokens: int
    feature_dropout: dict[str, float]
    lower_share: float
    upper_share: float
    replacement_share: float
    passes: Literal[1, 2]


FEW = 8000  # sentences: of fewer, with replaced mentions more is learned, also where there are word vectors
FEW_TOKENS = 3000  # some 150 sentences: below, `_FEW` beats the settings for large corpora
BOLDEST = 2  # times the rate of one worker (Goyal et al. 2017): benchmarks/workers.py
MAX_EPOCHS = 60  # for the smallest corpora: more only repeat what is learned by heart
UPDATES_AN_EPOCH = 30  # at least, down to batches of `SMALLEST_BATCH` tokens
SMALLEST_BATCH = 60  # tokens, some three sentences: what calling a program costs is then still less than its work
DOCUMENTS = 20  # fewer are no evidence that documents are marked at all

UPDATES = {"word": 3500, "character": 5000}  # of the parameters, which a small corpus gets by more epochs

# What None stands for: found on the dev sets of conll2003-en (words) and klue-ko (characters).
_BY_UNIT: dict[str, dict[str, Any]] = {
    "word": {
        "radius": 2,
        "context_width": 8,
        "input_dropout": 0.2,
        "feature_dropout": {"form": 0.5, "affix": 0.2, "ngram": 0.2},
        "lower_share": 0.05,
        "upper_share": 0.02,
        "rate": 0.002,
        "batch_tokens": 500,
        "epochs": 8,
    },
    "character": {
        "radius": 4,
        "context_width": 0,
        "input_dropout": 0.5,
        "feature_dropout": {"word": 0.6, "bigram": 0.4},
        "lower_share": 0.0,
        "upper_share": 0.0,
        "rate": 0.002,
        "batch_tokens": 500,
        "epochs": 12,
    },
}

# Instead of these for fewer than `FEW_TOKENS` tokens: longer steps, and less to learn by heart. Compared on 10 to 300
# sentences of conll2003-en, gmb-en, crossner-en and klue-ko (`benchmarks/small_data.py`).
_FEW: dict[str, dict[str, Any]] = {
    "word": {
        "radius": 1,
        "context_width": 0,
        "feature_dropout": {"form": 0.9, "affix": 0.5, "ngram": 0.5},
        "rate": 0.005,
        "output_bias": "frequency",
    },
    "character": {"feature_dropout": {"word": 0.9, "bigram": 0.6}, "rate": 0.005, "output_bias": "frequency"},
}


def _schedule(chosen: Mapping[str, Any], tokens: int, batch_tokens: int | None, updates: int) -> dict[str, Any]:
    """Return batch size and epochs for the size of a corpus.

    A network needs a number of updates, not of epochs: a small corpus gets smaller batches and more epochs. Where the
    unit's usual epochs make as many as `updates`, nothing changes.

    Parameters
    ----------
    chosen : mapping
        The settings for a large corpus.
    tokens : int
        Of the training data, once.
    batch_tokens : int, optional
        What the user chose.
    updates : int
        At least, unless they would take more than `MAX_EPOCHS`.
    """
    shown = tokens * (1 + sum(chosen[f"{name}_share"] for name in ("lower", "upper", "replacement")))
    smaller = max(SMALLEST_BATCH, round(shown / UPDATES_AN_EPOCH))
    batch = batch_tokens or min(chosen["batch_tokens"], smaller)
    needed = min(MAX_EPOCHS, round(updates * batch / max(1, shown)))
    return {"batch_tokens": batch, "epochs": max(chosen["epochs"], needed)}


def read_settings(path: str | os.PathLike[str] | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the defaults, changed by a TOML file, changed by `overrides`.

    Overrides that are strings are read as TOML values where they can be ("0.3", "true"), as plain strings else.

    Raises
    ------
    SettingsError
        The file cannot be read, or a setting is unknown or out of range; the message names it.
    """
    values: dict[str, Any] = {}
    if path is not None:
        values = read_toml(path)
    for key, value in (overrides or {}).items():
        values[key] = _value(value) if isinstance(value, str) else value
    try:
        return Settings(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(map(str, problem["loc"])) or "settings"
        message = describe_refusal(problem)
        if problem["type"] == "extra_forbidden":
            nearest = get_close_matches(name, Settings.model_fields, 1)
            hint = f" (did you mean {nearest[0]}?)" if nearest else ""
            message = f"is no setting{hint}: known are {', '.join(Settings.model_fields)}"
        raise SettingsError(f"{path or 'setting'}: {name}: {message}") from None


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the values of a TOML file, which may be packed (.gz, .zst).

    Raises
    ------
    SettingsError
        It cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(read_bytes(path).decode())
    except DataError as error:
        raise SettingsError(str(error)) from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: byte {error.start} is not UTF-8, which TOML is written in: save it so") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
