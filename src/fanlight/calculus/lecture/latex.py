r"""Expressions as LaTeX for KaTeX and matplotlib's mathtext.

Elementwise products are ``\odot``, transposes ``^\top``; products by scalars and matrix products have no sign.
"""

from __future__ import annotations

import math
import re
import unicodedata

from fanlight.calculus.expressions import Expression
from fanlight.calculus.rewritings import choice_of
from fanlight.calculus.shapes import ONE, Dimension
from fanlight.calculus.text_writer import SHOWS_MEANS, means_of, statistic

GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma",
    "tau", "phi", "psi", "omega",
)  # fmt: skip
_NAMES = {
    "sigmoid": r"\sigma", "tanh": r"\tanh", "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos",
    "tan": r"\tan",
    "det": r"\det",
    "relu": r"\mathrm{ReLU}", "relu'": r"\mathrm{ReLU}'",
    "maximum": r"\max", "minimum": r"\min", "max": r"\max", "min": r"\min",
    "row_sums": r"\mathrm{rowsums}", "column_sums": r"\mathrm{colsums}",
    "softmax_rows": r"\mathrm{softmax}_{rows}", "logsumexp_rows": r"\mathrm{logsumexp}_{rows}",
}  # fmt: skip
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = 1, 2, 3, 4, 5  # precedence of operators


def latex(expression: Expression) -> str:
    r"""Return an expression as LaTeX, without dollar signs.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> print(latex(parse("u * (W @ x).T.T", {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1)})))
    u \odot {(W x)^{\top}}^{\top}
    """
    with means_of(expression):
        return _latex(expression)[0]


def latex_name(name: str) -> str:
    r"""Return a symbol's name as LaTeX: Greek letters by name, digits and text after an underscore as a subscript.

    Examples
    --------
    >>> latex_name("W_0"), latex_name("delta"), latex_name("h2")
    ('W_{0}', '\\delta', 'h_{2}')
    """
    name = unicodedata.normalize("NFD", name)
    if len(name) > 1 and name[1] == "\u0302":  # a circumflex: ŷ, x̂
        return rf"\hat{{{name[0]}}}" + (rf"_{{{name[2:].lstrip('_')}}}" if name[2:] else "")
    parts = re.fullmatch(r"([^\W\d_]+)_?(\w*)", name)
    if not parts:
        return rf"\mathrm{{{name.replace('_', ' ')}}}"
    stem, index = parts.groups()
    stem = {"lam": "lambda", "δ": "delta", "σ": "sigma", "μ": "mu"}.get(stem, stem)
    shown = f"\\{stem}" if stem in GREEK else stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"
    return f"{shown}_{{{index.replace('_', ' ')}}}" if index else shown


def _latex(e: Expression) -> tuple[str, int]:
    name, arguments = e.operation.name, e.arguments
    if SHOWS_MEANS.get() and (shown := statistic(e)) is not None:
        return rf"\mathrm{{{shown[0]}}}({latex(shown[1])})", _ATOM
    if name == "add" and (choice := choice_of(e)) is not None:
        greater, smaller, a, b = map(latex, choice)
        return rf"\mathrm{{where}}({greater} > {smaller}, {a}, {b})", _ATOM
    match name:
        case "symbol":
            return latex_name(e.name), _ATOM
        case "constant":
            value = e.parameters[0]
            text = r"\pi" if value == math.pi else f"{value:g}" if abs(value) < 1e6 else repr(value)
            return text, _ATOM if value >= 0 else _SIGN
        case "length":
            return _dimension(e.parameters[0]), _ATOM
        case "add" | "subtract":
            a, b = _wrap(arguments[0], _SUM), _wrap(arguments[1], _PRODUCT)
            return f"{a} {'+' if name == 'add' else '-'} {b}", _SUM
        case "negative":
            return f"-{_wrap(arguments[0], _PRODUCT)}", _SIGN if arguments[0].operation.name != "matmul" else _PRODUCT
        case "multiply":
            both = all(a.shape for a in arguments)
            a, b = _wrap(arguments[0], _PRODUCT), _wrap(arguments[1], _PRODUCT)
            if both and arguments[0].operation.name == "matmul":
                a = f"({a})"
            if both and arguments[1].operation.name == "matmul":
                b = f"({b})"
            between = r" \odot " if both else r" \cdot " if re.match(r"[\d.]", b) else r"\, "
            return f"{a}{between}{b}", _PRODUCT
        case "matmul":
            a, b = _factor(arguments[0]), _factor(arguments[1])
            return f"{a} {b}", _PRODUCT
        case "divide":
            return rf"\frac{{{latex(arguments[0])}}}{{{latex(arguments[1])}}}", _POWER
        case "power":
            circle = r"\circ " if arguments[0].shape else ""
            return f"{_wrap(arguments[0], _ATOM)}^{{{circle}{latex(arguments[1])}}}", _POWER
        case "transpose":
            text, binds = _latex(arguments[0])
            base = text if binds == _ATOM and "^" not in text else f"{{{text}}}" if binds == _POWER else f"({text})"
            return rf"{base}^{{\top}}", _POWER
        case "inv":
            return f"{_wrap(arguments[0], _ATOM)}^{{-1}}", _POWER
    return _latex_of_function(e)


