"""Parsing of learners' formulas with the names of a derivation: pieces z and h, error signals δ."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from fanlight.calculus.backpropagation import pull_back
from fanlight.calculus.batch import substitute
from fanlight.calculus.derivatives import target_of
from fanlight.calculus.expressions import Expression, context_of, symbols_of, walk
from fanlight.calculus.language import parse
from fanlight.calculus.lecture.pieces import break_up, with_normalisations
from fanlight.calculus.operations import TABLE


def read_gradient(text: str, expression: Expression, wrt: str | Expression) -> Expression:
    """Parse a learner's gradient in terms of the expression's symbols, pieces z, h and error signals δ.

    Parameters
    ----------
    text : str
        A formula such as ``"delta @ x.T"`` or ``"(u * f'(z)) @ x.T"``.
    expression : Expression
        The differentiated expression.
    wrt : name or symbol
        The symbol it is differentiated by; ``delta`` is the error signal of the first piece with this symbol.

    Raises
    ------
    CalculusError
        The text cannot be parsed.
    """
    definitions = _definitions(expression, target_of(expression, wrt))
    used = symbols_of(expression)
    # a declared name that does not occur in the expression may be the name of a piece
    symbols = [(n, s) for n, s in context_of(expression).items() if n in used or n not in definitions]
    shapes = {name: [str(d) for d in s.shape] for name, s in symbols}
    facts = {name: s.parameters[2] for name, s in symbols if s.parameters[2]}
    generic = [name for name in re.findall(r"\b([A-Za-z])'*\s*\(", text) if name not in TABLE]
    return parse(text, shapes, facts, generic, definitions)


@lru_cache(maxsize=8)
def _definitions(expression: Expression, target: Expression) -> dict[str, Expression]:
    """Return the expressions of pieces and of their error signals, by name."""
    expression = with_normalisations(expression)
    definitions: dict[str, Expression] = {}
    nodes = set(walk(expression))
    pieces = break_up(expression)
    for piece in pieces:
        definitions[piece.name] = substitute(piece.expression, definitions)
    signals: dict[str, Expression] = {}
    for piece in pieces:
        node = definitions[piece.name]
        if node in nodes and not piece.is_inner:
            (delta,) = pull_back(expression, [node]) if not expression.shape else (node,)
            inner = {p.name: definitions[p.name] for p in pieces if p.is_inner}
            holds_target = target.name in symbols_of(substitute(piece.expression, inner))
            number = piece.name[1:] if piece.name[0] == "z" else ""
            ends = [f"_{piece.name}", *([f"_{number}", number] if number else []), *([""] if holds_target else [])]
            for letter in ("delta", "δ"):
                for end in ends:
                    signals.setdefault(f"{letter}{end}", delta)
    hats = {_plain(name): e for name, e in definitions.items() if _plain(name) != name}
    return {**signals, **hats, **definitions}


def _plain(name: str) -> str:
    """Return a name as it is typed: yhat for ŷ, sigma for σ."""
    decomposed = unicodedata.normalize("NFD", name)
    return decomposed.replace("\u0302", "hat").replace("σ", "sigma")
