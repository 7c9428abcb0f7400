"""Notation of the scalar factors of a product: joined roots, and means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from fanlight.calculus.expressions import Expression, rebuilt
from fanlight.calculus.operations import TABLE
from fanlight.calculus.products import Power, entry_product, length_of, times, transpose
from fanlight.calculus.rewritings import MEANS, mean_of
from fanlight.calculus.shapes import Dimension


def join_roots(scalars: Sequence[Power]) -> list[Power]:
    """Replace ``sqrt(2) * sqrt(pi)`` with ``sqrt(2 * pi)``, for constants only."""
    outcome = list(scalars)
    for half in (Fraction(1, 2), Fraction(-1, 2)):
        roots = [power for power in outcome if power[1] == half and power[0].operation.name == "constant"]
        if len(roots) > 1:
            product = times(sorted((e for e, _ in roots), key=length_of))
            outcome = [(product, half), *(power for power in outcome if power not in roots)]
    return outcome


def with_means(scalars: Sequence[Power], core: Expression | None) -> tuple[list[Power], Expression | None]:
    """Replace sums divided by their numbers of entries with means."""
    exponents = {e: x for e, x in scalars if e.operation.name == "length"}
    results: list[Power] = []

    def take_counts(lengths: Sequence[Dimension]) -> bool:
        """Remove the lengths from the divisors and return True, if they are all divisors."""
        counts = Counter(Expression.node(TABLE["length"], (), (d,)) for d in lengths if d.letters)
        if not counts or any(exponents.get(length, 0) > -count for length, count in counts.items()):
            return False
        exponents.update({length: exponents[length] + count for length, count in counts.items()})
        return True

    def with_row_means(e: Expression) -> Expression:
        name = e.operation.name
        if name in ("row_sums", "column_sums") and take_counts(e.arguments[0].shape[name == "row_sums" :][:1]):
            return MEANS[name][1](e.arguments[0])
        if name == "divide":
            return rebuilt(e, [with_row_means(e.arguments[0]), e.arguments[1]])
        return rebuilt(e, [with_row_means(a) for a in e.arguments]) if name in ("multiply", "transpose") else e

    for e, exponent in scalars:
        entries = _summed_entries(e) if exponent == 1 else None
        if entries is not None and take_counts(entries.shape):
            e = mean_of(entries)
        if e.operation.name != "length":
            results.append((e, exponent))
    core = core if core is None else with_row_means(core)
    return [(e, x) for e, x in exponents.items() if x] + results, core


def _summed_entries(e: Expression) -> Expression | None:
    """Return X of a scalar ``sum(X)``, or ``a * b`` of ``a.T @ b``; None for other scalars."""
    if e.operation.name == "sum":
        return e.arguments[0]
    if e.operation.name != "matmul" or e.shape or not e.arguments[0].shape:
        return None
    left, right = transpose(e.arguments[0]), e.arguments[1]
    if right.operation.name == "onehot":
        return None
    return right**2 if left is right else entry_product(left, right)
