"""Gazetteers: lists of names with types, and features from their mentions in a text.

A name is stored as a 64-bit hash, so that half a million names take a few megabytes. Candidates are all sequences of
words up to the longest name (Korean: all prefixes of a space-delimited word, because particles follow a name). Case is
ignored.

References
----------
Ratinov & Roth 2009, section 5.2 (gazetteers as knowledge).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError
from fanlight.files import read_bytes
from fanlight.text.hashing import POWERS, word_hashes
from fanlight.text.sentences import segment

Int = NDArray[np.int64]
UInt = NDArray[np.uint64]

MARKS = 5  # features of a token per list: it begins, is inside, ends or is a name; or follows one in its word
FILTER_BITS = 8  # minimum bits of the Bloom filter per name: 3% false positives
_BEGINS, _INSIDE, _ENDS, _WHOLE, _FOLLOWS = range(MARKS)


@dataclass(frozen=True)
class Gazetteer:
    """Names of up to 32 lists.

    Attributes
    ----------
    lists : tuple of str
        Names of the lists, such as entity types.
    hashes : uint64 array (n,)
        Hashes of the names, increasing.
    members : uint32 array (n,)
        Bit l is set if the name is in list l.
    longest : int
        Number of tokens of the longest name.
    unit : str
        "word" or "character".
    beginnings : uint64 array (filter_size(n),), or (0,)
        Bloom filter (`filter_of`) of the prefixes of names of several words, with which the search for longer names
        stops early. Models of earlier versions have none.
    """

    lists: tuple[str, ...]
    hashes: UInt
    members: NDArray[np.uint32]
    longest: int
    unit: str
    beginnings: UInt = field(default_factory=lambda: np.empty(0, np.uint64))

    @classmethod
    def of(cls, names: Sequence[str], lists: Sequence[str], unit: str) -> Gazetteer:
        """Build from names and the list of each.

        Raises
        ------
        DataError
            There are more than 32 lists.
        """
        list_names = tuple(sorted(set(lists)))
        if len(list_names) > 32:
            raise DataError(f"gazetteers may have 32 lists, these have {len(list_names)}: merge some")
        bits = {name: 1 << i for i, name in enumerate(list_names)}
        owner_bits = np.array([bits[name] for name in lists], np.uint32)
        beginnings = np.empty(0, np.uint64)
        if unit == "character":
            hashes, longest = word_hashes([name.lower() for name in names]), max(map(len, names), default=1)
        else:
            token_starts, token_ends, _ = segment(text := "\n".join(names), "word")
            line_ends = np.cumsum([len(name) + 1 for name in names])
            line = np.searchsorted(line_ends, token_starts, "right")
            tokens = [text[s:e].lower() for s, e in zip(token_starts.tolist(), token_ends.tolist(), strict=True)]
            line_tokens = np.searchsorted(line, np.arange(len(names)))
            counts = np.bincount(line, minlength=len(names))
            longest = int(counts.max(initial=1))
            place = np.arange(len(tokens)) - line_tokens[line]
            with np.errstate(over="ignore"):
                terms = word_hashes(tokens) * POWERS[place % len(POWERS)]
                sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms)])
                runs = sums[1:] - sums[line_tokens[line]]  # hashes of the prefixes of each name
            is_last = np.diff(line, append=-1) != 0
            hashes, beginnings, owner_bits = runs[is_last], runs[~is_last], owner_bits[counts > 0]
        distinct, which = np.unique(hashes, return_inverse=True)
        members = np.zeros(len(distinct), np.uint32)
        np.bitwise_or.at(members, which, owner_bits)
        if unit == "word":
            beginnings = filter_of(beginnings, filter_size(len(distinct)))
        return cls(list_names, distinct, members, longest, unit, beginnings)

    @property
    def width(self) -> int:
        """Number of features of a token."""
        return MARKS * len(self.lists)

    def features(self, keys: Sequence[str], sentence_offsets: Int) -> NDArray[np.float32]:
        """Return the features of tokens: their positions in names of each list.

        Parameters
        ----------
        keys : sequence of str
            The tokens' word types (`text.features`).
        sentence_offsets : int array (S+1,)
            First token of each sentence, and the number of tokens.

        Returns
        -------
        float32 array (N, width)
            `MARKS` ones or zeros per list.

        Examples
        --------
        >>> names = Gazetteer.of(["New York", "York"], ["city", "city"], "word")
        >>> names.features(["In", "New", "York", "."], np.array([0, 4])).astype(int).tolist()
        [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0]]
        """
        if self.unit == "character":
            return self._of_characters(keys)
        out = np.zeros((len(keys), len(self.lists), MARKS), np.float32)
        hashes = word_hashes([key.lower() for key in keys])
        available = np.repeat(sentence_offsets[1:], np.diff(sentence_offsets)) - np.arange(
            len(keys)
        )  # tokens to the sentence's end
        run = np.zeros(len(keys), np.uint64)
        for length in range(1, min(self.longest, int(available.max(initial=0))) + 1):
            inside = np.flatnonzero(available >= length)
            with np.errstate(over="ignore"):
                run[inside] += hashes[inside + length - 1] * POWERS[length - 1]
            heads, members = self._look_up(run[inside])
            heads = inside[heads]
            for number in range(len(self.lists)):
                begin = heads[members >> np.uint32(number) & np.uint32(1) > 0]
                mark(out[:, number], begin, length)
        return out.reshape(len(keys), self.width)

    def _of_characters(self, keys: Sequence[str]) -> NDArray[np.float32]:
        """Return features for the longest name that is a prefix of each space-delimited word."""
        words: dict[str, int] = {}
        place, owner = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        for i, key in enumerate(keys):
            number, _, word = key.partition("\t")
            place[i], owner[i] = int(number or 0), words.setdefault(word, len(words))
        heads = [word[:n].lower() for word in words for n in range(1, min(len(word), self.longest) + 1)]
        of = np.repeat(np.arange(len(words)), [min(len(word), self.longest) for word in words])
        entries, members = self._look_up(word_hashes(heads))
        sizes = np.array([len(head) for head in heads], np.int64)
        word_lengths = np.array([len(word) for word in words], np.int64)
        out = np.zeros((len(keys), len(self.lists), MARKS), np.float32)
        for list_ in range(len(self.lists)):
            longest = np.zeros(len(words), np.int64)
            selection = entries[members >> np.uint32(list_) & np.uint32(1) > 0]
            selection = selection[
                (sizes[selection] > 1) | (word_lengths[of[selection]] == 1)
            ]  # a name of one syllable is a prefix of too many words
            np.maximum.at(longest, of[selection], sizes[selection])
            length = longest[owner]
            column = out[:, list_]
            column[:, _WHOLE] = (length == 1) & (place == 0)
            column[:, _BEGINS] = (length > 1) & (place == 0)
            column[:, _INSIDE] = (place > 0) & (place < length - 1)
            column[:, _ENDS] = (length > 1) & (place == length - 1)
            column[:, _FOLLOWS] = (length > 0) & (place >= length)
        return out.reshape(len(keys), self.width)

    def _look_up(self, hashes: UInt) -> tuple[Int, NDArray[np.uint32]]:
        """Return the indices of hashes that are names, and these names' members."""
        if not len(self.hashes):
            return np.zeros(0, np.int64), np.zeros(0, np.uint32)
        rows = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        entries = np.flatnonzero(self.hashes[rows] == hashes)
        return entries, self.members[rows[entries]]


