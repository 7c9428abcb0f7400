"""Streams that are closed, full or in another encoding, names that are no UTF-8, terminals that are narrow."""

import os
import subprocess
import sys

import pytest

from tests.answers import check_same_lines

COMMAND = f"{sys.executable} -m fanlight"


def in_shell(folder, line, **environment):
    """Run a line of the shell, in which `fanlight` is this one; return what it printed, as bytes."""
    line = line.replace("fanlight", COMMAND)
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, env={**os.environ, **environment})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    (folder / "a.txt").write_text("Ann lives in Oslo é 서울.\n")
    return folder


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("fanlight tag a.txt --model en >&-", 1, b"standard output is closed"),
        ("fanlight tag a.txt --model en --format conll >&-", 1, b"standard output is closed"),
        ("fanlight --help >&-", 1, b"standard output is closed"),
        ("fanlight tag --model en <&-", 1, b"standard input is closed"),
        ("fanlight tag --model en --format conll <&-", 1, b"standard input is closed"),
        ("fanlight tag a.txt --model en 2>&- >/dev/null", 0, b""),
        ("fanlight tag none.txt 2>&-", 1, b""),
        ("fanlight tag none.txt >&- 2>&- <&-", 1, b""),
        ("fanlight tag a.txt --model en > /dev/full", 1, b"No space left"),
        ("fanlight --help > /dev/full", 1, b"No space left"),
        ("fanlight version > /dev/full", 1, b"No space left"),
        ("fanlight none > /dev/full 2> /dev/full", (1, 2), b""),
    ],
)
def test_a_stream_that_fails_is_one_line(folder, line, status, message):
    done = in_shell(folder, line)
    assert done.returncode == status or done.returncode in (status if isinstance(status, tuple) else ())
    assert message in done.stderr
    assert done.stderr.count(b"\n") == bool(message)
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("format", ["jsonl", "conll", "table", "html"])
def test_no_encoding_of_the_terminal_stops_a_text(folder, encoding, format):
    done = in_shell(folder, f"fanlight tag a.txt --model en --format {format}", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "서울" in done.stdout.decode()
    done = in_shell(folder, "fanlight tag 서울.txt --model en", PYTHONIOENCODING=encoding)
    assert done.returncode == 1
    assert b".txt: no such file" in done.stderr


def test_an_argument_is_utf_8_in_every_locale(folder):
    done = in_shell(
        folder, "fanlight tag 'Oslo é' --model en --format jsonl",
        LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert '"text": "Oslo é"' in done.stdout.decode()


def test_names_of_files_may_be_any_bytes(tmp_path):
    name = "b\udcff.txt"
    (tmp_path / name).write_text("Ann lives in Oslo.\n")
    for line in (
        "fanlight tag b* --model en --out c",
        "fanlight mask b* --model en --redact",
        "fanlight index b* db --model en",
        "fanlight find db type:LOC",
        "fanlight tag --engine local --threads 1 b* out --model en",
    ):
        done = in_shell(tmp_path, line)
        assert done.returncode == 0, done.stderr
    done = in_shell(tmp_path, "fanlight find db type:LOC")
    assert rb"b\\xff.txt" in done.stdout


def test_standard_input_may_be_named_as_a_file(folder):
    plain = in_shell(folder, "fanlight tag --model en < a.txt")
    for line in ("cat a.txt | fanlight tag /dev/stdin --model en", "fanlight tag /dev/stdin --model en < a.txt"):
        done = in_shell(folder, line)
        assert done.returncode == 0, done.stderr
        check_same_lines(done.stdout, plain.stdout)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipes_are_read_once(folder):
    plain = in_shell(folder, "fanlight tag a.txt --model en").stdout
    os.mkfifo(folder / "pipe")
    for options, output in (("", None), ("--out o", "o")):
        done = in_shell(folder, f"cat a.txt > pipe & fanlight tag pipe --model en {options}")
        assert done.returncode == 0, done.stderr
        check_same_lines(done.stdout if output is None else (folder / output).read_bytes(), plain)
    for line in ("index pipe db --model en", "tag pipe --engine local out --model en", "convert pipe o.jsonl"):
        done = in_shell(folder, f"fanlight {line}")
        assert done.returncode == 1
        assert b"pipe" in done.stderr
    done = in_shell(folder, "cat pipe > got & fanlight tag a.txt --model en --out pipe; wait; cat got")
    check_same_lines(done.stdout, plain)


def test_no_cell_is_cut_where_the_output_is_no_terminal(folder):
    text = "Ann lives in Oslo. " + "word " * 60
    done = in_shell(folder, f"fanlight explain '{text}' --word Oslo --model en", COLUMNS="15")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "…" not in done.stdout.decode()
    assert "position" in done.stdout.decode()


def test_texts_in_tables_are_no_markup(folder):
    done = in_shell(folder, "fanlight explain 'Ann [bold] Oslo \x1b[2J.' --word Oslo --model en")
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout
    assert b"bold" in done.stdout


def test_no_color_where_it_is_not_wanted(folder):
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        done = in_shell(folder, "fanlight --help", **environment, COLUMNS="20")
        assert done.returncode == 0
        assert b"\x1b" not in done.stdout
