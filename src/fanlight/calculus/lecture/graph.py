"""Computation graphs with values from the forward pass and gradients from the backward pass (lecture L19).

Each node multiplies the upstream gradient by its local derivative, which gives the downstream gradients; the gradients
of a value with several users are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.expressions import Expression, constant, symbol, walk
from fanlight.calculus.numeric import bind, pull_back_value, value_of
from fanlight.calculus.operations import Operation
from fanlight.calculus.shapes import show
from fanlight.calculus.text_writer import write
from fanlight.errors import CalculusError

Array = NDArray[Any]
_SIGNS = {"add": "+", "subtract": "−", "multiply": "*", "divide": "/", "matmul": "@", "power": "**", "negative": "−",
          "maximum": "max", "minimum": "min"}  # fmt: skip
ROLES = {  # effect of an operation on the gradient, in the lecture's words
    "add": "distributes", "subtract": "distributes", "relu": "routes", "max": "routes",
    "maximum": "routes", "minimum": "routes", "multiply": "switches",
}  # fmt: skip


@dataclass(frozen=True)
class Edge:
    """An edge from an argument to its user, by numbers of nodes, with the downstream gradient."""

    source: int
    target: int
    downstream: Array | None


@dataclass(frozen=True)
class Node:
    """A node with its value and gradient.

    Attributes
    ----------
    label : str
        The sign or name of the operation, or the name of the symbol.
    formula : str
        The expression of the node.
    value : array
    upstream : array or None
        The gradient of the result by this node: the sum of its users' downstream gradients; None for row numbers.
    local : str
        The local derivative in terms of arguments a, b and value y.
    role : str
        The effect on the gradient: "distributes", "routes", "switches", or "".
    """

    label: str
    formula: str
    value: Array
    upstream: Array | None
    local: str
    role: str


@dataclass(frozen=True)
class Graph:
    """A computation graph with values; nodes are in the order of the forward pass."""

    nodes: list[Node]
    edges: list[Edge]

    def mermaid(self) -> str:
        """Return the graph in the Mermaid language."""
        rows_of_text = ["graph LR"]
        rows_of_text += [f'  n{i}["{_title(node)}"]' for i, node in enumerate(self.nodes)]
        rows_of_text += [f'  n{e.source} -->|"{_short(self.nodes[e.source].value)}"| n{e.target}' for e in self.edges]
        return "\n".join(rows_of_text)

    def graphviz(self) -> str:
        """Return the graph in the DOT language of Graphviz."""
        rows_of_text = ["digraph {", "  rankdir=LR; node [shape=box];"]
        rows_of_text += [f'  n{i} [label="{_title(node)}"];' for i, node in enumerate(self.nodes)]
        for e in self.edges:
            back = "" if e.downstream is None else f"\\n← {_short(e.downstream)}"
            rows_of_text.append(f'  n{e.source} -> n{e.target} [label="{_short(self.nodes[e.source].value)}{back}"];')
        return "\n".join([*rows_of_text, "}"])

    def svg(self) -> str:
        """Return the graph as SVG, with values in black above the edges and gradients in red below."""
        depth: list[int] = []
        for i in range(len(self.nodes)):
            depth.append(1 + max((depth[e.source] for e in self.edges if e.target == i), default=-1))
        for i in reversed(range(len(self.nodes))):  # inputs are placed next to their users
            users = [depth[e.target] for e in self.edges if e.source == i]
            depth[i] = min(users) - 1 if users else depth[i]
        rows: dict[int, int] = {}
        place = []
        for d in depth:
            place.append((40 + 190 * d, 40 + 90 * rows.get(d, 0)))
            rows[d] = rows.get(d, 0) + 1
        width, height = 190 * (max(depth) + 1) + 20, 90 * max(rows.values()) + 40
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="12">',
            "<title>Computation graph</title>",
        ]
        for e in self.edges:
            (x0, y0), (x1, y1) = place[e.source], place[e.target]
            parts.append(f'<line x1="{x0 + 70}" y1="{y0}" x2="{x1 - 10}" y2="{y1}" stroke="#999"/>')
            x, y = (x0 + 70 + x1 - 10) / 2, (y0 + y1) / 2
            parts.append(_label(x, y - 4, _short(self.nodes[e.source].value), "#222"))
            if e.downstream is not None:
                parts.append(_label(x, y + 13, _short(e.downstream), "#b00020"))
        for (x, y), node in zip(place, self.nodes, strict=True):
            hint = f"{node.formula}\nvalue {_short(node.value)}\nlocal {node.local}"
            hint += "" if node.upstream is None else f"\nupstream {_short(node.upstream)}"
            parts.append(f"<g><title>{escape(hint)}</title>")
            parts.append(
                f'<rect x="{x - 10}" y="{y - 15}" width="80" height="30" rx="6" fill="#eef3fb" stroke="#456"/>'
            )
            parts.append(f'<text x="{x + 30}" y="{y + 4}" text-anchor="middle">{escape(node.label)}</text></g>')
        return "\n".join([*parts, "</svg>"])


def graph(expression: Expression, inputs: Mapping[str, Any]) -> Graph:
    """Return the computation graph of a scalar with the values and gradients of all nodes.

    Parameters
    ----------
    expression : Expression
        A scalar.
    inputs : mapping of str to array
        A value for each symbol.

    Raises
    ------
    CalculusError
        The expression is not a scalar, an input is missing, or an operation has no pullback.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> g = graph(parse("(x + y) * max_", {"x": (), "y": (), "max_": ()}), {"x": 1.0, "y": 2.0, "max_": 2.0})
    >>> [(n.label, float(n.value), float(n.upstream)) for n in g.nodes]
    [('x', 1.0, 2.0), ('y', 2.0, 2.0), ('+', 3.0, 2.0), ('max_', 2.0, 3.0), ('*', 6.0, 1.0)]
    """
    if expression.shape:
        raise CalculusError(f"backpropagation starts from a scalar; this is {show(expression.shape)}")
    from fanlight.calculus.expressions import symbols_of

    arrays, lengths = bind(symbols_of(expression), inputs)
    order = list(walk(expression))
    values: dict[Expression, Array] = {}
    for node in order:
        is_input = node.operation.name == "symbol"
        values[node] = arrays[node.name] if is_input else value_of(node, values, lengths, np.dtype(float))
    upstream: dict[Expression, Array] = {expression: np.asarray(1.0)}
    number = {node: i for i, node in enumerate(order)}
    edges = []
    for node in reversed(order):
        if not node.arguments:
            continue
        delta = upstream.get(node)
        contributions = [None] * len(node.arguments)
        if delta is not None:
            contributions = pull_back_value(node, values, lengths, delta)
        for argument, contribution in zip(node.arguments, contributions, strict=True):
            gradient = _broadcast_gradient(contribution, values[argument])
            if gradient is not None:
                upstream[argument] = upstream[argument] + gradient if argument in upstream else gradient
            edges.append(Edge(number[argument], number[node], gradient))
    nodes = [_node(node, values[node], upstream.get(node)) for node in order]
    return Graph(nodes, edges[::-1])


def _broadcast_gradient(gradient: Array | None, argument: Array) -> Array | None:
    if gradient is None:
        return None
    spread = np.size(gradient) == 1
    return np.broadcast_to(gradient, argument.shape) if spread else np.reshape(gradient, argument.shape)


def _node(node: Expression, value: Array, upstream: Array | None) -> Node:
    name = node.operation.name
    label = node.name if name == "symbol" else write(node) if name in ("constant", "length") else _SIGNS.get(name, name)
    if name == "transpose":
        label = ".T"
    return Node(label, write(node), value, upstream, _local(node.operation, len(node.arguments)), ROLES.get(name, ""))


def _local(operation: Operation, arguments: int) -> str:
    """Return the local derivative of a node, with a and b for its arguments and y for its value."""
    if not arguments:
        return "1"
    if operation.derivative is not None:
        return write(operation.derivative(symbol("a"), symbol("y")) + constant(0)).removesuffix(" + 0")
    return {
        "add": "1, 1", "subtract": "1, −1", "multiply": "b, a", "matmul": "b.T, a.T", "negative": "−1",
        "divide": "1/b, −y/b", "transpose": "transpose", "power": "b * a**(b − 1)", "sum": "1",
        "maximum": "a > b, b >= a", "minimum": "a < b, b <= a",
    }.get(operation.name, operation.name)  # fmt: skip


def _title(node: Node) -> str:
    back = "" if node.upstream is None else f" ∂ {_short(node.upstream)}"
    return f"{node.label} = {_short(node.value)}{back}".replace('"', "'")


def _label(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" text-anchor="middle" font-size="10">{escape(text)}</text>'


def _short(value: Array) -> str:
    flat = np.asarray(value, float).ravel()
    if flat.size == 1:
        return f"{flat[0]:.4g}"
    shown = ", ".join(f"{x:.3g}" for x in flat[:4])
    return f"[{shown}{', …' if flat.size > 4 else ''}]"
