"""Korean words of derivations and verdicts: for every sentence that can be written there is one."""

import ast
import re
from pathlib import Path

import pytest

import fanlight
from fanlight.calculus import CalculusError, check, derive, parse
from fanlight.calculus.inference import guesses
from fanlight.calculus.lecture.korean import read_words, say
from fanlight.calculus.lecture.layout import steps
from fanlight.calculus.lecture.views import html, text
from fanlight.calculus.lecture.wrong_rules import WRONG_PULLBACKS
from fanlight.calculus.rewritings import REFUSALS
from fanlight.calculus.syntax import HINTS as PATTERNS_AND_HINTS

SOURCE = Path(fanlight.__file__).parent
UNSEEN = ("batch.py", "contraction.py")  # of batches, and of attempts that are caught
HINTS = [hint for _, hint in PATTERNS_AND_HINTS]

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
            assert step.title in read_words()
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


def templates():
    """Return the messages of all errors about an expression, X in place of what is put in."""
    for path in sorted((SOURCE / "calculus").rglob("*.py")):
        if path.parent.name == "compiler" or path.name in UNSEEN:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "CalculusError":
                match node.args[0]:
                    case ast.Constant(value=message):
                        yield message
                    case ast.JoinedStr(values=values):
                        yield "".join(v.value if isinstance(v, ast.Constant) else "X" for v in values)


@pytest.mark.parametrize("message", sorted({*templates(), *REFUSALS.values(), *HINTS} - {"X\n  X\n  X^"}))
def test_every_error_is_told_in_korean(message):
    assert re.search("[가-힣]", say(message))


@pytest.mark.parametrize(
    ("formula", "korean"),
    [
        ("x +", "식으로 읽을 수 없습니다: 문법이 틀렸습니다\n  x +\n"),
        ("(x", "식으로 읽을 수 없습니다: '('를 닫지 않았습니다\n  (x\n  ^"),
        ("xs.T @ x", "모르는 이름입니다: 'xs'. x을(를) 뜻했나요? 아는 이름: n, x\n  xs.T @ x\n  ^"),
        ("tanhh(x)", "모르는 함수입니다: 'tanhh'. tanh을(를) 뜻했나요? 아는 이름: "),
        ("mse(x)", "mse은(는) 식의 언어에 없습니다: mean((x - y)**2)로 쓰세요\n  mse(x)\n  ^"),
        ("x @ x", "@: n × 1와 n × 1는 모양이 맞지 않습니다\n  x @ x\n"),
    ],
)
def test_errors_keep_what_was_written(formula, korean):
    with pytest.raises(CalculusError) as error:
        parse(formula, {"x": ("n", 1)})
    assert say(str(error.value)).startswith(korean)
