"""Routes for tagging, HTML, values, masking and unmasking."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from fanlight.apps.server import masking_schemas, schemas
from fanlight.apps.server.line_routes import NDJSON
from fanlight.apps.server.tagging import Tagging, answer
from fanlight.entities import html
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError
from fanlight.tagging.masking import Masker, unmask
from fanlight.values import read_value


def tagging_routes(tagging: Tagging) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["tagging"])

    @router.post(
        "/v1/tag", response_model=schemas.TagResponse, operation_id="tag", responses={200: {"content": {NDJSON: {}}}}
    )
    async def tag(request: schemas.TagRequest, http: Request) -> Any:
        """Find the entities of texts; with `Accept: application/x-ndjson`, as a stream with one line per text."""
        if NDJSON in http.headers.get("accept", ""):
            tagging.check_options(request)  # errors are raised before the response begins
            await tagging.rules_of((), request)
            return StreamingResponse(tagging.stream(request), media_type=NDJSON)
        tagging.check_options(request, [text for text in request.texts if isinstance(text, str)])
        return Response(answer(await tagging.answer(request)), media_type="application/json")

    @router.post(
        "/v1/html", response_model=schemas.HtmlResponse, operation_id="html",
        responses={200: {"content": {"text/html": {}}}},
    )  # fmt: skip
    async def as_html(request: schemas.HtmlRequest, http: Request) -> Any:
        """Show entities in their texts, as `fanlight tag --format html`; with `Accept: text/html`, as a page."""
        documents = [_document(document) for document in request.documents]
        if "text/html" in http.headers.get("accept", ""):
            return HTMLResponse("".join(await asyncio.to_thread(lambda: list(html.page(documents)))))
        return JSONResponse({"html": await asyncio.to_thread(lambda: [html.mark_entities(d) for d in documents])})

    @router.post("/v1/values", response_model=schemas.ValuesResponse, operation_id="values")
    async def values(request: schemas.ValuesRequest) -> Any:
        """Return the values of dates, times, amounts and quantities."""
        return JSONResponse({"values": await asyncio.to_thread(_read_values, request)})

    @router.post("/v1/mask", response_model=masking_schemas.MaskResponse, operation_id="mask")
    async def mask(request: masking_schemas.MaskRequest) -> Any:
        """Replace names by placeholders such as [PER_1], the same for the same name in all texts."""
        tagging.check_options(request, request.texts)
        tagged = await tagging.tag(request.texts, request)
        masked = await asyncio.to_thread(_mask, request, [document for document, _ in tagged])
        return JSONResponse({**masked, "models": [name.to_dict() for _, name in tagged]})

    @router.post("/v1/unmask", response_model=masking_schemas.UnmaskResponse, operation_id="unmask")
    async def restore(request: masking_schemas.UnmaskRequest) -> Any:
        """Restore the names replaced by /v1/mask."""
        return JSONResponse(
            {"texts": await asyncio.to_thread(lambda: [unmask(text, _names(request.key)) for text in request.texts])}
        )

    return router


def _read_values(request: schemas.ValuesRequest) -> list[dict[str, Any] | None]:
    options = request.to_options()
    values = (read_value(entity.text, entity.type, *options) for entity in request.entities)
    return [None if value is None else value.to_dict() for value in values]


def _mask(request: masking_schemas.MaskRequest, documents: list[Document]) -> dict[str, Any]:
    masker = Masker(request.types, _names(request.key))
    if request.redact:
        return {"texts": [masker.redact(document) for document in documents], "key": {}}
    try:
        masker.reserve(request.texts)
    except ValueError as error:
        raise DataError(f"key: {error}") from None
    return {"texts": [masker.mask(document) for document in documents], "key": masker.names}


def _names(key: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
    return {placeholder: (name, type_) for placeholder, (name, type_) in key.items()}


def _document(document: schemas.DocumentIn) -> Document:
    """Return a document as it was sent."""
    text = document.text
    return Document(
        text, tuple(Entity(e.start, e.end, e.type, text[e.start : e.end], e.probability) for e in document.entities)
    )
