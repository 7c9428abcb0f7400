"""Inputs: opened, unpacked, listed and identified."""

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
_PIECE = 1 << 20  # bytes read at a time


def check_readable(path: PathLike, folder: bool = False) -> None:
    """Refuse an input that could not be read, before anything is done with it; "-" is standard input.

    Parameters
    ----------
    path : path
    folder : bool
        Whether it may be a folder.

    Raises
    ------
    DataError
        It does not exist, may not be read, or is a folder; the message names the remedy.
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
    """Refuse standard input, pipes and devices, which can be read once alone.

    Parameters
    ----------
    paths : iterable of path
    purpose : str
        What needs to read them again, for the message.

    Raises
    ------
    DataError
        The message names the path.
    """
    for path in paths:
        if not is_rereadable(path):
            raise DataError(f"{path}: can be read once alone, and {purpose} reads twice: save it in a file")


def check_named_once(paths: Iterable[PathLike]) -> None:
    """Refuse standard input, a pipe or a device that is named twice: the second reader would find it empty.

    Raises
    ------
    DataError
        The message names the path.
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
    """Tell whether a path is none of standard input, a pipe or a device; one that does not exist is none."""
    if os.fspath(path) == "-":
        return False
    return not os.path.exists(path) or os.path.isfile(path) or os.path.isdir(path)


def digest(path: PathLike) -> str:
    """Return a 128-bit hash (XXH3) of a file's bytes, or of the names and bytes of the files in a folder.

    Of a file elsewhere it is of what its service says of it, so that it is not read for it.

    Raises
    ------
    DataError
        It cannot be read.
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
                while piece := opened.read(_PIECE):
                    state.update(piece)
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
    return state.hexdigest()


def open_unpacked(path: PathLike) -> tuple[Any, Any]:
    """Open a file, one elsewhere, or standard input for "-"; return the file as it is stored, and its unpacked bytes.

    Raises
    ------
    DataError
        It cannot be read; or, as its bytes are read, a line of a compressed file is too long.
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
    """Return files, and those of folders, sorted by name; "-" stays.

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
    """Return the unpacked bytes of a file, or of standard input for "-".

    Raises
    ------
    DataError
        It cannot be read or unpacked.
    """
    raw, file = open_unpacked(path)
    try:
        with contextlib.nullcontext() if os.fspath(path) == "-" else raw:
            return bytes(file.read())
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
