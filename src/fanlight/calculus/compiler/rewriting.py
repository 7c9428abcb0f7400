"""Simplification of expressions by rewriting rules.

A rule takes a node with simplified arguments and returns a simpler equal expression, or None. Rules are applied from
the leaves upwards until none applies; every rule holds for all values of the symbols, or by a declared assumption.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from fanlight.calculus.compiler import collecting as normal
from fanlight.calculus.expressions import Expression, constant, eye, ones, rebuilt, walk, zeros
from fanlight.calculus.operations import apply
from fanlight.calculus.shapes import ONE

Rule = Callable[[Expression], Expression | None]


def simplify(expression: Expression) -> Expression:
    """Return a simpler expression of equal value.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> str(simplify(parse("1 * (W @ x).T.T + 0", {"W": ("m", "n"), "x": ("n", 1)})))
    'W @ x'
    """
    with _LOCK:
        for node in walk(expression):
            _simplify_node(node)
        return _SIMPLIFIED[expression]


_LOCK = threading.RLock()
_SIMPLIFIED: dict[Expression, Expression] = {}
_LIMIT = 100_000  # cached nodes; a larger cache is cleared


def _simplify_node(node: Expression) -> Expression:
    """Simplify the arguments of a node, then the node."""
    previous = _SIMPLIFIED.get(node)
    if previous is not None:
        return previous
    if len(_SIMPLIFIED) > _LIMIT:
        _SIMPLIFIED.clear()
    outcome = rebuilt(node, [_simplify_node(a) for a in node.arguments]) if node.arguments else node
    while True:
        better = next((b for rule in _RULES.get(outcome.operation.name, ()) if (b := rule(outcome)) is not None), None)
        if better is None:
            break
        if better in _SIMPLIFIED:
            outcome = _SIMPLIFIED[better]
            break
        outcome = rebuilt(better, [_simplify_node(a) for a in better.arguments]) if better.arguments else better
    _SIMPLIFIED[node] = _SIMPLIFIED[outcome] = outcome
    return outcome


def _is(node: Expression, name: str) -> bool:
    return node.operation.name == name


def _value(node: Expression) -> float | None:
    return node.parameters[0] if _is(node, "constant") else None


def _constant_like(node: Expression, value: float) -> Expression:
    """Return a scalar or matrix of the node's shape with all entries equal to `value`."""
    if not node.shape:
        return constant(value)
    matrix = ones(*node.shape) if value else zeros(*node.shape)
    return matrix if value in (0, 1) else constant(value) * matrix


def _is_zero(node: Expression) -> bool:
    return _value(node) == 0 or _is(node, "zeros")


def _fold(node: Expression) -> Expression | None:
    """Evaluate arithmetic of constants, except inexact quotients and large or fractional powers."""
    values = [v for a in node.arguments if (v := _value(a)) is not None]
    if len(values) < len(node.arguments) or node.shape:
        return None
    match node.operation.name, values:
        case "add", [a, b]:
            return constant(a + b)
        case "subtract", [a, b]:
            return constant(a - b)
        case "multiply", [a, b]:
            return constant(a * b)
        case "divide", [a, b] if b and a % b == 0:
            return constant(a / b)
        case "power", [a, b] if b >= 0 and b == int(b) and abs(a) < 1e6 and b < 64:
            return constant(a ** int(b))
        case "negative", [a]:
            return constant(-a)
    return None


def _add(node: Expression) -> Expression | None:
    return _unless_same(node, normal.total(node)) if _is_without_broadcast(node) else None


def _multiply(node: Expression) -> Expression | None:
    if any(_is_zero(a) for a in node.arguments) and node.operation.name == "multiply":
        return _constant_like(node, 0)
    return _unless_same(node, normal.product(node))


def _unless_same(node: Expression, outcome: Expression) -> Expression | None:
    return None if outcome is node else outcome


def _is_without_broadcast(node: Expression) -> bool:
    """Tell whether no term is a broadcast row or column."""
    return all(a.shape == node.shape or not a.shape for a in node.arguments)


def _power(node: Expression) -> Expression | None:
    base, exponent = node.arguments
    if _value(exponent) == 1:
        return base
    if _value(exponent) == 0:
        return _constant_like(node, 1)
    if _is(base, "norm") and _value(exponent) == 2:
        return _function("sum", base.arguments[0] ** 2)
    return _unless_same(node, normal.product(node)) if _is(base, "power") or _is(base, "multiply") else None


