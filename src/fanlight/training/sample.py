"""A compact sample of the training data, kept in the model file for rehearsal (the setting `keep`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.network.modelfile import Model


def kept_sample(model: Model) -> list[list[Sentence]] | None:
    """Return the documents that the model keeps of its training data (the setting `keep`), or None."""
    rows = model.provenance.get("sample")
    if not rows:
        return None
    documents: list[list[Sentence]] = []
    for row in rows:
        spans = tuple((int(s), int(e), str(t)) for s, e, t in row["spans"])
        sentence = Sentence(row["text"], tuple(row["starts"]), tuple(row["ends"]), spans)
        if row["first"] or not documents:
            documents.append([])
        documents[-1].append(sentence)
    return documents


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
