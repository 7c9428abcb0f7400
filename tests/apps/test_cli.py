"""The commands do what the README says; what a user gets wrong is one line and a status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fanlight.apps.cli.inputs import Source, resolve
from tests.answers import check_same_lines
from tests.apps.commands import call, run

TOWNS = Path(__file__).parents[1] / "data" / "towns.conll"
QUICK = ["--set", "epochs=6", "--set", "hidden=32", "--set", "rate=0.01"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.fanlight"
    done = run("train", TOWNS, "--dev", TOWNS, "--out", path, *QUICK)
    assert done.returncode == 0, done.stderr
    text = done.stderr.decode()
    assert "epoch   6" in text
    assert "dev F1" in text
    assert "seed=1" in text
    return path


def test_the_readmes_first_sentence(monkeypatch, capsys):
    status, out, _ = call(monkeypatch, capsys, "tag", "Museums in Paris are amazing to see.", "--format", "jsonl")
    assert status == 0
    (entity,) = json.loads(out)["entities"]
    assert (entity["text"], entity["type"], entity["start"], entity["end"]) == ("Paris", "LOC", 11, 16)
    assert 0.5 < entity["probability"] <= 1


def test_korean_goes_to_the_korean_model(monkeypatch, capsys):
    status, out, _ = call(monkeypatch, capsys, "tag", "이순신은 서울에서 태어났다.", "--format", "jsonl")
    assert status == 0
    assert ("서울", "LOC") in {(e["text"], e["type"]) for e in json.loads(out)["entities"]}


def test_files_and_standard_input_give_a_line_a_line(model, tmp_path):
    lines = ["Ada Byron lives in Oslo.", "", "The museums in Lisbon are amazing to see.\r"]
    path = tmp_path / "a.txt"
    path.write_bytes("\n".join(lines).encode("utf-8-sig"))
    by_file = run("tag", path, "--model", model)
    by_pipe = run("tag", "--model", model, stdin="\n".join(lines).encode())
    assert by_file.returncode == by_pipe.returncode == 0
    check_same_lines(by_file.stdout, by_pipe.stdout)
    records = [json.loads(line) for line in by_file.stdout.decode().splitlines()]
    assert [r["text"] for r in records] == [line.rstrip("\r") for line in lines]
    assert [[e["text"] for e in r["entities"]] for r in records] == [["Ada Byron", "Oslo"], [], ["Lisbon"]]


def test_formats(model, monkeypatch, capsys):
    text = "Ada Byron lives in Oslo. 1 < 2"
    _, table, _ = call(monkeypatch, capsys, "tag", text, "--model", model, "--format", "table")
    assert "Ada Byron" in table
    assert "PER" in table
    _, conll, _ = call(monkeypatch, capsys, "tag", text, "--model", model, "--format", "conll")
    assert "Ada\tB-PER\nByron\tE-PER\n" in conll
    _, html, _ = call(monkeypatch, capsys, "tag", text, "--model", model, "--format", "html")
    assert "&lt;" in html
    assert 'data-type="LOC"' in html
    assert "http" not in html


def test_thresholds(model, monkeypatch, capsys):
    _, out, _ = call(
        monkeypatch,
        capsys,
        "tag",
        "Ada Byron lives in Oslo.",
        "--model",
        model,
        "--format",
        "jsonl",
        "--threshold",
        "1",
    )
    assert json.loads(out)["entities"] == []


def test_evaluate(model, monkeypatch, capsys):
    status, out, _ = call(monkeypatch, capsys, "evaluate", model, TOWNS, "--format", "json")
    scores = json.loads(out)
    assert status == 0
    assert scores["f1"] > 95
    assert set(scores) == {"precision", "recall", "f1", "types", "entities"}
    status, out, _ = call(monkeypatch, capsys, "evaluate", model, TOWNS)
    assert "precision" in out
    assert "LOC" in out


def test_info(model, monkeypatch, capsys):
    _, out, _ = call(monkeypatch, capsys, "info", model)
    info = json.loads(out)
    assert info["types"] == ["LOC", "ORG", "PER"]
    assert info["equation"].startswith("z = U @ relu(W_0 @ x_0 +")
    assert info["settings"]["seed"] == 1
    assert "/" not in info["train"]["file"]


CASES = {
    "missing file": (["evaluate", "{model}", "none.txt"], "none.txt: cannot be read"),
    "missing text file": (["tag", "none.txt", "--model", "{model}"], "none.txt: no such file"),
    "empty file": (["train", "{empty}", "--out", "{out}"], "is empty"),
    "binary file": (["train", "{binary}", "--out", "{out}"], "binary"),
    "not utf-8": (
        ["train", "{latin}", "--out", "{out}"],
        "latin.txt:1: byte 4 is not utf-8: name the file's encoding with --encoding",
    ),
    "text not utf-8": (
        ["tag", "{latin}", "--model", "{model}"],
        "latin.txt:1: byte 4 is not utf-8: name the file's encoding with --encoding",
    ),
    "column count": (["train", "{ragged}", "--out", "{out}"], "ragged.txt:2: has 3 columns"),
    "tag scheme": (["train", "{scheme}", "--out", "{out}"], "scheme.txt:1: 'X-PER' is not a tag"),
    "span outside": (["train", "{outside}", "--out", "{out}"], "outside.jsonl:1: span 0:99 X lies outside"),
    "overlap": (["train", "{overlap}", "--out", "{out}"], "overlap.jsonl:1: entities overlap"),
    "vectors": (
        ["train", "{towns}", "--vectors", "{vectors}", "--out", "{out}"],
        "vectors.vec:2: has 1 components, the file has 2",
    ),
    "model cut in half": (["tag", "x", "--model", "{half}"], "cut short"),
    "newer model": (["tag", "x", "--model", "{newer}"], "newer than this version"),
    "no entities": (["train", "{nothing}", "--out", "{out}"], "no entities at all"),
    "unknown model": (["tag", "x", "--model", "fr"], "fr: no such model: there are en, ko"),
    "unknown setting": (["train", "{towns}", "--out", "{out}", "--set", "hiden=3"], "hiden"),
    "rows of a table as texts": (["tag", "{folder}", "--model", "{model}", "--format", "table"], "--text-column"),
    "encoding": (["tag", "{latin}", "--model", "{model}", "--encoding", "klingon"], "no such encoding"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory, model):
    import numpy as np
    from safetensors.numpy import save_file

    folder = tmp_path_factory.mktemp("files")
    contents = {
        "empty.txt": b"", "binary.txt": b"\x00\xff\x00", "latin.txt": "café\tB-X\n".encode("latin1").replace(b"caf", b" caf"),
        "ragged.txt": b"a\tO\nb\tO\tO\n", "scheme.txt": b"a\tX-PER\n", "nothing.txt": b"a\tO\n",
        "outside.jsonl": b'{"text": "ab", "spans": [[0, 99, "X"]]}', "vectors.vec": b"a 1 2\nb 1\n",
        "overlap.jsonl": b'{"text": "a b", "spans": [[0, 3, "X"], [2, 3, "Y"]]}',
        "half": model.read_bytes()[: model.stat().st_size // 2],
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    save_file({"a": np.zeros(1)}, folder / "newer", {"fanlight": '{"format": 999}'})
    return {Path(n).stem: folder / n for n in [*contents, "newer"]} | {
        "model": model, "towns": TOWNS, "out": folder / "out.fanlight", "folder": folder,
    }  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_users_mistakes_are_one_line_and_status_1(case, files, monkeypatch, capsys):
    arguments, message = CASES[case]
    status, _, err = call(monkeypatch, capsys, *(a.format(**files) for a in arguments))
    assert status == 1
    assert message in err
    assert "Traceback" not in err
    assert len([line for line in err.splitlines() if line.startswith("fanlight: ")]) == 1
    assert not files["out"].exists()


def test_a_named_encoding_works(files, monkeypatch, capsys):
    status, out, _ = call(
        monkeypatch,
        capsys,
        "tag",
        files["latin"],
        "--model",
        files["model"],
        "--encoding",
        "latin1",
        "--format",
        "jsonl",
    )
    assert status == 0
    assert json.loads(out)["text"] == " café\tB-X"


def test_a_dev_type_training_lacks_is_a_warning(files, tmp_path):
    dev = tmp_path / "dev.txt"
    dev.write_text("Acme\tB-SHIP\n")
    done = run(
        "train",
        TOWNS,
        "--dev",
        dev,
        "--out",
        tmp_path / "m",
        *QUICK,
        "--set",
        "epochs=1",
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0
    assert "SHIP" in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tag", "--format", "json", "a b"], "'--format': 'json' is not one of 'table', 'jsonl'"),
        (["tag", "--threads", "two", "a b"], "'--threads': must be a whole number"),
        (["tag", "--threads", "0", "a b"], "'--threads': must be 1 or more"),
        (["train", "a.conll", "--epochs", "3"], "No such option: --epochs; it is a setting: --set epochs=3"),
        (["train", "a.conll", "--batch-tokens=30"], "No such option: --batch-tokens; it is a setting: --set batch_tokens=30"),
        (["update", "en", "a.conll", "--hidden"], "No such option: --hidden; it is a setting: --set hidden=VALUE"),
        (["tag", "--fromat", "table", "a b"], "No such option: --fromat (Possible options: --format"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_in_plain_words(monkeypatch, capsys, arguments, words):
    status, _, err = call(monkeypatch, capsys, *arguments)
    assert status == 2
    assert words in err
    assert "Value error" not in err
    assert "Input should" not in err


def test_wrong_usage_is_status_2(monkeypatch, capsys):
    for arguments in (["tag", "--format", "xml", "a b"], ["train"], ["nonsense"], ["tag", "--threshold", "2", "a b"]):
        status, _, _ = call(monkeypatch, capsys, *arguments)
        assert status == 2


def test_version(monkeypatch, capsys):
    import fanlight

    assert call(monkeypatch, capsys, "--version")[1].strip() == fanlight.__version__


def test_a_reader_that_goes_away_is_no_error(model, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("Ada Byron lives in Oslo.\n" * 3000)
    command = f"{sys.executable} -m fanlight tag {path} --model {model} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False)
    assert b"rror" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout.count(b"\n") == 1


def test_text_in_utf_16(model, tmp_path, monkeypatch, capsys):
    path = tmp_path / "a.txt"
    path.write_bytes("Ada Byron lives in Oslo.\r\n\nThe café.\n".encode("utf-16"))
    status, out, _ = call(
        monkeypatch, capsys, "tag", path, "--model", model, "--encoding", "utf-16", "--format", "jsonl"
    )
    assert status == 0
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["Ada Byron lives in Oslo.", "", "The café."]


def test_help_fits_a_screen_and_groups_all_commands():
    environment = {**os.environ, "COLUMNS": "80", "LINES": "43"}
    shown = subprocess.run(
        [sys.executable, "-m", "fanlight", "--help"], capture_output=True, text=True, check=True, env=environment
    ).stdout.splitlines()
    assert len(shown) <= 43
    assert max(map(len, shown)) <= 80
    assert "Tag and explain:" in shown
    assert "More:" not in shown


def test_values_are_printed_beside_entities():
    command = [
        sys.executable,
        "-m",
        "fanlight",
        "tag",
        "--values",
        "--model",
        "ko",
        "--format",
        "jsonl",
        "오후 3시에 왔다.",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (entity,) = json.loads(done.stdout)["entities"]
    assert entity["value"] == {"kind": "time", "iso": "T15:00"}


@pytest.mark.parametrize(
    ("text", "word", "token"),
    [("홍길동은 부산에서 일한다.", "부산", "부 [5:6]"), ("Ann Lee lives in New York.", "New York", "New [17:20]")],
)
def test_a_word_of_several_tokens_is_explained_by_its_first(monkeypatch, capsys, text, word, token):
    status, out, _ = call(monkeypatch, capsys, "explain", text, "--word", word)
    assert status == 0
    assert out.startswith(token)
    status, _, err = call(monkeypatch, capsys, "explain", text, "--word", word[:-1] + "?")
    assert status == 1
    assert "no such token" in err


def test_whoever_gives_no_text_is_told_that_the_terminal_is_read(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert resolve([]) == [Source("-", is_file=True)]
    assert "reading standard input" in capsys.readouterr().err


def test_shards_that_are_done_fast_do_not_fill_the_terminal(tmp_path):
    (tmp_path / "texts").mkdir()
    for number in range(30):
        (tmp_path / "texts" / f"{number}.txt").write_text("She lives in Oslo.\n")
    done = run("tag", "--engine", "local", tmp_path / "texts", tmp_path / "tagged", "--model", "en", text=True)
    assert done.returncode == 0, done.stderr
    assert "30 texts tagged now" in done.stderr
    assert done.stderr.count("of 30 shards in all") < 30
