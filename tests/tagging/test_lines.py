"""Files of lines: faults, kills, a reader that goes away, a line of any length."""

import gzip
import json
import os
import subprocess
import sys

import pytest

import fanlight
from fanlight.errors import DataError
from fanlight.files import files_of
from fanlight.tagging.lines import read_blocks


def test_faults_are_named(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(b"good\ngood\nbad \xff\n")
    with pytest.raises(DataError, match=r"bad\.txt:3: byte 14 is not utf-8"):
        list(read_blocks(str(path)))
    with pytest.raises(DataError, match="cannot be read"):
        list(read_blocks(str(tmp_path / "no")))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"text\n" * 1000)[:-20])
    with pytest.raises(DataError, match=r"cut\.gz: cannot be unpacked"):
        list(read_blocks(str(tmp_path / "cut.gz")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="has no files"):
        files_of([str(tmp_path / "empty")])


def test_a_killed_run_goes_on_with_nothing_lost_or_doubled(tmp_path):
    source, out = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_text("".join(f"Line {n} is from Oslo or Paris.\n" for n in range(60_000)), encoding="utf-8")
    command = [sys.executable, "-m", "fanlight", "tag", str(source), "--model", "en"]
    expected = subprocess.run([*command, "--format", "jsonl"], check=True, capture_output=True).stdout
    process = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.DEVNULL)
    part = tmp_path / "out.jsonl.part"
    while process.poll() is None and (not part.exists() or part.stat().st_size < 1 << 20):
        pass
    process.kill()
    process.wait()
    assert not out.exists(), "the run was over before it could be killed"
    with open(part, "ab") as file:  # as if the kill had come in the middle of a line
        file.write(b'{"text": "Li')
    other = subprocess.run(
        [*command, "--out", str(out), "--resume", "--threshold", "0.5"], capture_output=True, text=True
    )
    assert other.returncode == 1
    assert "was begun with other files, model or options" in other.stderr
    subprocess.run([*command, "--out", str(out), "--resume"], check=True, capture_output=True)
    assert out.read_bytes() == expected
    assert sorted(os.listdir(tmp_path)) == ["in.txt", "out.jsonl"]


def test_a_reader_that_goes_away_is_no_fault(tmp_path):
    source = tmp_path / "in.txt"
    source.write_text("The same line about Oslo again.\n" * 100_000, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "fanlight", "tag", str(source), "--format", "jsonl"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert "Oslo" in process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        assert "Traceback" not in process.stderr.read()
    assert process.wait() in (0, 1)


def test_a_line_of_any_length_takes_bounded_memory(tmp_path):
    source, out = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_text(" ".join(f"x{n:x}" for n in range(300_000)) + " from Oslo.", encoding="utf-8")
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-m", "fanlight", "tag", str(source), "--model", "en", "--out", str(out)]
    fanlight.load("en").warm(long_documents=True)  # the memory is of the line, not of compiling
    done = subprocess.run([sys.executable, "-S", "-c", code, *command], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 800_000, "kilobytes; each word's products take six"
    values = json.loads(out.read_text(encoding="utf-8"))
    assert values["text"] == source.read_text(encoding="utf-8")
    assert [(e["start"], e["text"]) for e in values["entities"] if e["text"] == "Oslo"] == [
        (len(values["text"]) - 5, "Oslo")
    ]
