"""Kernels for both layers of the network, from cached products to emissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.case_contexts import CONTEXT
from fanlight.engine.chain import NEVER, OPEN, Chain, columns, emission_width
from fanlight.engine.simd import (
    MANY_REGISTERS,
    add_row,
    allocate_aligned,
    fma,
    larger,
    load,
    prefetch,
    splat,
    store,
    tile,
)
from fanlight.jit import ZERO, inner
from fanlight.network.configuration import ACTIVATIONS, Configuration
from fanlight.network.windows import CONTEXT_PADDING

RELU, TANH, SIGMOID, HARDTANH = range(len(ACTIVATIONS))
UNITS = (0,) * 32  # a vector of hidden units; their number is padded to a multiple of its length
AHEAD = 4  # tokens by which prefetches precede reads
Float = NDArray[np.float32]
LINE = 64  # bytes of a cache line
ROWS = (0,) * (8 if MANY_REGISTERS else 6)  # tokens in a tile of the second layer
LEAST_SHARE = np.float32(1e-8)  # a smaller document feature is lost in the rounding of float32


class Types(NamedTuple):
    """Cached products of word types, x being a type's vector; row 0 stands for positions outside a sentence.

    Attributes
    ----------
    near : int16 or float32 array (types, (2n + 1) · M)
        W_k @ x of each type at the near window positions k, up to n tokens from the middle.
    scales : float32 array (types,), or (0,) if `near` is float32
        Factor of each row of int16: half the memory, with an error of 2^-16 of the row's largest magnitude.
    row_products : float32 array (rows, P · M)
        W_k @ (part of x) at each window position k, used at positions that are not near; row 0 is zero. Then products
        of token features, used at all positions.
    parts : int32 array (types, g)
        The rows of ``row_products`` whose sum is a type's product.
    features : int
        First row of ``row_products`` for token features.
    """

    near: Any
    scales: Any
    row_products: Any
    parts: Any
    features: Any


class Layers(NamedTuple):
    """The layers of a network: T types, P positions, M hidden units and K tags (M and K padded).

    Attributes
    ----------
    types : Types
    contexts : float32 array (64 + 1, P · M)
        G_k @ g of each case context; no rows if the network has no context embeddings.
    document_weights : float32 array (P, e, M)
        E_k transposed: weights of document features (`network.document_features`).
    b : float32 array (M,)
    U : float32 array (K / 16, M, 16)
        U transposed, in panels of columns; columns are ordered as in `chain.columns`.
    c : float32 array (K,)
    scores : Chain
        Transition scores.
    weights : Chain
        exp of the transition scores, in float64: products in float32 may be denormal, which is slow.
    activation : int
    independent : bool
        Whether the head is logistic: one chain per type (`engine.type_chains`).
    ranks : int32 array (T,)
        Type indices sorted by name.
    """

    types: Types
    contexts: Any
    document_weights: Any
    b: Any
    U: Any
    c: Any
    scores: Chain
    weights: Chain
    activation: Any
    independent: Any
    ranks: Any


def pad_hidden(hidden: int) -> int:
    """Return the number of hidden units with padding."""
    return -(-hidden // len(UNITS)) * len(UNITS)


def layers_of(
    p: Mapping[str, NDArray[np.float32]],
    A: NDArray[np.float32],
    configuration: Configuration,
    word_types: Types,
    *,
    contexts: Float,
    document_weights: Float,
) -> Layers:
    """Return the layers of a network with parameters `p` and transitions `A`."""
    types, independent = len(configuration.types), configuration.head == "logistic"
    M, K, where = pad_hidden(configuration.hidden), emission_width(types, independent), columns(types, independent)
    U, b, c = np.zeros((M, K), np.float32), allocate_aligned((M,)), allocate_aligned((K,))
    c[:] = NEVER
    U[: configuration.hidden, where], b[: configuration.hidden], c[where] = p["U"].T, p["b"][:, 0], p["c"][:, 0]
    panels = allocate_aligned((K // len(OPEN), M, len(OPEN)))
    panels[...] = U.reshape(M, -1, len(OPEN)).transpose(1, 0, 2)
    scores, weights = Chain.of(A, len(A) // 4, NEVER), Chain.of(np.exp(A.astype(np.float64)), len(A) // 4, 0)
    activation, ranks = ACTIVATIONS.index(configuration.activation), np.argsort(configuration.types).astype(np.int32)
    return Layers(word_types, contexts, document_weights, b, panels, c, scores, weights, activation, independent, ranks)


@inner(fastmath={"contract"}, forceinline=True)
def emissions(net: Any, tokens: Any, document_features: Any, sentences: Any, scratch: Any) -> None:
    """Fill scratch.Z (n, K) with the emissions of the sentences with these indices, one after the other.

    ``document_features`` (N, e) are those of all `tokens`.
    """
    sentence_offsets = tokens.sentence_offsets
    M, K = len(net.b), len(net.c)
    n = ZERO
    for s in sentences:
        _first_layer(net, tokens, document_features, sentence_offsets[s], sentence_offsets[s + 1], n, scratch)
        n += sentence_offsets[s + 1] - sentence_offsets[s]
    if net.activation == TANH:
        for t in range(n):
            h = scratch.H[t]
            for j in range(M):
                h[j] = np.tanh(h[j])
    elif net.activation == SIGMOID:
        for t in range(n):
            h = scratch.H[t]
            for j in range(M):
                h[j] = np.float32(1) / (np.float32(1) + np.exp(-h[j]))
    elif net.activation == HARDTANH:
        for t in range(n):
            h = scratch.H[t]
            for j in range(M):
                h[j] = min(max(h[j], np.float32(-1)), np.float32(1))
    for j in range(0, K, len(OPEN)):
        c = load(net.c, j, OPEN)
        for t in range(0, n, len(ROWS)):  # the last tile may have rows beyond n
            for i in range(len(ROWS)):
                store(c, scratch.Z, (t + i) * K + j)
            tile(ROWS, OPEN, scratch.H, t * M, M, net.U, j * M, M, scratch.Z, t * K + j, K)


@inner(forceinline=True)
def _find_rows(net: Any, tokens: Any, sentence_begin: int, n: int, scratch: Any) -> None:
    """Fill scratch.row_starts, row_scales and contexts for the n tokens of a sentence and the padding around it."""
    positions, near, scales = len(net.document_weights), net.types.near, net.types.scales
    radius, width = positions // 2, positions * len(net.b)
    for u in range(-radius, n + radius):
        inside = 0 <= u < n
        type_ = np.int64(tokens.types[sentence_begin + u]) if inside else 0
        case_context = np.int64(tokens.contexts[sentence_begin + u] & CONTEXT) if inside else CONTEXT_PADDING
        scratch.row_starts[radius + u] = type_ * near.shape[1]
        scratch.row_scales[radius + u] = scales[type_] if len(scales) else np.float32(1)
        scratch.contexts[radius + u] = case_context * width


@inner(fastmath={"contract"}, forceinline=True)
def _first_layer(
    net: Any, tokens: Any, document_features: Any, sentence_begin: int, sentence_end: int, at: int, scratch: Any
) -> None:
    """Fill scratch.H from row `at` on for the tokens of a sentence; apply ReLU if that is the activation."""
    M, n = len(net.b), sentence_end - sentence_begin
    ids, features = tokens.types, tokens.features
    near, _, row_products, parts, row = net.types
    g, positions, document_width = parts.shape[1], len(net.document_weights), document_features.shape[1]
    radius, close, width = positions // 2, near.shape[1] // M, positions * M
    skip, contextual = (positions - close) // 2, len(net.contexts) > 0
    y, row_starts, row_scales, context_starts = scratch.parts, scratch.row_starts, scratch.row_scales, scratch.contexts
    floor = splat(np.float32(0 if net.activation == RELU else NEVER), UNITS)
    _find_rows(net, tokens, sentence_begin, n, scratch)
    several = g > 0 or len(features.heads) > 0
    for t in range(n):
        ahead = sentence_begin + t + radius + AHEAD
        if ahead < len(ids):
            for j in range(0, near.shape[1], LINE // near.itemsize):
                prefetch(near, np.int64(ids[ahead]) * near.shape[1] + j)
            if g:
                prefetch(parts, np.int64(ids[ahead]) * g)
        count = 0
        for k in range(positions if several else 0):
            u = t + k - radius
            inside = 0 <= u < n
            type_ = np.int64(ids[sentence_begin + u]) if inside else 0
            if not skip <= k < skip + close:
                for i in range(g):
                    if parts[type_, i]:
                        y[count] = np.int64(parts[type_, i]) * width + k * M
                        count += 1
            entry = features.heads[sentence_begin + u] if inside and len(features.heads) else -1
            while entry >= 0:
                y[count] = np.int64(row + features.entries[entry, 0]) * width + k * M
                count += 1
                entry = features.entries[entry, 1]
        begin, end = max(0, radius - t), min(positions, n - t + radius) if document_width else 0
        shares = 0
        for k in range(begin, end):
            u = sentence_begin + t + k - radius
            if document_features[u, document_width - 1]:
                for i in range(document_width):
                    scratch.shares[shares] = document_features[u, i]
                    scratch.document_rows[shares] = (k * document_width + i) * M
                    shares += document_features[u, i] > LEAST_SHARE
        for j in range(0, M, len(UNITS)):
            v = load(net.b, j, UNITS)
            for k in range(close):
                v = add_row(v, near, row_starts[t + skip + k] + k * M + j, row_scales[t + skip + k])
            for i in range(count):
                v = v + load(row_products, y[i] + j, UNITS)
            if contextual:
                for k in range(positions):
                    v = v + load(net.contexts, context_starts[t + k] + k * M + j, UNITS)
            for i in range(shares):
                place = scratch.document_rows[i] + j
                v = fma(splat(scratch.shares[i], UNITS), load(net.document_weights, place, UNITS), v)
            store(larger(v, floor), scratch.H, (at + t) * M + j)
