"""Tokens cover what can be seen, and sentences are made of whole tokens."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanlight.corpus.readers import read_corpus
from fanlight.errors import DataError
from fanlight.text.normalisation import is_invisible
from fanlight.text.sentences import LONGEST, segment, tokenise_sentences
from fanlight.text.tokens import characters, tokenise

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    "aB.,'’-()\"1 \n\u0301\u200d한👩", max_size=40
)


def tokens(text):
    return [text[s:e] for s, e in zip(*tokenise(text), strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Museums in Paris are amazing to see.", "Museums|in|Paris|are|amazing|to|see|."),
        ("It isn't Mr. Smith's (U.S.) plan;", "It|is|n't|Mr.|Smith|'s|(|U.S.|)|plan|;"),
        ("$5,000.50 at 10:30, 1996-97", "$|5,000.50|at|10:30|,|1996-97"),
        ("see http://a.b/c?d=e. mail a@b.com, #tag @user", "see|http://a.b/c?d=e|.|mail|a@b.com|,|#tag|@user"),
        ("“Quote”—dash… wait... no!", "“|Quote|”|—|dash|…|wait|...|no|!"),
        ("John,Mary and O'Neil", "John|,|Mary|and|O'Neil"),
        ("서울은 크다.", "서울은|크다|."),
    ],
)
def test_words(text, expected):
    assert "|".join(tokens(text)) == expected


@given(texts)
@example("e\u0301 \u0301x a\u200d b")
def test_tokens_cover_exactly_what_can_be_seen(text):
    for split in (tokenise, characters):
        token_starts, token_ends = split(text)
        assert (token_starts < token_ends).all()
        assert (token_ends[:-1] <= token_starts[1:]).all()
        covered = {i for s, e in zip(token_starts, token_ends, strict=True) for i in range(s, e)}
        assert {i for i, c in enumerate(text) if not (c.isspace() or is_invisible(c))} <= covered
        assert not any(text[i].isspace() for i in covered)
        assert not any(
            is_invisible(text[i]) for i in {*token_starts.tolist(), *(token_ends - 1).tolist()} if text[i] != "\u200d"
        )


@given(texts)
def test_sentences_partition_tokens(text):
    for unit in ("word", "character"):
        token_starts, _, offsets = segment(text, unit)
        assert offsets[0] == 0
        assert offsets[-1] == len(token_starts)
        assert (len(token_starts) == 0) == (len(offsets) == 1)
        assert (offsets[1:] > offsets[:-1]).all()


@given(texts, texts)
def test_documents_apart_by_blank_lines_do_not_see_each_other(a, b):
    text = a + "\n\n" + b
    left, right, both = (segment(t) for t in (a, b, text))
    assert both.token_starts.tolist() == [*left.token_starts.tolist(), *(right.token_starts + len(a) + 2).tolist()]
    assert len(both.sentence_offsets) - 1 == len(left.sentence_offsets) + len(right.sentence_offsets) - 2


def test_characters_keep_their_marks():
    text = "e\u0301 👨\u200d👩\u200d👧 \u1112\u1161\u11ab"
    token_starts, token_ends = characters(text)
    assert [text[s:e] for s, e in zip(token_starts, token_ends, strict=True)] == text.split()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It rains. We stay.", 2),
        ("Mr. Smith of the U.S. Navy stays.", 1),
        ('He said "Stop." Then he left.', 2),
        ("a line\nthat goes on", 1),
        ("Headline Of The Day\nThe story begins here.", 2),
        ("one\n\ntwo", 2),
        ("비가 온다. 우리는 집에 있다.", 2),
        ("v. 3.5 of it", 1),
    ],
)
def test_sentence_borders(text, count):
    assert len(segment(text).sentence_offsets) - 1 == count


def test_overlong_sentences_are_divided_but_lose_nothing():
    text = "word " * 2000 + "x" * 10_000
    token_starts, _, offsets = segment(text)
    assert len(token_starts) == 2001
    assert max(offsets[1:] - offsets[:-1]) <= LONGEST["word"]


def test_one_token_of_megabytes():
    token_starts, token_ends = tokenise("x" * 3_000_000)
    assert (token_starts.tolist(), token_ends.tolist()) == ([0], [3_000_000])


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(DataError, match=r"offset 2: half of a surrogate pair \(U\+D83D\)"):
        tokenise("ab\ud83d")


@pytest.mark.data
@pytest.mark.parametrize(("name", "floor"), [("conll2003-en/dev.txt", 0.99), ("gmb-en/dev.txt", 0.999)])
def test_gold_tokens_are_found_again(data, name, floor):
    agreeing = total = 0
    for sentence in read_corpus(data / name, tokenise_sentences).sentences:
        text, gold = "", []
        for word in sentence.tokens:
            glued = word in {".", ",", ";", ":", "!", "?", ")", "'s", "n't", "'re", "'ll", "'ve", "'d", "%"} or text[
                -1:
            ] in {"", "("}
            text += "" if glued else " "
            gold.append((len(text), len(text) + len(word)))
            text += word
        agreeing += len(set(gold) & set(zip(*(a.tolist() for a in tokenise(text)), strict=True)))
        total += len(gold)
    assert agreeing / total > floor
