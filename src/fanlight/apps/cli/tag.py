"""`fanlight tag`: find the entities of arguments, files or standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from fanlight.apps.cli.arguments import Input, Output, all_types
from fanlight.apps.cli.inputs import RULE, AsFile, AsText, check_no_table, read_sources, resolve
from fanlight.entities.type_names import check_types
from fanlight.errors import DataError
from fanlight.files import COMPRESSED, check_outputs, claim, replacing, writing

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
        typer.Argument(metavar="[FILE|-|TEXT]...", help=RULE, show_default=False),
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
        typer.Option(
            help="Write here: JSONL, so that --resume can go on after an interrupt, or a .parquet, .html or .conll "
            "file; .gz and .zst are compressed."
        ),
        Output(beside=(".part", ".part.json"), resumable=True, folder=True),
    ] = None,
    text_column: Annotated[
        str | None,
        typer.Option(help="Of .parquet, .csv and .jsonl files: the column of the texts.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run to --out.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="With --engine: write into a folder that holds other files.")
    ] = False,
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
    as_text: AsText = False,
    as_file: AsFile = False,
) -> None:
    """Find the entities of a text, with exact offsets and a probability for each.

    Every line of a file or of standard input is a text of its own; .gz and .zst are unpacked, folders read whole.
    """
    import fanlight

    least = _threshold(threshold)
    models = [model] if model else ["en", "ko"]
    if named := [type_ for type_ in least if type_]:
        check_types(named, all_types(models), "--threshold")
    if engine is not None:
        if format not in (None, Format.jsonl):
            raise typer.BadParameter("writes jsonl", param_hint="--engine")
        if text_column or not _is_utf8(encoding):
            raise DataError("--engine: tags UTF-8 files and folders, without --text-column, into a folder --out")
        job = Shards(engine, model, least, passes, threads, resume, overwrite)
        _in_shards(inputs or [], out, job, None if rules is None else (str(rules.absolute()), precedence))
        return
    if resume and out is None:
        raise typer.BadParameter("needs --out", param_hint="--resume")
    chosen = _format_of(format, out, resume)
    sources = resolve(inputs, as_text, as_file)
    files = [source.value for source in sources if source.is_file]
    if out is not None and len(files) < len(sources):
        text = next(source.value for source in sources if not source.is_file)
        raise DataError(f"--out: {text} is no file: give files or folders")
    if out is not None:
        check_outputs([path for path in files if path != "-"], [out])
    if resume and "-" in files:
        raise DataError("--resume: standard input cannot be read again: give files")
    if text_column is None:
        check_no_table(sources)
    beside = None
    if rules is not None:
        from fanlight.tagging.rules import read_rules

        beside = read_rules(rules, precedence, encoding)
    is_table = out is not None and out.suffix == ".parquet"
    if (
        chosen is Format.jsonl
        and text_column is None
        and not is_table
        and _is_utf8(encoding)
        and len(files) == len(sources)
    ):
        from fanlight.apps.cli.bulk import tag_files

        tag_files(files, model, least, passes, threads, out, resume, beside)
        return
    texts = read_sources(sources, encoding, text_column)

    def tagged(done: int) -> Iterator[Document]:
        """Tag the texts after those that an interrupted run has done."""
        remaining = islice(texts, done, None)
        if model is not None:
            return fanlight.load(model, passes=passes).pipe(remaining, least, threads, beside)
        return (
            fanlight.load(fanlight.language_of(text), passes=passes)(text, least, threads, beside) for text in remaining
        )

    if out is None:
        _WRITERS[chosen](tagged(0))
    elif chosen is not Format.jsonl:
        with replacing(out) as part, open(part, "w", encoding="utf-8") as file, redirect_stdout(file):
            _WRITERS[chosen](tagged(0))
    else:
        from fanlight.apps.cli.resuming import identify

        about: dict[str, object] = {"files": files, "model": model, "threshold": least, "passes": passes}
        about |= {"column": text_column, "rules": beside and beside.digest, "encoding": encoding}
        about |= identify(files, model)
        (_to_parquet if is_table else _to_lines)(tagged, out, about, resume)


def _format_of(format: Format | None, out: Path | None, resume: bool) -> Format:
    """Return the format that is asked for, or that of the output's name.

    Raises
    ------
    DataError
        The name says a format that cannot be written, or another than is asked for.
    """
    if out is None:
        return format or (Format.table if sys.stdout.isatty() else Format.jsonl)
    ending = (out.with_suffix("") if out.suffix in COMPRESSED else out).suffix.lower()
    if ending in _REFUSED:
        raise DataError(
            f"{out}: {ending[1:]} is not written: name it .jsonl, .parquet, .html or .conll, or use another"
        )
    by_name = {".html": Format.html, ".htm": Format.html, ".conll": Format.conll}.get(ending, Format.jsonl)
    if format not in (None, by_name):
        raise typer.BadParameter(f"{out} would hold {by_name}, by its name", param_hint="--format")
    if resume and by_name is not Format.jsonl:
        raise DataError(f"{out}: --resume is for JSONL and Parquet: leave it out")
    return by_name


_REFUSED = (".csv", ".tsv", ".json", ".xml", ".xlsx", ".pdf", ".yaml")


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


class Shards(NamedTuple):
    """The options of a run over folders."""

    engine: Engine
    model: str | None
    threshold: dict[str, float]
    passes: int | None
    workers: int | None
    resume: bool
    overwrite: bool


def _in_shards(inputs: list[str], out: Path | None, options: Shards, rules: tuple[str, str] | None) -> None:
    import os

    from fanlight.apps.shards import Job, local, tag_shards
    from fanlight.files import files_of

    if out is None and len(inputs) > 1:
        *inputs, last = inputs
        out = Path(last)
    if out is None or not inputs:
        raise DataError("--engine: needs files or folders, and a folder --out to write to")
    check_outputs(inputs, [out])
    run = local
    if options.engine is Engine.ray:
        from fanlight.apps.integrations.ray import on_ray

        run = on_ray
    job = Job(str(out.absolute()), options.model, options.threshold, options.passes, rules)
    files = [os.path.abspath(path) for path in files_of(inputs)]
    workers = options.workers or os.cpu_count() or 1
    texts = 0
    with claim(out):
        rows = tag_shards(files, job, workers, run, options.resume, overwrite=options.overwrite)
        for done, (row, count) in enumerate(rows, 1):
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


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")


def _to_lines(tagged: Callable[[int], Iterator[Document]], out: Path, job: Mapping[str, object], resume: bool) -> None:
    from fanlight.apps.cli.resuming import begin_lines, end_lines

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


def _write_jsonl(documents: Iterator[Document]) -> None:
    for document in documents:
        sys.stdout.write(document.to_json() + "\n")


def _write_table(documents: Iterator[Document]) -> None:
    from rich.console import Console

    from fanlight.apps.cli.terminal import printable, table

    console = Console()
    for document in documents:
        entities = table("start", "end", "type", "probability", "text")
        for entity in document.entities:
            entities.add_row(str(entity.start), str(entity.end), entity.type, f"{entity.probability:.3f}", entity.text)
        console.print(printable(document.text), markup=False, highlight=False, style="dim", soft_wrap=True)
        console.print(entities if document.entities else "no entities", markup=False)


def _write_conll(documents: Iterator[Document]) -> None:
    from fanlight.corpus.documents import label_sentences
    from fanlight.corpus.writers import columns

    for document in documents:
        sys.stdout.writelines(line + "\n" for line in columns(label_sentences(document)))


def _write_html(documents: Iterator[Document]) -> None:
    from fanlight.entities.html import page

    sys.stdout.writelines(page(documents))


_WRITERS: dict[Format, Callable[[Iterator[Document]], None]] = {
    Format.table: _write_table,
    Format.jsonl: _write_jsonl,
    Format.conll: _write_conll,
    Format.html: _write_html,
}
