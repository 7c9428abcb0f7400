"""Requests of strangers: what one of them does to the server, others do not feel. `tools/hostile.py` takes the times."""

import itertools
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest

import fanlight
from fanlight.apps.labelling import LabelStore
from fanlight.apps.server import http_protocol, workers
from tests.apps.serving import running

SLOW = {"expression": "exp(" * 95 + "x.T @ x" + ")" * 95, "wrt": "x"}  # takes seconds
QUICK = {"expression": "x.T @ A @ x", "wrt": "x"}


@pytest.fixture
def tagger():
    return fanlight.load("en")


def derive(url, body):
    return httpx.post(url + "/v1/derive", json=body, timeout=60)


def test_a_slow_expression_ends_and_leaves_nothing_busy(tagger, monkeypatch):
    pools = []
    begin = workers.WorkerPool.__init__

    def begin_hasty(self):
        begin(self, 2, 0.3)
        pools.append(self)

    monkeypatch.setattr(workers.WorkerPool, "__init__", begin_hasty)
    with running({"en": tagger}) as url, ThreadPoolExecutor(8) as threads:
        while derive(url, QUICK).status_code != 200:
            pass  # the first request of a worker waits for its start
        slow = [threads.submit(derive, url, SLOW) for _ in range(6)]
        for path, body in (
            ("/v1/tag", {"text": "Oslo"}),
            ("/v1/html", {"documents": [{"text": "Oslo", "entities": []}]}),
        ):
            assert httpx.post(url + path, json=body, timeout=60).status_code == 200
        assert httpx.get(url + "/v1/training", timeout=60).status_code == 200
        answers = [answer.result() for answer in slow]
        assert {answer.status_code for answer in answers} == {400, 429}
        assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)
        assert any("takes more than 0.3 s" in answer.json()["error"] for answer in answers)
        while derive(url, QUICK).status_code != 200:
            pass
    assert pools[0].pids() == []  # none outlives the server


def test_a_killed_worker_is_followed_by_another():
    worker = workers.Worker()
    line = b'{"name": "check", "request": {"expression": "x.T @ x", "wrt": "x", "gradient": "2 * x", "shapes": {}, "assume": {}, "language": "en"}}\n'
    try:
        assert worker.ask(line, 60)["result"]["right"]
        os.kill(worker.pid, signal.SIGKILL)
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is the worker's to reap
        assert worker.ask(line, 60)["result"]["right"]
        assert "x.T @" in worker.ask(line.replace(b'"x.T @ x"', b'"x.T @"'), 60)["fault"]
    finally:
        worker.kill()


def test_an_expression_that_wants_much_memory_is_a_fault_of_its_own(tagger):
    at = {"x": [[1.0]] * 100}
    with running({"en": tagger}) as url:
        assert derive(url, {**QUICK, "expression": "x.T @ x", "at": at}).status_code == 200
        answer = derive(url, {"expression": "tanh(" * 400 + "x" + ")" * 400, "wrt": "x"})
        assert answer.status_code in (400, 422)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8080", "a@localhost", ""])
def test_another_name_of_the_server_is_refused(tagger, host):
    with running({"en": tagger}) as url:
        answer = httpx.get(url + "/v1/labels/export", headers={"host": host} if host else {"host": "x y"})
        assert answer.status_code in (400, 421)
    with running({"en": tagger}, hosts=("evil.example",)) as url:
        good = {"evil.example", "evil.example:8080"}
        assert (httpx.get(url + "/v1/models", headers={"host": host or "x"}).status_code == 200) == (host in good)


def test_pages_of_other_sites_change_nothing(tagger, tmp_path):
    store = LabelStore(tmp_path / "labels.db")
    store.add(["Oslo"], ["LOC"])
    body = {"annotator": "ada", "id": 1, "spans": []}
    with running({"en": tagger}, labels=store, origins=("https://friend.example",)) as url:
        for origin in ("https://evil.example", "null", "http://localhost:1", url + ".evil.example"):
            answer = httpx.post(url + "/v1/labels", json=body, headers={"origin": origin})
            assert (answer.status_code, list(store.export())) == (403, [])
        for origin in (url, "https://friend.example", None):
            headers = {} if origin is None else {"origin": origin}
            assert httpx.post(url + "/v1/labels", json=body, headers=headers, timeout=60).status_code == 200


def test_preflights_and_errors_work_for_pages_of_an_allowed_site(tagger):
    site = {"origin": "https://friend.example"}
    with running({"en": tagger}, keys={"secret": None}, origins=("https://friend.example",)) as url:
        asked = {**site, "access-control-request-method": "POST", "access-control-request-headers": "x-api-key"}
        preflight = httpx.request("OPTIONS", url + "/v1/tag", headers=asked)
        assert preflight.status_code == 200
        for answer in (
            preflight,
            httpx.post(url + "/v1/tag", json={"text": "Oslo"}, headers=site),
            httpx.post(url + "/v1/tag", content=b"a" * 30_000_000, headers={**site, "x-api-key": "secret"}),
            httpx.post(url + "/v1/tag", json={}, headers={**site, "authorization": "bearer secret"}),
        ):
            assert answer.headers["access-control-allow-origin"] == site["origin"], answer
        assert answer.status_code == 422


