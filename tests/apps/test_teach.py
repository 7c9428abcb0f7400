"""Models taught by rules, by spaCy, by a stand-in of a service: no label by people."""

import io
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import ClassVar

import pytest

import fanlight
from fanlight.apps.labelling import LabelStore
from fanlight.apps.teachers import endpoint
from fanlight.apps.teachers.endpoint import EndpointTeacher, place_mentions
from fanlight.apps.teachers.interface import Answer
from fanlight.apps.teaching import AnswerFile, choose_texts, merge_answers, open_teachers, split_dev
from fanlight.errors import DataError, FanlightError, SettingsError
from tests.apps.commands import call

QUICK = ["--set", "epochs=6", "--set", "hidden=16", "--set", "rate=0.01", "--set", "passes=1"]
CODE = re.compile(r"[A-Z]{2}-\d+")
TEXTS = [f"{verb} part {a}{b}-{n} of {who} today." for n, (verb, who) in enumerate(
    [(verb, who) for verb in ("Order", "Return", "Store", "Check") for who in ("Ann", "Bob", "Eve", "Lee", "Max")], 10
) for a, b in ("AB", "XY")]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw.txt").write_text("".join(text + "\n" for text in [*TEXTS, "It rained.", "We had no part in it."]))
    (tmp_path / "rules.tsv").write_text("re:[A-Z]{2}-\\d+\tCODE\n")
    return tmp_path


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def spans_by_rule(text):
    return [{"start": m.start(), "end": m.end(), "label": "CODE"} for m in CODE.finditer(text)]


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


def test_rules_teach_a_model_that_finds_what_no_rule_lists(monkeypatch, capsys, folder):
    words = ["teach", "raw.txt", "--teacher", "rules.tsv", "--types", "CODE", "--out", "m.fanlight"]
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, err
    assert "rules.tsv: 40 CODE" in err
    assert "measured on labels of the teachers" in err
    train, dev = rows(folder / "m.fanlight.train.jsonl"), rows(folder / "m.fanlight.dev.jsonl")
    assert sorted(row["text"] for row in train + dev) == sorted([*TEXTS, "It rained.", "We had no part in it."])
    assert len(dev) == 8
    assert all(row["spans"] == spans_by_rule(row["text"]) for row in train + dev)
    assert rows(folder / "m.fanlight.disputes.jsonl") == []
    tagger = fanlight.load("m.fanlight")
    assert tagger.types == ("CODE",)
    assert [e.text for e in tagger("Order part QR-77 of Kim today.").entities] == ["QR-77"]
    assert tagger.model.provenance["teachers"] == ["rules.tsv"]


def test_the_sample_is_that_of_next(folder):
    from fanlight.api.selection import teaching_order

    tagger = fanlight.load("en", engine="plain")
    texts, total = choose_texts([*TEXTS, TEXTS[0]], tagger, 5, lambda done, pool: None)
    assert total == len(TEXTS), "a text that stands twice is labelled once"
    assert texts == [TEXTS[place] for place, _ in teaching_order(tagger, TEXTS, 5)]
    looked = []
    choose_texts(TEXTS * 50, SimpleNamespace(unit="word"), 100, looked.append)
    assert looked == [], "all are chosen: none has to be doubted"


def test_spacy_teaches_with_its_labels_renamed(monkeypatch, capsys, folder):
    spacy = pytest.importorskip("spacy", reason="NOT INSTALLED: spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": w} for w in ("Ann", "Bob", "Eve", "Lee")])
    nlp.to_disk("pipeline")
    words = ["teach", "raw.txt", "--teacher", "spacy:pipeline", "--types", "PER", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words)
    assert (status, err) == (
        1,
        "fanlight: --types PER: no teacher gives it: name its label with --map LABEL=PER, or leave it out\n",
    )
    status, _, err = call(monkeypatch, capsys, *words, "--map", "PERSON=PER", *QUICK)
    assert status == 0, err
    assert "spacy:pipeline: 32 PER" in err
    assert {e.type for e in fanlight.load("m")("Check part AB-1 of Ann today.").entities} == {"PER"}
    assert call(monkeypatch, capsys, *words[:3], "spacy:nothing", *words[4:])[2].startswith(
        "fanlight: spacy:nothing: cannot be loaded"
    )


