"""Derivatives of a matrix by a matrix as one matrix: that of ``vec`` of the one by ``vec`` of the other.

The columns of a matrix stand below each other in ``vec``, so ``A_ik B_lj`` is ``kron(B.T, A)``.

References
----------
Magnus & Neudecker 1999, chapter 9; Petersen & Pedersen, The Matrix Cookbook, section 10.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce

from fanlight.calculus.derivatives import jacobian
from fanlight.calculus.expressions import Expression, function, remember
from fanlight.calculus.index_form import Factor, Form, Index, Term, connect
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.indexing import Axes
from fanlight.calculus.matrix_writer import write_matrix
from fanlight.calculus.rewritings import REWRITINGS
from fanlight.calculus.shapes import ONE
from fanlight.errors import CalculusError

_kron, _diag = map(function, ("kron", "diag"))


def column_form(derivative: Indexed) -> Expression | None:
    """Return the matrix of derivatives with a row for each entry of ``vec`` of the one, a column for each of the other.

    None where it takes more than Kronecker products and diagonals: a transposed matrix, a Hessian.

    Examples
    --------
    >>> from fanlight.calculus import jacobian, parse
    >>> e = parse("A @ X @ B", {"A": ("p", "n"), "X": ("n", "m"), "B": ("m", "q")})
    >>> print(column_form(jacobian(e, "X")))
    kron(B.T, A)
    """
    if derivative.order != 1:
        return None
    numerator = derivative.numerator
    if numerator.operation.name == "reshape" and numerator.shape[1:] == (ONE,):
        inner = jacobian(numerator.arguments[0].T, derivative.denominator)  # vec of it has the same entries
        return column_form(inner) if isinstance(inner, Indexed) else None
    for above, below in _places(derivative):
        try:
            terms = derivative.form.terms
            parts = [part for term in terms if (part := _part(term, above, below)) is not None]
        except CalculusError:
            continue
        if parts and len(parts) == len(terms):
            return remember(reduce(_add, parts), derivative.symbols)
    return None


def _add(a: Expression, b: Expression) -> Expression:
    return a - b.arguments[0] if b.operation.name == "negative" else a + b


def _places(derivative: Indexed) -> Iterator[tuple[Axes, Axes]]:
    """Yield the row and column indices of both; a vector's entries may be counted as either."""
    axes = derivative.form.axes
    count = len(axes) - sum(length != ONE for length in derivative.denominator.shape)
    for above in _pairs(axes[:count]):
        for below in _pairs(axes[count:]):
            yield above, below


def _pairs(axes: Sequence[Index]) -> list[Axes]:
    if len(axes) == 2:
        return [(axes[0], axes[1])]
    return [(axes[0], None), (None, axes[0])] if axes else [(None, None)]


def _part(term: Term, above: Axes, below: Axes) -> Expression | None:
    positive = term._replace(coefficient=abs(term.coefficient))
    outcome = _product(positive, (above[0], below[0]), (above[1], below[1])) or _diagonal(positive, above, below)
    return outcome if outcome is None or term.coefficient > 0 else -outcome


def _product(term: Term, rows: Axes, columns: Axes) -> Expression | None:
    """Write a term whose factors have row indices or column indices, never both."""
    left: list[Factor] = []
    right: list[Factor] = []
    free = {i for i in (*rows, *columns) if i is not None}
    for factors in connect(term.factors, dict.fromkeys(free, "")):
        used = {i for f in factors for i in f.indices} & free
        if not (used <= set(rows) or used <= set(columns)):
            return None
        (right if used <= set(rows) else left).extend(factors)
    inner = _write(term.coefficient, right, rows)
    return inner if columns == (None, None) else _kron(_write(Fraction(1), left, columns), inner)


def _write(coefficient: Fraction, factors: Sequence[Factor], axes: Axes) -> Expression:
    form = Form((Term(coefficient, tuple(factors)),), tuple(i for i in axes if i is not None))
    return write_matrix(form, axes)


def _diagonal(term: Term, above: Axes, below: Axes) -> Expression | None:
    """Write a term that is zero but where the indices of both are equal: a function entry by entry."""
    pairs = [{a, b} for a, b in zip(above, below, strict=True) if a is not None and b is not None]
    eyes = [f for f in term.factors if f.atom.kind == "eye" and set(f.indices) in pairs]
    others = [f for f in term.factors if f not in eyes]
    names = {b: a for a, b in zip(above, below, strict=True) if a is not None and b is not None}
    if len(eyes) < 2 or not others or any(not f.indices for f in others):
        return None
    placed = [f._replace(indices=tuple(names.get(i, i) for i in f.indices)) for f in others]
    return _diag(REWRITINGS["vec"].build(_write(term.coefficient, placed, above)))
