"""Sums, products and powers of forms, each again in normal form."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, key_of, rename, term_key
from fanlight.calculus.shapes import ONE, Dimension


def number(value: Fraction | int, axes: Sequence[Index] = ()) -> Form:
    """Return a form that is the same number everywhere."""
    return Form((Term(Fraction(value), ()),) if value else (), tuple(axes))


def single(atom: Atom, indices: Sequence[Index], axes: Sequence[Index] | None = None) -> Form:
    """Return a form of one factor."""
    return collect([Term(Fraction(1), (Factor(atom, tuple(indices)),))], indices if axes is None else axes)


EYE = "eye"


def eye_factor(a: Index, b: Index) -> Factor:
    """Return the factor that is one where two indices are equal."""
    return Factor(Atom(EYE, str(a.length), (a.length, b.length), is_symmetric=True), (a, b))


def length_factor(length: Dimension) -> Factor:
    """Return the number of values of an index as a factor."""
    return Factor(Atom("length", str(length), (), parameters=(length,)), ())


def add(*forms: Form, axes: Sequence[Index]) -> Form:
    """Add forms whose free indices are among `axes`."""
    return collect([t for form in forms for t in form.terms], axes)


def scale(form: Form, by: Fraction | int) -> Form:
    """Multiply by a number."""
    return Form(tuple(t._replace(coefficient=t.coefficient * by) for t in form.terms) if by else (), form.axes)


def multiply(*forms: Form, axes: Sequence[Index]) -> Form:
    """Multiply forms entry by entry; free indices that are not among `axes` are summed over.

    The forms' summed indices differ (`rename`).
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
    """Return a sum as a number times one factor; sums that differ by sign or transposition give the same atom."""
    used = find_used_axes(form)
    sizes = [t.coefficient for t in form.terms]
    size = Fraction(math.gcd(*(s.numerator for s in sizes)), math.lcm(*(s.denominator for s in sizes)))
    atom, indices = orient("group", "", scale(Form(form.terms, used), 1 / size))
    if min(atom.arguments[0].terms, key=lambda t: term_key(t, atom.arguments[0].axes)).coefficient < 0:
        size = -size
        atom, indices = orient("group", "", scale(Form(form.terms, used), 1 / size))
    return size, Factor(atom, indices)


def find_used_axes(form: Form) -> tuple[Index, ...]:
    """Return the axes along which a form is not the same everywhere."""
    present = {i for t in form.terms for i in t.indices}
    return tuple(a for a in form.axes if a in present)


def group_terms(form: Form) -> Form:
    """Put a sum in parentheses, so that it is multiplied as one factor."""
    if len(form.terms) < 2:
        return form
    size, factor = group(form)
    return Form((Term(size, (factor,)),), form.axes)


def orient(kind: str, name: str, form: Form, parameters: tuple[Any, ...] = ()) -> tuple[Atom, tuple[Index, ...]]:
    """Return an atom around a form and its indices, in the order that gives the smaller key."""
    axes = form.axes
    key = key_of(form)
    if len(axes) != 2:
        return Atom(kind, name, [a.length for a in axes], parameters=parameters, arguments=(form,)), axes
    turned = Form(form.terms, (axes[1], axes[0]))
    turned_key = key_of(turned)
    chosen = form if key <= turned_key else turned
    lengths = [a.length for a in chosen.axes]
    atom = Atom(kind, name, lengths, parameters=parameters, arguments=(chosen,), is_symmetric=key == turned_key)
    return atom, chosen.axes


def collect(terms: Iterable[Term], axes: Sequence[Index]) -> Form:
    """Add equal terms, and open parentheses that nothing is multiplied with."""
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
    """Sum the terms of a group one by one where one is the same for all: ``sum(x - mean(x))`` is zero."""
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
    """Return a term with powers collected and equal indices made one.

    `summed` are indices that are summed over whether or not a factor has them.
    """
    factors = list(factors)
    summed = {i for i in summed if i not in axes} | {i for f in factors for i in f.indices if i not in axes}
    unified = _join_parts(factors, axes, summed)
    if unified is None:
        return Term(Fraction(0), ())
    factors = _join_indices(unified, axes, summed)
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
            stack += inner.factors[::-1]
        if not powers.get(place, 1):
            del powers[place]
    outcome = _with_steps([Factor(atom, indices, exponent) for (atom, indices), exponent in powers.items()])
    outcome, absorbed = _sum_probabilities(outcome, axes)
    outcome, chosen = _sum_selections(outcome, axes)
    absorbed |= chosen
    present = {i for f in outcome for i in f.indices}
    outcome += [length_factor(index.length) for index in sorted(summed - present - absorbed)]
    if any(f.atom.kind == "length" for f in outcome):
        coefficient, outcome = _with_lengths(coefficient, outcome)
    return Term(coefficient, tuple(outcome))


