r"""Hashed features of word types, as rows of embedding tables.

A feature of a word type is a 64-bit hash of some of its code points (`hashing`), reduced to a bucket of the table of
its group.

A *word type* is represented by a key: the word itself; or for characters (Korean) ``"i\tword"``, the i-th character of
its space-delimited word.

References
----------
Lecture L5 (the window's vectors); Weinberger et al. 2009, "Feature hashing for large scale multitask learning".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.text.boundaries import ENDINGS
from fanlight.text.character_features import CHARACTER_FEATURES, Characters
from fanlight.text.hashing import Hashes, mix, seed_of
from fanlight.text.normalisation import SEPARATORS, is_invisible, is_normal, normalise_word
from fanlight.text.word_features import WORD_FEATURES, Words

Int = NDArray[np.int64]

WORD_ENDS = frozenset("!./?|")  # marks between syllables after which a word may end
PADDING = "\t"  # the key of positions outside a sentence


@dataclass(frozen=True)
class Group:
    """One embedding table and the features that share it.

    Attributes
    ----------
    name : str
        Name of the table in the model file.
    buckets : int
        Rows of the table.
    dimension : int
        Columns of the table: the width of this group in a token's vector.
    features : tuple of str
        Names of entries of `WORD_FEATURES` or `CHARACTER_FEATURES`.
    reach : int or None
        Radius of the table: largest distance from the window's middle at which it is used; None: the whole window.
    """

    name: str
    buckets: int
    dimension: int
    features: tuple[str, ...]
    reach: int | None = None

    def seen_at(self, distance: int) -> bool:
        """Tell whether the table is used at a distance in tokens from the window's middle."""
        return self.reach is None or distance <= self.reach


class Bag(NamedTuple):
    """Table rows of each word type: type t has ``ids[offsets[t]:offsets[t + 1]]``."""

    ids: Int
    offsets: Int


WORD_GROUPS = (
    Group("form", 32768, 32, ("lower",)),
    Group("affix", 16384, 32, ("prefixes", "suffixes")),
    Group("ngram", 32768, 32, ("ngrams",)),
    Group("shape", 2048, 16, ("shape", "short_shape", "case", "edges", "length")),
)
CHARACTER_GROUPS = (
    Group("character", 8192, 48, ("character", "class")),
    Group("bigram", 32768, 32, ("left", "right", "left3", "right3", "around")),
    Group("word", 32768, 48, ("word", "head", "tail", "rest")),
    Group("place", 512, 16, ("position", "position_from_end", "word_length", "neighbours")),
)


def extract(keys: Sequence[str], groups: Sequence[Group]) -> list[Bag]:
    """Return each group's table rows for each word type.

    Parameters
    ----------
    keys : sequence of str
        Keys of word types; all of words or all of characters.
    groups : sequence of Group
        The tables.

    Returns
    -------
    list of Bag
        One per group: ``ids`` in ``[0, buckets)``, ``offsets`` of length ``len(keys) + 1``.

    Raises
    ------
    KeyError
        A group names a feature that does not exist.

    Examples
    --------
    >>> bag, = extract(["Paris", "paris"], [Group("form", 1000, 8, ("lower",))])
    >>> bool(bag.ids[0] == bag.ids[1]), bag.offsets.tolist()
    (True, [0, 1, 2])
    """
    hashes = _hashes(keys, {name for group in groups for name in group.features})
    bags = []
    for group in groups:
        owners, ids = [], []
        for name in group.features:
            row_owners, values = hashes[name]
            owners.append(row_owners)
            ids.append((mix(values + seed_of(name)) % np.uint64(group.buckets)).astype(np.int64))
        owner = np.concatenate(owners)
        offsets = np.zeros(len(keys) + 1, np.int64)
        np.cumsum(np.bincount(owner, minlength=len(keys)), out=offsets[1:])
        bags.append(Bag(np.concatenate(ids)[np.argsort(owner, kind="stable")], offsets))
    return bags


def character_keys(text: str, token_starts: Sequence[int], token_ends: Sequence[int]) -> list[str]:
    r"""Return the keys of character tokens: position in their space-delimited word, and its normal form.

    A word also ends after a slash between syllables, or between a syllable and a letter; and at a sentence boundary
    without a space. Of invisible characters, only zero-width space and its kin separate words.

    Examples
    --------
    >>> character_keys("서울 은", [0, 1, 3], [1, 2, 4])
    ['0\t서울', '1\t서울', '0\t은']
    """
    keys: list[str] = []
    head = 0
    count = len(token_starts)
    for t in range(count):
        if t + 1 == count:
            ends = True
        elif token_starts[t + 1] != token_ends[t]:
            ends = _separates(text[token_ends[t] : token_starts[t + 1]])
        else:
            ends = text[token_starts[t]] in WORD_ENDS and _ends_word(text, token_starts[t], token_starts[t + 1])
        if ends:
            word = text[token_starts[head] : token_ends[t]]
            if len(word) != t + 1 - head or not is_normal(word):
                places = zip(token_starts[head : t + 1], token_ends[head : t + 1], strict=True)
                word = "".join(character_form(text[s:e]) for s, e in places)
            keys.extend(f"{i}\t{word}" for i in range(t + 1 - head))
            head = t + 1
    return keys


def character_form(token: str) -> str:
    """Return the first code point of the normal form of a character with its combining marks."""
    return normalise_word(token)[0]


def _ends_word(text: str, i: int, following: int) -> bool:
    """Tell whether a word ends after the mark ``text[i]`` between syllables."""
    if i == 0 or following != i + 1:
        return False
    left, right = text[i - 1], text[following]
    syllables = ("가" <= left <= "힣") + ("가" <= right <= "힣")
    if text[i] in "/|":
        letters = (left.isascii() and left.isalpha()) + (right.isascii() and right.isalpha())
        return syllables > 0 and syllables + letters == 2
    return syllables == 2 and (text[i] != "." or left in ENDINGS)


def _separates(gap: str) -> bool:
    return any(character in SEPARATORS or not is_invisible(character) for character in gap)


def _hashes(keys: Sequence[str], names: set[str]) -> dict[str, Hashes]:
    if names <= set(WORD_FEATURES):
        words = Words(keys)
        return {name: WORD_FEATURES[name](words) for name in names}
    characters = Characters(keys)
    return {name: CHARACTER_FEATURES[name](characters) for name in names}
