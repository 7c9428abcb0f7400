"""Readers for files with one text per line, in blocks of bytes with constant memory."""

from __future__ import annotations

import select
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from fanlight.engine.columns import MARGIN, Block
from fanlight.errors import DataError
from fanlight.files import open_unpacked, undecodable, unreadable

BYTES = 1 << 18  # per read
BOM = b"\xef\xbb\xbf"


class Lines(NamedTuple):
    """Whole lines of a file.

    Attributes
    ----------
    path : str
    number : int
        Number of the first line, from 1.
    block : Block
    place : int
        Number of bytes of the (compressed) file read so far.
    """

    path: str
    number: int
    block: Block
    place: int


def read_blocks(path: str, skip: int = 0, begin: int = 0, end: int | None = None) -> Iterator[Lines]:
    """Yield the lines of a UTF-8 file in blocks; "-" is standard input; .gz and .zst files are decompressed.

    A block without lines means that standard input pauses.

    Parameters
    ----------
    path : str
    skip : int
        Number of lines to skip.
    begin, end : int
        Range of bytes in an uncompressed file, at line boundaries. Line numbers count from `begin`.

    Raises
    ------
    DataError
        The file cannot be read or is not UTF-8; the message names byte and line.
    """
    number, offset, place = 1, begin, begin
    raw, file = open_unpacked(path)
    seekable = path != "-" and raw.seekable()
    with raw, file:
        if begin:
            raw.seek(begin)
        remainder = bytearray()  # an incomplete line
        ended = False
        while not ended:
            if path == "-" and _pauses():
                yield Lines(path, number, Block.of([]), place)
            piece = _read_piece(path, file, BYTES if end is None else min(BYTES, end - place))
            ended = not piece
            place += len(piece)
            long = len(remainder) >= BYTES
            line_end = (piece.find(b"\n") if long else piece.rfind(b"\n")) + 1
            if not line_end and not ended:
                remainder += piece
                continue
            parts = [remainder, piece[:line_end]]
            if long:  # one line, which is not copied
                last_line_end = piece.rfind(b"\n") + 1
                remainder += piece[:line_end]
                parts = [remainder, piece[line_end:last_line_end]]
                line_end = last_line_end
            remainder = bytearray(piece[line_end:])
            for text in parts if long else [bytearray().join(parts)]:
                if not text:
                    continue
                _check_utf8(path, text, number, offset, begin)
                count = text.count(b"\n") + (not text.endswith(b"\n"))
                block = _split_lines(text, count, 0 if offset else len(BOM) * text.startswith(BOM))
                offset += len(text) - MARGIN
                if number + count > skip + 1:
                    out = max(0, skip + 1 - number)
                    block = Block(block.data, block.text_starts[out:], block.text_ends[out:])
                    yield Lines(path, number + out, block, raw.tell() if seekable else 0)
                number += count


def _read_piece(path: str, file: BinaryIO, most: int) -> Any:
    try:
        return file.read1(most) if hasattr(file, "read1") else file.read(most)
    except OSError as error:
        raise DataError(unreadable(path, error)) from None


def _split_lines(data: bytearray, count: int, begin: int) -> Block:
    """Return each line from byte `begin` on, without its line end, as a document; pads `data`."""
    size = len(data)
    data += bytes(MARGIN)
    array = np.frombuffer(data, np.uint8)
    array.flags.writeable = False  # the kernels are compiled for read-only arrays
    open_ended = array[size - 1] != 10
    text_ends = np.flatnonzero(array[:size] == 10) if count > 1 else np.array([size - 1][: 1 - open_ended], np.int64)
    text_starts = np.append(begin, text_ends + 1)
    if open_ended:
        text_ends = np.append(text_ends, size)
    else:
        text_starts = text_starts[:-1]
    while len(carriage_returns := np.flatnonzero((text_ends > text_starts) & (array[text_ends - 1] == 13))):
        text_ends[carriage_returns] -= 1
    return Block(array, text_starts, text_ends)


def _check_utf8(path: str, data: bytearray, line: int, offset: int, begin: int) -> None:
    decoder, view = getincrementaldecoder("utf-8")(), memoryview(data)
    for place in range(0, len(data), BYTES):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(view[place : place + BYTES], place + BYTES >= len(data))
        except UnicodeDecodeError as error:
            fault = place - pending + error.start
            if begin:
                with open(path, "rb") as file:
                    while file.tell() < begin:
                        line += file.read(min(BYTES, begin - file.tell())).count(b"\n")
            place_of_fault = f"{path}:{line + data.count(10, 0, fault)}"
            head = b"" if offset else bytes(data[:4])
            raise DataError(undecodable(place_of_fault, offset + fault, "utf-8", head)) from None


def _pauses() -> bool:
    """Tell whether standard input currently has nothing to read; True if the system cannot tell."""
    try:
        return not select.select([sys.stdin], [], [], 0)[0]
    except (OSError, ValueError):
        return True
