"""Is a learner's gradient right, and if not, why (lecture L20).

Formulas are compared by value at random points, for two sets of dimensions, so that any way of writing the right thing
is right, and a coincidence of sizes deceives nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.derivatives import target_of
from fanlight.calculus.expressions import Expression, context_of, remember
from fanlight.calculus.gradient import gradient
from fanlight.calculus.numeric import central_differences, evaluate, kinks_near
from fanlight.calculus.shapes import show
from fanlight.errors import CalculusError

Array = NDArray[Any]
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Verdict:
    """The answer to a learner.

    Attributes
    ----------
    right : bool
    reasons : list of str
        What is wrong, the most telling first; empty if nothing is.
    expected : Expression
        The gradient.
    differs : list of (tuple of int, float, float)
        (entry, given, right) where they differ most, at one of the points.
    """

    right: bool
    reasons: list[str]
    expected: Expression
    differs: list[tuple[tuple[int, ...], float, float]] = field(default_factory=list)

    def __str__(self) -> str:
        if self.right:
            return f"right: the gradient is {self.expected}"
        lines = [f"not right: {self.reasons[0]}", *(f"  {reason}" for reason in self.reasons[1:])]
        lines += [f"  entry {list(place)}: yours {a:.6g}, right {b:.6g}" for place, a, b in self.differs]
        return "\n".join(lines)


def check(expression: Expression, wrt: str | Expression, given: Expression, seed: int = 0) -> Verdict:
    """Compare a learner's gradient with the right one.

    Parameters
    ----------
    expression : Expression
        A scalar.
    wrt : name or symbol
    given : Expression
        The learner's gradient, in the same symbols.
    seed : int
        Of the random points.

    Raises
    ------
    CalculusError
        The expression has no gradient.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> shapes = {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1)}
    >>> print(check(parse("u.T @ (W @ x)", shapes), "W", parse("x @ u.T", shapes)))
    not right: its shape is n × m, but W is m × n: it is the transpose of the right one
    """
    target = target_of(expression, wrt)
    expected = gradient(expression, target)
    points = [_smooth_point(expression, given, seed + i, smallest) for i, smallest in enumerate((3, 5, 4))]
    pairs = []
    for point in points:
        right = _confirmed(expression, target, expected, point)
        pairs.append((np.asarray(evaluate(given, point)), right))
    if all(a.shape == b.shape and _close(a, b) for a, b in pairs):
        return Verdict(True, [], expected)
    reasons = list(_reasons(given, target, pairs))
    mine, right = pairs[0]
    differs: list[tuple[tuple[int, ...], float, float]] = []
    if mine.shape == right.shape and not reasons:
        wrong = np.abs(mine - right)
        for place in np.argsort(-wrong, axis=None)[:3]:
            entry = tuple(int(i) for i in np.unravel_index(place, right.shape))
            if wrong[entry] > TOLERANCE:
                differs.append((entry, float(mine[entry]), float(right[entry])))
        share = int((wrong > TOLERANCE * np.maximum(1, np.abs(right))).sum())
        term = _only_if_symmetric(given, expected, points) or _missing_term(given, expected, points, pairs)
        reasons = [term] if term else []
        reasons.append(f"{share} of {right.size} entries differ, by up to {wrong.max():.3g}")
    return Verdict(False, reasons, expected, differs)


def random_point(
    expression: Expression, other: Expression | None, lengths: Mapping[str, int], seed: int, smallest: int = 3
) -> dict[str, Array]:
    """Draw a value for each symbol that respects what is assumed of it; letters not in `lengths` get different ones."""
    rng = np.random.default_rng(seed)
    symbols = {**(context_of(other) if other is not None else {}), **context_of(expression)}
    letters = sorted({letter for s in symbols.values() for d in s.shape for letter in d.letters})
    sizes = {letter: smallest + len(letters) - i for i, letter in enumerate(letters)} | dict(lengths)
    return {
        name: _drawn([d.value(sizes) for d in s.shape], s.parameters[2], rng)
        for name, s in symbols.items()
        if len(s.shape) != 1
    }


def _smooth_point(expression: Expression, other: Expression, seed: int, smallest: int) -> dict[str, Array]:
    """Draw a point that is away from kinks, if one is found: there both formulas have one right value."""
    for attempt in range(50):
        point = random_point(expression, other, {}, seed + 1000 * attempt, smallest)
        if not kinks_near(expression, point):
            break
    return point


def _drawn(shape: list[int], assumed: str | None, rng: np.random.Generator) -> Array:
    value = rng.normal(size=shape)
    match assumed:
        case "spd":
            return np.asarray(value @ value.T + len(value) * np.eye(len(value)))
        case "sym":
            return np.asarray(value + value.T)
        case "invertible":
            return np.asarray(value + 2 * np.sqrt(len(value)) * np.eye(len(value)))
        case "positive":
            return np.asarray(np.abs(value) + 0.1)
        case "pm1":
            return np.where(value > 0, 1.0, -1.0)
        case "bit":
            return np.where(value > 0, 1.0, 0.0)
        case "onehot":
            return np.asarray(np.eye(value.size)[rng.integers(value.size)].reshape(shape))
        case "onehot_rows":
            return np.asarray(np.eye(shape[1])[rng.integers(shape[1], size=shape[0])])
    return np.asarray(value)


def _confirmed(expression: Expression, target: Expression, expected: Expression, point: dict[str, Array]) -> Array:
    """Return the derived gradient's value, after central differences have confirmed it."""
    derived = evaluate(expected, point)
    x = point[target.name]
    if x.size <= 64:
        numeric = central_differences(lambda y: float(evaluate(expression, {**point, target.name: y})), x)
        if not np.allclose(derived, numeric, rtol=1e-4, atol=1e-5):
            kinks = kinks_near(expression, point)
            why = f"it has no derivative where it was tried: {', '.join(kinks)}" if kinks else "is it smooth there?"
            raise CalculusError(f"the gradient of {expression} by {target} could not be confirmed: {why}")
    return derived


