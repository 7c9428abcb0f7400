"""Conversion of forms to matrix notation: the shortest expression among several forms and orders of contraction."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction

from fanlight.calculus.cases import choices, extremes
from fanlight.calculus.contraction import Network
from fanlight.calculus.expressions import Expression, constant, eye, function, ones, walk, zeros
from fanlight.calculus.factoring import alternatives, multiply_out
from fanlight.calculus.index_algebra import eye_factor, find_used_axes
from fanlight.calculus.index_form import Atom, Factor, Form, Index, Term, in_order, new_index, scale
from fanlight.calculus.indexing import Axes
from fanlight.calculus.operations import TABLE, generic
from fanlight.calculus.products import (
    SOURCE,
    Power,
    Source,
    divide,
    is_turned,
    length_of,
    negate,
    number_expression,
    product,
    raise_power,
    scale_product,
    shortest,
    times,
    transpose,
)
from fanlight.calculus.rewritings import choose, mean_of
from fanlight.calculus.scalar_factors import join_roots, with_means
from fanlight.calculus.shapes import ONE, Dimension
from fanlight.calculus.softmax_form import exp_of_sum, fold_softmax, with_softmax
from fanlight.calculus.text_writer import SHOWS_MEANS
from fanlight.errors import CalculusError

_sum, _diag, _trace, _row_sums, _column_sums, _norm = map(
    function, ("sum", "diag", "tr", "row_sums", "column_sums", "norm")
)


def write_matrix(form: Form, axes: Axes) -> Expression:
    """Return the shortest expression for a form.

    Parameters
    ----------
    form : Form
        A form with at most two axes.
    axes : (Index or None, Index or None)
        The axes of rows and of columns.

    Raises
    ------
    CalculusError
        No matrix expression was found, as for three matrices that share an index.
    """
    candidates: list[tuple[float, int, Expression]] = []
    fault: CalculusError | None = None
    form = fold_softmax(in_order(form))
    if (stack := _stack(form, axes)) is not None:
        candidates.append((length_of(stack), sum(1 for _ in walk(stack)), stack))
    candidates += [(length_of(e), sum(1 for _ in walk(e)), e) for e in _choices(form, axes)]
    for other, weight in alternatives(form):
        try:
            forms = [_repeat_to_axes(_write(other, axes), axes)]
            if None not in axes:
                turned = (axes[1], axes[0])
                forms.append(transpose(_repeat_to_axes(_write(other, turned), turned)))
            candidates += [(length_of(e) * weight, sum(1 for _ in walk(e)), e) for e in forms]
        except CalculusError as error:
            fault = error
    if not candidates:
        raise fault or CalculusError("this has no matrix notation")
    return min(candidates, key=lambda c: (c[0], c[1], c[2].operation.name != "matmul", str(c[2])))[2]


def _choices(form: Form, axes: Axes) -> Iterator[Expression]:
    """Write ``step(x) * a + b`` as ``where(x > 0, a + b, b)``."""
    for cases in choices(multiply_out(form) or form):
        condition, *values = (write_matrix(case, axes) for case in cases)
        if condition.shape == values[0].shape == values[1].shape:  # scalars are broadcast
            values = [
                _write(v, (None, None)) if not find_used_axes(v) else e for v, e in zip(cases[1:], values, strict=True)
            ]
        yield choose(condition, *values)


def _stack(form: Form, axes: Axes) -> Expression | None:
    """Write a form of consecutive parts of its rows as a vstack; return None for other forms."""
    big, columns = axes
    cells: dict[Dimension, tuple[Index | None, list[Term]]] = {}
    for term in form.terms:
        part = next((f for f in term.factors if f.atom.kind == "part" and f.indices[0] == big), None)
        if part is None or big is None:
            return None
        offset, small = part.atom.parameters[0], part.indices[1] if len(part.indices) == 2 else None
        others = [f for f in term.factors if f is not part]
        if small is not None and small == columns:  # a diagonal block
            small = new_index(small.length)
            others.append(eye_factor(small, part.indices[1]))
        index, terms = cells.setdefault(offset, (small, []))
        if (index is None) != (small is None) or (index and small and index.length != small.length):
            return None
        names = {} if small is None or index is None else {small: index}
        terms.append(term._replace(factors=tuple(f.with_names(names) for f in others)))
    if len(cells) < 2 or big is None:
        return None
    place, parts = ONE - ONE, []
    while place in cells:
        small, terms = cells.pop(place)
        inner = Form(tuple(terms), tuple(i for i in (small, columns) if i is not None))
        parts.append(write_matrix(inner, (small, columns)))
        place = place + (ONE if small is None else small.length)
    return function("vstack")(*parts) if not cells and place == big.length else None


def _repeat_to_axes(e: Expression, axes: Axes) -> Expression:
    """Repeat an expression along axes that it lacks, by products with ones."""
    rows, columns = (ONE if i is None else i.length for i in axes)
    shape = e.shape or (ONE, ONE)
    if (shape[0], shape[1]) == (rows, columns):
        return e
    if not e.shape:
        return e if rows == columns == ONE else _repeat_scalar(e, rows, columns)
    if shape[0] != rows:
        return product(ones(rows, 1), e)
    return product(e, ones(1, columns))


def _repeat_scalar(e: Expression, rows: Dimension, columns: Dimension) -> Expression:
    value = e.parameters[0] if e.operation.name == "constant" else None
    if value == 0:
        return zeros(rows, columns)
    if e.operation.name == "divide" and e.arguments[0].parameters == (1,):
        return ones(rows, columns) / e.arguments[1]
    if value in (1, -1):
        return ones(rows, columns) if value == 1 else -ones(rows, columns)
    return e * ones(rows, columns)


def _write(form: Form, axes: Axes) -> Expression:
    """Write a sum, possibly in a smaller shape that broadcasts."""
    if not form.terms:
        return constant(0)
    form = in_order(form)
    candidates = [_add_parts([_write_signed_term(t, axes) for t in form.terms])]
    for name, a, b, others in extremes(form):
        extreme = Expression.node(TABLE[name], [_write(a, axes), _write(b, axes)])
        candidates.append(_add_parts([(True, extreme), *(_write_signed_term(t, axes) for t in others)]))
    return shortest(*candidates) if candidates[1:] else candidates[0]


def _add_parts(parts: list[tuple[bool, Expression]]) -> Expression:
    """Return the sum of signed terms (is_positive, expression)."""
    parts = sorted(parts, key=_term_order)
    positive, leading = parts[0]
    outcome = leading if positive else negate(leading)
    for positive, part in parts[1:]:
        outcome = outcome + part if positive else outcome - part
    return outcome


def _term_order(part: tuple[bool, Expression]) -> tuple[bool, bool, int, bool, str]:
    """Return the sort key of a signed term: positive, not transposed, large, without transposes inside."""
    positive, e = part
    size = sum(not node.arguments for node in walk(e))
    return not positive, e.operation.name == "transpose", -size, ".T" in str(e), str(e)


def _network(term: Term, axes: Axes) -> Network:
    network = Network(axes)
    for factor in sorted(with_softmax(term.factors), key=_factor_order):
        network.put(factor, atom_powers)
    return network


def turn_differences(term: Term, with_sign: bool) -> Term:
    """Negate pairs of differences that the source has reversed; `with_sign` also writes ``-(1 - t)`` as ``t - 1``."""
    factors = [*term.factors]
    counts = Counter(f.atom for f in factors)
    places = [n for n, f in enumerate(factors) if f.atom.kind == "group" and f.exponent in (1, -1)]
    places = [n for n in places if any(t.coefficient < 0 for t in factors[n].atom.arguments[0].terms)]
    alone = sorted((n for n in places if counts[factors[n].atom] == 1), key=lambda n: -factors[n].exponent)
    chosen = alone[:1] if with_sign and term.coefficient < 0 else []
    turned = [n for n in places if n not in chosen and _is_better_turned(atom_expression(factors[n].atom))]
    chosen += turned[: len(turned) // 2 * 2]
    for place in chosen:
        atom, indices, exponent = factors[place]
        inner = scale(atom.arguments[0], -1)
        negative = Atom("group", "", atom.lengths, arguments=(inner,), is_symmetric=atom.is_symmetric)
        factors[place] = Factor(negative, indices, exponent)
    return Term(term.coefficient * (-1) ** len(chosen), tuple(factors))


def _is_better_turned(e: Expression) -> bool:
    """Tell whether a difference is better written reversed."""
    inner = e.arguments[0] if e.operation.name == "transpose" else e
    return _is_mean_minus_entries(inner) or is_turned(inner)


def _is_mean_minus_entries(e: Expression) -> bool:
    """Tell whether an expression is ``mean(x) - x``."""
    return e.operation.name == "subtract" and e.arguments[0] is mean_of(e.arguments[1])


def _write_signed_term(term: Term, axes: Axes) -> tuple[bool, Expression]:
    term = turn_differences(term, True)
    size = abs(term.coefficient)
    scalars, core = _network(term, axes).contract()
    if SHOWS_MEANS.get():
        scalars, core = with_means(scalars, core)
    scalars = join_roots(scalars)
    above = [raise_power(e, x) for e, x in scalars if x > 0]
    below = [raise_power(e, -x) for e, x in scalars if x < 0]
    if size.denominator != 1 and size.denominator <= 1000 and size.denominator % 5:
        below.insert(0, constant(size.denominator))
        size = Fraction(size.numerator)
    if size != 1:
        above.insert(0, number_expression(size))
    outcome = scale_product(above, core)
    if below:
        outcome = divide(outcome if outcome is not None else constant(1), times(below))
    return term.coefficient > 0, constant(1) if outcome is None else outcome


def _factor_order(factor: Factor) -> tuple[bool, int, str, str, tuple[Index, ...]]:
    """Return the sort key of a factor: scalars before vectors and matrices, symbols before functions, by name."""
    kinds = {"length": 0, "number": 0, "symbol": 1, "call": 2, "function": 3, "group": 4}
    atom, indices, _ = factor
    return bool(indices), kinds.get(atom.kind, 5), atom.name, atom.key, indices


# ------------------------------------------------------------------------------------------------ atoms


def atom_powers(atom: Atom, exponent: Fraction) -> list[Power]:
    """Return the powers of expressions whose product is a power of an atom, with its indices as rows and columns."""
    has_root = (
        atom.kind == "group" and not atom.lengths and (exponent.denominator == 2 or exponent < 0 or exponent == 2)
    )
    if has_root and (root := _root_of_squares(atom)) is not None:
        return [(_norm(_order_difference(root)), exponent * 2)]
    e = atom_expression(atom)
    return [(_order_difference(e) if exponent % 2 == 0 else e, exponent)]


def _order_difference(e: Expression) -> Expression:
    """Return a difference, whose sign does not matter, in the better order."""
    if e.operation.name != "subtract" or not _is_better_turned(e):
        return e
    return e.arguments[1] - e.arguments[0]


def _root_of_squares(atom: Atom) -> Expression | None:
    """Return X of a group that is the sum of the squares of X, else None."""
    form = atom.arguments[0]
    if len(form.terms) != 1 or form.terms[0].coefficient != 1:
        return None
    factors = form.terms[0].factors
    if not factors or any(f.exponent % 2 or f.exponent < 0 or not f.indices for f in factors):
        return None
    indices = tuple(dict.fromkeys(i for f in factors for i in f.indices))
    if len(indices) > 2:
        return None
    halves = tuple(f._replace(exponent=f.exponent / 2) for f in factors)
    axes = (indices[0], indices[1] if len(indices) == 2 else None)
    return _repeat_to_axes(_write(Form((Term(Fraction(1), halves),), indices), axes), axes)


def atom_expression(atom: Atom) -> Expression:
    """Return an atom as a scalar, a column or a matrix."""
    key = _written_key(atom)
    written = _WRITTEN.get(key)
    if written is None:
        if len(_WRITTEN) > 20_000:
            _WRITTEN.clear()
        written = _WRITTEN[key] = _atom_expression(atom)
    return written


def _written_key(atom: Atom) -> tuple[str, bool, Source]:
    return atom.key, SHOWS_MEANS.get(), SOURCE.get()


_WRITTEN: dict[tuple[str, bool, Source], Expression] = {}


def _atom_expression(atom: Atom) -> Expression:
    if atom.kind in ("symbol", "onehot", "onehot_rows"):
        node = atom.parameters[0]
        return transpose(node) if node.shape and node.shape[0] == ONE else node
    if atom.kind == "number":
        return constant(math.pi)
    if atom.kind == "length":
        return Expression.node(TABLE["length"], (), atom.parameters)
    if atom.kind == "softmax":
        return _softmax(atom.name, atom.arguments[0])
    if atom.kind == "eye":
        return eye(atom.lengths[0])
    if atom.kind == "group":
        return _shorter_side(atom.arguments[0], lambda e: e)
    if atom.kind == "function":
        if atom.name == "log" and (outcome := _logsumexp(atom.arguments[0])) is not None:
            return outcome
        if atom.name == "power":
            return _power_expression(atom)
        operation = TABLE.get(atom.name) or generic(atom.name)
        return _shorter_side(atom.arguments[0], lambda e: Expression.node(operation, (e,)))
    return _call_expression(atom)


def _shorter_side(form: Form, wrap: Callable[[Expression], Expression]) -> Expression:
    """Apply a function to a column or matrix, or to its transpose with the result transposed, whichever is shorter."""
    argument = _argument(form)
    column = wrap(argument)
    if len(form.axes) == 2:
        turned = write_matrix(form, (form.axes[1], form.axes[0]))
        return transpose(wrap(turned)) if length_of(turned) < length_of(argument) else column
    if len(form.axes) != 1:
        return column
    row = wrap(write_matrix(form, (None, form.axes[0])))
    return shortest(column, transpose(row))


def _power_expression(atom: Atom) -> Expression:
    axes = (*atom.arguments[0].axes, None, None)[:2]
    both = [[_write(f, (axes[0], axes[1])) for f, _ in alternatives(a)] for a in atom.arguments]
    base, exponent = (shortest(*candidates) for candidates in both)
    return _repeat_to_axes(base**exponent, (axes[0], axes[1]))


def _argument(form: Form) -> Expression:
    axes = (*form.axes, None, None)[:2]
    return write_matrix(form, (axes[0], axes[1]))


def _call_expression(atom: Atom) -> Expression:
    if atom.name == "inv":
        return _shorter_side(atom.arguments[0], function("inv"))
    if atom.name in ("det", "logdet"):
        i, j = atom.arguments[0].axes
        sides = [write_matrix(atom.arguments[0], axes) for axes in ((i, j), (j, i))]
        return shortest(*map(function(atom.name), sides))
    parameters, _, shapes = atom.parameters
    arguments = []
    for form, shape in zip(atom.arguments, shapes[1:], strict=True):
        axes = list(form.axes)
        rows, columns = (axes.pop(0) if length != ONE else None for length in shape or (ONE, ONE))
        arguments.append(write_matrix(form, (rows, columns)))
    outcome = Expression.node(TABLE[atom.name], arguments, parameters)
    return transpose(outcome) if outcome.shape and outcome.shape[0] == ONE else outcome


def _logsumexp(form: Form) -> Expression | None:
    factor = exp_of_sum(form)
    if factor is None or set(factor.indices) <= set(form.axes):
        return None
    argument = _argument(factor.atom.arguments[0])
    if not form.axes:
        return function("logsumexp")(argument)
    rows = factor.indices[0] == form.axes[0]
    return function("logsumexp_rows")(argument if rows else transpose(argument))


def _softmax(name: str, argument: Form) -> Expression:
    e = _argument(argument)
    if name == "softmax_columns":
        return transpose(function("softmax_rows")(transpose(e)))
    return function(name)(e)
