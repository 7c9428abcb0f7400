"""Files: an output appears complete or not at all, never in place of an input; inputs are unpacked and identified.

Every write of the package goes through `replacing`, every command's paths through `check_outputs`.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from fanlight.errors import DataError, FanlightError
from fanlight.libraries import library

PathLike = str | os.PathLike[str]
COMPRESSED = (".gz", ".zst")
LONGEST_LINE = 1 << 28  # bytes of a line of a compressed file: a small file may hold a line that fills the memory
CLAIM_SECONDS = 600.0  # that a process waits for another that writes the same output
_READ = 1 << 20  # bytes at a time
_REMEDIES = {
    errno.ENOSPC: "free space, or choose another place",
    errno.EDQUOT: "free space, or choose another place",
    errno.EFBIG: "raise the limit of file sizes, or choose another place",
    errno.ENOENT: "make its folder, or choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
}


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
            if target.suffix in COMPRESSED:
                _compress(part, target.suffix)
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
    if target.suffix in COMPRESSED or part.stat().st_dev != target.parent.stat().st_dev:
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


def check_writable(path: PathLike) -> None:
    """Refuse an output that could not be written, before anything is done for it.

    Raises
    ------
    DataError
        It is a folder or read-only, or its own folder does not exist or cannot be written.
    """
    target = Path(os.path.realpath(path))
    if is_special(path):
        return
    if target.is_dir():
        raise DataError(f"{path}: is a folder: name a file to write")
    if not target.parent.is_dir():
        raise DataError(f"{path}: cannot be written (no such folder): make its folder, or choose another place")
    # the superuser may write everything, but a file made read-only is meant to stay
    if target.exists() and not (target.stat().st_mode & 0o222 and os.access(target, os.W_OK)):
        raise DataError(f"{path}: is read-only: choose another place, or make it writable")
    if not os.access(target.parent, os.W_OK):
        raise DataError(f"{path}: cannot be written (its folder is read-only): choose another place")


def is_special(path: PathLike) -> bool:
    """Tell whether a path is a device, a pipe or a stream of this process, which no file may replace."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return _stream(path) is not None or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def check_outputs(inputs: Iterable[PathLike], outputs: Iterable[PathLike]) -> None:
    """Refuse outputs that are inputs, lie in a folder that is read, or are the same file twice.

    Files are compared by device and inode, so that links are seen; those that do not exist yet by their real paths.

    Raises
    ------
    DataError
        The message names both paths.
    """
    sources = [(path, _identity(path)) for path in inputs if not is_special(path)]
    folders = [(path, Path(os.path.realpath(path))) for path, _ in sources if os.path.isdir(path)]
    earlier: dict[object, PathLike] = {}
    for output in outputs:
        if is_special(output):
            continue
        identity, real = _identity(output), Path(os.path.realpath(output))
        for path, other in sources:
            if identity == other:
                raise DataError(f"{output}: is an input ({path}), which it would overwrite: choose another output")
            if os.path.isdir(output) and real in Path(os.path.realpath(path)).parents:
                raise DataError(f"{output}: the input {path} lies in this folder: choose another folder")
        for path, folder in folders:
            if folder in real.parents:
                raise DataError(f"{output}: lies in the folder {path}, which is an input: choose another place")
        if identity in earlier:
            raise DataError(f"{output}: is named for two outputs: give each its own file")
        earlier[identity] = output


@contextmanager
def claim(path: PathLike, wait: bool = False) -> Iterator[None]:
    """Keep an output to this process while the block runs, by a lock in the user's cache folder.

    Raises
    ------
    DataError
        Another process writes it (after `wait`: it did so for `CLAIM_SECONDS`).
    """
    if is_special(path):
        yield
        return
    from filelock import FileLock, Timeout

    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:32]
    lock = FileLock(_lock_folder() / f"{name}.lock", timeout=CLAIM_SECONDS if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        raise DataError(f"{path}: is being written by another fanlight process: wait for it, or stop it") from None
    try:
        yield
    finally:
        lock.release()


def digest(path: PathLike) -> str:
    """Return a 128-bit hash (XXH3) of a file's bytes, or of the names and bytes of the files in a folder.

    Raises
    ------
    DataError
        It cannot be read.
    """
    from xxhash import xxh3_128

    state = xxh3_128()
    place = Path(path)
    files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    try:
        for file in files:
            if file != place:
                state.update(os.fsencode(f"{file.relative_to(place)}\0{file.stat().st_size}\0"))
            with open(file, "rb") as opened:
                while piece := opened.read(_READ):
                    state.update(piece)
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
    return state.hexdigest()


def open_unpacked(path: PathLike) -> tuple[Any, Any]:
    """Open a file, or standard input for "-", to read; return the file on disk, and its unpacked bytes.

    Raises
    ------
    DataError
        It cannot be read.
    """
    if os.fspath(path) == "-":
        return sys.stdin.buffer, sys.stdin.buffer
    try:
        if os.path.isdir(path):
            raise DataError(f"{path}: is a folder: name a file in it")
        raw = open(path, "rb")  # noqa: SIM115 - the caller closes it
    except OSError as fault:
        raise DataError(unreadable(path, fault)) from None
    suffix = Path(path).suffix
    if suffix == ".gz":
        return raw, io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=raw)), _READ)
    if suffix == ".zst":
        return raw, io.BufferedReader(_Unpacked(_Frames(raw)), _READ)
    return raw, raw


