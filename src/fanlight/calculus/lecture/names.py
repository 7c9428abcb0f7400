"""Substitution of the names of pieces in derivatives: ``1 - tanh(z)**2`` is ``1 - h**2`` for h = tanh(z)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial

from fanlight.calculus.assumptions import apply_assumptions
from fanlight.calculus.derivatives import facts_of
from fanlight.calculus.expressions import Expression
from fanlight.calculus.index_algebra import normal_term
from fanlight.calculus.index_derivative import transform
from fanlight.calculus.index_form import Atom, Factor, Form, Term, rename
from fanlight.calculus.indexing import axes_of, form_of
from fanlight.calculus.lecture.pieces import Piece
from fanlight.calculus.matrix_writer import write_matrix
from fanlight.calculus.softmax_form import fold_softmax
from fanlight.calculus.text_writer import means_of
from fanlight.errors import CalculusError


class Names:
    """Replacements of parts of normal forms with the names of pieces."""

    def __init__(self, pieces: Sequence[Piece], symbols: Mapping[str, Expression]) -> None:
        self.symbols = symbols
        self.replacements: dict[str, Form] = {}
        self.powers: dict[str, Fraction] = {}  # exponent of each replaced part in its piece
        self.safe: dict[str, Form] = {}  # replacements without new divisors
        self.divisors: set[str] = set()  # possible divisors of the other replacements
        self.kinks: dict[str, None] = {}
        for piece in pieces[:-1]:
            self._add(piece)

    def _add(self, piece: Piece) -> None:
        """Solve ``name = expression`` for the only part of the expression that is not a symbol."""
        try:
            form, name = fold_softmax(form_of(piece.expression)), form_of(piece.symbol)
        except CalculusError:
            return
        if len(form.terms) != 1:
            return
        (term,) = form.terms
        parts = [f for f in term.factors if f.atom.kind != "symbol" or f.exponent.denominator == 2]
        if len(parts) != 1 or parts[0].atom.kind not in ("symbol", "function", "group", "softmax", "call"):
            return
        (part,) = parts
        if part.atom.name == "relu":
            self.kinks[Atom("function", "step", part.atom.lengths, arguments=part.atom.arguments).key] = None
        others = [f._replace(exponent=-f.exponent) for f in term.factors if f is not part]
        solvable = set(part.indices) == set(form.axes) and len(part.indices) == len(form.axes)
        if not solvable or any(not set(f.indices) <= set(form.axes) for f in others):
            return
        if abs(term.coefficient) != 1 or (term.coefficient != 1 and part.exponent != 1):
            return
        left = rename(name, form.axes).terms[0].factors
        factors = [f._replace(exponent=f.exponent / part.exponent) for f in (*left, *others)]
        solved = Form((normal_term(term.coefficient, factors, form.axes),), form.axes)
        self.replacements[part.atom.key] = Form(solved.terms, part.indices)
        self.powers[part.atom.key] = Fraction(part.exponent)
        if not others or (part.exponent > 0 and all(f.exponent > 0 for f in others)):
            self.safe[part.atom.key] = self.replacements[part.atom.key]
        else:
            self.divisors.update(f.atom.key for f in factors)

    def put_into(self, e: Expression) -> Expression:
        """Return an equal expression in terms of pieces, without new divisors.

        For z = m / d, m / d**2 is z**2 / m, but not for m = 0.
        """
        if not self.replacements:
            return e
        try:
            form = fold_softmax(apply_assumptions(form_of(e), facts_of(e)))
            if not self._has_part(form):
                return e
            named = transform(form, partial(self._rule, self.replacements))
            if (_divisors(named) - _divisors(form)) & self.divisors:
                named = transform(form, partial(self._rule, self.safe))
            with means_of(e):
                return write_matrix(named, axes_of(e, form.axes))
        except CalculusError:
            return e

    def _rule(self, replacements: Mapping[str, Form], factor: Factor) -> Form | None:
        key = factor.atom.key
        if key in self.kinks:
            slope = Atom("function", "relu'", factor.atom.lengths, arguments=factor.atom.arguments)
            return Form((Term(Fraction(1), (Factor(slope, factor.indices),)),), tuple(dict.fromkeys(factor.indices)))
        form = replacements.get(key)
        if form is None or len(set(factor.indices)) < len(factor.indices):
            return None
        if (factor.exponent / self.powers[key]).denominator != 1:
            return None  # for z = v**2, v may be -sqrt(z)
        if factor.atom.kind == "symbol" and factor.exponent.denominator == 1:
            return None  # for h = sqrt(z), z is kept
        return rename(form, factor.indices)

    def _has_part(self, form: Form) -> bool:
        return any(
            f.atom.key in self.replacements or f.atom.key in self.kinks or any(map(self._has_part, f.atom.arguments))
            for t in form.terms
            for f in t.factors
        )


def _divisors(form: Form) -> set[str]:
    """Return the keys of atoms with negative exponents, also in arguments."""
    factors = [factor for term in form.terms for factor in term.factors]
    below = {factor.atom.key for factor in factors if factor.exponent < 0}
    return below.union(*(_divisors(argument) for factor in factors for argument in factor.atom.arguments))
