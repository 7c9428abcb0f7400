"""Tag schemes, and conversion between tags and spans.

A span is ``(start, end, type)``: the range [start, end) of tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError

Span = tuple[int, int, str]


class Scheme(NamedTuple):
    """A tag scheme.

    Attributes
    ----------
    begin, inside, end, single : str
        Prefixes of a span's first, inner and last token, and of the token of a span of length 1.
    begins_only_after_same : bool
        IOB1: the first token has the prefix "inside" unless a span of the same type ends before it.
    """

    begin: str
    inside: str
    end: str
    single: str
    begins_only_after_same: bool = False


SCHEMES = {
    "IOB1": Scheme("B", "I", "I", "B", True),
    "IOB2": Scheme("B", "I", "I", "B"),
    "BIOES": Scheme("B", "I", "E", "S"),
    "BILOU": Scheme("B", "I", "L", "U"),
    "IO": Scheme("I", "I", "I", "I"),
}
_OPENS = set("BSU")  # prefixes that always begin a span
_CLOSES = set("ESLU")  # prefixes that always end one


class Repair(NamedTuple):
    """A tag that is illegal at its position, and the tag that it is read as."""

    position: int
    tag: str
    reading: str


def detect_scheme(prefixes: Iterable[str], inside_opens: bool) -> str:
    """Return the name of the scheme of tags.

    Parameters
    ----------
    prefixes : iterable of str
        All prefixes that occur, such as {"B", "I"}.
    inside_opens : bool
        Whether I- tags begin spans.

    Raises
    ------
    DataError
        A prefix is unknown.
    """
    letters = set(prefixes) - {"O", ""}
    unknown = letters - set("BIESLU")
    if unknown:
        raise DataError(f"unknown tag prefix {sorted(unknown)[0]!r}: known schemes are {', '.join(SCHEMES)}")
    if letters & set("LU"):
        return "BILOU"
    if letters & set("ES"):
        return "BIOES"
    if "B" not in letters:
        return "IO" if letters else "IOB2"
    return "IOB1" if inside_opens else "IOB2"


def find_scheme(sequences: Iterable[Sequence[str]]) -> str:
    """Return the name of the scheme of the tags of sentences.

    If more spans begin with I- than with B-, it is IOB1; otherwise such I- tags are mistakes in IOB2.

    Raises
    ------
    DataError
        A prefix is unknown.

    Examples
    --------
    >>> find_scheme([["I-PER", "I-PER", "O"], ["I-LOC"]]), find_scheme([["B-PER", "O", "I-LOC"], ["B-LOC"]])
    ('IO', 'IOB2')
    """
    prefixes: set[str] = set()
    opened = {"I": 0, "B": 0}
    for tags in sequences:
        before = "O"
        for tag in tags:
            if tag == "O":
                before = tag
                continue
            prefixes.add(tag[:1])
            if tag[:1] in opened and (before == "O" or before[2:] != tag[2:]):
                opened[tag[0]] += 1
            before = tag
    return detect_scheme(prefixes, inside_opens=opened["I"] > opened["B"])


def spans_from_tags(tags: Sequence[str], scheme: str = "IOB2") -> tuple[list[Span], list[Repair]]:
    """Return the spans of a sentence's tags, and repairs of illegal tags.

    Illegal tags are read as by conlleval: an I- or E- tag that continues no span of its type begins one, and a span
    without an end tag ends before the next token outside it.

    Examples
    --------
    >>> spans_from_tags(["B-PER", "I-PER", "O", "I-LOC"])
    ([(0, 2, 'PER'), (3, 4, 'LOC')], [Repair(position=3, tag='I-LOC', reading='B-LOC')])
    """
    table = SCHEMES[scheme]
    strict = table.end != table.inside  # BIOES, BILOU: spans have end tags
    lenient = table.begins_only_after_same or scheme == "IO"
    spans: list[Span] = []
    repairs: list[Repair] = []
    start, current = -1, ""
    for place, tag in enumerate(tags):
        if start < 0 and tag == "O":
            continue
        prefix, _, type_ = tag.partition("-")
        opens = prefix in _OPENS and not (lenient and prefix == "B" and table.begin == "I")
        continues = start >= 0 and prefix != "O" and not opens and type_ == current
        if start >= 0 and not continues:
            spans.append((start, place, current))
            if strict:
                repairs.append(Repair(place - 1, tags[place - 1], f"{table.end}-{current}"))
            start = -1
        if prefix == "O":
            continue
        if start < 0:
            start, current = place, type_
            if not opens and not lenient:
                repairs.append(Repair(place, tag, f"{table.begin}-{type_}"))
        if prefix in _CLOSES:
            spans.append((start, place + 1, current))
            start = -1
    if start >= 0:
        spans.append((start, len(tags), current))
        if strict:
            repairs.append(Repair(len(tags) - 1, tags[-1], f"{table.end}-{current}"))
    return spans, repairs


def tags_from_spans(spans: Iterable[Span], length: int, scheme: str = "BIOES") -> list[str]:
    """Return the tags of spans that do not overlap.

    Examples
    --------
    >>> tags_from_spans([(0, 2, "PER"), (3, 4, "LOC")], 4)
    ['B-PER', 'E-PER', 'O', 'S-LOC']
    """
    table = SCHEMES[scheme]
    tags = ["O"] * length
    last_end, last_type = 0, ""
    for start, end, type_ in sorted(spans):
        if start < last_end:
            raise ValueError(f"({start}, {end}, {type_}) overlaps another span: tags cannot say so")
        single, begin = table.single, table.begin
        if table.begins_only_after_same and not (start == last_end and type_ == last_type):
            single = begin = table.inside
        if end - start == 1:
            tags[start] = f"{single}-{type_}"
        else:
            tags[start] = f"{begin}-{type_}"
            tags[start + 1 : end - 1] = [f"{table.inside}-{type_}"] * (end - start - 2)
            tags[end - 1] = f"{table.end}-{type_}"
        last_end, last_type = end, type_
    return tags


class TagSet:
    """The BIOES tags of types as numbers: O is 0, type j has B, I, E, S at 1 + 4j … 4 + 4j.

    Examples
    --------
    >>> tags = TagSet(["LOC", "PER"])
    >>> tags.encode([(0, 2, "PER")], 3).tolist()
    [5, 7, 0]
    >>> tags.decode(np.array([5, 7, 0]))
    [(0, 2, 'PER')]
    """

    def __init__(self, types: Sequence[str]) -> None:
        self.types = tuple(types)
        self.tags = ("O", *(f"{prefix}-{type_}" for type_ in types for prefix in "BIES"))
        self._begin_tags = {type_: 1 + 4 * j for j, type_ in enumerate(types)}

    def encode(self, spans: Iterable[Span], length: int) -> NDArray[np.int64]:
        """Return the tag numbers (length,) of spans that do not overlap."""
        tags = np.zeros(length, np.int64)
        for start, end, type_ in spans:
            begin_tag = self._begin_tags[type_]
            if end - start == 1:
                tags[start] = begin_tag + 3
            else:
                tags[start:end] = begin_tag + 1
                tags[start] = begin_tag
                tags[end - 1] = begin_tag + 2
        return tags

    def decode(self, tags: NDArray[np.int64]) -> list[Span]:
        """Return the spans of legal tag numbers."""
        kind = (tags - 1) % 4
        begin_tokens = np.flatnonzero((tags > 0) & ((kind == 0) | (kind == 3)))
        last_tokens = np.flatnonzero((tags > 0) & ((kind == 2) | (kind == 3)))
        types = (tags[begin_tokens] - 1) // 4
        return [
            (s, e + 1, self.types[j])
            for s, e, j in zip(begin_tokens.tolist(), last_tokens.tolist(), types.tolist(), strict=True)
        ]

    @cached_property
    def legal_transitions(self) -> NDArray[np.bool_]:
        """Return a mask (K+1, K+1) of legal transitions; index K is the boundary of the sentence."""
        K = len(self.tags)
        opens = np.array([tag[0] in "OBS" for tag in self.tags] + [True])
        closes = np.array([tag[0] in "OES" for tag in self.tags] + [True])
        legal = np.outer(closes, opens)
        for begin_tag in self._begin_tags.values():
            legal[begin_tag : begin_tag + 2, begin_tag + 1 : begin_tag + 3] = True  # B, I before I, E
        legal[K, K] = False
        return legal
