r"""Conversion of the LaTeX of `calculus.lecture.latex` to MathML, which browsers and notebooks display.

It supports only that LaTeX: letters, numbers, operators, groups, scripts, and the commands named below.
"""

from __future__ import annotations

import re
from html import escape

from fanlight.calculus.lecture.latex import GREEK
from fanlight.errors import CalculusError

_LETTERS = dict(zip([*GREEK, "partial", "nabla", "pi"], "αβγδεηθκλμνξρστφψω∂∇π", strict=True))
_OPERATORS = {
    "odot": "⊙", "cdot": "·", "otimes": "⊗", "times": "×", "top": "⊤", "circ": "∘", "Vert": "‖", "vert": "|", "in": "∈",
    "sum": "∑", "dots": "…",
}  # fmt: skip
_FUNCTIONS = ("tanh", "exp", "log", "sin", "cos", "tan", "det", "max", "min")
_SHOWN = {"-": "−", "'": "′"}
_SPACES = {r"\,": "0.17em", r"\;": "0.28em"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\[,;]|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\S")


def mathml(latex: str) -> str:
    r"""Return LaTeX as MathML, with the LaTeX as annotation.

    Raises
    ------
    CalculusError
        The LaTeX has an unknown command.

    Examples
    --------
    >>> print(mathml(r"W^{\top}").split("<annotation")[0])
    <math displaystyle="true"><semantics><mrow><msup><mi>W</mi><mrow><mo>⊤</mo></mrow></msup></mrow>
    """
    tokens = _TOKEN.findall(latex)
    tokens.reverse()
    body = _row(tokens, None)
    note = f'<annotation encoding="application/x-tex">{escape(latex)}</annotation>'
    return f'<math displaystyle="true"><semantics>{body}{note}</semantics></math>'


def _row(tokens: list[str], end: str | None) -> str:
    """Convert tokens up to `end`, or all tokens."""
    parts = []
    while tokens and tokens[-1] != end:
        parts.append(_read_scripts(tokens))
    if end is not None:
        tokens.pop()
    return f"<mrow>{''.join(parts)}</mrow>"


def _read_scripts(tokens: list[str]) -> str:
    base = _atom(tokens)
    scripts: dict[str, str] = {}
    while tokens and tokens[-1] in "_^":
        which = tokens.pop()
        scripts[which] = _atom(tokens)
    match sorted(scripts):
        case ["^", "_"]:
            return f"<msubsup>{base}{scripts['_']}{scripts['^']}</msubsup>"
        case ["^"]:
            return f"<msup>{base}{scripts['^']}</msup>"
        case ["_"]:
            return f"<msub>{base}{scripts['_']}</msub>"
    return base


def _atom(tokens: list[str]) -> str:
    token = tokens.pop()
    if token == "{":
        return _row(tokens, "}")
    if token == "(":  # one row up to the closing parenthesis, so that both have the same height, also with exponents
        parts = []
        while tokens and tokens[-1] not in ")}":
            parts.append(_read_scripts(tokens))
        close = f"<mo>{tokens.pop()}</mo>" if tokens and tokens[-1] == ")" else ""
        return f"<mrow><mo>(</mo>{''.join(parts)}{close}</mrow>"
    if token in _SPACES:
        return f'<mspace width="{_SPACES[token]}"/>'
    if not token.startswith("\\"):
        kind = "mn" if token[0].isdigit() else "mi" if token.isalpha() else "mo"
        shown = _SHOWN.get(token) or escape(token)
        return f"<{kind}>{shown}</{kind}>"
    name = token[1:]
    if name in _LETTERS:
        return f"<mi>{_LETTERS[name]}</mi>"
    if name in _OPERATORS:
        return f"<mo>{_OPERATORS[name]}</mo>"
    if name in _FUNCTIONS:
        return f"<mi>{name}</mi>"
    if name == "frac":
        return f"<mfrac>{_atom(tokens)}{_atom(tokens)}</mfrac>"
    if name == "hat":
        return f'<mover accent="true">{_atom(tokens)}<mo>^</mo></mover>'
    if name == "sqrt":
        return f"<msqrt>{_atom(tokens)}</msqrt>"
    if name in ("mathrm", "mathbf", "mathbb"):
        return _upright(tokens, name)
    raise CalculusError(f"no MathML for {token}")


def _upright(tokens: list[str], name: str) -> str:
    """Convert a word in braces, whose letters are separate tokens."""
    tokens.pop()
    word = ""
    while tokens[-1] != "}":
        word += tokens.pop()
    tokens.pop()
    if name == "mathbb":
        return f"<mi>{word.replace('R', 'ℝ')}</mi>"
    if name == "mathbf":
        return f'<mi mathvariant="normal" style="font-weight: bold">{escape(word)}</mi>'
    return f'<mi mathvariant="normal">{escape(word)}</mi>'