def _negative(node: Expression) -> Expression | None:
    (a,) = node.arguments
    if _is(a, "negative"):
        return a.arguments[0]
    if _is(a, "subtract"):
        return a.arguments[1] - a.arguments[0]
    return _constant_like(node, 0) if _is_zero(a) else None


def _matmul(node: Expression) -> Expression | None:
    a, b = node.arguments
    if not a.shape or not b.shape:
        return a * b
    if _is_zero(a) or _is_zero(b):
        return _constant_like(node, 0)
    if _is(a, "eye"):
        return b
    if _is(b, "eye"):
        return a
    if _is(a, "negative"):
        return -(a.arguments[0] @ b)
    if _is(b, "negative"):
        return -(a @ b.arguments[0])
    is_sum = b.operation.name in ("add", "subtract") and b.arguments[0].shape == b.arguments[1].shape
    if is_sum and any(_is(x, "eye") for x in b.arguments):
        parts = [a @ x for x in b.arguments]
        return parts[0] + parts[1] if _is(b, "add") else parts[0] - parts[1]
    for x, turn in ((a, False), (b, True)):  # scalar factors move to the front, scalar divisors to the end
        other = a if turn else b
        if _is(x, "multiply") and not x.arguments[0].shape:
            return x.arguments[0] * (other @ x.arguments[1] if turn else x.arguments[1] @ other)
        if _is(x, "divide") and not x.arguments[1].shape:
            return (other @ x.arguments[0] if turn else x.arguments[0] @ other) / x.arguments[1]
    if _is(a, "diag") and _is(b, "diag") and a.arguments[0].shape == b.arguments[0].shape != a.shape:
        return _function("diag", a.arguments[0] * b.arguments[0])
    if _is(a, "ones") and a.shape[0] == ONE:
        return _function("column_sums", b)
    if _is(b, "ones") and b.shape[1] == ONE:
        return _function("row_sums", a)
    if {a.operation.name, b.operation.name} & {"matmul", "inv", "diag"}:
        return _unless_same(node, normal.chain(node))
    return None


def _transpose(node: Expression) -> Expression | None:
    (a,) = node.arguments
    if not a.shape:
        return a
    name = a.operation.name
    if name == "transpose":
        return a.arguments[0]
    if name == "negative":
        return -a.arguments[0].T
    if name == "multiply" and not a.arguments[0].shape:
        return a.arguments[0] * a.arguments[1].T
    if name == "divide" and not a.arguments[1].shape:
        return a.arguments[0].T / a.arguments[1]
    # a transpose is moved inwards only where it meets another one: elsewhere it would duplicate shared nodes
    if name == "matmul" and a.arguments[1] is a.arguments[0].T:
        return a  # X @ X.T is symmetric
    if name == "matmul" and normal.turns_well(a):
        return a.arguments[1].T @ a.arguments[0].T
    if name in ("add", "subtract", "multiply", "divide", "power") or a.operation.derivative is not None:
        if all(_has_short_transpose(x) or not x.shape for x in a.arguments):
            return rebuilt(a, [x.T if x.shape else x for x in a.arguments])
        return None
    if name == "eye" or (name == "diag" and a.arguments[0].shape[1] == ONE):
        return a
    if name in ("ones", "zeros"):
        return Expression.node(a.operation, (), a.parameters[::-1])
    if name == "inv":
        return _function("inv", a.arguments[0].T)
    if name == "symbol" and a.parameters[2] in ("sym", "spd"):
        return a
    return None


def _has_short_transpose(node: Expression) -> bool:
    """Tell whether the transpose of a node is no longer than the node."""
    if node.operation.name in ("transpose", "eye") or (_is(node, "diag") and node.arguments[0].shape[1] == ONE):
        return True
    if _is(node, "matmul"):
        return node.arguments[1] is node.arguments[0].T
    return _is(node, "symbol") and node.parameters[2] in ("sym", "spd")


