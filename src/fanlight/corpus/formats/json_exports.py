"""JSON formats of other tools: Prodigy, doccano, Label Studio, spaCy 2."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from fanlight.corpus.decoding import read_text
from fanlight.corpus.formats.jsonl import json_line, records_of_jsonl
from fanlight.corpus.formats.record import Mark, Record, place_spans
from fanlight.errors import DataError


def write_prodigy(records: Iterable[Record]) -> Iterator[str]:
    """Yield accepted tasks of Prodigy, with tokens if a record has any."""
    for r in records:
        yield json_line({**prodigy_task(r), "answer": "accept"})


def prodigy_task(r: Record) -> dict[str, Any]:
    """Return a record as a task of Prodigy without an answer."""
    task: dict[str, Any] = {"text": r.text}
    firsts = {s: i for i, (s, _) in enumerate(r.tokens or ())}
    lasts = {e: i for i, (_, e) in enumerate(r.tokens or ())}
    if r.tokens is not None:
        task["tokens"] = [
            {"text": r.text[s:e], "start": s, "end": e, "id": i, "ws": r.text[e : e + 1] == " "}
            for i, (s, e) in enumerate(r.tokens)
        ]
    task["spans"] = [
        {"start": s, "end": e, "label": t}
        | ({"token_start": firsts[s], "token_end": lasts[e]} if s in firsts and e in lasts else {})
        for s, e, t in r.spans
    ]
    return task


def write_doccano(records: Iterable[Record]) -> Iterator[str]:
    """Yield doccano's sequence labelling: {"id", "text", "label": [[start, end, label]]}."""
    for number, r in enumerate(records, 1):
        yield json_line({"id": number, "text": r.text, "label": [list(span) for span in r.spans]})


def read_label_studio(path: str, encoding: str) -> list[Record]:
    """Read Label Studio's JSON export: the last annotation of each task that was not cancelled."""
    texts, stored_spans = [], []
    for number, task in enumerate(_list(path, encoding), 1):
        where = f"{path}: task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        text = next((v for v in data.values() if isinstance(v, str)), None) if isinstance(data, dict) else None
        if not isinstance(text, str):
            raise DataError(f'{where}: has no text under "data": is this a JSON export of a text labelling project?')
        annotations = task.get("annotations") or task.get("completions") or []
        try:
            accepted = [a for a in annotations if not a.get("was_cancelled")]
            values = [result.get("value") or {} for result in (accepted[-1].get("result") or [] if accepted else [])]
            labelled = [(v, v.get("labels") or v.get("hypertextlabels")) for v in values]
        except (AttributeError, TypeError, KeyError):
            raise DataError(f"{where}: its annotations are not those of Label Studio's JSON export") from None
        spans_of_task = []
        for value, labels in labelled:
            if not labels:
                continue  # a choice or a relation, not an entity
            if not isinstance(labels, list) or not all(isinstance(label, str) and label for label in labels):
                raise DataError(f"{where}: labels that are no texts: {json_line(labels)[:80]}")
            start, end = value.get("start"), value.get("end")
            if type(start) is not int or type(end) is not int:
                raise DataError(f"{where}: a label without whole numbers start and end: {json_line(value)[:80]}")
            spans_of_task += [
                Mark(start, end, label, str(value.get("text") or text[start:end]), number) for label in labels
            ]
        texts.append(text)
        stored_spans.append(spans_of_task)
    return [
        Record(text, tuple(sorted(spans)), number)
        for number, (text, spans) in enumerate(zip(texts, place_spans(path, texts, stored_spans), strict=True), 1)
    ]


def write_label_studio(records: Iterable[Record]) -> Iterator[str]:
    """Yield a JSON array of tasks, each with one annotation."""
    before = "["
    for number, r in enumerate(records, 1):
        result = [
            {
                "id": f"{number}-{i}", "from_name": "label", "to_name": "text", "type": "labels",
                "value": {"start": s, "end": e, "text": r.text[s:e], "labels": [t]},
            }
            for i, (s, e, t) in enumerate(r.spans)
        ]  # fmt: skip
        yield before + json_line({"id": number, "data": {"text": r.text}, "annotations": [{"result": result}]})
        before = ","
    yield "[]" if before == "[" else "]"


def read_spacy2(path: str, encoding: str) -> list[Record]:
    """Read spaCy 2's training data as JSON: [[text, {"entities": [[start, end, label]]}], …]."""
    records = []
    for number, item in enumerate(_list(path, encoding), 1):
        where = f"{path}: item {number}"
        if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and isinstance(item[1], dict)):
            raise DataError(f'{where}: is not [text, {{"entities": …}}]')
        line = json_line({"text": item[0], "spans": item[1].get("entities") or []})
        ((_, text, spans),) = records_of_jsonl(where, [line])
        records.append(Record(text, tuple(sorted(spans)), number))
    return records


def write_spacy2(records: Iterable[Record]) -> Iterator[str]:
    """Yield a JSON array of spaCy 2's tuples."""
    before = "["
    for r in records:
        yield before + json_line([r.text, {"entities": [list(span) for span in r.spans]}])
        before = ","
    yield "[]" if before == "[" else "]"


def _list(path: str, encoding: str) -> list[Any]:
    text, _ = read_text(path, encoding)
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}: is not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise DataError(f"{path}: is nested too deeply to be labelled text") from None
    if not isinstance(items, list):
        raise DataError(f"{path}: is not a JSON array")
    return items