def _close(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE))


def _reasons(given: Expression, target: Expression, pairs: list[tuple[Array, Array]]) -> list[str]:
    """Say what is wrong as a whole: shape, layout, sign, factor."""

    def everywhere(relation: Any) -> bool:
        return all(relation(a, b) for a, b in pairs)

    if any(a.shape != b.shape for a, b in pairs):
        start = f"its shape is {show(given.shape)}, but {target} is {show(target.shape)}"
        if everywhere(lambda a, b: a.ndim == 2 and a.T.shape == b.shape and _close(a.T, b)):
            if target.shape and str(target.shape[1]) == "1":
                return [
                    f"{start}: it is right as a Jacobian (a row); the shape convention wants its transpose, a column"
                ]
            return [f"{start}: it is the transpose of the right one"]
        if everywhere(lambda a, b: a.ndim == 2 and a.T.shape == b.shape):
            return [f"{start}: a transpose would mend the shape, not the values"]
        return [start]
    if everywhere(lambda a, b: _close(-a, b)):
        return ["the sign is wrong: it is minus the right one"]
    if everywhere(lambda a, b: a.ndim == 2 and a.shape[0] == a.shape[1] and _close(a.T, b)):
        return ["it is the transpose of the right one"]
    ratios = [_ratio(a, b) for a, b in pairs]
    if all(r is not None for r in ratios):
        first = ratios[0] or 0.0
        if all(abs((r or 0.0) - first) < 1e-6 * max(1, abs(first)) for r in ratios):
            return [f"right up to a constant factor: multiply it by {first:.6g}"]
        return ["right up to a factor that depends on the values: a scalar is missing or too many"]
    return []


def _ratio(a: Array, b: Array) -> float | None:
    """Return r with r a = b, if there is one."""
    norm = float((a * a).sum())
    if norm < 1e-20:
        return None
    r = float((a * b).sum()) / norm
    return r if _close(r * a, b) and abs(r) > 1e-9 else None


def _only_if_symmetric(given: Expression, expected: Expression, points: list[dict[str, Array]]) -> str | None:
    """Find a matrix whose symmetry, which nobody has declared, would make the learner's gradient right."""
    for name, values in points[0].items():
        if values.ndim != 2 or len(values) < 2 or any(p[name].shape != p[name].T.shape for p in points):
            continue
        told = [{**p, name: p[name] + p[name].T} for p in points]
        if all(_close(evaluate(given, p), evaluate(expected, p)) for p in told):
            return f"it is right only where {name} is symmetric: for any {name} it is {expected}"
    return None


def _missing_term(
    given: Expression, expected: Expression, points: list[dict[str, Array]], pairs: list[tuple[Array, Array]]
) -> str | None:
    """Find a term of the right gradient whose absence (or sign) is the whole difference."""
    for term, sign in _terms(expected):
        remember(term, context_of(expected))  # ones(n, 1) alone would not know its length
        parts = [sign * np.asarray(evaluate(term, p)) for p in points]
        if all(_close(a + part, b) for (a, b), part in zip(pairs, parts, strict=True)):
            return f"a term is missing: {'' if sign > 0 else 'minus '}{term}"
        if all(_close(a + 2 * part, b) for (a, b), part in zip(pairs, parts, strict=True)):
            return f"the sign of a term is wrong: {term}"
        if all(_close(a - part, b) for (a, b), part in zip(pairs, parts, strict=True)):
            return f"a term is counted twice: {term}"
    return None


def _terms(expression: Expression, sign: float = 1.0) -> list[tuple[Expression, float]]:
    """Split a sum, also one under a product ((A + B) @ x is A @ x + B @ x)."""
    name, arguments = expression.operation.name, expression.arguments
    if name in ("add", "subtract"):
        return _terms(arguments[0], sign) + _terms(arguments[1], sign if name == "add" else -sign)
    if name == "negative":
        return _terms(arguments[0], -sign)
    if name == "matmul":
        for side in (0, 1):
            split = _terms(arguments[side])
            if len(split) > 1:
                pairs = [(t @ arguments[1] if side == 0 else arguments[0] @ t, s * sign) for t, s in split]
                return [inner for t, s in pairs for inner in _terms(t, s)]
    if name == "multiply":
        for side in (0, 1):
            split = _terms(arguments[side])
            if len(split) > 1 and arguments[side].shape == expression.shape:
                return [(t * arguments[1 - side], s * sign) for t, s in split]
    return [(expression, sign)]
