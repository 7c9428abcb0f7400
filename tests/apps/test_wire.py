"""How requests and answers go over the wire: in pieces, at once, and in one piece."""

import asyncio
import json
import socket
import time

import httpx
import pytest

import fanlight
from fanlight.apps.server.http_protocol import CoalescingTransport
from fanlight.apps.server.middleware import Middleware
from fanlight.apps.server.tagging import SHORT
from tests.apps.serving import running

TEXT = "Museums in Paris are amazing to see."


@pytest.fixture(scope="module")
def address():
    with running({"en": fanlight.load("en")}, most_bytes=2_000_000, seconds=60) as url:
        yield url


def asked(body, *headers, version="1.1", path="/v1/tag"):
    """Return a request's bytes, whole."""
    lines = [f"POST {path} HTTP/{version}", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def answers_to(address, *parts):
    """Return the status and the body of the answers to requests sent in such parts, until the connection is closed."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as s, s.makefile("rb") as answers:
        s.settimeout(30)
        for part in parts:
            s.send(part)
            time.sleep(0.05)
        answers_so_far = []
        while line := answers.readline():
            status = int(line.split()[1])
            if status == 100:
                answers.readline()
                continue
            headers = dict(h.decode().strip().lower().split(": ", 1) for h in iter(answers.readline, b"\r\n"))
            assert "date" in headers
            answers_so_far.append((status, headers["content-type"], answers.read(int(headers["content-length"]))))
        return answers_so_far


@pytest.fixture
def quick(monkeypatch):
    """What was answered at once, or None for what was not."""
    answers_so_far = []
    plain = Middleware.quick
    monkeypatch.setattr(
        Middleware, "quick", lambda *arguments: answers_so_far.append(plain(*arguments)) or answers_so_far[-1]
    )
    return answers_so_far


def test_however_a_request_comes_it_gets_the_same_answer(address, quick):
    body = json.dumps({"text": TEXT}).encode()
    request, last = asked(body), asked(body, "Connection: close")
    while not quick or quick[-1] is None:  # as long as kernels are loaded
        assert [status for status, *_ in answers_to(address, request, last)] == [200] * 2
    right = (200, "application/json", httpx.post(address + "/v1/tag", json={"text": TEXT}, timeout=60).content)
    del quick[:]
    split = len(request) - 10
    assert answers_to(address, request, last) == [right] * 2
    assert answers_to(address, request + request + last) == [right] * 3  # one after the other, not waiting for answers
    assert quick == [right[2]] * 3
    del quick[:]
    assert answers_to(address, request[:split], request[split:], last) == [right] * 2
    assert answers_to(address, request[:30], request[30:split], request[split:] + last) == [right] * 2
    assert answers_to(address, last[:-30], last[-30:]) == [right]
    assert answers_to(address, asked(body, version="1.0")) == [right]
    assert answers_to(address, asked(body, "Expect: 100-continue"), last) == [right] * 2
    assert quick == []
    (answer,) = answers_to(address, asked(b"[]") + last)[:1]
    assert answer[0] == 422
    assert quick == [None]
    assert answers_to(address, asked(body, path="/v1/none"), last)[0][0] == 404
    assert answers_to(address, asked(json.dumps({"text": "a" * SHORT}).encode()), last)[0][0] == 200
    assert quick[1:] == [None, None]


def test_what_is_answered_at_once_is_counted_limited_and_asked_for_its_key(quick):
    body = json.dumps({"text": TEXT}).encode()
    last = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with running({"en": fanlight.load("en")}, keys={"secret": None}, most_bytes=1000) as url:
        good, bad = asked(body, "X-API-Key: secret"), asked(body, "X-API-Key: guess")
        large = asked(json.dumps({"text": "a" * 1000}).encode(), "X-API-Key: secret")
        while not any(quick):  # as long as kernels are loaded
            answers_to(url, good, last)
        before = len(quick)
        answers = answers_to(url, good, bad, good, asked(body), large, last)
    assert [status for status, _, _ in answers] == [200, 401, 200, 401, 413, 200]
    counters = answers[-1][2].decode()
    assert [answer is not None for answer in quick[before:]] == [True, False, True, False, False]
    assert f'fanlight_requests_total{{path="/v1/tag",status="200"}} {before + 2}' in counters
    assert 'fanlight_requests_total{path="/v1/tag",status="401"} 2' in counters
    assert f"fanlight_texts_total {before + 2}.0\n" in counters


def test_an_answer_is_written_in_one_piece(address):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as s:
        s.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert s.recv(10_000).endswith(b"\r\n\r\nok")


def test_a_corked_transport_writes_in_order_and_keeps_little_back():
    class Transport:
        written, closed = b"", False

        def write(self, data):
            assert not self.closed
            self.written += data

        def close(self):
            self.closed = True

        def is_closing(self):
            return self.closed

    async def run():
        plain = Transport()
        transport = CoalescingTransport(plain, asyncio.get_running_loop())
        transport.write(b"head")
        transport.write(b"body")
        assert plain.written == b""
        await asyncio.sleep(0)
        assert plain.written == b"headbody"
        transport.write(b"x" * 100_000)
        assert len(plain.written) == 100_008
        transport.write(b"end")
        transport.close()
        assert plain.written.endswith(b"xend")
        await asyncio.sleep(0)
        assert plain.closed
        assert transport.is_closing()

    asyncio.run(run())
