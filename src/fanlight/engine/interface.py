"""What an engine is: a block of documents and thresholds in, entities as columns out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.columns import Block, Entities


class Engine(Protocol):
    """Tags blocks with one model of any kind; every implementation gives the same entities.

    Probabilities agree to 1e-5 (`engine.twins`); where two readings are equally probable to float32, either may win.

    Attributes
    ----------
    types : tuple of str
        The model's entity types; `Entities.types` counts in it.
    """

    types: tuple[str, ...]

    def entities(self, block: Block, thresholds: NDArray[np.float64]) -> Entities:
        """Return the entities of a block.

        Parameters
        ----------
        block : Block
        thresholds : float64 array (types,)
            Entities of a type that are less probable are left out.

        Returns
        -------
        Entities
            By document, then by start; of equal starts the longer first, then by the type's name.
        """
