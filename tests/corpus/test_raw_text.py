"""Raw text: one reader for training, updates and word vectors."""

import gzip

import pytest

from fanlight.corpus.raw_text import read_raw_documents, read_raw_lines
from fanlight.errors import DataError
from fanlight.text.sentences import tokenise_sentences


def test_files_of_folders_are_read_in_order_up_to_a_number_of_lines(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"\xef\xbb\xbfAnn left. Bo stayed.\r\n\n")
    (folder / "b.txt.gz").write_bytes(gzip.compress(b"Oslo is old.\nRome is older.\n"))
    documents = read_raw_documents([folder], tokenise_sentences, "word", 3)
    assert [[sentence.tokens for sentence in document] for document in documents] == [
        [["Ann", "left", "."], ["Bo", "stayed", "."]],
        [["Oslo", "is", "old", "."]],
    ]
    assert not any(sentence.spans for document in documents for sentence in document)


def test_korean_has_characters(tmp_path):
    (tmp_path / "a").write_text("서울에 간다\n", encoding="utf-8")
    ((sentence,),) = read_raw_documents([tmp_path / "a"], tokenise_sentences, "character", 9)
    assert sentence.tokens == list("서울에간다")


@pytest.mark.parametrize("encoding", ["utf-16", "cp949", "utf-8-sig"])
def test_encodings(tmp_path, encoding):
    (tmp_path / "a").write_bytes("서울\n부산\n".encode(encoding))
    assert [line.strip() for line in read_raw_lines(tmp_path / "a", encoding)] == ["서울", "부산"]


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (b"good\nna\xefve\n", "utf-8", r"raw:2: byte 7 is not utf-8: name the file's encoding with --encoding"),
        (b"\x1f\x8b\x08\n", "utf-8", r"raw:1: is compressed: unpack it, or let its name end with .gz"),
        (b"a\0b", "utf-16", r"raw: byte \d is not utf-16"),
        (b"\n \n\n", "utf-8", r"raw: has no text in its first 5 lines: give raw text, one text a line"),
        (b"", "utf-8", r"raw: has no text"),
        (b"x", "klingon", r"--encoding klingon: no such encoding"),
        (None, "utf-8", r"raw: cannot be read \(No such file or directory\): is the path right\?"),
    ],
)
def test_faults_name_file_line_and_remedy(tmp_path, data, encoding, message):
    if data is not None:
        (tmp_path / "raw").write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_raw_documents([tmp_path / "raw"], tokenise_sentences, "word", 5, encoding)
