"""Training end to end on the small corpus in the tree."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import fanlight
from fanlight.errors import DataError, ModelError, SettingsError
from fanlight.training import cores, loop
from fanlight.training.batches import Part, epoch_order
from fanlight.training.preparation import log_frequencies
from fanlight.training.settings import Settings, read_settings
from fanlight.training.train import train_model

TOWNS = Path(__file__).parents[1] / "data" / "towns.conll"
SMALL = {"epochs": 6, "hidden": 32, "rate": 0.01, "dropout": 0.2, "input_dropout": 0.1, "feature_dropout": {}}
SMALL |= {"lower_share": 0.0, "upper_share": 0.0, "replacement_share": 0.0}
TWO = {"passes": 2, "folds": 2}


def in_documents(size):
    """Return the small corpus as documents of so many sentences."""
    sentences = TOWNS.read_text(encoding="utf-8").strip().split("\n\n")
    runs = ["\n\n".join(sentences[i : i + size]) for i in range(0, len(sentences), size)]
    return "".join(f"-DOCSTART-\tO\n\n{run}\n\n" for run in runs)


def trained(out, resume=False, stop_after=None, data=TOWNS, given=None, **changes):
    run = train_model(data, data, out, None, read_settings(None, {**SMALL, **changes}), resume=resume, **(given or {}))
    epochs = []
    for epoch in run:
        epochs.append(epoch)
        if len(epochs) == stop_after:
            run.close()
            break
    return epochs


def warnings_of(folder, dev=None, vectors=None):
    """Train for one epoch and return what the user was warned of."""
    warnings = []
    settings = read_settings(None, {**SMALL, "epochs": 1})
    for _ in train_model(TOWNS, dev, folder / "m", vectors, settings, warn=warnings.append):
        pass
    return warnings


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.fanlight"
    epochs = trained(path)
    assert epochs[-1].loss < epochs[0].loss
    return path


def test_it_learns_tags_saves_loads_and_gets_the_same_answer(model, tmp_path):
    text = "Ada Byron lives in Oslo. The museums in Lisbon are amazing to see."
    first = fanlight.load(model)(text)
    assert [(e.text, e.type) for e in first.entities] == [("Ada Byron", "PER"), ("Oslo", "LOC"), ("Lisbon", "LOC")]
    assert all(text[e.start : e.end] == e.text and 0.5 < e.probability <= 1 for e in first.entities)
    assert fanlight.load(model)(text) == first
    out = tmp_path / "again.fanlight"
    tagger = fanlight.train(TOWNS, TOWNS, out, **SMALL)
    assert tagger(text) == first == fanlight.load(out)(text)


def test_scores_of_the_saved_model_are_those_of_training(model):
    scores = fanlight.evaluate(model, TOWNS)
    assert scores.f1 == fanlight.load(model).model.provenance["dev scores"]["f1"]
    assert scores.f1 > 95


def test_one_seed_gives_one_file(model, tmp_path):
    for seed, same in ((1, True), (2, False)):
        path = tmp_path / f"{seed}.fanlight"
        trained(path, seed=seed)
        assert (path.read_bytes() == model.read_bytes()) == same


def test_a_resumed_run_gives_the_same_file(model, tmp_path):
    path = tmp_path / "m.fanlight"
    trained(path, stop_after=3)
    assert not path.exists()
    assert (tmp_path / "m.fanlight.part").exists()
    assert [e.number for e in trained(path, resume=True)] == [4, 5, 6]
    assert path.read_bytes() == model.read_bytes()
    assert not (tmp_path / "m.fanlight.part").exists()


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The small corpus in documents of five sentences."""
    path = tmp_path_factory.mktemp("documents") / "towns.conll"
    path.write_text(in_documents(5), encoding="utf-8")
    return path


