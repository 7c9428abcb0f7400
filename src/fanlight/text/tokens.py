r"""Tokenisation with exact offsets.

A word tokeniser for news text in the manner of CoNLL-2003. The tokens of a *chunk* (a run of characters between white
space) depend only on the chunk. The rules apply to its normal form (`text.normalisation`): no token begins or ends with
an invisible character, and zero-width space separates tokens. In order:

1. A chunk that starts with a scheme (http://) or www., is a path, or has the form of an e-mail address, an @user or a
   #tag, is one token, except for closing marks at its end (rule 3).
2. Opening marks at the start are tokens: quotes, brackets, currency signs, all punctuation but ``- ' . @ # & +``
   before a letter or digit. A run of equal marks is one token (``...``, ``--``).
3. Closing marks at the end likewise. A final full stop stays with an abbreviation: a listed one, a single letter, or
   letters with inner stops (``U.S.``); a dollar sign with up to three capitals (``US$``). An emoticon is one token.
4. Inside, brackets, double quotes, semicolons, ``| = ~ • ->``, pictures, runs of dashes and of dots are tokens; a
   comma, colon or stroke unless digits stand on both sides; a stroke between words of more than a letter; ``&`` between
   words of three letters; ``*`` between letters; ``+ ·`` between words before a capital; ``. ! ?`` between a word,
   figure or closing mark and a capital, where a space is missing (``Oslo.He``).
5. English contractions split before ``n't`` and before an apostrophe with ``s, m, d, re, ve, ll``, except in firms such
   as ``McDonald's``; so do a unit of measure after its number (``50mg``), and Hangul after Latin letters or digits.

For Korean, `characters` makes every character a token. Combining marks, variation selectors, joined emoji and
conjoining jamo stay with their base.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError
from fanlight.text.layout import CLOSING
from fanlight.text.normalisation import extends, is_blank, is_normal, normalise

Int = NDArray[np.int64]

ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof rev gen sen rep gov lt col capt cpl sgt maj adm cmdr pres hon st ste mt ft jr sr esq messrs mme
    mlle inc corp co ltd bros plc vs etc al no nos vol pp ed eds fig dept univ assn ave blvd rd jan feb mar apr jun jul
    aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun approx est cf ca ph.d tel atty supt insp
    """.split()  # noqa: SIM905 - a list of one-word strings is harder to read
)
POSSESSIVE_NAMES = frozenset(
    "mcdonald wendy domino arby denny macy kohl levi kellogg sainsbury bloomingdale hardee applebee".split()  # noqa: SIM905
)  # firms whose names end in 's
UNITS = frozenset(
    """
    mg mcg µg μg g kg ml cl dl l mm cm km mph kmh kb mb gb tb hz khz mhz ghz kw kwh mwh lb lbs oz ft hp cc bn px dpi
    fps iu
    """.split()  # noqa: SIM905
)
_DOMAINS = frozenset("com org net edu gov co uk de fr io info biz tv me".split())  # noqa: SIM905
_JOINING = set("-'.@#&+")  # may begin a word
_CHUNK = re.compile(r"\S+")
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.)(?-i:[^\s가-힣])+|[@#]\w[\w-]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}/(?-i:[^\s가-힣])*|[\w.-]+(?:/[\w.-]+)*/[\w-]+\.[a-z]\w{1,4}$"
    r"|[a-z]:\\\S*",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:~|\.{1,2})/[\w./~-]+|/[\w.~-]+/[\w./~-]+")
_EMOTICON = re.compile(r"[:;=][-o'^]?[)(DPpOo3/\\*|\]\[]{1,3}")
_CONTRACTION = re.compile(r"(?:n't|'(?:s|m|d|re|ve|ll))$", re.IGNORECASE)
_PICTURE = "[\u2190-\u21ff\u2300-\u23ff\u2500-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
_CUT = re.compile(
    r"-+>|[()\[\]{}<>\"“”„«»;|、。「」『』《》〈〉【】〔〕•⁄∕]|--+|[–—]+|\.\.+|…|=+|~+|(?<!\d),|,(?!\d)|(?<!\d):|:(?!\d)"
    r"|(?<!\d)/+|/+(?!\d)|&|(?<=[\w)\]\"])\.(?=[\")\]]*[^\W\d_])|(?<=\w)[!?]+(?=[\")\]]*\w)"
    r"|(?<=[^\W\d_])[+·](?=[^\W\d_])|(?<=[^\W\d_])\*+(?=[^\W\d_])"
    f"|{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*)*"
)
_FIGURE_BEFORE = re.compile(r"(?<![\w.@-])\d+$")
_NUMBER = re.compile(rf"\d+(?:[.,]\d+)*(?=(?:{'|'.join(sorted(UNITS))})$)")
_HANGUL = re.compile("(?<=[A-Za-z0-9\u00c0-\u024f])(?=[가-힣])")
_LETTERS = re.compile(r"[^\W\d_]*")
_LETTERS_BEFORE = re.compile(r"[^\W\d_]*$")
_EMOJI = "\u2000-\u3300\U0001f000-\U0001ffff"
_JOINED = re.compile(f"[{_EMOJI}\ufe0f](\u200d)(?=[{_EMOJI}])")
_SURROGATE = re.compile("[\ud800-\udfff]")


