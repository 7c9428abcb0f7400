"""Layout: which white space separates the cells of a table, and which line ends go on in the next line.

A tab or three characters of white space in a row separate columns; two do so where a line has several such gaps, or its
sentence nothing but words with capitals. A line that ends in a capital or a digit, before a line that begins with a
capital, is wrapped text if all of this holds:

1. it has a word in small letters;
2. the next line ends in a final mark, or is as long as lines of paragraphs are (`FULL`);
3. the next line's first word would not have fitted in: it reaches beyond 4/5 of the longer line.

Otherwise it is a line of a list, a table, an address or a headline, and no name runs on. So is a line that ends in a
word in small letters, before a capital or digit, if 3. does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence

LOOKAHEAD = 64  # tokens behind a gap on which it may depend
FULL = 40  # characters of a line that is part of a paragraph
FINAL = frozenset(".!?…。！？")
CLOSING = frozenset("\"'”’)]}»」』")
BULLETS = frozenset("-*+•▪‣◦●○■□►▶")


def is_final(token: str) -> bool:
    """Tell whether a token ends sentences: one final mark, or several of it."""
    return token[-1] in FINAL and len(set(token)) == 1


def separates_columns(
    text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, columns: bool, *, sentence_start: int
) -> bool:
    """Tell whether the gap before token t separates columns.

    Parameters
    ----------
    text : str
    token_starts, token_ends : sequence of int
        Of the tokens.
    t : int
    columns : bool
        Whether a gap before it in its line separates columns.
    sentence_start : int
        The first token of its sentence.
    """
    width = _width(text, token_starts, token_ends, t)
    if width != 2 or columns:
        return width > 1
    small = False  # a word in small letters, or a mark
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
    """Tell whether the line that ends before token t goes on, where neither side of the line end is in small letters.

    Parameters
    ----------
    text : str
    token_starts, token_ends : sequence of int
        Of the tokens.
    t : int
    sentence_start : int
        The first token of its sentence.
    line_start : int
        Where the line begins.
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
    """Tell whether the first word of the next line would have fitted into the line that ends before token t."""
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
    """Return how many characters of white space stand before a token, 3 for a tab, 0 where its line begins."""
    gap = text[token_ends[t - 1] : token_starts[t]]
    if "\n" in gap:
        return 0
    return 3 if "\t" in gap else min(3, sum(map(str.isspace, gap)))
