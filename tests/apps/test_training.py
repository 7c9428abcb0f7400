"""Trainings that are begun over HTTP: data looked at, one at a time, cancelled, served when they end."""

import json
import time

import httpx
import pytest

import fanlight
from fanlight.apps.labelling import LabelStore
from fanlight.apps.server.training import HELD_OUT, LabelledText, TrainingRunner, hold_out, model_name, write_data
from fanlight.errors import DataError
from tests.apps.serving import running

TOWNS = "".join(
    f"Ann\tS-PER\nlives\tO\nin\tO\n{town}\tS-LOC\n\nIt\tO\nrained\tO\n.\tO\n\n"
    for town in ("Oslo", "Paris", "Rome", "Lima", "Cairo", "Seoul", "Bonn", "Bern", "Kyiv", "Riga")
)


def ask(url, path, **body):
    return httpx.post(url + path, json=body, timeout=60)


def wait_for_end(url):
    deadline = time.monotonic() + 240
    while (training := httpx.get(url + "/v1/training").json())["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return training


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    store = LabelStore(tmp_path_factory.mktemp("labels") / "labels.db")
    texts = [f"Ann lives in {town}." for town in ("Oslo", "Paris", "Rome", "Lima", "Cairo", "Seoul")]
    store.add(texts, ["LOC", "PER"])
    for number, text in enumerate(texts, 1):
        store.save("ada", number, [(0, 3, "PER"), (13, len(text) - 1, "LOC")])
    with running({"en": fanlight.load("en", engine="plain")}, labels=store, runner=TrainingRunner()) as url:
        yield url


def test_data_are_looked_at_before_a_training(address):
    report = ask(address, "/v1/training/check", train={"name": "towns.conll", "text": TOWNS}).json()
    assert (report["sentences"], report["dev_sentences"]) == (20, 20 // HELD_OUT)
    assert report["entities"] == {"LOC": 10, "PER": 10}
    assert any("very little data" in problem for problem in report["problems"])
    dev = {"name": "dev.conll", "text": TOWNS}
    report = ask(address, "/v1/training/check", train={"name": "towns.conll", "text": TOWNS}, dev=dev).json()
    assert "20 of 20 dev sentences" in report["problems"][0]
    assert report["unseen_percent"] == 0


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"train": {"name": "x/../towns.conll", "text": "Ann\tS-PER\nsings\n"}}, "towns.conll:2: "),
        ({"train": {"name": "t.conll", "text": "Ann\tO\nsings\tO\n\n" * 9}}, "t.conll: has no entities at all"),
        ({"train": {"name": "t.conll", "text": "Ann\tS-PER\n"}}, "t.conll: has 1 sentences"),
        ({"train": {"name": "t.jsonl", "text": '{"text": "a"'}}, "t.jsonl:1: is not JSON"),
        ({"train": {"name": "a", "text": "a"}, "labels": True}, 'give either "train" or "labels"'),
        ({}, 'give either "train" or "labels"'),
        ({"train": {"name": "t.conll", "text": TOWNS}, "dev": {"name": "d.conll", "text": "a b c"}}, "d.conll"),
    ],
)
def test_what_is_wrong_with_data_is_told_by_the_name_of_their_file(address, body, why):
    for path in ("/v1/training/check", "/v1/training"):
        answer = ask(address, path, **body)
        assert answer.status_code in (400, 422)
        assert why in answer.json()["error"]
        assert "/tmp" not in answer.json()["error"]
    assert httpx.get(address + "/v1/training").json()["state"] == "none"


