"""Arrow: columns of texts in Parquet and CSV, entities in Parquet, and labelled sentences as Hugging Face datasets.

With pyarrow (the extra "formats"). Columns of texts are read and written in batches; `tag_batches` is for Spark's
``mapInArrow`` and other functions of Arrow batches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fanlight.apps.integrations.text_columns import as_column, check_column
from fanlight.corpus.formats.record import Record
from fanlight.entities.bioes import find_scheme, spans_from_tags, tags_from_spans
from fanlight.entities.entity import Document
from fanlight.errors import DataError
from fanlight.files import address_of, ending_of, open_unpacked, replacing
from fanlight.libraries import library
from fanlight.tagging.bundled import load_tagger
from fanlight.values import Value, ValueOptions, read_value

if TYPE_CHECKING:
    from pyarrow import Array, ChunkedArray, RecordBatch, Table

    from fanlight.tagging.tagger import Tagger

SUFFIXES = (".parquet", ".csv")
ROWS = 4096  # of a batch
_PAGE_COLUMNS = ["start", "end", "type", "text", "probability"]  # the page's CSV begins with these
_ESCAPED_FORMULA = re.compile(r"'+\s*[=+\-@\t\r\n＝＋－＠]")  # formulas of spreadsheets, which the apostrophe disables
PART = 1 << 14  # rows per write, which an interrupt can lose


def read_column(path: str, column: str) -> Iterator[str]:
    """Yield the texts of a column, "" for null.

    Raises
    ------
    DataError
        The file cannot be read, or has no such column of texts.
    """
    row = 0
    try:
        for batch in _batches(path, column):
            if column not in batch.schema.names:
                raise DataError(f"{path}: has no column {column!r}; it has {', '.join(batch.schema.names)}")
            if batch.schema.names.count(column) > 1:
                raise DataError(f"{path}: has several columns {column!r}: rename all but one")
            for text in _values(path, column, batch.column(column)):
                row += 1
                if text is not None and not isinstance(text, str):
                    raise DataError(f"{path}: row {row}: {str(text)[:40]!r} in column {column!r} is no text")
                is_escaped = batch.schema.names[:5] == _PAGE_COLUMNS and _ESCAPED_FORMULA.match(text or "")
                yield text[1:] if text and is_escaped else text or ""
    except (OSError, library("pyarrow").ArrowException) as error:
        raise DataError(f"{path}: cannot be read ({_line(error)}): is it {ending_of(path)[1:]}?") from None


def tag_batches(
    batches: Iterable[RecordBatch | Table],
    column: str = "text",
    model: str = "en",
    values: bool | ValueOptions = False,
) -> Iterator[RecordBatch | Table]:
    """Yield each batch with an additional column "entities" of the type `entities_type`.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch or pyarrow.Table
        Results have the same class.
    column : str
        The column of texts: strings, large strings, string views or a dictionary of these; null has no entities.
    model : str
        As for `fanlight.load`. Tagging uses one thread, since callers usually run one process per core.
    values : bool or ValueOptions
        Whether to add a field "value" of dates and amounts to entities, or the options for it.

    Raises
    ------
    DataError
        A batch has no such column of texts, or already has a column "entities".

    Examples
    --------
    >>> import pyarrow
    >>> batch = pyarrow.RecordBatch.from_pydict({"text": ["Museums in Paris are amazing to see.", None]})
    >>> [[e["text"] for e in row] for tagged in tag_batches([batch]) for row in tagged["entities"].to_pylist()]
    [['Paris'], []]
    """
    tagger = load_tagger(model)
    for batch in batches:
        yield _append_entities(tagger, batch, column, values, threads=1)


def tag_rows(
    rows: RecordBatch | Table | Mapping[str, list[str]],
    column: str = "text",
    model: str = "en",
    values: bool | ValueOptions = False,
) -> RecordBatch | Table | dict[str, Any]:
    """Tag one batch: ``dataset.with_format("arrow").map(tag_rows, batched=True)`` or ``map_batches`` of Ray.

    Parameters
    ----------
    rows : pyarrow.Table, pyarrow.RecordBatch or mapping of str to list
        The batch; Arrow's classes are faster. Rows without a text have no entities.
    column : str
        The column of texts.
    model : str
        As for `fanlight.load`.
    values : bool or ValueOptions
        As for `tag_batches`.

    Returns
    -------
    pyarrow.Table, pyarrow.RecordBatch or dict of str to list
        Of the class of the batch: with an additional column "entities" of `entities_type`; a dict has only that column.

    Raises
    ------
    DataError
        As for `tag_batches`.

    Examples
    --------
    >>> tag_rows({"text": ["Museums in Paris are amazing to see."]})["entities"][0][0]["text"]
    'Paris'
    """
    tagger, arrow = load_tagger(model), library("pyarrow")
    if isinstance(rows, arrow.Table | arrow.RecordBatch):
        return _append_entities(tagger, rows, column, values)
    return {"entities": _entities(tagger, rows[column], values).to_pylist()}


def tag_column(texts: Iterable[Any], model: str = "en", values: bool | ValueOptions = False) -> Array:
    """Return the entities of a column of texts, of `entities_type`, for SQL functions such as DuckDB's.

    Parameters
    ----------
    texts : pyarrow.Array, pyarrow.ChunkedArray, column of pandas or Polars, or list of str
        Strings, large strings, string views or a dictionary of these; null has no entities.
    model : str
        As for `fanlight.load`.
    values : bool or ValueOptions
        As for `tag_batches`.

    Raises
    ------
    DataError
        The column has no texts.

    Examples
    --------
    >>> import pyarrow
    >>> tag_column(pyarrow.array(["In Paris.", "In Paris."]).dictionary_encode())[1][0]["text"].as_py()
    'Paris'
    """
    column = as_column(texts)
    check_column(column.type, "the column")
    return _entities(load_tagger(model), column, values)


def _append_entities(
    tagger: Tagger,
    batch: RecordBatch | Table,
    column: str,
    values: bool | ValueOptions,
    threads: int | None = None,
) -> RecordBatch | Table:
    names = batch.schema.names
    if column not in names:
        raise DataError(f"the batch has no column {column!r}: it has {', '.join(names)}")
    if names.count(column) != 1:
        raise DataError(f"the batch has {names.count(column)} columns {column!r}: it has {', '.join(names)}")
    if "entities" in names:
        raise DataError('the batch has a column "entities" already: rename it')
    check_column(batch.schema.field(column).type, f"column {column!r}")
    entities = _entities(tagger, batch.column(column), values, threads)
    return type(batch).from_arrays(
        [*batch.columns, entities], schema=batch.schema.append(library("pyarrow").field("entities", entities.type))
    )


def entities_type(values: bool = False) -> Any:
    """Return the type of a column of entities: lists of start, end, type, text, probability and optionally value."""
    arrow = library("pyarrow")
    offsets = [("start", arrow.int64()), ("end", arrow.int64())]
    labels = [("type", arrow.string()), ("text", arrow.string()), ("probability", arrow.float64())]
    value = [("kind", arrow.string()), ("iso", arrow.string()), ("number", arrow.float64()), ("unit", arrow.string())]
    value.append(("upper", arrow.float64()))
    return arrow.list_(arrow.struct([*offsets, *labels, *([("value", arrow.struct(value))] if values else [])]))


def _entities(tagger: Tagger, column: Iterable[Any], values: bool | ValueOptions, threads: int | None = None) -> Any:
    """Return the entities of texts as a column of `entities_type`."""
    arrow = library("pyarrow")
    texts = [text or "" for text in (column.to_pylist() if hasattr(column, "to_pylist") else column)]
    entities, types = tagger.tag_columns(texts, threads=threads)
    places = zip(entities.documents.tolist(), entities.char_starts.tolist(), entities.char_ends.tolist(), strict=True)
    types_of = arrow.DictionaryArray.from_arrays(entities.types, list(types)).dictionary_decode()
    names = [texts[document][start:end] for document, start, end in places]
    fields = [
        arrow.array(entities.char_starts.astype(np.int64)),
        arrow.array(entities.char_ends.astype(np.int64)),
        types_of,
        arrow.array(names, arrow.string()),
        arrow.array(entities.probabilities.astype(np.float64)),
    ]
    kind = entities_type(bool(values))
    if options := ValueOptions.choose(values):
        read = [_value(read_value(*item, *options)) for item in zip(names, types_of.to_pylist(), strict=True)]
        fields.append(arrow.array(read, kind.value_type.field("value").type))
    counts = np.bincount(entities.documents, minlength=len(texts))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    structs = arrow.StructArray.from_arrays(fields, fields=list(kind.value_type))
    return arrow.ListArray.from_arrays(arrow.array(offsets), structs, type=kind)


def _value(value: Value | None) -> dict[str, str | float] | None:
    """Return a value as an Arrow struct, whose numbers have one type."""
    if value is None:
        return None
    return {name: item if isinstance(item, str) else float(item) for name, item in value.to_dict().items()}


def write_parts(documents: Iterable[Document], folder: Path, is_new: bool, values: bool | ValueOptions = False) -> None:
    """Write columns "text" and "entities" (of `entities_type`) as numbered files of `PART` rows, each atomically.

    With `is_new`, the folder is created.
    """
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    schema = arrow.schema([("text", arrow.string()), ("entities", entities_type(bool(values)))])
    try:
        folder.mkdir(exist_ok=not is_new)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror}): choose another place") from None
    remaining, number = iter(documents), len(_parts(folder))
    while rows := [_row(document, values) for document in islice(remaining, PART)]:
        with replacing(folder / f"{number:08}.parquet") as part:
            parquet.write_table(arrow.Table.from_pylist(rows, schema), str(part))
        number += 1


def _row(document: Document, values: bool | ValueOptions) -> dict[str, Any]:
    row = document.to_dict()
    if options := ValueOptions.choose(values):
        for fields, entity in zip(row["entities"], document.entities, strict=True):
            fields["value"] = _value(entity.value_on(*options))
    return row


def rows_of(folder: Path) -> int:
    """Return the number of rows in complete parts."""
    parquet = library("pyarrow.parquet")
    return sum(parquet.read_metadata(str(part)).num_rows for part in _parts(folder))


def join_parts(folder: Path, path: Path, values: bool = False) -> None:
    """Merge the parts to one file, atomically, and remove them; `values`: whether they have values."""
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    schema = arrow.schema([("text", arrow.string()), ("entities", entities_type(values))])
    with replacing(path) as place, parquet.ParquetWriter(str(place), schema) as writer:
        for part in _parts(folder):
            writer.write_table(parquet.read_table(str(part), schema=schema))
    for part in _parts(folder):
        part.unlink()
    with suppress(OSError):  # it holds another's files
        folder.rmdir()


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.parquet"))


def read_dataset(path: str, encoding: str) -> list[Record]:
    """Read columns "tokens" and "ner_tags" (or "tags", "labels") of Hugging Face datasets, one sentence per row.

    Tags are strings, or numbers with names in the file's metadata.
    """
    del encoding
    parquet = library("pyarrow.parquet")
    try:
        table = parquet.read_table(path)
        columns = table.column_names
    except Exception as error:  # OSError, ArrowInvalid
        raise DataError(f"{path}: is no Parquet file ({_line(error)})") from None
    column = next((name for name in ("ner_tags", "tags", "labels") if name in columns), None)
    if "tokens" not in columns or column is None:
        raise DataError(f'{path}: needs columns "tokens" and "ner_tags"; it has {", ".join(columns)}')
    names = _names(table.schema.metadata or {}, column)
    rows = []
    both = (_values(path, c, table[c]) for c in ("tokens", column))
    for number, (words, tags) in enumerate(zip(*both, strict=True), 1):
        where = f"{path}: row {number}"
        for name, value in (("tokens", words), (column, tags)):
            if value is not None and not isinstance(value, list):
                raise DataError(f"{where}: {str(value)[:40]!r} in column {name!r} is no list")
        if not all(isinstance(word, str) for word in words or ()):
            raise DataError(f"{where}: its tokens are not all texts")
        if len(words or ()) != len(tags or ()):
            raise DataError(f"{where}: has {len(words or ())} tokens but {len(tags or ())} tags")
        rows.append((words or (), [_tag(where, tag, names) for tag in tags or ()]))
    scheme = find_scheme(tags for _, tags in rows)
    return [of_tokens(words, spans_from_tags(tags, scheme)[0], n) for n, (words, tags) in enumerate(rows, 1)]


def write_dataset(records: Iterable[Record], path: str) -> None:
    """Write "tokens" and "ner_tags" (IOB2), one row per record, with the tags' names in the metadata."""
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    words, tags = [], []
    for r in records:
        places = r.tokens or ()
        begins, stops = {s: i for i, (s, _) in enumerate(places)}, {e: i + 1 for i, (_, e) in enumerate(places)}
        try:
            tags.append(tags_from_spans([(begins[s], stops[e], t) for s, e, t in r.spans], len(places), "IOB2"))
        except ValueError as error:
            raise DataError(f"text {r.line}: {error}") from None
        words.append([r.text[s:e] for s, e in places])
    names = ["O", *sorted({tag for tags_of_record in tags for tag in tags_of_record} - {"O"})]
    numbers = {name: i for i, name in enumerate(names)}
    strings = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"}
    classes = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}
    about = {"info": {"features": {"tokens": strings, "ner_tags": classes}}}
    schema = arrow.schema(
        [("tokens", arrow.list_(arrow.string())), ("ner_tags", arrow.list_(arrow.int64()))],
        metadata={"huggingface": json.dumps(about)},
    )
    columns = [words, [[numbers[tag] for tag in tags_of_record] for tags_of_record in tags]]
    parquet.write_table(
        arrow.Table.from_arrays([arrow.array(c, t) for c, t in zip(columns, schema.types, strict=True)], schema=schema),
        path,
    )


