"""The compiled engine gives what the plain one gives: any text, any blocks, any threads."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.engine import compiled, first_layer_cache, row_products, type_cache
from fanlight.engine.compiled import CompiledEngine
from fanlight.errors import DataError
from tests.engine.kinds import ENGLISH, KOREAN, NAMES, check_same, stages_of, tag_block


@pytest.mark.parametrize("name", NAMES)
def test_a_short_block_gets_the_same_answers_with_and_without_threads(taggers, name, monkeypatch):
    _tagger, blocks = taggers[name]
    texts = [text[:300] for text in (*ENGLISH, *KOREAN)]
    answers = []
    for short in (0, 1 << 12):
        monkeypatch.setattr(compiled, "SHORT", short)
        answers.append([document for text in texts for document in tag_block(blocks, [text])])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", NAMES)
def test_hard_texts_get_the_same_answers(taggers, name):
    tagger, blocks = taggers[name]
    texts = [*ENGLISH, *KOREAN, " ".join(ENGLISH), "\n".join(KOREAN)]
    for text, document in zip(texts, tag_block(blocks, texts), strict=True):
        check_same(document, tagger(text), 5e-3)  # an entity of hundreds of tokens sums as many roundings


def test_entities_of_the_logistic_head_overlap_and_are_in_order(taggers):
    for name in ("logistic", "logistic, two", "characters, logistic"):
        _, blocks = taggers[name]
        count, overlaps = 0, 0
        for document in tag_block(blocks, [*ENGLISH, *KOREAN]):
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
    for text, document in zip(texts, tag_block(blocks, texts), strict=True):
        check_same(document, tagger(text))


def test_blocks_threads_company_and_memory_do_not_show(taggers, monkeypatch):
    tagger, blocks = taggers["en"]
    texts = [*ENGLISH, *(f"Item {n} of {n * 7919} from Oslo {n}-{n + 1}." for n in range(300))]
    expected = list(tag_block(blocks, texts))
    assert list(tag_block(CompiledEngine(tagger.model), texts, 1)) == expected
    monkeypatch.setattr(compiled, "SHARE", 100)
    model = tagger.model
    widths = sum(configuration.positions * configuration.hidden for configuration in stages_of(model))
    monkeypatch.setitem(type_cache.MEMORY, "word", 4 * 250 * widths)  # so that words are forgotten and met again
    small = CompiledEngine(tagger.model)
    documents = [d for i in range(0, len(texts), 7) for d in tag_block(small, texts[i : i + 7])]
    assert documents == expected
    assert len(small.cache.index) < 600
    reversed_ = list(tag_block(small, texts[::-1]))
    assert reversed_[::-1] == expected


def test_characters_forgotten_and_tables_too_large_do_not_show(taggers, monkeypatch):
    tagger, blocks = taggers["ko"]
    texts = [f"{KOREAN[n % 3]} 제{n}회 {chr(0xAC00 + 37 * n)}{chr(0x4E00 + 41 * n)}시 김{n}씨" for n in range(200)]
    expected = list(tag_block(blocks, texts))
    for text, document in zip(texts[:20], expected, strict=False):
        check_same(document, tagger(text))
    monkeypatch.setattr(compiled, "SHARE", 1000)
    monkeypatch.setitem(type_cache.MEMORY, "character", 300 * blocks.stages[0].bytes)
    small = CompiledEngine(tagger.model)
    assert [d for i in range(0, len(texts), 7) for d in tag_block(small, texts[i : i + 7])] == expected
    assert len(small.cache.index) < sum(map(len, {chunk for text in texts for chunk in text.split()})) / 3
    tables, row_products_class = [], row_products.RowProducts

    def record(*arguments):
        rows = row_products_class(*arguments)
        tables.append(rows.names)
        return rows

    monkeypatch.setattr(first_layer_cache, "RowProducts", record)
    for most, less in ((0, 1 << 25), (1 << 27, 0), (0, 0)):  # of these, products are multiplied anew
        monkeypatch.setattr(row_products, "RECURRING_BYTES", most)
        monkeypatch.setattr(row_products, "TABLE_BYTES", less)
        other = CompiledEngine(tagger.model)
        for document, expected_document in zip(tag_block(other, texts), expected, strict=True):
            check_same(document, expected_document)
    assert tables[:: len(blocks.stages)] == [{"character", "place", "bigram", "word"}, {"character", "place"}, set()]


def test_pipe_is_in_order_lazy_and_the_same_for_any_batching(taggers):
    tagger, _ = taggers["en"]
    texts = [f"{ENGLISH[n % 4]} number {n}" for n in range(200)]
    read = []
    pipe = tagger.pipe(read.append(n) or text for n, text in enumerate(texts))
    first_document = next(pipe)
    assert read == [0]
    for text, document in zip(texts, [first_document, *pipe], strict=True):
        check_same(document, tagger(text))
    filtered = list(tagger.pipe(texts, {"LOC": 2.0}))
    assert {e.type for d in filtered for e in d.entities} == {
        e.type for d in tagger.pipe(texts) for e in d.entities
    } - {"LOC"}
    with pytest.raises(DataError, match="surrogate"):
        list(tagger.pipe([*texts, "x" * 9000 + "\ud800"]))
