"""`fanlight serve`: the HTTP interface and the page."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanlight.apps.cli.arguments import MODEL, Input, Output
from fanlight.apps.cli.keys import AllowHost, ApiKey, ApiKeyFile, is_loopback, read_keys
from fanlight.errors import FanlightError, SettingsError

if TYPE_CHECKING:
    from fanlight.tagging.tagger import Tagger

commands = typer.Typer()
HOST: Any = typer.Option(help="The address to listen at; by default only this machine can connect.")
PORT: Any = typer.Option(min=0, max=65535)
TrainFolder = Annotated[
    Path | None,
    typer.Option(
        help="The folder of models trained on the page. By default they are deleted when the server ends, and "
        "training is disabled if other machines can connect."
    ),
    Output(folder=True, exclusive=False, compressible=False),
]


@commands.command()
def serve(
    *,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]FILE", help="A model to serve; may be repeated. Default: en, ko."),
        MODEL,
    ] = None,
    host: Annotated[str, HOST] = "127.0.0.1",
    port: Annotated[int, PORT] = 8080,
    api_key: ApiKey = None,
    api_key_file: ApiKeyFile = None,
    allow_host: AllowHost = None,
    origin: Annotated[list[str] | None, typer.Option(help="Another site whose pages may send requests (CORS).")] = None,
    watch: Annotated[
        Path | None, typer.Option(help="A training to show: the file written by `train --watch`."), Input(optional=True)
    ] = None,
    train_folder: TrainFolder = None,
    most_bytes: Annotated[int, typer.Option(min=1000, help="Largest size of a request's body.")] = 20_000_000,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Time limit for receiving and for answering a request.")
    ] = 60.0,
) -> None:
    """Serve the page and the HTTP interface (needs the extra "server")."""
    import fanlight

    taggers = {}
    for item in model or ["en", "ko"]:
        name, equals, file = item.partition("=")
        if equals and not name.isidentifier():
            raise SettingsError(f"--model {item}: {name!r} is no name: use letters, digits and _")
        taggers[name if equals else item] = fanlight.load(file if equals else item)
    run_server(
        taggers, host, port, most_bytes=most_bytes, seconds=seconds, keys=read_keys(api_key, api_key_file),
        origins=tuple(origin or ()), hosts=(host, *(allow_host or ())), watch=watch,
        train_folder=train_folder,
    )  # fmt: skip


def run_server(
    taggers: Mapping[str, Tagger], host: str, port: int, *, train_folder: Path | None, page: str = "", **options: Any
) -> None:
    """Serve until stopped, and print the address of a page; options as in `create_app`.

    Raises
    ------
    FanlightError
        The extra "server" is not installed.
    """
    try:
        import uvicorn

        from fanlight.apps.server.app import create_app
        from fanlight.apps.server.http_protocol import OPTIONS
        from fanlight.apps.server.training import TrainingRunner
    except ImportError:
        raise FanlightError("serve: this needs fastapi and uvicorn: pip install 'fanlight[server]'") from None
    from fanlight.apps.labelling import LabelStore

    texts = None
    if options.get("labels") is None and is_loopback(host):  # for texts that are added on the page
        texts = TemporaryDirectory(prefix="fanlight-")
        options["labels"] = LabelStore(Path(texts.name) / "labels.db", is_open=True)
    runner = TrainingRunner(train_folder) if train_folder is not None or is_loopback(host) else None
    app = create_app(taggers, runner=runner, **options)
    gc.collect()
    gc.freeze()  # exempt loaded objects from garbage collection
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    class Server(uvicorn.Server):  # `uvicorn.run` would hide an interrupt
        async def startup(self, *arguments: Any, **options: Any) -> None:
            await super().startup(*arguments, **options)
            if self.started:
                print(f"fanlight: serving at {address}{page} (Ctrl-C ends it)", file=sys.stderr)

        async def shutdown(self, *arguments: Any, **options: Any) -> None:
            await super().shutdown(*arguments, **options)
            if texts is not None:  # before the signal that ended the server is raised again
                texts.cleanup()

    server = Server(uvicorn.Config(app, host=host, port=port, **OPTIONS))
    try:
        server.run()
    except SystemExit:  # it has said why
        raise FanlightError(f"{address} cannot be listened at: choose another --port or --host") from None
    finally:
        if texts is not None:
            texts.cleanup()
    if not server.started:
        raise SystemExit(1)