def tokenise(text: str) -> tuple[Int, Int]:
    """Return start and end of every word token, in code points.

    Parameters
    ----------
    text : str

    Returns
    -------
    token_starts, token_ends : int array (T,)
        Increasing, without overlap; the tokens cover all characters but white space and invisible ones.

    Raises
    ------
    DataError
        The text contains a lone surrogate.

    Examples
    --------
    >>> text = "It isn't Mr. Smith's."
    >>> [text[s:e] for s, e in zip(*tokenise(text))]
    ['It', 'is', "n't", 'Mr.', 'Smith', "'s", '.']
    """
    check_encodable(text)
    offsets: list[int] = []
    for match in _CHUNK.finditer(text):
        offset = match.start()
        offsets += [offset + place for place in tokenise_chunk(match.group())]
    pairs = np.array(offsets, np.int64).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


def tokenise_chunk(chunk: str) -> tuple[int, ...]:
    """Return start, end, start, end, … of the word tokens of a chunk.

    Examples
    --------
    >>> tokenise_chunk("Oslo/Norway.")
    (0, 4, 4, 5, 5, 11, 11, 12)
    """
    return _token_offsets(chunk) if len(chunk) <= 64 else _token_offsets.__wrapped__(chunk)


def characters(text: str) -> tuple[Int, Int]:
    """Return start and end of every character that is not white space, including its combining marks.

    Examples
    --------
    >>> [a.tolist() for a in characters("서울 은")]
    [[0, 1, 3], [1, 2, 4]]
    """
    check_encodable(text)
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    visible = ~_kind(points, is_blank)
    attached = np.zeros(len(points), bool)
    for match in _JOINED.finditer(text) if "\u200d" in text else ():
        attached[match.start(1)] = visible[match.start(1)] = True
    inside = _kind(points, extends) | attached
    inside[:1] = False
    inside[1:] &= visible[:-1] & visible[1:]
    inside[1:] |= attached[:-1]
    token_starts = np.flatnonzero(visible & ~inside)
    stops = np.append(~(visible & inside), True)
    after = np.flatnonzero(stops)  # positions at which no token continues
    return token_starts, after[np.searchsorted(after, token_starts + 1)]


def check_encodable(text: str) -> None:
    """Raise an error for text that cannot be encoded.

    Raises
    ------
    DataError
        The text contains a lone surrogate; the message has its offset.
    """
    if not text.isascii() and (surrogate := _SURROGATE.search(text)):
        raise DataError(
            f"offset {surrogate.start()}: half of a surrogate pair (U+{ord(surrogate.group()):04X}): "
            "decode the text with errors='replace'"
        )


@lru_cache(1 << 16)
def _token_offsets(chunk: str) -> tuple[int, ...]:
    if is_normal(chunk):
        return _form_offsets(chunk)
    view = normalise(chunk)
    offsets: list[int] = []
    for form in _CHUNK.finditer(view.text):
        places = iter(_form_offsets(form.group()))
        for left, right in zip(places, places, strict=True):
            start, end = int(view.source_starts[form.start() + left]), int(view.source_ends[form.start() + right - 1])
            if offsets and start < offsets[-1]:  # two tokens from one character of the original
                offsets[-1] = max(end, offsets[-1])
            else:
                offsets += (start, end)
    return tuple(offsets)


def _form_offsets(chunk: str) -> tuple[int, ...]:
    """Return the tokens of a chunk in normal form."""
    if (chunk.isascii() and chunk.isalpha()) or _EMOTICON.fullmatch(chunk):
        return (0, len(chunk))
    left, right = 0, len(chunk)
    head: list[int] = []
    tail: list[int] = []
    while left < right and (n := _opening(chunk, left, right)):
        head += (left, left + n)
        left += n
    link = _URL.match(chunk, left) or _PATH.match(chunk, left)
    while link and link.end() < right and chunk[left] == chunk[link.end()] == "#":  # another tag
        head += (left, link.end())
        left = link.end()
        link = _URL.match(chunk, left)
    while left < right and (n := _closing(chunk, left, right)):
        tail[:0] = (right - n, right)
        right -= n
    if link is None or link.end() < right:
        head += _inside(chunk, left, right)
    elif left < right:
        head += (left, right)
    return (*head, *tail)


def _inside(chunk: str, left: int, right: int) -> list[int]:
    offsets: list[int] = []
    for match in _CUT.finditer(chunk, left, right):
        if not _separates_words(chunk, match.start(), match.end(), right):
            continue
        start = match.start()
        if match.group() == "." and left < start and _is_abbreviation(chunk[left:start]):
            start += 1  # the stop belongs to the abbreviation
        if left < start:
            offsets += _contraction(chunk, left, start)
        end = match.end()
        while end < right and extends(chunk[end]):  # marks stay with their base
            end += 1
        if start < end:
            offsets += (start, end)
        left = end
    return offsets + _contraction(chunk, left, right) if left < right else offsets


