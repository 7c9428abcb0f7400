"""Documents to entities by one call of a compiled kernel, short ones from UTF-8 to lines of JSON.

To hand a kernel its hundred arrays takes longer than to tag a sentence with them. So they are handed over once, as a
`KernelArguments`, which is good until one of them is replaced.
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
    """The type of `KernelArguments` in kernels."""


class KernelArguments(structref.StructRefProxy):
    """What kernels read and write, as one object: see `bind`."""


ENTITIES, SHORT, LINES = 0, 1, 2  # tasks
FIELDS = ("entries", "chunks", "tables", "networks", "finders", "scratch", "out", "json")
structref.define_proxy(KernelArguments, _KernelArgumentsType, FIELDS)  # type: ignore[no-untyped-call]


@kernel(nogil=False)  # so quick that to wait for Python's lock again would take longer
def bind(
    entries: Any, chunks: Any, tables: Any, networks: Any, finders: Any, scratch: Any, out: Any, json: Any
) -> KernelArguments:
    """Hand over arrays.

    Parameters
    ----------
    entries : tuple
        Keys, values and uses, as for `engine.chunks.scan`; so are `chunks`.
    tables : Tables
    networks, finders, scratch, out
        As for `pipeline.run`.
    json : tuple
        What `json_kernel.allocate_json` returns.
    """
    return KernelArguments(entries, chunks, tables, networks, finders, scratch, out, json)  # type: ignore[no-untyped-call]


@kernel()
def tag(
    arguments: Any, data: Any, text_starts: Any, text_ends: Any, thresholds: Any, begin: Any, end: Any, task: Any
) -> Any:
    """Tag the documents [begin, end) of a block.

    The `task` is `ENTITIES` of a block whose chunks are known; or to look up those of a short block as well (`SHORT`),
    and to write its documents as lines of JSON (`LINES`). Returns how many entities there are in the columns, and bytes
    of JSON; or -1, if a chunk is not cached yet.
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
    """Tag sentences whose chunks are tokens; see `pipeline.run_sentences`. Returns how many entities there are."""
    documents = Documents(arguments.chunks, ZERO, ZERO, arguments.tables)
    scratch, out = arguments.scratch, arguments.out
    return run_sentences(
        documents, sentence_offsets, owners, arguments.networks, arguments.finders, scratch, thresholds, out
    )
