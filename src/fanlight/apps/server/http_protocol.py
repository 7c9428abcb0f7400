"""A faster HTTP protocol: short requests are answered when they are read, and writes are coalesced."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from fanlight.apps.server.middleware import Middleware, request_id

MAX_BUFFER = 1 << 16  # bytes of coalesced writes
HEAD_BYTES = 1 << 16  # maximum size of a request's head
HEAD_SECONDS = 15.0  # maximum time for the first head to begin, and for a head to be complete


class CoalescingProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with two changes: a response is written at once, and `Middleware.quick` is called first.

    Uvicorn writes head and body separately, and each write wakes the client. And it starts a task per request, which
    takes longer than tagging a sentence; requests that arrive complete and can be answered at once get no task.
    """

    _body_parts: list[bytes] | None = None  # the body so far of a request that may be answered at once
    _in_head = True
    _head_size = 0  # bytes so far of a head that is not complete
    _deadline: asyncio.TimerHandle | None = None  # for a head to be complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(CoalescingTransport(transport, self.loop))  # type: ignore[arg-type]
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._close_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._forget_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        was_in_head = self._in_head
        super().data_received(data)
        self._hand_over()  # for the rest of a body there is a time limit
        self._watch_head(len(data) if was_in_head else 0)

    def on_message_begin(self) -> None:
        """Begin a request's head."""
        self._in_head = True
        super().on_message_begin()

    def _watch_head(self, size: int) -> None:
        """Limit the size and the time of an incomplete head."""
        if not self._in_head:
            self._head_size = 0
            self._forget_deadline()
            return
        self._head_size += size
        if self._head_size > HEAD_BYTES:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._close_late)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Begin a request."""
        self._in_head = False
        if self._at_rest() and self.parser.get_method() == b"POST" and isinstance(self.app, Middleware):
            self._body_parts = []
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a request's body."""
        if self._body_parts is None:
            super().on_body(body)
        else:
            self._body_parts.append(body)

    def on_message_complete(self) -> None:
        """End a request."""
        if self._body_parts is not None:
            body = b"".join(self._body_parts)
            headers = dict(self.headers)
            answer = self.app.quick("POST", self.url.decode("latin-1"), headers, body)
            if answer is not None:
                self._body_parts = None
                self._answer(answer, headers)
                return
            self._hand_over()
        super().on_message_complete()

    def _at_rest(self) -> bool:
        """Tell whether the connection is idle, stays open, and needs no upgrade and no 100-continue."""
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
        )

    def _hand_over(self) -> None:
        """Pass a pending request to Uvicorn's normal processing."""
        if self._body_parts is not None:
            parts, self._body_parts = self._body_parts, None
            super().on_headers_complete()
            for part in parts:
                super().on_body(part)

    def _answer(self, body: bytes, request_headers: Mapping[bytes, bytes]) -> None:
        headers = [*self.server_state.default_headers, *_HEADERS, (b"x-request-id", request_id(request_headers))]
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(b"%b%bcontent-length: %d\r\n\r\n%b" % (STATUS_LINE[200], head, len(body), body))
        self.on_response_complete()


class CoalescingTransport:
    """A transport that buffers writes until the next iteration of the event loop.

    Parameters
    ----------
    transport : asyncio.Transport
    loop : asyncio.AbstractEventLoop
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Buffer data to be written."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)
        self._size += len(data)
        if self._size > MAX_BUFFER:
            self._flush()

    def close(self) -> None:
        """Flush the buffer and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts, self._size = self._parts, [], 0
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


_HEADERS = ((b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff"))
_REASON = b'{"error": "the head of the request is too large: send less", "code": "head_too_large"}'
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_REASON), _REASON)
)

OPTIONS: dict[str, Any] = {  # of uvicorn
    "http": CoalescingProtocol,
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": 30,
}
