"""Write docs/derivations.md and its Korean twin: derivations that courses on neural networks show, as `fanlight derive` prints them.

``python tools/derivations.py`` writes the pages; a test compares them with what the calculus derives.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from fanlight.calculus import Derivation, derive, parse
from fanlight.calculus.lecture import korean, views

_DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"en": _DOCS / "derivations.md", "ko": _DOCS / "ko" / "derivations.md"}
_LAYERS = 12
_INTRODUCTION = """# Derivations

Derivations that courses on neural networks show, as `fanlight derive` prints them, each compared line by line with the
course's notes. Every equality on this page, the notes' lines included, is evaluated by the tests. The page is written
by `tools/derivations.py`.

The notes of CS224N keep error signals as rows, as Jacobians are, and transpose at the end (δᵀxᵀ); CS231N has an
example a row (xᵀ δ). Here vectors and error signals are columns (δ xᵀ). That is the only difference where nothing else
is said.
"""
_KOREAN_INTRODUCTION = """# 유도 모음

신경망 강의에 나오는 유도를 `fanlight derive --language ko`가 출력하는 대로 모았습니다. 하나하나 강의 노트의 식과 한 줄씩
견주었습니다. 이 글의 모든 등식은 노트의 식까지 포함해 테스트가 값을 계산해 확인합니다. `tools/derivations.py`가 씁니다.

CS224N의 노트는 오차 신호를 야코비안처럼 행으로 두고 마지막에 전치합니다(δᵀxᵀ). CS231N은 예제마다 한 행입니다(xᵀ δ). 여기서는
벡터와 오차 신호가 열입니다(δ xᵀ). 따로 말하지 않으면 다른 점은 그것뿐입니다.
"""


class Line(NamedTuple):
    """A line of a course's notes: what it is of, as they write it, and as `fanlight check` reads it."""

    of: str
    notes: str
    formula: str


class Case(NamedTuple):
    """A derivation: what it is of, where it is taught, its formula, and the lines of the notes."""

    title: str
    source: str
    expression: str
    wrt: str
    shapes: dict
    assume: dict
    lines: tuple[Line, ...]


_NET = {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1)}
_GATES = {f"W_{g}": ("n", "m") for g in "ofic"} | {f"U_{g}": ("n", "n") for g in "ofic"}
_CELL = _GATES | {f"b_{g}": ("n", 1) for g in "ofic"} | {"x": ("m", 1), "h": ("n", 1), "c": ("n", 1), "v": ("n", 1)}


def _gate(g: str) -> str:
    return f"W_{g} @ x + U_{g} @ h + b_{g}"


