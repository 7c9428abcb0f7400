"""`fanlight serve`: the HTTP interface and the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fanlight.errors import FanlightError, SettingsError

commands = typer.Typer()


@commands.command()
def serve(
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]FILE", help="A model to serve; may be repeated. Default: en, ko."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at; by default this machine alone can reach it.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
    api_key: Annotated[str | None, typer.Option(envvar="FANLIGHT_API_KEY", help="Asked of every /v1 request.")] = None,
    origin: Annotated[list[str] | None, typer.Option(help="Another site whose pages may call (CORS).")] = None,
    watch: Annotated[Path | None, typer.Option(help="A training to show: what `train --watch` writes.")] = None,
    most_bytes: Annotated[int, typer.Option(min=1000, help="Of a request's body.")] = 20_000_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="For a request to arrive, and to be answered.")] = 60.0,
) -> None:
    """Serve the page and the HTTP interface (needs the extra "server")."""
    try:
        import uvicorn

        from fanlight.apps.server.app import create_app
    except ImportError:
        raise FanlightError("serve: this needs fastapi and uvicorn: pip install 'fanlight[server]'") from None
    import fanlight

    taggers = {}
    for item in model or ["en", "ko"]:
        name, equals, file = item.partition("=")
        if equals and not name.isidentifier():
            raise SettingsError(f"--model {item}: {name!r} is no name: use letters, digits and _")
        taggers[name if equals else item] = fanlight.load(file if equals else item)
    app = create_app(taggers, most_bytes, seconds, api_key, tuple(origin or ()), watch)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=30, server_header=False)
