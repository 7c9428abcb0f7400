"""What a training program is fed: the arrays of each batch, laid out by kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus.compiler.threads import prefetch
from fanlight.network.architecture import mask
from fanlight.network.inputs import WordTypes
from fanlight.network.losses import loss_inputs
from fanlight.network.windows import CONTEXT_PADDING
from fanlight.text.features import Bag
from fanlight.training import batch_kernels as kernels
from fanlight.training.batches import Encoded, batches
from fanlight.training.preparation import Task

Int = NDArray[np.int64]
NO_ROW = np.array([-1])  # of words without a vector


class Feeder:
    """Makes a program's inputs from batches.

    Parameters
    ----------
    task : Task
    lanes : int
        2: the next batch is made in the second lane (`calculus.compiler.threads`), meanwhile.
    """

    def __init__(self, task: Task, lanes: int = 1) -> None:
        self._task = task
        self._lanes = lanes
        made = task.configuration
        self._masks = {mask(made, k): made.columns_at(k) for k in range(made.positions)}
        self._masks.pop("D")  # the middle's, made anew for each batch
        self._scratch = {group.name: np.full(group.buckets, -1) for group in made.groups}
        self._scratch["types"] = np.full(len(task.types.words), -1)
        self._scratch["vectors"] = np.full(len(task.lexicon) + 1, -1)  # the last place is that of row -1

    def __call__(self, batch: Encoded, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Int]]:
        """Return the inputs for a batch that no parameter is in, and which rows of each table the program needs.

        The table of word vectors is there already where it is not trained; its row -1, of words without one, comes
        first.
        """
        task, made, settings = self._task, self._task.configuration, self._task.settings
        ids = batch.types
        if settings.word_dropout:
            ids = np.where(rng.random(len(ids)) < settings.word_dropout, task.unknown, ids)
        types, ids = kernels.distinct(ids, np.array([task.padding]), self._scratch["types"])
        needed, inputs = self._tables(task.types, types)
        inputs |= self._windows(ids, batch)
        inputs |= loss_inputs(made, batch.tags, batch.starts, rng, task.allowed)
        inputs["M"] = _mask(rng, (len(ids), made.hidden), settings.dropout)
        inputs["D"] = _mask(rng, (len(types), made.width), settings.input_dropout)
        for name, columns in made.columns.items():
            if share := settings.feature_dropout.get(name, 0):
                inputs["D"][:, columns] *= _mask(rng, (len(types), 1), share)
        for name, seen in self._masks.items():
            inputs[name] = np.ascontiguousarray(inputs["D"][:, seen])
        return inputs, needed

    def epoch(self, order: Int, rng: np.random.Generator) -> Iterator[tuple[int, dict[str, Any], dict[str, Int]]]:
        """Yield for each batch how many tokens it has, its inputs and the rows needed."""
        made = (
            (len(batch.types), *self(batch, rng))
            for batch in batches(self._task.train, order, self._task.settings.batch_tokens)
        )
        yield from made if self._lanes == 1 else prefetch(made)

    def _tables(self, known: WordTypes, types: Int) -> tuple[dict[str, Int], dict[str, Any]]:
        """Return what `network.inputs.table_inputs` returns, numbered otherwise."""
        task, made = self._task, self._task.configuration
        needed: dict[str, Int] = {}
        inputs: dict[str, Any] = {}
        if made.vector_width:
            words = known.words[types]
            needed["vectors"], inputs["vectors_rows"] = kernels.distinct(words, NO_ROW, self._scratch["vectors"])
            if "vectors" not in task.parameters:
                inputs["vectors"] = task.lexicon.vectors(needed["vectors"], compiled=True)
        bag: Bag
        for group, bag in zip(made.groups, known.bags, strict=True):
            needed[group.name], inputs[f"{group.name}_ids"], inputs[f"{group.name}_offsets"] = kernels.bags(
                bag.ids, bag.offsets, types, self._scratch[group.name]
            )
        return needed, inputs

    def _windows(self, ids: Int, batch: Encoded) -> dict[str, Any]:
        """Return what `network.inputs.window_inputs` returns; the padding's word type is the first."""
        made = self._task.configuration
        inputs: dict[str, Any] = {}
        inputs |= {f"i_{k}": row for k, row in enumerate(kernels.windows(ids, batch.starts, made.radius, 0))}
        if made.context_width:
            around = kernels.windows(batch.contexts, batch.starts, made.radius, CONTEXT_PADDING)
            inputs |= {f"j_{k}": row for k, row in enumerate(around)}
        if made.evidence_width and batch.evidence is not None:
            nothing = np.zeros((1, batch.evidence.shape[1]), batch.evidence.dtype)
            inputs["evidence"] = np.concatenate([batch.evidence, nothing])
            tokens = kernels.windows(np.arange(len(ids)), batch.starts, made.radius, len(ids))
            inputs |= {f"l_{k}": row for k, row in enumerate(tokens)}
        return inputs


def _mask(rng: np.random.Generator, shape: tuple[int, int], dropout: float) -> NDArray[np.float32]:
    if not dropout:
        return np.ones(shape, np.float32)
    key = rng.integers(0, 1 << 64, dtype=np.uint64)
    made: NDArray[np.float32] = kernels.mask(key, dropout, *shape)
    return made
