"""Clumsy and unlucky uses of every command: the table is the command line's own definitions."""

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from fanlight.apps.cli.edge import main
from fanlight.apps.cli.main import EXAMPLES
from fanlight.files import claim
from tests.apps.commands import COMMANDS, HINTS, MARKS, arguments, example, outputs, pairs

TOWNS = Path(__file__).parents[1] / "data" / "towns.conll"
WAITS = {"serve", "label"}  # for requests
DERIVED = {"tag": [".part", ".part.json"], "train": [".part", ".progress.jsonl"]}


def call(monkeypatch, capsys, *words):
    """Run the command in this process; return (exit status, stdout, stderr)."""
    monkeypatch.setattr(sys, "argv", ["fanlight", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr()
    return stop.value.code or 0, out.out, out.err


def check_line(err):
    """Check that what a user is told is one line, and no traceback."""
    assert err.startswith("fanlight: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.fixture
def full(tmp_path):
    """A device of this test on which no byte finds space: never the system's, which a fault could replace."""
    path = tmp_path / "full"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
        with open(path, "wb", buffering=0) as file:
            file.write(b"x")
    except PermissionError:
        pytest.skip("a device can be made by root alone")
    except OSError as error:
        assert error.strerror == "No space left on device"
    return path


def test_every_path_says_whether_it_is_read_or_written():
    for name, command in COMMANDS.items():
        for parameter in command.params:
            hint = str(HINTS[name].get(parameter.name))
            if "Path" in hint or parameter.name in ("model", "inputs", "source", "target"):
                assert parameter.name in MARKS[name], f"{name}: {parameter.name}"


@pytest.mark.parametrize("link", ["itself", "symlink", "hard link"])
@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: "-".join(pair))
def test_no_output_is_an_input(monkeypatch, capsys, tmp_path, pair, link):
    source = tmp_path / "source"
    source.write_text("Ann lives in Oslo.\n")
    target = source if link == "itself" else tmp_path / "target"
    if link == "symlink":
        target.symlink_to(source)
    elif link == "hard link":
        target.hardlink_to(source)
    words = arguments(pair.command, tmp_path, {pair.input: source, pair.output: target})
    status, out, err = call(monkeypatch, capsys, *words)
    assert (status, out) == (1, "")
    assert "is an input" in err
    check_line(err)
    assert source.read_text() == "Ann lives in Oslo.\n"


@pytest.mark.parametrize("command", DERIVED)
def test_no_file_beside_an_output_is_an_input(monkeypatch, capsys, tmp_path, command):
    for end in DERIVED[command]:
        source = tmp_path / f"out{end}"
        source.write_text("Ann lives in Oslo.\n")
        name = "inputs" if command == "tag" else "train"
        words = arguments(command, tmp_path, {name: source, "out": tmp_path / "out"})
        status, _, err = call(monkeypatch, capsys, *words)
        assert status == 1
        assert "is an input" in err
        assert source.read_text() == "Ann lives in Oslo.\n"


def test_no_output_is_a_bundled_model(monkeypatch, capsys, tmp_path):
    import fanlight

    bundled = Path(fanlight.__file__).parent / "models" / "en.fanlight"
    before = bundled.stat().st_mtime_ns
    status, _, err = call(monkeypatch, capsys, "update", "en", TOWNS, "--out", bundled)
    assert status == 1
    assert "is an input" in err
    assert bundled.stat().st_mtime_ns == before


def test_index_does_not_write_to_what_it_reads(monkeypatch, capsys, tmp_path):
    source = tmp_path / "a.txt"
    source.write_text("Oslo\n")
    status, _, err = call(monkeypatch, capsys, "index", source, source)
    assert status == 1
    assert "is an input" in err
    assert source.read_text() == "Oslo\n"


@pytest.mark.parametrize(("command", "output"), outputs())
def test_one_process_writes_an_output(monkeypatch, capsys, tmp_path, command, output):
    target = tmp_path / "target"
    monkeypatch.setattr("fanlight.files.CLAIM_SECONDS", 0.1)  # a key waits for the other process
    words = arguments(command, tmp_path, {output: target})
    with claim(target):
        status, out, err = call(monkeypatch, capsys, *words)
    assert (status, out) == (1, "")
    assert "is being written by another fanlight process" in err
    check_line(err)
    assert not target.exists()


@pytest.mark.parametrize(("command", "output"), outputs())
def test_a_folder_that_does_not_exist_is_told_before_the_work(monkeypatch, capsys, tmp_path, command, output):
    if MARKS[command][output].folder:
        pytest.skip("a folder is made")
    status, out, err = call(monkeypatch, capsys, *arguments(command, tmp_path, {output: tmp_path / "none" / "target"}))
    assert (status, out) == (1, "")
    assert "no such folder" in err
    check_line(err)


@pytest.mark.parametrize(("command", "output"), outputs())
def test_what_is_read_only_stays(monkeypatch, capsys, tmp_path, command, output):
    target = tmp_path / "target"
    target.write_text("mine")
    target.chmod(0o444)
    status, out, err = call(monkeypatch, capsys, *arguments(command, tmp_path, {output: target}))
    assert (status, out) == (1, "")
    assert "is read-only" in err
    check_line(err)
    assert target.read_text() == "mine"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with what the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "train.conll").write_bytes(TOWNS.read_bytes())
    (folder / "texts.txt").write_text("Ann Lee lives in Oslo.\nBob left Paris.\nIt rained in Oslo.\n" * 4)
    return folder


@pytest.mark.parametrize("command", [name for name in EXAMPLES if name not in WAITS])
def test_the_example_in_the_help_runs(monkeypatch, capsys, place, command):
    monkeypatch.chdir(place)
    words, target = example(command)
    status, out, err = call(monkeypatch, capsys, *words)
    assert status == 0, err
    if target is not None:
        Path(target).write_text(out)
    status, shown, _ = call(monkeypatch, capsys, command, "--help")
    assert status == 0
    assert shown.rstrip().endswith(EXAMPLES[command])


@pytest.mark.parametrize("command", [name for name in EXAMPLES if name not in WAITS | {"train", "update", "search"}])
def test_a_full_disk_under_standard_output_is_one_line(monkeypatch, capsys, place, full, command):
    monkeypatch.chdir(place)
    words, _ = example(command)
    for line in (words, [command, "--help"]):
        if line == words and command in ("graph", "index", "vectors", "convert"):
            continue  # these tell standard error alone
        with open(full, "wb") as device:
            monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(device, "utf-8"))
            status, _, err = call(monkeypatch, capsys, *line)
            sys.stdout.detach() if isinstance(sys.stdout, io.TextIOWrapper) else None
        assert status == 1, line
        assert "No space left on device" in err
        assert "Traceback" not in err


@pytest.mark.parametrize(
    "words",
    [
        ["tag", "texts.txt", "--model", "en", "--out"],
        ["convert", "train.conll", "--to", "jsonl"],
        ["graph", "archive.db", "--out"],
        ["mask", "texts.txt", "--key"],
    ],
    ids=lambda words: words[0],
)
def test_a_device_stays_a_device(monkeypatch, capsys, place, full, words):
    monkeypatch.chdir(place)
    if words[0] == "graph":
        full = full.rename(full.with_name("full.graphml"))
        call(monkeypatch, capsys, "index", "texts.txt", "archive.db")
    if words[0] == "mask":
        words = [*words[:2], "--model", "en", *words[2:]]
    status, _, err = call(monkeypatch, capsys, *words, full)
    assert status == 1
    assert "No space left on device" in err
    assert stat.S_ISCHR(full.stat().st_mode)
