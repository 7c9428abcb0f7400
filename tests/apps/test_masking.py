"""`fanlight mask` and `unmask` on files: every byte outside names stays."""

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.apps.cli.edge import main

LINES = [
    b"Ann Lee lives in Oslo.",
    b"",
    b"\xed\x95\x9c\xea\xb5\xad Seoul",
    b"a\x00b",
    b"[PER_1] [x_2]",
    b"Bob\r",
    b" Paris \t",
]


def run(*words):
    """Run the command in this process; return the status and the bytes that it prints."""
    before, sys.argv = sys.argv, ["fanlight", *map(str, words)]
    stdout, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), "utf-8")
    try:
        main()
    except SystemExit as stop:
        return stop.code or 0, sys.stdout.buffer.getvalue()
    finally:
        sys.argv, sys.stdout = before, stdout


@given(
    st.lists(
        st.tuples(st.sampled_from(LINES) | st.binary(max_size=12), st.sampled_from([b"\n", b"\r\n", b"\r\r\n"])),
        max_size=6,
    ),
    st.binary(max_size=6),
    st.booleans(),
)
def test_bytes_come_back(tmp_path_factory, lines, last, mark):
    folder = tmp_path_factory.mktemp("bytes")
    data = b"\xef\xbb\xbf" * mark + b"".join(body + end for body, end in lines) + last
    (folder / "a").write_bytes(data)
    status, masked = run("mask", folder / "a", "--key", folder / "key", "--model", "en")
    try:
        data.decode()
    except UnicodeDecodeError:
        assert (status, masked) == (1, b"")  # refused, with the byte named
        return
    assert status == 0
    (folder / "b").write_bytes(masked)
    assert run("unmask", folder / "b", "--key", folder / "key") == (0, data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "cp949", "latin-1", "utf-8-sig"])
def test_encodings_come_back(tmp_path, encoding):
    data = "Ann Lee lives in Oslo.\r\n\r\nBob left Paris.".encode(encoding)
    (tmp_path / "a").write_bytes(data)
    options = ("--key", tmp_path / "key", "--encoding", encoding)
    status, masked = run("mask", tmp_path / "a", "--model", "en", *options)
    assert status == 0
    assert "[LOC_1]" in masked.decode(encoding)
    (tmp_path / "b").write_bytes(masked)
    assert run("unmask", tmp_path / "b", *options) == (0, data)


def test_a_key_is_private(tmp_path):
    status, masked = run("mask", "Ann lives in Oslo.", "--key", tmp_path / "key", "--model", "en")
    assert (status, masked) == (0, b"[PER_1] lives in [LOC_1].\n")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_an_unknown_type_masks_nothing_in_silence(tmp_path, capsys):
    for types, hint in (("PERSON", "PER"), ("per", "PER"), ("PER,LOK", "LOC")):
        status, masked = run("mask", "Ann lives in Oslo.", "--redact", "--types", types, "--model", "en")
        assert (status, masked) == (1, b"")
        assert f"did you mean {hint}?" in capsys.readouterr().err
    assert run("mask", "Ann lives in Oslo.", "--redact", "--types", " PER, LOC", "--model", "en") == (
        0,
        b"[PER] lives in [LOC].\n",
    )


def test_a_key_shared_by_processes_loses_no_name(tmp_path):
    names = ["Ann Lee", "Bob Ross", "Carl Sagan", "Dora Maar"]
    command = [sys.executable, "-m", "fanlight", "mask", "--model", "en", "--key", str(tmp_path / "key"), "--text"]
    runs = [subprocess.Popen([*command, f"{name} lives in Oslo."], stdout=subprocess.PIPE) for name in names]
    masked = [process.communicate()[0] for process in runs]
    assert all(process.returncode == 0 for process in runs)
    assert {name for name, _ in json.loads((tmp_path / "key").read_text()).values()} >= set(names)
    (tmp_path / "all").write_bytes(b"".join(masked))
    status, text = run("unmask", tmp_path / "all", "--key", tmp_path / "key")
    assert (status, text.decode().splitlines()) == (0, [f"{name} lives in Oslo." for name in names])
