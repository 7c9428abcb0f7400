"""The bundled models tag any text with exact offsets, in order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fanlight
from fanlight.engine.twins import ROUNDING
from fanlight.errors import DataError

TEXTS = [
    "Museums in Paris are amazing to see.",
    "Barack Obama met Angela Merkel in Berlin on Tuesday.",
    "The Iraqi government said Monday that NATO will stay.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_english_model(text):
    document = fanlight.load("en")(text)
    assert document.entities
    for entity in document.entities:
        assert text[entity.start : entity.end] == entity.text
        assert 0 < entity.probability <= 1
        assert entity.type in fanlight.load("en").types
    assert list(document.entities) == sorted(document.entities, key=lambda e: e.start)


def test_the_models_say_where_they_come_from():
    for name, types in (
        ("en", {"PER", "LOC", "ORG", "MISC", "DATE", "TIME", "MONEY", "PERCENT", "QUANTITY"}),
        ("ko", {"PER", "LOC", "ORG", "DATE", "TIME", "MONEY", "PERCENT", "QUANTITY"}),
    ):
        tagger = fanlight.load(name, verify=True)
        assert set(tagger.types) == types
        assert tagger.model.provenance["licence"]
        for key in ("name", "version", "language", "data", "scores", "intended use", "limits"):
            assert tagger.model.provenance[key]


@pytest.mark.parametrize(
    ("model", "text", "entity", "type_"),
    [
        ("en", "Museums in Paris are amazing to see.", "Paris", "LOC"),
        ("en", "Let us meet at 5 pm.", "5 pm", "TIME"),
        ("en", "It cost $3.5 billion.", "$3.5 billion", "MONEY"),
        ("en", "They shipped 12 tonnes of rice.", "12 tonnes", "QUANTITY"),
        ("en", "The town is 300 km away.", "300 km", "QUANTITY"),
        ("en", "Prices rose by 15%.", "15%", "PERCENT"),
        ("en", "I paid 999 dollars.", "999 dollars", "MONEY"),
        ("en", "She was born on 3 March 2020.", "3 March 2020", "DATE"),
        ("en", "We waited two hours.", "two hours", "TIME"),
        ("ko", "이순신은 서울에서 태어났다.", "이순신", "PER"),
        ("ko", "이순신은 서울에서 태어났다.", "서울", "LOC"),
        ("ko", "시행일: 2020. 1. 1.", "2020. 1. 1.", "DATE"),
        ("ko", "오후 3시에 만나요.", "오후 3시", "TIME"),
        ("ko", "가격은 3만 5천 원입니다.", "3만 5천 원", "MONEY"),
    ],
)
def test_the_models_have_all_their_types(model, text, entity, type_):
    assert (entity, type_) in [(e.text, e.type) for e in fanlight.load(model)(text).entities]


@pytest.mark.parametrize(
    "text",
    ["He has 3 children.", "Section 4.2, page 12, room 101", "They won 3-2.", "Privacy Policy", "Hello everyone,"],
)
def test_bare_counts_headings_and_greetings_are_no_entities(text):
    assert not fanlight.load("en")(text).entities


def test_korean_offsets_leave_the_particle_out():
    text = "이순신은 서울에서 태어났다."
    for entity in fanlight.load("ko")(text).entities:
        assert text[entity.start : entity.end] == entity.text
        assert entity.text not in ("서울에서", "이순신은")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
    | st.text("Paris 서울은.\n\r\0👨\u200d👩", max_size=60)
)
def test_any_text_is_tagged_with_exact_offsets(text):
    for name in ("en", "ko"):
        document = fanlight.load(name)(text)
        assert document.text == text
        for entity in document.entities:
            assert text[entity.start : entity.end] == entity.text


def test_empty_text_and_half_surrogates():
    assert fanlight.load("en")("").entities == ()
    assert fanlight.load("en")(" \n ").entities == ()
    with pytest.raises(DataError, match="surrogate"):
        fanlight.load("en")("a\ud800")


def test_pipe_keeps_order_and_equals_single_calls():
    tagger = fanlight.load("en")
    for document, text in zip(tagger.pipe(iter(TEXTS)), TEXTS, strict=True):
        alone = tagger(text)
        assert [(e.start, e.end, e.type) for e in document.entities] == [
            (e.start, e.end, e.type) for e in alone.entities
        ]
        np.testing.assert_allclose(
            [e.probability for e in document.entities], [e.probability for e in alone.entities], atol=ROUNDING
        )


def test_thresholds_by_type():
    tagger = fanlight.load("en")
    assert tagger(TEXTS[0], threshold={"LOC": 1.0}).entities == ()
    assert tagger(TEXTS[0], threshold={"PER": 1.0}).entities


def test_the_script_decides_the_language():
    assert fanlight.language_of("서울은 크다 (Seoul)") == "ko"
    assert fanlight.language_of("Seoul (서울)") == "en"
    assert fanlight.language_of("123") == "en"


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        (lambda tagger: tagger(None), "a text is a str, not NoneType"),
        (lambda tagger: tagger(["Oslo"]), r"a text is a str, not list: \['Oslo'\]"),
        (lambda tagger: list(tagger.pipe(["Oslo", float("nan")])), "a text is a str, not float: nan"),
        (lambda tagger: tagger.tag_batch(["Oslo", None]), "a text is a str, not NoneType"),
        (lambda tagger: list(tagger.pipe("Oslo")), r"one text is given where several are expected"),
        (lambda tagger: tagger.tag_batch("Oslo"), r"one text is given where several are expected"),
    ],
)
def test_what_is_no_text_is_named(tag, message):
    with pytest.raises(DataError, match=message):
        tag(fanlight.load("en"))


def test_a_subclass_of_str_is_a_text():
    assert fanlight.load("en").tag_batch([np.str_("She lives in Oslo.")])[0].entities[0].text == "Oslo"
