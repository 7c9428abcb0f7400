"""Routes for explanations of tags, derivations and checks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from fanlight.apps.server import calculus_schemas as schemas
from fanlight.apps.server.tagging import Tagging
from fanlight.apps.server.workers import WorkerPool
from fanlight.calculus.lecture.latex import latex
from fanlight.errors import DataError
from fanlight.network.architecture import equation
from fanlight.tagging.tagger import Tagger


def calculus_routes(tagging: Tagging, workers: WorkerPool) -> APIRouter:
    """Return the routes; untrusted expressions are evaluated in worker processes."""
    router = APIRouter(tags=["understanding"])

    @router.post("/v1/explain", response_model=schemas.ExplainResponse, operation_id="explain")
    async def explain(request: schemas.ExplainRequest) -> Any:
        """Explain why a word got its tag, and its tag with other words in the window."""
        name = tagging.choose(request.model, request.text)
        batcher = tagging.batchers[name]
        explanation = await batcher.run(_explain, batcher.tagger, request)
        return JSONResponse(tagging.name_of(name).to_dict() | explanation)

    @router.post("/v1/derive", response_model=schemas.DeriveResponse, operation_id="derive")
    async def derive(request: schemas.DeriveRequest) -> Any:
        """Derive a gradient step by step, and evaluate the computation graph."""
        return JSONResponse(await workers.run("derive", request.model_dump()))

    @router.post("/v1/check", response_model=schemas.CheckResponse, operation_id="check")
    async def check(request: schemas.CheckRequest) -> Any:
        """Check a gradient, with a reason if it is wrong."""
        return JSONResponse(await workers.run("check", request.model_dump()))

    return router


def _explain(tagger: Tagger, request: schemas.ExplainRequest) -> dict[str, Any]:
    offsets = tagger.tokens(request.text)
    token = next((n for n, (start, end) in enumerate(offsets) if start <= request.offset < end), None)
    if token is None:
        raise DataError(f"offset {request.offset}: there is no word there")
    explanation = tagger.explain(request.text, token, request.tag)
    what_if = None
    if (replacement := request.replace) is not None:
        other = tagger.what_if(request.text, token, replacement.position, replacement.text, explanation.tag)
        what_if = other.to_dict()
    z = equation(tagger.model.configuration)
    fields = {"equation": f"z = {z}", "latex": f"z = {latex(z)}"}
    return {**fields, "explanation": explanation.to_dict(), "what_if": what_if}
