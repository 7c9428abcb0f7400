"""Validation of entity type names, with suggestions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from fanlight.errors import DataError


def check_types(names: Iterable[str], available: Collection[str], where: str) -> None:
    """Check that types exist.

    Parameters
    ----------
    names : iterable of str
    available : collection of str
        The existing types.
    where : str
        The option or field with the names, for the message.

    Raises
    ------
    DataError
        A type does not exist; the message lists the existing ones and suggests one.

    Examples
    --------
    >>> check_types(["PERSON"], ["PER", "LOC"], "--types")
    Traceback (most recent call last):
    fanlight.errors.DataError: --types: there is no type 'PERSON' (did you mean PER?): choose from LOC, PER
    """
    for name in names:
        if name not in available:
            nearest = _nearest(name, available)
            hint = f" (did you mean {nearest}?)" if nearest else ""
            listed = ", ".join(sorted(available)) or "none"
            raise DataError(f"{where}: there is no type {name!r}{hint}: choose from {listed}")


def _nearest(name: str, available: Collection[str]) -> str | None:
    folded = {type_.casefold(): type_ for type_ in available}
    key = name.strip().casefold()
    prefixes = [other for other in folded if key and (other.startswith(key) or key.startswith(other))]
    if prefixes:
        return folded[min(prefixes, key=lambda other: abs(len(other) - len(key)))]
    close = get_close_matches(key, folded, 1, 0.5)
    return folded[close[0]] if close else None
