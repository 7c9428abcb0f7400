"""Products of functions of the same argument that equal another function: steps, signs, powers, tangents."""

from __future__ import annotations

import itertools
from fractions import Fraction

from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, key_of, orient, rename, scale, term_key


def with_function_rules(factors: list[Factor]) -> list[Factor]:
    """Return the factors of a product, with products of functions replaced with equal functions."""
    if not any(f.atom.name in ("step", "sign", "sinh", "sin", "power", "exp") for f in factors):
        return factors
    return _with_steps(_with_tangents(_with_powers(_with_exponentials(factors))))


def _with_steps(factors: list[Factor]) -> list[Factor]:
    """Apply ``step**p = step``, ``step(x) * relu(x) = relu(x)`` and ``x * sign(x) = abs(x)``."""
    results = [f._replace(exponent=Fraction(1)) if f.atom.name == "step" and f.exponent > 0 else f for f in factors]
    for switch in [f for f in results if f.atom.name in ("step", "sign") and f.exponent == 1]:
        (argument,) = switch.atom.arguments
        inner = only_factor(rename(argument, switch.indices))
        for other in [f for f in results if f is not switch]:
            product: Factor | None = None
            if switch.atom.name == "step":
                is_relu = other.exponent > 0 and other.atom.name == "relu" and other.indices == switch.indices
                if is_relu and _has_argument(other, argument):
                    results = [f for f in results if f is not switch]
                    break
                if (passed := in_case(other, switch, is_positive=True)) is not None:
                    results = [passed if f is other else f for f in results]
            elif inner is None or switch.atom.name != "sign":
                continue
            elif other.atom.name == "abs" and other.indices == switch.indices and _has_argument(other, argument):
                if other.exponent in (1, -1):
                    product = inner._replace(exponent=inner.exponent * other.exponent)
            elif (other.atom, other.indices) == (inner.atom, inner.indices) and inner.exponent == 1 <= other.exponent:
                size = Atom("function", "abs", switch.atom.lengths, arguments=switch.atom.arguments)
                product = Factor(size, switch.indices)
                results.append(other._replace(exponent=other.exponent - 1))
            if product is not None:
                results = [f for f in results if f is not switch and f is not other] + [product]
                break
    return collect_powers(results)


def _with_powers(factors: list[Factor]) -> list[Factor]:
    """Replace ``x**(t - 1) * x`` with ``x**t``, and ``x**(t - 1) / x`` with ``x**(t - 2)``."""
    for power in [f for f in factors if f.atom.name == "power" and f.exponent == 1 == len(f.atom.arguments[1:])]:
        base, exponent = power.atom.arguments
        number = sum((t.coefficient for t in exponent.terms if not t.factors), Fraction(0))
        if number >= 0 or len(set(power.indices)) < len(power.indices):
            continue
        placed = rename(base, power.indices)
        inner = only_factor(placed) or Factor(*orient("group", "", placed))
        for other in factors:
            count = min(other.exponent / inner.exponent, -number)  # power of the base, which may be a root
            if (other.atom, other.indices) != (inner.atom, inner.indices) or not count or count != int(count):
                continue
            others = tuple(t for t in exponent.terms if t.factors)
            left = (Term(number + count, ()),) if number + count else ()
            atom = Atom(
                "function", "power", power.atom.lengths, arguments=(base, Form((*left, *others), exponent.axes))
            )
            remaining_exponent = other.exponent - count * inner.exponent
            changed = [Factor(atom, power.indices), other._replace(exponent=remaining_exponent)]
            remaining = [f for f in factors if f is not power and f is not other]
            return _with_powers([*remaining, *(f for f in changed if f.exponent)])
    return factors


def _with_exponentials(factors: list[Factor]) -> list[Factor]:
    """Replace ``exp(x) * exp(-x)`` with 1."""
    for a, b in itertools.combinations([f for f in factors if f.atom.name == "exp" and f.exponent > 0], 2):
        negative = scale(rename(a.atom.arguments[0], a.indices), -1)
        if (b.atom, b.indices) == orient("function", "exp", negative):
            lowest = min(a.exponent, b.exponent)
            changed = [f._replace(exponent=f.exponent - lowest) for f in (a, b) if f.exponent > lowest]
            return _with_exponentials([f for f in factors if f is not a and f is not b] + changed)
    return factors


def _with_tangents(factors: list[Factor]) -> list[Factor]:
    """Replace ``sinh(x) / cosh(x)`` with ``tanh(x)``, and ``sin(x) / cos(x)`` with ``tan(x)``."""
    for name, below, quotient in (("sinh", "cosh", "tanh"), ("sin", "cos", "tan")):
        for a, b in itertools.product(factors, factors):
            if (a.atom.name, b.atom.name, a.indices, a.exponent) != (name, below, b.indices, -b.exponent):
                continue
            if a.exponent.denominator == 1 and _has_argument(a, b.atom.arguments[0]):
                atom, indices = orient("function", quotient, rename(a.atom.arguments[0], a.indices))
                others = [f for f in factors if f is not a and f is not b]
                return _with_tangents([*others, Factor(atom, indices, a.exponent)])
    return factors


def only_factor(form: Form) -> Factor | None:
    """Return the only factor of a form with one term and coefficient 1; None for other forms."""
    (term,) = form.terms if len(form.terms) == 1 else (None,)
    return term.factors[0] if term is not None and term.coefficient == 1 and len(term.factors) == 1 else None


def _has_argument(factor: Factor, argument: Form) -> bool:
    return [key_of(a) for a in factor.atom.arguments] == [key_of(argument)]


def in_case(factor: Factor, switch: Factor, is_positive: bool) -> Factor | None:
    """Return a function with u (`is_positive`) or 0 for relu(u) in its argument, its value where ``step(u)`` is 1 or 0.

    Return None if the argument has no relu(u), or becomes zero.
    """
    if factor.atom.kind != "function" or len(factor.atom.arguments) != 1:
        return None
    inner = rename(factor.atom.arguments[0], factor.indices)
    sums: dict[str, Term] = {}
    for term in inner.terms:
        relu = next((f for f in term.factors if f.atom.name == "relu" and f.exponent == 1), None)
        if relu is None or relu.indices != switch.indices or not _has_argument(relu, switch.atom.arguments[0]):
            opened = [term]
        else:
            others = tuple(f for f in term.factors if f is not relu)
            values = rename(relu.atom.arguments[0], relu.indices).terms if is_positive else ()
            opened = [Term(term.coefficient * v.coefficient, (*others, *v.factors)) for v in values]
        for t in opened:
            key = term_key(t, inner.axes)
            sums[key] = t._replace(coefficient=t.coefficient + (sums[key].coefficient if key in sums else 0))
    form = Form(tuple(t for t in sums.values() if t.coefficient), inner.axes)
    if not form.terms or key_of(form) == key_of(inner):
        return None
    return Factor(*orient("function", factor.atom.name, form), factor.exponent)


def collect_powers(factors: list[Factor]) -> list[Factor]:
    """Add the exponents of equal factors."""
    powers: dict[tuple[Atom, tuple[Index, ...]], Fraction] = {}
    for atom, indices, exponent in factors:
        powers[atom, indices] = powers.get((atom, indices), Fraction(0)) + exponent
    return [Factor(atom, indices, exponent) for (atom, indices), exponent in powers.items() if exponent]
