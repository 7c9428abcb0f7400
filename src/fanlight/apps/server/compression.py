"""Compression of responses and decompression of request bodies, with gzip and zstd."""

from __future__ import annotations

import io
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fanlight.files.compression import unpack

SMALLEST = 1_000  # minimum bytes of a compressed response
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_SUFFIXES = {b"gzip": ".gz", b"x-gzip": ".gz", b"zstd": ".zst"}
_PACKABLE = (b"application/json", b"application/x-ndjson", b"text/")


class UnpackError(Exception):
    """A body is damaged, too large when decompressed, or in an unknown encoding; with the status of the response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def unpack_body(body: bytes, encoding: bytes, most_bytes: int) -> bytes:
    """Return a request's body without its content encoding.

    Raises
    ------
    UnpackError
        415, 413 or 400; the message says what.
    """
    encoding = encoding.strip().lower()
    if encoding in (b"", b"identity"):
        return body
    if encoding not in _SUFFIXES or (encoding == b"zstd" and not has_zstandard()):
        raise UnpackError(415, "the body's content encoding is not read: send it as it is, or with gzip or zstd")
    try:
        unpacked = bytes(unpack(io.BytesIO(body), _SUFFIXES[encoding]).read(most_bytes + 1))
    except OSError:
        raise UnpackError(400, f"the body is not {encoding.decode()}, or ends too early: pack it again") from None
    if len(unpacked) > most_bytes:
        raise UnpackError(413, f"the unpacked body is larger than {most_bytes:,} bytes: send several requests")
    return unpacked


def choose_encoding(accept: bytes) -> bytes | None:
    """Return the encoding that a client accepts and that packs best; None for none.

    Examples
    --------
    >>> choose_encoding(b"gzip, deflate, br"), choose_encoding(b"gzip;q=0, identity")
    (b'gzip', None)
    """
    accepted = set()
    for part in accept.lower().split(b","):
        name, _, weight = part.partition(b";")
        if weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"):
            accepted.add(name.strip())
    if b"zstd" in accepted and has_zstandard():
        return b"zstd"
    return b"gzip" if accepted & {b"gzip", b"x-gzip", b"*"} else None


class PackedSend:
    """Sends a compressed response; each part is flushed, so that the client can decompress it at once.

    Parameters
    ----------
    send : callable
        ASGI's.
    encoding : bytes
        b"gzip" or b"zstd".
    """

    def __init__(self, send: Send, encoding: bytes) -> None:
        self._send, self._encoding = send, encoding
        self._start: MutableMapping[str, Any] | None = None
        self._packer: Any = None

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Take a message of ASGI's."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        body, has_more = message.get("body", b""), message.get("more_body", False)
        if self._start is not None:
            start, self._start = self._start, None
            if self._is_packable(start, len(body), has_more):
                self._packer = _packer(self._encoding)
                names = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
                start = {**start, "headers": [*names, (b"content-encoding", self._encoding)]}
            start = {**start, "headers": [*start["headers"], (b"vary", b"Accept-Encoding")]}
            if self._packer is not None and not has_more:
                body, self._packer = self._packer.compress(body) + self._packer.flush(), None
                start["headers"].append((b"content-length", b"%d" % len(body)))
            await self._send(start)
        if self._packer is not None:
            body = self._packer.compress(body) + self._end_piece(has_more)
        await self._send({**message, "body": body})

    def _end_piece(self, has_more: bool) -> bytes:
        if not has_more:
            return bytes(self._packer.flush())
        if self._encoding == b"gzip":
            return bytes(self._packer.flush(zlib.Z_SYNC_FLUSH))
        import zstandard

        return bytes(self._packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    @staticmethod
    def _is_packable(start: MutableMapping[str, Any], size: int, has_more: bool) -> bool:
        headers = {name.lower(): value for name, value in start["headers"]}
        fits = headers.get(b"content-type", b"").startswith(_PACKABLE)
        return fits and (has_more or size >= SMALLEST) and b"content-encoding" not in headers


def has_zstandard() -> bool:
    """Tell whether the library for zstd is installed (the extra "zstd")."""
    try:
        import zstandard  # noqa: F401
    except ImportError:
        return False
    return True


def _packer(encoding: bytes) -> Any:
    if encoding == b"gzip":
        return zlib.compressobj(6, zlib.DEFLATED, 31)
    import zstandard

    return zstandard.ZstdCompressor(3).compressobj()
