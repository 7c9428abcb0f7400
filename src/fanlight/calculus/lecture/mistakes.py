"""Mistakes of a chain rule: backpropagation with one rule altered, whose result is compared with a learner's gradient.

Where the altered gradient has the learner's values, the alteration is the mistake: a factor f'(z) left out or another
in its place, a path that is not counted, a pullback without its transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, constant, symbols_of, walk
from fanlight.calculus.lecture.wrong_rules import ONLY_OF, WRONG_FACTORS, WRONG_PULLBACKS, Pullback, rule_of
from fanlight.calculus.numeric import bind, pull_back_value, values_of
from fanlight.calculus.rewritings import mean_of
from fanlight.errors import CalculusError

Array = NDArray[Any]


class Alteration(NamedTuple):
    """A change of backpropagation.

    Attributes
    ----------
    reason : str
        What a learner is told whose gradient has the altered values.
    pullbacks : mapping of Expression to callable
        Other rules for nodes of one argument.
    blocked_edges : set of (Expression, int)
        Edges, as a node and the number of an argument, through which nothing is passed back.
    edges : mapping of (Expression, int) to callable
        Other rules for edges: from the upstream gradient and the values of the node's arguments.
    """

    reason: str
    pullbacks: Mapping[Expression, Pullback] = {}
    blocked_edges: frozenset[tuple[Expression, int]] = frozenset()
    edges: Mapping[tuple[Expression, int], Callable[[Any, Sequence[Any]], Any]] = {}


def mistake(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the mistake in the chain rule that gives a learner's values.

    Parameters
    ----------
    expression : Expression
        A scalar.
    target : Expression
        What it was differentiated by.
    points : sequence of mappings of str to array
    given : sequence of arrays
        The learner's gradient at each point, in the target's shape.

    Returns
    -------
    str or None
        The reason, or None if no single alteration gives these values.
    """
    graphs = [_Graph(expression, target, point) for point in points]
    for alteration in _alterations(expression, target):
        if _same((graph.gradient(alteration) for graph in graphs), learner_values):
            return alteration.reason
    for search in (_find_product_of_slopes, _find_slope_of_constant, _find_slope_at_slope, _find_early_stop):
        reason = search(expression, target, points, learner_values)
        if reason is not None:
            return reason
    return None


