"""Values of expressions, and central differences.

References
----------
Lecture L11 (the nudge), L20 (checking a hand-made gradient).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, context_of, symbols_of, walk
from fanlight.calculus.shapes import ONE, Dimension, show
from fanlight.errors import CalculusError

Array = NDArray[Any]


def evaluate(expression: Expression, inputs: Mapping[str, Any]) -> Array:
    """Return the value of an expression.

    Parameters
    ----------
    expression : Expression
    inputs : mapping of str to array
        A value for each symbol: scalars 0-d (or 1x1), vectors (n, 1) or (n,), matrices (m, n).

    Returns
    -------
    array
        The value in the expression's shape, float32 for float32 inputs.

    Raises
    ------
    CalculusError
        An input is missing or its shape does not fit.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> float(evaluate(parse("x**3", {"x": ()}), {"x": 4.0}))
    64.0
    """
    return values_of(expression, inputs)[expression]


def kinks_near(expression: Expression, inputs: Mapping[str, Any], within: float = 1e-3) -> list[str]:
    """Return the points without a derivative within a distance of the inputs, across which differences are wrong.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> kinks_near(parse("sum(relu(x))", {"x": ("n", 1)}), {"x": [1.0, 0.0]})
    ['relu at x = 0']
    """
    values = values_of(expression, inputs)
    nodes = list(walk(expression))
    kinks = [
        f"{node.operation.name} at {node.arguments[0]} = {kink:g}"
        for node in nodes
        for kink in node.operation.kinks
        if (np.abs(values[node.arguments[0]] - kink) < within).any()
    ]
    kinks += [
        f"norm at {node.arguments[0]} = 0"
        for node in nodes
        if node.operation.name == "norm" and np.abs(values[node]) < within
    ]
    kinks += [
        f"{node.operation.name} at {node.arguments[0]} = {node.arguments[1]}"
        for node in nodes
        if node.operation.name in ("maximum", "minimum")
        and (np.abs(values[node.arguments[0]] - values[node.arguments[1]]) < within).any()
    ]
    signs = {"max": 1, "min": -1}
    extremes = [(node, signs[node.operation.name]) for node in nodes if node.operation.name in signs]
    ties = [node for node, sign in extremes if _ties(sign * values[node.arguments[0]], within)]
    return kinks + [f"{node.operation.name} at equal entries of {node.arguments[0]}" for node in ties]


def _ties(value: Array, within: float) -> bool:
    """Tell whether the two largest entries differ by less than `within`."""
    largest = np.sort(value, axis=None)[-2:]
    return len(largest) == 2 and bool(largest[1] - largest[0] < within)


def values_of(expression: Expression, inputs: Mapping[str, Any]) -> dict[Expression, Array]:
    """Return the value of every node.

    Raises
    ------
    CalculusError
        An input is missing or its shape does not fit.
    """
    order = list(walk(expression))
    arrays, lengths = bind(_symbols_with_lengths(expression, order, inputs), inputs)
    values: dict[Expression, Array] = {}
    dtype = (
        np.result_type(np.float32, *(a.dtype for a in arrays.values() if a.dtype.kind == "f"))
        if arrays
        else np.dtype(float)
    )
    for node in order:
        if node.operation.name == "symbol":
            values[node] = arrays[node.name]
            continue
        values[node] = value_of(node, values, lengths, dtype)
    return values


def value_of(
    node: Expression, values: Mapping[Expression, Array], lengths: Mapping[str, int], dtype: np.dtype[Any]
) -> Array:
    """Return the value of a node by the operations table, given the values of its arguments."""
    parameters = [p.value(lengths) if isinstance(p, Dimension) else p for p in node.parameters]
    with np.errstate(all="ignore"):  # infinite and NaN entries are allowed
        value = np.asarray(node.operation.value(*(values[a] for a in node.arguments), *parameters))
    if not node.shape and value.ndim:
        value = value.reshape(())  # scalars are 0-d, according to the node's shape, not to the number of entries
    return value.astype(dtype, copy=False) if value.dtype.kind == "f" else value


def pull_back_value(
    node: Expression, values: Mapping[Expression, Array], lengths: Mapping[str, int], upstream: Array
) -> list[Any]:
    """Return the gradients by a node's arguments: its pullback applied to arrays.

    Raises
    ------
    CalculusError
        The operation has no pullback.
    """
    if node.operation.pullback is None:
        raise CalculusError(f"{node.operation.name} has no pullback: its derivative is not known here")
    parameters = [p.value(lengths) if isinstance(p, Dimension) else p for p in node.parameters]
    return list(node.operation.pullback(upstream, values[node], *(values[a] for a in node.arguments), *parameters))


def _symbols_with_lengths(
    expression: Expression, order: Sequence[Expression], inputs: Mapping[str, Any]
) -> dict[str, Expression]:
    """Return the symbols of an expression, and those of its source that determine missing lengths, as n of eye(n)."""
    symbols = symbols_of(expression)
    sizes = [d for s in symbols.values() for d in s.shape]
    parameters = [p for node in order for p in node.parameters if isinstance(p, Dimension)]
    readable = {k for d in sizes if len(d.letters) == 1 for k in d.letters}
    missing = {k for d in (*sizes, *parameters) for k in d.letters} - readable
    if not missing:
        return symbols
    others = {n: s for n, s in context_of(expression).items() if n in inputs and _fits(n, s, inputs)}
    plain = {n: s for n, s in others.items() if all(len(d.letters) < 2 for d in s.shape)}
    return symbols | {n: s for n, s in plain.items() if any(d.letters & missing for d in s.shape)}


def _fits(name: str, symbol: Expression, inputs: Mapping[str, Any]) -> bool:
    """Tell whether an input fits a symbol's shape: another expression may have used the name for another matrix."""
    try:
        bind({name: symbol}, inputs)
    except CalculusError:
        return False
    return True


