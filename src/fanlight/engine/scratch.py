"""Preallocated scratch arrays for the kernels of one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.case_contexts import DocumentMemory
from fanlight.engine.chain import emission_width, row_width
from fanlight.engine.chunks import Tables
from fanlight.engine.simd import allocate_aligned

BATCH_TOKENS = 64  # tokens in a batch of whole sentences


class Scratch(NamedTuple):
    """Scratch for one sentence at a time; rows are tokens.

    Attributes
    ----------
    H, Z : float32 array (rows, M), (rows, K)
        Hidden units and emissions of several sentences.
    row_starts, contexts : int64 array (rows + P,)
    row_scales : float32 array (rows + P,)
        Flat indices of the rows of `Types.near` and of `Layers.contexts`, and the scales of the former, for the tokens
        of a sentence and the padding around it.
    parts : int64 array (P · g,)
        Flat indices of rows of `Types.row_products`.
    document_rows, shares : int64, float32 array (P · (T + 1),)
        Flat indices of rows of `Layers.document_weights`, and their factors.
    scores : float32 array (rows, R)
        Viterbi scores; R >= 4T + 1 with padding, and 5T for the logistic head.
    path : int32 array (rows,)
    candidates : int32 array (2T + 1,)
    spans : int32 array (rows, T), or of no rows
        For the logistic head: end of the entity of each type that begins at each token, or 0.
    exponentials, shifts, forward, backward : float64 array (rows, R)
    scales : float64 array (rows,)
    row : float64 array (R,)
    longest : int
        Maximum number of tokens in a sentence.
    memory : DocumentMemory
    batch : int64 array (BATCH_TOKENS,)
        Indices of the sentences in the current batch.
    border_state : int64 array (2,)
        State of `chunks.sentence_boundaries`.
    no_document_features : float32 array (0, 0)
    no_spans : int64 array (0, 2)
    """

    H: Any
    Z: Any
    row_starts: Any
    contexts: Any
    row_scales: Any
    parts: Any
    document_rows: Any
    shares: Any
    scores: Any
    path: Any
    candidates: Any
    spans: Any
    exponentials: Any
    shifts: Any
    forward: Any
    backward: Any
    scales: Any
    row: Any
    longest: Any
    memory: Any
    batch: Any
    border_state: Any
    no_document_features: Any
    no_spans: Any

    @classmethod
    def of(
        cls,
        longest: int,
        hidden: int,
        positions: int,
        types: int,
        *,
        independent: bool = False,
        parts: int = 0,
        tables: Tables | None = None,
    ) -> Scratch:
        """Return arrays for sentences of up to `longest` tokens.

        Parameters
        ----------
        longest, hidden, positions, types : int
            Tokens, hidden units with padding, window positions, entity types.
        independent : bool
            Whether each type is a chain (logistic head).
        parts : int
            Maximum number of product rows added per token and position (`FirstLayerCache.parts`).
        tables : Tables, optional
            Determine the size of `memory`; without, it is empty.
        """
        rows, width = longest + 8, row_width(types, independent)  # the second layer takes several tokens at once
        doubles: Callable[[], Any] = lambda: allocate_aligned((rows, width), np.float64)  # noqa: E731
        return cls(
            allocate_aligned((rows, hidden)), allocate_aligned((rows, emission_width(types, independent))),
            np.zeros(rows + positions, np.int64), np.zeros(rows + positions, np.int64),
            np.zeros(rows + positions, np.float32), np.zeros(positions * parts, np.int64),
            np.zeros(positions * (types + 1), np.int64), np.zeros(positions * (types + 1), np.float32),
            allocate_aligned((rows, width)), np.zeros(rows, np.int32), np.zeros(2 * types + 1, np.int32),
            np.zeros((rows if independent else 0, types), np.int32), doubles(), doubles(), doubles(), doubles(),
            np.zeros(rows), allocate_aligned((width,), np.float64), longest,
            DocumentMemory.of(tables), np.zeros(BATCH_TOKENS, np.int64), np.zeros(2, np.int64),
            np.zeros((0, 0), np.float32), np.zeros((0, 2), np.int64),
        )  # fmt: skip
