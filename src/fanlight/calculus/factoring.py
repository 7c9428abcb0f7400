"""Equal forms of a sum: with common factors taken out, or products multiplied out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from fanlight.calculus.index_algebra import (
    collect,
    distribute,
    eye_factor,
    find_used_axes,
    group,
    length_factor,
    normal_term,
)
from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, connect, new_index, rename
from fanlight.calculus.text_writer import SHOWS_MEANS

_EXTRA = 1.3  # weight of the length of a product that is multiplied out: it is preferred only if much shorter
_COMPOUND = 0.8  # weight of the length of a fraction without fractions inside
_LIMIT = 24  # most terms of a product that is multiplied out
_LIMIT_OF_OPTIONS = 6  # most common factors that are tried
_LIMIT_OF_OPENED_FACTORS = 50  # most factors, nested ones included, of a sum whose products are multiplied out
_LIMIT_OF_FACTORS = 60  # most factors of a sum that is factored


def alternatives(form: Form) -> Iterator[tuple[Form, float]]:
    """Yield equal forms, unchanged, factored, multiplied out and both, each with the weight of its length.

    Products of sums are kept unless the form is clearly shorter without them.
    """
    yield form, 1.0
    diagonals = _join_diagonals(form)
    if diagonals is not form:
        yield diagonals, 1.0
    if sum(len(t.factors) for t in form.terms) > _LIMIT_OF_FACTORS:
        return
    factored = factor_out(form)
    if factored is not form:
        yield factored, 1.0
    yield from _clear_fractions(factored)
    yield from ((total, 1.0) for total in _join_sums(form))
    for fraction in _join_fractions(form):
        yield fraction, 1.0
        yield from _clear_fractions(fraction)
    if count_factors(form) > _LIMIT_OF_OPENED_FACTORS:
        return
    opened = multiply_out(form)
    if opened is not None:
        yield opened, _EXTRA
        again = factor_out(opened)
        if again is not opened:
            yield again, _EXTRA


def _join_diagonals(form: Form) -> Form:
    """Replace ``diag(a) + diag(b)`` with ``diag(a + b)``."""
    diagonal = [
        t for t in form.terms if any(f.atom.kind == "eye" and set(f.indices) == set(form.axes) for f in t.factors)
    ]
    inner = [t._replace(factors=tuple(f for f in t.factors if f.atom.kind != "eye")) for t in diagonal]
    if (
        len(form.axes) != 2
        or len(diagonal) < 2
        or any(len(a.factors) + 1 != len(t.factors) for a, t in zip(inner, diagonal, strict=True))
    ):
        return form
    names = {max(form.axes): min(form.axes)}
    entries = [t._replace(factors=tuple(f.with_names(names) for f in t.factors)) for t in inner]
    vector = factor_out(collect(entries, [min(form.axes)]))
    others = [t for t in form.terms if t not in diagonal]
    entry = _as_term(vector)
    return collect([*others, entry._replace(factors=(*entry.factors, eye_factor(*form.axes)))], form.axes)


def _join_sums(form: Form) -> Iterator[Form]:
    """Replace ``sum(x) + sum(y)`` with ``sum(x + y)``, and ``sum(x) - n * t`` with ``sum(x - t)``."""
    summed = [sorted(t.indices - set(form.axes)) for t in form.terms]
    for length in sorted({i.length for indices in summed for i in indices}, key=str):
        indices = [next((i for i in indices if i.length == length), None) for indices in summed]
        count = length_factor(length)._replace(exponent=Fraction(-1))
        if len(form.terms) < 2 or not _has_common_count(form, indices, count):
            continue
        common = new_index(length)
        axes = (*form.axes, common)
        terms = [
            normal_term(t.coefficient, [*t.factors, count], axes)
            if i is None
            else normal_term(t.coefficient, [f.with_names({i: common}) for f in t.factors], axes)
            for t, i in zip(form.terms, indices, strict=True)
        ]
        inner = factor_out(collect(terms, axes))
        used = set(find_used_axes(inner))
        has_outer = any(common in t.indices and _is_outer(t, frozenset({common}), form.axes) for t in terms)
        if common in used and (len(used) == 1 or (len(used) == 2 and not has_outer)):
            yield Form((_as_term(inner),), form.axes)


def _clear_fractions(form: Form) -> Iterator[tuple[Form, float]]:
    """Clear compound fractions: ``1 / (y * (x**2 / y**2 + 1))`` becomes ``y / (x**2 + y**2)``."""
    terms, below, is_clearer = list[Term](), list[Factor](), True
    for term in form.terms:
        factors = list[Factor]()
        coefficient = term.coefficient
        sums_below = [f for f in term.factors if f.atom.kind == "group" and f.exponent < 0]
        for factor in term.factors:
            inner = _without_fractions(factor) if _is_in_fraction(factor, term) else None
            if inner is None:
                factors.append(factor)
                continue
            size, integral = group(inner[0])
            coefficient *= size ** int(factor.exponent)
            factors.append(integral._replace(exponent=factor.exponent))
            factors += [f._replace(exponent=f.exponent * factor.exponent) for f in inner[1]]
            below += inner[1]
            is_clearer &= bool(sums_below) and all(f.atom.kind == "symbol" for f in inner[1])
        terms.append(normal_term(coefficient, factors, form.axes))
    cleared = collect(terms, form.axes)
    if below and count_factors(cleared) <= count_factors(form):  # else clearing nested fractions would not end
        yield cleared, _COMPOUND if is_clearer else 1.0


def _is_in_fraction(factor: Factor, term: Term) -> bool:
    """Tell whether a group of distinct indices is a factor of a fraction's numerator or denominator."""
    alone = len(set(factor.indices)) == len(factor.indices)
    over = factor.exponent == 1 and any(f.exponent < 0 for f in term.factors)
    return (
        factor.atom.kind == "group" and alone and (over or (factor.exponent < 0 and factor.exponent.denominator == 1))
    )


