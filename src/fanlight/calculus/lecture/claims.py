"""What a derivation says: equalities, and the factors of its chain rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from fanlight.calculus.expressions import Expression


class Partial(NamedTuple):
    """The derivative of a piece by a piece or symbol.

    Attributes
    ----------
    of, by : str
    is_local : bool
        All other pieces stay fixed, but for inner ones; otherwise the later pieces move with `by`.
    is_jacobian : bool
        A row for each entry of `of`; otherwise the gradient, in the shape of `by`.
    """

    of: str
    by: str
    is_local: bool
    is_jacobian: bool


class Claim(NamedTuple):
    """An equality that a derivation shows: in inputs, pieces and error signals."""

    left: Expression | Partial
    right: Expression


@dataclass(frozen=True)
class Link:
    """One factor of the chain rule, ∂upper/∂lower, all other pieces fixed.

    Attributes
    ----------
    upper, lower : str
    jacobian : Expression or None
        In the pieces' names, rows of `upper` by columns of `lower`; None where it would need more than two indices.
    """

    upper: str
    lower: str
    jacobian: Expression | None
