"""A long document, tagged in segments, gets the entities of the whole: wherever the segments begin."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.engine import compiled, type_cache
from fanlight.engine.compiled import CompiledEngine
from tests.engine.kinds import ENGLISH, KOREAN, NAMES, check_same, stages_of, tag_block


@pytest.mark.parametrize("name", NAMES)
def test_the_borders_of_a_long_documents_pieces_do_not_show(taggers, name, monkeypatch):
    tagger, blocks = taggers[name]
    numbers = "".join(f" Item {n % 61} of {n * 7919} from Oslo {n}-{n + 1}" + "." * (n % 5 == 0) for n in range(300))
    texts = ["Oslo.", *(text for text in (*ENGLISH, *KOREAN) if len(text) < 1200 or " " in text)]
    texts += [" \n".join(texts), numbers, "Oslo."]
    expected = list(tag_block(blocks, texts))
    widths = sum(configuration.positions * configuration.hidden for configuration in stages_of(tagger.model))
    monkeypatch.setitem(type_cache.MEMORY, tagger.unit, 4 * 250 * widths)  # so that words are forgotten and met again
    monkeypatch.setattr(compiled, "SHORT", 0)
    monkeypatch.setattr(compiled, "LONG", 20)
    for size in (1, 50, 700, 1 << 20):
        small = CompiledEngine(tagger.model)
        monkeypatch.setattr(CompiledEngine, "segment_bytes", size)
        assert list(tag_block(small, texts)) == expected


@pytest.mark.parametrize(
    "line", ["\nof of of of Oslo\nParis", "\nof of. of of Oslo\nParis", " of .of of of of of Paris"]
)
def test_a_piece_may_end_in_an_overlong_sentence(taggers, line, monkeypatch):
    _tagger, blocks = taggers["en"]
    probabilities = set()
    for count in range(244, 250):
        text = "of " * count + line + " Town\nNew York"
        with monkeypatch.context() as patch:
            (expected,) = tag_block(blocks, [text])
            patch.setattr(compiled, "SHORT", 0)
            patch.setattr(compiled, "LONG", 0)
            for size in range(3 * count, len(text)):
                patch.setattr(CompiledEngine, "segment_bytes", size)
                assert list(tag_block(blocks, [text])) == [expected]
        probabilities.add(tuple(e.probability for e in expected.entities))
    assert len(probabilities) > 1, "the borders make no difference"


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
        patch.setattr(compiled, "SHORT", 0)
        patch.setattr(compiled, "LONG", 0)
        patch.setattr(CompiledEngine, "segment_bytes", size)
        (document,) = tag_block(blocks, [text])
    check_same(document, tagger(text))


def test_one_word_of_ten_megabytes(taggers):
    tagger, engine = taggers["en"]
    text = "Oslo " + "a" * 10_000_000
    (document,) = tag_block(engine, [text])
    assert document.text == text
    assert [(e.start, e.end) for e in document.entities] == [(e.start, e.end) for e in tagger(text).entities]