def _without_fractions(factor: Factor) -> tuple[Form, list[Factor]] | None:
    """Return a sum times its common denominator, and the reciprocal's factors; None if no term is a fraction."""
    inner = rename(factor.atom.arguments[0], factor.indices)
    lowest: dict[tuple[Atom, tuple[Index, ...]], Fraction] = {}
    for term in inner.terms:
        for atom, indices, exponent in term.factors:
            if exponent < 0 and set(indices) <= set(inner.axes) and atom.kind != "length":
                lowest[atom, indices] = min(exponent, lowest.get((atom, indices), exponent))
    if not lowest:
        return None
    above = [Factor(atom, indices, -exponent) for (atom, indices), exponent in lowest.items()]
    terms = [normal_term(t.coefficient, [*t.factors, *above], inner.axes) for t in inner.terms]
    cleared = collect(terms, inner.axes)
    return (cleared, [f._replace(exponent=-f.exponent) for f in above]) if cleared.terms else None


def _has_common_count(form: Form, indices: Sequence[Index | None], count: Factor) -> bool:
    """Tell whether several sums are means, or all terms that are not sums have the number of entries as factor."""
    counts = [next((f.exponent for f in t.factors if f.atom == count.atom), Fraction(0)) for t in form.terms]
    sums = {x for x, i in zip(counts, indices, strict=True) if i is not None}
    others = {x for x, i in zip(counts, indices, strict=True) if i is None}
    return (max(sums) < 0 and len(indices) - indices.count(None) > 1) or min(others, default=1) > 0


