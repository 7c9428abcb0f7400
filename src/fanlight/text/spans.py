"""Trimming of entities: punctuation at their edges that is not part of them."""

from __future__ import annotations

from fanlight.text.normalisation import is_blank

PAIRS = frozenset('()[]{}<>"“”„«»「」『』《》〈〉')  # part of an entity if it contains another of them
NEVER_FIRST = frozenset(";:,!?…/|=~–—*•&%、。，；：！？·") | PAIRS
NEVER_LAST = frozenset(";:,…/|=~–—*•&、，；：·") | PAIRS


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without foreign punctuation at its edges; empty if it has nothing else.

    Examples
    --------
    >>> trim("days; two days", 4, 14), trim('"Anna', 0, 5), trim('"A" Division', 0, 12)
    ((6, 14), (1, 5), (0, 12))
    """
    while start < end and _is_foreign(text[start], text, start + 1, end, NEVER_FIRST):
        start += 1
    while start < end and _is_foreign(text[end - 1], text, start, end - 1, NEVER_LAST):
        end -= 1
    return start, end


def _is_foreign(mark: str, text: str, start: int, end: int, excluded: frozenset[str]) -> bool:
    if mark in PAIRS:
        return not any(character in PAIRS for character in text[start:end])
    return mark in excluded or is_blank(mark)
