"""Routes for labelling: the next text of an annotator, save, undo, export."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from fanlight.apps.labelling import LabelStore, Task
from fanlight.apps.server.access import ANNOTATOR
from fanlight.apps.server.schemas import Model, Text
from fanlight.entities.entity import Document

# without control characters: names and types are shown to others
Annotator = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        pattern=r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$",
    ),
]


class SpanIn(Model):
    """A labelled span; offsets count code points."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    label: Annotated[str, Field(min_length=1, max_length=40)]


class SaveRequest(Model):
    """An annotator's spans of a text; an empty list is valid."""

    annotator: Annotator
    id: Annotated[int, Field(ge=1, lt=1 << 62)]
    spans: Annotated[list[SpanIn], Field(max_length=10_000)]


class UndoRequest(Model):
    """The annotator whose last save is undone."""

    annotator: Annotator


class AnnotatorResponse(Model):
    """The annotator of a key; null if it is for all, or none is needed."""

    annotator: str | None


class TaskOut(Model):
    """A text to label, with the model's proposals, or the annotator's spans after an undo."""

    id: int
    text: Text
    spans: list[SpanIn]


class AgreementOut(Model):
    """Cohen's κ of two annotators over the tokens of texts labelled by both."""

    left: str = Field(alias="first")
    right: str = Field(alias="second")
    texts: int
    kappa: float


class LabelsResponse(Model):
    """The progress of an annotator; without a task after the last text."""

    types: list[str]
    task: TaskOut | None
    done: int
    all: int
    agreement: list[AgreementOut]
    open: bool = Field(description="Whether texts can be added by /v1/labels/texts.")


def routes(store: LabelStore | None, tag: Callable[[str], Awaitable[Document]]) -> APIRouter:
    """Return the routes; without a store, there are no texts to label.

    Parameters
    ----------
    store : LabelStore or None
    tag : callable of a text to an awaitable Document
        Function for the proposals.
    """
    router = APIRouter(tags=["labelling"])

    async def standing(annotator: str) -> JSONResponse:
        return JSONResponse(await _describe_standing(store, tag, annotator))

    def get_store() -> LabelStore:
        if store is None:
            raise HTTPException(404, "there is nothing to label: start the server with fanlight label")
        return store

    @router.get("/v1/labels", response_model=LabelsResponse, operation_id="labels")
    async def labels(annotator: Annotated[str, Query(min_length=1, max_length=40)], http: Request) -> Any:
        """Return the next text of an annotator."""
        check_annotator(http, annotator)
        return await standing(annotator)

    @router.get("/v1/labels/annotator", response_model=AnnotatorResponse, operation_id="annotator")
    async def annotator_of_key(http: Request) -> Any:
        """Return the annotator of the request's key."""
        return {"annotator": http.scope.get(ANNOTATOR)}

    @router.post("/v1/labels", response_model=LabelsResponse, operation_id="save_labels")
    async def save(request: SaveRequest, http: Request) -> Any:
        """Save an annotator's spans of a text durably, and return the next text."""
        check_annotator(http, request.annotator)
        spans = [(s.start, s.end, s.label) for s in request.spans]
        await asyncio.to_thread(get_store().save, request.annotator, request.id, spans)
        return await standing(request.annotator)

    @router.post("/v1/labels/undo", response_model=LabelsResponse, operation_id="undo_labels")
    async def undo(request: UndoRequest, http: Request) -> Any:
        """Undo an annotator's last save, and return that text."""
        check_annotator(http, request.annotator)
        await asyncio.to_thread(get_store().undo, request.annotator)
        return await standing(request.annotator)

    @router.get("/v1/labels/export", response_class=StreamingResponse, operation_id="export_labels")
    def export(format: Literal["fanlight", "prodigy"] = "fanlight") -> Any:
        """Return all labels, one JSON line per text and annotator: training data, or Prodigy tasks."""
        rows: Iterator[dict[str, object]] = iter(())
        if store is not None:
            rows = store.export() if format == "fanlight" else store.tasks()
        written = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return StreamingResponse(written, media_type="application/x-ndjson")

    return router


async def _describe_standing(
    store: LabelStore | None, tag: Callable[[str], Awaitable[Document]], annotator: str
) -> dict[str, Any]:
    """Return the body of a `LabelsResponse`."""
    if store is None:
        return {"types": [], "task": None, "done": 0, "all": 0, "agreement": [], "open": False}
    types, task, (done, count), agreement = await asyncio.to_thread(_standing, store, annotator)
    shown = None
    if task is not None:
        spans = task.spans
        if spans is None:
            spans = await asyncio.to_thread(store.proposal, task.id)
        if spans is None:
            spans = [(e.start, e.end, e.type) for e in (await tag(task.text)).entities if e.type in types]
        rows = [{"start": s, "end": e, "label": t} for s, e, t in spans]
        shown = {"id": task.id, "text": task.text, "spans": rows}
    rows_of_agreement = [{"first": a.left, "second": a.right, "texts": a.texts, "kappa": a.kappa} for a in agreement]
    standing = {"types": types, "task": shown, "done": done, "all": count, "agreement": rows_of_agreement}
    return {**standing, "open": store.is_open}


def check_annotator(http: Request, annotator: str) -> None:
    """Refuse an annotator's name with the key of another."""
    owner = http.scope.get(ANNOTATOR)
    if owner is not None and owner != annotator:
        raise HTTPException(403, f"this key is {owner}'s: label under that name")


def _standing(store: LabelStore, annotator: str) -> tuple[list[str], Task | None, tuple[int, int], list[Any]]:
    return store.types, store.next(annotator), store.progress(annotator), list(store.agreement())
