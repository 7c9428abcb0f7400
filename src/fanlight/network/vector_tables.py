"""Storage of word vectors: one byte per component, or product quantisation with one byte for several components.

Product quantisation divides a vector by its root mean square and splits it into s parts of w components. A part is
stored as the index of the nearest of 256 centroids, which k-means finds separately for each part. The root mean square
(gain) is stored as the index of one of 256 levels, a geometric series. A vector of 100 components in 25 parts takes 26
bytes instead of 104.

References
----------
Jégou, Douze & Schmid 2011 (product quantisation). Lecture L4 (word vectors).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
Float = NDArray[np.float32]
LEVELS = 256  # values of a byte
SAMPLE = 40_000  # vectors for k-means
ITERATIONS = 12  # of k-means; 30 reduce the squared error by 2 % more
BLOCK = 1 << 14  # rows per step, which bounds the memory for float copies


@dataclass(frozen=True)
class IntegerRows:
    """Vectors as ``scale * integers``, with the integers in [-127, 127].

    The rounding error is at most 1/254 of the row's largest magnitude.

    Attributes
    ----------
    integers : int8 array (V, d)
    scales : float32 array (V,)
        Scale of each row.
    """

    integers: NDArray[np.int8]
    scales: Float

    @classmethod
    def of(cls, matrix: Float, rows: Int | None = None, norm: float = 1.0) -> IntegerRows:
        """Build from (selected rows of) a matrix (V, d) divided by `norm`."""
        return cls(*quantise(matrix, rows, norm))

    def __len__(self) -> int:
        return len(self.integers)

    @property
    def width(self) -> int:
        """Components of a vector."""
        return int(self.integers.shape[1])

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by the names that files give them."""
        return {"integers": self.integers, "scales": self.scales}

    @property
    def is_sound(self) -> bool:
        """Whether the arrays are consistent."""
        types = self.integers.dtype == np.int8 and self.scales.dtype == np.float32
        return types and self.integers.ndim == 2 and self.scales.shape == (len(self),)

    def vectors(self, rows: Int) -> Float:
        """Return the vectors (len(rows), d); zeros for row -1."""
        out = self.integers[rows].astype(np.float32)
        out *= np.where(rows < 0, 0, self.scales[rows]).astype(np.float32)[:, None]
        return out

    def compiled_vectors(self, rows: Int) -> Float:
        """Return what `vectors` returns, by a kernel."""
        from fanlight.network.lexicon_kernels import integer_rows

        out: Float = integer_rows(self.integers, self.scales, rows)
        return out


