"""A derivation, as the lecture writes one: three movements, and what follows from them.

*Break the equation into simple pieces*, *apply the chain rule*, *write out the Jacobians* (L16); then name the error
signal δ and use it again (L17), and bring the gradient into the shape of what it is taken by (L18). The steps are data
here; `views` shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fanlight.calculus.batch import substitute
from fanlight.calculus.compiler.rewriting import simplify
from fanlight.calculus.derivatives import jacobian, target_of
from fanlight.calculus.expressions import Expression, constant, rebuilt, symbol, symbols_of, walk
from fanlight.calculus.gradient import gradient
from fanlight.calculus.lecture.operation_counts import Operations, count
from fanlight.calculus.shapes import ONE, Shape
from fanlight.errors import CalculusError


@dataclass(frozen=True)
class Piece:
    """A simple piece: ``name = expression``, in the names of the pieces and symbols before it."""

    name: str
    expression: Expression

    @property
    def shape(self) -> Shape:
        """Of its value."""
        return self.expression.shape


@dataclass(frozen=True)
class Link:
    """One factor of the chain rule, ∂upper/∂lower.

    Attributes
    ----------
    upper, lower : str
    jacobian : Expression or None
        The local Jacobian in the pieces' names, rows of `upper` by columns of `lower`; None where it would need more
        than two indices (a matrix), which the shape convention settles.
    """

    upper: str
    lower: str
    jacobian: Expression | None


@dataclass(frozen=True)
class Derivation:
    """The steps from an expression to its gradient.

    Attributes
    ----------
    expression, wrt : Expression
        What was differentiated, and by what.
    pieces : list of Piece
        The last one is the whole.
    paths : list of lists of Link
        Every way from the whole down to `wrt`; the chain rule multiplies along each and adds over all.
    delta_of : Piece
        The piece in which `wrt` stands, and
    delta : Expression
        its error signal, the gradient of the whole by it.
    shared : list of Expression
        All symbols that stand in that piece: their gradients share δ.
    with_sharing, without_sharing : Operations
        What computing all their gradients costs with δ computed once, and each on its own.
    gradient : Expression
        In shape convention.
    """

    expression: Expression
    wrt: Expression
    pieces: list[Piece]
    paths: list[list[Link]]
    delta_of: Piece
    delta: Expression
    shared: list[Expression]
    with_sharing: Operations
    without_sharing: Operations
    gradient: Expression

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
        The expression is not a scalar or does not hold `wrt`.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> shapes = {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1)}
    >>> steps = derive(parse("u.T @ f(W @ x + b)", shapes, generic=["f"]), "b")
    >>> [f"{p.name} = {p.expression}" for p in steps.pieces]
    ['z = W @ x + b', 'h = f(z)', 's = u.T @ h']
    >>> [str(link.jacobian) for link in steps.paths[0]]
    ['u.T', "diag(f'(z))", 'eye(n)']
    >>> str(steps.gradient)
    "u * f'(W @ x + b)"
    """
    target = target_of(expression, wrt)
    if target.operation.name != "symbol":
        raise CalculusError("a derivation is by a symbol")
    final = gradient(expression, target)
    pieces = break_up(expression)
    symbols = {p.name: symbol(p.name, p.shape) for p in pieces}
    paths = _paths(pieces, symbols, target)
    if not paths:
        raise CalculusError(f"{target} does not reach the result: the gradient is zero")
    delta_of = next(p for p in pieces if p.name == paths[0][-1].upper)
    inner = next(node for node, name in _named(expression, pieces).items() if name == delta_of.name)
    shared = [s for s in symbols_of(delta_of.expression).values() if s.name not in symbols]
    signal = _signal(expression, inner)
    together = gradient(expression, shared)
    return Derivation(
        expression,
        target,
        pieces,
        paths,
        delta_of,
        signal,
        shared,
        count(together),
        sum((count([g]) for g in together[1:]), count(together[:1])),
        final,
    )


def _signal(expression: Expression, inner: Expression) -> Expression:
    """Return the gradient by an inner node: with a symbol in its place, and the node put back."""
    if inner is expression:
        return constant(1)
    place = symbol("inner_", inner.shape)
    done: dict[Expression, Expression] = {}
    for node in walk(expression):
        if node is inner:
            done[node] = place
        else:
            done[node] = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
    return simplify(substitute(gradient(done[expression], place), {"inner_": inner}))


def break_up(expression: Expression) -> list[Piece]:
    """Break an expression into simple pieces: one function or one affine step each."""
    names = _named(expression, None)
    done: dict[Expression, Expression] = {}
    pieces = []
    for node in walk(expression):
        made = rebuilt(node, [done[a] for a in node.arguments]) if node.arguments else node
        if node in names:
            pieces.append(Piece(names[node], made))
            made = symbol(names[node], node.shape)
        done[node] = made
    return pieces


_ARITHMETIC = {
    "add",
    "subtract",
    "negative",
    "matmul",
    "multiply",
    "divide",
    "transpose",
    "constant",
    "symbol",
    "power",
    "length",
}


def _named(expression: Expression, pieces: Sequence[Piece] | None) -> dict[Expression, str]:
    """Choose the nodes that become pieces, and their names: z before a function, h after, s the whole."""
    users: dict[Expression, list[Expression]] = {}
    for node in walk(expression):
        for argument in node.arguments:
            users.setdefault(argument, []).append(node)
    taken = set(symbols_of(expression))
    names: dict[Expression, str] = {}

    def free(letter: str) -> str:
        name, number = letter, 1
        while name in taken:
            number += 1
            name = f"{letter}{number}"
        taken.add(name)
        return name

    for node in walk(expression):
        if node is expression:
            names[node] = free("s")
        elif not node.arguments:
            continue
        elif node.operation.name not in _ARITHMETIC:
            names[node] = free("h")
        elif (
            any(user.operation.name not in _ARITHMETIC for user in users[node])
            or (
                node.operation.name == "matmul"
                and any(user.operation.name == "matmul" for user in users[node])
                and node.shape
            )
            or (len(set(users[node])) > 1 and node.operation.name != "transpose")
        ):
            names[node] = free("z")
    return names


def _paths(pieces: Sequence[Piece], symbols: dict[str, Expression], target: Expression) -> list[list[Link]]:
    """List the ways from the last piece down to the target, each with its local Jacobians."""
    by_name = {p.name: p for p in pieces}

    def below(name: str) -> list[list[Link]]:
        piece = by_name[name]
        found = []
        for child_name, child in symbols_of(piece.expression).items():
            if child is not target and child_name not in by_name:
                continue
            link = Link(name, child_name, _local(piece.expression, child))
            found += [[link]] if child is target else [[link, *rest] for rest in below(child_name)]
        return found

    return below(pieces[-1].name)


def _local(expression: Expression, by: Expression) -> Expression | None:
    if (by.shape and ONE not in by.shape) or (expression.shape and ONE not in expression.shape):
        return None
    try:
        return simplify(jacobian(expression, by))
    except CalculusError:
        return None