def _log(node: Expression) -> Expression | None:
    """Write logarithms of probabilities in a form that cannot overflow; the log of a Gram determinant as logdet."""
    (a,) = node.arguments
    if _is(a, "sigmoid"):
        return -_function("softplus", -a.arguments[0])
    if _is(a, "softmax"):
        return a.arguments[0] - _function("logsumexp", a.arguments[0])
    if _is(a, "softmax_rows"):
        return a.arguments[0] - _function("logsumexp_rows", a.arguments[0])
    if _is(a, "add"):  # log(exp(x) + 1)
        for x, y in (a.arguments, a.arguments[::-1]):
            if _is(x, "exp") and _value(y) == 1:
                return _function("softplus", x.arguments[0])
    return _function("logdet", a.arguments[0]) if _is(a, "det") and _is_gram(a.arguments[0]) else None


def _is_gram(node: Expression) -> bool:
    """Tell whether a matrix is X.T @ X: its determinant is not negative, so log(det) is logdet."""
    return _is(node, "matmul") and node.arguments[0] in (node.arguments[1].T, _simplify_node(node.arguments[1].T))


def _sum(node: Expression) -> Expression | None:
    (a,) = node.arguments
    if not a.shape:
        return a
    if _is(a, "negative"):
        return -_function("sum", a.arguments[0])
    if _is(a, "multiply") and not a.arguments[0].shape:
        return a.arguments[0] * _function("sum", a.arguments[1])
    if _is(a, "transpose"):
        return _function("sum", a.arguments[0])
    if _is(a, "symbol") and a.parameters[2] == "onehot":
        return constant(1)
    return None


def _sums(axis: int) -> Rule:
    def rule(node: Expression) -> Expression | None:
        (a,) = node.arguments
        if not a.shape or a.shape[axis] == ONE:
            return a
        if _is(a, "zeros"):
            return _constant_like(node, 0)
        if axis == 1 and _is(a, "symbol") and a.parameters[2] == "onehot_rows":
            return _constant_like(node, 1)
        if _is(a, "eye"):
            return _constant_like(node, 1)
        if _is(a, "diag") and a.arguments[0].shape[1] == ONE:
            return a.arguments[0] if axis == 1 else a.arguments[0].T
        if _is(a, "multiply") and not a.arguments[0].shape:
            return a.arguments[0] * _function(node.operation.name, a.arguments[1])
        if _is(a, "divide") and not a.arguments[1].shape:
            return _function(node.operation.name, a.arguments[0]) / a.arguments[1]
        if _is(a, "negative"):
            return -_function(node.operation.name, a.arguments[0])
        return _function("sum", a) if a.shape[1 - axis] == ONE else None

    return rule


def _trace(node: Expression) -> Expression | None:
    (a,) = node.arguments
    if not a.shape:
        return a
    if _is(a, "kron") and all(x.shape and x.shape[0] == x.shape[1] for x in a.arguments):
        return _function("tr", a.arguments[0]) * _function("tr", a.arguments[1])
    return _function("tr", a.arguments[0]) if _is(a, "transpose") else None


def _determinant(node: Expression) -> Expression | None:
    return node.arguments[0] if not node.arguments[0].shape else None


def _inverse(node: Expression) -> Expression | None:
    (a,) = node.arguments
    if not a.shape:
        return 1 / a
    if _is(a, "inv"):
        return a.arguments[0]
    if _is(a, "matmul") and all(normal.is_invertible(x) for x in a.arguments):
        return _function("inv", a.arguments[1]) @ _function("inv", a.arguments[0])
    return None


def _diag(node: Expression) -> Expression | None:
    (a,) = node.arguments
    if not a.shape:
        return a
    if _is(a, "ones") and a.shape[1] == ONE:
        return eye(a.shape[0])
    if _is(a, "diag") and a.arguments[0].shape[1] == ONE:
        return a.arguments[0]  # the diagonal of a diagonal matrix
    if _is(a, "eye"):
        return ones(a.shape[0], 1)
    return None


def _function(name: str, *arguments: Expression) -> Expression:
    outcome: Expression = apply(name, *arguments)
    return outcome


_RULES: dict[str, tuple[Rule, ...]] = {
    "add": (_fold, _add),
    "subtract": (_fold, _add),
    "multiply": (_fold, _multiply),
    "divide": (_fold, _multiply),
    "power": (_fold, _power),
    "negative": (_fold, _negative),
    "matmul": (_matmul,),
    "transpose": (_transpose,),
    "log": (_log,),
    "sum": (_sum,),
    "row_sums": (_sums(1),),
    "column_sums": (_sums(0),),
    "tr": (_trace,),
    "det": (_determinant,),
    "diag": (_diag,),
    "inv": (_inverse,),
}
