"""Files of a text a line, in blocks of bytes, to lines of JSON: constant memory, order kept, nothing cut or lost."""

from __future__ import annotations

import gzip
import os
import sys
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from fanlight.engine.columns import Block, Entities
from fanlight.engine.compiled import CompiledEngine, is_long
from fanlight.engine.json import json_lines, json_pieces
from fanlight.engine.long_document import MARGIN, gathered
from fanlight.errors import DataError
from fanlight.libraries import library
from fanlight.tagging.rules import Rules
from fanlight.text.scripts import language_of

BYTES = 1 << 18  # read at a time
UNDER_WAY = 4  # blocks
COMPRESSED = (".gz", ".zst")
BOM = b"\xef\xbb\xbf"


class Lines(NamedTuple):
    """Whole lines of a file.

    Attributes
    ----------
    path : str
    first : int
        Number of the first line, from 1.
    block : Block
    place : int
        Bytes of the file that are read; of the compressed one if it is compressed.
    """

    path: str
    first: int
    block: Block
    place: int


def read_blocks(path: str, skip: int = 0, begin: int = 0, end: int | None = None) -> Iterator[Lines]:
    """Yield a UTF-8 file's lines in blocks, "-" being standard input; .gz and .zst are unpacked.

    Parameters
    ----------
    path : str
    skip : int
        Lines to leave out at the beginning.
    begin, end : int
        Bytes of a file that is not compressed, from the beginning of a line to the end of one. Lines are then counted
        from `begin` on.

    Raises
    ------
    DataError
        The file cannot be read or is not UTF-8; the message names byte and line.
    """
    number, offset, place = 1, begin, begin
    raw, file = _open(path)
    with raw, file:
        if begin:
            raw.seek(begin)
        rest = bytearray()  # of a line that is not whole yet
        ended = False
        while not ended:
            try:
                most = BYTES if end is None else min(BYTES, end - place)
                piece = file.read1(most) if hasattr(file, "read1") else file.read(most)
            except (OSError, EOFError) as error:
                raise DataError(f"{path}: cannot be unpacked ({error}): is the file whole?") from None
            ended = not piece
            place += len(piece)
            long = len(rest) >= BYTES
            cut = (piece.find(b"\n") if long else piece.rfind(b"\n")) + 1
            if not cut and not ended:
                rest += piece
                continue
            parts = [rest, piece[:cut]]
            if long:  # one line, which is not copied
                cut_again = piece.rfind(b"\n") + 1
                rest += piece[:cut]
                parts = [rest, piece[cut:cut_again]]
                cut = cut_again
            rest = bytearray(piece[cut:])
            for whole in parts if long else [bytearray().join(parts)]:
                if not whole:
                    continue
                _check_utf8(path, whole, number, offset, begin)
                lines = whole.count(b"\n") + (not whole.endswith(b"\n"))
                block = _cut(whole, lines, 0 if offset else len(BOM) * whole.startswith(BOM))
                offset += len(whole) - MARGIN
                if number + lines > skip + 1:
                    out = max(0, skip + 1 - number)
                    yield Lines(path, number + out, Block(block.data, block.starts[out:], block.ends[out:]), raw.tell())
                number += lines


def tag_lines(
    blocks: Iterable[Lines],
    choose: CompiledEngine | Callable[[str], CompiledEngine],
    least: Callable[[CompiledEngine], list[float]],
    rules: Rules | None = None,
) -> Iterator[tuple[Lines, bytes]]:
    """Tag blocks of lines, in order; yield each with its lines of JSON.

    Parameters
    ----------
    blocks : iterable of Lines
    choose : CompiledEngine or callable of a language ("en", "ko") to CompiledEngine
        Which tags all lines, or those of each script.
    least : callable
        The lowest probabilities for a tagger's types.
    rules : Rules, optional
        That stand beside the model.
    """

    @cache
    def writing(tagger: CompiledEngine) -> Callable[[Block, int, int, Entities], tuple[bytes, Any]]:
        if rules is None:
            return lambda part, first, last, found: json_lines(part, first, last, found, tagger.types)
        types, joined = rules.beside(tagger.types)
        return lambda part, first, last, found: json_lines(part, first, last, joined(part, first, last, found), types)

    waiting: deque[tuple[Lines, list[_Share]]] = deque()
    for lines in blocks:
        if len(lines.block.starts) == 1 and is_long(lines.block, 0):
            while waiting:
                yield _joined(*waiting.popleft())
            yield from _in_pieces(lines, choose, least, rules)
            continue
        shares = []
        for tagger, documents in _by_tagger(lines.block, choose):
            part = Block(lines.block.data, lines.block.starts[documents], lines.block.ends[documents])
            shares.append(_Share(documents, tagger.begin(part, least(tagger), partial(writing(tagger), part))))
        waiting.append((lines, shares))
        if len(waiting) >= UNDER_WAY:
            yield _joined(*waiting.popleft())
    while waiting:
        yield _joined(*waiting.popleft())


def _in_pieces(
    lines: Lines,
    choose: CompiledEngine | Callable[[str], CompiledEngine],
    least: Callable[[CompiledEngine], list[float]],
    rules: Rules | None,
) -> Iterator[tuple[Lines, bytes]]:
    """Yield the line of one long document in pieces, of which the last has the document."""
    block = lines.block
    begin, end = int(block.starts[0]), int(block.ends[0])
    tagger = choose if isinstance(choose, CompiledEngine) else choose(_script(block.data, begin, end))
    found, types = tagger.long(block, 0, least(tagger)), tagger.types
    if rules is not None:  # a pattern may match anything
        types, joined = rules.beside(types)
        found = iter([joined(block, 0, 1, gathered(found, 0))])
    none = lines._replace(block=Block(block.data, block.starts[:0], block.ends[:0]))
    for text in json_pieces(block.data, begin, end, found, types):
        yield none, text
    yield lines, b""


