"""Routes for tagging of NDJSON: lines of JSON in, lines of JSON out."""

from __future__ import annotations

import datetime
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field, ValidationError

from fanlight.apps.server import schemas
from fanlight.apps.server.errors import describe_invalid, error_body
from fanlight.apps.server.tagging import Tagging

NDJSON = "application/x-ndjson"
_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An answer a line; a line that is at fault has an error in its place.",
        "content": {NDJSON: {}},
    }
}
_EXAMPLE = '{"options": {"rules": [{"name": "Oslo", "type": "CITY"}]}}\n{"text": "Oslo is old."}\n"It rained."\n'
_LINES_SCHEMA = {"schema": {"type": "string"}, "example": _EXAMPLE}
_LINES_BODY = {"requestBody": {"required": True, "content": {NDJSON: _LINES_SCHEMA, "text/plain": _LINES_SCHEMA}}}


def line_routes(tagging: Tagging) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["tagging"])

    @router.post(
        "/v1/tag/lines", response_class=StreamingResponse, operation_id="tag_lines", responses=_LINES,
        openapi_extra=_LINES_BODY,
    )  # fmt: skip
    async def tag_lines(options: Annotated[LineOptions, Query()], http: Request) -> Any:
        """Find the entities of JSON lines, each a text or an object with "text" and "id"; one response line per line.

        A first line `{"options": {…}}` has options of /v1/tag, such as "rules", and overrides query parameters.
        """
        if not http.headers.get("content-type", NDJSON).startswith((NDJSON, "application/json", "text/plain")):
            return JSONResponse(error_body(415, f"the body's type is not read here: send {NDJSON}"), 415)
        try:
            tag_options, requests = split_options(await http.body(), options.to_options())
        except ValidationError as error:
            field, message = describe_invalid(error.errors(), tuple(schemas.TagOptions.model_fields))
            return JSONResponse(error_body(422, message, field), 422)
        tagging.check_options(tag_options)  # errors are raised before the response begins
        await tagging.rules_of((), tag_options)
        return StreamingResponse(tagging.answer_lines(requests, tag_options), media_type=NDJSON)

    return router


class LineOptions(schemas.Model):
    """The options of /v1/tag as query parameters."""

    model: schemas.Name | None = None
    threshold: schemas.Probability = 0.0
    types: Annotated[str, Field(max_length=1000)] | None = Field(
        default=None, description="Types, separated by commas: PER,LOC."
    )
    stages: Literal["1", "2"] | None = None
    offsets: schemas.Offsets = "code_points"
    echo: bool = True
    values: bool = False
    date: datetime.date | None = None
    day_first: bool = False

    def to_options(self) -> schemas.TagOptions:
        """Return the options of a request."""
        types = [name for part in (self.types or "").split(",") if (name := part.strip())]
        return schemas.TagOptions(
            model=self.model, threshold=self.threshold, types=types or None,
            stages=None if self.stages is None else (1 if self.stages == "1" else 2),
            offsets=self.offsets, echo=self.echo, values=self.values, date=self.date, day_first=self.day_first,
        )  # fmt: skip


def split_options(body: bytes, options: schemas.TagOptions) -> tuple[schemas.TagOptions, list[bytes]]:
    """Return the options of an NDJSON request, and its lines of texts.

    Parameters
    ----------
    body : bytes
    options : TagOptions
        From query parameters; a first line `{"options": …}` overrides them.

    Raises
    ------
    ValidationError
        The options of the first line are invalid.
    """
    requests = [line for line in body.splitlines() if line.strip()]
    try:
        head = json.loads(requests[0]) if requests else None
    except (ValueError, RecursionError):
        return options, requests
    if not isinstance(head, dict) or head.keys() != {"options"}:
        return options, requests
    fields = head["options"]
    if isinstance(fields, dict):
        fields = options.model_dump(exclude_defaults=True) | fields
    return schemas.FirstLineIn.model_validate({"options": fields}).options, requests[1:]