def _separates_words(chunk: str, begin: int, stop: int, end: int) -> bool:
    """Tell whether a mark ``chunk[begin:stop]`` separates words; ``/ & . ! ? + ·`` do so only between some words."""
    mark = chunk[begin]
    if mark not in "/&.!?+·" or stop - begin > 1:
        return True
    before = _LETTERS_BEFORE.search(chunk, 0, begin)
    after = _LETTERS.match(chunk, stop, end)
    assert before is not None
    assert after is not None
    left, right = before.group(), after.group()
    if mark == "/":
        return len(left) + len(right) > (2 if (left + right).isupper() else 3) or not (left and right)
    if mark == "&":
        return len(left) > 2 and len(right) > 2
    if mark == ".":
        return _ends_sentence(chunk, left, begin, end)
    if mark in "!?":
        return _letters_behind(chunk, stop, end)[:1].isupper()
    return right[:1].isupper() and len(left) > 1 < len(right)


def _letters_behind(chunk: str, place: int, end: int) -> str:
    """Return the letters after `place`, skipping closing marks."""
    while place < end and chunk[place] in CLOSING:
        place += 1
    after = _LETTERS.match(chunk, place, end)
    assert after is not None
    return after.group()


def _ends_sentence(chunk: str, left: str, stop: int, end: int) -> bool:
    """Tell whether the full stop ``chunk[stop]``, after the letters `left`, ends a sentence before a capital."""
    right = _letters_behind(chunk, stop + 1, end)
    if not right[:1].isupper() or not (right[1:].islower() or len(right) == 1) or right.lower() in _DOMAINS:
        return False
    if "@" in chunk or "ph.d" in chunk.lower():
        return False
    if len(left) > 1:
        return left[-1].islower() or (left.isupper() and len(right) > 1)
    if left:
        return False
    return chunk[stop - 1] in CLOSING or (len(right) > 1 and _FIGURE_BEFORE.search(chunk, 0, stop) is not None)


def _contraction(chunk: str, left: int, right: int) -> list[int]:
    match = _CONTRACTION.search(chunk, left, right)
    if match and match.start() > left and chunk[left : match.start()].lower() not in POSSESSIVE_NAMES:
        return [left, match.start(), match.start(), right]
    word = chunk[left:right]
    number = _NUMBER.match(word)
    places = [number.end()] if number else [match.start() for match in _HANGUL.finditer(word)]
    offsets = [left]
    for place in places:
        offsets += (left + place, left + place)
    return [*offsets, right]


def _opening(chunk: str, left: int, right: int) -> int:
    """Return the length of an opening mark at the start, 0 for none."""
    mark = chunk[left]
    if mark.isalnum() or not _is_mark(mark) or (mark in "/~." and _PATH.match(chunk, left)):
        return 0
    run = left + 1
    while run < right and chunk[run] == mark:
        run += 1
    end = run
    while end < right and (extends(chunk[end]) or chunk[end] == "\u200d" or chunk[end - 1] == "\u200d"):
        end += 1
    if (
        end < right
        and mark in _JOINING
        and run == left + 1
        and chunk[end].isalnum()
        and not (mark == "'" and right - end > 3)
        and not (mark == "." and chunk[end].isupper() and chunk[end + 1 : right][:1].islower())
    ):
        return 0
    return end - left


def _closing(chunk: str, left: int, right: int) -> int:
    """Return the length of a closing mark at the end, 0 for none."""
    mark = chunk[right - 1]
    if mark.isalnum() or not _is_mark(mark) or (right - left > 1 and extends(mark)):
        return 0
    run = right - 1
    while run > left and chunk[run - 1] == mark:
        run -= 1
    if mark == "." and run == right - 1 and _is_abbreviation(chunk[left:run]):
        return 0
    if mark == "$" and 1 <= run - left <= 3 and chunk[left:run].isupper() and chunk[left:run].isalpha():
        return 0
    return right - run


def _is_abbreviation(word: str) -> bool:
    if len(word) == 1:
        return word.isalpha()
    parts = word.split(".")
    inner = len(parts) > 1 and all(1 <= len(part) <= 2 and part.isalpha() for part in parts)
    return inner or word.lower() in ABBREVIATIONS


@lru_cache(1 << 12)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _kind(points: NDArray[np.uint32], test: object) -> NDArray[np.bool_]:
    """Return the results of a test of characters, which is applied to each distinct one."""
    distinct, where = np.unique(points, return_inverse=True)
    answers = [bool(test(chr(p))) for p in distinct.tolist()]  # type: ignore[operator]
    return np.array(answers, bool)[where] if answers else np.zeros(0, bool)
