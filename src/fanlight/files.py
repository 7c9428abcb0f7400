"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fanlight.errors import DataError


@contextmanager
def replacing(path: str | os.PathLike[str], error: type[Exception] = DataError) -> Iterator[Path]:
    """Give a place beside a path to write to; bring it to disk and rename it when the block ends, else remove it.

    Raises
    ------
    error
        The folder does not exist or cannot be written.
    """
    place = Path(path)
    part = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        try:
            yield part
            with open(part, "rb") as file:
                os.fsync(file.fileno())
            os.replace(part, place)
        except OSError as fault:
            raise error(f"{path}: cannot be written ({fault.strerror}): choose another place") from None
    finally:
        part.unlink(missing_ok=True)
