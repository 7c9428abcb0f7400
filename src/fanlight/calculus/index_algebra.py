"""Sums, products and powers of forms, in normal form."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from fanlight.calculus.function_rules import collect_powers, only_factor, with_function_rules
from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, orient, rename, scale, term_key
from fanlight.calculus.inverse_rules import cancel_inverse
from fanlight.calculus.pairs import PAIR, join_pairs
from fanlight.calculus.shapes import ONE, Dimension


def number(value: Fraction | int, axes: Sequence[Index] = ()) -> Form:
    """Return a form whose entries are all the same number."""
    return Form((Term(Fraction(value), ()),) if value else (), tuple(axes))


EYE = "eye"


def eye_factor(a: Index, b: Index) -> Factor:
    """Return the identity matrix as a factor: one where two indices are equal, else zero."""
    return Factor(Atom(EYE, str(a.length), (a.length, b.length), is_symmetric=True), (a, b))


def length_factor(length: Dimension) -> Factor:
    """Return the number of values of an index as a factor."""
    return Factor(Atom("length", str(length), (), parameters=(length,)), ())


def add(*forms: Form, axes: Sequence[Index]) -> Form:
    """Add forms whose free indices are among `axes`."""
    return collect([t for form in forms for t in form.terms], axes)


def multiply(*forms: Form, axes: Sequence[Index]) -> Form:
    """Multiply forms entry by entry; free indices that are not among `axes` are summed over.

    The forms must have different summed indices (`rename`).
    """
    if any(not form.terms for form in forms):
        return Form((), tuple(axes))
    coefficient, factors, summed = Fraction(1), list[Factor](), set[Index]()
    for form in forms:
        summed |= set(form.axes) - set(axes)
        if len(form.terms) == 1:
            coefficient *= form.terms[0].coefficient
            factors += form.terms[0].factors
        else:
            size, factor = group(form)
            coefficient *= size
            factors.append(factor)
    return collect([normal_term(coefficient, factors, axes, summed)], axes)


def distribute(form: Form, other: Form, axes: Sequence[Index]) -> Form:
    """Multiply every term of a form by every term of another."""
    terms = []
    for a in form.terms:
        for b in other.terms:
            summed = {i for i in (*form.axes, *other.axes) if i not in axes}
            terms.append(normal_term(a.coefficient * b.coefficient, [*a.factors, *b.factors], axes, summed))
    return collect(terms, axes)


def group(form: Form) -> tuple[Fraction, Factor]:
    """Return a sum as a number times one factor, with the same atom for sums that differ by sign or transposition."""
    used = find_used_axes(form)
    sizes = [t.coefficient for t in form.terms]
    size = Fraction(math.gcd(*(s.numerator for s in sizes)), math.lcm(*(s.denominator for s in sizes)))
    atom, indices = orient("group", "", scale(Form(form.terms, used), 1 / size))
    if min(atom.arguments[0].terms, key=lambda t: term_key(t, atom.arguments[0].axes)).coefficient < 0:
        size = -size
        atom, indices = orient("group", "", scale(Form(form.terms, used), 1 / size))
    return size, Factor(atom, indices)


def find_used_axes(form: Form) -> tuple[Index, ...]:
    """Return the axes that occur in a form's terms; along the others it is constant."""
    present = {i for t in form.terms for i in t.indices}
    return tuple(a for a in form.axes if a in present)


def put_indices(form: Form, indices: Sequence[Index], axes: Sequence[Index] | None = None) -> Form:
    """Replace a form's axes with indices, which may be equal; indices not among `axes` are summed over."""
    names = dict(zip(form.axes, indices, strict=True))
    axes = tuple(dict.fromkeys(indices)) if axes is None else axes
    terms = (
        normal_term(t.coefficient, [f.with_names(names) for f in t.factors], axes, set(indices)) for t in form.terms
    )
    return collect(terms, axes)


def group_terms(form: Form) -> Form:
    """Return a sum as one group, so that it is multiplied as one factor."""
    if len(form.terms) < 2:
        return form
    size, factor = group(form)
    return Form((Term(size, (factor,)),), form.axes)


