"""The compiled search of UTF-8 against its plain twin."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.engine.columns import Block, Entities
from fanlight.text.automaton import compile_expression
from fanlight.text.automaton_kernels import BLOCK, Automata, find_matches
from tests.text.regular import HOSTILE, expressions
from tests.text.regular import texts as short_texts

texts = short_texts | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def compiled_matches(expressions, texts, documents=None, capacity=1 << 18):
    block, out = Block.of(texts), Entities.allocate(capacity)
    automata = Automata.of([compile_expression(expression) for expression in expressions])
    count = find_matches(block.data, block.text_starts, block.text_ends, *(documents or (0, len(texts))), automata, out)
    rows = zip(*(column[:count].tolist() for column in out), strict=True)
    assert all(probability == 1 for *_, probability in zip(*(c[:count].tolist() for c in out), strict=True))
    return count, [
        (d, e, start, end, bytes(block.data[byte_start:byte_end]).decode())
        for d, start, end, byte_start, byte_end, e, _ in rows
    ]


def plain_matches(expressions, texts, documents=None):
    return [
        (d, n, start, end, texts[d][start:end])
        for d in range(*(documents or (0, len(texts))))
        for n, expression in enumerate(expressions)
        for start, end in compile_expression(expression).find(texts[d])
    ]


@given(st.lists(expressions, min_size=1, max_size=4), st.lists(texts, min_size=1, max_size=4))
@settings(max_examples=200)
def test_matches_are_those_of_the_plain_twin(expressions, texts):
    for documents in ((0, len(texts)), (len(texts) // 2, len(texts)), (0, 0)):
        assert compiled_matches(expressions, texts, documents)[1] == plain_matches(expressions, texts, documents)


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 2])
@pytest.mark.parametrize("filling", ["x", "é", "서", "👍", "é서 "])
def test_texts_of_several_blocks(size, filling):
    """A match that goes over the border of blocks, one in the last, and blocks without any."""
    ours = [r"a.*?b", r"\bc\w*\n?$", r"[^x서]+", "dd", r"(?s)d.*\Z"]
    for shift in range(2):
        body = "." * shift + filling * (size // len(filling.encode()))
        for text in (
            body,
            body[:-9] + "a" + filling * 3 + "b" + body[:9],
            "dd" + body + "cc\n",
            body + "d" + body + " ccc",
        ):
            assert compiled_matches(ours, [text, "", text[-50:]]) == (
                len(expected := plain_matches(ours, [text, "", text[-50:]])),
                expected,
            )


@pytest.mark.parametrize("expression", HOSTILE)
def test_hostile_expressions(expression):
    for text in ("a" * 200_000, "ax" * 100_000, "a b " * 50_000 + "!"):
        matches = plain_matches([expression], [text])
        assert compiled_matches([expression], [text], capacity=1 << 18) == (len(matches), matches)


def test_more_matches_than_there_is_room_for_are_counted():
    block, out = Block.of(["aaaa", "aa"]), Entities.allocate(5)
    automata = Automata.of([compile_expression("a")])
    assert find_matches(block.data, block.text_starts, block.text_ends, 0, 2, automata, out) == 6
    assert out.documents.tolist() == [0, 0, 0, 0, 1]


def test_many_expressions_share_the_bits_of_what_they_require():
    ours = [f"{chr(97 + n % 26)}{n}" for n in range(150)]
    texts = [" ".join(ours[::7]), "a0 z25 t149", ""]
    assert compiled_matches(ours, texts)[1] == plain_matches(ours, texts)
    assert len(plain_matches(ours, texts)) > 20
