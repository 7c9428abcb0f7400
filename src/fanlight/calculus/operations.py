"""The table: everything the calculus knows about an operation stands in its one entry.

An entry holds the value (NumPy), the shape rule, the pullback (upstream gradient in, gradients of the arguments out),
for elementwise functions the derivative, from which pullback and local Jacobian diag(f'(z)) follow, and how it is
written. A pullback is written with its arguments' operators and with the functions of `F`, so one rule has two
readings: on expressions it derives, on arrays it computes.

Other rooms add entries with `register`. A missing rule raises and names the operation; zero is never assumed.

References
----------
Lecture L14, L15, L19; Petersen & Pedersen, The Matrix Cookbook; Magnus & Neudecker 1999.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fanlight.calculus.shapes import ONE, Dimension, Shape, broadcast, shape_of, show
from fanlight.errors import CalculusError

Value = Any  # an array, or an expression: rules are written for both
Rule = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Operation:
    """One entry of the table.

    Attributes
    ----------
    name : str
        How it is written, for functions.
    value : callable
        ``value(*arrays, *parameters)``: the result as an array; a 1x1 result of scalar shape is made 0-d by the caller.
    shape : callable
        ``shape(*shapes, *parameters)``: the result's shape; raises CalculusError.
    pullback : callable or None
        ``pullback(upstream, output, *arguments, *parameters)``: a tuple with the gradient of each argument in the
        argument's shape, None for row numbers. Without one the operation cannot be differentiated.
    derivative : callable or None
        For elementwise functions of one argument: ``derivative(argument, output)``.
    scalar : str or None
        For elementwise operations: the value of one entry in Python, with ``{0}``, ``{1}`` for the arguments'.
    together, part : callable or None, int
        Operations of the same arguments that ``together(*arrays)`` computes at once, as a tuple; this one's place.
    kinks : callable or None
        Where the derivative jumps: ``kinks(argument)``, zero at a kink.
    """

    name: str
    value: Rule
    shape: Rule
    pullback: Rule | None = None
    derivative: Rule | None = None
    scalar: str | None = None
    together: Rule | None = None
    part: int = 0
    kinks: Rule | None = None


TABLE: dict[str, Operation] = {}


def register(operation: Operation) -> Operation:
    """Add an entry; a name cannot be taken twice.

    Raises
    ------
    CalculusError
        The name is taken.
    """
    if operation.name in TABLE:
        raise CalculusError(f"the operation {operation.name!r} exists already: choose another name")
    TABLE[operation.name] = operation
    return operation


def apply(name: str, *arguments: Value, parameters: tuple[Any, ...] = ()) -> Value:
    """Apply an operation: to expressions it gives an expression, to arrays an array."""
    operation = TABLE[name]
    for argument in arguments:
        if hasattr(argument, "node"):
            return argument.node(operation, arguments, parameters)
    return operation.value(*arguments, *parameters)


class _Functions:
    """Every operation as a function; dimensions of `ones` and `eye` are parameters."""

    def __getattr__(self, name: str) -> Rule:
        if name not in TABLE:
            raise AttributeError(name)
        return lambda *arguments: apply(name, *arguments)


F: Any = _Functions()


def reduced(gradient: Value, argument: Value) -> Value:
    """Sum a gradient over the dimensions along which the argument was broadcast (the adjoint of repetition)."""
    have, want = gradient.shape, argument.shape
    if have == want:
        return gradient
    if want == ():
        return F.sum(gradient)
    one = ONE if isinstance(want[0], Dimension) else 1
    if want[0] == one and have[0] != one:
        gradient = F.column_sums(gradient)
    if want[1] == one and have[1] != one:
        gradient = F.row_sums(gradient)
    return gradient


# ------------------------------------------------------------------------------------------------ shape rules


def _same(shape: Shape) -> Shape:
    if len(shape) == 1:
        raise CalculusError("row numbers take no arithmetic")
    return shape


def _scalar(shape: Shape) -> Shape:
    _same(shape)
    return ()


def _square(name: str) -> Callable[[Shape], Shape]:
    def rule(shape: Shape) -> Shape:
        if shape and (len(shape) != 2 or shape[0] != shape[1]):
            raise CalculusError(f"{name}: {show(shape)} is not square")
        return shape

    return rule


def _to_scalar(rule: Callable[[Shape], Shape]) -> Callable[[Shape], Shape]:
    def shape(argument: Shape) -> Shape:
        rule(argument)
        return ()

    return shape


def _product(a: Shape, b: Shape) -> Shape:
    if a == () or b == ():
        return a or b  # a scalar times a matrix: 1x1 matrices are scalars
    if len(a) != 2 or len(b) != 2 or a[1] != b[0]:
        columns, rows_ = a[-1], b[0]
        raise CalculusError(f"@: {show(a)} and {show(b)} do not fit: {columns} columns against {rows_} rows")
    return shape_of((a[0], b[1]))


def _broadcast(symbol: str) -> Callable[[Shape, Shape], Shape]:
    return lambda a, b: broadcast(symbol, a, b)


def _column(shape: Shape) -> Shape:
    return shape_of((shape[0], ONE)) if shape else ()


def _row(shape: Shape) -> Shape:
    return shape_of((ONE, shape[1])) if shape else ()


def _turned(shape: Shape) -> Shape:
    return shape_of(shape[::-1])


# ------------------------------------------------------------------------------------------------ arithmetic


def _matmul(a: Value, b: Value) -> Value:
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return a @ b


def _matmul_pullback(up: Value, out: Value, a: Value, b: Value) -> tuple[Value, Value]:
    if not len(a.shape) or not len(b.shape):
        return reduced(up * b, a), reduced(up * a, b)
    if not len(out.shape):
        return up * b.T, up * a.T
    return up @ b.T, a.T @ up


def _power_pullback(up: Value, out: Value, x: Value, p: Value) -> tuple[Value, Value]:
    return reduced(up * (p * x ** (p - 1)), x), reduced(up * (out * F.log(x)), p)


for entry in (
    Operation(
        "add",
        lambda a, b: a + b,
        _broadcast("+"),
        lambda up, out, a, b: (reduced(up, a), reduced(up, b)),
        scalar="({0} + {1})",
    ),
    Operation(
        "subtract",
        lambda a, b: a - b,
        _broadcast("-"),
        lambda up, out, a, b: (reduced(up, a), reduced(-up, b)),
        scalar="({0} - {1})",
    ),
    Operation(
        "multiply",
        lambda a, b: a * b,
        _broadcast("*"),
        lambda up, out, a, b: (reduced(up * b, a), reduced(up * a, b)),
        scalar="({0} * {1})",
    ),
    Operation(
        "divide",
        lambda a, b: a / b,
        _broadcast("/"),
        lambda up, out, a, b: (reduced(up / b, a), reduced(-up * out / b, b)),
        scalar="({0} / {1})",
    ),
    Operation("power", lambda a, b: a**b, _broadcast("**"), _power_pullback, scalar="({0} ** {1})"),
    Operation("negative", lambda a: -a, _same, lambda up, out, a: (-up,), scalar="(-{0})"),
    Operation("matmul", _matmul, _product, _matmul_pullback),
    Operation("transpose", lambda a: a.T, _turned, lambda up, out, a: (up.T,)),
):
    register(entry)


# ------------------------------------------------------------------------------------------------ elementwise functions


def _sigmoid(x: Value) -> Value:
    return np.exp(-np.logaddexp(0, -x))


def _elementwise(name: str, value: Rule, derivative: Rule, scalar: str, kinks: Rule | None = None) -> None:
    register(
        Operation(
            name,
            value,
            _same,
            lambda up, out, x: (up * derivative(x, out),),
            derivative=derivative,
            scalar=scalar,
            kinks=kinks,
        )
    )


_elementwise("tanh", np.tanh, lambda x, y: 1 - y**2, "np.tanh({0})")
_elementwise("sigmoid", _sigmoid, lambda x, y: y * (1 - y), "sigmoid({0})")
_elementwise("relu", lambda x: np.maximum(x, 0), lambda x, y: F.step(x), "max({0}, zero)", lambda x: x)
_elementwise(
    "hardtanh",
    lambda x: np.clip(x, -1, 1),
    lambda x, y: F.step(1 - F.abs(x)),
    "min(max({0}, -one), one)",
    lambda x: np.abs(x) - 1,
)
_elementwise(
    "step",
    lambda x: np.where(x > 0, x.dtype.type(1), x.dtype.type(0)),
    lambda x, y: 0 * x,
    "(one if {0} > zero else zero)",
    lambda x: x,
)
_elementwise("softplus", lambda x: np.logaddexp(0, x), lambda x, y: F.sigmoid(x), "softplus({0})")
_elementwise("exp", np.exp, lambda x, y: y, "np.exp({0})")
_elementwise("log", np.log, lambda x, y: 1 / x, "np.log({0})")
_elementwise("sqrt", np.sqrt, lambda x, y: 1 / (2 * y), "np.sqrt({0})")
_elementwise("abs", np.abs, lambda x, y: F.sign(x), "abs({0})", lambda x: x)
_elementwise("sign", np.sign, lambda x, y: 0 * x, "sign({0})", lambda x: x)
_elementwise("sin", np.sin, lambda x, y: F.cos(x), "np.sin({0})")
_elementwise("cos", np.cos, lambda x, y: -F.sin(x), "np.cos({0})")


# ------------------------------------------------------------------------------------------------ sums and norms


def _logsumexp(x: Value, axis: int | None = None) -> Value:
    top = x.max(axis=axis, keepdims=True)
    total = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return total.reshape(()) if axis is None else total


def _softmax(x: Value, axis: int | None = None) -> Value:
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _softmax_pullback(total: str) -> Rule:
    return lambda up, out, x: (out * (up - getattr(F, total)(out * up)),)


def _ones(x: Value) -> Value:
    if hasattr(x, "node"):
        return x.node(TABLE["ones"], (), tuple(x.shape)) if x.shape else 1
    return np.ones_like(x)


for entry in (
    Operation("sum", np.sum, _scalar, lambda up, out, x: (up * _ones(x),)),
    Operation("row_sums", lambda x: x.sum(1, keepdims=True), _column, lambda up, out, x: (up * _ones(x),)),
    Operation("column_sums", lambda x: x.sum(0, keepdims=True), _row, lambda up, out, x: (up * _ones(x),)),
    Operation("logsumexp", _logsumexp, _scalar, lambda up, out, x: (up * F.softmax(x),)),
    Operation("logsumexp_rows", lambda x: _logsumexp(x, 1), _column, lambda up, out, x: (up * F.softmax_rows(x),)),
    Operation("softmax", _softmax, _same, _softmax_pullback("sum")),
    Operation("softmax_rows", lambda x: _softmax(x, 1), _same, _softmax_pullback("row_sums")),
    Operation(
        "norm",
        lambda x: np.sqrt((x * x).sum()),
        _scalar,
        lambda up, out, x: (up * (x / out),),
        kinks=lambda x: np.abs(x).sum(),
    ),
    Operation("norm1", lambda x: np.abs(x).sum(), _scalar, lambda up, out, x: (up * F.sign(x),), kinks=lambda x: x),
):
    register(entry)


# ------------------------------------------------------------------------------------------------ matrices


def _diag(x: Value) -> Value:
    if x.ndim == 0:
        return x
    return np.diagflat(x) if x.shape[1] == 1 else np.diag(x).reshape(-1, 1)


def _diag_shape(shape: Shape) -> Shape:
    if shape == ():
        return ()
    if len(shape) == 2 and shape[1] == ONE:
        return (shape[0], shape[0])
    return _column(_square("diag")(shape))


def _kron_shape(a: Shape, b: Shape) -> Shape:
    if a == () or b == ():
        return a or b
    sizes = []
    for p, q in zip(a, b, strict=True):
        if p.letters and q.letters:
            raise CalculusError(f"kron: {show(a)} and {show(b)}: a dimension would be a product of letters")
        sizes.append(p * q.constant if not q.letters else q * p.constant)
    return shape_of(sizes)


def _stack_shape(name: str, axis: int) -> Rule:
    def rule(*shapes: Shape) -> Shape:
        full = [shape or (ONE, ONE) for shape in shapes]
        other = full[0][1 - axis]
        for shape in full:
            if len(shape) != 2 or shape[1 - axis] != other:
                raise CalculusError(f"{name}: {show(full[0])} and {show(shape)} do not fit")
        length = sum((shape[axis] for shape in full[1:]), full[0][axis])
        return shape_of((length, other) if axis == 0 else (other, length))

    return rule


def _stack_pullback(axis: int) -> Rule:
    def pullback(up: Value, out: Value, *parts: Value) -> tuple[Value, ...]:
        first: Any = Dimension(()) if hasattr(up, "node") else 0
        gradients = []
        for part in parts:
            size = part.shape[axis] if len(part.shape) else (ONE if hasattr(up, "node") else 1)
            place = (first, first + size)
            gradients.append(part_of(up, rows=place) if axis == 0 else part_of(up, columns=place))
            first = first + size
        return tuple(gradients)

    return pullback


def _slice(x: Value, r0: int, r1: int, c0: int, c1: int) -> Value:
    return x[r0:r1, c0:c1]


def part_of(x: Value, rows: tuple[Any, Any] | None = None, columns: tuple[Any, Any] | None = None) -> Value:
    """Return ``x[r0:r1, c0:c1]``."""
    zero = Dimension(()) if hasattr(x, "node") else 0
    bounds = (*(rows or (zero, x.shape[0])), *(columns or (zero, x.shape[1])))
    return apply("slice", x, parameters=bounds)


def _slice_pullback(up: Value, out: Value, x: Value, r0: Any, r1: Any, c0: Any, c1: Any) -> tuple[Value]:
    def zeros(r: Any, c: Any) -> Value:
        return x.node(TABLE["zeros"], (), (r, c)) if hasattr(x, "node") else np.zeros((r, c), x.dtype)

    def empty(d: Any) -> bool:
        return not (d.letters or d.constant) if isinstance(d, Dimension) else d == 0

    height = r1 - r0
    sides = [zeros(height, n) if not empty(n) else None for n in (c0, x.shape[1] - c1)]
    row = [p for p in (sides[0], up, sides[1]) if p is not None]
    up = row[0] if len(row) == 1 else F.hstack(*row)
    ends = [zeros(n, x.shape[1]) if not empty(n) else None for n in (r0, x.shape[0] - r1)]
    column = [p for p in (ends[0], up, ends[1]) if p is not None]
    return (column[0] if len(column) == 1 else F.vstack(*column),)


def _eye_like(x: Value) -> Value:
    if hasattr(x, "node"):
        return x.node(TABLE["eye"], (), (x.shape[0],)) if x.shape else 1
    return np.eye(len(x), dtype=x.dtype) if x.ndim else 1


def _kron_left(up: Value, b: Value) -> Value:
    p, q = b.shape
    return np.einsum("iajb,ab->ij", up.reshape(up.shape[0] // p, p, up.shape[1] // q, q), b)


def _kron_right(up: Value, a: Value) -> Value:
    m, n = a.shape
    return np.einsum("iajb,ij->ab", up.reshape(m, up.shape[0] // m, n, up.shape[1] // n), a)


def _divided(name: str) -> Rule:
    def rule(a: Shape, b: Shape) -> Shape:
        sizes = []
        for whole, part in zip(a, b, strict=True):
            factor = part.constant if not part.letters else None
            if factor:
                sizes.append(Dimension(tuple((k, n // factor) for k, n in whole.letters), whole.constant // factor))
            else:
                sizes.append(Dimension((), dict(whole.letters)[part.letters[0][0]] // part.letters[0][1]))
        return shape_of(sizes)

    return rule


for entry in (
    Operation("tr", np.trace, _to_scalar(_square("tr")), lambda up, out, x: (up * _eye_like(x),)),
    Operation("det", np.linalg.det, _to_scalar(_square("det")), lambda up, out, x: (up * out * F.inv(x).T,)),
    Operation(
        "logdet",
        lambda x: np.linalg.slogdet(x)[1],
        _to_scalar(_square("logdet")),
        lambda up, out, x: (up * F.inv(x).T,),
    ),
    Operation("inv", np.linalg.inv, _square("inv"), lambda up, out, x: (-(out.T @ up @ out.T),)),
    Operation("diag", _diag, _diag_shape, lambda up, out, x: (F.diag(up),)),
    Operation("kron", np.kron, _kron_shape, lambda up, out, a, b: (F.kron_left(up, b), F.kron_right(up, a))),
    Operation(
        "kron_left", _kron_left, _divided("kron_left"), lambda up, out, g, b: (F.kron(up, b), F.kron_right(g, up))
    ),
    Operation(
        "kron_right", _kron_right, _divided("kron_right"), lambda up, out, g, a: (F.kron(a, up), F.kron_left(g, up))
    ),
    Operation(
        "vstack",
        lambda *a: np.concatenate([np.reshape(x, (1, 1)) if np.ndim(x) == 0 else x for x in a]),
        _stack_shape("vstack", 0),
        _stack_pullback(0),
    ),
    Operation(
        "hstack",
        lambda *a: np.concatenate([np.reshape(x, (1, 1)) if np.ndim(x) == 0 else x for x in a], 1),
        _stack_shape("hstack", 1),
        _stack_pullback(1),
    ),
    Operation("slice", _slice, lambda x, r0, r1, c0, c1: shape_of((r1 - r0, c1 - c0)), _slice_pullback),
    Operation("eye", lambda n: np.eye(n), lambda n: shape_of((n, n)), lambda up, out, n: ()),
    Operation("ones", lambda r, c: np.ones((r, c)), lambda r, c: shape_of((r, c)), lambda up, out, r, c: ()),
    Operation("zeros", lambda r, c: np.zeros((r, c)), lambda r, c: shape_of((r, c)), lambda up, out, r, c: ()),
):
    register(entry)


# ------------------------------------------------------------------------------------------------ tables of rows


def _rows_shape(table: Shape, index: Shape) -> Shape:
    if len(index) != 1 or len(table) != 2:
        raise CalculusError(f"rows: needs a matrix and row numbers, not {show(table)} and {show(index)}")
    return shape_of((index[0], table[1]))


def _scatter_rows(up: Value, index: Value, count: int) -> Value:
    out = np.zeros((count, up.shape[1]), up.dtype)
    np.add.at(out, index, up)
    return out


def _bag_shape(table: Shape, ids: Shape, offsets: Shape) -> Shape:
    if len(ids) != 1 or len(offsets) != 1 or len(table) != 2:
        raise CalculusError(
            f"bag: needs a matrix and two vectors of numbers, not {show(table)}, {show(ids)}, {show(offsets)}"
        )
    return shape_of((offsets[0] - ONE, table[1]))


def _bag(table: Value, ids: Value, offsets: Value) -> Value:
    sums = np.zeros((len(ids) + 1, table.shape[1]), np.float64)
    np.cumsum(table[ids], axis=0, dtype=np.float64, out=sums[1:])
    return (sums[offsets[1:]] - sums[offsets[:-1]]).astype(table.dtype)


def _scatter_bag(up: Value, ids: Value, offsets: Value, count: int) -> Value:
    return _scatter_rows(up[np.repeat(np.arange(len(up)), np.diff(offsets))], ids, count)


for entry in (
    Operation(
        "rows",
        lambda table, index: table[index],
        _rows_shape,
        lambda up, out, table, index: (apply("scatter_rows", up, index, parameters=(table.shape[0],)), None),
    ),
    Operation(
        "scatter_rows",
        _scatter_rows,
        lambda up, index, count: shape_of((count, up[1])),
        lambda up, out, g, index, count: (F.rows(up, index), None),
    ),
    Operation(
        "bag",
        _bag,
        _bag_shape,
        lambda up, out, table, ids, offsets: (
            apply("scatter_bag", up, ids, offsets, parameters=(table.shape[0],)),
            None,
            None,
        ),
    ),
    Operation(
        "scatter_bag",
        _scatter_bag,
        lambda up, ids, offsets, count: shape_of((count, up[1])),
        lambda up, out, g, ids, offsets, count: (F.bag(up, ids, offsets), None, None),
    ),
):
    register(entry)
