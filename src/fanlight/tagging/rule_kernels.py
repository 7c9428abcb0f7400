"""Compiled kernels of rules: names found as words in a block's bytes, and settled with the model's entities.

A *run* is letters and digits that follow one another, or any other character by itself. A name stands as a word exactly
where the text's runs are the name's, so one walk through a tree whose branches are runs finds all of them. The branches
are in one table by their hashes, and what is found is compared byte by byte. `tagging.rules` has the plain forms.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fanlight.tagging.chunk_kernels import place_of
from fanlight.text.word_kernels import finish, hash_on

RULES, MODEL, LONGEST = range(3)
FILTER = 8  # bits a name's first run


class Tree(NamedTuple):
    """Names by their runs.

    Attributes
    ----------
    keys, nodes : uint64, int32 arrays (places,)
        An open-addressing table of branches: hash of a node and a run, and the node that it leads to.
    begins : uint8 array
        A power of two of bits: one is set where the hash of a first run falls, so that most words are passed over.
    names : int32 array (nodes,)
        The name that ends at a node, -1 for none.
    data, borders : uint8 array, int64 array (names + 1,)
        The names in UTF-8.
    alphanumeric : uint8 array (0x110000,)
        Which code points are letters or digits.
    """

    keys: Any
    nodes: Any
    begins: Any
    names: Any
    data: Any
    borders: Any
    alphanumeric: Any

    @classmethod
    def of(cls, names: list[bytes]) -> Tree:
        """Build from distinct names that are not empty."""
        data = np.frombuffer(b"".join(names) + bytes(4), np.uint8)
        borders = np.cumsum([0, *map(len, names)])
        alphanumeric = _alphanumeric()
        branches = _count_runs(data, borders, alphanumeric)
        size = 1 << (3 * branches // 2).bit_length()
        keys, nodes = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        ends = np.full(branches + 1, -1, np.int32)
        firsts = np.empty(len(names), np.uint64)
        count = _grow(data, borders, alphanumeric, keys, nodes, ends, firsts)
        bits = 1 << (FILTER * len(np.unique(firsts))).bit_length()
        begins = np.zeros(bits, np.bool_)
        begins[firsts & np.uint64(bits - 1)] = True
        return cls(keys, nodes, np.packbits(begins, bitorder="little"), ends[:count], data, borders, alphanumeric)


@cache
def _alphanumeric() -> NDArray[np.uint8]:
    return np.array([chr(point).isalnum() for point in range(0x110000)], np.uint8)


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", inline="always")
def _point(data: Any, i: int) -> tuple[Any, int]:
    """Return the code point at a byte, and how many bytes it has."""
    b = data[i]
    if b < 0x80:
        return np.int64(b), 1
    if b < 0xE0:
        return (np.int64(b & 31) << 6) | (data[i + 1] & 63), 2
    if b < 0xF0:
        return (np.int64(b & 15) << 12) | (np.int64(data[i + 1] & 63) << 6) | (data[i + 2] & 63), 3
    high = (np.int64(b & 7) << 18) | (np.int64(data[i + 1] & 63) << 12)
    return high | (np.int64(data[i + 2] & 63) << 6) | (data[i + 3] & 63), 4


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", inline="always")
def _run(data: Any, i: int, end: int, alphanumeric: Any) -> tuple[int, int]:
    """Return where the run that begins at byte i ends, and its code points."""
    point, size = _point(data, i)
    i += size
    width = 1
    if alphanumeric[point]:
        while i < end:
            point, size = _point(data, i)
            if not alphanumeric[point]:
                break
            i += size
            width += 1
    return i, width


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", inline="always")
def _branch(node: int, data: Any, begin: int, end: int) -> Any:
    """Return the hash of a run that follows a node; the root is node 0."""
    h = np.uint64(0xCBF29CE484222325) ^ (np.uint64(node) * np.uint64(0x9E3779B97F4A7C15))
    return finish(hash_on(h, data, begin, end, False))


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _count_runs(data: Any, borders: Any, alphanumeric: Any) -> int:
    count = 0
    for n in range(len(borders) - 1):
        i = borders[n]
        while i < borders[n + 1]:
            i, _ = _run(data, i, borders[n + 1], alphanumeric)
            count += 1
    return count


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _grow(data: Any, borders: Any, alphanumeric: Any, keys: Any, nodes: Any, ends: Any, firsts: Any) -> int:
    """Enter names; return how many nodes there are."""
    count = 1
    for n in range(len(borders) - 1):
        node = 0
        i = borders[n]
        while i < borders[n + 1]:
            stop, _ = _run(data, i, borders[n + 1], alphanumeric)
            h = _branch(node, data, i, stop)
            if node == 0:
                firsts[n] = h
            slot = place_of(h, keys)
            if keys[slot] == 0:
                keys[slot] = h
                nodes[slot] = count
                count += 1
            node = nodes[slot]
            i = stop
        ends[node] = n
    return count


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def find(data: Any, starts: Any, ends: Any, first: int, last: int, tree: Tree, out: Any) -> int:
    """Find the names in documents [first, last); ``out.types`` gets their numbers.

    They come in the order of their starts, the shorter first. Returns how many there are, be there room for them or
    not.
    """
    found = 0
    room = len(out.types)
    mask = np.uint64(8 * len(tree.begins) - 1)
    for d in range(first, last):
        i, end = starts[d], ends[d]
        place = 0
        while i < end:
            stop, width = _run(data, i, end, tree.alphanumeric)
            h = _branch(0, data, i, stop)
            bit = h & mask
            if not (tree.begins[bit >> np.uint64(3)] >> (bit & np.uint64(7))) & 1:
                i = stop
                place += width
                continue
            reached, at = stop, place + width
            while True:
                slot = place_of(h, tree.keys)
                if tree.keys[slot] == 0:
                    break
                node = tree.nodes[slot]
                name = tree.names[node]
                if name >= 0 and _same(data, i, reached, tree.data, tree.borders[name], tree.borders[name + 1]):
                    if found < room:
                        out.documents[found] = d
                        out.starts[found], out.ends[found] = place, at
                        out.byte_starts[found], out.byte_ends[found] = i, reached
                        out.types[found], out.probabilities[found] = name, 1.0
                    found += 1
                if reached >= end:
                    break
                before = reached
                reached, more = _run(data, before, end, tree.alphanumeric)
                h = _branch(node, data, before, reached)
                at += more
            i = stop
            place += width
    return found


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _same(data: Any, start: int, end: int, other: Any, begin: int, stop: int) -> bool:
    if end - start != stop - begin:
        return False
    for k in range(end - start):  # noqa: SIM110 - all() over a generator cannot be compiled
        if data[start + k] != other[begin + k]:
            return False
    return True


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def settle(model: Any, rules: Any, precedence: int, out: Any) -> int:
    """Fill `out` with what stays of the model's entities and the rules', both in order; return how many that are.

    The model's do not overlap each other.
    """
    kept = 0
    m, r = 0, 0
    own = np.empty(len(model.types) + len(rules.types), np.int64)  # of a cluster: n for a rule's, -1 - n for a model's
    while m < len(model.types) or r < len(rules.types):
        count = 0
        document, border = -1, 0
        while True:  # a cluster: entities that hang together by overlaps
            take_rule = r < len(rules.types) and (m == len(model.types) or not _before(model, m, rules, r))
            if not take_rule and m == len(model.types):
                break
            d = rules.documents[r] if take_rule else model.documents[m]
            start = rules.starts[r] if take_rule else model.starts[m]
            if count and (d != document or start >= border):
                break
            document = d
            border = max(border, rules.ends[r] if take_rule else model.ends[m])
            own[count] = r if take_rule else -1 - m
            count += 1
            if take_rule:
                r += 1
            else:
                m += 1
        if count == 1:
            kept = _copy(model, rules, own[0], out, kept)
        else:
            kept = _choose(model, rules, own[:count], border, precedence, out, kept)
    return kept


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy", inline="always")
def _before(model: Any, m: int, rules: Any, r: int) -> Any:
    if model.documents[m] != rules.documents[r]:
        return model.documents[m] < rules.documents[r]
    return model.starts[m] < rules.starts[r]


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _choose(model: Any, rules: Any, own: Any, border: int, precedence: int, out: Any, kept: int) -> int:
    """Keep the first in rank, then each that none kept overlaps."""
    first = rules.starts[own[0]] if own[0] >= 0 else model.starts[-1 - own[0]]
    ranks = np.empty(len(own), np.int64)
    for k in range(len(own)):
        n = own[k]
        rule = n >= 0
        start = np.int64(rules.starts[n] if rule else model.starts[-1 - n])
        end = rules.ends[n] if rule else model.ends[-1 - n]
        shortness = np.int64(0x7FFFFFFF) - (end - start)
        if precedence == LONGEST:
            ranks[k] = (shortness << 32) | (np.int64(not rule) << 31) | (start - first)
        else:
            ranks[k] = (np.int64(rule != (precedence == RULES)) << 62) | (shortness << 31) | (start - first)
    taken = np.zeros(border - first, np.bool_)
    stays = np.zeros(len(own), np.bool_)
    for k in np.argsort(ranks, kind="mergesort"):
        n = own[k]
        start = (rules.starts[n] if n >= 0 else model.starts[-1 - n]) - first
        end = (rules.ends[n] if n >= 0 else model.ends[-1 - n]) - first
        if not taken[start:end].any():
            taken[start:end] = True
            stays[k] = True
    for k in range(len(own)):
        if stays[k]:
            kept = _copy(model, rules, own[k], out, kept)
    return kept


@njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def _copy(model: Any, rules: Any, n: int, out: Any, kept: int) -> int:
    some = rules if n >= 0 else model
    k = n if n >= 0 else -1 - n
    out.documents[kept] = some.documents[k]
    out.starts[kept], out.ends[kept] = some.starts[k], some.ends[k]
    out.byte_starts[kept], out.byte_ends[kept] = some.byte_starts[k], some.byte_ends[k]
    out.types[kept], out.probabilities[kept] = some.types[k], some.probabilities[k]
    return kept + 1
