"""Labelled files of every format are read exactly or refused with file, line and remedy."""

import json
from pathlib import Path

import pytest

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import check_trainable
from fanlight.errors import DataError, FanlightWarning
from fanlight.files import replacing
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


@pytest.mark.parametrize(
    "content",
    [
        'Sentence #,Word,POS,Tag\nSentence: 1,Ann,NNP,B-PER\n,Lee,NNP,I-PER\n,"said,",V,O\nSentence: 2,Oslo,NNP,B-LOC\n',
        "sentence_id;token;label\n1;Ann;B-PER\n1;Lee;I-PER\n1;said,;O\n2;Oslo;B-LOC\n",
        "\ufeffword\tner\r\nAnn\tB-PER\r\nLee\tI-PER\r\nsaid,\tO\r\n\t\r\nOslo\tB-LOC\r\n",
    ],
)
def test_tables_of_tokens(tmp_path, content):
    corpus = read(written(tmp_path, content, "a.csv"))
    assert [sentence.tokens for sentence in corpus.sentences] == [["Ann", "Lee", "said,"], ["Oslo"]]
    assert [sentence.spans for sentence in corpus.sentences] == [((0, 2, "PER"),), ((0, 1, "LOC"),)]
    assert len(corpus.documents) == 2
    assert not corpus.documents_marked
    assert read(written(tmp_path, content, "a.txt")).sentences == corpus.sentences


