"""Every format there and back: emoji, combining marks, CRLF, Korean, overlapping entities."""

import json
import warnings
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fanlight.apps.convert import FORMATS, read_records, write_records
from fanlight.apps.integrations.arrow import read_column
from fanlight.corpus.formats.record import Mark, Record, place_spans
from fanlight.errors import DataError, FanlightError, FanlightWarning

SUFFIX = {
    "columns": "conll",
    "csv": "csv",
    "klue": "klue",
    "docbin": "spacy",
    "parquet": "parquet",
    "webanno": "tsv",
    "brat": "brat",
}
WHOLE = ("jsonl", "csv", "prodigy", "doccano", "labelstudio", "spacy2", "brat", "webanno")  # hold any text and overlaps
HARD = "👩‍👩‍👧 é́ \r\n서울은 \U0001d11e Ann's U.S.\n\nx́yz [a|b_c;d]\\n 각"


def there_and_back(folder, records, format, **options):
    place = folder / f"x.{SUFFIX.get(format, 'json')}"
    write_records(records, str(place), format, **options)
    return read_records(str(place), format)[0]


@st.composite
def texts(draw, alphabet="ab A.,'é́👩\u200d👧서울\U0001d11e()", breaks="\r\n", overlap=True):
    text = draw(st.text(alphabet + breaks, min_size=1, max_size=24).filter(str.strip))
    spans = set()
    for _ in range(draw(st.integers(0, 4))):
        s = draw(st.integers(0, len(text) - 1))
        e = draw(st.integers(s + 1, len(text)))
        part = text[s:e]
        s, e = s + len(part) - len(part.lstrip()), e - len(part) + len(part.rstrip())
        is_separate = all(e <= a or b <= s for a, b, _ in spans)
        if s < e and (is_separate or (overlap and not any((s, e) == p[:2] for p in spans))):
            spans.add((s, e, draw(st.sampled_from(["PER", "LOC-x", "기관"]))))
    return Record(text, tuple(sorted(spans)), 1)


def assume_visible(records):
    """Leave out texts with what cannot be seen: it is in no token, and no entity begins or ends with it."""
    assume(not any("\u200d" in r.text for r in records))


def plain(records):
    return [(r.text, r.spans) for r in records]


