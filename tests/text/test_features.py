"""Features of words and characters are those of the plain references, in any company."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fanlight.text.features import CHARACTER_GROUPS, PADDING, WORD_GROUPS, character_keys, extract
from fanlight.text.hashing import simple_lower, word_hashes
from tests.references.hashing import bucket, hash_of

words = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc"]), min_size=1, max_size=12), min_size=1, max_size=5
)


@given(words)
def test_hashes_equal_the_plain_reference(drawn_words):
    assert word_hashes(drawn_words).tolist() == [hash_of(word) for word in drawn_words]


@given(words)
def test_lower_forms_equal_the_plain_reference(drawn_words):
    bag = extract(drawn_words, WORD_GROUPS[:1])[0]
    lowered = ["".join(c.lower() if len(c.lower()) == 1 else c for c in word) for word in drawn_words]
    assert bag.ids.tolist() == [bucket("lower", word, WORD_GROUPS[0].buckets) for word in lowered]


@given(words)
def test_a_word_has_the_same_features_in_any_company(drawn_words):
    bags = extract([PADDING, *drawn_words], WORD_GROUPS)
    for bag, alone in zip(bags, zip(*(extract([word], WORD_GROUPS) for word in drawn_words), strict=True), strict=True):
        for i, single in enumerate(alone, 1):
            assert bag.ids[bag.offsets[i] : bag.offsets[i + 1]].tolist() == single.ids.tolist()


@given(st.lists(st.text("가나다라ab1", min_size=1, max_size=5), min_size=1, max_size=4))
def test_characters_have_the_same_features_in_any_company(drawn_words):
    text = " ".join(drawn_words)
    places = [i for i, c in enumerate(text) if c != " "]
    keys = character_keys(text, places, [p + 1 for p in places])
    bags = extract([PADDING, *keys], CHARACTER_GROUPS)
    for i, key in enumerate(keys, 1):
        for bag, alone in zip(bags, extract([key], CHARACTER_GROUPS), strict=True):
            assert bag.ids[bag.offsets[i] : bag.offsets[i + 1]].tolist() == alone.ids.tolist()


def test_ids_stay_in_their_tables():
    for group, bag in zip(WORD_GROUPS, extract(["Paris", "x", "1996-08-22"], WORD_GROUPS), strict=True):
        assert bag.ids.min() >= 0
        assert bag.ids.max() < group.buckets


def test_lower_case_never_changes_a_words_length():
    points = np.array([ord(c) for c in "AİßÉ가"], np.uint32)
    assert "".join(map(chr, simple_lower(points))) == "aİßé가"