def test_a_training_is_cancelled_and_the_next_is_served(address):
    towns = {"name": "my-towns.conll", "text": TOWNS}
    assert httpx.get(address + "/v1/training/model").status_code == 404
    assert ask(address, "/v1/training", train=towns, epochs=900).json()["state"] == "running"
    assert "a training is running" in ask(address, "/v1/training", train=towns).json()["error"]
    assert ask(address, "/v1/training/cancel").json()["state"] == "cancelled"
    started = ask(address, "/v1/training", train=towns, epochs=2).json()
    assert (started["state"], started["name"], started["allowed"]) == ("running", "my_towns", True)
    training = wait_for_end(address)
    assert (training["state"], training["error"], len(training["epochs"])) == ("done", "", 2)
    assert "<h3" in training["html"]
    assert training["epochs"][1]["seconds"] >= training["epochs"][0]["seconds"] > 0
    assert "Ann lives in" in training["examples"]
    (document,) = ask(address, "/v1/tag", text=training["examples"], model="my_towns").json()["documents"]
    assert document["model"] == "my_towns"
    model = httpx.get(address + "/v1/training/model")
    assert model.headers["content-disposition"].endswith('"my_towns.fanlight"')
    assert len(model.content) > 10_000


def test_what_was_labelled_is_trained_on(address):
    report = ask(address, "/v1/training/check", labels=True).json()
    assert (report["sentences"], report["entities"]) == (6, {"LOC": 6, "PER": 6})
    assert ask(address, "/v1/training", labels=True, epochs=1).json()["name"] == "labels"
    assert wait_for_end(address)["state"] == "done"
    assert "labels" in [model["name"] for model in httpx.get(address + "/v1/models").json()]


def test_a_training_that_fails_says_why(address):
    dev = {"name": "dev.conll", "text": TOWNS.replace("PER", "ORG").replace("LOC", "ORG")}
    assert ask(address, "/v1/training", train={"name": "t.conll", "text": TOWNS}, dev=dev, epochs=1).status_code == 200
    training = wait_for_end(address)
    assert training["state"] == "failed"
    assert training["error"].startswith("dev.conll: has ORG, of which the model has none")


def test_where_others_reach_the_server_nobody_trains():
    with running({"en": fanlight.load("en", engine="plain")}) as url:
        assert not httpx.get(url + "/v1/training").json()["allowed"]
        answer = ask(url, "/v1/training", train={"name": "t.conll", "text": TOWNS})
        assert answer.status_code == 403
        assert "--train-folder" in answer.json()["error"]


def test_documents_are_held_out_whole_where_there_are_many():
    text = "".join(f"-DOCSTART- O\n\na{n} O\n\nb{n} S-X\n\n" for n in range(60))
    training, held_out = hold_out(text, "x")
    assert held_out.split()[:6] == ["-DOCSTART-", "O", "a4", "O", "b4", "S-X"]
    assert training.count("-DOCSTART-") == 48
    lines = "".join(json.dumps({"text": str(n)}) + "\n" for n in range(5))
    assert hold_out(lines, "x")[1] == '{"text": "4"}\n'
    with pytest.raises(DataError, match="label more"):
        hold_out("a O\n\nb O\n", "x")


def test_exports_of_other_tools_are_read(tmp_path):
    text = "Ann lives in Oslo."
    value = {"start": 0, "end": 3, "text": "Ann", "labels": ["PER"]}
    task = {"data": {"text": text}, "annotations": [{"result": [{"value": value}]}]}
    data = write_data(tmp_path, LabelledText("export.json", json.dumps([task] * HELD_OUT)), None)
    assert data.report.entities == {"PER": HELD_OUT}
    assert (data.examples, data.report.dev_sentences) == (text, 1)


@pytest.mark.parametrize("name", ["mine.csv", "-"])
@pytest.mark.parametrize(
    "content",
    [
        "sentence_id,word,tag\n" + "".join(f"{n},Ann,B-PER\n{n},slept,O\n" for n in range(HELD_OUT)),
        "text,entities\n" + "Ann slept,\"[(0, 3, 'PER')]\"\n" * HELD_OUT,
    ],
)
def test_tables_are_read(tmp_path, name, content):
    data = write_data(tmp_path, LabelledText(name, content), None)
    assert data.report.entities == {"PER": HELD_OUT}
    assert data.report.dev_sentences == 1


@pytest.mark.parametrize(
    ("file", "name"), [("a b.conll", "a_b"), ("서울.jsonl", "서울"), ("7.txt", "model_7"), ("-", "_")]
)
def test_models_have_names(file, name):
    assert model_name(file) == name
