"""Derivations as in the lecture: backpropagation over named pieces.

*Break the equation into simple pieces*, *apply the chain rule*, *write out the Jacobians* (L16); then one error signal
δ for each piece, summed over the pieces that use it (L17), and the gradient in the shape of the symbol (L18). Every
equality is a `Claim`; `layout` arranges claims as steps, `views` prints the steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fanlight.calculus.backpropagation import gradient
from fanlight.calculus.batch import substitute
from fanlight.calculus.compiler.operation_counts import Operations, count
from fanlight.calculus.derivatives import jacobian, simplify, target_of
from fanlight.calculus.expressions import Expression, constant, context_of, function, remember, symbol, symbols_of
from fanlight.calculus.lecture.claims import Claim, Link
from fanlight.calculus.lecture.names import Names
from fanlight.calculus.lecture.pieces import Piece, break_up
from fanlight.calculus.shapes import ONE
from fanlight.errors import CalculusError


@dataclass(frozen=True)
class Delta:
    """The error signal of a piece: the gradient of the result by the piece, local × upstream, in terms of pieces."""

    name: str
    piece: Piece
    expression: Expression


@dataclass(frozen=True)
class Derivation:
    """The steps from an expression to its gradient.

    Attributes
    ----------
    expression, wrt : Expression
        The differentiated expression, and the symbol it is differentiated by.
    pieces : list of Piece
        The pieces in order; the last one is the expression itself.
    links : list of Link
        The links from pieces to their operands on all paths to `wrt`, from the last piece down.
    deltas : list of Delta
        The error signals, from the last piece down; the signal of a function's argument includes its derivative.
    local_gradient : Expression
        The gradient in terms of pieces and error signals, in shape convention.
    gradient : Expression
        The gradient in terms of inputs.
    shared : list of Expression
        Symbols, including `wrt`, whose gradients have the same error signal as a factor.
    with_sharing, without_sharing : Operations
        Operations for the gradients by `shared`, with the signal computed once, and computed for each gradient.
    """

    expression: Expression
    wrt: Expression
    pieces: list[Piece]
    links: list[Link]
    deltas: list[Delta]
    local_gradient: Expression
    gradient: Expression
    shared: list[Expression]
    with_sharing: Operations
    without_sharing: Operations

    @property
    def name(self) -> str:
        """The name of the result."""
        return self.pieces[-1].name

    @property
    def path(self) -> list[Link] | None:
        """The links in order if there is only one path from the result to `wrt`, else None."""
        path, place = [], self.name
        while place != self.wrt.name:
            below = [link for link in self.links if link.upper == place]
            if len(below) != 1:
                return None
            path.append(below[0])
            place = below[0].lower
        return path if len(path) == len(self.links) else None

    def claims(self) -> Iterator[Claim]:
        """Yield every equality of the derivation."""
        from fanlight.calculus.lecture.layout import steps

        for step in steps(self):
            for row in step.rows:
                yield from row.claims

    def __str__(self) -> str:
        from fanlight.calculus.lecture.views import text

        return text(self)

    def _repr_latex_(self) -> str:
        from fanlight.calculus.lecture.views import latex_of

        return latex_of(self)

    def _repr_html_(self) -> str:
        from fanlight.calculus.lecture.views import html

        return html(self)


def derive(expression: Expression, wrt: str | Expression) -> Derivation:
    """Derive the gradient of a scalar step by step.

    Parameters
    ----------
    expression : Expression
        A scalar.
    wrt : name or symbol

    Raises
    ------
    CalculusError
        The expression is not a scalar or does not depend on `wrt`, or `wrt` is not a symbol.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> shapes = {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1)}
    >>> steps = derive(parse("u.T @ f(W @ x + b)", shapes, generic=["f"]), "b")
    >>> [f"{p.name} = {p.expression}" for p in steps.pieces]
    ['z = W @ x + b', 'h = f(z)', 's = u.T @ h']
    >>> [str(link.jacobian) for link in steps.links]
    ['u.T', "diag(f'(z))", 'eye(n)']
    >>> [f"{d.name} = {d.expression}" for d in steps.deltas]
    ["δ = u * f'(z)"]
    >>> str(steps.gradient)
    "u * f'(W @ x + b)"
    """
    target = target_of(expression, wrt)
    if target.operation.name != "symbol":
        raise CalculusError("a derivation is by a symbol")
    if expression.shape:
        gradient(expression, target)  # raises with advice
    pieces = break_up(expression)
    chain = _Chain(expression, pieces, target)
    if target.name not in chain.users:
        raise CalculusError(f"{target} does not reach the result: the gradient is zero")
    deltas = chain.deltas()
    local = chain.gradient_by(target)
    shared = chain.sharing()
    gradients = gradient(expression, shared)
    return Derivation(
        expression,
        target,
        pieces,
        chain.links(),
        deltas,
        local,
        gradient(expression, target),
        shared,
        count(gradients),
        sum((count([g]) for g in gradients[1:]), count(gradients[:1])),
    )


class _Chain:
    """The pieces on the paths from the result to a symbol, and their error signals."""

    def __init__(self, expression: Expression, pieces: Sequence[Piece], target: Expression) -> None:
        self.expression, self.target, self.last = expression, target, pieces[-1]
        self.context = context_of(expression)
        relevant = {target.name}
        inner: dict[str, Expression] = {}
        self.pieces: list[Piece] = []
        self.users: dict[str, list[Piece]] = {}
        for shown in pieces:
            piece = Piece(shown.name, substitute(shown.expression, inner))
            if shown.is_inner:
                inner[piece.name] = piece.expression
                continue
            below = [name for name in symbols_of(piece.expression) if name in relevant]
            for name in below:
                self.users.setdefault(name, []).append(piece)
            if below:
                relevant.add(piece.name)
                self.pieces.append(piece)
        self.last = self.pieces[-1] if self.pieces else self.last
        self.upstream: dict[str, Expression] = {self.last.name: constant(1)}
        self.names = Names(pieces, self.context)

    def links(self) -> list[Link]:
        """Return the links, from the result down."""
        names = {p.name for p in self.pieces} | {self.target.name}
        return [
            Link(piece.name, name, self._local(piece, node))
            for piece in reversed(self.pieces)
            for name, node in symbols_of(piece.expression).items()
            if name in names
        ]

    def _local(self, piece: Piece, by: Expression) -> Expression | None:
        if any(shape and ONE not in shape for shape in (by.shape, piece.shape)):
            return None
        try:
            local = jacobian(piece.expression, by)
        except CalculusError:
            return None
        if not isinstance(local, Expression):
            return None
        return remember(self.names.put_into(remember(local, self.context)), self.context)

    def deltas(self) -> list[Delta]:
        """Compute the error signals, from the result down."""
        named = [p for p in self.pieces if p is not self.last and not p.is_function]
        results = []
        for piece in reversed(self.pieces):
            if piece is self.last:
                continue
            signal = self.gradient_by(piece.symbol)
            if piece.is_function:
                self.upstream[piece.name] = signal
                continue
            numbered = piece.name[:1] == "z" and piece.name[1:].isdigit()
            name = "δ" if len(named) == 1 else f"δ{piece.name[1:]}" if numbered else f"δ_{piece.name}"
            self.upstream[piece.name] = symbol(name, piece.shape)
            results.append(Delta(name, piece, signal))
        return results

    def gradient_by(self, node: Expression) -> Expression:
        """Return the gradient by a piece or symbol: local × upstream, summed over the pieces that use the node."""
        total: Expression | None = None
        fixed: dict[str, Expression] = {}  # upstream gradients, constant in the differentiation
        for piece in self.users[node.name]:
            part = piece.expression
            if piece is not self.last:
                place = symbol(f"upstream_{piece.name}", piece.shape)
                fixed[place.name] = self.upstream[piece.name]
                part = place * part
            part = function("sum")(part) if part.shape else part
            total = part if total is None else total + part
        if total is None:
            raise CalculusError(f"{node} does not reach the result")
        slope = remember(substitute(gradient(remember(total, self.context), node), fixed), self.context)
        return remember(self.names.put_into(simplify(slope)), self.context)

    def sharing(self) -> list[Expression]:
        """Return the inputs that occur only in the one piece with the target; the target alone if it has several."""
        places = self.users[self.target.name]
        if len(places) != 1:
            return [self.target]
        inputs = symbols_of(self.expression)
        inside = [s for name, s in symbols_of(places[0].expression).items() if name in inputs and len(s.shape) != 1]
        return [
            s for s in inside if all(s.name not in symbols_of(p.expression) for p in self.pieces if p is not places[0])
        ]
