"""Write docs/language.md and docs/ko/language.md: the language of expressions, from the table and the rewritings.

python tools/language_page.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from fanlight.calculus.expressions import ASSUMPTIONS, Expression, function, symbol
from fanlight.calculus.language import functions
from fanlight.calculus.lecture.korean import say
from fanlight.calculus.operations import TABLE
from fanlight.calculus.rewritings import ALIASES, BY_AXIS, REFUSALS, REWRITINGS

PAGE = Path(__file__).parents[1] / "docs" / "language.md"
KOREAN_PAGE = PAGE.parent / "ko" / "language.md"

GRAMMAR = """# The language of expressions

What `fanlight derive`, `jacobian`, `hessian` and `check` read, and `fanlight.calculus.parse`. It is Python's and
NumPy's notation; nothing is run. This page is written by `tools/language_page.py`.

## Grammar

| write | for |
|---|---|
| `x`, `W_1`, `delta` | a symbol: capital letters are matrices, small letters columns, words such as `lam` scalars |
| `2`, `0.5`, `1e-3`, `pi` | a number |
| `a + b`, `a - b`, `a * b`, `a / b`, `x**2` | entry by entry; scalars, rows and columns are repeated, as in NumPy |
| `A @ B`, `A.T` | the matrix product, the transpose |
| `W[a:b, c:d]`, `W[:, 0:d]` | a part of a matrix |
| `x[i]`, `X[i, j]`, `X[i, :]`, `X[:, 2]`, `x[-1]` | an entry, row or column; numbers begin at 0 |
| `sum(x[i] * y[i] for i in range(n))` | the sum over an index |
| `onehot(k, n)` | the column with a 1 at entry k: the gradient of `x[k]` |
| `rows(E, i)` | the rows of E with the numbers i |
| `x > 0`, `x <= y` | 1 where it holds, 0 elsewhere |
| `f(z)`, `f'(z)`, `f''(z)` | a function of one letter stays symbolic; so does its derivative |
| `tanh'(z)` | the derivative of any elementwise function |
| `eye(n)`, `ones(m, n)`, `zeros(m, n)`, `reshape(X, r, c)` | dimensions are letters or numbers, `2*n + 1` |
| `sum(X, axis=1)`, `X.sum()`, `np.sum(X)` | NumPy's ways of writing are read, too |

A 1 × 1 matrix is a scalar; a vector is a column. Shapes are inferred from use; what the text does not show is a guess,
which is printed: `x taken as a column: --shape x=n, or x= for a scalar`. In a formula for `check`, the pieces `z`,
`h`, … of the derivation may stand, and error signals: `delta` (or `δ`) of the piece that the symbol stands in,
`delta_z`, `delta_h`, `delta2` of z2; ŷ may be written `yhat`, x̂ `xhat`, σ `sigma`.
"""


KOREAN_GRAMMAR = """# 식의 언어

`fanlight derive`, `jacobian`, `hessian`, `check`, `exercise`와 `fanlight.calculus.parse`가 읽는 식입니다. 파이썬과 NumPy의
표기를 따르고, 아무것도 실행하지 않습니다. 이 페이지는 `tools/language_page.py`가 씁니다.

## 문법 {#grammar}

| 이렇게 쓰면 | 이런 뜻입니다 |
|---|---|
| `x`, `W_1`, `delta` | 기호. 대문자는 행렬, 소문자는 열벡터, `lam` 같은 단어는 스칼라 |
| `2`, `0.5`, `1e-3`, `pi` | 수 |
| `a + b`, `a - b`, `a * b`, `a / b`, `x**2` | 성분별 연산. NumPy처럼 스칼라, 행, 열은 되풀이됩니다 |
| `A @ B`, `A.T` | 행렬곱, 전치 |
| `W[a:b, c:d]`, `W[:, 0:d]` | 행렬의 일부 |
| `x[i]`, `X[i, j]`, `X[i, :]`, `X[:, 2]`, `x[-1]` | 성분, 행, 열. 번호는 0부터 셉니다 |
| `sum(x[i] * y[i] for i in range(n))` | 첨자에 대한 합 |
| `onehot(k, n)` | k번 성분만 1인 열벡터: `x[k]`의 기울기 |
| `rows(E, i)` | E에서 번호가 i인 행들 |
| `x > 0`, `x <= y` | 참인 곳은 1, 아니면 0 |
| `f(z)`, `f'(z)`, `f''(z)` | 이름이 한 글자인 함수와 그 도함수는 기호로 남습니다 |
| `tanh'(z)` | 성분별 함수의 도함수 |
| `eye(n)`, `ones(m, n)`, `zeros(m, n)`, `reshape(X, r, c)` | 차원은 글자, 수, `2*n + 1` |
| `sum(X, axis=1)`, `X.sum()`, `np.sum(X)` | NumPy의 쓰는 법도 읽습니다 |

