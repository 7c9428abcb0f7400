"""Mistakes in the chain rule: backpropagation with an altered rule is compared with a learner's gradient.

If the altered gradient has the learner's values, the alteration is the mistake: a missing or wrong factor f'(z), a
missing path, a missing transpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, symbols_of, walk
from fanlight.calculus.lecture.alterations import Alteration, alterations, relevant_nodes
from fanlight.calculus.numeric import bind, pull_back_value, values_of
from fanlight.errors import CalculusError

Array = NDArray[Any]
_NONE = Alteration("")


class Search:
    """A learner's values at several points, compared with altered gradients.

    Parameters
    ----------
    expression : Expression
        A scalar.
    target : Expression
        The symbol it is differentiated by.
    points : sequence of mappings of str to array
    values : sequence of arrays
        The learner's gradient at each point.
    """

    def __init__(
        self,
        expression: Expression,
        target: Expression,
        points: Sequence[Mapping[str, Array]],
        values: Sequence[Array],
    ) -> None:
        self.expression, self.target, self.points, self.values = expression, target, points, values
        self.order = list(walk(expression))
        self.relevant = relevant_nodes(expression, target)
        self._graphs: dict[tuple[Expression, Expression], list[_Graph]] = {}

    def gradients(self, source: Expression, by: Expression, alteration: Alteration = _NONE) -> Iterator[Array | None]:
        """Yield the gradient of a node by another one at each point, under an alteration."""
        if (source, by) not in self._graphs:
            self._graphs[source, by] = [_Graph(source, by, point) for point in self.points]
        return (graph.gradient(alteration) for graph in self._graphs[source, by])

    def matches(self, gradients: Iterable[Array | None]) -> bool:
        """Tell whether gradients have the learner's values at all points and are not all zero."""
        different_from_zero = False
        for value, learner_value in zip(gradients, self.values, strict=True):
            if value is None or value.shape != learner_value.shape or not np.isfinite(value).all():
                return False
            scale = float(np.abs(value).max(initial=0))
            if not np.allclose(value, learner_value, rtol=1e-6, atol=1e-7 * scale):
                return False
            different_from_zero |= scale > 0
        return different_from_zero


def find_mistake(s: Search) -> str | None:
    """Return the single mistake in the chain rule that gives the learner's values, else None."""
    for alteration in alterations(s.expression, s.target):
        if s.matches(s.gradients(s.expression, s.target, alteration)):
            return alteration.reason
    searches = (_find_product_of_slopes, _find_slope_of_constant, _find_slope_at_slope, find_early_stop)
    return next((reason for search in searches if (reason := search(s)) is not None), None)


def find_other_gradient(s: Search) -> str | None:
    """Return the reason for a gradient by another symbol or of an inner vector or matrix, else None."""
    others = [x for x in symbols_of(s.expression).values() if x is not s.target and len(x.shape) != 1]
    inner = [node for node in s.order if node.arguments and node.shape and node in s.relevant]
    sources = [(s.expression, other, f"it is the gradient by {other}, not by {s.target}") for other in others]
    sources += [(node, s.target, f"the chain starts late: it is the gradient of {node} alone") for node in inner]
    return next((reason for source, by, reason in sources if s.matches(s.gradients(source, by))), None)


def gradient_value(expression: Expression, target: Expression, point: Mapping[str, Array]) -> Array:
    """Return the gradient by the table's pullbacks on arrays, the reference for evaluating `gradient`."""
    value = _Graph(expression, target, point).gradient(_NONE)
    if value is None:
        raise CalculusError(f"the gradient of {expression} could not be computed")
    return value


class _Graph:
    """The values of an expression at a point, for backpropagation."""

    def __init__(self, expression: Expression, target: Expression, point: Mapping[str, Array]) -> None:
        self.expression, self.target = expression, target
        self.order = list(walk(expression))
        self.values = values_of(expression, point)
        self.lengths = bind(symbols_of(expression), point)[1]
        self.relevant = relevant_nodes(expression, target)

    def gradient(self, alteration: Alteration) -> Array | None:
        """Return the gradient by the target under an alteration; None if it cannot be computed in the right shape."""
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


_LINEAR = {"add", "subtract", "multiply", "divide", "negative", "transpose", "sum", "matmul"}


