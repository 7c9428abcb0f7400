"""Assumptions about symbols, applied to a normal form after differentiation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fanlight.calculus.index_algebra import collect, eye_factor, normal_term
from fanlight.calculus.index_derivative import transform
from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, new_index, orient, rename
from fanlight.calculus.inverse_rules import chain_of

_INVERTIBLE = ("invertible", "spd")


def apply_assumptions(form: Form, facts: Mapping[str, str]) -> Form:
    """Return a simpler form that is equal under the assumptions.

    Parameters
    ----------
    form : Form
    facts : mapping of str to str
        The assumption of each symbol, by name; one of `expressions.ASSUMPTIONS`.
    """

    def rule(factor: Factor) -> Form | None:
        atom, indices, _ = factor
        if atom.kind == "symbol" and facts.get(atom.name) in ("sym", "spd") and not atom.is_symmetric:
            outcome = Atom("symbol", atom.name, atom.lengths, parameters=atom.parameters, is_symmetric=True)
            return Form.of(outcome, indices)
        if atom.name == "inv" and atom.kind == "call":
            return _inverse_of_product(factor, facts)
        return None

    if set(facts.values()) & {"sym", "spd", "invertible"}:
        form = transform(form, rule)
    for _ in range(3):
        form = collect([_simplify_term(t, form.axes, facts) for t in form.terms], form.axes)
    return form


def _inverse_of_product(factor: Factor, facts: Mapping[str, str]) -> Form | None:
    """Return inv(A @ B) as inv(B) @ inv(A) for invertible symbols; None for other arguments."""
    (argument,) = factor.atom.arguments
    if len(argument.terms) != 1 or len(argument.terms[0].factors) < 2 or argument.terms[0].coefficient != 1:
        return None
    chain = chain_of(argument)
    if chain is None or any(f.atom.kind != "symbol" or facts.get(f.atom.name) not in _INVERTIBLE for f, _ in chain):
        return None
    i, j = (new_index(a.length) for a in argument.axes)
    ends = [i] + [new_index(a.length) for a in argument.axes[:1] for _ in chain[1:]] + [j]
    factors = []
    for n, (link, turned) in enumerate(reversed(chain)):
        a, b = new_index(link.indices[0].length), new_index(link.indices[1].length)
        alone = Form((Term(Fraction(1), (link._replace(indices=(a, b)),)),), (b, a) if turned else (a, b))
        atom, places = orient("call", "inv", alone, factor.atom.parameters)
        names = dict(zip(alone.axes, (ends[n], ends[n + 1]), strict=True))
        factors.append(Factor(atom, tuple(names[p] for p in places)))
    product = Form((normal_term(Fraction(1), factors, (i, j)),), (i, j))
    names = dict(zip((i, j), factor.indices, strict=True))
    return rename(product, [names[a] for a in product.axes]) if len(set(factor.indices)) == 2 else None


def _simplify_term(term: Term, axes: Sequence[Index], facts: Mapping[str, str]) -> Term:
    """Apply the assumptions about entries: powers of ±1 and of bits, one-hot columns and their sums."""
    factors = []
    summed: set[Index] = set()  # indices of omitted factors: their sums still count
    for factor in term.factors:
        fact = facts.get(factor.atom.name) if factor.atom.kind == "symbol" else None
        exponent = factor.exponent
        if fact == "pm1" and exponent.denominator == 1:
            exponent = Fraction(exponent % 2)
        if fact in ("bit", "onehot", "onehot_rows") and exponent > 0:
            exponent = Fraction(1)
        if exponent:
            factors.append(factor._replace(exponent=exponent))
        else:
            summed |= set(factor.indices)
    coefficient, factors = _split_selection_powers(term.coefficient, factors, facts)
    factors = _join_selectors(factors, facts)
    totals = [f for f in factors if _is_sum_of_onehot(f, factors, axes, facts)]
    summed |= {i for f in totals if facts[f.atom.name] == "onehot_rows" for i in f.indices[:-1]}
    factors = [f for f in factors if f not in totals]
    return normal_term(coefficient, factors, axes, summed)


def _is_onehot(factor: Factor, facts: Mapping[str, str]) -> bool:
    is_fact = factor.atom.kind == "symbol" and facts.get(factor.atom.name) == "onehot"
    return (is_fact or factor.atom.kind == "onehot") and factor.exponent == 1 and len(factor.indices) == 1


def _split_selection_powers(
    coefficient: Fraction, factors: Sequence[Factor], facts: Mapping[str, str]
) -> tuple[Fraction, list[Factor]]:
    """Replace a power of ``sum(y * a)`` with y and the power of a, where y is one-hot."""
    results = []
    for factor in factors:
        inner = factor.atom.arguments[0] if factor.atom.kind == "group" else Form((), ())
        if len(inner.terms) != 1 or factor.exponent.denominator != 1:
            results.append(factor)
            continue
        (term,) = rename(inner, factor.indices).terms
        summed = term.indices - set(factor.indices)
        selectors = [f for f in term.factors if _is_onehot(f, facts) and set(f.indices) == summed]
        if len(selectors) != 1:
            results.append(factor)
            continue
        coefficient *= term.coefficient ** int(factor.exponent)
        others = [f for f in term.factors if f not in selectors]
        results += selectors + [f._replace(exponent=f.exponent * factor.exponent) for f in others]
    return coefficient, results


def _join_selectors(factors: Sequence[Factor], facts: Mapping[str, str]) -> list[Factor]:
    """Replace the second factor of ``y_i y_j`` with ``eye_ij``: the product is zero unless i is j."""
    results: list[Factor] = []
    for factor in factors:
        twin = next((f for f in results if f.atom == factor.atom and _is_onehot(factor, facts)), None)
        results.append(factor if twin is None else eye_factor(twin.indices[0], factor.indices[0]))
    return results


def _is_sum_of_onehot(
    factor: Factor, factors: Sequence[Factor], axes: Sequence[Index], facts: Mapping[str, str]
) -> bool:
    """Tell whether a factor is a one-hot column, or one-hot rows, summed over its entries: the sum is 1."""
    if factor.atom.kind != "symbol" or factor.exponent != 1:
        return False
    fact = facts.get(factor.atom.name)
    others = {i for f in factors if f is not factor for i in f.indices} | set(axes)
    if fact == "onehot":
        return bool(factor.indices) and not set(factor.indices) & others
    return fact == "onehot_rows" and bool(factor.indices) and factor.indices[-1] not in others
