"""Rules beside the model."""

import re
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fanlight
from fanlight.apps.cli.inputs import Source
from fanlight.apps.cli.resuming import begin
from fanlight.apps.cli.tag_job import TagJob
from fanlight.apps.cli.tag_outputs import Format
from fanlight.engine.columns import Block, Entities
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError
from fanlight.tagging.rules import PRECEDENCE, Rules, read_rules
from fanlight.text.particles import follows_name
from fanlight.text.patterns import Patterns

TEXT = "New York Times and York"
MODEL = (Entity(0, 8, "LOC", "New York", 0.9), Entity(19, 23, "LOC", "York", 0.8))


@pytest.mark.parametrize(
    ("precedence", "matches"),
    [
        ("rules", [("New York Times", "ORG"), ("York", "NAME")]),
        ("model", [("New York", "LOC"), ("York", "LOC")]),
        ("longest", [("New York Times", "ORG"), ("York", "NAME")]),
    ],
)
def test_precedence(precedence, matches):
    rules = Rules({"New York Times": "ORG", "York": "NAME"}, precedence=precedence)
    document = rules.apply(Document(TEXT, MODEL))
    assert [(e.text, e.type) for e in document.entities] == matches


def test_longest_keeps_the_model_s_longer_one():
    document = Rules({"York": "NAME"}, precedence="longest").apply(Document(TEXT, MODEL))
    assert [(e.text, e.type, e.probability) for e in document.entities] == [
        ("New York", "LOC", 0.9),
        ("York", "NAME", 1.0),
    ]


ALPHABET = "ab .1é서\u0301👍_에는가이다들"


@given(st.text(ALPHABET, max_size=30), st.lists(st.text(ALPHABET, min_size=1, max_size=4), max_size=6))
@example("a", ["a", "ab"])
def test_names_are_found_where_they_stand_as_words(text, names):
    matches = Patterns(dict.fromkeys(names, "X"), {}).find_names(text)
    expected = {
        (s, s + len(name))
        for name in names
        for s in range(len(text))
        if name.strip()
        and text.startswith(name, s)
        and not (text[s - 1 : s].isalnum() and name[0].isalnum())
        and (
            not (text[s + len(name) : s + len(name) + 1].isalnum() and name[-1].isalnum())
            or follows_name(name, re.match(r"[^\W_]+", text[s + len(name) :]).group())
        )
    }
    assert {(start, end) for start, end, _ in matches} == expected


@pytest.mark.parametrize("suffix", ["", *["이", "은", "을", "의", "에", "에서", "에서는", "에게", "에게서", "으로", "으로도", "과", "이랑", "까지", "부터", "만", "만의", "도", "들이", "측은", "처럼", "보다", "이다", "입니다", "이라는", "이라고", "에서만은", "엔", "에선", "에겐", "까진", "보단", "끼리", "에서부턴", "이었던", "이니까", "이네요", "만으로도", "쪽으로", "ㅋㅋ", "ㅠㅠ", "(주)", "(Luna)은"]])  # fmt: skip
@pytest.mark.parametrize("name", ["루나비전", "새 별", "민들레"])
def test_korean_names_are_found_before_particles(name, suffix):
    if name == "민들레" and suffix in "이 은 을 으로 으로도 과 이랑 이라는 이라고 이었던 이니까 이네요".split():  # noqa: SIM905
        suffix = {"이": "가", "은": "는", "을": "를", "과": "와", "이었던": "였던"}.get(suffix, suffix[1:])
    matches = Patterns({name: "X"}, {}).find_names(f"오늘 {name}{suffix} 왔다")
    assert list(matches) == [(3, 3 + len(name), "X")]


@pytest.mark.parametrize(
    "text", ["서울대학교에서", "고양가", "부산행이다", "서울시청은", "한서울은", "부산물을", "서울말", "고양는"]
)
def test_korean_names_are_not_found_in_longer_nouns(text):
    assert not list(Patterns(dict.fromkeys(["서울", "부산", "고양"], "X"), {}).find_names(text))


SPELLINGS = "'’\u00a0\u200b\u00adｂﬁ\t\n\u1109\u1165"  # what has another normal form


@st.composite
def tagged(draw):
    """A text and entities of a model, which overlap where they are of different types."""
    text = draw(st.text(ALPHABET + SPELLINGS, max_size=30))
    entities = []
    for type_ in draw(st.sampled_from(["X", "XYZ"])):
        bounds = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
        entities += [
            Entity(s, e, type_, text[s:e], draw(st.sampled_from([0.25, 0.5])))
            for s, e in zip(bounds[::2], bounds[1::2], strict=False)
        ]
    return Document(text, tuple(sorted(entities, key=lambda e: (e.start, -e.end, e.type))))


