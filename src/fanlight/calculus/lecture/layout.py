"""The steps of a derivation as rows of words and formulas, independent of the output format."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from fanlight.calculus.assumptions import apply_assumptions
from fanlight.calculus.derivatives import facts_of, simplify
from fanlight.calculus.expressions import Expression, function, symbol, symbols_of, tree_size
from fanlight.calculus.index_derivative import derivative
from fanlight.calculus.index_form import Form, new_index
from fanlight.calculus.indexing import form_of
from fanlight.calculus.lecture.claims import Claim, Link, Partial
from fanlight.calculus.lecture.entries import Formula, entries
from fanlight.calculus.lecture.pieces import Piece
from fanlight.calculus.shapes import ONE, show
from fanlight.calculus.text_writer import means_of
from fanlight.errors import CalculusError

if TYPE_CHECKING:
    from fanlight.calculus.lecture.derivation import Derivation

LONG, WIDE = 80, 90  # most nodes and characters of a gradient that is also shown in terms of inputs


class Row(NamedTuple):
    """The words and formulas of a row, the shape shown beside it, and the equalities it states."""

    parts: tuple[str | Formula, ...]
    shape: str = ""
    claims: tuple[Claim, ...] = ()


class Step(NamedTuple):
    """A step of a derivation: a title and its rows."""

    title: str
    rows: list[Row]


def steps(d: Derivation) -> list[Step]:
    """Return the steps of a derivation: two for a single piece, else five."""
    with means_of(d.expression):
        return _steps(d)


def _steps(d: Derivation) -> list[Step]:
    pieces = [
        Row((Formula.name(p.name).equals(Formula.of(p.expression)),), show(p.shape), (Claim(p.symbol, p.expression),))
        for p in d.pieces
    ]
    pieces_step = Step("1. Break the equation into simple pieces", pieces)
    if len(d.pieces) == 1:
        return [pieces_step, Step("2. Differentiate", [_gradient_row(d, d.gradient)])]
    return [
        pieces_step,
        Step("2. Apply the chain rule", _chain(d)),
        Step("3. Write out the Jacobians", _jacobians(d)),
        Step("4. Re-use the error signal", _signals(d)),
        Step("5. Bring it into the shape convention", _shape(d)),
    ]


def _chain(d: Derivation) -> list[Row]:
    left = Formula.partial(d.name, d.wrt.name)
    path = d.path
    if path is not None:
        return [Row((left.equals(Formula.product([Formula.partial(k.upper, k.lower) for k in path])),))]
    rows = []
    for lower in sorted(dict.fromkeys(link.lower for link in d.links), key=lambda name: name == d.wrt.name):
        links = [link for link in d.links if link.lower == lower]
        if len(links) == 1 and links[0].upper == d.name:
            continue
        rows.append(Row((Formula.partial(d.name, lower).equals(Formula.sum([_summand(d, k) for k in links])),)))
    if any("∂⁺" in part.text for row in rows for part in row.parts if isinstance(part, Formula)):
        rows.append(Row(("∂⁺ takes every other piece as fixed",)))
    return rows


def _summand(d: Derivation, link: Link) -> Formula:
    if link.upper == d.name:
        return Formula.partial(link.upper, link.lower, direct=True)
    return Formula.product([Formula.partial(d.name, link.upper), Formula.partial(link.upper, link.lower)])


def _jacobians(d: Derivation) -> list[Row]:
    rows = [_jacobian(d, link) for link in d.links]
    rows += [row for piece in d.pieces if (row := _logarithm(piece)) is not None]
    path = d.path
    factors = [link.jacobian for link in path or [] if link.jacobian is not None]
    if path is not None and len(path) > 1 and len(factors) == len(path):
        product = factors[0]
        for factor in factors[1:]:
            product = product @ factor if product.shape and factor.shape else product * factor
        left = Formula.partial(d.name, d.wrt.name)
        claim = Claim(Partial(d.name, d.wrt.name, False, True), product)
        short = simplify(product)
        is_shorter = len(str(short)) < len(str(product))  # else it is the product in another order
        shape = f"1 × {_length(d, d.wrt.name)}"
        rows.append(Row((left.equals(Formula.of(product)),), "" if is_shorter else shape, (claim,)))
        if is_shorter:
            again = Formula.of(short)
            again = Formula(f"{' ' * len(left.text)} = {again.text}", f"= {again.latex}")
            rows.append(Row((again,), shape, (claim._replace(right=short),)))
    return rows


def _logarithm(piece: Piece) -> Row | None:
    """Return the row about the logarithm of a probability, which is differentiated in one step."""
    if not piece.is_inner or piece.expression.operation.name not in _LOGARITHMS:
        return None
    left, right = (
        function("log")(piece.symbol),
        _LOGARITHMS[piece.expression.operation.name](piece.expression.arguments[0]),
    )
    formula = Formula.of(left).equals(Formula.of(right))
    return Row((formula, ", so its slope is taken in one step"), "", (Claim(left, right),))


_LOGARITHMS: dict[str, Callable[[Expression], Expression]] = {
    "softmax": lambda z: z - function("logsumexp")(z),
    "softmax_rows": lambda z: z - function("logsumexp_rows")(z),
    "sigmoid": lambda z: -function("log")(1 + function("exp")(-z)),
}


def _jacobian(d: Derivation, link: Link) -> Row:
    direct = link.upper == d.name and sum(k.lower == link.lower for k in d.links) > 1
    left = Formula.partial(link.upper, link.lower, direct=direct)
    shape = f"{_length(d, link.upper)} × {_length(d, link.lower)}"
    if link.jacobian is None:
        return Row((left,), f"{shape}, entries below" if link.lower == d.wrt.name else shape)
    claim = Claim(Partial(link.upper, link.lower, True, True), link.jacobian)
    return Row((left.equals(Formula.of(link.jacobian)),), shape, (claim,))


def _signals(d: Derivation) -> list[Row]:
    if not d.deltas:
        return [Row((f"none: every piece between is a function of {d.wrt.name} itself",))]
    rows = []
    for delta in d.deltas:
        partial = Formula.partial(d.name, delta.piece.name).equals(Formula.of(delta.expression))
        claims = (
            Claim(symbol(delta.name, delta.piece.shape), delta.expression),
            Claim(Partial(d.name, delta.piece.name, False, False), delta.expression),
        )
        rows.append(Row((Formula.name(delta.name).equals(partial),), show(delta.piece.shape), claims))
    if len(d.shared) > 1:
        names = ", ".join(s.name for s in d.shared)
        signal = d.deltas[-1].name
        rows += [
            Row((f"the gradients by {names} all begin with {signal}: computed once it takes",)),
            Row((f"   {d.with_sharing}",)),
            Row((f"each on its own: {d.without_sharing}",)),
        ]
    return rows


def _shape(d: Derivation) -> list[Row]:
    left = Formula.partial(d.name, d.wrt.name)
    needs = f" is 1 × {_length(d, d.wrt.name)}; the step θ ← θ − α ∇ needs {d.wrt.name}'s shape, {show(d.wrt.shape)}"
    rows = [Row(("as a Jacobian ", left, needs))] if d.wrt.shape else []
    if d.wrt.shape and ONE not in d.wrt.shape:
        rows += _entry_rows(d)
    rows.append(_gradient_row(d, d.local_gradient))
    in_inputs = str(d.gradient) if tree_size(d.gradient) <= LONG else ""
    if in_inputs and len(in_inputs) <= WIDE and in_inputs != str(d.local_gradient):
        rows.append(_gradient_row(d, d.gradient))
    return rows


def _gradient_row(d: Derivation, right: Expression) -> Row:
    left = Formula.partial(d.name, d.wrt.name)
    claim = Claim(Partial(d.name, d.wrt.name, False, False), right)
    return Row((left.equals(Formula.of(right)),), show(right.shape), (claim,))


def _entry_rows(d: Derivation) -> list[Row]:
    """Return rows about the entries of pieces that depend on an entry of the matrix `wrt`, from the index form."""
    places = [p for p in d.pieces if d.wrt.name in symbols_of(p.expression)]
    moves = [(p, moved) for p in places if (moved := _find_moved_entry(p.expression, d.wrt)) is not None]
    rows: list[Row] = []
    for piece, (entry, letters) in moves:
        name = Formula.name(piece.name).at("i")
        wrt_entry = Formula.name(d.wrt.name).at(letters)
        rows.append(Row((name.equals(entry), ": ", wrt_entry, " moves ", name, " alone")))
    try:
        form = apply_assumptions(form_of(d.local_gradient), facts_of(d.local_gradient))
        if any(f.atom.kind == "onehot_rows" for t in form.terms for f in t.factors):
            return rows  # rows by number have no letters for entries
        shown = Formula.partial(d.name, d.wrt.name, entry="ij").equals(entries(form, "ij"))
    except CalculusError:
        return rows
    if len(rows) == len(places) == 1 and moves[0][1][1] == "ij":
        rows = [Row((*rows[0].parts[:-1], " alone, so ", shown))]
    else:
        rows.append(Row((shown,)))
    right = d.local_gradient
    if right.operation.name == "matmul" and right.arguments[0].shape[1:] == (ONE,) == right.arguments[1].shape[:1]:
        left, row = right.arguments
        shapes = f": ({show(left.shape)}) ({show(row.shape)}) = {show(right.shape)}, as it must be"
        rows.append(Row(("which is ", Formula.of(right), shapes)))
    return rows


def _find_moved_entry(expression: Expression, wrt: Expression) -> tuple[Formula, str] | None:
    """Return the formula of entry i of a vector, and the letters of the matrix entries that affect only this entry.

    Return None if an entry of the matrix affects several entries of the vector.
    """
    if len(expression.shape) != 2 or ONE not in expression.shape:
        return None
    try:
        form = form_of(expression)
        by = tuple(new_index(length) for length in wrt.shape)
        slope = derivative(form, wrt.name, by)
    except CalculusError:
        return None
    (axis,) = form.axes
    for place, letters in ((0, "ij"), (1, "ji")):
        pair = {axis, by[place]}
        if slope.terms and all(
            any(f.atom.kind == "eye" and set(f.indices) == pair for f in t.factors) for t in slope.terms
        ):
            return entries(Form(form.terms, form.axes), "i"), letters
    return None


def _length(d: Derivation, name: str) -> str:
    shape = d.wrt.shape if name == d.wrt.name else next(p.shape for p in d.pieces if p.name == name)
    size = ONE
    for length in shape:
        size = size * length
    return str(size)
