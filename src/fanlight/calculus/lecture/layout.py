"""The steps of a derivation as rows of words and formulas, which each view writes in its own way."""

from __future__ import annotations

from typing import NamedTuple

from fanlight.calculus.compiler.rewriting import simplify
from fanlight.calculus.expressions import Expression, symbol, walk
from fanlight.calculus.lecture.derivation import Derivation, Link, Piece
from fanlight.calculus.lecture.latex import latex, latex_name
from fanlight.calculus.shapes import ONE, show


class Formula(NamedTuple):
    """A formula in both ways of writing."""

    text: str
    latex: str

    @classmethod
    def of(cls, e: Expression) -> Formula:
        """Write an expression."""
        return cls(str(e), latex(e))

    @classmethod
    def name(cls, name: str) -> Formula:
        """Write a name."""
        return cls(name, latex_name(name))

    @classmethod
    def partial(cls, a: str, b: str) -> Formula:
        """Write a partial derivative."""
        return cls(f"∂{a}/∂{b}", rf"\frac{{\partial {latex_name(a)}}}{{\partial {latex_name(b)}}}")

    def equals(self, other: Formula) -> Formula:
        """Write an equation."""
        return Formula(f"{self.text} = {other.text}", f"{self.latex} = {other.latex}")


class Row(NamedTuple):
    """Words and formulas in a row, and their shape if that is worth telling."""

    parts: tuple[str | Formula, ...]
    shape: str = ""


def steps(d: Derivation) -> list[tuple[str, list[Row]]]:
    """Return the titles of the steps and what is done in each."""
    whole, wrt = d.pieces[-1].name, d.wrt.name
    pieces = [Row((Formula.name(p.name).equals(Formula.of(p.expression)),), show(p.expression.shape)) for p in d.pieces]
    return [
        ("1. Break the equation into simple pieces", pieces),
        ("2. Apply the chain rule", _chain(d, Formula.partial(whole, wrt))),
        ("3. Write out the Jacobians", _jacobians(d, Formula.partial(whole, wrt))),
        ("4. Re-use the error signal", _signal(d)),
        ("5. Bring it into the shape convention", _shape(d)),
    ]


def links_of(d: Derivation) -> list[Link]:
    """Return the links of all paths, each once."""
    seen: dict[tuple[str, str], Link] = {}
    for path in d.paths:
        for link in path:
            seen.setdefault((link.upper, link.lower), link)
    return list(seen.values())


def _chain(d: Derivation, left: Formula) -> list[Row]:
    products = []
    for path in d.paths:
        factors = [Formula.partial(link.upper, link.lower) for link in path]
        products.append(Formula(" · ".join(f.text for f in factors), " ".join(f.latex for f in factors)))
    return [
        Row((left.equals(products[0]),)),
        *(Row((Formula(f"   + {p.text}", f"+ {p.latex}"),)) for p in products[1:]),
    ]


def _jacobians(d: Derivation, left: Formula) -> list[Row]:
    rows = [_jacobian(d, link) for link in links_of(d)]
    if len(d.paths) == 1 and len(d.paths[0]) > 1 and all(link.jacobian is not None for link in d.paths[0]):
        factors = [link.jacobian for link in d.paths[0] if link.jacobian is not None]
        product = factors[0]
        for factor in factors[1:]:
            product = product @ factor
        rows.append(Row((left.equals(Formula.of(product)),)))
        short = Formula.of(simplify(product))
        again = Formula(f"{' ' * len(left.text)} = {short.text}", f"= {short.latex}")
        rows.append(Row((again,), f"1 × {_length(d, d.wrt.name)}"))
    return rows


def _jacobian(d: Derivation, link: Link) -> Row:
    left, shape = Formula.partial(link.upper, link.lower), f"{_length(d, link.upper)} × {_length(d, link.lower)}"
    if link.jacobian is not None:
        return Row((left.equals(Formula.of(link.jacobian)),), shape)
    return Row((left,), f"{shape}, entries below")


def _signal(d: Derivation) -> list[Row]:
    whole, by = d.pieces[-1].name, d.delta_of
    delta = Formula.partial(whole, by.name).equals(Formula.of(d.delta))
    names = ", ".join(s.name for s in d.shared)
    return [
        Row((Formula(f"δ = {delta.text}", rf"\delta = {delta.latex}"),), show(d.delta.shape)),
        Row((f"the gradients by {names} all begin with δ: computed once it takes",)),
        Row((f"   {d.with_sharing}",)),
        Row((f"each on its own: {d.without_sharing}",)),
    ]


def _shape(d: Derivation) -> list[Row]:
    whole, wrt, by = d.pieces[-1].name, d.wrt.name, d.delta_of
    left = Formula.partial(whole, wrt)
    needs = f" is 1 × {_length(d, wrt)}; the step θ ← θ − α ∇ needs {wrt}'s shape, {show(d.wrt.shape)}"
    rows = [Row(("as a Jacobian ", left, needs))]
    factor = _factor_of(by.expression, d.wrt)
    if factor is not None:
        rows += _entries(d, by, factor)
    return [*rows, Row((left.equals(Formula.of(d.gradient)),), show(d.gradient.shape))]


def _entries(d: Derivation, by: Piece, factor: Expression) -> list[Row]:
    """Say which entries of a matrix move which of its product, and what their derivatives make together."""
    whole, wrt = d.pieces[-1].name, d.wrt.name
    held = Formula(f"({factor})_j", f"({latex(factor)})_{{j}}")
    entry = held if factor.arguments else Formula(f"{factor}_j", f"{{{latex(factor)}}}_{{j}}")
    z, w = latex_name(by.name), latex_name(wrt)
    product = Formula(
        f"{by.name}_i = Σ_j {wrt}_ij {entry.text} + …",
        rf"{{{z}}}_{{i}} = \sum_{{j}} {{{w}}}_{{ij}} {entry.latex} + \dots",
    )
    moved = Formula(f"{wrt}_ij", f"{{{w}}}_{{ij}}")
    slope = Formula(
        f"∂{whole}/∂{wrt}_ij = δ_i {entry.text}",
        rf"\frac{{\partial {latex_name(whole)}}}{{\partial {{{w}}}_{{ij}}}} = \delta_{{i}} {entry.latex}",
    )
    outer = Formula.of(simplify(symbol("δ", by.expression.shape) @ factor.T))
    shapes = f": ({show(by.expression.shape)}) ({show(factor.shape[::-1])}) = {show(d.wrt.shape)}, as it must be"
    return [
        Row((product, ": ", moved, " moves ", Formula(f"{by.name}_i", f"{{{z}}}_{{i}}"), " alone, so ", slope)),
        Row(("which is ", outer, shapes)),
    ]


def _factor_of(piece: Expression, wrt: Expression) -> Expression | None:
    """Return the column that a matrix multiplies in a piece."""
    for node in walk(piece):
        if node.operation.name == "matmul" and node.arguments[0] is wrt and node.arguments[1].shape[1:] == (ONE,):
            return node.arguments[1] if wrt.shape and wrt.shape[1] != ONE else None
    return None


def _length(d: Derivation, name: str) -> str:
    shape = d.wrt.shape if name == d.wrt.name else next(p.shape for p in d.pieces if p.name == name)
    size = ONE
    for length in shape:
        size = size * length
    return str(size)
