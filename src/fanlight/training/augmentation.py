"""Augmentation of training data: sentences in other letter case, and with replaced mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.annotation import Annotation, value_for
from fanlight.corpus.sentence import Corpus
from fanlight.training.batches import Encoded, Part
from fanlight.training.encoding import Encoder
from fanlight.training.mention_replacement import replace_mentions
from fanlight.training.settings import Chosen, Meaning, Settings

REPLACEMENTS = 3  # versions of a corpus with replaced mentions, from which each epoch draws


class Augmented(NamedTuple):
    """Training data with augmentations.

    Attributes
    ----------
    data : Encoded
        The corpora, then their augmented versions.
    parts : tuple of Part
        The shares of sentences that each epoch draws.
    folds : int array (documents,)
        The fold of each document.
    """

    data: Encoded
    parts: tuple[Part, ...]
    folds: NDArray[np.int64]


def augment(
    corpora: Sequence[Corpus],
    annotations: Sequence[Annotation],
    encoder: Encoder,
    settings: Chosen,
    *,
    shares: Sequence[float],
    repeats: Sequence[int] = (),
) -> Augmented:
    """Encode and concatenate corpora and their augmented versions.

    Parameters
    ----------
    corpora, annotations : sequences
        The corpora, and the annotation of each.
    encoder : Encoder
    settings : Chosen
    shares : sequence of float
        Share of each corpus in an epoch, in (0, 1].
    repeats : sequence of int
        Repetitions of each corpus in an epoch, by default 1.
    """
    encoded = [encoder.encode(corpus, annotation) for corpus, annotation in zip(corpora, annotations, strict=True)]
    parts = [(data, corpus, share) for data, corpus, share in zip(encoded, corpora, shares, strict=True)]
    for weight, spelling in ((settings.lower_share, str.lower), (settings.upper_share, str.upper)):
        if weight and settings.unit == "word":
            for data, corpus, share in zip(encoded, corpora, shares, strict=True):
                parts.append((encoder.respell(data, corpus, spelling), corpus, weight * share))
    for number in range(REPLACEMENTS if settings.replacement_share else 0):
        for corpus, annotation, share in zip(corpora, annotations, shares, strict=True):
            data = encoder.encode(replace_mentions(corpus, settings.seed + number), annotation)
            parts.append((data, corpus, settings.replacement_share / REPLACEMENTS * share))
    sets = [_separate_documents(data, corpus, settings) for data, corpus, _ in parts]
    set_offsets = np.cumsum([0, *map(len, sets)]).tolist()
    shown = [Part(np.arange(s, e), share) for (s, e), (_, _, share) in zip(pairwise(set_offsets), parts, strict=True)]
    for place, count in enumerate(repeats):
        shown += [shown[place]] * (count - 1)
    folds = np.concatenate([_split_folds(data, settings.folds) for data in sets])
    return Augmented(Encoded.concatenate(sets), tuple(shown), folds)


def corpus_shares(corpora: Sequence[Corpus], settings: Settings) -> list[float]:
    """Return the share of each corpus in an epoch, from the setting `corpora`."""
    return [value_for(corpus, settings.corpora, Meaning()).share for corpus in corpora]


def _separate_documents(data: Encoded, corpus: Corpus, settings: Chosen) -> Encoded:
    """Make each sentence a document if there are fewer documents than folds."""
    if len(corpus.documents) >= settings.folds:
        return data
    return replace(data, documents=np.repeat(np.arange(len(data)), np.diff(data.sentence_offsets)))


def _split_folds(data: Encoded, folds: int) -> NDArray[np.int64]:
    """Return the fold of each document: consecutive documents, equally many per fold."""
    count = int(data.documents.max()) + 1
    return np.arange(count) * folds // count
