"""Clumsy and unlucky uses of every command: the table is the command line's own definitions."""

import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from fanlight.apps.cli.main import EXAMPLES
from fanlight.errors import DataError
from fanlight.files import claim
from tests.apps.commands import COMMANDS, HINTS, MARKS, arguments, call, check_line, example, outputs, pairs

TOWNS = Path(__file__).parents[1] / "data" / "towns.conll"
WAITS = {"serve", "label", "push"}  # for requests; for the Hub, of which `test_sharing` has a stand-in
DERIVED = {"tag": [".part", ".part.json"], "train": [".part", ".progress.jsonl"]}


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
    monkeypatch.setattr("fanlight.files.locks.CLAIM_SECONDS", 0.1)  # a key waits for the other process
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


@pytest.mark.parametrize(
    "command", [name for name in EXAMPLES if name not in WAITS | {"train", "teach", "update", "search"}]
)
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


TYPED = {  # each option that names types, in a command that reads them
    "mask": ["mask", "Ann lives in Oslo.", "--redact", "--model", "en", "--types", "{}"],
    "tag": ["tag", "Ann lives in Oslo.", "--model", "en", "--threshold", "0.5,{}=0.9"],
    "evaluate": ["evaluate", "en", "train.conll", "--types", "{}"],
    "evaluate map": ["evaluate", "en", "train.conll", "--map", "{}=LOC"],
    "evaluate to": ["evaluate", "en", "train.conll", "--map", "LOC={}"],
    "graph": ["graph", "archive.db", "--out", "graph.jsonld", "--types", "LOC,{}"],
    "find": ["find", "archive.db", "type:{}"],
}


def test_the_table_has_every_option_that_names_types():
    named = {
        name for name, command in COMMANDS.items() for p in command.params if p.name in ("types", "threshold", "map")
    }
    # the types of `label` and `teach` are new ones, and the threshold of `graph` and `mask` is a number
    assert named - {"label", "teach"} <= {name.split()[0] for name in TYPED}


@pytest.mark.parametrize("type_", ["PERSON", "per", "NONE"])
@pytest.mark.parametrize("use", TYPED)
def test_an_unknown_type_is_refused(monkeypatch, capsys, place, use, type_):
    monkeypatch.chdir(place)
    if not Path("archive.db").exists():
        call(monkeypatch, capsys, "index", "texts.txt", "archive.db", "--model", "en")
    status, out, err = call(monkeypatch, capsys, *(word.format(type_) for word in TYPED[use]))
    assert (status, out) == (1, "")
    assert f"there is no type {type_!r}" in err
    assert ("did you mean PER?" in err) == (type_ != "NONE")
    check_line(err)


def test_data_with_other_names_need_a_mapping(monkeypatch, capsys, place):
    monkeypatch.chdir(place)
    words = Path("train.conll").read_text()
    for name, other in (("PER", "PS"), ("LOC", "LC"), ("ORG", "OG")):
        words = words.replace(f"-{name}", f"-{other}")
    Path("other.conll").write_text(words)
    _, expected, _ = call(monkeypatch, capsys, "evaluate", "en", "train.conll", "--format", "json")
    status, _, err = call(monkeypatch, capsys, "evaluate", "en", "other.conll")
    assert status == 1
    assert "of which the model has none" in err
    assert "--map" in err
    mapped = ["evaluate", "en", "other.conll", "--format", "json", "--map", "PS=PER, LC=LOC,OG=ORG"]
    assert call(monkeypatch, capsys, *mapped)[:2] == (0, expected)


@pytest.mark.parametrize("command", ["tag", "mask", "unmask"])
@pytest.mark.parametrize("name", ["none.txt", "folder/none", "a b.csv", "none.jsonl.gz"])
def test_a_mistyped_file_is_no_text(monkeypatch, capsys, place, command, name):
    monkeypatch.chdir(place)
    Path("key.json").write_text("{}")
    options = {"tag": ["--model", "en"], "mask": ["--redact", "--model", "en"], "unmask": ["--key", "key.json"]}
    before = call(monkeypatch, capsys, command, "texts.txt", name, *options[command])
    assert before[:2] == (1, "")  # found before the first output
    assert f"{name}: no such file" in before[2]
    assert "--text" in before[2]
    status, out, _ = call(monkeypatch, capsys, command, name, "--text", *options[command])
    assert status == 0
    assert name in out


