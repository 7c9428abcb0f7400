"""Conversion of expressions to the normal form in index notation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from fanlight.calculus.expressions import Expression, walk
from fanlight.calculus.index_algebra import (
    add,
    collect,
    eye_factor,
    length_factor,
    multiply,
    normal_term,
    number,
    power,
    put_indices,
)
from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, new_index, orient, rename, scale
from fanlight.calculus.index_functions import elementwise, inverse, power_function, reciprocal
from fanlight.calculus.operations import TABLE
from fanlight.calculus.pairs import pair_form
from fanlight.calculus.shapes import ONE, Dimension, Shape
from fanlight.errors import CalculusError

Axes = tuple[Index | None, Index | None]  # the indices of rows and columns; None for length 1


def form_of(expression: Expression) -> Form:
    """Return the normal form of an expression, with axes for rows and columns, but none for length 1.

    Raises
    ------
    CalculusError
        The expression is row numbers, or an operation has no form, such as `bag`.
    """
    done: dict[Expression, Form] = {}
    for node in walk(expression):
        if len(node.shape) != 1:  # row numbers are part of the atoms that select rows
            done[node] = _convert(node, done)
    if expression not in done:
        raise CalculusError(f"{expression} are row numbers: they have no form with indices")
    return done[expression]


def axes_of(expression: Expression, axes: Sequence[Index]) -> Axes:
    """Return the row and the column index of an expression, given its form's axes."""
    remaining = list(axes)
    shape = expression.shape or (ONE, ONE)
    rows = remaining.pop(0) if shape[0] != ONE else None
    columns = remaining.pop(0) if shape[1] != ONE else None
    return rows, columns


def new_axes(expression: Expression) -> tuple[Index, ...]:
    """Return a new index for each dimension of an expression other than 1."""
    return tuple(new_index(length) for length in expression.shape if length != ONE)


class _Arguments:
    """The forms of a node's arguments, with indices of choice."""

    def __init__(self, node: Expression, done: dict[Expression, Form]) -> None:
        self.node, self._done = node, done

    def at(self, place: int, rows: Index | None, columns: Index | None) -> Form:
        """Return the form of an argument with the given row and column indices, ignored for length 1."""
        argument = self.node.arguments[place]
        shape = argument.shape or (ONE, ONE)
        indices = [i for i, length in zip((rows, columns), shape, strict=True) if length != ONE]
        return rename(self._done[argument], [i for i in indices if i is not None])


def _convert(node: Expression, done: dict[Expression, Form]) -> Form:
    name = node.operation.name
    if name in _RULES:
        axes = new_axes(node)
        rows, columns = axes_of(node, axes)
        return _RULES[name](_Arguments(node, done), rows, columns)
    if node.operation.derivative is not None:
        return elementwise(node.operation.name, done[node.arguments[0]])
    return _call(node, done)


def _call(node: Expression, done: dict[Expression, Form]) -> Form:
    """Return a form of one opaque factor."""
    if any(a not in done for a in node.arguments):
        raise CalculusError(f"{node.operation.name} has no form with indices")
    axes = new_axes(node)
    name = node.operation.name
    if name in ("inv", "logdet") and (factors := _square_factors(node.arguments[0])):
        of_factors = [Expression.node(node.operation, (x,)) for x in factors]
        if name == "inv":
            return form_of(Expression.node(TABLE["kron"], of_factors))
        counts = [Form((Term(Fraction(1), (length_factor(x.shape[0]),)),), ()) for x in factors[::-1]]
        return add(*(multiply(n, form_of(e), axes=()) for n, e in zip(counts, of_factors, strict=True)), axes=())
    if name in ("inv", "det") and not node.shape and not node.arguments[0].shape:
        return reciprocal(done[node.arguments[0]]) if name == "inv" else done[node.arguments[0]]
    if name == "inv":
        return inverse(done[node.arguments[0]], (_operation_key(node),))
    if name in ("det", "logdet"):
        atom, _ = orient("call", name, done[node.arguments[0]], (_operation_key(node),))
        return Form.of(Atom("call", name, (), parameters=atom.parameters, arguments=atom.arguments), ())
    arguments = tuple(done[a] for a in node.arguments)
    layout = tuple(tuple(map(str, a.shape)) for a in node.arguments)
    parameters = (node.parameters, layout, (node.shape, *(a.shape for a in node.arguments)))
    atom = Atom("call", name, [a.length for a in axes], parameters=parameters, arguments=arguments)
    return Form.of(atom, axes)


