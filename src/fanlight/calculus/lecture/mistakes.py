"""Mistakes of a chain rule: backpropagation with one rule altered, whose result is compared with a learner's gradient.

Where the altered gradient has the learner's values, the alteration is the mistake: a factor f'(z) left out or another
in its place, a path that is not counted, a pullback without its transpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, symbols_of, walk
from fanlight.calculus.lecture.alterations import Alteration, alterations, relevant_nodes
from fanlight.calculus.numeric import bind, pull_back_value, values_of
from fanlight.errors import CalculusError

Array = NDArray[Any]


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
    for alteration in alterations(expression, target):
        if _same((graph.gradient(alteration) for graph in graphs), learner_values):
            return alteration.reason
    for search in (_find_product_of_slopes, _find_slope_of_constant, _find_slope_at_slope, find_early_stop):
        reason = search(expression, target, points, learner_values)
        if reason is not None:
            return reason
    return None


def find_other_gradient(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the symbol, or the inner vector, of which a learner's formula is the gradient."""
    others = [s for s in symbols_of(expression).values() if s is not target and len(s.shape) != 1]
    inner = [n for n in walk(expression) if n.arguments and n.shape and n in relevant_nodes(expression, target)]
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
        self.relevant = relevant_nodes(expression, target)

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


def find_early_stop(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the inner node whose gradient the learner's formula is."""
    for node in walk(expression):
        if not node.arguments or node is expression or node not in relevant_nodes(expression, target):
            continue
        values = [_Graph(expression, node, point).gradient(Alteration("")) for point in points]
        if _same(values, learner_values):
            return f"the chain stops early: it is the gradient by {node}, not by {target}"
        above = relevant_nodes(expression, node) - {node}
        if node.shape or all(outer.operation.name in _LINEAR for outer in above):
            continue
        values = [_Graph(node, target, point).gradient(Alteration("")) for point in points]
        if _same(values, learner_values):
            return f"the chain starts late: it is the gradient of {node} alone"
    return None


def _find_product_of_slopes(
    expression: Expression, target: Expression, points: Sequence[Mapping[str, Array]], learner_values: Sequence[Array]
) -> str | None:
    """Name the elementwise product, or quotient, of which the derivatives are multiplied, or divided."""
    relevant = relevant_nodes(expression, target)
    for node in walk(expression):
        name = node.operation.name
        if name not in ("multiply", "divide") or not all(a in relevant for a in node.arguments):
            continue
        if node.shape not in ((), target.shape) or any(a.shape != node.shape for a in node.arguments):
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
    relevant = relevant_nodes(expression, target)
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
    """Name the function whose slope, or value, is taken at the slope of its argument: cos(2 * x) for sin(x**2)."""
    relevant = relevant_nodes(expression, target)
    for node in walk(expression):
        is_power = node.operation.name == "power" and node.arguments[1].operation.name == "constant"
        slope = node.operation.derivative
        if node not in relevant or node.shape not in ((), target.shape) or (slope is None and not is_power):
            continue
        inner, *exponents = node.arguments
        local: dict[str, list[Array | None]] = {"": [], "'": []}
        for point in points:
            at = gradient_value(inner, target, point)
            up = gradient_value(expression, node, point)
            with np.errstate(all="ignore"):
                value = np.asarray(node.operation.value(at, *(e.parameters[0] for e in exponents)))
                local[""].append(up * value)
                if slope is not None:
                    local["'"].append(up * np.asarray(slope(at, value)))
        for prime, values in local.items():
            if values and _same(values, learner_values):
                name = node.operation.name
                if is_power:
                    return f"a rule is wrong: in ∂({node}) stands ∂({inner}) as a factor, not as the base of the power"
                return f"a rule is wrong: ∂{node} = {name}'({inner}) * ∂({inner}), not {name}{prime}(∂({inner}))"
    return None
