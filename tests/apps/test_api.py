"""The HTTP interface for other programs: options, errors in their place, encodings, what a client can rely on."""

import gzip
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import zstandard

import fanlight
from fanlight.apps.labelling import LabelStore
from fanlight.apps.server import compression, tagging
from fanlight.apps.server.documents import convert_offsets
from fanlight.entities.entity import Document, Entity
from tests.apps.serving import post, running

TEXT = "👍 Ann Lee lives in 서울 and Oslo."


@pytest.fixture(scope="module")
def address():
    with running({name: fanlight.load(name) for name in ("en", "ko")}, most_bytes=2_000_000) as url:
        yield url


def entities(answer):
    assert answer.status_code == 200, answer.text
    return [(e["type"], e["text"]) for document in answer.json()["documents"] for e in document["entities"]]


def test_every_answer_names_its_model(address):
    (document,) = post(address, text=TEXT).json()["documents"]
    assert (document["model"], document["version"], document["language"]) == tuple(
        tagging.name_of("en", fanlight.load("en"))
    )
    assert post(address, text="서울은 크다.").json()["documents"][0]["model"] == "ko"
    assert post(address, "/v1/explain", text="Oslo", offset=0).json()["model"] == "en"
    assert {"version", "language"} <= httpx.get(address + "/v1/models").json()[0].keys()


@pytest.mark.parametrize("unit", ["code_points", "utf16", "bytes"])
def test_offsets_are_in_the_units_of_the_client(address, unit):
    encoding = {"code_points": "utf-32-le", "utf16": "utf-16-le", "bytes": "utf-8"}[unit]
    size = {"code_points": 4, "utf16": 2, "bytes": 1}[unit]
    data = TEXT.encode(encoding)
    (document,) = post(address, text=TEXT, offsets=unit).json()["documents"]
    assert document["entities"]
    for entity in document["entities"]:
        assert data[size * entity["start"] : size * entity["end"]].decode(encoding) == entity["text"]
    assert convert_offsets("a", [Entity(0, 1, "X", "a")], unit) == [(0, 1)]


def test_types_stages_rules_and_echo(address):
    assert {t for t, _ in entities(post(address, text=TEXT, types=["PER"]))} == {"PER"}
    assert "did you mean PER?" in post(address, text=TEXT, types=["PERSON"]).json()["error"]
    plain = fanlight.load("en", passes=1)(TEXT)
    assert entities(post(address, text=TEXT, stages=1)) == [(e.type, e.text) for e in plain.entities]
    ruled = post(address, text=TEXT, rules=[{"name": "lives", "type": "VERB"}, {"pattern": "a[n]d", "type": "WORD"}])
    assert {("VERB", "lives"), ("WORD", "and")} <= set(entities(ruled))
    assert entities(post(address, text="Oslo", rules=[{"name": "Oslo", "type": "X"}], precedence="model")) == [
        ("LOC", "Oslo")
    ]
    for rule, message in (
        ({"pattern": "(a", "type": "X"}, "no regular expression"),
        ({"type": "X"}, "either"),
        ({"name": "a", "pattern": "a", "type": "X"}, "either"),
    ):
        answer = post(address, text=TEXT, rules=[rule])
        assert answer.status_code in (400, 422)
        assert message in answer.json()["error"]
    (document,) = post(address, text=TEXT, echo=False).json()["documents"]
    assert "text" not in document
    assert document["entities"][0]["text"] == "Ann Lee"


@pytest.mark.parametrize("options", [{}, {"echo": False, "offsets": "utf16"}])
def test_entities_come_with_what_they_mean(address, options):
    text = "Ann Lee paid $3.5 billion yesterday."
    body = {"text": text, "values": True, "date": "2026-11-28", **options}
    (document,) = post(address, **body).json()["documents"]
    values = {e["text"]: e["value"] for e in document["entities"]}
    assert values["$3.5 billion"] == {"kind": "money", "number": 3500000000, "unit": "USD"}
    assert values["yesterday"] == {"kind": "date", "iso": "2026-11-27"}
    assert values["Ann Lee"] is None
    (document,) = post(address, text=text).json()["documents"]
    assert not any("value" in entity for entity in document["entities"])
    address_of_lines = "/v1/tag/lines?values=true&date=2026-11-28"
    line = post(address, address_of_lines, (json.dumps(text) + "\n").encode()).json()
    assert {e["text"]: e["value"] for e in line["entities"]} == values