@pytest.mark.parametrize("format", WHOLE)
@given(records=st.lists(texts(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_texts_and_overlapping_entities_come_back(tmp_path_factory, format, records):
    if format == "webanno":
        assume_visible(records)
    folder = tmp_path_factory.mktemp("f")
    if format == "csv" and any("\r" in r.text for r in records):
        with pytest.raises(DataError, match=r"text \d+: has a carriage return"):
            there_and_back(folder, records, format)
        return
    result = there_and_back(folder, records, format)
    assert plain(result) == plain(records)


TOKENS = ("docbin", "klue", "parquet", "columns")  # hold a tag a token
assert set(FORMATS) == {*WHOLE, *TOKENS}


@pytest.mark.parametrize("format", TOKENS)
@given(records=st.lists(texts(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_formats_of_tokens_keep_all_or_say_why_not(tmp_path_factory, format, records):
    """docbin and KLUE keep the text, the others tokens alone; every entity is there, or its text is named and why."""
    if format != "klue":
        assume_visible(records)
    lost = sum(any(a[1] > b[0] for a, b in pairwise(r.spans)) for r in records)
    if format == "klue":
        lost += sum(any(c in "\r\n" for c in r.text) for r in records)
    folder = tmp_path_factory.mktemp("f")
    if lost:
        with pytest.raises(DataError, match=r"text \d+: .*(overlap|line break)"):
            there_and_back(folder, records, format)
        assert not list(folder.iterdir())
        return
    result = there_and_back(folder, records, format)
    if format in ("docbin", "klue"):
        assert plain(result) == plain(records)
    expected = [("".join(r.text[s:e].split()), t) for r in records for s, e, t in r.spans]
    assert [("".join(r.text[s:e].split()), t) for r in result for s, e, t in r.spans] == expected
    assert "".join("".join(r.text.split()) for r in result) == "".join("".join(r.text.split()) for r in records)


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU", "IO"])
@given(records=st.lists(texts(overlap=False), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_columns_keep_every_entity_in_every_scheme(tmp_path_factory, scheme, records):
    assume_visible(records)
    folder = tmp_path_factory.mktemp("f")
    try:
        result = there_and_back(folder, records, "columns", scheme=scheme)
    except DataError as error:
        assert scheme == "IO"
        assert "touch" in str(error)
        return
    expected = ["".join(r.text[s:e].split()) + t for r in records for s, e, t in r.spans]
    assert ["".join(r.text[s:e].split()) + t for r in result for s, e, t in r.spans] == expected


def test_parquet_keeps_tokens_and_tags(tmp_path):
    records = [
        Record("Ann lives in Oslo", ((0, 3, "PER"), (13, 17, "LOC")), 1),
        Record("서울은 크다", ((0, 2, "LOC"),), 2),
    ]
    result = there_and_back(tmp_path, records, "parquet")
    assert [r.text for r in result] == ["Ann lives in Oslo", "서 울 은 크 다"]
    assert [[r.text[s:e] for s, e, _ in r.spans] for r in result] == [["Ann", "Oslo"], ["서 울"]]
    import pyarrow.parquet

    metadata = pyarrow.parquet.read_schema(tmp_path / "x.parquet").metadata
    assert json.loads(metadata[b"huggingface"])["info"]["features"]["ner_tags"]["feature"]["names"][0] == "O"


@pytest.mark.parametrize("unit", ["code points", "UTF-16 units", "graphemes"])
@pytest.mark.parametrize("breaks", ["as they are", "CRLF as one", "LF as two"])
def test_offsets_of_any_unit_are_understood(unit, breaks):
    from fanlight.corpus.formats.record import places_in_unit

    back = {v: k for k, v in places_in_unit(HARD, unit, breaks).items()}
    surfaces = ["서울", "Ann", "U.S.", "xyz"[:1] + "́", "각"]
    marks = []
    for surface in surfaces:
        place = HARD.index(surface)
        if place in back and place + len(surface) in back:
            marks.append(Mark(back[place], back[place + len(surface)], "X", surface, 1))
    assert len(marks) >= 4
    (result,) = place_spans("f", [HARD], [marks])
    assert [HARD[s:e] for s, e, _ in result] == [m.surface for m in marks]


def test_offsets_that_fit_no_unit_name_the_line():
    with pytest.raises(DataError, match=r"f:7: 'Bob' does not stand at 0:3, where the text has 'Ann'"):
        place_spans("f", ["Ann met Bob"], [[Mark(0, 3, "PER", "Bob", 7)]])


@pytest.mark.parametrize(
    ("format", "record", "reason"),
    [
        ("columns", Record("Ann Lee", ((0, 3, "A"), (0, 7, "B")), 3), "text 3: entities overlap"),
        ("columns", Record("Ann Lee ", ((0, 8, "A"),), 3), "white space at a span's edge"),
        ("klue", Record("a\nb", (), 1), "line break"),
        ("klue", Record("ab", ((0, 1, "A"), (0, 2, "B")), 1), "overlaps"),
        ("docbin", Record("ab cd", ((0, 2, "A"), (0, 5, "B")), 1), "overlap"),
        ("parquet", Record("ab cd", ((0, 2, "A"), (0, 5, "B")), 1), "overlap"),
        ("brat", Record("ab", ((0, 1, "A B"),), 1), "white space"),
    ],
)  # fmt: skip
def test_what_a_format_cannot_hold_is_refused(tmp_path, format, record, reason):
    place = tmp_path / "x"
    with pytest.raises(DataError, match=reason):
        write_records([record], str(place), format)
    assert not place.is_file()


def test_formats_are_found_by_looking(tmp_path):
    records = [Record("Ann lives in Oslo", ((0, 3, "PER"),), 1)]
    for format in FORMATS:
        place = tmp_path / f"{format}.{SUFFIX.get(format, 'data')}"
        write_records(records, str(place), format)
        result, read = read_records(str(place))
        assert result[0].spans[0][2] == "PER"
        assert read == {"prodigy": "jsonl", "doccano": "jsonl"}.get(format, format)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", '[{"data": 1}]', "task 1: has no text"),
        ("a.json", '[{"data": {"t": "x"}, "annotations": [1]}]', "task 1: its annotations"),
        ("a.json", '[{"data": {"t": "x"}, "annotations": [{"result": [{"value": {"labels": [1]}}]}]}]', "no texts"),
        ("a.json", '[["x", 1]]', "item 1"),
        ("a.json", "[" * 100_000, "JSON|nested"),
        ("a.json", '[["x", {"entities": [[0, 9, "A"]]}]]', "lies outside"),
        ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n\n#Text=a\n1-1\t0-1\ta\t_\t\n", "no #T_SP"),
        ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n#T_SP=x|value\n1-1\tq\ta\t_\t\n", ":3: expected"),
        ("a.spacy", "nonsense", "no DocBin"),
        ("a.parquet", "nonsense", "no Parquet"),
        ("a.conll", "", "empty"),
        ("b.ann", "T1\tPER 0 3;8 11\tAnn Bob\n", "in pieces"),
        ("b.ann", "T1 PER 0 3 Ann\n", ":1: expected"),
        ("b.ann", "T1\tPER 0 ;\tAnn\n", "no offsets"),
    ],
)
def test_faults_are_named(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "b.txt").write_text("Ann met Bob", encoding="utf-8")
    with pytest.raises(DataError, match=reason):
        read_records(str(tmp_path / name))
    with pytest.raises(DataError, match="cannot be read"):
        read_records(str(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("tokens", "tags", "reason"),
    [
        ([1], ["O"], "row 1: '1' in column 'tokens' is no list"),
        ([["a"]], ["O"], "row 1: 'O' in column 'tags' is no list"),
        ([[1]], [["O"]], "row 1: its tokens are not all texts"),
        ([["a", None]], [["O", "O"]], "row 1: its tokens are not all texts"),
        ([["a"]], [[3]], "tag 3 has no name"),
        ([["a"]], [["O", "O"]], "has 1 tokens but 2 tags"),
    ],
)
def test_columns_of_something_else_are_named(tmp_path, tokens, tags, reason):
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"tokens": tokens, "tags": tags}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=reason):
        read_records(str(tmp_path / "a.parquet"))


def test_a_damaged_parquet_file_is_told_of_in_one_line(tmp_path):
    """Arrow's own message for damaged metadata ends with a line break; atheris found it."""
    place = tmp_path / "a.parquet"
    write_records([Record("Ann", ((0, 3, "PER"),), 1)], str(place), "parquet")
    data = bytearray(place.read_bytes())
    length = int.from_bytes(data[-8:-4], "little")
    data[-8 - length : -8] = b"\xff" * length
    place.write_bytes(data)
    with pytest.raises(DataError, match="is no Parquet file") as fault:
        read_records(str(place))
    assert "\n" not in str(fault.value)


def test_columns_of_text_that_is_none_are_named(tmp_path):
    """Arrow finds out when a value is asked for; atheris found it."""
    import pyarrow
    import pyarrow.parquet

    words = pyarrow.array([b"a\x94"]).view(pyarrow.string())
    tokens = pyarrow.ListArray.from_arrays([0, 1], words)
    table = pyarrow.table({"tokens": tokens, "tags": [["O"]], "text": words})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(DataError, match="column 'tokens' has text that is not UTF-8"):
        read_records(str(tmp_path / "a.parquet"))
    with pytest.raises(DataError, match="column 'text' has text that is not UTF-8"):
        list(read_column(str(tmp_path / "a.parquet"), "text"))


def test_a_missing_library_is_named(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(FanlightError, match=r"pip install 'fanlight\[formats\]'"):
        read_records(str(tmp_path / "x.parquet"))


def test_the_command_says_what_it_did(tmp_path):
    import subprocess
    import sys

    (tmp_path / "a.conll").write_text("Ann\tB-PER\nin\tO\nOslo\tB-LOC\n\nWe\tO\n", encoding="utf-8")
    command = [sys.executable, "-m", "fanlight", "convert", str(tmp_path / "a.conll"), str(tmp_path / "b.jsonl")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "2 texts, 2 entities" in " ".join(run.stderr.split())
    assert json.loads((tmp_path / "b.jsonl").read_text().splitlines()[0])["spans"][1] == {
        "start": 7, "end": 11, "label": "LOC",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "next_numbers", "texts"),
    [
        (0, (0,), ["Ann Lee", "Oslo"]),
        (1, (1,), ["Ann Lee", "Oslo"]),
        (1, (3,), ["Ann Lee", "Oslo"]),
        (2001, (7,), ["2001 2002", "7"]),  # no count, but words
    ],
)
def test_a_column_that_counts_tokens_is_none_of_words(tmp_path, number, next_numbers, texts):
    path = tmp_path / "a.conll"
    path.write_text(f"{number}\tAnn\tB-PER\n{number + 1}\tLee\tI-PER\n\n{next_numbers[0]}\tOslo\tB-LOC\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FanlightWarning)
        records, _ = read_records(str(path))
    assert [record.text for record in records] == texts


def test_tokens_that_are_counts_alone_are_refused(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("1 B-PER\n2 O\n")
    with pytest.raises(DataError, match="no other holds the words"):
        read_records(str(path))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "Oslo", "named_entities": [[0, 4, "LOC"]]}', "'named_entities' are not read"),
        ('{"text": "Oslo", "gold": [{"start": 0, "end": 4, "type": "LOC"}]}', "'gold' are not read"),
        ('{"text": "Oslo", "text": "Paris", "spans": []}', "two values of 'text'"),
        ('{"text": "Oslo", "spans": [], "spans": [[0, 4, "LOC"]]}', "two values of 'spans'"),
        ('{"text": "O\\ud800", "spans": []}', "a.jsonl:1: .* surrogate"),
        ('{"text": "Oslo", "n": ' + "9" * 5000 + "}", "is not JSON"),
    ],
)
def test_rows_that_would_lose_something_are_refused(tmp_path, row, message):
    path = tmp_path / "a.jsonl"
    path.write_text(row + "\n")
    with pytest.raises(DataError, match=message):
        read_records(str(path))


@pytest.mark.parametrize("name", ["o.parquet.gz", "o.spacy.zst"])
def test_formats_that_are_compressed_by_themselves_are_not_compressed_again(tmp_path, name):
    with pytest.raises(DataError, match="compressed by itself"):
        write_records([], str(tmp_path / name))
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(DataError, match="unpack it"):
        read_records(str(tmp_path / name))