def test_every_answer_says_how_browsers_may_use_it(tagger):
    with running({"en": tagger}) as url:
        for path in ("/", "/v1/models", "/healthz", "/none", "/static/app.js"):
            headers = httpx.get(url + path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in httpx.get(url + "/").headers["content-security-policy"]
        assert httpx.post(url + "/v1/tag", json={"text": "Oslo"}).headers["x-content-type-options"] == "nosniff"


def test_nobody_labels_under_anothers_name(tagger, tmp_path):
    store = LabelStore(tmp_path / "labels.db")
    store.add(["Oslo"], ["LOC"])
    store.save("ada", 1, [(0, 4, "LOC")])
    with running({"en": tagger}, labels=store, keys={"a": "ada", "b": "bob", "c": None}) as url:
        undo = {"annotator": "ada"}
        assert httpx.post(url + "/v1/labels/undo", json=undo).status_code == 401
        assert httpx.post(url + "/v1/labels/undo", json=undo, headers={"x-api-key": "b"}).status_code == 403
        assert len(list(store.export())) == 1
        for key in ("a", "c"):
            store.save("ada", 1, [(0, 4, "LOC")])
            answer = httpx.post(url + "/v1/labels/undo", json=undo, headers={"x-api-key": key}, timeout=60)
            assert (answer.status_code, list(store.export())) == (200, [])


def send_without_end(connection):
    """Send a head that has no end, up to 40 MB."""
    connection.sendall(b"GET / HTTP/1.1\r\n")
    for n in range(10_000):
        connection.sendall(b"X-%d: %b\r\n" % (n, b"a" * 4000))


def test_heads_that_are_late_or_large_end_their_connection(tagger, monkeypatch):
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.5)
    with running({"en": tagger}, seconds=1) as url:
        host, port = url.removeprefix("http://").split(":")

        def answer(*parts):
            with socket.create_connection((host, int(port))) as s:
                s.settimeout(30)
                for part in parts:
                    s.sendall(part)
                    time.sleep(0.01)
                received = b""
                while piece := s.recv(1 << 16):
                    received += piece
                return received

        assert answer() == b""
        assert answer(b"GET / HTTP/1.1\r\nHost: loc") == b""
        assert answer(b"GET / HTTP/1.1\r\n", *(b"X-%d: %b\r\n" % (n, b"a" * 4000) for n in range(15))) == b""
        late_body = answer(
            b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 15\r\n\r\n"
        )
        assert b" 408 " in late_body
        with socket.create_connection((host, int(port))) as s, pytest.raises(ConnectionError):
            send_without_end(s)
        assert httpx.get(url + "/healthz").text == "ok"


def test_a_slow_body_is_not_a_slow_head(tagger, monkeypatch):
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.3)
    with running({"en": tagger}, seconds=30) as url:
        body = b'{"text": "Oslo"}'

        def slowly():
            for byte in body:
                time.sleep(0.05)
                yield bytes([byte])

        headers = {"content-type": "application/json"}
        assert httpx.post(url + "/v1/tag", content=slowly(), headers=headers, timeout=60).status_code == 200
        with httpx.Client() as client:
            for pause in (0.0, 1.0):
                time.sleep(pause)  # an idle connection that has been used lives on
                assert client.get(url + "/healthz").text == "ok"


def test_patterns_that_take_long_stop_nobody(tagger, monkeypatch):
    from fanlight.apps.server import tagging

    gate, rules_class = threading.Event(), tagging.Rules

    def wait_and_compile(names, patterns, precedence, work):
        if any("slow" in pattern for pattern in patterns):
            assert gate.wait(60)
        return rules_class(names, patterns, precedence, work)

    monkeypatch.setattr(tagging, "Rules", wait_and_compile)
    with running({"en": tagger}) as url, ThreadPoolExecutor(2 * tagging.RULE_JOBS) as pool:

        def ask(*patterns):
            rules = [{"pattern": pattern, "type": "CODE"} for pattern in patterns]
            return httpx.post(url + "/v1/tag", json={"text": "AB-12", "rules": rules}, timeout=60).status_code

        assert ask(r"[A-Z]{2}-\d+") == 200
        slow_ones = [pool.submit(ask, f"slow{n}") for n in range(2 * tagging.RULE_JOBS)]
        refused = list(itertools.islice(as_completed(slow_ones, 60), tagging.RULE_JOBS))
        assert {future.result() for future in refused} == {429}
        assert ask("another") == 429
        assert ask(r"[A-Z]{2}-\d+") == 200, "what is compiled already waits for nobody"
        assert httpx.post(url + "/v1/tag", json={"text": "Oslo"}, timeout=60).status_code == 200
        gate.set()
        assert {future.result() for future in set(slow_ones) - set(refused)} == {200}
        assert ask("(a{50}){50}") == 400
        assert ask(*(f"[a-z0-9]{{1,{200 + n}}}(x|y)" for n in range(99))) == 400
