"""Masking of names by placeholders and its inverse, for example around a translator or a language model.

All mentions of a name have the same placeholder, such as ``[PER_1]``. Placeholders that occur in the text already are
not used, so that `unmask` restores exactly the text that `Masker.mask` was given. Spaces, brackets and other unfit
characters in a type's name become hyphens in the placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from fanlight.entities.entity import Document, Entity

_LIKE = re.compile(r"\[[^\s\[\]]+_\d+\]")
_UNFIT = re.compile(r"[^\w.-]+")  # characters of a type's name that a placeholder cannot contain


class Masker:
    """Replaces names by placeholders.

    Parameters
    ----------
    types : collection of str, optional
        The types to mask; by default all.
    names : mapping of str to (str, str), optional
        The attribute `names` of an earlier run, to continue it.

    Attributes
    ----------
    names : dict of str to (str, str)
        The name and type of each placeholder.

    Examples
    --------
    >>> masker = Masker()
    >>> text = "Ann met Bob. Ann left."
    >>> people = [Entity(0, 3, "PER", "Ann"), Entity(8, 11, "PER", "Bob"), Entity(13, 16, "PER", "Ann")]
    >>> masker.mask(Document(text, tuple(people)))
    '[PER_1] met [PER_2]. [PER_1] left.'
    >>> unmask("[PER_2] saw [PER_1].", masker.names)
    'Bob saw Ann.'
    """

    def __init__(
        self, types: Collection[str] | None = None, names: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        self.types = types
        self.names = dict(names or {})
        self._placeholders = {(type_, name): placeholder for placeholder, (name, type_) in self.names.items()}
        self._reserved: set[str] = set()
        self._last: dict[str, int] = {}

    def reserve(self, texts: Iterable[str]) -> None:
        """Reserve the placeholders that occur in texts; call it with all texts before masking any.

        Raises
        ------
        ValueError
            A placeholder of an earlier run occurs in the texts.
        """
        for text in texts:
            placeholders = set(_LIKE.findall(text))
            if both := placeholders & self.names.keys():
                raise ValueError(f"{min(both)} is in the text and in the key already: use another key")
            self._reserved |= placeholders

    def mask(self, document: Document) -> str:
        """Return the text with a placeholder for each name.

        Raises
        ------
        ValueError
            The text contains a placeholder that is in use; `reserve` all texts first.
        """
        self.reserve([document.text])
        return self._replace_entities(document, self._placeholder)

    def redact(self, document: Document) -> str:
        """Return the text with each name replaced by its type, irreversibly."""
        return self._replace_entities(document, lambda entity: f"[{entity.type}]")

    def _replace_entities(self, document: Document, replacement: Callable[[Entity], str]) -> str:
        parts: list[str] = []
        place = 0
        for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
            if entity.start < place or (self.types is not None and entity.type not in self.types):
                continue  # inside another name
            parts += [document.text[place : entity.start], replacement(entity)]
            place = entity.end
        return "".join([*parts, document.text[place:]])

    def _placeholder(self, entity: Entity) -> str:
        key = (entity.type, entity.text)
        label = _UNFIT.sub("-", entity.type) or "-"
        while key not in self._placeholders:
            number = self._last[label] = self._last.get(label, 0) + 1
            placeholder = f"[{label}_{number}]"
            if placeholder not in self._reserved and placeholder not in self.names:
                self._placeholders[key] = placeholder
                self.names[placeholder] = (entity.text, entity.type)
        return self._placeholders[key]


def unmask(text: str, names: Mapping[str, tuple[str, str]]) -> str:
    """Replace the placeholders in `names` by their names; others stay."""
    return _LIKE.sub(lambda m: names[m[0]][0] if m[0] in names else m[0], text)
