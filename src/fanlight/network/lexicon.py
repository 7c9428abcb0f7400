"""Word vectors as the model keeps them: found by a 64-bit hash of the word, stored as 8-bit integers.

Each row is ``scale * integers``, with the integers in [-127, 127]: rounding moves a component by at most 1/254 of the
row's largest. The words themselves are not stored; two of 350,000 words share a hash once in some 300 million
lexicons.

References
----------
Lecture L4 (word vectors from word2vec or GloVe).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fanlight.text.hashing import word_hashes
from fanlight.text.vectors import cache_place, read_vectors

KEPT = ".lexicon1"  # the number changes when a lexicon of the same file would come out otherwise


@dataclass(frozen=True)
class Lexicon:
    """A table of word vectors.

    Attributes
    ----------
    hashes : uint64 array (V,)
        `word_hashes` of the words, increasing.
    integers : int8 array (V, d)
        Row r is the vector of the word with ``hashes[r]``, divided by its scale.
    scales : float32 array (V,)
        Scale of each row.
    """

    hashes: NDArray[np.uint64]
    integers: NDArray[np.int8]
    scales: NDArray[np.float32]

    @classmethod
    def of(cls, words: Sequence[str], matrix: NDArray[np.float32]) -> Lexicon:
        """Build from words and their vectors (V, d), scaled as a whole to a root mean square of one.

        Of words with one hash the first is kept.
        """
        hashes, first = np.unique(word_hashes(words), return_index=True)
        norm = float(np.sqrt(np.mean([np.square(row).mean() for row in np.array_split(matrix, 64) if len(row)]))) or 1.0
        return cls(hashes, *quantise(matrix, first, norm))

    def with_vectors(self, matrix: NDArray[np.float32]) -> Lexicon:
        """Return the same words with other vectors (V, d), not scaled."""
        return Lexicon(self.hashes, *quantise(matrix))

    @classmethod
    def empty(cls) -> Lexicon:
        """Return the lexicon without words, of width 0."""
        return cls(np.zeros(0, np.uint64), np.zeros((0, 0), np.int8), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def width(self) -> int:
        """Components of a vector."""
        return int(self.integers.shape[1])

    def find(self, words: Sequence[str], forms: Callable[[str], list[str]] | None = None) -> NDArray[np.int64]:
        """Return each word's row, or -1; `forms` gives the spellings to try in turn, by default only the word's own."""
        found = self._rows(word_hashes(words))
        if forms is not None and len(self):
            missing = np.flatnonzero(found < 0)
            spellings = [forms(words[i]) for i in missing.tolist()]
            owner = np.repeat(missing, [len(s) for s in spellings])
            rows = self._rows(word_hashes([s for some in spellings for s in some]))
            owner, rows = owner[rows >= 0][::-1], rows[rows >= 0][::-1]
            found[owner] = rows  # written from the last: the first spelling found stays
        return found

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors (len(rows), d); zeros for row -1."""
        if not len(self):
            return np.zeros((len(rows), self.width), np.float32)
        out = self.integers[rows].astype(np.float32)
        out *= np.where(rows < 0, 0, self.scales[rows]).astype(np.float32)[:, None]
        return out

    def _rows(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        if not len(self):
            return np.full(len(hashes), -1, np.int64)
        place = np.minimum(np.searchsorted(self.hashes, hashes), len(self) - 1)
        return np.where(self.hashes[place] == hashes, place, -1)


def read_lexicon(path: str | os.PathLike[str]) -> tuple[Lexicon, int]:
    """Return the lexicon of a file of word vectors, and how many of its lines repeat a word.

    It is kept in the user's cache folder: the vectors themselves, four times as large, are not read again.

    Raises
    ------
    DataError
        See `text.vectors.read_vectors`.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import save_file

    place = Path(path)
    kept = cache_place(place, KEPT) if place.is_file() else None
    if kept is not None:
        try:
            with safe_open(kept, framework="numpy") as file:
                arrays = [file.get_tensor(name) for name in ("hashes", "integers", "scales", "repeated")]
            return Lexicon(*arrays[:3]), int(arrays[3][0])
        except (OSError, SafetensorError, KeyError):
            pass  # not there, or not whole
    vectors = read_vectors(path)
    made = Lexicon.of(vectors.words, vectors.matrix)
    if kept is not None:
        part = kept.with_suffix(f".{os.getpid()}")
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            save_file({**vars(made), "repeated": np.array([vectors.repeated])}, part)
            part.replace(kept)
        except OSError:
            part.unlink(missing_ok=True)  # a cache that cannot be written is done without
    return made, vectors.repeated


def quantise(
    matrix: NDArray[np.float32], rows: NDArray[np.int64] | None = None, norm: float = 1.0
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return (chosen rows of) a matrix divided by `norm`, as integers and scales."""
    rows = np.arange(len(matrix)) if rows is None else rows
    integers = np.empty((len(rows), matrix.shape[1]), np.int8)
    scales = np.empty(len(rows), np.float32)
    for block in range(0, len(rows), 16384):  # bounds the memory of the float copies
        part = matrix[rows[block : block + 16384]] / np.float32(norm)
        top = np.abs(part).max(1, initial=0)
        scale = _short(np.where(top > 0, top / 127, 1).astype(np.float32))
        integers[block : block + 16384] = np.rint(part / scale[:, None])
        scales[block : block + 16384] = scale
    return integers, scales


def _short(scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round up to 16 binary digits: times integers up to 127 exact, so that quantising twice changes nothing."""
    bits = scales.view(np.uint32)
    return ((bits + np.uint32(0xFF)) & np.uint32(0xFFFFFF00)).view(np.float32)
