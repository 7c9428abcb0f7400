"""Offsets of both engines: bytes and code points agree, whatever the text and wherever the borders of a block's texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.engine.columns import Block
from fanlight.engine.twins import engines, texts_of
from fanlight.text.normalisation import is_blank


def pieces(text, cuts):
    """Return a text in pieces that end anywhere."""
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[begin:end] for begin, end in zip(edges, edges[1:], strict=False)]


@pytest.mark.parametrize("which", [0, 1], ids=["plain", "compiled"])
@given(texts_of(st), st.lists(st.integers(0, 10**6), max_size=4))
@settings(deadline=None, max_examples=60)
def test_offsets_are_of_the_original(which, case, cuts):
    name, texts = case
    engine = engines(name)[which]
    texts = pieces(" Paris ".join(texts), cuts)
    block = Block.of(texts)
    entities = engine.entities(block, np.zeros(len(engine.types)))
    ends = {}
    for document, start, end, first, last, _, probability in zip(*(c.tolist() for c in entities), strict=True):
        form = texts[document][start:end]
        assert bytes(block.data[first:last]).decode() == form
        assert first - block.starts[document] == len(texts[document][:start].encode())
        assert form
        assert not is_blank(form[0])
        assert not is_blank(form[-1])
        assert 0 < probability <= 1
        assert ends.get(document, 0) <= start
        ends[document] = end
