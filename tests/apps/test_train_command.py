"""A training that must fail its user says why in its first ten lines."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOWNS = Path("tests/data/towns.conll").read_text(encoding="utf-8").strip().split("\n\n")
CONTRADICTIONS = [re.sub(r"[BIES]-LOC", "O", s) for s in TOWNS if "-LOC" in s]


@pytest.mark.parametrize(
    ("train", "dev", "reason"),
    [
        (TOWNS, TOWNS, "are in the training data: dev scores will be too good"),
        (TOWNS + CONTRADICTIONS, TOWNS[:3], "contradict another with the same words"),
        (TOWNS[:5], TOWNS[5:], "5 sentences are very little data"),
    ],
    ids=["the dev set is the training data", "contradictions", "five sentences"],
)
def test_the_reason_is_among_the_first_lines(tmp_path, train, dev, reason):
    for name, sentences in (("train", train), ("dev", dev)):
        (tmp_path / name).write_text("\n\n".join(sentences) + "\n\n", encoding="utf-8")
    command = [sys.executable, "-m", "fanlight", "train", str(tmp_path / "train"), "--dev", str(tmp_path / "dev")]
    fast = ["--set", "epochs=1", "--set", "hidden=8", "--out", str(tmp_path / "m")]
    done = subprocess.run([*command, *fast], capture_output=True, text=True, check=True)
    assert reason in "\n".join(done.stderr.splitlines()[:10])
