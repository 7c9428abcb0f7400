"""WebAnno TSV 3, as WebAnno and INCEpTION write it: a token a line, entities in one column.

References
----------
WebAnno user guide, appendix A (WebAnno TSV 3.2 and 3.3 file format).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from fanlight.corpus.decoding import read_text
from fanlight.corpus.formats.record import Mark, Record, place_spans
from fanlight.entities.bioes import Span
from fanlight.errors import DataError

LAYER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value"
_ESCAPED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_VALUE = re.compile(r"((?:\\.|[^\\|\[])+)(?:\[(\d+)\])?")


def read_webanno(path: str, encoding: str) -> list[Record]:
    """Read the entities of the layer that has a "value"; a record a sentence.

    Raises
    ------
    DataError
        A line is not of the format, there is no such layer, or tokens do not stand where they are said to.
    """
    text, _ = read_text(path, encoding)
    text_lines = text.split("\n")
    if not text_lines[0].startswith("#FORMAT=WebAnno TSV 3"):
        raise DataError(f"{path}:1: is not WebAnno TSV 3: its first line is {text_lines[0][:40]!r}")
    column = _column(path, text_lines)
    sentences: list[tuple[str, list[tuple[int, list[str]]]]] = []
    for number, line in enumerate(text_lines, 1):
        if line.startswith("#Text="):
            part = _unescape(line[len("#Text=") :])
            if sentences and not sentences[-1][1]:  # a sentence over several lines
                sentences[-1] = (sentences[-1][0] + "\n" + part, [])
            else:
                sentences.append((part, []))
        elif re.match(r"\d+-\d+(\.\d+)?\t", line):
            cells = line.split("\t")
            if not sentences or len(cells) < 3 or not re.fullmatch(r"\d+-\d+", cells[1]):
                raise DataError(f"{path}:{number}: expected a token's number, offsets and text, not {line[:60]!r}")
            if "." not in cells[0]:  # parts of tokens have lines of their own
                sentences[-1][1].append((number, cells))
    texts, stored_spans, values = [], [], []
    for sentence, rows in sentences:
        offsets = [tuple(map(int, cells[1].split("-"))) for _, cells in rows]
        lead = len(sentence) - len(sentence.lstrip())
        base = offsets[0][0] - lead if offsets else 0
        laid = zip(offsets, rows, strict=True)
        stored_spans.append([Mark(s - base, e - base, "", cells[2], number) for (s, e), (number, cells) in laid])
        values.append([cells[column] if len(cells) > column else "_" for _, cells in rows])
        texts.append(sentence)
    records = []
    for sentence, tokens, cells, (_, rows) in zip(
        texts, place_spans(path, texts, stored_spans), values, sentences, strict=True
    ):
        places = tuple((s, e) for s, e, _ in tokens)
        records.append(Record(sentence, _spans(places, cells), rows[0][0] if rows else 0, places))
    return records


def write_webanno(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of one file: a sentence a record, so that its text is held whole; offsets in UTF-16 units.

    The records must have tokens, and each span must begin and end with one of them.
    """
    yield from ("#FORMAT=WebAnno TSV 3.3", f"#T_SP={LAYER}", "", "")
    base, entity = 0, 0
    for number, r in enumerate(records, 1):
        assert r.tokens is not None
        yield ""
        yield "#Text=" + "".join(_ESCAPED.get(c, c) for c in r.text)
        values: list[list[str]] = [[] for _ in r.tokens]
        for start, end, type_ in r.spans:
            inside = [i for i, (s, e) in enumerate(r.tokens) if start <= s and e <= end]
            entity += 1
            for i in inside:
                escaped = re.sub(r"([\\\[\]|_;\t\n])", r"\\\1", type_)
                values[i].append(f"{escaped}[{entity}]")
        for i, (s, e) in enumerate(r.tokens):
            begin, end = base + _units(r.text[:s]), base + _units(r.text[:e])
            column = "|".join(values[i]) or "_"
            ids = "|".join("*" + mark[mark.rindex("[") :] for mark in values[i]) or "_"
            yield f"{number}-{i + 1}\t{begin}-{end}\t{r.text[s:e]}\t{ids}\t{column}\t"
        base += _units(r.text) + 1


def _spans(tokens: Sequence[tuple[int, int]], cells: Sequence[str]) -> tuple[Span, ...]:
    """Join the tokens of an entity: those with one number; without a number each token is one."""
    open_: dict[tuple[str, str], list[int]] = {}
    single = []
    for (start, end), cell in zip(tokens, cells, strict=True):
        for value, number in [] if cell in ("_", "*", "") else _VALUE.findall(cell):
            type_ = re.sub(r"\\(.)", r"\1", value)
            if number:
                place = open_.setdefault((type_, number), [start, end])
                place[1] = end
            else:
                single.append((start, end, type_))
    return tuple(sorted([*single, *((s, e, type_) for (type_, _), (s, e) in open_.items())]))


def _column(path: str, text_lines: Sequence[str]) -> int:
    """Return the place of the first feature named "value" among a token line's cells."""
    place = 3
    for line in text_lines:
        if line.startswith(("#T_SP=", "#T_CH=", "#T_RL=")):
            features = line.partition("=")[2].split("|")[1:]
            if line.startswith("#T_SP=") and "value" in features:
                return place + features.index("value")
            place += len(features)
    raise DataError(f'{path}: no #T_SP= line has a feature "value": export the named-entity layer')


def _unescape(text: str) -> str:
    names = {"n": "\n", "r": "\r", "t": "\t"}
    return re.sub(r"\\(.)", lambda m: names.get(m[1], m[1]), text)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
