"""Replacement of exponentials over their sum with softmax, in the normal form."""

from __future__ import annotations

from collections.abc import Sequence

from fanlight.calculus.function_rules import only_factor
from fanlight.calculus.index_algebra import group
from fanlight.calculus.index_form import Atom, Factor, Form, Term, new_index, orient, rename


def with_softmax(factors: Sequence[Factor]) -> list[Factor]:
    """Replace exponentials over their sum with softmax in the factors of a term."""
    factors = list(factors)
    for total in [f for f in factors if f.atom.kind == "group" and f.exponent <= -1]:
        inner = exp_of_sum(total.atom.arguments[0])
        if inner is None:
            continue
        for place, factor in enumerate(factors):
            if factor.atom != inner.atom or factor.exponent < 1:
                continue
            axes = tuple(factor.indices)
            remaining_axes = tuple(i for i in axes if i in total.indices)
            form = Form.of(factor.atom, axes, remaining_axes)
            if len(form.axes) == len(axes) or orient("group", "", form) != (total.atom, total.indices):
                continue
            over_all = not form.axes
            rows = bool(form.axes) and form.axes[0] == axes[0]
            name = "softmax" if over_all else "softmax_rows" if rows else "softmax_columns"
            count = min(factor.exponent, -total.exponent)
            argument = factor.atom.arguments[0]
            outcome = Atom("softmax", name, factor.atom.lengths, arguments=(argument,))
            factors[place] = Factor(outcome, axes, count)
            remaining = [(factor, factor.exponent - count), (total, total.exponent + count)]
            factors = [f for f in factors if f is not total] + [f._replace(exponent=x) for f, x in remaining if x]
            return with_softmax(factors)
    return factors


def fold_softmax(form: Form) -> Form:
    """Replace exponentials over their sum with softmax in a form, also inside groups."""
    terms = [Term(t.coefficient, tuple(with_softmax(t.factors))) for t in form.terms]
    if not any(_has_exp(f.atom) for t in terms for f in t.factors):
        return Form(tuple(terms), form.axes)
    results = []
    for term in terms:
        coefficient, factors = term.coefficient, []
        for factor in term.factors:
            if factor.atom.kind == "group" and factor.exponent.denominator == 1 and _has_exp(factor.atom):
                fresh = {new_index(i.length): i for i in factor.indices}  # a factor may have the same index twice
                size, inner = group(fold_softmax(rename(factor.atom.arguments[0], tuple(fresh))))
                coefficient *= size ** int(factor.exponent)
                factor = Factor(inner.atom, tuple(fresh[i] for i in inner.indices), factor.exponent)
            factors.append(factor)
        results.append(Term(coefficient, tuple(factors)))
    return Form(tuple(results), form.axes)


def exp_of_sum(form: Form) -> Factor | None:
    """Return the exponential of a form ``exp(x)`` with distinct indices, possibly summed; None for other forms."""
    factor = only_factor(form)
    if factor is None:
        return None
    distinct = len(set(factor.indices)) == len(factor.indices)
    return factor if factor.atom.name == "exp" and factor.exponent == 1 and distinct else None


def _has_exp(atom: Atom) -> bool:
    return atom.kind == "group" and any(f.atom.name == "exp" for t in atom.arguments[0].terms for f in t.factors)
