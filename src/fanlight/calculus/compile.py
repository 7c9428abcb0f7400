"""Programs: expressions made ready to run many times.

Shared sub-expressions run once; matrix products go to BLAS, into buffers that are used again; chains of elementwise
operations, with the gathers they read, become one compiled loop each (`fusion`). The steps are laid out as one Python
function without a loop or a look-up, so that a small program costs little more than its arithmetic. The plain backend
runs the table's values one after another without a compiler; both give the same numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fanlight.calculus import lanes as lanes_
from fanlight.calculus.counting import count
from fanlight.calculus.expressions import Expression, symbols_of, walk
from fanlight.calculus.fusion import VECTORISED, fuse, load_kernels
from fanlight.calculus.memory import bases, slots
from fanlight.calculus.narrowing import narrow
from fanlight.calculus.numeric import bind, value_of
from fanlight.calculus.shapes import Dimension
from fanlight.calculus.simplify import simplify
from fanlight.calculus.source import numpy_source
from fanlight.errors import CalculusError

Array = NDArray[Any]


class Program:
    """A set of expressions compiled together; see `compile`.

    Attributes
    ----------
    outputs : dict of str to Expression
        What it computes, simplified.
    symbols : dict of str to Expression
        What it needs.
    dtype : numpy dtype
        Of all floating-point values.
    operations : Operations
        How many scalar operations a call takes, in the letters of the dimensions.
    """

    def __init__(self, outputs: Mapping[str, Expression], dtype: DTypeLike, backend: str, lanes: int = 1) -> None:
        self.outputs = narrow({name: simplify(expression) for name, expression in outputs.items()})
        self.dtype = np.dtype(dtype)
        self.symbols = symbols_of(*self.outputs.values())
        self.operations = count(list(self.outputs.values()))
        self._names = list(self.symbols)
        self._plan = _Plan(self.outputs, self._names, self.dtype, lanes) if backend == "compiled" else None
        self._shapes: list[tuple[int, ...]] | None = None
        self._frame: list[Any] = []
        self._run: Callable[..., dict[str, Array]]

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
        try:
            arrays = [inputs[name] for name in self._names]
            shapes = [array.shape for array in arrays]
        except (KeyError, AttributeError):
            arrays = shapes = []
        if self._plan is None or shapes != self._shapes or not self._fits(arrays):
            bound, lengths = bind(self.symbols, {n: self._array(inputs[n]) for n in self._names if n in inputs})
            if self._plan is None:
                return self._interpret(bound, lengths)
            arrays = [bound[name] for name in self._names]
            self._run = self._plan.function(lengths)
            self._frame = self._plan.frame(lengths)
            self._shapes = shapes if shapes == [array.shape for array in arrays] else None
        return self._run(*arrays, *self._frame)

    def source(self) -> str:
        """Return the program as plain NumPy that runs on its own."""
        return numpy_source(self.outputs)

    def _fits(self, arrays: list[Any]) -> bool:
        """Tell whether arrays of the last call's shapes need no conversion."""
        dtype = self.dtype
        return all(a.dtype is dtype or (a.ndim == 1 and a.dtype.kind == "i") for a in arrays if type(a) is np.ndarray)

    def _array(self, value: Any) -> Array:
        array = np.asarray(value)
        if array.dtype.kind == "f":
            return np.asarray(array, self.dtype)
        return array.astype(self.dtype) if array.ndim != 1 else array

    def _interpret(self, arrays: dict[str, Array], lengths: dict[str, int]) -> dict[str, Array]:
        values: dict[Expression, Array] = {}
        for node in walk(*self.outputs.values()):
            given = node.operation.name == "symbol"
            values[node] = arrays[node.name] if given else value_of(node, values, lengths, self.dtype)
        return {name: values[expression] for name, expression in self.outputs.items()}


