"""The forward pass of one network over concatenated tokens, from cached products of word types.

W·x is the sum over window positions k of W_k·x_{t+k} (`network.architecture`); each product depends only on a word type
and a position.

BLAS sums in an order that depends on the number of rows. Products are therefore computed in float64 and rounded to
float32, so that the scores of a token do not depend on the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.decoding import Network
from fanlight.network.inputs import WordTypes
from fanlight.network.lexicon import Lexicon
from fanlight.network.windows import CONTEXT_PADDING, windows

Int = NDArray[np.int64]
Float = NDArray[np.float32]

ROWS = 1 << 10  # tokens per step, such that their hidden layer fits into the processor's cache


class Read(NamedTuple):
    """The inputs of a network for N tokens of S sentences.

    Attributes
    ----------
    ids, contexts : int64 array (N,)
        Rows of the word types, and case contexts.
    sentences : int64 array (S + 1,)
        First token of each sentence, and N.
    features : float32 array (N, e) or None
        Gazetteer, pattern and document features.
    """

    ids: Int
    contexts: Int
    sentences: Int
    features: Float | None

    def choose(self, sentences: Int) -> tuple[Read, Int]:
        """Return the inputs of a selection of sentences, and the indices of their tokens."""
        lengths = np.diff(self.sentences)[sentences]
        offsets = np.append(0, np.cumsum(lengths))
        tokens = np.arange(offsets[-1]) + np.repeat(self.sentences[sentences] - offsets[:-1], lengths)
        features = None if self.features is None else self.features[tokens]
        return Read(self.ids[tokens], self.contexts[tokens], offsets, features), tokens


class StageNetwork:
    """The network of one stage of a model.

    Attributes
    ----------
    shape : (int, int)
        Shape of a word type's products: window positions P, hidden units m.
    bytes : int
        Size of a word type's products.
    """

    def __init__(self, configuration: Configuration, parameters: Mapping[str, Float], lexicon: Lexicon) -> None:
        self.configuration, self._parameters = configuration, parameters
        self.network = Network(configuration, parameters, lexicon)
        self.shape = (configuration.positions, configuration.hidden)
        self.bytes = 4 * configuration.positions * configuration.hidden
        p, positions = parameters, range(configuration.positions)
        self._W = [(configuration.columns_at(k), _exact(p[f"W_{k}"].T)) for k in positions]
        self._contexts: Float | None = None  # G_k @ g of each case context, by position
        if configuration.context_width:
            self._contexts = np.concatenate([p["contexts"] @ p[f"G_{k}"].T for k in positions])
        self._E = [_exact(p[f"E_{k}"].T) for k in positions] if configuration.evidence_width else []
        self._U = _exact(p["U"].T)

    def row_products(self, types: WordTypes) -> Float:
        """Return W_k @ x of word types (t, P, m)."""
        V = self.network.vectors(types).astype(np.float64)
        out = np.empty((len(V), *self.shape), np.float32)
        for k, (columns, W) in enumerate(self._W):
            out[:, k] = V[:, columns] @ W
        return out

    def emissions(self, read: Read, row_products: Float) -> Float:
        """Return the emissions Z (N, K), given the products (rows, P, m) of word types."""
        Z = np.empty((len(read.ids), self.configuration.tags), np.float32)
        for part, H in self._hidden(read, row_products):
            Z[part] = H.astype(np.float64) @ self._U
        Z += self._parameters["c"][:, 0]
        return Z

    def hidden(self, read: Read, row_products: Float) -> Float:
        """Return the hidden layer (N, m), given the products (rows, P, m) of word types."""
        return np.concatenate(
            [np.zeros((0, self.shape[1]), np.float32), *(H for _, H in self._hidden(read, row_products))]
        )

    def _hidden(self, read: Read, row_products: Float) -> Iterator[tuple[slice, Float]]:
        """Yield slices of tokens and their hidden layer, `ROWS` tokens at a time."""
        radius, configuration, N = self.configuration.radius, self.configuration, len(read.ids)
        flat = row_products.reshape(-1, configuration.hidden)
        positions = np.arange(configuration.positions)[:, None]
        ids = windows(read.ids, read.sentences, radius, 0) * configuration.positions + positions
        contexts = tokens = None
        if self._contexts is not None:
            contexts = windows(read.contexts, read.sentences, radius, CONTEXT_PADDING)
            contexts += (CONTEXT_PADDING + 1) * positions
        if self._E and read.features is not None:
            featured = np.flatnonzero(read.features.any(1))
            place = np.full(N + 1, -1, np.int64)
            place[featured] = np.arange(len(featured))
            tokens, features = place[windows(np.arange(N), read.sentences, radius, N)], read.features[featured]
        for begin in range(0, N, ROWS):
            part = slice(begin, begin + ROWS)
            H = np.take(flat, ids[0, part], 0)
            row = np.empty_like(H)
            for k in range(1, configuration.positions):
                H += np.take(flat, ids[k, part], 0, out=row, mode="clip")
            if contexts is not None and self._contexts is not None:
                for k in range(configuration.positions):
                    H += np.take(self._contexts, contexts[k, part], 0, out=row, mode="clip")
            if tokens is not None:
                for k, E in enumerate(self._E):
                    near = np.flatnonzero(tokens[k, part] >= 0)
                    H[near] += features[tokens[k, part][near]] @ E
            H += self._parameters["b"][:, 0]
            yield part, _ACTIVATIONS[configuration.activation](H)


def _exact(W: Float) -> NDArray[np.float64]:
    return np.ascontiguousarray(W, np.float64)


def _relu(H: Float) -> Float:
    return np.maximum(H, 0, out=H)


def _sigmoid(H: Float) -> Float:
    with np.errstate(over="ignore"):
        return np.float32(1) / (np.float32(1) + np.exp(-H))


def _hard_tanh(H: Float) -> Float:
    return np.clip(H, -1, 1)


_ACTIVATIONS: dict[str, Callable[[Float], Float]] = {
    "relu": _relu,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "hardtanh": _hard_tanh,
}
