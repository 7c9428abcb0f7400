"""Partial matches are counted as nervaluate counts them, where what is the pair of what is beyond doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.entities.matches import matches

SLOT = 4  # tokens, in which there is at most one entity of each side
WAYS = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}


@st.composite
def slots(draw):
    """Draw the entities of a sentence: in each slot one, or none."""
    spans = []
    for place in range(0, 3 * SLOT, SLOT):
        start = draw(st.integers(0, SLOT - 1))
        end = draw(st.integers(start + 1, SLOT))
        if draw(st.booleans()):
            spans.append((place + start, place + end, draw(st.sampled_from(["PER", "LOC"]))))
    return spans


@given(st.lists(st.tuples(slots(), slots()), min_size=1, max_size=4))
def test_counts_equal_nervaluates(pairs):
    nervaluate = pytest.importorskip("nervaluate", reason="NOT INSTALLED: nervaluate")
    gold, predicted = ([list(side) for side in sides] for sides in zip(*pairs, strict=True))
    rows = [
        [[{"label": t, "start": s, "end": e - 1} for s, e, t in spans] for spans in side] for side in (gold, predicted)
    ]  # whose ends are the last token
    expected = nervaluate.Evaluator(*rows, tags=["PER", "LOC"], loader="dict").evaluate()["overall"]
    counted = matches(gold, predicted)
    for way, name in WAYS.items():
        ours, theirs = counted[way], expected[name]
        for count in ("correct", "incorrect", "partial", "missed", "spurious"):
            assert getattr(ours, count) == getattr(theirs, count), (way, count)
        assert ours.f1 == pytest.approx(100 * theirs.f1)