def of_tokens(words: Sequence[str], spans: Sequence[tuple[int, int, str]], line: int) -> Record:
    """Return a record of tokens joined by single spaces, for formats without text."""
    places, place = [], 0
    for word in words:
        places.append((place, place + len(word)))
        place += len(word) + 1
    entities = sorted((places[s][0], places[e - 1][1], t) for s, e, t in spans)
    return Record(" ".join(words), tuple(entities), line, tuple(places))


def _values(path: str, name: str, column: Array | ChunkedArray) -> list[Any]:
    """Return a column's values; only now, Arrow validates UTF-8."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: column {name!r} has text that is not UTF-8 ({error.object[:20]!r})") from None


def _line(error: BaseException) -> str:
    """Return a message of Arrow in one line."""
    return " ".join(str(error).split())[:200]


def _names(metadata: dict[bytes, bytes], column: str) -> list[str] | None:
    try:
        feature = json.loads(metadata[b"huggingface"])["info"]["features"][column]
        names = feature["feature"]["names"] if "feature" in feature else feature["names"]
        return [str(name) for name in names]
    except (KeyError, TypeError, ValueError):
        return None


def _tag(where: str, tag: object, names: list[str] | None) -> str:
    if isinstance(tag, str):
        return tag
    if isinstance(tag, int) and names is not None and 0 <= tag < len(names):
        return names[tag]
    raise DataError(f"{where}: tag {tag!r} has no name in the file's metadata: store the tags as strings")


def _batches(path: str, column: str) -> Iterator[Any]:
    if path.lower().endswith(".parquet"):
        raw, _ = (path, None) if address_of(path) is None else open_unpacked(path)
        yield from library("pyarrow.parquet").ParquetFile(raw).iter_batches(ROWS)
        return
    csv = library("pyarrow.csv")
    # empty rows count, so that the output has as many rows as the input
    options = csv.ParseOptions(ignore_empty_lines=False, newlines_in_values=True)
    # read numbers and dates as texts
    types = csv.ConvertOptions(column_types={column: library("pyarrow").string()})
    raw, file = open_unpacked(path)
    with raw:
        # Arrow's read-ahead thread aborts the process at exit if it reads a Python file object
        source = path if file is raw and address_of(path) is None else file
        yield from csv.open_csv(source, parse_options=options, convert_options=types)
