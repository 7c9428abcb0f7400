"""Programs: expressions made ready to run many times.

Shared sub-expressions run once; matrix products go to BLAS, into buffers that are used again; chains of elementwise
operations, with the gathers they read, become one compiled loop each (`fusion`). The plain backend runs the table's
values one after another without a compiler; both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fanlight.calculus.expressions import Expression, symbols_of, walk
from fanlight.calculus.fusion import Kernel, fuse, load_kernels
from fanlight.calculus.numeric import bind, value_of
from fanlight.calculus.simplify import simplify
from fanlight.errors import CalculusError

Array = NDArray[Any]


class Program:
    """A set of expressions compiled together; see `compile`.

    Attributes
    ----------
    outputs : dict of str to Expression
        What it computes, simplified.
    dtype : numpy dtype
        Of all floating-point values.
    """

    def __init__(self, outputs: Mapping[str, Expression], dtype: DTypeLike, backend: str) -> None:
        self.outputs = {name: simplify(expression) for name, expression in outputs.items()}
        self.dtype = np.dtype(dtype)
        self._roots = list(self.outputs.values())
        self.symbols = symbols_of(*self._roots)
        self._run: Callable[[dict[str, Array], dict[str, int]], dict[Expression, Array]]
        self._run = self._interpret if backend == "numpy" else _Plan(self._roots, self.dtype).run

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Array]:
        """Run the program.

        Parameters
        ----------
        inputs : mapping of str to array
            A value for each symbol; more are ignored.

        Returns
        -------
        dict of str to array
            The outputs. They are buffers of the program: valid until it is called again.

        Raises
        ------
        CalculusError
            An input is missing or does not fit.
        """
        arrays = {name: self._array(np.asarray(inputs[name])) for name in self.symbols if name in inputs}
        arrays, lengths = bind(self.symbols, arrays)
        values = self._run(arrays, lengths)
        return {name: values[expression] for name, expression in self.outputs.items()}

    def _array(self, array: Array) -> Array:
        if array.dtype.kind == "f":
            return np.ascontiguousarray(array, self.dtype) if array.ndim else array.astype(self.dtype)
        return array

    def _interpret(self, arrays: dict[str, Array], lengths: dict[str, int]) -> dict[Expression, Array]:
        values: dict[Expression, Array] = {}
        for node in walk(*self._roots):
            values[node] = (
                arrays[node.name] if node.operation.name == "symbol" else value_of(node, values, lengths, self.dtype)
            )
        return values


def compile(outputs: Mapping[str, Expression], dtype: DTypeLike = np.float32, backend: str = "compiled") -> Program:
    """Compile expressions into a program.

    Parameters
    ----------
    outputs : mapping of str to Expression
        Such as a loss and its gradients; what they share is computed once.
    dtype : numpy dtype
        float32 or float64.
    backend : str
        "compiled", or "numpy" to run without importing a compiler.

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
    return Program(outputs, dtype, backend)


class _Plan:
    """The steps of a compiled program, and where their results live."""

    def __init__(self, roots: list[Expression], dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.roots = roots
        self.kernels = fuse(roots)
        self.loops = load_kernels(list(self.kernels.values()), dtype)
        hidden = {node for kernel in self.kernels.values() for node in kernel.inside} - set(self.kernels)
        self.order = [node for node in walk(*roots) if node not in hidden]
        self.joint = self._joint()
        self.slots = self._slots()
        self.memory: dict[int, Array] = {}

    def run(self, arrays: dict[str, Array], lengths: dict[str, int]) -> dict[Expression, Array]:
        from fanlight.calculus import kernels

        values: dict[Expression, Array] = {}
        for node in self.order:
            name = node.operation.name
            if name == "symbol":
                values[node] = arrays[node.name]
            elif node in self.kernels:
                values[node] = self._loop(self.kernels[node], values, lengths)
            elif name == "transpose":
                values[node] = values[node.arguments[0]].T
            elif name == "matmul" and len(node.shape) == 2 and all(a.shape for a in node.arguments):
                a, b = (values[x] for x in node.arguments)
                values[node] = np.dot(a, b, out=self._buffer(node, lengths))
            elif name in _COMPILED:
                out = self._buffer(node, lengths)
                getattr(kernels, name)(*(_plain(values[a]) for a in node.arguments), out)
                values[node] = out
            elif name == "hstack":
                out = self._buffer(node, lengths)
                np.concatenate([values[a] for a in node.arguments], axis=1, out=out)
                values[node] = out
            elif node in self.joint:
                group = self.joint[node]
                if node not in values:
                    results = node.operation.together(*(values[a] for a in node.arguments))  # type: ignore[misc]
                    for member in group:
                        values[member] = np.asarray(results[member.operation.part]).astype(self.dtype, copy=False)
            else:
                values[node] = value_of(node, values, lengths, self.dtype)
        return values

    def _loop(self, kernel: Kernel, values: Mapping[Expression, Array], lengths: Mapping[str, int]) -> Array:
        arguments = [_plain(values[leaf]) if leaf.shape else self.dtype.type(values[leaf]) for leaf in kernel.leaves]
        loop = self.loops[kernel.name]
        length = [d.value(lengths) for d in kernel.space]
        if not kernel.root.shape:
            return np.asarray(loop(*length, *arguments)).astype(self.dtype)
        out = self._buffer(kernel.root, lengths)
        loop(*length, *arguments, out)
        return out

    def _buffer(self, node: Expression, lengths: Mapping[str, int]) -> Array:
        rows, columns = (d.value(lengths) for d in node.shape)
        slot = self.slots[node]
        have = self.memory.get(slot)
        if have is None or have.size < rows * columns:
            self.memory[slot] = have = np.empty(int(rows * columns * 1.2) + 1, self.dtype)
        return have[: rows * columns].reshape(rows, columns)

    def _joint(self) -> dict[Expression, list[Expression]]:
        groups: dict[Any, list[Expression]] = {}
        for node in self.order:
            if node.operation.together is not None:
                groups.setdefault((node.operation.together, node.arguments), []).append(node)
        return {node: group for group in groups.values() for node in group}

    def _slots(self) -> dict[Expression, int]:
        """Give each buffered node a slot; a slot is free again after the last step that reads it."""
        reads: dict[Expression, list[Expression]] = {
            node: list(self.kernels[node].leaves) if node in self.kernels else list(node.arguments)
            for node in self.order
        }
        base: dict[Expression, Expression] = {}  # what a view looks at
        for node in self.order:
            seen = node.arguments[0] if node.operation.name in _VIEWS else node
            base[node] = base.get(seen, seen) if seen is not node else node
        last = {root: len(self.order) for root in (base[r] for r in self.roots)}
        for place, node in enumerate(self.order):
            for read in reads[node]:
                last[base[read]] = max(last.get(base[read], 0), place)
        slots: dict[Expression, int] = {}
        free: list[int] = []
        count = 0
        ends: dict[int, list[int]] = {}
        for place, node in enumerate(self.order):
            if len(node.shape) == 2 and node.operation.name not in ("symbol", "transpose"):
                if free:
                    slots[node] = free.pop()
                else:
                    slots[node], count = count, count + 1
                ends.setdefault(last.get(node, place), []).append(slots[node])
            free += ends.pop(place, [])
        return slots


_VIEWS = {"transpose", "slice"}
_COMPILED = {"scatter_rows", "bag", "scatter_bag", "softmax_rows", "logsumexp_rows"}


def _plain(array: Array) -> Array:
    return array if array.ndim < 2 or array.flags.c_contiguous else np.ascontiguousarray(array)
