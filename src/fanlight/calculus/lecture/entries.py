"""Formulas in text and LaTeX, and entries of forms as formulas."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from fanlight.calculus.expressions import Expression
from fanlight.calculus.index_form import Factor, Form, Index, Term, connect, with_ordered_sums
from fanlight.calculus.lecture.latex import latex, latex_name
from fanlight.calculus.matrix_writer import atom_expression, atom_powers, turn_differences, write_matrix
from fanlight.calculus.products import length_of
from fanlight.calculus.softmax_form import with_softmax
from fanlight.errors import CalculusError

_LETTERS = "ijklpqrstuvwabcdefghxyz"
_ONE = Fraction(1)
_INFIX = {"add", "subtract", "multiply", "divide", "matmul", "negative", "power", "transpose"}


class Formula(NamedTuple):
    """A formula as text and as LaTeX."""

    text: str
    latex: str

    @classmethod
    def of(cls, e: Expression) -> Formula:
        """Return the formula of an expression."""
        return cls(str(e), latex(e))

    @classmethod
    def name(cls, name: str) -> Formula:
        """Return the formula of a name."""
        return cls(name, latex_name(name))

    @classmethod
    def partial(cls, a: str, b: str, direct: bool = False, entry: str = "") -> Formula:
        """Return a partial derivative; `direct` if all other pieces are fixed, `entry` for the letters of an entry."""
        sign, sign_latex = ("∂⁺", r"\partial^{+}") if direct else ("∂", r"\partial")
        below, below_latex = (f"{b}_{entry}", rf"{{{latex_name(b)}}}_{{{entry}}}") if entry else (b, latex_name(b))
        return cls(f"{sign}{a}/∂{below}", rf"\frac{{{sign_latex} {latex_name(a)}}}{{\partial {below_latex}}}")

    @classmethod
    def entry_derivative(cls, a: Expression, above: str, b: Expression, below: Sequence[str]) -> Formula:
        """Return the derivative of entry `above` of `a` by entries `below` of `b`, one per order of the derivative."""
        order = len(below)
        power, power_latex = ("", "") if order == 1 else (f"^{order}", f"^{{{order}}}")
        base, base_latex = cls.of(a)
        if a.operation.name in _INFIX:
            base, base_latex = f"({base})", f"({base_latex})"
        upper, upper_latex = (f"{base}_{above}", f"{{{base_latex}}}_{{{above}}}") if above else (base, base_latex)
        lower = " ".join(f"∂{b}_{letters}" if letters else f"∂{b}" for letters in below)
        lower_latex = r" \, ".join(
            rf"\partial {{{latex(b)}}}_{{{letters}}}" if letters else rf"\partial {latex(b)}" for letters in below
        )
        return cls(f"∂{power}{upper}/{lower}", rf"\frac{{\partial{power_latex} {upper_latex}}}{{{lower_latex}}}")

    @classmethod
    def product(cls, factors: Sequence[Formula]) -> Formula:
        """Return a product of Jacobians."""
        return cls(" · ".join(f.text for f in factors), " ".join(f.latex for f in factors))

    @classmethod
    def sum(cls, terms: Sequence[Formula]) -> Formula:
        """Return a sum."""
        return cls(" + ".join(t.text for t in terms), " + ".join(t.latex for t in terms))

    def equals(self, other: Formula) -> Formula:
        """Return an equation."""
        return Formula(f"{self.text} = {other.text}", f"{self.latex} = {other.latex}")

    def at(self, letters: str) -> Formula:
        """Return an entry of the formula, with letters as indices."""
        return Formula(f"{self.text}_{letters}", f"{{{self.latex}}}_{{{letters}}}")


def entries(form: Form, letters: str, joins: bool = False) -> Formula:
    """Return the entry of a form with letters for its axes; with `joins`, sums are written as matrix products.

    Raises
    ------
    CalculusError
        There are more summed indices than letters.
    """
    parts: list[Formula] = []
    for term in form.terms:
        term = with_ordered_sums(turn_differences(term, False) if joins else term, form.axes)
        shown = _term(term, form.axes, letters, joins)
        minus = term.coefficient < 0
        if parts:
            sign = " - " if minus else " + "
            parts.append(Formula(sign + shown.text, sign + shown.latex))
        else:
            parts.append(Formula("-" * minus + shown.text, "-" * minus + shown.latex))
    return Formula("".join(p.text for p in parts) or "0", "".join(p.latex for p in parts) or "0")


def _term(term: Term, axes: Sequence[Index], letters: str, joins: bool) -> Formula:
    names = dict(zip(axes, letters, strict=True))
    lengths = {letter for i in (*axes, *term.indices) for letter in i.length.letters}
    free = (c for c in _LETTERS if c not in letters and c not in lengths)
    factors = with_softmax(term.factors)
    matrices, factors = _join(factors, axes) if joins else ([], factors)
    numbered = _numbered_pairs(factors, axes)
    factors = [f for f in factors if f not in numbered]
    summed = [i for i in sorted({i for f in (*factors, *numbered) for i in f.indices}) if i not in names]
    for flat in (f.indices[0] for f in numbered):
        summed.remove(flat)
    names |= dict(zip(summed, itertools.islice(free, len(summed)), strict=False))
    if any(i not in names for i in summed):
        raise CalculusError("there are more indices than letters")
    names |= {f.indices[0]: f"({','.join(names[i] for i in f.indices[1:])})" for f in numbered}
    size = abs(term.coefficient)
    parts = [] if size == 1 and term.factors else [Formula(str(size), _fraction(size))]
    parts += [_entry(e, indices, names) for e, indices in sorted(matrices, key=lambda product: len(product[1]))]
    parts += [_factor(f, names) for f in sorted(factors, key=lambda f: _order(f, names))]
    if summed:
        over = " ".join(names[i] for i in summed)
        parts.insert(0, Formula(f"Σ_{over.replace(' ', '')}", rf"\sum_{{{over}}}"))
    return Formula(" ".join(p.text for p in parts), " ".join(p.latex for p in parts))


def _numbered_pairs(factors: Sequence[Factor], axes: Sequence[Index]) -> list[Factor]:
    """Return the pair factors of summed indices, one per index, which is written as the pair."""
    pairs = {f.indices[0]: f for f in reversed(factors) if f.atom.kind == "pair" and f.indices[0] not in axes}
    return [f for f in pairs.values() if not pairs.keys() & set(f.indices[1:])]


def _join(
    factors: Sequence[Factor], axes: Sequence[Index]
) -> tuple[list[tuple[Expression, tuple[Index, ...]]], list[Factor]]:
    """Write factors connected by summed indices as matrices with at most two free indices; return the others too."""
    matrices, others = list[tuple[Expression, tuple[Index, ...]]](), list[Factor]()
    for group in connect(factors, dict.fromkeys(axes, "")):
        free = tuple(i for i in axes if any(i in f.indices for f in group))
        if all(set(f.indices) <= set(axes) for f in group):
            others += group
            continue
        candidates = []
        for places in {free, free[::-1]} if len(free) < 3 else ():
            try:
                row, column = (*places, None, None)[:2]
                candidates.append(
                    (write_matrix(Form((Term(Fraction(1), tuple(group)),), places), (row, column)), places)
                )
            except CalculusError:  # three matrices share an index
                break
        if candidates:
            matrices.append(min(candidates, key=lambda c: (length_of(c[0]), [axes.index(i) for i in c[1]])))
        else:
            others += group
    return matrices, others


def _place(factor: Factor, names: dict[Index, str]) -> Formula:
    """Write a part or pair factor as a Kronecker delta."""
    if factor.atom.kind == "pair":
        flat, *parts = (names[i] for i in factor.indices)
        return Formula(f"δ_{{{flat}, ({', '.join(parts)})}}", rf"\delta_{{{flat}, ({', '.join(parts)})}}")
    offset = str(factor.atom.parameters[0])
    letters = [names[i] for i in factor.indices]
    right = offset if len(letters) == 1 else letters[1] if offset == "0" else f"{letters[1]}+{offset}"
    return Formula(f"δ_{{{letters[0]}, {right}}}", rf"\delta_{{{letters[0]}, {right}}}")


def _order(factor: Factor, names: dict[Index, str]) -> tuple[bool, bool, str, str, str]:
    """Return the sort key of a factor: scalars, error signals, then symbols by name and index."""
    atom = factor.atom
    kind, places = "" if atom.kind == "symbol" else atom.kind, "".join(names[i] for i in factor.indices)
    return bool(factor.indices), not atom.name.startswith("δ"), kind, atom.name, places


def _fraction(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


def _factor(factor: Factor, names: dict[Index, str]) -> Formula:
    if factor.atom.kind == "eye":
        places = "".join(sorted(names[i] for i in factor.indices))
        return Formula(f"δ_{places}", rf"\delta_{{{places}}}")
    if factor.atom.kind in ("part", "pair"):
        return _place(factor, names)
    powers = (
        [(atom_expression(factor.atom), factor.exponent)]
        if factor.indices
        else atom_powers(factor.atom, factor.exponent)
    )
    ((e, exponent),) = powers
    return _entry(e, factor.indices, names, exponent)


def _entry(e: Expression, indices: Sequence[Index], names: dict[Index, str], exponent: Fraction = _ONE) -> Formula:
    text, written = str(e), latex(e)
    if e.operation.name in _INFIX or (e.operation.name == "length" and not text.isidentifier()):
        text, written = f"({text})", f"({written})"
    places = "".join(names[i] for i in indices)
    if places:
        text, written = f"{text}_{places}", f"{{{written}}}_{{{places}}}"
    if exponent != 1:
        text, written = f"{text}^{exponent}", f"{{{written}}}^{{{exponent}}}"
    return Formula(text, written)