def test_two_passes_train_save_load_and_resume_at_any_stage(documents, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WRITE_AFTER", 0.0)
    whole = tmp_path / "whole.fanlight"
    epochs = trained(whole, data=documents, **TWO)
    stages = {"first pass": 6, "fold 1 of 2": 3, "fold 2 of 2": 3, "second pass": 6}
    assert Counter(e.stage for e in epochs) == stages
    assert [e.stage for e in epochs[-6:]] == ["second pass"] * 6
    tagger = fanlight.load(whole)
    assert tagger.model.first_stage is not None
    text = "Ada Byron lives in Oslo. The museums in Lisbon are amazing to see."
    assert [(e.text, e.type) for e in tagger(text).entities] == [
        ("Ada Byron", "PER"), ("Oslo", "LOC"), ("Lisbon", "LOC"),
    ]  # fmt: skip
    assert fanlight.evaluate(whole, documents).f1 == pytest.approx(max(e.dev.f1 for e in epochs[-6:]), abs=0.1)
    for stop in (2, 5, 8, 14):
        path = tmp_path / f"{stop}.fanlight"
        before = trained(path, stop_after=stop, data=documents, **TWO)
        again = trained(path, resume=True, data=documents, **TWO)
        seen = Counter((e.stage, e.number) for e in before + again)
        assert max(seen.values()) == 1, "no epoch is trained twice"
        assert len(seen) >= 18 - 2, "an epoch of each of two trainings may have ended unseen"
        assert path.read_bytes() == whole.read_bytes()
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".fanlight"] * 5


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_cores_changes_no_bit(documents, tmp_path, monkeypatch, count):
    monkeypatch.setattr(cores, "cores", lambda: 2)
    trained(tmp_path / "two", data=documents, **TWO)
    monkeypatch.setattr(cores, "cores", lambda: count)
    trained(tmp_path / "other", data=documents, **TWO)
    assert (tmp_path / "two").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_training_beside_another_that_fails_ends_with_its_error():
    ended = []

    def good(stop):
        yield from range(1000)
        ended.append("never")  # pragma: no cover

    def bad(stop):
        yield 0
        raise ModelError("no room")

    with pytest.raises(ModelError, match="no room"):
        list(cores.side_by_side([good, bad], 2))
    assert not ended
    assert sorted(cores.side_by_side([lambda stop: iter([1, 2]), lambda stop: iter([3])] * 2, 2)) == [1, 1, 2, 2, 3, 3]


def test_names_are_learned_from_kept_in_the_model_and_used(documents, tmp_path):
    names = tmp_path / "names.tsv"
    names.write_text("Quillfeather\ttown\nOslo\ttown\nLisbon\ttown\nAccra\ttown\nSeoul\ttown\n", encoding="utf-8")
    for settings in ({}, TWO):
        out = tmp_path / "m.fanlight"
        tagger = fanlight.train(documents, documents, out, gazetteers=[names], **{**SMALL, **settings, "epochs": 12})
        assert tagger.model.gazetteer.lists == ("town",)
        text = "The museums in Lisbon are amazing to see."
        assert [e.text for e in tagger(text).entities] == ["Lisbon"]
        assert fanlight.load(out)(text) == tagger(text)
        assert fanlight.evaluate(out, documents).f1 > 90


def test_two_passes_need_documents(tmp_path):
    with pytest.raises(SettingsError, match=r"two need as many documents as folds \(2\), and .* marks 0"):
        trained(tmp_path / "m.fanlight", **TWO)


@pytest.mark.parametrize("settings", [{"head": "logistic"}, {"head": "softmax", "random_vectors": 8}], ids=str)
def test_two_passes_of_other_networks(documents, settings, tmp_path):
    epochs = trained(tmp_path / "m.fanlight", data=documents, **TWO, **settings, epochs=12, batch_tokens=50)
    assert fanlight.evaluate(tmp_path / "m.fanlight", documents).f1 > 60
    assert epochs[-1].loss < epochs[-12].loss


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
        trained(path, lower_share=share, upper_share=share)
        f1[share] = [fanlight.evaluate(path, spelled(make)).f1 for make in (str.lower, str.upper)]
    assert f1[1.0][0] > f1[0.0][0]
    assert f1[1.0][1] > f1[0.0][1]


def test_resuming_with_other_settings_is_refused(tmp_path):
    path = tmp_path / "m.fanlight"
    trained(path, stop_after=2)
    with pytest.raises(SettingsError, match="other data or settings"):
        trained(path, resume=True, hidden=16)


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
    epochs = trained(tmp_path / "m.fanlight", **changes)
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
        for rest in ("은 크다", "에 간다", "에서 왔다"):
            for before in ("", "나는 ", "우리는 "):
                tags = ["O"] * len(before) + ["B-LC", "I-LC"] + ["O"] * len(rest)
                rows += ["## x", *(f"{c}\t{t}" for c, t in zip(before + name + rest, tags, strict=True)), ""]
    path = tmp_path / "k.tsv"
    path.write_text("## header\n" + "\n".join(rows) + "\n")
    tagger = fanlight.train(path, path, epochs=40, hidden=32, rate=0.01, batch_tokens=60)
    assert tagger.unit == "character"
    (entity,) = tagger("나는 부산에서 왔다").entities
    assert (entity.text, entity.start, entity.end) == ("부산", 3, 5)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"hiden": "3"}, "hiden: Extra inputs.*known are unit, radius, hidden"),
        ({"dropout": "1.5"}, "dropout: Input should be less than 1"),
        ({"activation": "swish"}, "activation"),
        ({"loss": "margin"}, "loss 'margin' does not go with head 'chain': choose likelihood"),
    ],
)
def test_wrong_settings_are_named(overrides, message):
    with pytest.raises(SettingsError, match=message):
        read_settings(None, overrides)


