"""Atomic outputs, which keep the mode of the file they replace and never overwrite an input.

Every write of the package goes through `replacing` or `put`, every command's paths through `check_outputs`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fanlight.errors import DataError, FanlightError
from fanlight.files.compression import COMPRESSED, compress
from fanlight.files.faults import unwritable

PathLike = str | os.PathLike[str]
_BUFFER = 1 << 20  # bytes at a time
_SQLITE = b"SQLite format 3\0"


@contextmanager
def replacing(path: PathLike, error: type[FanlightError] = DataError, private: bool = False) -> Iterator[Path]:
    """Yield a temporary path to write to; at the end of the block, the file is synced and replaces the output.

    The target of a symbolic link is replaced, with its mode. Devices, pipes and standard output are written to at the
    end of the block. An output named .gz or .zst is compressed.

    Parameters
    ----------
    path : path
    error : type
        Type of the error for an output that cannot be written.
    private : bool
        Whether a new file is readable only by its owner.

    Raises
    ------
    error
        The folder does not exist, the output is read-only or a folder, or the disk is full.
    """
    import tempfile

    with _as_fault(path, error):
        check_writable(path)
        special = is_special(path)
        target = Path(os.path.realpath(path))
        folder = tempfile.gettempdir() if special else target.parent
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=folder)
        os.close(handle)
        part = Path(name)
    try:
        with _as_fault(path, error, part):
            yield part
            if target.suffix.lower() in COMPRESSED:
                compress(part, target.suffix.lower())
            if special:
                _copy(part, path)
                return
            with open(part, "r+b") as file:
                os.fsync(file.fileno())
            _take_mode(part, target, private)
            os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing(path: PathLike) -> Iterator[None]:
    """Convert errors of writes in the block to a message with the path of the output.

    Raises
    ------
    DataError
        The output cannot be written, for example because the disk is full.
    """
    try:
        yield
    except OSError as fault:
        if isinstance(fault, BrokenPipeError) or fault.filename not in (None, os.fspath(path)):
            raise
        raise DataError(unwritable(path, fault)) from None


def put(part: Path, path: PathLike) -> None:
    """Replace an output by a complete temporary file, as `replacing` does.

    Raises
    ------
    DataError
        The output cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target.suffix.lower() in COMPRESSED or part.stat().st_dev != target.parent.stat().st_dev:
        with replacing(path) as place:
            shutil.copyfile(part, place)
        part.unlink()
        return
    with _as_fault(path, DataError):
        check_writable(path)
        with open(part, "r+b") as file:
            os.fsync(file.fileno())
        _take_mode(part, target, private=False)
        os.replace(part, target)


def check_writable(path: PathLike, database: bool = False) -> None:
    """Check that an output can be written.

    Parameters
    ----------
    path : path
    database : bool
        Whether the output is an SQLite database, which is written in place.

    Raises
    ------
    DataError
        The path is a folder or read-only, its folder does not exist or is read-only, or the output would replace a
        database (labels, an index).
    """
    target = Path(os.path.realpath(path))
    if is_special(path):
        if database:
            raise DataError(f"{path}: a database needs a file: name one")
        return
    try:
        target.stat()
    except FileNotFoundError:
        pass
    except OSError as fault:  # such as a cycle of links, or a name that is too long
        raise DataError(unwritable(path, fault)) from None
    if target.is_dir():
        raise DataError(f"{path}: is a folder: name a file to write")
    if not target.parent.is_dir():
        raise DataError(f"{path}: cannot be written (no such folder): make its folder, or choose another place")
    # read-only files are not overwritten even by the superuser, who may
    if target.exists() and not (target.stat().st_mode & 0o222 and os.access(target, os.W_OK)):
        raise DataError(f"{path}: is read-only: choose another place, or make it writable")
    if not os.access(target.parent, os.W_OK):
        raise DataError(f"{path}: cannot be written (its folder is read-only): choose another place")
    if not database and _is_database(target):
        raise DataError(f"{path}: is a database, which would be lost: choose another output, or remove it")