CASES = [
    Case(
        "The score of a window",
        "CS224N, lecture 3",
        "u.T @ f(W @ x + b)",
        "b",
        _NET,
        {},
        (
            Line("delta", "δ = uᵀ diag(f′(z)) = uᵀ ⊙ f′(z)ᵀ", "u * f'(z)"),
            Line("b", "∂s/∂b = uᵀ diag(f′(z)) I = uᵀ ⊙ f′(z)ᵀ", "u * f'(z)"),
        ),
    ),
    Case(
        "The score of a window, by a matrix",
        "CS224N, lecture 3",
        "u.T @ f(W @ x + b)",
        "W",
        _NET,
        {},
        (
            Line("delta", "δ = uᵀ ⊙ f′(z)ᵀ", "u * f'(z)"),
            Line("W", "∂s/∂W = δᵀ xᵀ", "delta @ x.T"),
            Line("x", "∂s/∂x = δ W", "W.T @ delta"),
            Line("u", "∂s/∂u = hᵀ", "h"),
        ),
    ),
    Case(
        "Two layers with softmax and cross-entropy",
        "CS224N, gradient notes; CS231N",
        "-y.T @ log(softmax(U @ relu(W @ x + b) + c))",
        "W",
        _NET | {"U": ("k", "n"), "c": ("k", 1), "y": ("k", 1)},
        {"y": "onehot"},
        (
            Line("delta2", "δ₁ = ∂J/∂θ = (ŷ − y)ᵀ", "yhat - y"),
            Line("delta1", "δ₂ = δ₁ U ∘ ReLU′(z)", "(U.T @ delta2) * relu'(z1)"),
            Line("U", "∂J/∂U = δ₁ᵀ hᵀ", "delta2 @ h.T"),
            Line("c", "∂J/∂b₂ = δ₁ᵀ", "delta2"),
            Line("W", "∂J/∂W = δ₂ᵀ xᵀ", "delta1 @ x.T"),
            Line("b", "∂J/∂b₁ = δ₂ᵀ", "delta1"),
            Line("x", "∂J/∂x = (δ₂ W)ᵀ", "W.T @ delta1"),
        ),
    ),
    Case(
        "The max-margin loss",
        "CS224N, lecture 3",
        "max(0, 1 - u.T @ f(W @ x + b) + u.T @ f(W @ w + b))",
        "W",
        _NET | {"w": ("m", 1)},
        {},
        (
            Line("delta3", "∂J/∂s_c = −∂J/∂s = 1 where J > 0", "z3 > 0"),
            Line("delta1", "true window: −u ∘ f′(z)", "-(z3 > 0) * u * f'(z1)"),
            Line("delta2", "corrupted window: u ∘ f′(z_c)", "(z3 > 0) * u * f'(z2)"),
            Line("W", "∂J/∂W = δ xᵀ + δ_c x_cᵀ", "delta1 @ x.T + delta2 @ w.T"),
            Line("u", "∂J/∂u = h_c − h where J > 0", "(z3 > 0) * (h2 - h1)"),
        ),
    ),
    Case(
        "Logistic regression",
        "CS224N, lecture 3; CS229",
        "-(y * log(sigmoid(w.T @ x)) + (1 - y) * log(1 - sigmoid(w.T @ x)))",
        "w",
        {"w": ("m", 1), "x": ("m", 1), "y": ()},
        {"y": "bit"},
        (
            Line("delta", "∂J/∂z = σ(z) − y", "sigmoid(z) - y"),
            Line("w", "∂J/∂w = (σ(wᵀx) − y) x", "(sigmoid(w.T @ x) - y) * x"),
        ),
    ),
    Case(
        "Skip-gram with negative sampling",
        "CS224N, assignment 2",
        "-log(sigmoid(u.T @ v)) - sum(log(sigmoid(-(K @ v))))",
        "v",
        {"u": ("n", 1), "v": ("n", 1), "K": ("k", "n")},
        {},
        (
            Line(
                "v",
                "∂J/∂v = (σ(uₒᵀv) − 1) uₒ + Σₖ (1 − σ(−uₖᵀv)) uₖ",
                "(sigmoid(u.T @ v) - 1) * u + K.T @ (1 - sigmoid(-(K @ v)))",
            ),
            Line("u", "∂J/∂uₒ = (σ(uₒᵀv) − 1) v", "(sigmoid(u.T @ v) - 1) * v"),
            Line("K", "∂J/∂uₖ = (1 − σ(−uₖᵀv)) v", "(1 - sigmoid(-(K @ v))) @ v.T"),
        ),
    ),
    Case(
        "Scaled attention, by the queries",
        "CS224N, lecture on attention, which does not differentiate it: the lines are the softmax's and the "
        "products' of its other notes. G is the gradient from above, t is √d",
        "sum(G * (softmax_rows(Q @ K.T / t) @ V))",
        "Q",
        {"G": ("N", "d"), "Q": ("N", "d"), "K": ("M", "d"), "V": ("M", "d"), "t": ()},
        {},
        (
            Line("delta_h", "∂J/∂A = G Vᵀ", "G @ V.T"),
            Line("delta_z", "each row: (diag(a) − a aᵀ) ∂J/∂a", "h * (delta_h - row_sums(h * delta_h))"),
            Line("Q", "∂J/∂Q = ∂J/∂S K / √d", "delta_z @ K / t"),
            Line("K", "∂J/∂K = (∂J/∂S)ᵀ Q / √d", "delta_z.T @ Q / t"),
            Line("V", "∂J/∂V = Aᵀ G", "h.T @ G"),
        ),
    ),
    Case(
        "Layer normalisation",
        "CS231N, assignment 2, and its notes on batch normalisation; v is the gradient from above",
        "v.T @ (g * (x - mean(x)) / sqrt(var(x) + e) + b)",
        "x",
        {"v": ("n", 1), "x": ("n", 1), "g": ("n", 1), "b": ("n", 1), "e": ()},
        {},
        (
            Line(
                "x",
                "dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ ∘ x̂)) / σ",
                "(delta - mean(delta) - xhat * mean(delta * xhat)) / sigma",
            ),
            Line("delta", "dx̂ = dout ∘ γ", "v * g"),
            Line("g", "dγ = dout ∘ x̂", "v * xhat"),
            Line("b", "dβ = dout", "v"),
        ),
    ),
    Case(
        "A cell of an LSTM, by the forget gate",
        "CS224N, lecture on recurrent networks, and CS231N, assignment 3; v is the gradient from above",
        f"v.T @ (sigmoid({_gate('o')}) * tanh(sigmoid({_gate('f')}) * c + sigmoid({_gate('i')}) * tanh({_gate('c')})))",
        "W_f",
        _CELL,
        {},
        (
            Line("delta5", "dc = dh ∘ o ∘ (1 − tanh²(c_t))", "v * h1 * (1 - tanh(z5)**2)"),
            Line("delta2", "da_f = dc ∘ c_{t−1} ∘ f ∘ (1 − f)", "delta5 * c * h2 * (1 - h2)"),
            Line("W_f", "dW_f = xᵀ da_f", "delta2 @ x.T"),
            Line("U_f", "dU_f = h_{t−1}ᵀ da_f", "delta2 @ h.T"),
            Line("c", "dc_{t−1} = dc ∘ f", "delta5 * h2"),
        ),
    ),
]


