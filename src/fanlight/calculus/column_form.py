"""Derivatives of a matrix Y by a matrix X as one matrix: the Jacobian of ``vec(Y)`` by ``vec(X)``.

``vec`` stacks the columns of a matrix, so ``A_ik B_lj`` is ``kron(B.T, A)``.

References
----------
Magnus & Neudecker 1999, chapter 9; Petersen & Pedersen, The Matrix Cookbook, section 10.2.
"""

from __future__ import annotations

import math

from fanlight.calculus.expressions import Expression, remember
from fanlight.calculus.index_algebra import collect, distribute
from fanlight.calculus.index_form import Index, new_index
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.matrix_writer import write_matrix
from fanlight.calculus.pairs import pair_form
from fanlight.calculus.products import like_source
from fanlight.calculus.shapes import ONE
from fanlight.calculus.text_writer import means_of
from fanlight.errors import CalculusError


def column_form(derivative: Indexed) -> Expression | None:
    """Return the Jacobian of ``vec`` of the numerator (rows) by ``vec`` of the denominator (columns).

    The rows and columns of a Hessian are both entries of ``vec`` of the denominator. Return None if there is no matrix
    notation with Kronecker products and diagonals, as for the derivative of a transpose.

    Examples
    --------
    >>> from fanlight.calculus import jacobian, parse
    >>> e = parse("A @ X @ B", {"A": ("p", "n"), "X": ("n", "m"), "B": ("m", "q")})
    >>> print(column_form(jacobian(e, "X")))
    kron(B.T, A)
    """
    axes = derivative.form.axes
    rank = sum(length != ONE for length in derivative.denominator.shape)
    form, ends = derivative.form, list[Index | None]()
    for indices in (axes[:-rank], axes[-rank:]):
        flat = indices[0] if indices else None
        if len(indices) == 2:
            flat = new_index(math.prod((i.length for i in indices), start=ONE))
            numbers = pair_form(flat, indices[1], indices[0])
            form = distribute(form, numbers, [flat, *(i for i in form.axes if i not in indices)])
        ends.append(flat)
    try:
        placed = collect(form.terms, [i for i in ends if i is not None])
        with means_of(derivative.numerator), like_source(derivative.numerator):
            return remember(write_matrix(placed, (ends[0], ends[1])), derivative.symbols)
    except CalculusError:
        return None