def collect(terms: Iterable[Term], axes: Sequence[Index]) -> Form:
    """Add equal terms, and expand groups that are the only factor of a term."""
    axes = tuple(axes)
    results: dict[str, Term] = {}
    stack = list(terms)[::-1]
    while stack:
        term = stack.pop()
        if not term.coefficient:
            continue
        if len(term.factors) == 1 and term.factors[0].atom.kind == "group" and term.factors[0].exponent == 1:
            (factor,) = term.factors
            if set(factor.indices) <= set(axes) and len(set(factor.indices)) == len(factor.indices):
                inner = rename(factor.atom.arguments[0], factor.indices)
                stack += [t._replace(coefficient=t.coefficient * term.coefficient) for t in inner.terms[::-1]]
                continue
        if (opened := _open_sum(term, axes)) is not None:
            stack += opened
            continue
        key = term_key(term, axes)
        before = results.get(key)
        results[key] = term if before is None else before._replace(coefficient=before.coefficient + term.coefficient)
    return Form(tuple(results[k] for k in sorted(results) if results[k].coefficient), axes)


def _open_sum(term: Term, axes: Sequence[Index]) -> list[Term] | None:
    """Sum the terms of a group separately if one is constant along the sum: ``sum(x - mean(x))`` is zero."""
    for place, factor in enumerate(term.factors):
        if factor.atom.kind != "group" or factor.exponent != 1:
            continue
        others = [*term.factors[:place], *term.factors[place + 1 :]]
        used = {i for f in others for i in f.indices} | set(axes)
        alone = {i for i in factor.indices if i not in used}
        if not alone or len(set(factor.indices)) < len(factor.indices):
            continue
        inner = rename(factor.atom.arguments[0], factor.indices)
        if any(not alone <= t.indices for t in inner.terms):
            return [
                normal_term(term.coefficient * t.coefficient, [*others, *t.factors], axes, factor.indices)
                for t in inner.terms
            ]
    return None


def normal_term(
    coefficient: Fraction, factors: Iterable[Factor], axes: Sequence[Index], summed: Iterable[Index] = ()
) -> Term:
    """Return a term in normal form: powers collected, and indices joined that an identity matrix makes equal.

    `summed` are indices that are summed over even if no factor has them.
    """
    factors = list(factors)
    summed = {i for i in summed if i not in axes} | {i for f in factors for i in f.indices if i not in axes}
    unified = _join_parts(factors, axes, summed)
    if unified is None:
        return Term(Fraction(0), ())
    factors, has_new = _join_indices(unified, axes, summed), True
    while has_new:
        factors, has_new = join_pairs(factors, axes, summed)
        factors = _join_indices(factors, axes, summed)
    powers: dict[tuple[Atom, tuple[Index, ...]], Fraction] = {}
    stack = factors[::-1]
    while stack:
        atom, indices, exponent = stack.pop()
        if atom.kind == "length" and atom.parameters[0].letters == set():
            coefficient *= Fraction(atom.parameters[0].constant) ** int(exponent)
            continue
        place = (atom, tuple(sorted(indices)) if atom.is_symmetric else indices)
        powers[place] = powers.get(place, Fraction(0)) + exponent
        if powers[place] == 1 and atom.kind == "group" and len(atom.arguments[0].terms) == 1:
            del powers[place]
            inner = rename(atom.arguments[0], place[1]).terms[0]
            coefficient *= inner.coefficient
            summed |= inner.indices - set(axes)
            if any(f.atom.kind == PAIR for f in inner.factors):
                others = [Factor(*other, exponent) for other, exponent in powers.items()]
                return normal_term(coefficient, [*others, *stack, *inner.factors], axes, summed)
            stack += inner.factors[::-1]
        if not powers.get(place, 1):
            del powers[place]
    outcome = [Factor(atom, indices, exponent) for (atom, indices), exponent in powers.items()]
    outcome = with_function_rules(outcome)
    if (cancelled := cancel_inverse(outcome, axes, group)) is not None:
        remaining, equal, absorbed = cancelled
        return normal_term(coefficient, [*remaining, eye_factor(*equal)], axes, summed - absorbed)
    outcome, absorbed = _sum_probabilities(outcome, axes)
    outcome, chosen = _sum_selections(outcome, axes)
    absorbed |= chosen
    present = {i for f in outcome for i in f.indices}
    outcome += [length_factor(index.length) for index in sorted(summed - present - absorbed)]
    if any(f.atom.kind == "length" for f in outcome):
        coefficient, outcome = _with_lengths(coefficient, outcome)
    return Term(coefficient, tuple(outcome))


