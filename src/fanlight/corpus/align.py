"""Alignment of character spans with tokens."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from fanlight.corpus.sentence import Note, Sentence
from fanlight.entities.bioes import Span
from fanlight.text.normalisation import is_blank

Offsets = list[tuple[int, int]]


def align(
    text: str, sentences: Sequence[Offsets], spans: Sequence[Span], line: int
) -> tuple[list[Sentence], list[Note]]:
    """Align character spans with a tokenised text.

    Tokens are divided at the edges of spans, and sentences that a span crosses are joined, so that every entity is kept
    exactly; notes record this. Only a span of nothing but white space is dropped.

    Parameters
    ----------
    text : str
    sentences : sequence of lists of (start, end)
        Token offsets of each sentence.
    spans : sequence of (start, end, type)
        Offsets in code points of the text, and types.
    line : int
        Line number for the notes.
    """
    notes: list[Note] = []
    spans = _distinct(text, spans, line, notes)
    tokens = [offsets for sentence in sentences for offsets in sentence]
    sentence_offsets: list[int] = []  # first token of each sentence
    for sentence in sentences:
        sentence_offsets.append(sentence_offsets[-1] + len(sentence) if sentence_offsets else len(sentence))
    sentence_offsets = [0, *sentence_offsets[:-1]] if sentence_offsets else [0]
    span_bounds = {edge for start, end, _ in spans for edge in (start, end)}
    tokens, sentence_offsets = _divide(text, tokens, sentence_offsets, span_bounds, line=line, notes=notes)
    token_starts, token_ends = [s for s, _ in tokens], [e for _, e in tokens]
    placed = []
    for start, end, type_ in spans:
        begin_token, end_token = bisect_left(token_starts, start), bisect_left(token_ends, end) + 1
        if begin_token >= end_token or begin_token >= len(token_starts):
            notes.append(Note(line, "span without a token", f"{text[start:end]!r} {type_}"))
            continue
        placed.append((begin_token, end_token, type_))
        for border in sentence_offsets[
            bisect_right(sentence_offsets, begin_token) : bisect_left(sentence_offsets, end_token)
        ]:
            notes.append(Note(line, "sentences joined for a span across them", repr(text[start:end])))
            sentence_offsets.remove(border)
    aligned = []
    for begin_token, end_token in zip(sentence_offsets, [*sentence_offsets[1:], len(tokens)], strict=True):
        if begin_token == end_token:
            continue
        begin, stop = token_starts[begin_token], token_ends[end_token - 1]
        inside = tuple((s - begin_token, e - begin_token, t) for s, e, t in placed if begin_token <= s < end_token)
        shifted = [[p - begin for p in places[begin_token:end_token]] for places in (token_starts, token_ends)]
        aligned.append(Sentence(text[begin:stop], tuple(shifted[0]), tuple(shifted[1]), inside, line))
    return aligned, notes


def _distinct(text: str, spans: Sequence[Span], line: int, notes: list[Note]) -> list[Span]:
    """Drop repetitions and trim white space and invisible characters at the edges."""
    trimmed_spans: list[Span] = []
    for start, end, type_ in spans:
        part = text[start:end]
        visible = [place for place, c in enumerate(part, start) if not is_blank(c)]
        trimmed = (visible[0], visible[-1] + 1, type_) if visible else (start, start, type_)
        if not visible:
            notes.append(Note(line, "span of white space left out", f"{start}:{end} {type_}"))
            continue
        if trimmed != (start, end, type_):
            notes.append(Note(line, "white space at a span's edge trimmed", repr(part)))
        if trimmed in trimmed_spans:
            notes.append(Note(line, "span repeated", repr(part)))
        else:
            trimmed_spans.append(trimmed)
    return sorted(trimmed_spans)


def _divide(
    text: str, tokens: Offsets, sentence_offsets: list[int], span_bounds: set[int], *, line: int, notes: list[Note]
) -> tuple[Offsets, list[int]]:
    ordered_bounds = sorted(span_bounds)
    divided: Offsets = []
    moved = {border: border for border in sentence_offsets}
    for number, (start, end) in enumerate(tokens):
        if number in moved:
            moved[number] = len(divided)
        inner = ordered_bounds[bisect_right(ordered_bounds, start) : bisect_left(ordered_bounds, end)]
        if inner:
            notes.append(Note(line, "token divided at a span's edge", f"{text[start:end]!r} at {inner[0] - start}"))
        places = [start, *inner, end]
        divided += list(pairwise(places))
    return divided, sorted(moved[b] for b in sentence_offsets)