def _square_factors(e: Expression) -> tuple[Expression, ...]:
    """Return the factors of a Kronecker product of square matrices; an empty tuple for other nodes."""
    is_product = e.operation.name == "kron" and all(a.shape and a.shape[0] == a.shape[1] for a in e.arguments)
    return e.arguments if is_product else ()


def _operation_key(node: Expression) -> tuple[Dimension, ...]:
    return tuple(node.arguments[0].shape)


def _sum_over(form: Form, axes: Sequence[Index]) -> Form:
    """Sum over the form's axes that are not among `axes`."""
    summed = [a for a in form.axes if a not in axes]
    return collect([normal_term(t.coefficient, t.factors, axes, summed) for t in form.terms], axes)


def _axes(*indices: Index | None) -> tuple[Index, ...]:
    return tuple(i for i in indices if i is not None)


def _add(sign: int) -> Callable[[_Arguments, Index | None, Index | None], Form]:
    def rule(a: _Arguments, r: Index | None, c: Index | None) -> Form:
        return add(a.at(0, r, c), scale(a.at(1, r, c), sign), axes=_axes(r, c))

    return rule


def _divide(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    below = a.at(1, r, c)
    if not below.terms:
        raise CalculusError("division by zero")
    return multiply(a.at(0, r, c), reciprocal(below), axes=_axes(r, c))


def _power(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    exponent = a.at(1, r, c)
    base = a.at(0, r, c)
    axes = _axes(r, c)
    if not exponent.terms:
        return number(1, axes)
    if len(exponent.terms) == 1 and not exponent.terms[0].factors:
        return Form(power(base, exponent.terms[0].coefficient).terms, axes)
    return power_function(base, exponent, axes)


def _matmul(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    left, right = a.node.arguments
    if not left.shape or not right.shape:
        return multiply(a.at(0, r, c), a.at(1, r, c), axes=_axes(r, c))
    inner = new_index(left.shape[1]) if left.shape[1] != ONE else None
    return multiply(a.at(0, r, inner), a.at(1, inner, c), axes=_axes(r, c))


def _maximum(sign: int) -> Callable[[_Arguments, Index | None, Index | None], Form]:
    """Return the rule for the maximum, ``b + relu(a - b)`` (sign 1), or the minimum, ``b - relu(b - a)`` (-1)."""

    def rule(a: _Arguments, r: Index | None, c: Index | None) -> Form:
        axes = _axes(r, c)
        left, right = (a.at(place, r, c) for place in ((1, 0) if not a.at(0, r, c).terms else (0, 1)))
        above = elementwise("relu", add(scale(left, sign), scale(rename(right, right.axes), -sign), axes=axes))
        return add(right, scale(above, sign), axes=axes)

    return rule


def _argument_form(a: _Arguments, r: Index | None = None, c: Index | None = None) -> Form:
    """Return the argument's form, with new indices for those that are None."""
    shape = a.node.arguments[0].shape or (ONE, ONE)
    return a.at(0, r or new_index(shape[0]), c or new_index(shape[1]))


def _trace(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    (argument,) = a.node.arguments
    if not argument.shape:
        return a.at(0, None, None)
    i = new_index(argument.shape[0])
    return put_indices(_argument_form(a), (i, i), ())


def _diag(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    (argument,) = a.node.arguments
    if not argument.shape:
        return a.at(0, None, None)
    if r is not None and c is not None:
        eye = Form((Term(Fraction(1), (eye_factor(r, c),)),), (r, c))
        return multiply(a.at(0, r, None), eye, axes=(r, c))
    return put_indices(_argument_form(a), (r, r), (r,)) if r is not None else a.at(0, None, None)


def _softmax(over_all: bool) -> Callable[[_Arguments, Index | None, Index | None], Form]:
    def rule(a: _Arguments, r: Index | None, c: Index | None) -> Form:
        exponentials = elementwise("exp", a.at(0, r, c))
        total = _sum_of_exponentials(a, None if over_all else r)
        return multiply(exponentials, power(total, Fraction(-1)), axes=_axes(r, c))

    return rule


def _sum_of_exponentials(a: _Arguments, rows: Index | None) -> Form:
    return _sum_over(elementwise("exp", _argument_form(a, rows)), _axes(rows))


def _logsumexp(over_all: bool) -> Callable[[_Arguments, Index | None, Index | None], Form]:
    def rule(a: _Arguments, r: Index | None, c: Index | None) -> Form:
        return Form(elementwise("log", _sum_of_exponentials(a, None if over_all else r)).terms, _axes(r, c))

    return rule


def _kron(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    """Return ``A_ij B_kl``, with the pair (i, k) as row index and (j, l) as column index."""
    left, right = (_named_axes(x.shape) for x in a.node.arguments)
    numbers = [pair_form(flat, major, minor) for flat, major, minor in zip((r, c), left, right, strict=True)]
    return multiply(*numbers, a.at(0, *left), a.at(1, *right), axes=_axes(r, c))


def _kron_adjoint(is_left: bool) -> Callable[[_Arguments, Index | None, Index | None], Form]:
    """Return the rule for ``G_(i,k)(j,l) B_kl`` (left), or ``G_(k,i)(l,j) A_kl`` (right): pullbacks of kron."""

    def rule(a: _Arguments, r: Index | None, c: Index | None) -> Form:
        flat, other = (_named_axes(x.shape) for x in a.node.arguments)
        pairs = [(i, k) if is_left else (k, i) for i, k in zip((r, c), other, strict=True)]
        numbers = [pair_form(index, *pair) for index, pair in zip(flat, pairs, strict=True)]
        return multiply(*numbers, a.at(0, *flat), a.at(1, *other), axes=_axes(r, c))

    return rule


def _reshape(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    inner = _named_axes(a.node.arguments[0].shape)
    flat = new_index(math.prod(a.node.arguments[0].shape, start=ONE))
    return multiply(pair_form(flat, r, c), pair_form(flat, *inner), a.at(0, *inner), axes=_axes(r, c))


def _named_axes(shape: Shape) -> Axes:
    rows, columns = shape or (ONE, ONE)
    return (new_index(rows) if rows != ONE else None, new_index(columns) if columns != ONE else None)


def _constant(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    """Return a number; a simple ratio times a power of pi gets pi as an atom, so that it is kept symbolically."""
    value = Fraction(repr(a.node.parameters[0]))
    if value.denominator > 10**6:
        for exponent in (Fraction(1), Fraction(1, 2), Fraction(-1, 2), Fraction(-1)):
            ratio = float(value) / math.pi**exponent
            simple = Fraction(ratio).limit_denominator(100)
            if simple and abs(ratio / simple - 1) < 1e-15:
                return Form((Term(simple, (Factor(Atom("number", "pi", ()), (), exponent),)),), ())
    return number(value)


def _symbol(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    node = a.node
    return Form.of(Atom("symbol", node.name, [i.length for i in _axes(r, c)], parameters=(node,)), _axes(r, c))


def _onehot(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    axes = _axes(r, c)
    name = a.node.operation.name
    return Form.of(Atom(name, str(a.node.arguments[0]), [i.length for i in axes], parameters=(a.node,)), axes)


def _rows(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    """Return the product of the one-hot rows of the row numbers and the table."""
    table, index = a.node.arguments
    row = new_index(table.shape[0])
    return multiply(_selector(index, _axes(r, row), row), a.at(0, row, c), axes=_axes(r, c))


def _scatter_rows(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    """Return the product of the transposed one-hot rows of the row numbers and the rows."""
    index = a.node.arguments[1]
    row = new_index(index.shape[0]) if index.shape[0] != ONE else None
    if r is None:
        raise CalculusError("rows are added to a table of several rows")
    return multiply(_selector(index, _axes(row, r), r), a.at(0, row, c), axes=_axes(r, c))


def _selector(index: Expression, axes: tuple[Index, ...], row: Index) -> Form:
    """Return the one-hot rows of row numbers; a one-hot vector for a single number."""
    name = "onehot" if index.shape == (ONE,) else "onehot_rows"
    node = Expression.node(TABLE[name], (index,), (row.length,))
    return Form.of(Atom(name, index.name, [i.length for i in axes], parameters=(node,)), axes)


def _slice(a: _Arguments, r: Index | None, c: Index | None) -> Form:
    (argument,) = a.node.arguments
    r0, r1, c0, c1 = a.node.parameters
    shape = argument.shape
    rows, columns = new_index(shape[0]), new_index(shape[1])
    parts = [a.at(0, rows, columns)]
    for big, small, bounds in ((rows, r, (r0, r1)), (columns, c, (c0, c1))):
        if big.length != ONE:
            parts.append(part_form(big, small, bounds[0]))
    return multiply(*parts, axes=_axes(r, c))


def part_form(big: Index, small: Index | None, offset: Dimension) -> Form:
    """Return the form that is one if ``big = offset + small`` (without `small`, if ``big = offset``), else zero."""
    if small is not None and small.length == big.length:
        return Form((Term(Fraction(1), (eye_factor(big, small),)),), (big, small))
    axes = _axes(big, small)
    return Form.of(Atom("part", str(offset), [i.length for i in axes], parameters=(offset,)), axes)


_RULES: dict[str, Callable[[_Arguments, Index | None, Index | None], Form]] = {
    "symbol": _symbol,
    "constant": _constant,
    "length": lambda a, r, c: collect([normal_term(Fraction(1), [length_factor(a.node.parameters[0])], ())], ()),
    "add": _add(1),
    "subtract": _add(-1),
    "multiply": lambda a, r, c: multiply(a.at(0, r, c), a.at(1, r, c), axes=_axes(r, c)),
    "divide": _divide,
    "power": _power,
    "negative": lambda a, r, c: scale(a.at(0, r, c), -1),
    "maximum": _maximum(1),
    "minimum": _maximum(-1),
    "matmul": _matmul,
    "transpose": lambda a, r, c: Form(a.at(0, c, r).terms, _axes(r, c)),
    "sum": lambda a, r, c: _sum_over(_argument_form(a), ()),
    "row_sums": lambda a, r, c: _sum_over(_argument_form(a, r), _axes(r)),
    "column_sums": lambda a, r, c: _sum_over(_argument_form(a, None, c), _axes(c)),
    "tr": _trace,
    "diag": _diag,
    "eye": lambda a, r, c: (
        Form((Term(Fraction(1), (eye_factor(r, c),)),), (r, c)) if r is not None and c is not None else number(1)
    ),
    "ones": lambda a, r, c: number(1, _axes(r, c)),
    "zeros": lambda a, r, c: number(0, _axes(r, c)),
    "softmax": _softmax(True),
    "softmax_rows": _softmax(False),
    "logsumexp": _logsumexp(True),
    "logsumexp_rows": _logsumexp(False),
    "norm": lambda a, r, c: power(_sum_over(power(_argument_form(a), Fraction(2)), ()), Fraction(1, 2)),
    "norm1": lambda a, r, c: _sum_over(elementwise("abs", _argument_form(a)), ()),
    "slice": _slice,
    "onehot": _onehot,
    "onehot_rows": _onehot,
    "kron": _kron,
    "kron_left": _kron_adjoint(True),
    "kron_right": _kron_adjoint(False),
    "reshape": _reshape,
    "rows": _rows,
    "scatter_rows": _scatter_rows,
}
