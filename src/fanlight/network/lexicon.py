"""The word vectors of a model: looked up by a 64-bit hash of the word, and compressed (`network.vector_tables`).

The words are not stored. Of 350,000 words, two share a hash in one of some 300 million lexicons.

References
----------
Lecture L4 (word vectors from word2vec or GloVe).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError
from fanlight.network.vector_tables import IntegerRows, ProductCodes, VectorTable, table_of
from fanlight.text.hashing import word_hashes
from fanlight.text.vectors import cache_place, read_vectors

CACHE_SUFFIX = ".lexicon2"  # increase the number if the lexicon of a file changes


@dataclass(frozen=True)
class Lexicon:
    """A table of word vectors.

    Attributes
    ----------
    hashes : uint64 array (V,)
        `word_hashes` of the words, increasing.
    table : IntegerRows or ProductCodes
        Row r is the vector of the word with ``hashes[r]``.
    """

    hashes: NDArray[np.uint64]
    table: VectorTable

    @classmethod
    def of(cls, words: Sequence[str], matrix: NDArray[np.float32], parts: int | None = None) -> Lexicon:
        """Build from words and their vectors (V, d), scaled as a whole to a root mean square of one.

        If several words have the same hash, the first counts. `parts` (a divisor of d) selects product quantisation.
        """
        hashes, rows = np.unique(word_hashes(words), return_index=True)
        norm = float(np.sqrt(np.mean([np.square(row).mean() for row in np.array_split(matrix, 64) if len(row)]))) or 1.0
        if parts is None:
            return cls(hashes, IntegerRows.of(matrix, rows, norm))
        return cls(hashes, ProductCodes.of(matrix[rows] / np.float32(norm), parts))

    def with_vectors(self, matrix: NDArray[np.float32]) -> Lexicon:
        """Return a lexicon of the same words with other vectors (V, d), unscaled, with one byte per component."""
        return Lexicon(self.hashes, IntegerRows.of(matrix))

    @classmethod
    def empty(cls) -> Lexicon:
        """Return an empty lexicon of width 0."""
        return cls(np.zeros(0, np.uint64), IntegerRows.of(np.zeros((0, 0), np.float32)))

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def width(self) -> int:
        """Number of components of a vector."""
        return self.table.width

    def find(self, words: Sequence[str], forms: Callable[[str], list[str]] | None = None) -> NDArray[np.int64]:
        """Return each word's row, or -1; `forms` returns further spellings of a word to look up, in order."""
        numbers = self._rows(word_hashes(words))
        if forms is not None and len(self):
            missing = np.flatnonzero(numbers < 0)
            spellings = [forms(words[i]) for i in missing.tolist()]
            owner = np.repeat(missing, [len(s) for s in spellings])
            rows = self._rows(word_hashes([s for variants in spellings for s in variants]))
            owner, rows = owner[rows >= 0][::-1], rows[rows >= 0][::-1]
            numbers[owner] = rows  # in reverse order, so that the first spelling counts
        return numbers

    def vectors(self, rows: NDArray[np.int64], compiled: bool = False) -> NDArray[np.float32]:
        """Return the vectors (len(rows), d), zeros for row -1; by kernels if `compiled`."""
        if not len(self):
            return np.zeros((len(rows), self.width), np.float32)
        return self.table.compiled_vectors(rows) if compiled else self.table.vectors(rows)

    @property
    def digest(self) -> str:
        """SHA-256 of words and vectors."""
        digest = hashlib.sha256(self.hashes.tobytes())
        for array in self.table.arrays.values():
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def _rows(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        if not len(self):
            return np.full(len(hashes), -1, np.int64)
        place = np.minimum(np.searchsorted(self.hashes, hashes), len(self) - 1)
        return np.where(self.hashes[place] == hashes, place, -1)


def read_lexicon(path: str | os.PathLike[str], parts: int | None = None) -> tuple[Lexicon, int]:
    """Return the lexicon of a file of word vectors, and the number of lines that repeat a word.

    The lexicon is cached in the user's cache folder, so that the file, four times as large, is not read again.

    Parameters
    ----------
    path : path
    parts : int, optional
        Number of parts for product quantisation (`Lexicon.of`).

    Raises
    ------
    DataError
        See `text.vectors.read_vectors`; or the parts do not divide the vectors' components.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import save_file

    place = Path(path)
    cache = cache_place(place, CACHE_SUFFIX + ("" if parts is None else f"-{parts}")) if place.is_file() else None
    if cache is not None:
        try:
            with safe_open(cache, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return Lexicon(arrays["hashes"], table_of(arrays)), int(arrays["repeated"][0])
        except (OSError, SafetensorError, KeyError):
            pass  # missing or incomplete
    vectors = read_vectors(path)
    check_parts(parts, vectors.matrix.shape[1], path)
    lexicon = Lexicon.of(vectors.words, vectors.matrix, parts)
    if cache is not None:
        part = cache.with_suffix(f".{os.getpid()}")
        try:
            cache.parent.mkdir(parents=True, exist_ok=True)
            save_file(
                {"hashes": lexicon.hashes, **lexicon.table.arrays, "repeated": np.array([vectors.repeated])}, part
            )
            part.replace(cache)
        except OSError:
            part.unlink(missing_ok=True)  # the cache is optional
    return lexicon, vectors.repeated


def check_parts(parts: int | None, width: int, path: str | os.PathLike[str]) -> None:
    """Raise DataError unless `parts` divides the vectors' `width`."""
    if parts is not None and width % parts:
        raise DataError(
            f"{path}: vectors of {width} components cannot be cut into {parts} equal parts: choose a divisor of {width}"
        )
