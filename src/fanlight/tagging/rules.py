"""Rules beside the model: names that are always of a type, and patterns, with a stated precedence.

Names are found all at once by an Aho-Corasick automaton (the library pyahocorasick, the extra "rules"), so that many
thousands of them are looked for in one pass. A name counts where it stands as a word: no letter or digit touches it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from fanlight.corpus.readers import read_text
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError
from fanlight.libraries import library

PRECEDENCE = ("rules", "model", "longest")


class Rules:
    r"""Names and patterns.

    Parameters
    ----------
    names : mapping of str to str
        The type of each name; case counts.
    patterns : mapping of str to str
        The type of what each regular expression matches.
    precedence : str
        Where a rule's entity and the model's overlap, "rules" or "model" says which stays; "longest": the longer one,
        and the rule's if they are equally long.

    Raises
    ------
    DataError
        A pattern is no regular expression, or there is no such precedence.
    FanlightError
        pyahocorasick is not installed.

    Examples
    --------
    >>> rules = Rules({"Acme": "ORG"}, {r"[A-Z]{2}-\d+": "CODE"})
    >>> [(e.text, e.type) for e in rules.apply(Document("Acme sent AB-12; Acmes did not.")).entities]
    [('Acme', 'ORG'), ('AB-12', 'CODE')]
    """

    def __init__(
        self, names: Mapping[str, str], patterns: Mapping[str, str] | None = None, precedence: str = "rules"
    ) -> None:
        if precedence not in PRECEDENCE:
            raise DataError(f"precedence {precedence!r}: choose {', '.join(PRECEDENCE)}")
        self.precedence = precedence
        self._automaton = library("ahocorasick").Automaton()
        for name, type_ in names.items():
            if name.strip():
                self._automaton.add_word(name, (len(name), type_))
        if len(self._automaton):
            self._automaton.make_automaton()
        self._patterns = []
        for pattern, type_ in (patterns or {}).items():
            try:
                self._patterns.append((re.compile(pattern), type_))
            except re.error as error:
                raise DataError(f"the pattern {pattern!r} is no regular expression: {error}") from None

    def apply(self, document: Document) -> Document:
        """Return a document with the rules' entities, of probability 1, among the model's."""
        found = list(self._found(document.text))
        if not found:
            return document
        ranked = [(self._rank(e, rule=True), e) for e in found]
        ranked += [(self._rank(e, rule=False), e) for e in document.entities]
        kept: list[Entity] = []
        for _, entity in sorted(ranked, key=lambda item: (item[0], item[1].start)):
            if all(entity.end <= e.start or e.end <= entity.start for e in kept):
                kept.append(entity)
        return replace(document, entities=tuple(sorted(kept, key=lambda e: e.start)))

    def pipe(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Apply the rules to documents."""
        return map(self.apply, documents)

    def _rank(self, entity: Entity, rule: bool) -> tuple[int, int]:
        length = -(entity.end - entity.start)
        if self.precedence == "longest":
            return length, not rule
        return int(rule != (self.precedence == "rules")), length

    def _found(self, text: str) -> Iterator[Entity]:
        if len(self._automaton):
            for last, (length, type_) in self._automaton.iter(text):
                start, end = last - length + 1, last + 1
                before, after = text[start - 1 : start], text[end : end + 1]
                if not (before.isalnum() and text[start].isalnum()) and not (after.isalnum() and text[last].isalnum()):
                    yield Entity(start, end, type_, text[start:end], 1.0)
        for pattern, type_ in self._patterns:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield Entity(match.start(), match.end(), type_, match.group(), 1.0)


def read_rules(path: str | os.PathLike[str], precedence: str = "rules", encoding: str = "utf-8") -> Rules:
    """Read lines ``NAME<tab>TYPE`` and ``re:PATTERN<tab>TYPE``; blank lines and those that begin with # are none.

    Raises
    ------
    DataError
        The file cannot be read, or a line is neither.
    """
    names: dict[str, str] = {}
    patterns: dict[str, str] = {}
    for number, line in enumerate(read_text(path, encoding)[0].split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        rule, tab, type_ = line.partition("\t")
        if not tab or not type_.strip() or not rule.removeprefix("re:").strip():
            raise DataError(f"{path}, line {number}: is not NAME<tab>TYPE or re:PATTERN<tab>TYPE")
        if rule.startswith("re:"):
            patterns[rule.removeprefix("re:")] = type_.strip()
        else:
            names[rule.strip()] = type_.strip()
    return Rules(names, patterns, precedence)
