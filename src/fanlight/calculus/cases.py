"""Sums defined by cases: step functions, and the maximum or minimum of two terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from fanlight.calculus.function_rules import in_case, only_factor
from fanlight.calculus.index_algebra import collect
from fanlight.calculus.index_form import Factor, Form, Term, rename, scale, term_key


def choices(form: Form) -> Iterator[tuple[Form, Form, Form]]:
    """Yield, for each step in ``step(x) * a + b``, the step, the sum where it is 1, and the sum where it is 0."""
    steps = {(f.atom.key, f.indices): f for t in form.terms for f in t.factors if f.atom.name == "step"}
    for step in steps.values():
        inside = [t._replace(factors=tuple(f for f in t.factors if f != step)) for t in form.terms if step in t.factors]
        others = [t for t in form.terms if step not in t.factors]
        condition = Form((Term(Fraction(1), (step,)),), form.axes)
        if others and step.exponent == 1 and set(step.indices) <= set(form.axes):
            values = [_in_case([*inside, *others], form, step, True), _in_case(others, form, step, False)]
            yield condition, values[0], values[1]


def _in_case(terms: Sequence[Term], form: Form, step: Factor, is_positive: bool) -> Form:
    """Return the sum of terms where a step is 1 (`is_positive`) or 0."""
    factors = [tuple(in_case(f, step, is_positive) or f for f in t.factors) for t in terms]
    return collect([Term(t.coefficient, fs) for t, fs in zip(terms, factors, strict=True)], form.axes)


def extremes(form: Form) -> Iterator[tuple[str, Form, Form, list[Term]]]:
    """Yield, for ``relu(a - b) + b + c``, "maximum", a, b and c; "minimum" for ``b - relu(b - a) + c``."""
    for term in form.terms:
        relu = only_factor(Form((term._replace(coefficient=abs(term.coefficient)),), form.axes))
        if relu is None or relu.atom.name != "relu" or relu.exponent != 1:
            continue
        inner = rename(relu.atom.arguments[0], relu.indices)
        sizes = {term_key(t, form.axes): t.coefficient for t in inner.terms}
        b = [t for t in form.terms if sizes.get(term_key(t, form.axes)) == -term.coefficient * t.coefficient]
        a = collect([*b, *scale(inner, term.coefficient).terms], form.axes)
        if b and a.terms:
            others = [t for t in form.terms if t is not term and t not in b]
            yield "maximum" if term.coefficient > 0 else "minimum", a, Form(tuple(b), form.axes), others
