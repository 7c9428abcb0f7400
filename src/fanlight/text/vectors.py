"""Word vectors from files: word2vec (text and binary), GloVe and fastText text, plain or packed (.gz, .zst).

Files are read in blocks, so that memory holds little more than the matrix. A parsed file is stored in the user's cache
folder, and the next run maps it in a fraction of a second.

References
----------
Lecture L4; Mikolov et al. 2013 (word2vec); Pennington et al. 2014 (GloVe); Bojanowski et al. 2017 (fastText).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError
from fanlight.files import open_unpacked, unreadable

Float = NDArray[np.float32]
BLOCK = 1 << 24  # bytes read at a time
DIGITS = 15  # maximum digits of a number in a header
FIRST_ROWS = 1 << 14  # initial capacity for the rows of a binary file, which is doubled as needed


@dataclass(frozen=True)
class Vectors:
    """Words and their vectors.

    Attributes
    ----------
    words : list of str
        Distinct words; the first line of a repeated word counts.
    matrix : float32 array (V, d)
    repeated : int
        Number of lines dropped because their word is repeated.
    """

    words: list[str]
    matrix: Float
    repeated: int = 0


def read_vectors(
    path: str | os.PathLike[str],
    limit: int | None = None,
    encoding: str = "utf-8",
    progress: Callable[[float], object] | None = None,
    cache: bool = True,
) -> Vectors:
    """Read word vectors.

    Parameters
    ----------
    path : path
        Text or binary, detected from the content; compressed if its name ends in .gz or .zst.
    limit : int, optional
        Number of words to read; files list frequent words first.
    encoding : str
        Encoding of the words.
    progress : callable, optional
        Called with the share of the file that has been read.
    cache : bool
        Whether to use the user's cache folder for parsed files.

    Raises
    ------
    DataError
        The file cannot be read or is empty, or a line is malformed; the message has its number.
    """
    place = Path(path)
    try:
        size = place.stat().st_size
        if place.is_dir():
            raise DataError(f"{path}: is a folder, not a file of word vectors")
        cache_file = cache_place(place) if cache else None
        if cache_file is not None and (cached := _from_cache(cache_file)) is not None:
            return _limit_words(cached, limit)
        packed, file = open_unpacked(place)
        with packed:
            reporter = _Progress(file, size if file is packed else 0, progress)
            vectors = parse_vectors(str(path), reporter, limit, encoding)
    except OSError as error:
        raise DataError(unreadable(path, error)) from None
    if cache_file is not None and limit is None:
        _to_cache(cache_file, vectors)
    return vectors


def fallback_forms(word: str) -> list[str]:
    """Return the spellings to look up, in order, for a word without a vector.

    Lower case, digits as 0 and as #, and with a capital.

    Examples
    --------
    >>> fallback_forms("MP3")
    ['mp3', 'mp0', 'mp#', 'Mp3']
    """
    lower = word.lower()
    forms = [lower]
    if any(c.isdigit() for c in lower):
        forms += [_DIGIT.sub("0", lower), _DIGIT.sub("#", lower)]
    forms.append(lower[:1].upper() + lower[1:])
    return [form for i, form in enumerate(forms) if form != word and form not in forms[:i]]


def beginnings(word: str) -> list[str]:
    """Return the prefixes to look up, longest first, for a Korean word with particles.

    Examples
    --------
    >>> beginnings("서울에서는,")
    ['서울에서는', '서울에서', '서울에', '서울']
    """
    core = _EDGES.sub("", word)
    return [core[:n] for n in range(len(core), 1, -1) if core[:n] != word]


_DIGIT = re.compile(r"\d")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


class _Progress:
    """A file that reports the share that has been read."""

    def __init__(self, file: BinaryIO, size: int, report: Callable[[float], object] | None) -> None:
        self._file, self._size, self._report, self._done = file, size, report, 0

    def read(self, count: int) -> bytes:
        data = self._file.read(count)
        self._done += len(data)
        if self._report is not None and self._size:
            self._report(self._done / self._size)
        return data


def parse_vectors(path: str, file: _Progress, limit: int | None, encoding: str) -> Vectors:
    """Parse an open file of word vectors, text or binary; `path` is used in messages."""
    start = file.read(BLOCK)
    if not start.strip():
        raise DataError(f"{path}: is empty: word vectors have a line a word")
    header_words = start.split(b"\n", 1)[0].split()
    header = len(header_words) == 2 and all(part.isdigit() and len(part) <= DIGITS for part in header_words)
    width = int(header_words[1]) if header else len(header_words) - 1
    if width < 1:
        raise DataError(f"{path}:1: no word vectors: expected a word and its numbers, or a header 'words components'")
    body = start.partition(b"\n")[2] if header else start
    if not body.strip():
        raise DataError(f"{path}: has no vectors after its first line: is the file complete?")
    if header and _is_binary(body, width):
        return _binary(path, file, body, (int(header_words[0]), width), limit=limit, encoding=encoding)
    matrices: list[Float] = []
    words: list[str] = []
    for number, chunk in _read_chunks(file, body, 2 if header else 1):
        if limit is not None and len(words) >= limit:
            break
        chunk_words, matrix = _parse(path, number, chunk, width, encoding)
        words += chunk_words
        matrices.append(matrix)
    matrix = np.concatenate(matrices) if len(matrices) > 1 else matrices[0]
    matrices.clear()
    return _limit_words(_unique(words, matrix), limit)


def _read_chunks(file: _Progress, body: bytes, number: int) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the first line, whole lines)."""
    remainder = body
    while True:
        data = file.read(BLOCK)
        line_end = remainder.rfind(b"\n") + 1 if data else len(remainder)
        if line_end:
            yield number, remainder[:line_end]
            number += remainder.count(b"\n", 0, line_end)
        remainder = remainder[line_end:] + data
        if not data and not remainder:
            return


