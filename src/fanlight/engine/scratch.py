"""Scratch arrays that a thread's kernels write to, allocated once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.case_contexts import DocumentMemory
from fanlight.engine.chain import emission_width, row_width
from fanlight.engine.chunks import Tables
from fanlight.engine.simd import allocate_aligned

BATCH_TOKENS = 64  # tokens, of whole sentences, that are worked out at once


class Scratch(NamedTuple):
    """Scratch for one sentence at a time; rows are tokens.

    Attributes
    ----------
    H, Z : float32 array (rows, M), (rows, K)
        Hidden units and emissions of several sentences.
    row_starts, contexts : int64 array (rows + P,)
    row_scales : float32 array (rows + P,)
        Where the rows of products and of contexts are, and the former's scales (`first_layer.Types`), of the tokens of
        a sentence and of the positions before and after it.
    parts : int64 array (P · g,)
    document_rows, shares : int64, float32 array (P · (T + 1),)
        Where the rows of `Layers.document_weights` are, and what these are multiplied by.
    scores : float32 array (rows, R)
        Scores of best paths; R >= 4T + 1 with padding, and 5T for the logistic head.
    path : int32 array (rows,)
    candidates : int32 array (2T + 1,)
    spans : int32 array (rows, T), or of no rows
        Where the entity of a type that begins at a token ends, for the logistic head.
    exponentials, shifts, forward, backward : float64 array (rows, R)
    scales : float64 array (rows,)
    row : float64 array (R,)
    longest : int
        Tokens of the longest sentence.
    memory : DocumentMemory
    batch : int64 array (BATCH_TOKENS,)
        Numbers of the sentences that are worked out at once.
    border_state : int64 array (2,)
        Of `chunks.sentence_boundaries`.
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
            Tokens, hidden units with their padding, positions of the window, entity types.
        independent : bool
            Whether each type has a chain of its own.
        parts : int
            How many a word type has at most (`first_layer.Types`).
        tables : Tables, optional
            Of the documents, unless other memory holds what these have of each form.
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
