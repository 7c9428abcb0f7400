"""Cost model of the steps of a program, and the limits for a second thread and for one function of all steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fanlight.calculus.expressions import Expression

# scalar operations up to which calls of steps cost more than the arithmetic: measured on programs of 5 to 30 steps
LARGEST_COMPILED = 4096
LEAST_SAVING = 0.15  # least share of the time that a second thread must save; below it, waiting costs as much
_CALL = 3000  # nanoseconds per call
_MULTIPLICATIONS = 40  # multiplications of a matrix product per nanosecond
_ENTRY = 0.15  # nanoseconds per entry that a loop reads or writes
_JOINT_ENTRY = 50  # nanoseconds per entry of operations computed by one call, such as those of a chain


def step_cost(
    node: Expression, reads: Sequence[Expression], lengths: Mapping[str, int], *, is_loop: bool, is_joint: bool
) -> float:
    """Return the estimated time of a step in nanoseconds.

    Parameters
    ----------
    node : Expression
        The node that the step computes.
    reads : sequence of Expression
        The nodes that the step reads.
    lengths : mapping of str to int
        The length of each dimension letter.
    is_loop : bool
        Whether the step is a compiled loop.
    is_joint : bool
        Whether the step is a joint function, which may compute several operations.
    """
    sizes = [[d.value(lengths) for d in n.shape] for n in (node, *reads)]
    entries = [float(np.prod(size)) for size in sizes]
    if node.operation.name == "matmul" and not is_loop and len(sizes[1]) == 2:
        return _CALL + entries[0] * sizes[1][1] / _MULTIPLICATIONS
    if is_joint:
        return _CALL + _JOINT_ENTRY * max(entries)
    return _CALL + _ENTRY * max(entries) * len(entries)
