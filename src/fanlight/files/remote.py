"""Remote files with addresses such as s3://bucket/key, by fsspec (the extra "remote")."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from fanlight.errors import DataError
from fanlight.libraries import library

PathLike = str | os.PathLike[str]
_ADDRESS = re.compile(r"(s3|gs|gcs|az|abfs|abfss|hdfs|webhdfs|sftp|memory):/{1,3}([^/].*)")


def address_of(path: PathLike) -> str | None:
    """Return the address of a remote path, None for a local one; `Path` collapses the two slashes to one.

    Examples
    --------
    >>> address_of("s3://bucket/a.txt"), address_of(Path("s3://bucket/a.txt")), address_of("s3/a.txt")
    ('s3://bucket/a.txt', 's3://bucket/a.txt', None)
    """
    match = _ADDRESS.fullmatch(os.fspath(path))
    return None if match is None else f"{match[1]}://{match[2]}"


def open_remote(address: str) -> BinaryIO:
    """Open a remote file for reading.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    with _as_fault(address, "read"):
        system, path = _system(address)
        file: BinaryIO = system.open(path, "rb")
        return file


def remote_files(address: str) -> list[str]:
    """Return the sorted addresses of the files in a folder, or the address itself if it is no folder.

    Raises
    ------
    DataError
        The address cannot be accessed, or is a folder without files.
    """
    with _as_fault(address, "read"):
        system, path = _system(address)
        if not system.isdir(path):
            return [address]
        files = sorted(str(system.unstrip_protocol(name)) for name in system.find(path))
    if not files:
        raise DataError(f"{address}: the folder has no files")
    return files


def remote_digest(address: str) -> str:
    """Return a checksum that changes with a remote file, such as its entity tag, or size and time.

    Raises
    ------
    DataError
        The address cannot be accessed.
    """
    with _as_fault(address, "read"):
        system, path = _system(address)
        return str(system.checksum(path))


@lru_cache(64)
def local_copy(address: str) -> Path:
    """Return a local copy of a remote file, which is removed when the process ends.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    with _as_fault(address, "read"):
        return Path(library("fsspec").open_local(f"simplecache::{address}"))


@contextmanager
def uploading(address: str) -> Iterator[Path]:
    """Yield a local path to write to; at the end of the block, the file is uploaded to an address.

    Raises
    ------
    DataError
        The upload failed; the local file is kept, and the message has its path.
    """
    with _as_fault(address, "written"):
        system, target = _system(address)
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="fanlight-"))
    part = folder / address.rpartition("/")[2]
    try:
        yield part
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    with _as_fault(address, f"written: the result is in {part}"):
        system.put_file(str(part), target)
    shutil.rmtree(folder, ignore_errors=True)


def _system(address: str) -> Any:
    """Return the file system of an address, and the path in it."""
    return library("fsspec").core.url_to_fs(address)


@contextmanager
def _as_fault(address: str, what: str) -> Iterator[None]:
    try:
        yield
    except (DataError, KeyboardInterrupt):
        raise
    except ImportError as error:  # the library for the scheme is missing
        raise DataError(f"{address}: cannot be {what} ({error}): pip install it") from None
    except Exception as error:  # each service has its own exceptions
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(f"{address}: cannot be {what} ({reason}): check the address and your right to it") from None
