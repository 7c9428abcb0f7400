"""Korean words of derivations and verdicts: for every sentence that can be written there is one."""

import re

import pytest

from fanlight.calculus import check, derive, parse
from fanlight.calculus.inference import guesses
from fanlight.calculus.lecture.korean import KOREAN, say
from fanlight.calculus.lecture.layout import steps
from fanlight.calculus.lecture.mistakes import WRONG_PULLBACKS
from fanlight.calculus.lecture.views import html, text

SHAPES = {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1), "U": ("k", "n"), "c": ("k", 1), "A": ("m", "m")}
EXPRESSIONS = {
    "u.T @ tanh(W @ x + b)": "uWxb",
    "sum(tanh(x)) + x.T @ x": "x",
    "x.T @ A @ x": "xA",
    "(U @ tanh(W @ x + b) - c).T @ (U @ tanh(W @ x + b) - c)": "UWxbc",
    "logsumexp(U @ relu(W @ x))": "UWx",
    "log(det(A))": "A",
}


def words(message):
    """Return what stands there of any length that no symbol of ours has."""
    return re.findall(r"[A-Za-z]{3,}", message)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_step_is_told_in_korean(expression):
    for wrt in EXPRESSIONS[expression]:
        d = derive(parse(expression, SHAPES), wrt)
        for step in steps(d):
            assert step.title in KOREAN
            for row in step.rows:
                for part in (*row.parts, row.shape):
                    if isinstance(part, str):
                        assert words(say(part)) == [], part
        formulas = {word for p in d.pieces for word in words(str(p.expression))} | {"sum", "diag", "eye", "ones", "inv"}
        assert set(words(text(d, say))) <= formulas | set(words(" ".join(str(c.right) for c in d.claims())))
        if len(d.pieces) > 1:
            assert "연쇄 법칙" in html(d, say)
            assert "chain rule" in text(d)


@pytest.mark.parametrize(
    ("expression", "wrt", "mine", "reason"),
    [
        ("u.T @ W @ x", "u", "(W @ x).T", "야코비안"),
        ("u.T @ W @ x", "W", "x @ u.T", "정답의 전치입니다"),
        ("u.T @ W @ x", "W", "2 * x @ u.T", "전치하면"),
        ("u.T @ W @ x", "W", "-u @ x.T", "부호가 틀렸습니다: 정답"),
        ("u.T @ W @ x", "W", "u", None),
        ("x.T @ A @ x", "A", "2 * x @ x.T", "상수 배만큼 다릅니다: 0.5을(를)"),
        ("x.T @ A @ x", "x", "2 * A @ x", "A가 대칭일 때만"),
        ("x.T @ A @ x", "x", "A @ x", "항이 빠졌습니다: A.T @ x"),
        ("x.T @ A @ x", "x", "A @ x - A.T @ x", "한 항의 부호가 틀렸습니다"),
        ("x.T @ A @ x", "x", "2 * A @ x + A.T @ x", "한 항이 두 번"),
        ("x.T @ A @ x", "x", "A @ A @ x", "성분"),
        ("(x.T @ x)**2", "x", "x", "값에 따라"),
        ("sum(x**3)", "x", "3 * x", "3 * x이(가) 아니라"),
    ],
)
def test_every_verdict_is_told_in_korean(expression, wrt, mine, reason):
    formula = parse(expression, SHAPES)
    verdict = check(formula, wrt, parse(mine, SHAPES))
    messages = [say(r) for r in verdict.reasons]
    assert messages
    for korean, english in zip(messages, verdict.reasons, strict=True):
        assert korean != english
        assert set(words(korean)) <= set(words(str(verdict.expected)))
    if reason is not None:
        assert any(reason in r for r in messages), messages


def test_every_wrong_rule_is_told_in_korean():
    for rules in WRONG_PULLBACKS.values():
        for rule, _ in rules:
            korean = say("a rule is wrong: " + rule.format(y="y"))
            assert korean.startswith("규칙이 틀렸습니다: ")
            assert not {"not", "with", "which", "left", "out", "alone"} & set(words(korean)), korean


@pytest.mark.parametrize("expression", ["softmax(z)", "x**3"])
def test_guessed_shapes_are_told_in_korean(expression):
    messages = guesses(expression, {})
    assert messages
    for guess in messages:
        assert "보았습니다" in say(guess)
        assert words(say(guess).partition(" --shape")[0]) == []
    assert say("A taken as a matrix: --shape A=m,n").startswith("A을(를) 행렬로")


def test_a_missing_translation_would_be_seen():
    assert words(say("a sentence that nobody wrote down"))
    assert say("n × m") == "n × m"
