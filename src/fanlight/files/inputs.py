"""Input files: checks, opening, decompression, listing, hashing."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fanlight.errors import DataError
from fanlight.files.compression import unpack
from fanlight.files.faults import unreadable
from fanlight.files.outputs import identity
from fanlight.files.remote import address_of, open_remote, remote_digest, remote_files

PathLike = str | os.PathLike[str]
_BUFFER = 1 << 20  # bytes read at a time


def check_readable(path: PathLike, folder: bool = False) -> None:
    """Check that an input can be read; "-" is standard input.

    Parameters
    ----------
    path : path
    folder : bool
        Whether it may be a folder.

    Raises
    ------
    DataError
        The path does not exist, is not readable, or is a folder.
    """
    if os.fspath(path) == "-":
        return
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
    if is_folder and not folder:
        raise DataError(f"{path}: is a folder: name a file in it")
    if not os.access(path, os.R_OK):
        raise DataError(unreadable(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES))))


def check_rereadable(paths: Iterable[PathLike], purpose: str) -> None:
    """Check that no input is standard input, a pipe or a device, which can be read only once.

    Parameters
    ----------
    paths : iterable of path
    purpose : str
        What reads the inputs twice, for the message.

    Raises
    ------
    DataError
        An input can be read only once.
    """
    for path in paths:
        if not is_rereadable(path):
            raise DataError(f"{path}: can be read once alone, and {purpose} reads twice: save it in a file")


def check_named_once(paths: Iterable[PathLike]) -> None:
    """Check that no standard input, pipe or device is named twice.

    Raises
    ------
    DataError
        An input is named twice.
    """
    earlier = set()
    for path in paths:
        if is_rereadable(path):
            continue
        this = identity("/dev/stdin" if os.fspath(path) == "-" else path)
        if this in earlier:
            raise DataError(f"{path}: is named twice, and can be read once alone: save it in a file")
        earlier.add(this)


def is_rereadable(path: PathLike) -> bool:
    """Tell whether a path is not standard input, a pipe or a device; it need not exist."""
    if os.fspath(path) == "-":
        return False
    return not os.path.exists(path) or os.path.isfile(path) or os.path.isdir(path)


def digest(path: PathLike) -> str:
    """Return a 128-bit hash (XXH3) of a file's bytes, or of the names and bytes of the files in a folder.

    For a remote file, it is the hash of the service's checksum, so that the file is not read.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    from xxhash import xxh3_128

    state = xxh3_128()
    if (address := address_of(path)) is not None:
        state.update(remote_digest(address).encode())
        return state.hexdigest()
    place = Path(path)
    files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    try:
        for file in files:
            if file != place:
                state.update(os.fsencode(f"{file.relative_to(place)}\0{file.stat().st_size}\0"))
            with open(file, "rb") as opened:
                while piece := opened.read(_BUFFER):
                    state.update(piece)
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
    return state.hexdigest()


def open_unpacked(path: PathLike) -> tuple[Any, Any]:
    """Open a local or remote file, or standard input for "-"; return the raw file and a reader of decompressed bytes.

    Raises
    ------
    DataError
        The file cannot be read; or, during reading, a line of a compressed file is too long.
    """
    if os.fspath(path) == "-":
        return sys.stdin.buffer, sys.stdin.buffer
    if (address := address_of(path)) is not None:
        remote = open_remote(address)
        return remote, unpack(remote, Path(path).suffix.lower())
    try:
        if os.path.isdir(path):
            raise DataError(f"{path}: is a folder: name a file in it")
        raw = open(path, "rb")  # noqa: SIM115 - the caller closes it
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
    return raw, unpack(raw, Path(path).suffix.lower(), path)


def files_of(paths: Iterable[str]) -> list[str]:
    """Return files and the files of folders, sorted by name; "-" is kept.

    Raises
    ------
    DataError
        A folder is empty.
    """
    files: list[str] = []
    for path in paths:
        if (address := address_of(path)) is not None:
            files += remote_files(address)
            continue
        if not os.path.isdir(path):
            files.append(path)
            continue
        inside = sorted(str(p) for p in Path(path).rglob("*") if p.is_file() and not p.name.startswith("."))
        if not inside:
            raise DataError(f"{path}: the folder has no files")
        files += inside
    return files


def read_bytes(path: PathLike) -> bytes:
    """Return the decompressed bytes of a file, or of standard input for "-".

    Raises
    ------
    DataError
        The file cannot be read or decompressed.
    """
    raw, file = open_unpacked(path)
    try:
        with contextlib.nullcontext() if os.fspath(path) == "-" else raw:
            return bytes(file.read())
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
