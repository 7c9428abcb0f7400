"""Lines of JSON over HTTP: options in a first line or the address, faults in their place."""

import json

import httpx
import pytest

import fanlight
from fanlight.apps.server import tagging
from tests.apps.serving import post, running


@pytest.fixture(scope="module")
def address():
    with running({name: fanlight.load(name) for name in ("en", "ko")}, most_bytes=2_000_000) as url:
        yield url


def test_a_first_line_has_the_options_of_all(address):
    def rows(options, *texts, query=""):
        content = "\n".join(json.dumps(line) for line in ({"options": options}, *texts)).encode()
        answer = post(address, f"/v1/tag/lines{query}", content=content)
        return [json.loads(row) for row in answer.text.splitlines()] if answer.status_code == 200 else answer

    text = "Ann Lee lives in Oslo."
    options = {
        "rules": [{"name": "Oslo", "type": "CITY"}, {"pattern": "l[i]ves", "type": "VERB"}],
        "threshold": {"PER": 1.0}, "types": ["CITY", "VERB", "PER"], "stages": 1, "echo": False,
    }  # fmt: skip
    (document,) = post(address, text=text, **options).json()["documents"]
    assert [e["type"] for e in document["entities"]] == ["VERB", "CITY"]
    assert rows(options, text, {"text": text, "id": 7}) == [document, {**document, "id": 7}]
    (ruled,) = rows({"rules": options["rules"], "precedence": "model"}, text)
    assert [e["type"] for e in ruled["entities"]] == ["PER", "VERB", "LOC"]
    (both,) = rows({"types": ["LOC"]}, text, query="?types=PER&echo=false")
    assert ([e["type"] for e in both["entities"]], "text" in both) == (["LOC"], False)
    assert rows({}) == []
    for wrong, field in (
        ({"rule": []}, "options.rule"),
        ({"rules": [{"type": "X"}]}, "options.rules.0"),
        (3, "options"),
    ):
        answer = rows(wrong, text)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert rows({"rules": [{"pattern": "(a", "type": "X"}]}, text).json()["code"] == "bad_input"
    assert rows({"types": ["NONE"]}, text).status_code == 400
    (late,) = [row for row in rows({}, text, {"options": {}}) if "error" in row]
    assert late["code"] == "invalid_field", "options are of the first line alone"


@pytest.mark.parametrize("path", ["/v1/tag", "/v1/tag/lines"])
def test_rules_reach_every_line_of_many(address, path):
    texts, rules = [f"Item {n}: {'word ' * 100}X-{n}." for n in range(700)], [{"pattern": "X-[0-9]+", "type": "CODE"}]
    assert sum(map(len, texts)) > tagging.RULED
    headers = {"accept": "application/x-ndjson"}
    if path == "/v1/tag":
        answer = post(address, texts=texts, rules=rules, types=["CODE"], echo=False, headers=headers)
    else:
        lines = [{"options": {"rules": rules, "types": ["CODE"], "echo": False}}, *texts]
        answer = post(address, path, content="\n".join(map(json.dumps, lines)).encode())
    codes = [[e["text"] for e in json.loads(row)["entities"]] for row in answer.text.splitlines()]
    assert codes == [[f"X-{n}"] for n in range(700)]


def test_lines_in_and_out(address):
    lines = [
        b'{"text": "Ann lives in Oslo.", "id": "a"}',
        '"서울은 크다."'.encode(),
        b"no JSON",
        b'{"text": 3, "id": 7}',
        b'{"txt": ""}',
    ]
    answer = post(
        address, "/v1/tag/lines", content=b"\n".join(lines) + b"\n", headers={"content-type": "application/x-ndjson"}
    )
    assert answer.headers["content-type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row.get("model") for row in rows] == ["en", "ko", None, None, None]
    assert [row.get("code") for row in rows] == [None, None, "invalid_line", "invalid_field", "invalid_field"]
    assert (rows[0]["id"], rows[3]["id"]) == ("a", 7)
    answer = post(address, "/v1/tag/lines?types=LOC&echo=false", content=lines[0])
    assert [e["type"] for e in answer.json()["entities"]] == ["LOC"]
    for query, status in (("model=none", 404), ("types=PERSON", 400), ("typ=PER", 422)):
        assert post(address, f"/v1/tag/lines?{query}", content=lines[0]).status_code == status
    assert post(address, "/v1/tag/lines", content=b"x", headers={"content-type": "image/png"}).status_code == 415
    many = b"\n".join(b'{"text": "Number %d lives in Oslo.", "id": %d}' % (n, n) for n in range(100))
    assert [json.loads(r)["id"] for r in post(address, "/v1/tag/lines", content=many).text.splitlines()] == list(
        range(100)
    )


def test_lines_are_told_where_they_are_read(address):
    lines = {"content": '{"text": "Oslo"}\n{"text": "Rome"}\n', "headers": {"content-type": "application/x-ndjson"}}
    answer = httpx.post(address + "/v1/tag", timeout=60, **lines)
    assert answer.status_code == 415
    assert "/v1/tag/lines" in answer.json()["error"]
    assert len(httpx.post(address + "/v1/tag/lines", timeout=60, **lines).text.splitlines()) == 2
    wrong = httpx.post(address + "/v1/tag/lines", params={"offsets": "words"}, timeout=60, **lines)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "offsets"), "the parameter is at fault, not the body"
