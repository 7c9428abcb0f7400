"""Chunks: what stands between white space, counted beforehand, found, and numbered."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fanlight.engine import chunks as chunk_kernels
from fanlight.engine.chunks import Chunks
from fanlight.engine.columns import Block

WHITE = "".join(chr(c) for c in range(0x3001) if chr(c).isspace())
TEXTS = st.lists(st.text(st.sampled_from(WHITE + "aB.\u2019\u3042한\U0001f600") | st.characters(codec="utf-8")))


@given(TEXTS)
def test_chunks_are_what_split_gives_and_no_more_than_counted(texts):
    block = Block.of(texts)
    most = chunk_kernels.most_chunks(block.data, block.text_starts, block.text_ends)
    assert sum(len(text.split()) for text in texts) <= most
    keys, values, uses = np.zeros(1 << 12, np.uint64), np.zeros(1 << 12, np.int32), np.zeros(most, np.int32)
    chunks = Chunks.allocate(len(texts), most, block.data)
    new = np.empty((most, 2), np.int64)
    count = chunk_kernels.scan(block.data, block.text_starts, block.text_ends, (keys, values, uses), 0, chunks, new)
    forms = [bytes(block.data[start:end]).decode() for start, end in new[:count]]
    chunks_of_texts = [
        [forms[n] for n in chunks.ids[s:e]] for s, e in zip(chunks.documents, chunks.documents[1:], strict=False)
    ]
    assert chunks_of_texts == [text.split() for text in texts]
    assert len(set(forms)) == count
    assert uses[:count].sum() == sum(map(len, chunks_of_texts))


def test_of_words_and_single_spaces_no_more_are_counted_than_there_are():
    texts = ["Museums in Paris", "", "한국어 문장, あいう"]
    block = Block.of(texts)
    assert chunk_kernels.most_chunks(block.data, block.text_starts, block.text_ends) == 3 + 1 + 3  # an empty one counts
