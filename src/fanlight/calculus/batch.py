"""Vectorisation: expressions for one example as expressions for a batch of N examples.

The column (n, 1) of an example becomes a row of the batch (N, n): ``W @ x + b`` becomes ``x @ W.T + b.T``. A score
becomes a column (N, 1). Gradients need no further rules: the gradient of ``x @ W.T`` by W is ``delta.T @ x``, the sum
over the examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fanlight.calculus.expressions import Expression, eye, ones, rebuilt, symbol, walk
from fanlight.calculus.operations import apply
from fanlight.calculus.rewritings import count_of
from fanlight.calculus.shapes import ONE, Dimension, dimension, show
from fanlight.errors import CalculusError

_ARITHMETIC = {"add", "subtract", "multiply", "divide", "power", "negative", "maximum", "minimum"}


def vectorise(expression: Expression, over: Mapping[str, str | Dimension]) -> Expression:
    """Vectorise an expression over N examples.

    Parameters
    ----------
    expression : Expression
        A scalar, column or row for one example.
    over : mapping of str to str
        The names of the symbols that differ between examples, with the letter for the number of examples, the same for
        all of them. Each symbol becomes a matrix with one row per example.

    Returns
    -------
    Expression
        (N, n) for a column or row of length n, (N, 1) for a scalar.

    Raises
    ------
    CalculusError
        The expression has a matrix per example, or depends on none of the symbols, or `over` has several letters.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> e = parse("tanh(W @ x + b)", {"W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)})
    >>> str(vectorise(e, {"x": "N"}))
    'tanh(x @ W.T + b.T)'
    """
    if len(set(over.values())) != 1:
        raise CalculusError(f"one letter has to count the examples, not {sorted(set(map(str, over.values())))}")
    count = dimension(next(iter(over.values())))
    done: dict[Expression, Expression] = {}
    for node in walk(expression):
        if node.operation.name == "symbol" and node.name in over:
            done[node] = symbol(node.name, (count, _length(node)), node.parameters[2])
        elif any(a in done for a in node.arguments):
            done[node] = _vectorise_node(node, done, count)
    if expression not in done:
        raise CalculusError(f"{expression} is the same for every example: none of {', '.join(over)} occurs in it")
    return done[expression]


def substitute(expression: Expression, replacements: Mapping[str, Expression]) -> Expression:
    """Replace symbols, given by name, with expressions.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> e = parse("W @ x", {"W": ("m", "n"), "x": ("n", 1)})
    >>> str(substitute(e, {"x": parse("tanh(z)", {"z": ("n", 1)})}))
    'W @ tanh(z)'
    """
    done: dict[Expression, Expression] = {}
    for node in walk(expression):
        if node.operation.name == "symbol":
            done[node] = replacements.get(node.name, node)
        else:
            done[node] = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
    return done[expression]


def sum_over(expression: Expression, selector: Expression) -> Expression:
    """Sum an expression over all values of an index.

    Parameters
    ----------
    expression : Expression
        A scalar for each value of the index.
    selector : Expression
        The symbol (n, 1) in `expression` that represents the one-hot column of the index.

    Raises
    ------
    CalculusError
        The expression is not a scalar, or has a matrix for each value of the index.
    """
    if expression.shape:
        raise CalculusError(f"what is summed over an index is a scalar; this is {show(expression.shape)}")
    length = selector.shape[0]
    if selector not in set(walk(expression)):
        return count_of(selector) * expression
    terms = vectorise(expression, {selector.name: length})
    return _apply("sum", without_identities(substitute(terms, {selector.name: eye(length)})))


def without_identities(expression: Expression) -> Expression:
    """Remove factors of one, identity matrices, double transposes, and redundant reshapes."""
    done: dict[Expression, Expression] = {}
    for node in walk(expression):
        outcome = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
        match outcome.operation.name:
            case "matmul" if all(a.shape for a in outcome.arguments):
                factors = [a for a in outcome.arguments if a.operation.name != "eye"] or [outcome.arguments[0]]
            case "multiply":
                factors = [a for a in outcome.arguments if a.parameters != (1,)] or [outcome.arguments[0]]
                factors = [a for a in factors if a.operation.name != "ones"] or factors
            case "transpose" if outcome.arguments[0].operation.name == "transpose":
                factors = [outcome.arguments[0].arguments[0]]
            case "transpose" if outcome.arguments[0].operation.name == "eye":
                factors = [outcome.arguments[0]]
            case "reshape" if outcome.arguments[0].operation.name == "reshape":
                outcome = Expression.node(outcome.operation, outcome.arguments[0].arguments, outcome.parameters)
                factors = [*outcome.arguments]
            case "reshape":
                factors = [*outcome.arguments]
            case _:
                factors = []
        done[node] = factors[0] if len(factors) == 1 and factors[0].shape == node.shape else outcome
    return done[expression]


def hoist(expression: Expression) -> Expression:
    """Gather rows after the product: ``rows(V, i) @ A`` becomes ``rows(V @ A, i)``.

    The product is then computed once for each row of V, not once for each entry of i.
    """
    done: dict[Expression, Expression] = {}
    for node in walk(expression):
        outcome = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
        if outcome.operation.name == "matmul" and outcome.arguments[0].operation.name == "rows":
            table, index = outcome.arguments[0].arguments
            outcome = apply("rows", table @ outcome.arguments[1], index)
        done[node] = outcome
    return done[expression]


def _length(node: Expression) -> Dimension:
    """Return the number of entries of an example's scalar, column or row; raise CalculusError for a matrix."""
    if not node.shape:
        return ONE
    if len(node.shape) == 2 and ONE in node.shape:
        return node.shape[0] if node.shape[1] == ONE else node.shape[1]
    raise CalculusError(
        f"{node} is a {show(node.shape)} matrix for each example: only scalars and vectors can be batched"
    )


def _vectorise_node(node: Expression, done: Mapping[Expression, Expression], count: Dimension) -> Expression:
    name, arguments = node.operation.name, node.arguments
    _length(node)  # raises for a matrix per example
    if name in _ARITHMETIC or node.operation.derivative is not None:
        return rebuilt(node, [done[a] if a in done else _as_row(a) for a in arguments])
    if name == "transpose":
        return done[arguments[0]]
    if name == "matmul":
        a, b = arguments
        if not a.shape or not b.shape:
            return _apply("multiply", *(done[x] if x in done else _as_row(x) for x in arguments))
        if a in done and b in done:
            return _apply("row_sums", done[a] * done[b])
        return done[a] @ b if a in done else done[b] @ a.T
    if name in _REDUCED:
        return _REDUCED[name](done[arguments[0]])
    if name == "vstack":
        column = ones(count, 1)
        return _apply("hstack", *(done[a] if a in done else column @ _as_row(a) for a in arguments))
    if name == "slice" and arguments[0].shape[1] == ONE:
        return done[arguments[0]][:, node.parameters[0] : node.parameters[1]]
    raise CalculusError(f"{name} of {', '.join(map(str, arguments))} cannot be batched")


def _as_row(node: Expression) -> Expression:
    """Transpose a column shared by all examples, so that it broadcasts over their rows."""
    return node.T if node.shape and node.shape[1] == ONE else node


def _apply(name: str, *arguments: Expression) -> Expression:
    outcome: Expression = apply(name, *arguments)
    return outcome


_REDUCED: dict[str, Callable[[Expression], Expression]] = {
    "sum": lambda x: _apply("row_sums", x),
    "tr": lambda x: x,  # of a scalar
    "softmax": lambda x: _apply("softmax_rows", x),
    "logsumexp": lambda x: _apply("logsumexp_rows", x),
    "norm": lambda x: _apply("sqrt", _apply("row_sums", x**2)),
    "norm1": lambda x: _apply("row_sums", _apply("abs", x)),
}
