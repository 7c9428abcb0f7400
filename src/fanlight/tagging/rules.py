"""Rules beside the model: names that are always of a type, and patterns, with a stated precedence.

A name counts where it stands as a word: no letter or digit touches it. Names, patterns and texts are compared in normal
form (`text.normalisation`), names also with one space for a run of white space; what is found is placed in the original
text. Short texts are searched word by word in plain Python, blocks of texts by compiled kernels (`engine.rules`), so
that many thousands of names cost little.
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
        The type of each name; case counts.
    patterns : mapping of str to str
        The type of what each regular expression matches; `text.expressions` says what it may have.
    precedence : str
        Where a rule's entity and the model's overlap, "rules" or "model" says which stays; "longest": the longer one,
        and the rule's if they are equally long. Of two rules the longer one stays.
    most_work : int, optional
        What the patterns of a stranger may take; see `text.patterns.Patterns`.

    Raises
    ------
    DataError
        A pattern is no regular expression, has what is not supported or is too large, or there is no such precedence.

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
        most_work: int | None = None,
    ) -> None:
        if precedence not in PRECEDENCE:
            raise DataError(f"precedence {precedence!r}: choose {', '.join(PRECEDENCE)}")
        self.precedence = precedence
        forms = {normalise(name, single_spaces=True).text.strip(): type_ for name, type_ in names.items()}
        self._said = Patterns(forms, {normalise(p).text: type_ for p, type_ in (patterns or {}).items()}, most_work)
        self.types = self._said.types

    def apply(self, document: Document) -> Document:
        """Return a document with the rules' entities, of probability 1, among the model's."""
        text, spans = document.text, []
        for single_spaces, search in ((True, self._said.find_names), (False, self._said.find_matches)):
            view = _view(text, single_spaces)
            for start, end, type_ in search(text if view is None else view.text):
                spans.append((start, end, type_) if view is None else (*_place(view, start, end), type_))
        return self._resolve_overlaps(document, [Entity(s, e, type_, text[s:e], 1.0) for s, e, type_ in spans])

    def extend_types(self, types: Sequence[str], plain: bool = False) -> tuple[tuple[str, ...], Joining]:
        """Return a model's types and then the rules' others, and what joins entities as columns.

        The latter takes a block, the first of its documents and the last, and the model's entities in these, in order;
        it returns these with the rules' among them. Kernels do so, or `plain` functions.
        """
        all_types = (*types, *(type_ for type_ in self.types if type_ not in types))
        if plain:
            return all_types, lambda block, begin, end, entities: self._join(block, (begin, end), entities, all_types)
        numbers = np.array([all_types.index(type_) for type_ in self.types], np.int32)
        _ = self._names, self._said.expressions and self._automata  # built once, before threads ask for them
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
        count = rules.settle(entities, matches, PRECEDENCE.index(self.precedence), out)
        return Entities(*(column[:count] for column in out))

    def _resolve_overlaps(self, document: Document, matches: Sequence[Entity]) -> Document:
        """Let what a rule found and what the model found stand together; the model's may overlap each other."""
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

        return Names.of([name.encode("utf-8", "surrogatepass") for name in self._said.names], single_spaces=True)

    @cached_property
    def _numbers(self) -> np.ndarray[Any, Any]:
        """The number of each name's type."""
        numbers = {type_: n for n, type_ in enumerate(self.types)}
        return np.array([numbers[type_] for type_ in self._said.names.values()], np.int32)

    @cached_property
    def _automata(self) -> Automata:
        from fanlight.text.automaton_kernels import Automata

        return Automata.of(self._said.automata)

    def find_in_block(self, block: Block, begin: int, end: int) -> Entities:
        """Return what names and patterns match in documents [begin, end), with the numbers of the rules' types."""
        from fanlight.engine import rules
        from fanlight.engine.columns import Entities
        from fanlight.text.automaton_kernels import find_matches

        forms, views = _normal_forms(block, begin, end)
        results = []
        if self._said.names:
            names = _run_kernel(rules.find, forms, (begin, end), self._names)
            results.append(names._replace(types=self._numbers[names.types]))
        if self._said.expressions:
            matches = _run_kernel(find_matches, forms, (begin, end), self._automata)
            types = np.array([self.types.index(type_) for type_ in self._said.expressions.values()], np.int32)
            results.append(matches._replace(types=types[matches.types]))
        if views:
            results = [_place_all(block, views, matches) for matches in results]
        if not self._said.expressions:
            return results[0] if results else Entities.allocate(0)
        both = Entities.concatenate(results)
        order = np.lexsort((both.char_starts, both.documents))  # names before patterns
        return Entities(*(column[order] for column in both))


def _view(text: str, single_spaces: bool) -> Normalised | None:
    """Return the view of a text in which names or patterns are searched; None where it is the text itself."""
    if is_normal(text) and not (single_spaces and _WHITE.search(text)):
        return None
    view = normalise(text, single_spaces)
    return None if view.text == text else view


def _place(view: Normalised, start: int, end: int) -> tuple[int, int]:
    """Return where ``view.text[start:end]`` stands in the original."""
    return int(view.source_starts[start]), int(view.source_ends[end - 1])


def _normal_forms(block: Block, begin: int, end: int) -> tuple[Block, dict[int, Normalised]]:
    """Return a block in which documents [begin, end) are in normal form, and the views of those that it changes.

    Their forms stand behind the block's text, the other documents where they were.
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
    """Return matches in normal forms, placed in the originals."""
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
    """Return all that a kernel finds, which says how much that is if it is beyond the capacity."""
    from fanlight.engine.columns import Entities

    count, out = 1 << 12, Entities.allocate(0)
    while len(out.types) < count:
        out = Entities.allocate(count)
        count = search(block.data, block.text_starts, block.text_ends, *documents, table, out)
    return Entities(*(column[:count] for column in out))


def read_rules(path: str | os.PathLike[str], precedence: str = "rules", encoding: str = "utf-8") -> Rules:
    """Read a file of names and patterns; see `corpus.patterns.read_patterns`."""
    said = read_patterns([path], encoding)
    return Rules(said.names, said.expressions, precedence)
