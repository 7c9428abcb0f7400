"""Column pruning: columns that no step reads are not computed.

The gradient of an hstack is sliced into the gradients of its parts, and parts that are not outputs, such as gradients
of fixed word vectors, need not be computed: ``(A @ B)[:, c:d]`` becomes ``A @ B[:, c:d]``.
"""

from __future__ import annotations

from collections.abc import Mapping

from fanlight.calculus.expressions import Expression, rebuilt, walk
from fanlight.calculus.shapes import ONE

Users = dict[Expression, list[Expression]]
_ENTRYWISE = {"add", "subtract", "multiply", "divide", "negative"}


def prune_columns(outputs: Mapping[str, Expression]) -> dict[str, Expression]:
    """Return expressions of equal values, in which products and elementwise operations have no unread columns.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> e = parse("(A @ B)[0:n, 1:3]", {"A": ("n", "m"), "B": ("m", 4)})
    >>> str(prune_columns({"e": e})["e"])
    'A @ B[:, 1:3]'
    """
    results = dict(outputs)
    while (unread := _find_unread_columns(results)) is not None:
        node, low, high, users = unread
        part = _part(node, low, high, users)
        again = {user: part if user.shape == part.shape else _columns(part, user, low) for user in users[node]}
        for other in walk(*results.values()):
            if other not in again and any(again.get(a, a) is not a for a in other.arguments):
                again[other] = rebuilt(other, [again.get(a, a) for a in other.arguments])
        results = {name: again.get(root, root) for name, root in results.items()}
    return results


def _find_unread_columns(outputs: Mapping[str, Expression]) -> tuple[Expression, int, int, Users] | None:
    """Return a node with unread columns, the bounds of the columns that are read, and the users of each node."""
    order = list(walk(*outputs.values()))
    users: Users = {node: [] for node in order}
    for node in order:
        for argument in set(node.arguments):
            users[argument].append(node)
    for node in outputs.values():
        users[node].append(node)  # an output is read whole
    for node in order:
        if not (_is_product(node) or _is_entrywise(node)):
            continue
        slices = [user.parameters for user in users[node] if user.operation.name == "slice"]
        if len(slices) < len(users[node]) or any((r0.terms, r1) != ((), node.shape[0]) for r0, r1, _, _ in slices):
            continue
        if any(bound.letters for parameters in slices for bound in (*parameters[2:], node.shape[1])):
            continue
        low, high = (
            min(parameters[2].constant for parameters in slices),
            max(parameters[3].constant for parameters in slices),
        )
        if high - low < node.shape[1].constant:
            return node, low, high, users
    return None


def _part(node: Expression, low: int, high: int, users: Users) -> Expression:
    """Return columns `low` to `high` (exclusive) of a node, pruning arguments that have no other user."""
    if not node.shape or node.shape[1] == ONE:
        return node  # broadcast along the columns
    inner = [a for a in node.arguments if all(user is node for user in users[a])]

    def part(a: Expression) -> Expression:
        return _part(a, low, high, users) if a in inner else a if not a.shape or a.shape[1] == ONE else a[:, low:high]

    if _is_product(node):
        return node.arguments[0] @ part(node.arguments[1])
    if _is_entrywise(node):
        return rebuilt(node, [part(a) for a in node.arguments])
    return node[:, low:high]


def _columns(part: Expression, user: Expression, low: int) -> Expression:
    """Return the columns of a slice of the node as a slice of its part, which begins at column `low`."""
    return part[:, user.parameters[2].constant - low : user.parameters[3].constant - low]


def _is_entrywise(node: Expression) -> bool:
    return node.operation.name in _ENTRYWISE and len(node.shape) == 2


def _is_product(node: Expression) -> bool:
    return node.operation.name == "matmul" and all(len(a.shape) == 2 for a in node.arguments)
