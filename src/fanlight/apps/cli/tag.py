"""`fanlight tag`: find the entities of arguments, files or standard input."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fanlight.apps.cli.arguments import Input, Output, all_types
from fanlight.apps.cli.inputs import resolve
from fanlight.apps.cli.options import (
    AsFile,
    AsText,
    DateOption,
    DayFirst,
    Encoding,
    Model,
    Resume,
    Texts,
    parse_reading,
    parse_threshold,
)
from fanlight.apps.cli.tag_job import ShardOptions, TagJob, is_utf8, tag_folders
from fanlight.apps.cli.tag_outputs import Format, format_of
from fanlight.entities.type_names import check_types
from fanlight.errors import DataError

commands = typer.Typer()


class Engine(StrEnum):
    """Where the shards of a folder are tagged."""

    local = "local"
    ray = "ray"


class Winner(StrEnum):
    """Which entity stays if a rule and the model overlap."""

    rules = "rules"
    model = "model"
    longest = "longest"


OutputFormat = Annotated[
    Format | None, typer.Option(help="Default: table in a terminal, jsonl elsewhere.", show_default=False)
]
Threshold = Annotated[
    str, typer.Option(metavar="P|TYPE=P,…", help="Omit less probable entities, such as 0.5 or 0.5,PER=0.9.")
]
Stages = Annotated[int | None, typer.Option(min=1, max=2, help="1: only the first stage, without document features.")]
RulesFile = Annotated[
    Path | None, typer.Option(help="Names and patterns: lines of NAME<tab>TYPE or re:PATTERN<tab>TYPE."), Input()
]
Precedence = Annotated[Winner, typer.Option(help="Which entity stays if a rule and the model overlap.")]
Out = Annotated[
    Path | None,
    typer.Option(
        help="The output file: JSONL (resumable with --resume), or .parquet, .html or .conll; .gz and .zst are "
        "compressed; addresses such as s3:// need the extra remote."
    ),
    Output(companion_suffixes=(".part", ".part.json"), resumable=True, folder=True, remote=True),
]
TextColumn = Annotated[
    str | None, typer.Option(help="The column of the texts in .parquet, .csv and .jsonl files.", show_default=False)
]
WholeFiles = Annotated[bool, typer.Option("--whole-files", help="Each file is one text, instead of each line.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="With --engine: write into a folder with other files.")]
ShardEngine = Annotated[
    Engine | None,
    typer.Option(help="Tag folders in shards into the folder --out, by local processes or by Ray.", show_default=False),
]
Values = Annotated[
    bool,
    typer.Option("--values", help="Add values of dates, times, amounts and quantities (ISO 8601, ISO 4217, UCUM)."),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Threads, or workers of --engine; by default one per core.", show_default=False),
]


@commands.command()
def tag(
    inputs: Texts = None,
    *,
    model: Model = None,
    format: OutputFormat = None,
    threshold: Threshold = "0",
    passes: Stages = None,
    rules: RulesFile = None,
    precedence: Precedence = Winner.rules,
    out: Out = None,
    text_column: TextColumn = None,
    whole_files: WholeFiles = False,
    resume: Resume = False,
    overwrite: Overwrite = False,
    engine: ShardEngine = None,
    threads: Threads = None,
    encoding: Encoding = "utf-8",
    as_text: AsText = False,
    as_file: AsFile = False,
    values: Values = False,
    date: DateOption = None,
    day_first: DayFirst = False,
) -> None:
    """Find the entities of a text, with exact offsets and a probability for each.

    Each line of a file or of standard input is a text, unless --whole-files is given; .gz and .zst are decompressed;
    all files of folders are read.
    """
    thresholds = parse_threshold(threshold)
    reading = parse_reading(date, day_first)
    if (date or day_first) and not values:
        raise typer.BadParameter("is for --values", param_hint="--date" if date else "--day-first")
    if types := [type_ for type_ in thresholds if type_]:
        check_types(types, all_types([model] if model else ["en", "ko"]), "--threshold")
    if engine is not None:
        if format not in (None, Format.jsonl) or values:
            raise typer.BadParameter("writes jsonl, without --values", param_hint="--engine")
        if text_column or whole_files or not is_utf8(encoding) or as_text:
            raise DataError("--engine: tags the lines of UTF-8 files and folders into a folder --out")
        rules_argument = None if rules is None else (str(rules.absolute()), precedence)
        options = ShardOptions(engine, model, thresholds, passes, rules_argument, threads, resume, overwrite)
        tag_folders(inputs or [], out, options)
        return
    if whole_files and text_column:
        raise typer.BadParameter("cannot stand beside --text-column", param_hint="--whole-files")
    if resume and out is None:
        raise typer.BadParameter("needs --out", param_hint="--resume")
    if overwrite:
        raise typer.BadParameter("is for folders, with --engine", param_hint="--overwrite")
    job = TagJob(
        resolve(inputs, as_text, as_file), format_of(format, out, resume), out, model, thresholds, passes,
        rules_file=rules, text_column=text_column, whole_files=whole_files, encoding=encoding, threads=threads,
        resume=resume, values=reading if values else None,
    )  # fmt: skip
    job.check()
    if rules is not None:
        from fanlight.tagging.rules import read_rules

        job = job._replace(rules=read_rules(rules, precedence, encoding))
    job.run()
