"""The compiled engine gives what the plain one gives: any text, any blocks, any threads."""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanlight
from fanlight.corpus.sentence import Sentence
from fanlight.engine import compiled as module
from fanlight.engine import json as json_kernel
from fanlight.engine import row_products as parts
from fanlight.engine import type_cache as known
from fanlight.engine import views
from fanlight.engine.columns import Block
from fanlight.engine.compiled import CompiledEngine
from fanlight.engine.plain import PlainEngine
from fanlight.engine.plain_text import read_sentences
from fanlight.entities.entity import Document
from fanlight.errors import DataError
from fanlight.files import files_of
from fanlight.tagging import lines as lines_module
from fanlight.tagging import stream
from fanlight.tagging.lines import read_blocks
from fanlight.tagging.rules import Rules
from fanlight.tagging.stream import tag_lines
from fanlight.tagging.tagger import Tagger
from tests.training.test_training import SMALL, in_documents

ENGLISH = [
    "Museums in Paris are amazing to see. Mr. Smith's U.S. friends, e.g. O'Neill, didn't come (yet)!",
    "NATO SAYS IRAQ WILL VOTE\nBAGHDAD - Iraqi officials said on Monday that Jones won. Jones had 1,234.5 votes.\n\nJones!",
    "paris is lower, Paris is not; http://www.x.org/Paris and ada@home.org wrote “quotes” — dashes… 3:15",
    "Αθήνα ΑΣ ας İstanbul ŞIRNAK ß ﬁ Ǆ ǅ 𐐀𐐨 é é ́x 👨‍👩‍👧 👍🏽 東京は日本の首都。次!",
    "",
    " \t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\u200b\ufeff",
    "a" * 5000,
    "word, " * 700 + "Oslo " * 600,
    'NUL\0 inside\r\nof Rome\rand "back\\slash" \x01\x02\x7f ends',
]
KOREAN = [
    "이순신은 서울에서 태어났다. 1592년 4월 13일, 부산!",
    "“서울은” 크다(부산도)…\n\n짧은 줄\n다음 줄 Seoul 서울",
    "각 한글 ㄱㄴㄷ 서울́에서",
    "서" * 1200,
]  # fmt: skip


# Names that begin, end and overlap in the texts above, one of them longer than any sentence's remainder.
GAZETTEER = """Paris	LOC
museums in Paris	MISC
in Paris	LOC
Mr. Smith's U.S. friends	PER
Mr	PER
Smith	PER
IRAQ WILL VOTE	ORG
Baghdad - Iraqi	ORG
Jones!	PER
Jones	PER
Jones won. Jones had	PER
東京	LOC
αθήνα ας	LOC
Oslo Oslo Oslo	LOC
Oslo	LOC
word, word	MISC
이순신	PER
서울	LOC
부산도	LOC
"""
# Names, expressions that match parts of tokens, several, none, and at the beginning and the end of a sentence.
PATTERNS = """Paris	TOWN
Mr. Smith	PERSON
서울	TOWN
é	LETTER
re:^\\w+	BEGINNING
re:\\w+[.!]$	END
re:(?i)[a-z]*o[a-z]* [a-z]+	PAIR
re:\\d+([.,:]\\d+)*	NUMBER
re:a*	LETTER
re:[“”]|—	LETTER
re:서.|\\s+	PAIR
"""

REACHING = {
    "word": {
        "form": {"buckets": 512, "dimension": 8, "features": ["lower"]},
        "affix": {"buckets": 512, "dimension": 8, "features": ["prefixes", "suffixes"], "reach": 1},
        "shape": {"buckets": 64, "dimension": 4, "features": ["shape", "case"], "reach": 0},
    },
    "character": {
        "character": {"buckets": 512, "dimension": 8, "features": ["character", "class"]},
        "place": {"buckets": 64, "dimension": 4, "features": ["position", "neighbours"], "reach": 2},
        "bigram": {"buckets": 512, "dimension": 9, "features": ["left", "around"], "reach": 1},
        "word": {"buckets": 512, "dimension": 8, "features": ["word", "rest"], "reach": 0},
    },
}


