r"""The normal form of text, from which features, rules and gazetteers are computed, with offsets into the original.

1. Canonical composition (NFC) of each base and its marks, so that conjoining jamo become syllables.
2. Compatible forms (NFKC) of letters and digits: full-width, mathematical, ligatures, squared units; and of full-width
   marks.
3. Invisible characters (category Cf: soft hyphen, direction marks, word joiner …) and variation selectors are left out;
   zero-width space and its kin (`SEPARATORS`, such as fillers of Hangul) become a space. A zero-width joiner and
   variation selectors stay after a symbol, where they make emoji.
4. Variants of apostrophes, quotes, hyphens and dashes become one character each.
5. HTML character references (``&ouml;``, ``&#246;``) become their characters.

A text that `is_normal` is its own normal form; the check takes a fraction of the time of tagging.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]

_FILLERS = frozenset("\u2800\u3164\uffa0")  # invisible letters and symbols
SEPARATORS = frozenset("\u200b\ufeff\u180e") | _FILLERS  # invisible characters that separate words
APOSTROPHES = frozenset("’‘‛‚′´ʼʹʻʽ՚")
QUOTES = frozenset("“”„‟«»″〝〞〟")
HYPHENS = frozenset("\u2010\u2011\u2012\u2212\ufe63")
DASHES = frozenset("\u2013\u2014\u2015\u2e3a\u2e3b\ufe58")
_MARKS = {
    character: mark
    for mark, characters in (("'", APOSTROPHES), ('"', QUOTES), ("-", HYPHENS), ("–", DASHES))
    for character in characters
}
_JOINER = "\u200d"
_JAMO = range(0x3131, 0x318F)  # separate letters, as in ㅋㅋ: their compatible forms are conjoining jamo
_SELECTORS = frozenset(  # variation selectors
    map(chr, (0x34F, *range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
_SQUARED = range(0x3371, 0x33E0)  # units of measure in one character
_REFERENCE = r"&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
LONGEST_REFERENCE = 34  # characters of a character reference
_WHITE = re.compile(r"\s+")


class Normalised(NamedTuple):
    """A text in normal form.

    Attributes
    ----------
    text : str
        N code points.
    source_starts, source_ends : int64 array (N,)
        Start and end in the original of the source of each code point: ``text[i:j]`` comes from
        ``original[source_starts[i]:source_ends[j - 1]]``.
    """

    text: str
    source_starts: Int
    source_ends: Int


def is_normal(text: str) -> bool:
    """Tell whether a text is its own normal form; False for a few that are.

    Examples
    --------
    >>> is_normal("Zürich, 서울"), is_normal("Zu\u0308rich"), is_normal("K&ouml;ln")
    (True, False, False)
    """
    if ("&" in text and ";" in text) and re.search(_REFERENCE, text):
        return False
    return text.isascii() or (not any(map(_is_altered, set(text))) and unicodedata.is_normalized("NFC", text))


def normalise(text: str, single_spaces: bool = False) -> Normalised:
    r"""Return a text in normal form.

    Parameters
    ----------
    text : str
    single_spaces : bool
        Whether a run of white space becomes one space, as for the comparison of names.

    Examples
    --------
    >>> view = normalise("Sil\xadva’s  Zu\u0308rich", single_spaces=True)
    >>> view.text
    "Silva's Zürich"
    >>> view.source_starts[8:10].tolist(), view.source_ends[8:10].tolist()
    ([10, 11], [11, 13])
    """
    pattern = None if is_normal(text) else _pattern(frozenset(text))
    if pattern is None:
        places = np.arange(len(text) + 1)
        view = Normalised(text, places[:-1], places[1:])
    else:
        view = _replace(text, pattern)
    return _join_spaces(view) if single_spaces else view


@lru_cache(1 << 16)
def normalise_word(word: str) -> str:
    r"""Return the normal form of a token, for features; a token without visible characters is unchanged.

    A hashtag that begins with a capital (``#Paris``) becomes its word. An empty token, which some corpora have, becomes
    a zero-width space, because words must not be empty.

    Examples
    --------
    >>> normalise_word("Ｂｅｒ\xadｌｉｎ"), normalise_word("#Berlin")
    ('Berlin', 'Berlin')
    """
    form = word if word and is_normal(word) else normalise(word).text.replace(" ", "") or word or "\u200b"
    return form[1:] if form[0] == "#" and form[1:2].isupper() else form


def is_invisible(character: str) -> bool:
    """Tell whether a character is invisible: in category Cf, or a filler."""
    return character > "\x7f" and (unicodedata.category(character) == "Cf" or character in _FILLERS)


def is_blank(character: str) -> bool:
    """Tell whether a character is outside all tokens: white space, or invisible."""
    return character.isspace() or is_invisible(character)


@lru_cache(1 << 14)
def fold_character(character: str) -> str:
    """Return the normal form of a single code point; "" if it is dropped."""
    if character < "\x7f":
        return character
    if character in SEPARATORS:
        return " "
    if _is_left_out(character):
        return ""
    return "".join(map(_fold_composed, unicodedata.normalize("NFC", character)))


def _fold_composed(character: str) -> str:
    """Return the normal form of a visible, composed character."""
    mark = _MARKS.get(character)
    if mark:
        return mark
    point = ord(character)
    wide = 0xFF01 <= point <= 0xFF65
    if not (unicodedata.category(character)[0] in "LN" or wide or point in _SQUARED) or point in _JAMO:
        return character
    form = unicodedata.normalize("NFKC", character)
    return "".join(_MARKS.get(c, c) for c in form) if form.isalnum() or wide else character


def extends(character: str) -> bool:
    """Tell whether a character may combine with the one before: a mark, vowel or final jamo, or skin-tone modifier."""
    return character >= "\u0300" and (
        "\u1160" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7fb"
        or 0x1F3FB <= ord(character) <= 0x1F3FF
        or unicodedata.category(character)[0] == "M"
    )


@lru_cache(1 << 14)
def _is_altered(character: str) -> bool:
    """Tell whether a character differs from its normal form."""
    return fold_character(character) != character


@lru_cache(1 << 10)
def _pattern(characters: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern of the parts that may be altered in texts of these characters."""
    attached = _set(c for c in characters if extends(c) or (is_invisible(c) and c not in SEPARATORS))
    altered = _set(character for character in characters if _is_altered(character))
    parts = [_REFERENCE]
    if attached:
        parts.append(f"[^{attached}\\s]?[{attached}]+")  # a base with its marks and invisible characters after it
    if altered:
        parts.append(f"[{altered}]")
    return re.compile("|".join(parts))


def _set(characters: Iterable[str]) -> str:
    return "".join(f"\\U{ord(character):08x}" for character in sorted(characters))


def _replace(text: str, pattern: re.Pattern[str]) -> Normalised:
    parts, source_starts, source_ends = [], [], []
    place = 0
    for match in pattern.finditer(text):
        begin, end = match.span()
        form = _form(text, begin, end)
        if form == text[begin:end]:
            continue
        while begin < end and _is_left_out(text[begin]):
            begin += 1
        last = end
        while begin < last and _is_left_out(text[last - 1]):
            last -= 1
        parts += [text[place : match.start()], form]
        source_starts += [np.arange(place, match.start()), np.full(len(form), begin)]
        source_ends += [np.arange(place + 1, match.start() + 1), np.full(len(form), last)]
        place = end
    parts.append(text[place:])
    source_starts.append(np.arange(place, len(text)))
    source_ends.append(np.arange(place + 1, len(text) + 1))
    return Normalised("".join(parts), np.concatenate(source_starts), np.concatenate(source_ends))


def _is_left_out(character: str) -> bool:
    """Tell whether a character is dropped (variation selectors: unless they follow a symbol)."""
    if is_invisible(character):
        return character not in SEPARATORS
    return character in _SELECTORS


def _is_symbol(character: str) -> bool:
    return bool(character) and unicodedata.category(character) == "So" and not _is_altered(character)


def _form(text: str, begin: int, end: int) -> str:
    """Return the normal form of a character reference, a base with attached characters, or a character."""
    part = text[begin:end]
    if part[-1] == _JOINER and unicodedata.category(part[0]) == "So" and _is_symbol(text[end : end + 1]):
        return part  # an emoji joined to the next one
    return _form_alone(part) if len(part) <= LONGEST_REFERENCE else _form_alone.__wrapped__(part)


@lru_cache(maxsize=1 << 12)
def _form_alone(part: str) -> str:
    if part[0] == "&" and len(part) > 1 and part[-1] == ";":
        part = html.unescape(part)
    if _is_symbol(part[:1]):  # the character of a reference may be invisible
        return part[0] + "".join(c for c in part[1:] if not is_invisible(c))
    visible = "".join(c for c in part if not _is_left_out(c))
    folded = "".join(map(fold_character, unicodedata.normalize("NFC", visible)))
    return unicodedata.normalize("NFC", folded)


def _join_spaces(view: Normalised) -> Normalised:
    """Return a view with one space for each run of white space."""
    stays = np.ones(len(view.text), np.bool_)
    source_ends = view.source_ends.copy()
    runs = [match.span() for match in _WHITE.finditer(view.text)]
    if all(end - begin == 1 and view.text[begin] == " " for begin, end in runs):
        return view
    for begin, end in runs:
        stays[begin + 1 : end] = False
        source_ends[begin] = source_ends[end - 1]
    return Normalised(_WHITE.sub(" ", view.text), view.source_starts[stays], source_ends[stays])
