"""Files that are one text each: `fanlight tag --whole-files`."""

import json

import pytest

from tests.apps.commands import call, run

LETTER = "\ufeffShe met Ann Lee in New\r\nYork.\n\nIt rained.\n"


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def letters(tmp_path):
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "1.txt").write_bytes(LETTER.encode())
    (folder / "2.txt").write_text("Bob lives in Oslo.\n")
    (folder / "3.txt").write_text("")
    return folder


def test_a_file_is_one_text_with_its_line_breaks(monkeypatch, capsys, letters):
    words = ("tag", letters, "--whole-files", "--model", "en", "--format", "jsonl")
    status, out, err = call(monkeypatch, capsys, *words)
    assert status == 0, err
    letter, note, empty = rows_of(out)
    assert letter["text"] == LETTER.removeprefix("\ufeff")
    assert ("New\r\nYork", "LOC") in [(e["text"], e["type"]) for e in letter["entities"]]
    for row in (letter, note):
        assert all(row["text"][e["start"] : e["end"]] == e["text"] for e in row["entities"])
    assert empty == {"text": "", "entities": []}


def test_standard_input_is_one_text(letters):
    done = run("tag", "-", "--whole-files", "--model", "en", stdin=LETTER.encode())
    assert [row["text"] for row in rows_of(done.stdout.decode())] == [LETTER.removeprefix("\ufeff")]


@pytest.mark.parametrize("encoding", ["utf-16", "cp949"])
def test_other_encodings(monkeypatch, capsys, tmp_path, encoding):
    text = "이순신은 서울에서\n태어났다.\n"
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    words = ("tag", tmp_path / "a.txt", "--whole-files", "--model", "ko", "--encoding", encoding, "--format", "jsonl")
    _, out, _ = call(monkeypatch, capsys, *words)
    assert [row["text"] for row in rows_of(out)] == [text]


def test_an_interrupted_run_goes_on_after_the_last_file(monkeypatch, capsys, tmp_path, letters):
    out = tmp_path / "out.jsonl"
    words = ["tag", letters, "--whole-files", "--model", "en", "--out", out]
    with monkeypatch.context() as patch:
        patch.setattr("fanlight.apps.cli.tag_outputs.end_lines", _interrupt, raising=False)
        patch.setattr("fanlight.apps.cli.resuming.end_lines", _interrupt)
        assert call(patch, capsys, *words)[0] == 130
    part = tmp_path / "out.jsonl.part"
    lines = part.read_text().splitlines(keepends=True)
    part.write_text(lines[0] + lines[1][:9])
    status, _, err = call(monkeypatch, capsys, *[word for word in words if word != "--whole-files"], "--resume")
    assert status == 1
    assert "another whole files" in err
    assert call(monkeypatch, capsys, *words, "--resume")[0] == 0
    assert out.read_text() == "".join(lines)
    assert len(lines) == 3


def _interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["--text-column", "text"], 2, "cannot stand beside --text-column"),
        (["--engine", "local", "--out", "tagged"], 1, "--engine: tags the lines of UTF-8 files"),
    ],
)
def test_what_does_not_go_with_it_is_refused(monkeypatch, capsys, letters, words, status, reason):
    done, _, err = call(monkeypatch, capsys, "tag", letters, "--whole-files", *words)
    assert done == status
    assert reason in err
