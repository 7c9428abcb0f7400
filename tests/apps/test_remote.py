"""Files elsewhere: memory:// and an S3 service on this machine."""

import json
import os
import socket
import subprocess
import sys

import pytest

import fanlight
from fanlight.errors import DataError
from fanlight.files import address_of, uploading
from tests.apps.commands import call

fsspec = pytest.importorskip("fsspec", reason="NOT INSTALLED: fsspec")
TEXT = "Ann Lee lives in Oslo.\nIt rained.\n"


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe({"/texts/a.txt": TEXT.encode(), "/texts/b.txt": b"Bob left Paris.\n"})
    return system


def texts_of(lines):
    return [[e["text"] for e in json.loads(line)["entities"]] for line in lines.splitlines()]


def test_files_and_folders_are_read_where_they_are(monkeypatch, capsys, memory):
    status, out, err = call(monkeypatch, capsys, "tag", "memory://texts/a.txt", "--model", "en")
    assert status == 0, err
    assert texts_of(out) == [["Ann Lee", "Oslo"], []]
    assert texts_of(call(monkeypatch, capsys, "tag", "memory://texts", "--model", "en")[1]) == [
        *texts_of(out),
        ["Bob", "Paris"],
    ]


@pytest.mark.parametrize("name", ["o.jsonl", "o.jsonl.gz", "o.parquet", "o.conll", "o.html"])
def test_outputs_are_sent_and_are_those_of_this_machine(monkeypatch, capsys, memory, tmp_path, name):
    for target in (f"memory://out/{name}", tmp_path / name):
        status, _, err = call(monkeypatch, capsys, "tag", "memory://texts/a.txt", "--model", "en", "--out", target)
        assert status == 0, err
    assert memory.cat(f"/out/{name}") == (tmp_path / name).read_bytes()


def test_tables_and_packed_files_are_read(monkeypatch, capsys, memory, tmp_path):
    words = ["tag", "memory://texts/a.txt", "--model", "en", "--out"]
    for name in ("memory://out/a.parquet", "memory://out/a.jsonl.gz"):
        assert call(monkeypatch, capsys, *words, name)[0] == 0
        status, out, err = call(
            monkeypatch, capsys, "tag", name, "--text-column", "text", "--model", "en", "--format", "jsonl"
        )
        assert status == 0, err
        assert texts_of(out) == [["Ann Lee", "Oslo"], []]


def test_a_model_is_loaded_from_an_address(memory):
    from fanlight.tagging.bundled import model_file

    memory.pipe("/models/m.fanlight", model_file("ko").read_bytes())
    tagger = fanlight.load("memory://models/m.fanlight", engine="plain")
    assert [e.text for e in tagger("이순신은 서울에서 태어났다.").entities] == ["이순신", "서울"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["tag", "memory://texts/none.txt"], "memory://texts/none.txt: cannot be read"),
        (["tag", "sftp://"], "no such file"),
        (["tag", "memory://texts/a.txt", "--out", "memory://texts/a.txt"], "is an input"),
        (["tag", "memory://texts/a.txt", "--out", "memory://o.jsonl", "--resume"], "needs a file of this machine"),
        (["tag", "memory://texts/", "--out", "memory://o", "--engine", "local"], "needs a file of this machine"),
        (["index", "memory://texts/a.txt", "memory://db"], "memory:"),
        (["mask", "memory://texts/a.txt", "--key", "memory://key"], "needs a file of this machine"),
        (["tag", "Ann lives in Oslo.", "--model", "memory://none"], "memory://none: cannot be read"),
    ],
)
def test_what_is_at_fault_is_one_line(monkeypatch, capsys, memory, tmp_path, words, why):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(monkeypatch, capsys, *words)
    assert status == 1
    assert why in err.splitlines()[-1]
    assert "Traceback" not in err
    assert memory.cat("/texts/a.txt") == TEXT.encode()
    assert os.listdir(tmp_path) == []


def test_a_result_that_cannot_be_sent_stays_here(memory, monkeypatch):
    def refuse(*_):
        raise PermissionError("not yours")

    monkeypatch.setattr(type(memory), "put_file", refuse)
    with (
        pytest.raises(DataError, match=r"written: the result is in (.*) \(not yours\)") as fault,
        uploading("memory://o/a.txt") as part,
    ):
        part.write_text("mine")
    assert part.read_text() == "mine"
    assert str(part) in str(fault.value)


def test_texts_are_no_addresses(monkeypatch, capsys):
    text = "memory://texts is where Ann Lee lives."
    assert address_of("http://example.com/a") is None
    status, out, _ = call(monkeypatch, capsys, "tag", text, "--model", "en", "--format", "jsonl")
    assert status == 0
    assert json.loads(out)["text"] == text


def test_an_object_store_is_read_and_written(tmp_path):
    """A service with the interface of S3, on this machine."""
    pytest.importorskip("s3fs", reason="NOT INSTALLED: s3fs")
    pytest.importorskip("moto.server", reason="NOT INSTALLED: moto")
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    environment = {
        **os.environ, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "FSSPEC_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in server.stderr:
            if "Running on" in line:
                break

        def run(*words):
            done = subprocess.run(
                [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        fill = f"import s3fs; s = s3fs.S3FileSystem(); s.mkdir('news'); s.pipe('news/in/a.txt', {TEXT.encode()!r})"
        run("-c", fill)
        run("-m", "fanlight", "tag", "s3://news/in", "--model", "en", "--out", "s3://news/out/a.jsonl")
        out = run("-c", "import s3fs; print(s3fs.S3FileSystem().cat('s3://news/out/a.jsonl').decode(), end='')")
        assert texts_of(out) == [["Ann Lee", "Oslo"], []]
    finally:
        server.terminate()
        server.stderr.close()
        server.wait()
