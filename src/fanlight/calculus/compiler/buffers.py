"""Which buffer each matrix of a program is kept in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fanlight.calculus.expressions import Expression


def bases(order: Sequence[Expression], views: Sequence[Expression]) -> dict[Expression, Expression]:
    """Return whose memory each node looks at: its own, or that of what it is a view of."""
    base: dict[Expression, Expression] = {}
    looking = set(views)
    for node in order:
        base[node] = base[node.arguments[0]] if node in looking else node
    return base


def slots(
    order: Sequence[Expression],
    reads: Mapping[Expression, Sequence[Expression]],
    base: Mapping[Expression, Expression],
    roots: Sequence[Expression],
    ended: Callable[[Expression, Expression], bool] = lambda a, b: True,
) -> dict[Expression, int]:
    """Give each matrix a slot; a slot is free again once all that reads or writes it has ended.

    Parameters
    ----------
    order : sequence of Expression
        The nodes in the order of their steps.
    reads : mapping of Expression to sequence of Expression
        What each step reads.
    base : mapping of Expression to Expression
        See `bases`.
    roots : sequence of Expression
        What has to be there at the end.
    ended : callable
        Whether a node's step has surely ended when a later node's begins.
    """
    place = {node: n for n, node in enumerate(order)}
    users: dict[Expression, list[Expression]] = {node: [node] for node in order}
    for node in order:
        for read in reads[node]:
            users[base[read]].append(node)
    kept = {base[root] for root in roots}
    given: dict[Expression, int] = {}
    held: list[Expression] = []  # what each slot holds
    for node in order:
        if len(node.shape) != 2 or node.operation.name == "symbol" or base[node] is not node:
            continue
        for slot, old in reversed(list(enumerate(held))):
            if old not in kept and all(place[user] < place[node] and ended(user, node) for user in users[old]):
                given[node], held[slot] = slot, node
                break
        else:
            given[node] = len(held)
            held.append(node)
    return given
