"""What `mask` replaces `unmask` puts back: for any text, any names in it and any types."""

from hypothesis import given
from hypothesis import strategies as st

from fanlight.entities.entity import Document, Entity
from fanlight.tagging.masking import Masker, unmask

ALPHABET = "ab [](){}_1-\r\n\t\x00 é이\U0001f44dPER"
TYPES = st.text(st.sampled_from("PER_ []\n1-é"), max_size=6)


@st.composite
def documents(draw):
    """Return texts with entities that may touch, lie in each other and overlap."""
    rows = []
    for text in draw(st.lists(st.text(st.sampled_from(ALPHABET), max_size=30), min_size=1, max_size=4)):
        places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)), TYPES)
        spans = [(min(s, e), max(s, e), t) for s, e, t in draw(st.lists(places, max_size=5)) if s != e]
        rows.append(Document(text, tuple(Entity(s, e, t, text[s:e]) for s, e, t in spans)))
    return rows


@given(documents())
def test_unmask_is_the_inverse(rows):
    masker = Masker()
    masker.reserve(row.text for row in rows)
    masked = [masker.mask(row) for row in rows]
    assert [unmask(text, masker.names) for text in masked] == [row.text for row in rows]


@given(documents(), documents())
def test_a_key_goes_on_without_losing_a_name(before, after):
    masker = Masker()
    masker.reserve(row.text for row in before)
    masked = [masker.mask(row) for row in before]
    again = Masker(names=masker.names)
    try:
        again.reserve(row.text for row in after)
    except ValueError:
        return  # what looks like a placeholder of the key is refused
    masked += [again.mask(row) for row in after]
    assert [unmask(text, again.names) for text in masked] == [row.text for row in (*before, *after)]


def test_types_that_a_placeholder_cannot_hold():
    masker = Masker()
    text = "Ann saw Bob"
    types = ("Person Name", "[x]")
    entities = (Entity(0, 3, types[0], "Ann"), Entity(8, 11, types[1], "Bob"))
    assert masker.mask(Document(text, entities)) == "[Person-Name_1] saw [-x-_1]"
    assert [type_ for _, type_ in masker.names.values()] == list(types)
