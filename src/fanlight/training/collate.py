"""Collation of batches of sentences into the input arrays of a training program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.compiler.threads import prefetch
from fanlight.network.architecture import mask
from fanlight.network.inputs import table_inputs, window_inputs
from fanlight.network.losses import loss_inputs
from fanlight.text.features import Bag
from fanlight.training import batch_kernels as kernels
from fanlight.training.batches import Encoded, batches
from fanlight.training.preparation import Run

Int = NDArray[np.int64]


class KernelLayout:
    """A `network.inputs.Layout` with kernels; distinct rows are in the order of their first occurrence.

    Parameters
    ----------
    rows : mapping of str to int
        Number of rows of each table.
    """

    def __init__(self, rows: dict[str, int]) -> None:
        self._scratch = {name: np.full(count, -1) for name, count in rows.items()}

    def distinct(self, table: str, ids: Int, leading: int) -> tuple[Int, Int]:
        """Return the distinct rows, `leading` first, and the index of each id among them."""
        rows, places = kernels.distinct(ids, np.array([leading]), self._scratch[table])
        return rows, places

    def bags(self, table: str, bag: Bag, types: Int) -> tuple[Int, Bag]:
        """Return the distinct rows in the bags of `types`, and these bags with indices into the distinct rows."""
        rows, places, offsets = kernels.bags(bag.ids, bag.offsets, types, self._scratch[table])
        return rows, Bag(places, offsets)

    def windows(self, ids: Int, sentence_offsets: Int, radius: int, padding: int) -> Int:
        """Return the id at each window position of each token (2·radius + 1, N)."""
        positions: Int = kernels.windows(ids, sentence_offsets, radius, padding)
        return positions


class Collator:
    """Computes a program's inputs from batches.

    Parameters
    ----------
    run : Run
    threads : int
        With 2, the second thread (`calculus.compiler.threads`) collates the next batch concurrently.
    """

    def __init__(self, run: Run, threads: int = 1) -> None:
        self._run = run
        self._threads = threads
        configuration = run.configuration
        self._masks = {mask(configuration, k): configuration.columns_at(k) for k in range(configuration.positions)}
        self._masks.pop("D")  # the mask of the middle position, drawn for each batch
        rows = {group.name: group.buckets for group in configuration.groups}
        # the last entry of "vectors" is for row -1
        self._layout = KernelLayout({**rows, "types": len(run.types.words), "vectors": len(run.lexicon) + 1})

    def __call__(self, batch: Encoded, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Int]]:
        """Return the inputs of a batch other than parameters, and the rows of each table that it uses.

        Word vectors that are not trained are among the inputs; their first row is that of words without a vector.
        """
        run, configuration, settings = self._run, self._run.configuration, self._run.settings
        ids = batch.types
        if settings.word_dropout:
            ids = np.where(rng.random(len(ids)) < settings.word_dropout, run.unknown, ids)
        types, ids = self._layout.distinct("types", ids, run.padding)
        needed, indices = table_inputs(run.types, configuration, types, self._layout)
        inputs: dict[str, Any] = dict(indices)
        if "vectors" in needed and "vectors" not in run.parameters:
            inputs["vectors"] = run.lexicon.vectors(needed["vectors"], compiled=True)
        padding = 0  # the first word type
        inputs |= window_inputs(
            configuration,
            ids,
            batch.contexts,
            batch.sentence_offsets,
            padding,
            features=batch.features,
            layout=self._layout,
        )
        inputs |= loss_inputs(configuration, batch.tags, batch.sentence_offsets, rng, run.allowed)
        inputs["M"] = _draw_mask(rng, (len(ids), configuration.hidden), settings.dropout)
        inputs["D"] = _draw_mask(rng, (len(types), configuration.width), settings.input_dropout)
        for name, columns in configuration.columns.items():
            if share := settings.feature_dropout.get(name, 0):
                inputs["D"][:, columns] *= _draw_mask(rng, (len(types), 1), share)
        for name, seen in self._masks.items():
            inputs[name] = np.ascontiguousarray(inputs["D"][:, seen])
        return inputs, needed

    def epoch(self, order: Int, rng: np.random.Generator) -> Iterator[tuple[int, dict[str, Any], dict[str, Int]]]:
        """Yield number of tokens, inputs and rows of each batch."""
        collated = (
            (len(batch.types), *self(batch, rng))
            for batch in batches(self._run.train, order, self._run.settings.batch_tokens)
        )
        yield from collated if self._threads == 1 else prefetch(collated)


def _draw_mask(rng: np.random.Generator, shape: tuple[int, int], dropout: float) -> NDArray[np.float32]:
    if not dropout:
        return np.ones(shape, np.float32)
    key = rng.integers(0, 1 << 64, dtype=np.uint64)
    scales: NDArray[np.float32] = kernels.mask(key, dropout, *shape)
    return scales
