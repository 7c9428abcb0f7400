"""Labelled sentences and corpora, with notes of repairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple

from fanlight.entities.bioes import Span
from fanlight.errors import DataError


@dataclass(frozen=True)
class Sentence:
    """A labelled sentence.

    Attributes
    ----------
    text : str
    token_starts, token_ends : tuple of int
        Offsets of the tokens in `text`, in code points.
    spans : tuple of (start, end, type)
        Entities, as ranges of tokens.
    line : int
        Line of the file at which the sentence begins.
    """

    text: str
    token_starts: tuple[int, ...]
    token_ends: tuple[int, ...]
    spans: tuple[Span, ...]
    line: int = 0

    @property
    def tokens(self) -> list[str]:
        """The tokens' texts."""
        text = self.text
        return [text[s:e] for s, e in zip(self.token_starts, self.token_ends, strict=True)]

    @property
    def separators(self) -> list[str]:
        """The text before each token, such as a space.

        Examples
        --------
        >>> Sentence("so  großes!", (4, 10), (10, 11), ()).separators
        ['so  ', '']
        """
        ends = (0, *self.token_ends)
        return [self.text[end:start] for end, start in zip(ends, self.token_starts, strict=False)]

    def respell(self, spelling: Callable[[str], str]) -> Sentence:
        """Return the sentence with each token respelled and unchanged separators.

        Examples
        --------
        >>> Sentence("so  großes!", (4, 10), (10, 11), ()).respell(str.upper)
        Sentence(text='GROSSES!', token_starts=(0, 7), token_ends=(7, 8), spans=(), line=0)
        """
        text = ""
        token_starts, token_ends = [], []
        before = self.token_starts[0] if self.token_starts else 0
        for token, start, end in zip(self.tokens, self.token_starts, self.token_ends, strict=True):
            text += self.text[before:start]
            token_starts.append(len(text))
            text += spelling(token)
            token_ends.append(len(text))
            before = end
        return Sentence(text, tuple(token_starts), tuple(token_ends), self.spans, self.line)

    @classmethod
    def of_words(cls, words: Sequence[str], spans: Sequence[Span], line: int = 0) -> Sentence:
        """Build from tokens, joined by single spaces."""
        after = list(accumulate((len(word) + 1 for word in words), initial=0))
        return cls(" ".join(words), tuple(after[:-1]), tuple(place - 1 for place in after[1:]), tuple(spans), line)


class Note(NamedTuple):
    """A repair, or a loss, of a reader."""

    line: int
    kind: str
    what: str


@dataclass
class Corpus:
    """Labelled documents.

    Attributes
    ----------
    path : str
    unit : str
        What a token is: "word" or "character".
    documents : list of lists of Sentence
    notes : list of Note
        Repairs and losses of the reader.
    sha256 : str
        SHA-256 of the file's bytes.
    documents_marked : bool
        Whether the file marks the beginnings of documents.
    """

    path: str
    unit: str
    documents: list[list[Sentence]]
    notes: list[Note] = field(default_factory=list)
    sha256: str = ""
    documents_marked: bool = True

    @cached_property
    def sentences(self) -> list[Sentence]:
        """All sentences in order."""
        return [sentence for document in self.documents for sentence in document]

    @cached_property
    def types(self) -> list[str]:
        """The entity types that occur, sorted."""
        return sorted({span[2] for sentence in self.sentences for span in sentence.spans})

    @cached_property
    def overlaps(self) -> list[tuple[int, Span, Span]]:
        """Pairs of overlapping spans: (line, span, span)."""
        overlaps = []
        for sentence in self.sentences:
            spans = sorted(sentence.spans)
            overlaps += [(sentence.line, a, b) for a, b in pairwise(spans) if b[0] < a[1]]
        return overlaps

    def summary(self) -> str:
        """Return a one-line summary of the notes, with the first line of each kind."""
        kinds = Counter(note.kind for note in self.notes)
        earliest = {note.kind: note for note in reversed(self.notes)}
        return "; ".join(
            f"{count} × {kind} (first: line {earliest[kind].line}, {earliest[kind].what})"
            for kind, count in kinds.items()
        )


def check_trainable(corpus: Corpus, overlapping_allowed: bool) -> None:
    """Check that a corpus can be trained on.

    Raises
    ------
    DataError
        There are no entities, or entities overlap and the head has one tag per token.
    """
    if not corpus.types:
        raise DataError(f"{corpus.path}: has no entities at all: are the labels in the last column, or under 'spans'?")
    if corpus.overlaps and not overlapping_allowed:
        line, a, b = corpus.overlaps[0]
        raise DataError(
            f"{corpus.path}:{line}: entities overlap ({a[2]} and {b[2]}; {len(corpus.overlaps)} times in the file): "
            "remove the inner ones, or train with --set head=logistic, which keeps types apart"
        )
