"""Rules that complement the model: names and patterns with fixed types, and a precedence.

A name matches whole words. Names, patterns and texts are compared in normal form (`text.normalisation`); in names, a
run of white space counts as one space. Matches have offsets in the original text. Single texts are searched in plain
Python, blocks of texts by kernels (`engine.rules`), whose cost hardly depends on the number of names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fanlight.corpus.patterns import read_patterns
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError
from fanlight.text.normalisation import Normalised, is_normal, normalise
from fanlight.text.patterns import Patterns

if TYPE_CHECKING:
    from fanlight.engine.columns import Block, Entities
    from fanlight.engine.rules import Names
    from fanlight.text.automaton_kernels import Automata

    Joining = Callable[[Block, int, int, Entities], Entities]

_WHITE = re.compile(r"[^\S ]|  ")  # white space that is not one space
PRECEDENCE = ("rules", "model", "longest")


class Rules:
    r"""Names and patterns.

    Parameters
    ----------
    names : mapping of str to str
        The type of each name; case-sensitive.
    patterns : mapping of str to str
        The type of each regular expression, in the syntax of `text.expressions`.
    precedence : str
        Which of two overlapping entities stays: that of "rules", that of the "model", or the "longest" (if they are
        equally long, the rule's). Of two rules' entities the longer one stays.
    max_work : int, optional
        Limit for untrusted patterns; see `text.patterns.Patterns`.

    Raises
    ------
    DataError
        A pattern is invalid, unsupported or too large, or the precedence is unknown.

    Examples
    --------
    >>> rules = Rules({"Acme": "ORG"}, {r"[A-Z]{2}-\d+": "CODE"})
    >>> [(e.text, e.type) for e in rules.apply(Document("Acme sent AB-12; Acmes did not.")).entities]
    [('Acme', 'ORG'), ('AB-12', 'CODE')]
    """

    def __init__(
        self,
        names: Mapping[str, str],
        patterns: Mapping[str, str] | None = None,
        precedence: str = "rules",
        max_work: int | None = None,
    ) -> None:
        if precedence not in PRECEDENCE:
            raise DataError(f"precedence {precedence!r}: choose {', '.join(PRECEDENCE)}")
        self.precedence = precedence
        forms = {normalise(name, single_spaces=True).text.strip(): type_ for name, type_ in names.items()}
        self._patterns = Patterns(forms, {normalise(p).text: type_ for p, type_ in (patterns or {}).items()}, max_work)
        self.types = self._patterns.types

    def apply(self, document: Document) -> Document:
        """Return a document with the entities of rules, which have probability 1, and of the model."""
        text, spans = document.text, []
        for single_spaces, search in ((True, self._patterns.find_names), (False, self._patterns.find_matches)):
            view = _view(text, single_spaces)
            for start, end, type_ in search(text if view is None else view.text):
                spans.append((start, end, type_) if view is None else (*_place(view, start, end), type_))
        return self._resolve_overlaps(document, [Entity(s, e, type_, text[s:e], 1.0) for s, e, type_ in spans])

    def extend_types(self, types: Sequence[str], plain: bool = False) -> tuple[tuple[str, ...], Joining]:
        """Return the types of the model and the rules, and a function that merges their entities.

        The function takes a block, a range [begin, end) of its documents and the model's entities in them; it returns
        the merged entities. It runs kernels unless `plain`.
        """
        all_types = (*types, *(type_ for type_ in self.types if type_ not in types))
        if plain:
            return all_types, lambda block, begin, end, entities: self._join(block, (begin, end), entities, all_types)
        numbers = np.array([all_types.index(type_) for type_ in self.types], np.int32)
        _ = self._names, self._patterns.expressions and self._automata  # built before threads use them
        return all_types, lambda block, begin, end, matches: self._insert_matches(block, begin, end, matches, numbers)

    def _join(self, block: Block, documents: tuple[int, int], entities: Entities, types: tuple[str, ...]) -> Entities:
        from fanlight.engine import views

        begin, end = documents
        texts = [block.text(d) for d in range(begin, end)]
        renumbered = entities._replace(documents=entities.documents - np.int32(begin))
        return views.columns(block, begin, map(self.apply, views.documents(texts, renumbered, types)), types)

    def _insert_matches(
        self, block: Block, begin: int, end: int, entities: Entities, numbers: np.ndarray[Any, Any]
    ) -> Entities:
        from fanlight.engine import rules
        from fanlight.engine.columns import Entities

        matches = self.find_in_block(block, begin, end)
        if not len(matches.types):
            return entities
        out = Entities.allocate(len(entities.types) + len(matches.types))
        matches = matches._replace(types=numbers[matches.types])
        count = rules.resolve_overlaps(entities, matches, PRECEDENCE.index(self.precedence), out)
        return Entities(*(column[:count] for column in out))

    def _resolve_overlaps(self, document: Document, matches: Sequence[Entity]) -> Document:
        """Merge the rules' matches into a document; entities of the model may overlap each other."""
        if not matches:
            return document
        ranked = [(self._rank(e, rule=True), True, e) for e in matches]
        ranked += [(self._rank(e, rule=False), False, e) for e in document.entities]
        chosen: list[tuple[bool, Entity]] = []
        for _, rule, entity in sorted(ranked, key=lambda item: (item[0], item[2].start)):
            if all(entity.end <= e.start or e.end <= entity.start for r, e in chosen if rule or r):
                chosen.append((rule, entity))
        return replace(document, entities=tuple(sorted((e for _, e in chosen), key=lambda e: e.start)))

    def _rank(self, entity: Entity, rule: bool) -> tuple[int, int]:
        length = -(entity.end - entity.start)
        if self.precedence == "longest":
            return length, not rule
        return int(rule != (self.precedence == "rules")), length

    @cached_property
    def _names(self) -> Names:
        from fanlight.engine.rules import Names

        return Names.of([name.encode("utf-8", "surrogatepass") for name in self._patterns.names], single_spaces=True)

    @cached_property
    def _numbers(self) -> np.ndarray[Any, Any]:
        """Index of each name's type."""
        numbers = {type_: n for n, type_ in enumerate(self.types)}
        return np.array([numbers[type_] for type_ in self._patterns.names.values()], np.int32)

    @cached_property
    def _automata(self) -> Automata:
        from fanlight.text.automaton_kernels import Automata

        return Automata.of(self._patterns.automata)

    def find_in_block(self, block: Block, begin: int, end: int) -> Entities:
        """Return the matches in documents [begin, end), with indices of the rules' types."""
        from fanlight.engine import rules
        from fanlight.engine.columns import Entities
        from fanlight.text.automaton_kernels import find_matches

        forms, views = _normal_forms(block, begin, end)
        results = []
        if self._patterns.names:
            names = _run_kernel(rules.find, forms, (begin, end), self._names)
            results.append(names._replace(types=self._numbers[names.types]))
        if self._patterns.expressions:
            matches = _run_kernel(find_matches, forms, (begin, end), self._automata)
            types = np.array([self.types.index(type_) for type_ in self._patterns.expressions.values()], np.int32)
            results.append(matches._replace(types=types[matches.types]))
        if views:
            results = [_place_all(block, views, matches) for matches in results]
        if not self._patterns.expressions:
            return results[0] if results else Entities.allocate(0)
        both = Entities.concatenate(results)
        order = np.lexsort((both.char_starts, both.documents))  # names before patterns
        return Entities(*(column[order] for column in both))


def _view(text: str, single_spaces: bool) -> Normalised | None:
    """Return the normal form in which a text is searched; None if it is the text itself."""
    if is_normal(text) and not (single_spaces and _WHITE.search(text)):
        return None
    view = normalise(text, single_spaces)
    return None if view.text == text else view


def _place(view: Normalised, start: int, end: int) -> tuple[int, int]:
    """Return the span in the original of ``view.text[start:end]``."""
    return int(view.source_starts[start]), int(view.source_ends[end - 1])


def _normal_forms(block: Block, begin: int, end: int) -> tuple[Block, dict[int, Normalised]]:
    """Return a block with documents [begin, end) in normal form, and the normal forms of those that differ.

    These are appended to the block's data; the other documents are not copied.
    """
    from fanlight.engine.columns import MARGIN, Block
    from fanlight.text.normalisation_kernels import find_altered

    altered = find_altered(block.data, block.text_starts, block.text_ends, begin, end)
    views = {d: view for d in altered if (view := _view(block.text(d), single_spaces=False)) is not None}
    if not views:
        return block, views
    parts, place = [block.data], len(block.data)
    text_starts, text_ends = block.text_starts.copy(), block.text_ends.copy()
    for d, view in views.items():
        parts.append(np.frombuffer(view.text.encode(), np.uint8))
        text_starts[d], text_ends[d] = place, place + len(parts[-1])
        place = int(text_ends[d])
    return Block(np.concatenate([*parts, np.zeros(MARGIN, np.uint8)]), text_starts, text_ends), views


def _place_all(block: Block, views: Mapping[int, Normalised], matches: Entities) -> Entities:
    """Return matches with offsets in the originals, given those in normal forms."""
    out = type(matches)(*(column.copy() for column in matches))
    for d, view in views.items():
        rows = np.flatnonzero(matches.documents == d)
        begin, end = block.text_starts[d], block.text_ends[d]
        byte_starts = begin + np.flatnonzero((block.data[begin:end] & 0xC0) != 0x80)  # of each code point
        places = np.append(byte_starts, end)
        out.char_starts[rows] = view.source_starts[matches.char_starts[rows]]
        out.char_ends[rows] = view.source_ends[matches.char_ends[rows] - 1]
        out.byte_starts[rows], out.byte_ends[rows] = places[out.char_starts[rows]], places[out.char_ends[rows]]
    return out


def _run_kernel(
    search: Callable[..., int], block: Block, documents: tuple[int, int], table: Names | Automata
) -> Entities:
    """Return all matches of a kernel, which runs again if they exceed the capacity."""
    from fanlight.engine.columns import Entities

    count, out = 1 << 12, Entities.allocate(0)
    while len(out.types) < count:
        out = Entities.allocate(count)
        count = search(block.data, block.text_starts, block.text_ends, *documents, table, out)
    return Entities(*(column[:count] for column in out))


def read_rules(path: str | os.PathLike[str], precedence: str = "rules", encoding: str = "utf-8") -> Rules:
    """Read a file of names and patterns; see `corpus.patterns.read_patterns`."""
    patterns = read_patterns([path], encoding)
    return Rules(patterns.names, patterns.expressions, precedence)
