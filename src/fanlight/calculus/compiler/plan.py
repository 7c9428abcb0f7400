"""The steps of a program as one function, or as two functions for two threads, with their buffers."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.compiler.buffers import allocate_slots, find_bases
from fanlight.calculus.compiler.code_generation import VIEWS, Function, StepWriter
from fanlight.calculus.compiler.cost_model import LARGEST_COMPILED, LEAST_SAVING, step_cost
from fanlight.calculus.compiler.fusion import fuse
from fanlight.calculus.compiler.operation_counts import count
from fanlight.calculus.compiler.threads import Pair, Schedule, Step, schedule
from fanlight.calculus.expressions import Expression, walk
from fanlight.calculus.shapes import Dimension

Array = NDArray[Any]


class _SharedSteps(NamedTuple):
    """The steps that can be divided among two threads.

    Attributes
    ----------
    views : list of str
        Statements executed first by both threads: views of inputs and buffers.
    steps : list of (Expression, list of str)
        The other steps: nodes and their statements.
    number : dict of Expression to int
        The number of the step that computes a node.
    common : set of str
        Variables available to both threads from the start.
    """

    views: list[str]
    steps: list[tuple[Expression, list[str]]]
    number: dict[Expression, int]
    common: set[str]


class Plan:
    """The steps of a program as one function, and its buffers.

    The function takes the inputs and then the *frame*: buffers and sizes, which depend only on the lengths. If all
    steps are loops, products and compiled operations, they are also compiled as one function, for lengths so small that
    the calls of the steps cost more than the arithmetic.

    Attributes
    ----------
    writer : StepWriter
        The statements of the steps.
    parameters : list of str
        Parameters of the function: inputs, then the frame.
    results : dict of str to str
        The variable of each output.
    slots : dict of Expression to int
        The buffer of each matrix.
    run_steps : callable
        The function, or a `Pair` of functions.
    run_compiled : callable or None
        The compiled function, if all steps can be compiled.
    second : frozenset of str
        The outputs computed by the second thread.
    """

    def __init__(
        self,
        outputs: Mapping[str, Expression],
        names: Sequence[str],
        dtype: np.dtype[Any],
        *,
        threads: int,
        busy: float,
    ) -> None:
        self._roots = list(outputs.values())
        kernels = fuse(self._roots)
        hidden = {node for kernel in kernels.values() for node in kernel.inside} - set(kernels)
        self._order = [node for node in walk(*self._roots) if node not in hidden]
        self._reads = {n: list(kernels[n].leaves if n in kernels else n.arguments) for n in self._order}
        views = [n for n in self._order if n.operation.name in VIEWS and n not in kernels]
        self._bases = find_bases(self._order, views)
        self.slots = allocate_slots(self._order, self._reads, self._bases, self._roots)
        self._dtype = dtype
        self._buffers: dict[int, Array] = {}
        self.writer = StepWriter(self._order, kernels, dtype)
        self.results = {name: self.writer.variables[root] for name, root in outputs.items()}
        self.parameters = [*(f"in_{name}" for name in names), *(name for name, _ in self.writer.frame)]
        statements = [line for _, step in self.writer.steps for line in step]
        self.run_steps = self.writer.build(self.parameters, statements, self.results)
        self.run_compiled: Function | None = None
        if self.writer.is_compilable:
            self.run_compiled = self.writer.build_compiled(self.parameters, self.results, self._roots)
        self._operations = count(self._roots).total
        self._is_undivided = threads > 1
        self._busy = busy
        self.second: frozenset[str] = frozenset()

    def frame(self, lengths: Mapping[str, int]) -> list[Any]:
        """Return the function's arguments after the inputs, for these lengths."""
        values: list[Any] = []
        for _, source in self.writer.frame:
            if isinstance(source, Dimension):
                values.append(source.value(lengths))
            elif isinstance(source, Expression):
                values.append(self._buffer(source, *(d.value(lengths) for d in source.shape)))
            else:
                values.append(lengths)
        return values

    def _buffer(self, node: Expression, rows: int, columns: int) -> Array:
        """Return a matrix (rows, columns) in the node's buffer, which is reallocated with 20 % spare if too small."""
        slot = self.slots[node]
        buffer = self._buffers.get(slot)
        if buffer is None or buffer.size < rows * columns:
            self._buffers[slot] = buffer = np.empty(int(rows * columns * 1.2) + 1, self._dtype)
        return buffer[: rows * columns].reshape(rows, columns)

    def function(self, lengths: Mapping[str, int]) -> Function:
        """Return the function for these lengths; the first call may divide the steps among two threads."""
        if self.run_compiled is not None and self._operations.value(lengths) <= LARGEST_COMPILED:
            return self.run_compiled
        if self._is_undivided:
            self._is_undivided = False
            self._divide_steps(lengths)
        return self.run_steps

    def _divide_steps(self, lengths: Mapping[str, int]) -> None:
        """Divide the steps among two threads and reallocate the buffers, if that saves `LEAST_SAVING` of the time."""
        parts = self._separate_views()
        shares = schedule([self._build_step(node, parts, lengths) for node, _ in parts.steps], self._busy)
        if shares.saved < LEAST_SAVING:
            return
        number, ended = parts.number, shares.before()
        place = [ended[n][thread] for n, thread in enumerate(shares.threads)]

        def has_ended(node: Expression, later: Expression) -> bool:
            if node not in number or later not in number:
                return True
            return place[number[node]] < ended[number[later]][shares.threads[number[node]]]

        self.slots = allocate_slots(self._order, self._reads, self._bases, self._roots, has_ended=has_ended)
        self._buffers.clear()
        thread_of = {
            self.writer.variables[node]: thread for (node, _), thread in zip(parts.steps, shares.threads, strict=True)
        }
        self.second = frozenset(name for name, variable in self.results.items() if thread_of.get(variable))
        self.run_steps = self._build_pair(parts, shares)

    def _separate_views(self) -> _SharedSteps:
        """Separate views of inputs and buffers, which both threads create, from the other steps."""
        variables = self.writer.variables
        parts = _SharedSteps([], [], {}, set(self.parameters))
        for node, statements in self.writer.steps:
            if self._is_view(node) and variables[node.arguments[0]] in parts.common:
                parts.views.extend(statements)
                parts.common.add(variables[node])
            else:
                parts.number.update(dict.fromkeys((node, *self.writer.joint.get(node, ())), len(parts.steps)))
                parts.steps.append((node, statements))
        return parts

    def _build_step(self, node: Expression, parts: _SharedSteps, lengths: Mapping[str, int]) -> Step:
        variables = [self.writer.variables[r] for r in self._reads[node]]
        is_movable = all(v in parts.common or v.startswith("real(") for v in variables)
        bases = {self._bases[r] for r in self._reads[node]}
        is_loop, is_joint = node in self.writer.kernels, node in self.writer.joint
        cost = step_cost(node, self._reads[node], lengths, is_loop=is_loop, is_joint=is_joint)
        return Step(
            frozenset(parts.number[r] for r in bases if r in parts.number),
            cost,
            is_movable and self.writer.variables[node] in parts.common,
        )

    def _build_pair(self, parts: _SharedSteps, shares: Schedule) -> Pair:
        """Build the functions of the two threads, which wait for each other's steps by locks."""
        awaited = {other for waits in shares.waits for other in waits}
        locks = {step: threading.Lock() for step in awaited}
        sources: tuple[list[str], list[str]] = (list(parts.views), list(parts.views))
        for n, ((_, statements), thread) in enumerate(zip(parts.steps, shares.threads, strict=True)):
            sources[thread].extend(f"lock_{other}.acquire()" for other in shares.waits[n])
            sources[thread].extend(statements)
            if n in awaited:
                sources[thread].append(f"lock_{n}.release()")
        for step, lock in locks.items():
            lock.acquire()
            self.writer.bind(f"lock_{step}", lock)
        here = self.writer.build(self.parameters, sources[0], self.results)
        there = self.writer.build(self.parameters, sources[1], {})
        return Pair(here, there, list(locks.values()))

    def _is_view(self, node: Expression) -> bool:
        return node.operation.name in VIEWS and node not in self.writer.kernels and len(node.shape) == 2
