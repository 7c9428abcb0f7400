"""Derivatives of forms by the product rule, for any number of indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from fanlight.calculus.expressions import Expression, symbol
from fanlight.calculus.function_rules import only_factor
from fanlight.calculus.index_algebra import (
    add,
    collect,
    distribute,
    eye_factor,
    find_used_axes,
    group_terms,
    multiply,
    normal_term,
    number,
    power,
    put_indices,
)
from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, new_index, orient, rename, scale
from fanlight.calculus.index_functions import elementwise, inverse, power_function
from fanlight.calculus.indexing import form_of, part_form
from fanlight.calculus.operations import TABLE, generic
from fanlight.calculus.shapes import ONE
from fanlight.errors import CalculusError

_LIMIT = 60  # most terms of a readable derivative
Rule = Callable[[Factor], Form | None]


def derivative(form: Form, name: str, by: Sequence[Index]) -> Form:
    """Return the partial derivatives by a symbol's entry with indices `by`, with the axes of the form and `by`.

    Raises
    ------
    CalculusError
        An operation has no derivative in index notation, or there are more than 60 terms.
    """
    axes = (*form.axes, *by)
    terms: list[Term] = []
    for term in form.terms:
        for place, factor in enumerate(term.factors):
            if name not in symbols_in(factor.atom):
                continue
            others = [*term.factors[:place], *term.factors[place + 1 :]]
            if factor.exponent != 1:
                others.append(factor._replace(exponent=factor.exponent - 1))
            inner_axes = tuple({i: None for f in (*others, factor) for i in f.indices})
            coefficient = term.coefficient * factor.exponent
            slope = _slope(factor._replace(exponent=Fraction(1)), name, by)
            product = Form((Term(coefficient, tuple(others)),), tuple(i for i in inner_axes if i not in by))
            if factor.exponent != 1 and factor.atom.kind == "function" and len(find_used_axes(slope)) < 3:
                slope = group_terms(slope)  # tanh(x)**2 * (1 - tanh(x)**2)
            terms += distribute(product, slope, axes).terms
        if len(terms) > _LIMIT:
            raise CalculusError("the derivative has too many terms to be shown without names for its parts")
    return collect(terms, axes)


def symbols_in(atom: Atom) -> frozenset[str]:
    """Return the names of the symbols in an atom."""
    symbols = _SYMBOLS.get(atom.key)
    if symbols is None:
        if len(_SYMBOLS) > 100_000:
            _SYMBOLS.clear()
        names = {atom.name} if atom.kind == "symbol" else set()
        for form in atom.arguments:
            for term in form.terms:
                for factor in term.factors:
                    names |= symbols_in(factor.atom)
        symbols = _SYMBOLS[atom.key] = frozenset(names)
    return symbols


_SYMBOLS: dict[str, frozenset[str]] = {}


def _slope(factor: Factor, name: str, by: Sequence[Index]) -> Form:
    """Return the derivative of a factor without its exponent, with the factor's distinct indices and `by` as axes."""
    atom, indices, _ = factor
    distinct = tuple(dict.fromkeys(indices))
    axes = (*distinct, *by)
    if atom.kind == "symbol":
        eyes = [eye_factor(i, j) for i, j in zip(indices, by, strict=True)]
        return Form((Term(Fraction(1), tuple(eyes)),), axes)
    if atom.kind == "group":
        return put_indices(derivative(rename(atom.arguments[0], _new_indices(indices)), name, by), (*indices, *by))
    if atom.kind == "function" and atom.name == "power":
        return _power_slope(factor, name, by)
    if atom.kind == "function":
        fresh = _new_indices(indices)
        inner = rename(atom.arguments[0], fresh)
        outer = local_derivative(atom.name, inner)
        slope = derivative(inner, name, by)
        return put_indices(distribute(group_terms(outer), slope, (*fresh, *by)), (*indices, *by))
    rule = _CALLS.get(atom.name)
    if rule is None:
        raise CalculusError(f"{atom.name} has no derivative in index notation")
    return rule(factor, name, by)


def _new_indices(indices: Sequence[Index]) -> tuple[Index, ...]:
    return tuple(new_index(i.length) for i in indices)


