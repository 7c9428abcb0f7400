"""A document holds what its offsets say."""

import pytest

from fanlight import Document, Entity


def test_a_document_holds_what_its_offsets_say():
    document = Document("In Paris.", (Entity(3, 8, "LOC", "Paris", 0.9),))
    assert document.to_dict() == {
        "text": "In Paris.",
        "entities": [{"start": 3, "end": 8, "type": "LOC", "text": "Paris", "probability": 0.9}],
    }
    with pytest.raises(ValueError, match="the text has 'In P'"):
        Document("In Paris.", (Entity(0, 4, "LOC", "Paris"),))
