"""The parser of the language of expressions, which does not execute the text.

Operators and functions are those of Python and NumPy: ``+ - * / ** @ .T``, ``W[:, d:2*d]``, ``softmax(U @ h + c)``.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fanlight.calculus.backpropagation import gradient
from fanlight.calculus.batch import substitute, sum_over
from fanlight.calculus.expressions import Context, Expression, constant, eye, ones, remember, symbol, zeros
from fanlight.calculus.operations import TABLE, apply
from fanlight.calculus.operations import generic as generic_entry
from fanlight.calculus.rewritings import ALIASES, BY_AXIS, REFUSALS, REWRITINGS
from fanlight.calculus.shapes import ONE, Dimension, dimension, show
from fanlight.calculus.syntax import METHODS, PRIME, error_at, hint, syntax_tree
from fanlight.calculus.text_writer import DIMENSION_COUNTS
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
_WRITTEN_OTHERWISE = {
    *_OPERATORS.values(), "negative", "transpose", "slice", "symbol", "constant", "length", "reshape", "scatter_rows",
    "scatter_bag", "kron_left", "kron_right", "onehot", "onehot_rows", "relu'", *_FILLED,
}  # fmt: skip


def parse(
    text: str,
    shapes: Mapping[str, Sequence[int | str]] | None = None,
    assume: Mapping[str, str] | None = None,
    generic: Sequence[str] = (),
    definitions: Mapping[str, Expression] | None = None,
) -> Expression:
    """Parse an expression.

    Parameters
    ----------
    text : str
        An expression such as ``"u.T @ tanh(W @ x + b)"``.
    shapes : mapping
        The shape of each symbol: ``{"W": ("m", "n"), "t": ()}``.
    assume : mapping, optional
        Assumptions about symbols, from `ASSUMPTIONS`.
    generic : sequence of str
        Names of unspecified elementwise functions, such as ``f``, whose derivative is written ``f'``.
    definitions : mapping, optional
        Expressions by name, such as a piece ``z`` or an error signal ``delta``.

    Raises
    ------
    CalculusError
        The text is not an expression, has an unknown name, or shapes that do not fit; a caret marks the place.

    Examples
    --------
    >>> str(parse("u.T @ tanh(W @ x + b)", {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)}))
    'u.T @ tanh(W @ x + b)'
    """
    text = text.strip()
    tree = syntax_tree(text)
    reader = _Reader(text, shapes or {}, assume or {}, generic, definitions or {})
    try:
        result: Expression | Dimension = reader.read(tree)
    except RecursionError:
        raise CalculusError("the expression is nested too deeply") from None
    if isinstance(result, Dimension):
        raise CalculusError(f"{text!r} is a dimension, not an expression")
    return remember(result, reader.symbols)


class _Reader:
    def __init__(
        self,
        text: str,
        shapes: Mapping[str, Sequence[int | str]],
        assume: Mapping[str, str],
        generic: Sequence[str],
        definitions: Mapping[str, Expression],
    ) -> None:
        self.text = text
        self.generic = generic
        self.symbols = Context({name: symbol(name, shape, assume.get(name)) for name, shape in shapes.items()})
        self.bound: dict[str, Expression] = {}  # one-hot columns of the indices of sums
        self.definitions = {name: e for name, e in definitions.items() if name not in self.symbols}
        lengths = {letter for s in self.symbols.values() for d in s.shape for letter in d.letters}
        self.dimensions = {letter: dimension(letter) for letter in lengths - set(self.symbols)}
        unused = sorted(set(assume) - set(self.symbols))
        if unused:
            raise CalculusError(f"an assumption is about {unused[0]!r}, which is no symbol here: {self._names()}")

    def read(self, tree: ast.expr) -> Any:
        try:
            return self._read(tree)
        except CalculusError as error:
            if "\n" in str(error):  # an inner call has marked the place
                raise
            raise error_at(self.text, tree.col_offset, str(error)) from None

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
                return self._binary(_OPERATORS[type(op)], self._expression(left), self._expression(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(self._expression(left), op, self._expression(right))
            case ast.Attribute(value=value, attr="T"):
                return self._expression(value).T
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
                return self._call(name, arguments, keywords)
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments, keywords=keywords) if (
                name in METHODS
            ):
                return self._call(name, [value, *arguments], keywords)
            case ast.Subscript(value=value, slice=ast.Tuple(elts=places)):
                return self._part(self._expression(value), places)
            case ast.Subscript(value=value, slice=place):
                return self._part(self._expression(value), [place])
        advice = None if isinstance(tree, ast.ListComp) else hint(ast.unparse(tree)) or hint(self.text)
        raise CalculusError(advice or "this is not part of the language of expressions")

    def _binary(self, name: str, left: Expression, right: Expression) -> Expression:
        if name == "power" and left.operation.name == right.operation.name == "constant":
            base, exponent = left.parameters[0], right.parameters[0]
            try:
                if not abs(float(base) ** float(exponent)) < 1e300:
                    raise OverflowError
            except (OverflowError, ZeroDivisionError, TypeError):
                raise CalculusError(
                    f"{base}**{exponent} is too large a number, or none: numbers are below 1e300"
                ) from None
        if name == "divide" and right.operation.name == "constant" and not right.parameters[0]:
            raise CalculusError("division by zero")
        result: Expression = apply(name, left, right)
        return result

    def _comparison(self, left: Expression, op: ast.cmpop, right: Expression) -> Expression:
        """Return the 0-1 indicator of a comparison."""

        def greater(a: Expression, b: Expression) -> Expression:
            return Expression.node(TABLE["step"], (a if b.parameters == (0,) else a - b,))

        match op:
            case ast.Gt():
                return greater(left, right)
            case ast.Lt():
                return greater(right, left)
            case ast.GtE():
                return 1 - greater(right, left)
            case ast.LtE():
                return 1 - greater(left, right)
        raise CalculusError("of comparisons there are <, <=, > and >=: they are 1 where they hold and 0 elsewhere")

    def _expression(self, tree: ast.expr) -> Expression:
        result = self.read(tree)
        if isinstance(result, Dimension):
            raise CalculusError(f"the dimension {result} as a number is not supported here")
        expression: Expression = result
        return expression

    def _name(self, name: str) -> Any:
        if name in self.symbols:
            return self.symbols[name]
        if name in self.definitions:
            return self.definitions[name]
        if name in self.dimensions:
            return Expression.node(TABLE["length"], (), (self.dimensions[name],))
        if ALIASES.get(name, name) == "pi":
            return constant(3.141592653589793)
        advice = hint(name) or (hint(self.text) if name.endswith("T") and "ᵀ" in self.text else None)
        raise CalculusError(f"unknown name {name!r}: {advice or self._suggestion(name)}")

    def _names(self) -> str:
        return "known are " + (", ".join(sorted([*self.symbols, *self.definitions, *self.dimensions])) or "none")

    def _suggestion(self, name: str) -> str:
        names = [*self.symbols, *self.definitions, *self.dimensions]
        near = difflib.get_close_matches(name, names, 1, 0.5) or [n for n in names if n.lower() == name.lower()]
        return f"{f'did you mean {near[0]}? ' if near else 'give its shape; '}{self._names()}"

    def _call(self, name: str, arguments: list[ast.expr], keywords: list[ast.keyword] | None = None) -> Expression:
        name = ALIASES.get(name, name)
        match arguments:
            case [ast.GeneratorExp(elt=body, generators=loops)] if name == "sum":
                return self._index_sum(body, loops)
        if keywords:
            return self._along_axis(name, arguments, keywords)
        if name in self.generic and len(arguments) == 1:
            return Expression.node(generic_entry(name), [self._expression(arguments[0])])
        if name.endswith(PRIME):
            return self._derivative(name, arguments)
        if name in _FILLED:
            return self._with_dimensions(name, arguments, _FILLED[name])
        if name in DIMENSION_COUNTS:
            count = DIMENSION_COUNTS[name]
            if name.startswith("onehot"):
                self._note_index(arguments[0])
            return self._with_dimensions(name, arguments, self._parametric(name, len(arguments) - count), count)
        if name in REWRITINGS:
            return self._rewriting(name, arguments)
        if name in REFUSALS:
            raise CalculusError(f"{name} is not in the language: {REFUSALS[name]}")
        if name not in TABLE or name in _WRITTEN_OTHERWISE:
            raise CalculusError(f"unknown function {name!r}: {_functions_like(name)}")
        try:
            result: Expression = apply(name, *(self._expression(a) for a in arguments))
        except TypeError:
            raise CalculusError(f"{name}: wrong number of arguments ({len(arguments)})") from None
        return result

    def _rewriting(self, name: str, arguments: list[ast.expr]) -> Expression:
        self.symbols.has_means |= name in ("mean", "var", "std", "row_means", "column_means")
        match arguments:
            case [entries, ast.Constant(value="fro")] if name == "norm":
                arguments = [entries]
        rewriting = REWRITINGS[name]
        fewest, most = rewriting.arguments
        if not fewest <= len(arguments) <= most:
            raise CalculusError(f"{name}: wrong number of arguments ({len(arguments)}): write {rewriting.example}")
        return rewriting.build(*(self._expression(a) for a in arguments))

    def _with_dimensions(
        self, name: str, arguments: list[ast.expr], build: Callable[..., Expression], count: int | None = None
    ) -> Expression:
        """Build a node whose last `count` arguments (by default all) are dimensions."""
        split = 0 if count is None else max(0, len(arguments) - count)
        parts = [self._expression(a) for a in arguments[:split]]
        try:
            return build(*parts, *(self._dimension(a) for a in arguments[split:]))
        except TypeError:
            raise CalculusError(f"{name}: wrong number of arguments ({len(arguments)})") from None

    def _parametric(self, name: str, count: int) -> Callable[..., Expression]:
        return lambda *parts: Expression.node(TABLE[name], parts[:count], parts[count:])

    def _along_axis(self, name: str, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Expression:
        """Parse a call with NumPy's ``axis=1`` (along each row) or ``axis=0`` (along each column)."""
        axis = 1
        for keyword in keywords:
            match keyword:
                case ast.keyword(arg="axis" | "dim", value=ast.Constant(value=int() as number)) if number in (0, 1):
                    axis = number
                case ast.keyword(arg="axis" | "dim", value=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
                    axis = 1
                case ast.keyword(arg="keepdims" | "keepdim", value=ast.Constant(value=True)):
                    pass
                case _:
                    raise CalculusError(f"{name}: only axis=0 and axis=1 can be written by name")
        if name not in BY_AXIS or len(arguments) != 1:
            raise CalculusError(f"{name}: only {', '.join(BY_AXIS)} have an axis")
        by_rows, by_columns = BY_AXIS[name]
        if axis == 1:
            return self._call(by_rows, arguments)
        if by_columns is not None:
            return self._call(by_columns, arguments)
        turned = self._call(by_rows, [ast.copy_location(ast.Attribute(arguments[0], "T", ast.Load()), arguments[0])])
        return turned.T

    def _derivative(self, name: str, arguments: list[ast.expr]) -> Expression:
        """Return f'(z) for an elementwise function f."""
        stem = name.rstrip(PRIME)
        order, stem = len(name) - len(stem), ALIASES.get(stem, stem)
        if len(arguments) != 1:
            raise CalculusError(f"{stem}': a derivative has one argument")
        z = self._expression(arguments[0])
        if stem in self.generic or (len(stem) == 1 and stem not in TABLE):
            return Expression.node(generic_entry(stem + "'" * order), [z])
        place = Expression.node(TABLE["symbol"], (), ("z", (), None))
        value = REWRITINGS[stem].build(place) if stem in REWRITINGS else None
        if value is None and (stem not in TABLE or TABLE[stem].derivative is None):
            raise CalculusError(f"{stem}' is not in the language: only elementwise functions have a derivative f'(z)")
        slope = value if value is not None else Expression.node(TABLE[stem], (place,))
        for _ in range(order):
            slope = gradient(slope, place)
        return substitute(slope, {"z": z})

    def _part(self, base: Expression, places: list[ast.expr]) -> Expression:
        """Parse ``X[i, j]``, ``X[a:b, :]``, ``X[i]`` or ``x[i]``; a letter that is no dimension is an index."""
        if not base.shape:
            raise CalculusError(f"{base} is a scalar: it has no entries")
        if len(places) == 1:
            everything = ast.Slice()
            places = [everything, *places] if base.shape[0] == ONE else [*places, everything]
        if len(places) != 2:
            raise CalculusError("a matrix has two indices: X[i, j]")
        selectors = [self._selector(place, n) for place, n in zip(places, base.shape, strict=True)]
        slices = [self._bounds(place) if isinstance(place, ast.Slice) else slice(None) for place in places]
        part = base if slices == [slice(None)] * 2 else base[slices[0], slices[1]]
        rows, columns = selectors
        if rows is not None:
            part = apply("rows", part, rows) if len(rows.shape) == 1 else rows.T @ part
        if columns is not None:
            part = apply("rows", part.T, columns).T if len(columns.shape) == 1 else part @ columns
        return part

    def _selector(self, place: ast.expr, length: Dimension) -> Expression | None:
        """Return the one-hot column of an index, or row numbers; None for slices and for length 1."""
        match place:
            case ast.Slice():
                return None
            case ast.Name() if length == ONE:
                return None
            case ast.Name(id=name) if name in self.bound:
                return self.bound[name]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as back)):
                number = length - dimension(back)
            case ast.Name(id=name) if name not in self.dimensions:
                self._note_index(place)
                index = self.symbols[name]
                if len(index.shape) != 1:
                    raise CalculusError(f"{name} is {show(index.shape)}: an index is a letter of its own")
                return index if index.shape != (ONE,) else Expression.node(TABLE["onehot"], (index,), (length,))
            case _:
                number = self._dimension(place)
        if not length.letters and not number.letters and not 0 <= number.constant < length.constant:
            raise CalculusError(f"there is no entry {number} of {length}: entries are numbered from 0")
        shown = Expression.node(TABLE["length"], (), (number,)) if number.letters else constant(number.constant)
        return None if length == ONE else Expression.node(TABLE["onehot"], (shown,), (length,))

    def _note_index(self, tree: ast.expr) -> None:
        """Add a new name as the symbol of an index."""
        match tree:
            case ast.Name(id=name) if name not in self.symbols and name not in self.dimensions:
                self.symbols[name] = symbol(name, (1,))

    def _index_sum(self, body: ast.expr, loops: list[ast.comprehension]) -> Expression:
        """Parse ``sum(x[i] * y[i] for i in range(n))``, vectorised over i."""
        match loops[0]:
            case ast.comprehension(
                target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=[tree]), ifs=[]
            ):
                length = self._dimension(tree)
            case _:
                raise CalculusError("a sum over an index is written sum(x[i] for i in range(n))")
        before = dict(self.bound)
        self.bound[name] = symbol(f"onehot_{name}", (length, ONE))
        inner = self._index_sum(body, loops[1:]) if loops[1:] else self._expression(body)
        chosen = self.bound[name]
        self.bound = before
        return sum_over(inner, chosen)

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
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self._dimension(left) * self._dimension(right)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._dimension(left) + self._dimension(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return self._dimension(left) - self._dimension(right)
        raise CalculusError("a dimension is a number, a letter, or sums and multiples of them")


def functions() -> list[str]:
    """Return the sorted names of all functions of the language."""
    table = {name for name in TABLE if name not in _WRITTEN_OTHERWISE and not name.startswith("test_")}
    return sorted({*table, *REWRITINGS, *_FILLED, "reshape"})


def _functions_like(name: str) -> str:
    near = difflib.get_close_matches(name, [*functions(), *ALIASES], 1, 0.5)
    start = (
        f"did you mean {near[0]}? "
        if near and len(name) > 1
        else "a function of one letter, such as f, stays symbolic; "
    )
    return f"{start}known are {', '.join(functions())}"
