"""The language of expressions: read from a string without running it, and written back.

References
----------
Operators and functions are Python's and NumPy's: ``+ - * / ** @ .T``, ``W[:, d:2*d]``, ``softmax(U @ h + c)``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fanlight.calculus.expressions import Expression, constant, eye, ones, remember, symbol, zeros
from fanlight.calculus.operations import TABLE, apply
from fanlight.calculus.operations import generic as generic_entry
from fanlight.calculus.shapes import Dimension, dimension
from fanlight.errors import CalculusError

_OPERATORS = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.MatMult: "matmul",
}
_FILLED: dict[str, Callable[..., Expression]] = {"eye": eye, "ones": ones, "zeros": zeros}
_WRITTEN_OTHERWISE = {*_OPERATORS.values(), "negative", "transpose", "slice", "symbol", "constant", *_FILLED}

_INFIX = {
    "add": ("+", 1),
    "subtract": ("-", 1),
    "multiply": ("*", 2),
    "divide": ("/", 2),
    "matmul": ("@", 2),
    "power": ("**", 4),
}
_NEGATIVE, _ATOM = 3, 5


def parse(
    text: str,
    shapes: Mapping[str, Sequence[int | str]] | None = None,
    assume: Mapping[str, str] | None = None,
    generic: Sequence[str] = (),
) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str
        Such as ``"u.T @ tanh(W @ x + b)"``.
    shapes : mapping
        Each symbol's shape: ``{"W": ("m", "n"), "t": ()}``.
    assume : mapping, optional
        Facts about symbols, from `ASSUMPTIONS`.
    generic : sequence of str
        Names of elementwise functions of which nothing more is known, such as ``f``; the derivative is written ``f'``.

    Raises
    ------
    CalculusError
        The text is not an expression, names something unknown, or shapes do not fit; a caret shows the place.

    Examples
    --------
    >>> str(parse("u.T @ tanh(W @ x + b)", {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)}))
    'u.T @ tanh(W @ x + b)'
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise _at(text.strip(), (error.offset or 1) - 1, f"this is not an expression: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise CalculusError("this is not an expression: it cannot be read") from None
    reader = _Reader(text.strip(), shapes or {}, assume or {}, generic)
    try:
        result: Expression | Dimension = reader.read(tree.body)
    except RecursionError:
        raise CalculusError("the expression is nested too deeply") from None
    if isinstance(result, Dimension):
        raise CalculusError(f"{text!r} is a dimension, not an expression")
    return remember(result, reader.symbols)


def write(expression: Expression) -> str:
    """Write an expression so that `parse` reads the same again."""
    return _write(expression)[0]


class _Reader:
    def __init__(
        self, text: str, shapes: Mapping[str, Sequence[int | str]], assume: Mapping[str, str], generic: Sequence[str]
    ) -> None:
        self.text = text
        self.generic = generic
        self.symbols = {name: symbol(name, shape, assume.get(name)) for name, shape in shapes.items()}
        lengths = {letter for s in self.symbols.values() for d in s.shape for letter in d.letters}
        self.dimensions = {letter: dimension(letter) for letter in lengths - set(self.symbols)}

    def read(self, tree: ast.expr) -> Any:
        try:
            return self._read(tree)
        except CalculusError as error:
            if "\n" in str(error):  # the innermost place is shown already
                raise
            raise _at(self.text, tree.col_offset, str(error)) from None

    def _read(self, tree: ast.expr) -> Any:
        match tree:
            case ast.Constant(value=bool()) | ast.Constant(value=str()):
                raise CalculusError("only numbers can be written out")
            case ast.Constant(value=int() | float() as value):
                return constant(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._expression(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._expression(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return apply(_OPERATORS[type(op)], self._expression(left), self._expression(right))
            case ast.Attribute(value=value, attr="T"):
                return self._expression(value).T
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
            case ast.Subscript(value=value, slice=ast.Tuple(elts=[ast.Slice() as r, ast.Slice() as c])):
                return self._expression(value)[self._bounds(r), self._bounds(c)]
        raise CalculusError("this is not part of the language of expressions")

    def _expression(self, tree: ast.expr) -> Expression:
        result = self.read(tree)
        if isinstance(result, Dimension):
            raise CalculusError(f"the dimension {result} as a number is not supported here")
        made: Expression = result
        return made

    def _name(self, name: str) -> Any:
        if name in self.symbols:
            return self.symbols[name]
        if name in self.dimensions:
            return Expression.node(TABLE["length"], (), (self.dimensions[name],))
        known = ", ".join(sorted([*self.symbols, *self.dimensions])) or "none"
        raise CalculusError(f"unknown name {name!r}: give its shape (known: {known})")

    def _call(self, name: str, arguments: list[ast.expr]) -> Expression:
        if name in _FILLED:
            return _FILLED[name](*(self._dimension(a) for a in arguments))
        if name in self.generic and len(arguments) == 1:
            return Expression.node(generic_entry(name), [self._expression(arguments[0])])
        if name not in TABLE or name in _WRITTEN_OTHERWISE:
            raise CalculusError(f"unknown function {name!r}")
        try:
            made: Expression = apply(name, *(self._expression(a) for a in arguments))
        except TypeError:
            raise CalculusError(f"{name}: wrong number of arguments ({len(arguments)})") from None
        return made

    def _bounds(self, part: ast.Slice) -> slice:
        if part.step is not None:
            raise CalculusError("a part has no step")
        return slice(*(None if b is None else self._dimension(b) for b in (part.lower, part.upper)))

    def _dimension(self, tree: ast.expr) -> Dimension:
        match tree:
            case ast.Constant(value=int() as value):
                return dimension(value)
            case ast.Name(id=name):
                return dimension(name)
            case ast.BinOp(left=ast.Constant(value=int() as n), op=ast.Mult(), right=right):
                return self._dimension(right) * n
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._dimension(left) + self._dimension(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return self._dimension(left) - self._dimension(right)
        raise CalculusError("a dimension is a number, a letter, or sums and multiples of them")


def _at(text: str, offset: int, message: str) -> CalculusError:
    """Show the place; `offset` counts UTF-8 bytes, as `ast` does."""
    column = len(text.encode()[:offset].decode(errors="ignore"))
    return CalculusError(f"{message}\n  {text}\n  {' ' * column}^")


def _write(node: Expression) -> tuple[str, int]:
    """Return the text and how tightly it binds."""
    name, arguments, parameters = node.operation.name, node.arguments, node.parameters
    if name == "symbol":
        return str(parameters[0]), _ATOM
    if name == "constant":
        value = parameters[0]
        return (repr(value), _ATOM) if value >= 0 else (f"-{-value!r}", _NEGATIVE)
    if name == "length":
        return str(parameters[0]), _ATOM if str(parameters[0]).isidentifier() else 1
    if name in _INFIX:
        sign, level = _INFIX[name]
        # Python's power binds to the right and before a sign on its left; all else to the left
        mixed = _needs_parentheses(name, arguments)
        left = _wrapped(arguments[0], level + (name == "power" or mixed))
        right = _wrapped(arguments[1], _NEGATIVE if name == "power" else level + 1)
        return (f"{left}**{right}" if name == "power" else f"{left} {sign} {right}"), level
    if name == "negative":
        return f"-{_wrapped(arguments[0], _NEGATIVE)}", _NEGATIVE
    if name == "transpose":
        return f"{_wrapped(arguments[0], _ATOM)}.T", _ATOM
    if name == "slice":
        whole = arguments[0].shape
        r0, r1, c0, c1 = parameters
        rows_, columns = _bounds(r0, r1, whole[0]), _bounds(c0, c1, whole[1])
        return f"{_wrapped(arguments[0], _ATOM)}[{rows_}, {columns}]", _ATOM
    if name in _FILLED:
        return f"{name}({', '.join(map(str, parameters))})", _ATOM
    return f"{name}({', '.join(write(a) for a in arguments)})", _ATOM


def _needs_parentheses(name: str, arguments: Sequence[Expression]) -> bool:
    """Tell whether the left side stands in parentheses: products of both kinds, unless one of them is by a scalar."""
    left = arguments[0]
    if {name, left.operation.name} not in ({"matmul", "multiply"}, {"matmul", "divide"}):
        return False
    return bool(left.arguments[0].shape and left.arguments[1].shape) if name == "matmul" else bool(arguments[1].shape)


def _wrapped(node: Expression, level: int) -> str:
    text, binds = _write(node)
    return text if binds >= level else f"({text})"


def _bounds(first: Dimension, last: Dimension, length: Dimension) -> str:
    start = "" if first == dimension(0) else str(first)
    return f"{start}:{'' if last == length else last}"
