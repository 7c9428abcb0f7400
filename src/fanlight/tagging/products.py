"""The first layer's products of word types, W_k @ x for each window position k."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.decoding import Network
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.network.windows import CONTEXT_PADDING
from fanlight.tagging import block_kernels
from fanlight.tagging.lanes import aligned
from fanlight.tagging.sentence_kernels import Layers, Types, layers_of, padded

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Rows = NDArray[np.int32]


class Stage(ABC):
    """One network's layers over the word types known so far.

    Attributes
    ----------
    rows : float32 array (d, P · M)
        The first layer's weights for a word type's vector and its marks, for each window position, units padded.
    """

    def __init__(self, made: Configuration, parameters: Mapping[str, NDArray[np.float32]], model: Model) -> None:
        self.made, self.parameters, self.lexicon = made, parameters, model.lexicon
        p, m, M, positions = parameters, made.hidden, padded(made.hidden), made.positions
        self.width = positions * M
        marks = 0 if model.gazetteer is None else model.gazetteer.width
        W = np.zeros((made.width + marks, positions, M), np.float32)
        self.contexts = aligned((CONTEXT_PADDING + 1 if made.context_width else 0, self.width))
        rest = made.evidence_width - marks
        self.evidence = aligned((positions, rest, M))
        for k in range(positions):
            W[: made.width, k, :m] = p[f"W_{k}"].T
            if made.context_width:
                self.contexts[:, k * M : k * M + m] = p["contexts"] @ p[f"G_{k}"].T
            if made.evidence_width:
                E = p[f"E_{k}"].T
                W[made.width :, k, :m], self.evidence[k, :, :m] = E[:marks], E[marks:]
        self.rows = W.reshape(len(W), self.width)
        ((_, _, A),) = Network(made, parameters, self.lexicon).chains(np.zeros((1, made.tags), np.float32))
        self.A = np.asarray(A, np.float32)
        self._layers: Layers | None = None  # as long as the arrays of types are

    bytes: int  # that a type takes
    copied = False  # whether readers of `layers` may go on after `renew`

    @property
    @abstractmethod
    def room(self) -> int:
        """How many types there is room for."""

    @abstractmethod
    def grow(self, room: int) -> None:
        """Make room for so many types."""

    def renew(self, kept: Int) -> None:  # noqa: B027 - most have nothing to do
        """Forget the types other than these."""

    @abstractmethod
    def learn(self, types: WordTypes, marks: NDArray[np.float32] | None, rows: Rows) -> None:
        """Work out what is remembered of new types; `marks` are theirs in gazetteers."""

    @abstractmethod
    def types(self) -> Types:
        """Return what is remembered of the types."""

    def layers(self) -> Layers:
        """Return the network as the kernels want it."""
        if self._layers is None:
            self._layers = layers_of(self.parameters, self.A, self.made, self.types(), self.contexts, self.evidence)
        return self._layers


class Products(Stage):
    """Remembers the products of each type: of words, most of which come again."""

    def __init__(self, made: Configuration, parameters: Mapping[str, NDArray[np.float32]], model: Model) -> None:
        super().__init__(made, parameters, model)
        self._W = panels(self.rows)
        self._products = aligned((0, self.width))
        self.bytes = 4 * self.width

    @property
    def room(self) -> int:
        """How many types there is room for."""
        return len(self._products)

    def grow(self, room: int) -> None:
        """Make room for so many types."""
        grown = aligned((room, self.width), zeros=False)  # of which the system provides what is written to
        grown[: self.room] = self._products
        self._products, self._layers = grown, None

    def learn(self, types: WordTypes, marks: NDArray[np.float32] | None, rows: Rows) -> None:
        """Remember new types; `marks` are theirs in gazetteers."""
        V = np.zeros((len(types.words), len(self.rows)), np.float32)
        column = self.made.vector_width
        if column:
            V[:, :column] = self.lexicon.vectors(types.words)
        for group, bag in zip(self.made.groups, types.bags, strict=True):
            block_kernels.sum_bags(self.parameters[group.name], bag.ids, bag.offsets, V, column)
            column += group.dimension
        if marks is not None:
            V[:, column:] = marks
        kinds = 2 * (types.words < 0) + (0 if marks is None else marks.any(1))
        order = np.argsort(kinds, kind="stable")  # types without a vector or marks together: their zeros cost nothing
        block_kernels.multiply(V, self._W, order, rows, self._products)

    def types(self) -> Types:
        """Return what is remembered of the types."""
        return Types.of(self._products)


def panels(W: Float) -> Float:
    """Lay out W (d, n) in panels (n / columns, d, columns), as `lanes.tile` wants it."""
    columns = len(block_kernels.PANEL)
    made = aligned((W.shape[1] // columns, len(W), columns))
    made[...] = W.reshape(len(W), -1, columns).transpose(1, 0, 2)
    return made
