"""Conversion of the pairs of indices in a term to Kronecker products and reshaped matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fanlight.calculus.expressions import Expression, eye, function, ones
from fanlight.calculus.index_form import Index
from fanlight.calculus.operations import TABLE
from fanlight.calculus.products import entry_product, multiply_powers, shortest, transpose
from fanlight.calculus.shapes import ONE
from fanlight.errors import CalculusError

if TYPE_CHECKING:
    from fanlight.calculus.contraction import Network

Places = tuple[Index | None, Index | None]
_diag, _kron = map(function, ("diag", "kron"))


def take_pair(network: Network, unfolds_first: bool) -> None:
    """Replace a pair of a network with a vector or matrix over its long index, or a matrix over its two short indices.

    Raises
    ------
    CalculusError
        No pair can be written as a Kronecker product or reshaped matrix.
    """
    rules = (_unfold, _fold) if unfolds_first else (_fold, _unfold)
    pairs = [(flat, list(parts)) for flat, *parts in network.pairs]
    if not any(rule(network, *pair) for rule in rules for pair in pairs):
        raise CalculusError("two indices of one have no matrix notation")


def _fold(network: Network, flat: Index, parts: list[Index]) -> bool:
    """Replace the factors over a pair with one over its long index: a Kronecker product, or a reshaped matrix."""
    if parts[0] == parts[1] and not set(parts) & set(network.axes) and _is_used_in(network, parts, 1, 0):
        network.pairs.remove((flat, *parts))
        network.add(_reshape(_diag(_block(network, parts[0], None)), flat.length), [flat])
        return True
    between = [m for m in network.matrices if {m.row, m.column} == set(parts)]
    if len(between) == 1 and _is_used_in(network, parts, 1, len(between)) and not set(parts) & set(network.axes):
        matrix = _block(network, parts[0], parts[1])
        network.pairs.remove((flat, *parts))
        network.add(_reshape(matrix, flat.length), [flat])
        return True
    for column, others in _columns(network, flat, parts):
        used = [i for i in (*parts, *others) if i is not None and i != column]
        inside = [m for m in network.matrices if {m.row, m.column} & set(used)]
        allowed = [{a, b} for a, b in zip(parts, others, strict=True)]
        chosen = [pair for pair in network.pairs if set(pair) & set(used)]
        is_numbered = column in {pair[0] for pair in network.pairs}
        fits = all({m.row, m.column} in allowed for m in inside) and len(chosen) == 1 + is_numbered
        crosses = parts[0] in (parts[1], others[1]) or parts[1] == others[0] or others[0] == others[1] is not None
        if crosses or not fits or set(used) & set(network.axes):
            continue
        left, right = (_block(network, a, b) for a, b in zip(parts, others, strict=True))
        for pair in chosen:
            network.pairs.remove(pair)
        network.add(_kron(left, right), [flat] if column is None else [flat, column])
        return True
    return False


def _columns(network: Network, flat: Index, parts: list[Index]) -> Iterator[tuple[Index | None, Places]]:
    """Yield candidates for the column index of a Kronecker product, and for the column indices of its two factors."""
    for other, *others in network.pairs:
        if other != flat:
            yield other, (others[0], others[1])
    for place in set(parts) & set(network.axes):
        yield place, (place, None) if place == parts[0] else (None, place)
    ends = {i for m in network.matrices for i in (m.row, m.column) if {m.row, m.column} & set(parts)} - set(parts)
    for end in sorted(ends):
        yield end, (end, None)
        yield end, (None, end)
    yield None, (None, None)


def _is_used_in(network: Network, parts: list[Index], pairs: int, matrices: int) -> bool:
    """Tell whether the indices `parts` occur in exactly `pairs` pairs and `matrices` matrices."""
    count = sum(bool({m.row, m.column} & set(parts)) for m in network.matrices)
    return count == matrices and sum(bool(set(pair) & set(parts)) for pair in network.pairs) == pairs


def _unfold(network: Network, flat: Index, parts: list[Index]) -> bool:
    """Replace a vector over a long index with a matrix over its pair."""
    is_vector = flat in network.vectors and _is_used_in(network, [flat], 1, 0)
    if flat in network.axes or not is_vector:
        return False
    vector = multiply_powers(network.vectors.pop(flat))
    network.pairs.remove((flat, *parts))
    shape = tuple(i.length for i in parts)
    if vector.operation.name == "reshape":
        (vector,) = vector.arguments
    straight = Expression.node(TABLE["reshape"], (vector,), shape)
    network.add(vector if vector.shape == shape else straight, parts)
    return True


def _reshape(matrix: Expression, length: object) -> Expression:
    if matrix.operation.name == "reshape":
        (matrix,) = matrix.arguments
    vectors = [Expression.node(TABLE["reshape"], (m,), (length, ONE)) for m in (matrix, transpose(matrix).T)]
    return shortest(*vectors)


def _block(network: Network, row: Index | None, column: Index | None) -> Expression:
    """Remove the vectors and matrices over a row and a column index from a network; return their product."""
    rows = network.vectors.pop(row, None) if row is not None else None
    if row is not None and row == column:
        return eye(row.length) if rows is None else _diag(multiply_powers(rows))
    columns = network.vectors.pop(column, None) if column is not None else None
    left, right = (None if powers is None else multiply_powers(powers) for powers in (rows, columns))
    matrix: Expression | None = None
    for m in [m for m in network.matrices if {m.row, m.column} == {row, column}]:
        network.matrices.remove(m)
        matrix = multiply_powers(m.powers) if m.row == row else transpose(multiply_powers(m.powers))
    if matrix is None:
        height, width = (ONE if i is None else i.length for i in (row, column))
        left = ones(height, 1) if left is None else left
        right = ones(width, 1) if right is None else right
        return left if column is None else transpose(right) if row is None else left @ transpose(right)
    matrix = matrix if left is None else entry_product(left, matrix)
    return matrix if right is None else entry_product(matrix, transpose(right))
