"""The columns that pass between the parts of an engine: blocks of text in, entities out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
MARGIN = 4  # bytes after a block's text: kernels look ahead


class Block(NamedTuple):
    """Documents end to end: document d is ``data[text_starts[d]:text_ends[d]]``, UTF-8 without half surrogates.

    Attributes
    ----------
    data : uint8 array
        With `MARGIN` bytes after the last document.
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
        Number of the document in the block.
    char_starts, char_ends : int32 array (E,)
        Offsets in the document in code points.
    byte_starts, byte_ends : int32 array (E,)
        Offsets in the block's data in bytes.
    types : int32 array (E,)
        Number of the type.
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
        """Join the columns of parts; wider numbers are narrowed."""
        empty = cls.allocate(0)
        rows = (np.concatenate(arrays).astype(arrays[0].dtype) for arrays in zip(empty, *parts, strict=True))
        return cls(*rows)


class Features(NamedTuple):
    """Features of tokens beside their words, as lists; see `engine.token_features`.

    Attributes
    ----------
    heads : int32 array (N,), or (0,) for a model without such features
        The first entry of each token, -1 for none.
    entries : int32 array (n, 2)
        Row of the features' products, counted from the first; the next entry of the same token, -1 for none.
    count : int64 array (1,)
        Entries so far.
    """

    heads: Any
    entries: Any
    count: Any


NO_FEATURES = Features(np.empty(0, np.int32), np.empty((0, 2), np.int32), np.zeros(1, np.int64))


class Tokens(NamedTuple):
    """N tokens of S sentences of documents, end to end.

    Attributes
    ----------
    types : int32 array (N,)
        Word types, as numbers of the tables (`chunks.Tables`).
    offsets : int32 array (N, 4)
        Start and end in the document in code points, start and end in the data in bytes.
    contexts : int32 array (N,)
        As `network.windows.word_contexts`, and `chunks.REPEATED`.
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
    """Documents of a block whose chunks are looked up.

    Attributes
    ----------
    chunks : Chunks
    begin, end : int
        The documents [begin, end).
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
        The same if there is one.
    two_stages : bool
    kinds : int64 array (types,), or (0,)
        What `text.span_rules` takes each type for; none if these rules do not apply.
    """

    first_stage: Any
    last_stage: Any
    two_stages: Any
    kinds: Any
