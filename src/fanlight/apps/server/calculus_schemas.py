"""Schemas for explanations, derivations and checks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from fanlight.apps.server.schemas import Formula, Language, Model, ModelFields, Name, Shapes


class Replacement(Model):
    """Another word at a position of the window; "" removes the word."""

    position: Annotated[int, Field(ge=-50, le=50)]
    text: Annotated[str, Field(max_length=200)]


class ExplainRequest(Model):
    """A word of a text to explain."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Museums in Paris are amazing to see.", "offset": 11}]},
    )

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    offset: Annotated[int, Field(ge=0, description="Any code point of the word.")]
    tag: Name | None = None
    model: Name | None = None
    replace: Replacement | None = None


class ExplainResponse(ModelFields):
    """Explanations of the word with and without replacements; fields of `fanlight.tagging.explain.Explanation`."""

    equation: str
    latex: str = Field(description="The equation in LaTeX.")
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
    shapes: Shapes = Field(default_factory=dict)
    assume: Annotated[dict[Name, Name], Field(max_length=20)] = Field(default_factory=dict)
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
    """An edge of the computation graph."""

    source: int
    target: int
    downstream: Any


class GraphOut(Model):
    """Nodes in the order of the forward pass."""

    nodes: list[NodeOut]
    edges: list[EdgeOut]


class DeriveResponse(Model):
    """The derivation as text and as formulas, and the graph at the given numbers."""

    gradient: str
    latex: str
    html: str = Field(description="The derivation, its formulas in MathML with their LaTeX as annotations.")
    steps: str
    symbols: dict[str, list[str]]
    graph: GraphOut | None


class CheckRequest(Model):
    """A gradient to check."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"expression": "x.T @ A @ x", "wrt": "x", "gradient": "2 * A @ x"}]},
    )

    expression: Formula
    wrt: Name
    gradient: Formula
    shapes: Shapes = Field(default_factory=dict)
    assume: Annotated[dict[Name, Name], Field(max_length=20)] = Field(default_factory=dict)
    language: Language = "en"


class CheckResponse(Model):
    """Whether the gradient is right, with a reason if it is wrong."""

    right: bool
    reasons: list[str]
    expected: str
    latex: str