1 × 1 행렬은 스칼라이고, 벡터는 열입니다. 모양은 쓰임에서 짐작합니다. 식에서 알 수 없는 것은 짐작했다고 출력합니다:
`x을(를) 열벡터로 보았습니다: --shape x=n. 스칼라라면 --shape x=`. `--shape x=n`은 열벡터, `--shape W=n,m`은 n × m 행렬,
`--shape x=`는 스칼라입니다.

`check`의 식에는 유도 과정의 조각 `z`, `h`, …와 오차 신호를 쓸 수 있습니다. `delta`(또는 `δ`)는 미분하는 기호가 들어 있는
조각의 오차 신호이고, `delta_z`, `delta_h`, `delta2`(z2의 오차 신호)처럼 조각을 지정할 수도 있습니다. ŷ는 `yhat`으로, x̂은
`xhat`으로, σ는 `sigma`로 써도 됩니다.

```console
$ fanlight check "u.T @ f(W @ x + b)" --wrt W --gradient "delta @ x.T" --language ko
맞습니다
$ fanlight check "u.T @ f(W @ x + b)" --wrt W --gradient "delta" --language ko
틀렸습니다
```
"""

KOREAN_ASSUMPTIONS = """`--assume 이름=사실`은 기호에 대한 가정입니다. 쓸 수 있는 사실: {facts}.

```console
$ fanlight check "-y.T @ log(softmax(z))" --wrt z --shape z=k --shape y=k --gradient "softmax(z) - y" --language ko
틀렸습니다
$ fanlight check "-y.T @ log(softmax(z))" --wrt z --shape z=k --shape y=k --assume y=onehot --gradient "softmax(z) - y" --language ko
맞습니다
```"""

KOREAN_WORDS = {  # of facts, shapes and meanings of rewritings
    "invertible": "가역",
    "spd": "대칭 양의 정부호",
    "sym": "대칭",
    "positive": "양수",
    "pm1": "1 또는 −1",
    "bit": "0 또는 1",
    "onehot": "원-핫",
    "onehot_rows": "행마다 원-핫",
    "scalar": "스칼라",
    "entry by entry": "성분별",
    "the largest of several, entry by entry; max(x) is the largest entry": (
        "둘 이상 가운데 가장 큰 값, 성분별. max(x)는 가장 큰 성분"
    ),
    "the smallest of several, entry by entry; min(x) is the smallest entry": (
        "둘 이상 가운데 가장 작은 값, 성분별. min(x)는 가장 작은 성분"
    ),
    "a = 0.01 unless written": "쓰지 않으면 a = 0.01",
    "a = 1 unless written": "쓰지 않으면 a = 1",
    "norm(x, 2) is norm(x)": "norm(x, 2)는 norm(x)",
    "with all digits": "모든 자리까지",
    "the columns below each other": "열을 차례로 아래로 이은 것",
}


class Wording(NamedTuple):
    """The sentences of the page in a language; names in braces are filled in."""

    grammar: str
    functions: str
    rewritings: str
    aliases: str
    alias: str
    refusals: str
    assumptions: str
    translate: Callable[[str], str]
    fact: str


ENGLISH = Wording(
    grammar=GRAMMAR,
    functions="## Functions of the table\n\n"
    "The rule is the pullback of the table: what an argument gets for the upstream gradient `G` of the result.\n\n"
    "| function | result | rule |",
    rewritings="## Functions that are rewritten\n\n| function | is read as |",
    aliases="Other names: {names}. With `axis=0` or `axis=1`: {axes}.",
    alias="`{alias}` is `{name}`",
    refusals="## What is not in the language\n\n| instead of | |",
    assumptions="## Assumptions\n\n`--assume NAME=FACT`, with one of {facts}.",
    translate=str,
    fact="`{fact}`",
)
KOREAN = Wording(
    grammar=KOREAN_GRAMMAR,
    functions="## 표에 있는 함수 {#functions-of-the-table}\n\n"
    "규칙은 표에 있는 역전파 규칙(pullback)입니다. 결과에 위에서 온 기울기가 `G`일 때 인자가 받는 기울기입니다.\n\n"
    "| 함수 | 결과 | 규칙 |",
    rewritings="## 바꾸어 읽는 함수 {#functions-that-are-rewritten}\n\n| 함수 | 이렇게 읽습니다 |",
    aliases="다른 이름: {names}. `axis=0`이나 `axis=1`을 쓸 수 있는 함수: {axes}.",
    alias="`{alias}` = `{name}`",
    refusals="## 식의 언어에 없는 것 {#what-is-not-in-the-language}\n\n| 이것 대신 | |",
    assumptions="## 가정 {#assumptions}\n\n" + KOREAN_ASSUMPTIONS,
    translate=lambda text: KOREAN_WORDS.get(text) or say(text),
    fact="`{fact}`({translation})",
)


def main() -> None:
    """Write the pages."""
    PAGE.write_text(page(ENGLISH), encoding="utf-8")
    KOREAN_PAGE.write_text(page(KOREAN), encoding="utf-8")


def page(wording: Wording) -> str:
    """Return the page as Markdown."""
    translate = wording.translate
    rewritten = [f"| `{r.example}` | {_code(r.meaning, translate)} |" for _, r in sorted(REWRITINGS.items())]
    names = ", ".join(wording.alias.format(alias=alias, name=name) for alias, name in sorted(ALIASES.items()))
    axes = ", ".join(f"`{name}`" for name in BY_AXIS)
    facts = ", ".join(wording.fact.format(fact=fact, translation=translate(fact)) for fact in ASSUMPTIONS)
    parts = [
        wording.grammar,
        f"{wording.functions}\n|---|---|---|",
        *(_row(name, translate) for name in table_functions()),
        f"\n{wording.rewritings}\n|---|---|",
        *rewritten,
        "\n" + wording.aliases.format(names=names, axes=axes),
        f"\n{wording.refusals}\n|---|---|",
        *(f"| `{name}` | {translate(text)} |" for name, text in sorted(REFUSALS.items())),
        "\n" + wording.assumptions.replace("{facts}", facts),
    ]
    return "\n".join(parts) + "\n"


def table_functions() -> list[str]:
    """Name the functions of the calculus's table, without those that other rooms or users register."""
    rooms = ("fanlight.calculus.operations", "fanlight.calculus.matrices")
    entries = [name for name in functions() if name in TABLE and name not in _FILLED]
    return [name for name in entries if getattr(TABLE[name].pullback, "__module__", None) in rooms]


