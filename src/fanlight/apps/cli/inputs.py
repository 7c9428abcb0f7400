"""Interpretation of arguments, and the reader of texts for all commands.

For all commands with ``[FILE|-|TEXT]…``: an existing path is a file or a folder, ``-`` is standard input; an argument
that looks like a path (with a separator, or the ending of a file name) must exist; all else is text. ``--text`` and
``--file`` override this. All arguments are checked before the first is read.
"""

from __future__ import annotations

import json
import os
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, lookup
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fanlight.errors import DataError
from fanlight.files import COMPRESSED, address_of, ending_of, open_unpacked, undecodable, unreadable

TABLES = (".jsonl", ".ndjson", ".csv", ".parquet")  # files with a column of texts
_ENDINGS = {
    *TABLES, *COMPRESSED, ".txt", ".tsv", ".json", ".conll", ".conllu", ".bio", ".iob", ".md", ".html", ".htm", ".xml",
    ".log", ".ann", ".spacy", ".fanlight", ".text", ".bz2", ".xz", ".zip", ".pdf", ".docx",
}  # fmt: skip
_MARKS = {  # byte-order marks and their encodings
    "utf-16": ((BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((BOM_UTF32_LE, "utf-32-le"), (BOM_UTF32_BE, "utf-32-be")),
}


class Source(NamedTuple):
    """An argument: the path of a file ("-" for standard input), or a text."""

    value: str
    is_file: bool


class Line(NamedTuple):
    """A line, with its bytes outside the text.

    Attributes
    ----------
    text : str
        Without byte-order mark and line end.
    mark : bytes
        The byte-order mark before it.
    end : bytes
        The line end after it.
    encoding : str
        The encoding of the line.
    """

    text: str
    mark: bytes = b""
    end: bytes = b"\n"
    encoding: str = "utf-8"

    def encode(self, text: str) -> bytes:
        """Return the bytes of the line with another text."""
        return self.mark + text.encode(self.encoding) + self.end


def resolve(arguments: Sequence[str] | None, as_text: bool = False, as_file: bool = False) -> list[Source]:
    """Distinguish files and texts by the rule of this module; without arguments, standard input is read.

    Raises
    ------
    DataError
        An argument looks like a path, and does not exist.
    typer.BadParameter
        Both options are given.
    """
    from fanlight.files import files_of

    if as_text and as_file:
        import typer

        raise typer.BadParameter("cannot stand beside --file", param_hint="--text")
    if not arguments and sys.stdin is not None and sys.stdin.isatty():
        print("fanlight: reading standard input (Ctrl-D ends it)", file=sys.stderr)
    sources: list[Source] = []
    for item in arguments or ["-"]:
        is_address = address_of(item) is not None and (as_file or not any(c.isspace() for c in item))
        exists = item == "-" or is_address or _exists(item)
        if as_text or not (exists or as_file or _looks_like_path(item)):
            sources.append(Source(_decode_argument(item), is_file=False))
        elif exists:
            sources += (Source(path, is_file=True) for path in files_of([item]))
        else:
            raise DataError(f"{item}: no such file: is the path right? If it is the text itself, add --text")
    for source in sources:
        if not source.is_file and not as_text and (name := _similar_file(source.value)):
            print(f"fanlight: {source.value!r} is taken as text; there is a file {name}", file=sys.stderr)
    return sources


def read_sources(
    sources: Sequence[Source], encoding: str = "utf-8", column: str | None = None, whole_files: bool = False
) -> Iterator[str]:
    """Yield texts: arguments, lines of files or whole files, and a column of tables.

    Raises
    ------
    DataError
        A file cannot be read, or is not in the encoding.
    """
    for source in sources:
        if not source.is_file:
            yield source.value
        elif whole_files:
            yield read_file(source.value, encoding)
        elif column is None:
            yield from read_lines(source.value, encoding)
        else:
            yield from _read_column(source.value, encoding, column)


def check_no_table(sources: Sequence[Source]) -> None:
    """Refuse to read the rows of tables as texts.

    Raises
    ------
    DataError
        The message names the option for tables.
    """
    for source in sources:
        if source.is_file and (ending := ending_of(source.value)) in TABLES:
            message = f"{source.value}: is a table: name the column of its texts, such as --text-column text"
            if ending != ".parquet":
                message += f'; to read its lines as they are: fanlight tag - < "{source.value}"'
            raise DataError(message)


def read_lines(path: str, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a file, or of standard input for "-", without their ends; .gz and .zst are decompressed.

    Raises
    ------
    DataError
        The file cannot be read, or a line is not in the encoding; the message names byte and line.
    """
    for line in read_exact_lines(path, encoding, exact=False):
        yield line.text.rstrip("\r")


def read_file(path: str, encoding: str = "utf-8") -> str:
    """Return the text of a file, or of standard input for "-", with its line ends but no byte-order mark.

    Raises
    ------
    DataError
        The file cannot be read, or is not in the encoding; the message names byte and line.
    """
    return "".join(line.text + line.end.decode(line.encoding) for line in read_exact_lines(path, encoding, exact=False))


def read_exact_lines(path: str, encoding: str = "utf-8", exact: bool = True) -> Iterator[Line]:
    """Yield the lines of a file, from which their bytes can be restored.

    Raises
    ------
    DataError
        The file cannot be read; a line is not in the encoding or (`exact`) would not give the same bytes again.
    """
    try:
        name = lookup(encoding).name
        by_lines = "\n".encode(encoding) == b"\n"
    except LookupError:
        raise DataError(f"--encoding {encoding}: no such encoding: try utf-8, cp1252, cp949 or euc-kr") from None
    offset = 0
    for number, data in enumerate(_byte_lines(path, by_lines), 1):
        mark = b""
        if number == 1:
            known_marks = ((BOM_UTF8, "utf-8"),) if name in ("utf-8", "utf-8-sig") else _MARKS.get(name, ())
            mark, name = next(((m, other) for m, other in known_marks if data.startswith(m)), (b"", name))
        for line in _decode(path, number, offset, data[len(mark) :], name, by_lines=by_lines):
            if exact and line.text.encode(name) + line.end != line.mark:
                raise DataError(f"{path}:{number}: {encoding} would not give the same bytes again: convert it to UTF-8")
            yield line._replace(mark=mark, encoding=name)
            mark = b""
        offset += len(data)


def _decode(path: str, number: int, offset: int, data: bytes, name: str, *, by_lines: bool) -> Iterator[Line]:
    """Yield the lines of decoded bytes, with their bytes in the field `mark`."""
    try:
        if by_lines:
            body = data.rstrip(b"\r\n")
            yield Line(body.decode(name), data, data[len(body) :])
            return
        texts = data.decode(name).split("\n")
    except UnicodeDecodeError as error:
        head = data if number == 1 else b""
        raise DataError(undecodable(f"{path}:{number}", offset + error.start, name, head)) from None
    for text in texts[:-1]:
        line = text.rstrip("\r")
        end = (text[len(line) :] + "\n").encode(name)
        yield Line(line, line.encode(name) + end, end)
    if texts[-1]:
        yield Line(texts[-1], texts[-1].encode(name), b"")


def _byte_lines(path: str, by_lines: bool) -> Iterator[bytes]:
    """Yield a file's lines as bytes, or the whole file if a line feed has more than one byte (UTF-16)."""
    raw, file = open_unpacked(path)
    try:
        while line := file.readline() if by_lines else file.read():
            yield line
    except OSError as error:
        raise DataError(unreadable(path, error)) from None
    finally:
        if path != "-":
            raw.close()


def _read_column(path: str, encoding: str, column: str) -> Iterator[str]:
    from fanlight.apps.integrations.arrow import SUFFIXES, read_column

    ending = ending_of(path)
    if ending in (".jsonl", ".ndjson"):
        yield from _read_json_column(path, encoding, column)
    elif ending in SUFFIXES:
        yield from read_column(path, column)
    else:
        raise DataError(f"{path}: --text-column is for {', '.join(TABLES)} files")


def _read_json_column(path: str, encoding: str, column: str) -> Iterator[str]:
    for number, line in enumerate(read_lines(path, encoding), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise DataError(f"{path}:{number}: is no JSON: each line must be an object") from None
        if not isinstance(row, dict) or column not in row:
            keys = ", ".join(map(str, row)) if isinstance(row, dict) else "no keys"
            raise DataError(f"{path}:{number}: has no {column!r}; it has {keys}")
        if not isinstance(row[column], str | None):
            raise DataError(f"{path}:{number}: {str(row[column])[:40]!r} in {column!r} is no text")
        yield row[column] or ""


def _decode_argument(item: str) -> str:
    """Return an argument's text if its bytes are UTF-8, but the locale is not."""
    try:
        return os.fsencode(item).decode("utf-8") if any("\udc80" <= c <= "\udcff" for c in item) else item
    except UnicodeDecodeError:
        return item


def _exists(item: str) -> bool:
    try:
        return os.path.lexists(item)  # a broken link is not a text
    except ValueError:  # a null character
        return False


def _similar_file(item: str) -> str | None:
    """Return a file of the current folder with a name similar to a word."""
    if len(item.split()) != 1 or len(item) > 100:
        return None
    try:
        names = [entry.name for entry in islice(os.scandir(), 1000) if entry.is_file()]
    except OSError:
        return None
    return next((name for name in names if Path(name).stem == item), None) or next(
        iter(get_close_matches(item, names, 1, 0.8)), None
    )


def _looks_like_path(item: str) -> bool:
    """Tell whether an argument has the ending of a file name, or a separator and no white space."""
    if Path(item).suffix.lower() in _ENDINGS:
        return True
    return (os.sep in item or "/" in item) and not any(c.isspace() for c in item)
