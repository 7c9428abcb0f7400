"""Files that are packed are read and written as plain ones are, and a damaged one is one line."""

import pytest

from fanlight.files import read_bytes, replacing
from tests.apps.commands import call, check_line
from tests.towns import TOWNS


@pytest.mark.parametrize("ending", ["", ".gz", ".zst", "folder"])
@pytest.mark.parametrize(
    "words",
    [
        ["tag", "{}", "--model", "en", "--format", "jsonl"],
        ["tag", "{}", "--model", "en", "--format", "conll"],
        ["tag", "{}", "--model", "en", "--format", "table"],
        ["mask", "{}", "--model", "en", "--redact"],
        ["next", "{}", "--model", "en", "--count", "3"],
    ],
    ids=" ".join,
)
def test_packed_inputs_are_read_by_every_command(monkeypatch, capsys, place, tmp_path, words, ending):
    plain = place / "texts.txt"
    packed = tmp_path / f"texts.txt{ending}"
    if ending == "folder":
        packed.mkdir()
        (packed / "1").write_bytes(plain.read_bytes())
    else:
        with replacing(packed) as part:
            part.write_bytes(plain.read_bytes())
    expected = call(monkeypatch, capsys, *(word.format(plain) for word in words))
    assert expected[0] == 0
    assert call(monkeypatch, capsys, *(word.format(packed) for word in words))[:2] == expected[:2]


@pytest.mark.parametrize(("name", "begins"), [("o.jsonl", '{"text"'), ("o.html", "<!doctype"), ("o.conll", "Ann\t")])
@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_an_outputs_name_says_what_is_written(monkeypatch, capsys, place, tmp_path, name, begins, ending):
    status, out, err = call(
        monkeypatch, capsys, "tag", place / "texts.txt", "--model", "en", "--out", tmp_path / (name + ending)
    )
    assert (status, out) == (0, ""), err
    assert read_bytes(tmp_path / (name + ending)).decode().lower().startswith(begins.lower())
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize("name", ["o.csv", "o.tsv", "o.json", "o.csv.gz"])
def test_a_format_that_is_not_written_is_refused(monkeypatch, capsys, place, tmp_path, name):
    status, _, err = call(monkeypatch, capsys, "tag", place / "texts.txt", "--model", "en", "--out", tmp_path / name)
    assert status == 1
    assert "is not written" in err
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign"])
@pytest.mark.parametrize("words", [["tag"], ["mask", "--redact"], ["convert", "--to", "jsonl"]], ids=lambda w: w[0])
def test_a_damaged_archive_is_one_line(monkeypatch, capsys, tmp_path, words, damage, ending):
    path = tmp_path / f"a.conll{ending}"
    with replacing(path) as part:
        part.write_bytes(TOWNS.read_bytes() * 3)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        for place in range(20, 60):
            data[place] ^= 0xFF
    else:
        data = bytearray(TOWNS.read_bytes())
    path.write_bytes(data)
    target = [tmp_path / "out"] if words[0] == "convert" else ["--model", "en"]
    status, _, err = call(monkeypatch, capsys, words[0], path, *target, *words[1:])
    assert status == 1
    assert "cannot be" in err
    check_line(err)


@pytest.mark.parametrize("words", [["tag", "--format", "jsonl"], ["tag", "--format", "conll"], ["mask", "--redact"]])
def test_a_line_that_fills_the_memory_is_refused(monkeypatch, capsys, tmp_path, words):
    monkeypatch.setattr("fanlight.files.compression.LONGEST_LINE", 1 << 20)
    path = tmp_path / "a.txt.gz"
    with replacing(path) as part:
        part.write_bytes(b"Oslo\n" + b"a" * (1 << 23))
    status, _, err = call(monkeypatch, capsys, words[0], path, "--model", "en", *words[1:])
    assert status == 1
    assert "the line is longer than 1 MB" in err
    check_line(err)
