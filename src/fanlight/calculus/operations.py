"""The operations table: one entry per operation, with all its rules.

An entry has the value (NumPy), the shape rule, the pullback (from the upstream gradient to the gradients by the
arguments), and for elementwise functions the derivative f', which gives the pullback and the Jacobian diag(f'(z)).
Pullbacks are written in operators of their arguments and functions of `F`, so that they take expressions, for symbolic
gradients, and arrays, for values.

Other packages add entries with `register`. A missing rule raises CalculusError; it is never taken as zero.

References
----------
Lecture L14, L15, L19; Petersen & Pedersen, The Matrix Cookbook; Magnus & Neudecker 1999.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fanlight.calculus.shapes import ONE, Dimension, Shape, broadcast, shape_of, show
from fanlight.errors import CalculusError

Value = Any  # an array or an expression
Rule = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Operation:
    """An entry of the operations table.

    Attributes
    ----------
    name : str
        The name, which for functions is the name in the language.
    value : callable
        ``value(*arrays, *parameters)``: the result as an array; the caller reshapes scalar results to 0-d.
    shape : callable
        ``shape(*shapes, *parameters)``: the shape of the result; raises CalculusError if shapes do not fit.
    pullback : callable or None
        ``pullback(upstream, output, *arguments, *parameters)``: the tuple of gradients by the arguments, in the
        arguments' shapes, None for row numbers. Operations without pullback cannot be differentiated.
    derivative : callable or None
        For elementwise functions of one argument: ``derivative(argument, output)``.
    scalar : str or None
        For elementwise operations: the value of an entry as Python source, with ``{0}``, ``{1}`` for the arguments.
    joint, part : callable or None, int
        ``joint(*arrays)`` returns a tuple of the values of several operations; `part` is the place of this one.
    kinks : tuple of float
        Values of an argument's entry without a derivative.
    """

    name: str
    value: Rule
    shape: Rule
    pullback: Rule | None = None
    derivative: Rule | None = None
    scalar: str | None = None
    joint: Rule | None = None
    part: int = 0
    kinks: tuple[float, ...] = ()


TABLE: dict[str, Operation] = {}


def register(operation: Operation) -> Operation:
    """Add an entry to the table.

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
    """Apply an operation to expressions, which returns an expression, or to arrays, which returns an array."""
    operation = TABLE[name]
    for argument in arguments:
        if hasattr(argument, "node"):
            return argument.node(operation, arguments, parameters)
    return operation.value(*arguments, *parameters)


class _Functions:
    """The operations of the table as attributes, functions of expressions or arrays."""

    def __getattr__(self, name: str) -> Rule:
        if name not in TABLE:
            raise AttributeError(name)
        return lambda *arguments: apply(name, *arguments)


F: Any = _Functions()


def reduce_gradient(gradient: Value, argument: Value) -> Value:
    """Sum a gradient over the dimensions along which the argument was broadcast (the adjoint of repetition)."""
    have, want = gradient.shape, argument.shape
    if have == want:
        return gradient
    if want == ():
        return F.sum(gradient)
    unit_length = ONE if isinstance(want[0], Dimension) else 1
    if want[0] == unit_length and have[0] != unit_length:
        gradient = F.column_sums(gradient)
    if want[1] == unit_length and have[1] != unit_length:
        gradient = F.row_sums(gradient)
    return gradient


# ------------------------------------------------------------------------------------------------ shape rules


def _same_shape(shape: Shape) -> Shape:
    if len(shape) == 1:
        raise CalculusError("row numbers take no arithmetic")
    return shape


def _scalar_shape(shape: Shape) -> Shape:
    _same_shape(shape)
    return ()


def _matmul_shape(a: Shape, b: Shape) -> Shape:
    if a == () or b == ():
        return a or b  # a scalar times a matrix: 1x1 matrices are scalars
    if len(a) != 2 or len(b) != 2 or a[1] != b[0]:
        columns, rows_ = a[-1], b[0]
        raise CalculusError(f"@: {show(a)} and {show(b)} do not fit: {columns} columns against {rows_} rows")
    return shape_of((a[0], b[1]))


def _broadcast_shape(symbol: str) -> Callable[[Shape, Shape], Shape]:
    return lambda a, b: broadcast(symbol, a, b)


def column_shape(shape: Shape) -> Shape:
    """Return the shape (rows, 1) for a shape (rows, columns)."""
    return shape_of((shape[0], ONE)) if shape else ()


def _row_shape(shape: Shape) -> Shape:
    return shape_of((ONE, shape[1])) if shape else ()


def _transpose_shape(shape: Shape) -> Shape:
    return shape_of(shape[::-1])


# ------------------------------------------------------------------------------------------------ arithmetic


def _matmul(a: Value, b: Value) -> Value:
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return a @ b


