"""Kernels that write lines of JSON from columns of entities; the plain form is `Document.to_json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.columns import Entities
from fanlight.jit import ZERO, inner, kernel

if TYPE_CHECKING:
    from fanlight.engine.columns import Block

Int = NDArray[np.int64]
PART = 1 << 18  # bytes of a long text per part

_LITERALS = (
    '{"text": "',
    '", "entities": [',
    '{"start": ',
    ', "end": ',
    ', "type": ',
    ', "text": "',
    '", "probability": ',
)
_LITERAL_BYTES = np.frombuffer("".join(_LITERALS).encode(), np.uint8)
_LITERAL_ENDS = np.cumsum([0, *map(len, _LITERALS)])
_ESCAPES = np.zeros(256, np.uint8)  # 1 for \u00XX, else the letter after the backslash
_ESCAPES[:32] = 1
for _character, _letter in {'"': '"', "\\": "\\", "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}.items():
    _ESCAPES[ord(_character)] = ord(_letter)


def json_lines(block: Block, begin: int, end: int, entities: Entities, types: tuple[str, ...]) -> tuple[bytes, Int]:
    """Return the lines of documents [begin, end), and their byte offsets (end - begin + 1,)."""
    size = int((block.text_ends[end - 1] - block.text_starts[begin:end].min()) if end > begin else 0)
    size += int((entities.byte_ends - entities.byte_starts).sum())
    buffers = allocate_json(types, size, end - begin, len(entities.types))
    write_lines((block.data, block.text_starts, block.text_ends), begin, end, entities, *buffers)
    out, ends = buffers[-2:]
    return out[: ends[-1]].tobytes(), ends


def allocate_json(types: tuple[str, ...], size: int, documents: int, entities: int) -> tuple[Any, ...]:
    """Return the last arguments of `write_lines`, given the total `size` of texts and entities in bytes."""
    names = [json.dumps(name, ensure_ascii=False).encode() for name in types]
    letters = np.frombuffer(b"".join(names), np.uint8)
    letter_offsets = np.cumsum([0, *map(len, names)])
    longest = max(map(len, names), default=0)
    out = np.empty(6 * size + 40 * documents + (110 + longest) * entities, np.uint8)
    return (letters, letter_offsets), (_LITERAL_BYTES, _LITERAL_ENDS, _ESCAPES), out, np.zeros(documents + 1, np.int64)


def stream_json(
    data: NDArray[np.uint8], start: int, end: int, batches: Iterator[Entities], types: tuple[str, ...]
) -> Iterator[bytes]:
    """Yield the line of one document ``data[start:end]`` in parts, consuming batches of its entities lazily."""
    yield _LITERALS[0].encode()
    for place in range(start, end, PART):
        stop = min(place + PART, end)
        out = np.empty(6 * (stop - place), np.uint8)
        yield out[: _escape(data, place, stop, _ESCAPES, out, 0)].tobytes()
    yield _LITERALS[1].encode()
    begun = False
    for entities in batches:
        size = int((entities.byte_ends - entities.byte_starts).sum())
        names, tables, out, _ = allocate_json(types, size, 0, len(entities.types))
        yield out[: _entities(data, entities, begun, names, tables, out)].tobytes()
        begun = begun or len(entities.types) > 0
    yield b"]}\n"


@inner(inline="always")
def _copy(data: Any, start: int, end: int, out: Any, at: int) -> int:
    for i in range(start, end):
        out[at] = data[i]
        at += 1
    return at


@kernel()
def _escape(data: Any, start: int, end: int, escapes: Any, out: Any, at: int) -> int:
    for i in range(start, end):
        b = data[i]
        e = escapes[b]
        if e == 0:
            out[at] = b
            at += 1
        elif e > 1:
            out[at], out[at + 1] = 92, e
            at += 2
        else:  # \u00XX
            out[at], out[at + 1], out[at + 2], out[at + 3] = 92, 117, 48, 48
            out[at + 4] = 48 + (b >> 4)
            low = b & 15
            out[at + 5] = low + (48 if low < 10 else 87)
            at += 6
    return at


@inner()
def _number(value: int, digits: int, out: Any, at: int) -> int:
    """Write a number in decimal, with leading zeros up to `digits`; return the end."""
    count = 1
    remainder = value // 10
    while remainder:
        count += 1
        remainder //= 10
    count = max(count, digits)
    for k in range(count - 1, -1, -1):
        out[at + k] = 48 + value % 10
        value //= 10
    return at + count


@inner(forceinline=True)
def _entity(data: Any, entities: Any, n: int, begun: bool, names: Any, tables: Any, out: Any, at: int) -> int:
    (literals, literal_offsets, escapes), (letters, letter_offsets) = tables, names
    if begun:
        out[at], out[at + 1] = 44, 32
        at += 2
    at = _copy(literals, literal_offsets[2], literal_offsets[3], out, at)
    at = _number(entities.char_starts[n], 1, out, at)
    at = _copy(literals, literal_offsets[3], literal_offsets[4], out, at)
    at = _number(entities.char_ends[n], 1, out, at)
    at = _copy(literals, literal_offsets[4], literal_offsets[5], out, at)
    at = _copy(letters, letter_offsets[entities.types[n]], letter_offsets[entities.types[n] + 1], out, at)
    at = _copy(literals, literal_offsets[5], literal_offsets[6], out, at)
    at = _escape(data, entities.byte_starts[n], entities.byte_ends[n], escapes, out, at)
    at = _copy(literals, literal_offsets[6], literal_offsets[7], out, at)
    millionths = int(np.rint(entities.probabilities[n] * 1e6))
    at = _number(millionths // 1000000, 1, out, at)
    out[at] = 46
    at = _number(millionths % 1000000, 6, out, at + 1)
    out[at] = 125
    at += 1
    return at


@kernel()
def _entities(data: Any, entities: Any, begun: bool, names: Any, tables: Any, out: Any) -> Any:
    at = ZERO
    for n in range(len(entities.types)):
        at = _entity(data, entities, n, begun, names, tables, out, at)
        begun = True
    return at


@kernel()
def write_lines(
    texts: Any, begin: int, end: int, entities: Any, names: Any, tables: Any, out: Any, line_ends: Any
) -> None:
    """Write the lines of documents [begin, end) of the block `texts`, and their ends; see `allocate_json`."""
    (data, text_starts, text_ends), (literals, literal_offsets, escapes) = texts, tables
    at = ZERO
    n = ZERO
    for d in range(begin, end):
        at = _copy(literals, literal_offsets[0], literal_offsets[1], out, at)
        at = _escape(data, text_starts[d], text_ends[d], escapes, out, at)
        at = _copy(literals, literal_offsets[1], literal_offsets[2], out, at)
        begun = False
        while n < len(entities.types) and entities.documents[n] == d:
            at = _entity(data, entities, n, begun, names, tables, out, at)
            begun = True
            n += 1
        out[at], out[at + 1], out[at + 2] = 93, 125, 10
        at += 3
        line_ends[d - begin + 1] = at
