"""NumPy source of expressions, which runs without this package."""

from __future__ import annotations

from collections.abc import Mapping

from fanlight.calculus.expressions import Expression, symbols_of, walk
from fanlight.calculus.shapes import Dimension
from fanlight.errors import CalculusError

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "power": "**"}
_FORMS = {
    "negative": "-{0}", "transpose": "{0}.T", "tanh": "np.tanh({0})", "sigmoid": "1 / (1 + np.exp(-{0}))",
    "relu": "np.maximum({0}, 0)", "hardtanh": "np.clip({0}, -1, 1)", "step": "({0} > 0) * 1.0",
    "softplus": "np.logaddexp(0, {0})", "exp": "np.exp({0})", "log": "np.log({0})", "sqrt": "np.sqrt({0})",
    "abs": "np.abs({0})", "sign": "np.sign({0})", "sin": "np.sin({0})", "cos": "np.cos({0})", "tan": "np.tan({0})",
    "arctan": "np.arctan({0})", "arcsin": "np.arcsin({0})", "arccos": "np.arccos({0})",
    "erf": "np.vectorize(math.erf)({0})", "max": "np.max({0})",
    "min": "np.min({0})", "maximum": "np.maximum({0}, {1})", "minimum": "np.minimum({0}, {1})",
    "largest": "({0} >= np.max({0})) * 1.0", "sinh": "np.sinh({0})",
    "cosh": "np.cosh({0})", "sum": "np.sum({0})",
    "row_sums": "np.sum({0}, axis=1, keepdims=True)", "column_sums": "np.sum({0}, axis=0, keepdims=True)",
    "logsumexp": "np.log(np.sum(np.exp({0} - np.max({0})))) + np.max({0})",
    "logsumexp_rows": "np.log(np.sum(np.exp({0} - np.max({0}, axis=1, keepdims=True)), axis=1, keepdims=True))"
    " + np.max({0}, axis=1, keepdims=True)",
    "softmax": "np.exp({0} - np.max({0})) / np.sum(np.exp({0} - np.max({0})))",
    "softmax_rows": "np.exp({0} - np.max({0}, axis=1, keepdims=True))"
    " / np.sum(np.exp({0} - np.max({0}, axis=1, keepdims=True)), axis=1, keepdims=True)",
    "norm": "np.sqrt(np.sum({0} * {0}))", "norm1": "np.sum(np.abs({0}))", "tr": "np.trace({0})",
    "det": "np.linalg.det({0})", "logdet": "np.linalg.slogdet({0})[1]", "inv": "np.linalg.inv({0})",
    "kron": "np.kron({0}, {1})", "rows": "{0}[{1}]",
}  # fmt: skip


def numpy_source(outputs: Mapping[str, Expression], name: str = "program") -> str:
    """Return the NumPy source of a function from the values of the symbols to a dictionary of the outputs.

    Raises
    ------
    CalculusError
        An operation has no NumPy form, such as an unspecified function, or no symbol has a dimension that is needed.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> print(numpy_source({"z": parse("W @ x", {"W": ("m", "n"), "x": ("n", 1)})}))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def program(W, x):
        t1 = W @ x  # m × 1
        return {'z': t1}
    """
    roots = list(outputs.values())
    symbols = symbols_of(*roots)
    statements = [f"    {line}" for line in _lengths(roots, symbols)]
    names: dict[Expression, str] = {}
    for node in walk(*roots):
        if node.operation.name == "symbol":
            names[node] = node.name
        elif node.operation.name == "constant":
            value = node.parameters[0]
            names[node] = repr(value) if value >= 0 else f"({value!r})"
        else:
            names[node] = f"t{len(statements) + 1}"
            while names[node] in symbols:
                names[node] += "_"
            shape = " × ".join(map(str, node.shape)) or "scalar"
            statements.append(f"    {names[node]} = {_form(node, [names[a] for a in node.arguments])}  # {shape}")
    uses_math = any(node.operation.name == "erf" for node in walk(*roots))
    result = ", ".join(f"{key!r}: {names[root]}" for key, root in outputs.items())
    return "\n".join(
        [
            *(["import math"] if uses_math else []),
            "import numpy as np",
            "",
            "",
            f"def {name}({', '.join(symbols)}):",
            *statements,
            f"    return {{{result}}}",
        ]
    )


def _form(node: Expression, arguments: list[str]) -> str:
    name = node.operation.name
    form = None
    if name in _INFIX:
        form = f"{arguments[0]} {_INFIX[name]} {arguments[1]}"
        if name == "matmul" and not node.shape:
            form = f"({form}).item()"
        if name == "matmul" and not all(a.shape for a in node.arguments):
            form = f"{arguments[0]} * {arguments[1]}"
    elif name in _FORMS:
        form = _FORMS[name].format(*arguments)
    elif name in ("ones", "zeros"):
        form = f"np.{name}(({', '.join(map(str, node.parameters))}))"
    elif name == "eye":
        form = f"np.eye({node.parameters[0]})"
    elif name == "length":
        form = str(node.parameters[0])
    elif name in ("vstack", "hstack"):
        form = f"np.{name}([{', '.join(f'np.atleast_2d({a})' for a in arguments)}])"
    elif name == "reshape":
        r, c = node.parameters
        form = f"np.reshape({arguments[0]}, ({r}, {c}))"
    elif name == "slice":
        r0, r1, c0, c1 = node.parameters
        form = f"{arguments[0]}[{r0}:{r1}, {c0}:{c1}]" + ("" if node.shape else ".item()")
    elif name == "diag":
        column = node.arguments[0].shape[1:] and str(node.arguments[0].shape[1]) == "1"
        form = f"np.diagflat({arguments[0]})" if column else f"np.diag({arguments[0]}).reshape(-1, 1)"
    if form is None:
        raise CalculusError(f"{name} has no NumPy form to print")
    return form


def _lengths(roots: list[Expression], symbols: Mapping[str, Expression]) -> list[str]:
    """Return statements that assign lengths to the dimension letters used as numbers."""
    needed = {k for node in walk(*roots) for p in node.parameters if isinstance(p, Dimension) for k in p.letters}
    statements = []
    for letter in sorted(needed):
        for name, s in symbols.items():
            place = next((i for i, d in enumerate(s.shape) if str(d) == letter), None)
            if place is not None:
                statements.append(f"{letter} = {name}.shape[{place}]")
                break
        else:
            raise CalculusError(f"dimension {letter} cannot be read off the inputs: no symbol has it")
    return statements