def _matmul_pullback(up: Value, out: Value, a: Value, b: Value) -> tuple[Value, Value]:
    if not len(a.shape) or not len(b.shape):
        return reduce_gradient(up * b, a), reduce_gradient(up * a, b)
    if not len(out.shape):
        return up * b.T, up * a.T
    return up @ b.T, a.T @ up


def _power_pullback(up: Value, out: Value, x: Value, p: Value) -> tuple[Value, Value]:
    return reduce_gradient(up * (p * x ** (p - 1)), x), reduce_gradient(up * (out * F.log(x)), p)


for entry in (
    Operation(
        "add",
        lambda a, b: a + b,
        _broadcast_shape("+"),
        lambda up, out, a, b: (reduce_gradient(up, a), reduce_gradient(up, b)),
        scalar="({0} + {1})",
    ),
    Operation(
        "subtract",
        lambda a, b: a - b,
        _broadcast_shape("-"),
        lambda up, out, a, b: (reduce_gradient(up, a), reduce_gradient(-up, b)),
        scalar="({0} - {1})",
    ),
    Operation(
        "multiply",
        lambda a, b: a * b,
        _broadcast_shape("*"),
        lambda up, out, a, b: (reduce_gradient(up * b, a), reduce_gradient(up * a, b)),
        scalar="({0} * {1})",
    ),
    Operation(
        "divide",
        lambda a, b: a / b,
        _broadcast_shape("/"),
        lambda up, out, a, b: (reduce_gradient(up / b, a), reduce_gradient(-up * out / b, b)),
        scalar="({0} / {1})",
    ),
    Operation("power", lambda a, b: a**b, _broadcast_shape("**"), _power_pullback, scalar="({0} ** {1})"),
    Operation("negative", lambda a: -a, _same_shape, lambda up, out, a: (-up,), scalar="(-{0})"),
    Operation("matmul", _matmul, _matmul_shape, _matmul_pullback),
    Operation("transpose", lambda a: a.T, _transpose_shape, lambda up, out, a: (up.T,)),
):
    register(entry)


def _extreme_pullback(sign: int) -> Rule:
    """Return the pullback of maximum (sign 1) or minimum (-1): the gradient goes to the argument with the value."""

    def pullback(up: Value, out: Value, a: Value, b: Value) -> tuple[Value, Value]:
        chosen = F.step(sign * (a - b))
        return reduce_gradient(up * chosen, a), reduce_gradient(up * (1 - chosen), b)

    return pullback


register(Operation("maximum", np.maximum, _broadcast_shape("max"), _extreme_pullback(1)))
register(Operation("minimum", np.minimum, _broadcast_shape("min"), _extreme_pullback(-1)))

# ------------------------------------------------------------------------------------------------ elementwise functions


def _sigmoid(x: Value) -> Value:
    return np.exp(-np.logaddexp(0, -x))


def _erf(x: Value) -> Value:
    values = [math.erf(entry) for entry in np.asarray(x, float).ravel().tolist()]
    return np.asarray(values, np.asarray(x).dtype).reshape(np.shape(x))


def generic(name: str) -> Operation:
    """Return the entry of an unspecified elementwise function, whose derivative is written with a prime.

    For values it is a smooth function unlike any other in the table, so that equal values mean equal formulas.
    """
    if name in _GENERIC:
        return _GENERIC[name]
    name, primes = name.rstrip("'"), len(name) - len(name.rstrip("'"))

    def value(order: int) -> Rule:
        return lambda x: np.sin(x + order * np.pi / 2) + (np.exp(x / 3) / 3**order if order < 9 else 0)

    def entry_of_order(order: int) -> Operation:
        title = name + "'" * order

        def slope(x: Value, y: Value) -> Value:
            return x.node(entry_once(order + 1), (x,)) if hasattr(x, "node") else value(order + 1)(x)

        return Operation(title, value(order), _same_shape, lambda up, out, x: (up * slope(x, out),), derivative=slope)

    def entry_once(order: int) -> Operation:
        title = name + "'" * order
        if title not in _GENERIC:
            _GENERIC[title] = entry_of_order(order)
        return _GENERIC[title]

    return entry_once(primes)


_GENERIC: dict[str, Operation] = {}


def _elementwise(name: str, value: Rule, derivative: Rule, scalar: str, kinks: tuple[float, ...] = ()) -> None:
    register(
        Operation(
            name,
            value,
            _same_shape,
            lambda up, out, x: (up * derivative(x, out),),
            derivative=derivative,
            scalar=scalar,
            kinks=kinks,
        )
    )


