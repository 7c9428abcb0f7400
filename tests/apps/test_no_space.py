"""No space for an output, by a full file system and by a limit of the size of files: one line, and no output in part."""

import errno
import os
import resource
import subprocess
import sys
from contextlib import contextmanager

import pytest

from fanlight.apps.labelling import LabelStore
from tests.apps.commands import call, outputs
from tests.towns import TOWNS

FANLIGHT = [sys.executable, "-m", "fanlight"]
NAMES = ("Lee", "Ross", "Smith", "Jones", "Brown", "Miller", "Davis")
EPOCH = ["--set", "epochs=1"]
CURVE = ["curve", "towns", "--dev", "towns", "--points", "3", *EPOCH]
SEARCH = ["search", "towns", "--dev", "towns", "--trials", "1", *EPOCH]
LABEL = ["--texts", "texts", "--types", "PER"]
CASES = [  # each output of the command line (`outputs`) and the two databases: its name, the words
    ("tag", "out", "o.jsonl", ["tag", "texts", "--model", "en", "--out", "{}"]),
    ("tag", "out", "o.html", ["tag", "texts", "--model", "en", "--out", "{}"]),
    ("tag", "out", "o.parquet", ["tag", "texts", "--model", "en", "--out", "{}"]),
    ("tag", "out", "o.jsonl.gz", ["tag", "texts", "--model", "en", "--out", "{}"]),
    ("tag", "out", "latin", ["tag", "texts", "--model", "en", "--encoding", "latin-1", "--out", "{}"]),
    ("convert", "target", "c.jsonl", ["convert", "towns", "{}"]),
    ("convert", "target", "c.conll", ["convert", "towns", "{}"]),
    ("convert", "target", "c.spacy", ["convert", "towns", "{}"]),
    ("convert", "target", "c.parquet", ["convert", "towns", "{}"]),
    ("graph", "out", "g.graphml", ["graph", "index", "--least", "1", "--out", "{}"]),
    ("graph", "out", "g.svg", ["graph", "index", "--least", "1", "--out", "{}"]),
    ("index", "files", "database", ["index", "texts", "{}", "--model", "en"]),
    ("label", "store", "labels", ["label", "{}", *LABEL, "--agreement"]),
    ("label", "export", "exported", ["label", "decisions", "--export", "{}"]),
    ("package", "out", "dist", ["package", "old", "--licence", "MIT", "--out", "{}"]),
    ("mask", "key", "key", ["mask", "texts", "--model", "en", "--key", "{}"]),
    ("vectors", "out", "vectors", ["vectors", "texts", "--minimum", "1", "--epochs", "1", "--out", "{}"]),
    ("train", "out", "model", ["train", "towns", *EPOCH, "--out", "{}"]),
    ("teach", "out", "taught", ["teach", "texts", "--teacher", "rules", "--types", "PER", *EPOCH, "--out", "{}"]),
    ("update", "out", "newer", ["update", "old", "towns", "--rehearse", "towns", *EPOCH, "--out", "{}"]),
    ("evaluate", "picture", "e.svg", ["evaluate", "old", "towns", "--report", "--picture", "{}"]),
    ("curve", "picture", "c.svg", [*CURVE, "--picture", "{}"]),
    ("curve", "watch", "progress", [*CURVE, "--watch", "{}"]),
    ("search", "out", "s.toml", [*SEARCH, "--out", "{}"]),
    ("search", "study", "study", [*SEARCH, "--out", "s.toml", "--study", "{}"]),
]
GOES_ON = {"database", "labels", "study", "progress"}  # what is there stays, and is written on
SMALL = {"s.toml", "progress"}  # of a line


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with what the commands read."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "towns").write_bytes(TOWNS.read_bytes())
    people = [f"{name} {surname} lives in Oslo.\n" for name in ("Ann", "Bob", "Eve") for surname in NAMES]
    (folder / "texts").write_text("".join(people))
    (folder / "rules").write_text("re:[A-Z][a-z]+ (Lee|Ross)\tPER\n")
    store = LabelStore(folder / "decisions")
    store.add(["Ann lives in Oslo."], ["PER"])
    store.save("ada", 1, [(0, 3, "PER")])
    for words in (
        ["index", "texts", "index", "--model", "en"],
        ["train", "towns", *EPOCH, "--out", "old"],
    ):
        subprocess.run([*FANLIGHT, *words], cwd=folder, check=True, capture_output=True)
    return folder


@contextmanager
def full_system(folder, name):
    """Yield a function that makes space on a file system of its own, on which until then no byte of a file finds any."""
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", folder], capture_output=True)
    if mount.returncode:
        pytest.skip("root alone can mount a file system")
    try:
        (folder / "filler").write_bytes(b"x" * 4096)
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def limited_size(folder, name):
    """Yield a function that lifts a limit of bytes of this process's files, as `ulimit -f` sets it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 if name in SMALL else 700, limits[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("space", [full_system, limited_size], ids=["tmpfs", "ulimit"])
@pytest.mark.parametrize(("name", "words"), [case[2:] for case in CASES], ids=[case[2] for case in CASES])
def test_an_output_that_finds_no_space_is_one_line_and_comes_later(
    monkeypatch, capsys, place, tmp_path, name, words, space
):
    if (name, space) == ("exported", limited_size):
        pytest.skip("a store that cannot be written to is not opened either")
    monkeypatch.chdir(place)
    target = tmp_path / name
    words = [word.format(target) for word in words]
    with space(tmp_path, name) as free:
        status, _, err = call(monkeypatch, capsys, *words)
        left = {path.name for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size} - {"filler"}
        assert status == 1
        message = err.splitlines()[-1]
        assert message.startswith(f"fanlight: {target}")
        assert "cannot be written" in message
        assert "Traceback" not in err
        assert name in GOES_ON or left <= {f"{name}.part", f"{name}.part.json"}  # for --resume
        free()
        resume = ["--resume"] * (tmp_path / f"{name}.part").exists()
        status, _, err = call(monkeypatch, capsys, *words, *resume)
        assert status == 0, err
        assert target.exists()


def test_a_full_system_has_no_space_for_a_byte(tmp_path):
    with full_system(tmp_path, "") as free:
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            (tmp_path / "a").write_bytes(b"x")
        free()
        (tmp_path / "a").write_bytes(b"x")


def test_every_output_has_its_case():
    assert set(outputs()) <= {case[:2] for case in CASES}
