"""Write docs/language.md: the language of expressions, from the table of operations and the rewritings.

python tools/language_page.py
"""

from __future__ import annotations

from pathlib import Path

from fanlight.calculus.expressions import ASSUMPTIONS, Expression, function, symbol
from fanlight.calculus.language import functions
from fanlight.calculus.operations import TABLE
from fanlight.calculus.rewritings import ALIASES, BY_AXIS, REFUSALS, REWRITINGS

PAGE = Path(__file__).parents[1] / "docs" / "language.md"

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


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the page as Markdown."""
    rewritten = [f"| `{r.example}` | {_code(r.meaning)} |" for _, r in sorted(REWRITINGS.items())]
    aliases = ", ".join(f"`{alias}` is `{name}`" for alias, name in sorted(ALIASES.items()))
    axes = ", ".join(f"`{name}`" for name in BY_AXIS)
    parts = [
        GRAMMAR,
        "## Functions of the table\n\n"
        "The rule is the pullback of the table: what an argument gets for the upstream gradient `G` of the result.\n\n"
        "| function | result | rule |\n|---|---|---|",
        *(_row(name) for name in table_functions()),
        "\n## Functions that are rewritten\n\n| function | is read as |\n|---|---|",
        *rewritten,
        f"\nOther names: {aliases}. With `axis=0` or `axis=1`: {axes}.",
        "\n## What is not in the language\n\n| instead of | |\n|---|---|",
        *(f"| `{name}` | {text} |" for name, text in sorted(REFUSALS.items())),
        f"\n## Assumptions\n\n`--assume NAME=FACT`, with one of {', '.join(f'`{fact}`' for fact in ASSUMPTIONS)}.",
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


def _row(name: str) -> str:
    """Return a function's row: a call, the result's shape, the table's rule."""
    entry = TABLE[name]
    if entry.derivative is not None:
        x = symbol("x", ("n", 1))
        call = function(name)(x)
        return f"| `{call}` | entry by entry | `G * ({entry.derivative(x, call)})` |"
    arguments = _ARGUMENTS.get(name, (symbol("X", ("m", "n")),))
    call = function(name)(*arguments)
    pulled = entry.pullback(symbol("G", call.shape), call, *arguments) if entry.pullback else ()
    rules = ", ".join(f"{a}: `{rule}`" for a, rule in zip(arguments, pulled, strict=False) if rule is not None)
    shape = " × ".join(str(d) for d in call.shape) or "scalar"
    return f"| `{call}` | {shape} | {rules} |"


def _code(meaning: str) -> str:
    formula, separator, words = meaning.partition(";") if ";" in meaning else meaning.partition(":")
    if " two, " in formula:
        return meaning
    return f"`{formula}`{separator}{words}"


if __name__ == "__main__":
    main()