def local_derivative(name: str, inner: Form) -> Form:
    """Return f'(inner) for an elementwise function.

    Raises
    ------
    CalculusError
        The function has no derivative.
    """
    operation = TABLE.get(name) or generic(name)
    if operation.derivative is None:
        raise CalculusError(f"{name} has no derivative")
    lengths = [a.length for a in inner.axes]
    x = symbol("x_", (*lengths, *([ONE] * (2 - len(lengths)))) if lengths else ())
    slope = operation.derivative(x, Expression.node(operation, (x,)))
    outer = form_of(slope if isinstance(slope, Expression) else 0 * x + slope)
    if not outer.axes and inner.axes:
        outer = Form(outer.terms, inner.axes)
    placed = rename(outer, inner.axes)
    return transform(
        placed,
        lambda factor: (
            rename(inner, factor.indices) if factor.atom.name == "x_" and factor.atom.kind == "symbol" else None
        ),
    )


def _power_slope(factor: Factor, name: str, by: Sequence[Index]) -> Form:
    atom, indices, _ = factor
    fresh = _new_indices(indices)
    base, exponent = (rename(a, fresh) for a in atom.arguments)
    product = Form((Term(Fraction(1), (factor._replace(indices=fresh),)),), fresh)
    axes = (*fresh, *by)
    lower = power_function(rename(base, fresh), add(rename(exponent, fresh), number(-1), axes=fresh), fresh)
    by_base = multiply(lower, rename(exponent, fresh), axes=fresh)
    by_exponent = multiply(product, elementwise("log", rename(base, fresh)), axes=fresh)
    parts = [distribute(group_terms(by_base), derivative(base, name, by), axes)]
    parts.append(distribute(by_exponent, derivative(exponent, name, by), axes))
    return put_indices(add(*parts, axes=axes), (*indices, *by))


def _inner_slope(factor: Factor, name: str, by: Sequence[Index]) -> tuple[Index, Index, Form]:
    """Return new row and column indices of a matrix function's argument, and the argument's derivative."""
    argument = factor.atom.arguments[0]
    if len(argument.axes) != 2:
        raise CalculusError(f"{factor.atom.name} is of a matrix")
    k, l = _new_indices(argument.axes)  # noqa: E741
    return k, l, derivative(rename(argument, (k, l)), name, by)


def _inverse_slope(factor: Factor, name: str, by: Sequence[Index]) -> Form:
    k, l, slope = _inner_slope(factor, name, by)  # noqa: E741
    i, j = factor.indices
    a, b = _new_indices((i, j))
    sides = Form((Term(Fraction(-1), (Factor(factor.atom, (a, k)), Factor(factor.atom, (l, b)))),), (a, k, l, b))
    return put_indices(distribute(sides, slope, (a, b, *by)), (i, j, *by))


def _determinant_slope(factor: Factor, name: str, by: Sequence[Index]) -> Form:
    (argument,) = factor.atom.arguments
    if not argument.axes:  # log|x| of a scalar x
        return distribute(power(argument, Fraction(-1)), derivative(argument, name, by), tuple(by))
    k, l, slope = _inner_slope(factor, name, by)  # noqa: E741
    # the transposed inverse, as the inverse of the transpose
    sides = inverse(rename(factor.atom.arguments[0], (l, k)), factor.atom.parameters)
    if factor.atom.name == "det":
        sides = multiply(sides, Form((Term(Fraction(1), (factor,)),), ()), axes=sides.axes)
    return distribute(sides, slope, tuple(by))


def _stack_slope(axis: int) -> Callable[[Factor, str, Sequence[Index]], Form]:
    def rule(factor: Factor, name: str, by: Sequence[Index]) -> Form:
        atom, indices, _ = factor
        fresh = _new_indices(indices)
        shapes = atom.parameters[2]
        both = list(fresh)
        places = [both.pop(0) if length != ONE else None for length in shapes[0] or (ONE, ONE)]
        big, other = places[axis], places[1 - axis]
        if big is None:
            raise CalculusError(f"{atom.name} of one row has no derivative in index notation")
        offset = ONE - ONE
        forms = []
        for argument, shape in zip(atom.arguments, shapes[1:], strict=True):
            length = (shape or (ONE, ONE))[axis]
            small = new_index(length) if length != ONE else None
            inner = [i for i in ((small, other) if axis == 0 else (other, small)) if i is not None]
            slope = derivative(rename(argument, inner), name, by)
            forms.append(distribute(part_form(big, small, offset), slope, (*fresh, *by)))
            offset = offset + length
        return put_indices(add(*forms, axes=(*fresh, *by)), (*indices, *by))

    return rule


