"""Conversion between formats of labelled text, through records; what a format cannot represent is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from fanlight.apps.integrations import arrow, docbin
from fanlight.corpus.align import align
from fanlight.corpus.decoding import read_text
from fanlight.corpus.formats import brat, tables
from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.formats.klue import write_klue
from fanlight.corpus.formats.record import Record
from fanlight.corpus.formats.registry import REGISTRY, CorpusFormat, detect_text_format, format_of_name, register
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.entities.bioes import SCHEMES
from fanlight.errors import DataError
from fanlight.files import COMPRESSED, check_empty, ending_of, files_of, is_rereadable, open_unpacked, replacing
from fanlight.text.scripts import language_of
from fanlight.text.sentences import tokenise_sentences
from fanlight.text.tokens import check_encodable

for _format in (
    CorpusFormat("brat", (".ann",), brat.read_brat, write=brat.write_brat, is_folder=True),
    CorpusFormat("docbin", (".spacy",), docbin.read_docbin, write=docbin.write_docbin, has_tokens=True),
    CorpusFormat("parquet", (".parquet",), arrow.read_dataset, write=arrow.write_dataset, has_tokens=True),
    CorpusFormat(
        "columns", (".conll", ".bio", ".iob", ".txt"), lambda path, encoding: _of_corpus(path, "columns", encoding)
    ),
    CorpusFormat("csv", (".csv",), lambda path, encoding: _of_table(path, encoding), tables.write_csv),
    CorpusFormat(
        "klue", (), lambda path, encoding: _of_corpus(path, "klue", encoding),
        lambda records: (line for number, r in enumerate(records, 1) for line in write_klue(r, number)),
    ),
):  # fmt: skip
    register(_format)
FORMATS = tuple(REGISTRY)


def read_records(path: str, format: str | None = None, encoding: str = "utf-8") -> tuple[list[Record], str]:
    """Read labelled texts; return them and the format, which is detected by default.

    Raises
    ------
    DataError
        The file is invalid; the message names line and remedy.
    """
    format = format or _detect(path)
    if format not in FORMATS:
        raise DataError(f"{path}: unknown format {format!r}: choose {', '.join(FORMATS)}")
    if format != "brat" and Path(path).is_dir():
        records = [r for file in files_of([path]) for r in REGISTRY[format].read(file, encoding)]
    else:
        records = REGISTRY[format].read(path, encoding)
    for record in records:
        try:
            check_encodable(record.text)
        except DataError as error:
            raise DataError(f"{path}:{record.line}: {error}") from None
    return records, format


def write_records(
    records: Sequence[Record],
    path: str,
    format: str | None = None,
    scheme: str = "BIOES",
    unit: str | None = None,
    *,
    overwrite: bool = False,
) -> str:
    """Write labelled texts atomically; return the format, by default that of the file's name.

    Parameters
    ----------
    records : sequence of Record
    path : path
        A file; for brat a folder.
    format : str, optional
    scheme : str
        Tag scheme of columns.
    unit : str, optional
        Tokenization of texts without tokens, "word" or "character"; by default selected by their script.
    overwrite : bool
        Whether a folder may contain files.

    Raises
    ------
    DataError
        The format cannot represent overlapping entities, line breaks or white space, named in the message; or a
        folder contains files.
    """
    format = format or format_of_name(ending_of(path))
    if format is None:
        raise DataError(f"{path}: its name does not tell the format: give --to, one of {', '.join(FORMATS)}")
    if format not in FORMATS:
        raise DataError(f"{path}: unknown format {format!r}: choose {', '.join(FORMATS)}")
    if scheme not in SCHEMES:
        raise DataError(f"unknown tag scheme {scheme!r}: choose {', '.join(SCHEMES)}")
    chosen = REGISTRY[format]
    if chosen.write is not None and chosen.is_folder:
        check_empty(path, overwrite)
        chosen.write(records, path)
        return format
    if chosen.write is not None and path.lower().endswith(COMPRESSED):
        raise DataError(f"{path}: {format} is compressed by itself: leave out {Path(path).suffix}")
    if chosen.has_tokens:
        records = [_with_tokens(r, unit) for r in records]
    with replacing(path) as part:
        if chosen.write is not None:
            chosen.write(records, str(part))
            return format
        rows = _columns(records, scheme, unit) if chosen.write_lines is None else chosen.write_lines(records)
        with open(part, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(row + "\n" for row in rows)
    return format


def _columns(records: Sequence[Record], scheme: str, unit: str | None) -> Iterator[str]:
    for r in records:
        sentences = _sentences(r, unit)
        _check_flat(sentences)
        if scheme == "IO":
            _check_apart(sentences)
        yield from write_columns(sentences, scheme)


def _detect(path: str) -> str:
    if not is_rereadable(path):
        raise DataError(f"{path}: standard input and pipes do not tell their format: give --from")
    place = Path(path)
    if place.is_dir():
        return "brat" if any(place.glob("*.ann")) else _detect(files_of([path])[0])
    by_name = format_of_name(ending_of(path))
    if by_name is not None and REGISTRY[by_name].write is not None:
        if place.suffix.lower() in COMPRESSED:
            raise DataError(f"{path}: a packed {by_name} file is not read: unpack it")
        return by_name
    if by_name == "csv":
        return by_name
    raw, file = open_unpacked(path)
    try:
        with raw:
            head = file.read(4096)
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read ({error}): is the file complete?") from None
    return detect_text_format(head.decode("utf-8", "replace"))


def _of_corpus(path: str, format: str, encoding: str) -> list[Record]:
    corpus = read_corpus(path, tokenise_sentences, format, encoding, unit="character" if format == "klue" else "word")
    return [
        Record(
            s.text,
            tuple(sorted((s.token_starts[a], s.token_ends[b - 1], t) for a, b, t in s.spans)),
            s.line,
            tuple(zip(s.token_starts, s.token_ends, strict=True)),
        )
        for s in corpus.sentences
    ]


def _of_table(path: str, encoding: str) -> list[Record]:
    text, _ = read_text(path, encoding)
    if tables.holds_tokens(path, text):
        return _of_corpus(path, "csv", encoding)
    return [Record(t, tuple(sorted(spans)), line) for line, t, spans in tables.read_texts(path, text)]


def _sentences(r: Record, unit: str | None) -> list[Sentence]:
    """Split a record into tokens and sentences; tokens are split at entity boundaries.

    Raises
    ------
    DataError
        An entity begins or ends with white space, has no token, or occurs twice.
    """
    tokens = [list(r.tokens)] if r.tokens is not None else None
    chosen = unit or ("character" if language_of(r.text) == "ko" else "word")
    sentences, notes = align(r.text, tokens or tokenise_sentences(r.text, chosen), r.spans, r.line)
    lost = next((n for n in notes if not n.kind.startswith(("token divided", "sentences joined"))), None)
    if lost is not None:
        raise DataError(
            f"text {r.line}: {lost.kind} ({lost.what}): a format of tokens cannot hold this entity: mend or remove it"
        )
    return sentences


def _with_tokens(r: Record, unit: str | None) -> Record:
    """Add tokens to a record, split at entity boundaries."""
    tokens: list[tuple[int, int]] = []
    place = 0
    for s in _sentences(r, unit):
        begin = r.text.index(s.text, place)
        tokens += [(begin + a, begin + b) for a, b in zip(s.token_starts, s.token_ends, strict=True)]
        place = begin + len(s.text)
    return replace(r, tokens=tuple(tokens))


def _check_flat(sentences: Sequence[Sentence]) -> None:
    for s in sentences:
        spans = sorted(s.spans)
        for a, b in pairwise(spans):
            if b[0] < a[1]:
                raise DataError(
                    f"text {s.line}: entities overlap ({a[2]} and {b[2]}), which one tag a token cannot say: remove one"
                )
        for token in s.tokens:
            if any(c in " \t\n\r" for c in token) or token == "-DOCSTART-":
                raise DataError(f"text {s.line}: the token {token!r} would be read as a column or line of its own")


def _check_apart(sentences: Sequence[Sentence]) -> None:
    for s in sentences:
        for a, b in pairwise(sorted(s.spans)):
            if a[1] == b[0] and a[2] == b[2]:
                raise DataError(
                    f"text {s.line}: two entities of type {a[2]} touch, which IO cannot tell apart: use another scheme"
                )
