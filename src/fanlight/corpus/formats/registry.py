"""The registry of formats of labelled text.

Formats that need an optional library are registered in `apps.convert`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from fanlight.corpus.formats import json_exports, jsonl, tables, webanno
from fanlight.corpus.formats.record import Record

Read = Callable[[str, str], list[Record]]
TRAINABLE = ("columns", "klue", "jsonl", "csv")  # formats that `corpus.readers.read_corpus` reads


class CorpusFormat(NamedTuple):
    """A format of labelled text.

    Attributes
    ----------
    name : str
    endings : tuple of str
        Endings of file names in this format.
    read : callable of (path, encoding) to list of Record
    write_lines : callable of records to iterator of str, optional
        Returns the lines of a file.
    write : callable of (records, path), optional
        Writes a file or folder, if the format is not made of lines.
    has_tokens : bool
        Whether the format consists of tokens, so that texts must be tokenised.
    is_folder : bool
    """

    name: str
    endings: tuple[str, ...]
    read: Read
    write_lines: Callable[[Sequence[Record]], Iterator[str]] | None = None
    write: Callable[[Sequence[Record], str], None] | None = None
    has_tokens: bool = False
    is_folder: bool = False


REGISTRY: dict[str, CorpusFormat] = {}


def register(format: CorpusFormat) -> None:
    """Add a format."""
    REGISTRY[format.name] = format


def format_of_name(ending: str) -> str | None:
    """Return the format of files with an ending, or None."""
    return next((format.name for format in REGISTRY.values() if ending in format.endings), None)


def detect_text_format(head: str) -> str:
    r"""Return the format of a text, detected from its beginning.

    Examples
    --------
    >>> [detect_text_format(head) for head in ('{"text": ""}', "## a", "Ann\\tB-PER", "word,tag")]
    ['jsonl', 'klue', 'columns', 'csv']
    """
    head = head.lstrip("\ufeff \r\n\t")
    if head.startswith("#FORMAT=WebAnno"):
        return "webanno"
    if head.startswith("["):
        return "labelstudio" if head[1:].lstrip().startswith("{") else "spacy2"
    if head.startswith("{"):
        return "jsonl"
    if tables.is_table(head):
        return "csv"
    return "klue" if head.startswith("## ") else "columns"


for _format in (
    CorpusFormat("jsonl", (".jsonl", ".ndjson"), jsonl.read_jsonl, jsonl.write_jsonl),
    CorpusFormat("prodigy", (), jsonl.read_jsonl, json_exports.write_prodigy),
    CorpusFormat("doccano", (), jsonl.read_jsonl, json_exports.write_doccano),
    CorpusFormat("labelstudio", (), json_exports.read_label_studio, json_exports.write_label_studio),
    CorpusFormat("spacy2", (), json_exports.read_spacy2, json_exports.write_spacy2),
    CorpusFormat("webanno", (), webanno.read_webanno, webanno.write_webanno, has_tokens=True),
):
    register(_format)
