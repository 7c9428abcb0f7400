"""First-layer products of word types: W_k @ x for each window position k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.first_layer import Layers, Types, layers_of, pad_hidden
from fanlight.engine.matmul import multiply, panels, quantise, sum_bags
from fanlight.engine.row_products import COMBINATIONS, RowProducts, clear, products_of_bits
from fanlight.engine.simd import allocate_aligned
from fanlight.network.configuration import Configuration
from fanlight.network.decoding import Network
from fanlight.network.document_features import gazetteer_feature_width
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.network.windows import CONTEXT_PADDING
from fanlight.text.gazetteers import MARKS as GAZETTEER_FEATURES
from fanlight.text.patterns import MARKS as PATTERN_FEATURES

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Rows = NDArray[np.int32]


class FirstLayerCache:
    """The layers of one network, and the products of the word types seen so far.

    The products of words are matrix products. Those of characters are mostly sums of precomputed products of table
    rows, and at far positions the rows are added per token (`engine.row_products`).

    Attributes
    ----------
    parts : int
        Maximum number of rows added per token and far position, for `Scratch.of`: those of its type, and one per group
        of token features (`engine.token_features`).
    bytes : int
        Size of a type's products.
    """

    parts: int
    bytes: int

    def __init__(self, configuration: Configuration, parameters: Mapping[str, Float], model: Model) -> None:
        self._configuration, self._parameters, self._lexicon = configuration, parameters, model.lexicon
        p, m, M, positions = parameters, configuration.hidden, pad_hidden(configuration.hidden), configuration.positions
        listed, features = (gazetteer_feature_width(model.gazetteer, patterns) for patterns in (None, model.patterns))
        typed = listed if configuration.unit == "character" else 0  # gazetteer features that depend only on the type
        W = np.zeros((configuration.width + typed, positions, M), np.float32)
        E = np.zeros((features, positions, M), np.float32)
        self._contexts = allocate_aligned((CONTEXT_PADDING + 1 if configuration.context_width else 0, positions * M))
        self._document_weights = allocate_aligned((positions, configuration.evidence_width - features, M))
        for k in range(positions):
            W[configuration.columns_at(k), k, :m] = p[f"W_{k}"].T
            if configuration.context_width:
                self._contexts[:, k * M : k * M + m] = p["contexts"] @ p[f"G_{k}"].T
            if configuration.evidence_width:
                E[:, k, :m], self._document_weights[k, :, :m] = np.split(p[f"E_{k}"].T, [features])
        W[configuration.width :] = E[:typed]
        _, _, A = Network(configuration, parameters, self._lexicon).chains(
            np.zeros((1, configuration.tags), np.float32)
        )[0]
        self._A = np.asarray(A, np.float32)
        self._tables = RowProducts(configuration, parameters, W) if configuration.unit == "character" else None
        near_radius = configuration.radius if self._tables is None else self._tables.near_radius
        multiplied = np.ones(len(W), np.bool_)
        if self._tables is not None:
            multiplied[configuration.width :] = False
            for name in self._tables.names:
                multiplied[configuration.columns[name]] = False
        near = W[multiplied, configuration.radius - near_radius : configuration.radius + near_radius + 1]
        self._W = panels(near.reshape(len(near), (2 * near_radius + 1) * M))
        self._row_products = (
            np.zeros((0, positions * M), np.float32) if self._tables is None else self._tables.row_products
        )
        self._first_group = len(self._row_products)
        if typed < features:
            self._add_groups([(E[typed:listed], GAZETTEER_FEATURES), (E[listed:], PATTERN_FEATURES)])
        count = 0 if self._tables is None else self._tables.count
        self.parts = count + (len(self._row_products) - self._first_group) // COMBINATIONS
        # characters' products are float32 sums; rounding them would cost more than it saves
        kind = np.int16 if self._tables is None else np.float32
        self._near, self._scales = allocate_aligned((0, (2 * near_radius + 1) * M), kind), np.zeros(0, np.float32)
        self._parts = np.zeros((0, count), np.int32)
        self.bytes = self._near.itemsize * self._near.shape[1] + 4 * count
        self._layers: Layers | None = None  # until an array of products is replaced

    def _add_groups(self, features: Sequence[tuple[Float, int]]) -> None:
        """Append the products of token features, given weights and bits per group (`products_of_bits`)."""
        parts = [self._row_products, *(products_of_bits(E, bits) for E, bits in features)]
        self._row_products = allocate_aligned((sum(map(len, parts)), parts[0].shape[1]))
        np.concatenate(parts, out=self._row_products)
        if self._tables is not None:
            self._tables.row_products = self._row_products

    def copy_empty(self) -> FirstLayerCache:
        """Return a cache with the same layers and no types."""
        cache = copy(self)
        cache._near = allocate_aligned((0, self._near.shape[1]), self._near.dtype)
        cache._scales, cache._parts, cache._layers = self._scales[:0].copy(), self._parts[:0].copy(), None
        return cache

    @property
    def capacity(self) -> int:
        """Maximum number of word types in the arrays."""
        return len(self._near)

    def grow(self, capacity: int) -> None:
        """Grow the arrays to a capacity in types; pages are allocated by the system when they are written to."""
        near = allocate_aligned((capacity, self._near.shape[1]), self._near.dtype, zeros=False)
        scales = np.empty(capacity if self._tables is None else 0, np.float32)
        parts = np.empty((capacity, self._parts.shape[1]), np.int32)
        near[: self.capacity], parts[: self.capacity] = self._near, self._parts
        scales[: len(self._scales)] = self._scales
        self._near, self._scales, self._parts, self._layers = near, scales, parts, None

    def learn(self, types: WordTypes, gazetteer_features: Float | None, rows: Rows) -> None:
        """Compute the products of new types, and write them to `rows`."""
        if len(self._W[0]):
            self._multiply(types, gazetteer_features if self._tables is None else None, rows)
        else:
            clear(self._near, rows)
        if self._tables is not None:
            self._tables.learn(types, gazetteer_features, rows, self._near, self._parts)

    def _multiply(self, types: WordTypes, gazetteer_features: Float | None, rows: Rows) -> None:
        """Compute matrix products for the features whose table rows have no precomputed products."""
        tables, column = self._tables, self._configuration.vector_width
        V = np.zeros((len(types.words), self._W.shape[1]), np.float32)
        if column:
            V[:, :column] = self._lexicon.vectors(types.words, compiled=True)
        for group, bag in zip(self._configuration.groups, types.bags, strict=True):
            if tables is None or group.name not in tables.names:
                sum_bags(self._parameters[group.name], bag.ids, bag.offsets, V, column)
                column += group.dimension
        kinds = 2 * (types.words < 0)
        if gazetteer_features is not None:
            V[:, column:], kinds = gazetteer_features, kinds + gazetteer_features.any(1)
        order = np.argsort(kinds, kind="stable")  # types with the same zeros are adjacent, so `multiply` skips them
        if tables is not None:
            multiply(V, self._W, order, rows, self._near)
            return
        type_products = np.empty((len(rows), self._near.shape[1]), np.float32)
        multiply(V, self._W, order, np.arange(len(rows)), type_products)
        quantise(type_products, rows, self._near, self._scales)

    def layers(self) -> Layers:
        """Return the layers with the current arrays of products."""
        if self._layers is None:
            types = Types(self._near, self._scales, self._row_products, self._parts, self._first_group)
            self._layers = layers_of(
                self._parameters,
                self._A,
                self._configuration,
                types,
                contexts=self._contexts,
                document_weights=self._document_weights,
            )
        return self._layers
