"""Outputs: complete or not there at all, never in place of an input, and with the mode of what they replace.

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
_PIECE = 1 << 20  # bytes at a time
_SQLITE = b"SQLite format 3\0"


@contextmanager
def replacing(path: PathLike, error: type[FanlightError] = DataError, private: bool = False) -> Iterator[Path]:
    """Give a path to write to; when the block ends, its bytes are on disk and take the place of the output.

    A symbolic link stays one and its target is replaced, with the target's mode. Devices, pipes and standard output
    are written to when the block ends. An output named .gz or .zst is compressed.

    Parameters
    ----------
    path : path
    error : type
        Raised if the output cannot be written.
    private : bool
        A new file can be read by its owner alone.

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
    """Name the output in the error of a write that fails.

    Raises
    ------
    DataError
        The output cannot be written: the disk is full, for instance.
    """
    try:
        yield
    except OSError as fault:
        if isinstance(fault, BrokenPipeError) or fault.filename not in (None, os.fspath(path)):
            raise
        raise DataError(unwritable(path, fault)) from None


def put(part: Path, path: PathLike) -> None:
    """Let a file that was written beside an output take its place, with what `replacing` promises.

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
    """Refuse an output that could not be written, before anything is done for it.

    Parameters
    ----------
    path : path
    database : bool
        Whether the output is an SQLite database, which is written in place; no other output replaces one.

    Raises
    ------
    DataError
        It is a folder or read-only, its own folder does not exist or cannot be written, or it is a database (people's
        labels, an index), which another process may be writing.
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
    except OSError as fault:  # a circle of links, a name that is too long
        raise DataError(unwritable(path, fault)) from None
    if target.is_dir():
        raise DataError(f"{path}: is a folder: name a file to write")
    if not target.parent.is_dir():
        raise DataError(f"{path}: cannot be written (no such folder): make its folder, or choose another place")
    # the superuser may write everything, but a file made read-only is meant to stay
    if target.exists() and not (target.stat().st_mode & 0o222 and os.access(target, os.W_OK)):
        raise DataError(f"{path}: is read-only: choose another place, or make it writable")
    if not os.access(target.parent, os.W_OK):
        raise DataError(f"{path}: cannot be written (its folder is read-only): choose another place")
    if not database and _is_database(target):
        raise DataError(f"{path}: is a database, which would be lost: choose another output, or remove it")


def check_empty(folder: PathLike, overwrite: bool = False) -> None:
    """Refuse a folder to write to that holds files, unless they are to be overwritten.

    Raises
    ------
    DataError
        The message names the first of them.
    """
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    if names and not overwrite:
        raise DataError(f"{folder}: holds other files ({names[0]}): choose another folder, or give --overwrite")


def is_special(path: PathLike) -> bool:
    """Tell whether an output is a device, a pipe or a stream of this process ("-"), which no file may replace."""
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
    """Refuse outputs that are inputs, lie in a folder that is read, or are the same file twice.

    Files are compared by device and inode, so that links and redirected streams (/dev/stdin, /dev/stdout) are seen;
    those that do not exist yet by their real paths.

    Raises
    ------
    DataError
        The message names both paths.
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
            raise  # of the block
        raise error(str(fault)) from None
    except OSError as fault:
        if part is not None and fault.filename not in (None, str(part), os.fspath(path)):
            raise  # of a file that the block reads
        raise error(unwritable(path, fault)) from None


def _is_stored(path: PathLike) -> bool:
    """Tell whether a path, or the file that a stream is redirected to, can be lost by writing to it."""
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
    """Return what two names of one file share: device and inode; of one that does not exist, its real path."""
    try:
        status = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return status.st_dev, status.st_ino


def _stream(path: PathLike) -> int | None:
    """Return the descriptor that an output's path such as /dev/stdout or "-" names."""
    name = os.fspath(path)
    streams = {"/dev/stdin": 0, "-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
    folder, _, number = name.rpartition("/")
    if folder in ("/dev/fd", "/proc/self/fd") and number.isdecimal():
        return int(number)
    return streams.get(name)


def _copy(part: Path, path: PathLike) -> None:
    with open(part, "rb") as source, open_special(path) as target:
        shutil.copyfileobj(source, target, _PIECE)


def _take_mode(part: Path, target: Path, private: bool) -> None:
    """Give a new file the mode and owner of the one that it replaces, or those of any new file."""
    try:
        status = target.stat()
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(part, (0o600 if private else 0o666) & ~mask)
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):  # another's file in a folder that all may write
            os.chown(part, status.st_uid, status.st_gid)
    os.chmod(part, stat.S_IMODE(status.st_mode))
