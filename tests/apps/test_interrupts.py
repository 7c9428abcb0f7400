"""Ctrl-C at any moment of any long command: one line that says how to go on, status 130, and the right remedy."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from fanlight.apps.shards import read_shards
from tests.apps.commands import call

TOWNS = Path(__file__).parents[1] / "data" / "towns.conll"
FANLIGHT = [sys.executable, "-m", "fanlight"]
RESUME = "the same command with --resume goes on"
SLOW = ["--set", "epochs=2000"]
CASES = {  # the words, what is there once the work has begun, what is said then, and how it goes on
    "imports": (["check-data", "towns"], None, "", None),
    "lines": (["tag", "plenty", "--model", "en", "--out", "o.jsonl"], "o.jsonl.part", RESUME, ["--resume"]),
    "html": (["tag", "texts", "--model", "en", "--out", "o.html"], ".o.html.*", "", []),
    "shards": (["tag", "texts", "--engine", "local", "--out", "o"], "o/manifest.jsonl", RESUME, ["--resume"]),
    "training": (["train", "towns", *SLOW, "--out", "m"], "m.part", RESUME, None),
    "workers": (["train", "towns", *SLOW, "--workers", "2", "--out", "m"], "m.part", RESUME, None),
    "raw text": (["train", "towns", "--raw", "towns", *SLOW, "--out", "m"], "m.part.labeller1", RESUME, None),
    "index": (["index", "texts", "o.db", "--model", "en"], "o.db-wal", "the same command goes on", []),
    "key": (["mask", "plenty", "--model", "en", "--key", "o.json"], None, "", None),
    "server": (["serve", "--model", "en", "--port", "0"], None, "", None),
}
OTHERS = {  # commands that leave nothing, for they write at their end (`graph` draws at most 200 names: it is short)
    "convert": ["convert", "many", "o"],
    "evaluate": ["evaluate", "en", "many"],
    "next": ["next", "texts", "--model", "en"],
    "vectors": ["vectors", "texts", "--minimum", "1", "--epochs", "50", "--out", "o"],
    "update": ["update", "en", "towns", "--raw", "texts", *SLOW, "--out", "o"],
    "curve": ["curve", "towns", "--dev", "towns", *SLOW],
    "search": ["search", "towns", "--dev", "towns", "--trials", "99", *SLOW, "--out", "o"],
    "teach": ["teach", "texts", "--teacher", "rules", "--types", "PER", "--out", "o"],
}
LINES = [f"Line {n} is from Oslo, and Ada Lovelace read it.\n" for n in range(40_000)]
MANY = 10  # times as many for what is quick


@pytest.fixture
def place(tmp_path):
    (tmp_path / "texts").write_text("".join(LINES))
    (tmp_path / "plenty").write_text("".join(LINES) * MANY)
    (tmp_path / "towns").write_bytes(TOWNS.read_bytes())
    return tmp_path


def interrupt(words, folder, sign, seconds):
    """Interrupt a command and all its processes, so many seconds after a file is there; return status and message."""
    process = subprocess.Popen(
        [*FANLIGHT, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    while sign is not None and not any(folder.glob(sign)) and process.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    with suppress(ProcessLookupError):  # it has ended
        os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err.decode()


@pytest.mark.parametrize("seconds", [0.0, 1.0])
@pytest.mark.parametrize("case", CASES)
def test_an_interrupt_is_one_line(place, case, seconds):
    words, sign, message, further = CASES[case]
    status, err = interrupt(words, place, sign, seconds + (1.5 if sign is None else 0))
    assert status in (130, -signal.SIGINT) or case == "imports"  # the shell says 130 to both
    assert "Traceback" not in err
    # Python's tracker of semaphores may speak up where the interrupt meets the start of a process
    last = ([line for line in err.splitlines() if "resource_tracker" not in line] or [""])[-1]
    if case == "imports" and status == 0:
        return  # it was quicker
    assert last == f"fanlight: interrupted{': ' * bool(message)}{message}"
    if further is None:
        return
    done = subprocess.run([*FANLIGHT, *words, *further], cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    left = {path.name for path in place.iterdir()} - {"texts", "plenty", "towns", "o", "o.jsonl", "o.html", "o.db"}
    assert {name for name in left if not name.startswith("o.db-")} == set()
    if case == "lines":
        assert (place / "o.jsonl").read_bytes().count(b"\n") == MANY * len(LINES)
    elif case == "shards":
        assert sum(text.count(b"\n") for text in read_shards(place / "o")) == len(LINES)


@pytest.mark.parametrize("command", OTHERS)
def test_an_interrupt_leaves_nothing(place, command):
    (place / "many").write_text((TOWNS.read_text().strip() + "\n\n") * 4000)
    (place / "rules").write_text("re:Ada [A-Z][a-z]+\tPER\n")
    before = {path.name for path in place.iterdir()}
    status, err = interrupt(OTHERS[command], place, None, 2.5)
    assert status in (130, -signal.SIGINT), err
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "fanlight: interrupted"
    assert {path.name for path in place.iterdir()} == before


@pytest.mark.parametrize("fails", [False, True])
def test_an_interrupt_in_a_callback_is_not_lost(monkeypatch, capsys, fails):
    """As while LLVM compiles, which then finds no code: Python itself can but print what is raised there."""

    @ctypes.CFUNCTYPE(None)
    def callback():
        raise KeyboardInterrupt

    def run(**options):
        callback()
        if fails:
            raise RuntimeError("no compiled object yet")
        time.sleep(30)

    monkeypatch.setattr("fanlight.apps.cli.main.program", lambda *name: run)
    began = time.monotonic()
    assert call(monkeypatch, capsys, "version") == (130, "", "fanlight: interrupted\n")
    assert time.monotonic() - began < 10