@pytest.mark.parametrize("text", ["amazon.com", "3.5", "Node.js", "and/or what", "Oslo"])
def test_a_text_is_no_file(monkeypatch, capsys, tmp_path, text):
    monkeypatch.chdir(tmp_path)
    status, out, _ = call(monkeypatch, capsys, "tag", text, "--model", "en", "--format", "jsonl")
    assert status == 0
    assert f'"text": "{text}"' in out
    (tmp_path / "Oslo").mkdir()
    (tmp_path / "Oslo" / "a").write_text("It rained.\n")
    assert '"text": "It rained."' in call(monkeypatch, capsys, "tag", "Oslo", "--model", "en", "--format", "jsonl")[1]
    assert (
        '"text": "Oslo"' in call(monkeypatch, capsys, "tag", "Oslo", "--text", "--model", "en", "--format", "jsonl")[1]
    )
    status, _, err = call(monkeypatch, capsys, "tag", "Bergen", "--file", "--model", "en")
    assert status == 1
    assert "Bergen: no such file" in err


def test_rows_of_tables_are_not_taken_for_texts(monkeypatch, capsys, tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "a.jsonl").write_text('{"text": "Ann lives in Oslo."}\n{"text": null}\n')
    (tmp_path / "a.csv").write_text("n,text\n1,Ann lives in Oslo.\n2,\n")
    for name in ("a.jsonl", "a.csv"):
        status, out, err = call(monkeypatch, capsys, "tag", tmp_path / name, "--model", "en")
        assert (status, out) == (1, "")
        assert "--text-column" in err
        status, out, _ = call(
            monkeypatch, capsys, "tag", tmp_path / name, "--text-column", "text", "--model", "en", "--format", "jsonl"
        )
        assert status == 0
        assert [json.loads(line)["text"] for line in out.splitlines()] == ["Ann lives in Oslo.", ""]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("tag {} --model en", "is a table: name the column of its texts, such as --text-column text"),
        ("tag {} --engine local --model en --out out", "is Parquet, not text: `fanlight tag --text-column NAME` reads"),
        ("index {} out.db", "is Parquet, not text: `fanlight tag --text-column NAME` reads"),
        ("train {} --out out", "is Parquet: `fanlight convert` reads labelled datasets in it"),
    ],
)
def test_parquet_is_recognised_and_its_reader_named(monkeypatch, capsys, tmp_path, words, remedy):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table({"text": ["Oslo"] * 99}), tmp_path / "a.parquet")
    monkeypatch.chdir(tmp_path)
    status, _, err = call(monkeypatch, capsys, *words.format("a.parquet").split())
    assert status == 1
    assert remedy in err
    assert "--encoding" not in err


def test_an_empty_row_of_a_table_is_a_row(monkeypatch, capsys, tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "a.csv").write_text("text\nOslo\n\nParis\n")
    (tmp_path / "b.csv").write_text("text,text\nOslo,Paris\n")
    words = ("--text-column", "text", "--model", "en", "--format", "jsonl")
    status, out, _ = call(monkeypatch, capsys, "tag", tmp_path / "a.csv", *words)
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["Oslo", "", "Paris"]
    status, _, err = call(monkeypatch, capsys, "tag", tmp_path / "b.csv", *words)
    assert status == 1
    assert "several columns 'text'" in err


def test_what_conll_cannot_say_is_refused(monkeypatch, capsys, tmp_path):
    from fanlight.corpus.documents import label_sentences
    from fanlight.entities.entity import Document, Entity

    text = "Bank of Norway"
    with pytest.raises(DataError, match="'Norway' \\(LOC\\) overlaps 'Bank of Norway' \\(ORG\\)"):
        label_sentences(Document(text, (Entity(0, 14, "ORG", text), Entity(8, 14, "LOC", "Norway"))))


def test_control_characters_do_not_reach_the_terminal(monkeypatch, capsys):
    _, out, _ = call(
        monkeypatch, capsys, "tag", "Ann\x1b[2J lives in Oslo\u202e.", "--model", "en", "--format", "table"
    )
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b" in out
