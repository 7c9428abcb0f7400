"""Error responses: a status, a code for programs, and a message with a remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from fanlight.validation import describe_refusal

CODES = {  # by status
    400: "bad_input",
    401: "key_needed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_too_slow",
    413: "body_too_large",
    415: "media_type_not_supported",
    421: "wrong_host",
    422: "invalid_field",
    429: "busy",
    431: "head_too_large",
    500: "internal",
    503: "no_answer_in_time",
}
DESCRIPTIONS = {  # by status, for the documentation
    400: "The input is at fault; the error says how.",
    401: "The API key is missing or wrong.",
    403: "Another site's page, or another annotator.",
    404: "There is no such model, path or text.",
    405: "The path has no such method.",
    408: "The request came too slowly.",
    413: "The body is too large.",
    415: "The body's media type or encoding is not read.",
    421: "The request is for another host.",
    422: "A field is missing, unknown or out of range.",
    429: "Too much is waiting: ask again after the seconds of `Retry-After`.",
    503: "No answer in time.",
}


class BusyError(Exception):
    """Too many requests are waiting; the client should retry."""


def error_body(status: int, message: str, field: str | None = None, code: str | None = None) -> dict[str, str]:
    """Return the body of an error response."""
    body = {"error": message, "code": code or CODES.get(status, "internal")}
    return body if field is None else {**body, "field": field}


def describe_invalid(errors: Sequence[Mapping[str, Any]], fields: Sequence[str] = ()) -> tuple[str, str]:
    """Return the invalid field and a message, given the errors of a validation.

    Parameters
    ----------
    errors : sequence of mapping
        Pydantic's, of which the first is described.
    fields : sequence of str
        The fields that there are, to name the nearest to an unknown one.
    """
    error = errors[0]
    place = list(error["loc"])[1:] if error["loc"][:1] in _PLACES else list(error["loc"])
    place = [part for part in place if isinstance(part, int) or part.isidentifier()]  # no branch of a union
    if error["type"] == "json_invalid":
        return "body", f"body: is not JSON ({error.get('ctx', {}).get('error', error['msg'])}): send one JSON object"
    names = [str(part) for part in place if not isinstance(part, int)]
    field = ".".join(map(str, place)) or "body"
    shown = ".".join(names) or "body"
    index = next((f" {part}" for part in place if isinstance(part, int)), "")
    if error["type"] == "extra_forbidden":
        nearest = get_close_matches(names[-1] if names else "", fields, 1, 0.6)
        hint = f" (did you mean {nearest[0]}?)" if nearest else ""
        return field, f"{shown}: is no field here{hint}: remove it, or correct its name"
    return field, f"{shown}{index}: {describe_refusal(error)}"


_PLACES = (("body",), ("query",), ("path",), ("header",))
