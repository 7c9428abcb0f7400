"""Contraction of the factors of a term into matrix products, one summed index after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

from fanlight.calculus.expressions import Expression, constant, eye, function, ones, walk, zeros
from fanlight.calculus.index_form import Atom, Factor, Index
from fanlight.calculus.indexing import Axes
from fanlight.calculus.pair_writer import take_pair
from fanlight.calculus.pairs import PAIR
from fanlight.calculus.products import (
    Power,
    entry_product,
    is_diagonal_of,
    length_of,
    multiply_powers,
    product,
    raise_power,
    shortest,
    sum_of_product,
    total,
    trace_of,
    transpose,
)
from fanlight.calculus.shapes import ONE, Dimension
from fanlight.errors import CalculusError

_diag, _row_sums, _column_sums = map(function, ("diag", "row_sums", "column_sums"))


class _Matrix(NamedTuple):
    """The elementwise product of matrices with the same two indices."""

    row: Index
    column: Index
    powers: list[Power]


def _scale(e: Expression, by: Expression, is_left: bool = True) -> Expression:
    """Multiply a matrix by a column or row entry by entry, or divide it by the denominator if `by` is 1 / x."""
    if by.operation.name == "divide" and by.arguments[0].parameters == (1,):
        return e / by.arguments[1]
    return entry_product(by, e) if is_left else entry_product(e, by)


def _outcome_key(outcome: tuple[list[Power], Expression | None]) -> tuple[bool, int]:
    """Return the sort key of an outcome: whether it has an identity matrix, and its length."""
    factors = [e for e in (*dict(outcome[0]), outcome[1]) if e is not None]
    return any(e.operation.name == "eye" for e in walk(*factors)), sum(map(length_of, factors))


def _has_diagonal(a: Expression, b: Expression) -> bool:
    """Tell whether to write row sums of a * b as a diagonal: for square matrices or ``A.T @ inv(M) @ A``."""
    is_plain = all(e.operation.name in ("symbol", "transpose", "matmul", "inv") for e in (a, b))
    is_square = all(e.shape[0] == e.shape[1] for e in (a, b))
    has_inverse = any(e.operation.name == "inv" for e in walk(a, b))
    return is_plain and (is_square or (has_inverse and _first_factor(a) is _first_factor(b)))


def _first_factor(chain: Expression) -> Expression:
    """Return the first matrix of a product."""
    while chain.operation.name == "matmul":
        chain = chain.arguments[0]
    return chain


class Network:
    """The factors of a term, contracted one summed index after the other."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.free = [i for i in axes if i is not None]
        self.scalars: list[Power] = []
        self.vectors: dict[Index, list[Power]] = {}
        self.matrices: list[_Matrix] = []
        self.eye: tuple[Index, Index] | None = None
        self.parts: list[Factor] = []
        self.pairs: list[tuple[Index, ...]] = []

    def put(self, factor: Factor, write: Callable[[Atom, Fraction], list[Power]]) -> None:
        """Add a factor; `write` returns an atom's power as powers of expressions."""
        atom, indices, exponent = factor
        if atom.kind == "eye" and all(i in self.free for i in indices):
            self.eye = (indices[0], indices[1])
        elif atom.kind == PAIR:
            self.pairs.append(indices)
            self.free += [i for i in indices if i not in self.free]
        elif atom.kind == "part":
            self.parts.append(factor)
        else:
            for e, power in write(atom, exponent):
                self._add(e, indices, power)

    def _add(self, e: Expression, indices: Sequence[Index], power: Fraction) -> None:
        if not indices:
            self.scalars.append((e, power))
        elif len(indices) == 1:
            self.vectors.setdefault(indices[0], []).append((e, power))
        elif len(indices) == 2 and indices[0] == indices[1]:
            outcome = _diag(raise_power(e, power) if power > 0 else e)
            self.vectors.setdefault(indices[0], []).append((outcome, Fraction(1) if power > 0 else power))
        elif len(indices) == 2:
            self._add_matrix(e, (indices[0], indices[1]), power)
        else:
            raise CalculusError("this has more than two indices")

    def _add_matrix(self, e: Expression, indices: tuple[Index, Index], power: Fraction) -> None:
        for matrix in self.matrices:
            if (matrix.row, matrix.column) == indices:
                matrix.powers.append((e, power))
                return
            if (matrix.column, matrix.row) == indices:
                matrix.powers.append((transpose(e), power))
                return
        self.matrices.append(_Matrix(*indices, [(e, power)]))

    def contract(self) -> tuple[list[Power], Expression | None]:
        """Return the scalar factors, and the remaining vector or matrix, or None."""
        self._eliminate_parts()
        self._contract_sums()
        if self.parts:
            raise CalculusError("a part of a vector stands alone")
        if not self.pairs:
            return self.scalars, self._remaining()
        outcomes = [self._eliminate_pairs(unfolds_first) for unfolds_first in (True, False)]
        return min(outcomes, key=_outcome_key)

    def _eliminate_pairs(self, unfolds_first: bool) -> tuple[list[Power], Expression | None]:
        network = Network(self.axes)
        network.scalars, network.pairs, network.eye = [*self.scalars], [*self.pairs], self.eye
        network.vectors = {i: [*powers] for i, powers in self.vectors.items()}
        network.matrices = [m._replace(powers=[*m.powers]) for m in self.matrices]
        while network.pairs:
            take_pair(network, unfolds_first)
            network.free = [*(i for i in self.axes if i is not None), *chain(*network.pairs)]
            network._contract_sums()
        return network.scalars, network._remaining()

    def _contract_sums(self) -> None:
        while True:
            summed = {i for m in self.matrices for i in (m.row, m.column)} | set(self.vectors)
            summed -= set(self.free)
            if not summed:
                return
            self._eliminate(min(summed, key=self._cost))

    def add(self, e: Expression, indices: Sequence[Index]) -> None:
        """Add an expression with these indices."""
        self._add(e, indices, Fraction(1))

    def _eliminate_parts(self) -> None:
        """Replace ``M_ij part_jk`` with columns of M, and ``part_jk v_k`` with v padded with zeros."""
        for factor in list(self.parts):
            big = factor.indices[0]
            small = factor.indices[1] if len(factor.indices) == 2 else None
            offset = factor.atom.parameters[0]
            end = offset + (small.length if small is not None else ONE)
            holders = [m for m in self.matrices if big in (m.row, m.column)]
            if big in self.free or any(f is not factor and big in f.indices for f in self.parts):
                continue
            replaced: list[tuple[Expression, list[Index]]] = []
            for m in holders:
                e = multiply_powers(m.powers)
                block = e[:, offset:end] if m.column == big else e[offset:end, :]
                remaining = [i for i in ((m.row, small) if m.column == big else (small, m.column)) if i is not None]
                replaced.append((block if m.column == big or small is not None else transpose(block), remaining))
                self.matrices.remove(m)
            for e, power in self.vectors.pop(big, []):
                replaced.append((raise_power(e, power)[offset:end, :], [small] if small is not None else []))
            if not replaced:
                replaced.append((constant(1), []))
                if small is not None:
                    self.vectors.setdefault(small, [])
            self.parts.remove(factor)
            for e, remaining in replaced:
                self._add(e, remaining, Fraction(1))
        for factor in list(self.parts):
            self._add_padded_part(factor)

    def _add_padded_part(self, factor: Factor) -> None:
        """Add a part whose long index is free: a vector, or an identity matrix, padded with rows of zeros."""
        big = factor.indices[0]
        small = factor.indices[1] if len(factor.indices) == 2 else None
        length = small.length if small is not None else ONE
        before = factor.atom.parameters[0]
        after = big.length - before - length
        self.parts.remove(factor)
        used = [i for m in self.matrices for i in (m.row, m.column)] + [i for f in self.parts for i in f.indices]
        if small is not None and small not in self.free and small not in used:
            vector = self.vectors.pop(small, None)
            inside = multiply_powers(vector) if vector else ones(length, 1)
            stack = [zeros(before, 1), inside, zeros(after, 1)]
            outcome = function("vstack")(*(e for e in stack if e.shape != (Dimension(()), ONE)))
            self._add(outcome, [big], Fraction(1))
            return
        identity = eye(length) if small is not None and length != ONE else constant(1)
        parts = [zeros(n, length) if n.terms else None for n in (before, after)]
        stack = [p for p in (parts[0], identity, parts[1]) if p is not None]
        outcome = function("vstack")(*stack) if len(stack) > 1 else identity
        self._add(outcome, [big] if small is None else [big, small], Fraction(1))

    def _cost(self, index: Index) -> tuple[int, bool, int]:
        count = sum(index in (m.row, m.column) for m in self.matrices)
        alone = any(m.row == m.column == index for m in self.matrices)
        has_vector = index in self.vectors
        order = (
            0
            if alone
            else {(1, True): 1, (0, True): 3, (2, False): 2, (1, False): 1, (2, True): 4}.get((count, has_vector), 9)
        )
        return order, not has_vector, index.number

    def _eliminate(self, index: Index) -> None:
        touching = [m for m in self.matrices if index in (m.row, m.column)]
        vector = self.vectors.pop(index, None)
        if len(touching) > 2:
            raise CalculusError("three matrices share an index: there is no matrix notation for it")
        self.matrices = [m for m in self.matrices if m not in touching]
        if not touching:
            self.scalars += sum_of_product(vector or [], index.length)
        elif len(touching) == 1:
            (m,) = touching
            other = m.row if m.column == index else m.column
            matrix = multiply_powers(m.powers) if m.column == index else transpose(multiply_powers(m.powers))
            if vector is None and self._is_alone(other):
                self.scalars.append((total(m.powers), Fraction(1)))
                return
            if vector is None:
                outcome = _row_sums(matrix)
                if m.column != index:
                    outcome = shortest(outcome, transpose(_column_sums(multiply_powers(m.powers))))
                if len(m.powers) == 2 and all(x == 1 for _, x in m.powers):
                    a, b = (e if m.column == index else transpose(e) for e, _ in m.powers)
                    if _has_diagonal(a, b):
                        diagonals = [_diag(product(x, transpose(y))) for x, y in ((a, b), (b, a))]
                        outcome = shortest(outcome, *diagonals)
            else:
                column = multiply_powers(vector)
                row = product(transpose(column), transpose(matrix))
                outcome = shortest(product(matrix, column), transpose(row))
            self._add_product(outcome, other)
        else:
            self._join(index, touching, vector)

    def _add_product(self, outcome: Expression, index: Index) -> None:
        """Insert a product before the function values of an index: ``(U.T @ delta) * f'(z)``."""
        factors = self.vectors.setdefault(index, [])
        functions = [n for n, (e, _) in enumerate(factors) if e.operation.derivative is not None]
        factors.insert(functions[0] if functions else len(factors), (outcome, Fraction(1)))

    def _is_alone(self, index: Index) -> bool:
        """Tell whether an index is summed over and no remaining factor has it."""
        if index in self.free or index in self.vectors:
            return False
        return not any(index in (m.row, m.column) for m in self.matrices)

    def _join(self, index: Index, touching: Sequence[_Matrix], vector: list[Power] | None) -> None:
        """Multiply two matrices that share a summed index."""
        a, b = touching
        i = a.row if a.column == index else a.column
        j = b.column if b.row == index else b.row
        left, right = multiply_powers(a.powers), multiply_powers(b.powers)
        left = left if a.column == index else transpose(left)
        right = right if b.row == index else transpose(right)
        if vector is not None:
            column = multiply_powers(vector)
            right = entry_product(column, right)
        if i != j:
            straight, turned = product(left, right), product(transpose(right), transpose(left))
            if length_of(turned) < length_of(straight):
                self._add(turned, [j, i], Fraction(1))
            else:
                self._add(straight, [i, j], Fraction(1))
        elif i in self.free or i in self.vectors or any(i in (m.row, m.column) for m in self.matrices):
            outcome = _row_sums(entry_product(left, transpose(right)))
            self._add(shortest(outcome, _diag(product(left, right))), [i], Fraction(1))
        else:
            self.scalars.append((trace_of(left, right), Fraction(1)))

    def _remaining(self) -> Expression | None:
        row, column = self.axes
        if self.eye is not None:
            vector = [p for i in self.eye for p in self.vectors.get(i, [])]
            length = self.eye[0].length
            if not vector:
                return eye(length)
            (e, power) = vector[0]
            if len(vector) == 1 and power == 1 and is_diagonal_of(e):
                return e.arguments[0] * eye(length)
            if len(vector) == 1 and power == 1 and e.operation.name == "kron":
                sides = [eye(a.shape[0]) if a.operation.name == "ones" else _diag(a) for a in e.arguments]
                return Expression.node(e.operation, sides)
            return _diag(multiply_powers(vector))
        left = multiply_powers(self.vectors[row]) if row in self.vectors else None
        right = multiply_powers(self.vectors[column]) if column in self.vectors else None
        if self.matrices:
            return self._matrix(left, right)
        if left is not None and right is not None:
            return product(left, transpose(right))
        return left if left is not None else None if right is None else transpose(right)

    def _matrix(self, left: Expression | None, right: Expression | None) -> Expression:
        (m,) = self.matrices
        row, _ = self.axes
        powers = m.powers if m.row == row else [(transpose(e), p) for e, p in m.powers]
        if len(powers) == 1 and powers[0][1] == 1:
            e = powers[0][0]
            if left is not None and e.operation.name == "matmul":
                e = product(_scale(e.arguments[0], left), e.arguments[1])
            elif left is not None:
                e = _scale(e, left)
            return e if right is None else _scale(e, transpose(right), is_left=False)
        if left is not None:
            powers = [(left, Fraction(1)), *powers]
        if right is not None:
            powers = [*powers, (transpose(right), Fraction(1))]
        return multiply_powers(powers)
