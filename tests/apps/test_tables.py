"""Texts in Parquet and CSV."""

import json
import subprocess
import sys

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

from fanlight.apps.cli import tag_outputs
from fanlight.apps.integrations import arrow
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError

FANLIGHT = [sys.executable, "-m", "fanlight", "tag"]
TEXTS = ["Ann Lee lives in Oslo.", None, "It\nrained in Paris, 이순신.", ""] * 1500


def run(*words):
    return subprocess.run([*FANLIGHT, *map(str, words)], capture_output=True, text=True)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_tables_in_and_out(tmp_path, suffix):
    table = pyarrow.table({"n": range(len(TEXTS)), "body": TEXTS})
    source = tmp_path / f"in.{suffix}"
    (pyarrow.parquet.write_table if suffix == "parquet" else pyarrow.csv.write_csv)(table, source)
    done = run(source, "--text-column", "body", "--model", "en", "--out", tmp_path / "out.parquet")
    assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert table["text"].to_pylist() == [text or "" for text in TEXTS]
    assert run(source, "--text-column", "body", "--model", "en", "--out", tmp_path / "out.jsonl").returncode == 0
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    for row, line in zip(table["entities"].to_pylist(), lines, strict=True):
        plain = json.loads(line)["entities"]
        assert [{**e, "probability": round(e["probability"], 6)} for e in row] == plain
    assert table["entities"][0][1].as_py()["text"] == "Oslo"


def test_faults_are_named(tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"n": [1]}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"nonsense")
    (tmp_path / "c.csv").write_text("")
    (tmp_path / "d.txt").write_text("Oslo")
    for name, column, reason in (
        ("a.parquet", "text", "has no column 'text'; it has n"),
        ("a.parquet", "n", "row 1: '1' in column 'n' is no text"),
        ("b.parquet", "n", "cannot be read"),
        ("c.csv", "n", "cannot be read"),
        ("none.csv", "n", "no such file"),
        ("d.txt", "n", "--text-column is for"),
    ):
        done = run(tmp_path / name, "--text-column", column, "--model", "en", "--format", "jsonl")
        assert done.returncode == 1
        assert reason in done.stderr, name
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_an_interrupted_run_goes_on_with_nothing_lost_or_doubled(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(arrow, "PART", 100)
    write = tag_outputs.write_parquet if suffix == "parquet" else tag_outputs.write_lines
    documents = [Document(f"text {n} of Oslo", (Entity(0, 4, "LOC", "text", 0.5),) * (n % 3)) for n in range(430)]
    begun = []

    def tagged(done, last=430):
        begun.append(done)
        yield from documents[done:last]
        if last < len(documents):
            raise KeyboardInterrupt

    job = {"files": ["a"], "threshold": {"": 0.0}}
    write(tagged, tmp_path / f"whole.{suffix}", job, False)
    out = tmp_path / f"out.{suffix}"
    with pytest.raises(DataError, match="no interrupted run"):
        write(tagged, out, job, True)
    for resume, last in ((False, 250), (True, 390)):
        with pytest.raises(KeyboardInterrupt):
            write(lambda done, last=last: tagged(done, last), out, job, resume)
        assert not out.exists()
    if suffix == "jsonl":
        with open(tmp_path / "out.jsonl.part", "ab") as file:  # as if killed in the middle of a line
            file.write(b'{"text": "te')
    with pytest.raises(DataError, match="begun with other"):
        write(tagged, out, {**job, "files": ["b"]}, True)
    write(tagged, out, job, True)
    assert begun == [0, 0, *((200, 300) if suffix == "parquet" else (250, 390))]
    read = pyarrow.parquet.read_table if suffix == "parquet" else lambda path: path.read_bytes()
    assert read(out) == read(tmp_path / f"whole.{suffix}")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"out.{suffix}", f"whole.{suffix}"]


def test_a_table_is_gone_on_with_from_the_command_line(tmp_path):
    pyarrow.csv.write_csv(pyarrow.table({"body": ["Oslo", "Paris"]}), tmp_path / "in.csv")
    words = (tmp_path / "in.csv", "--text-column", "body", "--model", "en", "--out", tmp_path / "out.jsonl")
    assert "no interrupted run" in run(*words, "--resume").stderr
    assert run(*words).returncode == 0
    lines = (tmp_path / "out.jsonl").read_bytes()
    (tmp_path / "out.jsonl.part").write_bytes(lines[: lines.index(b"\n") + 3])
    done = run(*words, "--resume", "--threshold", "0.5")
    assert done.returncode == 1
    assert "was begun with other files" in done.stderr


def test_values_are_a_field_of_entities_where_they_are_asked_for(tmp_path):
    (tmp_path / "in.txt").write_text("Ann paid $3.5 billion yesterday.\nIt rained.\n", encoding="utf-8")
    out = tmp_path / "out.parquet"
    done = run(tmp_path / "in.txt", "--model", "en", "--out", out, "--values", "--date", "2026-11-28")
    assert done.returncode == 0, done.stderr
    entities, none = pyarrow.parquet.read_table(out)["entities"].to_pylist()
    values = {e["text"]: e["value"] for e in entities}
    money = {"kind": "money", "iso": None, "number": 3.5e9, "unit": "USD", "upper": None}
    assert (values["$3.5 billion"], values["Ann"], none) == (money, None, [])
    assert values["yesterday"]["iso"] == "2026-11-27"
    (batch,) = arrow.tag_batches([pyarrow.table({"text": ["Ann paid $3.5 billion yesterday.", None]})], values=True)
    assert batch["entities"].type == arrow.entities_type(values=True)
    assert [e["value"] for e in batch["entities"].to_pylist()[0] if e["type"] == "MONEY"] == [money]
    assert "value" not in arrow.tag_rows({"text": ["Ann paid $3."]})["entities"][0][0]