def _with_lengths(coefficient: Fraction, factors: list[Factor]) -> tuple[Fraction, list[Factor]]:
    others = []
    for factor in collect_powers(factors):
        if factor.atom.kind == "length" and not factor.atom.parameters[0].letters:
            coefficient *= Fraction(factor.atom.parameters[0].constant) ** int(factor.exponent)
        else:
            others.append(factor)
    return coefficient, others


def _join_parts(factors: list[Factor], axes: Sequence[Index], summed: set[Index]) -> list[Factor] | None:
    """Join two parts of one long index: equal ranges give an identity matrix, disjoint ranges a zero (None)."""
    parts = [f for f in factors if f.atom.kind == "part"]
    for left, right in itertools.combinations(parts, 2):
        big = left.indices[0]
        if big != right.indices[0] or big in axes or sum(big in f.indices for f in factors) != 2:
            continue
        (start, small), (other_start, other_small) = sorted(
            ((f.atom.parameters[0], f.indices[1:]) for f in (left, right)), key=lambda part: str(part[0])
        )
        lengths = [i[0].length if i else ONE for i in (small, other_small)]
        remaining = [f for f in factors if f is not left and f is not right]
        if start == other_start and lengths[0] == lengths[1]:
            summed.discard(big)
            eyes = [eye_factor(small[0], other_small[0])] if small else []
            return _join_parts(remaining + eyes, axes, summed)
        if _is_at_most(start + lengths[0], other_start) or _is_at_most(other_start + lengths[1], start):
            return None
    return factors


def _is_at_most(a: Dimension, b: Dimension) -> bool:
    return all(count >= 0 for _, count in (b - a).terms)


def _join_indices(factors: list[Factor], axes: Sequence[Index], summed: set[Index]) -> list[Factor]:
    """Replace one index of each identity matrix with the other."""
    eyes: list[Factor] = []
    while True:
        place = next((n for n, f in enumerate(factors) if f.atom.kind == EYE), None)
        if place is None:
            return factors + eyes
        factor = factors.pop(place)
        a, b = sorted(factor.indices)
        if a == b:
            continue
        remove, keep = (a, b) if a not in axes else (b, a)
        if remove in axes:
            eyes.append(eye_factor(keep, remove))
        else:
            summed.discard(remove)
        names = {remove: keep}
        factors = [f.with_names(names) for f in factors]


_SUMS_TO_ONE = {"softmax": slice(2), "softmax_rows": slice(1, 2), "softmax_columns": slice(1)}  # summed indices


def _sum_probabilities(factors: list[Factor], axes: Sequence[Index]) -> tuple[list[Factor], set[Index]]:
    """Remove softmaxes, and factors over their own sum, that are summed to one; return the summed indices too."""
    for factor in factors:
        if factor.atom.kind == "softmax" and factor.exponent == 1:
            over = factor.indices[_SUMS_TO_ONE[factor.atom.name]]
            remaining = [f for f in factors if f is not factor]
            if not set(over) & ({i for f in remaining for i in f.indices} | set(axes)):
                remaining, absorbed = _sum_probabilities(remaining, axes)
                return remaining, absorbed | set(over)
    for total in factors:
        summand = only_factor(total.atom.arguments[0]) if total.exponent <= -1 and total.atom.kind == "group" else None
        if summand is None:
            continue
        for factor in factors:
            if factor.atom != summand.atom or factor.exponent != summand.exponent:
                continue
            others = {i for f in factors if f is not factor for i in f.indices} | set(axes)
            alone = {i for i in factor.indices if i not in others}
            form = Form((Term(Fraction(1), (factor,)),), tuple(i for i in factor.indices if i not in alone))
            if alone and orient("group", "", form) == (total.atom, total.indices):
                remaining = [f for f in factors if f is not factor and f is not total]
                if total.exponent != -1:
                    remaining.append(total._replace(exponent=total.exponent + 1))
                remaining, absorbed = _sum_probabilities(remaining, axes)
                return remaining, absorbed | alone
    return factors, set()


