"""Buffer allocation for the matrices of a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fanlight.calculus.expressions import Expression


def find_bases(order: Sequence[Expression], views: Sequence[Expression]) -> dict[Expression, Expression]:
    """Return the node that owns each node's buffer: the node itself, or the node that it is a view of."""
    bases: dict[Expression, Expression] = {}
    all_views = set(views)
    for node in order:
        bases[node] = bases[node.arguments[0]] if node in all_views else node
    return bases


def allocate_slots(
    order: Sequence[Expression],
    reads: Mapping[Expression, Sequence[Expression]],
    bases: Mapping[Expression, Expression],
    roots: Sequence[Expression],
    *,
    has_ended: Callable[[Expression, Expression], bool] = lambda a, b: True,
) -> dict[Expression, int]:
    """Assign a buffer slot to each matrix; a slot is reused once all steps that read or write it have ended.

    Parameters
    ----------
    order : sequence of Expression
        The nodes in the order of execution.
    reads : mapping of Expression to sequence of Expression
        The nodes that each step reads.
    bases : mapping of Expression to Expression
        The node that owns each node's buffer (`find_bases`).
    roots : sequence of Expression
        The outputs, whose slots are not reused.
    has_ended : callable
        Whether the step of its first argument, a node, has always ended when the step of the second begins.
    """
    place = {node: n for n, node in enumerate(order)}
    users: dict[Expression, list[Expression]] = {node: [node] for node in order}
    for node in order:
        for read in reads[node]:
            users[bases[read]].append(node)
    outputs = {bases[root] for root in roots}
    slots: dict[Expression, int] = {}
    contents: list[Expression] = []  # the last node of each slot
    for node in order:
        if len(node.shape) != 2 or node.operation.name == "symbol" or bases[node] is not node:
            continue
        for slot, old in reversed(list(enumerate(contents))):
            if old not in outputs and all(place[user] < place[node] and has_ended(user, node) for user in users[old]):
                slots[node], contents[slot] = slot, node
                break
        else:
            slots[node] = len(contents)
            contents.append(node)
    return slots
