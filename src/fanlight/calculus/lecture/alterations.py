"""Typical mistakes in backpropagation: a missing factor, a wrong factor, a missing path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, constant, function, walk
from fanlight.calculus.lecture.wrong_rules import ONLY_OF, WRONG_FACTORS, WRONG_PULLBACKS, Pullback, rule_of
from fanlight.calculus.products import negate
from fanlight.calculus.rewritings import mean_of

Array = NDArray[Any]


class Alteration(NamedTuple):
    """A wrong backpropagation.

    Attributes
    ----------
    reason : str
        The message for a learner whose gradient has the values of this backpropagation.
    pullbacks : mapping of Expression to callable
        Wrong rules for nodes of one argument.
    blocked_edges : set of (Expression, int)
        Edges, as a node and the number of an argument, that pass no gradient.
    edges : mapping of (Expression, int) to callable
        Wrong rules for edges, from the upstream gradient and the values of the node's arguments.
    """

    reason: str
    pullbacks: Mapping[Expression, Pullback] = {}
    blocked_edges: frozenset[tuple[Expression, int]] = frozenset()
    edges: Mapping[tuple[Expression, int], Callable[[Any, Sequence[Any]], Any]] = {}


def denominators(expression: Expression) -> set[Expression]:
    """Return the divisors and all nodes below them."""
    return {n for node in walk(expression) if node.operation.name == "divide" for n in walk(node.arguments[1])}


def relevant_nodes(expression: Expression, target: Expression) -> set[Expression]:
    """Return the target and the nodes that depend on it."""
    relevant: set[Expression] = set()
    for node in walk(expression):
        if node is target or any(a in relevant for a in node.arguments):
            relevant.add(node)
    return relevant


def alterations(expression: Expression, target: Expression) -> Iterator[Alteration]:
    """Yield wrong backpropagations of an expression to a target, the most usual mistake first."""
    relevant = relevant_nodes(expression, target)
    nodes = [node for node in walk(expression) if node in relevant and node is not target and node.arguments]
    elementwise = [node for node in nodes if node.operation.derivative is not None]
    groups = [[node] for node in elementwise]
    names = {node.operation.name for node in elementwise}
    same = [[n for n in elementwise if n.operation.name == name] for name in sorted(names)]
    groups += [group for group in [*same, elementwise] if len(group) > 1]
    for group in groups:
        factors = " and ".join(dict.fromkeys(f"{n.operation.name}'({n.arguments[0]})" for n in group))
        yield Alteration(f"a factor is missing: {factors}", {n: lambda up, y, x: up for n in group})
    yield from _wrong_products(nodes, relevant)
    yield from _reductions(nodes, relevant, target)
    squared = {n.arguments[0] for n in nodes if n.operation.name == "power" and n.arguments[1] is constant(2)}
    for node in nodes:
        if node.operation.name == "norm" and node in squared:  # `_wrong_powers` has mistakes about norm(x)**2
            continue
        for text, rule in WRONG_PULLBACKS.get(node.operation.name, ()):
            yield Alteration("a rule is wrong: " + rule_of(text, node), {node: rule})
    yield from _wrong_powers(nodes, denominators(expression))
    for group in groups:
        for text, factor in WRONG_FACTORS:
            if group[0].operation.name in ONLY_OF.get(text, (group[0].operation.name,)):
                yield Alteration(_wrong_factor(group[0], text), dict.fromkeys(group, _with_factor(factor)))
    for node in elementwise:
        slope = node.operation.derivative
        rule = _with_factor(lambda x, y, slope=slope: slope(x, y) ** 2)  # type: ignore[misc]
        yield Alteration(f"a factor too many: right without {node.operation.name}'({node.arguments[0]})", {node: rule})
    yield from _paths(nodes, relevant, target)


def _reductions(nodes: Sequence[Expression], relevant: set[Expression], target: Expression) -> Iterator[Alteration]:
    """Omit paths through means, norms and standard deviations, mistaken for constants."""
    means = [node for node in nodes if node.operation.name == "sum" and node.arguments[0] is target]
    deviations = [node for node in nodes if node.operation.name in ("sqrt", "norm") and not node.shape]
    for group in (deviations, means, [*means, *deviations]):
        if group and set(group) != {nodes[-1]}:
            named = {node: mean_of(node.arguments[0]) for node in group if node.operation.name == "sum"}
            shown = " and ".join(str(named[node] if named.get(node) in nodes else node) for node in group)
            blocked_edges = frozenset((node, 0) for node in group)
            yield Alteration(f"a path is missing: {target} acts also through {shown}", blocked_edges=blocked_edges)


def _wrong_products(nodes: Sequence[Expression], relevant: set[Expression]) -> Iterator[Alteration]:
    """Omit a square matrix in the pullback of a product, or its transpose, or factors of an elementwise product."""
    for node in nodes:
        if node.operation.name in ("maximum", "minimum"):
            yield from _wrong_choices(node, relevant)
        if node.operation.name == "multiply" and all(a in relevant and a.shape == node.shape for a in node.arguments):
            yield from _wrong_product_rule(node)
    for node in nodes:
        if node.operation.name != "matmul" or not all(a.shape for a in node.arguments):
            continue
        matrix, inner = node.arguments
        if inner in relevant and matrix.shape[0] == matrix.shape[1]:
            turned = str(matrix.T)
            yield Alteration(
                f"a factor is missing: {turned} @, on the way back through {node}",
                edges={(node, 1): lambda up, arguments: up},
            )
            yield Alteration(
                f"a transpose is missing: {turned} on the way back through {node}",
                edges={(node, 1): lambda up, arguments: arguments[0] @ up},
            )


def _wrong_choices(node: Expression, relevant: set[Expression]) -> Iterator[Alteration]:
    """Omit the indicator in the derivative of a maximum or minimum, or replace it with the maximum or minimum."""
    is_largest = node.operation.name == "maximum"
    for place, chosen in enumerate(node.arguments):
        other = node.arguments[1 - place]
        if chosen not in relevant or other in relevant or chosen.shape != node.shape:
            continue
        lead = chosen if other.parameters == (0,) else chosen - other
        indicator = function("step")(lead if is_largest else negate(lead))
        yield Alteration(f"a factor is missing: {indicator}", edges={(node, place): lambda up, arguments: up})
        reason = f"a factor is wrong: ∂{node} is {indicator}, not {node}"
        yield Alteration(reason, edges={(node, place): partial(_times_value, node)})


def _times_value(node: Expression, up: Array, arguments: Sequence[Array]) -> Array:
    return np.asarray(up * node.operation.value(*arguments))


def _wrong_product_rule(node: Expression) -> Iterator[Alteration]:
    """Omit the other factor of an elementwise product, in one term of the product rule or in both."""
    left, right = (str(a) if not a.arguments or "(" in str(a)[1:] else f"({a})" for a in node.arguments)
    rule = f"∂({node}) = ∂{left} * {right} + {left} * ∂{right}"
    edges = {(node, i): lambda up, arguments: up for i in (0, 1)}
    for (_, place), edge in edges.items():
        yield Alteration(f"a factor is missing: {(right, left)[place]} in {rule}", edges={(node, place): edge})
    yield Alteration(f"a rule is wrong: {rule}, not ∂{left} + ∂{right}", edges=edges)


def _wrong_powers(nodes: Sequence[Expression], divisors: set[Expression]) -> Iterator[Alteration]:
    for node in nodes:
        if node.operation.name == "power" and node.arguments[0].operation.name == "constant":
            a, x = node.arguments
            reason = f"a rule is wrong: ∂({node}) = log({a}) * {node}, not {x} * {a}**({x} - 1)"
            yield Alteration(reason, edges={(node, 1): lambda up, v: up * v[1] * v[0] ** (v[1] - 1)})
        if node.operation.name != "power" or node.arguments[1].operation.name != "constant":
            continue
        p = node.arguments[1].parameters[0]
        base = str(node).rpartition("**")[0]  # with the parentheses that a power needs
        powers = [f"{base}**{q}" if q != 1 else base for q in (p - 1, p)]
        right = f"∂({node}) = {p} * {powers[0]}"
        yield Alteration(f"a factor is missing: {right}", {node: lambda up, y, x: up})
        if p == 2 and node.arguments[0].operation.name == "norm":  # the derivative of norm(x)**2 is the vector 2 * x
            vector = Expression.node(node.operation, (node.arguments[0].arguments[0], constant(1)))
            powers = [str(vector).rpartition("**")[0], f"{base} * {str(vector).rpartition('**')[0]}"]
            right = f"∂({node}) = 2 * {powers[0]}"
        yield Alteration(f"a rule is wrong: {right}, not {powers[0]}", {node: _power(1, p - 1)})
        if node not in divisors:  # a divisor's quotient rule has other powers of the base
            yield Alteration(f"a rule is wrong: {right}, not {p} * {powers[1]}", {node: _power(p, p)})
        if p != 2:
            yield Alteration(f"a rule is wrong: {right}, not {p} * {base}", {node: _power(p, 1)})


def _power(coefficient: float, exponent: float) -> Pullback:
    return lambda up, y, x: up * coefficient * x ** float(exponent)


def _with_factor(factor: Callable[[Any, Any], Any]) -> Pullback:
    def pullback(up: Array, y: Array, x: Array) -> Array:
        value = np.asarray(factor(x, y))
        if not value.any() and np.any(y):
            raise ValueError("a factor of zeros is no mistake that anybody makes")
        return np.asarray(up * value)

    return pullback


def _wrong_factor(node: Expression, text: str) -> str:
    name, argument = node.operation.name, str(node.arguments[0])
    shown = argument if argument.isidentifier() else f"({argument})"
    mine = text.format(x=argument if "({x})" in text else shown, y=node)
    derivative = node.operation.derivative
    right = derivative(node.arguments[0], node) if derivative is not None else ""
    return f"a factor is wrong: {name}'({argument}) is {right}, not {mine}"


def _paths(nodes: Sequence[Expression], relevant: set[Expression], target: Expression) -> Iterator[Alteration]:
    """Omit one path to the result, then all paths but one from the target or from a node with several users."""
    edges = [(node, i) for node in nodes for i, a in enumerate(node.arguments) if a in relevant]
    for node, i in edges:
        yield Alteration(
            f"a path is missing: {target} acts also through {node.arguments[i]} in {node}",
            blocked_edges=frozenset({(node, i)}),
        )
    places = [(node, i) for node, i in edges if node.arguments[i] is target]
    for edge in places:
        yield Alteration(
            f"only the path through {edge[0]} is counted: {target} acts in {len(places)} places",
            blocked_edges=frozenset(set(places) - {edge}),
        )
    splits: dict[Expression, list[tuple[Expression, int]]] = {}
    for node, i in edges:
        splits.setdefault(node.arguments[i], []).append((node, i))
    for inner, uses in splits.items():
        if len(uses) > 2 and inner is not target:
            for edge in uses:
                yield Alteration(
                    f"only the path through {edge[0]} is counted: {inner} acts in {len(uses)} places",
                    blocked_edges=frozenset(set(uses) - {edge}),
                )
