"""Routes used only by the page: equations and states of models, functions of the language, Jacobians, Hessians."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from fanlight.apps.server.schemas import Formula, Language, Model, Name, Shapes
from fanlight.apps.server.tagging import Tagging
from fanlight.apps.server.workers import WorkerPool
from fanlight.calculus.expressions import function, symbol
from fanlight.calculus.language import functions
from fanlight.calculus.lecture.latex import latex
from fanlight.calculus.lecture.mathml import mathml
from fanlight.calculus.operations import TABLE
from fanlight.calculus.rewritings import REWRITINGS
from fanlight.network.architecture import equation


class StateResponse(Model):
    """The state of each model's engine, as in /readyz; always with status 200, so that browsers log no error."""

    ready: bool
    models: dict[str, str]


class FunctionOut(Model):
    """A function of the language of expressions."""

    name: str
    example: str
    meaning: str = Field(description="Its derivative, or its definition.")


class DifferentiateRequest(Model):
    """A vector for a Jacobian, or a scalar for a Hessian."""

    expression: Formula
    wrt: Name
    form: Literal["jacobian", "hessian"]
    shapes: Shapes = Field(default={})
    assume: Annotated[dict[Name, Name], Field(max_length=20)] = Field(default={})
    at: Annotated[dict[Name, Any], Field(max_length=20)] | None = None
    language: Language = Field(default="en", description="Language of error messages.")


class DerivativeNumbers(Model):
    """The values of the expression and its derivative, as nested lists."""

    value: Any
    derivative: Any


class DifferentiateResponse(Model):
    """The derivative as text and as a formula, and its values at the given numbers."""

    text: str
    mathml: str
    symbols: dict[str, list[str]]
    numbers: DerivativeNumbers | None


def page_routes(tagging: Tagging, workers: WorkerPool) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["understanding"])

    @router.get("/v1/state", response_model=StateResponse, operation_id="state")
    async def state() -> Any:
        """Return the state of each model's engine."""
        return {"ready": tagging.ready, "models": tagging.states}

    @router.get("/v1/equations", response_model=dict[str, str], operation_id="equations")
    def equations() -> Any:
        """Return each model's equation in MathML."""
        return {
            name: mathml(f"z = {latex(equation(batcher.tagger.model.configuration))}")
            for name, batcher in tagging.batchers.items()
        }

    @router.get("/v1/functions", response_model=list[FunctionOut], operation_id="functions")
    def list_functions() -> Any:
        """List the functions of the language of expressions."""
        return [describe_function(name) for name in functions() if is_of_the_language(name)]

    @router.post("/v1/differentiate", response_model=DifferentiateResponse, operation_id="differentiate")
    async def differentiate(request: DifferentiateRequest) -> Any:
        """Derive the Jacobian of a vector or the Hessian of a scalar, and evaluate it."""
        return JSONResponse(await workers.run("differentiate", request.model_dump()))

    return router


def describe_function(name: str) -> dict[str, str]:
    """Return a function's name, an example, and its derivative or definition.

    Examples
    --------
    >>> describe_function("tanh")
    {'name': 'tanh', 'example': 'tanh(x)', 'meaning': "tanh'(x) = 1 - tanh(x)**2"}
    """
    if name in REWRITINGS:
        rewriting = REWRITINGS[name]
        return {"name": name, "example": rewriting.example, "meaning": rewriting.meaning}
    entry = TABLE.get(name)
    if entry is None or entry.derivative is None:
        return {"name": name, "example": f"{name}(…)", "meaning": ""}
    x = symbol("x")
    call = function(name)(x)
    return {"name": name, "example": str(call), "meaning": f"{name}'(x) = {entry.derivative(x, call)}"}


def is_of_the_language(name: str) -> bool:
    """Tell whether a function belongs to the calculus, and was not registered by another package."""
    if name not in TABLE or name in REWRITINGS:
        return True
    entry = TABLE[name]
    return entry.derivative is not None or (
        entry.pullback is not None and entry.pullback.__module__.startswith("fanlight.calculus")
    )
