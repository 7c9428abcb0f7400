"""Entities replace_mentions for others of their type."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.network.lexicon import Lexicon
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.augmentation import REPLACEMENTS
from fanlight.training.mention_replacement import SHARE, replace_mentions
from fanlight.training.preparation import prepare
from fanlight.training.settings import read_settings
from tests.towns import SMALL, TOWNS

TYPES = ("PER", "LOC")


@st.composite
def sentences(draw):
    """Sentences of words, some of them joined, with entities that do not overlap."""
    words = draw(st.lists(st.text("abXY가각 ", min_size=1, max_size=4), max_size=8))
    text, token_starts, token_ends = "", [], []
    for word in words:
        text += draw(st.sampled_from(["", " ", "  "]))
        token_starts.append(len(text))
        text += word
        token_ends.append(len(text))
    limits = sorted(draw(st.sets(st.integers(0, len(words)), max_size=6)))
    spans = tuple((a, b, draw(st.sampled_from(TYPES))) for a, b in zip(limits[::2], limits[1::2], strict=False))
    return Sentence(text + draw(st.sampled_from(["", ".", " "])), tuple(token_starts), tuple(token_ends), spans)


def surfaces(sentence):
    return [
        (type_, sentence.text[sentence.token_starts[a] : sentence.token_ends[b - 1]]) for a, b, type_ in sentence.spans
    ]


def between(sentence):
    """The text that is in no entity, and its tokens."""
    places = [0, *(p for a, b, _ in sentence.spans for p in (sentence.token_starts[a], sentence.token_ends[b - 1]))]
    places.append(len(sentence.text))
    inside = {t for a, b, _ in sentence.spans for t in range(a, b)}
    texts = [sentence.text[a:b] for a, b in zip(places[::2], places[1::2], strict=True)]
    return texts, [token for n, token in enumerate(sentence.tokens) if n not in inside]


@given(st.lists(sentences(), min_size=1, max_size=5), st.integers(0, 9))
def test_contexts_stay_and_names_are_the_corpus_own(corpus_sentences, seed):
    replaced = replace_mentions(Corpus("c", "word", [corpus_sentences]), seed)
    all_surfaces = {surface for sentence in corpus_sentences for surface in surfaces(sentence)}
    tokens_of_surfaces = {
        (surface, tuple(s.tokens[a:b]))
        for s in corpus_sentences
        for (a, b, _), surface in zip(s.spans, surfaces(s), strict=True)
    }
    for old, new in zip(corpus_sentences, replaced.sentences, strict=True):
        assert between(new) == between(old)
        assert [t for t, _ in surfaces(new)] == [t for t, _ in surfaces(old)]
        assert set(surfaces(new)) <= all_surfaces
        for (a, b, _), surface in zip(new.spans, surfaces(new), strict=True):
            assert (surface, tuple(new.tokens[a:b])) in tokens_of_surfaces


def test_about_the_stated_share_is_exchanged_and_evenly():
    names = [f"N{n}" for n in range(40)]
    corpus_sentences = [Sentence.of_words([name, "ran"], [(0, 1, "PER")]) for name in names * 50]
    new = [s.tokens[0] for s in replace_mentions(Corpus("c", "word", [corpus_sentences]), 1).sentences]
    changed = np.mean([a != b for a, b in zip(new, names * 50, strict=True)])
    assert abs(changed - SHARE * 39 / 40) < 0.04
    assert min(Counter(new).values()) > 20


def test_a_closed_syllable_gives_way_to_a_closed_one():
    corpus = read_korean(["김철수는", "이영희는", "박훈은", "정민은"])
    for seed in range(5):
        for sentence in replace_mentions(corpus, seed).sentences:
            closed = (ord(sentence.text[-2]) - 0xAC00) % 28 > 0
            assert sentence.text[-1] == ("은" if closed else "는")


def read_korean(words):
    letters = [Sentence(w, tuple(range(len(w))), tuple(range(1, len(w) + 1)), ((0, len(w) - 1, "PS"),)) for w in words]
    return Corpus("c", "character", [[letter] for letter in letters])


def test_overlapping_entities_stay():
    nested = Sentence.of_words(["New", "York", "Times"], [(0, 3, "ORG"), (0, 2, "LOC")])
    flat = Sentence.of_words(["Rome"], [(0, 1, "LOC")])
    assert replace_mentions(Corpus("c", "word", [[nested, flat]]), 1).sentences[0] == nested


def test_training_shows_them_beside_the_corpus():
    corpus = read_corpus(TOWNS, tokenise_sentences)
    plain, augmented = (
        prepare(corpus, None, Lexicon.empty(), read_settings(None, {**SMALL, "replacement_share": share}))
        for share in (0.0, 0.6)
    )
    assert len(augmented.parts) == len(plain.parts) + REPLACEMENTS
    assert np.allclose([part.share for part in augmented.parts[-REPLACEMENTS:]], 0.6 / REPLACEMENTS)
    assert len(augmented.train) == (1 + REPLACEMENTS) * len(corpus.sentences)
    assert (
        len({tuple(augmented.train.choose(part.sentences).types.tolist()) for part in augmented.parts})
        == 1 + REPLACEMENTS
    )


@pytest.mark.parametrize(("sentences", "vectors", "share"), [(7999, True, 1.0), (8000, True, 0.0), (8000, False, 0.5)])
def test_default_share_by_what_else_tells_names_apart(sentences, vectors, share):
    assert read_settings(None, {}).resolve("word", 1, sentences, vectors).replacement_share == share
    assert (
        read_settings(None, {"replacement_share": 0.2}).resolve("word", 1, sentences, vectors).replacement_share == 0.2
    )
