"""The kernels that cut and look up words of ASCII against the plain functions."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.network.lexicon import Lexicon
from fanlight.text.features import WORD_GROUPS, Group, extract
from fanlight.text.token_kernels import ABBREVIATION_HASHES, LONGEST, tokenize
from fanlight.text.tokens import ABBREVIATIONS, tokenise
from fanlight.text.vectors import fallback_forms
from fanlight.text.word_features import WORD_FEATURES
from fanlight.text.word_kernels import plan_of, vector_rows, word_bags

printable = st.characters(min_codepoint=33, max_codepoint=126)
parts = ["Mr", "U.S", "'s", "n't", "'LL", "...", "--", "1,000", "3:15", "(", '"', "www", "e.g", "O'", ".", "http:", "x"]
chunks = st.text(printable, min_size=1, max_size=14) | st.lists(
    st.sampled_from([*parts, *sorted(ABBREVIATIONS)[:20]]) | st.text(printable, max_size=3), min_size=1, max_size=5
).map("".join).filter(bool)  # fmt: skip


def laid_out(words):
    """Words end to end in bytes, and where each is."""
    token_ends = np.cumsum([len(word) for word in words])
    spans = np.stack([np.append(0, token_ends[:-1]), token_ends], 1).astype(np.int64)
    return np.frombuffer("".join(words).encode() + bytes(4), np.uint8), spans


@given(chunks)
@settings(max_examples=2000, deadline=None)
def test_chunks_are_cut_as_the_plain_tokeniser_cuts_them(chunk):
    token_spans = np.zeros((LONGEST, 2), np.int64)
    data = np.frombuffer(f"x{chunk}".encode() + bytes(4), np.uint8)
    n = tokenize(data, 1, 1 + len(chunk), ABBREVIATION_HASHES, token_spans)
    token_starts, token_ends = tokenise(chunk)
    if n < 0:  # left to the plain one: links, addresses, hash tags
        assert re.search(r"[@#&/=|~_\\]|^\W*w|^[:;]|[\d!?.+*\"')\]}][a-z]|[!?\"')\]}]\d|->", chunk, re.IGNORECASE)
    else:
        assert (token_spans[:n] - 1).tolist() == np.stack([token_starts, token_ends], 1).tolist()


@pytest.mark.parametrize("chunk", ["a" * (LONGEST + 1), "서울", "a\x00b", "ada@home.org", "http://x.org", "www.x.org"])
def test_what_the_kernel_cannot_cut_it_refuses(chunk):
    data = np.frombuffer(chunk.encode() + bytes(4), np.uint8)
    assert tokenize(data, 0, len(data) - 4, ABBREVIATION_HASHES, np.zeros((LONGEST, 2), np.int64)) == -1


every_feature = Group("all", 4093, 4, tuple(sorted(WORD_FEATURES)))


@given(st.lists(st.text(printable, min_size=1, max_size=20), min_size=1, max_size=6))
@settings(max_examples=500, deadline=None)
def test_features_are_those_of_the_plain_ones(words):
    data, spans = laid_out(words)
    for groups in (WORD_GROUPS, (every_feature,), ()):
        for bag, plain in zip(word_bags(data, spans, plan_of(groups)), extract(words, groups), strict=True):
            assert bag.ids.tolist() == plain.ids.tolist()
            assert bag.offsets.tolist() == plain.offsets.tolist()


@given(st.lists(st.text("aAbB1#0'é", min_size=1, max_size=3), min_size=1, max_size=8),
       st.lists(st.text("aAbB12'", min_size=1, max_size=3), min_size=1, max_size=8))  # fmt: skip
@settings(max_examples=1000, deadline=None)
def test_vectors_are_found_under_the_same_spellings(lexicon_words, words):
    lexicon = Lexicon.of(lexicon_words, np.ones((len(lexicon_words), 2), np.float32))
    rows = np.empty(len(words), np.int64)
    vector_rows(*laid_out(words), lexicon.hashes, rows)
    assert rows.tolist() == lexicon.find(words, fallback_forms).tolist()
