"""brat's stand-off format: NAME.txt has a text, NAME.ann its entities.

References
----------
Stenetorp et al. 2012; https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from fanlight.corpus.formats.record import Mark, Record, place_spans
from fanlight.errors import DataError
from fanlight.files import replacing, unwritable

_ENTITY = re.compile(r"T\d+\t(\S+) ([\d ;]+)\t(.*)")


def read_brat(path: str, encoding: str) -> list[Record]:
    """Read a folder of file pairs, or the pair of one NAME.ann or NAME.txt; other annotations are skipped.

    Raises
    ------
    DataError
        A file of a pair is missing, a line is malformed, or an entity has fragments with words between.
    """
    place = Path(path)
    files = sorted(place.glob("*.ann")) if place.is_dir() else [place.with_suffix(".ann")]
    if not files:
        raise DataError(f"{path}: the folder has no .ann files")
    texts, stored_spans = [], []
    for file in files:
        text = _read(file.with_suffix(".txt"), encoding)
        spans_of_text = []
        for number, line in enumerate(_read(file, encoding).splitlines(), 1):
            if not line.startswith("T"):
                continue  # relations, events, attributes, notes
            match = _ENTITY.fullmatch(line)
            if match is None:
                raise DataError(f"{file}:{number}: expected T1<tab>TYPE START END<tab>TEXT, not {line[:60]!r}")
            spans_of_text.append(_mark(f"{file}:{number}", text, match[1], match[2], match[3], number=number))
        texts.append(text)
        stored_spans.append(spans_of_text)
    return [
        Record(text, tuple(sorted(spans)), 1, name=file.stem)
        for file, text, spans in zip(files, texts, place_spans(path, texts, stored_spans), strict=True)
    ]


def write_brat(records: Sequence[Record], path: str) -> None:
    """Write a folder of file pairs; an entity across a line break is written in fragments, as brat requires.

    Raises
    ------
    DataError
        A type contains white space.
    """
    folder, contents = Path(path), {}
    width = len(str(len(records)))
    for number, r in enumerate(records, 1):
        name = r.name or f"{number:0{width}}"
        rows = []
        for i, (start, end, type_) in enumerate(r.spans, 1):
            if not type_ or type_.split() != [type_]:
                raise DataError(f"text {number}: the type {type_!r} has white space, which brat cannot hold: rename it")
            fragments = [(start + m.start(), start + m.end()) for m in re.finditer(r"[^\r\n]+", r.text[start:end])]
            surface = " ".join(r.text[s:e] for s, e in fragments)
            rows.append(f"T{i}\t{type_} {';'.join(f'{s} {e}' for s, e in fragments)}\t{surface}\n")
        contents[f"{name}.txt"], contents[f"{name}.ann"] = r.text, "".join(rows)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise DataError(unwritable(folder, fault)) from None
    for name, text in contents.items():
        with replacing(folder / name) as part:
            part.write_bytes(text.encode())


def _mark(where: str, text: str, type_: str, offsets: str, surface: str, *, number: int) -> Mark:
    try:
        number_lists = [tuple(map(int, fragment.split())) for fragment in offsets.split(";")]
        fragments = [(s, e) for s, e in number_lists]
    except ValueError:
        raise DataError(f"{where}: {offsets!r} are no offsets") from None
    for (_, before), (after, _) in pairwise(fragments):
        if text[before:after].strip():
            raise DataError(
                f"{where}: {surface!r} is in pieces with words between, which a span cannot hold: join them"
            )
    return Mark(fragments[0][0], fragments[-1][1], type_, surface, number)


def _read(file: Path, encoding: str) -> str:
    try:
        return file.read_bytes().decode(encoding)  # line breaks as they are: offsets count them
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}): brat keeps .txt and .ann side by side") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: byte {error.start} is not {encoding}: give --encoding") from None
