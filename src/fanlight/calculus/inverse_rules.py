"""Cancellation of a matrix, possibly a product or a sum, with its inverse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from fanlight.calculus.index_form import Factor, Form, Index

Link = tuple[Factor, bool]  # a matrix of a chain, and whether it is transposed


def chain_of(form: Form) -> list[Link] | None:
    """Return the factors of a matrix product in order, each with whether it is transposed; None for other forms."""
    (term,) = form.terms
    if len(form.axes) != 2 or any(len(f.indices) != 2 or f.exponent != 1 for f in term.factors):
        return None
    place, end = form.axes
    remaining = list(term.factors)
    chain = []
    while remaining:
        options = [f for f in remaining if place in f.indices]
        if len(options) != 1:
            return None
        (link,) = options
        remaining.remove(link)
        turned = link.indices[1] == place
        place = link.indices[0] if turned else link.indices[1]
        chain.append((link, turned))
    return chain if place == end else None


def cancel_inverse(
    factors: Sequence[Factor], axes: Sequence[Index], group: Callable[[Form], tuple[Fraction, Factor]]
) -> tuple[list[Factor], tuple[Index, Index], set[Index]] | None:
    """Remove an inverse and its matrix from a product: ``inv(A.T @ B)_ij A_kj B_kl``.

    Parameters
    ----------
    factors : sequence of Factor
    axes : sequence of Index
        The free indices.
    group : callable
        Returns a sum as a number times one factor.

    Returns
    -------
    list of Factor, (Index, Index), set of Index
        The remaining factors, the two indices that become equal, and the indices that are no longer summed over; None
        if no inverse can be cancelled.
    """
    for inverse in factors:
        if inverse.atom.name != "inv" or inverse.atom.kind != "call" or inverse.exponent != 1:
            continue
        links = _links(inverse.atom.arguments[0], group)
        row, column = inverse.indices
        back = [(link, not turned) for link, turned in links[::-1]]
        ends = [(column, row, links), (row, column, back)]  # first index of the chain, index equal to its last, chain
        if inverse.atom.is_symmetric:
            ends += [(row, column, links), (column, row, back)]
        for start, other, chain in ends:
            followed = _follow_chain(start, chain, factors, axes)
            if followed is not None:
                used, places = followed
                remaining = [f for f in factors if f is not inverse and all(f is not u for u in used)]
                return remaining, (other, places[-1]), set(places[:-1])
    return None


def _links(argument: Form, group: Callable[[Form], tuple[Fraction, Factor]]) -> list[Link]:
    """Return the matrices whose product is inverted, in order; a sum is one matrix."""
    if len(argument.terms) == 1:
        return (chain_of(argument) or []) if argument.terms[0].coefficient == 1 else []
    size, factor = group(argument)
    return [(factor, factor.indices[0] != argument.axes[0])] if size == 1 == len(factor.indices[1:]) else []


def _follow_chain(
    start: Index, chain: Sequence[Link], factors: Sequence[Factor], axes: Sequence[Index]
) -> tuple[list[Factor], list[Index]] | None:
    """Return the factors that form a chain from an index, and the indices along it, both ends included; else None."""
    used: list[Factor] = []
    places = [start]
    for link, turned in chain:
        place = places[-1]
        if place in axes or sum(i == place for f in factors for i in f.indices) != 2:
            return None
        for factor in factors:
            if factor.atom != link.atom or factor.exponent != 1 or any(factor is u for u in used):
                continue
            ways = [factor.indices[::-1] if turned else factor.indices]
            if link.atom.is_symmetric:
                ways.append(ways[0][::-1])
            ends = [b for a, b in ways if a == place]
            if ends:
                used.append(factor)
                places.append(ends[0])
                break
        else:
            return None
    return (used, places) if used else None
