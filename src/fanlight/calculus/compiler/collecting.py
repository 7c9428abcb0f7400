"""Normal forms of products and sums: like terms and factors collected, in a fixed order.

Each function takes a node with simplified arguments and returns an equal node in normal form, possibly the node itself.
"""

from __future__ import annotations

from hashlib import blake2b
from weakref import WeakKeyDictionary

from fanlight.calculus.expressions import Expression, constant, eye, ones, zeros
from fanlight.calculus.shapes import ONE

_INVERTIBLE = ("invertible", "spd")


def product(node: Expression) -> Expression:
    """Collect the factors of an elementwise product or quotient: numbers, then powers of scalars, then of matrices."""
    coefficient, powers = 1.0, dict[Expression, float]()
    stack = [(node, 1.0)]
    while stack:
        factor, exponent = stack.pop()
        name, arguments = factor.operation.name, factor.arguments
        value = _constant_value(factor)
        if value is not None and (value != 0 or exponent > 0):
            coefficient *= value**exponent
        elif name in ("multiply", "divide"):
            stack.append((arguments[1], exponent if name == "multiply" else -exponent))
            stack.append((arguments[0], exponent))
        elif name == "negative" and exponent == int(exponent):
            coefficient *= (-1) ** int(exponent)
            stack.append((arguments[0], exponent))
        elif name == "power" and _is_integer(_constant_value(arguments[1])) and exponent == int(exponent):
            stack.append((arguments[0], exponent * float(_constant_value(arguments[1]) or 0)))
        elif name != "ones":
            powers[factor] = powers.get(factor, 0) + exponent
    if coefficient == 0:
        return zeros(*node.shape) if node.shape else constant(0)
    for base in list(powers):
        if powers[base] >= 2 and base.operation.name == "symbol" and base.parameters[2] == "pm1":
            powers[base] %= 2  # its square is one
        if powers[base] >= 2 and base.operation.name == "symbol" and base.parameters[2] == "bit":
            powers[base] = 1
    outcome = _quotient(abs(coefficient), {b: e for b, e in powers.items() if e})
    if outcome.shape != node.shape:
        outcome = outcome * ones(*node.shape) if _constant_value(outcome) != 1 else ones(*node.shape)
    return -outcome if coefficient < 0 else outcome


def _quotient(coefficient: float, powers: dict[Expression, float]) -> Expression:
    above = [(b, e) for b, e in powers.items() if e > 0]
    below = [(b, -e) for b, e in powers.items() if e < 0]
    factors = {}
    for name, side in (("above", above), ("below", below)):
        in_order = sorted(side, key=lambda power: (bool(power[0].shape), *_key(power[0])))
        factors[name] = [b if e == 1 else b ** (int(e) if _is_integer(e) else e) for b, e in in_order]
    number = constant(coefficient)
    if 0 < coefficient < 1 and _is_integer(1 / coefficient) and factors["above"]:
        factors["below"].insert(0, constant(1 / coefficient))
        number = constant(1)
    top = _multiply(([] if coefficient == 1 or _constant_value(number) == 1 else [number]) + factors["above"])
    return top / _multiply(factors["below"]) if factors["below"] else top


def _multiply(factors: list[Expression]) -> Expression:
    if not factors:
        return constant(1)
    outcome = factors[0]
    for factor in factors[1:]:
        outcome = outcome * factor
    return outcome


def total(node: Expression) -> Expression:
    """Collect the like terms of a sum, and the products that share their first or last factor."""
    terms: dict[Expression, float] = {}
    stack = [(node, 1.0)]
    while stack:
        term, sign = stack.pop()
        name, arguments = term.operation.name, term.arguments
        if name in ("add", "subtract") and all(a.shape == node.shape or not a.shape for a in arguments):
            stack.append((arguments[1], sign if name == "add" else -sign))
            stack.append((arguments[0], sign))
        elif name == "negative":
            stack.append((arguments[0], -sign))
        elif name == "multiply" and _constant_value(arguments[0]) is not None:
            count = float(_constant_value(arguments[0]) or 0)
            terms[arguments[1]] = terms.get(arguments[1], 0) + sign * count
        elif _constant_value(term) is not None:
            terms[constant(1)] = terms.get(constant(1), 0) + sign * float(_constant_value(term) or 0)
        elif name != "zeros":
            terms[term] = terms.get(term, 0) + sign
    return _sum(_factor_out({t: c for t, c in terms.items() if c}), node)


def _sum(terms: dict[Expression, float], node: Expression) -> Expression:
    if terms and all(count < 0 for count in terms.values()):
        return -_sum({term: -count for term, count in terms.items()}, node)
    outcome: Expression | None = None
    # positive terms before negative ones, matrices before transposes
    for term, count in sorted(terms.items(), key=lambda item: (item[1] < 0, item[0].operation.name == "transpose")):
        size = abs(count)
        part = constant(size) if _constant_value(term) == 1 else term if size == 1 else constant(size) * term
        if outcome is None:
            outcome = part if count > 0 else -part
        else:
            outcome = outcome + part if count > 0 else outcome - part
    if outcome is None:
        return zeros(*node.shape) if node.shape else constant(0)
    return outcome if outcome.shape == node.shape else outcome * ones(*node.shape)


