"""Local teachers: a file of rules, a spaCy pipeline, a GLiNER model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fanlight.apps.teachers.interface import Answer, Cost, longest_spans
from fanlight.entities.entity import Document
from fanlight.errors import DataError, FanlightError
from fanlight.libraries import library
from fanlight.tagging.rules import read_rules

GLINER_WORDS = 384  # maximum words of a text, which GLiNER truncates


class RulesTeacher:
    """A file of names and patterns, as for ``tag --rules``.

    Parameters
    ----------
    path : path
    types : sequence of str
        The types to label.
    encoding : str
        Encoding of the file.

    Raises
    ------
    DataError
        The file cannot be read.
    """

    def __init__(self, path: Path, types: Sequence[str], encoding: str = "utf-8") -> None:
        self.name = str(path)
        self._rules = read_rules(path, encoding=encoding)
        self.types = frozenset(types) & frozenset(self._rules.types)

    def estimate(self, texts: Sequence[str]) -> Cost | None:
        """Return None: no text leaves this machine."""
        return None

    def label(self, texts: Sequence[str]) -> Iterator[Answer]:
        """Yield the labels of each text, in order."""
        for text in texts:
            entities = self._rules.apply(Document(text)).entities
            yield Answer(tuple((e.start, e.end, e.type) for e in entities if e.type in self.types))


class SpacyTeacher:
    """A spaCy pipeline (the extra "spacy").

    Parameters
    ----------
    pipeline : str
        The name of an installed pipeline, or its folder.
    types : sequence of str
        The types to label.
    mapping : mapping of str to str
        Types for the pipeline's labels; others keep their names.

    Raises
    ------
    DataError
        There is no such pipeline.
    """

    def __init__(self, pipeline: str, types: Sequence[str], mapping: Mapping[str, str]) -> None:
        self.name = f"spacy:{pipeline}"
        try:
            self._nlp = library("spacy").load(pipeline)
        except FanlightError:
            raise
        except Exception as error:  # components of a pipeline can raise anything
            reason = " ".join(str(error).split())[:200]
            raise DataError(
                f"{self.name}: cannot be loaded ({reason}): is it installed, or the folder right?"
            ) from None
        self._mapping = dict(mapping)
        labels = {label for pipe in self._nlp.pipe_names for label in self._nlp.pipe_labels.get(pipe, ())}
        self.types = frozenset(types) & {self._mapping.get(label, label) for label in labels}

    def estimate(self, texts: Sequence[str]) -> Cost | None:
        """Return None: no text leaves this machine."""
        return None

    def label(self, texts: Sequence[str]) -> Iterator[Answer]:
        """Yield the labels of each text, in order."""
        for doc in self._nlp.pipe(texts):
            spans = ((e.start_char, e.end_char, self._mapping.get(e.label_, e.label_)) for e in doc.ents)
            yield Answer(tuple(span for span in spans if span[2] in self.types))


class GlinerTeacher:
    """A GLiNER model, which finds any type by its name (the library gliner).

    Parameters
    ----------
    model : str
        For ``GLiNER.from_pretrained``: a folder, or a name on the Hugging Face Hub.
    types : sequence of str
        The types to label.
    describe : mapping of str to str
        Descriptions, used instead of the types' names.

    Raises
    ------
    DataError
        There is no such model.
    """

    def __init__(self, model: str, types: Sequence[str], describe: Mapping[str, str]) -> None:
        self.name = f"gliner:{model}"
        self.types = frozenset(types)
        self._types_of = {describe.get(type_, type_): type_ for type_ in types}
        gliner = library("gliner")
        try:
            self._model: Any = gliner.GLiNER.from_pretrained(model)
        except Exception as error:  # errors of the network, of files, of PyTorch
            reason = " ".join(str(error).split())[:200]
            raise DataError(f"{self.name}: cannot be loaded ({reason}): is the name right?") from None

    def estimate(self, texts: Sequence[str]) -> Cost | None:
        """Return None: no text leaves this machine."""
        return None

    def label(self, texts: Sequence[str]) -> Iterator[Answer]:
        """Yield the labels of each text, in order; texts that GLiNER would truncate have none."""
        for text in texts:
            if len(text.split()) > GLINER_WORDS:
                yield Answer(fault=f"is longer than the {GLINER_WORDS} words that GLiNER reads")
                continue
            rows = self._model.predict_entities(text, list(self._types_of))
            yield Answer(longest_spans((row["start"], row["end"], self._types_of[row["label"]]) for row in rows))