@pytest.mark.parametrize(
    "cell", ['"[[3, 8, ""LOC""]]"', "\"[(3, 8, 'LOC')]\"", '"[{""start"": 3, ""end"": 8, ""label"": ""LOC""}]"']
)
def test_tables_of_texts(tmp_path, cell):
    corpus = read(written(tmp_path, f'id,text,entities\n7,"In Paris,\nthey said.",{cell}\n8,It rained.,\n', "a.csv"))
    assert [(s.tokens[1], s.spans) for s in corpus.sentences if s.spans] == [("Paris", ((1, 2, "LOC"),))]
    assert [document[0].line for document in corpus.documents] == [2, 4]
    assert corpus.documents_marked


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ann,B-PER\n", r"a.csv:1: the header 'ann, b-per' tells no labelled data: name the columns word and tag"),
        ("text,label\nGood.,positive\n", r"a.csv:2: 'positive' is no list of entities such as"),
        ("text,spans\nGood.,\"[[0, 9, ''X'']]\"\n", r"a.csv:2: .* is no list of entities"),
        ('text,spans\nGood.,"[[0, 9, ""X""]]"\n', r"a.csv:2: span 0:9 X lies outside the text of 5"),
        ("word,tag\nAnn,B-PER,x\n", r"a.csv:2: has 3 cells, and the header 2"),
        ("word,tag\nAnn,\n", r"a.csv:2: has no tag"),
        ("word,tag\n,O\n", r"a.csv:2: has no token"),
        ("a\rword,tag\nAnn,PER\n", r"a.csv:1: the header '' tells no labelled data"),
        ("word,tag\nAnn,PER\n", r"a.csv:2: 'PER' is not a tag"),
        ("word,tag\n" + "Ann,O\n" * 301, r"a.csv: nothing tells where a sentence ends"),
        ('word,tag\nAnn,"O\n' + "x" * 200_000, r"a.csv:2: is no CSV: field larger"),
    ],
)
def test_tables_at_fault_are_named(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(written(tmp_path, content, "a.csv"))


def test_spans_that_do_not_fit_are_kept_and_noted(tmp_path):
    record = {"text": "Anti-Paris. So be it.", "spans": [[5, 10, "LOC"], [5, 11, "X"], [0, 21, "Y"], [5, 10, "LOC"]]}
    corpus = read(written(tmp_path, json.dumps(record)))
    (sentence,) = corpus.sentences
    assert [sentence.text[sentence.token_starts[s] : sentence.token_ends[e - 1]] for s, e, _ in sentence.spans] == [
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
    with pytest.raises(DataError, match="has no files"):
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
    count = sum(len(s.spans) for s in corpus.sentences)
    assert count == sum(len(set(g)) for g in gold)


def test_a_sentence_is_its_own_document_where_none_are_marked(tmp_path):
    path = tmp_path / "towns.conll"
    path.write_text("Ann\tB-PER\n\nOslo\tB-LOC\n", encoding="utf-8")
    corpus = read_corpus(path, tokenise_sentences)
    assert (len(corpus.documents), corpus.documents_marked) == (2, False)
    assert len(read_corpus(path, tokenise_sentences, unmarked_document="file").documents) == 1
    path.write_text("-DOCSTART-\tO\n\nAnn\tB-PER\n\nOslo\tB-LOC\n", encoding="utf-8")
    corpus = read_corpus(path, tokenise_sentences)
    assert (len(corpus.documents), corpus.documents_marked) == (1, True)


def test_prodigy_tasks_that_were_not_accepted_are_left_out(tmp_path):
    rows = [
        {"text": "cat is an animal", "spans": [{"start": 0, "end": 3, "label": "ANIMAL"}], "answer": "accept"},
        {"text": "a sandwich is food", "spans": [{"start": 2, "end": 10, "label": "ANIMAL"}], "answer": "reject"},
        {"text": "skip this one", "spans": [], "answer": "ignore"},
    ]
    path = written(tmp_path, "\n".join(map(json.dumps, rows)))
    with pytest.warns(FanlightWarning, match="1 ignore, 1 reject"):
        corpus = read(path)
    assert [s.text for s in corpus.sentences] == ["cat is an animal"]
    with pytest.raises(DataError, match="the answer 'yes' is none of"):
        read(written(tmp_path, json.dumps({**rows[0], "answer": "yes"})))


def test_a_column_that_counts_tokens_is_none_of_words(tmp_path):
    rows = ["1\tAnn\t_\tPROPN\tB-PER", "2\tLee\t_\tPROPN\tI-PER", "3\tleft\t_\tVERB\tO", "", "1\tOslo\t_\tPROPN\tB-LOC"]
    with pytest.warns(FanlightWarning, match="first column counts tokens"):
        corpus = read(written(tmp_path, "\n".join(rows)))
    assert [s.tokens for s in corpus.sentences] == [["Ann", "Lee", "left"], ["Oslo"]]
    with pytest.raises(DataError, match=":2: the row 2-3 is of several tokens"):
        read(written(tmp_path, "1\tIn\t_\tO\n2-3\tdu\t_\tO\n2\tde\t_\tO\n3\tle\t_\tO"))
    counts = read(written(tmp_path, "1\tCD\tO\napples\tNN\tO"))
    assert counts.sentences[0].tokens == ["1", "apples"]


def test_columns_are_parted_by_spaces_or_tabs_alone(tmp_path):
    corpus = read(written(tmp_path, "New\u00a0York B-LOC\n\u3000 O\nwon  O\n"))
    assert corpus.sentences[0].tokens == ["New\u00a0York", "\u3000", "won"]


@pytest.mark.parametrize("key", ["annotations", "ents", "Spans", "ENTITIES"])
def test_spans_under_another_key_are_refused_by_name(tmp_path, key):
    row = {"text": "Oslo", key: [{"start": 0, "end": 4, "label": "LOC"}]}
    for extra in ({}, {"spans": []}):
        with pytest.raises(DataError, match=f"spans under '{key}' are not read"):
            read(written(tmp_path, json.dumps({**row, **extra})))


def test_keys_that_contradict_each_other_are_refused(tmp_path):
    row = {"text": "Oslo", "spans": [], "entities": [{"start": 0, "end": 4, "label": "LOC"}]}
    with pytest.raises(DataError, match="different spans under spans and entities"):
        read(written(tmp_path, json.dumps(row)))
    same = read(written(tmp_path, json.dumps({**row, "spans": row["entities"], "tags": ["news"], "label": "x"})))
    assert len(same.sentences[0].spans) == 1


@pytest.mark.parametrize("ending", ["gz", "zst", "folder"])
def test_packed_files_and_folders(tmp_path, ending):
    plain = written(tmp_path, "Ann B-PER\nleft O\n\nOslo B-LOC\n")
    if ending == "folder":
        place = tmp_path / "both"
        place.mkdir()
        (place / "1").write_text("Ann B-PER\nleft O\n")
        (place / "2").write_text("Oslo B-LOC\n")
    else:
        place = tmp_path / f"a.conll.{ending}"
        with replacing(place) as part:
            part.write_bytes(Path(plain).read_bytes())
        assert place.read_bytes() != Path(plain).read_bytes()
    assert [s.tokens for s in read(place).sentences] == [s.tokens for s in read(plain).sentences]
