"""The compiled engine's bounded cache of chunks, word types and their first-layer products.

A chunk is tokenised once, and the products of a word type are computed once (`engine.first_layer_cache`). If the cache
is full, the least used chunks are evicted. Words recur in other chunks, so they are indexed by hash; characters, whose
type includes their word, are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, compress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fanlight.engine import chunks as chunk_kernels
from fanlight.engine import token_flags
from fanlight.engine.chunks import Chunks, Tables
from fanlight.engine.columns import MARGIN
from fanlight.engine.first_layer import Layers
from fanlight.engine.first_layer_cache import FirstLayerCache
from fanlight.engine.hash_index import HashIndex
from fanlight.engine.plain_text import forms_of
from fanlight.engine.tokenizer import Tokenizer, tokenizer_of
from fanlight.network.inputs import WordTypes
from fanlight.network.modelfile import Model
from fanlight.text import hash_kernels, token_kernels
from fanlight.text.boundaries import boundary_bits
from fanlight.text.features import PADDING, character_keys
from fanlight.text.hashing import word_hashes
from fanlight.text.layout import BULLETS, CLOSING, is_final
from fanlight.text.sentences import DIVIDING
from fanlight.text.tokens import characters, tokenise_chunk

Int = NDArray[np.int64]
Rows = NDArray[np.int32]
MEMORY = {"word": 66_000_000, "character": 16_000_000}  # bytes of products, beyond which chunks are evicted
RETAINED = {"word": 0.7, "character": 0.1}  # share of the types that an eviction retains
TOKENIZER_CAPACITY = 1 << 14  # tokens of new chunks at a time
SMALL_BLOCK = 1 << 14  # bytes, up to which the number of chunks is bounded by the size and not counted
JOB_TYPES = {"word": 1 << 9, "character": 1 << 11}  # types per job; jobs for words are shared between threads


def stages_of(model: Model) -> list[FirstLayerCache]:
    """Return the first-layer cache of each stage of a model, with no types."""
    stages = [(model.configuration, model.parameters)]
    if model.first_stage is not None:
        stages.insert(0, (model.first_stage.configuration, model.first_stage.parameters))
    return [FirstLayerCache(configuration, parameters, model) for configuration, parameters in stages]


class TypeCache:
    """Chunks and word types seen so far, and the word types' products in each stage.

    Parameters
    ----------
    model : Model
    stages : sequence of FirstLayerCache
        The result of `stages_of`, which several caches may share.
    tokenise_only : bool
        Whether to skip the word types' products.
    tokenized : bool
        Whether each chunk is a token.
    """

    def __init__(
        self, model: Model, stages: Sequence[FirstLayerCache], tokenise_only: bool = False, tokenized: bool = False
    ) -> None:
        self._model = model
        self._unit = model.configuration.unit
        self._contextual = model.first_stage is not None or model.configuration.context_width > 0  # uses forms
        self._has_kinds = self._unit == "character" and model.configuration.context_width > 0
        self._has_gazetteer = self._unit == "word" and model.gazetteer is not None
        self._hashed = self._has_kinds or self._has_gazetteer
        self._tokenized = tokenized
        self._tokenizer = None if tokenized else tokenizer_of(model, TOKENIZER_CAPACITY, self._contextual, self._hashed)
        self._limit = MEMORY[self._unit] // sum(stage.bytes for stage in stages)
        self._stages = [] if tokenise_only else [stage.copy_empty() for stage in stages]
        self._chunks, self.index, self._forms = HashIndex(), HashIndex(), HashIndex()
        self._uses = np.zeros(1 << 14, np.int32)
        self._chunk_ends, self._tokens = _Rows(1, [[0]]), _Rows(5)
        self._free = np.arange(0, dtype=np.int32)  # rows for new types, in order of use
        self._top = 0  # above all rows ever used
        self._flags, self._form_of = np.zeros(0, np.int32), np.zeros(0, np.int32)
        self._folded = np.zeros(0, np.uint64)  # hash of each type in lower case
        self._kinds, self._kind_of = HashIndex(), np.zeros(0, np.int32)
        self._hashes = np.zeros(0, np.uint64)
        self._jobs: list[Callable[[], None]] = []
        self._reserve_rows(self._limit * 9 // 8)
        # more than are used before `clear_out`: pages that are never written to cost nothing
        self.grow(2 * self._limit)
        self._learn_words([PADDING], [PADDING], [PADDING])
        self._jobs.pop()()

    @property
    def full(self) -> bool:
        """Whether `clear_out` is due."""
        return len(self.index) > self._limit

    @property
    def bytes(self) -> int:
        """Bytes of text per batch, such that its new word types fit into the cache."""
        return max(1, self._limit // 2 * 3 if self._unit == "character" else self._limit * 16)

    @property
    def short(self) -> bool:
        """Whether `grow` is due: before the jobs of `find` run, while no thread reads the tables."""
        return self._top > self._stages[0].capacity

    def grow(self, capacity: int | None = None) -> None:
        """Grow the tables of products to a capacity in types, by default twice the rows in use."""
        for stage in self._stages:
            stage.grow(capacity or 2 * self._top)

    def find(
        self, data: NDArray[np.uint8], text_starts: Int, text_ends: Int
    ) -> tuple[Chunks, list[Callable[[], None]]]:
        """Look up the chunks of documents, and tokenise unseen chunks.

        Returns the chunks, and the jobs, for any threads, that compute the products of new types.
        """
        size = int((text_ends - text_starts).sum())
        count = size // 2 + 1 if size < SMALL_BLOCK else chunk_kernels.most_chunks(data, text_starts, text_ends)
        before = len(self._chunks)
        self._chunks.reserve(count)
        if len(self._uses) < before + count:
            self._uses = np.concatenate([self._uses, np.zeros(before + count, np.int32)])
        chunks = Chunks.allocate(len(text_starts), count, data)
        new = np.empty((count, 2), np.int64)
        keys, values = self._chunks.keys, self._chunks.values
        self._chunks.count = chunk_kernels.scan(
            data, text_starts, text_ends, (keys, values, self._uses), before, chunks, new
        )
        self._learn(data, new[: len(self._chunks) - before])
        jobs, self._jobs = self._jobs, []
        count = chunks.documents[-1]
        ids, places = chunks.ids[:count], chunks.places[:count]
        return Chunks(chunks.documents, ids, chunks.bytes[:count], places, chunks.breaks[:count], data), jobs

    def entries(self) -> tuple[Any, Any, Any]:
        """Return the hash table of chunks for `chunk_kernels.scan`: keys, values and uses."""
        return self._chunks.keys, self._chunks.values, self._uses

    def snapshot(self) -> tuple[Tables, list[Layers]]:
        """Return the tables as they are: later entries are written behind their ends, so that threads may read them."""
        ends, tokens = self._chunk_ends.array[:, 0], self._tokens.array
        forms, kinds = (self._form_of, len(self._forms)), (self._kind_of, len(self._kinds))
        tables = Tables(ends, tokens, self._flags, *forms, self._folded, *kinds, self._hashes)
        return tables, [stage.layers() for stage in self._stages]

    def clear_out(self) -> None:
        """Evict the least used chunks, such that at most the share `RETAINED` of the word types remains.

        Snapshots stay valid, but the next jobs overwrite the products of evicted types, so they must wait for readers.
        """
        ends, tokens = self._chunk_ends.array[:, 0], self._tokens.array
        order = np.argsort(-self._uses[: len(self._chunks)], kind="stable")
        stays = np.zeros(len(self._flags), np.bool_)
        stays[0] = True
        limit = int(RETAINED[self._unit] * self._limit)
        chunks = np.sort(order[: chunk_kernels.choose(order, ends, tokens, limit, stays)])
        counts = ends[chunks + 1] - ends[chunks]
        begins = np.cumsum(counts) - counts
        rows = np.arange(counts.sum()) + np.repeat(ends[chunks] - begins, counts)
        self._tokens, self._chunk_ends = _Rows(5, tokens[rows]), _Rows(1, np.append(begins, counts.sum())[:, None])
        self._uses = np.concatenate([self._uses[chunks] // 2, np.zeros(1 << 14, np.int32)])
        self._chunks.choose(chunks)
        used = np.ones(len(stays), np.bool_)
        used[self._free] = False
        self._free = np.concatenate([np.flatnonzero(used & ~stays).astype(np.int32), self._free])
        if self._unit == "word":
            self.index.keep(stays)
        else:
            self.index.count = int(stays.sum())
        self._flags, self._folded = self._flags.copy(), self._folded.copy()
        if self._contextual:
            self._forms, self._form_of = HashIndex(), np.zeros_like(self._form_of)
            self._form_of[stays] = self._forms.of(self._folded[stays])
        if self._hashed:
            self._hashes = self._hashes.copy()
        if self._has_kinds:
            self._kinds, self._kind_of = HashIndex(), np.zeros_like(self._kind_of)
            self._kind_of[stays] = self._kinds.of(self._hashes[stays])

    def _learn(self, data: NDArray[np.uint8], fresh: Int) -> None:
        """Tokenise unseen chunks: by kernels, or by the plain functions if the kernels refuse a chunk."""
        while len(fresh):
            if self._tokenizer is None:
                lengths, tokens = np.full(len(fresh), -1, np.int32), np.empty((0, 5), np.int32)
            else:
                lengths, tokens = self._learn_compiled(self._tokenizer, data, fresh)
            refused = lengths < 0
            if refused.any():
                spans = fresh[: len(lengths)][refused].tolist()
                counts, plain_tokens = self._learn_plain([bytes(data[s:e]).decode() for s, e in spans])
                lengths = lengths.copy()
                lengths[refused] = counts
                merged, plain = np.empty((len(tokens) + len(plain_tokens), 5), np.int32), np.repeat(refused, lengths)
                merged[plain], merged[~plain] = plain_tokens, tokens
                tokens = merged
            self._chunk_ends.extend(self._chunk_ends.array[-1] + np.cumsum(lengths)[:, None])
            self._tokens.extend(tokens)
            fresh = fresh[len(lengths) :]

    def _learn_compiled(self, tokenizer: Tokenizer, data: NDArray[np.uint8], fresh: Int) -> tuple[Rows, Rows]:
        """Return lengths (-1: refused) and tokens of the first chunks, up to the tokenizer's capacity."""
        if self._unit == "word":
            self.index.reserve(TOKENIZER_CAPACITY)
        self._reserve_rows(TOKENIZER_CAPACITY)
        words = tokenizer.tokenize(data, fresh, self.index.keys, self.index.values, self._free)
        new = len(words.spans)
        self.index.count += new
        if new:
            rows = self._assign_rows(words.folded, words.flags, words.hashes)
            for part in self._job_slices(new):
                self._jobs.append(partial(self._compute_compiled, tokenizer, data, words.spans[part], rows[part]))
        return words.lengths, words.tokens

    def _compute_compiled(self, tokenizer: Tokenizer, data: NDArray[np.uint8], spans: Int, rows: Rows) -> None:
        types, gazetteer_features = tokenizer.types(data, spans)
        for stage in self._stages:
            stage.learn(types, gazetteer_features, rows)

    def _learn_plain(self, chunks: Sequence[str]) -> tuple[list[int], Rows]:
        """Return lengths and tokens of chunks, by the plain functions."""
        texts: list[str] = []
        keys: list[str] = []
        counts: list[int] = []
        rows_of_tokens: list[tuple[int, ...]] = []
        for chunk in chunks:
            begins, stops = self._token_offsets(chunk)
            texts += [chunk[s:e] for s, e in zip(begins, stops, strict=True)]
            keys += character_keys(chunk, begins, stops) if self._unit == "character" else []
            counts.append(len(begins))
            places = range(len(chunk) + 1) if chunk.isascii() else _byte_offsets(chunk)
            rows_of_tokens += [(0, s, e, places[s], places[e]) for s, e in zip(begins, stops, strict=True)]
        tokens = np.array(rows_of_tokens, np.int32).reshape(-1, 5)
        words = forms_of(texts, self._unit)
        if self._unit == "character":
            tokens[:, 0] = self._learn_words(texts, words, keys) if texts else 0
            return counts, tokens
        distinct, positions, which = np.unique(_hashes(texts), return_index=True, return_inverse=True)
        rows = self.index.find(distinct)
        new = np.flatnonzero(rows < 0)
        if len(new):
            fresh_places = positions[new].tolist()
            forms = [words[i] for i in fresh_places]
            rows[new] = self._learn_words([texts[i] for i in fresh_places], forms, forms)
        tokens[:, 0] = rows[which]
        return counts, tokens

    def _token_offsets(self, chunk: str) -> tuple[Sequence[int], Sequence[int]]:
        """Return the start and end of each token in a chunk."""
        if self._tokenized:
            return [0], [len(chunk)]
        if self._unit == "word":
            offsets = tokenise_chunk(chunk)
            return offsets[::2], offsets[1::2]
        token_starts, token_ends = characters(chunk)
        return token_starts.tolist(), token_ends.tolist()

    def _learn_words(self, texts: Sequence[str], words: Sequence[str], keys: Sequence[str]) -> Rows:
        """Add new types, by the plain functions; return their rows.

        Parameters
        ----------
        texts, words, keys : sequence of str
            The types' tokens, normal forms and feature keys.
        """
        self._reserve_rows(len(keys))
        if self._unit == "word":
            self.index.enter(_hashes(texts), self._free[: len(keys)])
        else:
            self.index.count += len(keys)
        hashes = np.zeros(0, np.uint64)
        if self._has_gazetteer:
            hashes = word_hashes([key.lower() for key in keys])
        elif self._has_kinds:
            hashes = _hashes([word.lower() for word in words])
        flags = np.array([type_flags(text, word) for text, word in zip(texts, words, strict=True)])
        rows = self._assign_rows(_hashes([key.lower() for key in keys]), flags, hashes)
        quick = np.zeros(len(keys), np.bool_)
        if self._tokenizer is not None and self._unit == "word":
            quick[:] = [key.isascii() and key.isprintable() and len(key) <= token_kernels.LONGEST for key in keys]
            self._schedule_ascii(self._tokenizer, list(compress(keys, quick.tolist())), rows[quick])
        others = np.flatnonzero(~quick)
        for part in self._job_slices(len(others)):
            chosen = others[part]
            self._jobs.append(partial(self._compute_plain, [keys[k] for k in chosen.tolist()], rows[chosen]))
        return rows

    def _schedule_ascii(self, tokenizer: Tokenizer, keys: Sequence[str], rows: Rows) -> None:
        """Add jobs that compute the products of ASCII words by kernels."""
        data = np.frombuffer("".join(keys).encode() + bytes(MARGIN), np.uint8)
        ends = np.cumsum([len(key) for key in keys], dtype=np.int64)
        spans = np.stack([np.append(0, ends)[:-1], ends, np.zeros_like(ends)], 1)
        for part in self._job_slices(len(keys)):
            self._jobs.append(partial(self._compute_compiled, tokenizer, data, spans[part], rows[part]))

    def _job_slices(self, types: int) -> Iterator[slice]:
        job = JOB_TYPES[self._unit]
        return (slice(place, place + job) for place in range(0, types, job))

    def _compute_plain(self, keys: Sequence[str], rows: Rows) -> None:
        types = WordTypes.of(keys, self._model.configuration, self._model.lexicon)
        gazetteer_features = None
        if self._model.gazetteer is not None and not self._has_gazetteer:
            gazetteer_features = self._model.gazetteer.features(keys, np.array([0, len(keys)]))
        for stage in self._stages:
            stage.learn(types, gazetteer_features, rows)

    def _assign_rows(self, folded: NDArray[np.uint64], flags: NDArray[Any], hashes: NDArray[np.uint64]) -> Rows:
        """Assign the next free rows to new types; return the rows."""
        rows, self._free = self._free[: len(flags)], self._free[len(flags) :]
        self._top = max(self._top, int(rows.max()) + 1)
        self._folded[rows], self._flags[rows] = folded, flags
        if self._contextual:
            self._form_of[rows] = self._forms.of(np.ascontiguousarray(folded))
        if self._hashed:
            self._hashes[rows] = hashes
        if self._has_kinds:
            self._kind_of[rows] = self._kinds.of(hashes)
        return rows

    def _reserve_rows(self, count: int) -> None:
        if len(self._free) < count:
            before, zeros = len(self._flags), np.zeros(2 * count, np.int32)
            self._free = np.concatenate([self._free, np.arange(before, before + len(zeros), dtype=np.int32)])
            self._flags, self._form_of = (np.concatenate([column, zeros]) for column in (self._flags, self._form_of))
            self._folded = np.concatenate([self._folded, zeros.astype(np.uint64)])
            if self._hashed:
                self._hashes = np.concatenate([self._hashes, zeros.astype(np.uint64)])
            if self._has_kinds:
                self._kind_of = np.concatenate([self._kind_of, zeros])


