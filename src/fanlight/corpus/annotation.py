"""Annotation schemes: the mapping from the types of a corpus to those of a model.

In a corpus that does not mark dates, a token with O may be a date. And a type of a corpus may correspond to one of
several types of the model. In both cases the annotation is *partial*: it allows several tags of a token.

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
    """The annotation of a corpus.

    Attributes
    ----------
    readings : mapping of str to tuple of str
        For each type of the corpus, the model's types that it may be; () if it counts as no entity.
    unmarked : frozenset of str
        The model's types that the corpus does not mark.
    """

    readings: Mapping[str, tuple[str, ...]]
    unmarked: frozenset[str]

    @property
    def partial(self) -> bool:
        """Whether some label allows several tags."""
        return bool(self.unmarked) or any(len(types) > 1 for types in self.readings.values())

    @property
    def marked_types(self) -> set[str]:
        """The model's types that the corpus marks."""
        return {type_ for types in self.readings.values() for type_ in types}


def meanings_of(
    corpora: Sequence[Corpus], readings_by_file: Mapping[str, tuple[Mapping[str, Sequence[str]], Sequence[str] | None]]
) -> list[Annotation]:
    """Return the annotation of each corpus; the model's types are those that any corpus marks.

    Parameters
    ----------
    corpora : sequence of Corpus
    readings_by_file : mapping of file name to (readings, unmarked)
        File names are ends of the corpora's paths. Types without readings keep their name; `unmarked` is by default the
        types that only other corpora mark.

    Raises
    ------
    SettingsError
        A file or type does not exist.
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
    """Return the value whose file name is the end of a corpus's path, or else `otherwise`."""
    return next((value for name, value in values_by_file.items() if _ends_with(corpus.path, name)), otherwise)


def _ends_with(path: str, name: str) -> bool:
    parts, wanted = PurePath(path).parts, PurePath(name).parts
    return parts[-len(wanted) :] == wanted


def _list_paths(corpora: Iterable[Corpus]) -> str:
    return ", ".join(corpus.path for corpus in corpora)
