"""A compact sample of the training data, kept in the model file for rehearsal (the setting `keep`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.corpus.sentence import Corpus


def sample_of(corpus: Corpus, count: int, seed: int) -> list[dict[str, Any]]:
    """Return about so many sentences as plain values: whole documents, drawn at random."""
    order = np.random.default_rng([seed, 3 << 32]).permutation(len(corpus.documents)).tolist()
    rows: list[dict[str, Any]] = []
    for place in order:
        if len(rows) >= count:
            break
        for number, s in enumerate(corpus.documents[place]):
            rows.append({"text": s.text, "starts": s.starts, "ends": s.ends, "spans": s.spans, "first": not number})
    return rows