def test_a_service_is_asked_after_its_cost_is_agreed_to_and_once(monkeypatch, capsys, folder, service):
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
    assert all(row["spans"] == spans_by_rule(row["text"]) for row in rows(folder / "m.train.jsonl"))
    assert "secret" not in "".join(p.read_text(errors="replace") for p in folder.glob("m*"))
    Service.requests.clear()
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, "what was paid for is not asked again"
    assert Service.requests == []


def test_what_was_answered_before_a_failure_is_kept(monkeypatch, capsys, folder, service):
    monkeypatch.setattr(endpoint, "PARALLEL", 1)
    reply = Service.reply
    monkeypatch.setattr(Service, "reply", staticmethod(failing_after(2, reply)))
    words = ["teach", "raw.txt", "--teacher", service, "--types", "CODE", "--yes", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 1
    assert "status 401: too much" in err
    assert len(rows(folder / "m.answers.jsonl")) == 20
    with open(folder / "m.answers.jsonl", "a") as file:
        file.write('{"teacher": "cut sho')  # as a kill leaves it
    Service.failures.clear()
    Service.requests.clear()
    monkeypatch.setattr(Service, "reply", staticmethod(reply))
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, err
    assert len(Service.requests) == 3
    assert len(rows(folder / "m.answers.jsonl")) == 42


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


def test_a_service_that_is_not_there_is_one_line(monkeypatch, capsys, folder):
    monkeypatch.setattr(endpoint.time, "sleep", lambda seconds: None)
    words = ["teach", "raw.txt", "--teacher", "http://127.0.0.1:9/v1#m", "--types", "CODE", "--yes", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words)
    assert status == 1
    assert "Connection refused" in err.splitlines()[-1]
    assert not (folder / "m").exists()


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


def teacher(name, *types):
    return SimpleNamespace(name=name, types=frozenset(types))


A, B, C = (0, 3, "X"), (4, 7, "X"), (0, 7, "X")


@pytest.mark.parametrize(
    ("given", "agreement", "stand", "disputed"),
    [
        ([[A]], 1, [A], []),
        ([[A], [A]], 2, [A], []),
        ([[A], []], 2, [], [A]),
        ([[A], []], 1, [A], []),
        ([[A], [A], []], 2, [A], []),
        ([[A], [], []], 2, [], []),
        ([[A], [C], []], 2, [], [A, C]),  # two of three say that something is there
        ([[A, B], [C]], 1, [], [A, B, C]),
        ([[], []], 2, [], []),
    ],
)  # fmt: skip
def test_what_stands_falls_and_is_disputed(given, agreement, stand, disputed):
    teachers = [teacher(str(n), "X") for n in range(len(given))]
    answers = [{str(n): Answer(tuple(spans)) for n, spans in enumerate(given)}]
    lesson = merge_answers(["abc def"], answers, teachers, agreement)
    assert bool(lesson.disputes) == bool(disputed)
    (row,) = lesson.rows + lesson.disputes
    as_spans = lambda items: [(i["start"], i["end"], i["label"]) for i in items]  # noqa: E731
    assert as_spans(row["spans"]) == stand
    assert sorted(as_spans(row.get("disputed", []))) == sorted(disputed)


def test_a_teacher_has_no_say_in_types_that_it_cannot_give():
    teachers = [teacher("rules", "X", "Y"), teacher("other", "Y")]
    lesson = merge_answers(["abc def"], [{"rules": Answer((A,)), "other": Answer()}], teachers, 2)
    assert lesson.rows[0]["spans"] == [{"start": 0, "end": 3, "label": "X"}]


def test_disputes_go_to_the_label_page(monkeypatch, capsys, folder):
    (folder / "half.tsv").write_text("re:AB-\\d+\tCODE\n")
    words = ["teach", "raw.txt", "--teacher", "rules.tsv", "--teacher", "half.tsv", "--types", "CODE", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, err
    disputes = rows(folder / "m.disputes.jsonl")
    assert sorted(row["text"] for row in disputes) == sorted(text for text in TEXTS if "XY" in text)
    assert disputes[0]["annotators"]["half.tsv"] == []
    assert disputes[0]["disputed"] == disputes[0]["annotators"]["rules.tsv"] != []
    assert all("XY" not in row["text"] for row in rows(folder / "m.train.jsonl"))
    (line,) = re.findall(r"`fanlight (label DECISIONS .*?)`", err)
    status, _, err = call(monkeypatch, capsys, *line.replace("DECISIONS", "d.db").split(), "--agreement")
    assert status == 0, err
    assert LabelStore("d.db").progress("ada") == (0, 20)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--teacher", "rules.tsv", "--teacher", "rules.tsv", "--types", "CODE"], "is named twice"),
        (["--teacher", "rules.tsv", "--types", "CODE", "--agreement", "2"], "--agreement 2: there are 1 teachers"),
        (["--teacher", "rules.tsv", "--types", "CODE,PART"], "--types PART: no teacher gives it"),
        (["--teacher", "none.tsv", "--types", "CODE"], "none.tsv: cannot be read"),
        (["--teacher", "rules.tsv", "--types", "CODE", "--describe", "PART=a part"], "--describe 'PART=a part'"),
        (["--teacher", "never.tsv", "--types", "CODE"], "the teachers agree on no entity in 42 sentences"),
    ],
)
def test_what_is_at_fault_is_one_line(monkeypatch, capsys, folder, words, why):
    (folder / "never.tsv").write_text("re:[0-9]{9}\tCODE\n")
    status, _, err = call(monkeypatch, capsys, "teach", "raw.txt", *words, "--out", "m", *QUICK)
    assert status == 1
    assert why in err.splitlines()[-1]
    assert not (folder / "m").exists()


