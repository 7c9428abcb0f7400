"""`fanlight convert` and `check-data`: conversion of labelled text, and reports on it."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fanlight.apps.cli.arguments import FILES, Output

commands = typer.Typer()


class ReportFormat(StrEnum):
    """Output formats of data reports."""

    text = "text"
    json = "json"


@commands.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="A labelled file; for brat a folder."), FILES],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="The file to write; for brat a folder."), Output(folder=True)
    ],
    *,
    from_: Annotated[
        str | None, typer.Option("--from", help="Format of IN; by default detected.", show_default=False)
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Format of OUT; by default from the ending of its name.", show_default=False)
    ] = None,
    scheme: Annotated[str, typer.Option(help="Tag scheme of columns: IOB1, IOB2, BIOES, BILOU or IO.")] = "BIOES",
    unit: Annotated[
        str | None, typer.Option(help="Tokenization of formats without tokens: word or character.", show_default=False)
    ] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of IN.")] = "utf-8",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="For brat: write into a folder with other files.")
    ] = False,
) -> None:
    """Convert labelled text between formats, with exact offsets.

    Formats: columns (CoNLL), klue, jsonl, csv, prodigy, doccano, labelstudio, spacy2, docbin (spaCy 3), parquet
    (datasets of Hugging Face), brat, webanno (INCEpTION). Entities that OUT's format cannot represent are refused.
    """
    from fanlight.apps.convert import read_records, write_records

    if unit not in (None, "word", "character"):
        raise typer.BadParameter("must be word or character", param_hint="--unit")
    records, read = read_records(source, from_, encoding)
    written = write_records(records, target, to, scheme, unit, overwrite=overwrite)
    spans = sum(len(r.spans) for r in records)
    print(
        f"{source} ({read}) to {Path(target)} ({written}): {len(records):,} texts, {spans:,} entities", file=sys.stderr
    )


@commands.command(name="check-data")
def check_data(
    file: Annotated[Path, typer.Argument(help="Labelled sentences: columns, KLUE, JSONL or CSV."), FILES],
    *,
    dev: Annotated[Path | None, typer.Option(help="The dev set for the training."), FILES] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with status 1 if there is a problem.")] = False,
    format: Annotated[ReportFormat, typer.Option(help="The output format.")] = ReportFormat.text,
    data_format: Annotated[
        str | None, typer.Option("--data-format", help="columns, klue, jsonl or csv; by default detected.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the files.")] = "utf-8",
) -> None:
    """Report on labelled data before a training: statistics and problems."""
    from fanlight.corpus.data_report import report_data
    from fanlight.corpus.readers import read_corpus
    from fanlight.text.sentences import tokenise_sentences

    corpus = read_corpus(file, tokenise_sentences, data_format, encoding)
    other = None if dev is None else read_corpus(dev, tokenise_sentences, data_format, encoding, corpus.unit)
    report = report_data(corpus, other)
    if format is ReportFormat.json:
        print(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        print(*report.summary, sep="\n")
    if strict and report.problems:
        raise typer.Exit(1)
