"""The syntax of regular expressions: what `re` reads is read, what it refuses is refused, and what is not supported."""

import re
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fanlight.errors import DataError
from fanlight.text.automaton import compile_expression
from fanlight.text.expressions import Characters, Repeat, parse
from tests.text.regular import expressions, spans, texts

PIECES = [
    *"ab1-^$.*+?{}[]()|\\:,#<>=! \n",
    "(?",
    "(?:",
    "(?P<n>",
    "(?i)",
    "(?x)",
    "(?#",
    "{2,3}",
    "[^",
    r"\d",
    r"\x41",
    r"\07",
]
PIECES += [r"\u00e9", "(?i:", "(?-i:", r"\b", r"\101", r"\n", "[]", "{,}", "{,2}", "{3}"]
REFUSED = "not supported|too large|more than 1000 times|deep"


def compiled(expression):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sets within sets, perhaps, in a later Python
        return re.compile(expression)


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(max_size=8) | expressions, texts)
@settings(max_examples=800)
@example("[]a]", "]a")
@example("a{,}b{", "aab{")
@example("a{1", "a{1")
@example("x*{", "xx{")
@example("(?x) a # b\n c", "ac")
@example("(?i)(?s)A.", "a\n")
@example("(?-i:a)", "a")
@example("(^)*a", "a")
@example("a**", "a")
@example("{2}", "")
@example("[b-a]", "")
@example(r"[\d-a]", "")
@example("(?P<1>a)", "")
@example("a(?i)b", "")
@example("(?", "")
@example("\\", "")
def test_what_is_read_and_refused_is_what_re_does(expression, text):
    try:
        python = compiled(expression)
    except (re.error, OverflowError):
        with pytest.raises(DataError):
            compile_expression(expression)
        return
    try:
        automaton = compile_expression(expression)
    except DataError as error:
        assert re.search(REFUSED, str(error)), error
        return
    assert list(automaton.find(text)) == spans(python, text)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (r"(a)\1", r"a backreference at character 4, which is not supported: write the group again"),
        ("(?P<n>a)(?P=n)", "a backreference"),
        (r"a(?=b)", r"a lookahead, .* at character 2, which is not supported: write what follows into"),
        (r"a(?!b)", r"a negative lookahead"),
        (r"(?<=a)b", r"a lookbehind.*begin it with \\b"),
        (r"(?<!\d)\d{4}(?!\d)", r"a negative lookbehind.*begin the expression with \\b"),
        ("(?>a)", r"an atomic group.*write \(\?:"),
        ("a*+", "a possessive repeat at character 3, .*: leave out the second"),
        ("a{2}+", "a possessive repeat"),
        ("(a)?(?(1)b|c)", "a condition"),
        ("(?a)b", r"the flag a at character 3.*write classes such as \[0-9\]"),
        (r"\N{DIGIT ONE}", "a name of a character"),
        ("(", r"is no regular expression: a \( without \) at character 1"),
        ("a)", "unbalanced parenthesis at character 2"),
        ("a|*", "nothing to repeat at character 3"),
        ("a{1001}", "a repeat of more than 1000 times at character 2"),
        ("(" * 200 + ")" * 200, "groups are more than 100 deep"),
    ],
)
def test_messages_name_the_place_and_the_remedy(expression, reason):
    with pytest.raises(DataError, match=reason):
        parse(expression)


def test_a_long_expression_is_shortened_in_messages():
    with pytest.raises(DataError) as caught:
        parse("a" * 5000 + "(")
    assert len(str(caught.value)) < 250


def test_a_tree():
    assert parse("(?:a){2,}?") == Repeat(Characters((97, 98)), 2, None, True)