def _latex_of_function(e: Expression) -> tuple[str, int]:
    """Return the LaTeX and precedence of constant matrices, functions and slices."""
    name, arguments = e.operation.name, e.arguments
    match name:
        case "eye":
            return f"I_{{{_dimension(e.parameters[0])}}}", _ATOM
        case "ones" | "zeros":
            digit = r"\mathbf{1}" if name == "ones" else r"\mathbf{0}"
            sizes = r" \times ".join(_dimension(d) for d in e.parameters if d != ONE) or "1"
            row = r"^{\top}" if e.parameters[0] == ONE != e.parameters[1] else ""
            return f"{digit}_{{{sizes}}}{row}", _POWER if row else _ATOM
        case "reshape" if arguments[0].operation.name == "transpose" and e.shape[1:] == (ONE,):
            return rf"\mathrm{{vec}}({latex(arguments[0].arguments[0])})", _ATOM
        case "reshape":
            sizes = r" \times ".join(_dimension(d) for d in e.parameters)
            return rf"\mathrm{{reshape}}_{{{sizes}}}({latex(arguments[0])})", _ATOM
        case "norm":
            return rf"\Vert {latex(arguments[0])} \Vert", _ATOM
        case "norm1":
            return rf"\Vert {latex(arguments[0])} \Vert_{{1}}", _ATOM
        case "abs":
            return rf"\vert {latex(arguments[0])} \vert", _ATOM
        case "sqrt":
            return rf"\sqrt{{{latex(arguments[0])}}}", _ATOM
        case "kron":
            return rf"{_wrap(arguments[0], _POWER)} \otimes {_wrap(arguments[1], _POWER)}", _PRODUCT
        case "vstack" | "hstack":
            between = r";\, " if name == "vstack" else r",\, "
            return f"[{between.join(latex(a) for a in arguments)}]", _ATOM
        case "slice":
            r0, r1, c0, c1 = e.parameters
            lengths = arguments[0].shape
            bounds = [
                ":" if (a, b) == (Dimension(()), size) else f"{_dimension(a)}:{_dimension(b)}"
                for a, b, size in ((r0, r1, lengths[0]), (c0, c1, lengths[1]))
            ]
            return f"{_wrap(arguments[0], _ATOM)}_{{[{', '.join(bounds)}]}}", _POWER
    shown = _NAMES.get(name) or (name if len(name.rstrip("'")) == 1 else rf"\mathrm{{{name.replace('_', ' ')}}}")
    return f"{shown}({', '.join(latex(a) for a in arguments)})", _ATOM


def _wrap(e: Expression, level: int) -> str:
    text, binds = _latex(e)
    return text if binds >= level else f"({text})"


def _factor(e: Expression) -> str:
    """Return a factor of a matrix product, with elementwise and Kronecker products in parentheses."""
    if e.operation.name in ("multiply", "kron") and all(a.shape for a in e.arguments):
        return f"({latex(e)})"
    return _wrap(e, _PRODUCT)


def _dimension(d: Dimension) -> str:
    return str(d).replace("*", "")
