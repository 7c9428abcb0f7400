"""Views of a derivation: text for the terminal, LaTeX, HTML, and NumPy source."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fanlight.calculus.compiler.numpy_source import numpy_source
from fanlight.calculus.compiler.rewriting import simplify
from fanlight.calculus.expressions import tree_size
from fanlight.calculus.lecture.entries import Formula
from fanlight.calculus.lecture.layout import LONG, Row, steps
from fanlight.calculus.lecture.mathml import mathml
from fanlight.calculus.numeric import bind, evaluate
from fanlight.calculus.shapes import show
from fanlight.errors import CalculusError

if TYPE_CHECKING:
    from fanlight.calculus.lecture.derivation import Derivation

_STYLE = """
.derivation > div { display: flex; flex-wrap: wrap; gap: .2em 2em; align-items: baseline; padding: .2em 0 .2em 1.2em; }
.derivation h3 { margin: 1em 0 .3em; font-size: 1em; }
.derivation .shape { font-size: .8em; opacity: .75; margin-left: auto; }
.derivation math { font-size: 1.15em; }
"""


def text(d: Derivation, say: Callable[[str], str] = str) -> str:
    """Return the derivation as text for a terminal; `say` translates its words (`lecture.korean`)."""
    left = f"{d.name} = {d.expression}" if tree_size(d.expression) <= LONG else d.name
    rows_of_text = [f"{left}    {say(f'by {d.wrt} ({show(d.wrt.shape)})')}"]
    for title, rows in _translate_steps(d, say):
        rows_of_text += ["", title]
        written = ["".join(part if isinstance(part, str) else part.text for part in row.parts) for row in rows]
        width = max((_width(line) for line, row in zip(written, rows, strict=True) if row.shape), default=0)
        for line, row in zip(written, rows, strict=True):
            rows_of_text.append(f"  {line}{' ' * (width - _width(line))}   {row.shape}" if row.shape else f"  {line}")
    return "\n".join(rows_of_text)


def _width(line: str) -> int:
    """Return the number of columns of a line, without combining characters such as the circumflex."""
    return sum(not unicodedata.combining(character) for character in line)


def latex_of(d: Derivation) -> str:
    """Return the derivation as LaTeX for KaTeX, with one line per row."""
    rows = []
    for step in steps(d):
        rows.append(rf"&\textbf{{{step.title}}}")
        for row in step.rows:
            formula = any(isinstance(part, Formula) for part in row.parts)
            line = "".join(p.latex if isinstance(p, Formula) else rf"\text{{{p}}}" for p in row.parts)
            lone = formula and isinstance(row.parts[0], Formula) and " = " in row.parts[0].latex
            rows.append(line.replace(" = ", " &= ", 1) if lone else f"&{line}")
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def html(d: Derivation, say: Callable[[str], str] = str) -> str:
    """Return the derivation as HTML with formulas in MathML, without external resources; `say` translates its words."""
    left = Formula.name(d.name)
    if tree_size(d.expression) <= LONG:
        left = left.equals(Formula.of(d.expression))
    parts = [f"<style>{_STYLE}</style><p>{mathml(left.latex)}</p>"]
    for title, rows in _translate_steps(d, say):
        parts.append(f"<h3>{escape(title)}</h3>")
        for row in rows:
            said = "".join(_escape_prose(p) if isinstance(p, str) else mathml(p.latex) for p in row.parts)
            shape = f'<span class="shape">{_escape_prose(row.shape)}</span>' if row.shape else ""
            parts.append(f"<div><span>{said}</span>{shape}</div>")
    return f'<section class="derivation">{"".join(parts)}</section>'


def _escape_prose(text: str) -> str:
    """Return text as HTML, with typographic signs in lengths such as ``3*m*n - m``."""
    return escape(text).replace("*", "·").replace(" - ", " − ")


def numpy_of(d: Derivation) -> str:
    """Return NumPy source of the expression and its gradient, with shared sub-expressions computed once."""
    return numpy_source({d.pieces[-1].name: simplify(d.expression), f"grad_{d.wrt.name}": simplify(d.gradient)})


def nudge(
    d: Derivation,
    point: Mapping[str, Any],
    step: float = 0.01,
    direction: ArrayLike | None = None,
    *,
    say: Callable[[str], str] = str,
) -> str:
    """Return the change of the result for a small change of `wrt`, and the change predicted by the gradient (L11).

    `wrt` changes by `step` times `direction`, by default 1 in every entry; `say` translates a line.

    Raises
    ------
    CalculusError
        The direction does not have the shape of `wrt`.

    Examples
    --------
    >>> from fanlight.calculus import derive, parse
    >>> print(nudge(derive(parse("x**3", {"x": ()}), "x"), {"x": 4.0}))
    at x = 4: s = 64, and the gradient is 48
    x + 0.01: s = 64.4812, and 64 + 48 · 0.01 = 64.48
    """
    name, left = d.wrt.name, d.pieces[-1].name
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
    before = say(f"at {at}: {left} = {value:.6g}, and the gradient is {shown}")
    after = say(f"{name} + {change}: {left} = {moved:.6g}, and {line}")
    return f"{before}\n{after}"


def _translate_steps(d: Derivation, say: Callable[[str], str]) -> list[tuple[str, list[Row]]]:
    """Return the titles and rows of the steps, translated by `say`."""

    def translate(row: Row) -> Row:
        return Row(tuple(say(p) if isinstance(p, str) else p for p in row.parts), say(row.shape))

    return [(say(title), [translate(row) for row in rows]) for title, rows in steps(d)]


def _number(value: ArrayLike) -> str:
    array = np.asarray(value, float)
    return (
        f"{float(array.reshape(())):g}"
        if array.size == 1
        else np.array2string(array, precision=4, separator=", ").replace("\n", "")
    )
