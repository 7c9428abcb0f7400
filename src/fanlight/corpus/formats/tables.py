"""CSV tables with a header: one row per token with its tag, or one row per text with a list of entities.

Columns are identified by name, and separated by commas, semicolons or tabs.
"""

from __future__ import annotations

import ast
import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fanlight.corpus.formats.jsonl import span_of
from fanlight.corpus.formats.record import Record
from fanlight.entities.bioes import Span
from fanlight.errors import DataError

ENDING = ".csv"
_TOKENS = ("token", "tokens", "word", "words", "form")
_TAGS = ("tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "entity", "bio", "iob")
_SENTENCES = ("sentence #", "sentence", "sentence_id", "sentence id", "sent_id", "sent", "sentence_idx", "sentence_no")
_TEXTS = ("text", "sentence", "content", "document")
_SPANS = ("entities", "spans", "labels", "label", "annotations", "ents")
LONGEST = 300  # tokens: what is longer is no sentence
_NAMES = "word and tag, with a column sentence_id, or text and entities"


class TaggedSentence(NamedTuple):
    """A sentence of a table of tokens: line of the first token, tokens and tags."""

    line: int
    words: list[str]
    tags: list[str]


class _Header(NamedTuple):
    """Indices of a table's columns; None for missing ones."""

    token: int | None
    tag: int | None
    sentence: int | None
    text: int | None
    spans: int | None


def is_table(head: str) -> bool:
    r"""Tell whether a text begins with a header with known names of columns.

    Examples
    --------
    >>> [is_table(head) for head in ("Sentence #,Word,POS,Tag\n", "text;entities\n", "Ann,B-PER\n", "text\tO\n")]
    [True, True, False, False]
    """
    header = _header(_names(head))
    return header.tag is not None or header.spans is not None


def holds_tokens(path: str, text: str) -> bool:
    """Tell whether a table, by its header, has tokens (and not texts).

    Raises
    ------
    DataError
        It has neither.
    """
    names = _names(text)
    header = _header(names)
    if header.tag is None and header.spans is None:
        raise DataError(f"{path}:1: the header {', '.join(names)!r} tells no labelled data: name the columns {_NAMES}")
    return header.tag is not None


def read_tagged(path: str, text: str) -> list[TaggedSentence]:
    """Return the sentences of a table of tokens, separated by a column of sentence numbers or by empty rows.

    The number of a sentence may be in all its rows or only in the first.

    Raises
    ------
    DataError
        A row is malformed, or sentences are not separated; the message has the line.
    """
    header = _header(_names(text))
    sentences: list[TaggedSentence] = []
    before: str | None = None
    begins, empty_rows = True, 0
    for line, row in _rows(path, text):
        if not any(map(str.strip, row)):
            begins, empty_rows = True, empty_rows + 1
            continue
        number = "" if header.sentence is None else row[header.sentence].strip()
        if begins or (number and number != before):
            sentences.append(TaggedSentence(line, [], []))
        begins, before = False, number or before
        word, tag = row[header.token or 0].strip(), row[header.tag or 0].strip()
        if not word or not tag:
            raise DataError(f"{path}:{line}: has no {'tag' if word else 'token'}: fill it in, or remove the row")
        sentences[-1].words.append(word)
        sentences[-1].tags.append(tag)
    if header.sentence is None and len(sentences) == 1 and not empty_rows and len(sentences[0].words) > LONGEST:
        raise DataError(f"{path}: nothing tells where a sentence ends: add a column sentence_id, or empty rows between")
    return sentences


def read_texts(path: str, text: str) -> Iterator[tuple[int, str, list[Span]]]:
    """Yield line, text and spans of each row of a table of texts; spans are JSON or Python literals.

    Raises
    ------
    DataError
        A row is malformed; the message has the line.
    """
    header = _header(_names(text))
    for line, row in _rows(path, text):
        if any(map(str.strip, row)):
            body = row[header.text or 0]
            items = _list(path, line, row[header.spans or 0])
            yield line, body, [span_of(path, line, body, item) for item in items]


def write_csv(records: Iterable[Record]) -> Iterator[str]:
    """Yield the rows of a table of texts.

    Raises
    ------
    DataError
        A text has a carriage return, which would be read as part of a line end.
    """
    yield "text,entities"
    for number, r in enumerate(records, 1):
        if "\r" in r.text:
            raise DataError(f"text {number}: has a carriage return, which CSV cannot hold: use JSONL")
        row = io.StringIO()
        csv.writer(row, lineterminator="\n").writerow([r.text, json.dumps(r.spans, ensure_ascii=False)])
        yield row.getvalue().removesuffix("\n")


def _delimiter(text: str) -> str:
    """Return what divides the columns of the header most."""
    return max(",;\t", key=text.partition("\n")[0].count)


def _names(text: str) -> list[str]:
    """Return the names of the columns; none if the header is no CSV."""
    rows = csv.reader([text.partition("\n")[0]], delimiter=_delimiter(text))
    try:
        return [name.strip().lower() for name in next(rows, [])]
    except csv.Error:  # a carriage return within the line, or a cell of a hundred thousand characters
        return []


def _header(names: list[str]) -> _Header:
    def place(candidates: tuple[str, ...]) -> int | None:
        return next((names.index(name) for name in candidates if name in names), None)

    token, tag, text, spans = map(place, (_TOKENS, _TAGS, _TEXTS, _SPANS))
    if token is None or tag is None:
        tag = None
    if text is None or tag is not None:
        spans = None
    return _Header(token, tag, place(_SENTENCES), text, spans)


def _rows(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows after the header with the lines on which they begin."""
    width = len(_names(text))
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    line = 1
    try:
        for row in reader:
            if line > 1 and row and len(row) != width:
                raise DataError(f"{path}:{line}: has {len(row)} cells, and the header {width}: quote cells with commas")
            if line > 1:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{line}: is no CSV: {error}") from None


def _list(path: str, line: int, cell: str) -> list[object]:
    """Return the list that a cell holds; an empty one holds none."""
    if not cell.strip():
        return []
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        try:
            items = ast.literal_eval(cell.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            items = None
    if not isinstance(items, list | tuple):
        raise DataError(f'{path}:{line}: {cell[:40]!r} is no list of entities such as [[0, 7, "PER"]]')
    return [list(item) if isinstance(item, tuple) else item for item in items]