def check_empty(folder: PathLike, overwrite: bool = False) -> None:
    """Check that an output folder is empty, unless `overwrite`.

    Raises
    ------
    DataError
        The folder has files; the message names the first.
    """
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    if names and not overwrite:
        raise DataError(f"{folder}: holds other files ({names[0]}): choose another folder, or give --overwrite")


def is_special(path: PathLike) -> bool:
    """Tell whether an output is a device, a pipe or a stream of this process ("-")."""
    if _stream(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def open_special(path: PathLike) -> BinaryIO:
    """Open a device, a pipe or a stream of this process to write to."""
    descriptor = _stream(path)
    return open(path, "wb") if descriptor is None else os.fdopen(os.dup(descriptor), "wb")


def check_outputs(inputs: Iterable[PathLike], outputs: Iterable[PathLike]) -> None:
    """Check that no output is an input, in an input folder, or named twice.

    Existing files are compared by device and inode, which covers links and redirected streams (/dev/stdin,
    /dev/stdout); others by real path.

    Raises
    ------
    DataError
        Two paths conflict; the message names both.
    """
    named = ["/dev/stdin" if os.fspath(path) == "-" else path for path in inputs]
    sources = [(path, identity(path)) for path in named if _is_stored(path)]
    folders = [(path, Path(os.path.realpath(path))) for path, _ in sources if os.path.isdir(path)]
    earlier: dict[object, PathLike] = {}
    for output in outputs:
        output = "/dev/stdout" if os.fspath(output) == "-" else output
        this, real = identity(output), Path(os.path.realpath(output))
        if not _is_stored(output):
            continue
        for path, other in sources:
            if this == other:
                raise DataError(f"{output}: is an input ({path}), which it would overwrite: choose another output")
            if os.path.isdir(output) and real in Path(os.path.realpath(path)).parents:
                raise DataError(f"{output}: the input {path} lies in this folder: choose another folder")
        for path, folder in folders:
            if folder in real.parents:
                raise DataError(f"{output}: lies in the folder {path}, which is an input: choose another place")
        if this in earlier:
            raise DataError(f"{output}: is named for two outputs: give each its own file")
        earlier[this] = output


@contextmanager
def _as_fault(path: PathLike, error: type[FanlightError], part: Path | None = None) -> Iterator[None]:
    try:
        yield
    except DataError as fault:
        if part is not None:
            raise  # raised by the block
        raise error(str(fault)) from None
    except OSError as fault:
        if part is not None and fault.filename not in (None, str(part), os.fspath(path)):
            raise  # concerns a file that the block reads
        raise error(unwritable(path, fault)) from None


def _is_stored(path: PathLike) -> bool:
    """Tell whether a path, or the file that a stream is redirected to, is a regular file or folder."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return True
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _is_database(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def identity(path: PathLike) -> object:
    """Return the identity of a file: device and inode if it exists, else its real path."""
    try:
        status = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return status.st_dev, status.st_ino


def _stream(path: PathLike) -> int | None:
    """Return the file descriptor of an output such as /dev/stdout or "-", or None."""
    name = os.fspath(path)
    streams = {"/dev/stdin": 0, "-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
    folder, _, number = name.rpartition("/")
    if folder in ("/dev/fd", "/proc/self/fd") and number.isdecimal():
        return int(number)
    return streams.get(name)


def _copy(part: Path, path: PathLike) -> None:
    with open(part, "rb") as source, open_special(path) as target:
        shutil.copyfileobj(source, target, _BUFFER)


def _take_mode(part: Path, target: Path, private: bool) -> None:
    """Set the mode and owner of a new file to those of the file it replaces, or to the defaults."""
    try:
        status = target.stat()
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(part, (0o600 if private else 0o666) & ~mask)
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):  # the old file may have another owner
            os.chown(part, status.st_uid, status.st_gid)
    os.chmod(part, stat.S_IMODE(status.st_mode))
