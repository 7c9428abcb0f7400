"""Automata: they find what `re` finds, in time that is linear in the text."""

import re

import numpy as np
import pytest
from hypothesis import given, settings

from fanlight.errors import DataError
from fanlight.text import automaton
from fanlight.text.automaton import compile_expression
from fanlight.text.code_points import POINTS
from tests.text.regular import HOSTILE, expressions, spans, texts


@given(expressions, texts)
@settings(max_examples=600)
def test_matches_are_those_of_re(expression, text):
    assert list(compile_expression(expression).find(text)) == spans(re.compile(expression), text)


ORDINARY = {
    r"[A-Z]{2}-\d+": "AB-12, ABC-3, A-4 and XY-",
    r"\d+(년|월|일)( ?\d+(월|일))*": "2024년 5월 17일, 3일 5",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+": "a.b+c@mail.example.org, x@y, @z.de",
    r"https?://[^\s<>]+": "see http://a.b/c?d and <https://e>",
    r"(?i)\b(jan|feb|mar)[a-z]* \d{1,2}(st|nd|rd|th)?, \d{4}\b": "JANUARY 1st, 2020 or mar 22, 19999",
    r"(?:[A-Z][\w&.-]*\s+){1,5}(?:Inc|Corp|Ltd)\b\.?": "Big Blue Sky Corp. and Ann Lee Ltd",
    r"\$\d{1,3}(,\d{3})*(\.\d{2})?( (million|billion))?": "$1,234.56 and $7 million, $12",
    r"(\d{1,3}\.){3}\d{1,3}": "10.0.0.1 and 1.2.3",
    r"<.+?>": "<a><b>",
    r"<.+>": "<a><b>",
    r"a|ab|abc": "abc",
    r"(?m)^\w+$": "one\ntwo three\nfour\n",
    r"\w+$": "one\ntwo\n",
    r"\w+\Z": "one\ntwo",
    r"(?x) \d+ \s* kg  # a weight": "5 kg",
}


@pytest.mark.parametrize("expression", ORDINARY)
def test_ordinary_expressions(expression):
    text = ORDINARY[expression]
    assert list(compile_expression(expression).find(text)) == spans(re.compile(expression), text) != []


@pytest.mark.parametrize("name", [r"\d", r"\s", r"\w", r"\D", r"\S", r"\W", ".", r"[^\W\d]", "(?i)[a-zß]", "(?i)[^k]"])
def test_sets_are_those_of_re_in_all_of_unicode(name):
    every = np.arange(POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    assert list(compile_expression(name + "+").find(every)) == spans(re.compile(name + "+"), every)


def test_letters_of_either_case_are_those_of_re():
    cased = [chr(p) for p in range(POINTS) if chr(p).lower() != chr(p).upper()]
    text = " ".join(cased)
    for letter in [*cased[::97], *"iIıİsSſkK\u212aßẞµμΜσςΣ"]:
        expression = f"(?i){letter}"
        assert list(compile_expression(expression).find(text)) == spans(re.compile(expression), text)


class Counted(list):
    """A list that counts how often it is looked at."""

    looks = 0

    def __getitem__(self, index):
        Counted.looks += 1
        return super().__getitem__(index)


@pytest.mark.parametrize("expression", HOSTILE)
@pytest.mark.parametrize("text", ["a" * 20_000, "ax" * 10_000, "xa " * 7_000, "a" * 20_000 + "!\n"])
def test_steps_are_linear_in_the_text(expression, text, monkeypatch):
    machine = compile_expression(expression)
    monkeypatch.setattr(Counted, "looks", 0)
    monkeypatch.setitem(machine.__dict__, "rows", Counted(map(Counted, machine.transitions.tolist())))
    walked = [0]
    step = automaton.Automaton.step

    def counted_step(*arguments):
        walked[0] += 1
        return step(*arguments)

    monkeypatch.setattr(automaton.Automaton, "step", counted_step)
    matches = list(machine.find(text))
    assert Counted.looks in (0, 2 * len(text))  # 0: it lacks a character that the expression requires
    assert walked[0] <= 2 * len(text)
    assert all(a < b <= c for (a, b), (c, _) in zip(matches, matches[1:], strict=False))


def test_a_match_is_not_looked_for_again_behind_each_place():
    """`a|a.*z` runs to the end of the text from each a, in `re` and in automata that run forwards alone."""
    assert list(compile_expression("a|a.*z").find("a" * 1_000_000)) == [(n, n + 1) for n in range(1_000_000)]
    assert list(compile_expression("(.*)(.*)(.*)x").find("y" * 1_000_000)) == []
    assert list(compile_expression("(a+)+$").find("a" * 1_000_000 + "b")) == []


@pytest.mark.parametrize(
    "expression",
    [
        r"\d.{20}\d",
        "((a{1000}){1000}){1000}",
        "(?:(?:(?:){1000}|a){1000}){1000}",
        "(a{900}|b){9}",
        "(?:ab?){900}c.{900}d",
    ],
)
def test_what_is_too_large_is_refused(expression):
    with pytest.raises(DataError, match="is too large for a table of its matches: use lower numbers"):
        compile_expression(expression)


def test_tables_are_bounded(monkeypatch):
    machine = compile_expression(r"foo.{0,40}bar")
    for bound in ("MAX_STATES", "MAX_ENTRIES", "MAX_WORK"):
        with monkeypatch.context() as patch:
            patch.setattr(automaton, bound, 20)
            with pytest.raises(DataError, match="too large"):
                compile_expression.__wrapped__(r"foo.{0,40}bar")
    assert machine.work >= machine.transitions.size


def test_half_surrogates_are_characters():
    assert list(compile_expression(r"[\ud800-\udfff]|.$").find("a\ud800b")) == [(1, 2), (2, 3)]
