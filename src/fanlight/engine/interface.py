"""What an engine is: a block of documents and thresholds in, entities as columns out."""

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
    """Tags blocks with one model of any kind; every implementation gives the same entities.

    Probabilities agree to 1e-3 (`engine.twins.ROUNDING`); where two readings are equally probable to float32, either
    may win.

    Attributes
    ----------
    types : tuple of str
        The model's entity types; `Entities.types` counts in it.
    plain : bool
        Whether it is the reference, which runs no kernels.
    """

    types: tuple[str, ...]
    plain: bool

    def entities(self, block: Block, thresholds: Float, threads: int | None = None) -> Entities:
        """Return the entities of a block.

        Parameters
        ----------
        block : Block
        thresholds : float64 array (types,)
            Entities of a type that are less probable are left out.
        threads : int, optional
            That may run the network; by default one a core.

        Returns
        -------
        Entities
            By document, then by start; of equal starts the longer first, then by the type's name.
        """

    def json(self, block: Block, thresholds: Float, threads: int | None = None) -> bytes:
        """Return a block's documents with their entities as lines of JSON in UTF-8 (`Document.to_json`)."""

    def begin(
        self,
        block: Block,
        thresholds: Float,
        then: Callable[[int, int, Entities], Result],
        threads: int | None = None,
    ) -> list[Future[Result]]:
        """Begin to tag a block, as `entities` does, in shares of its documents.

        `then` gets the first document of a share, the last and their entities. Returns its results, in order.
        """

    def segments(
        self, block: Block, document: int, thresholds: Float, threads: int | None = None
    ) -> Iterator[Entities]:
        """Yield the entities of one long document, some at a time; offsets are 64-bit, the document is 0."""

    def json_segments(
        self, block: Block, document: int, entities: Iterator[Entities], types: tuple[str, ...]
    ) -> Iterator[bytes]:
        """Yield the line of JSON of one document in parts, while its entities come."""

    def to_json(
        self, block: Block, begin: int, end: int, entities: Entities, types: tuple[str, ...]
    ) -> tuple[bytes, Int]:
        """Return documents [begin, end) as lines of JSON, and where each begins and the last ends."""
