"""`fanlight tag`: find the entities of arguments, files or standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import Input, Output
from fanlight.errors import DataError

if TYPE_CHECKING:
    from fanlight.entities.entity import Document

commands = typer.Typer()


class Format(StrEnum):
    """How entities are printed."""

    table = "table"
    jsonl = "jsonl"
    conll = "conll"
    html = "html"


class Engine(StrEnum):
    """Who tags the shards of a folder."""

    local = "local"
    ray = "ray"


class Explained(StrEnum):
    """How an explanation is printed."""

    table = "table"
    json = "json"


@commands.command()
def tag(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|-|TEXT]...", help="Files, - for standard input, or the text itself.", show_default=False
        ),
        Input(),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A model file, en or ko; by default each text's own script decides."),
        Input(),
    ] = None,
    format: Annotated[
        Format | None, typer.Option(help="Default: table in a terminal, jsonl elsewhere.", show_default=False)
    ] = None,
    threshold: Annotated[
        str, typer.Option(metavar="P|TYPE=P,…", help="Leave out entities less probable, such as 0.5 or 0.5,PER=0.9.")
    ] = "0",
    passes: Annotated[
        int | None, typer.Option(min=1, max=2, help="1: without the second, document-aware network.")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(help="Names and patterns: lines of NAME<tab>TYPE or re:PATTERN<tab>TYPE."),
        Input(),
    ] = None,
    precedence: Annotated[
        str, typer.Option(help="Where a rule and the model overlap: rules, model or longest wins.")
    ] = "rules",
    out: Annotated[
        Path | None,
        typer.Option(help="Write JSONL here, so that --resume can go on after an interrupt; or a .parquet file."),
        Output(beside=(".part", ".part.json"), resumable=True, folder=True),
    ] = None,
    text_column: Annotated[
        str | None, typer.Option(help="Of .parquet and .csv files: the column of the texts.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run to --out.")] = False,
    engine: Annotated[
        Engine | None,
        typer.Option(
            help="Tag folders in shards into the folder --out: by processes here, or by Ray.", show_default=False
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Or the --engine's workers; by default one a core.", show_default=False)
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of the files and of standard input.")] = "utf-8",
) -> None:
    """Find the entities of a text, with exact offsets and a probability for each.

    Every line of a file or of standard input is a text of its own; .gz and .zst are unpacked, folders read whole.
    """
    import fanlight

    least = _threshold(threshold)
    if (out is not None or engine is not None) and format not in (None, Format.jsonl):
        raise typer.BadParameter("writes jsonl", param_hint="--out" if engine is None else "--engine")
    chosen = format or (Format.table if sys.stdout.isatty() and out is None else Format.jsonl)
    given = inputs or ["-"]
    if engine is not None:
        if out is None and len(given) > 1:
            *given, last = given
            out = Path(last)
        if out is None or text_column or not _is_utf8(encoding):
            raise DataError("--engine: tags UTF-8 files and folders, without --text-column, into a folder --out")
        beside = None if rules is None else (str(rules.absolute()), precedence)
        _in_shards(given, out, engine, model, least, passes, threads, resume, beside)
        return
    if resume and out is None:
        raise typer.BadParameter("needs --out", param_hint="--resume")
    if out is not None and not all(_is_file(item) for item in given):
        raise DataError(
            f"--out: {next(item for item in given if not _is_file(item))} is no file: give files or folders"
        )
    standing = None
    if rules is not None:
        from fanlight.tagging.rules import read_rules

        standing = read_rules(rules, precedence, encoding)
    if (
        chosen is Format.jsonl
        and text_column is None
        and (out is None or out.suffix != ".parquet")
        and _is_utf8(encoding)
        and all(_is_file(item) for item in given)
    ):
        from fanlight.apps.cli.bulk import tag_files
        from fanlight.tagging.lines import files_of

        tag_files(files_of(given), model, least, passes, threads, out, resume, standing)
        return
    if resume and "-" in given:
        raise DataError("--resume: standard input cannot be read again: give files")
    texts = texts_of(given, encoding) if text_column is None else _column(given, text_column)

    def tagged(done: int) -> Iterator[Document]:
        """Tag the texts after those that an interrupted run has done."""
        rest = islice(texts, done, None)
        if model is not None:
            return fanlight.load(model, passes=passes).pipe(rest, least, threads, standing)
        return (
            fanlight.load(fanlight.language_of(text), passes=passes)(text, least, threads, standing) for text in rest
        )

    from fanlight.apps.cli.resuming import identify

    if out is None:
        _WRITERS[chosen](tagged(0))
        return
    job: dict[str, object] = {"files": given, "model": model, "threshold": least, "passes": passes}
    job |= {"column": text_column, "rules": standing and standing.digest, "encoding": encoding}
    job |= identify(given, model)
    (_to_parquet if out.suffix == ".parquet" else _to_lines)(tagged, out, job, resume)


def read_lines(path: str, encoding: str) -> Iterator[str]:
    """Yield the lines of a file, or of standard input for "-", without their ends.

    Raises
    ------
    DataError
        The file cannot be read, or a line is not in the encoding; the message names byte and line.
    """
    try:
        by_lines = "\n".encode(encoding) == b"\n"
    except LookupError:
        raise DataError(f"--encoding {encoding}: no such encoding: try utf-8, cp1252, cp949 or euc-kr") from None
    try:
        file = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): is the path right?") from None
    offset = 0
    with file:
        # where a line feed is more than one byte (UTF-16), the bytes cannot be cut into lines before they are decoded
        for number, line in enumerate(file if by_lines else [file.read()], 1):
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{path}:{number}: byte {offset + error.start} is not {encoding}: name the file's encoding with "
                    "--encoding, such as cp1252 or cp949"
                ) from None
            offset += len(line)
            if number == 1:
                text = text.removeprefix("\ufeff")
            if by_lines:
                yield text.rstrip("\r\n")
            else:
                yield from (part.rstrip("\r") for part in text.removesuffix("\n").split("\n"))


@commands.command()
def explain(
    text: Annotated[str, typer.Argument(help="The text.")],
    word: Annotated[str, typer.Option(help="The word, or the number of its token, counted from 0.")],
    tag: Annotated[str | None, typer.Option(help="Such as B-LOC; by default the most probable.")] = None,
    replace: Annotated[
        str | None, typer.Option(metavar="POSITION=WORD", help='What if: such as -1=of; "-1=" leaves it out.')
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A model file, en or ko; by default by the script."), Input()
    ] = None,
    format: Annotated[Explained, typer.Option(help="How to print.")] = Explained.table,
) -> None:
    """Show why a word got its tag: what each word of its window adds to the score, exactly."""
    import fanlight

    tagger = fanlight.load(model or fanlight.language_of(text))
    places = tagger.tokens(text)
    token = next((n for n, (s, e) in enumerate(places) if text[s:e] == word), -1)
    if token < 0 and word.isdigit():
        token = int(word)
    if token < 0:
        raise DataError(f"--word {word}: no such token: the text has {' '.join(text[s:e] for s, e in places)}")
    found = [tagger.explain(text, token, tag)]
    if replace is not None:
        position, equals, other = replace.partition("=")
        if not equals or not position.lstrip("-").isdigit():
            raise typer.BadParameter("is not POSITION=WORD", param_hint="--replace")
        found.append(tagger.what_if(text, token, int(position), other, found[0].tag))
    if format is Explained.json:
        import json

        print(json.dumps([e.to_dict() for e in found] if replace else found[0].to_dict(), ensure_ascii=False))
        return
    from rich.console import Console

    from fanlight.apps.cli.progress import explanation_tables

    for e in found:
        Console().print(*explanation_tables(e), sep="\n", markup=False)


def _column(inputs: list[str], column: str) -> Iterator[str]:
    from fanlight.apps.integrations.arrow import SUFFIXES, read_column

    for item in inputs:
        if Path(item).suffix not in SUFFIXES:
            raise DataError(f"{item}: --text-column is for {' and '.join(SUFFIXES)} files")
        yield from read_column(item, column)


def _in_shards(
    inputs: list[str],
    out: Path,
    engine: Engine,
    model: str | None,
    least: dict[str, float],
    passes: int | None,
    threads: int | None,
    resume: bool,
    rules: tuple[str, str] | None,
) -> None:
    import os

    from fanlight.apps.shards import Job, local, tag_shards
    from fanlight.machine import cores
    from fanlight.tagging.lines import files_of

    run = local
    if engine is Engine.ray:
        from fanlight.apps.integrations.ray import on_ray

        run = on_ray
    job = Job(str(out.absolute()), model, least, passes, rules)
    files = [os.path.abspath(path) for path in files_of(inputs)]
    texts = 0
    for done, (row, count) in enumerate(tag_shards(files, job, threads or cores(), run, resume), 1):
        texts += row.rows
        print(f"{row.file}: {row.rows} texts ({done}, of {count} shards in all)", file=sys.stderr)
    print(f"{out}: {texts} texts tagged now, listed in {out / 'manifest.jsonl'}", file=sys.stderr)


def _threshold(given: str) -> dict[str, float]:
    """Read "0.5", "PER=0.9" or both, separated by commas; the type "" is any other."""
    least = {}
    for part in given.split(","):
        type_, _, number = part.rpartition("=")
        try:
            least[type_.strip()] = float(number)
        except ValueError:
            raise typer.BadParameter(f"{part!r} is not a number or TYPE=NUMBER", param_hint="--threshold") from None
        if not 0 <= least[type_.strip()] <= 1:
            raise typer.BadParameter(f"{number} is not from 0 to 1", param_hint="--threshold")
    return least


def _is_file(item: str) -> bool:
    return item == "-" or Path(item).exists()


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")


def _to_lines(tagged: Callable[[int], Iterator[Document]], out: Path, job: Mapping[str, object], resume: bool) -> None:
    from fanlight.apps.cli.resuming import begin_lines, end_lines
    from fanlight.files import writing

    file, done = begin_lines(out, job, resume)
    with file, writing(out):
        file.writelines((document.to_json() + "\n").encode() for document in tagged(done))
        end_lines(out, file)


def _to_parquet(
    tagged: Callable[[int], Iterator[Document]], out: Path, job: Mapping[str, object], resume: bool
) -> None:
    from fanlight.apps.cli.resuming import begin, end, part_of
    from fanlight.apps.integrations.arrow import join_parts, rows_of, write_parts

    folder = part_of(out)
    done = rows_of(folder) if begin(out, job, resume) else 0
    write_parts(tagged(done), folder, anew=not resume)
    join_parts(folder, out)
    end(out)


def texts_of(inputs: list[str], encoding: str) -> Iterator[str]:
    """Yield the lines of files and of standard input, and what is a text itself.

    Raises
    ------
    DataError
        A file cannot be read, or what looks like one does not exist.
    """
    for item in inputs:
        if item == "-" or Path(item).is_file():
            yield from read_lines(item, encoding)
        elif Path(item).is_dir():
            raise DataError(f"{item}: is a folder: name its files")
        elif _looks_like_path(item):
            raise DataError(
                f"{item}: no such file: is the path right? (a text with white space in it is tagged as it is)"
            )
        else:
            yield item


def _looks_like_path(item: str) -> bool:
    """Tell a mistyped file from a text: no white space, and a slash or a short extension."""
    suffix = Path(item).suffix
    return not any(c.isspace() for c in item) and (
        "/" in item or (1 < len(suffix) <= 6 and suffix[1:].isalnum() and item.isascii())
    )


def _write_jsonl(documents: Iterator[Document]) -> None:
    for document in documents:
        sys.stdout.write(document.to_json() + "\n")


def _write_table(documents: Iterator[Document]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for document in documents:
        table = Table("start", "end", "type", "probability", "text", box=None, header_style="bold")
        for entity in document.entities:
            table.add_row(str(entity.start), str(entity.end), entity.type, f"{entity.probability:.3f}", entity.text)
        console.print(document.text, markup=False, highlight=False, style="dim", soft_wrap=True)
        console.print(table if document.entities else "no entities", markup=False)


def _write_conll(documents: Iterator[Document]) -> None:
    from fanlight.apps.models import labelled
    from fanlight.corpus.writers import columns

    for document in documents:
        sys.stdout.writelines(line + "\n" for line in columns(labelled(document)))


def _write_html(documents: Iterator[Document]) -> None:
    from fanlight.entities.html import page

    sys.stdout.writelines(page(documents))


_WRITERS: dict[Format, Callable[[Iterator[Document]], None]] = {
    Format.table: _write_table,
    Format.jsonl: _write_jsonl,
    Format.conll: _write_conll,
    Format.html: _write_html,
}
