"""The ASGI application of the HTTP interface and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from fanlight.apps.labelling import LabelStore
from fanlight.apps.server import labelling
from fanlight.apps.server.access import Access
from fanlight.apps.server.calculus_routes import calculus_routes
from fanlight.apps.server.compatible import compatible_routes
from fanlight.apps.server.errors import BusyError, describe_invalid, error_body
from fanlight.apps.server.label_studio import label_studio_routes
from fanlight.apps.server.line_routes import line_routes
from fanlight.apps.server.metrics import Metrics
from fanlight.apps.server.middleware import Limits, Middleware
from fanlight.apps.server.openapi import FAULTS, describe
from fanlight.apps.server.page_routes import page_routes
from fanlight.apps.server.review_routes import review_routes
from fanlight.apps.server.service_routes import STATIC, add_pages, service_routes
from fanlight.apps.server.tagging import Tagging
from fanlight.apps.server.tagging_routes import tagging_routes
from fanlight.apps.server.training import TrainingRunner
from fanlight.apps.server.training_routes import training_routes
from fanlight.apps.server.workers import WorkerPool
from fanlight.entities.entity import Document
from fanlight.errors import FanlightError
from fanlight.tagging.tagger import Tagger
from fanlight.version import __version__

DESCRIPTION = (
    "Named entities, why they are, and the calculus behind. Offsets count code points, or what a request says. Errors "
    "have a sentence for people and a code for programs."
)


def create_app(
    taggers: Mapping[str, Tagger],
    most_bytes: int = 20_000_000,
    seconds: float = 60.0,
    *,
    keys: Mapping[str, str | None] | None = None,
    origins: tuple[str, ...] = (),
    hosts: tuple[str, ...] = (),
    watch: Path | None = None,
    labels: LabelStore | None = None,
    runner: TrainingRunner | None = None,
) -> Middleware:
    """Return the application, an ASGI one.

    Parameters
    ----------
    taggers : mapping of str to Tagger
        Served models by name; "en" and "ko" are selected by script if a request has no model; without them, the
        first model is used.
    most_bytes : int
        Maximum size of a request's body.
    seconds : float
        Maximum time for a request to arrive, and for its response to begin.
    keys : mapping of str to str, optional
        API keys, each with its annotator, or None for all.
    origins : tuple of str
        Other sites whose pages have access (CORS); none by default.
    hosts : tuple of str
        Accepted host names, besides IP addresses and localhost; see `access.Access`.
    watch : path, optional
        The file written by `fanlight train --watch`.
    labels : LabelStore, optional
        Texts to label.
    runner : TrainingRunner, optional
        Runs trainings started on the page; None disables them.
    """
    workers, metrics = WorkerPool(), Metrics()
    tagging = Tagging(taggers, metrics)
    metrics.watch("fanlight_waiting_characters", "Characters that are tagged or wait.", lambda: tagging.waiting)
    metrics.watch("fanlight_ready", "Whether every model's compiled engine is ready.", lambda: tagging.ready)
    # the framework's documentation pages load scripts from other sites
    app = FastAPI(
        title="Fanlight", version=__version__, description=DESCRIPTION, responses=FAULTS, docs_url=None, redoc_url=None,
        lifespan=_close_at_end(workers, tagging, runner),
    )  # fmt: skip
    for router in (
        tagging_routes(tagging), line_routes(tagging), calculus_routes(tagging, workers), page_routes(tagging, workers),
        service_routes(tagging, metrics), labelling.routes(labels, _propose(tagging)), review_routes(labels),
        training_routes(tagging, runner, watch, labels), compatible_routes(tagging), label_studio_routes(tagging),
    ):  # fmt: skip
        app.include_router(router)
    add_pages(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _add_error_handlers(app)
    describe(app, needs_key=bool(keys))
    _allow_origins(app, origins)
    access = Access(keys or {}, origins, hosts)
    return Middleware(app, Limits(most_bytes, seconds), access, metrics, {"/v1/tag": tagging.at_once})


def _close_at_end(workers: WorkerPool, tagging: Tagging, runner: TrainingRunner | None) -> Any:
    """Return the lifespan function, which closes the parts of the server at the end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()
        tagging.close()
        if runner is not None:
            await runner.close()

    return lifespan


def _allow_origins(app: FastAPI, origins: tuple[str, ...]) -> None:
    if not origins:
        return
    from fastapi.middleware.cors import CORSMiddleware

    app.add_middleware(
        CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"],
        expose_headers=["X-Request-ID", "Retry-After"],
    )  # fmt: skip


def _propose(tagging: Tagging) -> Any:
    """Return a function that proposes the entities of a text to label."""

    async def propose(text: str) -> Document:
        documents = await tagging.batchers[tagging.choose(None, text)].tag([text])
        return documents[0]

    return propose


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(FanlightError)
    async def fault(_: Request, error: FanlightError) -> JSONResponse:
        return JSONResponse(error_body(400, str(error)), 400)

    @app.exception_handler(BusyError)
    async def busy(_: Request, error: BusyError) -> JSONResponse:
        message = "too much is waiting: ask again after the seconds of Retry-After"
        return JSONResponse(error_body(429, message), 429, headers={"Retry-After": "1"})

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> JSONResponse:
        message = str(error.detail)
        if "error parsing the body" in message:  # the framework's, for bytes that are no text and for JSON too deep
            message = "the body cannot be read: send JSON in UTF-8, not nested deeply"
        elif message == "Not Found":
            message = "there is no such path: see /docs"
        elif message == "Method Not Allowed":
            message = "the path has no such method: see /docs"
        return JSONResponse(error_body(error.status_code, message), error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(http: Request, error: RequestValidationError) -> JSONResponse:
        parameters = getattr(getattr(http.scope.get("route"), "body_field", None), "field_info", None)
        fields = tuple(getattr(getattr(parameters, "annotation", None), "model_fields", ()))
        of_body = any(fault["loc"][0] == "body" for fault in error.errors())
        if of_body and http.headers.get("content-type", "").partition(";")[0] not in ("application/json", ""):
            message = "the body is not JSON: send it with Content-Type: application/json"
            if http.url.path == "/v1/tag":
                message += ", or send lines of JSON to /v1/tag/lines"
            return JSONResponse(error_body(415, message), 415)
        field, message = describe_invalid(error.errors(), fields)
        return JSONResponse(error_body(422, message, field), 422)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        message = "the server failed: this is a fault of fanlight, not of the input"
        return JSONResponse(error_body(500, message), 500)
