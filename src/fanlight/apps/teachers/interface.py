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
        In code points, in the order of the text, without overlaps.
    fault : str
        Why there are no labels; else "".
    """

    spans: tuple[Span, ...] = ()
    fault: str = ""


class Cost(NamedTuple):
    """An estimate of the costs of a service, before anything is sent.

    Attributes
    ----------
    calls : int
    tokens_in, tokens_out : int
        Tokens of the service, estimated as four bytes of UTF-8.
    """

    calls: int
    tokens_in: int
    tokens_out: int


class Teacher(Protocol):
    """Labels texts.

    Attributes
    ----------
    name : str
        Its name on the command line.
    types : frozenset of str
        The requested types that it can label.
    """

    name: str
    types: frozenset[str]

    def estimate(self, texts: Sequence[str]) -> Cost | None:
        """Return the estimated costs; None if no text leaves this machine."""

    def label(self, texts: Sequence[str]) -> Iterator[Answer]:
        """Yield the labels of each text, in order."""


def longest_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans, in order, without those that overlap a longer one, or an earlier one of the same length.

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
