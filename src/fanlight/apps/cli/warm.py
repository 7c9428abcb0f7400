"""`fanlight warm`: compile the kernels of models in advance, for machine images and services."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from fanlight.apps.cli.arguments import MODEL

commands = typer.Typer()


@commands.command()
def warm(
    model: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help="Model files, en or ko; by default en and ko."),
        MODEL,
    ] = None,
) -> None:
    """Compile the kernels of models, so that later processes on this machine only load them.

    Otherwise they are compiled in the background when a process first tags more than a few texts.
    """
    import fanlight

    for name in model or ["en", "ko"]:
        begin = time.perf_counter()
        tagger = fanlight.load(name, engine="compiled")
        tagger.warm(long_documents=True)
        print(f"{name}: ready in {time.perf_counter() - begin:.1f} s")
