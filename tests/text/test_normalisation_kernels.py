"""No text that differs from its normal form is passed over, and few that do not are named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fanlight.engine.columns import Block
from fanlight.text.normalisation import normalise
from fanlight.text.normalisation_kernels import MAX_ASKED, find_altered

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text(
    "e\u0301\u00ad\u200b\u200d👩💻“–Ｍa가\u1100\u1161&amp;#246; ", max_size=30
)


def altered(texts: list[str]) -> list[int]:
    block = Block.of(texts)
    return find_altered(block.data, block.text_starts, block.text_ends, 0, len(texts))


@given(st.lists(TEXTS, max_size=5))
def test_none_is_passed_over(texts: list[str]) -> None:
    assert set(altered(texts)) >= {d for d, text in enumerate(texts) if normalise(text).text != text}


def test_ordinary_texts_are_not_named() -> None:
    assert altered(
        ["Ada & Bob, Zürich", "서울은 - R&D", "ㅋㅋ 👩 漢字", "", "tab\there", "K&ouml;ln", "“a”", "가\u0301"]
    ) == [5, 6, 7]


def test_more_characters_than_are_asked_about_at_once() -> None:
    characters = [chr(point) for point in range(0x4E00, 0x4E00 + 2 * MAX_ASKED)]
    assert altered(["".join(character * 3 for character in characters), "\uac00’"]) == [1]


def test_a_range_of_texts() -> None:
    block = Block.of(["’", "a", "’", "b", "’"])
    assert find_altered(block.data, block.text_starts, block.text_ends, 1, 4) == [2]
