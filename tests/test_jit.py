"""Inner kernels count references where an array passes from one to the other, or are not compiled."""

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from fanlight.jit import inner


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
