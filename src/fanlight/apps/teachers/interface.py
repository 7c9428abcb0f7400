"""The interface of teachers: name, types, estimate of costs, labels of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from fanlight.entities.bioes import Span


class Answer(NamedTuple):
    """A teacher's labels of one text.

    Attributes
    ----------
    spans : tuple of (start, end, type)
        In code points, in the order of the text; no two overlap.
    fault : str
        Why there are no labels; "" if there are.
    """

    spans: tuple[Span, ...] = ()
    fault: str = ""


class Cost(NamedTuple):
    """An estimate, before anything is sent, of what a service will be asked.

    Attributes
    ----------
    calls : int
    tokens_in, tokens_out : int
        Of the service's own tokens, taken for four bytes of UTF-8.
    """

    calls: int
    tokens_in: int
    tokens_out: int


class Teacher(Protocol):
    """Labels texts.

    Attributes
    ----------
    name : str
        As it was named on the command line.
    types : frozenset of str
        Those of the types asked for that it can give.
    """

    name: str
    types: frozenset[str]

    def estimate(self, texts: Sequence[str]) -> Cost | None:
        """Return what the labels will cost; None if no text leaves this machine."""

    def label(self, texts: Sequence[str]) -> Iterator[Answer]:
        """Yield the labels of each text, in order."""


def longest_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans, in order, without those that a longer one overlaps; of equally long ones the first stays.

    Examples
    --------
    >>> longest_spans([(4, 8, "LOC"), (0, 8, "ORG"), (9, 12, "PER")])
    ((0, 8, 'ORG'), (9, 12, 'PER'))
    """
    chosen: list[Span] = []
    for span in sorted(set(spans), key=lambda s: (s[0] - s[1], s)):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in chosen):
            chosen.append(span)
    return tuple(sorted(chosen))