def bind(symbols: Mapping[str, Expression], inputs: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, int]]:
    """Return the inputs in their symbols' shapes, and letters' lengths; raise CalculusError if they do not fit."""
    arrays: dict[str, Array] = {}
    lengths: dict[str, int] = {}
    for name, symbol in symbols.items():
        if name not in inputs:
            raise CalculusError(f"no value is given for {name} ({show(symbol.shape)})")
        array = np.asarray(inputs[name])
        if len(symbol.shape) != 1 and array.dtype.kind in "iub":
            array = array.astype(float)
        if len(symbol.shape) == 2 and array.ndim == 1:
            array = array.reshape((1, -1) if str(symbol.shape[0]) == "1" else (-1, 1))
        if symbol.shape == (ONE,) and array.size == 1:
            array = array.reshape((1,))  # a single index
        if not symbol.shape and array.size == 1:
            array = array.reshape(())
        if array.ndim != len(symbol.shape):
            raise CalculusError(f"{name} has shape {show(array.shape)}, but {show(symbol.shape)} is declared")
        arrays[name] = array
        for have, want in zip(array.shape, symbol.shape, strict=True):
            named = [(monomial[0], n) for monomial, n in want.terms if len(monomial) == 1]
            if len(named) == 1 and len(want.letters) == 1:
                letter, count = named[0]
                length, remainder = divmod(have - want.constant, count)
                if remainder or lengths.setdefault(letter, length) != length:
                    raise CalculusError(
                        f"{name} has shape {show(array.shape)}, "
                        f"which does not fit {show(symbol.shape)} with {letter} = {lengths.get(letter)}"
                    )
    for name, symbol in symbols.items():
        for have, want in zip(arrays[name].shape, symbol.shape, strict=True):
            _solve_product(have, want, lengths)
            if want.value(lengths) != have:
                raise CalculusError(
                    f"{name} has shape {show(arrays[name].shape)}, but {show(symbol.shape)} is declared"
                )
    return arrays, lengths


def _solve_product(have: int, want: Dimension, lengths: dict[str, int]) -> None:
    """Add the length of the only unknown letter of a product such as ``n*m`` or ``n*n``."""
    unknown = want.letters - set(lengths)
    if len(want.terms) != 1 or len(unknown) != 1:
        return
    (letter,), ((monomial, count),) = unknown, want.terms
    power = monomial.count(letter)
    remaining = count * math.prod(lengths[k] for k in monomial if k != letter)
    length = round((have / remaining) ** (1 / power))
    if remaining * length**power == have:
        lengths[letter] = length


def central_differences(f: Callable[[Array], float], x: Array, step: float = 1e-5) -> Array:
    """Return (f(x + h e) - f(x - h e)) / 2h for every entry of x, with h = step * max(1, |entry|)."""
    result = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        h = step * max(1.0, abs(float(x[place])))
        nudged = [np.array(x), np.array(x)]
        nudged[0][place] += h
        nudged[1][place] -= h
        result[place] = (f(nudged[0]) - f(nudged[1])) / (2 * h)
    return result
