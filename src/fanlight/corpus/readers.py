"""Readers of labelled text: columns, KLUE's characters, JSONL with character spans.

The format is found by looking at the first lines, or named. Everything that is not read as it stands is noted.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from fanlight.corpus.align import align
from fanlight.corpus.columns import is_tag, read_columns
from fanlight.corpus.sentence import Corpus, Note, Sentence
from fanlight.entities.bioes import SCHEMES, Span, spans_from_tags
from fanlight.errors import DataError, FanlightWarning
from fanlight.files import files_of, read_bytes

FORMATS = ("columns", "klue", "jsonl")
Tokenise = Callable[[str, str], list[list[tuple[int, int]]]]
Lines = list[str]


def read_corpus(
    path: str | os.PathLike[str],
    tokenise: Tokenise,
    format: str | None = None,
    encoding: str = "utf-8",
    unit: str | None = None,
    scheme: str | None = None,
    unmarked_document: str = "sentence",
) -> Corpus:
    """Read labelled text.

    Parameters
    ----------
    path : path
        A file, "-" for standard input, or a folder, whose files are read in the order of their names; .gz and .zst are
        unpacked.
    tokenise : callable
        ``tokenise(text, unit)`` gives the token offsets of each sentence; for formats that hold plain text.
    format : str, optional
        One of `FORMATS`; found by looking otherwise.
    encoding : str
        Of the file.
    unit : str, optional
        "word" or "character"; by default characters for KLUE and for text that is mostly Hangul.
    scheme : str, optional
        The tag scheme of columns, one of `entities.bioes.SCHEMES`; found by looking otherwise.
    unmarked_document : str
        The document of columns without ``-DOCSTART-`` lines: each "sentence", or the "file". Features of a word's
        other mentions must not see more in training and evaluation than they will in tagging.

    Raises
    ------
    DataError
        The file cannot be read; the message names line and remedy.
    """
    if os.path.isdir(path):
        return _read_folder(path, tokenise, format, encoding, unit=unit, scheme=scheme, document=unmarked_document)
    text, digest = read_text(path, encoding)
    lines = text.split("\n")
    if format is None:
        format = _detect(lines)
    if format not in FORMATS:
        raise DataError(f"{path}: unknown format {format!r}: choose {', '.join(FORMATS)}")
    if scheme is not None and scheme not in SCHEMES:
        raise DataError(f"{path}: unknown tag scheme {scheme!r}: choose {', '.join(SCHEMES)}")
    notes: list[Note] = []
    marked = format != "columns" or any(line.startswith("-DOCSTART-") for line in lines)
    if format == "klue":
        documents = [[s] for s in _klue(str(path), lines, notes)]
        unit = "character"
    elif format == "columns":
        documents = read_columns(str(path), lines, notes, scheme)
        if not marked and unmarked_document == "sentence":
            documents = [[sentence] for document in documents for sentence in document]
        unit = unit or _unit_of(s.text for d in documents for s in d)
        if unit == "character":
            documents = [[_in_characters(s) for s in document] for document in documents]
    else:
        records = list(records_of_jsonl(str(path), lines))
        unit = unit or _unit_of(record[1] for record in records)
        documents = []
        for number, record, spans in records:
            sentences, notes_of_record = align(record, tokenise(record, unit), spans, number)
            notes += notes_of_record
            documents.append(sentences)
    documents = [document for document in documents if document]
    if not documents:
        raise DataError(f"{path}: has no sentences")
    return Corpus(str(path), unit, documents, notes, digest, marked)


def _read_folder(
    path: str | os.PathLike[str],
    tokenise: Tokenise,
    format: str | None,
    encoding: str,
    *,
    unit: str | None,
    scheme: str | None,
    document: str,
) -> Corpus:
    parts: list[Corpus] = []
    for file in files_of([os.fspath(path)]):
        parts.append(read_corpus(file, tokenise, format, encoding, unit, scheme, document))
        unit = parts[0].unit
    documents = [item for part in parts for item in part.documents]
    digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    notes = [note for part in parts for note in part.notes]
    return Corpus(str(path), parts[0].unit, documents, notes, digest, all(part.documents_marked for part in parts))


def read_text(path: str | os.PathLike[str], encoding: str) -> tuple[str, str]:
    """Return a file's text, without byte-order mark and carriage returns, and the sha256 of its bytes.

    Raises
    ------
    DataError
        The file is missing, a folder, empty, binary or in another encoding; the message names byte and line.
    """
    data = read_bytes(path)
    if not data.strip():
        raise DataError(f"{path}: is empty")
    try:
        text = data.decode(encoding)
    except LookupError:
        raise DataError(f"--encoding {encoding}: no such encoding: try utf-8, cp1252, cp949 or euc-kr") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if b"\0" in data:
            raise DataError(f"{path}: is a binary file, not labelled text") from None
        raise DataError(
            f"{path}:{line}: byte {error.start} is not {encoding}: name the file's encoding with "
            "--encoding, such as cp1252 or cp949"
        ) from None
    if "\0" in text:
        raise DataError(f"{path}: is a binary file, not labelled text")
    return text.removeprefix("\ufeff").replace("\r\n", "\n"), hashlib.sha256(data).hexdigest()


def _detect(lines: Lines) -> str:
    line = next((line for line in lines if line.strip()), "")
    if line.lstrip().startswith("{"):
        return "jsonl"
    if line.startswith("## "):
        return "klue"
    return "columns"


def _unit_of(texts: Iterator[str]) -> str:
    """Return "character" if most letters of the first texts are Hangul."""
    hangul = letters = 0
    for text, _ in zip(texts, range(200), strict=False):
        letters += sum(c.isalpha() for c in text)
        hangul += sum("가" <= c <= "힣" for c in text)
    return "character" if 2 * hangul > letters else "word"


def _in_characters(sentence: Sentence) -> Sentence:
    """Turn word tokens into character tokens."""
    starts = tuple(i for s, e in zip(sentence.starts, sentence.ends, strict=True) for i in range(s, e))
    numbers: dict[int, int] = {place: number for number, place in enumerate(starts)}
    spans = [(numbers[sentence.starts[s]], numbers[sentence.ends[e - 1] - 1] + 1, t) for s, e, t in sentence.spans]
    return Sentence(sentence.text, starts, tuple(s + 1 for s in starts), tuple(spans), sentence.line)


# ------------------------------------------------------------------------------------------------ KLUE


def _klue(path: str, lines: Lines, notes: list[Note]) -> Iterator[Sentence]:
    characters: list[str] = []
    tags: list[str] = []
    begin = 0
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith("## ") and not characters:
            continue
        if line:
            character, tab, tag = line.rpartition("\t")
            if not tab or not character:
                raise DataError(f"{path}:{number}: expected a character, a tab and a tag, not {line[:60]!r}")
            if not is_tag(tag):
                raise DataError(
                    f"{path}:{number}: {tag!r} is not a tag: expected O or a prefix and a type such as B-PS"
                )
            if not characters:
                begin = number
            characters.append(character)
            tags.append(tag)
        elif characters:
            yield _klue_sentence(characters, tags, begin, notes)
            characters, tags = [], []


def _klue_sentence(characters: list[str], tags: list[str], begin: int, notes: list[Note]) -> Sentence:
    spans, repairs = spans_from_tags(tags, "IOB2")
    notes += [Note(begin + r.position, "tag repaired (IOB2)", f"{r.tag} read as {r.reading}") for r in repairs]
    starts: list[int] = []
    ends: list[int] = []
    number: dict[int, int] = {}
    place = 0
    for row, character in enumerate(characters):
        if not character.isspace():
            number[row] = len(starts)
            starts.append(place)
            ends.append(place + len(character))
        place += len(character)
    token_spans: list[Span] = []
    for first_row, last_row, type_ in spans:
        rows = [number[row] for row in range(first_row, last_row) if row in number]
        if not rows:
            notes.append(Note(begin + first_row, "span of white space left out", type_))
            continue
        if first_row not in number or last_row - 1 not in number:
            notes.append(
                Note(
                    begin + first_row,
                    "white space at a span's edge trimmed",
                    repr("".join(characters[first_row:last_row])),
                )
            )
        token_spans.append((rows[0], rows[-1] + 1, type_))
    return Sentence("".join(characters), tuple(starts), tuple(ends), tuple(token_spans), begin)


# ------------------------------------------------------------------------------------------------ JSONL


SPANS = ("spans", "entities", "labels", "label")
_STARTS = {"start", "start_offset", "begin", "startOffset", "start_char"}
_LABELS = {"label", "type", "labels", "entity_group", "entity", "entity_type", "tag"}
_OTHER_SPANS = {"annotations", "annotation", "ents", "ent", "mentions", "tags", "ner", "ner_tags"}


def records_of_jsonl(path: str, lines: Lines) -> Iterator[tuple[int, str, list[Span]]]:
    """Yield the line, text and spans in code points of each JSON object.

    Of Prodigy's tasks those with the answer "accept" alone are yielded; a warning says how many others there were.

    Raises
    ------
    DataError
        A line is not such an object, its spans are under an unknown key or under two, or a span lies outside its text.
    """
    answers: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_object)
        except _RepeatedKeyError as error:
            raise DataError(f"{path}:{number}: has two values of {error.args[0]!r}: leave one of them") from None
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: is not JSON: {error.msg} at column {error.colno}") from None
        except RecursionError:
            raise DataError(f"{path}:{number}: is nested too deeply to be labelled text") from None
        except ValueError as error:  # a number of too many digits
            raise DataError(f"{path}:{number}: is not JSON: {error}") from None
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise DataError(
                f'{path}:{number}: has no "text": each line is {{"text": …, "spans": [{{"start", "end", "label"}}]}}'
            )
        answer = record.get("answer", "accept")
        if answer not in ("accept", "reject", "ignore"):
            raise DataError(f'{path}:{number}: the answer {answer!r} is none of "accept", "reject", "ignore"')
        if answer != "accept":
            answers[answer] += 1
            continue
        yield (
            number,
            record["text"],
            [_span(path, number, record["text"], item) for item in _spans(path, number, record)],
        )
    if answers:
        counts = ", ".join(f"{count:,} {answer}" for answer, count in sorted(answers.items()))
        warnings.warn(f"{path}: left out texts whose answer is not accept: {counts}", FanlightWarning, stacklevel=2)


def _spans(path: str, line: int, record: dict[str, Any]) -> list[Any]:
    """Return the spans of a record, which stand under one of the keys that are read."""
    values = {key: record[key] for key in SPANS if record.get(key) is not None}
    different = [value for n, value in enumerate(values.values()) if value not in list(values.values())[:n]]
    if len(different) > 1 and all(isinstance(value, list) for value in different):
        raise DataError(f"{path}:{line}: has different spans under {' and '.join(values)}: leave one of them")
    spans: Any = next((value for value in values.values() if isinstance(value, list)), None)
    if spans is None and values:
        raise DataError(f"{path}:{line}: the spans are not a list")
    for key, value in record.items():
        if key in SPANS or spans:
            continue
        is_named = key.lower() in _OTHER_SPANS or key.lower() in SPANS
        if _holds_spans(value) or (is_named and _holds_labels(value)):
            raise DataError(f"{path}:{line}: spans under {key!r} are not read: rename it to spans")
    return spans or []


class _RepeatedKeyError(ValueError):
    """An object of JSON has a key twice, of which one would be lost."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return record


