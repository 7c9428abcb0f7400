"""The documentation of the HTTP interface as a static page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color-scheme: light dark }
code, pre { font: 14px/1.4 ui-monospace, monospace } pre { overflow-x: auto; padding: .6rem; border: 1px solid #8886 }
h2 code { font-size: 1rem } table { border-collapse: collapse } td, th { padding: .2rem .6rem; text-align: left;
border-bottom: 1px solid #8886; vertical-align: top } nav a { display: inline-block; margin-right: 1rem }
"""


def docs_page(schema: Mapping[str, Any], address: str) -> str:
    """Return the page.

    Parameters
    ----------
    schema : mapping
        The OpenAPI description.
    address : str
        The address of the server, for the examples.
    """
    operations = [
        (method.upper(), path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    links = "".join(f'<a href="#{_id(o)}"><code>{method} {escape(path)}</code></a>' for method, path, o in operations)
    body = "".join(part for operation in operations for part in _describe(schema, address, *operation))
    title = escape(f"{schema['info']['title']} {schema['info']['version']}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1><p>{escape(schema['info']['description'])}</p>"
        f'<p><a href="/openapi.json">openapi.json</a></p><nav>{links}</nav>{body}</main></body></html>\n'
    )


def _describe(
    schema: Mapping[str, Any], address: str, method: str, path: str, operation: Mapping[str, Any]
) -> Iterator[str]:
    yield f'<h2 id="{_id(operation)}"><code>{method} {escape(path)}</code></h2>'
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    if parameters := operation.get("parameters"):
        yield _table(("parameter", "in", "what"), [(p["name"], p["in"], p.get("description", "")) for p in parameters])
    content = operation.get("requestBody", {}).get("content", {})
    for media, body in content.items():
        fields = _resolve(schema, body.get("schema", {}))
        properties = fields.get("properties", {})
        rows = [(name, _type(value), value.get("description", "")) for name, value in properties.items()]
        if rows:
            yield _table((f"field ({media})", "type", "what"), rows)
        example = body.get("example") or next(iter(fields.get("examples", [])), None)
        if example is not None:
            data = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
            quoted = data.replace("'", "'\\''")
            command = f"curl {address}{path} -H 'content-type: {media}' --data-binary '{quoted}'"
            yield f"<pre><code>{escape(command)}</code></pre>"
    responses = operation.get("responses", {})
    yield _table(("status", "when"), [(status, answer.get("description", "")) for status, answer in responses.items()])


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    return f"<table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table>"


def _resolve(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Resolve a reference within the description."""
    while "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[-1]]
    return part


def _type(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        return str(value["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(part) for part in value["anyOf"]))
    if "enum" in value:
        return ", ".join(map(str, value["enum"]))
    if value.get("type") == "array":
        return f"list of {_type(value.get('items', {}))}"
    return str(value.get("type", "any"))


def _id(operation: Mapping[str, Any]) -> str:
    return escape(operation.get("operationId", ""))
