"""Word vectors are read from every form of file, and a broken file is refused with its line."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.errors import DataError
from fanlight.text import vectors as vectors_module
from fanlight.text.numbers import parse_lines
from fanlight.text.vectors import fallback_forms, read_vectors

TEXT = "the 0.5 -1e-3 2\nParis 1 2.25 3\nNew York 4 5 6\n"
EXPECTED = np.array([[0.5, -1e-3, 2], [1, 2.25, 3], [4, 5, 6]], np.float32)


def read(path, **options):
    return read_vectors(path, cache=False, **options)


@pytest.mark.parametrize("form", ["glove", "word2vec", "windows", "fasttext", "gzip", "zstd", "binary"])
def test_formats(tmp_path, form):
    path = tmp_path / {"gzip": "v.vec.gz", "zstd": "v.vec.zst"}.get(form, "v.vec")
    content = TEXT.encode()
    if form in ("word2vec", "fasttext", "gzip"):
        content = b"3 3\n" + content
    if form == "fasttext":
        content = content.replace(b"\n", b" \n").replace(b"3 3 \n", b"3 3\n")
    if form == "windows":
        content = content.replace(b"\n", b"\r\n")
    if form == "gzip":
        content = gzip.compress(content)
    if form == "zstd":
        content = pytest.importorskip("zstandard").compress(content)
    if form == "binary":
        names = ["the", "Paris", "New_York"]
        content = b"3 3\n" + b"".join(
            w.encode() + b" " + struct.pack("<3f", *row) + b"\n" for w, row in zip(names, EXPECTED, strict=True)
        )
    path.write_bytes(content)
    vectors = read(path)
    assert vectors.words[:2] == ["the", "Paris"]
    assert vectors.words[2] in ("New York", "New_York")
    np.testing.assert_array_equal(vectors.matrix, EXPECTED)
    assert read(path, limit=2).words == ["the", "Paris"]


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(["{!r}", "{:.6g}", "{:.3e}", "{:.1f}", "+{:.2f}"]),
)
def test_the_number_parser_equals_pythons(number, form):
    text = form.format(number).replace("+-", "-")
    data = np.frombuffer(f"w {text}\n".encode(), np.uint8)
    matrix, line_ends = np.empty((1, 1), np.float32), np.empty((1, 2), np.int64)
    assert parse_lines(data, 1, matrix, line_ends) == -1
    np.testing.assert_allclose(matrix[0, 0], np.float32(float(text)), rtol=1e-6, atol=1e-45)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("a 1 2\nb 1\n", r"v.vec:2: has 1 components, the file has 2"),
        ("2 2\na 1 2\nb 1 x2\n", r"v.vec:3: a component is not a number"),
        ("word\n", "no word vectors"),
        ("2 3", "has no vectors after its first line"),
        ("2 3\n\n", "has no vectors after its first line"),
        ("a 1 2\nb 1 nan\n", "v.vec:2"),
        ("a 1 2\nb 1 --2\n", "v.vec:2"),
    ],
)
def test_broken_files_name_the_line(tmp_path, content, message):
    path = tmp_path / "v.vec"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read(path)


def test_a_binary_file_cut_short(tmp_path):
    path = tmp_path / "v.bin"
    path.write_bytes(b"2 3\nthe " + struct.pack("<3f", 1, 2, 3) + b"\nParis " + b"\x00" * 5)
    with pytest.raises(DataError, match="cut short: 1 of 2"):
        read(path)


@pytest.mark.parametrize(
    "header", ["2" * 105 + " 2", "2 " + "2" * 105, "2" * 5000 + " 2", "999999999999999 2", "2 9" + "9" * 14]
)
def test_a_binary_file_gets_memory_for_what_it_holds_not_for_what_it_promises(tmp_path, header):
    path = tmp_path / "v.bin"
    path.write_bytes(header.encode() + b"\nthe " + struct.pack("<2f", float("nan"), 2))
    with pytest.raises(DataError, match="v.bin"):
        read(path)


def test_a_binary_file_of_more_words_than_memory_is_taken_for_at_first(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors_module, "FIRST_ROWS", 2)
    path = tmp_path / "v.bin"
    rows = np.arange(14, dtype="<f4").reshape(7, 2)
    path.write_bytes(b"7 2\n" + b"".join(f"w{i} ".encode() + row.tobytes() + b"\n" for i, row in enumerate(rows)))
    vectors = read(path)
    assert vectors.words == [f"w{i}" for i in range(7)]
    np.testing.assert_array_equal(vectors.matrix, rows)


def test_of_repeated_words_the_first_stays(tmp_path):
    path = tmp_path / "v.vec"
    path.write_text("a 1 2\nb 3 4\na 5 6\n")
    vectors = read(path)
    assert vectors.words == ["a", "b"]
    assert vectors.repeated == 1
    assert vectors.matrix[0].tolist() == [1, 2]


def test_a_file_is_parsed_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "v.vec"
    path.write_text(TEXT)
    vectors = read_vectors(path)
    monkeypatch.setattr("fanlight.text.vectors.parse_vectors", None)
    again = read_vectors(path)
    assert again.words == vectors.words
    np.testing.assert_array_equal(again.matrix, vectors.matrix)
    (cache_file,) = (tmp_path / "cache").rglob("*.safetensors")
    cache_file.write_bytes(cache_file.read_bytes()[:50])
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert read_vectors(path).words == vectors.words, "a damaged cache is read past"


def test_spellings_are_tried_in_order():
    assert fallback_forms("PARIS") == ["paris", "Paris"]
    assert fallback_forms("paris") == ["Paris"]
    assert fallback_forms("1996") == ["0000", "####"]
