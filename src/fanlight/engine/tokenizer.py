"""Tokenizers by kernels: they split chunks into tokens and compute the features of new word types.

A tokenizer refuses chunks that its kernels do not cover, and some models have no tokenizer. `engine.type_cache` then
calls the plain functions, whose results are the same.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import tokenizer_kernels
from fanlight.engine.tokenizer_kernels import Learned
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.text import character_kernels, token_kernels, word_kernels

Bytes = NDArray[np.uint8]
Int = NDArray[np.int64]
Rows = NDArray[np.int32]
Keys = NDArray[np.uint64]


class ChunkTokens(NamedTuple):
    """The tokens of chunks, and the new word types among them.

    Attributes
    ----------
    lengths : int array (chunks,)
        Number of tokens of each chunk, -1 for refused chunks.
    tokens : int32 array (n, 5)
        As in `Tables`.
    spans : int array (types, 3)
        Of each new type: first byte and end of its word, and for characters the index of the character in the word.
    folded : uint64 array (types,)
        Hash of each new type in lower case.
    flags : int32 array (types,)
    hashes : uint64 array (types,), or (0,)
        As in `Tables`.
    """

    lengths: Rows
    tokens: Rows
    spans: Int
    folded: Keys
    flags: Rows
    hashes: Keys


class Tokenizer(Protocol):
    """Splits chunks into words, or into characters."""

    def tokenize(self, data: Bytes, fresh: Int, keys: Keys, values: Rows, free: Rows) -> ChunkTokens:
        """Tokenise chunks ``data[s:e]`` for the first rows (s, e) of `fresh`, up to the capacity; at least one.

        New types get the next rows of `free`; new words are entered in the hash table `keys`, `values`.
        """

    def types(self, data: Bytes, spans: Int) -> tuple[WordTypes, NDArray[np.float32] | None]:
        """Return the features of new types, and the gazetteer features of characters if there is a gazetteer."""


def tokenizer_of(model: Model, capacity: int, folding: bool, hashing: bool) -> Tokenizer | None:
    """Return the tokenizer for a model, with a capacity in tokens per call; None if no kernels cover the model.

    `folding` is whether to compute `ChunkTokens.folded` for characters, `hashing` whether to compute
    `ChunkTokens.hashes`.
    """
    kernels = word_kernels if model.configuration.unit == "word" else character_kernels
    if not {name for group in model.configuration.groups for name in group.features} <= set(kernels.FEATURES):
        return None
    if model.configuration.unit == "word":
        return _WordTokenizer(model, capacity, hashing)
    return _CharacterTokenizer(model, capacity, folding, hashing) if not len(model.lexicon) else None


class _WordTokenizer:
    def __init__(self, model: Model, capacity: int, hashing: bool) -> None:
        self._hashing = hashing
        self._plan = word_kernels.plan_of(model.configuration.groups)
        self._hashes = model.lexicon.hashes
        self._out = Learned.of(capacity)

    def tokenize(self, data: Bytes, fresh: Int, keys: Keys, values: Rows, free: Rows) -> ChunkTokens:
        abbreviations, out = token_kernels.ABBREVIATION_HASHES, self._out
        count, n, new = tokenizer_kernels.learn_words(data, fresh, abbreviations, keys, values, free, out)
        hashes = np.empty(new if self._hashing else 0, np.uint64)
        if len(hashes):
            word_kernels.lower_hashes(data, out.spans[:new], hashes)
        return _chunk_tokens(data, out, (count, n, new), hashes)

    def types(self, data: Bytes, spans: Int) -> tuple[WordTypes, NDArray[np.float32] | None]:
        rows = np.empty(len(spans), np.int64)
        word_kernels.vector_rows(data, spans, self._hashes, rows)
        return WordTypes(rows, word_kernels.word_bags(data, spans, self._plan)), None


class _CharacterTokenizer:
    def __init__(self, model: Model, capacity: int, folding: bool, hashing: bool) -> None:
        self._folding, self._hashing = folding, hashing
        self._groups, self._gazetteer = model.configuration.groups, model.gazetteer
        self._index = None if self._gazetteer is None else character_kernels.index_of(self._gazetteer)
        self._plan = character_kernels.plan_of(self._groups)
        self._out = Learned.of(capacity)

    def tokenize(self, data: Bytes, fresh: Int, keys: Keys, values: Rows, free: Rows) -> ChunkTokens:
        count, n, new = tokenizer_kernels.learn_characters(data, fresh, self._folding, free, self._out)
        hashes = np.empty(new if self._hashing else 0, np.uint64)
        if len(hashes):
            character_kernels.hash_spans(data, self._out.places[:new], hashes)
        return _chunk_tokens(data, self._out, (count, n, new), hashes)

    def types(self, data: Bytes, spans: Int) -> tuple[WordTypes, NDArray[np.float32] | None]:
        bags = character_kernels.character_bags(data, spans, self._plan, self._groups)
        features = None
        if self._gazetteer is not None and self._index is not None:
            features = character_kernels.gazetteer_features(data, spans, self._gazetteer, self._index)
        return WordTypes(np.full(len(spans), -1, np.int64), bags), features


def _chunk_tokens(data: Bytes, out: Learned, counts: tuple[int, int, int], hashes: Keys) -> ChunkTokens:
    count, n, new = counts
    spans, flags = out.spans[:new].copy(), np.empty(new, np.int32)
    tokenizer_kernels.flags_of(data, out.places[:new], flags)
    return ChunkTokens(out.lengths[:count], out.tokens[:n], spans, out.folded[:new], flags, hashes)
