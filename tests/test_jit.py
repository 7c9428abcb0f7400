"""Inner kernels count references where an array passes from one to the other, or are not compiled; signatures are right."""

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from fanlight.jit import inner, kernel


def unchanged(a):
    return a


def sum_of_unchanged(a):
    return counted(a).sum()


uncounted, counted = inner()(unchanged), inner(allocates=True)(unchanged)
uncounted_sum, counted_sum = inner()(sum_of_unchanged), inner(allocates=True)(sum_of_unchanged)


@pytest.mark.parametrize("inside", [uncounted, uncounted_sum])
def test_a_kernel_that_counts_no_references_neither_returns_nor_gets_arrays(inside):
    @njit
    def outside(a):
        return np.sum(inside(a))

    with pytest.raises(TypingError, match=r"inner\(allocates=True\)"):
        outside(np.ones(4))


@pytest.mark.parametrize("inside", [counted, counted_sum])
def test_a_kernel_that_counts_them_does(inside):
    @njit
    def outside(a):
        return np.sum(inside(a))

    assert outside(np.ones(4)) == 4


def test_signatures_are_remembered_by_the_types_of_the_arguments():
    @kernel()
    def add(a, b):
        return a + b

    assert add(1, 2) == 3
    assert add(1.5, 2) == 3.5
    assert add("a", "b") == "ab"
    assert add((1,), (2.5,)) == (1, 2.5)
    assert add(np.arange(3), 1).tolist() == [1, 2, 3]
    with pytest.raises(TypingError):
        add("a", 1)
