"""A run goes on with the same inputs, models and options alone, and to the same bytes."""

import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanlight.apps.cli.edge import main
from fanlight.apps.entity_index import find, index
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError, FanlightError
from fanlight.training.settings import read_settings
from fanlight.training.train import train_model
from tests.towns import TOWNS, in_documents, train_small

TEXTS = "".join(f"Line {n} is from Oslo.\n" for n in range(30)).encode()


def run(*words):
    """Run the command in this process; return its status."""
    before, sys.argv = sys.argv, ["fanlight", *map(str, words)]
    try:
        main()
    except SystemExit as stop:
        return stop.code or 0
    finally:
        sys.argv = before


def interrupt(folder, place):
    """Leave a run to `folder / out.jsonl` as a kill at a byte of its output would; return what it had to write."""
    source, out = folder / "a.txt", folder / "out.jsonl"
    source.write_bytes(TEXTS)
    (folder / "rules").write_text("Line\tMISC\n")
    words = ["tag", source, "--model", "en", "--rules", folder / "rules", "--out", out]
    assert run(*words) == 0
    expected = out.read_bytes()
    out.unlink()

    from fanlight.apps.cli import resuming

    stop, resuming.put = resuming.put, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    try:
        assert run(*words) == 130
    finally:
        resuming.put = stop
    part = folder / "out.jsonl.part"
    part.write_bytes(part.read_bytes()[:place])
    return words, expected


@given(st.integers(0, 4000))
def test_the_same_run_goes_on_from_any_byte(tmp_path_factory, place):
    folder = tmp_path_factory.mktemp("same")
    words, expected = interrupt(folder, place)
    assert run(*words, "--resume") == 0
    assert (folder / "out.jsonl").read_bytes() == expected
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "out.jsonl", "rules"]


def change_byte(data, place, change):
    """Return bytes of which one is another, or more, or missing; the place is taken modulo their number."""
    place %= len(data)
    other = {"flip": b"y" if data[place] == ord("x") else b"x", "add": b"z" + data[place : place + 1], "cut": b""}
    return data[:place] + other[change] + data[place + 1 :]


PLACES, CHANGES = st.integers(0, 1 << 20), st.sampled_from(["flip", "add", "cut"])


@given(st.sampled_from(["a.txt", "rules"]), PLACES, CHANGES)
@example("rules", 9, "cut")  # the line feed at the end, without which the rules are the same
def test_a_run_does_not_go_on_with_another_input(tmp_path_factory, name, place, change):
    folder = tmp_path_factory.mktemp("other")
    words, _ = interrupt(folder, 300)
    path = folder / name
    path.write_bytes(change_byte(path.read_bytes(), place, change))
    part = (folder / "out.jsonl.part").read_bytes()
    assert run(*words, "--resume") == 1
    assert (folder / "out.jsonl.part").read_bytes() == part
    assert not (folder / "out.jsonl").exists()


def test_what_changed_is_named(tmp_path, capsys):
    words, _ = interrupt(tmp_path, 300)
    (tmp_path / "a.txt").write_bytes(TEXTS.replace(b"Oslo", b"Bonn", 1))
    run(*words, "--resume")
    assert f"{tmp_path / 'a.txt'} has changed" in capsys.readouterr().err
    (tmp_path / "a.txt").write_bytes(TEXTS)
    run(*words, "--resume", "--threshold", "0.5")
    assert "another threshold" in capsys.readouterr().err


def test_an_interrupted_run_is_not_begun_over(tmp_path, capsys):
    words, _ = interrupt(tmp_path, 300)
    before = (tmp_path / "out.jsonl.part").read_bytes()
    assert run(*words) == 1
    assert "go on with --resume" in capsys.readouterr().err
    assert (tmp_path / "out.jsonl.part").read_bytes() == before


@pytest.mark.parametrize("name", ["out.jsonl.part", "out.jsonl.part.json", "out.parquet.part"])
def test_anothers_file_is_not_written_over(tmp_path, capsys, name):
    (tmp_path / "a.txt").write_bytes(TEXTS)
    if name == "out.parquet.part":
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").write_text("mine")
    else:
        (tmp_path / name).write_text("mine")
    out = tmp_path / name.split(".part")[0]
    assert run("tag", tmp_path / "a.txt", "--model", "en", "--out", out) == 1
    capsys.readouterr()
    place = tmp_path / name / "mine" if name == "out.parquet.part" else tmp_path / name
    assert place.read_text() == "mine"


def test_a_training_without_checkpoint_is_not_gone_on_with(tmp_path, capsys):
    assert run("train", TOWNS, "--out", tmp_path / "m", "--resume", "--set", "epochs=1") == 1
    assert "no interrupted run" in capsys.readouterr().err


