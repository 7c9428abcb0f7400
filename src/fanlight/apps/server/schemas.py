"""Schemas of requests and responses."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, WrapValidator, model_validator
from pydantic.config import JsonDict

from fanlight.apps.server.errors import describe_invalid
from fanlight.values import ValueOptions

TEXT = 2_000_000  # characters of one text
TEXTS = 10_000  # of one request
RULES = 1_000  # of one request
FORMULA = 500  # characters: a lecture's formula, not a program

Text = Annotated[str, Field(max_length=TEXT)]
Formula = Annotated[str, Field(min_length=1, max_length=FORMULA)]
Name = Annotated[str, Field(min_length=1, max_length=40)]
Probability = Annotated[float, Field(ge=0, le=1)]
Dimension = Annotated[str, Field(max_length=20)] | Annotated[int, Field(ge=1, le=100)]
Shapes = Annotated[dict[Name, Annotated[list[Dimension], Field(max_length=2)]], Field(max_length=20)]


Language = Literal["en", "ko"]  # of the words around the formulas
Identifier = Annotated[str, Field(max_length=200)] | int
Offsets = Literal["code_points", "utf16", "bytes"]


class TextFault(NamedTuple):
    """An invalid element of a list of texts, with the reason."""

    message: str


def _keep_fault(value: object, validate: Callable[[Any], Any]) -> Any:
    """Replace an invalid text by a `TextFault`, so that the other texts are tagged."""
    try:
        return validate(value)
    except ValidationError as error:
        return TextFault(describe_invalid(error.errors())[1].partition(": ")[2])


_ANY_ITEM: JsonDict = {
    "anyOf": [{"type": "string", "maxLength": TEXT}, {"description": "No text: an error stands in its place."}]
}
BatchText = Annotated[Text, WrapValidator(_keep_fault), WithJsonSchema(_ANY_ITEM)]


def _absent() -> Any:
    return None


class Model(BaseModel):
    """Base class; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Rule(Model):
    """A rule: a name or a pattern with its type."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["name"]}, {"required": ["pattern"]}]}
    )

    # absent, not null: the schema has no place for null
    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        default_factory=_absent, description="A name, matched as whole words, case-sensitively; or"
    )
    pattern: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        default_factory=_absent, description="a regular expression without backreferences and lookaround."
    )
    type: Name

    @model_validator(mode="after")
    def _one_kind(self) -> Rule:
        if (self.name is None) == (self.pattern is None):
            raise ValueError('give either "name" or "pattern"')
        return self


class ReadingOptions(Model):
    """How dates are read."""

    date: datetime.date | None = Field(default=None, description='The date of the texts, for "yesterday".')
    day_first: bool = Field(default=False, description="Whether to read 12/05/2021 as a date in May.")

    def to_options(self) -> ValueOptions:
        """Return the options for reading values."""
        return ValueOptions(self.date, self.day_first)


class ModelOptions(Model):
    """Model, thresholds and types."""

    model: Name | None = Field(
        default=None, description="One of /v1/models; by default selected by the script of each text."
    )
    threshold: Probability | dict[Name, Probability] = Field(
        default=0.0, description="Minimum probability of all types, or of each."
    )
    types: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Only entities of these types."
    )
    stages: Literal[1, 2] | None = Field(
        default=None, description="1: only the first stage, without document features."
    )
    rules: Annotated[list[Rule], Field(max_length=RULES)] = Field(
        default_factory=list, description="Names and patterns in addition to the model."
    )
    precedence: Literal["rules", "model", "longest"] = Field(
        default="rules", description="Which entity stays if a rule and the model overlap."
    )


class TagOptions(ReadingOptions, ModelOptions):
    """Options of tagging and of the response."""

    offsets: Offsets = Field(default="code_points", description="Unit of start and end; JavaScript uses utf16.")
    echo: bool = Field(default=True, description="Whether the response repeats each text.")
    values: bool = Field(default=False, description='Whether each entity has a normalised "value", or null.')

    @property
    def value_options(self) -> ValueOptions | None:
        """Options for values, if requested."""
        return self.to_options() if self.values else None

    @property
    def is_plain(self) -> bool:
        """Whether only models, thresholds and texts are given."""
        return (
            self.types is None
            and self.stages is None
            and not self.rules
            and self.offsets == "code_points"
            and self.echo
            and not self.values
        )


ONE_OR_MANY: JsonDict = {"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]}


class OneOrMany(Model):
    """One text or many; after validation, `texts` has them all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=ONE_OR_MANY)

    # absent, not null: the schema has no place for null
    text: Text = Field(default_factory=_absent, description="Either this, or")
    texts: Annotated[list[Text], Field(min_length=1, max_length=TEXTS)] = Field(
        default_factory=_absent, description="these."
    )

    @model_validator(mode="after")
    def _one_or_many(self) -> OneOrMany:
        if (self.text is None) == (self.texts is None):
            raise ValueError('give either "text" or "texts"')
        if self.texts is None:
            self.texts = [self.text]
        return self


