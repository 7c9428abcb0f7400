"""Word vectors as the model stores them: looked up by a 64-bit hash of the word, compressed (`network.vector_tables`).

The words themselves are not stored; two of 350,000 words share a hash once in some 300 million lexicons.

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

CACHE_SUFFIX = ".lexicon2"  # the number changes when a lexicon of the same file would come out otherwise


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

        Of words with one hash the earliest stays. With `parts`, which divide d, by product quantisation.
        """
        hashes, rows = np.unique(word_hashes(words), return_index=True)
        norm = float(np.sqrt(np.mean([np.square(row).mean() for row in np.array_split(matrix, 64) if len(row)]))) or 1.0
        if parts is None:
            return cls(hashes, IntegerRows.of(matrix, rows, norm))
        return cls(hashes, ProductCodes.of(matrix[rows] / np.float32(norm), parts))

    def with_vectors(self, matrix: NDArray[np.float32]) -> Lexicon:
        """Return the same words with other vectors (V, d), not scaled, a byte a component."""
        return Lexicon(self.hashes, IntegerRows.of(matrix))

    @classmethod
    def empty(cls) -> Lexicon:
        """Return the lexicon without words, of width 0."""
        return cls(np.zeros(0, np.uint64), IntegerRows.of(np.zeros((0, 0), np.float32)))

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def width(self) -> int:
        """Components of a vector."""
        return self.table.width

    def find(self, words: Sequence[str], forms: Callable[[str], list[str]] | None = None) -> NDArray[np.int64]:
        """Return each word's row, or -1; `forms` gives the spellings to try in turn, by default only the word's own."""
        numbers = self._rows(word_hashes(words))
        if forms is not None and len(self):
            missing = np.flatnonzero(numbers < 0)
            spellings = [forms(words[i]) for i in missing.tolist()]
            owner = np.repeat(missing, [len(s) for s in spellings])
            rows = self._rows(word_hashes([s for variants in spellings for s in variants]))
            owner, rows = owner[rows >= 0][::-1], rows[rows >= 0][::-1]
            numbers[owner] = rows  # written from the last: the first spelling found stays
        return numbers

    def vectors(self, rows: NDArray[np.int64], compiled: bool = False) -> NDArray[np.float32]:
        """Return the vectors (len(rows), d), by kernels if they are to be `compiled`; zeros for row -1."""
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
    """Return the lexicon of a file of word vectors, and how many of its lines repeat a word.

    It is cached in the user's cache folder: the vectors themselves, four times as large, are not read again.

    Parameters
    ----------
    path : path
    parts : int, optional
        Of a vector, for product quantisation (`Lexicon.of`).

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
            pass  # not there, or incomplete
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
            part.unlink(missing_ok=True)  # a cache that cannot be written is done without
    return lexicon, vectors.repeated


def check_parts(parts: int | None, width: int, path: str | os.PathLike[str]) -> None:
    """Raise DataError unless vectors of so many components can be cut into so many parts."""
    if parts is not None and width % parts:
        raise DataError(
            f"{path}: vectors of {width} components cannot be cut into {parts} equal parts: choose a divisor of {width}"
        )
