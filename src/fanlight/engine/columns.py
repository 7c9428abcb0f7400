"""The columns that pass between the parts of an engine: blocks of text in, entities out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
MARGIN = 4  # padding bytes after a block's text, so that kernels may read ahead


class Block(NamedTuple):
    """D documents: document d is ``data[text_starts[d]:text_ends[d]]``, valid UTF-8 (no lone surrogates).

    Attributes
    ----------
    data : uint8 array
        The text, followed by `MARGIN` padding bytes.
    text_starts, text_ends : int64 array (D,)
    """

    data: NDArray[np.uint8]
    text_starts: Int
    text_ends: Int

    @classmethod
    def of(cls, texts: Sequence[str]) -> Block:
        """Encode texts."""
        parts = [text.encode() for text in texts]
        places = np.array([0, *accumulate(map(len, parts))], np.int64)
        data = np.frombuffer(b"".join([*parts, bytes(MARGIN)]), np.uint8)
        return cls(data, places[:-1], places[1:])

    def text(self, document: int) -> str:
        """Decode one document."""
        return bytes(self.data[self.text_starts[document] : self.text_ends[document]]).decode()


class Entities(NamedTuple):
    """E entities as columns, in the order of the documents and of the text.

    Attributes
    ----------
    documents : int32 array (E,)
        Index of the document in the block.
    char_starts, char_ends : int32 array (E,)
        Offsets in the document in code points.
    byte_starts, byte_ends : int32 array (E,)
        Offsets in the block's data in bytes.
    types : int32 array (E,)
        Index of the entity type.
    probabilities : float64 array (E,)
        P(exactly this span has this type | its sentence).
    """

    documents: Any
    char_starts: Any
    char_ends: Any
    byte_starts: Any
    byte_ends: Any
    types: Any
    probabilities: Any

    @classmethod
    def allocate(cls, count: int) -> Entities:
        """Return uninitialised columns for `count` entities."""
        columns = [np.empty(count, np.int32) for _ in range(6)]
        return cls(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], np.empty(count))

    @classmethod
    def concatenate(cls, parts: Iterable[Entities]) -> Entities:
        """Concatenate columns and convert them to the dtypes of `allocate`."""
        empty = cls.allocate(0)
        rows = (np.concatenate(arrays).astype(arrays[0].dtype) for arrays in zip(empty, *parts, strict=True))
        return cls(*rows)


class Features(NamedTuple):
    """Gazetteer and pattern features of N tokens, as linked lists; see `engine.token_features`.

    Attributes
    ----------
    heads : int32 array (N,), or (0,) for a model without such features
        Index of each token's first entry, or -1.
    entries : int32 array (n, 2)
        Row of the feature's products, relative to `Types.features`; index of the token's next entry, or -1.
    count : int64 array (1,)
        Number of entries in use.
    """

    heads: Any
    entries: Any
    count: Any


NO_FEATURES = Features(np.empty(0, np.int32), np.empty((0, 2), np.int32), np.zeros(1, np.int64))


class Tokens(NamedTuple):
    """N tokens of S sentences, concatenated.

    Attributes
    ----------
    types : int32 array (N,)
        Word types, as rows of `chunks.Tables`.
    offsets : int32 array (N, 4)
        Start and end in the document in code points, start and end in the data in bytes.
    contexts : int32 array (N,)
        Case contexts (`network.windows.word_contexts`) and the bit `case_contexts.REPEATED`.
    sentence_offsets : int32 array (S + 1,)
        The first token of each sentence, and N.
    owners : int32 array (S,)
        The document of each sentence.
    features : Features
    """

    types: Any
    offsets: Any
    contexts: Any
    sentence_offsets: Any
    owners: Any
    features: Features


class Documents(NamedTuple):
    """Documents of a block, with their chunks looked up.

    Attributes
    ----------
    chunks : Chunks
    begin, end : int
        Range of the documents.
    tables : Tables
    """

    chunks: Any
    begin: Any
    end: Any
    tables: Any


class Networks(NamedTuple):
    """The networks of a model.

    Attributes
    ----------
    first_stage, last_stage : Layers
        The same object if the model has one stage.
    two_stages : bool
    kinds : int64 array (types,), or (0,)
        The `text.span_rules.Kind` of each type; empty if the span rules do not apply.
    """

    first_stage: Any
    last_stage: Any
    two_stages: Any
    kinds: Any
