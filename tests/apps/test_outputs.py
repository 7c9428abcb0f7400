"""Outputs of every kind: streams that lead to inputs, links that lead nowhere, names that say what cannot be written."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from fanlight.apps.entity_index import find
from fanlight.errors import DataError
from tests.apps.commands import MARKS, arguments, call, outputs

FANLIGHT = [sys.executable, "-m", "fanlight"]
TOWNS = Path(__file__).parents[1] / "data" / "towns.conll"
NAMES = ("Lee", "Ross", "Smith", "Jones", "Brown", "Miller", "Davis")
TEXT = "Ann lives in Oslo.\n"


def in_shell(folder, line):
    """Run a line of the shell, in which `fanlight` is this one."""
    line = line.replace("fanlight", f"{sys.executable} -m fanlight")
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "fanlight tag --model en --out a.txt < a.txt",
        "fanlight tag --model en - --out a.txt < a.txt",
        "fanlight tag --model en /dev/stdin --out ./a.txt < a.txt",
        "fanlight tag --model en a.txt >> a.txt",
        "fanlight tag --model en < a.txt >> a.txt",
        "fanlight mask --model en --redact a.txt >> a.txt",
        "fanlight mask --model en --key a.txt < a.txt",
        "fanlight tag --model en a.txt --out /dev/stdout >> a.txt",
        "fanlight tag --model en a.txt --out - >> a.txt",
        "fanlight next a.txt --model en >> a.txt",
    ],
)
def test_no_stream_leads_to_an_input(folder, line):
    done = in_shell(folder, line)
    assert done.returncode == 1
    assert "is an input" in done.stderr
    assert done.stderr.count("\n") == 1
    assert (folder / "a.txt").read_text() == TEXT


def test_a_stream_does_not_lead_into_a_folder_that_is_read(folder):
    done = in_shell(folder, "fanlight tag --model en . > out.jsonl")
    assert done.returncode == 1
    assert "lies in the folder ." in done.stderr


def test_standard_output_is_named_by_a_dash(folder):
    plain = in_shell(folder, "fanlight tag --model en a.txt --format jsonl").stdout
    for name in ("-", "/dev/stdout"):
        for target in ("", " > out"):
            done = in_shell(folder, f"fanlight tag --model en a.txt --out {name}{target}")
            assert (done.returncode, done.stderr) == (0, "")
            assert (done.stdout if not target else (folder / "out").read_text()) == plain
    assert sorted(os.listdir(folder)) == ["a.txt", "out"]


@pytest.mark.parametrize("name", ["", ".", "..", "loop", "sub"])
@pytest.mark.parametrize(("command", "output"), outputs())
def test_what_is_no_file_is_told_before_the_work(monkeypatch, capsys, tmp_path, command, output, name):
    if MARKS[command][output].folder and command != "tag":
        pytest.skip("a folder is written")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    os.symlink("loop", "loop")
    status, out, err = call(monkeypatch, capsys, *arguments(command, tmp_path, {output: name}))
    assert (status, out) == (1, "")
    assert err.startswith("fanlight: ")
    assert err.count("\n") == 1
    assert sorted(os.listdir("sub")) == []


@pytest.mark.parametrize(("command", "output"), outputs())
def test_a_name_says_what_can_be_written(monkeypatch, capsys, tmp_path, command, output):
    mark = MARKS[command][output]
    names = [*(["o.xyz"] if mark.endings else []), *(["o.gz", "o.ZST"] if not mark.compressible else [])]
    for name in names:
        status, _, err = call(monkeypatch, capsys, *arguments(command, tmp_path, {output: tmp_path / name}))
        assert status == 1
        assert "choose a name" in err
        assert not (tmp_path / name).exists()


def test_people_s_labels_are_replaced_by_no_output(monkeypatch, capsys, tmp_path):
    labels, texts = tmp_path / "labels.db", tmp_path / "a.txt"
    texts.write_text(TEXT)
    assert (
        call(monkeypatch, capsys, "label", labels, "--texts", texts, "--types", "PER", "--export", tmp_path / "o")[0]
        == 0
    )
    before = labels.read_bytes()
    databases = {("label", "store"), ("index", "files")}
    for command, output in outputs():
        if (command, output) in databases or MARKS[command][output].endings:
            continue
        status, _, err = call(monkeypatch, capsys, *arguments(command, tmp_path, {output: labels}))
        assert status == 1, command
        assert "is a database, which would be lost" in err
        assert labels.read_bytes() == before


@pytest.mark.parametrize("name", ["-", "/dev/null", "/dev/stdout"])
def test_a_database_is_a_file(monkeypatch, capsys, folder, name):
    for words in (["index", folder / "a.txt", name], ["label", name, "--types", "PER", "--agreement"]):
        status, _, err = call(monkeypatch, capsys, *words)
        assert status == 1
        assert "needs a file" in err


def test_two_outputs_of_which_one_lies_beside_the_other_have_one_process(monkeypatch, capsys, tmp_path):
    from fanlight.files import claim

    texts = tmp_path / "a.txt"
    texts.write_text(TEXT)
    with claim(tmp_path / "o.part"):  # as by `tag --out o.part`
        status, _, err = call(monkeypatch, capsys, "tag", texts, "--model", "en", "--out", tmp_path / "o")
    assert status == 1
    assert "is being written by another" in err


@pytest.mark.parametrize("words", [["a.txt", "--out", "out"], ["a.txt", "out"]], ids=["option", "argument"])
def test_folders_are_tagged_into_a_folder(folder, words):
    done = subprocess.run(
        [*FANLIGHT, "tag", "--engine", "local", "--threads", "1", "--model", "en", *words],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (folder / "out" / "000000.jsonl").read_text().startswith('{"text": "Ann lives in Oslo."')


def test_a_broken_link_is_no_text(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    os.symlink("gone", "Oslo")
    for command, options in (("tag", []), ("mask", ["--redact"])):
        status, out, err = call(monkeypatch, capsys, command, "Oslo", "--model", "en", *options)
        assert (status, out) == (1, "")
        assert "Oslo: cannot be read" in err
    (tmp_path / "a.txt").write_text(TEXT)
    assert call(monkeypatch, capsys, "tag", "a.txt", "--model", "en", "--out", "Oslo")[0] == 0
    assert (tmp_path / "gone").read_text().startswith('{"text"')
    assert (tmp_path / "Oslo").is_symlink()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("typ:PER", "did you mean type:"),
        ("Nam:Ann", "did you mean name:"),
        ("type:", "asks for nothing"),
        ('near:""', "asks for nothing"),
        ('name:"New York', "two quotation marks"),
        ("*", "asks for nothing|is empty"),
        ("a\0b", "control characters"),
    ],
)
def test_a_mistyped_query_is_no_empty_answer(monkeypatch, capsys, folder, query, message):
    database = folder / "db"
    assert call(monkeypatch, capsys, "index", folder / "a.txt", database, "--model", "en")[0] == 0
    with pytest.raises(DataError, match=message):
        find(database, query)
    assert [mention.name for mention in find(database, "TYPE:LOC")] == ["Oslo"]
    assert find(database, "http://oslo.example") == []


def test_an_index_goes_on_with_the_same_model_alone(monkeypatch, capsys, folder):
    words = ("index", folder / "a.txt", folder / "db", "--model")
    assert call(monkeypatch, capsys, *words, "en")[0] == 0
    assert call(monkeypatch, capsys, *words, "en")[0] == 0
    status, _, err = call(monkeypatch, capsys, *words, "ko")
    assert status == 1
    assert "was indexed with another model" in err


def test_an_index_is_read_where_nothing_can_be_written(monkeypatch, capsys, folder):
    monkeypatch.chdir(folder)
    assert call(monkeypatch, capsys, "index", "a.txt", "index", "--model", "en")[0] == 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        status, out, err = call(monkeypatch, capsys, "find", "index", "type:LOC")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (status, err) == (0, "")
    assert out.startswith('{"name": "Oslo"')
