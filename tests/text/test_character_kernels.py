"""The kernels for characters of Hangul and ASCII against the plain functions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.engine.tokenizer_kernels import flags_of
from fanlight.engine.type_cache import type_flags
from fanlight.text.character_features import CHARACTER_FEATURES
from fanlight.text.character_kernels import LONGEST, character_bags, gazetteer_features, index_of, plan_of, tokenize
from fanlight.text.features import CHARACTER_GROUPS, Group, character_form, character_keys, extract
from fanlight.text.gazetteers import Gazetteer
from fanlight.text.tokens import characters

RANGES = [
    "!~",
    "가힣",
    "ㄱㅣ",
    "ㅥㆎ",
    "一鿼",
    "←⇿",
    "■⛿",
    "–”",
    "‥…",
    "、。",
    "〈】",
    "！！",
    "，，",
    "？？",
    "～～",
]  # what the kernels take
taken = st.one_of(*(st.characters(min_codepoint=ord(begin), max_codepoint=ord(end)) for begin, end in RANGES))
chunk = st.text(taken | st.sampled_from("ㄱㅋㅎㅏㅣㆎ서울은는이가Aa1.…♥人"), min_size=1, max_size=14)
every_feature = Group("all", 4093, 4, tuple(sorted(CHARACTER_FEATURES)))


def laid_out(chunks):
    """Chunks end to end in bytes, a row for each character, and the characters' keys."""
    data = "".join(chunks).encode()
    spans, keys, place = [], [], 0
    for text in chunks:
        size = len(text.encode())
        spans += [(place, place + size, i) for i in range(len(text))]
        token_starts, token_ends = characters(text)
        keys += character_keys(text, token_starts.tolist(), token_ends.tolist())
        place += size
    return np.frombuffer(data + bytes(4), np.uint8), np.array(spans, np.int64), keys


@given(
    st.text(min_size=1, max_size=8).filter(lambda t: not any(c.isspace() or "\ud800" <= c <= "\udfff" for c in t))
    | chunk
)
@settings(max_examples=1000, deadline=None)
def test_chunks_are_cut_as_the_plain_function_cuts_them_or_refused(text):
    token_spans = np.zeros((LONGEST, 2), np.int64)
    raw = text.encode()
    n = tokenize(np.frombuffer(raw + bytes(4), np.uint8), 0, len(raw), token_spans)
    easy = all(any(begin <= c <= end for begin, end in RANGES) for c in text)
    assert (n >= 0) == easy
    if easy:
        token_starts, token_ends = characters(text)
        places = np.append(0, np.cumsum([len(c.encode()) for c in text]))
        assert token_spans[:n].tolist() == np.stack([places[token_starts], places[token_ends]], 1).tolist()


def test_long_chunks_are_refused():
    raw = ("서" * (LONGEST + 1)).encode()
    assert tokenize(np.frombuffer(raw + bytes(4), np.uint8), 0, len(raw), np.zeros((LONGEST, 2), np.int64)) == -1


def test_every_character_taken_has_its_features_and_flags():
    text = "".join(chr(p) for begin, end in RANGES for p in range(ord(begin), ord(end) + 1))
    chunks = [text[i : i + LONGEST] for i in range(0, len(text), LONGEST)]
    assert [len(c) for c in chunks] == [characters(c)[0].size for c in chunks]
    data, spans, keys = laid_out(chunks)
    group = Group("some", 1 << 20, 4, ("class", "character"))
    bags = character_bags(data, spans, plan_of((group,)), (group,))
    assert bags[0].ids.tolist() == extract(keys, (group,))[0].ids.tolist()
    token_ends = np.cumsum([len(c.encode()) for c in text])
    places = np.stack([np.append(0, token_ends[:-1]), token_ends], 1)
    flags = np.empty(len(text), np.int32)
    flags_of(data, places, flags)
    assert flags.tolist() == [type_flags(c, character_form(c)) for c in text]


@given(st.lists(chunk, min_size=1, max_size=5))
@settings(max_examples=500, deadline=None)
def test_features_are_those_of_the_plain_ones(chunks):
    data, spans, keys = laid_out(chunks)
    for groups in (CHARACTER_GROUPS, (every_feature,), ()):
        bags = character_bags(data, spans, plan_of(groups), groups)
        for bag, plain in zip(bags, extract(keys, groups), strict=True):
            assert bag.ids.tolist() == plain.ids.tolist()
            assert bag.offsets.tolist() == plain.offsets.tolist()


@given(st.lists(chunk, min_size=1, max_size=5),
       st.lists(st.tuples(st.text("서울은A1", min_size=1, max_size=4), st.sampled_from(["PS", "LC"])), max_size=8))  # fmt: skip
@settings(max_examples=500, deadline=None)
def test_marks_are_those_of_the_plain_gazetteer(chunks, names):
    data, spans, keys = laid_out(chunks)
    gazetteer = Gazetteer.of([name for name, _ in names], [list_ for _, list_ in names], "character")
    plain = gazetteer.features(keys, np.array([0, len(keys)]))
    np.testing.assert_array_equal(gazetteer_features(data, spans, gazetteer, index_of(gazetteer)), plain)
