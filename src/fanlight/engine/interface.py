"""The interface of an engine: it takes a block of documents and thresholds and returns entities as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.columns import Block, Entities

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Result = TypeVar("Result")


class Engine(Protocol):
    """Tags blocks with one model; every implementation returns the same entities.

    Probabilities agree to 1e-3 (`engine.twins.ROUNDING`). If two tag paths are equally probable in float32, engines may
    choose different ones.

    Attributes
    ----------
    types : tuple of str
        The model's entity types; `Entities.types` holds indices into this tuple.
    plain : bool
        Whether this is the reference implementation, which runs no kernels.
    """

    types: tuple[str, ...]
    plain: bool

    def entities(self, block: Block, thresholds: Float, threads: int | None = None) -> Entities:
        """Return the entities of a block.

        Parameters
        ----------
        block : Block
        thresholds : float64 array (types,)
            Minimum probability of each type; less probable entities are dropped.
        threads : int, optional
            Maximum number of threads; by default one per core.

        Returns
        -------
        Entities
            Sorted by document, start, decreasing length and type name.
        """

    def json(self, block: Block, thresholds: Float, threads: int | None = None) -> bytes:
        """Return a block's documents with their entities as lines of JSON in UTF-8 (`Document.to_json`)."""

    def begin(
        self,
        block: Block,
        thresholds: Float,
        callback: Callable[[int, int, Entities], Result],
        threads: int | None = None,
    ) -> list[Future[Result]]:
        """Start to tag a block in shares of its documents.

        `callback` is called with begin, end and entities of each share of documents [begin, end). Returns the futures
        of its results, in the order of the documents.
        """

    def segments(
        self, block: Block, document: int, thresholds: Float, threads: int | None = None
    ) -> Iterator[Entities]:
        """Yield the entities of one long document in batches; offsets are int64, and the document is number 0."""

    def json_segments(
        self, block: Block, document: int, entities: Iterator[Entities], types: tuple[str, ...]
    ) -> Iterator[bytes]:
        """Yield the JSON line of one document in parts, consuming its entities lazily."""

    def to_json(
        self, block: Block, begin: int, end: int, entities: Entities, types: tuple[str, ...]
    ) -> tuple[bytes, Int]:
        """Return documents [begin, end) as lines of JSON, and the byte offsets of the lines (end - begin + 1,)."""
