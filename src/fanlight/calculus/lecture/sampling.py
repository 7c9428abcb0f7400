"""Random points for the comparison of formulas, which satisfy the assumptions and avoid kinks and undefined values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, context_of, walk
from fanlight.calculus.numeric import bind, evaluate, kinks_near, values_of
from fanlight.errors import CalculusError

Array = NDArray[Any]
_LARGEST_CONDITION = 1e10  # largest condition number of a matrix with a reliable inverse


def random_point(
    expression: Expression, other: Expression | None, lengths: Mapping[str, int], seed: int, smallest: int = 3
) -> dict[str, Array]:
    """Draw a value for each symbol that satisfies its assumption; letters not in `lengths` get different lengths.

    Parameters
    ----------
    expression, other : Expression
        The expressions whose symbols get values.
    lengths : mapping of str to int
        Lengths of dimension letters.
    seed : int
    smallest : int
        Lower bound of the lengths.

    Returns
    -------
    dict of str to float array, or int array (N,) of row numbers
    """
    return _draw_point(expression, other, lengths, np.random.default_rng(seed), smallest=smallest)


def smooth_point(expression: Expression, other: Expression | None, seed: int, smallest: int = 3) -> dict[str, Array]:
    """Draw a point where the expression is finite and has a derivative.

    Entries are normally distributed; from attempt 20 on they are also positive, and square matrices also get a dominant
    diagonal, so that determinants, logarithms and roots are defined. X.T @ X is invertible for tall X, X @ X.T for wide
    X: the letters' lengths decrease in every other attempt and increase in the others.

    Raises
    ------
    CalculusError
        The expression has no finite value at the last of 60 points.
    """
    finite = False
    for attempt in range(60):
        rng = np.random.default_rng(seed + 1000 * attempt)
        positive, dominant = attempt >= 20 and attempt % 2 == 0, attempt >= 20 and attempt % 4 < 2
        lengths = _lengths(expression, other, smallest)
        lengths = dict(zip(lengths, [*lengths.values()][:: -1 if attempt % 2 else 1], strict=True))
        point = _draw_point(expression, other, lengths, rng, smallest=smallest, positive=positive, dominant=dominant)
        try:
            values = values_of(expression, point)
        except np.linalg.LinAlgError:
            continue
        finite = all(np.isfinite(value).all() for value in values.values())
        if finite and not _has_singular(values) and not kinks_near(expression, point):
            return point
    if not finite:
        raise CalculusError(f"{expression} has no finite value at the points tried: an --assume may help")
    return point


def has_kinks(expression: Expression) -> bool:
    """Tell whether the derivative has jumps, so that formulas must be compared at more points."""
    names = ("step", "max", "min", "maximum", "minimum")
    return any(node.operation.kinks or node.operation.name in names for node in walk(expression))


def with_fact(value: Array, fact: str, rng: np.random.Generator) -> Array:
    """Return a value that satisfies an assumption, derived from a value that need not.

    Parameters
    ----------
    value : float array (m, n) or ()
    fact : str
        One of `ASSUMPTIONS`.
    rng : numpy.random.Generator
    """
    match fact:
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
            return np.asarray(np.eye(value.size)[rng.integers(value.size)].reshape(value.shape))
        case "onehot_rows":
            return np.asarray(np.eye(value.shape[1])[rng.integers(value.shape[1], size=value.shape[0])])
    return value


def fits_fact(value: Array, fact: str) -> bool:
    """Tell whether the shape of a value allows an assumption."""
    if fact in ("spd", "sym", "invertible"):
        return value.ndim == 2 and value.shape[0] == value.shape[1] > 1
    if fact == "onehot":
        return value.ndim == 2 and 1 in value.shape
    return fact != "onehot_rows" or (value.ndim == 2 and 1 not in value.shape)


def _draw_point(
    expression: Expression,
    other: Expression | None,
    lengths: Mapping[str, int],
    rng: np.random.Generator,
    *,
    smallest: int = 3,
    positive: bool = False,
    dominant: bool = False,
) -> dict[str, Array]:
    symbols = _symbols(expression, other)
    sizes = _lengths(expression, other, smallest) | dict(lengths)
    point: dict[str, Array] = {}
    for name, s in symbols.items():
        shape = [d.value(sizes) for d in s.shape]
        if len(shape) == 1:
            continue
        value = np.asarray(rng.normal(size=shape))
        value = np.abs(value) + 0.1 if positive else value
        if dominant and fits_fact(value, "spd"):
            value = value + 2 * np.sqrt(len(value)) * np.eye(len(value))
        point[name] = with_fact(value, s.parameters[2] or "", rng)
    return point | _row_numbers(expression, sizes, rng)


def _symbols(expression: Expression, other: Expression | None) -> dict[str, Expression]:
    return {**(context_of(other) if other is not None else {}), **context_of(expression)}


def _lengths(expression: Expression, other: Expression | None, smallest: int) -> dict[str, int]:
    """Return the lengths of the letters, decreasing in alphabetical order."""
    letters = sorted({a for s in _symbols(expression, other).values() for d in s.shape for a in d.letters})
    return {letter: smallest + len(letters) - i for i, letter in enumerate(letters)}


def _has_singular(values: Mapping[Expression, Array]) -> bool:
    """Tell whether the argument of an inv or logdet is nearly singular."""
    matrices = (values[e.arguments[0]] for e in values if e.operation.name in ("inv", "logdet"))
    return any(matrix.ndim == 2 and np.linalg.cond(matrix) > _LARGEST_CONDITION for matrix in matrices)


def _row_numbers(expression: Expression, sizes: Mapping[str, int], rng: np.random.Generator) -> dict[str, Array]:
    """Draw row numbers that are valid for all their tables, and non-decreasing offsets."""
    nodes = list(walk(expression))
    limits: dict[Expression, int] = {}
    for node in nodes:
        match node.operation.name:
            case "rows" | "bag":
                index, count = node.arguments[1], node.arguments[0].shape[0]
            case "onehot" | "onehot_rows" | "scatter_rows" | "scatter_bag":
                index, count = node.arguments[-1 if "onehot" in node.operation.name else 1], node.parameters[0]
            case _:
                continue
        if len(index.shape) == 1:
            limits[index] = min(limits.get(index, count.value(sizes)), count.value(sizes))
    numbers = {i.name: rng.integers(limit, size=i.shape[0].value(sizes)) for i, limit in limits.items()}
    for index, offsets in {tuple(node.arguments[-2:]) for node in nodes if "bag" in node.operation.name}:
        entries = len(numbers[index.name])
        bounds = np.sort(rng.integers(entries + 1, size=offsets.shape[0].value(sizes)))
        bounds[0], bounds[-1] = 0, entries
        numbers[offsets.name] = bounds
    return numbers


def value_at(expression: Expression, point: Mapping[str, Array]) -> Array:
    """Return the value of an expression, with NaN entries if a matrix is singular."""
    try:
        return np.asarray(evaluate(expression, point))
    except np.linalg.LinAlgError:
        _, lengths = bind({n: s for n, s in context_of(expression).items() if n in point}, point)
        return np.full([d.value(lengths) for d in expression.shape], np.nan)