def compile(
    outputs: Mapping[str, Expression], dtype: DTypeLike = np.float32, backend: str = "compiled", lanes: int = 1
) -> Program:
    """Compile expressions into a program.

    Parameters
    ----------
    outputs : mapping of str to Expression
        Such as a loss and its gradients; what they share is computed once.
    dtype : numpy dtype
        float32 or float64.
    backend : str
        "compiled", or "numpy" to run without importing a compiler.
    lanes : int
        2: share the steps out on two threads where that pays (`lanes`); the numbers are the same.

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
    return Program(outputs, dtype, backend, lanes)


_VIEWS = {"transpose", "slice"}
_ARITHMETIC = {"add", "subtract", "multiply", "divide", "negative"}
SMALL = 4096  # scalar operations
WORTH = 0.15  # the share of the time that a second lane has to save
_COMPILED = {"rows", "scatter_rows", "bag", "scatter_bag", "softmax_rows", "logsumexp_rows"}


def _product(outer: Callable[[Array, Array, Array], None]) -> Callable[[Array, Array, Array], None]:
    """Return the product of matrices into a buffer: by BLAS, but of a column and a row by `outer`.

    Few rows times a transposed matrix go the other way round, at which OpenBLAS is nearly twice as fast.
    """

    def product(a: Array, b: Array, out: Array) -> None:
        if a.shape[1] == 1:
            outer(a, b, out)
        elif 1 < len(a) <= 64 < b.shape[1] and not b.flags.c_contiguous:
            out[...] = np.dot(b.T, a.T).T
        else:
            np.dot(a, b, out)

    return product


class _Plan:
    """A program's steps as one function, and the memory that they write to.

    The function takes the inputs and then the *frame*: what depends on the lengths alone, buffers and sizes. Where all
    steps are loops and products, a second function of the same steps is compiled as a whole, for lengths so small that
    calling each step would cost more than its arithmetic.
    """

    def __init__(self, outputs: Mapping[str, Expression], names: list[str], dtype: np.dtype[Any], lanes: int) -> None:
        from fanlight.calculus import kernels

        self.dtype = dtype
        roots = list(outputs.values())
        self.kernels = fuse(roots)
        hidden = {node for kernel in self.kernels.values() for node in kernel.inside} - set(self.kernels)
        self.order = [node for node in walk(*roots) if node not in hidden]
        self.reads = {n: list(self.kernels[n].leaves if n in self.kernels else n.arguments) for n in self.order}
        self.base = bases(self.order, [n for n in self.order if n.operation.name in _VIEWS and n not in self.kernels])
        self.roots = roots
        self.slots = slots(self.order, self.reads, self.base, roots)
        self.together: dict[Expression, list[Expression]] = {}  # what is computed together with a node
        self.memory: dict[int, Array] = {}
        self.given: list[tuple[str, Any]] = []  # the frame: each parameter's name, and what it is made from
        self.variables: dict[Expression, str] = {}
        self.scope: dict[str, Any] = {"product": _product(kernels.outer), "inner": lambda a, b: np.dot(a, b)[0, 0]}
        self.scope |= {"value_of": value_of, "concatenate": np.concatenate}
        self.scope |= {name: getattr(kernels, name) for name in _COMPILED}
        self.scope |= {name: getattr(np, name) for name in VECTORISED}
        self.scope |= {"real": dtype.type, "asreal": lambda value: np.asarray(value, dtype), "real_dtype": dtype}
        self.as_a_whole = True
        self.steps = [(node, lines) for node in self.order if (lines := self._step(node))]
        self.lines = [line for _, lines in self.steps for line in lines]
        self.result = {name: self.variables[root] for name, root in outputs.items()}
        self.inputs = [f"in_{name}" for name in names]
        parameters = ", ".join([*self.inputs, *(name for name, _ in self.given)])
        self.scope |= load_kernels(list(self.kernels.values()), dtype)
        self.run_steps = self._function(parameters, self.lines)
        self.run_whole = self._whole(parameters, roots) if self.as_a_whole else None
        self.total = count(roots).total
        self.undivided = lanes > 1

    def frame(self, lengths: Mapping[str, int]) -> list[Any]:
        """Return what the function needs beside the inputs, for these lengths."""
        return [self._made(what, lengths) for _, what in self.given]

    def function(self, lengths: Mapping[str, int]) -> Callable[..., dict[str, Array]]:
        """Return the function to run for these lengths."""
        if self.run_whole is not None and self.total.value(lengths) <= SMALL:
            return self.run_whole
        if self.undivided:
            self.undivided = False
            self._divide(lengths)
        return self.run_steps

    def _divide(self, lengths: Mapping[str, int]) -> None:
        """Share the steps out on two lanes, if that pays at such lengths, and plan the memory for it anew."""
        parameters = [*self.inputs, *(name for name, _ in self.given)]
        views: list[str] = []
        parts: list[tuple[Expression, list[str]]] = []
        number: dict[Expression, int] = {}
        shared = set(parameters)  # what both lanes know from the beginning: inputs, buffers and views of these
        for node, lines in self.steps:
            if self._is_view(node) and self.variables[node.arguments[0]] in shared:
                views += lines
                shared.add(self.variables[node])
            else:
                number |= {made: len(parts) for made in (node, *self.together.get(node, ()))}
                parts.append((node, lines))
        steps = []
        for node, _ in parts:
            reads = {self.base[r] for r in self.reads[node]}
            known = all(self.variables[r] in shared or self.variables[r].startswith("real(") for r in self.reads[node])
            movable = known and self.variables[node] in shared
            steps.append(
                lanes_.Step(frozenset(number[r] for r in reads if r in number), self._cost(node, lengths), movable)
            )
        shares = lanes_.schedule(steps)
        if shares.saved < WORTH:
            return
        ended = shares.before()
        place = [ended[n][lane] for n, lane in enumerate(shares.lanes)]
        self.slots = slots(
            self.order, self.reads, self.base, self.roots,
            lambda a, b: a not in number or b not in number
            or place[number[a]] < ended[number[b]][shares.lanes[number[a]]],
        )  # fmt: skip
        self.memory.clear()
        awaited = {other for waits in shares.waits for other in waits}
        locks = {step: threading.Lock() for step in awaited}
        sources: tuple[list[str], list[str]] = (list(views), list(views))
        for n, ((_, lines), lane) in enumerate(zip(parts, shares.lanes, strict=True)):
            sources[lane].extend(f"lock_{other}.acquire()" for other in shares.waits[n])
            sources[lane].extend(lines)
            if n in awaited:
                sources[lane].append(f"lock_{n}.release()")
        for step, lock in locks.items():
            lock.acquire()
            self.scope[f"lock_{step}"] = lock
        here = self._function(", ".join(parameters), sources[0])
        there = self._function(", ".join(parameters), sources[1], {})
        self.run_steps = lanes_.Pair(here, there, list(locks.values()))

    def _is_view(self, node: Expression) -> bool:
        return node.operation.name in _VIEWS and node not in self.kernels and not self.variables[node].startswith("p")

    def _cost(self, node: Expression, lengths: Mapping[str, int]) -> float:
        """Return about how many nanoseconds a step takes."""
        sizes = [[d.value(lengths) for d in n.shape] for n in (node, *self.reads[node])]
        entries = [float(np.prod(size)) for size in sizes]
        if node.operation.name == "matmul" and node not in self.kernels and len(sizes[1]) == 2:
            return 3000 + entries[0] * sizes[1][1] / 40
        if node in self.together:
            return 3000 + 50 * max(entries)
        return 3000 + 0.15 * max(entries) * len(entries)

    def _function(
        self, parameters: str, lines: list[str], results: Mapping[str, str] | None = None
    ) -> Callable[..., dict[str, Array]]:
        results = self.result if results is None else results
        result = ", ".join(f"{name!r}: {variable}" for name, variable in results.items())
        source = "\n    ".join([f"def run({parameters}):", *lines, f"return {{{result}}}"])
        exec(source, self.scope)  # our own source: no name in it is a user's but behind in_
        return cast("Callable[..., dict[str, Array]]", self.scope["run"])

    def _whole(self, parameters: str, roots: list[Expression]) -> Callable[..., dict[str, Array]]:
        """Compile all steps as one function that returns the scalars; views of buffers are made around it."""
        scalars = [variable for root in roots if not root.shape and (variable := self.variables[root])[0] == "t"]
        steps = [line.replace("asreal(", "real(") for line in self.lines]
        source = "\n    ".join([f"def whole({parameters}):", *steps, f"return ({', '.join([*scalars, ''])})"])
        self.scope |= load_kernels(list(self.kernels.values()), self.dtype, source)
        views = [line for line in self.lines if line.endswith(".T")]
        unpacked = [f"{variable} = asreal({variable})" for variable in scalars]
        call = f"{''.join(f'{v}, ' for v in scalars)}= whole({parameters})" if scalars else f"whole({parameters})"
        return self._function(parameters, [call, *unpacked, *views])

    def _made(self, what: Any, lengths: Mapping[str, int]) -> Any:
        if isinstance(what, Dimension):
            return what.value(lengths)
        if not isinstance(what, Expression):
            return lengths
        rows, columns = (d.value(lengths) for d in what.shape)
        slot = self.slots[what]
        have = self.memory.get(slot)
        if have is None or have.size < rows * columns:
            self.memory[slot] = have = np.empty(int(rows * columns * 1.2) + 1, self.dtype)
        return have[: rows * columns].reshape(rows, columns)

    def _parameter(self, what: Any) -> str:
        """Return the name of a parameter of the frame."""
        for name, known in self.given:
            if known is what or (isinstance(what, Dimension) and known == what):
                return name
        name = f"p{len(self.given)}"
        self.given.append((name, what))
        return name

    def _step(self, node: Expression) -> list[str]:
        """Return the lines that compute a node, and note its variable."""
        if node in self.variables:  # computed together with another
            return []
        variable = self.variables[node] = f"t{len(self.variables)}"
        name = node.operation.name
        arguments = [self.variables[a] for a in node.arguments] if node not in self.kernels else []
        if name == "symbol":
            self.variables[node] = f"in_{node.name}"
            return []
        if name == "constant":
            self.variables[node] = f"real({node.parameters[0]!r})"
            return []
        if node in self.kernels:
            return self._loop(node, variable)
        if name == "transpose":
            return [f"{variable} = {arguments[0]}.T"]
        call = "product" if name == "matmul" and all(a.shape for a in node.arguments) else name
        if len(node.shape) == 2 and (call == "product" or name in VECTORISED or name in _COMPILED):
            self.variables[node] = buffer = self._parameter(node)
            return [f"{call}({', '.join([*arguments, buffer])})"]
        if not node.shape and node.operation.scalar is not None and name in _ARITHMETIC:
            return [f"{variable} = asreal({node.operation.scalar.format(*arguments)})"]
        if not node.shape and name == "power" and arguments[1] == "real(2)":
            return [f"{variable} = asreal({arguments[0]} * {arguments[0]})"]
        if not node.shape and call == "product":
            return [f"{variable} = asreal(inner({', '.join(arguments)}))"]
        self.as_a_whole = False
        if name == "slice" and not any(bound.letters for bound in node.parameters[2:]):
            whole = (node.parameters[0].terms, node.parameters[1]) == ((), node.arguments[0].shape[0])
            if whole and len(node.shape) == 2:
                return [f"{variable} = {arguments[0]}[:, {node.parameters[2].constant}:{node.parameters[3].constant}]"]
        if name == "hstack":
            self.variables[node] = buffer = self._parameter(node)
            return [f"concatenate(({', '.join(arguments)},), 1, {buffer})"]
        if node.operation.together is not None:
            return self._joint(node, arguments)
        self.scope[f"node_{variable}"] = node
        for i, argument in enumerate(node.arguments):
            self.scope[f"node_{variable}_{i}"] = argument
        values = ", ".join(f"node_{variable}_{i}: {a}" for i, a in enumerate(arguments))
        lengths = self._parameter(dict)
        return [f"{variable} = value_of(node_{variable}, {{{values}}}, {lengths}, real_dtype)"]

    def _loop(self, node: Expression, variable: str) -> list[str]:
        kernel = self.kernels[node]
        sizes = [self._parameter(d) for d in kernel.space]
        leaves = [self.variables[leaf] if leaf.shape else f"real({self.variables[leaf]})" for leaf in kernel.leaves]
        if not node.shape:
            return [f"{variable} = asreal({kernel.name}({', '.join([*sizes, *leaves])}))"]
        self.variables[node] = buffer = self._parameter(node)
        return [f"{kernel.name}({', '.join([*sizes, *leaves, buffer])})"]

    def _joint(self, node: Expression, arguments: list[str]) -> list[str]:
        """Return one call for all operations that are computed together from the same arguments."""
        together = node.operation.together
        key = f"together_{len(self.scope)}"
        self.scope[key] = together
        lines = [f"{key}_all = {key}({', '.join(arguments)})"]
        self.together[node] = []
        for other in self.order:
            if other.operation.together is together and other.arguments == node.arguments:
                self.together[node].append(other)
                self.variables[other] = self.variables.get(other, f"t{len(self.variables)}")
                lines.append(f"{self.variables[other]} = asreal({key}_all[{other.operation.part}])")
        return lines