class _Frames:
    """The bytes of Zstandard frames; unlike the library's own reader it tells a file that ends within one."""

    _PIECE = 1 << 12  # compressed bytes, of which some tens of megabytes can come

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._decompressor = raw, library("zstandard").ZstdDecompressor()
        self._frame: Any = None
        self._packed, self._unpacked = b"", memoryview(b"")

    def readinto(self, target: Any) -> int:
        while not self._unpacked:
            self._packed = self._packed or self._raw.read(self._PIECE)
            if not self._packed:
                if self._frame is not None and not self._frame.eof:
                    raise OSError("it ends within a frame")
                return 0
            if self._frame is None or self._frame.eof:
                self._frame = self._decompressor.decompressobj()
            self._unpacked = memoryview(self._frame.decompress(self._packed))
            self._packed = self._frame.unused_data if self._frame.eof else b""
        count = min(len(target), len(self._unpacked))
        target[:count] = self._unpacked[:count]
        self._unpacked = self._unpacked[count:]
        return count


class _Unpacked(io.RawIOBase):
    """The bytes of a decompressor, whose errors are those of files."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        try:
            return int(self._source.readinto(target))
        except OSError:
            raise
        except Exception as fault:  # zlib.error, EOFError, ZstdError: each decompressor has its own
            raise OSError(str(fault)) from None


def files_of(paths: Iterable[str]) -> list[str]:
    """Return files, and those of folders, sorted by name; "-" stays.

    Raises
    ------
    DataError
        A folder is empty.
    """
    files: list[str] = []
    for path in paths:
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


def unreadable(path: PathLike, fault: OSError) -> str:
    """Return the message of an input that cannot be read."""
    if fault.strerror is None:  # of a decompressor
        return f"{path}: cannot be unpacked ({fault}): is the file complete?"
    return f"{path}: cannot be read ({fault.strerror}): is the path right?"


def unwritable(path: PathLike, fault: OSError) -> str:
    """Return the message of an output that cannot be written."""
    remedy = _REMEDIES.get(fault.errno or 0, "choose another place")
    return f"{path}: cannot be written ({fault.strerror or fault}): {remedy}"


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


def _identity(path: PathLike) -> object:
    try:
        status = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return status.st_dev, status.st_ino


def _stream(path: PathLike) -> int | None:
    """Return the descriptor that a path such as /dev/stdout names."""
    name = os.fspath(path)
    streams = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
    folder, _, number = name.rpartition("/")
    if folder in ("/dev/fd", "/proc/self/fd") and number.isdecimal():
        return int(number)
    return streams.get(name)


def open_special(path: PathLike) -> BinaryIO:
    """Open a device, a pipe or a stream of this process to write to."""
    descriptor = _stream(path)
    return open(path, "wb") if descriptor is None else os.fdopen(os.dup(descriptor), "wb")


def _copy(part: Path, path: PathLike) -> None:
    with open(part, "rb") as source, open_special(path) as target:
        shutil.copyfileobj(source, target, _READ)


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


def _compress(part: Path, suffix: str) -> None:
    packed = part.with_name(part.name + suffix)
    try:
        with open(part, "rb") as source, open(packed, "xb") as target:
            if suffix == ".gz":
                with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as file:
                    shutil.copyfileobj(source, file, _READ)
            else:
                library("zstandard").ZstdCompressor().copy_stream(source, target)
        os.replace(packed, part)
    finally:
        packed.unlink(missing_ok=True)


def _lock_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    for folder in (Path(base) / "fanlight" / "locks", Path(tempfile.gettempdir()) / f"fanlight-locks-{_user()}"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir())


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
