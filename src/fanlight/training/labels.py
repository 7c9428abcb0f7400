"""Labels of tokens as numbers.

Labels below K are tags. For partial annotation (`corpus.annotation`), further labels stand for sets of allowed tags.
For the logistic head, a token has one label per type, which is `UNKNOWN` for unannotated types.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.annotation import Annotation
from fanlight.entities.bioes import Span, TagSet
from fanlight.network.losses import UNKNOWN

Int = NDArray[np.int64]


class Labels:
    """The labels of a model.

    Parameters
    ----------
    types : sequence of str
        The model's types.
    overlapping : bool
        Whether there is one label per type, for the logistic head.
    """

    def __init__(self, types: Sequence[str], overlapping: bool) -> None:
        self.types = tuple(types)
        self.overlapping = overlapping
        self._tags = TagSet(self.types)
        self._single = TagSet(("",))
        self._numbers: dict[tuple[int, ...], int] = {(tag,): tag for tag in range(len(self._tags.tags))}

    @property
    def allowed_tags(self) -> NDArray[np.bool_]:
        """Mask (labels, K) of the tags that each label allows."""
        table = np.zeros((len(self._numbers), len(self._tags.tags)), bool)
        for tags, number in self._numbers.items():
            table[number, list(tags)] = True
        return table

    def encode(self, spans: Sequence[Span], length: int, annotation: Annotation) -> Int:
        """Return the labels (length,), or (length, types), of a sentence."""
        model_types = set(self.types)
        readings = {t: tuple(r for r in types if r in model_types) for t, types in annotation.readings.items()}
        labelled = [span for span in spans if readings.get(span[2])]
        if self.overlapping:
            return self._columns(labelled, length, annotation, readings)
        if not annotation.partial:
            return self._tags.encode([(s, e, readings[t][0]) for s, e, t in labelled], length)
        outside = [0, *(1 + 4 * j + k for j, t in enumerate(self.types) if t in annotation.unmarked for k in range(4))]
        labels = np.full(length, self._number(outside), np.int64)
        for start, end, type_ in labelled:
            firsts = [4 * self.types.index(reading) for reading in readings[type_]]
            roles = self._single.encode([(0, end - start, "")], end - start)
            labels[start:end] = [self._number([tag + role for tag in firsts]) for role in roles.tolist()]
        return labels

    def _columns(
        self, spans: Sequence[Span], length: int, annotation: Annotation, readings: dict[str, tuple[str, ...]]
    ) -> Int:
        labels = np.zeros((length, len(self.types)), np.int64)
        for column, type_ in enumerate(self.types):
            if type_ in annotation.unmarked:
                labels[:, column] = UNKNOWN
            exact = [(s, e, "") for s, e, t in spans if readings[t] == (type_,)]
            tags = self._single.encode(select_outermost(exact), length)
            for start, end, other in spans:
                if len(readings[other]) > 1 and type_ in readings[other]:
                    labels[start:end, column] = UNKNOWN
            labels[:, column] = np.where(tags > 0, tags, labels[:, column])
        return labels

    def _number(self, tags: Sequence[int]) -> int:
        return self._numbers.setdefault(tuple(sorted(tags)), len(self._numbers))


def select_outermost(spans: Sequence[Span]) -> list[Span]:
    """Return spans of one type without those that overlap a longer span, or an earlier one of the same length."""
    chosen: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in chosen):
            chosen.append(span)
    return sorted(chosen)