class _Share(NamedTuple):
    documents: np.ndarray[Any, Any]
    futures: list[Future[Any]]


def _joined(lines: Lines, shares: list[_Share]) -> tuple[Lines, bytes]:
    """Bring the lines of all languages into order."""
    if len(shares) == 1:
        return lines, b"".join(future.result()[0] for future in shares[0].futures)
    texts: list[bytes] = [b""] * len(lines.block.starts)
    for share in shares:
        place = 0
        for future in share.futures:
            data, ends = future.result()
            for first, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
                texts[share.documents[place]] = data[first:end]
                place += 1
    return lines, b"".join(texts)


def _by_tagger(
    block: Block, choose: CompiledEngine | Callable[[str], CompiledEngine]
) -> list[tuple[CompiledEngine, np.ndarray[Any, Any]]]:
    """Return the documents that each tags: those without a byte that begins a Hangul syllable are quickly told."""
    documents = np.arange(len(block.starts))
    if isinstance(choose, CompiledEngine):
        return [(choose, documents)]
    hangul = np.flatnonzero((block.data >= 0xEA) & (block.data <= 0xED))
    maybe = np.unique(np.searchsorted(block.ends, hangul, "right"))
    raw = block.data.tobytes() if len(maybe) else b""
    korean = [d for d in maybe.tolist() if language_of(raw[block.starts[d] : block.ends[d]].decode()) == "ko"]
    if not korean:
        return [(choose("en"), documents)]
    rest = np.setdiff1d(documents, korean)
    return [(choose("ko"), np.array(korean)), *([(choose("en"), rest)] if len(rest) else [])]


def _script(data: np.ndarray[Any, Any], begin: int, end: int) -> str:
    """Return `language_of` a long text."""
    places = range(begin, end, BYTES)
    parts = (data[place : min(place + BYTES, end)] for place in places)
    if not any(((part >= 0xEA) & (part <= 0xED)).any() for part in parts):  # no Hangul
        return "en"
    decode = getincrementaldecoder("utf-8")().decode
    counts = np.zeros(0x110000, np.int64)
    for place in places:
        text = decode(data[place : min(place + BYTES, end)].tobytes())
        counts += np.bincount(np.frombuffer(text.encode("utf-32-le"), np.uint32), minlength=len(counts))
    letters = {chr(p): int(counts[p]) for p in np.flatnonzero(counts).tolist() if chr(p).isalpha()}
    hangul = sum(count for letter, count in letters.items() if language_of(letter) == "ko")
    return "ko" if hangul and 2 * hangul >= sum(letters.values()) else "en"


def _cut(data: bytearray, lines: int, begin: int) -> Block:
    """Return each line from byte `begin` on, without its end, as a document; `data` gets a margin."""
    size = len(data)
    data += bytes(MARGIN)
    array = np.frombuffer(data, np.uint8)
    array.flags.writeable = False  # as the kernels know it
    open_ended = array[size - 1] != 10
    ends = np.flatnonzero(array[:size] == 10) if lines > 1 else np.array([size - 1][: 1 - open_ended], np.int64)
    starts = np.append(begin, ends + 1)
    if open_ended:
        ends = np.append(ends, size)
    else:
        starts = starts[:-1]
    while len(some := np.flatnonzero((ends > starts) & (array[ends - 1] == 13))):
        ends[some] -= 1
    return Block(array, starts, ends)


def _check_utf8(path: str, data: bytearray, line: int, offset: int, begin: int) -> None:
    decoder, view = getincrementaldecoder("utf-8")(), memoryview(data)
    for place in range(0, len(data), BYTES):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(view[place : place + BYTES], place + BYTES >= len(data))
        except UnicodeDecodeError as error:
            fault = place - held + error.start
            if begin:
                with open(path, "rb") as file:
                    while file.tell() < begin:
                        line += file.read(min(BYTES, begin - file.tell())).count(b"\n")
            raise DataError(
                f"{path}:{line + data.count(10, 0, fault)}: byte {offset + fault} is not utf-8: name the "
                "file's encoding with --encoding, such as cp1252 or cp949"
            ) from None


def _open(path: str) -> tuple[Any, Any]:
    """Return the file as it is on disk, and unpacked."""
    try:
        raw: Any = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): is the path right?") from None
    if path == "-":
        return _Counting(raw), raw
    if path.endswith(".gz"):
        return raw, gzip.GzipFile(fileobj=raw)
    if path.endswith(".zst"):
        return raw, library("zstandard").ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return raw, raw


class _Counting:
    """Standard input, which cannot tell its place."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> _Counting:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def tell(self) -> int:
        return 0


def files_of(paths: Iterable[str]) -> list[str]:
    """Return files, and those of folders, sorted by name; "-" stays.

    Raises
    ------
    DataError
        A folder is empty.
    """
    found: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(path)
            continue
        inside = sorted(str(p) for p in Path(path).rglob("*") if p.is_file() and not p.name.startswith("."))
        if not inside:
            raise DataError(f"{path}: the folder has no files")
        found += inside
    return found
