"""Memory of documents' forms that is marked instead of cleared: marks are never those of another document."""

import numpy as np
import pytest
from numba import njit

from fanlight.engine import case_contexts
from fanlight.engine.case_contexts import LARGEST, DocumentMemory
from tests.engine.kinds import NAMES, tag_block


@njit
def number(memory, count):
    return case_contexts.number_documents(memory, count)


def test_numbers_of_documents_are_never_used_twice_and_begin_anew_with_cleared_memory():
    zeros = np.zeros((3, 2), np.int32)
    memory = DocumentMemory(np.zeros((3, 4), np.int32), zeros.copy(), zeros.copy(), np.zeros(1, np.int64))
    assert [number(memory, 2), number(memory, 1), number(memory, 5)] == [1, 3, 4]
    memory.documents[0] = LARGEST - 3
    assert number(memory, 3) == LARGEST - 2
    memory.cases[1], memory.counts[1], memory.slots[2] = LARGEST, LARGEST, LARGEST
    assert number(memory, 4) == 1
    assert not any(column.any() for column in memory[:3])
    assert number(memory, 1) == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_document_has_no_other_documents_mentions(taggers, name):
    """Tagged after a text that repeats its words, a text has the entities that it has alone."""
    _, engine = taggers[name]
    repeated, single = (
        "Oslo is near Bonn. Oslo is old. In Bonn, Oslo is far. IT WAS BONN.",
        ["Oslo is far.", "It was Bonn."],
    )
    alone = [next(iter(tag_block(engine, [text]))) for text in single]
    for text, document in zip(single, alone, strict=True):
        list(tag_block(engine, [repeated]))
        assert [*tag_block(engine, [text])] == [document]
    assert [*tag_block(engine, [repeated, single[0], repeated, single[1]])][1::2] == alone