def same(document, other, tolerance=1e-6):
    assert document.text == other.text
    assert [(e.start, e.end, e.type, e.text) for e in document.entities] == [
        (e.start, e.end, e.type, e.text) for e in other.entities
    ]
    for a, b in zip(document.entities, other.entities, strict=True):
        assert a.probability == pytest.approx(b.probability, abs=tolerance)


def documents(engine: CompiledEngine, texts: list[str], threads: int = 2) -> Iterator[fanlight.Document]:
    entities = engine.entities(Block.of(texts), np.zeros(len(engine.types)), threads)
    yield from views.documents(texts, entities, engine.types)


@pytest.fixture(scope="module")
def taggers(tmp_path_factory):
    """Networks of every kind that the fast path runs."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "towns.conll").write_text(in_documents(5), encoding="utf-8")
    (folder / "names.tsv").write_text(GAZETTEER, encoding="utf-8")
    (folder / "patterns.tsv").write_text(PATTERNS, encoding="utf-8")
    names, patterns = {"gazetteers": [folder / "names.tsv"]}, {"patterns": [folder / "patterns.tsv"]}
    found = {"en": fanlight.load("en"), "ko": fanlight.load("ko"), "en, one pass": fanlight.load("en", passes=1)}
    for name, given_settings in (
        ("two", {"passes": 2, "folds": 2}),
        ("softmax", {"head": "softmax", "activation": "tanh"}),
        ("sigmoid", {"activation": "sigmoid", "radius": 1, "context_width": 0}),
        ("hardtanh", {"activation": "hardtanh", "radius": 0}),
        ("words with a reach", {"features": REACHING["word"], "radius": 3}),
        ("characters with a reach", {"features": REACHING["character"], "unit": "character", "radius": 3}),
        ("characters, two", {"unit": "character", "passes": 2, "folds": 2, "radius": 1}),
        ("logistic", {"head": "logistic"}),
        ("logistic, two", {"head": "logistic", "passes": 2, "folds": 2}),
        ("characters, logistic", {"head": "logistic", "unit": "character", "radius": 1, "epochs": 12, "rate": 0.03}),
        ("names", names),
        ("names, two, logistic", {**names, "head": "logistic", "passes": 2, "folds": 2}),
        ("patterns", patterns),
        ("names and patterns, two", {**names, **patterns, "passes": 2, "folds": 2}),
        ("characters, names and patterns", {**names, **patterns, "unit": "character", "radius": 2}),
        ("characters with contexts", {"unit": "character", "context_width": 4, "radius": 1}),
        (
            "characters, all, two",
            {**names, **patterns, "unit": "character", "context_width": 4, "passes": 2, "folds": 2},
        ),
    ):
        few = {**SMALL, "epochs": 6}  # of which a network with the default settings for so few would lack contexts
        if given_settings.get("unit") == "character":
            few["batch_tokens"] = 500
        else:
            few |= {"batch_tokens": 250, "radius": 2, "context_width": 8}
        found[name] = fanlight.train(folder / "towns.conll", **{**few, **given_settings})
        if name in ("logistic", "logistic, two"):  # so unsure that entities overlap
            model = found[name].model
            biased = {**model.parameters, "c": model.parameters["c"] + np.float32(4)}
            found[name] = Tagger(replace(model, parameters=biased))
    return {name: (Tagger(tagger.model, "plain"), CompiledEngine(tagger.model)) for name, tagger in found.items()}


NAMES = [
    "en", "ko", "en, one pass", "two", "softmax", "sigmoid", "hardtanh", "words with a reach",
    "characters with a reach", "characters, two", "logistic", "logistic, two", "characters, logistic",
    "names", "names, two, logistic", "patterns", "names and patterns, two", "characters, names and patterns",
    "characters with contexts", "characters, all, two",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_short_block_gets_the_same_answers_with_and_without_threads(taggers, name, monkeypatch):
    _tagger, blocks = taggers[name]
    texts = [text[:300] for text in (*ENGLISH, *KOREAN)]
    answers = []
    for short in (0, 1 << 12):
        monkeypatch.setattr(module, "SHORT", short)
        answers.append([document for text in texts for document in documents(blocks, [text])])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_the_documents_in_json(taggers, name, monkeypatch):
    tagger, reference = taggers[name]
    made = (
        tagger.model.configuration,
        *([] if tagger.model.first_stage is None else [tagger.model.first_stage.configuration]),
    )
    monkeypatch.setitem(known.MEMORY, tagger.unit, 4 * 250 * sum(one.positions * one.hidden for one in made))
    blocks = CompiledEngine(tagger.model)  # with so little memory that words are forgotten
    found = {"at once": 0, "not": 0}
    plain = module.entry.tag

    def counted(*given):
        count, size = plain(*given)
        found["at once" if count >= 0 else "not"] += 1
        return count, size

    monkeypatch.setattr(module.entry, "tag", counted)
    several = [[text] for text in (*ENGLISH, *KOREAN)] + [
        ENGLISH[:5],
        [""],
        [],
        [f"Item {n}-{n * 7919}" for n in range(150)],
    ]
    for lowest in (0.0, 0.9):
        thresholds = np.full(len(tagger.types), lowest)
        for texts in several:
            expected = "".join(
                Document(d.text, tuple(e for e in d.entities if e.probability >= lowest)).to_json() + "\n"
                for d in documents(reference, texts)
            )
            assert blocks.json(Block.of(texts), thresholds).decode() == expected
            assert blocks.json(Block.of(texts), thresholds).decode() == expected
    assert min(found.values()) > 5


@pytest.mark.parametrize("name", NAMES)
def test_hard_texts_get_the_same_answers(taggers, name):
    tagger, blocks = taggers[name]
    texts = [*ENGLISH, *KOREAN, " ".join(ENGLISH), "\n".join(KOREAN)]
    for text, document in zip(texts, documents(blocks, texts), strict=True):
        same(document, tagger(text), 3e-5)  # an entity of hundreds of tokens sums as many roundings


def test_entities_of_the_logistic_head_overlap_and_are_in_order(taggers):
    for name in ("logistic", "logistic, two", "characters, logistic"):
        _, blocks = taggers[name]
        count, overlaps = 0, 0
        for document in documents(blocks, [*ENGLISH, *KOREAN]):
            keys = [(e.start, -e.end, e.type) for e in document.entities]
            assert keys == sorted(keys)
            count += len(keys)
            overlaps += sum(a.end > b.start for a, b in pairwise(document.entities))
        assert count > 0, name
        assert overlaps > 10 or name.startswith("characters")


@given(
    st.sampled_from(NAMES),
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
        | st.text("Paris NATO. ,!\n\r\0'\"(-서울은 é👩\u200d", max_size=120),
        max_size=6,
    ),
)
@settings(deadline=None, max_examples=150)
def test_any_texts_get_the_same_answers(taggers, name, texts):
    tagger, blocks = taggers[name]
    for text, document in zip(texts, documents(blocks, texts), strict=True):
        same(document, tagger(text))


def test_blocks_threads_company_and_memory_do_not_show(taggers, monkeypatch):
    tagger, blocks = taggers["en"]
    texts = [*ENGLISH, *(f"Item {n} of {n * 7919} from Oslo {n}-{n + 1}." for n in range(300))]
    whole = list(documents(blocks, texts))
    assert list(documents(CompiledEngine(tagger.model), texts, 1)) == whole
    monkeypatch.setattr(module, "SHARE", 100)
    model = tagger.model
    widths = sum(made.positions * made.hidden for made in stages(model))
    monkeypatch.setitem(known.MEMORY, "word", 4 * 250 * widths)  # so that words are forgotten and met again
    small = CompiledEngine(tagger.model)
    found = [d for i in range(0, len(texts), 7) for d in documents(small, texts[i : i + 7])]
    assert found == whole
    assert len(small._cache._types) < 600
    reversed_ = list(documents(small, texts[::-1]))
    assert reversed_[::-1] == whole


@pytest.mark.parametrize("name", NAMES)
def test_the_borders_of_a_long_documents_pieces_do_not_show(taggers, name, monkeypatch):
    tagger, blocks = taggers[name]
    numbers = "".join(f" Item {n % 61} of {n * 7919} from Oslo {n}-{n + 1}" + "." * (n % 5 == 0) for n in range(300))
    texts = ["Oslo.", *(text for text in (*ENGLISH, *KOREAN) if len(text) < 1200 or " " in text)]
    texts += [" \n".join(texts), numbers, "Oslo."]
    whole = list(documents(blocks, texts))
    widths = sum(made.positions * made.hidden for made in stages(tagger.model))
    monkeypatch.setitem(known.MEMORY, tagger.unit, 4 * 250 * widths)  # so that words are forgotten and met again
    monkeypatch.setattr(module, "SHORT", 0)
    monkeypatch.setattr(module, "LONG", 20)
    for size in (1, 50, 700, 1 << 20):
        small = CompiledEngine(tagger.model)
        monkeypatch.setattr(CompiledEngine, "segment_bytes", size)
        assert list(documents(small, texts)) == whole


@pytest.mark.parametrize(
    "line", ["\nof of of of Oslo\nParis", "\nof of. of of Oslo\nParis", " of .of of of of of Paris"]
)
def test_a_piece_may_end_in_an_overlong_sentence(taggers, line, monkeypatch):
    _tagger, blocks = taggers["en"]
    found = set()
    for count in range(244, 250):
        text = "of " * count + line + " Town\nNew York"
        with monkeypatch.context() as patch:
            (whole,) = documents(blocks, [text])
            patch.setattr(module, "SHORT", 0)
            patch.setattr(module, "LONG", 0)
            for size in range(3 * count, len(text)):
                patch.setattr(CompiledEngine, "segment_bytes", size)
                assert list(documents(blocks, [text])) == [whole]
        found.add(tuple(e.probability for e in whole.entities))
    assert len(found) > 1, "the borders make no difference"


@given(
    st.sampled_from(NAMES),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
    | st.text("Paris NATO. ,!\n\r\0'\"(-서울은 é👩\u200d", max_size=400),
    st.integers(1, 60),
)
@settings(deadline=None, max_examples=150)
def test_any_long_text_gets_the_same_answers(taggers, name, text, size):
    tagger, blocks = taggers[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SHORT", 0)
        patch.setattr(module, "LONG", 0)
        patch.setattr(CompiledEngine, "segment_bytes", size)
        (document,) = documents(blocks, [text])
    same(document, tagger(text))


def stages(model):
    return [model.configuration, *([model.first_stage.configuration] if model.first_stage else [])]


def test_characters_forgotten_and_tables_too_large_do_not_show(taggers, monkeypatch):
    tagger, blocks = taggers["ko"]
    texts = [f"{KOREAN[n % 3]} 제{n}회 {chr(0xAC00 + 37 * n)}{chr(0x4E00 + 41 * n)}시 김{n}씨" for n in range(200)]
    whole = list(documents(blocks, texts))
    for text, document in zip(texts[:20], whole, strict=False):
        same(document, tagger(text))
    monkeypatch.setattr(module, "SHARE", 1000)
    monkeypatch.setitem(known.MEMORY, "character", 300 * blocks.stages[0].bytes)
    small = CompiledEngine(tagger.model)
    assert [d for i in range(0, len(texts), 7) for d in documents(small, texts[i : i + 7])] == whole
    assert len(small._cache._types) < sum(map(len, {chunk for text in texts for chunk in text.split()})) / 3
    tables = []
    for most, less in ((0, 1 << 25), (1 << 27, 0), (0, 0)):  # of these, products are multiplied anew
        monkeypatch.setattr(parts, "MOST", most)
        monkeypatch.setattr(parts, "LESS", less)
        other = CompiledEngine(tagger.model)
        tables.append(other.stages[0]._of.tables)
        for document, one in zip(documents(other, texts), whole, strict=True):
            same(document, one)
    assert tables == [{"character", "place", "bigram", "word"}, {"character", "place"}, set()]


def test_pipe_is_in_order_lazy_and_the_same_for_any_batching(taggers):
    tagger, _ = taggers["en"]
    texts = [f"{ENGLISH[n % 4]} number {n}" for n in range(200)]
    read = []
    pipe = tagger.pipe(read.append(n) or text for n, text in enumerate(texts))
    first = next(pipe)
    assert read == [0]
    for text, document in zip(texts, [first, *pipe], strict=True):
        same(document, tagger(text))
    kept = list(tagger.pipe(texts, {"LOC": 2.0}))
    assert {e.type for d in kept for e in d.entities} == {e.type for d in tagger.pipe(texts) for e in d.entities} - {
        "LOC"
    }
    with pytest.raises(DataError, match="surrogate"):
        list(tagger.pipe([*texts, "x" * 9000 + "\ud800"]))


def compiled_tagger(name):
    return fanlight.load(name, engine="compiled")


def lines_of(paths, threshold=0.0, rules=None):
    blocks = (block for path in paths for block in read_blocks(str(path)))
    return b"".join(text for _, text in tag_lines(blocks, compiled_tagger, threshold, rules, 2))


def plain_lines(texts, taggers):
    for text in texts:
        yield taggers[fanlight.language_of(text)][0](text)


def test_one_tagger_tags_the_lines_of_every_script(taggers, tmp_path, monkeypatch):
    texts = [t.replace("\n", " ") for t in [*ENGLISH, *KOREAN]]
    (tmp_path / "a.txt").write_text("\n".join(texts), encoding="utf-8")
    (tmp_path / "long.txt").write_text(KOREAN[0].replace("\n", " ") * 3, encoding="utf-8")
    plain, _ = taggers["en"]

    def tagged(name):
        made = tag_lines(read_blocks(str(tmp_path / name)), compiled_tagger("en"))
        return [json.loads(line) for line in b"".join(text for _, text in made).splitlines()]

    def same_lines(found, texts):
        for line, text in zip(found, texts, strict=True):
            want = json.loads(plain(text).to_json())
            for one, other in zip(line["entities"], want["entities"], strict=True):
                assert abs(one.pop("probability") - other.pop("probability")) < 2e-6  # six digits are written
            assert line == want

    same_lines(tagged("a.txt"), texts)
    monkeypatch.setattr(module, "LONG", 50)
    monkeypatch.setattr(stream, "LONG", 50)
    same_lines(tagged("long.txt"), [KOREAN[0].replace("\n", " ") * 3])


def test_files_of_lines_in_any_packing(taggers, tmp_path, monkeypatch):
    texts = [t.replace("\n", " ") for t in [*ENGLISH, *KOREAN]] * 3
    raw = b"\xef\xbb\xbf" + "\n".join(texts).encode() + b"\r\r\n"
    texts = [text.rstrip("\r") for text in texts]
    (tmp_path / "a.txt").write_bytes(raw)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(raw[:300]) + gzip.compress(raw[300:]))
    import zstandard

    (tmp_path / "c.txt.zst").write_bytes(zstandard.compress(raw))
    (tmp_path / "d.txt").write_bytes(b"")
    files = files_of([str(tmp_path)])
    assert [os.path.basename(f) for f in files] == ["a.txt", "b.txt.gz", "c.txt.zst", "d.txt"]
    whole = lines_of(files[:1])
    found = whole.decode().split("\n")[:-1]
    assert len(found) == len(texts)
    for line, document in zip(found, plain_lines(texts, taggers), strict=True):
        values, expected = json.loads(line), json.loads(document.to_json())
        assert values["text"] == expected["text"]
        for a, b in zip(values["entities"], expected["entities"], strict=True):
            assert a.pop("probability") == pytest.approx(b.pop("probability"), abs=1e-5)
            assert a == b
    assert lines_of(files) == 3 * whole
    monkeypatch.setattr(lines_module, "BYTES", 50)
    assert lines_of(files) == 3 * whole


def test_json_is_as_the_plain_form_byte_for_byte(taggers):
    texts = ['"quote\\ \x01\x1f\t\b\f\x7f Paris é 서울 𝄞', "Oslo"]
    tagger, blocks = taggers["en"]
    block = Block.of(texts)
    from fanlight.engine.json import json_lines

    made = blocks.begin(block, np.zeros(9), lambda s, e, found: json_lines(block, s, e, found, tagger.types)[0])
    text = b"".join(future.result() for future in made).decode()
    assert text == "".join(d.to_json() + "\n" for d in documents(blocks, texts))
    assert [json.loads(line)["text"] for line in text.splitlines()] == texts


def test_lines_long_and_short_stand_in_order(taggers, tmp_path, monkeypatch):
    path = tmp_path / "in.txt"
    texts = ["Oslo.", "Paris and NATO " * 40 + "\r", "", "이순신은 서울에서 태어났다. " * 20, "x" * 300, "Mr. Jones"]
    path.write_text("\ufeff" + "\n".join(texts), encoding="utf-8", newline="")
    whole = lines_of([path])
    rules = Rules({"NATO": "CLUB"}, {r"Par.s": "TOWN"})
    ruled = lines_of([path], 0.0, rules)
    assert b"CLUB" in ruled
    assert b"TOWN" in ruled
    monkeypatch.setattr(lines_module, "BYTES", 64)
    monkeypatch.setattr(module, "LONG", 100)
    monkeypatch.setattr(stream, "LONG", 100)
    monkeypatch.setattr(CompiledEngine, "segment_bytes", 50)
    monkeypatch.setattr(json_kernel, "PIECE", 70)
    assert lines_of([path]) == whole
    assert lines_of([path], 0.0, rules) == ruled
    assert next(read_blocks(str(path), skip=2)).number == 3
    path.write_bytes(b"good\n" + b"long " * 100 + b"bad \xff\n")
    with pytest.raises(DataError, match=r"in\.txt:2: byte 509 is not utf-8"):
        list(read_blocks(str(path)))
    path.write_bytes("é".encode() * 200 + b"\xc3")
    with pytest.raises(DataError, match=r"in\.txt:1: byte 400 is not utf-8"):
        list(read_blocks(str(path)))


def test_one_word_of_ten_megabytes(taggers):
    tagger, engine = taggers["en"]
    text = "Oslo " + "a" * 10_000_000
    (document,) = documents(engine, [text])
    assert document.text == text
    assert [(e.start, e.end) for e in document.entities] == [(e.start, e.end) for e in tagger(text).entities]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["Oslo", "Paris", "of", "U.S.", "don't", "1,234", "NATO", "nato", ".", "'s", "New York"]
)


def compiled_spans(engine, tokens, threads=None):
    if not tokens.words:
        return []
    owners = tokens.documents[np.minimum(tokens.sentences[:-1], len(tokens.words) - 1)]
    return engine.token_spans(tokens.words, tokens.sentences, owners, threads)


@given(st.sampled_from(NAMES), st.lists(st.lists(st.lists(WORDS, max_size=9), max_size=4), max_size=3))
@settings(deadline=None, max_examples=100)
def test_tokenised_sentences_get_the_same_answers(taggers, name, documents):
    _, engine = taggers[name]
    plain = PlainEngine(engine.model)
    tokens = read_sentences([[Sentence.of_words(words, ()) for words in d] for d in documents], plain.unit)
    spans, expected = compiled_spans(engine, tokens), plain.token_spans(tokens)
    if spans is None:  # the plain engine alone can
        white = any(c.isspace() for word in tokens.words for c in word)
        assert white or plain.unit == "character" or engine.model.patterns is not None
        return
    assert [s[:3] for s in spans] == [s[:3] for s in expected], (name, documents)
    for one, other in zip(spans, expected, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-6), (name, documents)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_tokenised_documents_are_shared_between_threads(taggers, threads, monkeypatch):
    monkeypatch.setattr("fanlight.engine.sentences.SHARE", 7)
    _, engine = taggers["en"]
    documents = [[["Ann", "Lee", "lives", "in", f"Oslo{n}"] * (n % 4), ["Oslo", "."]] for n in range(30)]
    tokens = read_sentences([[Sentence.of_words(words, ()) for words in d] for d in documents], "word")
    expected = PlainEngine(engine.model).token_spans(tokens)
    spans = compiled_spans(engine, tokens, threads)
    assert [s[:3] for s in spans] == [s[:3] for s in expected]


def test_an_overlong_tokenised_sentence_is_tagged_whole(taggers):
    _, engine = taggers["en"]
    tokens = read_sentences([[Sentence.of_words(["of", "Oslo", "and"] * 200, ())]], "word")
    assert [s[:3] for s in compiled_spans(engine, tokens)] == [
        s[:3] for s in PlainEngine(engine.model).token_spans(tokens)
    ]
