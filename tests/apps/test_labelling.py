"""Labels by people: saved, taken back, agreed upon, exported."""

import json
import subprocess
import sys

import pytest
from starlette.testclient import TestClient

import fanlight
from fanlight.apps.labelling import Agreement, LabelStore, cohens_kappa
from fanlight.apps.server.app import create_app
from fanlight.corpus.readers import read_corpus
from fanlight.errors import DataError
from fanlight.text.sentences import tokenise_sentences

TEXTS = ["Museums in Paris are amazing.", "Oslo 👍 is old.", "It rained."]


@pytest.fixture
def store(tmp_path):
    label_store = LabelStore(tmp_path / "labels.db")
    assert label_store.add(TEXTS, ["LOC", "PER"]) == 3
    return label_store


def test_texts_come_once_and_in_order(store):
    assert store.add([*TEXTS, "New."], []) == 1
    seen = []
    while (task := store.next("ada")) is not None:
        seen.append(task.text)
        store.save("ada", task.id, [])
    assert seen == [*TEXTS, "New."]
    assert store.progress("ada") == (4, 4)
    assert store.progress("bob") == (0, 4)


def test_undo_gives_the_spans_back_and_loses_nothing(store):
    store.save("ada", 1, [(11, 16, "LOC")])
    store.save("ada", 2, [(0, 4, "LOC")])
    assert store.undo("ada")
    assert store.next("ada") == (2, TEXTS[1], [(0, 4, "LOC")])
    assert [row["text"] for row in store.export()] == TEXTS[:1]
    assert store.undo("ada")
    assert not store.undo("ada")
    assert list(store.export()) == []


def test_a_second_save_takes_the_place_of_the_first(store):
    store.save("ada", 1, [])
    store.save("ada", 1, [(11, 16, "LOC")])
    assert [len(row["spans"]) for row in store.export()] == [1]


@pytest.mark.parametrize(
    ("text", "span", "why"),
    [(9, (0, 1, "LOC"), "no text 9"), (1, (25, 30, "LOC"), "not in the text"), (1, (0, 7, "ORG"), "no type 'ORG'")],
)
def test_bad_spans_are_refused_whole(store, text, span, why):
    with pytest.raises(DataError, match=why):
        store.save("ada", text, [(10, 11, "LOC"), span])
    assert list(store.export()) == []


def test_agreement(store):
    for name, spans in (("ada", [(11, 16, "LOC")]), ("bob", [(11, 16, "LOC")]), ("eve", [(0, 7, "PER")])):
        store.save(name, 1, spans)
    store.save("ada", 2, [(0, 4, "LOC")])
    # six tokens; against eve two differ: p = 4/6, e = (5/6)^2, κ = (p - e) / (1 - e)
    kappa = (4 / 6 - 25 / 36) / (1 - 25 / 36)
    ada_eve, bob_eve = Agreement("ada", "eve", 1, kappa), Agreement("bob", "eve", 1, kappa)
    agreement, *agreements = store.agreement()
    assert agreement == Agreement("ada", "bob", 1, 1.0)
    assert [a[:3] for a in agreements] == [ada_eve[:3], bob_eve[:3]]
    assert [a.kappa for a in agreements] == pytest.approx([kappa, kappa])


def test_annotators_are_merged_by_majority_and_ties_are_left_to_be_decided(store):
    town = {"start": 11, "end": 16, "label": "LOC"}
    for name, spans in (("ada", [(11, 16, "LOC")]), ("bob", [(11, 16, "LOC")]), ("eve", [(0, 7, "PER")])):
        store.save(name, 1, spans)
    store.save("ada", 2, [(0, 4, "LOC")])
    store.save("bob", 2, [])
    rows, disputes = store.merge()
    assert rows == [{"text": TEXTS[0], "spans": [town], "annotators": ["ada", "bob", "eve"]}]
    disputed = {"start": 0, "end": 4, "label": "LOC"}
    assert disputes == [
        {"text": TEXTS[1], "spans": [], "disputed": [disputed], "annotators": {"ada": [disputed], "bob": []}}
    ]


def test_the_command_exports_the_majority_and_lists_what_is_to_be_decided(tmp_path, store):
    out = tmp_path / "train.jsonl"
    store.save("ada", 1, [(11, 16, "LOC")])
    store.save("ada", 2, [(0, 4, "LOC")])
    store.save("bob", 2, [])
    command = [sys.executable, "-m", "fanlight", "label", str(store.path), "--export", str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert [json.loads(line)["text"] for line in out.read_text().splitlines()] == TEXTS[:1]
    disputes = tmp_path / "train.jsonl.disputes.jsonl"
    assert [json.loads(line)["text"] for line in disputes.read_text().splitlines()] == [TEXTS[1]]
    assert f"label DECISIONS --texts {disputes}" in " ".join(done.stderr.split())
    again = [*command[:4], str(tmp_path / "decisions.db"), "--texts", str(disputes), "--types", "LOC", "--agreement"]
    subprocess.run(again, check=True)
    assert LabelStore(tmp_path / "decisions.db").progress("ada") == (0, 1)


def test_kappa_agrees_with_scikit_learn():
    from sklearn.metrics import cohen_kappa_score

    pairs = [("A", "A"), ("A", "B"), ("", "A"), ("B", "B"), ("", ""), ("", "B"), ("", "")]
    assert cohens_kappa(pairs) == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))


def test_another_file_is_refused(tmp_path):
    (tmp_path / "a.db").write_text("This is no database, and long enough to be looked at as one." * 20)
    with pytest.raises(DataError, match="is it a file of `fanlight label`"):
        LabelStore(tmp_path / "a.db")


