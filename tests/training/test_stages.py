"""Networks of two stages: trained, resumed at any stage to the same file, on any number of cores."""

from collections import Counter

import pytest

import fanlight
from fanlight.errors import ModelError, SettingsError
from fanlight.training import cores, loop
from tests.towns import SMALL, TWO_STAGES, in_documents, train_small


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The small corpus in documents of five sentences."""
    path = tmp_path_factory.mktemp("documents") / "towns.conll"
    path.write_text(in_documents(5), encoding="utf-8")
    return path


def test_two_passes_train_save_load_and_resume_at_any_stage(documents, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WRITE_AFTER", 0.0)
    path_of_full_run = tmp_path / "whole.fanlight"
    epochs = train_small(path_of_full_run, data=documents, **TWO_STAGES)
    stages = {"first pass": 6, "fold 1 of 2": 3, "fold 2 of 2": 3, "second pass": 6}
    assert Counter(e.stage for e in epochs) == stages
    assert [e.stage for e in epochs[-6:]] == ["second pass"] * 6
    tagger = fanlight.load(path_of_full_run)
    assert tagger.model.first_stage is not None
    text = "Ada Byron lives in Oslo. The museums in Lisbon are amazing to see."
    assert [(e.text, e.type) for e in tagger(text).entities] == [
        ("Ada Byron", "PER"), ("Oslo", "LOC"), ("Lisbon", "LOC"),
    ]  # fmt: skip
    assert fanlight.evaluate(path_of_full_run, documents).f1 == pytest.approx(
        max(e.dev.f1 for e in epochs[-6:]), abs=0.1
    )
    for stop in (2, 5, 8, 14):
        path = tmp_path / f"{stop}.fanlight"
        before = train_small(path, stop_after=stop, data=documents, **TWO_STAGES)
        again = train_small(path, resume=True, data=documents, **TWO_STAGES)
        seen = Counter((e.stage, e.number) for e in before + again)
        assert max(seen.values()) == 1, "no epoch is trained twice"
        assert len(seen) >= 18 - 2, "an epoch of each of two trainings may have ended unseen"
        assert path.read_bytes() == path_of_full_run.read_bytes()
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".fanlight"] * 5


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_cores_changes_no_bit(documents, tmp_path, monkeypatch, count):
    monkeypatch.setattr(cores, "cores", lambda: 2)
    train_small(tmp_path / "two", data=documents, **TWO_STAGES)
    monkeypatch.setattr(cores, "cores", lambda: count)
    train_small(tmp_path / "other", data=documents, **TWO_STAGES)
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
        list(cores.run_in_threads([good, bad], 2))
    assert not ended
    runs = [lambda stop: iter([1, 2]), lambda stop: iter([3])] * 2
    assert sorted(cores.run_in_threads(runs, 2)) == [1, 1, 2, 2, 3, 3]


def test_names_are_learned_from_kept_in_the_model_and_used(documents, tmp_path):
    names = tmp_path / "names.tsv"
    names.write_text("Quillfeather\ttown\nOslo\ttown\nLisbon\ttown\nAccra\ttown\nSeoul\ttown\n", encoding="utf-8")
    for settings in ({}, TWO_STAGES):
        out = tmp_path / "m.fanlight"
        tagger = fanlight.train(documents, documents, out, gazetteers=[names], **{**SMALL, **settings, "epochs": 12})
        assert tagger.model.gazetteer.lists == ("town",)
        text = "The museums in Lisbon are amazing to see."
        assert [e.text for e in tagger(text).entities] == ["Lisbon"]
        assert fanlight.load(out)(text) == tagger(text)
        assert fanlight.evaluate(out, documents).f1 > 90


def test_two_passes_need_documents(tmp_path):
    with pytest.raises(SettingsError, match=r"two need as many documents as folds \(2\), and .* marks 0"):
        train_small(tmp_path / "m.fanlight", **TWO_STAGES)


@pytest.mark.parametrize("settings", [{"head": "logistic"}, {"head": "softmax", "random_vectors": 8}], ids=str)
def test_two_passes_of_other_networks(documents, settings, tmp_path):
    epochs = train_small(tmp_path / "m.fanlight", data=documents, **TWO_STAGES, **settings, epochs=12, batch_tokens=50)
    assert fanlight.evaluate(tmp_path / "m.fanlight", documents).f1 > 60
    assert epochs[-1].loss < epochs[-12].loss