def derivation_of(case: Case) -> Derivation:
    """Derive a case."""
    return derive(parse(case.expression, case.shapes, case.assume, ["f"]), case.wrt)


def residual_network() -> Derivation:
    """Derive a network of 12 layers, each added to its input, by its first matrix."""
    from fanlight.calculus import function, symbol

    x = symbol("x", ("n", 1))
    for layer in range(1, _LAYERS + 1):
        x = x + function("tanh")(symbol(f"W_{layer}", ("n", "n")) @ x)
    return derive(symbol("u", ("n", 1)).T @ x, "W_1")


class Words(NamedTuple):
    """The words of a page in a language; titles and sources by the English title."""

    introduction: str
    titles: Mapping[str, tuple[str, str]]
    source: str
    head: str
    residual: str
    say: Callable[[str], str]


_KOREAN = {
    "The score of a window": ("윈도우의 점수", "CS224N 3강"),
    "The score of a window, by a matrix": ("윈도우의 점수를 행렬로 미분하기", "CS224N 3강"),
    "Two layers with softmax and cross-entropy": (
        "소프트맥스와 교차 엔트로피가 있는 두 층",
        "CS224N 기울기 노트, CS231N",
    ),
    "The max-margin loss": ("최대 마진 손실", "CS224N 3강"),
    "Logistic regression": ("로지스틱 회귀", "CS224N 3강, CS229"),
    "Skip-gram with negative sampling": ("네거티브 샘플링을 쓰는 스킵그램", "CS224N 과제 2"),
    "Scaled attention, by the queries": (
        "스케일드 어텐션을 쿼리로 미분하기",
        "CS224N 어텐션 강의. 강의에서는 미분하지 않으므로 다른 노트의 소프트맥스와 행렬곱 식을 썼습니다. G는 위에서 온 기울기, t는 √d",
    ),
    "Layer normalisation": (
        "층 정규화",
        "CS231N 과제 2와 배치 정규화 노트. v는 위에서 온 기울기",
    ),
    "A cell of an LSTM, by the forget gate": (
        "LSTM 셀을 망각 게이트의 가중치로 미분하기",
        "CS224N 순환 신경망 강의, CS231N 과제 3. v는 위에서 온 기울기",
    ),
}
_WORDS = {
    "en": Words(
        _INTRODUCTION,
        {case.title: (case.title, case.source) for case in CASES},
        "As in {}.",
        "| the notes | here |",
        f"## A residual network of {_LAYERS} layers\n\nAs in CS231N and CS224N on residual connections: the sum hands "
        "its gradient on unchanged, so every error signal is the one above it plus what comes through the layer.",
        str,
    ),
    "ko": Words(
        _KOREAN_INTRODUCTION,
        _KOREAN,
        "출처: {}.",
        "| 노트 | 여기 |",
        f"## {_LAYERS}층 잔차 신경망\n\nCS231N과 CS224N의 잔차 연결: 덧셈은 기울기를 그대로 내려보냅니다. 그래서 오차 신호는 "
        "바로 위의 오차 신호에 그 층을 지나온 것을 더한 것입니다.",
        korean.say,
    ),
}


def page(language: str = "en") -> str:
    """Return the page in a language."""
    words = _WORDS[language]
    parts = [words.introduction]
    for case in CASES:
        title, source = words.titles[case.title]
        rows = [f"| {line.notes} | `{line.formula}` |" for line in case.lines]
        table = "\n".join([words.head, "|---|---|", *rows])
        shown = views.text(derivation_of(case), words.say)
        parts.append(f"## {title}\n\n{words.source.format(source)}\n\n{table}\n\n```text\n{shown}\n```\n")
    parts.append(f"{words.residual}\n\n```text\n{views.text(residual_network(), words.say)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
