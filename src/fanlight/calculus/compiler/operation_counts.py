"""Counts of the scalar operations of a program, in its dimension letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fanlight.calculus.compiler.rewriting import simplify
from fanlight.calculus.expressions import Expression, walk
from fanlight.calculus.shapes import ONE, Dimension, Shape, dimension

_FREE = {
    "symbol",
    "constant",
    "length",
    "transpose",
    "eye",
    "ones",
    "zeros",
    "slice",
    "vstack",
    "hstack",
    "rows",
    "diag",
}
_ZERO = dimension(0)


@dataclass(frozen=True)
class Operations:
    """Counts of scalar operations.

    Attributes
    ----------
    multiplications : Dimension
        Multiplications and divisions.
    additions : Dimension
        Additions and subtractions.
    functions : Dimension
        Evaluations of functions such as tanh.
    steps : int
        Nodes with arithmetic, that is, no inputs, constants, slices, stacks or gathers.
    """

    multiplications: Dimension = field(default=_ZERO)
    additions: Dimension = field(default=_ZERO)
    functions: Dimension = field(default=_ZERO)
    steps: int = 0

    @property
    def total(self) -> Dimension:
        """Sum of multiplications, additions and functions."""
        return self.multiplications + self.additions + self.functions

    def __add__(self, other: Operations) -> Operations:
        return Operations(
            self.multiplications + other.multiplications,
            self.additions + other.additions,
            self.functions + other.functions,
            self.steps + other.steps,
        )

    def __str__(self) -> str:
        return f"{self.multiplications} multiplications, {self.additions} additions, {self.functions} function values"


def count(outputs: Sequence[Expression]) -> Operations:
    """Count the operations of a program for some outputs; shared nodes count once, as in `compile`.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> print(count([parse("tanh(W @ x)", {"W": ("m", "n"), "x": ("n", 1)})]))
    m*n multiplications, m*n - m additions, m function values
    """
    total = Operations()
    for node in walk(*(simplify(output) for output in outputs)):
        total = total + _count_node(node)
    return total


def _count_node(node: Expression) -> Operations:
    name = node.operation.name
    if name in _FREE:
        return Operations()
    size = _size(node.shape)
    if name == "matmul":
        inner = node.arguments[0].shape[1] if node.arguments[0].shape else ONE
        return Operations(size * inner, size * (inner - ONE), _ZERO, 1)
    if name in ("multiply", "divide"):
        return Operations(size, _ZERO, _ZERO, 1)
    if name in ("add", "subtract", "negative"):
        return Operations(_ZERO, size, _ZERO, 1)
    if name == "power" and node.arguments[1].operation.name == "constant" and node.arguments[1].parameters[0] == 2:
        return Operations(size, _ZERO, _ZERO, 1)
    if name == "tr":
        return Operations(_ZERO, node.arguments[0].shape[0] - ONE, _ZERO, 1)
    if name in ("sum", "row_sums", "column_sums"):
        return Operations(_ZERO, _size(node.arguments[0].shape) - size, _ZERO, 1)
    return Operations(_ZERO, _ZERO, size, 1)


def _size(shape: Shape) -> Dimension:
    size = ONE
    for length in shape:
        size = size * length
    return size
