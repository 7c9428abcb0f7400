"""Tables of texts: Parquet and CSV in, Parquet out, by pyarrow (the extra "formats"); a batch in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from fanlight.corpus.formats.libraries import library
from fanlight.entities.entity import Document
from fanlight.errors import DataError
from fanlight.files import replacing

SUFFIXES = (".parquet", ".csv")
ROWS = 4096  # of a batch


def read_column(path: str, column: str) -> Iterator[str]:
    """Yield the texts of a column, "" where a row has none.

    Raises
    ------
    DataError
        The file cannot be read, or has no such column of texts.
    """
    row = 0
    try:
        for batch in _batches(path):
            if column not in batch.schema.names:
                raise DataError(f"{path}: has no column {column!r}; it has {', '.join(batch.schema.names)}")
            for text in batch.column(column).to_pylist():
                row += 1
                if text is not None and not isinstance(text, str):
                    raise DataError(f"{path}: row {row}: {str(text)[:40]!r} in column {column!r} is no text")
                yield text or ""
    except (OSError, library("pyarrow").ArrowException) as error:
        raise DataError(f"{path}: cannot be read ({str(error)[:200]}): is it {Path(path).suffix[1:]}?") from None


def write_parquet(documents: Iterable[Document], path: Path) -> None:
    """Write columns "text" and "entities" (a list of start, end, type, text and probability), whole or not at all."""
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    offsets = [("start", arrow.int64()), ("end", arrow.int64())]
    rest = [("type", arrow.string()), ("text", arrow.string()), ("probability", arrow.float64())]
    entities = arrow.list_(arrow.struct([*offsets, *rest]))
    schema = arrow.schema([("text", arrow.string()), ("entities", entities)])
    found = iter(documents)
    with replacing(path) as part, parquet.ParquetWriter(str(part), schema) as writer:
        while rows := [document.to_dict() for document in islice(found, ROWS)]:
            writer.write_batch(arrow.RecordBatch.from_pylist(rows, schema))


def _batches(path: str) -> Iterator[Any]:
    if path.endswith(".parquet"):
        yield from library("pyarrow.parquet").ParquetFile(path).iter_batches(ROWS)
    else:
        yield from library("pyarrow.csv").open_csv(path)
