"""Elementwise functions and powers of forms, in normal form."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from fanlight.calculus.index_algebra import (
    EYE,
    add,
    collect,
    distribute,
    eye_factor,
    find_used_axes,
    multiply,
    number,
    power,
    put_indices,
    split_selection,
)
from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, orient, rename, scale

_ODD = {"tanh", "sin", "tan", "erf", "sinh", "sign"}
_EVEN = {"cos", "abs", "cosh"}


def elementwise(name: str, argument: Form) -> Form:
    """Apply a function to every entry of a form; of a selected entry it is the selected function value."""
    if (selection := split_selection(argument)) is not None:
        selector, unselected = selection
        return distribute(selector, elementwise(name, unselected), argument.axes)
    inner = Form(argument.terms, find_used_axes(argument))
    if name == "exp" and not argument.terms:
        return number(1, argument.axes)
    if name == "sqrt":
        return power(argument, Fraction(1, 2))
    if name == "log" and (split := _logarithm(argument)) is not None:
        return split
    if name == "exp" and [f.atom.name for t in inner.terms for f in t.factors] == ["log"]:
        (term,) = inner.terms
        if term.factors[0].exponent == 1 and term.indices <= set(inner.axes):
            return power(Form(_argument_of(term.factors[0]).terms, argument.axes), term.coefficient)
    negative = bool(inner.terms) and all(t.coefficient < 0 for t in inner.terms)
    if negative and name in _ODD | _EVEN:
        return scale(elementwise(name, scale(argument, -1)), -1 if name in _ODD else 1)
    if name == "sigmoid" and negative:
        return add(number(1), scale(elementwise(name, scale(argument, -1)), -1), axes=argument.axes)
    atom, indices = orient("function", name, inner)
    return Form.of(atom, indices, argument.axes)


def _logarithm(argument: Form) -> Form | None:
    """Split the logarithm of a product of positive factors, using softplus where exp could overflow; else None."""
    axes = argument.axes
    if (inner := _one_plus_exp(argument)) is not None:
        return elementwise("softplus", Form(inner.terms, axes))
    if len(argument.terms) != 1:
        if (inner := _one_minus_sigmoid(argument)) is not None:
            return scale(elementwise("softplus", Form(inner.terms, axes)), -1)
        return None
    (term,) = argument.terms
    if term == Term(Fraction(1), ()):
        return Form((), axes)
    if not term.indices <= set(axes) or term.coefficient != 1:
        return None
    parts = []
    for factor in term.factors:
        alone = collect([Term(Fraction(1), (factor._replace(exponent=Fraction(1)),))], axes)
        if factor.atom.name == "exp":
            part = Form(_argument_of(factor).terms, axes)
        elif factor.atom.name == "sigmoid":
            part = scale(elementwise("softplus", scale(Form(_argument_of(factor).terms, axes), -1)), -1)
        elif factor.atom.kind == "group" and (inner := _one_minus_sigmoid(_argument_of(factor))) is not None:
            part = scale(elementwise("softplus", Form(inner.terms, axes)), -1)
        elif is_positive(factor):
            atom, indices = orient("function", "log", Form(alone.terms, find_used_axes(alone)))
            part = Form.of(atom, indices, axes)
        else:
            return None
        parts.append(scale(part, factor.exponent))
    return add(*parts, axes=axes)


def _argument_of(factor: Factor) -> Form:
    return rename(factor.atom.arguments[0], factor.indices)


def _one_plus_exp(form: Form) -> Form | None:
    """Return z of ``1 + exp(z)``, where ``exp(x)**2`` is ``exp(2 * x)``; else None."""
    factor = _added_to_one(form, "exp", 1)
    return None if factor is None else scale(_argument_of(factor), factor.exponent)


def _one_minus_sigmoid(form: Form) -> Form | None:
    """Return z of ``1 - sigmoid(z)``; else None."""
    factor = _added_to_one(form, "sigmoid", -1)
    return None if factor is None or factor.exponent != 1 else _argument_of(factor)


def _added_to_one(form: Form, name: str, coefficient: int) -> Factor | None:
    """Return the factor ``f(z)`` of ``1 + coefficient * f(z)`` for a function f by name, without sums; else None."""
    constants = [t for t in form.terms if t == Term(Fraction(1), ())]
    others = [t for t in form.terms if t.coefficient == coefficient and [f.atom.name for f in t.factors] == [name]]
    if len(form.terms) != 2 or len(constants) != 1 or len(others) != 1:
        return None
    (factor,) = others[0].factors
    entrywise = set(factor.indices) <= set(form.axes) and len(set(factor.indices)) == len(factor.indices)
    return factor if entrywise else None


def is_positive(factor: Factor) -> bool:
    """Tell whether a factor's entries are positive for all values of the symbols."""
    atom = factor.atom
    if atom.kind == "number":
        return True
    if atom.kind == "function":
        return atom.name in ("exp", "sigmoid", "softplus")
    if atom.kind != "group":
        return False
    if _one_minus_sigmoid(atom.arguments[0]) is not None:
        return True
    return all(t.coefficient > 0 and t.factors and all(map(is_positive, t.factors)) for t in atom.arguments[0].terms)


def reciprocal(form: Form) -> Form:
    """Return the reciprocal of every entry; ``1 / (1 + exp(-z))`` is a sigmoid."""
    if (inner := _one_plus_exp(form)) is not None:
        return elementwise("sigmoid", Form(scale(inner, -1).terms, form.axes))
    return power(form, Fraction(-1))


def inverse(matrix: Form, parameters: tuple[Any, ...]) -> Form:
    """Return the inverse of a square matrix, for a diagonal matrix with the reciprocals of its entries."""
    row, column = matrix.axes
    eyes = [f for t in matrix.terms for f in t.factors if f.atom.kind == EYE and set(f.indices) == {row, column}]
    if matrix.terms and len(eyes) == len(matrix.terms):
        entries = [t._replace(factors=tuple(f for f in t.factors if f not in eyes)) for t in matrix.terms]
        diagonal = put_indices(Form(tuple(entries), matrix.axes), (row, row))
        identity = Form((Term(Fraction(1), (eye_factor(row, column),)),), matrix.axes)
        return multiply(reciprocal(diagonal), identity, axes=matrix.axes)
    term = matrix.terms[0] if len(matrix.terms) == 1 else Term(Fraction(1), ())
    scalars = tuple(f for f in term.factors if not f.indices)
    if scalars or term.coefficient != 1:
        others = Form((Term(Fraction(1), tuple(f for f in term.factors if f.indices)),), matrix.axes)
        size = reciprocal(Form((Term(term.coefficient, scalars),), ()))
        return multiply(size, inverse(others, parameters), axes=matrix.axes)
    atom, indices = orient("call", "inv", matrix, parameters)
    return Form.of(atom, indices, matrix.axes)


def power_function(base: Form, exponent: Form, axes: Sequence[Index]) -> Form:
    """Return the elementwise power of a form by an exponent that is a form."""
    used = tuple(i for i in axes if any(i in t.indices for t in (*base.terms, *exponent.terms)))
    arguments = (Form(base.terms, used), Form(exponent.terms, used))
    atom = Atom("function", "power", [i.length for i in used], arguments=arguments)
    return Form.of(atom, used, axes)