def read_gazetteers(paths: Sequence[str | os.PathLike[str]], unit: str, encoding: str = "utf-8") -> Gazetteer:
    """Read files of lines ``name<TAB>list``; more columns are ignored.

    Raises
    ------
    DataError
        A file cannot be read, or a line has no tab.
    """
    names: list[str] = []
    lists: list[str] = []
    for path in paths:
        count = len(names)
        try:
            for number, raw in enumerate(BytesIO(read_bytes(path)), 1):
                line = raw.decode(encoding).rstrip("\r\n")
                name, *columns = (line.removeprefix("\ufeff") if number == 1 else line).split("\t")
                if not line.strip():
                    continue
                if not columns or not name.strip() or not columns[0].strip():
                    raise DataError(f"{path}:{number}: is not NAME<tab>LIST")
                names.append(name.strip())
                lists.append(columns[0].strip())
        except UnicodeDecodeError:
            raise DataError(f"{path}:{number}: is not {encoding}: give --encoding") from None
        if len(names) == count:
            raise DataError(f"{path}: is empty: a gazetteer has lines of NAME<tab>LIST")
    return Gazetteer.of(names, lists, unit)


def filter_size(names: int) -> int:
    """Return the size of a Bloom filter in 64-bit words: a power of two with at least `FILTER_BITS` bits per name."""
    return 1 << max(1, (FILTER_BITS * names // 64).bit_length())


def filter_of(hashes: UInt, size: int) -> UInt:
    """Return a Bloom filter of hashes, of `size` 64-bit words.

    The highest bits of a hash select the word in which two bits are set for it.

    References
    ----------
    Bloom 1970.
    """
    bit, low = np.uint64(1), np.uint64(63)
    out = np.zeros(size, np.uint64)
    bits = bit << (hashes & low) | bit << (hashes >> np.uint64(6) & low)
    np.bitwise_or.at(out, hashes >> np.uint64(65 - size.bit_length()), bits)
    return out


def mark(column: NDArray[np.float32], begin: Int | int, length: int) -> None:
    """Set the features (N, MARKS) of a list for names of `length` tokens that begin at the tokens `begin`."""
    if length == 1:
        column[begin, _WHOLE] = 1
        return
    column[begin, _BEGINS] = 1
    column[begin + length - 1, _ENDS] = 1
    for k in range(1, length - 1):
        column[begin + k, _INSIDE] = 1
