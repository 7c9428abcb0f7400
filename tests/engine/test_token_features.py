"""Features of tokens: the kernels against the plain forms, for any names, patterns and texts."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.engine.columns import NO_FEATURES, Block, Tokens
from fanlight.engine.token_features import BITS, Finders, NameTable, find_features
from fanlight.network.configuration import Configuration
from fanlight.network.document_features import gazetteer_features
from fanlight.network.lexicon import Lexicon
from fanlight.network.modelfile import Model
from fanlight.text import word_kernels
from fanlight.text.gazetteers import MARKS, Gazetteer
from fanlight.text.hashing import word_hashes
from fanlight.text.patterns import MARKS as PATTERN_FEATURES
from fanlight.text.patterns import Patterns
from fanlight.text.sentences import segment

WORDS = ["New", "new", "York", "YORK", "of", ".", "é", "서울", "a"]
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
texts = st.lists(st.sampled_from([*WORDS, "! The", "\n\n", "ab-12", "7"]), max_size=30).map(" ".join)


def model_of(gazetteer, patterns, unit="word"):
    configuration = Configuration(("X",), unit, 0, 1, "relu", "chain", "likelihood", (), 0, 0)
    lexicon = Lexicon.empty()
    return Model(configuration, {}, lexicon, {}, None, gazetteer, patterns)


def compiled_features(model, text):
    """Return the features of a text's tokens as numbers, by the kernels."""
    data = Block.of([text]).data
    token_starts, token_ends, sentence_offsets = segment(text, model.configuration.unit)
    words = [text[s:e] for s, e in zip(token_starts, token_ends, strict=True)]
    places = np.cumsum([0, *(len(character.encode()) for character in text)])
    offsets = (
        np.stack([token_starts, token_ends, places[token_starts], places[token_ends]], 1)
        .astype(np.int32)
        .reshape(-1, 4)
    )
    count, sentences = len(words), len(sentence_offsets) - 1
    types, owners = np.arange(count, dtype=np.int32), np.zeros(sentences, np.int32)
    sentence_offsets = sentence_offsets.astype(np.int32)
    tokens = Tokens(types, offsets, np.zeros(count, np.int32), sentence_offsets, owners, NO_FEATURES)
    hashes = word_hashes([word.lower() for word in words])
    features = find_features(data, tokens, hashes, Finders.of(model))
    lists = 0 if model.gazetteer is None or model.configuration.unit != "word" else len(model.gazetteer.lists)
    groups = lists + (0 if model.patterns is None else len(model.patterns.types))
    dense = np.zeros((count, groups, BITS), np.float32)
    for t in range(count):
        entry = features.heads[t]
        while entry >= 0:
            row, entry = features.entries[entry]
            dense[t, row >> BITS] = row >> np.arange(BITS) & 1
    listed = dense[:, :lists].reshape(count, lists * BITS)
    matched = dense[:, lists:, :PATTERN_FEATURES].reshape(count, (groups - lists) * PATTERN_FEATURES)
    return np.concatenate([listed, matched], 1)


def plain_features(model, text):
    token_starts, token_ends, sentence_offsets = segment(text, model.configuration.unit)
    begins, stops = token_starts.tolist(), token_ends.tolist()
    words = [text[s:e] for s, e in zip(begins, stops, strict=True)]
    places = [(text, begins[s:e], stops[s:e]) for s, e in pairwise(sentence_offsets.tolist())]
    return gazetteer_features(model.gazetteer, model.patterns, words, sentence_offsets, places)


@given(st.lists(st.tuples(names, st.sampled_from("abc")), max_size=12), texts)
@settings(deadline=None, max_examples=200)
def test_names_are_those_of_the_gazetteer(entries, text):
    model = model_of(Gazetteer.of([n for n, _ in entries], [l for _, l in entries], "word"), None)
    np.testing.assert_array_equal(compiled_features(model, text), plain_features(model, text))


@given(
    st.dictionaries(st.text("ab1 .é서", min_size=1, max_size=4), st.sampled_from("xyz"), max_size=4),
    st.dictionaries(
        st.sampled_from([r"^\w+", r"\d+", r"a*", r"[A-Z]\w* \w+", r".$", r"서|é", r"\bof\b"]),
        st.sampled_from("xyz"),
        min_size=1,
    ),
    texts | st.text(max_size=60),
    st.sampled_from(["word", "character"]),
)
@settings(deadline=None, max_examples=200)
def test_matches_are_those_of_the_patterns(named, expressions, text, unit):
    text = text.encode("utf-8", "replace").decode()
    model = model_of(
        Gazetteer.of(["of New"], ["list"], "word") if unit == "word" else None, Patterns(named, expressions)
    )
    model = model_of(model.gazetteer, model.patterns, unit)
    np.testing.assert_array_equal(compiled_features(model, text), plain_features(model, text))


def test_many_names_in_32_lists():
    rng = np.random.default_rng(0)
    words = [f"w{n}" for n in range(60)]
    entries = {" ".join(rng.choice(words, rng.integers(1, 4))) for _ in range(20_000)}
    lists = [f"list {rng.integers(32)}" for _ in entries]
    gazetteer = Gazetteer.of(sorted(entries), lists, "word")
    model = model_of(gazetteer, None)
    assert len(NameTable.of(gazetteer).filters) > 1024
    text = " ".join(rng.choice(words, 2000))
    features = compiled_features(model, text)
    assert features.reshape(2000, 32, MARKS).any((0, 2)).all()
    np.testing.assert_array_equal(features, plain_features(model, text))
    earlier = replace(gazetteer, beginnings=gazetteer.beginnings[:0])  # as model files of earlier versions have it
    np.testing.assert_array_equal(features, compiled_features(model_of(earlier, None), text))


@given(st.lists(st.text(st.characters(max_codepoint=126, min_codepoint=33), min_size=1, max_size=20), min_size=1))
@settings(deadline=None)
def test_hashes_in_lower_case_are_those_of_the_words(words):
    data = np.frombuffer("".join(words).encode(), np.uint8)
    token_ends = np.cumsum([len(word) for word in words])
    spans = np.stack([token_ends - [len(word) for word in words], token_ends, 0 * token_ends], 1)
    hashes = np.empty(len(words), np.uint64)
    word_kernels.lower_hashes(data, spans, hashes)
    np.testing.assert_array_equal(hashes, word_hashes([word.lower() for word in words]))