def find_early_stop(s: Search) -> str | None:
    """Return the reason for a gradient by an inner node, or of an inner node, else None."""
    for node in s.order:
        if not node.arguments or node is s.expression or node not in s.relevant:
            continue
        if s.matches(s.gradients(s.expression, node)):
            return f"the chain stops early: it is the gradient by {node}, not by {s.target}"
        above = relevant_nodes(s.expression, node) - {node}
        if node.shape or all(outer.operation.name in _LINEAR for outer in above):
            continue
        if s.matches(s.gradients(node, s.target)):
            return f"the chain starts late: it is the gradient of {node} alone"
    return None


def _find_product_of_slopes(s: Search) -> str | None:
    """Return the rule of a product or quotient of which the derivatives were multiplied or divided, else None."""
    for node in s.order:
        name = node.operation.name
        if name not in ("multiply", "divide") or not all(a in s.relevant for a in node.arguments):
            continue
        if node.shape not in ((), s.target.shape) or any(a.shape != node.shape for a in node.arguments):
            continue
        slopes = [s.gradients(argument, s.target) for argument in node.arguments]
        with np.errstate(all="ignore"):
            values = [
                None if a is None or b is None or up is None else up * (a * b if name == "multiply" else a / b)
                for up, a, b in zip(s.gradients(s.expression, node), *slopes, strict=True)
            ]
        if s.matches(values):
            left, right = (str(x) if not x.arguments or "(" in str(x)[1:] else f"({x})" for x in node.arguments)
            if name == "multiply":
                return f"a rule is wrong: ∂({node}) = ∂{left} * {right} + {left} * ∂{right}, not ∂{left} * ∂{right}"
            above = f"(∂{left} * {right} - {left} * ∂{right})"
            return f"a rule is wrong: ∂({node}) = {above} / {right}**2, not ∂{left} / ∂{right}"
    return None


def _find_slope_of_constant(s: Search) -> str | None:
    """Return the reason for a differentiated constant factor, as 6 * x**2 * y for x**3 * y**2 by x, else None."""
    products_of_numbers = [n for n in s.order if n.operation.name == "multiply" and not n.shape and n in s.relevant]
    for node in products_of_numbers:
        for place, fixed in enumerate(node.arguments):
            if fixed in s.relevant or fixed.shape:
                continue
            for other in symbols_of(fixed).values():
                if other.shape != ():
                    continue
                slopes = [gradient_value(fixed, other, point) for point in s.points]
                if np.allclose(slopes, slopes[0]):  # a factor such as -t is rather omitted than differentiated
                    continue
                rules = [{(node, 1 - place): lambda up, arguments, slope=slope: up * slope} for slope in slopes]
                values = (
                    _Graph(s.expression, s.target, point).gradient(Alteration("", edges=rule))
                    for point, rule in zip(s.points, rules, strict=True)
                )
                if s.matches(values):
                    return f"a factor too many is differentiated: {fixed} does not depend on {s.target}"
    return None


def _find_slope_at_slope(s: Search) -> str | None:
    """Return the reason for f' or f at the derivative of the argument, as cos(2 * x) for sin(x**2), else None."""
    for node in s.order:
        is_power = node.operation.name == "power" and node.arguments[1].operation.name == "constant"
        slope = node.operation.derivative
        if node not in s.relevant or node.shape not in ((), s.target.shape) or (slope is None and not is_power):
            continue
        inner, *exponents = node.arguments
        local: dict[str, list[Array | None]] = {"": [], "'": []}
        for point in s.points:
            at = gradient_value(inner, s.target, point)
            up = gradient_value(s.expression, node, point)
            with np.errstate(all="ignore"):
                value = np.asarray(node.operation.value(at, *(e.parameters[0] for e in exponents)))
                local[""].append(up * value)
                if slope is not None:
                    local["'"].append(up * np.asarray(slope(at, value)))
        for prime, values in local.items():
            if values and s.matches(values):
                name = node.operation.name
                if is_power:
                    return f"a rule is wrong: in ∂({node}) stands ∂({inner}) as a factor, not as the base of the power"
                return f"a rule is wrong: ∂{node} = {name}'({inner}) * ∂({inner}), not {name}{prime}(∂({inner}))"
    return None
