"""Products, powers and transposes of expressions, in the shortest of several notations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import NamedTuple
from weakref import WeakKeyDictionary

from fanlight.calculus.expressions import Expression, constant, function, ones, walk
from fanlight.calculus.index_form import Form, key_of
from fanlight.calculus.indexing import form_of
from fanlight.calculus.operations import TABLE
from fanlight.calculus.shapes import ONE, Dimension
from fanlight.errors import CalculusError

Power = tuple[Expression, Fraction]
_sum, _trace, _norm = map(function, ("sum", "tr", "norm"))


class Source(NamedTuple):
    """The notation of the source of a result: whether it has norms, and the keys of its differences."""

    has_norms: bool = False
    differences: frozenset[str] = frozenset()


_NO_SOURCE = Source()
SOURCE: ContextVar[Source] = ContextVar("SOURCE", default=_NO_SOURCE)


@contextmanager
def like_source(expression: Expression) -> Iterator[None]:
    """Return a context in which norms and differences are written as in an expression or in its outer sources."""
    outer, nodes = SOURCE.get(), set(walk(expression))
    differences = outer.differences | {_key(node) for node in nodes if _is_difference(node)}
    has_norms = outer.has_norms or any(node.operation.name == "norm" for node in nodes)
    token = SOURCE.set(Source(has_norms, differences))
    try:
        yield
    finally:
        SOURCE.reset(token)


def is_turned(e: Expression) -> bool:
    """Tell whether an expression is ``b - a`` and the source has only ``a - b``."""
    differences = SOURCE.get().differences
    if not differences or e.operation.name != "subtract":
        return False
    return _key(e) not in differences and _key(e.arguments[1] - e.arguments[0]) in differences


def _is_difference(e: Expression) -> bool:
    """Tell whether an expression is ``a - b``, or a sum with a negated term."""
    return e.operation.name == "subtract" or (
        e.operation.name == "add" and any(a.operation.name == "negative" for a in e.arguments)
    )


def _key(e: Expression) -> str:
    """Return a key of an expression that does not depend on the order of terms and factors, or on transposition."""
    key = _KEYS.get(e)
    if key is None:
        try:
            form = form_of(e)
            key = min(key_of(form), key_of(Form(form.terms, form.axes[::-1])))  # the same for the transpose
        except CalculusError:  # no form: compared as text
            key = str(e)
        _KEYS[e] = key
    return key


_KEYS: WeakKeyDictionary[Expression, str] = WeakKeyDictionary()


def sum_of_squares(e: Expression) -> Expression:
    """Return the sum of the squares of the entries."""
    if SOURCE.get().has_norms:
        return _norm(e) ** 2
    return shortest(product(transpose(e), e), _sum(e**2)) if e.shape[1] == ONE else _sum(e**2)


def length_of(expression: Expression) -> int:
    """Return the number of characters of an expression, without spaces."""
    return len(str(expression).replace(" ", ""))


def shortest(*candidates: Expression) -> Expression:
    """Return the expression with the fewest characters, then with the fewest nodes."""
    return min(candidates, key=lambda e: (length_of(e), sum(1 for _ in walk(e)), str(e)))


def negate(e: Expression) -> Expression:
    """Negate an expression by a minus before its first factor."""
    if e.operation.name == "constant":
        return constant(-e.parameters[0])
    if e.operation.name in ("matmul", "multiply", "divide"):
        return Expression.node(e.operation, (negate(e.arguments[0]), e.arguments[1]))
    return -e


def number_expression(value: Fraction) -> Expression:
    """Return a number as a constant."""
    return constant(int(value) if value.denominator == 1 else float(value))


def scale_product(scalars: list[Expression], core: Expression | None) -> Expression | None:
    """Multiply the first factor of a product by scalars, so that no parentheses are needed."""
    if core is None or (scalars and core.parameters == (1,)):
        return times(scalars) if scalars else None
    if not scalars:
        return core
    if core.operation.name in ("matmul", "multiply", "divide"):
        head, tail = core.arguments
        inner = times(scalars) * head if head.operation.name == "matmul" != core.operation.name else None
        return Expression.node(core.operation, (inner or scale_product(scalars, head), tail))
    outcome = times(scalars)
    return outcome * core


def _without_minus(e: Expression) -> Expression | None:
    """Return a product without its leading minus; None if it has none."""
    if e.operation.name == "negative":
        return e.arguments[0]
    if e.operation.name not in ("matmul", "multiply", "divide"):
        return None
    positive = _without_minus(e.arguments[0])
    return None if positive is None else Expression.node(e.operation, (positive, e.arguments[1]))


def _without_scalars(e: Expression) -> tuple[list[Expression], Expression]:
    """Split a product into its leading scalars and the rest."""
    if e.operation.name not in ("matmul", "multiply", "divide"):
        return [], e
    head, tail = e.arguments
    if e.operation.name == "multiply" and not head.shape and tail.shape:
        return [head], tail
    scalars, core = _without_scalars(head) if head.shape else ([], head)
    return (scalars, Expression.node(e.operation, (core, tail))) if scalars else ([], e)


def times(factors: Sequence[Expression]) -> Expression:
    """Multiply expressions elementwise, in order."""
    outcome = factors[0]
    for factor in factors[1:]:
        outcome = outcome * factor
    return outcome


def divide(e: Expression, by: Expression) -> Expression:
    """Divide by a scalar; if `e` is a fraction, multiply its denominator instead."""
    if e.operation.name == "divide":
        return e.arguments[0] / times([by, *_factors(e.arguments[1])])
    return e / by


def _factors(e: Expression) -> list[Expression]:
    """Return the factors of an elementwise product."""
    return [f for a in e.arguments for f in _factors(a)] if e.operation.name == "multiply" else [e]


def raise_power(e: Expression, exponent: Fraction) -> Expression:
    """Return a power, in terms of sqrt for exponents 1/2, 3/2 and 5/2."""
    if exponent == 1:
        return e
    if exponent == Fraction(1, 2):
        return function("sqrt")(e)
    if exponent.denominator == 2 and 0 < exponent < 3 and e.arguments:
        return function("sqrt")(e) ** int(exponent * 2)
    if exponent.denominator in (3, 6, 7, 9):  # no finite decimal number
        return e ** (constant(exponent.numerator) / constant(exponent.denominator))
    return e ** (int(exponent) if exponent.denominator == 1 else float(exponent))


def product(a: Expression, b: Expression) -> Expression:
    """Multiply matrices, associated from the left, so that no parentheses are needed."""
    if not a.shape or not b.shape:
        return a * b
    if b.operation.name == "matmul" and b.arguments[0].shape and b.arguments[1].shape:
        return product(product(a, b.arguments[0]), b.arguments[1])
    if a.operation.name == "onehot_rows":
        return function("rows")(b, a.arguments[0])
    if a.operation.name == "transpose" and a.arguments[0].operation.name == "onehot_rows":
        selector = a.arguments[0]
        return Expression.node(TABLE["scatter_rows"], (b, selector.arguments[0]), selector.parameters)
    if b.operation.name == "onehot" and a.operation.name == "transpose" and a.shape[0] != ONE:
        return product(b.T, a.arguments[0]).T  # a row of the matrix: U[i, :].T
    if "onehot_rows" in (b.operation.name, b.arguments[0].operation.name if b.operation.name == "transpose" else ""):
        return product(transpose(b), transpose(a)).T
    sums = _product_of_sums(a, b)
    return a @ b if sums is None else shortest(sums, a @ b)


_OTHER_SUMS = {"row_sums": "column_sums", "column_sums": "row_sums"}


def _product_of_sums(a: Expression, b: Expression) -> Expression | None:
    """Write row or column sums times ones, or times each other, as products with ones; None for other factors."""
    scalars, core = _without_scalars(a)
    if scalars and (inner := _product_of_sums(core, b)) is not None:
        return scale_product(scalars, inner)
    kinds = (a.operation.name, b.operation.name)
    if kinds == ("ones", "column_sums"):
        (matrix,) = b.arguments
        return ones(a.shape[0], matrix.shape[0]) @ matrix
    if kinds == ("row_sums", "ones"):
        (matrix,) = a.arguments
        return matrix @ ones(matrix.shape[1], b.shape[1])
    if kinds == ("row_sums", "column_sums"):
        (left,), (right,) = a.arguments, b.arguments
        return left @ ones(left.shape[1], right.shape[0]) @ right
    return None


def _is_symmetric(e: Expression) -> bool:
    """Tell whether a square matrix has the normal form of its transpose, as ``A @ (x * A.T)``."""
    if transpose(e) is e:
        return True
    try:
        form = form_of(e)
    except CalculusError:
        return False
    return key_of(form) == key_of(Form(form.terms, form.axes[::-1]))


def transpose(e: Expression) -> Expression:
    """Return the transpose in the shortest notation."""
    name = e.operation.name
    if not e.shape:
        return e
    positive = _without_minus(e)
    if positive is not None:
        return negate(transpose(positive))
    scalars, core = _without_scalars(e)
    if scalars:
        return scale_product(scalars, transpose(core)) or e.T
    if name == "transpose":
        return e.arguments[0]
    if name in ("ones", "zeros"):
        return Expression.node(e.operation, (), e.parameters[::-1])
    if name == "eye" or (name == "diag" and e.shape[0] == e.shape[1] and e.arguments[0].shape[1] == ONE):
        return e
    if name == "symbol" and e.parameters[2] in ("sym", "spd") and e.shape[0] == e.shape[1]:
        return e
    if name == "inv" and _is_symmetric(e.arguments[0]):
        return e
    if name == "add" and e.arguments[1].operation.name == "transpose" and e.arguments[1].arguments[0] is e.arguments[0]:
        return e  # A + A.T
    if name == "matmul":
        inner = product(transpose(e.arguments[1]), transpose(e.arguments[0]))
        return shortest(inner, e.T)
    if name in _OTHER_SUMS:
        return shortest(function(_OTHER_SUMS[name])(transpose(e.arguments[0])), e.T)
    if e.operation.derivative is not None or name in ("power", "kron"):
        inner = Expression.node(e.operation, [transpose(a) for a in e.arguments])
        return inner if length_of(inner) - (name == "kron") < length_of(e.T) else e.T
    if name in ("multiply", "divide", "add", "subtract", "negative"):
        inner = Expression.node(e.operation, [transpose(a) for a in e.arguments])
        margin = name in ("add", "subtract")  # prefers (x - a).T to x.T - a.T
        return inner if length_of(inner) + margin <= length_of(e.T) else e.T
    return e.T


def entry_product(a: Expression, b: Expression) -> Expression:
    """Multiply two matrices elementwise, associated from the left, so that no parentheses are needed."""
    if b.operation.name == "multiply" and all(x.shape for x in b.arguments):
        return entry_product(entry_product(a, b.arguments[0]), b.arguments[1])
    return a * b


def multiply_powers(powers: Sequence[Power]) -> Expression:
    """Multiply powers elementwise, after collecting the exponents of equal expressions."""
    exponents: dict[Expression, Fraction] = {}
    for e, exponent in powers:
        exponents[e] = exponents.get(e, Fraction(0)) + exponent
    if powers and not any(exponents.values()):
        return ones(*powers[0][0].shape)
    powers = list(exponents.items())
    above = [raise_power(e, x) for e, x in powers if x > 0]
    below = [raise_power(e, -x) for e, x in powers if x < 0]
    outcome = above[0] if above else constant(1)
    for e in above[1:]:
        outcome = entry_product(outcome, e)
    return outcome / times(below) if below else outcome


def sum_of_product(powers: list[Power], length: Dimension) -> list[Power]:
    """Return the sum of the entries of a product of vectors: for two factors, the product of a row and a column."""
    if not powers:
        return [(number_expression(Fraction(length.constant)), Fraction(1))]
    if len(powers) == 1 and powers[0][1] == 1 and is_diagonal_of(powers[0][0]):
        return [(_trace_of_chain(powers[0][0].arguments[0]), Fraction(1))]
    if len(powers) == 1 and powers[0][1] == 2:
        return [(sum_of_squares(powers[0][0]), Fraction(1))]
    if len(powers) == 2 and all(x == 1 for _, x in powers):
        (a, _), (b, _) = powers
        return [(shortest(product(transpose(a), b), product(transpose(b), a)), Fraction(1))]
    chosen = next((p for p in powers if p[0].operation.name == "onehot"), None)
    if chosen is not None:  # a power of one entry: x[i]**2
        return [(product(transpose(e), chosen[0]), power) for e, power in powers if e is not chosen[0]]
    return [(_sum(multiply_powers(powers)), Fraction(1))]


def total(powers: list[Power]) -> Expression:
    """Return the sum of the entries of an elementwise product of matrices."""
    if len(powers) == 1 and powers[0][1] == 2:
        return sum_of_squares(shortest(powers[0][0], transpose(powers[0][0])))
    entries = _sum(shortest(multiply_powers(powers), multiply_powers([(transpose(e), x) for e, x in powers])))
    if len(powers) == 2 and all(x == 1 for _, x in powers):
        (a, _), (b, _) = powers
        return shortest(entries, trace_of(transpose(a), b))
    return entries


def is_diagonal_of(e: Expression) -> bool:
    """Tell whether an expression is the diagonal of a matrix as a column."""
    return e.operation.name == "diag" and e.shape[1:] == (ONE,)


def _trace_of_chain(chain: Expression) -> Expression:
    return trace_of(chain.arguments[0], chain.arguments[1]) if chain.operation.name == "matmul" else _trace(chain)


def trace_of(left: Expression, right: Expression) -> Expression:
    """Return the trace of a product, in the shortest of its cyclic orders and their transposes."""
    chain = product(left, right)
    factors: list[Expression] = []
    while chain.operation.name == "matmul":
        factors.insert(0, chain.arguments[1])
        chain = chain.arguments[0]
    factors.insert(0, chain)
    return shortest(*map(_trace, _cycles(factors)))


def _cycles(factors: list[Expression]) -> list[Expression]:
    outcome = []
    for n in range(len(factors)):
        for order in (factors[n:] + factors[:n], [transpose(f) for f in (factors[n:] + factors[:n])[::-1]]):
            chain = order[0]
            for e in order[1:]:
                chain = product(chain, e)
            outcome.append(chain)
    return outcome
