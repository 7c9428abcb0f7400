"""Jacobians and Hessians as matrices.

A vector y(x) is pulled back along a symbol v for the upstream gradient; what comes out is linear in v, so it is
``M @ v`` for some M, and M is the transposed Jacobian. `_matrix` reads M off: no tensor of rank three is ever formed.

References
----------
Lecture L13-L15: the m×n matrix of all partial derivatives.
"""

from __future__ import annotations

from collections.abc import Callable

from fanlight.calculus.expressions import (
    Expression,
    constant,
    context_of,
    eye,
    function,
    ones,
    remember,
    symbol,
    walk,
    zeros,
)
from fanlight.calculus.gradient import gradient, pull_back, target_of
from fanlight.calculus.shapes import ONE, Dimension, Shape, show
from fanlight.calculus.simplify import simplify
from fanlight.errors import CalculusError

diag, hstack, total, vstack = map(function, ("diag", "hstack", "sum", "vstack"))


def jacobian(expression: Expression, wrt: str | Expression) -> Expression:
    """Return the m×n matrix of the partial derivatives of a vector of length m by a vector of length n.

    Parameters
    ----------
    expression : Expression
        A column, row or scalar.
    wrt : name or symbol
        A column, row or scalar.

    Raises
    ------
    CalculusError
        Either is a matrix: its Jacobian would need four indices; or an operation has no pullback.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> h = parse("tanh(W @ x + b)", {"W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)})
    >>> str(jacobian(h, "b"))
    'diag(1 - tanh(W @ x + b)**2)'
    """
    target = target_of(expression, wrt)
    for what, node in (("this", expression), (str(target), target)):
        if node.shape and ONE not in node.shape:
            raise CalculusError(
                f"{what} is a {show(node.shape)} matrix: a Jacobian is of a vector by a vector; "
                "take the gradient of a scalar, or a column of the matrix"
            )
    symbols = context_of(expression)
    expression = simplify(expression)
    v = symbol(_free_name(symbols), expression.shape)
    (pulled,) = pull_back(expression, [target], v)
    return remember(simplify(_Linear(v).matrix(simplify(pulled)).T), symbols)


def hessian(expression: Expression, wrt: str | Expression) -> Expression:
    """Return the n×n matrix of second derivatives of a scalar by a vector.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> str(hessian(parse("x.T @ A @ x", {"A": ("n", "n"), "x": ("n", 1)}), "x"))
    'A + A.T'
    """
    symbols = context_of(expression)
    first = gradient(expression, wrt)
    target = target_of(expression, wrt)
    if target not in set(walk(first)):
        length = target.shape[0] if target.shape else ONE
        return remember(zeros(length, length), symbols)
    return remember(jacobian(first, target), symbols)


def _free_name(taken: dict[str, Expression]) -> str:
    name = "v"
    while name in taken:
        name += "_"
    return name


class _Linear:
    """Reading the matrix M of an expression that is linear in a vector v."""

    def __init__(self, v: Expression) -> None:
        self.v = v
        self.length = _length(v.shape)

    def matrix(self, e: Expression) -> Expression:
        """Return M (n, m) with e = M @ v for a column, e = (M @ v).T for a row, (1, m) for a scalar."""
        if e is self.v:
            return eye(self.length) if self.v.shape else constant(1)
        if not self.has(e):
            return zeros(_length(e.shape), self.length)
        rule = _RULES.get(e.operation.name)
        found = rule(self, e) if rule is not None else None
        if found is None:
            raise CalculusError(f"the Jacobian has no closed form here: {e.operation.name} in {e}")
        return found

    def has(self, e: Expression) -> bool:
        return any(node is self.v for node in walk(e))

    def one_of(self, e: Expression) -> tuple[Expression, Expression] | None:
        """Return (the argument with v, the other), if only one has it."""
        a, b = e.arguments
        if self.has(a) and self.has(b):
            return None
        return (a, b) if self.has(a) else (b, a)


def _length(shape: Shape) -> Dimension:
    return (shape[0] if shape[1] == ONE else shape[1]) if shape else ONE


def _column(e: Expression) -> Expression:
    return e.T if e.shape and e.shape[0] == ONE else e


