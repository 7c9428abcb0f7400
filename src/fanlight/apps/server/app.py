"""The HTTP interface: requests in, taggers and the calculus behind, and the page in front."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from fanlight.api.history import History, read_history
from fanlight.apps.labelling import LabelStore
from fanlight.apps.server import labelling, schemas
from fanlight.apps.server.access import Access
from fanlight.apps.server.guard import Guard, metrics
from fanlight.apps.server.tagging import Tagging, answer
from fanlight.apps.server.workers import PoolFullError, WorkerPool
from fanlight.calculus.lecture.latex import latex
from fanlight.entities import html
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError, FanlightError
from fanlight.network.architecture import equation
from fanlight.tagging.tagger import Tagger
from fanlight.version import __version__

STATIC = Path(__file__).parent / "static"
FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.Fault, "description": text}
    for status, text in (
        (400, "The input is at fault; the error says how."),
        (401, "The API key is missing or wrong."),
        (404, "There is no such model."),
        (408, "The request came too slowly."),
        (413, "The body is too large."),
        (403, "Another site's page, or another annotator."),
        (421, "The request is for another host."),
        (429, "All that works on expressions is busy: ask again in a moment."),
        (422, "A field is missing, unknown or out of range."),
        (503, "No answer in time."),
    )
}


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
) -> Guard:
    """Return the application, an ASGI one.

    Parameters
    ----------
    taggers : mapping of str to Tagger
        What is served, by name; "en" and "ko" also answer requests that name no model, by the text's script, or else
        the first of all does.
    most_bytes : int
        Of a request's body.
    seconds : float
        For a request to arrive, and for its answer to begin.
    keys : mapping of str to str, optional
        The API keys of /v1 paths, each with the annotator that it is for, or None for all.
    origins : tuple of str
        Other sites whose pages may call (CORS); none by default.
    hosts : tuple of str
        Names under which the server is asked, beside addresses and localhost; see `access.Access`.
    watch : path, optional
        What `fanlight train --watch` writes.
    labels : LabelStore, optional
        Texts to label.
    """
    workers = WorkerPool()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()

    app = FastAPI(
        title="Fanlight",
        lifespan=lifespan,
        version=__version__,
        description="Named entities, why they are, and the calculus behind. Offsets count code points.",
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        responses=FAULTS,
    )
    tagging = Tagging(taggers)

    @app.post("/v1/tag", response_model=schemas.TagResponse)
    async def tag(request: schemas.TagRequest, http: Request) -> Any:
        """Find the entities of texts. With `Accept: application/x-ndjson` the answer is a line a text, as they come."""
        if "application/x-ndjson" in http.headers.get("accept", ""):
            tagging.by_model(request)  # what is wrong is told before the answer begins
            return StreamingResponse(tagging.lines(request), media_type="application/x-ndjson")
        return Response(answer(await tagging.tag(request)), media_type="application/json")

    @app.post(
        "/v1/html",
        response_model=schemas.HtmlResponse,
        responses={200: {"content": {"text/html": {}}}},
    )
    async def as_html(request: schemas.HtmlRequest, http: Request) -> Any:
        """Show entities in their texts, as `fanlight tag --format html` does; with `Accept: text/html` as a page."""
        documents = [_document(d) for d in request.documents]
        if "text/html" in http.headers.get("accept", ""):
            return HTMLResponse("".join(await asyncio.to_thread(lambda: list(html.page(documents)))))
        return JSONResponse({"html": await asyncio.to_thread(lambda: [html.mark_entities(d) for d in documents])})

    @app.post("/v1/explain", response_model=schemas.ExplainResponse)
    async def explain(request: schemas.ExplainRequest) -> Any:
        """Say why a word got its tag, and what its tag would be in another window."""
        name = tagging.chosen(request.model, request.text)
        tagger = taggers[name]

        def work() -> dict[str, Any]:
            places = tagger.tokens(request.text)
            token = next((n for n, (s, e) in enumerate(places) if s <= request.offset < e), None)
            if token is None:
                raise DataError(f"offset {request.offset}: there is no word there")
            found = tagger.explain(request.text, token, request.tag)
            other = None
            if request.replace is not None:
                r = request.replace
                other = tagger.what_if(request.text, token, r.position, r.text, found.tag).to_dict()
            z = equation(tagger.model.configuration)
            said = {"model": name, "equation": f"z = {z}", "latex": f"z = {latex(z)}"}
            return {**said, "explanation": found.to_dict(), "what_if": other}

        return JSONResponse(await tagging.batchers[name].run(work))

    @app.post("/v1/derive", response_model=schemas.DeriveResponse)
    async def derive(request: schemas.DeriveRequest) -> Any:
        """Derive a gradient step by step, and run the computation graph at numbers."""
        return JSONResponse(await workers.run("derive", request.model_dump()))

    @app.post("/v1/check", response_model=schemas.CheckResponse)
    async def check(request: schemas.CheckRequest) -> Any:
        """Check a gradient: right, or what is wrong with it."""
        return JSONResponse(await workers.run("check", request.model_dump()))

    @app.get("/v1/models", response_model=list[schemas.ModelOut])
    async def models() -> Any:
        """Name the models."""
        return [
            {
                "name": name,
                "types": list(t.types),
                "unit": t.unit,
                "equation": f"z = {equation(t.model.configuration)}",
                "scores": t.model.provenance.get("dev scores"),
            }
            for name, t in taggers.items()
        ]

    @app.get("/v1/training", response_model=schemas.TrainingResponse)
    async def training() -> Any:
        """Give the curves of the training that is watched."""
        history = History([], [], None) if watch is None else await asyncio.to_thread(read_history, watch)
        return {"epochs": history.epochs, "html": history.html()}

    async def proposed(text: str) -> Document:
        return (await tagging.batchers[tagging.chosen(None, text)].tag([text]))[0]

    app.include_router(labelling.routes(labels, proposed))

    @app.get("/healthz", response_class=PlainTextResponse, responses={})
    async def healthz() -> str:
        """Answer "ok" while the server can work."""
        return "ok"

    @app.get("/readyz", response_model=schemas.Readiness, responses={503: {"model": schemas.Readiness}})
    async def readyz() -> Any:
        """Say what each model's engine is doing; 200 once all are ready. Texts are answered before, too."""
        return JSONResponse({"models": tagging.states}, 200 if tagging.ready else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def prometheus() -> str:
        """Give counters in Prometheus's text format."""
        return metrics(guard, tagging.texts, tagging.characters)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": POLICY})

    @app.get("/static/marks.css", include_in_schema=False)
    async def marks() -> FileResponse:
        return FileResponse(html.MARKS)

    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.exception_handler(FanlightError)
    async def fault(_: Request, error: FanlightError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 400)

    @app.exception_handler(PoolFullError)
    async def full(_: Request, error: PoolFullError) -> JSONResponse:
        message = "all that works on expressions is busy: ask again in a moment"
        return JSONResponse({"error": message}, 429, headers={"Retry-After": "1"})

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        told = str(error.detail)
        if "error parsing the body" in told:  # the framework's words for bytes that are no text, and for JSON too deep
            told = "the body cannot be read: send JSON in UTF-8, not nested deeply"
        return JSONResponse({"error": told}, error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:] if not isinstance(part, int)) or "body"
        return JSONResponse({"error": f"{place}: {first['msg']}"}, 422)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": "the server failed: this is a fault of fanlight, not of the input"}, 500)

    if origins:
        from fastapi.middleware.cors import CORSMiddleware

        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"])
    access = Access(keys or {}, origins, hosts)
    guard = Guard(app, most_bytes, seconds, access, {"/v1/tag": tagging.at_once})
    return guard


POLICY = "; ".join(
    (
        "default-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:", "base-uri 'none'",
        "frame-ancestors 'none'", "form-action 'self'",
    )
)  # fmt: skip


def _document(given: schemas.DocumentIn) -> Document:
    """Return a document as it was given."""
    text = given.text
    return Document(
        text, tuple(Entity(e.start, e.end, e.type, text[e.start : e.end], e.probability) for e in given.entities)
    )
