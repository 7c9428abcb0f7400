"""Kernels of what a token is told beside its word: its place in names of several words and in matches of patterns.

A token's features are bits, a few for each *group* (a list of the gazetteer, a type of the patterns), and nearly all of
them are 0. So they are lists: of each token the groups that have bits. `text.gazetteers` and `text.patterns` have the
plain forms.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import rules
from fanlight.engine.columns import Entities
from fanlight.jit import ZERO, inner
from fanlight.text.gazetteers import MARKS, Gazetteer
from fanlight.text.hashing import POWERS

BEGINS, INSIDE, ENDS, WHOLE = 1, 2, 4, 8  # bits of a group: as the columns of `gazetteers.mark`
BITS = MARKS  # of a group
FILTER_BITS = 8  # of a name, at least


class NameTable(NamedTuple):
    """Names of several words by their hashes.

    Attributes
    ----------
    hashes, members : uint64, uint32 arrays (names,)
        Those of the gazetteer, increasing by hash.
    buckets : int32 array (2**k + 1,)
        The first name of each value of a hash's highest k bits.
    filter : uint64 array (2**f,)
        A hash's highest f bits say which word has two bits set for it (Bloom 1970): so most runs of words are passed
        over without a look into the table, which is too large for a processor's cache.
    powers : uint64 array (longest,)
        What the hash of the n-th word of a name is multiplied by.
    """

    hashes: Any
    members: Any
    buckets: Any
    filter: Any
    powers: Any

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> NameTable:
        """Build from a gazetteer of words."""
        hashes = np.ascontiguousarray(gazetteer.hashes, np.uint64)
        k = max(1, (len(hashes) // 2).bit_length())
        buckets = np.searchsorted(hashes >> np.uint64(64 - k), np.arange((1 << k) + 1)).astype(np.int32)
        f = max(1, (FILTER_BITS * len(hashes) // 64).bit_length())
        filter = np.zeros(1 << f, np.uint64)
        np.bitwise_or.at(filter, hashes >> np.uint64(64 - f), _filter_bits(hashes))
        members = np.ascontiguousarray(gazetteer.members, np.uint32)
        return cls(hashes, members, buckets, filter, POWERS[: gazetteer.longest].copy())


class PatternTable(NamedTuple):
    """What patterns look for.

    Attributes
    ----------
    names : rules.Names
    groups : int32 array (names,)
        The group of each name.
    """

    names: Any
    groups: Any


class Features(NamedTuple):
    """Lists of features.

    Attributes
    ----------
    first : int32 array (N,), or (0,) for a model without such features
        The first entry of each token, -1 for none.
    entries : int32 array (n, 2)
        Group << `BITS` | bits of a group; the next entry of the same token, -1 for none.
    count : int64 array (1,)
        Entries so far.
    """

    first: Any
    entries: Any
    count: Any


def _filter_bits(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    one, low = np.uint64(1), np.uint64(63)
    bits: NDArray[np.uint64] = one << (hashes & low) | one << (hashes >> np.uint64(6) & low)
    return bits


@inner()
def no_features() -> Any:
    """Return the features of a model that has none."""
    return Features(np.empty(0, np.int32), np.empty((0, 2), np.int32), np.zeros(1, np.int64))


@inner()
def add_span(features: Any, begin: int, end: int, group: int) -> Any:
    """Add the bits of a group for the tokens [begin, end) of a name or a match; return the features."""
    for t in range(begin, end):
        if end - begin == 1:
            bits = WHOLE
        elif t == begin:
            bits = BEGINS
        else:
            bits = ENDS if t == end - 1 else INSIDE
        entry = features.first[t]
        while entry >= 0 and features.entries[entry, 0] >> BITS != group:
            entry = features.entries[entry, 1]
        if entry >= 0:
            features.entries[entry, 0] |= bits
            continue
        count = features.count[0]
        if count == len(features.entries):
            entries = np.empty((2 * count + 64, 2), np.int32)
            entries[:count] = features.entries
            features = Features(features.first, entries, features.count)
        features.entries[count, 0], features.entries[count, 1] = group << BITS | bits, features.first[t]
        features.first[t] = count
        features.count[0] = count + 1
    return features


@inner()
def find_names(hashes: Any, types: Any, borders: Any, names: Any, features: Any) -> Any:
    """Add the features of names in sentences; ``hashes`` (types,) are those of the word types in lower case."""
    one, low, six, top = np.uint64(1), np.uint64(63), np.uint64(6), np.uint64(64)
    shift, f = top, len(names.filter)
    while f > 1:
        shift -= one
        f >>= 1
    for s in range(len(borders) - 1):
        for t in range(borders[s], borders[s + 1]):
            key = np.uint64(0)
            for u in range(t, min(t + len(names.powers), borders[s + 1])):
                key += hashes[types[u]] * names.powers[u - t]
                bits = one << (key & low) | one << (key >> six & low)
                if names.filter[key >> shift] & bits == bits:
                    members = _members_of(key, names)
                    group = 0
                    while members:
                        if members & 1:
                            features = add_span(features, t, u + 1, group)
                        members >>= 1
                        group += 1
    return features


@inner()
def _members_of(key: Any, names: Any) -> Any:
    """Return the lists that a name is in as bits, 0 for what is no name."""
    shift, k = np.uint64(64), len(names.buckets) - 1
    while k > 1:
        shift -= np.uint64(1)
        k >>= 1
    bucket = key >> shift
    for n in range(names.buckets[bucket], names.buckets[bucket + np.uint64(1)]):
        if names.hashes[n] == key:
            return np.int64(names.members[n])
    return ZERO
