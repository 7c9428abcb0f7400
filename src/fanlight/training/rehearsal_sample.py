"""A compact sample of the training data, stored in the model file for rehearsal (the setting `keep`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fanlight.corpus.annotation import Annotation
from fanlight.corpus.sentence import Corpus


def draw_rehearsal_sample(
    corpora: Sequence[Corpus], annotations: Sequence[Annotation], count: int, seed: int
) -> list[dict[str, Any]]:
    """Return about `count` sentences of each corpus, with the model's types, as values for JSON.

    They are random whole documents without labels that may be one of several types.
    """
    rows: list[dict[str, Any]] = []
    for number, (corpus, annotation) in enumerate(zip(corpora, annotations, strict=True)):
        order = np.random.default_rng([seed, (3 << 32) + number]).permutation(len(corpus.documents)).tolist()
        enough = len(rows) + count
        for document in (corpus.documents[place] for place in order):
            readings = [[annotation.readings[t] for _, _, t in sentence.spans] for sentence in document]
            if len(rows) >= enough:
                break
            if any(len(types) > 1 for labels in readings for types in labels):
                continue
            for place, (s, labels) in enumerate(zip(document, readings, strict=True)):
                spans = [(a, b, types[0]) for (a, b, _), types in zip(s.spans, labels, strict=True) if types]
                row = {
                    "text": s.text,
                    "starts": s.token_starts,
                    "ends": s.token_ends,
                    "spans": spans,
                    "first": not place,
                }
                rows.append(row if not number else {**row, "corpus": number})
    return rows
