"""Breaking an expression into simple pieces, named as a lecture names them: z, h, s, or z1, h1, z2, h2, …, s."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from fanlight.calculus.expressions import Expression, rebuilt, symbol, symbols_of, walk
from fanlight.calculus.shapes import Shape

_ARITHMETIC = {
    "add", "subtract", "negative", "matmul", "multiply", "divide", "transpose", "constant", "symbol", "power", "length",
    "sum", "ones", "eye", "zeros", "onehot", "onehot_rows",
}  # fmt: skip
_FUSED = {"softmax", "softmax_rows", "sigmoid", "det"}  # a logarithm is taken of them in one step


@dataclass(frozen=True)
class Piece:
    """A simple piece: ``name = expression``, in the names of the pieces and symbols before it."""

    name: str
    expression: Expression

    @property
    def shape(self) -> Shape:
        """Of its value."""
        return self.expression.shape

    @property
    def symbol(self) -> Expression:
        """The symbol that stands for it in later pieces."""
        return symbol(self.name, self.shape)

    @property
    def is_function(self) -> bool:
        """Whether it is an elementwise function of one symbol, such as ``h = f(z)``."""
        e = self.expression
        return e.operation.derivative is not None and not e.arguments[0].arguments


def break_up(expression: Expression) -> list[Piece]:
    """Break an expression into simple pieces: one function or one affine step each."""
    names = _names(expression)
    done: dict[Expression, Expression] = {}
    pieces = []
    for node in walk(expression):
        outcome = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
        if node in names:
            pieces.append(Piece(names[node], outcome))
            outcome = symbol(names[node], node.shape)
        done[node] = outcome
    return pieces


def _names(expression: Expression) -> dict[Expression, str]:
    """Choose the nodes that become pieces, and their names."""
    users: dict[Expression, list[Expression]] = {}
    for node in walk(expression):
        for argument in node.arguments:
            users.setdefault(argument, []).append(node)
    letters = {node: letter for node in walk(expression) if (letter := _letter(node, expression, users))}
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


def _letter(node: Expression, result: Expression, users: dict[Expression, list[Expression]]) -> str | None:
    """Return z for what a function is applied to, h for a function's values, s for the whole, None for no piece."""
    if node is result:
        return "s"
    if not node.arguments or node.operation.name in ("transpose", "onehot", "onehot_rows"):
        return None
    above = {v for u in users[node] for v in (users.get(u, [u]) if u.operation.name == "transpose" else [u])}
    is_function = node.operation.name not in _ARITHMETIC
    if _is_probability(node) and all(u.operation.name == "log" or _is_probability(u) for u in above):
        return None
    if node.operation.name == "log" and _is_probability(node.arguments[0]):
        return None
    if is_function:
        return "h"
    if not any(a.operation.name not in ("constant", "length", "ones", "eye", "zeros") for a in node.arguments):
        return None
    into_function = any(u.operation.name not in _ARITHMETIC or u.operation.name == "power" for u in above)
    into_product = node.operation.name == "matmul" and any(u.operation.name == "matmul" for u in above) and node.shape
    return "z" if into_function or into_product or len(above) > 1 else None


def _is_probability(node: Expression) -> bool:
    """Tell whether a logarithm of a node is taken in one step: of a softmax, an entry of it, a sigmoid p, or 1 - p."""
    if node.operation.name in _FUSED:
        return True
    if node.operation.name == "matmul":
        factors = [a.arguments[0] if a.operation.name == "transpose" else a for a in node.arguments]
        others = [a for a in factors if a.operation.name != "onehot" and "onehot" not in a.parameters]
        return len(others) == 1 and _is_probability(others[0])
    if node.operation.name != "subtract":
        return False
    one, other = node.arguments
    return one.operation.name == "constant" and other.operation.name in _FUSED
