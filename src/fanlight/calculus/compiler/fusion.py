"""Fusing chains of elementwise operations into compiled loops.

A loop runs over the rows and columns of its result and computes an entry from the entries of its leaves, which may
be broadcast, transposed, or rows gathered by number. A sum over rows, columns or both can be its last step.
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
VECTORISED = {"tanh", "exp", "log", "sin", "cos"}  # NumPy computes several at once, a compiled loop one by one


@dataclass(frozen=True)
class Kernel:
    """One loop.

    Attributes
    ----------
    root : Expression
        What it computes.
    inside : frozenset of Expression
        The nodes it computes on the way, and the root.
    leaves : tuple of Expression
        What it reads: materialised matrices, scalars, and row numbers.
    space : tuple of Dimension
        Rows and columns that it runs over.
    source : str
        The body of the function, with ``NAME`` for its name.
    """

    root: Expression
    inside: frozenset[Expression]
    leaves: tuple[Expression, ...]
    space: tuple[Dimension, Dimension]
    source: str

    @property
    def name(self) -> str:
        """A name that belongs to this source alone."""
        return "loop_" + hashlib.sha256(self.source.encode()).hexdigest()[:16]


def fuse(roots: Sequence[Expression]) -> dict[Expression, Kernel]:
    """Return the loops of a program by what they compute."""
    order = list(walk(*roots))
    users: dict[Expression, list[Expression]] = {node: [] for node in order}
    for node in order:
        for argument in set(node.arguments):
            users[argument].append(node)
    kept = set(roots)

    def inlined(node: Expression) -> bool:
        """Tell what is computed inside its only user, entry by entry."""
        if node in kept or len(users[node]) != 1 or not _loops(node):
            return False
        user = users[node][0]
        return _loops(user) and (user.shape == node.shape or user.operation.name in _SUMS)

    def gathered(node: Expression) -> bool:
        """Tell which rows are read where they lie, because all users are loops."""
        return (
            node.operation.name == "rows"
            and node not in kept
            and all(_loops(u) and u.shape == node.shape for u in users[node])
        )

    kernels = {}
    for node in order:
        if _loops(node) and not inlined(node):
            kernels[node] = _kernel(node, inlined, gathered)
    return kernels


def _loops(node: Expression) -> bool:
    operation = node.operation
    if operation.name in _SUMS:
        return len(node.arguments[0].shape) == 2
    if _is_outer(node):
        return True
    return operation.scalar is not None and len(node.shape) == 2 and operation.name not in VECTORISED


def _is_outer(node: Expression) -> bool:
    """Tell a column times a row: elementwise, each broadcast along the other."""
    return (
        node.operation.name == "matmul"
        and all(len(a.shape) == 2 for a in node.arguments)
        and node.arguments[0].shape[1] == ONE
    )


def _kernel(root: Expression, inlined: Callable[[Expression], bool], gathered: Callable[[Expression], bool]) -> Kernel:
    is_sum = root.operation.name in _SUMS
    body = root.arguments[0] if is_sum else root
    space = (body.shape[0], body.shape[1])
    leaves: list[Expression] = []
    inside: list[Expression] = [root]
    before: list[str] = []  # once a row
    lines: list[str] = []  # once an entry
    names: dict[Expression, str] = {}

    def leaf(node: Expression) -> str:
        if node not in leaves:
            leaves.append(node)
        return f"a{leaves.index(node)}"

    def entry(node: Expression) -> str:
        """Return the variable or literal that holds a node's entry."""
        if node in names:
            return names[node]
        if node.operation.name == "constant":
            value = node.parameters[0]
            return {0: "zero", 1: "one"}.get(value, f"real({value!r})")
        if (node is body and not is_sum) or (_loops(node) and node.operation.name not in _SUMS and inlined(node)):
            inside.append(node)
            arguments = [entry(a) for a in node.arguments]
            if (
                node.operation.name == "power"
                and node.arguments[1].operation.name == "constant"
                and node.arguments[1].parameters[0] == 2
            ):
                text = f"({arguments[0]} * {arguments[0]})"
            elif _is_outer(node):
                text = f"({arguments[0]} * {arguments[1]})"
            else:
                text = str(node.operation.scalar).format(*arguments)
            names[node] = f"v{len(names)}"
            lines.append(f"{names[node]} = {text}")
            return names[node]
        if node.operation.name == "rows" and gathered(node):
            inside.append(node)
            table, index = (leaf(a) for a in node.arguments)
            names[node] = f"v{len(names)}"
            row = f"row_{index}"
            if f"{row} = {index}[r]" not in before:
                before.append(f"{row} = {index}[r]")
            lines.append(f"{names[node]} = {table}[{row}, c]")
            return names[node]
        if not node.shape:
            return leaf(node)
        turned = node.operation.name == "transpose"
        source = node.arguments[0] if turned else node
        row = "0" if node.shape[0] == ONE else "r"
        column = "0" if node.shape[1] == ONE else "c"
        place = f"{leaf(source)}[{column}, {row}]" if turned else f"{leaf(source)}[{row}, {column}]"
        names[node] = f"v{len(names)}"
        (lines if "c" in (row, column) else before).append(f"{names[node]} = {place}")
        return names[node]

    result = entry(body)
    names_ = ", ".join(["rows", "columns", *(f"a{i}" for i in range(len(leaves)))])
    target, start, step, end = {
        "sum": ("", ["total = 0.0"], f"total += {result}", ["return total"]),
        "row_sums": (", out", [], f"mass += {result}", []),
        "column_sums": (", out", ["out[:] = zero"], f"out[0, c] += {result}", []),
    }.get(root.operation.name if is_sum else "", (", out", [], f"out[r, c] = {result}", []))
    by_row = root.operation.name == "row_sums"
    source = [
        f"def NAME({names_}{target}):",
        *(f"    {line}" for line in start),
        "    for r in range(rows):",
        *(f"        {line}" for line in before),
        *(["        mass = 0.0"] if by_row else []),
        "        for c in range(columns):",
        *(f"            {line}" for line in lines),
        f"            {step}",
        *(["        out[r, 0] = mass"] if by_row else []),
        *(f"    {line}" for line in end),
    ]
    return Kernel(root, frozenset(inside), tuple(leaves), space, "\n".join(source))


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
    kernels: Sequence[Kernel], dtype: np.dtype[Any], whole: str | None = None
) -> dict[str, Callable[..., Any]]:
    """Compile loops, through a file in the user's cache folder so that the next process finds them compiled.

    `whole` is the source of a function that calls the loops and the operations of `kernels`; it is returned as
    "whole".
    """
    sources = sorted({kernel.name: kernel.source.replace("NAME", kernel.name) for kernel in kernels}.items())
    names = [name for name, _ in sources]
    text = _HEAD.format(dtype=dtype.name)
    if whole is not None:
        known = Path(str(importlib.import_module("fanlight.calculus.compiler.kernels").__file__)).read_bytes()
        text += f"\n\nfrom fanlight.calculus.compiler.kernels import *  # {hashlib.sha256(known).hexdigest()}\n"
        sources.append(("whole", whole))
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
        sys.modules[name] = module  # where the compiler's cache looks its functions up
        spec.loader.exec_module(module)
    except OSError:  # no place to keep them: compile for this process alone
        module = ModuleType(name)
        exec(text.replace("CACHE", "False"), module.__dict__)
    return module


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "fanlight" / "loops"
