"""Routes for models, health, metrics, the documentation and the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response

from fanlight.apps.server import schemas
from fanlight.apps.server.docs_page import docs_page
from fanlight.apps.server.metrics import CONTENT_TYPE, Metrics
from fanlight.apps.server.tagging import Tagging
from fanlight.entities import html
from fanlight.network.architecture import equation

STATIC = Path(__file__).parent / "static"
POLICY = "; ".join(
    (
        "default-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:", "base-uri 'none'",
        "frame-ancestors 'none'", "form-action 'self'",
    )
)  # fmt: skip


def service_routes(tagging: Tagging, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["service"])

    @router.get("/v1/models", response_model=list[schemas.ModelOut], operation_id="models")
    async def models() -> Any:
        """List the models."""
        return [
            {
                "name": name,
                "version": tagging.name_of(name).version,
                "language": tagging.name_of(name).language,
                "types": list(batcher.tagger.types),
                "unit": batcher.tagger.unit,
                "equation": f"z = {equation(batcher.tagger.model.configuration)}",
                "scores": batcher.tagger.model.provenance.get("dev scores"),
            }
            for name, batcher in tagging.batchers.items()
        ]

    @router.get("/healthz", response_class=PlainTextResponse, operation_id="health")
    async def healthz() -> str:
        """Answer "ok" if the server is alive."""
        return "ok"

    @router.get(
        "/readyz", response_model=schemas.Readiness, responses={503: {"model": schemas.Readiness}},
        operation_id="readiness",
    )  # fmt: skip
    async def readyz() -> Any:
        """Return the state of each model's engine; status 200 when all are ready. Texts can be tagged before."""
        return JSONResponse({"models": tagging.states}, 200 if tagging.ready else 503)

    @router.get("/metrics", response_class=PlainTextResponse, operation_id="metrics")
    async def prometheus() -> Response:
        """Return counters and histograms in Prometheus's text format."""
        return Response(metrics.render(), headers={"content-type": CONTENT_TYPE})

    return router


def add_pages(app: FastAPI) -> None:
    """Add the page and the documentation, which load nothing from other sites."""

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": POLICY})

    @app.get("/static/marks.css", include_in_schema=False)
    async def style_of_entities() -> FileResponse:
        return FileResponse(html.MARKS)

    @app.get("/docs", include_in_schema=False)
    async def docs(http: Request) -> HTMLResponse:
        page = docs_page(app.openapi(), str(http.base_url).rstrip("/"))
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