def test_settings_from_toml(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("hidden = 64\n[features.form]\nbuckets = 100\ndimension = 4\nfeatures = ['lower']\n")
    settings = read_settings(path, {"epochs": "3"})
    assert (settings.hidden, settings.epochs, settings.features["form"].buckets) == (64, 3, 100)
    path.write_text("hidden = = 3")
    with pytest.raises(SettingsError, match=r"c.toml: is not TOML"):
        read_settings(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")
    assert Settings() == read_settings()


def test_an_unknown_feature_is_named(tmp_path):
    with pytest.raises(SettingsError, match="no feature 'lover' for unit 'word'; known are lower"):
        trained(tmp_path / "m", features={"x": {"buckets": 5, "dimension": 2, "features": ["lover"]}})


def test_some_table_must_see_the_whole_window(tmp_path):
    tables = {"form": {"buckets": 50, "dimension": 4, "features": ["lower"], "reach": 1}}
    with pytest.raises(SettingsError, match=r"no table is looked at in the whole window, of radius 2: leave out"):
        trained(tmp_path / "m", features=tables, radius=2)
    trained(tmp_path / "m", features=tables, radius=1, epochs=1)
    with pytest.raises(SettingsError, match=r"features\.form\.reach: Input should be greater than or equal to 0"):
        read_settings(None, {"features": {"form": {**tables["form"], "reach": -1}}})


def test_feature_dropout_of_an_unknown_table_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="there is no table 'forms'; there are vectors, form,"):
        trained(tmp_path / "m", feature_dropout={"forms": 0.5})


def test_a_dev_type_that_training_lacks_is_warned_of(tmp_path):
    dev = tmp_path / "dev.txt"
    dev.write_text("Acme\tB-SHIP\n")
    assert any("has types that" in w and "SHIP" in w for w in warnings_of(tmp_path, dev=dev))


def test_the_folder_of_the_model_has_to_exist(tmp_path):
    with pytest.raises(ModelError, match="the folder .* does not exist"):
        trained(tmp_path / "none" / "m")


def test_a_run_that_patience_ended_is_not_resumed_past_its_end(tmp_path):
    settings = {**SMALL, "epochs": 40, "patience": 2}
    whole = trained(tmp_path / "a", **settings)
    assert len(whole) < 40
    part = trained(tmp_path / "b", stop_after=len(whole), **settings)
    assert [e.number for e in part] == [e.number for e in whole]
    assert trained(tmp_path / "b", resume=True, **settings) == []
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_repeated_vectors_are_told(tmp_path):
    path = tmp_path / "v.vec"
    path.write_text("Paris 1 2\nOslo 2 1\nParis 3 3\n")
    assert any("1 lines repeat a word" in w for w in warnings_of(tmp_path, vectors=path))


def test_small_corpora_get_smaller_batches_and_more_epochs_and_large_ones_what_they_had():
    small = read_settings(None, {}).resolve("word", 100, 100, False, tokens=1500)
    assert (small.batch_tokens, small.epochs) == (104, 60)
    large = read_settings(None, {}).resolve("word", 946, 14041, False, tokens=204_000)
    usual = read_settings(None, {}).resolve("word", 946, 14041, False)
    assert large == usual
    explicit = read_settings(None, {"epochs": 3, "batch_tokens": 250}).resolve("word", 100, 100, False, tokens=1500)
    assert (explicit.batch_tokens, explicit.epochs) == (250, 3)


def test_output_bias_begins_at_the_frequencies_of_the_tags():
    configuration = SimpleNamespace(head="chain", tags=5)
    bias = log_frequencies(configuration, np.array([0] * 9 + [4]))
    assert np.exp(bias).ravel() == pytest.approx(np.array([9.5, 0.5, 0.5, 0.5, 1.5]) / 12.5)


def test_old_names_of_settings_are_read_and_warned_of():
    with pytest.warns(DeprecationWarning, match="exchange_share is called replacement_share"):
        assert read_settings(None, {"exchange_share": 0.25}).replacement_share == 0.25


def test_a_fasttext_model_is_named_and_is_not_read_as_vectors(tmp_path):
    (tmp_path / "cc.bin").write_bytes((793712314).to_bytes(4, "little") + bytes(100))
    with pytest.raises(
        DataError, match=r"cc\.bin: is a fastText model \(\.bin\), not a file of vectors: take the \.vec"
    ):
        warnings_of(tmp_path, vectors=tmp_path / "cc.bin")


def test_the_file_says_what_its_bits_depend_on(model):
    environment = fanlight.load(model).model.provenance["environment"]
    assert environment["numpy"] == np.__version__
    assert set(environment) == {"machine", "numpy", "numba", "blas"}
