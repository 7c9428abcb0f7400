"""A map from 64-bit hashes to row numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import chunks as chunk_kernels

Int = NDArray[np.int64]
Rows = NDArray[np.int32]


class HashIndex:
    """A map from nonzero 64-bit hashes to row numbers: an open-addressing table, at most half full."""

    def __init__(self, capacity: int = 1 << 16) -> None:
        self._initial_capacity = capacity
        self.keys, self.values = np.zeros(capacity, np.uint64), np.zeros(capacity, np.int32)
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def of(self, hashes: NDArray[np.uint64]) -> Rows:
        """Return the numbers of hashes; new hashes are numbered consecutively."""
        self.reserve(len(hashes))
        out = np.empty(len(hashes), np.int32)
        self.count = chunk_kernels.number(hashes, self.keys, self.values, self.count, out)
        return out

    def find(self, hashes: NDArray[np.uint64]) -> Rows:
        """Return the numbers of hashes, -1 for unknown hashes."""
        out = np.empty(len(hashes), np.int32)
        chunk_kernels.find(hashes, self.keys, self.values, out)
        return out

    def enter(self, hashes: NDArray[np.uint64], numbers: Rows) -> None:
        """Enter new hashes with their numbers."""
        self.reserve(len(hashes))
        chunk_kernels.enter(hashes, numbers, self.keys, self.values)
        self.count += len(hashes)

    def reserve(self, capacity: int) -> None:
        """Make room for `capacity` more hashes."""
        if len(self.keys) < 2 * (self.count + capacity):
            occupied = self.keys != 0
            self._fill(self.keys[occupied], self.values[occupied], capacity)

    def keep(self, numbers: NDArray[np.bool_]) -> None:
        """Remove the hashes whose number is not set in the mask `numbers`."""
        occupied = self.keys != 0
        occupied[occupied] = numbers[self.values[occupied]]
        self._fill(self.keys[occupied], self.values[occupied])

    def choose(self, numbers: Int) -> None:
        """Keep the hashes with these increasing numbers, and renumber them from 0."""
        places = np.full(self.count, -1, np.int32)
        places[numbers] = np.arange(len(numbers))
        self.values = places[self.values]
        occupied = (self.keys != 0) & (self.values >= 0)
        self._fill(self.keys[occupied], self.values[occupied])

    def _fill(self, hashes: NDArray[np.uint64], numbers: Rows, capacity: int = 0) -> None:
        self.count = len(hashes)
        size = max(self._initial_capacity, 1 << (2 * (self.count + capacity)).bit_length())
        self.keys, self.values = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        chunk_kernels.enter(hashes, numbers, self.keys, self.values)
