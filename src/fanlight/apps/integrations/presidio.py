"""A recogniser for Presidio (the extra "presidio"), which finds and hides personal data.

Examples
--------
>>> from presidio_analyzer import RecognizerResult
>>> found = FanlightRecognizer().analyze("Museums in Paris are amazing to see.", ["LOCATION"])
>>> [(r.start, r.end, r.entity_type) for r in found]
[(11, 16, 'LOCATION')]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from presidio_analyzer import EntityRecognizer, RecognizerResult

import fanlight

NAMES = {  # Presidio's names for the bundled models' types
    "PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION", "DATE": "DATE_TIME", "TIME": "DATE_TIME", "MISC": "NRP",
}  # fmt: skip


class FanlightRecognizer(EntityRecognizer):
    """Finds entities with a Fanlight model; a result's score is the entity's probability.

    Parameters
    ----------
    model : str
        "en", "ko" or a file.
    names : mapping of str to str
        Presidio's name for each type; a type that is not in it keeps its own.
    language : str
        That Presidio asks for.
    """

    def __init__(self, model: str = "en", names: Mapping[str, str] = NAMES, language: str = "en") -> None:
        self._tagger = fanlight.load(model)
        self._names = {type_: names.get(type_, type_) for type_ in self._tagger.types}
        super().__init__(sorted(set(self._names.values())), "Fanlight", language)

    def load(self) -> None:
        """Do nothing: the model is there."""

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return the entities of the types asked for."""
        return [
            RecognizerResult(self._names[e.type], e.start, e.end, float(e.probability or 0.0))
            for e in self._tagger(text).entities
            if self._names[e.type] in entities
        ]
