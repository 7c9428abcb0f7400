"""The first layer's products of word types, W_k @ x for each window position k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.decoding import Network
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.network.windows import CONTEXT_PADDING
from fanlight.tagging import block_kernels
from fanlight.tagging.lanes import aligned
from fanlight.tagging.numbers import Numbers
from fanlight.tagging.sentence_kernels import Layers, layers_of, padded
from fanlight.text.features import Bag

Float = NDArray[np.float32]
Rows = NDArray[np.int32]
RECURRING = frozenset(
    ("character", "class", "position", "position_from_end", "word_length", "neighbours")
)  # features of which there are so few bags that their products are remembered
MOST = 1 << 12  # products of such that are remembered


class Stage:
    """One network's layers over the word types known so far."""

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
        rows = W.reshape(len(W), self.width)
        some = {g.name: rows[made.columns[g.name]] for g in made.groups if set(g.features) <= RECURRING}
        self._recurring = _Recurring([(p[name], _panels(part)) for name, part in some.items()], self.width)
        own = np.ones(len(rows), np.bool_)
        for name in some:
            own[made.columns[name]] = False
        self.W = _panels(rows[own])
        ((_, _, A),) = Network(made, parameters, self.lexicon).chains(np.zeros((1, made.tags), np.float32))
        self.A = np.asarray(A, np.float32)
        self.products = aligned((0, self.width))
        self._layers: Layers | None = None  # as long as the products are

    @property
    def room(self) -> int:
        """How many types there is room for."""
        return len(self.products)

    def grow(self, room: int) -> None:
        """Make room for so many types."""
        grown = aligned((room, self.width), zeros=False)  # of which the system provides what is written to
        grown[: self.room] = self.products
        self.products, self._layers = grown, None

    def learn(self, types: WordTypes, marks: NDArray[np.float32] | None, rows: Rows) -> None:
        """Work out the products of new types; `marks` are theirs in gazetteers."""
        count = len(types.words)
        V = np.zeros((count, self.W.shape[1]), np.float32)
        column = self.made.vector_width
        if column:
            V[:, :column] = self.lexicon.vectors(types.words)
        recurring = []
        for group, bag in zip(self.made.groups, types.bags, strict=True):
            if set(group.features) <= RECURRING:
                recurring.append(bag)
                continue
            block_kernels.sum_bags(self.parameters[group.name], bag.ids, bag.offsets, V, column)
            column += group.dimension
        if marks is not None:
            V[:, column : column + marks.shape[1]] = marks
        kinds = 2 * (types.words < 0) + (0 if marks is None else marks.any(1))
        order = np.argsort(kinds, kind="stable")  # types without a vector or marks together: their zeros cost nothing
        known, numbers = self._recurring.of(recurring, count)
        block_kernels.multiply(V, self.W, order, rows, known, numbers, self.products)

    def layers(self) -> Layers:
        """Return the network as the kernels want it."""
        if self._layers is None:
            self._layers = layers_of(self.parameters, self.A, self.made, self.products, self.contexts, self.evidence)
        return self._layers


class _Recurring:
    """Products of the bags of some tables, each worked out once: W @ x is a sum over the tables' parts of x.

    Parameters
    ----------
    tables : sequence of (array (buckets, d), array (panels, d, columns))
        Each table and its part of W.
    width : int
    """

    def __init__(self, tables: Sequence[tuple[Float, Float]], width: int) -> None:
        self._tables, self._lock = tables, Lock()
        self._products = aligned((MOST if tables else 0, width), zeros=False)
        self._numbers = Numbers(1 << 14)

    def of(self, bags: Sequence[Bag], count: int) -> tuple[Float, Rows]:
        """Return remembered products and, for each of `count` types, the rows of its bags (count, tables)."""
        numbers = np.empty((count, len(bags)), np.int32)
        hashes = np.empty((len(bags), count), np.uint64)
        for g, bag in enumerate(bags):
            block_kernels.hash_bags(bag.ids, bag.offsets, g, hashes[g])
        with self._lock:
            if len(self._numbers) + hashes.size > len(self._products):
                most = len(np.unique(hashes))
                if len(self._numbers) + most > len(self._products):  # begun anew; others go on with the old array
                    self._products = aligned((max(MOST, most), self._products.shape[1]), zeros=False)
                    self._numbers = Numbers(1 << 14)
            for g, (bag, (table, W)) in enumerate(zip(bags, self._tables, strict=True)):
                before = len(self._numbers)
                numbers[:, g] = self._numbers.of(hashes[g])
                if len(self._numbers) == before:
                    continue
                new, first = np.unique(numbers[:, g], return_index=True)
                first = first[new >= before]
                V = np.zeros((count, W.shape[1]), np.float32)
                block_kernels.sum_bags(table, bag.ids, bag.offsets, V, 0)
                none = np.zeros((count, 0), np.int32)
                block_kernels.multiply(V, W, first, numbers[:, g].copy(), self._products[:0], none, self._products)
            return self._products, numbers


def _panels(W: Float) -> Float:
    """Lay out W (d, n) in panels, as `block_kernels.multiply` wants it."""
    columns = len(block_kernels.PANEL)
    made = aligned((W.shape[1] // columns, len(W), columns))
    made[...] = W.reshape(len(W), -1, columns).transpose(1, 0, 2)
    return made
