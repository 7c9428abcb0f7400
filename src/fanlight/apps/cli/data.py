"""`fanlight convert`: labelled text from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="A labelled file; for brat a folder.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="The file to write; for brat a folder.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="Format of IN; by default found by looking.", show_default=False)
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Format of OUT; by default by its name's ending.", show_default=False)
    ] = None,
    scheme: Annotated[str, typer.Option(help="Tags of columns: IOB1, IOB2, BIOES, BILOU or IO.")] = "BIOES",
    unit: Annotated[
        str | None, typer.Option(help="Tokens for texts that have none: word or character.", show_default=False)
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of IN.")] = "utf-8",
) -> None:
    """Convert labelled text between formats, offsets exact.

    Formats: columns (CoNLL), klue, jsonl, prodigy, doccano, labelstudio, spacy2, docbin (spaCy 3), parquet (datasets of
    Hugging Face), brat, webanno (INCEpTION). What OUT's format cannot hold is refused.
    """
    from rich.console import Console

    from fanlight.apps.convert import read_records, write_records

    if unit not in (None, "word", "character"):
        raise typer.BadParameter("must be word or character", param_hint="--unit")
    records, read = read_records(source, from_, encoding)
    written = write_records(records, target, to, scheme, unit)
    spans = sum(len(r.spans) for r in records)
    Console(stderr=True).print(
        f"{source} ({read}) to {Path(target)} ({written}): {len(records):,} texts, {spans:,} entities",
        markup=False,
        highlight=False,
    )