class TagRequest(TagOptions, OneOrMany):
    """One text or many."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "Museums in Paris are amazing to see."},
                {"texts": ["It rained.", "Oslo is old."], "ids": ["a", "b"], "types": ["LOC"], "echo": False},
            ],
            **ONE_OR_MANY,
        },
    )

    texts: Annotated[list[BatchText], Field(min_length=1, max_length=TEXTS)] = Field(
        default_factory=_absent, description="these; invalid elements have an error in the response."
    )
    ids: Annotated[list[Identifier], Field(max_length=TEXTS)] | None = Field(
        default=None, description="One identifier per text, repeated in the response."
    )

    @model_validator(mode="after")
    def _check_batch(self) -> TagRequest:
        if self.ids is not None and len(self.ids) != len(self.texts):
            raise ValueError(f"there are {len(self.ids)} ids for {len(self.texts)} texts: give one a text")
        return self


class LineIn(Model):
    """A line of a request in NDJSON."""

    text: Text
    id: Identifier | None = None


class FirstLineIn(Model):
    """The first line of a request in NDJSON, if it has the options of the others."""

    options: TagOptions


class ValueOut(Model):
    """The normalised value of a date, time, amount or quantity."""

    kind: Literal["date", "time", "duration", "money", "percent", "quantity"]
    iso: str = Field(default_factory=_absent, description="ISO 8601, for dates, times and durations.")
    number: float = Field(default_factory=_absent, description="For money, percentages and quantities.")
    upper: float = Field(default_factory=_absent, description="The upper end of a range; number is the lower.")
    unit: str = Field(default_factory=_absent, description="A currency of ISO 4217, or a unit of UCUM.")


class ValueIn(Model):
    """The text of an entity, and its type."""

    text: Annotated[str, Field(max_length=10_000)]
    type: Name


class ValuesRequest(ReadingOptions):
    """Entities to read values of."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"entities": [{"text": "yesterday", "type": "DATE"}], "date": "2026-11-28"}],
        },
    )

    entities: Annotated[list[ValueIn], Field(min_length=1, max_length=TEXTS)]


class ValuesResponse(Model):
    """The value of each entity, null if it cannot be interpreted."""

    values: list[ValueOut | None]


class EntityOut(Model):
    """An entity; offsets count code points, or the unit of the request."""

    start: int
    end: int
    type: str
    text: str
    probability: float
    # absent, not null, if not requested
    value: ValueOut | None = Field(default_factory=_absent, description="With values: true; null if there is none.")


class ModelFields(Model):
    """The model of a response."""

    model: str
    version: str = Field(description="Version of the model, or of the Fanlight that trained it.")
    language: str | None


class DocumentOut(ModelFields):
    """A text's entities."""

    text: str = Field(default="", description="Absent with echo: false.")
    entities: list[EntityOut]
    id: Identifier | None = None


class TextError(Model):
    """The error of an invalid text, instead of its document."""

    error: str
    code: str
    id: Identifier | None = None


class TagResponse(Model):
    """The documents, in the order of the texts."""

    documents: list[DocumentOut | TextError]


class Readiness(BaseModel):
    """The state of each model's engine."""

    models: dict[str, str] = Field(description='"loading", "compiling" (once per machine, up to a minute) or "ready".')


class EntityIn(Model):
    """An entity to show."""

    start: Annotated[int, Field(ge=0, le=TEXT)]
    end: Annotated[int, Field(ge=1, le=TEXT)]
    type: Name
    probability: Probability | None = None


class DocumentIn(Model):
    """A text and its entities to show."""

    text: Text
    entities: Annotated[list[EntityIn], Field(max_length=100_000)]

    @model_validator(mode="after")
    def _inside(self) -> DocumentIn:
        for entity in self.entities:
            if not entity.start < entity.end <= len(self.text):
                raise ValueError(f"entity {entity.start}:{entity.end} is not inside the text ({len(self.text)})")
        return self


class HtmlRequest(Model):
    """Documents to show as HTML."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "documents": [
                        {
                            "text": "Oslo is old.",
                            "entities": [{"start": 0, "end": 4, "type": "LOC", "probability": 0.9}],
                        }
                    ]
                }
            ]
        },
    )

    documents: Annotated[list[DocumentIn], Field(min_length=1, max_length=TEXTS)]


class HtmlResponse(Model):
    """Each document as an HTML fragment with highlighted entities."""

    html: list[str]


class ModelOut(Model):
    """A served model."""

    name: str
    version: str
    language: str | None
    types: list[str]
    unit: Literal["word", "character"]
    equation: str
    scores: dict[str, Any] | None = Field(description="Scores on the dev set of its training, in percent.")


class EpochOut(Model):
    """An epoch of a training."""

    stage: str
    number: int
    epochs: int
    loss: float
    dev_f1: float | None
    seconds: float = Field(default=0.0, description="Seconds since the start of the stage.")


class Fault(Model):
    """An error, with a remedy."""

    error: str = Field(description="A sentence for people.")
    code: str = Field(description="A code for programs, such as invalid_field, not_found, busy.")
    field: str | None = Field(default=None, description="The invalid field, if there is one.")