def _join_fractions(form: Form) -> Iterator[Form]:
    """Bring terms to a common denominator: ``1 / (1 + t) - t / (1 + t)**2`` is ``1 / (1 + t)**2``."""
    places = [{(f.atom, f.indices): f.exponent for f in t.factors} for t in form.terms]
    below = {(f.atom, f.indices) for t in form.terms for f in t.factors if f.exponent < 0}
    for atom, indices in sorted(below, key=str):
        exponents = [place.get((atom, indices), Fraction(0)) for place in places]
        lowest = min(exponents)
        if len(set(exponents)) < 2 or atom.kind != "group" or not set(indices) <= set(form.axes):
            continue
        if max(exponents) - lowest not in (1, 2):
            continue
        terms = [
            normal_term(t.coefficient, [*t.factors, Factor(atom, indices, -lowest)], form.axes) for t in form.terms
        ]
        above = collect(terms, form.axes)
        opened = multiply_out(above) or above
        if opened.terms and len(opened.terms) <= len(form.terms):
            term = _as_term(factor_out(opened))
            factors = [*term.factors, Factor(atom, indices, lowest)]
            fraction = collect([normal_term(term.coefficient, factors, form.axes)], form.axes)
            if count_factors(fraction) <= count_factors(form):  # else joining fractions in numerators would not end
                yield fraction


def _as_term(form: Form) -> Term:
    """Return a sum as one term: its only term, or a number times a group."""
    if len(form.terms) < 2:
        return form.terms[0] if form.terms else Term(Fraction(0), ())
    size, factor = group(form)
    return Term(size, (factor,))


def simplest(form: Form) -> Form:
    """Return the alternative with the fewest factors."""
    return min((other for other, _ in alternatives(form)), key=count_factors)


def count_factors(form: Form) -> int:
    """Return the number of factors of a form, including those nested in its factors."""
    return sum(1 + sum(map(count_factors, f.atom.arguments)) for t in form.terms for f in t.factors)


def multiply_out(form: Form) -> Form | None:
    """Return the sum with its products of sums multiplied out; None if it has none or becomes too long."""
    terms: list[Term] = []
    changed = False
    for term in form.terms:
        place = next((n for n, f in enumerate(term.factors) if f.atom.kind == "group" and f.exponent in (1, 2)), None)
        if place is None:
            terms.append(term)
            continue
        changed = True
        factor = term.factors[place]
        others = [*term.factors[:place], *term.factors[place + 1 :]]
        if factor.exponent == 2:
            others.append(factor._replace(exponent=Fraction(1)))
        axes = tuple(dict.fromkeys(i for f in others for i in f.indices))
        inner = factor.atom.arguments[0]
        placed = [new_index(i.length) for i in factor.indices]
        opened = rename(inner, placed)
        names = dict(zip(placed, factor.indices, strict=True))
        opened = Form(
            tuple(t._replace(factors=tuple(f.with_names(names) for f in t.factors)) for t in opened.terms),
            tuple(dict.fromkeys(factor.indices)),
        )
        terms += distribute(Form((Term(term.coefficient, tuple(others)),), axes), opened, form.axes).terms
        if len(terms) > _LIMIT:
            return None
    if not changed:
        return None
    opened = collect(terms, form.axes)
    return multiply_out(opened) or (opened if len(opened.terms) <= _LIMIT else None)


def factor_out(form: Form, summed: frozenset[Index] = frozenset()) -> Form:
    """Take out common factors, the most frequent first; `summed` are indices of an enclosing sum."""
    if len(form.terms) < 2:
        return form
    options = _common_factors(form)
    if SHOWS_MEANS.get():  # 1/n is taken out of all terms or none, so that means are kept
        options = {k: p for k, p in options.items() if not k[0].startswith("length:") or len(p) == len(form.terms)}
    order = sorted(options.items(), key=lambda item: (-len(item[1]), -len(item[0][0]), item[0]))
    for _, places in order[:_LIMIT_OF_OPTIONS]:
        outcome = _take_out(form, places, summed)
        if outcome is not None:
            return factor_out(outcome, summed) if len(outcome.terms) < len(form.terms) else outcome
    return _common_number(form)


