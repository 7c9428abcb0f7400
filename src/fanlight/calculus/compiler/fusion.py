"""Fusion of chains of elementwise operations into compiled loops.

A loop iterates over the rows and columns of its result and computes each entry from entries of its leaves, which may be
broadcast, transposed, or gathered by row number. Its last step may be a sum over rows, columns or both.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from fanlight.calculus.expressions import Expression, walk
from fanlight.calculus.shapes import ONE, Dimension

_SUMS = {"sum", "row_sums", "column_sums"}
VECTORISED = {"tanh", "exp", "log", "sin", "cos"}  # NumPy computes these by SIMD, a compiled loop entry by entry


@dataclass(frozen=True)
class Kernel:
    """A fused loop.

    Attributes
    ----------
    root : Expression
        The node that the loop computes.
    inside : frozenset of Expression
        The root and the intermediate nodes.
    leaves : tuple of Expression
        The inputs of the loop: matrices, scalars, and row numbers.
    space : tuple of Dimension
        Numbers of rows and columns of the iteration.
    source : str
        The source of the function, with ``NAME`` for its name.
    """

    root: Expression
    inside: frozenset[Expression]
    leaves: tuple[Expression, ...]
    space: tuple[Dimension, Dimension]
    source: str

    @property
    def name(self) -> str:
        """A unique name for this source, from its SHA-256."""
        return "loop_" + hashlib.sha256(self.source.encode()).hexdigest()[:16]


def fuse(roots: Sequence[Expression]) -> dict[Expression, Kernel]:
    """Return the loops of a program, by the node that each computes."""
    order = list(walk(*roots))
    users: dict[Expression, list[Expression]] = {node: [] for node in order}
    for node in order:
        for argument in set(node.arguments):
            users[argument].append(node)
    outputs = set(roots)

    def is_inlined(node: Expression) -> bool:
        """Tell whether a node is computed within the loop of its only user."""
        if node in outputs or len(users[node]) != 1 or not _is_loop(node):
            return False
        user = users[node][0]
        return _is_loop(user) and (user.shape == node.shape or user.operation.name in _SUMS)

    def is_gathered(node: Expression) -> bool:
        """Tell whether rows are read from their table without a copy, because all users are loops."""
        return (
            node.operation.name == "rows"
            and node not in outputs
            and all(_is_loop(u) and u.shape == node.shape for u in users[node])
        )

    kernels = {}
    for node in order:
        if _is_loop(node) and not is_inlined(node):
            kernels[node] = _LoopWriter(node, is_inlined, is_gathered).kernel()
    return kernels


def _is_loop(node: Expression) -> bool:
    operation = node.operation
    if operation.name in _SUMS:
        return len(node.arguments[0].shape) == 2
    if _is_outer(node):
        return True
    return operation.scalar is not None and len(node.shape) == 2 and operation.name not in VECTORISED


def _is_outer(node: Expression) -> bool:
    """Tell whether a product is of a column and a row, and thus an elementwise product with broadcasting."""
    return (
        node.operation.name == "matmul"
        and all(len(a.shape) == 2 for a in node.arguments)
        and node.arguments[0].shape[1] == ONE
    )


class _LoopWriter:
    """Writes the loop that computes a node: statements per row, and statements per entry."""

    def __init__(
        self, root: Expression, inlined: Callable[[Expression], bool], gathered: Callable[[Expression], bool]
    ) -> None:
        self.root = root
        self.is_sum = root.operation.name in _SUMS
        self.body = root.arguments[0] if self.is_sum else root
        self.leaves: list[Expression] = []
        self.inside: list[Expression] = [root]
        self._inlined, self._gathered = inlined, gathered
        self._row_lines: list[str] = []
        self._entry_lines: list[str] = []
        self._names: dict[Expression, str] = {}

    def kernel(self) -> Kernel:
        """Return the loop."""
        result = self._entry(self.body)
        names = ", ".join(["rows", "columns", *(f"a{i}" for i in range(len(self.leaves)))])
        target, start, step, end = {
            "sum": ("", ["total = 0.0"], f"total += {result}", ["return total"]),
            "row_sums": (", out", [], f"mass += {result}", []),
            "column_sums": (", out", ["out[:] = zero"], f"out[0, c] += {result}", []),
        }.get(self.root.operation.name if self.is_sum else "", (", out", [], f"out[r, c] = {result}", []))
        by_row = self.root.operation.name == "row_sums"
        source = [
            f"def NAME({names}{target}):",
            *(f"    {line}" for line in start),
            "    for r in range(rows):",
            *(f"        {line}" for line in self._row_lines),
            *(["        mass = 0.0"] if by_row else []),
            "        for c in range(columns):",
            *(f"            {line}" for line in self._entry_lines),
            f"            {step}",
            *(["        out[r, 0] = mass"] if by_row else []),
            *(f"    {line}" for line in end),
        ]
        space = (self.body.shape[0], self.body.shape[1])
        return Kernel(self.root, frozenset(self.inside), tuple(self.leaves), space, "\n".join(source))

    def _entry(self, node: Expression) -> str:
        """Return the variable or literal of a node's entry."""
        if node in self._names:
            return self._names[node]
        if node.operation.name == "constant":
            value = node.parameters[0]
            return {0: "zero", 1: "one"}.get(value, f"real({value!r})")
        is_body = node is self.body and not self.is_sum
        if is_body or (_is_loop(node) and node.operation.name not in _SUMS and self._inlined(node)):
            return self._inline(node)
        if node.operation.name == "rows" and self._gathered(node):
            return self._gather(node)
        return self._read(node) if node.shape else self._leaf(node)

    def _inline(self, node: Expression) -> str:
        self.inside.append(node)
        arguments = [self._entry(a) for a in node.arguments]
        is_power = node.operation.name == "power" and node.arguments[1].operation.name == "constant"
        if is_power and node.arguments[1].parameters[0] == 2:
            text = f"({arguments[0]} * {arguments[0]})"
        elif _is_outer(node):
            text = f"({arguments[0]} * {arguments[1]})"
        else:
            text = str(node.operation.scalar).format(*arguments)
        self._names[node] = f"v{len(self._names)}"
        self._entry_lines.append(f"{self._names[node]} = {text}")
        return self._names[node]

    def _gather(self, node: Expression) -> str:
        """Read an entry of a gathered row from its table."""
        self.inside.append(node)
        table, index = (self._leaf(a) for a in node.arguments)
        self._names[node] = f"v{len(self._names)}"
        row = f"row_{index}"
        if f"{row} = {index}[r]" not in self._row_lines:
            self._row_lines.append(f"{row} = {index}[r]")
        self._entry_lines.append(f"{self._names[node]} = {table}[{row}, c]")
        return self._names[node]

    def _read(self, node: Expression) -> str:
        """Read an entry of a matrix, which may be broadcast or transposed."""
        is_transposed = node.operation.name == "transpose"
        source = self._leaf(node.arguments[0] if is_transposed else node)
        row = "0" if node.shape[0] == ONE else "r"
        column = "0" if node.shape[1] == ONE else "c"
        place = f"{source}[{column}, {row}]" if is_transposed else f"{source}[{row}, {column}]"
        self._names[node] = f"v{len(self._names)}"
        statements = self._entry_lines if "c" in (row, column) else self._row_lines
        statements.append(f"{self._names[node]} = {place}")
        return self._names[node]

    def _leaf(self, node: Expression) -> str:
        if node not in self.leaves:
            self.leaves.append(node)
        return f"a{self.leaves.index(node)}"


