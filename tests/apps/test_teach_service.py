"""A service of a language model as teacher, by a stand-in: its cost, its faults, and that nothing is asked twice."""

import io
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from fanlight.apps.teachers import endpoint
from fanlight.apps.teachers.endpoint import EndpointTeacher, place_mentions
from fanlight.apps.teachers.interface import Answer
from fanlight.errors import DataError, SettingsError
from tests.apps.commands import call
from tests.apps.parts import CODE, QUICK, read_rows, spans_by_rule


class Service(BaseHTTPRequestHandler):
    """A stand-in of chat/completions; `reply` makes its answer of the texts, which are numbered."""

    requests: ClassVar[list] = []
    reply = staticmethod(lambda texts: {})
    failures: ClassVar[list] = []  # statuses to answer with before

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append((self.path, self.headers.get("Authorization"), body))
        if self.failures:
            self.send_response(self.failures.pop(0))
            self.send_header("Location", f"http://localhost:{self.server.server_port}/elsewhere")
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(b'{"error": {"message": "too\\nmuch"}}')
            return
        content = self.reply(json.loads(body["messages"][1]["content"]))
        content = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        usage = {"prompt_tokens": 100, "completion_tokens": 7}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [{"message": {"content": content}}], "usage": usage}).encode())


@pytest.fixture
def service(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    monkeypatch.setenv("FANLIGHT_TEACHER_KEY", "secret")
    monkeypatch.setattr(Service, "requests", [])
    monkeypatch.setattr(Service, "failures", [])
    monkeypatch.setattr(
        Service,
        "reply",
        staticmethod(
            lambda texts: {n: [{"text": m, "type": "CODE"} for m in CODE.findall(t)] for n, t in texts.items()}
        ),
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1#small"
    server.shutdown()
    server.server_close()


def test_a_service_is_asked_after_its_cost_is_agreed_to_and_once(monkeypatch, capsys, parts_folder, service):
    words = [
        "teach",
        "raw.txt",
        "--teacher",
        service,
        "--types",
        "CODE",
        "--describe",
        "CODE=a part number",
        "--out",
        "m",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 1
    assert re.search(r"42 sentences in 5 calls, about 8\d\d tokens in and 1,260 out; these sentences leave", err)
    assert err.endswith("nothing was sent: to send it without a terminal, add --yes\n")
    assert Service.requests == []
    status, _, err = call(monkeypatch, capsys, *words, "--yes", *QUICK)
    assert status == 0, err
    assert "used 5 calls, 500 tokens in and 35 out" in err
    paths, keys, bodies = zip(*Service.requests, strict=True)
    assert set(paths) == {"/v1/chat/completions"}
    assert set(keys) == {"Bearer secret"}
    assert all(body["model"] == "small" and "a part number" in body["messages"][0]["content"] for body in bodies)
    assert all(row["spans"] == spans_by_rule(row["text"]) for row in read_rows(parts_folder / "m.train.jsonl"))
    assert "secret" not in "".join(p.read_text(errors="replace") for p in parts_folder.glob("m*"))
    Service.requests.clear()
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, "what was paid for is not asked again"
    assert Service.requests == []


def test_what_was_answered_before_a_failure_is_kept(monkeypatch, capsys, parts_folder, service):
    monkeypatch.setattr(endpoint, "PARALLEL", 1)
    reply = Service.reply
    monkeypatch.setattr(Service, "reply", staticmethod(failing_after(2, reply)))
    words = ["teach", "raw.txt", "--teacher", service, "--types", "CODE", "--yes", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 1
    assert "status 401: too much" in err
    assert len(read_rows(parts_folder / "m.answers.jsonl")) == 20
    with open(parts_folder / "m.answers.jsonl", "a") as file:
        file.write('{"teacher": "cut sho')  # as a kill leaves it
    Service.failures.clear()
    Service.requests.clear()
    monkeypatch.setattr(Service, "reply", staticmethod(reply))
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, err
    assert len(Service.requests) == 3
    assert len(read_rows(parts_folder / "m.answers.jsonl")) == 42


def failing_after(calls, reply):
    """Return a reply after which, so many calls later, the service refuses."""

    def answer(texts):
        if len(Service.requests) >= calls:
            Service.failures += [401] * 9
        return reply(texts)

    return answer


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("Here you are: {}", "is no JSON"),
        ([], "is no JSON object"),
        ({"1": [], "2": []}, "the numbers of the texts alone"),
        ('{"1": [], "1": []}', "is no JSON"),
        ({}, "has no list for this text"),
        ({"1": {}}, "has no list for this text"),
        ({"1": ["AB-1"]}, "is not {"),
        ({"1": [{"text": "AB-1", "type": "CODE", "start": 3}]}, "is not {"),
        ({"1": [{"text": "AB-1", "type": "PART"}]}, "'PART' is no type that was asked for"),
        ({"1": [{"text": "AB-1", "type": ["CODE"]}]}, "is no type that was asked for"),
        ({"1": [{"text": "ab-1", "type": "CODE"}]}, "'ab-1' does not stand in the text"),
        ({"1": [{"text": "AB-1", "type": "CODE"}] * 2}, "does not stand as often as the answer says"),
        ({"1": [{"text": "AB-1", "type": "CODE"}, {"text": "AB", "type": "CODE"}]}, "overlap"),
        ({"1": [{"text": 5, "type": "CODE"}]}, "a mention is no text"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_wrong_answer_is_asked_for_once_more_and_then_left_out(service, monkeypatch, content, fault):
    monkeypatch.setattr(Service, "reply", staticmethod(lambda texts: content))
    (answer,) = EndpointTeacher(service, ["CODE"], {}).label(["It is AB-1."])
    assert answer.spans == ()
    assert fault in answer.fault
    assert len(Service.requests) == 2


def test_texts_with_a_fault_alone_are_asked_for_again(service, monkeypatch):
    texts = ["It is AB-1.", "It is XY-2.", "It rained."]
    right = Service.reply

    def reply(numbered):
        wrong = len(Service.requests) == 1
        return {n: "?" if wrong and "XY" in t else v for (n, t), v in zip(numbered.items(), right(numbered).values())}  # noqa: B905

    monkeypatch.setattr(Service, "reply", staticmethod(reply))
    answers = list(EndpointTeacher(service, ["CODE"], {}).label(texts))
    assert answers == [Answer(((6, 10, "CODE"),)), Answer(((6, 10, "CODE"),)), Answer()]
    assert json.loads(Service.requests[1][2]["messages"][1]["content"]) == {"1": texts[1]}


def test_a_busy_service_is_waited_for_and_one_that_refuses_is_not(service, monkeypatch):
    Service.failures += [429, 503]
    assert [a.fault for a in EndpointTeacher(service, ["CODE"], {}).label(["It is AB-1."])] == [""]
    assert len(Service.requests) == 3
    for status in (400, 401, 302):
        Service.requests.clear()
        Service.failures += [status]
        with pytest.raises(DataError, match=f"status {status}: too much: check the address"):
            list(EndpointTeacher(service, ["CODE"], {}).label(["It is AB-1."]))
        assert len(Service.requests) == 1, "the key goes to no other address"


def test_a_service_that_is_not_there_is_one_line(monkeypatch, capsys, parts_folder):
    monkeypatch.setattr(endpoint.time, "sleep", lambda seconds: None)
    words = ["teach", "raw.txt", "--teacher", "http://127.0.0.1:9/v1#m", "--types", "CODE", "--yes", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words)
    assert status == 1
    assert "Connection refused" in err.splitlines()[-1]
    assert not (parts_folder / "m").exists()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://example.com/v1#m", "in the clear"),
        ("https://example.com/v1", "URL#MODEL"),
        ("https://#m", "URL#MODEL"),
        ("https://me:word@example.com/v1#m", "example.com: give the URL without name"),
        ("https://example.com/v1?key=7#m", "without name, key"),
    ],
)
def test_addresses_at_fault(monkeypatch, address, why):
    monkeypatch.setenv("FANLIGHT_TEACHER_KEY", "secret")
    with pytest.raises(SettingsError, match=why):
        EndpointTeacher(address, ["CODE"], {})


def test_mentions_are_placed_where_their_text_stands():
    text = "서울은 서울역과 Seoul, 서울시 👍 서울."
    places = place_mentions(text, [("서울", "LOC"), ("서울역", "FAC"), ("서울", "LOC")])
    assert places.fault == "the answer's entities overlap"
    assert place_mentions(text, [("서울", "LOC")] * 4).spans == (
        (0, 2, "LOC"),
        (4, 6, "LOC"),
        (16, 18, "LOC"),
        (22, 24, "LOC"),
    )
    assert place_mentions("ABC-1 or BC-1", [("BC-1", "CODE")]).spans == ((9, 13, "CODE"),)
    assert place_mentions("ABC-1 or BC-1", [("BC-1", "CODE")] * 2).spans == ((1, 5, "CODE"), (9, 13, "CODE"))


def test_the_command_asks_at_a_terminal(parts_folder, service):
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    words = ["teach", "raw.txt", "--teacher", service, "--types", "CODE", "--out", "m"]
    os.write(leader, b"n\n")
    done = subprocess.run(
        [sys.executable, "-m", "fanlight", *words], stdin=follower, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.endswith("fanlight: nothing was sent\n")
    assert Service.requests == []
