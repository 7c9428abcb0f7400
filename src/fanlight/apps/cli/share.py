"""`fanlight package` and `push`: publication of models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import Input, Output
from fanlight.apps.cli.options import ModelFile

if TYPE_CHECKING:
    from fanlight.network.modelfile import Model

commands = typer.Typer()
Name = Annotated[
    str | None, typer.Option(help="Name for fanlight.load; by default the file's name.", show_default=False)
]
Version = Annotated[str | None, typer.Option(help="By default the model's version, or 1.", show_default=False)]
Licence = Annotated[
    str | None,
    typer.Option(help="An SPDX identifier, such as CC-BY-4.0; by default the model's licence.", show_default=False),
]
Language = Annotated[str | None, typer.Option(help="Language code; by default the model's.", show_default=False)]


@commands.command()
def package(
    model: ModelFile,
    *,
    out: Annotated[Path, typer.Option(help="The folder to write the wheel to."), Output(folder=True)] = Path("dist"),
    name: Name = None,
    version: Version = None,
    licence: Licence = None,
    language: Language = None,
    licence_file: Annotated[Path | None, typer.Option(help="The licence's text."), Input()] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a wheel of the same version.")] = False,
) -> None:
    """Write a wheel with a model, its card and its licence; after pip install, fanlight.load finds it by name."""
    from fanlight.apps.sharing import labels_of, write_wheel

    file, network = _read_model(model)
    labels = labels_of(network, name or _default_name(file), version, licence, language)
    print(write_wheel(file, network, labels, out, licence_file, overwrite=overwrite))


@commands.command()
def push(
    model: ModelFile,
    repository: Annotated[str, typer.Argument(metavar="USER/REPO", help="The repository on the Hugging Face Hub.")],
    *,
    name: Name = None,
    version: Version = None,
    licence: Licence = None,
    language: Language = None,
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
) -> None:
    """Upload a model and its card to the Hugging Face Hub (the extra hub); print the address for fanlight.load."""
    from fanlight.apps.sharing import labels_of, push_model

    file, network = _read_model(model)
    labels = labels_of(network, name or _default_name(file), version, licence, language)
    print(push_model(file, network, labels, repository, private))


def _read_model(model: str) -> tuple[Path, Model]:
    """Return a model's path and the model; print a warning if it has training sentences, which would be published."""
    from fanlight.network.modelfile import load_model
    from fanlight.tagging.bundled import model_file

    file = model_file(model)
    network = load_model(file, verify=True)
    if count := len(network.provenance.get("sample", ())):
        print(
            f"fanlight: the model holds {count:,} of its training sentences, which others will be able to read: "
            "train with --set keep=0 to hold none",
            file=sys.stderr,
        )
    return file, network


def _default_name(file: Path) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in file.stem.lower())