_elementwise("tanh", np.tanh, lambda x, y: 1 - y**2, "np.tanh({0})")
_elementwise("sigmoid", _sigmoid, lambda x, y: y * (1 - y), "sigmoid({0})")
_elementwise("relu", lambda x: np.maximum(x, 0), lambda x, y: F.step(x), "max({0}, zero)", (0,))
_elementwise(
    "hardtanh",
    lambda x: np.clip(x, -1, 1),
    lambda x, y: F.step(1 - F.abs(x)),
    "min(max({0}, -one), one)",
    (-1, 1),
)
_elementwise(
    "step",
    lambda x: np.where(x > 0, x.dtype.type(1), x.dtype.type(0)),
    lambda x, y: 0 * x,
    "(one if {0} > zero else zero)",
    (0,),
)
_elementwise("relu'", TABLE["step"].value, lambda x, y: 0 * x, "(one if {0} > zero else zero)", (0,))
_elementwise("softplus", lambda x: np.logaddexp(0, x), lambda x, y: F.sigmoid(x), "softplus({0})")
_elementwise("exp", np.exp, lambda x, y: y, "np.exp({0})")
_elementwise("log", np.log, lambda x, y: 1 / x, "np.log({0})")
_elementwise("sqrt", np.sqrt, lambda x, y: 1 / (2 * y), "np.sqrt({0})")
_elementwise("abs", np.abs, lambda x, y: F.sign(x), "abs({0})", (0,))
_elementwise("sign", np.sign, lambda x, y: 0 * x, "sign({0})", (0,))
_elementwise("sin", np.sin, lambda x, y: F.cos(x), "np.sin({0})")
_elementwise("cos", np.cos, lambda x, y: -F.sin(x), "np.cos({0})")
_elementwise("sinh", np.sinh, lambda x, y: F.cosh(x), "np.sinh({0})")
_elementwise("cosh", np.cosh, lambda x, y: F.sinh(x), "np.cosh({0})")
_elementwise("tan", np.tan, lambda x, y: 1 + y**2, "np.tan({0})")
_elementwise("arctan", np.arctan, lambda x, y: 1 / (1 + x**2), "np.arctan({0})")
_elementwise("arcsin", np.arcsin, lambda x, y: 1 / F.sqrt(1 - x**2), "np.arcsin({0})")
_elementwise("arccos", np.arccos, lambda x, y: -1 / F.sqrt(1 - x**2), "np.arccos({0})")
_elementwise("erf", _erf, lambda x, y: 2 / math.sqrt(math.pi) * F.exp(-(x**2)), "erf({0})")


# ------------------------------------------------------------------------------------------------ sums and norms


def _logsumexp(x: Value, axis: int | None = None) -> Value:
    top = x.max(axis=axis, keepdims=True)
    total = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return total.reshape(()) if axis is None else total


def _softmax(x: Value, axis: int | None = None) -> Value:
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def of_matrix(value: Rule) -> Rule:
    """Return a function of matrices that also takes scalars, as 1x1 matrices."""
    return lambda x: value(x) if np.ndim(x) else np.reshape(value(np.reshape(x, (1, 1))), ())


def _softmax_pullback(total: str) -> Rule:
    return lambda up, out, x: (out * (up - getattr(F, total)(out * up)),)


def _sum_pullback(up: Value, out: Value, x: Value) -> tuple[Value]:
    """Return the gradient by the argument of a sum: the upstream gradient repeated over the summed entries."""
    if hasattr(x, "node"):
        return (up * (x.node(TABLE["ones"], (), tuple(x.shape)) if x.shape else 1),)
    return (up * np.ones_like(x),)


for entry in (
    Operation("sum", np.sum, _scalar_shape, _sum_pullback),
    Operation("row_sums", of_matrix(lambda x: x.sum(1, keepdims=True)), column_shape, _sum_pullback),
    Operation("column_sums", of_matrix(lambda x: x.sum(0, keepdims=True)), _row_shape, _sum_pullback),
    Operation("logsumexp", _logsumexp, _scalar_shape, lambda up, out, x: (up * F.softmax(x),)),
    Operation(
        "logsumexp_rows",
        of_matrix(lambda x: _logsumexp(x, 1)),
        column_shape,
        lambda up, out, x: (up * F.softmax_rows(x),),
    ),
    Operation("softmax", _softmax, _same_shape, _softmax_pullback("sum")),
    Operation("softmax_rows", of_matrix(lambda x: _softmax(x, 1)), _same_shape, _softmax_pullback("row_sums")),
    Operation(
        "norm",
        lambda x: np.sqrt((x * x).sum()),
        _scalar_shape,
        lambda up, out, x: (up * (x / out),),
    ),
    Operation("max", np.max, _scalar_shape, lambda up, out, x: (up * F.largest(x),)),
    Operation("min", np.min, _scalar_shape, lambda up, out, x: (up * F.largest(-x),)),
    Operation("largest", lambda x: (x >= x.max()).astype(x.dtype), _same_shape, lambda up, out, x: (0 * x,)),
    Operation("norm1", lambda x: np.abs(x).sum(), _scalar_shape, lambda up, out, x: (up * F.sign(x),), kinks=(0,)),
):
    register(entry)
