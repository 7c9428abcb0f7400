"""Programs: expressions compiled for repeated evaluation.

Shared sub-expressions are computed once; matrix products are computed by BLAS in reused buffers; chains of elementwise
operations and gathers are fused into compiled loops (`fusion`). The steps form one Python function without loops and
look-ups, so that small programs have little overhead. The backend "numpy" evaluates the operations table node by node,
without a compiler; both backends give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fanlight.calculus.compiler.column_pruning import prune_columns
from fanlight.calculus.compiler.numpy_source import numpy_source
from fanlight.calculus.compiler.operation_counts import count
from fanlight.calculus.compiler.plan import Plan
from fanlight.calculus.compiler.rewriting import simplify
from fanlight.calculus.expressions import Expression, symbols_of, walk
from fanlight.calculus.numeric import bind, value_of
from fanlight.errors import CalculusError

Array = NDArray[Any]


class Program:
    """A set of expressions compiled together; see `compile`.

    Attributes
    ----------
    outputs : dict of str to Expression
        The simplified outputs.
    symbols : dict of str to Expression
        The inputs.
    dtype : numpy dtype
        Type of all floating-point values.
    operations : Operations
        Scalar operations of a call, in the dimension letters.
    plan : Plan or None
        The steps and their buffers; None for the backend "numpy".
    """

    def __init__(
        self, outputs: Mapping[str, Expression], dtype: DTypeLike, backend: str, *, threads: int = 1, busy: float = 0.0
    ) -> None:
        self.outputs = prune_columns({name: simplify(expression) for name, expression in outputs.items()})
        self.dtype = np.dtype(dtype)
        self.symbols = symbols_of(*self.outputs.values())
        self.operations = count(list(self.outputs.values()))
        self._names = list(self.symbols)
        self._ranks = [len(symbol.shape) for symbol in self.symbols.values()]
        self._axes = _axes(self.symbols)
        self.plan = (
            Plan(self.outputs, self._names, self.dtype, threads=threads, busy=busy) if backend == "compiled" else None
        )
        self._shapes: list[tuple[int, ...]] | None = None
        self._frame: list[Any] = []
        self._run: Callable[..., dict[str, Array]]

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Array]:
        """Run the program.

        Parameters
        ----------
        inputs : mapping of str to array
            A value for each symbol; other names are ignored.

        Returns
        -------
        dict of str to array
            The outputs, in buffers of the program, which are valid until its next call.

        Raises
        ------
        CalculusError
            An input is missing or has a wrong shape.
        """
        try:
            arrays = [inputs[name] for name in self._names]
            shapes = [array.shape for array in arrays]
        except (KeyError, AttributeError):
            arrays = shapes = []
        fits = self.plan is not None and self._fits(arrays)
        if self.plan is None or shapes != self._shapes or not fits:
            lengths = self._lengths(shapes) if fits else None
            if lengths is None:
                bound, lengths = bind(self.symbols, {n: self._array(inputs[n]) for n in self._names if n in inputs})
                if self.plan is None:
                    return self._interpret(bound, lengths)
                arrays = [bound[name] for name in self._names]
            assert self.plan is not None
            self._run = self.plan.function(lengths)
            self._frame = self.plan.frame(lengths)
            self._shapes = shapes if shapes == [array.shape for array in arrays] else None
        return self._run(*arrays, *self._frame)

    def source(self) -> str:
        """Return the NumPy source of the program, which runs without this package."""
        return numpy_source(self.outputs)

    @property
    def second(self) -> frozenset[str]:
        """The outputs computed by the second thread; empty before the first call."""
        return frozenset() if self.plan is None else self.plan.second

    def _lengths(self, shapes: list[tuple[int, ...]]) -> dict[str, int] | None:
        """Return the length of each letter if all shapes are as declared; None if `bind` must check the inputs."""
        if len(shapes) != len(self._ranks) or any(len(s) != r for s, r in zip(shapes, self._ranks, strict=True)):
            return None
        lengths: dict[str, int] = {}
        for place, axis, letter, constant in self._axes:
            length = shapes[place][axis] - constant
            if lengths.setdefault(letter, length) != length:
                return None
        return lengths if lengths.pop("", 0) == 0 and self._axes else None

    def _fits(self, arrays: list[Any]) -> bool:
        """Tell whether all arrays have the program's type or are row numbers, so that they need no conversion."""
        dtype = self.dtype
        return all(
            a.dtype is dtype or a.dtype == dtype or (a.ndim == 1 and a.dtype.kind == "i")
            for a in arrays
            if type(a) is np.ndarray
        )

    def _array(self, value: ArrayLike) -> Array:
        array = np.asarray(value)
        if array.dtype.kind == "f":
            return np.asarray(array, self.dtype)
        return array.astype(self.dtype) if array.ndim != 1 else array

    def _interpret(self, arrays: dict[str, Array], lengths: dict[str, int]) -> dict[str, Array]:
        values: dict[Expression, Array] = {}
        for node in walk(*self.outputs.values()):
            is_input = node.operation.name == "symbol"
            values[node] = arrays[node.name] if is_input else value_of(node, values, lengths, self.dtype)
        return {name: values[expression] for name, expression in self.outputs.items()}


def compile(
    outputs: Mapping[str, Expression],
    dtype: DTypeLike = np.float32,
    backend: str = "compiled",
    *,
    threads: int = 1,
    busy: float = 0.0,
) -> Program:
    """Compile expressions into a program.

    Parameters
    ----------
    outputs : mapping of str to Expression
        Outputs by name, such as a loss and its gradients; shared sub-expressions are computed once.
    dtype : numpy dtype
        float32 or float64.
    backend : str
        "compiled", or "numpy" to run without a compiler.
    threads : int
        2: divide the steps among two threads if that saves time (`compiler.threads`); the numbers are the same.
    busy : float
        Seconds for which the second thread is usually busy when the program starts.

    Examples
    --------
    >>> from fanlight.calculus import parse, gradient
    >>> s = parse("u.T @ tanh(W @ x + b)", {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)})
    >>> program = compile({"s": s, "b": gradient(s, "b")}, np.float64, "numpy")
    >>> out = program({"u": np.ones((2, 1)), "W": np.zeros((2, 3)), "x": np.ones((3, 1)), "b": np.zeros((2, 1))})
    >>> float(out["s"]), out["b"].ravel().tolist()
    (0.0, [1.0, 1.0])
    """
    if backend not in ("compiled", "numpy"):
        raise CalculusError(f"unknown backend {backend!r}: choose compiled or numpy")
    return Program(outputs, dtype, backend, threads=threads, busy=busy)


def _axes(symbols: Mapping[str, Expression]) -> list[tuple[int, int, str, int]]:
    """Return (symbol, axis, letter or "", constant) for each length letter + constant; [] if a length is another."""
    axes = []
    for place, symbol in enumerate(symbols.values()):
        for axis, length in enumerate(symbol.shape):
            if len(length.letters) > 1 or any(
                monomial and (len(monomial), n) != (1, 1) for monomial, n in length.terms
            ):
                return []
            axes.append((place, axis, "".join(length.letters), length.constant))
    return axes
