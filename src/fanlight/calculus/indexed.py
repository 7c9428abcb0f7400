"""Derivatives with more than two indices, such as those of a matrix by a matrix, as formulas of their entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, remember
from fanlight.calculus.index_form import Atom, Form, Index
from fanlight.calculus.lecture.entries import Formula, entries
from fanlight.calculus.matrix_writer import atom_expression
from fanlight.calculus.numeric import bind, evaluate
from fanlight.calculus.products import like_source
from fanlight.calculus.text_writer import means_of
from fanlight.errors import CalculusError

_LETTERS = "ijklpqrs"


@dataclass(frozen=True)
class Indexed:
    """A derivative as a formula of its entries.

    Attributes
    ----------
    numerator, denominator : Expression
        The differentiated expression, and the symbol or node it is differentiated by.
    form : Form
        The derivative; its axes are those of the numerator, then those of the denominator, twice for a Hessian.
    symbols : dict of str to Expression
        The symbols of the derivative's source.
    order : int
        1, or 2 for a Hessian.
    """

    numerator: Expression
    denominator: Expression
    form: Form
    symbols: Mapping[str, Expression]
    order: int = 1

    def formula(self) -> Formula:
        """Return the equation of an entry.

        Raises
        ------
        CalculusError
            The derivative has more than eight indices.
        """
        if len(self.form.axes) > len(_LETTERS):
            raise CalculusError("the derivative has more indices than letters")
        letters = _LETTERS[: len(self.form.axes)]
        below = [
            letters[len(letters) - n * self._rank : len(letters) - (n - 1) * self._rank]
            for n in range(self.order, 0, -1)
        ]
        above = letters[: len(letters) - self.order * self._rank]
        left = Formula.entry_derivative(self.numerator, above, self.denominator, below)
        with means_of(self.numerator), like_source(self.numerator):
            return left.equals(entries(self.form, letters, joins=True))

    @property
    def _rank(self) -> int:
        return len(_axis_lengths(self.denominator))

    def __str__(self) -> str:
        return self.formula().text

    def value(self, inputs: Mapping[str, Any]) -> NDArray[Any]:
        """Return the array of all entries, with one axis per index.

        Raises
        ------
        CalculusError
            An input is missing or has a wrong shape.
        """
        _, lengths = bind({n: s for n, s in self.symbols.items() if n in inputs}, inputs)
        sizes = {axis: axis.length.value(lengths) for axis in self.form.axes}
        total = np.zeros([sizes[axis] for axis in self.form.axes])
        for term in self.form.terms:
            numbers = {i: n for n, i in enumerate(sorted({*term.indices, *self.form.axes}))}
            operands: list[Any] = [np.ones([sizes[a] for a in self.form.axes]), [numbers[a] for a in self.form.axes]]
            for factor in term.factors:
                array = self._atom_value(factor.atom, factor.indices, inputs, lengths)
                operands += [array ** float(factor.exponent), [numbers[i] for i in factor.indices]]
            total += float(term.coefficient) * np.einsum(
                *operands, [numbers[a] for a in self.form.axes], optimize="greedy"
            )
        return total

    def _atom_value(
        self, atom: Atom, indices: tuple[Index, ...], inputs: Mapping[str, Any], lengths: Mapping[str, int]
    ) -> NDArray[Any]:
        if atom.kind == "pair":
            flat, major, minor = (i.length.value(lengths) for i in indices)
            return np.eye(flat).reshape(flat, major, minor)
        if atom.kind == "part":
            offset = atom.parameters[0].value(lengths)
            shape = [i.length.value(lengths) for i in indices]
            return np.eye(shape[0], shape[1], -offset) if len(shape) == 2 else np.eye(shape[0])[offset]
        value = np.asarray(evaluate(remember(atom_expression(atom), self.symbols), inputs), float)
        return value.reshape([i.length.value(lengths) for i in indices])


def _axis_lengths(e: Expression) -> list[Any]:
    return [d for d in e.shape if str(d) != "1"]
