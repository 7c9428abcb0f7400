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
    """A text of several that cannot be tagged, and why."""

    message: str


def _keep_fault(value: object, validate: Callable[[Any], Any]) -> Any:
    """Let a text that is at fault, or is none, be told in its own place."""
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
    """The base of all: unknown fields are refused, so that a misspelled one is no silent default."""

    model_config = ConfigDict(extra="forbid")


class Rule(Model):
    """A name or a pattern that is always of a type."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["name"]}, {"required": ["pattern"]}]}
    )

    # absent, not null: the schema has no place for null
    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        default_factory=_absent, description="Where it stands as a word, as it is spelled; or"
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

    date: datetime.date | None = Field(default=None, description='When the texts were written, for "yesterday".')
    day_first: bool = Field(default=False, description="Whether 12/05/2021 is in May.")

    def to_options(self) -> ValueOptions:
        """Return the options of the reader."""
        return ValueOptions(self.date, self.day_first)


class ModelOptions(Model):
    """Which model finds which entities."""

    model: Name | None = Field(
        default=None, description="One of /v1/models; by default each text's own script decides."
    )
    threshold: Probability | dict[Name, Probability] = Field(default=0.0, description="Of all types, or of each.")
    types: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Entities of these types alone."
    )
    stages: Literal[1, 2] | None = Field(default=None, description="1: without the second, document-aware network.")
    rules: Annotated[list[Rule], Field(max_length=RULES)] = Field(
        default_factory=list, description="Names and patterns beside the model."
    )
    precedence: Literal["rules", "model", "longest"] = Field(
        default="rules", description="What stays where a rule and the model overlap."
    )


class TagOptions(ReadingOptions, ModelOptions):
    """How texts are tagged, and what of them is answered."""

    offsets: Offsets = Field(default="code_points", description="What start and end count; JavaScript counts utf16.")
    echo: bool = Field(default=True, description="Whether each text is repeated in the answer.")
    values: bool = Field(default=False, description='Whether each entity has what it means as "value", or null.')

    @property
    def value_options(self) -> ValueOptions | None:
        """How values are read, where they are asked for."""
        return self.to_options() if self.values else None

    @property
    def is_plain(self) -> bool:
        """Whether models, thresholds and texts are all that is asked for."""
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
    """One text or many, which are many texts once they are read."""

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
        default_factory=_absent, description="these; one that cannot be tagged has an error in its place."
    )
    ids: Annotated[list[Identifier], Field(max_length=TEXTS)] | None = Field(
        default=None, description="One a text, repeated in the answer."
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
    """The first line of a request in NDJSON, where it has the options of all others."""

    options: TagOptions


class ValueOut(Model):
    """What a date, time, amount or quantity means."""

    kind: Literal["date", "time", "duration", "money", "percent", "quantity"]
    iso: str = Field(default_factory=_absent, description="ISO 8601, of dates, times and durations.")
    number: float = Field(default_factory=_absent, description="Of money, per cents and quantities.")
    upper: float = Field(default_factory=_absent, description="Of a range: number is the least, this the greatest.")
    unit: str = Field(default_factory=_absent, description="A currency of ISO 4217, or a unit of UCUM.")


class ValueIn(Model):
    """The text of an entity, and its type."""

    text: Annotated[str, Field(max_length=10_000)]
    type: Name


class ValuesRequest(ReadingOptions):
    """Entities whose values are asked for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"entities": [{"text": "yesterday", "type": "DATE"}], "date": "2026-11-28"}],
        },
    )

    entities: Annotated[list[ValueIn], Field(min_length=1, max_length=TEXTS)]


class ValuesResponse(Model):
    """What each entity means, null where that is not understood."""

    values: list[ValueOut | None]


class EntityOut(Model):
    """An entity; offsets count code points, or what the request says."""

    start: int
    end: int
    type: str
    text: str
    probability: float
    # absent, not null, where nobody asked
    value: ValueOut | None = Field(default_factory=_absent, description="With values: true; null where there is none.")


class ModelFields(Model):
    """Which model answered."""

    model: str
    version: str = Field(description="Of the model, or of the Fanlight that trained it.")
    language: str | None


class DocumentOut(ModelFields):
    """A text's entities."""

    text: str = Field(default="", description="Absent where the request says echo: false.")
    entities: list[EntityOut]
    id: Identifier | None = None


class TextError(Model):
    """Stands in the place of a text that cannot be tagged."""

    error: str
    code: str
    id: Identifier | None = None


class TagResponse(Model):
    """The documents, in the order of the texts."""

    documents: list[DocumentOut | TextError]


class Readiness(BaseModel):
    """What each model's engine is doing."""

    models: dict[str, str] = Field(description='"loading", "compiling" (once on a machine, up to a minute) or "ready".')


class EntityIn(Model):
    """An entity to show."""

    start: Annotated[int, Field(ge=0, le=TEXT)]
    end: Annotated[int, Field(ge=1, le=TEXT)]
    type: Name
    probability: Probability | None = None


class DocumentIn(Model):
    """A text to show, and what was found in it."""

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
    """Each document as a piece of HTML: its text, in which entities are marked."""

    html: list[str]


class ModelOut(Model):
    """A model that is served."""

    name: str
    version: str
    language: str | None
    types: list[str]
    unit: Literal["word", "character"]
    equation: str
    scores: dict[str, Any] | None = Field(description="On the dev set of its training, in percent.")


class EpochOut(Model):
    """A pass over the training data."""

    stage: str
    number: int
    epochs: int
    loss: float
    dev_f1: float | None
    seconds: float = Field(default=0.0, description="Since its stage began.")


class Fault(Model):
    """What went wrong, and what to do."""

    error: str = Field(description="A sentence for people.")
    code: str = Field(description="For programs, such as invalid_field, not_found, busy.")
    field: str | None = Field(default=None, description="The field that is at fault, where one is.")
