"""Kernels that Python calls: from documents to entities, and for short documents from UTF-8 to lines of JSON.

Unpacking a hundred arrays for a kernel call takes longer than tagging a sentence. They are therefore bound once in a
`KernelArguments`, which is valid until one of the arrays is replaced.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.experimental import structref

from fanlight.engine.chunks import Chunks, scan
from fanlight.engine.columns import Documents, Entities
from fanlight.engine.json import write_lines
from fanlight.engine.pipeline import run, run_sentences
from fanlight.jit import ZERO, kernel


@structref.register
class _KernelArgumentsType(types.StructRef):
    """Numba's type of `KernelArguments`."""


class KernelArguments(structref.StructRefProxy):
    """The arrays that `tag` and `tag_sentences` read and write; see `bind`."""


ENTITIES, SHORT, LINES = 0, 1, 2  # tasks
FIELDS = ("entries", "chunks", "tables", "networks", "finders", "scratch", "out", "json")
structref.define_proxy(KernelArguments, _KernelArgumentsType, FIELDS)  # type: ignore[no-untyped-call]


@kernel(nogil=False)  # so short that reacquiring Python's lock would take longer
def bind(
    entries: Any, chunks: Any, tables: Any, networks: Any, finders: Any, scratch: Any, out: Any, json: Any
) -> KernelArguments:
    """Bind arrays to one object.

    Parameters
    ----------
    entries : tuple
        The hash table of chunks: keys, values and uses, as in `chunks.scan`.
    chunks : Chunks
    tables : Tables
    networks, finders, scratch, out
        As in `pipeline.run`.
    json : tuple
        Buffers of `json.allocate_json`.
    """
    return KernelArguments(entries, chunks, tables, networks, finders, scratch, out, json)  # type: ignore[no-untyped-call]


@kernel()
def tag(
    arguments: Any, data: Any, text_starts: Any, text_ends: Any, thresholds: Any, begin: Any, end: Any, task: Any
) -> Any:
    """Tag the documents [begin, end) of a block.

    The `task` is `ENTITIES` for a block whose chunks are looked up, `SHORT` to look them up first, and `LINES` to look
    them up and to write lines of JSON. Returns the number of entities, or -1 if a chunk is not cached; and the number
    of bytes of JSON.
    """
    columns, out, size = arguments.chunks, arguments.out, ZERO
    chunks = Chunks(columns.documents, columns.ids, columns.bytes, columns.places, columns.breaks, data)
    if task and scan(data, text_starts, text_ends, arguments.entries, ZERO, chunks, arguments.scratch.no_spans) < 0:
        return -1, size
    documents = Documents(chunks, begin, end, arguments.tables)
    n = run(documents, arguments.networks, arguments.finders, arguments.scratch, thresholds, out)
    if task == LINES:
        entities = Entities(
            out.documents[:n],
            out.char_starts[:n],
            out.char_ends[:n],
            out.byte_starts[:n],
            out.byte_ends[:n],
            out.types[:n],
            out.probabilities[:n],
        )
        names, escapes, written, line_ends = arguments.json
        write_lines((data, text_starts, text_ends), begin, end, entities, names, escapes, written, line_ends)
        size = line_ends[end]
    return n, size


@kernel()
def tag_sentences(arguments: Any, sentence_offsets: Any, owners: Any, thresholds: Any) -> Any:
    """Tag tokenised sentences (`pipeline.run_sentences`); return the number of entities."""
    documents = Documents(arguments.chunks, ZERO, ZERO, arguments.tables)
    scratch, out = arguments.scratch, arguments.out
    return run_sentences(
        documents, sentence_offsets, owners, arguments.networks, arguments.finders, scratch, thresholds, out
    )