def test_values_of_entities_that_are_sent(address):
    entities = [
        {"text": "12/05/2021", "type": "DATE"},
        {"text": "어제", "type": "DATE"},
        {"text": "Ann", "type": "PER"},
    ]
    answer = post(address, "/v1/values", entities=entities, day_first=True, date="2026-11-28").json()
    assert [value and value["iso"] for value in answer["values"]] == ["2021-05-12", "2026-11-27", None]
    assert post(address, "/v1/values", entities=entities).json()["values"][1:] == [None, None]
    assert post(address, "/v1/values", entities=entities, date="soon").json()["field"] == "date"


def test_ids_and_errors_stand_with_their_texts(address):
    documents = post(address, texts=["Oslo", "Oslo"], ids=["a", 2]).json()["documents"]
    assert [d["id"] for d in documents] == ["a", 2]
    body = b'{"texts": ["Oslo", "\\ud800", "Paris"], "ids": [1, 2, 3]}'
    documents = post(address, content=body, headers={"content-type": "application/json"}).json()["documents"]
    assert [d["id"] for d in documents] == [1, 2, 3]
    assert ["entities" in d for d in documents] == [True, False, True]
    assert documents[1]["code"] == "invalid_field"
    assert post(address, texts=["a"], ids=[1, 2]).status_code == 422


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("rules", [[], [{"name": "old", "type": "AGE"}]])
def test_what_is_no_text_has_its_error_and_the_others_their_answers(address, accept, rules):
    texts = [None, "Oslo is old.", 3, ["Oslo"], {"text": "Oslo"}, True, "Ann left Rome.", "\ud800"]
    body = json.dumps({"texts": texts, "ids": list(range(len(texts))), "rules": rules})
    answer = post(address, content=body, headers={"content-type": "application/json", "accept": accept})
    assert answer.status_code == 200
    rows = answer.json()["documents"] if accept == "application/json" else map(json.loads, answer.text.splitlines())
    for number, (text, row) in enumerate(zip(texts, rows, strict=True)):
        assert row["id"] == number
        if isinstance(text, str) and text.isascii():
            assert row["text"] == text
            assert row["entities"]
        else:
            assert (row["code"], "entities" in row) == ("invalid_field", False)
            assert row["error"].startswith("has half" if isinstance(text, str) else "must be a text")
    (alone,) = post(address, texts=[None]).json()["documents"]
    assert alone["code"] == "invalid_field", "one text alone of a list is answered as one of several"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_bodies_are_packed_both_ways(address, encoding, accept):
    pack = {"gzip": gzip.compress, "zstd": zstandard.compress}[encoding]
    body = json.dumps({"texts": ["Ann lives in Oslo."] * 200}).encode()
    headers = {"content-type": "application/json", "accept": accept}
    plain = post(address, content=body, headers={**headers, "accept-encoding": "identity"})
    packed = post(
        address, content=pack(body), headers={**headers, "content-encoding": encoding, "accept-encoding": encoding}
    )
    assert (packed.status_code, packed.text) == (200, plain.text)
    assert packed.headers["content-encoding"] == encoding
    assert "content-encoding" not in plain.headers
    assert packed.num_bytes_downloaded < len(plain.content)


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b"no archive", "gzip", 400),
        (gzip.compress(b"a" * 1000)[:-9], "gzip", 400),
        (gzip.compress(b"a" * 50_000_000), "gzip", 413),
        (zstandard.compress(b"a" * 50_000_000), "zstd", 413),
        (b"x", "br", 415),
    ],
)
def test_packed_bodies_have_limits(address, content, encoding, status):
    answer = post(address, content=content, headers={"content-type": "application/json", "content-encoding": encoding})
    assert answer.status_code == status
    assert answer.json()["code"] in ("bad_input", "body_too_large", "media_type_not_supported")


