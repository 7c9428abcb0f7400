"""Functions of the language in terms of operations of the table, and messages for unsupported functions.

The parser applies rewritings, so that differentiation, compiler and printing need no rules for them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

from fanlight.calculus.expressions import Expression, constant, function
from fanlight.calculus.operations import TABLE
from fanlight.calculus.shapes import ONE, show
from fanlight.errors import CalculusError


class Rewriting(NamedTuple):
    """A function in terms of other functions.

    Attributes
    ----------
    example : str
        A call, such as ``silu(x)``.
    meaning : str
        The equal expression, for documentation.
    build : callable
        Returns the equal expression, given the arguments.
    arguments : tuple of int
        Least and greatest number of arguments.
    """

    example: str
    meaning: str
    build: Callable[..., Expression]
    arguments: tuple[int, int] = (1, 1)


_relu, _step, _sum, _exp, _erf, _sqrt, _sigmoid = map(
    function, ("relu", "step", "sum", "exp", "erf", "sqrt", "sigmoid")
)


def count_of(x: Expression) -> Expression:
    """Return the number of entries of x as a scalar expression."""
    sizes = [
        Expression.node(TABLE["length"], (), (d,)) if d.letters else constant(d.constant) for d in x.shape if d != ONE
    ]
    return reduce(lambda a, b: a * b, sizes) if sizes else constant(1)


def mean_of(x: Expression) -> Expression:
    """Return the mean of all entries."""
    return _sum(x) / count_of(x) if x.shape else x


def _row_means(x: Expression) -> Expression:
    return function("row_sums")(x) / count_of(x[0:1, :]) if x.shape else x


def _column_means(x: Expression) -> Expression:
    return function("column_sums")(x) / count_of(x[:, 0:1]) if x.shape else x


MEANS: dict[str, tuple[str, Callable[[Expression], Expression]]] = {  # sum: name and function of the mean
    "sum": ("mean", mean_of), "row_sums": ("row_means", _row_means), "column_sums": ("column_means", _column_means),
}  # fmt: skip


def variance_of(x: Expression) -> Expression:
    """Return the variance of all entries."""
    return mean_of((x - mean_of(x)) ** 2)


def _extreme(of_one: str, of_two: str) -> Callable[..., Expression]:
    return lambda *values: reduce(function(of_two), values) if values[1:] else function(of_one)(*values)


def choose(condition: Expression, a: Expression, b: Expression) -> Expression:
    """Return `a` where a condition is 1, else `b`; a condition ``1 - step(x)`` is replaced with ``step(x)``."""
    if condition.operation.name == "subtract" and condition.arguments[0].parameters == (1,):
        condition, a, b = condition.arguments[1], b, a
    return condition * a + (1 - condition) * b


def choice_of(e: Expression) -> tuple[Expression, Expression, Expression, Expression] | None:
    """Return (x, y, a, b) of an expression ``where(x > y, a, b)``; None for other expressions."""
    if e.operation.name != "add" or any(a.operation.name != "multiply" for a in e.arguments):
        return None
    (condition, a), (_, b) = e.arguments[0].arguments, e.arguments[1].arguments
    if condition.operation.name != "step" or choose(condition, a, b) is not e:
        return None
    (difference,) = condition.arguments
    greater, smaller = difference.arguments if difference.operation.name == "subtract" else (difference, constant(0))
    return greater, smaller, a, b


def _dot(a: Expression, b: Expression) -> Expression:
    if a.shape == b.shape:
        return _sum(a * b)
    return a @ b


def _vec(x: Expression) -> Expression:
    if not x.shape:
        return x
    return Expression.node(TABLE["reshape"], (x.T,), (x.shape[0] * x.shape[1], ONE))


def _matrix_power(a: Expression, exponent: Expression) -> Expression:
    power = _value(exponent)
    if power is None or power != int(power) or not 1 <= abs(power) <= 16:
        raise CalculusError("matrix_power: the exponent is a whole number from 1 to 16, or from -16 to -1")
    if len(a.shape) != 2 or a.shape[0] != a.shape[1]:
        raise CalculusError(f"matrix_power: {show(a.shape)} is not square")
    base = a if power > 0 else function("inv")(a)
    return reduce(lambda x, y: x @ y, [base] * int(abs(power)))


def _gelu(x: Expression) -> Expression:
    return x * (1 + _erf(x / _sqrt(constant(2)))) / 2


def _elu(x: Expression, a: Expression | None = None) -> Expression:
    below = _exp(-_relu(-x)) - 1
    return _relu(x) + (below if a is None else a * below)


def _selu(x: Expression) -> Expression:
    return 1.0507009873554805 * _elu(x, constant(1.6732632423543772))


def _norm(x: Expression, order: Expression | None = None) -> Expression:
    which = None if order is None else _value(order)
    if order is not None and which not in (1, 2):
        raise CalculusError("norm: of orders there are 1 and 2")
    return function("norm1" if which == 1 else "norm")(x)


def _log_softmax(x: Expression) -> Expression:
    return x - function("logsumexp")(x)


def _value(e: Expression) -> float | None:
    """Return the value of a constant or negated constant, else None."""
    if e.operation.name == "negative":
        inner = _value(e.arguments[0])
        return None if inner is None else -inner
    return float(e.parameters[0]) if e.operation.name == "constant" else None


REWRITINGS: dict[str, Rewriting] = {
    "max": Rewriting("max(a, b)", "the largest of several, entry by entry; max(x) is the largest entry",
                      _extreme("max", "maximum"), (1, 9)),
    "min": Rewriting("min(a, b)", "the smallest of several, entry by entry; min(x) is the smallest entry",
                      _extreme("min", "minimum"), (1, 9)),
    "maximum": Rewriting("maximum(a, b)", "max(a, b)", function("maximum"), (2, 2)),
    "minimum": Rewriting("minimum(a, b)", "min(a, b)", function("minimum"), (2, 2)),
    "where": Rewriting("where(x > 0, a, b)", "step(x) * a + (1 - step(x)) * b", choose, (3, 3)),
    "clip": Rewriting("clip(x, a, b)", "a + relu(x - a) - relu(x - b)",
                      lambda x, a, b: a + _relu(x - a) - _relu(x - b), (3, 3)),
    "mean": Rewriting("mean(x)", "sum(x) / n", mean_of),
    "row_means": Rewriting("row_means(X)", "row_sums(X) / n", _row_means),
    "column_means": Rewriting("column_means(X)", "column_sums(X) / m", _column_means),
    "var": Rewriting("var(x)", "mean((x - mean(x))**2)", variance_of),
    "std": Rewriting("std(x)", "sqrt(var(x))", lambda x: _sqrt(variance_of(x))),
    "gelu": Rewriting("gelu(x)", "x * (1 + erf(x / sqrt(2))) / 2", _gelu),
    "silu": Rewriting("silu(x)", "x * sigmoid(x)", lambda x: x * _sigmoid(x)),
    "leaky_relu": Rewriting("leaky_relu(x, a)", "relu(x) - a * relu(-x); a = 0.01 unless written",
                            lambda x, a=0.01: _relu(x) - a * _relu(-x), (1, 2)),
    "elu": Rewriting("elu(x, a)", "relu(x) + a * (exp(-relu(-x)) - 1); a = 1 unless written",
                     _elu, (1, 2)),
    "relu6": Rewriting("relu6(x)", "relu(x) - relu(x - 6)", lambda x: _relu(x) - _relu(x - 6)),
    "norm": Rewriting("norm(x, 1)", "norm1(x); norm(x, 2) is norm(x)", _norm, (1, 2)),
    "mish": Rewriting("mish(x)", "x * tanh(softplus(x))",
                      lambda x: x * function("tanh")(function("softplus")(x))),
    "selu": Rewriting("selu(x)", "1.0507 * elu(x, 1.6733); with all digits", _selu),
    "log1p": Rewriting("log1p(x)", "log(1 + x)", lambda x: function("log")(1 + x)),
    "expm1": Rewriting("expm1(x)", "exp(x) - 1", lambda x: _exp(x) - 1),
    "logit": Rewriting("logit(x)", "log(x / (1 - x))", lambda x: function("log")(x / (1 - x))),
    "square": Rewriting("square(x)", "x**2", lambda x: x**2),
    "log_sigmoid": Rewriting("log_sigmoid(x)", "-softplus(-x)", lambda x: -function("softplus")(-x)),
    "log_softmax": Rewriting("log_softmax(x)", "x - logsumexp(x)", _log_softmax),
    "log_softmax_rows": Rewriting("log_softmax_rows(X)", "X - logsumexp_rows(X)",
                                  lambda x: x - function("logsumexp_rows")(x)),
    "outer": Rewriting("outer(a, b)", "a @ b.T", lambda a, b: a @ b.T, (2, 2)),
    "dot": Rewriting("dot(a, b)", "a.T @ b", _dot, (2, 2)),
    "trace": Rewriting("trace(A)", "tr(A)", function("tr")),
    "transpose": Rewriting("transpose(A)", "A.T", lambda a: a.T),
    "vec": Rewriting("vec(X)", "reshape(X.T, n*m, 1): the columns below each other", _vec),
    "matrix_power": Rewriting("matrix_power(A, 3)", "A @ A @ A", _matrix_power, (2, 2)),
    "solve": Rewriting("solve(A, b)", "inv(A) @ b", lambda a, b: function("inv")(a) @ b, (2, 2)),
}  # fmt: skip

ALIASES = {
    "ln": "log", "logistic": "sigmoid", "heaviside": "step", "expit": "sigmoid", "swish": "silu", "identity": "eye",
    "absolute": "abs", "concatenate": "vstack", "logsigmoid": "log_sigmoid", "σ": "sigmoid", "inverse": "inv",
    "average": "mean", "π": "pi", "inner": "dot", "diagonal": "diag", "arctg": "arctan", "atan": "arctan",
    "asin": "arcsin", "acos": "arccos", "tg": "tan",
}  # fmt: skip

REFUSALS = {
    "pinv": "write inv(X.T @ X) @ X.T where the columns of X are independent, X.T @ inv(X @ X.T) where its rows are",
    "expm": "the exponential of a matrix has no derivative in closed form; exp(X) is the one entry by entry",
    "cholesky": "make the factor a symbol, L, and write L @ L.T for the matrix; log(det(A)) is logdet(A)",
    "eig": "eigenvalues are not in the language: tr(A) is their sum, det(A) their product",
    "svd": "singular values are not in the language: norm(X)**2 is the sum of their squares",
    "argmin": "the place of the smallest entry has no derivative: use min(x) or softmax(-x)",
    "sort": "the order of entries has no derivative in closed form: use max(x), min(x) or sum(x)",
    "rank": "it is constant between its jumps: tr(A) of a projection is its rank",
    "cross_entropy": "write -y.T @ log(softmax(z)), or logsumexp(z) - y.T @ z",
    "mse": "write mean((x - y)**2)",
    "hinge": "write max(0, 1 - y * s)",
    "hadamard": "write A * B",
    "frobenius": "write sum(A * B) for the product, norm(A) for the norm",
    "argmax": "the place of the largest entry has no derivative: use max(x) or softmax(x)",
    "floor": "it is constant between its jumps: its derivative is zero",
    "round": "it is constant between its jumps: its derivative is zero",
    "lgamma": "factorials and gamma functions are made symbols",
    "atan2": "write arctan(y / x) for positive entries",
    "log10": "write log(x) / log(10)",
    "log2": "write log(x) / log(2)",
    "prod": "write exp(sum(log(x))) for positive entries",
    "cross": "write out the entries, or a skew-symmetric matrix times the vector",
    "einsum": "write the products with @, .T, sum and tr",
    "concat": "write vstack(a, b) for columns below each other, hstack(A, B) for matrices side by side",
    "cumsum": "write L @ x with a lower triangular matrix of ones as a symbol L",
}

BY_AXIS = {  # function: (by rows, axis=1; by columns, axis=0)
    "sum": ("row_sums", "column_sums"),
    "mean": ("row_means", "column_means"),
    "softmax": ("softmax_rows", None),
    "logsumexp": ("logsumexp_rows", None),
    "log_softmax": ("log_softmax_rows", None),
}