@given(
    st.lists(tagged(), min_size=1, max_size=4),
    st.dictionaries(st.text(ALPHABET + SPELLINGS, min_size=1, max_size=4), st.sampled_from("XQ"), max_size=6),
    st.dictionaries(st.sampled_from(["a.", "[^ ]+", "1", r"\b"]), st.sampled_from("YR")),
    st.sampled_from(PRECEDENCE),
)
def test_kernels_find_and_settle_as_the_plain_path_does(documents, names, patterns, precedence):
    rules = Rules(names, patterns, precedence)
    plain = [rules.apply(document) for document in documents]
    block = Block.of([document.text for document in documents])
    types, join = rules.extend_types("XYZ")
    for begin_document, end_document in ((0, len(documents)), (len(documents) // 2, len(documents))):
        matches = join(block, begin_document, end_document, columns(documents, block, begin_document, end_document))
        rows = zip(*(column.tolist() for column in matches), strict=True)
        expected = [
            (d, e.start, e.end, e.type, e.text, e.probability)
            for d in range(begin_document, end_document)
            for e in plain[d].entities
        ]
        assert [(d, s, e, types[k], bytes(block.data[b:t]).decode(), p) for d, s, e, b, t, k, p in rows] == expected


def columns(documents, block, begin_document, end_document):
    rows = [(d, e) for d in range(begin_document, end_document) for e in documents[d].entities]
    out = Entities.allocate(len(rows))
    for n, (d, e) in enumerate(rows):
        text, begin = documents[d].text, int(block.text_starts[d])
        out.documents[n], out.char_starts[n], out.char_ends[n] = d, e.start, e.end
        out.byte_starts[n] = begin + len(text[: e.start].encode())
        out.byte_ends[n] = begin + len(text[: e.end].encode())
        out.types[n], out.probabilities[n] = "XYZ".index(e.type), e.probability
    return out


NAMES = {"New York": "CITY", "Zürich": "CITY", "O'Brien": "NAME", "서울 시청": "PLACE"}


@pytest.mark.parametrize(
    "spelling",
    [
        "New  York", "New York", "New\u00a0York", "New\u2003York", "New \t York", "New\u200bYork", "Ne\u00adw York", "Ｎｅｗ Ｙｏｒｋ",
        "Zürich", "Zu\u0308rich", "Z&uuml;rich", "O’Brien", "O'Brien", "O‘Brien", "O´Brien", "서울 시청", "서울\u00a0시청",
        "\u1109\u1165\u110b\u116e\u11af \u1109\u1175\u110e\u1165\u11bc",
    ],
)  # fmt: skip
def test_names_match_in_all_their_spellings(spelling):
    rules = Rules(NAMES)
    text = f"é: {spelling}, and “{spelling}”."
    assert [e.text for e in rules.apply(Document(text)).entities] == [spelling, spelling]
    other = Rules({spelling: "X"})  # the name may be spelled so itself
    plain = [name for name in NAMES if [e.text for e in other.apply(Document(name)).entities] == [name]]
    assert len(plain) == 1


def test_patterns_match_in_normal_form():
    document = Rules({}, {r"[A-Z]{2}-\d+": "CODE", "O’Neil": "NAME"}).apply(Document("ＡＢ‐１２ O'Neil"))
    assert [(e.text, e.type) for e in document.entities] == [("ＡＢ‐１２", "CODE"), ("O'Neil", "NAME")]


def test_many_texts_and_one_give_the_same():
    tagger, rules = fanlight.load("en"), Rules({"Paris": "CITY", "are amazing": "X"}, {"Mu.": "MU"})
    texts = ["Museums in Paris are amazing to see.", ""] * 200
    plain = [rules.apply(tagger(text)) for text in texts]
    assert [(e.text, e.type) for e in plain[0].entities] == [("Mus", "MU"), ("Paris", "CITY"), ("are amazing", "X")]
    assert list(tagger.pipe(texts, rules=rules)) == plain
    assert list(tagger.pipe(texts[:1], rules=rules)) == plain[:1]


def test_a_run_with_rules_is_gone_on_with_by_the_same_rules_alone(tmp_path):
    rules, texts, out = tmp_path / "rules.tsv", tmp_path / "in.txt", tmp_path / "out"
    texts.write_text("Ann of Acme.\n" * 3)
    rules.write_text("Acme\tORG\n")
    command = [sys.executable, "-m", "fanlight", "tag", str(texts), "--out", str(out), "--rules", str(rules)]
    subprocess.run(command, check=True)
    output = out.read_text()
    assert output.count('"Acme", "probability": 1.0') == 3
    job = TagJob([Source(str(texts), is_file=True)], Format.jsonl, rules=read_rules(rules), rules_file=rules)
    begin(out, job.note(), resume=False)
    (tmp_path / "out.part").write_text(output.splitlines(keepends=True)[0] + "{")
    other = subprocess.run([*command, "--resume", "--precedence", "model"], capture_output=True, text=True)
    assert "begun with other files, model or options" in other.stderr
    subprocess.run([*command, "--resume"], check=True)
    assert out.read_text() == output


def test_more_names_than_there_is_room_for_at_first():
    rules = Rules({"a": "X", "a a": "Y"})
    block = Block.of(["a " * 5000])
    assert len(rules.find_in_block(block, 0, 1).types) == 9999


def test_entities_of_a_model_that_overlap_stay_where_no_rule_is():
    model = (Entity(0, 8, "LOC", "New York", 0.9), Entity(4, 8, "PER", "York", 0.8))
    document = Rules({"and": "X"}).apply(Document(TEXT, model))
    assert [e.text for e in document.entities] == ["New York", "York", "and"]


def test_files_and_their_faults(tmp_path):
    path = tmp_path / "rules.tsv"
    path.write_text("# mine\nAcme\tORG\n\nre:\\d+ kg\tQUANTITY\n", encoding="utf-8")
    matches = read_rules(path).apply(Document("Acme sold 5 kg.")).entities
    assert [(e.text, e.type) for e in matches] == [("Acme", "ORG"), ("5 kg", "QUANTITY")]
    for text, reason in (
        ("Acme ORG\n", ":1: is not NAME"),
        ("re:(\tX\n", "no regular expression"),
        ("a\tX\n\xff", None),
    ):
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(DataError, match=reason or ":2: byte 4 is not utf-8"):
            read_rules(path)
    with pytest.raises(DataError, match="precedence 'x'"):
        Rules({}, precedence="x")
    done = subprocess.run(
        [sys.executable, "-m", "fanlight", "tag", "a b", "--rules", str(tmp_path / "none")],
        capture_output=True,
        text=True,
    )
    assert "cannot be read" in done.stderr
