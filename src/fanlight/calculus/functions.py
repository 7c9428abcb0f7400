"""User-defined elementwise functions: a value and a derivative, which is checked by central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fanlight.calculus.operations import TABLE, Operation, apply, register
from fanlight.errors import CalculusError

_POINTS = np.array([-2.1, -1.3, -0.6, -0.2, 0.3, 0.7, 1.4, 2.2])


def elementwise(
    derivative: Callable[[Any, Any], Any], positive: bool = False
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Add an elementwise function to the calculus.

    Parameters
    ----------
    derivative : callable
        ``derivative(x, y)`` for ``y = f(x)``, in operators and functions of the calculus, so that it takes expressions
        and arrays.
    positive : bool
        Whether the function is defined only for positive numbers.

    Returns
    -------
    callable
        A decorator. The decorated function takes expressions and arrays, and can be used in `parse` by name.

    Raises
    ------
    CalculusError
        The derivative is wrong (the message has both numbers), or the name is taken.

    Examples
    --------
    >>> from fanlight.calculus import gradient, parse
    >>> @elementwise(derivative=lambda x, y: 3 * x**2)
    ... def cube(x):
    ...     return x**3
    >>> str(gradient(parse("sum(cube(x))", {"x": ("n", 1)}), "x"))
    '3 * x**2'
    """

    def add(value: Callable[[Any], Any]) -> Callable[[Any], Any]:
        name = value.__name__
        points = np.abs(_POINTS) if positive else _POINTS
        step = 1e-6
        numeric = (np.asarray(value(points + step)) - np.asarray(value(points - step))) / (2 * step)
        slope = np.broadcast_to(np.asarray(derivative(points, value(points)), float), points.shape)
        wrong = np.abs(slope - numeric) > 1e-6 * np.maximum(1, np.abs(numeric))
        if wrong.any():
            place = int(np.argmax(wrong))
            raise CalculusError(
                f"{name}: at {points[place]:g} the derivative given is {slope[place]:.9g}, "
                f"but differences of the value give {numeric[place]:.9g}"
            )
        register(
            Operation(
                name,
                value,
                TABLE["tanh"].shape,
                lambda up, out, x: (up * derivative(x, out),),
                derivative=derivative,
            )
        )
        return lambda x: apply(name, x)

    return add
