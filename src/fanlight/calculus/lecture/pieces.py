"""Splitting of an expression into simple pieces, named as in the lecture: z, h, s, or z1, h1, z2, h2, …, s.

A probability in a logarithm is ŷ, and its loss J; a normalised x is x̂, with standard deviation σ. Expressions in ŷ and
σ are differentiated in one step.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from fanlight.calculus.expressions import Expression, rebuilt, symbol, symbols_of, walk
from fanlight.calculus.rewritings import mean_of, variance_of
from fanlight.calculus.shapes import Shape

_ARITHMETIC = {
    "add", "subtract", "negative", "matmul", "multiply", "divide", "transpose", "constant", "symbol", "power", "length",
    "sum", "ones", "eye", "zeros", "onehot", "onehot_rows",
}  # fmt: skip
_PROBABILITIES = {"softmax", "softmax_rows", "sigmoid"}
_POSITIVE = {"sqrt", "norm", "exp"}  # functions without negative values, so that sqrt(h**2) is h
_FUSED = {*_PROBABILITIES, "det"}  # functions whose logarithm is differentiated in one step


@dataclass(frozen=True)
class Piece:
    """A simple piece: ``name = expression``, in terms of earlier pieces and symbols.

    Attributes
    ----------
    name : str
    expression : Expression
    is_inner : bool
        Whether its users are differentiated through it in one step, as log(softmax(z)).
    """

    name: str
    expression: Expression
    is_inner: bool = False

    @property
    def shape(self) -> Shape:
        """The shape of the value."""
        return self.expression.shape

    @property
    def symbol(self) -> Expression:
        """The symbol of the piece in later pieces."""
        return symbol(self.name, self.shape, "positive" if self.expression.operation.name in _POSITIVE else None)

    @property
    def is_function(self) -> bool:
        """Whether the piece is an elementwise function of one symbol, such as ``h = f(z)``."""
        e = self.expression
        return e.operation.derivative is not None and not e.arguments[0].arguments


def break_up(expression: Expression) -> list[Piece]:
    """Split an expression into simple pieces: one function or one affine step each."""
    expression = with_normalisations(expression)
    names = _names(expression)
    done: dict[Expression, Expression] = {}
    pieces = []
    for node in walk(expression):
        outcome = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
        if node in names:
            pieces.append(Piece(names[node], outcome, names[node] in _INNER))
            outcome = pieces[-1].symbol
        done[node] = outcome
    return pieces


def _names(expression: Expression) -> dict[Expression, str]:
    """Return the names of the nodes that become pieces."""
    users: dict[Expression, list[Expression]] = {}
    for node in walk(expression):
        for argument in node.arguments:
            users.setdefault(argument, []).append(node)
    letters = {node: letter for node in walk(expression) if (letter := _letter(node, expression, users))}
    special = _special_names(expression, letters)
    letters = {node: name for node in walk(expression) if (name := special.get(node, letters.get(node)))}
    taken = set(symbols_of(expression))
    counts, placed = Counter(letters.values()), Counter[str]()
    names: dict[Expression, str] = {}
    for node, letter in letters.items():
        placed[letter] += 1
        name = letter if counts[letter] == 1 else f"{letter}{placed[letter]}"
        while name in taken:
            placed[letter] += 1
            name = f"{letter}{placed[letter]}"
        taken.add(name)
        names[node] = name
    return names


_INNER = {"ŷ", "σ"}


def _special_names(expression: Expression, letters: dict[Expression, str]) -> dict[Expression, str | None]:
    """Return the names of probabilities, losses and normalised vectors; None for nodes that are then no pieces."""
    special: dict[Expression, str | None] = {}
    probabilities = [node for node in walk(expression) if node.operation.name in _PROBABILITIES]
    logarithms = [n for n in walk(expression) if n.operation.name == "log" and _is_probability(n.arguments[0])]
    if logarithms or expression.operation.name in ("relu", "maximum"):
        special[expression] = "J"
    if logarithms and len(probabilities) == 1 and probabilities[0] not in letters:
        special[probabilities[0]] = "ŷ"
    for quotient in _normalisations(expression):
        difference, deviation = quotient.arguments
        x = difference.arguments[0]
        special |= {difference: None, deviation.arguments[0]: None, variance_of(x): None, deviation: "σ"}
        if quotient is not expression:
            name = letters.get(x) or (x.name if x.operation.name == "symbol" else "z")
            special[quotient] = unicodedata.normalize("NFKC", f"{name[0]}\u0302{name[1:]}")
    return special


def _normalisations(expression: Expression) -> Iterator[Expression]:
    """Yield ``(x - mean(x)) / std(x)``, with or without a number added to the variance."""
    for node in walk(expression):
        if node.operation.name != "divide":
            continue
        difference, deviation = node.arguments
        if deviation.operation.name != "sqrt" or not _is_deviation(difference):
            continue
        inner, variance = deviation.arguments[0], variance_of(difference.arguments[0])
        if inner is variance or (inner.operation.name == "add" and variance in inner.arguments):
            yield node


def _is_deviation(e: Expression) -> bool:
    return e.operation.name == "subtract" and bool(e.shape) and e.arguments[1] is mean_of(e.arguments[0])


def with_normalisations(expression: Expression) -> Expression:
    """Replace ``g * (x - mean(x)) / std(x)`` with ``g * ((x - mean(x)) / std(x))``."""
    done: dict[Expression, Expression] = {}
    for node in walk(expression):
        outcome = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
        if node.operation.name == "divide":
            above, below = outcome.arguments
            if above.operation.name == "multiply" and _is_deviation(above.arguments[1]) and not below.shape:
                outcome = above.arguments[0] * (above.arguments[1] / below)
        done[node] = outcome
    return done[expression]


def _letter(node: Expression, result: Expression, users: dict[Expression, list[Expression]]) -> str | None:
    """Return z for an argument of a function, h for a function's value, s for the result, None for no piece."""
    if node is result:
        return "s"
    if not symbols_of(node) or not node.arguments or node.operation.name in ("transpose", "onehot", "onehot_rows"):
        return None
    above = {v for u in users[node] for v in (users.get(u, [u]) if u.operation.name == "transpose" else [u])}
    is_function = node.operation.name not in _ARITHMETIC
    if _is_probability(node) and all(u.operation.name == "log" or _is_probability(u) for u in above):
        return None
    if node.operation.name == "log" and _is_probability(node.arguments[0]):
        return None
    if node.operation.name == "norm" and all(_is_square(u) for u in users[node]):
        return None
    if node.operation.name == "step":  # an indicator, whose derivative is zero
        return None
    if is_function:
        return "h"
    if not any(a.operation.name not in ("constant", "length", "ones", "eye", "zeros") for a in node.arguments):
        return None
    into_function = any(u.operation.name not in {*_ARITHMETIC, "step"} or u.operation.name == "power" for u in above)
    into_product = node.operation.name == "matmul" and any(u.operation.name == "matmul" for u in above) and node.shape
    return "z" if into_function or into_product or len(above) > 1 else None


def _is_square(node: Expression) -> bool:
    return node.operation.name == "power" and node.arguments[1].parameters == (2,)


def _is_probability(node: Expression) -> bool:
    """Tell whether log of a node is differentiated in one step: softmax or an entry, sigmoid, det, or 1 minus one."""
    if node.operation.name in _FUSED:
        return True
    if node.operation.name == "matmul":
        factors = [a.arguments[0] if a.operation.name == "transpose" else a for a in node.arguments]
        others = [a for a in factors if a.operation.name != "onehot" and "onehot" not in a.parameters]
        return len(others) == 1 and _is_probability(others[0])
    if node.operation.name != "subtract":
        return False
    left, right = node.arguments
    return left.operation.name == "constant" and right.operation.name in _FUSED
