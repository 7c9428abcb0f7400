"""Messages about files that cannot be read or written: *path: what (why): remedy*."""

from __future__ import annotations

import errno
import os

PathLike = str | os.PathLike[str]
_COMPRESSED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}  # the first bytes of compressed files
_REMEDIES = {
    errno.ENOSPC: "free space, or choose another place",
    errno.EDQUOT: "free space, or choose another place",
    errno.EFBIG: "raise the limit of file sizes, or choose another place",
    errno.ENOENT: "make its folder, or choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def unreadable(path: PathLike, fault: OSError) -> str:
    """Return the message for an input that cannot be read."""
    path = "standard input" if os.fspath(path) == "-" else path
    if fault.strerror is None:  # raised by a decompressor
        return f"{path}: cannot be unpacked ({fault}): is the file complete?"
    return f"{path}: cannot be read ({fault.strerror}): is the path right?"


def is_compressed(head: bytes) -> bool:
    """Tell whether a file that begins with some bytes is compressed."""
    return head.startswith(tuple(_COMPRESSED))


def is_parquet(head: bytes) -> bool:
    """Tell whether a file that begins with some bytes is a Parquet file."""
    return head.startswith(b"PAR1")


def undecodable(place: str, byte: int, encoding: str, head: bytes) -> str:
    r"""Return the message for text that is not in an encoding; `head` is the file's beginning, if known.

    Examples
    --------
    >>> print(undecodable("a.txt:1", 1, "utf-8", b"\x1f\x8b"))
    a.txt:1: is compressed: unpack it, or let its name end with .gz
    """
    if is_parquet(head):
        return f"{place}: is Parquet, not text: `fanlight tag --text-column NAME` reads the texts of a column"
    for magic, ending in _COMPRESSED.items():
        if head.startswith(magic):
            return f"{place}: is compressed: unpack it, or let its name end with {ending}"
    remedy = "name the file's encoding with --encoding, such as cp1252 or cp949"
    return f"{place}: byte {byte} is not {encoding}: {remedy}"


def unwritable(path: PathLike, fault: OSError) -> str:
    """Return the message for an output that cannot be written."""
    remedy = _REMEDIES.get(fault.errno or 0, "choose another place")
    return f"{path}: cannot be written ({fault.strerror or fault}): {remedy}"


def database_fault(path: PathLike, fault: BaseException, command: str) -> str:
    """Return the message for a database that cannot be read or written, or does not belong to a command."""
    import sqlite3

    reason = " ".join(str(fault).split())[:200]
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF  # the primary result code
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return f"{path}: cannot be written ({reason}): free space, or choose another place"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{path}: another process is writing it ({reason}): wait for it, or stop it"
    return f"{path}: {reason}: is it a file of `fanlight {command}`?"