def _with_steps(factors: list[Factor]) -> list[Factor]:
    """Use that a step is 0 or 1, and relu its argument where it is 1; and that ``x * sign(x)`` is ``abs(x)``."""
    if not any(f.atom.name in ("step", "sign") for f in factors):
        return factors
    results = [f._replace(exponent=Fraction(1)) if f.atom.name == "step" and f.exponent > 0 else f for f in factors]
    for switch in [f for f in results if f.atom.name in ("step", "sign") and f.exponent == 1]:
        (argument,) = switch.atom.arguments
        inner = only_factor(rename(argument, switch.indices))
        for other in [f for f in results if f is not switch]:
            product: Factor | None = None
            if switch.atom.name == "step" and other.atom.kind == "function" and other.indices == switch.indices:
                if other.exponent > 0 and other.atom.name == "relu" and _is_of(other, argument):
                    results = [f for f in results if f is not switch]
                    break
                if (passed := _where_positive(other, argument)) is not None:
                    results = [passed if f is other else f for f in results]
            elif inner is None or switch.atom.name != "sign":
                continue
            elif other.atom.name == "abs" and other.indices == switch.indices and _is_of(other, argument):
                if other.exponent in (1, -1):
                    product = inner._replace(exponent=inner.exponent * other.exponent)
            elif (other.atom, other.indices) == (inner.atom, inner.indices) and inner.exponent == 1 <= other.exponent:
                size = Atom("function", "abs", switch.atom.lengths, arguments=switch.atom.arguments)
                product = Factor(size, switch.indices)
                results.append(other._replace(exponent=other.exponent - 1))
            if product is not None:
                results = [f for f in results if f is not switch and f is not other] + [product]
                break
    return _collect_powers(results)


def only_factor(form: Form) -> Factor | None:
    """Return the factor that a form consists of."""
    (term,) = form.terms if len(form.terms) == 1 else (None,)
    return term.factors[0] if term is not None and term.coefficient == 1 and len(term.factors) == 1 else None


def _is_of(factor: Factor, argument: Form) -> bool:
    return [key_of(a) for a in factor.atom.arguments] == [key_of(argument)]


def _where_positive(factor: Factor, argument: Form) -> Factor | None:
    """Return f(c * u) for a factor f(c * relu(u)), of which it has the value where u is positive."""
    inner = factor.atom.arguments[0]
    if len(factor.atom.arguments) != 1 or len(inner.terms) != 1 or len(inner.terms[0].factors) != 1:
        return None
    (relu,) = inner.terms[0].factors
    if relu.atom.name != "relu" or relu.exponent != 1 or relu.indices != inner.axes or not _is_of(relu, argument):
        return None
    atom, indices = orient("function", factor.atom.name, scale(argument, inner.terms[0].coefficient))
    names = dict(zip(argument.axes, factor.indices, strict=True))
    return Factor(atom, tuple(names[i] for i in indices), factor.exponent)


def _collect_powers(factors: list[Factor]) -> list[Factor]:
    powers: dict[tuple[Atom, tuple[Index, ...]], Fraction] = {}
    for atom, indices, exponent in factors:
        powers[atom, indices] = powers.get((atom, indices), Fraction(0)) + exponent
    return [Factor(atom, indices, exponent) for (atom, indices), exponent in powers.items() if exponent]


def _with_lengths(coefficient: Fraction, factors: list[Factor]) -> tuple[Fraction, list[Factor]]:
    others = []
    for factor in _collect_powers(factors):
        if factor.atom.kind == "length" and not factor.atom.parameters[0].letters:
            coefficient *= Fraction(factor.atom.parameters[0].constant) ** int(factor.exponent)
        else:
            others.append(factor)
    return coefficient, others


def _join_parts(factors: list[Factor], axes: Sequence[Index], summed: set[Index]) -> list[Factor] | None:
    """Put two parts of one long index together: equal ones are the same entries, disjoint ones give None, a zero."""
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
    """Replace one index by the other where a factor `eye` says that they are equal."""
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
        factors = [f._replace(indices=tuple(names.get(i, i) for i in f.indices)) for f in factors]


def _sum_probabilities(factors: list[Factor], axes: Sequence[Index]) -> tuple[list[Factor], set[Index]]:
    """Use that exponentials, or squares, over their sum add up to one; return the indices of this sum too."""
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
    """Use that one entry of a selector is 1 and all others 0; return the indices whose sum this takes."""
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


def split_selection(form: Form) -> tuple[Form, Form] | None:
    """Split a scalar that is the selected entry of a vector or matrix into the selectors and this."""
    if len(form.terms) != 1 or form.axes:
        return None
    (term,) = form.terms
    selectors = tuple(f for f in term.factors if f.atom.kind == "onehot")
    indices = tuple(dict.fromkeys(i for f in selectors for i in f.indices))
    if not selectors or len(selectors) != len(indices) or len(indices) > 2:
        return None
    others = tuple(f for f in term.factors if f.atom.kind != "onehot")
    return Form((Term(Fraction(1), selectors),), indices), Form((Term(term.coefficient, others),), indices)


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
    if (selection := split_selection(form)) is not None:
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
    size, factor = group(form)
    coefficient = Fraction(1)
    if exponent.denominator == 1:
        coefficient = size ** int(exponent)
    elif size != 1:
        atom, indices = orient("group", "", Form(form.terms, find_used_axes(form)))
        factor = Factor(atom, indices)
    return collect([normal_term(coefficient, [factor._replace(exponent=exponent)], form.axes)], form.axes)
