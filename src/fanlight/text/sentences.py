"""Sentence segmentation.

The rules look at neighbouring tokens and the white space between them. A sentence ends

1. at a blank line;
2. after a token of ``. ! ? …`` or their full-width forms and closing quotes or brackets, if white space and no
   lower-case letter follow; and after abbreviations, whose tokens include the stop: `text.boundaries` has the details;
3. after such a token before a capital or Hangul without white space (``Oslo.He``), see `text.boundaries`;
4. at a line end without a comma, if the tokens on either side begin with no small letter: before a capital, unless the
   sentence continues (`text.layout`); before other tokens, if the line has up to 40 characters; and before a bullet,
   list number, capitalised pronoun or the like;
5. between the columns of a table (`text.layout`).

A sentence of more than `LONGEST` tokens is divided after its last comma, semicolon or colon; else before its last token
that follows white space and begins with no capital; else at any token. Names rarely cross these points.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.text.boundaries import (
    begins_item,
    begins_line,
    begins_name,
    ends_after_abbreviation,
    ends_after_mark,
    ends_before_small_letter,
    ends_without_space,
    is_figure,
)
from fanlight.text.layout import BULLETS, CLOSING, continues, is_final, is_short, separates_columns
from fanlight.text.tokens import characters, tokenise

Int = NDArray[np.int64]

LONGEST = {"word": 250, "character": 500}
HEADLINE = 40  # maximum code points of a line that is a headline and not wrapped text
DIVIDING = set(",;:、，")  # where an overlong sentence may be divided


class Segmentation(NamedTuple):
    """The tokens and sentences of a text.

    Attributes
    ----------
    token_starts, token_ends : int array (T,)
        Offsets of the tokens in code points.
    sentence_offsets : int array (S+1,)
        First token of each sentence, and T.
    """

    token_starts: Int
    token_ends: Int
    sentence_offsets: Int


def segment(text: str, unit: str = "word") -> Segmentation:
    """Split a text into tokens and sentences.

    Parameters
    ----------
    text : str
    unit : str
        "word" or "character".

    Examples
    --------
    >>> segment("It rains. We stay.").sentence_offsets.tolist()
    [0, 3, 6]
    """
    token_starts, token_ends = tokenise(text) if unit == "word" else characters(text)
    return Segmentation(
        token_starts, token_ends, _sentences(text, token_starts.tolist(), token_ends.tolist(), LONGEST[unit])
    )


def tokenise_sentences(text: str, unit: str) -> list[list[tuple[int, int]]]:
    """Return each sentence's token offsets."""
    token_starts, token_ends, offsets = segment(text, unit)
    pairs = list(zip(token_starts.tolist(), token_ends.tolist(), strict=True))
    sentence_offsets = offsets.tolist()
    return [pairs[s:e] for s, e in pairwise(sentence_offsets)]


def _sentences(text: str, token_starts: list[int], token_ends: list[int], longest: int) -> Int:
    sentence_offsets = [0]
    count = len(token_starts)
    line_start = 0
    columns = False  # whether a gap in the line separates columns
    final = False  # whether the last token other than closing marks is a final mark
    for t in range(1, count):
        before = text[token_starts[t - 1] : token_ends[t - 1]]
        if is_final(before):
            final = True
        elif before not in CLOSING:
            final = False
        gap, here = text[token_ends[t - 1] : token_starts[t]], text[token_starts[t]]
        border = False
        breaks = gap.count("\n")
        if not gap:
            border = final and ends_without_space(
                text, token_starts, token_ends, t, sentence_offsets[-1], line_start=line_start
            )
        elif breaks > 1:
            border = True
        elif (
            gap != " "
            and not breaks
            and separates_columns(text, token_starts, token_ends, t, columns, sentence_start=sentence_offsets[-1])
        ):
            border = columns = True
        elif final and not breaks:
            if here.islower():
                border = ends_before_small_letter(text, token_starts, token_ends, t, sentence_offsets[-1])
            else:
                border = ends_after_mark(text, token_starts, token_ends, t, sentence_offsets[-1], line_start=line_start)
        elif final:
            border = not here.islower()
        elif breaks:
            border = _ends_at_line(text, token_starts, token_ends, t, sentence_offsets[-1], line_start=line_start)
        else:
            border = ends_after_abbreviation(
                text, token_starts, token_ends, t, sentence_offsets[-1], line_start=line_start
            )
        if breaks:
            line_start, columns = token_starts[t], False
        if border:
            sentence_offsets.append(t)
            final = False
        elif t - sentence_offsets[-1] >= longest:
            sentence_offsets.append(_division(text, token_starts, token_ends, sentence_offsets[-1] + 1, t))
    if count:
        sentence_offsets.append(count)
    return np.array(sentence_offsets, np.int64)


def _ends_at_line(
    text: str, token_starts: list[int], token_ends: list[int], t: int, sentence_start: int, *, line_start: int
) -> bool:
    """Tell whether a sentence ends with the line before token t, which has no final mark at its end."""
    before, word = (text[token_starts[u] : token_ends[u]] for u in (t - 1, t))
    if word[0].islower() or before[0].islower() or before == ",":
        is_separate = t + 1 < len(token_starts) and token_ends[t] < token_starts[t + 1]
        if (word in BULLETS and is_separate) or begins_line(text, token_starts, token_ends, t):
            return True
        if before == "," or not (word[0].isupper() or is_figure(word)):
            return False
        if is_short(text, token_starts, token_ends, t, line_start=line_start):
            return True
    elif word[0].isupper():
        if not begins_name(before) and not continues(
            text, token_starts, token_ends, t, sentence_start, line_start=line_start
        ):
            return True
    else:
        if token_ends[t - 1] - line_start <= HEADLINE or begins_line(text, token_starts, token_ends, t):
            return True
        if not is_figure(word):
            return False
    return begins_item(text, token_starts, token_ends, t, sentence_start)


def _division(text: str, token_starts: list[int], token_ends: list[int], begin: int, end: int) -> int:
    """Return the token in (begin, end] before which an overlong sentence is divided."""
    space = 0
    for t in range(end, begin + (end - begin) // 2, -1):
        if text[token_ends[t - 1] - 1] in DIVIDING:
            return t
        if not space and token_starts[t] > token_ends[t - 1] and not text[token_starts[t]].isupper():
            space = t
    return space or end