def test_a_file_that_holds_no_answers_is_not_written_to(folder):
    (folder / "m.answers.jsonl").write_text("mine\n")
    with pytest.raises(DataError, match="m.answers.jsonl:1: is no answer of a teacher"):
        AnswerFile(folder / "m.answers.jsonl", {})
    assert (folder / "m.answers.jsonl").read_text() == "mine\n"


def test_dev_has_its_share_of_entities():
    records = [{"text": str(n), "spans": [n] if n < 10 else []} for n in range(100)]
    train, dev = split_dev(records)
    assert (len(train), len(dev)) == (80, 20)
    assert sum(bool(row["spans"]) for row in dev) == 2
    assert not {row["text"] for row in train} & {row["text"] for row in dev}


def test_gliner_is_asked_for_types_by_their_meaning(monkeypatch):
    """Against a stand-in: the library needs PyTorch."""

    class GLiNER:
        @classmethod
        def from_pretrained(cls, name):
            assert name == "some/model"
            return cls()

        def predict_entities(self, text, labels):
            assert labels == ["part number"]
            return [{"start": m.start(), "end": m.end(), "label": labels[0]} for m in CODE.finditer(text)]

    monkeypatch.setitem(sys.modules, "gliner", SimpleNamespace(GLiNER=GLiNER))
    (it,) = open_teachers(["gliner:some/model"], ["CODE"], mapping={}, describe={"CODE": "part number"})
    answers = list(it.label(["It is AB-1.", "word " * 400]))
    assert answers[0] == Answer(((6, 10, "CODE"),))
    assert "384" in answers[1].fault
    monkeypatch.setitem(sys.modules, "gliner", None)
    with pytest.raises(FanlightError, match="this needs gliner: pip install gliner"):
        open_teachers(["gliner:some/model"], ["CODE"], mapping={}, describe={})


def test_the_command_asks_at_a_terminal(folder, service):
    pty = pytest.importorskip("pty")
    import os

    leader, follower = pty.openpty()
    words = ["teach", "raw.txt", "--teacher", service, "--types", "CODE", "--out", "m"]
    os.write(leader, b"n\n")
    done = subprocess.run(
        [sys.executable, "-m", "fanlight", *words], stdin=follower, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.endswith("fanlight: nothing was sent\n")
    assert Service.requests == []
