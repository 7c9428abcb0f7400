"""What a user is told of a file that cannot be read or written: *path: what (why): remedy*."""

from __future__ import annotations

import errno
import os

PathLike = str | os.PathLike[str]
_REMEDIES = {
    errno.ENOSPC: "free space, or choose another place",
    errno.EDQUOT: "free space, or choose another place",
    errno.EFBIG: "raise the limit of file sizes, or choose another place",
    errno.ENOENT: "make its folder, or choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def unreadable(path: PathLike, fault: OSError) -> str:
    """Return the message of an input that cannot be read."""
    path = "standard input" if os.fspath(path) == "-" else path
    if fault.strerror is None:  # of a decompressor
        return f"{path}: cannot be unpacked ({fault}): is the file complete?"
    return f"{path}: cannot be read ({fault.strerror}): is the path right?"


def unwritable(path: PathLike, fault: OSError) -> str:
    """Return the message of an output that cannot be written."""
    remedy = _REMEDIES.get(fault.errno or 0, "choose another place")
    return f"{path}: cannot be written ({fault.strerror or fault}): {remedy}"
