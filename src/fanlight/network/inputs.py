"""The arrays for the symbols of the network's expression, from word types and tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.lexicon import Lexicon
from fanlight.network.windows import CONTEXT_PADDING, windows
from fanlight.text.features import Bag, extract
from fanlight.text.vectors import beginnings, fallback_forms

Int = NDArray[np.int64]
Float = NDArray[np.float32]
WHOLE = 1 << 12  # maximum code points of a word from which features are computed


@dataclass(frozen=True)
class WordTypes:
    """The features of t word types.

    Attributes
    ----------
    words : int array (t,)
        Row of each type in the lexicon, or -1.
    bags : tuple of Bag
        For each feature table, the rows of each type.
    """

    words: Int
    bags: tuple[Bag, ...]

    @classmethod
    def of(cls, keys: Sequence[str], configuration: Configuration, lexicon: Lexicon) -> WordTypes:
        """Look up and hash word types (keys of `text.features`).

        Of a word of more than `WHOLE` code points, only the beginning and the end count, so that memory is bounded.
        """
        if configuration.unit == "word":
            keys = [k if len(k) <= WHOLE else k[: WHOLE // 2] + k[-WHOLE // 2 :] for k in keys]
            words = lexicon.find(keys, fallback_forms)
        else:
            words = _of_characters(keys, lexicon)
        return cls(words, tuple(extract(keys, configuration.groups)))

    def choose(self, types: Int) -> WordTypes:
        """Return a selection of types, in the given order."""
        return WordTypes(self.words[types], tuple(_choose(bag, types) for bag in self.bags))


def character_of(key: str) -> str:
    r"""Return the character of a character key; for the padding key, the key itself.

    Examples
    --------
    >>> character_of("1\t서울")
    '울'
    """
    place, _, word = key.partition("\t")
    return word[int(place)] if place else key


def _of_characters(keys: Sequence[str], lexicon: Lexicon) -> Int:
    """Return the lexicon row of each character's word, else of its longest prefix, else of the character itself."""
    numbers: dict[str, int] = {}
    owner = np.array([numbers.setdefault(key.partition("\t")[2] or key, len(numbers)) for key in keys], np.int64)
    rows = lexicon.find(list(numbers), beginnings)[owner]
    return np.where(rows >= 0, rows, lexicon.find([character_of(key) for key in keys]))


def forms_of(keys: Iterable[str]) -> Int:
    """Return the number of each word type's lower-case form.

    Examples
    --------
    >>> forms_of(["Paris", "in", "PARIS"]).tolist()
    [0, 1, 0]
    """
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key.lower(), len(numbers)) for key in keys], np.int64)


class Layout(Protocol):
    """Numbers the table rows of a batch and computes its windows; see `PlainLayout`."""

    def distinct(self, table: str, ids: Int, leading: int) -> tuple[Int, Int]:
        """Return the distinct rows of a table in `leading` and `ids`, and the index of each id among them."""

    def bags(self, table: str, bag: Bag, types: Int) -> tuple[Int, Bag]:
        """Return the distinct rows in the bags of `types`, and these bags with indices into the distinct rows."""

    def windows(self, ids: Int, sentence_offsets: Int, radius: int, padding: int) -> Int:
        """Return the id at each window position of each token (2·radius + 1, N)."""


class PlainLayout:
    """The layout in NumPy; distinct rows are in increasing order."""

    def distinct(self, table: str, ids: Int, leading: int) -> tuple[Int, Int]:
        """Return the distinct rows, and the index of each id among them."""
        rows, places = np.unique(np.append(ids, leading), return_inverse=True)
        return rows, places[:-1].astype(np.int64)

    def bags(self, table: str, bag: Bag, types: Int) -> tuple[Int, Bag]:
        """Return the distinct rows in the bags of `types`, and these bags."""
        bag = _choose(bag, types)
        rows, places = np.unique(bag.ids, return_inverse=True)
        return rows, Bag(places.astype(np.int64), bag.offsets)

    def windows(self, ids: Int, sentence_offsets: Int, radius: int, padding: int) -> Int:
        """Return the id at each window position of each token (2·radius + 1, N)."""
        return windows(ids, sentence_offsets, radius, padding)


_PLAIN = PlainLayout()


def table_inputs(
    types: WordTypes, configuration: Configuration, chosen: Int, layout: Layout = _PLAIN
) -> tuple[dict[str, Int], dict[str, Int]]:
    """Return the rows of each table that a selection of word types uses, and index inputs into these rows.

    The symbol of a table is then ``table[rows]``, so that the gradient has only the rows of the batch. The lexicon's
    table is called "vectors"; its first row is used for words without a vector.

    Parameters
    ----------
    types : WordTypes
    configuration : Configuration
    chosen : int array (t,)
        Indices of the word types.
    layout : Layout
    """
    needed: dict[str, Int] = {}
    inputs: dict[str, Int] = {}
    if configuration.vector_width:
        needed["vectors"], inputs["vectors_rows"] = layout.distinct("vectors", types.words[chosen], -1)
    for group, bag in zip(configuration.groups, types.bags, strict=True):
        needed[group.name], chosen_bag = layout.bags(group.name, bag, chosen)
        inputs[f"{group.name}_ids"], inputs[f"{group.name}_offsets"] = chosen_bag
    return needed, inputs


def window_inputs(
    configuration: Configuration,
    ids: Int,
    contexts: Int,
    sentence_offsets: Int,
    padding: int,
    *,
    features: Float | None = None,
    layout: Layout = _PLAIN,
) -> dict[str, Any]:
    """Return the index inputs of the windows.

    For each window position k: ``i_k`` into word types, ``j_k`` into case contexts, ``l_k`` into rows of ``evidence``
    (N,).

    Parameters
    ----------
    configuration : Configuration
    ids, contexts : int array (N,)
        Each token's word type and case context.
    sentence_offsets : int array (S+1,)
        First token of each sentence, and N.
    padding : int
        The word type of positions outside the sentence.
    features : float array (N, e), optional
        Token features; a row of zeros is added for positions outside the sentence.
    layout : Layout
    """
    radius = configuration.radius
    inputs: dict[str, Any] = {
        f"i_{k}": row for k, row in enumerate(layout.windows(ids, sentence_offsets, radius, padding))
    }
    if configuration.context_width:
        around = layout.windows(contexts, sentence_offsets, radius, CONTEXT_PADDING)
        inputs |= {f"j_{k}": row for k, row in enumerate(around)}
    if configuration.evidence_width and features is not None:
        inputs["evidence"] = np.concatenate([features, np.zeros((1, features.shape[1]), features.dtype)])
        tokens = layout.windows(np.arange(len(ids)), sentence_offsets, radius, len(ids))
        inputs |= {f"l_{k}": row for k, row in enumerate(tokens)}
    return inputs


def _choose(bag: Bag, types: Int) -> Bag:
    begins = bag.offsets[types]
    counts = bag.offsets[types + 1] - begins
    offsets = np.zeros(len(types) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return Bag(bag.ids[np.arange(offsets[-1]) + np.repeat(begins - offsets[:-1], counts)], offsets)
