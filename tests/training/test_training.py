"""Training end to end on the small corpus in the tree."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import fanlight
from fanlight.errors import DataError
from fanlight.training.batches import Part, epoch_order
from tests.towns import SMALL, TOWNS, train_small


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.fanlight"
    epochs = train_small(path)
    assert epochs[-1].loss < epochs[0].loss
    return path


def test_it_learns_tags_saves_loads_and_gets_the_same_answer(model, tmp_path):
    text = "Ada Byron lives in Oslo. The museums in Lisbon are amazing to see."
    document = fanlight.load(model)(text)
    assert [(e.text, e.type) for e in document.entities] == [("Ada Byron", "PER"), ("Oslo", "LOC"), ("Lisbon", "LOC")]
    assert all(text[e.start : e.end] == e.text and 0.5 < e.probability <= 1 for e in document.entities)
    assert fanlight.load(model)(text) == document
    out = tmp_path / "again.fanlight"
    tagger = fanlight.train(TOWNS, TOWNS, out, **SMALL)
    assert tagger(text) == document == fanlight.load(out)(text)


def test_scores_of_the_saved_model_are_those_of_training(model):
    scores = fanlight.evaluate(model, TOWNS)
    assert scores.f1 == fanlight.load(model).model.provenance["dev scores"]["f1"]
    assert scores.f1 > 95


def test_one_seed_gives_one_file(model, tmp_path):
    for seed, same in ((1, True), (2, False)):
        path = tmp_path / f"{seed}.fanlight"
        train_small(path, seed=seed)
        assert (path.read_bytes() == model.read_bytes()) == same


def test_a_resumed_run_gives_the_same_file(model, tmp_path):
    path = tmp_path / "m.fanlight"
    train_small(path, stop_after=3)
    assert not path.exists()
    assert (tmp_path / "m.fanlight.part").exists()
    assert [e.number for e in train_small(path, resume=True)] == [4, 5, 6]
    assert path.read_bytes() == model.read_bytes()
    assert not (tmp_path / "m.fanlight.part").exists()


def test_other_spellings_are_shown_as_often_as_asked():
    parts = [Part(np.arange(100), 1.0), Part(np.arange(100, 200), 0.25), Part(np.arange(200, 300), 0.0)]
    order = epoch_order(parts, np.random.default_rng(0))
    assert len(set(order.tolist())) == len(order) == 125
    assert [int(((order >= a) & (order < a + 100)).sum()) for a in (0, 100, 200)] == [100, 25, 0]


def test_a_model_shown_other_spellings_reads_them(tmp_path):
    def spelled(make):
        path = tmp_path / "spelled.conll"
        lines = [line.partition("\t") for line in TOWNS.read_text(encoding="utf-8").split("\n")]
        path.write_text("\n".join(make(word) + tab + tag for word, tab, tag in lines), encoding="utf-8")
        return path

    f1 = {}
    for share in (0.0, 1.0):
        path = tmp_path / "m.fanlight"
        train_small(path, lower_share=share, upper_share=share)
        f1[share] = [fanlight.evaluate(path, spelled(make)).f1 for make in (str.lower, str.upper)]
    assert f1[1.0][0] > f1[0.0][0]
    assert f1[1.0][1] > f1[0.0][1]


def test_a_killed_run_leaves_no_half_model_and_resumes_to_the_same_file(model, tmp_path):
    path = tmp_path / "m.fanlight"
    command = [sys.executable, "-m", "fanlight", "train", str(TOWNS), "--dev", str(TOWNS), "--out", str(path)]
    for key, value in SMALL.items():
        command += ["--set", f"{key}={value}"]
    slow = {**os.environ, "PYTHONUNBUFFERED": "1"}
    run = subprocess.Popen(command, env=slow, stderr=subprocess.PIPE)
    part = path.with_name("m.fanlight.part")
    deadline = time.monotonic() + 120
    while not part.exists() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL, "it had ended before it could be killed"
    assert not path.exists()
    again = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert path.read_bytes() == model.read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"head": "softmax"},
        {"head": "logistic"},
        {"head": "logistic", "loss": "margin"},
        {"activation": "tanh", "optimiser": "adagrad", "rate": 0.05},
        {"activation": "hardtanh", "optimiser": "sgd", "rate": 0.1},
        {"activation": "sigmoid", "radius": 0, "context_width": 0, "schedule": "cosine"},
        {"word_dropout": 0.1, "patience": 3, "decay": 0.001, "schedule": "constant"},
        {"random_vectors": 8},
        {"features": {"form": {"buckets": 500, "dimension": 8, "features": ["exact", "ngrams"]}}},
    ],
    ids=str,
)
def test_every_choice_trains(settings, tmp_path):
    changes = {"epochs": 12, "batch_tokens": 50, **settings}
    epochs = train_small(tmp_path / "m.fanlight", **changes)
    assert epochs[-1].loss < epochs[0].loss
    assert max(e.dev.f1 for e in epochs) > 60


def test_types_may_overlap_with_the_logistic_head(tmp_path):
    lines = []
    for town in ("Oslo", "Paris", "Accra", "Lisbon"):
        text = f"The Bank of {town} is open."
        lines.append(f'{{"text": "{text}", "spans": [[4, {12 + len(town)}, "ORG"], [12, {12 + len(town)}, "LOC"]]}}')
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines * 5))
    tagger = fanlight.train(path, head="logistic", epochs=30, hidden=32, rate=0.01)
    assert [(e.text, e.type) for e in tagger("The Bank of Oslo is open.").entities] == [
        ("Bank of Oslo", "ORG"),
        ("Oslo", "LOC"),
    ]
    with pytest.raises(DataError, match="head=logistic"):
        fanlight.train(path)


def test_vectors_help_words_never_seen(tmp_path):
    rng = np.random.default_rng(0)
    town, other = rng.normal(size=(2, 12))
    words = {"Paris": town, "Lisbon": town, "Accra": town, "Seoul": town, "Oslo": town, "Quito": town, "Nothing": other}
    path = tmp_path / "v.vec"
    path.write_text(
        "".join(f"{w} {' '.join(f'{x:.4f}' for x in v + rng.normal(size=12) * 0.05)}\n" for w, v in words.items())
    )
    for trained_too in (False, True):
        tagger = fanlight.train(TOWNS, TOWNS, vectors=path, train_vectors=trained_too, **{**SMALL, "epochs": 12})
        assert tagger.model.configuration.vector_width == 12
        assert [e.text for e in tagger("The museums in Quito are amazing to see .").entities] == ["Quito"]


def test_korean_characters(tmp_path):
    rows = []
    for name in ("서울", "부산", "대구", "광주"):
        for ending in ("은 크다", "에 간다", "에서 왔다"):
            for before in ("", "나는 ", "우리는 "):
                tags = ["O"] * len(before) + ["B-LC", "I-LC"] + ["O"] * len(ending)
                rows += ["## x", *(f"{c}\t{t}" for c, t in zip(before + name + ending, tags, strict=True)), ""]
    path = tmp_path / "k.tsv"
    path.write_text("## header\n" + "\n".join(rows) + "\n")
    tagger = fanlight.train(path, path, epochs=40, hidden=32, rate=0.01, batch_tokens=60)
    assert tagger.unit == "character"
    (entity,) = tagger("나는 부산에서 왔다").entities
    assert (entity.text, entity.start, entity.end) == ("부산", 3, 5)


def test_a_run_that_patience_ended_is_not_resumed_past_its_end(tmp_path):
    settings = {**SMALL, "epochs": 40, "patience": 2}
    uninterrupted = train_small(tmp_path / "a", **settings)
    assert len(uninterrupted) < 40
    part = train_small(tmp_path / "b", stop_after=len(uninterrupted), **settings)
    assert [e.number for e in part] == [e.number for e in uninterrupted]
    assert train_small(tmp_path / "b", resume=True, **settings) == []
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_file_says_what_its_bits_depend_on(model):
    environment = fanlight.load(model).model.provenance["environment"]
    assert environment["numpy"] == np.__version__
    assert set(environment) == {"machine", "numpy", "numba", "blas"}
