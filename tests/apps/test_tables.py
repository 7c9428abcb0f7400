"""Texts in Parquet and CSV."""

import json
import subprocess
import sys

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

FANLIGHT = [sys.executable, "-m", "fanlight", "tag"]
TEXTS = ["Ann Lee lives in Oslo.", None, "It\nrained in Paris, 이순신.", ""] * 1500


def run(*given):
    return subprocess.run([*FANLIGHT, *map(str, given)], capture_output=True, text=True)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_tables_in_and_out(tmp_path, suffix):
    table = pyarrow.table({"n": range(len(TEXTS)), "body": TEXTS})
    source = tmp_path / f"in.{suffix}"
    (pyarrow.parquet.write_table if suffix == "parquet" else pyarrow.csv.write_csv)(table, source)
    done = run(source, "--text-column", "body", "--model", "en", "--out", tmp_path / "out.parquet")
    assert done.returncode == 0, done.stderr
    found = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert found["text"].to_pylist() == [text or "" for text in TEXTS]
    lines = run(source, "--text-column", "body", "--model", "en", "--format", "jsonl").stdout.splitlines()
    for row, line in zip(found["entities"].to_pylist(), lines, strict=True):
        plain = json.loads(line)["entities"]
        assert [{**e, "probability": round(e["probability"], 6)} for e in row] == plain
    assert found["entities"][0][1].as_py()["text"] == "Oslo"


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
        ("none.csv", "n", "cannot be read"),
        ("d.txt", "n", "--text-column is for"),
    ):
        done = run(tmp_path / name, "--text-column", column, "--model", "en", "--format", "jsonl")
        assert done.returncode == 1
        assert reason in done.stderr, name
        assert "Traceback" not in done.stderr
