"""Spans and tags are the same entities in every scheme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from fanlight.entities.bioes import SCHEMES, TagSet, detect_scheme, spans_from_tags, tags_from_spans
from fanlight.errors import DataError

TYPES = ("LOC", "PER")


@st.composite
def spans(draw):
    length = draw(st.integers(0, 12))
    spans, place = [], 0
    while place < length:
        end = draw(st.integers(place + 1, length))
        if draw(st.booleans()):
            spans.append((place, end, draw(st.sampled_from(TYPES))))
        place = end
    return spans, length


@given(spans(), st.sampled_from([s for s in SCHEMES if s != "IO"]))
def test_spans_go_through_tags_and_back(case, scheme):
    spans, length = case
    tags = tags_from_spans(spans, length, scheme)
    assert spans_from_tags(tags, scheme) == (spans, [])


@given(spans())
def test_tag_numbers_and_back(case):
    spans, length = case
    tags = TagSet(TYPES)
    numbers = tags.encode(spans, length)
    assert tags.decode(numbers) == spans
    assert [tags.tags[n] for n in numbers] == tags_from_spans(spans, length)


@given(st.lists(st.sampled_from(["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]), max_size=12))
def test_any_iob2_tags_are_read_as_conlleval_reads_them(tags):
    expected = [(s, e + 1, t) for t, s, e in get_entities(tags)]
    assert spans_from_tags(tags, "IOB2")[0] == expected


@given(st.lists(st.sampled_from(["O", *(f"{p}-{t}" for p in "BIES" for t in TYPES)]), max_size=10))
def test_legal_transitions_are_those_of_tags_that_need_no_repair(tags):
    numbers = [TagSet(TYPES).tags.index(t) for t in tags]
    legal = TagSet(TYPES).legal_transitions
    K = len(legal) - 1
    path = [K, *numbers, K]
    assert not tags or all(legal[a, b] for a, b in zip(path, path[1:], strict=False)) == (
        not spans_from_tags(tags, "BIOES")[1]
    )


@pytest.mark.parametrize(
    ("tags", "scheme", "expected", "repairs"),
    [
        (["I-PER", "I-PER", "O", "I-LOC", "B-LOC"], "IOB1", [(0, 2, "PER"), (3, 4, "LOC"), (4, 5, "LOC")], 0),
        (["I-PER", "I-PER"], "IOB2", [(0, 2, "PER")], 1),
        (["B-PER", "I-LOC"], "IOB2", [(0, 1, "PER"), (1, 2, "LOC")], 1),
        (["B-PER", "O"], "BIOES", [(0, 1, "PER")], 1),
        (["S-PER", "B-LOC", "E-LOC"], "BIOES", [(0, 1, "PER"), (1, 3, "LOC")], 0),
        (["U-PER", "B-LOC", "L-LOC"], "BILOU", [(0, 1, "PER"), (1, 3, "LOC")], 0),
        (["I-PER", "I-PER", "I-LOC"], "IO", [(0, 2, "PER"), (2, 3, "LOC")], 0),
    ],
)
def test_schemes(tags, scheme, expected, repairs):
    spans, repaired = spans_from_tags(tags, scheme)
    assert spans == expected
    assert len(repaired) == repairs


def test_schemes_are_told_apart():
    assert detect_scheme("BI", inside_opens=False) == "IOB2"
    assert detect_scheme("BI", inside_opens=True) == "IOB1"
    assert detect_scheme("BIES", inside_opens=False) == "BIOES"
    assert detect_scheme("BILU", inside_opens=False) == "BILOU"
    assert detect_scheme("I", inside_opens=True) == "IO"
    with pytest.raises(DataError, match="unknown tag prefix 'X'"):
        detect_scheme("BX", inside_opens=False)


def test_overlapping_spans_cannot_be_tags():
    with pytest.raises(ValueError, match="overlaps"):
        tags_from_spans([(0, 2, "PER"), (1, 3, "LOC")], 3)


def test_a_sentence_starts_and_ends_legally():
    legal = TagSet(["X"]).legal_transitions
    tags = ["O", "B-X", "I-X", "E-X", "S-X"]
    assert [t for t, ok in zip(tags, legal[5], strict=False) if ok] == ["O", "B-X", "S-X"]
    assert [t for t, ok in zip(tags, legal[:, 5], strict=False) if ok] == ["O", "E-X", "S-X"]
    assert not np.diag(legal)[1]
