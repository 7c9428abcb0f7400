"""What a step of a program costs, and from when on another thread or a function of all steps pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fanlight.calculus.expressions import Expression

# scalar operations up to which calling each step costs more than its arithmetic: measured on programs of 5 to 30 steps
LARGEST_COMPILED = 4096
LEAST_SAVING = 0.15  # share of the time that a second thread has to save; below, waiting costs as much
_CALL = 3000  # nanoseconds of a call
_MULTIPLICATIONS = 40  # of a matrix product in a nanosecond
_ENTRY = 0.15  # nanoseconds for an entry that a loop reads or writes
_JOINT_ENTRY = 50  # nanoseconds for an entry of operations that are computed together, such as those of a chain


def step_cost(
    node: Expression, reads: Sequence[Expression], lengths: Mapping[str, int], *, is_loop: bool, is_joint: bool
) -> float:
    """Return about how many nanoseconds a step takes.

    Parameters
    ----------
    node : Expression
        What the step computes.
    reads : sequence of Expression
        What it reads.
    lengths : mapping of str to int
        What the dimension letters stand for.
    is_loop : bool
        A compiled loop computes it.
    is_joint : bool
        Other operations are computed with it.
    """
    sizes = [[d.value(lengths) for d in n.shape] for n in (node, *reads)]
    entries = [float(np.prod(size)) for size in sizes]
    if node.operation.name == "matmul" and not is_loop and len(sizes[1]) == 2:
        return _CALL + entries[0] * sizes[1][1] / _MULTIPLICATIONS
    if is_joint:
        return _CALL + _JOINT_ENTRY * max(entries)
    return _CALL + _ENTRY * max(entries) * len(entries)
