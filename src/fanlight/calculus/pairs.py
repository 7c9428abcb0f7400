"""Pair factors ``flat = (major, minor)``: long indices over pairs of indices, as in `kron`, `vec` and `reshape`.

Most pair factors cancel in the normal form: ``vec(X).T @ kron(A, B) @ vec(X)`` is a trace. The others are written as
Kronecker products or reshaped matrices.

References
----------
Magnus & Neudecker 1999, chapter 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term

PAIR = "pair"


def pair_form(flat: Index | None, major: Index | None, minor: Index | None) -> Form:
    """Return the form that is one if ``flat = major * length of minor + minor``, else zero."""
    parts = [i for i in (major, minor) if i is not None]
    if flat is None:
        return Form((Term(Fraction(1), ()),), ())
    lengths = (flat.length, *(i.length for i in parts))
    is_pair = len(parts) == 2
    atom = Atom(PAIR, ",".join(map(str, lengths)), lengths) if is_pair else Atom(
        "eye", str(flat.length), lengths, is_symmetric=True
    )  # fmt: skip
    return Form.of(atom, (flat, *parts))


def join_pairs(factors: Sequence[Factor], axes: Sequence[Index], summed: set[Index]) -> tuple[list[Factor], bool]:
    """Remove pair factors that are redundant or summed to one; return the factors, and whether any have changed.

    The long index determines the pair and vice versa, so the sum over either alone is one.
    """
    factors = list(factors)
    pairs = [f for f in factors if f.atom.kind == PAIR]
    for a, b in itertools.combinations(pairs, 2):
        if a.atom != b.atom:
            continue
        (flat, *parts), (other_flat, *other_parts) = a.indices, b.indices
        equal = list(zip(parts, other_parts, strict=True)) if flat == other_flat else []
        if parts == other_parts:
            equal = [(flat, other_flat)]
        if equal:
            eyes = [f for i, j in equal for f in pair_form(i, j, None).terms[0].factors]
            return [*(f for f in factors if f is not b), *eyes], True
    for pair in pairs:
        others = {i for f in factors if f is not pair for i in f.indices} | set(axes)
        flat, *parts = pair.indices
        if flat not in others or (parts[0] != parts[1] and not others & set(parts)):
            summed -= {flat} if flat not in others else set(parts)
            return [f for f in factors if f is not pair], True
    return factors, False