@dataclass(frozen=True)
class ProductCodes:
    """Vectors by product quantisation: a centroid for each part, times a gain.

    Attributes
    ----------
    codes : uint8 array (V, s + 1)
        Index of each part's centroid; then index of the gain.
    codebooks : float32 array (s, 256, w)
        The centroids of each part; a vector has d = s · w components.
    gains : float32 array (256,)
        The levels of the gain.
    """

    codes: NDArray[np.uint8]
    codebooks: Float
    gains: Float

    @classmethod
    def of(cls, matrix: Float, parts: int, seed: int = 1) -> ProductCodes:
        """Fit codebooks to a matrix (V, d) and encode it; `parts` divides d."""
        norms = np.maximum(np.sqrt(np.square(matrix, dtype=np.float32).mean(1)), np.float32(1e-9))
        gains = np.geomspace(norms.min(initial=1), norms.max(initial=1), LEVELS).astype(np.float32)
        directions = np.ascontiguousarray(matrix / norms[:, None])
        rng = np.random.default_rng(seed)
        sample = directions[np.sort(rng.permutation(len(matrix))[:SAMPLE])]
        codebooks = np.stack([_centroids(part, rng) for part in _parts(sample, parts)])
        codes = np.empty((len(matrix), parts + 1), np.uint8)
        for number, part in enumerate(_parts(directions, parts)):
            codes[:, number] = _nearest(part, codebooks[number])
        codes[:, -1] = _nearest(np.log(norms)[:, None], np.log(gains)[:, None])
        return cls(codes, codebooks, gains)

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def width(self) -> int:
        """Components of a vector."""
        return int(self.codebooks.shape[0] * self.codebooks.shape[2])

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by the names that files give them."""
        return {"codes": self.codes, "codebooks": self.codebooks, "gains": self.gains}

    @property
    def is_sound(self) -> bool:
        """Whether the arrays fit each other."""
        floats = self.codebooks.dtype == self.gains.dtype == np.float32
        if not floats or self.codes.dtype != np.uint8 or self.codebooks.ndim != 3 or self.codes.ndim != 2:
            return False
        parts, levels, _ = self.codebooks.shape
        finite = bool(np.isfinite(self.codebooks).all() and np.isfinite(self.gains).all())
        return finite and levels == LEVELS == len(self.gains) and self.codes.shape[1] == parts + 1

    def vectors(self, rows: Int) -> Float:
        """Return the vectors (len(rows), d); zeros for row -1."""
        codes = self.codes[rows]
        out = self.codebooks[np.arange(len(self.codebooks)), codes[:, :-1]].reshape(len(rows), self.width)
        out *= np.where(rows < 0, np.float32(0), self.gains[codes[:, -1]])[:, None]
        return out

    def compiled_vectors(self, rows: Int) -> Float:
        """Return what `vectors` returns, by a kernel."""
        from fanlight.network.lexicon_kernels import product_rows

        out: Float = product_rows(self.codes, self.codebooks, self.gains, rows)
        return out


VectorTable = IntegerRows | ProductCodes


def table_of(arrays: Mapping[str, NDArray[Any]]) -> VectorTable:
    """Return the table of arrays as in `arrays`; raise KeyError if one is missing."""
    if "codes" in arrays:
        return ProductCodes(arrays["codes"], arrays["codebooks"], arrays["gains"])
    return IntegerRows(arrays["integers"], arrays["scales"])


def quantise(matrix: Float, rows: Int | None = None, norm: float = 1.0) -> tuple[NDArray[np.int8], Float]:
    """Return (selected rows of) a matrix divided by `norm`, as integers and scales."""
    rows = np.arange(len(matrix)) if rows is None else rows
    integers = np.empty((len(rows), matrix.shape[1]), np.int8)
    scales = np.empty(len(rows), np.float32)
    for block in range(0, len(rows), BLOCK):
        part = matrix[rows[block : block + BLOCK]] / np.float32(norm)
        top = np.abs(part).max(1, initial=0)
        scale = _short(np.where(top > 0, top / 127, 1).astype(np.float32))
        integers[block : block + BLOCK] = np.rint(part / scale[:, None])
        scales[block : block + BLOCK] = scale
    return integers, scales


def _short(scales: Float) -> Float:
    """Round scales up to 16 binary digits, so that products with int8 are exact and quantisation is idempotent."""
    bits = scales.view(np.uint32)
    return ((bits + np.uint32(0xFF)) & np.uint32(0xFFFFFF00)).view(np.float32)


def _parts(matrix: Float, parts: int) -> NDArray[np.float32]:
    """Return the parts (s, V, w) of the rows of a matrix."""
    return matrix.reshape(len(matrix), parts, matrix.shape[1] // parts).transpose(1, 0, 2)


def _centroids(X: Float, rng: np.random.Generator) -> Float:
    """Return 256 centroids (256, w) of points X (N, w), by k-means; centroids without points are unchanged."""
    if not len(X):
        return np.zeros((LEVELS, X.shape[1]), np.float32)
    C = np.ascontiguousarray(X[rng.choice(len(X), LEVELS, replace=len(X) < LEVELS)])
    for _ in range(ITERATIONS):
        nearest = _nearest(X, C)
        count = np.bincount(nearest, minlength=LEVELS)
        sums = np.stack([np.bincount(nearest, column, LEVELS) for column in X.T], 1)
        C = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], C).astype(np.float32)
    return C


def _nearest(X: Float, C: Float) -> NDArray[np.uint8]:
    """Return the index of the centroid in C (256, w) nearest to each point of X (N, w)."""
    # |x - c|² is least where x·c - |c|²/2 is largest
    half = np.square(C).sum(1) / 2
    parts = (X[begin : begin + BLOCK] for begin in range(0, len(X), BLOCK))
    return np.concatenate([np.zeros(0, np.uint8), *((x @ C.T - half).argmax(1).astype(np.uint8) for x in parts)])
