"""Parser for queries of `fanlight find`, and quoting of words for full-text search."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import NamedTuple

from fanlight.apps.index_values import KEYS, OPERATORS
from fanlight.errors import DataError
from fanlight.text.particles import follows_name

_KEYS = ("type", "name", "near")
_TERM = re.compile(r'\s*(?:([A-Za-z]+)(:|\s?(?:[<>]=?|=)\s?))?(?:"([^"]*)"|([^\s"]*))(?=\s|$)')


class Term(NamedTuple):
    """A term of a query: key ("" for words of the text), comparison operator and operand."""

    key: str
    operator: str
    value: str


def parse_query(query: str) -> list[Term]:
    """Return the terms of a query.

    Raises
    ------
    DataError
        The query is empty, a quotation mark is not closed, or a key is mistyped or has no value.
    """
    terms: list[Term] = []
    place, query = 0, query.strip()
    if not query.isprintable():
        raise DataError(f"the query {query!r} has control characters: leave them out")
    while place < len(query):
        term = _TERM.match(query, place)
        if term is None:
            raise DataError(f"the query {query!r}: put words that belong together between two quotation marks")
        place = term.end()
        key, operator = (term[1] or "").lower(), (term[2] or "").strip()
        value = term[4] if term[3] is None else term[3]
        keys = _KEYS if operator == ":" else tuple(KEYS)
        if key and key not in keys:
            if key in (KEYS if operator == ":" else _KEYS):
                signs = " ".join(OPERATORS) if operator == ":" else ":"
                raise DataError(f"the query: behind {key} stands {signs}, not {operator}")
            if nearest := get_close_matches(key, keys, 1, 0.7):
                sign = ":" if operator == ":" else operator
                raise DataError(f"the query: there is no {key}{sign} (did you mean {nearest[0]}{sign}?)")
            key, value = "", f"{term[1]}{operator}{value}"  # a plain word, such as http://…
        if key and not any(c.isalnum() for c in value):
            raise DataError(f"the query: {term[0].strip()!r} asks for nothing: give words, type:T, name:N or near:N")
        terms.append(Term(key, operator, value))
    if not any(c.isalnum() for term in terms for c in term.value):
        raise DataError("the query is empty: give words, type:T, name:N or near:N")
    return terms


def quote_words(words: str) -> str:
    """Quote words for full-text search, so that only a final star is special."""
    star = words.endswith("*") or _ends_in_hangul(words)
    return '"' + words.rstrip("*").replace('"', '""') + '"' + ("*" if star else "")


def _ends_in_hangul(words: str) -> bool:
    tokens = _split(words)
    return bool(tokens) and "가" <= tokens[-1][-1] <= "힣"


def _split(text: str) -> list[str]:
    """Return the casefolded words of a text, as by the tokenizer `unicode61` of full-text search."""
    return "".join(c if c.isalnum() else " " for c in text.casefold()).split()


def stands_before_particles(text: str, words: str) -> bool:
    """Tell whether words occur in a text, the last one before white space or Korean particles.

    Full-text search has compared prefixes; words that do not end in Hangul need no check.
    """
    if words.endswith("*") or not _ends_in_hangul(words):
        return True
    *before, last = _split(words)
    tokens = _split(text)
    for place, token in enumerate(tokens):
        suffix = token.removeprefix(last)
        if (token == last or (suffix != token and follows_name(last, suffix))) and (
            tokens[max(place - len(before), 0) : place] == before
        ):
            return True
    return False
