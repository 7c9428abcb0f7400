import json

import pytest

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import check_trainable
from fanlight.errors import DataError
from fanlight.text.sentences import tokenise_sentences


def read(path, **options):
    return read_corpus(path, tokenise_sentences, **options)


def written(tmp_path, content, name="a.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


CONLL = "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\nGerman JJ I-NP I-MISC\n\n-DOCSTART- -X- O O\n\nPeter NNP I-NP I-PER\nBlackburn NNP I-NP I-PER\n"


def test_conll2003_columns(tmp_path):
    corpus = read(written(tmp_path, CONLL))
    assert [len(d) for d in corpus.documents] == [1, 1]
    assert corpus.sentences[0].tokens == ["EU", "rejects", "German"]
    assert corpus.sentences[0].spans == ((0, 1, "ORG"), (2, 3, "MISC"))
    assert corpus.sentences[1].spans == ((0, 2, "PER"),)
    assert corpus.sentences[1].line == 9
    assert corpus.unit == "word"
    assert corpus.notes == []


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_tabs_windows_line_ends_and_byte_order_marks(tmp_path, ending, start):
    text = start + ending.join(["# a comment", "In\tO", "#tag\tO", "New\tB-LOC", "York\tI-LOC", ""])
    corpus = read(written(tmp_path, text))
    assert corpus.sentences[0].tokens == ["In", "#tag", "New", "York"]
    assert corpus.sentences[0].spans == ((2, 4, "LOC"),)


def test_repairs_are_listed(tmp_path):
    corpus = read(written(tmp_path, "a\tB-X\nb\tI-Y\n\nc\tB-Y\nd\tI-Y\n"))
    assert corpus.sentences[0].spans == ((0, 1, "X"), (1, 2, "Y"))
    assert [(n.line, n.what) for n in corpus.notes] == [(2, "I-Y read as B-Y")]
    assert "1 × tag repaired (IOB2) (first: line 2" in corpus.summary()


def test_klue_characters(tmp_path):
    text = "## header\n## id\t<서울:LC>은\n서\tB-LC\n울\tI-LC\n은\tO\n \tO\n큰\tB-X\n \tI-X\n강\tI-X\n \tI-X\n\n"
    corpus = read(written(tmp_path, text))
    (sentence,) = corpus.sentences
    assert corpus.unit == "character"
    assert sentence.text == "서울은 큰 강 "
    assert sentence.tokens == list("서울은큰강")
    assert sentence.spans == ((0, 2, "LC"), (3, 5, "X"))
    assert [n.kind for n in corpus.notes] == ["white space at a span's edge trimmed"]


def test_korean_columns_of_words_become_characters(tmp_path):
    corpus = read(written(tmp_path, "서울\tB-LC\n은\tO\n크다\tO\n"))
    assert corpus.unit == "character"
    assert corpus.sentences[0].spans == ((0, 2, "LC"),)


@pytest.mark.parametrize(
    "record",
    [
        {"text": "In Paris.", "spans": [{"start": 3, "end": 8, "label": "LOC"}]},
        {"text": "In Paris.", "entities": [[3, 8, "LOC"]]},
        {"text": "In Paris.", "label": [[3, 8, "LOC"]]},
        {"text": "In Paris.", "entities": [{"start_offset": 3, "end_offset": 8, "label": "LOC"}]},
    ],
)
def test_jsonl_as_people_have_it(tmp_path, record):
    corpus = read(written(tmp_path, json.dumps(record), "a.jsonl"))
    assert corpus.sentences[0].tokens == ["In", "Paris", "."]
    assert corpus.sentences[0].spans == ((1, 2, "LOC"),)


def test_spans_that_do_not_fit_are_kept_and_noted(tmp_path):
    record = {"text": "Anti-Paris. So be it.", "spans": [[5, 10, "LOC"], [5, 11, "X"], [0, 21, "Y"], [5, 10, "LOC"]]}
    corpus = read(written(tmp_path, json.dumps(record)))
    (sentence,) = corpus.sentences
    assert [sentence.text[sentence.starts[s] : sentence.ends[e - 1]] for s, e, _ in sentence.spans] == [
        "Anti-Paris. So be it.", "Paris", "Paris.",
    ]  # fmt: skip
    kinds = {n.kind for n in corpus.notes}
    assert kinds == {"span repeated", "token divided at a span's edge", "sentences joined for a span across them"}
    assert corpus.overlaps


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02binary\x00", "binary"),
        (b"caf\xe9\tO\n", r"a.txt:1: byte 3 is not utf-8: .*--encoding"),
        ("a\tO\nb\tx\tO\n", r"a.txt:2: has 3 columns, 2 columns expected"),
        ("a\nb\n", r"a.txt:1: has 1 column, a token and a tag expected"),
        ("a\tQ-PER\n", r"a.txt:1: 'Q-PER' is not a tag"),
        ('{"text": "ab", "spans": [[0, 9, "X"]]}', r"a.txt:1: span 0:9 X lies outside the text of 2 characters"),
        ('{"text": "ab", "spans": [[1, 1, "X"]]}', "or is empty"),
        ('{"text": "ab", "spans": [["0", 1, "X"]]}', "is no span"),
        ('{"text": "ab", "spans": {"a": 1}}', "not a list"),
        ('{"txt": "ab"}', 'has no "text"'),
        ('{"text": "ab"', r"a.txt:1: is not JSON"),
        ("-DOCSTART- -X- O O\n", "has no sentences"),
        ("## klue\n서 O\n", r"a.txt:2: expected a character, a tab and a tag"),
    ],
)
def test_bad_input_is_named(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(written(tmp_path, content))


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(DataError, match="nothere.txt: cannot be read"):
        read(tmp_path / "nothere.txt")
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)


