"""Readers for labelled text: columns, KLUE's characters, JSONL with character spans, CSV.

The format is given or detected from the first lines. Notes record everything that a reader repairs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator

from fanlight.corpus.align import align
from fanlight.corpus.decoding import read_text
from fanlight.corpus.formats import tables
from fanlight.corpus.formats.columns import read_columns, read_tags
from fanlight.corpus.formats.jsonl import records_of_jsonl
from fanlight.corpus.formats.klue import read_klue
from fanlight.corpus.formats.registry import TRAINABLE, detect_text_format
from fanlight.corpus.sentence import Corpus, Note, Sentence
from fanlight.entities.bioes import SCHEMES, Span
from fanlight.errors import DataError
from fanlight.files import ending_of, files_of

Tokenise = Callable[[str, str], list[list[tuple[int, int]]]]


def read_corpus(
    path: str | os.PathLike[str],
    tokenise: Tokenise,
    format: str | None = None,
    encoding: str = "utf-8",
    unit: str | None = None,
    *,
    scheme: str | None = None,
    unmarked_document: str = "sentence",
) -> Corpus:
    """Read labelled text.

    Parameters
    ----------
    path : path
        A file, "-" for standard input, or a folder, whose files are read in the order of their names; .gz and .zst
        files are decompressed.
    tokenise : callable
        ``tokenise(text, unit)`` returns the token offsets of each sentence; for formats with plain text.
    format : str, optional
        One of `formats.registry.TRAINABLE`; detected by default.
    encoding : str
    unit : str, optional
        "word" or "character"; by default characters for KLUE and for text that is mostly Hangul.
    scheme : str, optional
        The tag scheme of columns, one of `entities.bioes.SCHEMES`; detected by default.
    unmarked_document : str
        The documents of columns without ``-DOCSTART-`` lines: each "sentence", or the whole "file". Documents in
        training and evaluation must not be longer than in tagging, for the sake of document features.

    Raises
    ------
    DataError
        The file cannot be read; the message names line and remedy.
    """
    if os.path.isdir(path):
        return _read_folder(path, tokenise, format, encoding, (unit, scheme, unmarked_document))
    text, digest = read_text(path, encoding)
    text_lines = text.split("\n")
    format = _choose_format(path, format, text)
    if scheme is not None and scheme not in SCHEMES:
        raise DataError(f"{path}: unknown tag scheme {scheme!r}: choose {', '.join(SCHEMES)}")
    notes: list[Note] = []
    holds_tokens = format == "columns" or (format == "csv" and tables.holds_tokens(str(path), text))
    is_marked = not holds_tokens or any(line.startswith("-DOCSTART-") for line in text_lines)
    if format == "klue":
        documents, unit = [[sentence] for sentence in read_klue(str(path), text_lines, notes)], "character"
    elif holds_tokens:
        documents = _read_tokens(str(path), format, text, notes, scheme)
        if not is_marked and unmarked_document == "sentence":
            documents = [[sentence] for document in documents for sentence in document]
        documents, unit = _in_unit(documents, unit)
    else:
        records = records_of_jsonl(str(path), text_lines) if format == "jsonl" else tables.read_texts(str(path), text)
        documents, unit = _align_records(list(records), tokenise, unit, notes)
    documents = [document for document in documents if document]
    if not documents:
        raise DataError(f"{path}: has no sentences")
    return Corpus(str(path), unit, documents, notes, digest, is_marked)


def _choose_format(path: str | os.PathLike[str], format: str | None, text: str) -> str:
    """Return the given or detected format."""
    if format is None and ending_of(os.fspath(path)) == tables.ENDING:
        return "csv"
    if format is None:
        by_head = detect_text_format(text[:4096])
        return by_head if by_head in TRAINABLE else "columns"  # the first token of columns may be a bracket
    if format not in TRAINABLE:
        raise DataError(f"{path}: unknown format {format!r}: choose {', '.join(TRAINABLE)}")
    return format


def _read_tokens(path: str, format: str, text: str, notes: list[Note], scheme: str | None) -> list[list[Sentence]]:
    if format == "columns":
        return read_columns(path, text.split("\n"), notes, scheme)
    return read_tags(path, [tables.read_tagged(path, text)], notes, scheme)


def _in_unit(documents: list[list[Sentence]], unit: str | None) -> tuple[list[list[Sentence]], str]:
    unit = unit or _unit_of(sentence.text for document in documents for sentence in document)
    if unit == "character":
        documents = [[_in_characters(sentence) for sentence in document] for document in documents]
    return documents, unit


def _align_records(
    records: list[tuple[int, str, list[Span]]], tokenise: Tokenise, unit: str | None, notes: list[Note]
) -> tuple[list[list[Sentence]], str]:
    """Return the documents of plain texts with spans, and the unit of their tokens."""
    unit = unit or _unit_of(text for _, text, _ in records)
    documents = []
    for number, text, spans in records:
        sentences, notes_of_record = align(text, tokenise(text, unit), spans, number)
        notes += notes_of_record
        documents.append(sentences)
    return documents, unit


def _read_folder(
    path: str | os.PathLike[str],
    tokenise: Tokenise,
    format: str | None,
    encoding: str,
    options: tuple[str | None, str | None, str],
) -> Corpus:
    parts: list[Corpus] = []
    unit, scheme, unmarked_document = options
    for file in files_of([os.fspath(path)]):
        part = read_corpus(file, tokenise, format, encoding, unit, scheme=scheme, unmarked_document=unmarked_document)
        parts.append(part)
        unit = part.unit  # all files have the unit of the first
    documents = [item for part in parts for item in part.documents]
    digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    notes = [note for part in parts for note in part.notes]
    return Corpus(str(path), parts[0].unit, documents, notes, digest, all(part.documents_marked for part in parts))


def _unit_of(texts: Iterator[str]) -> str:
    """Return "character" if most letters of the first texts are Hangul."""
    hangul = letters = 0
    for text, _ in zip(texts, range(200), strict=False):
        letters += sum(c.isalpha() for c in text)
        hangul += sum("가" <= c <= "힣" for c in text)
    return "character" if 2 * hangul > letters else "word"


def _in_characters(sentence: Sentence) -> Sentence:
    """Return a sentence of words as a sentence of characters."""
    char_starts = tuple(i for s, e in zip(sentence.token_starts, sentence.token_ends, strict=True) for i in range(s, e))
    numbers: dict[int, int] = {place: number for number, place in enumerate(char_starts)}
    spans = [
        (numbers[sentence.token_starts[s]], numbers[sentence.token_ends[e - 1] - 1] + 1, t)
        for s, e, t in sentence.spans
    ]
    return Sentence(sentence.text, char_starts, tuple(s + 1 for s in char_starts), tuple(spans), sentence.line)
