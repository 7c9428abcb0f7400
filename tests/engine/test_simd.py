"""Vectors as values in kernels, against NumPy."""

import numpy as np
import pytest
from numba import njit

from fanlight.engine.simd import allocate_aligned, fma, larger, largest, load, prefetch, splat, store, tile, total


@njit
def arithmetic(a, b, out, width):
    prefetch(a, 0)
    x, y = load(a, 1, width), load(b, 0, width)
    store(larger(fma(x, y, splat(b[0], width)), x - y), out, 0)
    return total(x + x * y), largest(x)


@njit
def product(rows, width, a, b, c):
    tile(rows, width, a, 1, a.shape[1], b, 0, len(b), c, 2, c.shape[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [1, 6, 8, 24])
def test_arithmetic_is_numpys(dtype, width):
    rng = np.random.default_rng(width)
    a, b, out = (rng.normal(size=size).astype(dtype) for size in (width + 1, width, width))
    sum_, most = arithmetic(a, b, out, (0,) * width)
    x = a[1:]
    np.testing.assert_allclose(out, np.maximum(x * b + b[0], x - b), rtol=1e-5, atol=1e-6)
    assert sum_ == pytest.approx(float((x + x * b).sum()), abs=1e-4)
    assert most == x.max()


@pytest.mark.parametrize("rows", [1, 3, 4])
@pytest.mark.parametrize("width", [8, 24])
def test_a_tile_adds_a_product_and_touches_nothing_else(rows, width):
    rng = np.random.default_rng(rows)
    a, b = rng.normal(size=(rows, 12)).astype(np.float32), rng.normal(size=(11, width)).astype(np.float32)
    c = rng.normal(size=(rows, width + 5)).astype(np.float32)
    expected = c.copy()
    expected[:, 2 : 2 + width] += a[:, 1:] @ b
    product((0,) * rows, (0,) * width, a, b, c)
    np.testing.assert_allclose(c, expected, rtol=1e-5, atol=1e-5)


def test_arrays_begin_with_a_cache_line():
    for shape in ((3,), (5, 7), (1 << 21,)):
        array = allocate_aligned(shape, np.float64)
        assert array.ctypes.data % 64 == 0
        assert array.shape == shape
        assert not array.any()