def _take_out(form: Form, places: Sequence[tuple[int, int]], summed: frozenset[Index]) -> Form | None:
    """Take a factor out of terms, given as (term, factor) numbers; None if the rest has no short matrix notation."""
    t, f = places[0]
    example = _order_indices(form.terms[t].factors[f], form.axes)
    names = {i: i if i in form.axes else new_index(i.length) for i in dict.fromkeys(example.indices)}
    lifted = list(names.values())
    exponent = min((form.terms[t].factors[f].exponent for t, f in places), key=abs)
    factor = example.with_names(names)._replace(exponent=exponent)
    axes = tuple(dict.fromkeys([*form.axes, *lifted]))
    inside = []
    for t, f in places:
        term = form.terms[t]
        other = _order_indices(term.factors[f], form.axes)
        others = [*term.factors[:f], *term.factors[f + 1 :]]
        if other.exponent != exponent:
            others.append(other._replace(exponent=other.exponent - exponent))
        own_names = dict(zip(dict.fromkeys(other.indices), lifted, strict=True))
        inside.append(normal_term(term.coefficient, [o.with_names(own_names) for o in others], axes))
    inner = collect(inside, axes)
    if not inner.terms or len(find_used_axes(inner)) > 2:
        return None
    if any(f.atom.kind == "eye" and set(f.indices) & set(lifted) for t in inner.terms for f in t.factors):
        return None  # diagonals are kept: diag(s) - s @ s.T
    new = frozenset(lifted) - set(form.axes)
    if any(not new <= t.indices for t in inner.terms):
        return None  # all terms must keep the summed index: none may become a scalar among matrices
    if len(new) == 1 and len(factor.indices) == 1 and any(_is_outer(t, new, form.axes) for t in inner.terms):
        return None  # no outer products that are multiplied by a vector
    inner = factor_out(inner, summed | new)
    chosen = {t for t, _ in places}
    unchanged = [term for n, term in enumerate(form.terms) if n not in chosen]
    if not inner.terms:  # the terms cancel
        return collect(unchanged, form.axes)
    used = find_used_axes(inner)
    is_matrix = len(inner.terms) > 1 and len(used) == 2 and bool(new | summed)
    if is_matrix and any(not set(used) <= t.indices for t in inner.terms):
        return None  # no term may become a vector among matrices
    merged = _as_term(inner)
    return collect([normal_term(merged.coefficient, (factor, *merged.factors), form.axes), *unchanged], form.axes)


def _is_outer(term: Term, new: frozenset[Index], axes: Sequence[Index]) -> bool:
    """Tell whether no connected group of factors has both a new index and a free one."""
    free = dict.fromkeys((*new, *axes), "")
    groups = [{i for f in group for i in f.indices} & set(free) for group in connect(term.factors, free)]
    return bool(term.indices & set(axes)) and not any(new & group and group - new for group in groups)


def _order_indices(factor: Factor, axes: Sequence[Index]) -> Factor:
    """Order the indices of a symmetric factor, free ones first, so that equal factors have equal indices."""
    if not factor.atom.is_symmetric:
        return factor
    place = {i: n for n, i in enumerate(axes)}
    return factor._replace(indices=tuple(sorted(factor.indices, key=lambda i: place.get(i, len(place)))))


def _common_factors(form: Form) -> dict[tuple[str, tuple[str, ...], bool], list[tuple[int, int]]]:
    """Return the (term, factor) numbers of common factors, by atom, places of free indices, and sign of exponent."""
    results: dict[tuple[str, tuple[str, ...], bool], list[tuple[int, int]]] = {}
    for t, term in enumerate(form.terms):
        seen = set()
        for f, factor in enumerate(term.factors):
            for key in _patterns(factor, form.axes):
                if key not in seen:
                    seen.add(key)
                    results.setdefault(key, []).append((t, f))
                    break
    return {key: places for key, places in results.items() if len(places) > 1}


def _patterns(factor: Factor, axes: Sequence[Index]) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    if factor.atom.kind in ("eye", "part"):
        return
    summed: dict[Index, str] = {}
    places = [str(axes.index(i)) if i in axes else summed.setdefault(i, f"s{len(summed)}") for i in factor.indices]
    if factor.atom.is_symmetric:
        places = sorted(places)
    yield factor.atom.key, tuple(places), factor.exponent > 0


def _common_number(form: Form) -> Form:
    sizes = {abs(t.coefficient) for t in form.terms}
    if len(sizes) != 1 or sizes == {Fraction(1)}:
        return form
    return Form((_as_term(form),), form.axes)
