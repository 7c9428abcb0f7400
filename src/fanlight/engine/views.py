"""Conversion of entity columns to `Document` objects and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from fanlight.engine.columns import Block, Entities
from fanlight.entities.entity import Document, Entity


def documents(texts: Sequence[str], entities: Entities, types: Sequence[str]) -> list[Document]:
    """Return a block's texts with their entities.

    Parameters
    ----------
    texts : sequence of str (D,)
        The block's documents.
    entities : Entities
        With document indices 0 to D - 1.
    types : sequence of str
        The entity types that `Entities.types` indexes.
    """
    if not len(entities.documents):
        return [Document(text) for text in texts]
    counts = [len(entities.documents)]
    if len(texts) > 1:
        counts = np.bincount(entities.documents, minlength=len(texts)).tolist()
    rows = zip(
        entities.char_starts.tolist(),
        entities.char_ends.tolist(),
        entities.types.tolist(),
        entities.probabilities.tolist(),
        strict=True,
    )  # fmt: skip
    return [
        Document(text, tuple([Entity(s, e, types[k], text[s:e], p) for s, e, k, p in islice(rows, count)]))
        if count
        else Document(text)
        for text, count in zip(texts, counts, strict=True)
    ]


def columns(block: Block, offset: int, views: Iterable[Document], types: Sequence[str]) -> Entities:
    """Return the entities of documents as columns; the inverse of `documents`.

    Parameters
    ----------
    block : Block
    offset : int
        Index in the block of the first document.
    views : iterable of Document
    types : sequence of str
    """
    numbers = {type_: k for k, type_ in enumerate(types)}
    rows = []
    for d, view in enumerate(views, offset):
        byte, point = int(block.text_starts[d]), 0
        for entity in view.entities:
            byte += len(view.text[point : entity.start].encode())
            point = entity.start
            size = len(entity.text.encode())
            rows.append((d, entity.start, entity.end, byte, byte + size, numbers[entity.type], entity.probability))
    arrays = zip(*rows, strict=True) if rows else ((),) * len(Entities._fields)
    return Entities(*(np.array(a, b.dtype) for a, b in zip(arrays, Entities.allocate(0), strict=True)))
