"""Tagging of short blocks by one kernel call on the calling thread, which takes less time than waking another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import entry
from fanlight.engine.case_contexts import DocumentMemory
from fanlight.engine.chunks import Chunks, Tables
from fanlight.engine.columns import Block, Entities
from fanlight.engine.json import allocate_json
from fanlight.engine.scratch import Scratch
from fanlight.engine.type_cache import learn_chunks

if TYPE_CHECKING:
    from fanlight.engine.compiled import CompiledEngine

Float = NDArray[np.float64]
SHORT = 1 << 12  # bytes, up to which tagging takes less time than waking another thread


class ShortBlocks:
    """Tags blocks of at most `SHORT` bytes and `SHORT` documents; the caller holds the engine's lock.

    Parameters
    ----------
    engine : CompiledEngine
    """

    def __init__(self, engine: CompiledEngine) -> None:
        capacity = SHORT * engine.overlaps  # a token has at least one byte
        self._engine = engine
        self._scratch = engine.scratch()
        self._rows = np.empty((len(Entities._fields) - 1, capacity), np.int32)
        self._out = Entities._make([*self._rows, np.empty(capacity)])
        self._none = Entities.allocate(0)
        self._chunks = Chunks.allocate(SHORT, SHORT, np.frombuffer(b"", np.uint8))  # each call has its own data
        self._json = allocate_json(engine.types, SHORT + capacity, SHORT, capacity)
        self._arguments: entry.KernelArguments | None = None  # until the cache changes

    def forget(self) -> None:
        """Discard the bound arguments, because the tables are about to change."""
        self._arguments = None

    def entities(self, block: Block, thresholds: Float) -> Entities:
        """Return the entities of a block."""
        count, _ = self._tag(block, thresholds, entry.SHORT)
        if count == 0:
            return self._none
        return Entities._make([*self._rows[:, :count].copy(), self._out.probabilities[:count].copy()])

    def json(self, block: Block, thresholds: Float) -> bytes:
        """Return a block's documents as lines of JSON."""
        _, size = self._tag(block, thresholds, entry.LINES)
        return bytes(self._json[-2][:size])

    def _tag(self, block: Block, thresholds: Float, task: int) -> Any:
        """Tag a block, adding its chunks to the cache if necessary; return the results of `entry.tag`."""
        results = self._tag_cached(block, thresholds, task)
        if results[0] < 0:
            self.forget()
            learn_chunks(self._engine.cache, *block)
            results = self._tag_cached(block, thresholds, task)
        return results

    def _tag_cached(self, block: Block, thresholds: Float, task: int) -> Any:
        if self._arguments is None:
            self._arguments = self._bind()
        data, text_starts, text_ends = block
        return entry.tag(self._arguments, data, text_starts, text_ends, thresholds, 0, len(text_starts), task)

    def _scratch_for(self, tables: Tables) -> Scratch:
        """Return the scratch arrays, with memory for the forms and kinds of the tables."""
        if not self._scratch.memory.holds(tables):
            self._scratch = self._scratch._replace(memory=DocumentMemory.of(tables))
        return self._scratch

    def _bind(self) -> entry.KernelArguments:
        """Bind the kernel arguments."""
        engine = self._engine
        tables, layers = engine.cache.snapshot()
        networks, entries, scratch = engine.networks(layers), engine.cache.entries(), self._scratch_for(tables)
        return entry.bind(entries, self._chunks, tables, networks, engine.finders, scratch, self._out, self._json)
