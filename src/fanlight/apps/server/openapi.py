"""Additions to the OpenAPI description: keys, servers, errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from fanlight.apps.server import schemas
from fanlight.apps.server.access import PUBLIC
from fanlight.apps.server.errors import DESCRIPTIONS

FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.Fault, "description": description} for status, description in DESCRIPTIONS.items()
}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The API key as Authorization: Bearer …"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The API key."},
}


def describe(app: FastAPI, needs_key: bool) -> None:
    """Add API keys, servers and errors to an application's OpenAPI description."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes,
                servers=[{"url": "/", "description": "This server."}],
            )  # fmt: skip
            schema.setdefault("components", {})["securitySchemes"] = _SCHEMES
            schema["security"] = [{name: []} for name in _SCHEMES] if needs_key else []
            for path in PUBLIC:
                for operation in schema["paths"].get(path, {}).values():
                    operation["security"] = []
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it
