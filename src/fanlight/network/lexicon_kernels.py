"""Kernels that decode word vectors; the plain forms are in `network.vector_tables`."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.jit import kernel


@kernel()
def integer_rows(integers: Any, scales: Any, rows: Any) -> Any:
    """Return rows of an `IntegerRows`, zeros for row -1."""
    out = np.zeros((len(rows), integers.shape[1]), np.float32)
    for n in range(len(rows)):
        if rows[n] >= 0:
            for j in range(integers.shape[1]):
                out[n, j] = np.float32(integers[rows[n], j]) * scales[rows[n]]
    return out


@kernel()
def product_rows(codes: Any, codebooks: Any, gains: Any, rows: Any) -> Any:
    """Return rows of a `ProductCodes`, zeros for row -1."""
    parts, _, width = codebooks.shape
    out = np.zeros((len(rows), parts * width), np.float32)
    for n in range(len(rows)):
        row = rows[n]
        if row >= 0:
            gain = gains[codes[row, parts]]
            for part in range(parts):
                centroid = codebooks[part, codes[row, part]]
                for j in range(width):
                    out[n, part * width + j] = centroid[j] * gain
    return out
