r"""Tokens with exact offsets.

A word tokeniser for news-like text in the manner of CoNLL-2003, defined on *chunks*, the stretches between white
space: what a chunk is cut into depends on the chunk alone. In order:

1. A chunk that starts with http://, https:// or www., or has the form of an e-mail address, an @user or a #tag, is
   one token but for closing marks at its end (rule 3).
2. Opening marks at the start are tokens: quotes, brackets, currency signs, all punctuation but ``- ' . @ # & _ +``
   before a letter or digit. Equal marks in a row stay together (``...``, ``--``).
3. Closing marks at the end likewise. A final full stop stays with an abbreviation: a known one, a single letter, or
   letters with inner stops (``U.S.``).
4. Inside, brackets, double quotes, semicolons, runs of dashes and of dots are cut out; a comma unless digits stand on
   both sides; a colon unless digits stand on both sides.
5. English contractions are cut before ``n't`` and before an apostrophe with ``s, m, d, re, ve, ll``.

For Korean, `characters` makes every character a token. Combining marks, variation selectors, joined emoji and
conjoining jamo never leave their base.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError

Int = NDArray[np.int64]

ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof rev gen sen rep gov lt col capt cpl sgt maj adm cmdr pres hon st ste mt ft jr sr esq messrs mme
    mlle inc corp co ltd bros plc vs etc al no nos vol pp ed eds fig dept univ assn ave blvd rd jan feb mar apr jun jul
    aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun approx est cf ca ph.d
    """.split()  # noqa: SIM905 - a list of one-word strings is harder to read
)
_JOINING = set("-'’.@#&_+")  # may begin a word
_CHUNK = re.compile(r"\S+")
_URL = re.compile(r"(?:https?://|www\.)\S+|[@#]\w[\w-]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_CONTRACTION = re.compile(r"(?:n['’]t|['’](?:s|m|d|re|ve|ll))$", re.IGNORECASE)
_CUT = re.compile(r"[()\[\]{}<>\"“”„«»;]|--+|[–—]+|\.\.+|…|(?<!\d),|,(?!\d)|(?<!\d):|:(?!\d)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def tokenise(text: str) -> tuple[Int, Int]:
    """Return start and end of every word token, in code points.

    Parameters
    ----------
    text : str
        Of any length.

    Returns
    -------
    starts, ends : int array (T,)
        Increasing, without overlap; together they cover everything but white space.

    Raises
    ------
    DataError
        The text holds half of a surrogate pair.

    Examples
    --------
    >>> text = "It isn't Mr. Smith's."
    >>> [text[s:e] for s, e in zip(*tokenise(text))]
    ['It', 'is', "n't", 'Mr.', 'Smith', "'s", '.']
    """
    check_encodable(text)
    borders: list[int] = []
    for found in _CHUNK.finditer(text):
        first = found.start()
        chunk = found.group()
        cuts = _cuts(chunk) if len(chunk) <= 64 else _cuts.__wrapped__(chunk)
        borders += [first + cut for cut in cuts]
    pairs = np.array(borders, np.int64).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


def characters(text: str) -> tuple[Int, Int]:
    """Return start and end of every character that is not white space, with the marks that belong to it.

    Examples
    --------
    >>> [a.tolist() for a in characters("서울 은")]
    [[0, 1, 3], [1, 2, 4]]
    """
    check_encodable(text)
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    visible = ~_kind(points, str.isspace)
    inside = _kind(points, _extends)
    inside[:1] = False
    inside[1:] &= visible[:-1] & visible[1:]
    inside[1:] |= (points[:-1] == 0x200D) & visible[1:] & visible[:-1]  # after a zero-width joiner
    starts = np.flatnonzero(visible & ~inside)
    stops = np.append(~(visible & inside), True)
    after = np.flatnonzero(stops)  # places where no token goes on
    return starts, after[np.searchsorted(after, starts + 1)]


def check_encodable(text: str) -> None:
    """Refuse text that no encoding can write.

    Raises
    ------
    DataError
        Names the offset of half of a surrogate pair.
    """
    if not text.isascii() and (found := _SURROGATE.search(text)):
        raise DataError(
            f"offset {found.start()}: half of a surrogate pair (U+{ord(found.group()):04X}): "
            "decode the text with errors='replace'"
        )


@lru_cache(1 << 16)
def _cuts(chunk: str) -> tuple[int, ...]:
    """Return start, end, start, end, … of the tokens of a chunk."""
    if chunk.isalnum():
        return (0, len(chunk))
    first, last = 0, len(chunk)
    head: list[int] = []
    tail: list[int] = []
    while first < last and (n := _opening(chunk, first, last)):
        head += (first, first + n)
        first += n
    link = _URL.match(chunk, first)
    while first < last and (n := _closing(chunk, first, last)):
        tail[:0] = (last - n, last)
        last -= n
    if link is None or link.end() < last:
        head += _inside(chunk, first, last)
    elif first < last:
        head += (first, last)
    return (*head, *tail)


def _inside(chunk: str, first: int, last: int) -> list[int]:
    borders: list[int] = []
    for cut in _CUT.finditer(chunk, first, last):
        if first < cut.start():
            borders += _contraction(chunk, first, cut.start())
        end = cut.end()
        while end < last and _extends(chunk[end]):  # marks stay with their base
            end += 1
        borders += (cut.start(), end)
        first = end
    return borders + _contraction(chunk, first, last) if first < last else borders


def _contraction(chunk: str, first: int, last: int) -> list[int]:
    found = _CONTRACTION.search(chunk, first, last)
    if found and found.start() > first:
        return [first, found.start(), found.start(), last]
    return [first, last]


def _opening(chunk: str, first: int, last: int) -> int:
    """Return the length of the mark at the start, 0 for none."""
    mark = chunk[first]
    if mark.isalnum() or not _is_mark(mark):
        return 0
    run = first + 1
    while run < last and chunk[run] == mark:
        run += 1
    end = run
    while end < last and _extends(chunk[end]):
        end += 1
    if (
        end < last
        and mark in _JOINING
        and run == first + 1
        and chunk[end].isalnum()
        and not (mark in "'’" and last - end > 3)
    ):
        return 0
    return end - first


def _closing(chunk: str, first: int, last: int) -> int:
    """Return the length of the mark at the end, 0 for none."""
    mark = chunk[last - 1]
    if mark.isalnum() or not _is_mark(mark) or (last - first > 1 and _extends(mark)):
        return 0
    run = last - 1
    while run > first and chunk[run - 1] == mark:
        run -= 1
    if mark == "." and run == last - 1 and _is_abbreviation(chunk[first:run]):
        return 0
    return last - run


def _is_abbreviation(word: str) -> bool:
    if len(word) == 1:
        return word.isalpha()
    parts = word.split(".")
    inner = len(parts) > 1 and all(1 <= len(part) <= 2 and part.isalpha() for part in parts)
    return inner or word.lower() in ABBREVIATIONS


@lru_cache(1 << 12)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _extends(character: str) -> bool:
    """Tell what never leaves the character before it."""
    point = ord(character)
    if point < 0x300:
        return False
    jamo = 0x1160 <= point <= 0x11FF
    return (
        jamo or point == 0x200D or 0x1F3FB <= point <= 0x1F3FF or unicodedata.category(character) in ("Mn", "Me", "Mc")
    )


def _kind(points: NDArray[np.uint32], test: object) -> NDArray[np.bool_]:
    """Apply a test of characters to each distinct one."""
    distinct, where = np.unique(points, return_inverse=True)
    answers = [bool(test(chr(p))) for p in distinct.tolist()]  # type: ignore[operator]
    return np.array(answers, bool)[where] if answers else np.zeros(0, bool)