def test_the_interface_proposes_saves_and_takes_back(store):
    client = TestClient(create_app({"en": fanlight.load("en")}, labels=store), "http://localhost")
    task = client.get("/v1/labels", params={"annotator": "ada"}).json()["task"]
    assert task["spans"] == [{"start": 11, "end": 16, "label": "LOC"}]
    body = {"annotator": "ada", "id": task["id"], "spans": task["spans"]}
    after = client.post("/v1/labels", json=body).json()
    assert (after["done"], after["task"]["id"]) == (1, 2)
    assert (
        client.post("/v1/labels", json=body | {"spans": [{"start": 5, "end": 99, "label": "LOC"}]}).status_code == 400
    )
    rows = [json.loads(line) for line in client.get("/v1/labels/export").text.splitlines()]
    assert rows == [{"text": TEXTS[0], "spans": task["spans"], "annotator": "ada"}]
    assert client.post("/v1/labels/undo", json={"annotator": "ada"}).json()["done"] == 0


def test_without_a_store_there_is_nothing_to_label():
    client = TestClient(create_app({"en": fanlight.load("en")}), "http://localhost")
    assert client.get("/v1/labels", params={"annotator": "ada"}).json()["all"] == 0
    assert client.post("/v1/labels", json={"annotator": "a", "id": 1, "spans": []}).status_code == 404


def test_the_command_fills_exports_and_agrees(tmp_path):
    (tmp_path / "raw.txt").write_text(TEXTS[0] + "\n" + json.dumps({"text": TEXTS[1]}) + "\n")
    store, out = tmp_path / "labels.db", tmp_path / "train.jsonl"
    command = [sys.executable, "-m", "fanlight", "label", str(store)]
    filled = [*command, "--texts", str(tmp_path / "raw.txt"), "--types", "LOC, PER", "--agreement"]
    subprocess.run(filled, check=True)
    label_store = LabelStore(store)
    for name in ("ada", "bob"):
        label_store.save(name, 2, [(0, 4, "LOC")])
    done = subprocess.run([*command, "--agreement"], check=True, capture_output=True, text=True)
    assert done.stdout == "ada and bob: κ 1.000 over 1 texts\n"
    subprocess.run([*command, "--export", str(out), "--annotator", "ada"], check=True)
    corpus = read_corpus(out, tokenise_sentences)
    assert [s.spans for s in corpus.sentences] == [((0, 1, "LOC"),)]
    missing = subprocess.run([*command[:-1], str(tmp_path / "no.db"), "--agreement"], capture_output=True, text=True)
    assert missing.returncode == 1
    assert not (tmp_path / "no.db").exists()


def test_prodigy_s_tasks_in_and_out(tmp_path):
    """Tasks as `prodigy ner.manual` writes them: their spans are proposed, and what people say goes back."""
    span = {"start": 0, "end": 4, "token_start": 0, "token_end": 0, "label": "CITY"}
    tasks = [
        {"text": "Oslo 👍 is old.", "spans": [span], "_input_hash": 1, "_task_hash": 2, "meta": {"source": "x"}},
        {"text": "It rained.", "spans": [], "answer": "accept"},
        {"text": TEXTS[0]},
    ]
    source, out = tmp_path / "tasks.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    command = [sys.executable, "-m", "fanlight", "label", str(tmp_path / "labels.db")]
    subprocess.run([*command, "--texts", str(source), "--types", "LOC", "--agreement"], check=True)
    store = LabelStore(tmp_path / "labels.db")
    assert store.types == ["CITY", "LOC"]
    assert [store.proposal(n) for n in (1, 2, 3)] == [[(0, 4, "CITY")], [], None]
    client = TestClient(create_app({"en": fanlight.load("en")}, labels=store), "http://localhost")
    shown = client.get("/v1/labels", params={"annotator": "ada"}).json()["task"]
    assert shown["spans"] == [{"start": 0, "end": 4, "label": "CITY"}]
    store.save("ada", 1, [(0, 4, "CITY")])
    store.save("ada", 2, [])
    store.set_mark("ada", 2, "reject")
    store.save("bob", 3, [(11, 16, "LOC")])
    exported = client.get("/v1/labels/export?format=prodigy").text
    subprocess.run([*command, "--export", str(out), "--to", "prodigy"], check=True)
    assert out.read_text(encoding="utf-8") == exported
    rows = [json.loads(line) for line in exported.splitlines()]
    assert [(row["answer"], row["_annotator_id"]) for row in rows] == [
        ("accept", "ada"), ("reject", "ada"), ("accept", "bob"),
    ]  # fmt: skip
    assert rows[0]["spans"] == [span]
    assert [token["text"] for token in rows[0]["tokens"]] == ["Oslo", "👍", "is", "old", "."]
    assert rows[0]["tokens"][1] == {"text": "👍", "start": 5, "end": 6, "id": 1, "ws": True}
    with pytest.warns(fanlight.errors.FanlightWarning, match="1 reject"):
        assert [s.spans for s in read_corpus(out, tokenise_sentences).sentences] == [
            ((0, 1, "CITY"),),
            ((2, 3, "LOC"),),
        ]


def test_a_proposal_outside_of_its_text_is_refused(store):
    with pytest.raises(DataError, match="not in the text"):
        store.propose(TEXTS[0], [(0, 99, "LOC")])
    with pytest.raises(DataError, match="no type 'ORG'"):
        store.propose(TEXTS[0], [(0, 4, "ORG")])
