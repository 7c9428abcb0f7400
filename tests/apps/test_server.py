"""The HTTP interface: answers, limits, hostile input, many callers."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

import fanlight
from fanlight.apps.labelling import LabelStore
from fanlight.apps.server import batching
from fanlight.apps.server.batching import Batcher
from fanlight.apps.server.tagging import SHORT, Tagging, name_of
from fanlight.apps.server.training import TrainingRunner
from fanlight.entities.entity import Document
from tests.apps.serving import running

TEXT = "Museums in Paris are amazing to see."
KOREAN = "이순신은 서울에서 태어났다."
EXAMPLES = int(os.environ.get("FANLIGHT_EXAMPLES", "15"))  # of each path


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    progress = tmp_path_factory.mktemp("run") / "m.progress.jsonl"
    epoch = {"stage": "", "number": 1, "epochs": 8, "loss": 0.5, "dev_f1": 90.5}
    progress.write_text(json.dumps(epoch) + '\n{"stage": "", "num', encoding="utf-8")  # the second is being written
    taggers = {name: fanlight.load(name) for name in ("en", "ko")}
    labels = LabelStore(progress.with_name("labels.db"))
    labels.add([TEXT, KOREAN], ["LOC"])
    options = {"watch": progress, "labels": labels, "runner": TrainingRunner()}
    with running(taggers, most_bytes=2_000_000, seconds=60, **options) as url:
        yield url


def post(address, path, **body):
    return httpx.post(address + path, json=body, timeout=60)


def test_tagging_gives_what_the_tagger_gives(address):
    answer = post(address, "/v1/tag", texts=[TEXT, KOREAN, "", TEXT])
    assert answer.status_code == 200
    expected = [
        fanlight.load(m)(t).to_dict() | name_of(m, fanlight.load(m)).to_dict()
        for m, t in (("en", TEXT), ("ko", KOREAN), ("en", ""), ("en", TEXT))
    ]
    answered = answer.json()["documents"]
    for document in (*answered, *expected):  # the fast path's differ in the seventh digit
        for entity in document["entities"]:
            entity["probability"] = round(entity["probability"], 3)
    assert answered == expected
    assert post(address, "/v1/tag", text=TEXT).json()["documents"][0]["text"] == TEXT
    for wrong in ({}, {"text": "a", "texts": ["a"]}, {"text": None}):
        assert post(address, "/v1/tag", **wrong).status_code == 422
    certain = post(address, "/v1/tag", texts=[TEXT], model="en", threshold={"LOC": 1.0}).json()
    assert certain["documents"][0]["entities"] == []
    lines = httpx.post(
        address + "/v1/tag", json={"texts": [TEXT, KOREAN]}, headers={"accept": "application/x-ndjson"}, timeout=60
    )
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line)["text"] for line in lines.text.splitlines()] == [TEXT, KOREAN]


def test_explaining_and_what_if(address):
    answer = post(address, "/v1/explain", text=TEXT, offset=13, replace={"position": -1, "text": "of"}).json()
    answered = answer["explanation"]
    assert (answered["text"], answered["tag"], answer["model"]) == ("Paris", "S-LOC", "en")
    assert sum(w["contribution"] for w in answered["window"]) == pytest.approx(
        answered["scores"]["S-LOC"] - answered["baseline"], abs=1e-3
    )
    assert answer["what_if"]["window"][1]["text"] == "of"
    asked = {"expression": answered["expression"], "wrt": "a_2", "at": answered["layer"]}
    derived = post(address, "/v1/derive", **asked).json()
    assert derived["graph"]["nodes"][-1]["value"] == pytest.approx(answered["scores"]["S-LOC"], abs=1e-3)
    assert "no word there" in post(address, "/v1/explain", text=TEXT, offset=7).json()["error"]


def test_the_calculus(address):
    at = {"u": [[1], [2]], "W": [[1, 0], [0, 1]], "x": [[1], [-1]], "b": [[0], [0]]}
    answer = post(address, "/v1/derive", expression="u.T @ tanh(W @ x + b)", wrt="W", at=at).json()
    assert answer["gradient"] == "(u * (1 - tanh(W @ x + b)**2)) @ x.T"
    assert answer["graph"]["nodes"][-1]["upstream"] == 1
    assert answer["symbols"]["x"] == ["m", "1"]
    right = post(address, "/v1/check", expression="x.T @ A @ x", wrt="x", gradient="(A + A.T) @ x").json()
    wrong = post(address, "/v1/check", expression="x.T @ A @ x", wrt="x", gradient="2 * A @ x").json()
    assert right["right"]
    assert not wrong["right"]
    assert wrong["reasons"]
    derivation = post(address, "/v1/derive", expression="x.T @ A @ x", wrt="x", language="ko").json()
    assert "연쇄 법칙" in derivation["steps"]
    assert "연쇄 법칙" in derivation["html"]
    same = {"expression": "x.T @ A @ x", "wrt": "x", "gradient": "2 * A @ x", "language": "ko"}
    assert "대칭" in post(address, "/v1/check", **same).json()["reasons"][0]
    assert post(address, "/v1/check", **{**same, "language": "xx"}).status_code == 422


def test_models_health_metrics_and_training(address):
    models = httpx.get(address + "/v1/models").json()
    assert [m["name"] for m in models] == ["en", "ko"]
    assert httpx.get(address + "/healthz").text == "ok"
    while (answer := httpx.get(address + "/readyz")).status_code == 503:
        assert set(answer.json()["models"].values()) <= {"loading", "compiling", "ready"}
        time.sleep(0.1)
    assert answer.json() == {"models": {"en": "ready", "ko": "ready"}}
    assert httpx.get(address + "/v1/training").json()["epochs"][0]["dev_f1"] == 90.5
    assert len(httpx.get(address + "/v1/training").json()["epochs"]) == 1
    lines = httpx.get(address + "/metrics").text.splitlines()
    assert any(line.startswith('fanlight_requests_total{path="/healthz",status="200"}') for line in lines)
    assert all(line.startswith("#") or len(line.rsplit(" ", 1)) == 2 for line in lines)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b'{"texts": ["x"]', 422, "JSON"),
        (b"\xff\xfe", 422, "body"),
        (b'{"texts": "x"}', 422, "texts"),
        (b'{"texts": []}', 422, "texts"),
        (b'{"texts": ["x"], "modell": "en"}', 422, "modell"),
        (b'{"texts": ["x"], "threshold": 2}', 422, "threshold"),
        (b'{"texts": ["x"], "model": "../../etc/passwd"}', 404, "there are en, ko"),
        (b'{"texts": ["x"], "model": "/etc/passwd\\u0000"}', 404, "there are en, ko"),
        (b'{"text": "\\ud800"}', 422, "text"),
        (b"[" * 100_000, 400, "nested deeply"),
        (b'{"text": "\xff\xfe"}', 400, "UTF-8"),
        (b'{"text": "\xed\xa0\x80"}', 422, "text"),
        (b"\xff\xfe\x00", 400, "UTF-8"),
        (b'{"texts": ["' + b"x" * 3_000_000 + b'"]}', 413, "2,000,000 bytes"),
    ],
)
def test_hostile_bodies_get_clear_errors(address, body, status, message):
    answer = httpx.post(address + "/v1/tag", content=body, headers={"content-type": "application/json"}, timeout=60)
    assert answer.status_code == status, answer.text[:300]
    assert message in answer.json()["error"]
    assert "/work" not in answer.text
    assert "site-packages" not in answer.text


@pytest.mark.parametrize(
    "path", ["/static/../middleware.py", "/static/..%2f..%2fapp.py", "/static//etc/passwd", "/static/%2e%2e/app.py"]
)
def test_no_path_leads_out_of_the_page(address, path):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as s:
        s.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: s.recv(10_000), b""))
    assert b" 404 " in answer.splitlines()[0]
    assert b"import" not in answer
    assert b"root:" not in answer


def test_fifty_megabytes_without_a_length_are_refused_as_they_come(address):
    parts = (b"x" * 1_000_000 for _ in range(50))
    try:
        answer = httpx.post(address + "/v1/tag", content=parts, timeout=60)
    except httpx.WriteError:
        return  # the server closed before all was sent
    assert answer.status_code == 413


def test_formulas_that_cannot_be_are_refused(address):
    for body in (
        {"expression": "u.T @ (", "wrt": "u"},
        {"expression": "x.T @ x", "wrt": "y"},
        {"expression": "x.T @ x", "wrt": "x", "at": {"x": "no number"}},
        {"expression": "x.T @ x", "wrt": "x", "at": {"x": [[1], [2, 3]]}},
        {"expression": "__import__('os').getcwd()", "wrt": "x"},
        {"expression": "-" * 499 + "x", "wrt": "x"},
    ):
        answer = post(address, "/v1/derive", **body)
        assert answer.status_code in (200, 400), answer.text
        assert answer.status_code == 200 or answer.json()["error"]


def test_two_hundred_callers_at_once_and_slow_ones_beside(address):
    host, port = address.removeprefix("http://").split(":")
    slow = [socket.create_connection((host, int(port))) for _ in range(50)]
    for s in slow:
        s.send(
            b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"
        )
    bad = {b'{"text": ': 422, b'{"text": "\xff"}': 400, b'{"text": "a", "model": "../ko"}': 404, b"x" * 3_000_000: 413}
    json_headers = {"content-type": "application/json"}
    with ThreadPoolExecutor(240) as pool:
        texts = [f"Number {n} lives in Paris." for n in range(200)]
        refused = [
            (status, pool.submit(httpx.post, address + "/v1/tag", content=body, headers=json_headers, timeout=60))
            for body, status in [*bad.items()] * 10
        ]
        answers = list(pool.map(lambda text: post(address, "/v1/tag", texts=[text], model="en"), texts))
        assert [status for status, _ in refused] == [future.result().status_code for _, future in refused]
    assert [a.json()["documents"][0]["text"] for a in answers] == texts
    for s in slow:
        s.close()


def test_a_slow_request_is_told_so_and_one_that_goes_costs_nothing():
    class Slow:
        types, model = ("LOC",), fanlight.load("en").model
        tagged: list[str] = []  # noqa: RUF012

        ready, state = True, "ready"

        def prepare(self):
            pass

        def tag_batch(self, texts):
            time.sleep(0.4 * len(texts))
            self.tagged.extend(texts)
            return [Document(text) for text in texts]

    with running({"en": Slow()}, seconds=1.0) as url:
        host, port = url.removeprefix("http://").split(":")
        s = socket.create_connection((host, int(port)))
        s.send(b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\n{")
        assert b" 408 " in s.recv(1000)
        s.close()
        long = " " * SHORT  # what is short is answered at once
        late = post(url, "/v1/tag", texts=[long + "late"] * 4)
        assert late.status_code == 503
        time.sleep(1)
        busy = ThreadPoolExecutor(1).submit(post, url, "/v1/tag", texts=[long + "busy"])
        time.sleep(0.1)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(url + "/v1/tag", json={"texts": [long + "gone"]}, timeout=0.1)
        assert busy.result().status_code == 200
        time.sleep(0.6)
        assert post(url, "/v1/tag", texts=["after"]).status_code == 200
        assert [text.strip() for text in Slow.tagged[-2:]] == ["busy", "after"]


@pytest.mark.parametrize(
    "body",
    [
        {"text": TEXT},
        {"texts": [TEXT, KOREAN, "", "\x00\r\n ¤ 👍 Oslo"]},
        {"texts": [TEXT, "Bob was in Oslo."], "model": "en", "threshold": 0.999},
        {"text": TEXT, "threshold": {"LOC": 1.0}},
        {"text": TEXT, "model": "elsewhere"},
        {"text": TEXT, "texts": [TEXT]},
        {"text": 3},
        {"texts": []},
        [],
        "no JSON",
    ],
)
def test_what_is_answered_at_once_is_what_the_ordinary_way_answers(address, body):
    content = (body if body == "no JSON" else json.dumps(body)).encode()
    headers = {"content-type": "application/json"}
    quick = httpx.post(address + "/v1/tag", content=content, headers=headers)
    ordinary = httpx.post(address + "/v1/tag", content=content, headers={**headers, "origin": address})
    assert (quick.status_code, quick.text) == (ordinary.status_code, ordinary.text)


def test_only_what_is_short_and_right_is_answered_at_once_and_only_while_nobody_is_served():
    tagging = Tagging({"en": fanlight.load("en")})
    batcher = tagging.batchers["en"]
    batcher.tagger.warm()
    short = json.dumps({"text": TEXT}).encode()
    assert json.loads(tagging.at_once(short))["documents"][0]["entities"][0]["text"] == "Paris"
    assert f"fanlight_characters_total {len(TEXT)}.0" in tagging.metrics.render().decode()
    assert tagging.at_once(short[:-1]) is None
    assert tagging.at_once(json.dumps({"text": "a" * SHORT}).encode()) is None
    assert asyncio.run(batcher.run(tagging.at_once, short)) is None, "the tagger serves somebody"
    assert tagging.at_once(short) is not None


def test_a_caller_with_much_lets_others_in_between(monkeypatch):
    order = []

    class Recorder:
        def prepare(self):
            pass

        def tag_batch(self, texts):
            time.sleep(0.05)
            order.append(list(texts))
            return [Document(text) for text in texts]

    monkeypatch.setattr(batching, "MAX_CHARACTERS", 10)

    async def run():
        batcher = Batcher(Recorder())
        much = asyncio.create_task(batcher.tag(["aaaa", "bbbb", "cccc", "d" * 30, "e"]))
        await asyncio.sleep(0.1)
        few = await batcher.tag(["f"])
        assert not much.done()
        return few, await much

    few, much = asyncio.run(run())
    assert [d.text for d in few] == ["f"]
    assert [d.text for d in much] == ["aaaa", "bbbb", "cccc", "d" * 30, "e"]
    assert order[0] == ["aaaa", "bbbb"]
    assert max(map(len, order)) == 2


def test_the_key_is_asked_for_and_no_other_site_may_call():
    with running({"en": fanlight.load("en")}, keys={"secret": None}) as url:
        assert post(url, "/v1/tag", texts=[TEXT]).status_code == 401
        for headers in ({"x-api-key": "secret"}, {"authorization": "Bearer secret"}):
            assert httpx.get(url + "/v1/models", headers=headers).status_code == 200
        assert httpx.get(url + "/healthz").status_code == 200
        answer = httpx.get(url + "/healthz", headers={"origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("form", ["jacobian", "hessian"])
def test_errors_of_jacobians_and_hessians_are_in_the_reader_s_language(address, form):
    for language, words in (("en", "unknown function 'tahn'"), ("ko", "모르는 함수입니다: 'tahn'")):
        answer = post(address, "/v1/differentiate", expression="tahn(x)", wrt="x", form=form, language=language)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(words)


def test_stopping_finishes_what_was_begun(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "fanlight", "serve", "--model", "en", "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            if httpx.get(url + "/healthz").text == "ok":
                break
        except httpx.TransportError:
            time.sleep(0.1)
    secret = "Secretville is where Ada lives. "
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, url, "/v1/tag", texts=[secret * 3000])
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert answer.result().status_code == 200
    out, _ = process.communicate(timeout=40)
    assert f"fanlight: serving at {url} " in out
    assert "Secretville" not in out
    assert "Traceback" not in out
    assert not list(tmp_path.glob("fanlight-*")), "texts that were added on the page are gone"


def test_an_address_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "fanlight", "serve", "--model", "en", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 1
    line = f"fanlight: http://127.0.0.1:{port} cannot be listened at: choose another --port or --host"
    assert done.stderr.splitlines()[-1] == line


def test_derivatives_are_computed_at_numbers(address):
    def ask(expression, wrt, form, **fields):
        return post(address, "/v1/differentiate", expression=expression, wrt=wrt, form=form, **fields)

    answer = ask("x**3", "x", "jacobian", at={"x": 4}).json()
    assert answer["numbers"] == {"value": 64.0, "derivative": 48.0}
    by_matrix = ask("W @ x", "W", "jacobian", at={"W": [[1, 2], [3, 4]], "x": [[5], [6]]}).json()["numbers"]
    assert by_matrix["derivative"] == [[[5, 6], [0, 0]], [[0, 0], [5, 6]]]
    assert ask("x**3", "x", "jacobian").json()["numbers"] is None
    big = {"W": [[1] * 100] * 100, "x": [[1]] * 100}
    for at in (big, {"W": "a", "x": [[1]]}, {"x": [[1]]}, {"W": [[1, 2]], "x": [[1]] * 3}, {}):
        wrong = ask("W @ x", "W", "jacobian", at=at)
        assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_input"), at
    assert "1,000,000 entries" in ask("W @ x", "W", "jacobian", at=big).json()["error"]


# imports all of schemathesis, which Python 3.11 cannot do safely while the server's thread imports as well
schemathesis.openapi.from_dict({"openapi": "3.1.0", "info": {"title": "none", "version": "0"}, "paths": {}})


def test_no_request_brings_a_crash_or_an_undocumented_answer(address):
    checked = []
    for answered in schemathesis.openapi.from_url(address + "/openapi.json").get_all_operations():
        operation = answered.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        def each(case):
            # a formula or offset can be well formed and yet wrong: that is no fault of the schema
            case.call_and_validate(timeout=60, excluded_checks=[positive_data_acceptance])

        each()
        checked.append(operation.path)
    assert {"/v1/tag", "/v1/explain", "/v1/derive", "/v1/check", "/v1/training", "/labelstudio/predict"} <= set(checked)
