"""Layout: gaps between the columns of a table, and sentences that continue across line ends.

A tab or three characters of white space separate columns; two do if the line has several such gaps, or if all words of
the sentence around them are capitalised. A line that ends in a capital or a digit, before a line that begins with a
capital, is wrapped text if

1. it has a word in small letters,
2. the next line ends in a final mark, or has at least `FULL` characters,
3. and the first word of the next line would not have fitted: it would extend beyond 4/5 of the longer line.

Otherwise the line is an item of a list, a row of a table, an address or a headline, and ends a sentence. So does a line
that ends in a word in small letters, before a capital or digit, if 3. does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence

LOOKAHEAD = 64  # tokens after a gap on which its role may depend
FULL = 40  # minimum characters of a line of a paragraph
FINAL = frozenset(".!?…。！？")
CLOSING = frozenset("\"'”’)]}»」』")
BULLETS = frozenset("-*+•▪‣◦●○■□►▶")


def is_final(token: str) -> bool:
    """Tell whether a token ends sentences: a final mark, or a repetition of one."""
    return token[-1] in FINAL and len(set(token)) == 1


def separates_columns(
    text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, columns: bool, *, sentence_start: int
) -> bool:
    """Tell whether the gap before token t separates columns.

    Parameters
    ----------
    text : str
    token_starts, token_ends : sequence of int
        Offsets of the tokens in code points.
    t : int
    columns : bool
        Whether an earlier gap in the line separates columns.
    sentence_start : int
        Index of the sentence's first token.
    """
    width = _width(text, token_starts, token_ends, t)
    if width != 2 or columns:
        return width > 1
    small = False  # a token that begins with no capital letter
    for u in range(t, min(len(token_starts), t + LOOKAHEAD)):
        if u > t and _count_breaks(text, token_starts, token_ends, u):
            break
        if u > t and _width(text, token_starts, token_ends, u) > 1:
            return True
        small = small or not text[token_starts[u]].isupper()
    for u in range(t - 1, max(sentence_start - 1, t - LOOKAHEAD), -1):
        small = small or not text[token_starts[u]].isupper()
        if not u or _count_breaks(text, token_starts, token_ends, u):
            break
    return not small


def continues(
    text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, sentence_start: int, *, line_start: int
) -> bool:
    """Tell whether a sentence continues across a line end before token t, with no small first letter on either side.

    Parameters
    ----------
    text : str
    token_starts, token_ends : sequence of int
        Offsets of the tokens in code points.
    t : int
    sentence_start : int
        Index of the sentence's first token.
    line_start : int
        Offset of the line.
    """
    small = False
    for u in range(t - 1, sentence_start - 1, -1):
        small = small or text[token_starts[u]].islower()
        if u and _count_breaks(text, token_starts, token_ends, u):
            break
    if not small:
        return False
    last = _last_of_line(text, token_starts, token_ends, t)
    final = last
    while final > t and text[token_starts[final] : token_ends[final]] in CLOSING:
        final -= 1
    if not is_final(text[token_starts[final] : token_ends[final]]) and token_ends[last] - token_starts[t] < FULL:
        return False
    return not is_short(text, token_starts, token_ends, t, line_start=line_start)


def is_short(text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, *, line_start: int) -> bool:
    """Tell whether token t would have fitted into the line that ends before it."""
    length = token_ends[t - 1] - line_start
    following = token_ends[_last_of_line(text, token_starts, token_ends, t)] - token_starts[t]
    return 5 * (length + 1 + token_ends[t] - token_starts[t]) <= 4 * max(length, min(following, 2 * FULL))


def _last_of_line(text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int) -> int:
    last = t
    while last + 1 < min(len(token_starts), t + LOOKAHEAD) and not _count_breaks(
        text, token_starts, token_ends, last + 1
    ):
        last += 1
    return last


def _count_breaks(text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int) -> int:
    return text.count("\n", token_ends[t - 1], token_starts[t])


def _width(text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int) -> int:
    """Return the width of white space before a token: up to 3 characters, 3 for a tab, 0 at the beginning of a line."""
    gap = text[token_ends[t - 1] : token_starts[t]]
    if "\n" in gap:
        return 0
    return 3 if "\t" in gap else min(3, sum(map(str.isspace, gap)))
