"""Expressions: immutable nodes with shapes, without duplicates.

Building the same node twice returns the same object, so a shared sub-expression is one node and is computed once, as δ
is reused in the lecture (L17).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np

from fanlight.calculus.matrices import part_of
from fanlight.calculus.operations import TABLE, Operation, register
from fanlight.calculus.shapes import Dimension, Shape, dimension, shape_of, show
from fanlight.errors import CalculusError

ASSUMPTIONS = ("invertible", "spd", "sym", "positive", "pm1", "bit", "onehot", "onehot_rows")


class Expression:
    """A node of the computation graph.

    Attributes
    ----------
    operation : Operation
        The entry in the operations table.
    arguments : tuple of Expression
        The operands.
    parameters : tuple
        Other arguments: a symbol's name, shape and assumption, a constant's value, bounds and dimensions.
    shape : tuple of Dimension
        ``()`` scalar, ``(rows, columns)`` matrix, ``(N,)`` row numbers.
    """

    __slots__ = ("__weakref__", "arguments", "operation", "parameters", "shape")
    __array_ufunc__ = None  # NumPy must leave arithmetic with expressions to this class

    operation: Operation
    arguments: tuple[Expression, ...]
    parameters: tuple[Any, ...]
    shape: Shape

    def __init__(self) -> None:
        raise TypeError("expressions are built by symbol(), parse(), operators and functions")

    @staticmethod
    def node(operation: Operation, arguments: Sequence[Any], parameters: tuple[Any, ...] = ()) -> Expression:
        """Return the unique node with this operation, arguments and parameters."""
        children = tuple(a if isinstance(a, Expression) else constant(a) for a in arguments)
        key = (operation.name, tuple(map(id, children)), parameters)
        existing = _NODES.get(key)
        if existing is not None:
            return existing
        node = object.__new__(Expression)
        set_ = object.__setattr__
        set_(node, "operation", operation)
        set_(node, "arguments", children)
        set_(node, "parameters", parameters)
        set_(node, "shape", operation.shape(*(child.shape for child in children), *parameters))
        with _ADDING:
            existing = _NODES.get(key)  # another thread may have added it
            if existing is None:
                _NODES[key] = existing = node
        return existing

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("expressions are immutable")

    @property
    def name(self) -> str:
        """The name of a symbol, or of another node's operation."""
        return str(self.parameters[0]) if self.operation.name == "symbol" else self.operation.name

    @property
    def T(self) -> Expression:
        """The transpose."""
        return _apply("transpose", self)

    def __add__(self, other: Operand) -> Expression:
        return _apply("add", self, other)

    def __radd__(self, other: Operand) -> Expression:
        return _apply("add", other, self)

    def __sub__(self, other: Operand) -> Expression:
        return _apply("subtract", self, other)

    def __rsub__(self, other: Operand) -> Expression:
        return _apply("subtract", other, self)

    def __mul__(self, other: Operand) -> Expression:
        return _apply("multiply", self, other)

    def __rmul__(self, other: Operand) -> Expression:
        return _apply("multiply", other, self)

    def __truediv__(self, other: Operand) -> Expression:
        return _apply("divide", self, other)

    def __rtruediv__(self, other: Operand) -> Expression:
        return _apply("divide", other, self)

    def __pow__(self, other: Operand) -> Expression:
        return _apply("power", self, other)

    def __rpow__(self, other: Operand) -> Expression:
        return _apply("power", other, self)

    def __matmul__(self, other: Expression) -> Expression:
        return _apply("matmul", self, other)

    def __neg__(self) -> Expression:
        return _apply("negative", self)

    def __getitem__(self, place: tuple[slice, slice]) -> Expression:
        if not (
            isinstance(place, tuple) and len(place) == 2 and all(isinstance(p, slice) and p.step is None for p in place)
        ):
            raise CalculusError("a part is written W[a:b, c:d]")
        if len(self.shape) != 2:
            raise CalculusError(f"a {show(self.shape)} has no parts to take")
        bounds = [
            (dimension(0 if p.start is None else p.start), length if p.stop is None else dimension(p.stop))
            for p, length in zip(place, self.shape, strict=True)
        ]
        part: Expression = part_of(self, rows=bounds[0], columns=bounds[1])
        return part

    def __str__(self) -> str:
        return _WRITERS[-1](self)

    def __repr__(self) -> str:
        return f"<{self} : {show(self.shape)}>"


Operand = Expression | float

_NODES: WeakValueDictionary[Any, Expression] = WeakValueDictionary()
_ADDING = threading.Lock()

register(Operation("symbol", lambda *_: None, lambda name, shape, assume: shape, lambda up, out, *_: ()))
register(Operation("length", lambda n: np.float64(n), lambda n: (), lambda up, out, n: ()))
register(Operation("constant", lambda value: np.float64(value), lambda value: (), lambda up, out, value: ()))