def _extreme_slope(factor: Factor, name: str, by: Sequence[Index]) -> Form:
    """Return the derivative of the maximum or minimum: the sum of the derivatives of the extreme entries."""
    (argument,) = factor.atom.arguments
    _, layout, (_, shape) = factor.atom.parameters
    fresh = _new_indices(argument.axes)
    entries = argument if factor.atom.name == "max" else scale(argument, -1)
    lengths = [a.length for a in fresh]
    atom = Atom("call", "largest", lengths, parameters=((), layout, (shape, shape)), arguments=(entries,))
    chosen = Form.of(atom, fresh)
    return distribute(chosen, derivative(rename(argument, fresh), name, by), tuple(by))


_CALLS: dict[str, Callable[[Factor, str, Sequence[Index]], Form]] = {
    "inv": _inverse_slope,
    "det": _determinant_slope,
    "logdet": _determinant_slope,
    "vstack": _stack_slope(0),
    "hstack": _stack_slope(1),
    "max": _extreme_slope,
    "min": _extreme_slope,
    "largest": lambda factor, name, by: Form((), (*dict.fromkeys(factor.indices), *by)),
}


def transform(form: Form, rule: Rule) -> Form:
    """Rebuild a form from its symbols upwards, replacing factors with the forms that `rule` returns.

    `rule` returns a form with the factor's distinct indices as axes, or None to keep the factor.
    """
    terms = []
    for term in form.terms:
        parts = [number(term.coefficient)]
        for factor in term.factors:
            outcome = _transform_factor(factor, rule)
            parts.append(power(outcome, factor.exponent))
        summed = term.indices - set(form.axes)
        inside = tuple(form.axes) + tuple(sorted(summed))
        product = multiply(*parts, axes=inside)
        terms += [normal_term(t.coefficient, t.factors, form.axes, summed) for t in product.terms]
    return collect(terms, form.axes)


def _transform_factor(factor: Factor, rule: Rule) -> Form:
    atom, indices, _ = factor
    distinct = tuple(dict.fromkeys(indices))
    replaced = rule(factor)
    if replaced is not None:
        return replaced
    if not atom.arguments:
        return Form((Term(Fraction(1), (factor._replace(exponent=Fraction(1)),)),), distinct)
    if atom.kind == "group":
        return put_indices(transform(rename(atom.arguments[0], _new_indices(indices)), rule), indices)
    if atom.kind == "function":
        fresh = _new_indices(indices)
        arguments = [transform(rename(a, fresh), rule) for a in atom.arguments]
        if atom.name == "power":
            base, exponent = arguments
            return put_indices(power_function(base, exponent, fresh), indices)
        return put_indices(elementwise(atom.name, arguments[0]), indices)
    if atom.kind == "softmax":
        fresh = _new_indices(indices)
        argument = transform(rename(atom.arguments[0], fresh), rule)
        softmax = Atom("softmax", atom.name, atom.lengths, arguments=(argument,))
        return put_indices(Form.of(softmax, fresh), indices)
    if atom.name == "inv":
        return _transform_inverse(factor, rule)
    inner = tuple(transform(a, rule) for a in atom.arguments)
    if atom.name in ("det", "logdet"):
        inner = orient("call", atom.name, inner[0], atom.parameters)[0].arguments
    product = Atom("call", atom.name, atom.lengths, parameters=atom.parameters, arguments=inner)
    return Form.of(product, indices)


def _transform_inverse(factor: Factor, rule: Rule) -> Form:
    atom, indices, _ = factor
    fresh = _new_indices(indices)
    inner = transform(rename(atom.arguments[0], fresh), rule)
    outcome = inverse(inner, atom.parameters)
    only = only_factor(outcome)
    replaced = rule(only) if only is not None and only.atom.name == "inv" else None
    return put_indices(outcome if replaced is None else replaced, indices)
