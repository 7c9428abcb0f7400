"""JSONL with character spans: the formats of Fanlight, Prodigy, doccano and others."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from fanlight.corpus.decoding import read_text
from fanlight.corpus.formats.columns import is_tag
from fanlight.corpus.formats.record import Record
from fanlight.entities.bioes import Span
from fanlight.errors import DataError, FanlightWarning

SPANS = ("spans", "entities", "labels", "label")
_STARTS = {"start", "start_offset", "begin", "startOffset", "start_char"}
_LABELS = {"label", "type", "labels", "entity_group", "entity", "entity_type", "tag"}
_OTHER_SPANS = {"annotations", "annotation", "ents", "ent", "mentions", "tags", "ner", "ner_tags"}


def read_jsonl(path: str, encoding: str) -> list[Record]:
    """Read JSONL with "spans", "entities", "labels" or "label": Fanlight's, Prodigy's and doccano's."""
    text, _ = read_text(path, encoding)
    return [Record(t, tuple(sorted(spans)), number) for number, t, spans in records_of_jsonl(path, text.split("\n"))]


def write_jsonl(records: Iterable[Record]) -> Iterator[str]:
    """Yield lines of Fanlight's format: {"text", "spans": [{"start", "end", "label"}]}."""
    for r in records:
        yield json_line({"text": r.text, "spans": [{"start": s, "end": e, "label": t} for s, e, t in r.spans]})


def records_of_jsonl(path: str, text_lines: list[str]) -> Iterator[tuple[int, str, list[Span]]]:
    """Yield the line, text and spans in code points of each JSON object.

    Tasks of Prodigy with an answer other than "accept" are skipped, with a warning.

    Raises
    ------
    DataError
        A line is no such object, its spans are under an unknown key or under two keys, or a span is outside the text.
    """
    answers: Counter[str] = Counter()
    for number, line in enumerate(text_lines, 1):
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
            [span_of(path, number, record["text"], item) for item in _spans(path, number, record)],
        )
    if answers:
        counts = ", ".join(f"{count:,} {answer}" for answer, count in sorted(answers.items()))
        warnings.warn(f"{path}: left out texts whose answer is not accept: {counts}", FanlightWarning, stacklevel=2)


def _spans(path: str, line: int, record: dict[str, Any]) -> list[Any]:
    """Return the spans of a record, from one of the keys `SPANS`."""
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
    """A JSON object has a repeated key."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return record


def _holds_spans(value: object) -> bool:
    """Tell whether a value is a list of labelled spans."""
    if not isinstance(value, list) or not value:
        return False
    item = value[0]
    if isinstance(item, dict):
        return bool(_STARTS & item.keys()) and bool(_LABELS & item.keys())
    return isinstance(item, list) and [type(part) for part in item] == [int, int, str]


def _holds_labels(value: object) -> bool:
    """Tell whether a value is a list of spans or of tags (and not, for example, of topics)."""
    items = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(items, list) or not items:
        return False
    return isinstance(items[0], dict | list) or (isinstance(items[0], str) and is_tag(items[0]))


def span_of(path: str, line: int, text: str, item: object) -> Span:
    """Return an entity as (start, end, type), with offsets in code points.

    Raises
    ------
    DataError
        The item is malformed, or outside the text; the message has the line.
    """
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


def json_line(value: object) -> str:
    """Return a value as a line of JSON."""
    return json.dumps(value, ensure_ascii=False)
