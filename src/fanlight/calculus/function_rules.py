"""Products of functions of the same argument that are another function: steps, signs, tangents."""

from __future__ import annotations

import itertools
from fractions import Fraction

from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, key_of, orient, rename, scale


def with_function_rules(factors: list[Factor]) -> list[Factor]:
    """Return the factors of a product with its functions joined where this is another function."""
    if not any(f.atom.name in ("step", "sign", "sinh", "sin", "power") for f in factors):
        return factors
    return _with_steps(_with_tangents(_with_powers(factors)))


def _with_steps(factors: list[Factor]) -> list[Factor]:
    """Use that a step is 0 or 1, and relu its argument where it is 1; and that ``x * sign(x)`` is ``abs(x)``."""
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
    return collect_powers(results)


def _with_powers(factors: list[Factor]) -> list[Factor]:
    """Write ``x**(t - 1) * x`` as ``x**t``."""
    for power in [f for f in factors if f.atom.name == "power" and f.exponent == 1 == len(f.atom.arguments[1:])]:
        base, exponent = power.atom.arguments
        number = sum((t.coefficient for t in exponent.terms if not t.factors), Fraction(0))
        if number >= 0 or len(set(power.indices)) < len(power.indices):
            continue
        placed = rename(base, power.indices)
        inner = only_factor(placed) or Factor(*orient("group", "", placed))
        for other in factors:
            count = min(other.exponent, -number)
            if (other.atom, other.indices) != (inner.atom, inner.indices) or other.exponent < 1 or count != int(count):
                continue
            others = tuple(t for t in exponent.terms if t.factors)
            left = (Term(number + count, ()),) if number + count else ()
            atom = Atom(
                "function", "power", power.atom.lengths, arguments=(base, Form((*left, *others), exponent.axes))
            )
            changed = [Factor(atom, power.indices), other._replace(exponent=other.exponent - count)]
            remaining = [f for f in factors if f is not power and f is not other]
            return _with_powers([*remaining, *(f for f in changed if f.exponent)])
    return factors


def _with_tangents(factors: list[Factor]) -> list[Factor]:
    """Write ``sinh(x) / cosh(x)`` as tanh, ``sin(x) / cos(x)`` as tan."""
    for name, below, quotient in (("sinh", "cosh", "tanh"), ("sin", "cos", "tan")):
        for a, b in itertools.product(factors, factors):
            if (a.atom.name, b.atom.name, a.indices, a.exponent) != (name, below, b.indices, -b.exponent):
                continue
            if a.exponent.denominator == 1 and _is_of(a, b.atom.arguments[0]):
                atom, indices = orient("function", quotient, rename(a.atom.arguments[0], a.indices))
                others = [f for f in factors if f is not a and f is not b]
                return _with_tangents([*others, Factor(atom, indices, a.exponent)])
    return factors


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


def collect_powers(factors: list[Factor]) -> list[Factor]:
    """Add the exponents of equal factors."""
    powers: dict[tuple[Atom, tuple[Index, ...]], Fraction] = {}
    for atom, indices, exponent in factors:
        powers[atom, indices] = powers.get((atom, indices), Fraction(0)) + exponent
    return [Factor(atom, indices, exponent) for (atom, indices), exponent in powers.items() if exponent]
