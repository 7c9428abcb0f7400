"""Names and expressions: what they find, and the marks of tokens."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.corpus.patterns import read_patterns
from fanlight.corpus.sentence import Sentence
from fanlight.errors import DataError
from fanlight.text import patterns
from fanlight.text.patterns import MARKS, Patterns

EXPRESSIONS = {r"[A-Z]{2}-\d+": "CODE", r"\d+ \w+": "AMOUNT", r"\d": "DIGIT", r"^a|b$": "EDGE", "x*": "NONE"}
TYPES = list(EXPRESSIONS.values())


def marked_plainly(sentences):
    """Ask of every token and every match whether they share a character, and a match with the next token."""
    out = []
    for text, token_starts, token_ends in sentences:
        sentence = text[token_starts[0] : token_ends[-1]]
        tokens = [(s - token_starts[0], e - token_starts[0]) for s, e in zip(token_starts, token_ends, strict=True)]
        rows = np.zeros((len(tokens), len(TYPES), MARKS))
        for expression, type_ in EXPRESSIONS.items():
            for match in re.finditer(expression, sentence):
                inside = [n for n, (s, e) in enumerate(tokens) if max(s, match.start()) < min(e, match.end())]
                for n in inside:
                    is_first, is_last = n == inside[0], n == inside[-1]
                    rows[
                        n, TYPES.index(type_), 3 if is_first and is_last else 0 if is_first else 2 if is_last else 1
                    ] = 1
        out.append(rows.reshape(len(tokens), -1))
    return np.concatenate(out)


@st.composite
def sentences(draw):
    """Sentences of one text, with tokens of several characters and white space between some."""
    text, token_places = "", []
    for _ in range(draw(st.integers(1, 3))):
        token_starts, token_ends = [], []
        for token in draw(st.lists(st.text("AB-12abx", min_size=1, max_size=6), min_size=1, max_size=6)):
            text += draw(st.sampled_from(["", " ", "  "]))
            token_starts.append(len(text))
            text += token
            token_ends.append(len(text))
        token_places.append((token_starts, token_ends))
    return [(text, token_starts, token_ends) for token_starts, token_ends in token_places]


@given(sentences())
def test_tokens_are_marked_as_finditer_matches(places):
    patterns = Patterns({}, EXPRESSIONS)
    np.testing.assert_array_equal(patterns.features(places), marked_plainly(places))


def test_names_mark_whole_words():
    patterns = Patterns({"New York": "city", "Acme": "firm"}, {})
    text = "Acmes of New York"
    assert patterns.features([(text, [0, 6, 9, 13], [5, 8, 12, 17])]).astype(int).tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0, 0],
    ]


def test_nothing_has_no_marks():
    assert Patterns({}, {"a": "X"}).features([]).shape == (0, MARKS)
    assert Patterns({}, {"a": "X"}).features([("", (), ())]).shape == (0, MARKS)


def test_what_they_say_has_a_digest_and_its_order_counts():
    a, b = Patterns({}, {"a": "X", "b": "Y"}), Patterns({}, {"b": "Y", "a": "X"})
    assert len({a.digest, b.digest, Patterns({"a": "X", "b": "Y"}, {}).digest}) == 3


@pytest.mark.parametrize("expression", ["(", "a{99999999999999999999}", "(" * 9999 + ")" * 9999])
def test_a_bad_expression_names_its_file_and_line(expression, tmp_path):
    path = tmp_path / "codes.tsv"
    path.write_text(f"# mine\nAcme\tORG\nre:{expression}\tCODE\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"codes.tsv:3: the pattern .* is no regular expression: .*: correct it"):
        read_patterns([path])


@pytest.mark.parametrize(("expression", "reason"), [(r"(a)\1", "a backreference"), (r"\d.{20}\d", "is too large")])
def test_an_expression_that_is_refused_names_its_file_and_line(expression, reason, tmp_path):
    path = tmp_path / "codes.tsv"
    path.write_text(f"Acme\tORG\nre:{expression}\tCODE\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"codes.tsv:2: the pattern .* {reason}.*: correct it, or leave out re:"):
        read_patterns([path])


def test_expressions_that_are_too_large_together_are_refused(monkeypatch):
    monkeypatch.setattr(patterns, "MAX_WORK", 10_000)
    Patterns({}, {"a{10}": "X"})
    with pytest.raises(DataError, match="the patterns together are too large"):
        Patterns({}, {f"{letter}.{{0,40}}b": "X" for letter in "acdefg"})


def test_several_files_are_one(tmp_path):
    path, other_path = tmp_path / "one.tsv", tmp_path / "two.tsv"
    path.write_text("re:a\tX\nAcme\tORG\n", encoding="utf-8")
    other_path.write_text("re:b\tX\nre:a\tY\n", encoding="utf-8")
    patterns = read_patterns([path, other_path])
    assert (patterns.names, patterns.expressions, patterns.types) == (
        {"Acme": "ORG"},
        {"a": "Y", "b": "X"},
        ("ORG", "Y", "X"),
    )


def test_a_sentence_in_another_spelling_keeps_its_spaces():
    sentence = Sentence("in  Groß-Umstadt.", (0, 4, 16), (2, 16, 17), ((1, 2, "LOC"),), 3).respell(str.upper)
    assert sentence == Sentence("IN  GROSS-UMSTADT.", (0, 4, 17), (2, 17, 18), ((1, 2, "LOC"),), 3)
