"""The statements of a derivation: equalities, and the factors of its chain rule."""

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
        Whether all other pieces are fixed except inner ones; otherwise later pieces depend on `by`.
    is_jacobian : bool
        Whether rows are entries of `of`; otherwise the derivative is the gradient, in the shape of `by`.
    """

    of: str
    by: str
    is_local: bool
    is_jacobian: bool


class Claim(NamedTuple):
    """An equality in a derivation, in terms of inputs, pieces and error signals."""

    left: Expression | Partial
    right: Expression


@dataclass(frozen=True)
class Link:
    """A factor of the chain rule, ∂upper/∂lower, with all other pieces fixed.

    Attributes
    ----------
    upper, lower : str
    jacobian : Expression or None
        In terms of the pieces, with rows for `upper` and columns for `lower`; None if it has more than two indices.
    """

    upper: str
    lower: str
    jacobian: Expression | None