_HEAD = '''"""Loops made by fanlight's compiler; safe to delete."""

import math

import numpy as np
from numba import njit

real = np.{dtype}
zero = real(0)
one = real(1)


@njit(inline="always")
def sigmoid(x):
    return one / (one + np.exp(-x))


@njit(inline="always")
def softplus(x):
    return max(x, zero) + np.log1p(np.exp(-abs(x)))


@njit(inline="always")
def erf(x):
    return real(math.erf(x))


@njit(inline="always")
def sign(x):
    return one if x > zero else (-one if x < zero else zero)
'''


def load_kernels(
    kernels: Sequence[Kernel], dtype: np.dtype[Any], program: str | None = None
) -> dict[str, Callable[..., Any]]:
    """Compile loops from a module in the user's cache folder, so that later processes load the compiled code.

    `program` is the source of a function "whole", which calls the loops and the functions of `compiler.kernels`, and is
    also returned.
    """
    sources = sorted({kernel.name: kernel.source.replace("NAME", kernel.name) for kernel in kernels}.items())
    names = [name for name, _ in sources]
    text = _HEAD.format(dtype=dtype.name)
    if program is not None:
        content = Path(str(importlib.import_module("fanlight.calculus.compiler.kernels").__file__)).read_bytes()
        text += f"\n\nfrom fanlight.calculus.compiler.kernels import *  # {hashlib.sha256(content).hexdigest()}\n"
        sources.append(("whole", program))
        names.append("whole")
    for _, source in sources:
        text += f'\n\n@njit(cache=CACHE, nogil=True, error_model="numpy")\n{source}\n'
    with _LOADING:
        module = _module(text)
    return {name: getattr(module, name) for name in names}


_LOADING = threading.Lock()


def _module(text: str) -> ModuleType:
    name = "fanlight_loops_" + hashlib.sha256(text.encode()).hexdigest()[:24]
    if name in sys.modules:
        return sys.modules[name]
    cached = text.replace("CACHE", "True")
    path = _cache_folder() / f"{name}.py"
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != cached:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}")
            part.write_text(cached, encoding="utf-8")
            part.replace(path)
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise OSError(f"{path} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # needed by Numba's cache
        spec.loader.exec_module(module)
    except OSError:  # no writable cache folder: compile for this process only
        module = ModuleType(name)
        exec(text.replace("CACHE", "False"), module.__dict__)
    return module


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "fanlight" / "loops"
