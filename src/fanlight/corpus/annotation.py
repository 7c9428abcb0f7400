"""What a corpus's labels say in the types of a model: corpora differ in the types they mark and in what they call them.

A corpus that does not mark dates says nothing about dates: where it has O there may be one. A type of its own may be
one of several of the model's. Both make an annotation *partial*: it allows a token several tags.

References
----------
Tsuboi et al. 2008; Bellare & McCallum 2007 (conditional random fields of partially labelled sequences).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

from fanlight.corpus.sentence import Corpus
from fanlight.errors import SettingsError

Value = TypeVar("Value")


@dataclass(frozen=True)
class Annotation:
    """What the labels of one corpus mean.

    Attributes
    ----------
    readings : mapping of str to tuple of str
        The model's types that each type of the corpus may be; none: it counts as no entity.
    unmarked : frozenset of str
        The model's types that its O may hide.
    """

    readings: Mapping[str, tuple[str, ...]]
    unmarked: frozenset[str]

    @property
    def partial(self) -> bool:
        """Whether some label leaves more than one choice."""
        return bool(self.unmarked) or any(len(types) > 1 for types in self.readings.values())

    @property
    def marked_types(self) -> set[str]:
        """The model's types that the corpus marks."""
        return {type_ for types in self.readings.values() for type_ in types}


def meanings_of(
    corpora: Sequence[Corpus], readings_by_file: Mapping[str, tuple[Mapping[str, Sequence[str]], Sequence[str] | None]]
) -> list[Annotation]:
    """Return what each corpus's labels mean, in the types that all of them together mark.

    Parameters
    ----------
    corpora : sequence of Corpus
    given : mapping of file name to (readings, unmarked)
        By the end of a corpus's path. Types without a reading keep their name; `unmarked` is by default what other
        corpora mark and this one does not.

    Raises
    ------
    SettingsError
        A file or type is named that does not exist.
    """
    used = set()
    all_readings, all_unmarked = [], []
    for corpus in corpora:
        name = next((name for name in readings_by_file if _ends_with(corpus.path, name)), None)
        used.add(name)
        readings, unmarked = value_for(corpus, readings_by_file, ({}, None))
        strange = sorted(set(readings) - set(corpus.types))
        if strange:
            raise SettingsError(
                f"corpora.{name}.types: {corpus.path} has no type {strange[0]!r}; it has {', '.join(corpus.types)}"
            )
        all_readings.append({type_: tuple(readings.get(type_, (type_,))) for type_ in corpus.types})
        all_unmarked.append(unmarked)
    lost = sorted(set(readings_by_file) - used)
    if lost:
        raise SettingsError(f"corpora.{lost[0]}: no training file of that name; there are {_list_paths(corpora)}")
    all_types = {type_ for readings in all_readings for types in readings.values() for type_ in types}
    annotations = []
    for readings, unmarked in zip(all_readings, all_unmarked, strict=True):
        strange = sorted(set(unmarked or ()) - all_types)
        if strange:
            raise SettingsError(f"unmarked: there is no type {strange[0]!r}; there are {', '.join(sorted(all_types))}")
        marked_types = {type_ for types in readings.values() for type_ in types}
        annotations.append(Annotation(readings, frozenset(all_types - marked_types if unmarked is None else unmarked)))
    return annotations


def value_for(corpus: Corpus, values_by_file: Mapping[str, Value], otherwise: Value) -> Value:
    """Return what is given for a corpus, by the end of its path."""
    return next((value for name, value in values_by_file.items() if _ends_with(corpus.path, name)), otherwise)


def _ends_with(path: str, name: str) -> bool:
    parts, wanted = PurePath(path).parts, PurePath(name).parts
    return parts[-len(wanted) :] == wanted


def _list_paths(corpora: Iterable[Corpus]) -> str:
    return ", ".join(corpus.path for corpus in corpora)