def _sum_selections(factors: list[Factor], axes: Sequence[Index]) -> tuple[list[Factor], set[Index]]:
    """Remove one-hot factors that are summed to one and reduce their powers; return the summed indices too."""
    results, absorbed = [], set[Index]()
    for place, factor in enumerate(factors):
        if factor.atom.kind not in ("onehot", "onehot_rows"):
            results.append(factor)
            continue
        index = factor.indices[-1]
        others = {i for f in (*results, *factors[place + 1 :]) for i in f.indices} | set(factor.indices[:-1])
        if index in others or index in axes:
            results.append(factor._replace(exponent=Fraction(1)))
        else:
            absorbed.add(index)
    return results, absorbed


def split_selection(form: Form, most: int = 2) -> tuple[Form, Form] | None:
    """Split a term into its one-hot or pair factors and the others, else None; `most` is for `_split_pairs`."""
    if len(form.terms) != 1:
        return None
    (term,) = form.terms
    if any(f.atom.kind == PAIR for f in term.factors):
        return _split_pairs(term, form.axes, most)
    if form.axes:
        return None
    selectors = tuple(f for f in term.factors if f.atom.kind == "onehot")
    indices = tuple(dict.fromkeys(i for f in selectors for i in f.indices))
    if not selectors or len(selectors) != len(indices) or len(indices) > 2:
        return None
    others = tuple(f for f in term.factors if f.atom.kind != "onehot")
    return Form((Term(Fraction(1), selectors),), indices), Form((Term(term.coefficient, others),), indices)


def _split_pairs(term: Term, axes: Sequence[Index], most: int) -> tuple[Form, Form] | None:
    """Split a term with pair factors into these and the others, with at most `most` indices; None if impossible."""
    pairs = tuple(f for f in term.factors if f.atom.kind == PAIR)
    others = tuple(f for f in term.factors if f.atom.kind != PAIR)
    parts = [i for f in pairs for i in f.indices[1:]]
    used = {i for f in others for i in f.indices}
    inner = tuple(i for i in dict.fromkeys((*axes, *parts)) if i in used)
    if len({*parts, *axes}) < len(parts) + len(axes) or not used <= set(inner) or len(inner) > most:
        return None
    if not {f.indices[0] for f in pairs} <= set(axes):
        return None
    numbering = Form((Term(Fraction(1), pairs),), tuple(dict.fromkeys(i for f in pairs for i in f.indices)))
    return numbering, Form((Term(term.coefficient, others),), inner)


def _is_positive_symbol(atom: Atom) -> bool:
    return atom.kind == "symbol" and atom.parameters[0].parameters[2] == "positive"


def power(form: Form, exponent: Fraction) -> Form:
    """Raise every entry to a power."""
    if exponent == 1:
        return form
    if not form.terms:
        return number(1, form.axes) if exponent == 0 else Form((), form.axes)
    if exponent == 0:
        return number(1, form.axes)
    if (selection := split_selection(form, 4 if exponent.denominator == 1 else 2)) is not None:
        selector, vector = selection
        return multiply(selector, power(vector, exponent), axes=form.axes)
    term = form.terms[0]
    opens = len(form.terms) == 1 and term.indices <= set(form.axes)
    if opens and (exponent.denominator == 1 or (term.coefficient == 1 and len(term.factors) == 1)):
        base = term.factors[0] if term.factors else None
        opens_root = exponent.denominator == 1 or base is None or base.exponent.denominator != 1 or base.exponent == 1
        opens_root = opens_root or (base is not None and _is_positive_symbol(base.atom))
        if opens_root:
            size = term.coefficient ** int(exponent) if exponent.denominator == 1 else Fraction(1)
            factors = [f._replace(exponent=f.exponent * exponent) for f in term.factors]
            return collect([normal_term(size, factors, form.axes)], form.axes)
    outside = [f for f in term.factors if set(f.indices) <= set(form.axes) and f.atom.kind != "length"]
    if len(form.terms) == 1 and outside and exponent.denominator == 1 and exponent < 0:
        inside = term._replace(factors=tuple(f for f in term.factors if f not in outside))
        parts = (Form((t,), form.axes) for t in (inside, Term(Fraction(1), tuple(outside))))
        return multiply(*(power(part, exponent) for part in parts), axes=form.axes)
    size, factor = group(form)
    coefficient = Fraction(1)
    if exponent.denominator == 1:
        coefficient = size ** int(exponent)
    elif size != 1:
        atom, indices = orient("group", "", Form(form.terms, find_used_axes(form)))
        factor = Factor(atom, indices)
    return collect([normal_term(coefficient, [factor._replace(exponent=exponent)], form.axes)], form.axes)
