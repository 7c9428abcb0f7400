"""Kernels for token features: a token's position in gazetteer names of several words and in pattern matches.

The features of a token are a few bits for each *group* (a list of the gazetteer, or a type of the patterns). Nearly all
are 0, so a token has a linked list of its nonzero groups (`columns.Features`). The plain forms are in `text.gazetteers`
and `text.patterns`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.columns import Entities, Features, Tokens
from fanlight.engine.rules import Names, find
from fanlight.jit import ZERO, inner, kernel
from fanlight.network.modelfile import Model
from fanlight.text.automaton_kernels import Automata, find_matches
from fanlight.text.gazetteers import MARKS, Gazetteer, filter_of, filter_size
from fanlight.text.hashing import POWERS

BEGINS, INSIDE, ENDS, WHOLE = 1, 2, 4, 8  # bits of a group: as the columns of `gazetteers.mark`
BITS = MARKS  # per group


class NameTable(NamedTuple):
    """Gazetteer names of several words, by hash.

    Attributes
    ----------
    hashes, members : uint64, uint32 arrays (names,)
        As in the gazetteer, sorted by hash.
    buckets : int32 array (2**k + 1,)
        First name for each value of the highest k bits of a hash.
    filters : uint64 array (2**f, 2)
        Bloom filters (`gazetteers.filter_of`) of the names and of their prefixes. They reject most word sequences
        without a look-up in the table, which exceeds the processor's cache.
    powers : uint64 array (longest,)
        Factor of the hash of the n-th word of a name.
    """

    hashes: Any
    members: Any
    buckets: Any
    filters: Any
    powers: Any

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> NameTable:
        """Build from a gazetteer of words."""
        hashes = np.ascontiguousarray(gazetteer.hashes, np.uint64)
        k = max(1, (len(hashes) // 2).bit_length())
        buckets = np.searchsorted(hashes >> np.uint64(64 - k), np.arange((1 << k) + 1)).astype(np.int32)
        filters = np.full((filter_size(len(hashes)), 2), ~np.uint64(0))
        filters[:, 0] = filter_of(hashes, len(filters))
        if len(gazetteer.beginnings):
            filters[:, 1] = gazetteer.beginnings
        members = np.ascontiguousarray(gazetteer.members, np.uint32)
        return cls(hashes, members, buckets, filters, POWERS[: gazetteer.longest].copy())


class PatternTable(NamedTuple):
    """The names and regular expressions of patterns.

    Attributes
    ----------
    names : Names
    groups : int32 array (names,)
        The group of each name.
    automata : Automata or None
        The regular expressions.
    expression_groups : int32 array (expressions,)
        The group of each regular expression.
    """

    names: Any
    groups: Any
    automata: Any
    expression_groups: Any

    @classmethod
    def of(cls, model: Model) -> PatternTable:
        """Build from a model that has patterns."""
        assert model.patterns is not None
        groups = _pattern_groups(model)
        names, expressions = model.patterns.names, model.patterns.expressions
        return cls(
            Names.of([name.encode() for name in names]),
            np.array([groups[type_] for type_ in names.values()], np.int32),
            Automata.of(model.patterns.automata) if expressions else None,
            np.array([groups[type_] for type_ in expressions.values()], np.int32),
        )


class Finders(NamedTuple):
    """The tables from which token features are computed.

    Attributes
    ----------
    names : NameTable or None
    patterns : PatternTable or None
    """

    names: Any
    patterns: Any

    @classmethod
    def of(cls, model: Model) -> Finders | None:
        """Build from a model; None if it has no token features."""
        gazetteer = model.gazetteer if model.configuration.unit == "word" else None
        if gazetteer is None and model.patterns is None:
            return None
        names = None if gazetteer is None else NameTable.of(gazetteer)
        patterns = None if model.patterns is None else PatternTable.of(model)
        return cls(names, patterns)


def _pattern_groups(model: Model) -> dict[str, int]:
    """Return the group of each pattern type; the groups of a gazetteer of words come first."""
    assert model.patterns is not None
    words = model.gazetteer is not None and model.configuration.unit == "word"
    offset = len(model.gazetteer.lists) if model.gazetteer is not None and words else 0
    return {type_: offset + n for n, type_ in enumerate(model.patterns.types)}


@inner(allocates=True)
def no_features() -> Any:
    """Return `Features` for a model without token features."""
    return Features(np.empty(0, np.int32), np.empty((0, 2), np.int32), np.zeros(1, np.int64))


@inner(allocates=True)
def with_features(data: Any, tokens: Any, hashes: Any, finders: Any) -> Any:
    """Return tokens with their features; see `find_features`."""
    if finders is None:
        return tokens
    features = find_features(data, tokens, hashes, finders)
    return Tokens(tokens.types, tokens.offsets, tokens.contexts, tokens.sentence_offsets, tokens.owners, features)


@kernel()
def find_features(data: Any, tokens: Any, hashes: Any, finders: Any) -> Any:
    """Return the `Features` of tokens.

    Parameters
    ----------
    data : uint8 array
        The text that the tokens' byte offsets refer to.
    tokens : Tokens
    hashes : uint64 array (types,)
        `hashing.word_hashes` of word types in lower case, if there are names.
    finders : Finders
    """
    features = Features(np.full(len(tokens.types), -1, np.int32), np.empty((64, 2), np.int32), np.zeros(1, np.int64))
    features = _find_names(tokens, hashes, finders.names, features)
    return _find_patterns(data, tokens, finders.patterns, features)


@inner(allocates=True)
def add_span(features: Any, begin: int, end: int, group: Any) -> Any:
    """Add the bits of a group for a name or match of tokens [begin, end); return the features."""
    for t in range(begin, end):
        if end - begin == 1:
            bits = WHOLE
        elif t == begin:
            bits = BEGINS
        else:
            bits = ENDS if t == end - 1 else INSIDE
        entry = features.heads[t]
        while entry >= 0 and features.entries[entry, 0] >> BITS != group:
            entry = features.entries[entry, 1]
        if entry >= 0:
            features.entries[entry, 0] |= bits
            continue
        count = features.count[0]
        if count == len(features.entries):
            entries = np.empty((2 * count, 2), np.int32)
            entries[:count] = features.entries
            features = Features(features.heads, entries, features.count)
        features.entries[count, 0], features.entries[count, 1] = group << BITS | bits, features.heads[t]
        features.heads[t] = count
        features.count[0] = count + 1
    return features


@inner(allocates=True)
def _find_names(tokens: Any, hashes: Any, names: Any, features: Any) -> Any:
    """Add the features of names of several words; return the features."""
    if names is None:
        return features
    types, sentence_offsets = tokens.types, tokens.sentence_offsets
    bit, low, six = np.uint64(1), np.uint64(63), np.uint64(6)
    shift = _unused_bits(len(names.filters))
    for s in range(len(sentence_offsets) - 1):
        for t in range(sentence_offsets[s], sentence_offsets[s + 1]):
            key = np.uint64(0)
            for u in range(t, min(t + len(names.powers), sentence_offsets[s + 1])):
                key += hashes[types[u]] * names.powers[u - t]
                bits = (bit << (key & low)) | (bit << ((key >> six) & low))
                if names.filters[key >> shift, 0] & bits == bits:
                    members, group = _members_of(key, names), ZERO
                    while members:
                        if members & 1:
                            features = add_span(features, t, u + 1, group)
                        members >>= 1
                        group += 1
                if names.filters[key >> shift, 1] & bits != bits:
                    break
    return features


@inner()
def _unused_bits(size: int) -> Any:
    """Return 64 - log2(size): the shift that leaves an index below `size` of a hash."""
    bits = np.uint64(64)
    while size > 1:
        bits -= np.uint64(1)
        size >>= 1
    return bits


@inner()
def _members_of(key: Any, names: Any) -> Any:
    """Return the lists that contain a name, as bits; 0 for an unknown name."""
    bucket = key >> _unused_bits(len(names.buckets) - 1)
    for n in range(names.buckets[bucket], names.buckets[bucket + np.uint64(1)]):
        if names.hashes[n] == key:
            return np.int64(names.members[n])
    return ZERO


@inner(allocates=True)
def _find_patterns(data: Any, tokens: Any, patterns: Any, features: Any) -> Any:
    """Add the features of pattern matches within each sentence; return the features."""
    if patterns is None:
        return features
    offsets, sentence_offsets = tokens.offsets, tokens.sentence_offsets
    sentences = len(sentence_offsets) - 1
    sentence_starts, sentence_ends = np.empty(sentences, np.int64), np.empty(sentences, np.int64)
    for s in range(sentences):
        sentence_starts[s], sentence_ends[s] = offsets[sentence_offsets[s], 2], offsets[sentence_offsets[s + 1] - 1, 3]
    names = _find_all_names(data, sentence_starts, sentence_ends, patterns.names)
    features = _add_spans(tokens, names, patterns.groups, features)
    if patterns.automata is not None:
        matches = _find_all_matches(data, sentence_starts, sentence_ends, patterns.automata)
        features = _add_spans(tokens, matches, patterns.expression_groups, features)
    return features


@inner(allocates=True)
def _add_spans(tokens: Any, spans: Any, groups: Any, features: Any) -> Any:
    """Add the features of `spans`, `Entities` whose documents are sentences; return the features."""
    offsets, sentence_offsets = tokens.offsets, tokens.sentence_offsets
    for n in range(len(spans.types)):
        s = spans.documents[n]
        begin, end = _tokens_at(
            offsets, sentence_offsets[s], sentence_offsets[s + 1], spans.byte_starts[n], spans.byte_ends[n]
        )
        if begin < end:
            features = add_span(features, begin, end, np.int64(groups[spans.types[n]]))
    return features


@inner(allocates=True)
def _find_all_names(data: Any, text_starts: Any, text_ends: Any, names: Any) -> Any:
    """Return the names in texts as `Entities`; see `rules.find`."""
    out = _allocate(len(text_starts) + 16)
    while True:
        n = find(data, text_starts, text_ends, ZERO, len(text_starts), names, out)
        if n <= len(out.types):
            return _trim(out, n)
        out = _allocate(n)


@inner(allocates=True)
def _find_all_matches(data: Any, text_starts: Any, text_ends: Any, automata: Any) -> Any:
    """Return the matches of expressions in texts as `Entities`; see `automaton_kernels.find_matches`."""
    out = _allocate(len(text_starts) + 16)
    while True:
        n = find_matches(data, text_starts, text_ends, ZERO, len(text_starts), automata, out)
        if n <= len(out.types):
            return _trim(out, n)
        out = _allocate(n)


@inner(allocates=True)
def _allocate(n: int) -> Any:
    """Return uninitialised `Entities`."""
    a, b, c = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    d, e, f = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    return Entities(a, b, c, d, e, f, np.empty(n))


@inner(allocates=True)
def _trim(out: Any, n: int) -> Any:
    """Return the first n rows of `Entities`."""
    a, b, c, d, e, f, probabilities = out
    return Entities(a[:n], b[:n], c[:n], d[:n], e[:n], f[:n], probabilities[:n])


@inner()
def _tokens_at(offsets: Any, sentence_begin: int, sentence_end: int, begin: int, end: int) -> tuple[int, int]:
    """Return the range of a sentence's tokens that overlap the bytes [begin, end)."""
    low, high = sentence_begin, sentence_end
    while low < high:
        middle = (low + high) // 2
        if offsets[middle, 3] > begin:
            high = middle
        else:
            low = middle + 1
    begun, high = low, sentence_end
    while low < high:
        middle = (low + high) // 2
        if offsets[middle, 2] >= end:
            high = middle
        else:
            low = middle + 1
    return begun, low