def test_other_encodings_work_when_named(tmp_path):
    path = written(tmp_path, "Orléans\tB-LOC\n".encode("cp1252"))
    assert read(path, encoding="cp1252").sentences[0].tokens == ["Orléans"]
    with pytest.raises(DataError, match="no such encoding"):
        read(path, encoding="klingon")


def test_unknown_schemes_and_formats_are_refused(tmp_path):
    path = written(tmp_path, "a\tO\n")
    with pytest.raises(DataError, match="unknown tag scheme 'BOI': choose IOB1"):
        read(path, scheme="BOI")
    with pytest.raises(DataError, match="unknown format 'xml'"):
        read(path, format="xml")


def test_what_cannot_be_trained_on(tmp_path):
    with pytest.raises(DataError, match="no entities at all"):
        check_trainable(read(written(tmp_path, "a\tO\n")), overlapping_allowed=False)
    nested = read(written(tmp_path, '{"text": "Bank of Oslo", "spans": [[0, 12, "ORG"], [8, 12, "LOC"]]}'))
    with pytest.raises(DataError, match=r"a.txt:1: entities overlap \(ORG and LOC; 1 times"):
        check_trainable(nested, overlapping_allowed=False)
    check_trainable(nested, overlapping_allowed=True)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "sentences", "entities"),
    [
        ("conll2003-en/train.txt", 14041, 23499),
        ("conll2003-en/dev.txt", 3250, 5942),
        ("klue-ko/dev.tsv", 500, None),
        ("wnut2017-en/dev.txt", 1009, None),
    ],
)
def test_the_labelled_data_is_read_whole(data, name, sentences, entities):
    corpus = read(data / name)
    assert len(corpus.sentences) == sentences
    if entities is not None:
        assert sum(len(s.spans) for s in corpus.sentences) == entities


@pytest.mark.data
def test_every_kmou_span_is_kept(data):
    path = data / "kmou-ko" / "dev.jsonl"
    corpus = read(path)
    gold = [
        [(s["start"], s["end"], s["label"]) for s in json.loads(line)["spans"]]
        for line in path.read_text().splitlines()
    ]
    kept = sum(len(s.spans) for s in corpus.sentences)
    assert kept == sum(len(set(g)) for g in gold)


def test_a_sentence_is_its_own_document_where_none_are_marked(tmp_path):
    path = tmp_path / "towns.conll"
    path.write_text("Ann\tB-PER\n\nOslo\tB-LOC\n", encoding="utf-8")
    corpus = read_corpus(path, tokenise_sentences)
    assert (len(corpus.documents), corpus.documents_marked) == (2, False)
    assert len(read_corpus(path, tokenise_sentences, unmarked_document="file").documents) == 1
    path.write_text("-DOCSTART-\tO\n\nAnn\tB-PER\n\nOslo\tB-LOC\n", encoding="utf-8")
    corpus = read_corpus(path, tokenise_sentences)
    assert (len(corpus.documents), corpus.documents_marked) == (1, True)
