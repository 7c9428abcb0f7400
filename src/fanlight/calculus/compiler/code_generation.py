"""Code generation: the steps of a program as Python statements, one call per loop, product or other operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.compiler.fusion import VECTORISED, Kernel, load_kernels
from fanlight.calculus.expressions import Expression
from fanlight.calculus.numeric import value_of
from fanlight.calculus.shapes import Dimension

Array = NDArray[Any]
Function = Callable[..., dict[str, Array]]
VIEWS = {"transpose", "slice"}
_ARITHMETIC = {"add", "subtract", "multiply", "divide", "negative"}
_COMPILED = {"rows", "scatter_rows", "bag", "scatter_bag", "softmax_rows", "logsumexp_rows"}


class StepWriter:
    """Writes the Python statements that compute the nodes of a program.

    Attributes
    ----------
    steps : list of (Expression, list of str)
        The nodes with statements, and their statements, in order.
    variables : dict of Expression to str
        The variable or literal for each node's value.
    frame : list of (str, Expression, Dimension or type)
        Name and source of each parameter after the inputs: a node for its buffer, a length, or dict for all lengths.
    joint : dict of Expression to list of Expression
        The nodes computed by the same call as a node.
    is_compilable : bool
        Whether all steps are loops, products and compiled operations, which can be compiled as one function.
    """

    def __init__(self, order: Sequence[Expression], kernels: Mapping[Expression, Kernel], dtype: np.dtype[Any]) -> None:
        from fanlight.calculus.compiler import kernels as compiled

        self.kernels, self.dtype = kernels, dtype
        self.variables: dict[Expression, str] = {}
        self.frame: list[tuple[str, Expression | Dimension | type]] = []
        self.joint: dict[Expression, list[Expression]] = {}
        self.is_compilable = True
        self._order = order
        self._scope: dict[str, Any] = {"product": _product(compiled.outer), "inner": lambda a, b: np.dot(a, b)[0, 0]}
        self._scope |= {"value_of": value_of, "concatenate": np.concatenate}
        self._scope |= {name: getattr(compiled, name) for name in _COMPILED}
        self._scope |= {name: getattr(np, name) for name in VECTORISED}
        self._scope |= {"real": dtype.type, "asreal": lambda value: np.asarray(value, dtype), "real_dtype": dtype}
        self.steps = [(node, statements) for node in order if (statements := self._step(node))]
        self._scope |= load_kernels(list(kernels.values()), dtype)

    def bind(self, name: str, value: object) -> None:
        """Define a name used by the statements."""
        self._scope[name] = value

    def build(self, parameters: Sequence[str], statements: Sequence[str], results: Mapping[str, str]) -> Function:
        """Return a function of the statements that returns the dictionary of `results`."""
        result = ", ".join(f"{name!r}: {variable}" for name, variable in results.items())
        source = "\n    ".join([f"def run({', '.join(parameters)}):", *statements, f"return {{{result}}}"])
        exec(source, self._scope)  # generated source: names from users occur only with the prefix in_
        return cast("Function", self._scope["run"])

    def build_compiled(
        self, parameters: Sequence[str], results: Mapping[str, str], roots: Sequence[Expression]
    ) -> Function:
        """Compile all steps as one function that returns the scalars; its caller creates the views of buffers."""
        statements = [line for _, step in self.steps for line in step]
        scalars = [variable for root in roots if not root.shape and (variable := self.variables[root])[0] == "t"]
        steps = [line.replace("asreal(", "real(") for line in statements]
        arguments = ", ".join(parameters)
        source = "\n    ".join([f"def whole({arguments}):", *steps, f"return ({', '.join([*scalars, ''])})"])
        self._scope |= load_kernels(list(self.kernels.values()), self.dtype, source)
        views = [line for line in statements if line.endswith(".T")]
        unpacked = [f"{variable} = asreal({variable})" for variable in scalars]
        call = f"{''.join(f'{v}, ' for v in scalars)}= whole({arguments})" if scalars else f"whole({arguments})"
        return self.build(parameters, [call, *unpacked, *views], results)

    def _parameter(self, source: Expression | Dimension | type) -> str:
        """Return the name of the frame's parameter for a source, which is added if new."""
        for name, other in self.frame:
            if other is source or (isinstance(source, Dimension) and other == source):
                return name
        name = f"p{len(self.frame)}"
        self.frame.append((name, source))
        return name

    def _step(self, node: Expression) -> list[str]:
        """Return the statements that compute a node, and record its variable."""
        if node in self.variables:  # computed by the call of another node
            return []
        variable = self.variables[node] = f"t{len(self.variables)}"
        name = node.operation.name
        if name == "symbol":
            self.variables[node] = f"in_{node.name}"
            return []
        if name == "constant":
            self.variables[node] = f"real({node.parameters[0]!r})"
            return []
        if node in self.kernels:
            return self._loop(node, variable)
        arguments = [self.variables[a] for a in node.arguments]
        if name == "transpose":
            return [f"{variable} = {arguments[0]}.T"]
        return self._compiled_step(node, variable, arguments) or self._other_step(node, variable, arguments)

    def _compiled_step(self, node: Expression, variable: str, arguments: list[str]) -> list[str]:
        """Return the statement of a step that can be compiled with the others; an empty list for other steps."""
        name = node.operation.name
        call = "product" if name == "matmul" and all(a.shape for a in node.arguments) else name
        if len(node.shape) == 2 and (call == "product" or name in VECTORISED or name in _COMPILED):
            self.variables[node] = buffer = self._parameter(node)
            return [f"{call}({', '.join([*arguments, buffer])})"]
        if node.shape:
            return []
        if node.operation.scalar is not None and name in _ARITHMETIC:
            return [f"{variable} = asreal({node.operation.scalar.format(*arguments)})"]
        if name == "power" and arguments[1] == "real(2)":
            return [f"{variable} = asreal({arguments[0]} * {arguments[0]})"]
        return [f"{variable} = asreal(inner({', '.join(arguments)}))"] if call == "product" else []

    def _other_step(self, node: Expression, variable: str, arguments: list[str]) -> list[str]:
        """Return the statements of a step computed by NumPy."""
        self.is_compilable = False
        name = node.operation.name
        if name == "slice" and not any(bound.letters for bound in node.parameters[2:]):
            has_all_rows = (node.parameters[0].terms, node.parameters[1]) == ((), node.arguments[0].shape[0])
            if has_all_rows and len(node.shape) == 2:
                return [f"{variable} = {arguments[0]}[:, {node.parameters[2].constant}:{node.parameters[3].constant}]"]
        if name == "hstack":
            self.variables[node] = buffer = self._parameter(node)
            return [f"concatenate(({', '.join(arguments)},), 1, {buffer})"]
        if node.operation.joint is not None:
            return self._joint_step(node, arguments)
        self._scope[f"node_{variable}"] = node
        for i, argument in enumerate(node.arguments):
            self._scope[f"node_{variable}_{i}"] = argument
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

    def _joint_step(self, node: Expression, arguments: list[str]) -> list[str]:
        """Return one call for all operations with the same joint function and the same arguments."""
        compute = node.operation.joint
        key = f"together_{len(self._scope)}"
        self._scope[key] = compute
        statements = [f"{key}_all = {key}({', '.join(arguments)})"]
        self.joint[node] = []
        for other in self._order:
            if other.operation.joint is compute and other.arguments == node.arguments:
                self.joint[node].append(other)
                self.variables[other] = self.variables.get(other, f"t{len(self.variables)}")
                statements.append(f"{self.variables[other]} = asreal({key}_all[{other.operation.part}])")
        return statements


def _product(outer: Callable[[Array, Array, Array], None]) -> Callable[[Array, Array, Array], None]:
    """Return a function that writes a matrix product into a buffer: by BLAS, or by `outer` for a column and a row.

    For few rows and a transposed matrix it computes (b.T @ a.T).T, which is nearly twice as fast with OpenBLAS.
    """

    def product(a: Array, b: Array, out: Array) -> None:
        if a.shape[1] == 1:
            outer(a, b, out)
        elif 1 < len(a) <= 64 < b.shape[1] and not b.flags.c_contiguous:
            out[...] = np.dot(b.T, a.T).T
        else:
            np.dot(a, b, out)

    return product