_FILLED = ("eye", "ones", "zeros", "reshape", "transpose")  # of the grammar
_ARGUMENTS: dict[str, tuple[Expression, ...]] = {
    **dict.fromkeys(("tr", "det", "logdet", "inv"), (symbol("A", ("n", "n")),)),
    **dict.fromkeys(("softmax", "logsumexp", "diag", "norm", "norm1", "max"), (symbol("x", ("n", 1)),)),
    **dict.fromkeys(("maximum", "minimum"), (symbol("a", ("n", 1)), symbol("b", ("n", 1)))),
    "kron": (symbol("A", ("m", "n")), symbol("B", ("p", "q"))),
    "vstack": (symbol("A", ("m", "n")), symbol("B", ("p", "n"))),
    "hstack": (symbol("A", ("m", "n")), symbol("B", ("m", "p"))),
    "rows": (symbol("E", ("V", "d")), symbol("i", ("N",))),
    "bag": (symbol("E", ("V", "d")), symbol("i", ("N",)), symbol("o", ("B",))),
}


def _row(name: str, translate: Callable[[str], str]) -> str:
    """Return a function's row: a call, the result's shape, the table's rule."""
    entry = TABLE[name]
    if entry.derivative is not None:
        x = symbol("x", ("n", 1))
        call = function(name)(x)
        return f"| `{call}` | {translate('entry by entry')} | `G * ({entry.derivative(x, call)})` |"
    arguments = _ARGUMENTS.get(name, (symbol("X", ("m", "n")),))
    call = function(name)(*arguments)
    pulled = entry.pullback(symbol("G", call.shape), call, *arguments) if entry.pullback else ()
    rules = ", ".join(f"{a}: `{rule}`" for a, rule in zip(arguments, pulled, strict=False) if rule is not None)
    shape = " × ".join(str(d) for d in call.shape) or translate("scalar")
    return f"| `{call}` | {shape} | {rules} |"


def _code(meaning: str, translate: Callable[[str], str]) -> str:
    """Return what a function is read as: the formula as code, words behind ; or : as they are."""
    if " of several, " in meaning:
        return translate(meaning)
    formula, separator, words = meaning.partition("; ") if ";" in meaning else meaning.partition(": ")
    return f"`{formula}`{separator}{translate(words)}"


if __name__ == "__main__":
    main()
