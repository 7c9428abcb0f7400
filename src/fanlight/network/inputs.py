"""From word types and tokens to the arrays that the network's symbols stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.lexicon import Lexicon
from fanlight.network.windows import CONTEXT_PADDING, windows
from fanlight.text.features import Bag, extract
from fanlight.text.vectors import beginnings, fallback_forms

Int = NDArray[np.int64]
Float = NDArray[np.float32]
WHOLE = 1 << 12


@dataclass(frozen=True)
class WordTypes:
    """What the network knows of each of t word types.

    Attributes
    ----------
    words : int array (t,)
        Row of the lexicon, -1 for none.
    bags : tuple of Bag
        Rows of each feature table.
    """

    words: Int
    bags: tuple[Bag, ...]

    @classmethod
    def of(cls, keys: Sequence[str], configuration: Configuration, lexicon: Lexicon) -> WordTypes:
        """Look up and hash word types (keys of `text.features`).

        Of a word of more than `WHOLE` code points only the beginning and the end are looked at, so that memory is
        bounded.
        """
        if configuration.unit == "word":
            keys = [k if len(k) <= WHOLE else k[: WHOLE // 2] + k[-WHOLE // 2 :] for k in keys]
            words = lexicon.find(keys, fallback_forms)
        else:
            words = _of_characters(keys, lexicon)
        return cls(words, tuple(extract(keys, configuration.groups)))

    def choose(self, types: Int) -> WordTypes:
        """Return the types with these numbers, in this order."""
        return WordTypes(self.words[types], tuple(_choose(bag, types) for bag in self.bags))


def character_of(key: str) -> str:
    r"""Return the character that a character key stands for; the padding's is itself.

    Examples
    --------
    >>> character_of("1\t서울")
    '울'
    """
    place, _, word = key.partition("\t")
    return word[int(place)] if place else key


def _of_characters(keys: Sequence[str], lexicon: Lexicon) -> Int:
    """Return the row of each character's word, or its longest known beginning, or else of the character itself."""
    numbers: dict[str, int] = {}
    owner = np.array([numbers.setdefault(key.partition("\t")[2] or key, len(numbers)) for key in keys], np.int64)
    rows = lexicon.find(list(numbers), beginnings)[owner]
    return np.where(rows >= 0, rows, lexicon.find([character_of(key) for key in keys]))


def forms_of(keys: Iterable[str]) -> Int:
    """Return a number for each word type, the same for those that differ in case alone.

    Examples
    --------
    >>> forms_of(["Paris", "in", "PARIS"]).tolist()
    [0, 1, 0]
    """
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key.lower(), len(numbers)) for key in keys], np.int64)


def table_inputs(types: WordTypes, configuration: Configuration) -> tuple[dict[str, Int], dict[str, Int]]:
    """Return the rows of each table that some types need, and the index inputs that refer to these rows alone.

    The symbols of a table then hold ``table[rows]``: the gradient of a batch is as small as the batch. The lexicon's
    table is called "vectors"; its first row stands for words without a vector.
    """
    needed: dict[str, Int] = {}
    inputs: dict[str, Int] = {}
    if configuration.vector_width:
        needed["vectors"], inputs["vectors_rows"] = _distinct(np.append(types.words, -1))
        inputs["vectors_rows"] = inputs["vectors_rows"][:-1]
    for group, bag in zip(configuration.groups, types.bags, strict=True):
        needed[group.name], inputs[f"{group.name}_ids"] = _distinct(bag.ids)
        inputs[f"{group.name}_offsets"] = bag.offsets
    return needed, inputs


def window_inputs(
    configuration: Configuration, ids: Int, contexts: Int, starts: Int, padding: int, evidence: Float | None = None
) -> dict[str, Any]:
    """Return the inputs of the windows.

    ``i_k`` into the word types, ``j_k`` into the contexts and ``l_k`` into the rows of ``evidence``, each (N,); a row
    of zeros is added to the evidence for positions outside the sentence.
    """
    inputs = {f"i_{k}": row for k, row in enumerate(windows(ids, starts, configuration.radius, padding))}
    if configuration.context_width:
        around = windows(contexts, starts, configuration.radius, CONTEXT_PADDING)
        inputs |= {f"j_{k}": row for k, row in enumerate(around)}
    if configuration.evidence_width and evidence is not None:
        inputs["evidence"] = np.concatenate([evidence, np.zeros((1, evidence.shape[1]), evidence.dtype)])
        tokens = windows(np.arange(len(ids)), starts, configuration.radius, len(ids))
        inputs |= {f"l_{k}": row for k, row in enumerate(tokens)}
    return inputs


def _choose(bag: Bag, types: Int) -> Bag:
    first = bag.offsets[types]
    counts = bag.offsets[types + 1] - first
    offsets = np.zeros(len(types) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return Bag(bag.ids[np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], counts)], offsets)


def _distinct(ids: Int) -> tuple[Int, Int]:
    rows, where = np.unique(ids, return_inverse=True)
    return rows, where.astype(np.int64)