def _parse(path: str, number: int, chunk: bytes, width: int, encoding: str) -> tuple[list[str], Float]:
    from fanlight.text.numbers import parse_lines

    data = np.frombuffer(chunk if chunk.endswith(b"\n") else chunk + b"\n", np.uint8)
    count = int(np.count_nonzero(data == 10))
    matrix = np.empty((count, width), np.float32)
    word_ends = np.empty((count, 2), np.int64)
    bad = parse_lines(data, width, matrix, word_ends)
    if bad >= 0:
        line = chunk.split(b"\n")[bad]
        have = len(line.split()) - 1
        what = "a component is not a number" if have == width else f"has {have} components, the file has {width}"
        raise DataError(f"{path}:{number + bad}: {what}: repair or remove the line")
    nonblank = word_ends[:, 1] > word_ends[:, 0]  # blank lines have no word
    words = []
    for row, (start, end) in enumerate(word_ends.tolist()):
        if end > start:
            try:
                words.append(chunk[start:end].decode(encoding))
            except UnicodeDecodeError:
                raise DataError(
                    f"{path}:{number + row}: the word is not {encoding}: convert the file to UTF-8"
                ) from None
    return words, matrix if nonblank.all() else matrix[nonblank]


def _is_binary(body: bytes, width: int) -> bool:
    line = body[: 1 << 16].split(b"\n", 1)[0].split()
    try:
        return len(line) < width + 1 or not all(np.isfinite(float(part)) for part in line[-width:])
    except ValueError:
        return True


def _binary(
    path: str, file: _Progress, body: bytes, shape: tuple[int, int], *, limit: int | None, encoding: str
) -> Vectors:
    count, width = shape if limit is None else (min(shape[0], limit), shape[1])
    words: list[str] = []
    matrix = np.empty((0, width), np.float32)  # grows with the words read: the header may be wrong
    place = 0
    for row in range(count):
        if len(body) - place < 4096 + 4 * width:
            body, place = body[place:] + file.read(BLOCK), 0
        space = body.find(b" ", place)
        end = space + 1 + 4 * width
        if space < 0 or end > len(body):
            raise DataError(f"{path}: cut short: {row:,} of {count:,} words are there")
        if row == len(matrix):
            capacity = min(count, max(2 * row, FIRST_ROWS))
            matrix = np.concatenate([matrix, np.empty((capacity - row, width), np.float32)])
        words.append(body[place:space].lstrip(b"\n").decode(encoding, "replace"))
        matrix[row] = np.frombuffer(body, "<f4", width, space + 1)
        place = end
    return _unique(words, matrix)


def _unique(words: list[str], matrix: Float) -> Vectors:
    seen: dict[str, int] = {}
    for row, word in enumerate(words):
        seen.setdefault(word, row)
    if len(seen) == len(words):
        return Vectors(words, matrix)
    return Vectors(list(seen), matrix[np.fromiter(seen.values(), np.int64)], len(words) - len(seen))


def _limit_words(vectors: Vectors, limit: int | None) -> Vectors:
    if limit is None or limit >= len(vectors.words):
        return vectors
    return Vectors(vectors.words[:limit], vectors.matrix[:limit], vectors.repeated)


def cache_place(path: Path, what: str = "") -> Path:
    """Return the path in the user's cache folder for a parsed file of vectors, or for data derived from it."""
    import hashlib

    state = path.stat()
    key = f"{path.resolve()}\n{state.st_size}\n{state.st_mtime_ns}"
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "fanlight" / "vectors" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}{what}.safetensors"


def _from_cache(place: Path) -> Vectors | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(place, framework="numpy") as file:
            words = file.get_tensor("words").tobytes().decode().split("\n")
            return Vectors(words, file.get_tensor("matrix"), int(file.get_tensor("repeated")[0]))
    except (OSError, SafetensorError, UnicodeDecodeError, KeyError):
        return None  # missing or incomplete


def _to_cache(place: Path, vectors: Vectors) -> None:
    from safetensors.numpy import save_file

    if any("\n" in word for word in vectors.words):
        return
    words = np.frombuffer("\n".join(vectors.words).encode(), np.uint8)
    part = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        save_file({"words": words, "matrix": vectors.matrix, "repeated": np.array([vectors.repeated])}, part)
        part.replace(place)
    except OSError:
        part.unlink(missing_ok=True)  # the cache is optional
