"""What goes over the wire: every field named, limited and with an example."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

TEXT = 2_000_000  # characters of one text
TEXTS = 10_000  # of one request
FORMULA = 500  # characters: a lecture's formula, not a program

Text = Annotated[str, Field(max_length=TEXT)]
Formula = Annotated[str, Field(min_length=1, max_length=FORMULA)]
Name = Annotated[str, Field(min_length=1, max_length=40)]
Probability = Annotated[float, Field(ge=0, le=1)]
Dimension = Annotated[str, Field(max_length=20)] | Annotated[int, Field(ge=1, le=100)]
Shapes = Annotated[dict[Name, Annotated[list[Dimension], Field(max_length=2)]], Field(max_length=20)]


Language = Literal["en", "ko"]  # of the words around the formulas


def _absent() -> Any:
    return None


class Model(BaseModel):
    """The base of all: unknown fields are refused, so that a misspelled one is no silent default."""

    model_config = ConfigDict(extra="forbid")


class TagRequest(Model):
    """One text or many."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": "Museums in Paris are amazing to see."}, {"texts": ["It rained.", "Oslo is old."]}],
            "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
        },
    )

    # absent, not null: the schema has no place for null
    text: Text = Field(default_factory=_absent, description="Either this, or")
    texts: Annotated[list[Text], Field(min_length=1, max_length=TEXTS)] = Field(
        default_factory=_absent, description="these."
    )
    model: Name | None = Field(None, description="One of /v1/models; by default each text's own script decides.")
    threshold: Probability | dict[Name, Probability] = 0.0

    @model_validator(mode="after")
    def _one_or_many(self) -> TagRequest:
        if (self.text is None) == (self.texts is None):
            raise ValueError('give either "text" or "texts"')
        if self.texts is None:
            self.texts = [self.text]
        return self


class EntityOut(Model):
    """An entity; offsets count code points."""

    start: int
    end: int
    type: str
    text: str
    probability: float


class DocumentOut(Model):
    """A text's entities."""

    text: str
    entities: list[EntityOut]


class Readiness(BaseModel):
    """What each model's engine is doing."""

    models: dict[str, str] = Field(description='"loading", "compiling" (once on a machine, about 20 s) or "ready".')


class TagResponse(Model):
    """The documents, in the order of the texts."""

    documents: list[DocumentOut]


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


class Replacement(Model):
    """What if the word at this position of the window were another; "" leaves it out."""

    position: Annotated[int, Field(ge=-50, le=50)]
    text: Annotated[str, Field(max_length=200)]


class ExplainRequest(Model):
    """Which word of which text."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Museums in Paris are amazing to see.", "offset": 11}]},
    )

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    offset: Annotated[int, Field(ge=0, description="Any code point of the word.")]
    tag: Name | None = None
    model: Name | None = None
    replace: Replacement | None = None


class ExplainResponse(Model):
    """Explanations: of the word as it is, and what if; fields as `fanlight.tagging.explain.Explanation`."""

    model: str
    equation: str
    latex: str = Field(description="The equation, to typeset.")
    explanation: dict[str, Any]
    what_if: dict[str, Any] | None


class DeriveRequest(Model):
    """An expression, what to differentiate by, and numbers for the computation graph."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "expression": "u.T @ tanh(W @ x + b)",
                    "wrt": "W",
                    "at": {"u": [[1], [2]], "W": [[1, 0], [0, 1]], "x": [[1], [-1]], "b": [[0], [0]]},
                }
            ]
        },
    )

    expression: Formula
    wrt: Name
    shapes: Shapes = {}
    assume: Annotated[dict[Name, Name], Field(max_length=20)] = {}
    at: Annotated[dict[Name, Any], Field(max_length=20)] | None = None
    language: Language = "en"


class NodeOut(Model):
    """A node of the computation graph."""

    label: str
    formula: str
    value: Any
    upstream: Any
    local: str
    role: str


class EdgeOut(Model):
    """What a node hands another."""

    source: int
    target: int
    downstream: Any


class GraphOut(Model):
    """Nodes in the order of the forward pass."""

    nodes: list[NodeOut]
    edges: list[EdgeOut]


class DeriveResponse(Model):
    """The derivation, to read and to typeset, and the graph at the numbers given."""

    gradient: str
    latex: str
    html: str = Field(description="The derivation, its formulas in MathML with their LaTeX as annotations.")
    steps: str
    symbols: dict[str, list[str]]
    graph: GraphOut | None


class CheckRequest(Model):
    """A gradient of one's own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"expression": "x.T @ A @ x", "wrt": "x", "gradient": "2 * A @ x"}]},
    )

    expression: Formula
    wrt: Name
    gradient: Formula
    shapes: Shapes = {}
    assume: Annotated[dict[Name, Name], Field(max_length=20)] = {}
    language: Language = "en"


class CheckResponse(Model):
    """Right, or what is wrong with it."""

    right: bool
    reasons: list[str]
    expected: str
    latex: str


class ModelOut(Model):
    """A model that is served."""

    name: str
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


class TrainingResponse(Model):
    """The passes of the training that is watched, so far, and as HTML their curves and, at the end, the report."""

    epochs: list[EpochOut]
    html: str


class Fault(Model):
    """What went wrong, and what to do."""

    error: str
