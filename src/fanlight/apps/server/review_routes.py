"""Routes for the texts to label: addition, look-up by id, the next text, marks."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.exceptions import HTTPException

from fanlight.apps.labelling import LabelStore
from fanlight.apps.server.labelling import Annotator, TaskOut, check_annotator
from fanlight.apps.server.schemas import TEXTS, Model, Name, Text

Identifier = Annotated[int, Field(ge=1, lt=1 << 62)]
Mark = Literal["", "flag", "reject"]


class TextsRequest(Model):
    """Texts to label, and their possible types."""

    texts: Annotated[list[Text], Field(min_length=1, max_length=TEXTS)]
    types: Annotated[list[Name], Field(min_length=1, max_length=100)]


class TextsResponse(Model):
    """The number of new texts."""

    added: int


class ReviewResponse(Model):
    """A text with its annotator's spans, if any, and the ids of the neighbouring texts."""

    task: TaskOut
    labelled: bool
    mark: Mark
    previous: int | None
    next: int | None


class NextResponse(Model):
    """The next unlabelled text, if there is one."""

    id: int | None


class MarkRequest(Model):
    """A mark of a text: "flag" (for review), "reject" (no training data), or none."""

    annotator: Annotator
    id: Identifier
    mark: Mark


def review_routes(store: LabelStore | None) -> APIRouter:
    """Return the routes; without a store, there are no texts."""
    router = APIRouter(tags=["labelling"])

    def get_store() -> LabelStore:
        if store is None:
            raise HTTPException(404, "there is nothing to label: start the server with fanlight label")
        return store

    @router.get("/v1/labels/texts/{id}", operation_id="review_text", response_model=ReviewResponse)
    async def review(id: Annotated[Identifier, Path()], annotator: Annotated[Annotator, Query()], http: Request) -> Any:
        """Return a text by its id."""
        check_annotator(http, annotator)
        return await asyncio.to_thread(_review, get_store(), annotator, id)

    @router.post("/v1/labels/texts", operation_id="add_texts", response_model=TextsResponse)
    async def add_texts(request: TextsRequest) -> Any:
        """Add texts to label, if the server was started without a database of labels and only for this machine."""
        if store is None or not store.is_open:
            raise HTTPException(403, "texts cannot be added here: start the server with fanlight label")
        return {"added": await asyncio.to_thread(store.add, request.texts, request.types)}

    @router.get("/v1/labels/next", operation_id="next_text", response_model=NextResponse)
    async def next_text(
        annotator: Annotated[Annotator, Query()], http: Request, after: Annotated[int, Query(ge=0, lt=1 << 62)] = 0
    ) -> Any:
        """Return the id of the next text without labels of the annotator, first of those after a text."""
        check_annotator(http, annotator)
        task = await asyncio.to_thread(get_store().next, annotator, after)
        return {"id": None if task is None else task.id}

    @router.post("/v1/labels/mark", operation_id="mark_text", response_model=ReviewResponse)
    async def mark(request: MarkRequest, http: Request) -> Any:
        """Mark a text; rejected texts are omitted from the training data."""
        check_annotator(http, request.annotator)
        await asyncio.to_thread(get_store().set_mark, request.annotator, request.id, request.mark)
        return await asyncio.to_thread(_review, get_store(), request.annotator, request.id)

    return router


def _review(store: LabelStore, annotator: str, text: int) -> dict[str, Any]:
    task = store.task(annotator, text)
    before, after = store.neighbours(text)
    spans = [{"start": s, "end": e, "label": type_} for s, e, type_ in task.spans or ()]
    return {
        "task": {"id": task.id, "text": task.text, "spans": spans},
        "labelled": task.spans is not None,
        "mark": store.mark(annotator, text),
        "previous": before,
        "next": after,
    }
