"""Settings of a training run: defaults, overrides from TOML, validation."""

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

RENAMED = {"exchange_share": "replacement_share"}  # names in earlier versions to current names


class Table(BaseModel):
    """One table of hashed features: rows, columns, the features that share it, its `reach` (`text.features.Group`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    buckets: int = Field(ge=1, lt=1 << 28)
    dimension: int = Field(ge=1, lt=1 << 12)
    features: tuple[str, ...] = Field(min_length=1)
    reach: int | None = Field(None, ge=0)


class Meaning(BaseModel):
    """The annotation of one training file (`corpus.annotation`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: dict[str, str | tuple[str, ...]] = {}
    unmarked: tuple[str, ...] | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0

    @property
    def readings(self) -> dict[str, tuple[str, ...]]:
        """The model's types that each of the file's types may be."""
        return {name: (types,) if isinstance(types, str) else types for name, types in self.types.items()}


class Settings(BaseModel):
    """The settings of a training run; ``None`` stands for a default that depends on the data (`resolve`).

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
        Feature tables as ``{name = {buckets, dimension, features, reach}}``, by default those of the unit; ``reach`` is
        the table's radius: the largest distance from the window's middle at which it is used.
    context_width : int | None
        Width of the case-context embedding, 0 for none.
    train_vectors : bool
        Whether word vectors are trained (L9) or fixed.
    random_vectors : int
        Components of randomly initialised, trained word vectors if no file is given (L4); 0 for none.
    vector_limit : int | None
        Maximum number of vectors in the model besides those of words in the training data.
    vector_parts : int | None
        Number of parts for product quantisation of word vectors, a divisor of their components: a vector takes one byte
        per part and one more. By default it takes one byte per component.
    dropout, input_dropout, word_dropout : float
        Dropout of hidden units, of input components, and of words.
    feature_dropout : dict of str to float, optional
        Share of word types whose features from a table are dropped, by name of the table (or "vectors").
    lower_share, upper_share : float, optional
        Share of the sentences that each epoch repeats in lower or upper case.
    replacement_share : float, optional
        Share of the sentences that each epoch repeats with replaced mentions (`training.mention_replacement`). By
        default 1 for fewer than `FEW` sentences; else 0.5 without word vectors and 0 with them.
    passes : int, optional
        Number of stages. With 2, a second network has document features, computed from the first network's
        probabilities of a word's other mentions. By default 2 if the training data mark at least `DOCUMENTS` documents
        of two or more sentences on average.
    folds : int
        Number of folds of documents for two stages: in training, the document features of a fold are computed by a
        first-stage network trained on the other folds.
    unmarked_document : str
        The documents of a column file without ``-DOCSTART-`` lines: each "sentence", or the whole "file".
    corpora : dict of str to Meaning
        For training files that mark different types, by the end of the file's name: ``types`` maps each of the file's
        types to the model's type (or several possible types, or ``[]`` for none); ``unmarked`` lists the model's types
        that the file does not mark, by default those that do not occur in it; ``share`` is the share of the file in an
        epoch.
    optimiser : str
        "adam", "adagrad" or "sgd" (L9).
    rate : float
        Maximum learning rate α. By default it is multiplied by the number of workers, up to `BOLDEST`, because several
        workers take fewer steps.
    schedule : str
        "linear", "cosine" or "constant", after `warmup` (a share of the run).
    output_bias : str
        Initial bias of the output layer: "zero", or the log of each tag's "frequency" in the training data, which is
        the default for fewer than `FEW_TOKENS` tokens.
    epochs, patience : int
        Maximum number of epochs, by default more for a small corpus (`UPDATES`); epochs without a better dev F1 before
        stopping, 0 for no early stopping.
    batch_tokens : int, optional
        Minimum tokens of a batch, which ends with the sentence that reaches them; by default fewer for a small corpus.
    decay : float
        Weight decay of the weight matrices.
    average_from : float
        Share of the epochs after which parameters are averaged; 1 for no averaging.
    workers : int
        Number of processes for data-parallel training (`training.data_parallel`); the result depends on it.
    raw_lines : int, optional
        Lines of raw text to read for `training.self_training`, by default 5,000.
    keep : int
        Approximate number of sentences of each training file that the model stores for `fanlight update` to rehearse.
    seed : int
        The same seed gives the same bits.
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
        """Return the settings with all values that depend on the data.

        Parameters
        ----------
        unit : str
            "word" or "character".
        documents, sentences : int
            Numbers of documents and sentences in the training data.
        vectors : bool
            Whether there are word vectors.
        tokens : int, optional
            Number of tokens in the training data; without it, the schedule is that of a large corpus.
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
        """Accept the names of settings in earlier versions."""
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
    """Return settings, such as those in a model file of an earlier version, with current names.

    Examples
    --------
    >>> rename_settings({"exchange_share": 0.5, "epochs": 3})
    {'replacement_share': 0.5, 'epochs': 3}
    """
    return {RENAMED.get(name, name): value for name, value in values.items()}


class Chosen(Settings):
    """Settings without values that depend on the data."""

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


FEW = 8000  # sentences; with fewer, mention replacement helps also with word vectors
FEW_TOKENS = 3000  # some 150 sentences; with fewer, the settings `_FEW` are better
BOLDEST = 2  # maximum factor of the rate of one worker (Goyal et al. 2017): benchmarks/workers.py
MAX_EPOCHS = 60  # more epochs on the smallest corpora only overfit
UPDATES_AN_EPOCH = 30  # minimum, down to batches of `SMALLEST_BATCH` tokens
SMALLEST_BATCH = 60  # tokens, some three sentences; with fewer, the overhead of a call exceeds its work
DOCUMENTS = 20  # with fewer, documents are probably not marked

UPDATES = {"word": 3500, "character": 5000}  # minimum number of updates, which a small corpus reaches by more epochs

# Defaults for None, chosen on the dev sets of conll2003-en (words) and klue-ko (characters).
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

# Defaults for fewer than `FEW_TOKENS` tokens: a higher rate, and less capacity to overfit. Chosen on 10 to 300
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

    A network needs a minimum number of updates, so a small corpus gets smaller batches and more epochs.

    Parameters
    ----------
    chosen : mapping
        The settings for a large corpus.
    tokens : int
        Number of tokens in the training data.
    batch_tokens : int, optional
        The user's setting.
    updates : int
        Minimum number of updates, unless they take more than `MAX_EPOCHS`.
    """
    shown = tokens * (1 + sum(chosen[f"{name}_share"] for name in ("lower", "upper", "replacement")))
    smaller = max(SMALLEST_BATCH, round(shown / UPDATES_AN_EPOCH))
    batch = batch_tokens or min(chosen["batch_tokens"], smaller)
    needed = min(MAX_EPOCHS, round(updates * batch / max(1, shown)))
    return {"batch_tokens": batch, "epochs": max(chosen["epochs"], needed)}


def read_settings(path: str | os.PathLike[str] | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the defaults, overridden by a TOML file, overridden by `overrides`.

    Overrides that are strings are parsed as TOML values ("0.3", "true") if possible.

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
        The file cannot be read, or is not TOML.
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
