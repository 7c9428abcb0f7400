"""Middleware of all requests: access control, limits of size and time, metrics."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

from fanlight.apps.server.access import ANNOTATOR, Access, is_preflight
from fanlight.apps.server.compression import PackedSend, UnpackError, choose_encoding, unpack_body
from fanlight.apps.server.errors import error_body
from fanlight.apps.server.metrics import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_UNTYPED = (b"", b"application/octet-stream", b"application/x-www-form-urlencoded")  # as curl and others send JSON
_REQUEST_ID = re.compile(rb"[\w.:-]{1,64}")


class Limits(NamedTuple):
    """Limits of a request.

    Attributes
    ----------
    bytes : int
        Maximum size of the body, both as sent and decompressed.
    seconds : float
        Maximum time for the body to arrive, and for the response to begin.
    """

    bytes: int
    seconds: float


class Middleware:
    """An ASGI application around another.

    Parameters
    ----------
    app : ASGI application
    limits : Limits
    access : Access
        Access control. Keys are sent as ``Authorization: Bearer …`` or ``X-API-Key``.
    metrics : Metrics
    at_once : mapping of str to callable
        Functions by path that return the JSON response to a JSON body without waiting, or None.
    """

    def __init__(
        self,
        app: Application,
        limits: Limits,
        access: Access,
        metrics: Metrics,
        at_once: Mapping[str, Callable[[bytes], bytes | None]] | None = None,
    ) -> None:
        self.app, self.limits, self.access, self.metrics = app, limits, access, metrics
        self.at_once = at_once or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        if encoding := choose_encoding(headers.get(b"accept-encoding", b"")):
            send = PackedSend(send, encoding)
        answer = _Answer(send, [*self.access.headers_for(headers), (b"x-request-id", request_id(headers))])
        try:
            await self._check(scope, receive, answer)
        finally:
            default = scope["path"] if scope["path"] in self.at_once else "other"
            path = str(getattr(scope.get("route"), "path", default))
            self.metrics.count_request(path, answer.status, time.perf_counter() - started)

    def quick(self, method: str, path: str, headers: Mapping[bytes, bytes], body: bytes) -> bytes | None:
        """Return the response to a complete request if it can be given at once, else None."""
        started = time.perf_counter()
        work = self.at_once.get(path)
        if work is None or len(body) > self.limits.bytes or not _is_plain(method, headers):
            return None
        if not (self.access.allows_host(headers) and self.access.allows_key(headers)):
            return None
        answer = work(body)
        if answer is not None:
            self.metrics.count_request(path, 200, time.perf_counter() - started)
        return answer

    async def _check(self, scope: Scope, receive: Receive, send: _Answer) -> None:
        headers = dict(scope["headers"])
        if refusal := self._refusal(scope, headers):
            await refuse(send, *refusal)
            return
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.limits.bytes:
            await refuse(send, 413, self._too_large())
            return
        try:
            async with asyncio.timeout(self.limits.seconds):
                body = await self._body(receive)
        except TimeoutError:
            await refuse(send, 408, f"the request did not arrive within {self.limits.seconds:g} s: send it faster")
            return
        if body is None:
            await refuse(send, 413, self._too_large())
            return
        if isinstance(body, _Gone):
            return
        if encoding := headers.get(b"content-encoding"):
            try:
                body = await asyncio.to_thread(unpack_body, body, encoding, self.limits.bytes)
            except UnpackError as error:
                await refuse(send, error.status, str(error))
                return
        if scope["path"] in self.at_once and _is_plain(scope["method"], {**headers, b"content-encoding": b""}):
            answer = self.at_once[scope["path"]](body)
            if answer is not None:
                await respond(send, 200, answer)
                return
        if headers.get(b"content-type", b"") in _UNTYPED and b"origin" not in headers and body[:1] == b"{":
            named = [header for header in scope["headers"] if header[0] != b"content-type"]
            scope["headers"] = [*named, (b"content-type", b"application/json")]
        await self._pass_on(scope, body, receive, send)

    async def _pass_on(self, scope: Scope, body: bytes, receive: Receive, send: _Answer) -> None:
        """Run the application, within the time limit and while the client is connected."""
        is_sent = False
        gone = asyncio.ensure_future(receive())  # completes when the client disconnects

        async def receive_body() -> MutableMapping[str, Any]:
            nonlocal is_sent
            if is_sent:
                return await asyncio.shield(gone)
            is_sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        work = asyncio.ensure_future(self.app(scope, receive_body, send))
        try:
            await asyncio.wait([work, gone], timeout=self.limits.seconds, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() and not work.done():
                work.cancel()  # skips jobs that wait in a queue
            elif not work.done() and not send.started:
                work.cancel()
                await refuse(send, 503, f"no answer within {self.limits.seconds:g} s: send less at once")
            with contextlib.suppress(asyncio.CancelledError):
                await work
        finally:
            gone.cancel()

    def _refusal(self, scope: Scope, headers: Mapping[bytes, bytes]) -> tuple[int, str] | None:
        """Return status and message if a request is refused."""
        access = self.access
        if not access.allows_host(headers):
            return 421, "this server is not asked under that name: allow it with --allow-host"
        if not access.allows_origin(scope["method"], headers):
            return 403, "pages of other sites may not change anything here: allow one with --origin"
        if access.keys and not access.is_public(scope["path"]) and not is_preflight(scope["method"], headers):
            key = access.find_key(headers)
            if key is None:
                return 401, "this server wants its API key: send it as Authorization: Bearer … or X-API-Key"
            scope[ANNOTATOR] = access.keys[key]
        return None

    def _too_large(self) -> str:
        return f"the body is larger than {self.limits.bytes:,} bytes: send the texts in several requests"

    async def _body(self, receive: Receive) -> bytes | _Gone | None:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return _Gone()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.limits.bytes:
                return None
            if not message.get("more_body"):
                return b"".join(parts)


class _Gone(bytes):
    """The client went away."""


class _Answer:
    """Sends a response and records its status; without a response it is 499 (client disconnected)."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send, self._headers, self.status, self.started = send, headers, 499, False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.started = int(message["status"]), True
            present = {name.lower() for name, _ in message["headers"]}
            added = [header for header in self._headers if header[0] not in present]
            message = {**message, "headers": [*message["headers"], *added]}
        await self._send(message)


def _is_plain(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a request has JSON, accepts JSON, and comes from no page of another site."""
    return (
        method == "POST"
        and headers.get(b"content-type", b"").startswith(b"application/json")
        and b"application/x-ndjson" not in headers.get(b"accept", b"")
        and b"origin" not in headers
        and not headers.get(b"content-encoding")
    )


def request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the identifier that a client gave its request, or a new one."""
    name = headers.get(b"x-request-id", b"")
    return name if _REQUEST_ID.fullmatch(name) else secrets.token_hex(8).encode()


async def refuse(send: Send, status: int, error: str) -> None:
    """Answer with an error."""
    await respond(send, status, json.dumps(error_body(status, error)).encode())


async def respond(send: Send, status: int, body: bytes) -> None:
    """Answer with JSON."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
