"""Expressions as text in the language of `parse`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakKeyDictionary

from fanlight.calculus.expressions import Expression, has_means
from fanlight.calculus.rewritings import MEANS, choice_of, mean_of, variance_of
from fanlight.calculus.shapes import ONE, Dimension, dimension

DIMENSION_COUNTS = {  # number of dimensions as last arguments
    "kron_left": 2, "kron_right": 2, "reshape": 2, "scatter_rows": 1, "scatter_bag": 1, "onehot": 1, "onehot_rows": 1,
}  # fmt: skip
_INFIX = {
    "add": ("+", 1),
    "subtract": ("-", 1),
    "multiply": ("*", 2),
    "divide": ("/", 2),
    "matmul": ("@", 2),
    "power": ("**", 4),
}
_NEGATIVE, _ATOM = 3, 5  # precedence, on the scale of `_INFIX`
_FILLED = ("eye", "ones", "zeros")


def write(expression: Expression) -> str:
    """Return an expression as text that `parse` converts to an equal expression."""
    with means_of(expression):
        return _write(expression)[0]


@contextmanager
def means_of(expression: Expression) -> Iterator[None]:
    """Return a context in which sums over numbers of entries are written as means if the source has means."""
    token = SHOWS_MEANS.set(SHOWS_MEANS.get() or has_means(expression))
    try:
        yield
    finally:
        SHOWS_MEANS.reset(token)


SHOWS_MEANS: ContextVar[bool] = ContextVar("SHOWS_MEANS", default=False)


_TEXTS: dict[bool, WeakKeyDictionary[Expression, tuple[str, int]]] = {
    shows_means: WeakKeyDictionary() for shows_means in (False, True)
}


def _write(node: Expression) -> tuple[str, int]:
    """Return the text and its precedence, cached because the search for the shortest form has many shared parts."""
    texts = _TEXTS[SHOWS_MEANS.get()]
    text = texts.get(node)
    if text is None:
        text = texts[node] = _write_node(node)
    return text


def _write_node(node: Expression) -> tuple[str, int]:
    name, arguments, parameters = node.operation.name, node.arguments, node.parameters
    if name == "symbol":
        return str(parameters[0]), _ATOM
    if name == "constant":
        value = parameters[0]
        if value == math.pi:
            return "pi", _ATOM
        return (repr(value), _ATOM) if value >= 0 else (f"-{-value!r}", _NEGATIVE)
    if name == "length":
        return str(parameters[0]), _ATOM if str(parameters[0]).isidentifier() else 1
    if SHOWS_MEANS.get() and (shown := statistic(node)) is not None:
        return f"{shown[0]}({write(shown[1])})", _ATOM
    if name == "add" and (choice := choice_of(node)) is not None:
        greater, smaller, *values = map(write, choice)
        sides = f"{smaller} < {greater}" if len(smaller) > len(greater) else f"{greater} > {smaller}"
        return f"where({sides}, {', '.join(values)})", _ATOM
    if name == "matmul" and (places := _places(node)) is not None:
        return places, _ATOM
    if name in _INFIX:
        sign, level = _INFIX[name]
        # Python's power is right-associative and precedes a sign on its left; other operators are left-associative
        mixed = _needs_parentheses(name, arguments)
        left = _wrap(arguments[0], level + (name == "power" or mixed))
        right = _wrap(arguments[1], _NEGATIVE if name == "power" else level + 1)
        right = f"({right})" if right[0] == "-" and name != "power" else right  # A @ (-B)
        return (f"{left}**{right}" if name == "power" else f"{left} {sign} {right}"), level
    if name == "negative":
        return f"-{_wrap(arguments[0], _NEGATIVE)}", _NEGATIVE
    if name == "transpose":
        return f"{_wrap(arguments[0], _ATOM)}.T", _ATOM
    if name == "slice":
        base = arguments[0].shape
        r0, r1, c0, c1 = parameters
        rows_, columns = _bounds(r0, r1, base[0]), _bounds(c0, c1, base[1])
        places = f"{rows_}, {columns}" if base[1] != ONE else rows_
        return f"{_wrap(arguments[0], _ATOM)}[{places}]", _ATOM
    if name in _FILLED:
        return f"{name}({', '.join(map(str, parameters))})", _ATOM
    if name == "reshape" and arguments[0].operation.name == "transpose" and node.shape[1:] == (ONE,):
        return f"vec({write(arguments[0].arguments[0])})", _ATOM
    name = {"maximum": "max", "minimum": "min"}.get(name, name)
    written = [write(a) for a in arguments] + ([str(p) for p in parameters] if name in DIMENSION_COUNTS else [])
    return f"{name}({', '.join(written)})", _ATOM


def _needs_parentheses(name: str, arguments: Sequence[Expression]) -> bool:
    """Tell whether the left operand needs parentheses: matrix and elementwise products, unless one has a scalar."""
    left = arguments[0]
    if {name, left.operation.name} not in ({"matmul", "multiply"}, {"matmul", "divide"}):
        return False
    return bool(left.arguments[0].shape and left.arguments[1].shape) if name == "matmul" else bool(arguments[1].shape)


def _wrap(node: Expression, level: int) -> str:
    text, binds = _write(node)
    return text if binds >= level else f"({text})"


def statistic(node: Expression) -> tuple[str, Expression] | None:
    """Return ("mean", x), ("var", x), ("std", x) or row or column means for the sum that `parse` gives, else None."""
    if node.operation.name == "sqrt":
        inner = statistic(node.arguments[0])
        return ("std", inner[1]) if inner and inner[0] == "var" else None
    total = node.arguments[0] if node.operation.name == "divide" else node
    if total.operation.name not in MEANS or total is node:
        return None
    (x,) = total.arguments
    if total.operation.name != "sum":
        name, mean = MEANS[total.operation.name]
        return (name, x) if x.shape and node is mean(x) else None
    if x.operation.name == "power" and x.arguments[0].operation.name == "subtract":
        (entries, _) = x.arguments[0].arguments
        if entries.shape and node is variance_of(entries):
            return "var", entries
    return ("mean", x) if x.shape and node is mean_of(x) else None


def _places(product: Expression) -> str | None:
    """Return a product with one-hot columns in brackets: ``x[i]``, ``X[i, :]``, ``X[i, j]``; None for others."""
    left, right = product.arguments
    column = _number_of(right)
    if column is not None and left.operation.name == "transpose" and not product.shape:
        left = left.arguments[0]  # x.T @ onehot(i, n)
        return f"{_wrap(left, _ATOM)}[{column}]" if left.shape[1:] == (ONE,) else None
    base = left if column is not None else product
    row = None
    if base.operation.name == "matmul" and base.arguments[0].operation.name == "transpose":
        row = _number_of(base.arguments[0].arguments[0])
        base = base.arguments[1] if row is not None else base
    if row is None and column is None:
        return None
    if row is not None and base.shape[1] == ONE:
        return f"{_wrap(base, _ATOM)}[{row}]"
    if row is None and base.shape[0] == ONE:
        row = "0"
    return f"{_wrap(base, _ATOM)}[{row or ':'}, {column or ':'}]"


def _number_of(e: Expression) -> str | None:
    return write(e.arguments[0]) if e.operation.name == "onehot" else None


def _bounds(lower: Dimension, upper: Dimension, length: Dimension) -> str:
    start = "" if lower == dimension(0) else str(lower)
    return f"{start}:{'' if upper == length else upper}"