def _add(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    parts = []
    for argument in e.arguments:
        if e.shape and not argument.shape:  # a scalar added to every entry
            argument = argument * ones(*e.shape)
        parts.append(l.matrix(argument))
    a, b = parts
    return a + b if e.operation.name == "add" else a - b


def _multiply(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    found = l.one_of(e)
    if found is None:
        return None
    p, c = found
    if not p.shape and c.shape:
        return _column(c) @ l.matrix(p)
    if not c.shape:
        return c * l.matrix(p)
    return diag(_column(c)) @ l.matrix(p) if p.shape == c.shape else None


def _divide(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    p, c = e.arguments
    return None if l.has(c) else l.matrix(p * (1 / c)) if c.shape else l.matrix(p) / c


def _matmul(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    found = l.one_of(e)
    if found is None:
        return None
    p, c = found
    left = p is e.arguments[0]
    if p.shape and ONE in p.shape:
        if left:  # a row of v times a matrix: (p @ C).T = C.T @ p.T
            return c.T @ l.matrix(p) if p.shape[0] == ONE else None
        return c @ l.matrix(p) if p.shape[1] == ONE else None
    return _of_matrix(l, p if left else p.T, c if left else c.T)


def _of_matrix(l: _Linear, P: Expression, c: Expression) -> Expression | None:  # noqa: E741
    """Return M of ``P @ c`` for a matrix P that is linear in v, and a column c."""
    if not c.shape or c.shape[1] != ONE:
        return None
    name = P.operation.name
    if name == "matmul":
        a, b = P.arguments
        return l.matrix(simplify(a @ (b @ c)))
    if name in ("add", "subtract"):
        parts = [_of_matrix(l, x, c) for x in P.arguments]
        if parts[0] is None or parts[1] is None:
            return None
        return parts[0] + parts[1] if name == "add" else parts[0] - parts[1]
    if name == "negative":
        inner = _of_matrix(l, P.arguments[0], c)
        return None if inner is None else -inner
    if name == "transpose":
        turned = _turned(P.arguments[0])
        return None if turned.operation.name == "transpose" else _of_matrix(l, turned, c)
    if name == "divide":
        return None if l.has(P.arguments[1]) else _of_matrix(l, 1 / P.arguments[1] * P.arguments[0], c)
    if name == "diag":
        return diag(c) @ l.matrix(P.arguments[0])
    if name == "multiply":
        found = l.one_of(P)
        if found is None:
            return None
        p, other = found
        if p.operation.name == "multiply" and (nested := l.one_of(p)) is not None:
            p, other = nested[0], other * nested[1]
            return _of_matrix(l, other * p, c)
        if p.operation.name in ("add", "subtract") and p.shape:
            a, b = (other * x for x in p.arguments)
            return _of_matrix(l, a + b if p.operation.name == "add" else a - b, c)
        if p.operation.name == "negative":
            return _of_matrix(l, -(other * p.arguments[0]), c)
        if p.operation.name == "divide" and not l.has(p.arguments[1]):
            return _of_matrix(l, other / p.arguments[1] * p.arguments[0], c)
        if p.operation.name == "transpose":
            turned = _turned(p.arguments[0])
            return None if turned.operation.name == "transpose" else _of_matrix(l, other * turned, c)
        if not other.shape:
            return l.matrix(simplify(other * (p @ c)))
        if not p.shape:
            return (other @ c) @ l.matrix(p)
        if p.operation.name == "diag":  # (C * diag(p)) c = p * diag(C) * c
            return l.matrix(simplify(p.arguments[0] * (diag(other) * c)))
        if p.operation.name == "matmul":
            a, b = p.arguments
            if a.operation.name == "diag" and not l.has(b):  # (C * (diag(a) B)) c = a * ((C * B) c)
                return l.matrix(simplify(a.arguments[0] * ((other * b) @ c)))
            if b.operation.name == "diag" and not l.has(a):
                return l.matrix(simplify((other * a) @ (b.arguments[0] * c)))
        outer = _outer(p)
        if outer is not None:  # (C * (p q.T)) c = p * (C (q * c))
            x, y = outer
            return l.matrix(x * (other @ (y.T * c)))
        if p.operation.name == "matmul" and not l.has(p.arguments[1]):  # (C * (A B)) c = (A * (C * c.T) B.T) 1
            a, b = p.arguments
            return _of_matrix(l, a * ((other * c.T) @ b.T), ones(a.shape[1], 1))
    return None


def _turned(e: Expression) -> Expression:
    """Return the transpose, taken inwards as far as it goes."""
    if not e.shape:
        return e
    turned = [_turned(a) for a in e.arguments]
    match e.operation.name:
        case "add":
            return turned[0] + turned[1]
        case "subtract":
            return turned[0] - turned[1]
        case "multiply":
            return turned[0] * turned[1]
        case "divide":
            return turned[0] / turned[1]
        case "negative":
            return -turned[0]
        case "matmul":
            return turned[1] @ turned[0]
        case "diag" if e.shape[1] != ONE:
            return e
    return simplify(e.T)


def _outer(e: Expression) -> tuple[Expression, Expression] | None:
    """Return the column and the row that a matrix is the product of."""
    if e.operation.name == "matmul" and e.arguments[0].shape[1:] == (ONE,):
        return e.arguments[0], e.arguments[1]
    return None


def _sum(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    (P,) = e.arguments
    return _inner(l, ones(*P.shape), P)


def _inner(l: _Linear, C: Expression, P: Expression) -> Expression | None:  # noqa: E741
    """Return M (1, m) of ``sum(C * P)`` for a P that is linear in v."""
    if not l.has(P):
        return zeros(1, l.length)
    if P.shape and ONE in P.shape:
        return simplify(_column(C).T) @ l.matrix(P)
    name, arguments = P.operation.name, P.arguments
    if name in ("add", "subtract"):
        parts = [_inner(l, C, x if x.shape else x * ones(*P.shape)) for x in arguments]
        if parts[0] is None or parts[1] is None:
            return None
        return parts[0] + parts[1] if name == "add" else parts[0] - parts[1]
    if name == "negative":
        inner = _inner(l, C, arguments[0])
        return None if inner is None else -inner
    if name == "transpose":
        return _inner(l, simplify(C.T), arguments[0])
    if name == "diag":
        return diag(C).T @ l.matrix(arguments[0])
    if name == "divide" and not l.has(arguments[1]):
        return _inner(l, C / arguments[1], arguments[0])
    found = l.one_of(P) if len(arguments) == 2 else None
    if found is None:
        return None
    p, other = found
    if name == "matmul":
        return _inner(l, simplify(C @ other.T if p is arguments[0] else other.T @ C), p)
    if name == "multiply":
        if not p.shape:
            return total(C * other) * l.matrix(p)
        if p.shape == P.shape:
            return _inner(l, C * other, p)
    return None


def _diag(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    (p,) = e.arguments
    outer = _outer(p)
    if outer is not None:
        return l.matrix(simplify(outer[0] * outer[1].T))
    if p.operation.name == "multiply":
        return l.matrix(simplify(_diagonal(p.arguments[0]) * _diagonal(p.arguments[1])))
    if p.operation.name == "divide":
        return l.matrix(simplify(_diagonal(p.arguments[0]) / _diagonal(p.arguments[1])))
    if p.operation.name == "transpose":
        return l.matrix(diag(p.arguments[0]))
    if p.operation.name == "negative":
        return -l.matrix(simplify(diag(p.arguments[0])))
    if p.operation.name == "diag":
        return l.matrix(p.arguments[0])
    if p.operation.name in ("add", "subtract"):
        a, b = p.arguments
        return l.matrix(simplify(diag(a) + diag(b) if p.operation.name == "add" else diag(a) - diag(b)))
    if p.operation.name == "matmul":
        a, b = p.arguments  # diag(A B) = row sums of A * B.T
        return l.matrix(simplify(function("row_sums")(a * b.T)))
    return None


def _diagonal(e: Expression) -> Expression:
    return diag(e) if e.shape else e


def _row_sums(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    (p,) = e.arguments
    c = ones(p.shape[1], 1)
    return _of_matrix(l, p, c)


def _column_sums(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    (p,) = e.arguments
    return _of_matrix(l, simplify(p.T), ones(p.shape[0], 1))


def _slice(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    (p,) = e.arguments
    if ONE not in p.shape:
        return None
    r0, r1, c0, c1 = e.parameters
    first, last = (r0, r1) if p.shape[1] == ONE else (c0, c1)
    return l.matrix(p)[first:last, :]


def _stack(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    return vstack(*(l.matrix(a) for a in e.arguments)) if e.shape and ONE in e.shape else None


def _trace(l: _Linear, e: Expression) -> Expression | None:  # noqa: E741
    return _inner(l, eye(e.arguments[0].shape[0]), e.arguments[0])


_RULES: dict[str, Callable[[_Linear, Expression], Expression | None]] = {
    "add": _add,
    "subtract": _add,
    "negative": lambda l, e: -l.matrix(e.arguments[0]),  # noqa: E741
    "transpose": lambda l, e: l.matrix(e.arguments[0]),  # noqa: E741
    "multiply": _multiply,
    "divide": _divide,
    "matmul": _matmul,
    "sum": _sum,
    "row_sums": _row_sums,
    "column_sums": _column_sums,
    "diag": _diag,
    "tr": _trace,
    "slice": _slice,
    "vstack": _stack,
    "hstack": _stack,
}