@given(PLACES, CHANGES)
@example(0, "flip")
def test_an_index_sees_any_edit(tmp_path_factory, place, change):
    def tag(texts):
        return (Document(text, (Entity(0, 4, "LOC", text[:4], 1.0),)) for text in texts)

    def lines(path):
        return iter(Path(path).read_text().splitlines())

    folder = tmp_path_factory.mktemp("index")
    source, database = folder / "a.txt", folder / "db"
    source.write_text("Oslo\nBonn\n")
    assert list(index([source], database, tag, lines)) == [(str(source), 2)]
    assert list(index([source], database, tag, lines)) == []
    source.write_bytes(change_byte(source.read_bytes(), place, change))
    with pytest.raises(DataError, match="has changed since it was indexed"):
        list(index([source], database, tag, lines))
    assert [m.name for m in find(database, "type:LOC")] == ["Oslo", "Bonn"]


@given(PLACES, CHANGES)
def test_a_training_does_not_go_on_with_other_data(interrupted_training, place, change):
    data, model, checkpoint = interrupted_training
    path = data.with_name("changed.conll")
    path.write_bytes(change_byte(data.read_bytes(), place, change))
    with pytest.raises(FanlightError):
        train_small(model, resume=True, data=path, epochs=3)
    assert model.with_name("m.part").read_bytes() == checkpoint


def test_a_training_goes_on_with_the_same_data_elsewhere(interrupted_training, tmp_path):
    data, _, checkpoint = interrupted_training
    (tmp_path / "changed.conll").write_bytes(data.read_bytes())
    (tmp_path / "m.part").write_bytes(checkpoint)
    assert len(train_small(tmp_path / "m", resume=True, data=tmp_path / "changed.conll", epochs=3)) == 2


@pytest.fixture(scope="module")
def interrupted_training(tmp_path_factory):
    """Return the data of a training that ended after its first epoch, its model's path, and its checkpoint."""
    folder = tmp_path_factory.mktemp("training")
    data, model = folder / "towns.conll", folder / "m"
    data.write_bytes(TOWNS.read_bytes())
    assert len(train_small(model, stop_after=1, data=data, epochs=3)) == 1
    return data, model, (folder / "m.part").read_bytes()


def test_a_folder_with_other_files_is_not_written_to(tmp_path, capsys):
    (tmp_path / "a.txt").write_bytes(TEXTS)
    out = tmp_path / "out"
    out.mkdir()
    (out / "000000.jsonl").write_text("mine")
    words = ("tag", "--engine", "local", "--threads", "1", "--model", "en", tmp_path / "a.txt", out)
    assert run(*words) == 1
    assert "holds other files" in capsys.readouterr().err
    assert (out / "000000.jsonl").read_text() == "mine"
    assert run("tag", "--engine", "local", "--model", "en", tmp_path, tmp_path) == 1
    assert "is an input" in capsys.readouterr().err
    assert run(*words, "--overwrite") == 0
    (tmp_path / "a.txt").write_bytes(TEXTS.replace(b"Oslo", b"Bonn"))
    assert run(*words, "--resume") == 1
    assert "was begun with other files" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_a_run_that_fails_before_its_first_result_can_be_begun_again(tmp_path, name):
    (tmp_path / "a.jsonl").write_text('{"text": "Ann lives in Oslo."}\n')
    words = ["tag", tmp_path / "a.jsonl", "--model", "en", "--out", tmp_path / name]
    assert run(*words, "--text-column", "txt") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl"]
    assert run(*words, "--text-column", "text") == 0


def test_what_a_failed_run_has_done_stays(tmp_path, monkeypatch):
    def fail(*_):
        raise DataError("the disk is gone")

    (tmp_path / "a.txt").write_bytes(TEXTS)
    out = tmp_path / "out.jsonl"
    words = ["tag", tmp_path / "a.txt", "--model", "en", "--out", out]
    with monkeypatch.context() as patch:
        patch.setattr("fanlight.apps.cli.bulk.end_lines", fail)
        assert run(*words) == 1
    assert out.with_name("out.jsonl.part").read_bytes().count(b"\n") == 30
    assert run(*words, "--resume") == 0
    assert out.read_bytes().count(b"\n") == 30


def test_the_state_of_a_stage_before_the_last_is_an_interrupted_run(tmp_path, capsys):
    """So a training goes on that was interrupted in its first pass, or as raw text was labelled."""
    (tmp_path / "towns").write_text(in_documents(4), encoding="utf-8")
    options = ["--set", "passes=2", "--set", "folds=2", "--set", "epochs=2", "--set", "hidden=8"]
    words = ["train", tmp_path / "towns", *options, "--out", tmp_path / "m"]
    assert run(*words) == 0
    expected = (tmp_path / "m").read_bytes()
    (tmp_path / "m").unlink()
    settings = read_settings(None, {"passes": 2, "folds": 2, "epochs": 2, "hidden": 8})
    training = train_model(tmp_path / "towns", None, tmp_path / "m", None, settings)
    assert next(training).stage in ("first pass", "fold 1 of 2")
    training.close()
    assert not (tmp_path / "m.part").exists()
    assert run(*words) == 1
    assert ": is there already" in capsys.readouterr().err
    assert run(*words, "--resume") == 0
    assert (tmp_path / "m").read_bytes() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "towns"]
