"""Sentences that come as tokens get the same entities from the compiled engine as from the plain one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.corpus.sentence import Sentence
from fanlight.engine.plain import PlainEngine
from fanlight.engine.plain_text import read_sentences
from fanlight.engine.twins import ROUNDING
from tests.engine.kinds import NAMES

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
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
    for (*_, probability), expected_span in zip(spans, expected, strict=True):
        assert probability == pytest.approx(expected_span.probability, abs=ROUNDING), (name, documents)


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
