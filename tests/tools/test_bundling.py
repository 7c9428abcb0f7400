"""What the bundled models are trained on: the grammar of numbers, silver labels, generated sentences."""

import sys
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from bundling import corpora, english_numbers, english_sentences, korean, silver  # noqa: E402

from fanlight.corpus.sentence import Sentence  # noqa: E402

NAMES = {
    "PER": ["Ada Lovelace"], "LOC": ["Paris"], "ORG": ["Acme"], "GIVEN": ["Ada"], "SURNAME": ["Lovelace"],
    "ORG-STOP": ["Acme Inc."], "STREET": ["Oak Lane"], "STATE": ["TX"], "TAG-PER": ["#Lovelace"], "TAG-LOC": ["#Paris"], "TAG-ORG": ["#Acme"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("at 5 pm on 3 March 2020", [("5 pm", "TIME"), ("3 March 2020", "DATE")]),
        ("more than $3.5 billion", [("$3.5 billion", "MONEY")]),
        ("12 tonnes, 300 km, 15% and 999 dollars", [
            ("12 tonnes", "QUANTITY"), ("300 km", "QUANTITY"), ("15%", "PERCENT"), ("999 dollars", "MONEY"),
        ]),
        ("about two hours, about twenty-five years", [("two hours", "TIME"), ("twenty-five years", "DATE")]),
        ("12/05/2021 2021-05-12T10:00Z 12.05.2021 2023.03.05", [
            ("12/05/2021", "DATE"), ("2021-05-12T10:00Z", "DATE"), ("12.05.2021", "DATE"), ("2023.03.05", "DATE"),
        ]),
        ("the 19th century, the 1990s, Tuesday and Friday, Sept. 1, 1987", [
            ("19th century", "DATE"), ("1990s", "DATE"), ("Tuesday", "DATE"), ("Friday, Sept. 1, 1987", "DATE"),
        ]),
        ("220 mln dlrs vs 39 pct", [("220 mln dlrs", "MONEY"), ("39 pct", "PERCENT")]),
        ("5 children, page 12, version 2.3.1, a 43-year-old, +1 415 555 0100", []),
    ],
)  # fmt: skip
def test_the_grammar_matches_numbers_and_nothing_else(text, entities):
    assert [(text[s:e], type_) for s, e, type_ in english_numbers.CLEAR.matches(text)] == entities


def test_what_words_leave_open_is_decided_by_another_labeller():
    text = "In May 1997 they may sell 1997 shares; spring came in May."
    without, last = silver.number_entities(text, []), text.rindex("May")
    assert [text[s:e] for s, e, _ in without] == ["May 1997"]
    with_it = silver.number_entities(text, [(last, last + 3, "DATE")])
    assert [text[s:e] for s, e, _ in with_it] == ["May 1997", "May"]


def test_tokens_are_laid_out_as_running_text_and_spans_return_to_them():
    tokens = ["He", "paid", "$", "5", "million", "(", "3", "%", ")", "on", "Sept.", "1", ",", "1987", "."]
    text, token_starts, token_ends = silver.detokenised(tokens)
    assert text == "He paid $5 million (3%) on Sept. 1, 1987."
    spans = list(silver.token_spans(silver.number_entities(text, []), token_starts, token_ends))
    assert spans == [(2, 5, "MONEY"), (6, 8, "PERCENT"), (10, 14, "DATE")]


@pytest.mark.parametrize("template", [*english_sentences.POSITIVE, *english_sentences.NAMED])
def test_generated_sentences_label_what_fills_their_slots(template):
    rng = np.random.default_rng(3)
    slots = [s for s in english_sentences.SLOT.findall(template) if s not in english_sentences.NO_ENTITIES]
    types = {slot: type_ for slot, (type_, _) in english_sentences.ENTITIES.items()} | english_sentences.NAME_TYPES
    expected = [types.get(slot, slot) for slot in slots]
    document = english_sentences.sentence(template, NAMES, rng)
    assert sorted(type_ for sentence in document for _, _, type_ in sentence.spans) == sorted(expected)


def test_generated_sentences_without_entities_have_none():
    rng = np.random.default_rng(4)
    for template in english_sentences.NEGATIVE:
        assert not any(sentence.spans for sentence in english_sentences.sentence(template, NAMES, rng))


def test_exchanged_numbers_keep_their_types():
    rng = np.random.default_rng(5)
    sentence = Sentence.of_words(["It", "fell", "5", "%", "on", "Monday", "."], [(2, 4, "PERCENT"), (5, 6, "DATE")])
    documents = [english_sentences.exchanged([sentence], rng) for _ in range(30)]
    assert len({document[0].text for document in documents}) > 10
    types = [[type_ for s in document for _, _, type_ in s.spans] for document in documents]
    assert types.count(["PERCENT", "DATE"]) == 30


def test_handles_and_titles_are_no_names():
    tweet = Sentence.of_words(
        ["@ada", "met", "Mr.", "Brown", "and", "Prince"], [(0, 1, "PER"), (2, 4, "PER"), (5, 6, "PER")]
    )
    assert corpora.without_handles(tweet).spans == ((3, 4, "PER"), (5, 6, "PER"))


@pytest.mark.parametrize("template", (TOOLS / "bundling" / "korean_sentences.txt").read_text("utf-8").split("\n")[:-1])
def test_korean_sentences_label_what_fills_their_slots(template):
    rng = np.random.default_rng(6)
    text, spans = korean.sentence(template, NAMES, rng)
    slots = [slot for slot, _ in korean.SLOT.findall(template) if slot in korean.TYPES_OF_SLOTS]
    assert [type_ for _, _, type_ in spans] == [korean.TYPES_OF_SLOTS[slot] for slot in slots]
    assert "{" not in text
    assert "/를" not in text


def test_korean_names_are_exchanged_for_such_as_the_same_particle_follows():
    rng = np.random.default_rng(7)
    names = {"PER": ["이순신", "홍길동", "김유리"], "LOC": [], "ORG": []}
    for _ in range(20):
        text, spans = korean.exchanged("박철수는 왔다", [(0, 3, "PER")], names, rng)
        assert text in ("박철수는 왔다", "김유리는 왔다")
        assert spans == [(0, 3, "PER")]