def _holds_spans(value: Any) -> bool:
    """Tell a list of spans with labels, whatever its key is."""
    if not isinstance(value, list) or not value:
        return False
    item = value[0]
    if isinstance(item, dict):
        return bool(_STARTS & item.keys()) and bool(_LABELS & item.keys())
    return isinstance(item, list) and [type(part) for part in item] == [int, int, str]


def _holds_labels(value: Any) -> bool:
    """Tell spans and tags of tokens from other values, such as topics."""
    items = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(items, list) or not items:
        return False
    return isinstance(items[0], dict | list) or (isinstance(items[0], str) and is_tag(items[0]))


def _span(path: str, line: int, text: str, item: Any) -> Span:
    if isinstance(item, dict):
        start, end = item.get("start", item.get("start_offset")), item.get("end", item.get("end_offset"))
        type_ = item.get("label", item.get("type"))
    elif isinstance(item, list) and len(item) == 3:
        start, end, type_ = item
    else:
        start = end = type_ = None
    if type(start) is not int or type(end) is not int or not isinstance(type_, str) or not type_:
        raise DataError(
            f"{path}:{line}: {json.dumps(item, ensure_ascii=False)[:80]} is no span: "
            'expected {"start", "end", "label"} or [start, end, label]'
        )
    if not 0 <= start < end <= len(text):
        raise DataError(
            f"{path}:{line}: span {start}:{end} {type_} lies outside the text of {len(text)} characters, or is empty: "
            "offsets count code points from 0"
        )
    return (start, end, type_)