def learn_chunks(cache: TypeCache, data: NDArray[np.uint8], text_starts: Int, text_ends: Int) -> Chunks:
    """Look up chunks, with all jobs run by the calling thread; no other thread may read the tables."""
    if cache.full:
        cache.clear_out()
    chunks, jobs = cache.find(data, text_starts, text_ends)
    if cache.short:
        cache.grow()
    for job in jobs:
        job()
    return chunks


class _Rows:
    """A growing array of int32 rows; views of it stay valid."""

    def __init__(self, columns: int, rows: ArrayLike = ()) -> None:
        self._all = np.zeros((1 << 12, columns), np.int32)
        self._count = 0
        self.extend(np.array(rows, np.int32).reshape(-1, columns))

    @property
    def array(self) -> Rows:
        """The rows so far."""
        return self._all[: self._count]

    def extend(self, rows: NDArray[Any]) -> None:
        """Add rows at the end."""
        count = self._count + len(rows)
        if count > len(self._all):
            grown = np.zeros((2 * count, self._all.shape[1]), np.int32)
            grown[: self._count] = self.array
            self._all = grown
        self._all[self._count : count] = rows
        self._count = count


def _hashes(keys: Sequence[str]) -> NDArray[np.uint64]:
    parts = [np.frombuffer(key.encode(), np.uint8) for key in keys]
    return np.array([hash_kernels.hash_bytes(part, 0, len(part), False) for part in parts], np.uint64)


def _byte_offsets(text: str) -> list[int]:
    """Return the byte offset in UTF-8 of each code point, and the number of bytes."""
    return [0, *accumulate(1 + (c >= "\x80") + (c >= "\u0800") + (c >= "\U00010000") for c in text)]


def type_flags(text: str, word: str) -> int:
    """Return the `engine.token_flags` of a token `text` with the normal form `word`."""
    return (
        token_flags.FINAL * is_final(text)
        | token_flags.CLOSING * (text in CLOSING)
        | token_flags.FIRST_LOWER * text[0].islower()
        | token_flags.COMMA * (text == ",")
        | token_flags.DIVIDES * (text[-1] in DIVIDING)
        | token_flags.FIRST_UPPER * text[0].isupper()
        | token_flags.AS_FORM * (word == word.lower())
        | token_flags.ALPHABETIC * word[0].isalpha()
        | token_flags.UPPER * word.isupper()
        | token_flags.LOWER * word.islower()
        | token_flags.BULLET * (text in BULLETS)
        | boundary_bits(text)
    )
