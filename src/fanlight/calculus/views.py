"""Views of a derivation: text for the terminal, LaTeX, HTML, and NumPy that runs on its own."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from fanlight.calculus.derivation import Derivation, Link, Piece
from fanlight.calculus.expressions import Expression, symbol, walk
from fanlight.calculus.latex import latex, latex_name
from fanlight.calculus.numeric import bind, evaluate
from fanlight.calculus.shapes import ONE, show
from fanlight.calculus.simplify import simplify
from fanlight.calculus.source import numpy_source
from fanlight.errors import CalculusError

Steps = list[tuple[str, list[tuple[str, ...]]]]


def text(d: Derivation) -> str:
    """Return the derivation for a terminal."""
    lines = [f"{d.pieces[-1].name} = {d.expression}    by {d.wrt} ({show(d.wrt.shape)})"]
    for title, rows in _steps(d, str, lambda a, b: f"∂{a}/∂{b}"):
        lines += ["", title]
        width = max((len(row[0]) for row in rows if len(row) > 1), default=0)
        lines += [("  " + "   ".join([row[0].ljust(width), *row[1:]])).rstrip() for row in rows]
    return "\n".join(lines)


def latex_of(d: Derivation) -> str:
    """Return the derivation as LaTeX: a line an equation, ready for KaTeX."""

    def partial(a: str, b: str) -> str:
        return rf"\frac{{\partial {latex_name(a)}}}{{\partial {latex_name(b)}}}"

    rows = [
        rf"{latex_name(p.name)} &= {latex(p.expression)} && \in \mathbb{{R}}^{{{_space(p.expression)}}}"
        for p in d.pieces
    ]
    rows += [rf"{partial(*_ends(path))} &= {' '.join(partial(k.upper, k.lower) for k in path)}" for path in d.paths]
    for link in _links(d):
        if link.jacobian is not None:
            rows.append(f"{partial(link.upper, link.lower)} &= {latex(link.jacobian)}")
    rows.append(
        rf"\delta &= \nabla_{{{latex_name(d.delta_of.name)}}} {latex_name(d.pieces[-1].name)} = {latex(d.delta)}"
    )
    rows.append(rf"\nabla_{{{latex_name(d.wrt.name)}}} {latex_name(d.pieces[-1].name)} &= {latex(d.gradient)}")
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def html(d: Derivation) -> str:
    """Return the derivation as HTML that needs nothing from elsewhere."""
    parts = [
        f"<section class='derivation'><p><code>{escape(d.pieces[-1].name)} = {escape(str(d.expression))}</code></p>"
    ]
    for title, rows in _steps(d, str, lambda a, b: f"∂{a}/∂{b}"):
        cells = "".join("<tr>" + "".join(f"<td><code>{escape(c)}</code></td>" for c in row) + "</tr>" for row in rows)
        parts.append(f"<h4>{escape(title)}</h4><table>{cells}</table>")
    return "".join(parts) + "</section>"


def numpy_of(d: Derivation) -> str:
    """Return NumPy source of the whole and its gradient, sharing what they share."""
    return numpy_source({d.pieces[-1].name: d.expression, f"grad_{d.wrt.name}": d.gradient})


def nudge(d: Derivation, point: Mapping[str, Any], step: float = 0.01, direction: Any = None) -> str:
    """Show what the derivative means: a small change of `wrt` grows by it (lecture L11).

    `wrt` is moved by `step` times `direction`, which is 1 in every entry if not given.

    Raises
    ------
    CalculusError
        The direction has not the shape of `wrt`.

    Examples
    --------
    >>> from fanlight.calculus import derive, parse
    >>> print(nudge(derive(parse("x**3", {"x": ()}), "x"), {"x": 4.0}))
    at x = 4: s = 64, and the gradient is 48
    x + 0.01: s = 64.4812, and 64 + 48 · 0.01 = 64.48
    """
    name, whole = d.wrt.name, d.pieces[-1].name
    value = float(evaluate(d.expression, point))
    slope = evaluate(d.gradient, point)
    arrays, _ = bind({name: d.wrt}, {name: point[name]})
    along = np.ones(arrays[name].shape) if direction is None else bind({name: d.wrt}, {name: direction})[0][name]
    if along.shape != arrays[name].shape:
        raise CalculusError(f"the direction is {show(along.shape)}, but {name} is {show(arrays[name].shape)}")
    moved = float(evaluate(d.expression, {**point, name: arrays[name] + step * along}))
    total = float(np.sum(slope * along))
    at = ", ".join(f"{k} = {_number(v)}" for k, v in point.items())
    sums = "in all" if direction is None else "along the direction"
    shown = _number(slope) if slope.size == 1 else f"{_number(slope)}, {sums} {total:.6g}"
    change = f"{step:g}" if direction is None else f"{step:g} · {_number(direction)}"
    line = f"{value:.6g} + {total:.6g} · {step:g} = {value + total * step:.6g}"
    return (
        f"at {at}: {whole} = {value:.6g}, and the gradient is {shown}\n"
        f"{name} + {change}: {whole} = {moved:.6g}, and {line}"
    )


def _steps(d: Derivation, write: Any, partial: Any) -> Steps:
    whole, wrt = d.pieces[-1].name, d.wrt.name
    delta = symbol("δ", d.delta_of.shape)
    steps: Steps = [
        (
            "1. Break the equation into simple pieces",
            [(f"{p.name} = {write(p.expression)}", show(p.shape)) for p in d.pieces],
        )
    ]
    rule = [" · ".join(partial(k.upper, k.lower) for k in path) for path in d.paths]
    first = [(f"{partial(whole, wrt)} = {rule[0]}",), *((f"   + {r}",) for r in rule[1:])]
    steps.append(("2. Apply the chain rule", list(first)))
    rows = [_jacobian_row(d, link, write, partial) for link in _links(d)]
    if len(d.paths) == 1 and len(d.paths[0]) > 1 and all(link.jacobian is not None for link in d.paths[0]):
        factors = [link.jacobian for link in d.paths[0] if link.jacobian is not None]
        product = factors[0]
        for factor in factors[1:]:
            product = product @ factor
        rows.append((f"{partial(whole, wrt)} = {write(product)}",))
        rows.append((f"{' ' * len(partial(whole, wrt))} = {write(simplify(product))}", f"1 × {_length(d, wrt)}"))
    steps.append(("3. Write out the Jacobians", rows))
    by = d.delta_of
    names = [s.name for s in d.shared]
    steps.append(
        (
            "4. Re-use the error signal",
            [
                (f"δ = {partial(whole, by.name)} = {write(d.delta)}", show(d.delta.shape)),
                (f"the gradients by {', '.join(names)} all begin with δ: computed once it takes",),
                (f"   {d.with_sharing}",),
                (f"each on its own: {d.without_sharing}",),
            ],
        )
    )
    return [*steps, ("5. Bring it into the shape convention", _shape_rows(d, by, delta, partial))]


def _jacobian_row(d: Derivation, link: Link, write: Any, partial: Any) -> tuple[str, ...]:
    if link.jacobian is not None:
        rows = _length(d, link.upper)
        return (f"{partial(link.upper, link.lower)} = {write(link.jacobian)}", f"{rows} × {_length(d, link.lower)}")
    return (f"{partial(link.upper, link.lower)}", f"{_length(d, link.upper)} × {_length(d, link.lower)}, entries below")


def _shape_rows(d: Derivation, by: Piece, delta: Expression, partial: Any) -> list[tuple[str, ...]]:
    whole, wrt = d.pieces[-1].name, d.wrt.name
    needs = f"the step θ ← θ − α ∇ needs {wrt}'s shape, {show(d.wrt.shape)}"
    rows: list[tuple[str, ...]] = [(f"as a Jacobian {partial(whole, wrt)} is 1 × {_length(d, wrt)}; {needs}",)]
    factor = _factor_of(by.expression, d.wrt)
    if factor is not None:
        i = f"{by.name}_i = Σ_j {wrt}_ij ({factor})_j" if factor.arguments else f"{by.name}_i = Σ_j {wrt}_ij {factor}_j"
        entry = f"({factor})_j" if factor.arguments else f"{factor}_j"
        rows.append((f"{i} + …: {wrt}_ij moves {by.name}_i alone, so ∂{whole}/∂{wrt}_ij = δ_i {entry}",))
        shape = simplify(delta @ factor.T)
        rows.append(
            (f"which is {shape}: ({show(by.shape)}) ({show(factor.shape[::-1])}) = {show(d.wrt.shape)}, as it must be",)
        )
    rows.append((f"∂{whole}/∂{wrt} = {d.gradient}", show(d.gradient.shape)))
    return rows


def _factor_of(piece: Expression, wrt: Expression) -> Expression | None:
    """Return the column that a matrix multiplies in a piece."""
    for node in walk(piece):
        if node.operation.name == "matmul" and node.arguments[0] is wrt and node.arguments[1].shape[1:] == (ONE,):
            return node.arguments[1] if wrt.shape and wrt.shape[1] != ONE else None
    return None


def _links(d: Derivation) -> list[Link]:
    seen: dict[tuple[str, str], Link] = {}
    for path in d.paths:
        for link in path:
            seen.setdefault((link.upper, link.lower), link)
    return list(seen.values())


def _ends(path: list[Link]) -> tuple[str, str]:
    return path[0].upper, path[-1].lower


def _length(d: Derivation, name: str) -> str:
    shape = d.wrt.shape if name == d.wrt.name else next(p.shape for p in d.pieces if p.name == name)
    size = ONE
    for length in shape:
        size = size * length
    return str(size)


def _space(e: Expression) -> str:
    return r" \times ".join(str(s).replace("*", "") for s in e.shape) or "1"


def _number(value: Any) -> str:
    array = np.asarray(value, float)
    return (
        f"{float(array.reshape(())):g}"
        if array.size == 1
        else np.array2string(array, precision=4, separator=", ").replace("\n", "")
    )
