"""A few short documents, from UTF-8 to lines of JSON, by one call of a compiled kernel.

To hand a kernel its hundred arrays takes longer than to tag a sentence with them. So they are handed over once, as a
`KernelArguments`, which is good until one of them is replaced.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.experimental import structref

from fanlight.engine.chunks import scan
from fanlight.engine.columns import Entities
from fanlight.engine.json import write_lines
from fanlight.engine.passes import run


@structref.register
class _KernelArgumentsType(types.StructRef):
    """The type of `KernelArguments` in kernels."""


class KernelArguments(structref.StructRefProxy):
    """What kernels read and write, as one object: see `hold`."""


FIELDS = ("entries", "chunks", "tables", "layers", "room", "out", "json")
structref.define_proxy(KernelArguments, _KernelArgumentsType, FIELDS)  # type: ignore[no-untyped-call]


@njit(cache=True)
def hold(entries: Any, chunks: Any, tables: Any, layers: Any, room: Any, out: Any, json: Any) -> KernelArguments:
    """Hand over arrays.

    Parameters
    ----------
    entries : tuple
        Keys, values and uses, as for `chunk_kernels.scan`; so are `chunks`.
    layers : tuple of Layers
        One network or two, as for `block_kernels.run`; so are `tables`, `room` and `out`.
    json : tuple
        What `json_kernel.room_for` returns.
    """
    return KernelArguments(entries, chunks, tables, layers, room, out, json)  # type: ignore[no-untyped-call]


@njit(cache=True, boundscheck=False, error_model="numpy")
def lines(held: Any, data: Any, starts: Any, ends: Any, least: Any) -> Any:
    """Tag documents and write them as lines of JSON; return the bytes written, or -1 if a chunk is not known yet."""
    chunks, layers, out, count = held.chunks, held.layers, held.out, len(starts)
    keys, values, uses = held.entries
    if scan(data, starts, ends, keys, values, uses, 0, chunks, np.empty((0, 2), np.int64)) < 0:
        return -1
    two, twice = layers[len(layers) - 1], len(layers) > 1
    n = run(chunks, 0, count, held.tables, layers[0], two, twice, held.room, least, out)
    found = Entities(
        out.documents[:n],
        out.starts[:n],
        out.ends[:n],
        out.byte_starts[:n],
        out.byte_ends[:n],
        out.types[:n],
        out.probabilities[:n],
    )
    names, borders, tables, written, line_ends = held.json
    write_lines(data, starts, ends, 0, count, found, names, borders, tables, written, line_ends)
    return line_ends[count]