def test_what_is_accepted_is_read_as_it_says():
    for accept, encoding in (
        (b"gzip, br", b"gzip"),
        (b"zstd;q=0, gzip", b"gzip"),
        (b"br", None),
        (b"", None),
        (b"*", b"gzip"),
    ):
        assert compression.choose_encoding(accept) == encoding
    assert compression.choose_encoding(b"gzip, zstd") == b"zstd"


def test_requests_have_names(address):
    for path, headers, name in (
        ("/v1/tag", {"x-request-id": "job-7"}, "job-7"),
        ("/v1/none", {"x-request-id": "job-8"}, "job-8"),
        ("/v1/tag", {"x-request-id": "a b"}, None),
        ("/v1/tag", {}, None),
    ):
        sent = post(address, path, text="Oslo", headers=headers).headers["x-request-id"]
        assert sent == name if name else len(sent) == 16


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"text": "a", "thresold": 1}, "invalid_field", "thresold"),
        ({"text": "a", "threshold": 2}, "invalid_field", "threshold"),
        ({"text": "a", "stages": 3}, "invalid_field", "stages"),
        ({"text": "a", "rules": [{"name": "", "type": "X"}]}, "invalid_field", "rules.0.name"),
        ({"text": 3}, "invalid_field", "text"),
        ({"text": "a", "model": "none"}, "not_found", None),
        ({"text": "a", "types": ["NONE"]}, "bad_input", None),
    ],
)
def test_errors_have_a_code_and_a_plain_sentence(address, body, code, field):
    answer = post(address, **body).json()
    assert (answer["code"], answer.get("field")) == (code, field)
    assert ": " in answer["error"] or "there" in answer["error"]
    for word in ("Input should", "Extra inputs", "pydantic", "constrained", "Field required"):
        assert word not in answer["error"]


def test_too_much_is_asked_to_come_again(monkeypatch):
    class Slow:
        types, model, ready, state = ("LOC",), fanlight.load("en").model, False, "ready"

        def prepare(self):
            pass

        def tag_batch(self, texts):
            time.sleep(1)
            return [Document(text) for text in texts]

    monkeypatch.setattr(tagging, "WAITING", 10)
    with running({"en": Slow()}, seconds=60) as url, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(url, text="Ann lives"), range(4)))
        assert {answer.status_code for answer in answers} == {200, 429}
        busy = next(answer for answer in answers if answer.status_code == 429)
        assert (busy.json()["code"], busy.headers["retry-after"]) == ("busy", "1")
        assert post(url, text="Oslo").status_code == 200
        assert "fanlight_waiting_characters 0.0" in httpx.get(url + "/metrics", timeout=60).text


def test_names_are_masked_and_restored(address):
    texts = ["Ann Lee lives in Oslo.", "Ann Lee left [PER_1]."]
    masked = post(address, "/v1/mask", texts=texts, types=["PER"]).json()
    assert masked["texts"] == ["[PER_2] lives in Oslo.", "[PER_2] left [PER_1]."]
    restored = post(address, "/v1/unmask", texts=masked["texts"], key=masked["key"]).json()
    assert restored == {"texts": texts}
    assert post(address, "/v1/mask", texts=texts, redact=True).json()["texts"][0] == "[PER] lives in [LOC]."
    again = post(address, "/v1/mask", texts=["Ann Lee won."], key=masked["key"]).json()
    assert again["texts"] == ["[PER_2] won."]


