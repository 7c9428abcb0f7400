"""Gradients, Jacobians and Hessians in matrix notation, computed from the normal form in index notation.

References
----------
Lecture L12-L15; Laue, Mitterreiter, Giesen 2020.
"""

from __future__ import annotations

from fanlight.calculus.assumptions import apply_assumptions
from fanlight.calculus.expressions import Expression, context_of, remember, symbols_of
from fanlight.calculus.factoring import count_factors, simplest
from fanlight.calculus.index_derivative import derivative
from fanlight.calculus.index_form import Form, in_order, key_of
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.indexing import Axes, axes_of, form_of, new_axes
from fanlight.calculus.matrix_writer import write_matrix
from fanlight.calculus.products import like_source
from fanlight.calculus.shapes import ONE, Shape, show
from fanlight.calculus.text_writer import means_of
from fanlight.errors import CalculusError


def jacobian(expression: Expression, wrt: str | Expression) -> Expression | Indexed:
    """Return the Jacobian (m, n) of a vector of length m by a vector of length n.

    The derivative of a scalar by a matrix, or of a matrix by a scalar, has the matrix's shape. Derivatives with more
    than two indices, such as those of a matrix by a matrix, are `Indexed`.

    Parameters
    ----------
    expression : Expression
    wrt : name or symbol

    Raises
    ------
    CalculusError
        The derivative has no form with indices.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> h = parse("tanh(W @ x + b)", {"W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)})
    >>> str(jacobian(h, "b"))
    'diag(1 - tanh(W @ x + b)**2)'
    """
    target = target_of(expression, wrt)
    form = form_of(expression)
    by = new_axes(target)
    slope = derivative(form, target.name, by)
    if len(form.axes) + len(by) > 2:
        return _build_indexed(expression, target, slope)
    if _is_matrix(expression.shape) or _is_matrix(target.shape):
        axes = axes_of(expression if form.axes else target, form.axes or by)
    else:
        axes = (form.axes[0] if form.axes else None, by[0] if by else None)
    return _write_or_index(expression, target, slope, axes)


def hessian(expression: Expression, wrt: str | Expression) -> Expression | Indexed:
    """Return the Hessian (n, n) of a scalar by a vector of length n; by a matrix it is `Indexed`.

    Raises
    ------
    CalculusError
        The expression is not a scalar, or has no form with indices.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> str(hessian(parse("x.T @ A @ x", {"A": ("n", "n"), "x": ("n", 1)}), "x"))
    'A + A.T'
    """
    target = target_of(expression, wrt)
    if expression.shape:
        raise CalculusError(f"a Hessian is of a scalar; this is {show(expression.shape)}")
    rows, columns = new_axes(target), new_axes(target)
    slope = derivative(form_of(expression), target.name, rows)
    if _is_matrix(target.shape):
        return _build_indexed(expression, target, derivative(slope, target.name, columns), 2)
    axes = (rows[0] if rows else None, columns[0] if columns else None)
    simple = simplest(in_order(slope))
    seconds, fault = [], None
    # terms that cancel in the gradient may not cancel in the derivatives of its factors
    for form in [slope, simple] if count_factors(simple) < count_factors(slope) else [slope]:
        try:
            seconds.append(_write_or_index(expression, target, derivative(form, target.name, columns), axes, 2))
        except CalculusError as error:  # too many terms
            fault = fault or error
    if fault is not None and not seconds:
        raise fault
    return min(seconds, key=lambda e: (isinstance(e, Indexed), len(str(e))))


def shortest_gradient(expression: Expression, target: Expression) -> Expression:
    """Return the shortest gradient of a scalar by a symbol in matrix notation, in the symbol's shape.

    Raises
    ------
    CalculusError
        The gradient has no matrix notation, or too many terms to read.
    """
    by = new_axes(target)
    return _write_derivative(expression, derivative(form_of(expression), target.name, by), axes_of(target, by))


def simplify(expression: Expression) -> Expression:
    """Return the shortest equal expression found from the normal form.

    Expressions without a form with indices, such as gathered rows, are returned unchanged.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> str(simplify(parse("1 * (W @ x).T.T + 0", {"W": ("m", "n"), "x": ("n", 1)})))
    'W @ x'
    """
    try:
        form = form_of(expression)
        return _write_derivative(expression, form, axes_of(expression, form.axes))
    except CalculusError:
        return expression


def equal(a: Expression, b: Expression) -> bool:
    """Tell whether two expressions have the same shape and normal form, which implies equal values."""
    return a.shape == b.shape and canonical(a) == canonical(b)


def canonical(expression: Expression) -> str:
    """Return a key of the normal form under the assumptions, the same whatever the order of terms and factors."""
    return key_of(apply_assumptions(form_of(expression), facts_of(expression)))


def facts_of(expression: Expression) -> dict[str, str]:
    """Return the assumption about each symbol that has one, by name."""
    return {s.name: s.parameters[2] for s in symbols_of(expression).values() if s.parameters[2]}


def target_of(expression: Expression, wrt: str | Expression) -> Expression:
    """Return the node for `wrt`, looking up a name in the symbols of an expression and of its sources.

    Raises
    ------
    CalculusError
        The name does not occur, or the node represents row numbers.
    """
    symbols = context_of(expression)
    if isinstance(wrt, str) and wrt not in symbols:
        raise CalculusError(f"{wrt} does not occur in {expression}: it has {', '.join(symbols)}")
    target = symbols[wrt] if isinstance(wrt, str) else wrt
    if len(target.shape) == 1:
        raise CalculusError(f"{target} are row numbers: there is no derivative by them")
    return target


def _is_matrix(shape: Shape) -> bool:
    return bool(shape) and ONE not in shape


def _build_indexed(expression: Expression, target: Expression, form: Form, order: int = 1) -> Indexed:
    simple = apply_assumptions(form, facts_of(expression))
    return Indexed(expression, target, simple, context_of(expression), order)


def _write_or_index(
    expression: Expression, target: Expression, form: Form, axes: Axes, order: int = 1
) -> Expression | Indexed:
    """Return a form in matrix notation, or `Indexed` if it has none, as for three matrices that share an index."""
    try:
        return _write_derivative(expression, form, axes)
    except CalculusError:
        return _build_indexed(expression, target, form, order)


def _write_derivative(expression: Expression, form: Form, axes: Axes) -> Expression:
    with means_of(expression), like_source(expression):
        outcome = write_matrix(apply_assumptions(form, facts_of(expression)), axes)
    return remember(outcome, context_of(expression))