def find_other_gradient(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the symbol, or the inner vector, of which a learner's formula is the gradient."""
    others = [s for s in symbols_of(expression).values() if s is not target and len(s.shape) != 1]
    inner = [n for n in walk(expression) if n.arguments and n.shape and n in _relevant(expression, target)]
    sources = [(expression, other, f"it is the gradient by {other}, not by {target}") for other in others]
    sources += [(n, target, f"the chain starts late: it is the gradient of {n} alone") for n in inner]
    for source, by, reason in sources:
        if _same((_Graph(source, by, point).gradient(Alteration("")) for point in points), learner_values):
            return reason
    return None


def gradient_value(expression: Expression, target: Expression, point: Mapping[str, Array]) -> Array:
    """Return the gradient by the table's pullbacks on arrays: the plain twin of evaluating `gradient`."""
    value = _Graph(expression, target, point).gradient(Alteration(""))
    if value is None:
        raise CalculusError(f"the gradient of {expression} could not be computed")
    return value


class _Graph:
    """An expression's values at a point, ready for backpropagation."""

    def __init__(self, expression: Expression, target: Expression, point: Mapping[str, Array]) -> None:
        self.expression, self.target = expression, target
        self.order = list(walk(expression))
        self.values = values_of(expression, point)
        self.lengths = bind(symbols_of(expression), point)[1]
        self.relevant = _relevant(expression, target)

    def gradient(self, alteration: Alteration) -> Array | None:
        """Return the gradient by the target under an alteration, None where it has no value of the right shape."""
        try:
            with np.errstate(all="ignore"):
                return self._gradient(alteration)
        except (ValueError, IndexError, np.linalg.LinAlgError, CalculusError, TypeError, AttributeError):
            return None

    def _gradient(self, alteration: Alteration) -> Array:
        delta: dict[Expression, Any] = {self.expression: np.ones_like(self.values[self.expression])}
        for node in reversed(self.order):
            if node not in delta or node not in self.relevant or node is self.target:
                continue
            for i, (argument, contribution) in enumerate(
                zip(node.arguments, self._contributions(node, delta[node], alteration), strict=False)
            ):
                if argument in self.relevant and contribution is not None and (node, i) not in alteration.blocked_edges:
                    delta[argument] = delta[argument] + contribution if argument in delta else contribution
        value = np.asarray(delta.get(self.target, 0.0))
        wanted = self.values[self.target].shape
        return value if value.shape == wanted else np.broadcast_to(value, wanted)

    def _contributions(self, node: Expression, upstream: Array, alteration: Alteration) -> Sequence[Any]:
        arguments = [self.values[a] for a in node.arguments]
        if node in alteration.pullbacks:
            return (alteration.pullbacks[node](upstream, self.values[node], arguments[0]),)
        contributions = pull_back_value(node, self.values, self.lengths, upstream)
        for place in range(len(contributions)):
            if (node, place) in alteration.edges:
                contributions[place] = alteration.edges[node, place](upstream, arguments)
        return contributions


def _same(altered: Iterable[Array | None], learner_values: Sequence[Array]) -> bool:
    """Tell whether altered gradients have the learner's values at all points, and not zeros alone."""
    different_from_zero = False
    for value, mine in zip(altered, learner_values, strict=True):
        if value is None or value.shape != mine.shape or not np.isfinite(value).all():
            return False
        scale = float(np.abs(value).max(initial=0))
        if not np.allclose(value, mine, rtol=1e-6, atol=1e-7 * scale):
            return False
        different_from_zero |= scale > 0
    return different_from_zero


_LINEAR = {"add", "subtract", "multiply", "divide", "negative", "transpose", "sum", "matmul"}


def _find_early_stop(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the inner node whose gradient the learner's formula is."""
    for node in walk(expression):
        if not node.arguments or node is expression or node not in _relevant(expression, target):
            continue
        values = [_Graph(expression, node, point).gradient(Alteration("")) for point in points]
        if _same(values, learner_values):
            return f"the chain stops early: it is the gradient by {node}, not by {target}"
        above = _relevant(expression, node) - {node}
        if node.shape or all(outer.operation.name in _LINEAR for outer in above):
            continue
        values = [_Graph(node, target, point).gradient(Alteration("")) for point in points]
        if _same(values, learner_values):
            return f"the chain starts late: it is the gradient of {node} alone"
    return None


def _find_product_of_slopes(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the product, or quotient, of scalars of which the derivatives are multiplied, or divided."""
    relevant = _relevant(expression, target)
    for node in walk(expression):
        name = node.operation.name
        if name not in ("multiply", "divide") or node.shape or not all(a in relevant for a in node.arguments):
            continue
        values: list[Array | None] = []
        for point in points:
            a, b = (_Graph(argument, target, point).gradient(Alteration("")) for argument in node.arguments)
            up = _Graph(expression, node, point).gradient(Alteration(""))
            if a is None or b is None or up is None:
                return None
            with np.errstate(all="ignore"):
                values.append(np.asarray(up * (a * b if name == "multiply" else a / b)))
        if _same(values, learner_values):
            left, right = (str(x) if not x.arguments or "(" in str(x)[1:] else f"({x})" for x in node.arguments)
            if name == "multiply":
                return f"a rule is wrong: ∂({node}) = ∂{left} * {right} + {left} * ∂{right}, not ∂{left} * ∂{right}"
            above = f"(∂{left} * {right} - {left} * ∂{right})"
            return f"a rule is wrong: ∂({node}) = {above} / {right}**2, not ∂{left} / ∂{right}"
    return None


def _find_slope_of_constant(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the factor that does not move with the target and is differentiated too: x**3 * y**2 is not 6 * x**2 * y."""
    relevant = _relevant(expression, target)
    multiplications = [n for n in walk(expression) if n.operation.name == "multiply" and not n.shape and n in relevant]
    for node in multiplications:
        for place, fixed in enumerate(node.arguments):
            if fixed in relevant or fixed.shape:
                continue
            for other in symbols_of(fixed).values():
                if other.shape != ():
                    continue
                slopes = [gradient_value(fixed, other, point) for point in points]
                if np.allclose(slopes, slopes[0]):  # -t is left out rather than differentiated
                    continue
                rules = [{(node, 1 - place): lambda up, arguments, slope=slope: up * slope} for slope in slopes]
                values = [
                    _Graph(expression, target, point).gradient(Alteration("", edges=rule))
                    for point, rule in zip(points, rules, strict=True)
                ]
                if _same(values, learner_values):
                    return f"a factor too many is differentiated: {fixed} does not depend on {target}"
    return None


def _find_slope_at_slope(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the function of a scalar whose slope is taken at the slope of its argument: cos(2 * x) for sin(x**2)."""
    relevant = _relevant(expression, target)
    for node in walk(expression):
        slope = node.operation.derivative
        if node not in relevant or slope is None or node.shape or target.shape:
            continue
        (inner,) = node.arguments
        values: list[Array | None] = []
        for point in points:
            at = gradient_value(inner, target, point)
            with np.errstate(all="ignore"):
                local = slope(at, node.operation.value(at))
            values.append(gradient_value(expression, node, point) * local if expression is not node else local)
        if _same(values, learner_values):
            name = node.operation.name
            return f"a rule is wrong: ∂{node} = {name}'({inner}) * ∂({inner}), not {name}'(∂({inner}))"
    return None


def _relevant(expression: Expression, target: Expression) -> set[Expression]:
    """Return the nodes that the target reaches."""
    relevant: set[Expression] = set()
    for node in walk(expression):
        if node is target or any(a in relevant for a in node.arguments):
            relevant.add(node)
    return relevant


def _alterations(expression: Expression, target: Expression) -> Iterator[Alteration]:
    relevant = _relevant(expression, target)
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
    yield from _wrong_powers(nodes)
    squared = {node.arguments[0] for node in nodes if node.operation.name == "power"}
    for node in nodes:
        if node.operation.name == "norm" and node in squared:  # of norm(x)**2 other rules are wrong
            continue
        for text, rule in WRONG_PULLBACKS.get(node.operation.name, ()):
            yield Alteration("a rule is wrong: " + rule_of(text, node), {node: rule})
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
    """Leave out the paths through means and norms, of which learners think as of constants."""
    means = [node for node in nodes if node.operation.name == "sum" and node.arguments[0] is target]
    deviations = [node for node in nodes if node.operation.name in ("sqrt", "norm") and not node.shape]
    for group in (deviations, means, [*means, *deviations]):
        if group and set(group) != {nodes[-1]}:
            named = {node: mean_of(node.arguments[0]) for node in group if node.operation.name == "sum"}
            shown = " and ".join(str(named[node] if named.get(node) in nodes else node) for node in group)
            blocked_edges = frozenset((node, 0) for node in group)
            yield Alteration(f"a path is missing: {target} acts also through {shown}", blocked_edges=blocked_edges)


def _wrong_products(nodes: Sequence[Expression], relevant: set[Expression]) -> Iterator[Alteration]:
    """Leave out a matrix on the way back, or its transpose, where the shapes allow it."""
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


def _wrong_powers(nodes: Sequence[Expression]) -> Iterator[Alteration]:
    for node in nodes:
        if node.operation.name == "power" and node.arguments[0].operation.name == "constant":
            a, x = node.arguments
            reason = f"a rule is wrong: ∂({node}) = log({a}) * {node}, not {x} * {a}**({x} - 1)"
            yield Alteration(reason, edges={(node, 1): lambda up, v: up * v[1] * v[0] ** (v[1] - 1)})
        if node.operation.name != "power" or node.arguments[1].operation.name != "constant":
            continue
        p = node.arguments[1].parameters[0]
        base = str(node).rpartition("**")[0]  # in parentheses where a power needs them
        powers = [f"{base}**{q}" if q != 1 else base for q in (p - 1, p)]
        right = f"∂({node}) = {p} * {powers[0]}"
        yield Alteration(f"a factor is missing: {right}", {node: lambda up, y, x: up})
        if p == 2 and node.arguments[0].operation.name == "norm":  # with the norm's own slope it is a vector
            vector = Expression.node(node.operation, (node.arguments[0].arguments[0], constant(1)))
            powers = [str(vector).rpartition("**")[0], f"{base} * {str(vector).rpartition('**')[0]}"]
            right = f"∂({node}) = 2 * {powers[0]}"
        yield Alteration(f"a rule is wrong: {right}, not {powers[0]}", {node: _power(1, p - 1)})
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
    """Leave out one path to the result, then all but one at the place where paths meet."""
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
