"""A program's steps laid out as one function, or as two for two threads, and the memory that they write to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.compiler import threads as lanes_
from fanlight.calculus.compiler.buffers import bases, slots
from fanlight.calculus.compiler.fusion import VECTORISED, fuse, load_kernels
from fanlight.calculus.compiler.operation_counts import count
from fanlight.calculus.expressions import Expression, walk
from fanlight.calculus.numeric import value_of
from fanlight.calculus.shapes import Dimension

Array = NDArray[Any]

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


class Plan:
    """A program's steps as one function, and the memory that they write to.

    The function takes the inputs and then the *frame*: what depends on the lengths alone, buffers and sizes. Where all
    steps are loops and products, a second function of the same steps is compiled as a whole, for lengths so small that
    calling each step would cost more than its arithmetic.
    """

    def __init__(
        self, outputs: Mapping[str, Expression], names: list[str], dtype: np.dtype[Any], lanes: int, busy: float
    ) -> None:
        from fanlight.calculus.compiler import kernels

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
        self.sizes: list[tuple[Any, list[str] | None]] = []  # the same, and the lengths it takes
        self.dimensions: dict[str, Dimension] = {}
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
        self.busy = busy
        self.second: frozenset[str] = frozenset()

    def frame(self, lengths: Mapping[str, int]) -> list[Any]:
        """Return what the function needs beside the inputs, for these lengths."""
        sizes = {key: dimension.value(lengths) for key, dimension in self.dimensions.items()}
        made: list[Any] = []
        for what, keys in self.sizes:
            if keys is None:
                made.append(lengths)
            elif len(keys) == 1:
                made.append(sizes[keys[0]])
            else:
                rows, columns = sizes[keys[0]], sizes[keys[1]]
                have = self.memory.get(slot := self.slots[what])
                if have is None or have.size < rows * columns:
                    self.memory[slot] = have = np.empty(int(rows * columns * 1.2) + 1, self.dtype)
                made.append(have[: rows * columns].reshape(rows, columns))
        return made

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
        shares = lanes_.schedule(steps, self.busy)
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
        made = {self.variables[node]: lane for (node, _), lane in zip(parts, shares.lanes, strict=True)}
        self.second = frozenset(name for name, variable in self.result.items() if made.get(variable))
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
        return node.operation.name in _VIEWS and node not in self.kernels and len(node.shape) == 2

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

    def _parameter(self, what: Any) -> str:
        """Return the name of a parameter of the frame."""
        for name, known in self.given:
            if known is what or (isinstance(what, Dimension) and known == what):
                return name
        name = f"p{len(self.given)}"
        self.given.append((name, what))
        needed = what.shape if isinstance(what, Expression) else [what] if isinstance(what, Dimension) else None
        self.dimensions |= {str(d): d for d in needed or ()}
        self.sizes.append((what, None if needed is None else [str(d) for d in needed]))
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
