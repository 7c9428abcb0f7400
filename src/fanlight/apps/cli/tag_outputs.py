"""Output formats of `fanlight tag`: tables, JSONL, CoNLL columns, HTML, Parquet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from fanlight.errors import DataError
from fanlight.files import COMPRESSED, ending_of, replacing, writing

if TYPE_CHECKING:
    from fanlight.entities.entity import Document
    from fanlight.values import ValueOptions

DocumentsAfter = Callable[[int], Iterator["Document"]]  # documents after a number of finished ones
_REFUSED = (".csv", ".tsv", ".json", ".xml", ".xlsx", ".pdf", ".yaml")


class Format(StrEnum):
    """Output formats of entities."""

    table = "table"
    jsonl = "jsonl"
    conll = "conll"
    html = "html"


_FORMATS = {".html": Format.html, ".htm": Format.html, ".conll": Format.conll}  # by a name's ending; else JSONL


def format_of(format: Format | None, out: Path | None, resume: bool) -> Format:
    """Return the requested format, or that of the output's name.

    Raises
    ------
    DataError
        The name has a format that cannot be written, or not be resumed.
    typer.BadParameter
        The name has another format than the requested one.
    """
    if out is None:
        return format or (Format.table if sys.stdout.isatty() else Format.jsonl)
    ending = ending_of(out)
    if ending in _REFUSED:
        raise DataError(
            f"{out}: {ending[1:]} is not written: name it .jsonl, .parquet, .html or .conll, or use another"
        )
    if ending == ".parquet" and out.suffix.lower() in COMPRESSED:
        raise DataError(f"{out}: Parquet is compressed by itself: leave out {out.suffix}")
    by_name = _FORMATS.get(ending, Format.jsonl)
    if format not in (None, by_name):
        import typer

        raise typer.BadParameter(f"{out} would hold {by_name}, by its name", param_hint="--format")
    if resume and by_name is not Format.jsonl:
        raise DataError(f"{out}: --resume is for JSONL and Parquet: leave it out")
    return by_name


def print_documents(documents: Iterator[Document], format: Format, values: ValueOptions | None = None) -> None:
    """Write documents to standard output, with values in JSONL and tables if requested."""
    _PRINTERS[format](documents, values)


def write_documents(documents: Iterator[Document], format: Format, out: Path) -> None:
    """Write documents to a file, atomically."""
    with replacing(out) as part, open(part, "w", encoding="utf-8") as file, redirect_stdout(file):
        print_documents(documents, format)


def write_lines(
    documents_after: DocumentsAfter,
    out: Path,
    note: Mapping[str, object],
    resume: bool,
    values: ValueOptions | None = None,
) -> None:
    """Write resumable JSONL; `note` describes the run."""
    from fanlight.apps.cli.resuming import begin_lines, end_lines

    file, done = begin_lines(out, note, resume)
    with writing(out), file:  # to close is to write
        file.writelines((document.to_json(values or False) + "\n").encode() for document in documents_after(done))
        end_lines(out, file)


def write_parquet(
    documents_after: DocumentsAfter,
    out: Path,
    note: Mapping[str, object],
    resume: bool,
    values: ValueOptions | None = None,
) -> None:
    """Write resumable Parquet; `note` describes the run."""
    from fanlight.apps.cli.resuming import begin, end, part_of
    from fanlight.apps.integrations.arrow import join_parts, rows_of, write_parts

    folder = part_of(out)
    done = rows_of(folder) if begin(out, note, resume) else 0
    write_parts(documents_after(done), folder, is_new=not resume, values=values or False)
    join_parts(folder, out, values is not None)
    end(out)


def _print_jsonl(documents: Iterator[Document], values: ValueOptions | None) -> None:
    for document in documents:
        sys.stdout.write(document.to_json(values or False) + "\n")


def _print_table(documents: Iterator[Document], values: ValueOptions | None) -> None:
    from fanlight.apps.cli.terminal import open_console, printable, table

    console = open_console()
    for document in documents:
        entities = table("start", "end", "type", "probability", "text", *(["value"] if values else []))
        for entity in document.entities:
            cells = [str(entity.start), str(entity.end), entity.type, f"{entity.probability:.3f}", entity.text]
            entities.add_row(*cells, *([str(entity.value_on(*values) or "")] if values else []))
        console.print(printable(document.text), markup=False, highlight=False, style="dim", soft_wrap=True)
        console.print(entities if document.entities else "no entities", markup=False)


def _print_conll(documents: Iterator[Document], values: ValueOptions | None) -> None:
    from fanlight.corpus.documents import label_sentences
    from fanlight.corpus.formats.columns import write_columns

    for document in documents:
        sys.stdout.writelines(line + "\n" for line in write_columns(label_sentences(document)))


def _print_html(documents: Iterator[Document], values: ValueOptions | None) -> None:
    from fanlight.entities.html import page

    sys.stdout.writelines(page(documents))


_PRINTERS: dict[Format, Callable[[Iterator[Document], ValueOptions | None], None]] = {
    Format.table: _print_table,
    Format.jsonl: _print_jsonl,
    Format.conll: _print_conll,
    Format.html: _print_html,
}
