"""Compression by the ending of a file's name: .gz and .zst."""

from __future__ import annotations

import gzip
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from fanlight.errors import DataError
from fanlight.libraries import library

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

COMPRESSED = (".gz", ".zst")
LONGEST_LINE = 1 << 28  # bytes, the limit for a line of a compressed file, which might fill the memory
_BUFFER = 1 << 20  # bytes per read


def ending_of(path: str | Path) -> str:
    """Return the lower-case ending of a file's name without that of its compression.

    Examples
    --------
    >>> ending_of("a.CONLL.gz")
    '.conll'
    """
    place = Path(path)
    return (place.with_suffix("") if place.suffix.lower() in COMPRESSED else place).suffix.lower()


def unpack(raw: BinaryIO, suffix: str, path: str | os.PathLike[str] | None = None) -> Any:
    """Return a reader of the decompressed bytes of an open file, by the lower-case ending of its name.

    If `path` is given (for messages), a line longer than `LONGEST_LINE` raises a `DataError`.
    """
    if suffix == ".gz":
        return io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=raw), path), _BUFFER)
    if suffix == ".zst":
        return io.BufferedReader(_Unpacked(_Frames(raw), path), _BUFFER)
    return raw


def compress(part: Path, suffix: str) -> None:
    """Compress a file in place, by the lower-case ending `suffix` of its later name."""
    packed = part.with_name(part.name + suffix)
    try:
        with open(part, "rb") as source, open(packed, "xb") as target:
            if suffix == ".gz":
                with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as file:
                    shutil.copyfileobj(source, file, _BUFFER)
            else:
                library("zstandard").ZstdCompressor().copy_stream(source, target)
        os.replace(packed, part)
    finally:
        packed.unlink(missing_ok=True)


class _Readable(Protocol):
    def readinto(self, target: memoryview, /) -> int: ...


class _Frames:
    """The bytes of Zstandard frames; unlike the library's reader, it detects a file that ends within a frame."""

    _PACKED = 1 << 12  # compressed bytes per step, which may decompress to tens of megabytes

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._decompressor = raw, library("zstandard").ZstdDecompressor()
        self._frame: Any = None
        self._packed, self._unpacked = b"", memoryview(b"")

    def readinto(self, target: memoryview, /) -> int:
        while not self._unpacked:
            self._packed = self._packed or self._raw.read(self._PACKED)
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
    """The bytes of a decompressor, with its errors raised as OSError."""

    def __init__(self, source: _Readable, path: str | os.PathLike[str] | None) -> None:
        self._source, self._path = source, path
        self._line, self._length = 1, 0  # number of the current line, and bytes of it read so far

    def readable(self) -> bool:
        return True

    def readinto(self, target: WriteableBuffer) -> int:
        view = memoryview(target)
        try:
            count = int(self._source.readinto(view))
        except OSError:
            raise
        except Exception as fault:  # zlib.error, EOFError, ZstdError: each decompressor has its own
            raise OSError(str(fault)) from None
        if self._path is not None:
            self._measure_lines(bytes(view[:count]))
        return count

    def _measure_lines(self, data: bytes) -> None:
        begin, last = data.find(b"\n"), data.rfind(b"\n")
        if self._length + (begin if begin >= 0 else len(data)) > LONGEST_LINE:
            raise DataError(f"{self._path}:{self._line}: the line is longer than {LONGEST_LINE >> 20} MB: split it")
        self._length = len(data) - last - 1 if last >= 0 else self._length + len(data)
        self._line += data.count(b"\n")
