"""Offsets of both engines: bytes and code points agree, whatever the text and wherever the borders of a block's texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.engine.columns import Block
from fanlight.engine.twins import engines, texts_of
from fanlight.text.normalisation import is_blank


def split_text(text, offsets):
    """Return a text in pieces that end anywhere."""
    bounds = [0, *sorted(offset % (len(text) + 1) for offset in offsets), len(text)]
    return [text[begin:end] for begin, end in zip(bounds, bounds[1:], strict=False)]


@pytest.mark.parametrize("which", [0, 1], ids=["plain", "compiled"])
@given(texts_of(st), st.lists(st.integers(0, 10**6), max_size=4))
@settings(deadline=None, max_examples=60)
def test_offsets_are_of_the_original(which, case, offsets):
    name, texts = case
    engine = engines(name)[which]
    texts = split_text(" Paris ".join(texts), offsets)
    block = Block.of(texts)
    entities = engine.entities(block, np.zeros(len(engine.types)))
    ends = {}
    for document, start, end, byte_start, byte_end, _, probability in zip(*(c.tolist() for c in entities), strict=True):
        form = texts[document][start:end]
        assert bytes(block.data[byte_start:byte_end]).decode() == form
        assert byte_start - block.text_starts[document] == len(texts[document][:start].encode())
        assert form
        assert not is_blank(form[0])
        assert not is_blank(form[-1])
        assert 0 < probability <= 1
        assert ends.get(document, 0) <= start
        ends[document] = end