def _factor_out(terms: dict[Expression, float]) -> dict[Expression, float]:
    """Replace ``A @ x + B @ x`` with ``(A + B) @ x``, and ``x @ A + x @ B`` with ``x @ (A + B)``."""
    for side in (1, 0):
        groups: dict[tuple[Expression, float], list[Expression]] = {}
        for term, count in terms.items():
            if term.operation.name == "matmul" and len(term.arguments[side].shape) == 2:
                groups.setdefault((term.arguments[side], abs(count)), []).append(term)
        for (shared, size), group in groups.items():
            if len(group) < 2:
                continue
            others = [(t.arguments[1 - side], terms[t]) for t in group]
            sign = 1 if any(count > 0 for _, count in others) else -1
            others.sort(key=lambda other: (other[1] * sign < 0, other[0].operation.name == "transpose"))
            inner = others[0][0]
            for other, count in others[1:]:
                inner = inner + other if count * sign > 0 else inner - other
            merged = inner @ shared if side else shared @ inner
            unchanged = {t: c for t, c in terms.items() if t not in group}
            unchanged[merged] = unchanged.get(merged, 0) + size * sign
            return _factor_out(unchanged)
    return terms


def chain(node: Expression) -> Expression:
    """Associate a chain of matrix products so that vectors are multiplied first, and cancel inverses."""
    factors: list[Expression] = []
    stack = [node]
    while stack:
        part = stack.pop()
        if part.operation.name == "matmul" and all(len(a.shape) == 2 for a in part.arguments):
            stack += part.arguments[::-1]  # the first factor is on top of the stack
            stack[-2:] = [part.arguments[1], part.arguments[0]]
        else:
            factors.append(part)
    remaining: list[Expression] = []
    for factor in factors:
        before = remaining[-1] if remaining else factor
        if remaining and _are_inverse(before, factor):
            remaining.pop()
        elif remaining and _is_diagonal(before) and before.arguments[0].shape == factor.shape:
            remaining[-1] = before.arguments[0] * factor
        elif remaining and _is_diagonal(factor) and factor.arguments[0].T.shape == before.shape:
            remaining[-1] = before * factor.arguments[0].T
        else:
            remaining.append(factor)
    if not remaining:
        return eye(node.shape[0])
    return _associate(remaining)


def _associate(factors: list[Expression]) -> Expression:
    if len(factors) == 1:
        return factors[0]
    for place in range(1, len(factors)):
        if factors[place].shape[0] == ONE:  # an outer product: each side is associated separately
            return _associate(factors[:place]) @ _from_left(factors[place:])
    return _from_right(factors) if factors[-1].shape[1] == ONE else _from_left(factors)


def _from_left(factors: list[Expression]) -> Expression:
    outcome = factors[0]
    for factor in factors[1:]:
        outcome = outcome @ factor
    return outcome


def _from_right(factors: list[Expression]) -> Expression:
    outcome = factors[-1]
    for factor in factors[-2::-1]:
        outcome = factor @ outcome
    return outcome


def _is_diagonal(node: Expression) -> bool:
    """Tell whether a node is the diagonal matrix of a column, not the diagonal of a matrix as a column."""
    return node.operation.name == "diag" and node.arguments[0].shape[1] == ONE


def _are_inverse(a: Expression, b: Expression) -> bool:
    return (a.operation.name == "inv" and a.arguments[0] is b) or (b.operation.name == "inv" and b.arguments[0] is a)


def turns_well(node: Expression) -> bool:
    """Tell whether transposing the factors of a product, instead of the product, adds no transposes."""
    factors, stack = [], [node]
    while stack:
        part = stack.pop()
        if part.operation.name == "matmul":
            stack += part.arguments
        else:
            factors.append(part)
    symmetric = ("sym", "spd")
    turned = sum(f.operation.name == "transpose" for f in factors)
    plain = sum(not (f.operation.name == "symbol" and f.parameters[2] in symmetric) for f in factors) - turned
    return turned > 0 and plain <= 1 + turned


def is_invertible(node: Expression) -> bool:
    """Tell whether the assumptions guarantee that a matrix is invertible."""
    if node.operation.name in ("transpose", "inv"):
        return is_invertible(node.arguments[0])
    if node.operation.name == "matmul":
        return all(is_invertible(a) for a in node.arguments)
    return node.operation.name == "symbol" and node.parameters[2] in _INVERTIBLE


def _constant_value(node: Expression) -> float | None:
    return float(node.parameters[0]) if node.operation.name == "constant" else None


def _is_integer(value: float | None) -> bool:
    return value is not None and value == int(value)


_KEYS: WeakKeyDictionary[Expression, tuple[int, str]] = WeakKeyDictionary()


def _key(node: Expression) -> tuple[int, str]:
    """Return the sort key of a factor: symbols by name, then other nodes by depth and a digest of their structure."""
    key = _KEYS.get(node)
    if key is None:
        if node.operation.name == "symbol":
            key = (0, node.name)
        else:
            text = f"{node.operation.name} {[_key(a) for a in node.arguments]} {node.parameters}"
            depth = 1 + max((_key(a)[0] for a in node.arguments), default=0)
            key = (depth, blake2b(text.encode(), digest_size=8).hexdigest())
        _KEYS[node] = key
    return key
