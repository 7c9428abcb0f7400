"""The commands of the calculus answer in words, and to any expression."""

import pytest

from tests.apps.commands import call


def test_derive_shows_the_lecture(monkeypatch, capsys):
    status, out, _ = call(monkeypatch, capsys, "derive", "u.T @ f(W @ x + b)", "--wrt", "b")
    assert status == 0
    assert "z = W @ x + b" in out
    assert "∂s/∂b = ∂s/∂h · ∂h/∂z · ∂z/∂b" in out
    _, out, _ = call(monkeypatch, capsys, "derive", "x**3", "--wrt", "x", "--at", "x=4")
    assert "48" in out
    assert "64.48" in out
    _, out, _ = call(
        monkeypatch, capsys, "derive", "u.T @ tanh(W @ x)", "--wrt", "W", "--shape", "W=p,q", "--format", "latex"
    )
    assert r"\begin{aligned}" in out
    _, out, _ = call(monkeypatch, capsys, "derive", "u.T @ tanh(W @ x)", "--wrt", "W", "--format", "numpy")
    assert "def program(" in out
    _, out, _ = call(monkeypatch, capsys, "derive", "-y.T @ log(softmax(z))", "--wrt", "z", "--assume", "y=onehot")
    assert "softmax(z) - y" in out


def test_check_answers_a_learner(monkeypatch, capsys):
    status, out, _ = call(monkeypatch, capsys, "check", "x.T @ A @ x", "--wrt", "x", "--gradient", "(A + A.T) @ x")
    assert (status, out.split(":")[0]) == (0, "right")
    status, out, _ = call(monkeypatch, capsys, "check", "x.T @ A @ x", "--wrt", "x", "--gradient", "A @ x")
    assert status == 1
    assert "a term is missing: A.T @ x" in out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["derive", "u.T @ (W @ x", "--wrt", "x"], 1, "not an expression"),
        (["derive", "u.T @ x", "--wrt", "q"], 1, "q does not occur"),
        (["derive", "W @ x", "--wrt", "x"], 1, "a gradient is of a scalar"),
        (["derive", "fog(x)", "--wrt", "x"], 1, "unknown function 'fog'"),
        (["derive", "x**3", "--wrt", "x", "--at", "x"], 2, "--at"),
        (["derive", "x**3", "--wrt", "x", "--shape", "x"], 2, "--shape"),
        (["check", "x.T @ x", "--wrt", "x", "--gradient", "2 * q"], 1, "unknown name 'q'"),
    ],
)
def test_mistakes_in_formulas_are_shown(arguments, status, message, monkeypatch, capsys):
    got, _, err = call(monkeypatch, capsys, *arguments)
    assert got == status
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "status", "shown"),
    [
        (("jacobian", "tanh(W @ x + b)", "--wrt", "x"), 0, "(1 - tanh(W @ x + b)**2) * W"),
        (("jacobian", "W @ x", "--wrt", "x", "--format", "numpy"), 0, "def program(W"),
        (("hessian", "x.T @ A @ x", "--wrt", "x", "--format", "latex"), 0, r"A + A^{\top}"),
        (("check", "W @ x", "--wrt", "x", "--kind", "jacobian", "--gradient", "W.T"), 1, "the transpose of the right"),
        (("check", "u.T @ f(W @ x)", "--wrt", "W", "--gradient", "delta @ x.T"), 0, "right"),
        (("check", "u.T @ tanh(W @ x)", "--wrt", "x", "--gradient", "W @ u"), 1, "do not fit"),
        (("derive", "norm(x - y)**2", "--wrt", "x"), 0, "x taken as a column: --shape x=n"),
        (("derive", "max(0, 1 - y*(u.T @ x))", "--wrt", "u", "--language", "ko"), 1, "스칼라라면 --shape y="),
        (
            ("derive", "W @ x", "--wrt", "W", "--language", "ko"),
            1,
            "기울기는 스칼라에 대해서만 구합니다. 이 식의 모양은 n × 1",
        ),
        (
            ("derive", "x +", "--wrt", "x", "--language", "ko"),
            1,
            "fanlight: 식으로 읽을 수 없습니다: 문법이 틀렸습니다\n  x +",
        ),
        (("check", "w.T @ x", "--wrt", "w", "--gradient", "q", "--language", "ko"), 1, "모르는 이름입니다: 'q'"),
        (("exercise", "1.1", "five", "--language", "ko"), 1, "'five'은(는) 수가 아닙니다"),
        (("derive", "x**3", "--wrt", "x", "--at", "x=4", "--language", "ko"), 0, "x = 4에서 s = 64, 기울기는 48\n"),
        (("derive", "x**3", "--wrt", "x", "--at", "x=a", "--language", "ko"), 2, "이름=수나"),
        (("derive", "x.T @ x", "--wrt", "x", "--at", "x=[1, 2]", "--language", "ko"), 0, "모두 더하면 6"),
        (("jacobian", "norm(x)", "--wrt", "x", "--language", "ko"), 0, "x을(를) 열벡터로 보았습니다"),
        (("jacobian", "x +", "--wrt", "x", "--language", "ko"), 1, "식으로 읽을 수 없습니다"),
        (("jacobian", "A @ X @ B", "--wrt", "X", "--language", "ko"), 0, "열을 차례로 아래로 이은 행렬 하나로: kron"),
        (("hessian", "W @ x", "--wrt", "x", "--language", "ko"), 1, "헤세 행렬은 스칼라에 대해서만"),
        (("derive", "max(0, 1 - y*(u.T @ x))", "--wrt", "u", "--shape", "y="), 0, "-y * δ * x"),
        (("derive", "x.T @ x", "--wrt", "x", "--shape", "x=n"), 0, "2 * x"),
        (("derive", "x", "--wrt", "x", "--shape", "x=n,m,k"), 1, "at most two"),
        (("derive", "2**5000*x", "--wrt", "x"), 1, "too large"),
        (("derive", "x**(10**400)", "--wrt", "x"), 1, "too large"),
        (("derive", "1e200*1e200*x", "--wrt", "x"), 1, "too large"),
        (("derive", "x" + "'" * 3, "--wrt", "x"), 1, "x.T"),
        (("derive", "(" * 500 + "x" + ")" * 500, "--wrt", "x"), 1, ""),
        (("derive", "x**x**x**x", "--wrt", "x", "--at", "x=1e9"), 0, ""),
        (("check", "x**(10**20)", "--wrt", "x", "--gradient", "x"), 1, ""),
    ],
)
def test_derivatives_and_hostile_expressions_have_an_answer(arguments, status, shown, monkeypatch, capsys):
    code, out, err = call(monkeypatch, capsys, *arguments)
    assert "Traceback" not in out + err
    assert shown in out + err
    assert code == status


def test_a_point_that_cannot_be_read_is_told_before_the_derivation(monkeypatch, capsys):
    status, out, err = call(monkeypatch, capsys, "derive", "x**3", "--wrt", "x", "--at", "4")
    assert (status, out) == (2, "")
    assert "'4' is not NAME=NUMBER" in err
