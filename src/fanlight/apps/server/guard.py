"""What every request passes: rules of access, limits of size and time, counters. Nothing of its content is kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from fanlight.apps.server.access import ANNOTATOR, Access, is_preflight

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Guard:
    """An ASGI application around another.

    Parameters
    ----------
    app : ASGI application
    most_bytes : int
        Of a request's body.
    seconds : float
        For the body to arrive, and then for the answer to begin.
    access : Access
        Who may ask; a key is asked for on /v1 paths, as ``Authorization: Bearer …`` or ``X-API-Key``.
    at_once : mapping of str to callable
        By path: what may make of a JSON body the answer's JSON without waiting for anything, or else returns None.
    """

    def __init__(
        self,
        app: Any,
        most_bytes: int,
        seconds: float,
        access: Access,
        at_once: Mapping[str, Callable[[bytes], bytes | None]] | None = None,
    ) -> None:
        self.app, self.most_bytes, self.seconds, self.access = app, most_bytes, seconds, access
        self.at_once = at_once or {}
        self.requests: Counter[tuple[str, int]] = Counter()
        self.took: defaultdict[str, float] = defaultdict(float)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        answer = _Answer(send, self.access.headers_for(dict(scope["headers"])))
        try:
            await self._checked(scope, receive, answer)
        finally:
            known = scope["path"] if scope["path"] in self.at_once else "other"
            path = str(getattr(scope.get("route"), "path", known))
            self.requests[path, answer.status] += 1
            self.took[path] += time.perf_counter() - began

    def quick(self, method: str, path: str, headers: Mapping[bytes, bytes], body: bytes) -> bytes | None:
        """Answer a request that has come whole, or return None: it goes the ordinary way, which says what is wrong."""
        began = time.perf_counter()
        work = self.at_once.get(path)
        if work is None or len(body) > self.most_bytes or not _plain(method, headers):
            return None
        if not (self.access.allows_host(headers) and self.access.allows_key(headers)):
            return None
        found = work(body)
        if found is not None:
            self.requests[path, 200] += 1
            self.took[path] += time.perf_counter() - began
        return found

    async def _checked(self, scope: Scope, receive: Receive, send: _Answer) -> None:
        headers = dict(scope["headers"])
        if refusal := self._refusal(scope, headers):
            await refuse(send, *refusal)
            return
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.most_bytes:
            await refuse(send, 413, self._too_large())
            return
        try:
            async with asyncio.timeout(self.seconds):
                body = await self._body(receive)
        except TimeoutError:
            await refuse(send, 408, f"the request did not arrive within {self.seconds:g} s")
            return
        if body is None:
            await refuse(send, 413, self._too_large())
            return
        if isinstance(body, _Gone):
            return
        if scope["path"] in self.at_once and _plain(scope["method"], headers):
            found = self.at_once[scope["path"]](body)
            if found is not None:
                await respond(send, 200, found)
                return
        given = False
        gone = asyncio.ensure_future(receive())  # all that can still come: that the client goes

        async def again() -> MutableMapping[str, Any]:
            nonlocal given
            if given:
                return await asyncio.shield(gone)
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        work = asyncio.ensure_future(self.app(scope, again, send))
        try:
            await asyncio.wait([work, gone], timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() and not work.done():
                work.cancel()  # what waits in a queue for nobody is not begun
            elif not work.done() and not send.started:
                work.cancel()
                await refuse(send, 503, f"no answer within {self.seconds:g} s: send less at once")
            with contextlib.suppress(asyncio.CancelledError):
                await work
        finally:
            gone.cancel()

    def _refusal(self, scope: Scope, headers: Mapping[bytes, bytes]) -> tuple[int, str] | None:
        """Return status and reason if a request may not be answered."""
        access = self.access
        if not access.allows_host(headers):
            return 421, "this server is not asked under that name: allow it with --allow-host"
        if not access.allows_origin(scope["method"], headers):
            return 403, "pages of other sites may not change anything here: allow one with --origin"
        if scope["path"].startswith("/v1/") and access.keys and not is_preflight(scope["method"], headers):
            key = access.find_key(headers)
            if key is None:
                return 401, "this server wants its API key: send it as Authorization: Bearer … or X-API-Key"
            scope[ANNOTATOR] = access.keys[key]
        return None

    def _too_large(self) -> str:
        return f"the body is larger than {self.most_bytes:,} bytes: send the texts in several requests"

    async def _body(self, receive: Receive) -> bytes | _Gone | None:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return _Gone()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.most_bytes:
                return None
            if not message.get("more_body"):
                return b"".join(parts)


class _Gone(bytes):
    """The client went away."""


class _Answer:
    """Sends an answer on and notes its status: 499, as for a client that went, as long as there is none."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send, self._headers, self.status, self.started = send, headers, 499, False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.started = int(message["status"]), True
            present = {name.lower() for name, _ in message["headers"]}
            added = [header for header in self._headers if header[0] not in present]
            message = {**message, "headers": [*message["headers"], *added]}
        await self._send(message)


def _plain(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a request is JSON to be answered by JSON, from no other site's page."""
    return (
        method == "POST"
        and headers.get(b"content-type", b"").startswith(b"application/json")
        and b"application/x-ndjson" not in headers.get(b"accept", b"")
        and b"origin" not in headers
    )


async def refuse(send: Send, status: int, error: str) -> None:
    """Answer with an error."""
    await respond(send, status, json.dumps({"error": error}).encode())


async def respond(send: Send, status: int, body: bytes) -> None:
    """Answer with JSON."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def metrics(guard: Guard, texts: int, characters: int) -> str:
    """Return the counters in Prometheus's text format."""
    lines = [
        "# HELP fanlight_requests_total Requests by path and status.",
        "# TYPE fanlight_requests_total counter",
        *(f'fanlight_requests_total{{path="{p}",status="{s}"}} {n}' for (p, s), n in sorted(guard.requests.items())),
        "# HELP fanlight_request_seconds_total Time spent, by path.",
        "# TYPE fanlight_request_seconds_total counter",
        *(f'fanlight_request_seconds_total{{path="{p}"}} {n:.6f}' for p, n in sorted(guard.took.items())),
        "# HELP fanlight_texts_total Texts tagged.",
        "# TYPE fanlight_texts_total counter",
        f"fanlight_texts_total {texts}",
        "# HELP fanlight_characters_total Characters tagged.",
        "# TYPE fanlight_characters_total counter",
        f"fanlight_characters_total {characters}",
    ]
    return "\n".join(lines) + "\n"
