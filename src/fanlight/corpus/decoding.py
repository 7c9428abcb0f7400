"""Decoding of labelled files, with messages that name byte and line of an error."""

from __future__ import annotations

import hashlib
import os

from fanlight.errors import DataError
from fanlight.files import is_compressed, is_parquet, read_bytes, undecodable


def read_text(path: str | os.PathLike[str], encoding: str) -> tuple[str, str]:
    """Return a file's text, without byte-order mark and carriage returns, and the SHA-256 of its bytes.

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
        if is_parquet(data):
            raise DataError(f"{path}: is Parquet: `fanlight convert` reads labelled datasets in it") from None
        if b"\0" in data and not is_compressed(data):
            raise DataError(f"{path}: is a binary file, not text") from None
        raise DataError(undecodable(f"{path}:{line}", error.start, encoding, data)) from None
    if "\0" in text:
        raise DataError(f"{path}: is a binary file, not text")
    return text.removeprefix("\ufeff").replace("\r\n", "\n"), hashlib.sha256(data).hexdigest()