def test_one_text_is_masked_and_restored_with_rules(address):
    text = "Ann Lee has the badge A-1234."
    rules = [{"pattern": r"A-\d+", "type": "BADGE"}]
    masked = post(address, "/v1/mask", text=text, rules=rules, threshold={"PER": 0.1}).json()
    assert masked["texts"] == ["[PER_1] has the badge [BADGE_1]."]
    assert [answer["model"] for answer in masked["models"]] == ["en"]
    assert post(address, "/v1/unmask", text=masked["texts"][0], key=masked["key"]).json() == {"texts": [text]}
    for path, fields in (("/v1/mask", {}), ("/v1/unmask", {"key": {}})):
        for texts in ({}, {"text": text, "texts": [text]}):
            answer = post(address, path, **fields, **texts)
            assert answer.status_code == 422
            assert answer.json()["error"] == 'body: give either "text" or "texts"'


def test_the_description_has_keys_servers_and_names():
    with running({"en": fanlight.load("en")}, keys={"secret": None}) as url:
        schema = httpx.get(url + "/openapi.json", timeout=60).json()
        assert set(schema["components"]["securitySchemes"]) == {"bearer", "header"}
        assert schema["security"]
        assert schema["servers"]
        assert schema["paths"]["/healthz"]["get"]["security"] == []
        names = [o["operationId"] for methods in schema["paths"].values() for o in methods.values()]
        assert len(names) == len(set(names))
        assert {"tag", "tag_lines", "mask", "unmask", "explain", "presidio_analyze", "kserve_infer"} <= set(names)
        page = httpx.get(url + "/docs", timeout=60).text
        assert all(f'id="{name}"' in page for name in names)
        assert "http://" not in page.replace(url, "")
        assert "https://" not in page
        for path in ("/v1/mask", "/analyze", "/v2/models/en/infer", "/huggingface/en"):
            assert post(url, path).status_code == 401


def test_the_example_of_the_documentation_runs(address):
    import html
    import re

    page = httpx.get(address + "/docs", timeout=60).text
    commands = [html.unescape(c) for c in re.findall(r"<pre><code>(curl .*?)</code></pre>", page, re.DOTALL)]
    assert len(commands) > 8
    for command in commands:
        command = command.replace("{model}", "en")
        done = subprocess.run(["sh", "-c", command.replace("curl ", "curl -sf ")], capture_output=True, text=True)
        assert done.returncode == 0, command
        assert done.stdout


def test_json_is_read_whatever_its_type_is_said_to_be(address):
    body = b'{"text": "Oslo"}'
    for type_ in ("application/x-www-form-urlencoded", "application/octet-stream", "application/json; charset=utf-8"):
        assert post(address, content=body, headers={"content-type": type_}).status_code == 200
    answer = post(address, content=b"text=Oslo", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_not_supported")
    foreign = {"content-type": "application/x-www-form-urlencoded", "origin": "https://evil.example"}
    assert post(address, content=body, headers=foreign).status_code == 403


def test_latencies_are_counted(address):
    post(address, text="Oslo")
    text = httpx.get(address + "/metrics", timeout=60).text
    assert 'fanlight_request_seconds_bucket{le="0.001",path="/v1/tag"}' in text
    assert "fanlight_ready" in text


def test_a_connection_that_is_reused_keeps_its_answers_apart(address):
    with httpx.Client(base_url=address, timeout=60) as client:
        for n in range(5):
            answer = client.post("/v1/tag", json={"text": f"Number {n} lives in Oslo.", "offsets": "bytes"})
            assert answer.json()["documents"][0]["text"].startswith(f"Number {n}")


def test_texts_are_added_where_the_store_is_open_alone(address, tmp_path):
    texts = {"texts": ["Oslo is old.", "Ann left."], "types": ["LOC"]}
    assert post(address, "/v1/labels/texts", **texts).json()["code"] == "forbidden"
    for is_open, added in ((False, None), (True, 2)):
        store = LabelStore(tmp_path / f"{is_open}.db", is_open=is_open)
        with running({"en": fanlight.load("en", engine="plain")}, labels=store) as url:
            assert post(url, "/v1/labels/texts", **texts).json().get("added") == added
            standing = httpx.get(url + "/v1/labels", params={"annotator": "ann"}, timeout=60).json()
            assert (standing["open"], standing["all"]) == (is_open, added or 0)