def _apply(name: str, *arguments: Any, parameters: tuple[Any, ...] = ()) -> Expression:
    """Apply an operation of the table to expressions and numbers."""
    node: Expression = Expression.node(TABLE[name], arguments, parameters)
    return node


def symbol(name: str, shape: Sequence[int | str | Dimension] = (), assume: str | None = None) -> Expression:
    """Return a named input.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.
    shape : sequence
        ``()`` scalar, ``("m", "n")`` matrix, ``("n", 1)`` column, ``("N",)`` row numbers.
    assume : str, optional
        An assumption, one of `ASSUMPTIONS`.

    Raises
    ------
    CalculusError
        The name is not an identifier, the assumption is unknown, or there are more than two dimensions.

    Examples
    --------
    >>> W, x = symbol("W", ("m", "n")), symbol("x", ("n", 1))
    >>> W @ x
    <W @ x : m × 1>
    """
    if not name.isidentifier():
        raise CalculusError(f"{name!r} is not a name: use letters, digits and underscores")
    if assume is not None and assume not in ASSUMPTIONS:
        raise CalculusError(f"{name}: unknown assumption {assume!r}; known are {', '.join(ASSUMPTIONS)}")
    if len(shape) > 2:
        raise CalculusError(f"{name}: {len(shape)} dimensions; a shape has at most two: rows and columns")
    return Expression.node(TABLE["symbol"], (), (name, shape_of(shape), assume))


def constant(value: float) -> Expression:
    """Return a number as an expression."""
    if not isinstance(value, (int, float)):
        raise CalculusError(f"{value!r} is not a number: arrays are inputs, so give them a symbol")
    if not abs(value) < 1e300:
        raise CalculusError("a number is too large: numbers are below 1e300")
    return Expression.node(TABLE["constant"], (), (int(value) if float(value).is_integer() else float(value),))


def function(name: str) -> Callable[..., Expression]:
    """Return an operation of the table as a function of expressions and numbers."""
    return lambda *arguments: _apply(name, *arguments)


def eye(n: int | str | Dimension) -> Expression:
    """Return the identity matrix."""
    return Expression.node(TABLE["eye"], (), (dimension(n),))


def ones(rows: int | str | Dimension, columns: int | str | Dimension) -> Expression:
    """Return a matrix of ones."""
    return Expression.node(TABLE["ones"], (), (dimension(rows), dimension(columns)))


def zeros(rows: int | str | Dimension, columns: int | str | Dimension) -> Expression:
    """Return a matrix of zeros."""
    return Expression.node(TABLE["zeros"], (), (dimension(rows), dimension(columns)))


def walk(*roots: Expression) -> Iterator[Expression]:
    """Yield every node below the roots once, arguments first."""
    seen: set[Expression] = set()
    for root in roots:
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.arguments))


def tree_size(expression: Expression) -> int:
    """Return the number of nodes of an expression as a tree, in which shared nodes count at each occurrence."""
    sizes: dict[Expression, int] = {}
    for node in walk(expression):
        sizes[node] = 1 + sum(sizes[a] for a in node.arguments)
    return sizes[expression]


def symbols_of(*roots: Expression) -> dict[str, Expression]:
    """Return the symbols below the roots by name."""
    symbols: dict[str, Expression] = {}
    for node in walk(*roots):
        if node.operation.name == "symbol":
            other = symbols.setdefault(node.name, node)
            if other is not node:
                raise CalculusError(
                    f"{node.name} stands for two things, {show(other.shape)} and {show(node.shape)}: rename one"
                )
    return symbols


class Context(dict[str, Expression]):
    """The symbols of an expression and of its sources, by name.

    Attributes
    ----------
    has_means : bool
        Whether the source has means or variances, so that results are written with means.
    """

    has_means: bool = False


_CONTEXT: WeakKeyDictionary[Expression, Context] = WeakKeyDictionary()


def remember(expression: Expression, symbols: Mapping[str, Expression]) -> Expression:
    """Record the symbols of an expression's source, which determine lengths: ``eye(n)`` has no symbols itself."""
    context = Context({**_CONTEXT.get(expression, {}), **symbols})
    context.has_means = has_means(expression) or (isinstance(symbols, Context) and symbols.has_means)
    _CONTEXT[expression] = context
    return expression


def context_of(expression: Expression) -> Context:
    """Return the symbols of an expression and of its recorded source."""
    context = Context({**_CONTEXT.get(expression, {}), **symbols_of(expression)})
    context.has_means = has_means(expression)
    return context


def has_means(expression: Expression) -> bool:
    """Tell whether the source of an expression has means or variances."""
    context = _CONTEXT.get(expression)
    return context is not None and context.has_means


def rebuilt(node: Expression, arguments: Sequence[Expression]) -> Expression:
    """Return the node with other arguments."""
    return Expression.node(node.operation, arguments, node.parameters)


def write_by(writer: Callable[[Expression], str]) -> None:
    """Set the writer for `str`; the package calls this, since writers import expressions and not vice versa."""
    _WRITERS.append(writer)


_WRITERS: list[Callable[[Expression], str]] = []
