"""Reverse-mode differentiation: δ is propagated backwards through every node once, and contributions are added.

References
----------
Lecture L14-L19.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from fanlight.calculus.batch import without_identities
from fanlight.calculus.derivatives import shortest_gradient, simplify, target_of
from fanlight.calculus.expressions import Expression, constant, context_of, remember, tree_size, walk, zeros
from fanlight.calculus.shapes import show
from fanlight.errors import CalculusError


@overload
def gradient(expression: Expression, wrt: str | Expression) -> Expression: ...  # type: ignore[overload-overlap]
@overload
def gradient(expression: Expression, wrt: Sequence[str | Expression]) -> list[Expression]: ...
def gradient(
    expression: Expression, wrt: str | Expression | Sequence[str | Expression]
) -> Expression | list[Expression]:
    """Return the gradient of a scalar expression in shape convention: in the shape of `wrt`.

    Parameters
    ----------
    expression : Expression
        A scalar.
    wrt : name, symbol or node, or a sequence of them
        Gradients by a sequence share common sub-expressions.

    Raises
    ------
    CalculusError
        The expression is not a scalar, a name does not occur in it, or an operation has no pullback.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> s = parse("u.T @ tanh(W @ x + b)", {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)})
    >>> str(gradient(s, "b"))
    'u * (1 - tanh(W @ x + b)**2)'
    """
    symbols = context_of(expression)
    if not isinstance(wrt, (str, Expression)):
        targets = [target_of(expression, w) for w in wrt]
        return [remember(g, symbols) for g in pull_back(expression, targets)]
    target = target_of(expression, wrt)
    short = None if target.arguments else _short_gradient(expression, target)
    if short is not None:
        return short
    (slope,) = pull_back(expression, [target])
    slope = remember(without_identities(slope), symbols)
    return remember(simplify(slope), symbols) if tree_size(slope) <= _READABLE else slope


def _short_gradient(expression: Expression, target: Expression) -> Expression | None:
    """Return the gradient via the normal form; None if there is none or if the expression is too large to read."""
    if expression.shape or tree_size(expression) > _READABLE:
        return None
    try:
        return shortest_gradient(expression, target)
    except CalculusError:
        return None


_READABLE = 250  # nodes of the tree; larger expressions are for programs


def pull_back(
    expression: Expression, targets: Sequence[Expression], upstream: Expression | None = None
) -> list[Expression]:
    """Return the raw gradients by some nodes of a scalar expression, or of any expression given `upstream`."""
    if upstream is None:
        if expression.shape:
            raise CalculusError(f"a gradient is of a scalar; this is {show(expression.shape)}: use jacobian, or sum it")
        upstream = constant(1)
    wanted = set(targets)
    relevant: set[Expression] = set()  # nodes that depend on a target, and the targets
    order = list(walk(expression))
    for node in order:
        if node in wanted or any(a in relevant for a in node.arguments):
            relevant.add(node)
    delta: dict[Expression, Expression] = {expression: upstream}
    for node in reversed(order):
        if node not in relevant or node not in delta or not any(a in relevant for a in node.arguments):
            continue
        operation = node.operation
        if operation.pullback is None:
            raise CalculusError(f"{operation.name} has no pullback: its derivative is not known here")
        contributions = operation.pullback(delta[node], node, *node.arguments, *node.parameters)
        for argument, contribution in zip(node.arguments, contributions, strict=False):
            if argument in relevant and contribution is not None:
                delta[argument] = delta[argument] + contribution if argument in delta else contribution
    return [delta[t] if t in delta else _zeros_like(t) for t in targets]


def _zeros_like(target: Expression) -> Expression:
    """Return zeros: no path leads from the target to the expression, so they are independent."""
    return zeros(*target.shape) if target.shape else constant(0)
