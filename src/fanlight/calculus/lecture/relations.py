"""Relations between a learner's formula and the right one that hold for all entries: shape, sign, factor, diagonal."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fanlight.calculus.expressions import Expression
from fanlight.calculus.lecture.trial import Array, Trial, close
from fanlight.calculus.shapes import ONE, show

Pairs = list[tuple[Array, Array]]  # (learner's value, right value) at each point


class Relation(NamedTuple):
    """A relation to the right formula; `is_whole` if it explains the whole difference."""

    reason: str
    is_whole: bool = True


def find_relation(learner: Expression, trial: Trial, pairs: Pairs) -> Relation | None:
    """Return the mistake that affects all entries, else None.

    Parameters
    ----------
    learner : Expression
        The learner's formula.
    trial : Trial
    pairs : list of (array, array)
        The learner's value and the right value at each point of the trial.
    """
    if any(a.shape != b.shape for a, b in pairs):
        return _relation_of_shapes(learner, trial, pairs)
    if _everywhere(pairs, lambda a, b: close(-a, b)):
        return Relation("the sign is wrong: it is minus the right one")
    if _everywhere(pairs, lambda a, b: _is_square(b) and close(a.T, b)):
        return Relation("it is the transpose of the right one")
    if _everywhere(pairs, lambda a, b: _is_square(b) and close(a, np.diag(np.diag(b))) and not close(0 * b, a)):
        return Relation("it is the diagonal of the right one alone: the entries beside it are missing")
    if _everywhere(pairs, lambda a, b: _is_square(b) and close(np.diag(np.diag(a)), b) and not close(a, b)):
        return Relation("only its diagonal is right: the entries beside it are 0 in the right one")
    ratios = [_ratio(a, b) for a, b in pairs]
    if all(r is not None for r in ratios):
        factor = ratios[0] or 0.0
        if all(abs((r or 0.0) - factor) < 1e-6 * max(1, abs(factor)) for r in ratios):
            return Relation(f"right up to a constant factor: multiply it by {factor:.6g}")
        if any(b.size > 1 for _, b in pairs):  # any two numbers have a ratio
            return Relation(
                "right up to a factor that depends on the values: a scalar is missing or too many", is_whole=False
            )
    return None


def _relation_of_shapes(learner: Expression, trial: Trial, pairs: Pairs) -> Relation:
    """Return the relation for a wrong shape, and whether only the layout is wrong."""
    target, right = trial.target, trial.expected.shape
    start = f"its shape is {show(learner.shape)}, but {target} is {show(right)}"
    if trial.kind != "gradient":
        start = f"its shape is {show(learner.shape)}, but the {trial.kind} is {show(right)}"
    if _everywhere(pairs, lambda a, b: a.ndim == 2 and a.T.shape == b.shape and close(a.T, b)):
        if trial.kind == "gradient" and target.shape and target.shape[1] == ONE:
            return Relation(
                f"{start}: it is right as a Jacobian (a row); the shape convention wants its transpose, a column"
            )
        return Relation(f"{start}: it is the transpose of the right one")
    if _everywhere(pairs, lambda a, b: a.ndim == 2 and a.T.shape == b.shape):
        return Relation(f"{start}: a transpose would mend the shape, not the values", is_whole=False)
    if _everywhere(pairs, lambda a, b: _is_square(b) and a.size == len(b) and close(np.diag(a.ravel()), b)):
        return Relation(f"{start}: it is the diagonal of the right one: write diag({learner})")
    if _everywhere(pairs, lambda a, b: _is_square(b) and a.size == len(b) and close(a.ravel(), np.diag(b))):
        return Relation(f"{start}: it is the diagonal of the right one, whose other entries are not 0")
    if _everywhere(pairs, lambda a, b: _is_square(b) and a.size == 1 and close(a * np.eye(len(b)), b)):
        return Relation(f"{start}: it stands on the diagonal alone: write it times eye({show(right[:1])})")
    if _everywhere(pairs, _is_spread):
        return Relation(f"{start}: repeated to that shape it is right")
    if trial.kind == "gradient" and _everywhere(pairs, lambda a, b: a.size == 1 and close(a.ravel(), b.sum())):
        return Relation(
            f"{start}: the partial derivatives are added up, but each is an entry of its own", is_whole=False
        )
    return Relation(start, is_whole=False)


def _everywhere(pairs: Pairs, relation: Callable[[Array, Array], bool]) -> bool:
    return all(relation(a, b) for a, b in pairs)


def _is_square(a: Array) -> bool:
    return a.ndim == 2 and a.shape[0] == a.shape[1] > 1


def _is_spread(a: Array, b: Array) -> bool:
    """Tell whether b is a or its transpose, broadcast along rows or columns."""
    shapes = [
        x for x in (a, a.T) if x.ndim <= b.ndim and all(m in (1, n) for m, n in zip(x.shape, b.shape, strict=False))
    ]
    return any(close(np.broadcast_to(x, b.shape), b) for x in shapes)


def _ratio(a: Array, b: Array) -> float | None:
    """Return r such that r a = b, or None."""
    norm = float((a * a).sum())
    if not norm > 0:
        return None
    r = float((a * b).sum()) / norm
    return r if close(r * a, b) and abs(r) > 1e-9 else None
