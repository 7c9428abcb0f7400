"""A bounded cache of word types and their first-layer products, for the plain engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.plain_network import StageNetwork
from fanlight.network.inputs import WordTypes
from fanlight.network.lexicon import Lexicon
from fanlight.text.features import PADDING

Int = NDArray[np.int64]
BYTES = 100_000_000  # of products; beyond it the cache is cleared


class TypeProducts:
    """Word types and their products W_k @ x in each stage.

    Attributes
    ----------
    forms : int64 array (rows,)
        Number of each type's lower-case form.
    """

    def __init__(self, stages: Sequence[StageNetwork], lexicon: Lexicon) -> None:
        self._stages, self._lexicon = stages, lexicon
        self.limit = max(1024, BYTES // sum(stage.bytes for stage in stages))
        self._clear()

    def _clear(self) -> None:
        self.numbers: dict[str, int] = {}
        self._form_numbers: dict[str, int] = {}
        self.forms = np.zeros(0, np.int64)
        self._row_products = [np.zeros((0, *stage.shape), np.float32) for stage in self._stages]
        self._add([PADDING])

    def rows(self, keys: Sequence[str]) -> Int:
        """Return the rows of word types, adding new ones; row 0 stands for positions outside a sentence."""
        table = self.numbers
        new = [key for key in dict.fromkeys(keys) if key not in table]
        if new and len(table) + len(new) > self.limit and len(table) > 1:
            self._clear()
            table = self.numbers
            new = [key for key in dict.fromkeys(keys) if key not in table]
        if new:
            self._add(new)
        return np.array([table[key] for key in keys], np.int64)

    def row_products(self, stage: int) -> NDArray[np.float32]:
        """Return the products W_k @ x (rows, P, m) of a stage."""
        return self._row_products[stage]

    def _add(self, keys: Sequence[str]) -> None:
        begin = len(self.numbers)
        self.numbers.update((key, row) for row, key in enumerate(keys, begin))
        numbers = self._form_numbers
        forms = [numbers.setdefault(key.lower(), len(numbers)) for key in keys]
        types = WordTypes.of(keys, self._stages[0].configuration, self._lexicon)
        size = begin + len(keys)
        if size > len(self.forms):
            capacity = max(256, 2 * size)
            self.forms = np.concatenate([self.forms, np.zeros(capacity - len(self.forms), np.int64)])
            self._row_products = [
                np.concatenate([table, np.empty((capacity - len(table), *table.shape[1:]), np.float32)])
                for table in self._row_products
            ]
        self.forms[begin:size] = forms
        for stage, table in zip(self._stages, self._row_products, strict=True):
            table[begin:size] = stage.row_products(types)
