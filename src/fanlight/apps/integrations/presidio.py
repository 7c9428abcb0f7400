"""A recogniser for Presidio (the extra "presidio"), a library to find and hide personal data.

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
from fanlight.errors import DataError

NAMES = {  # Presidio's names for the bundled models' types
    "PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION", "DATE": "DATE_TIME", "TIME": "DATE_TIME", "MISC": "NRP",
}  # fmt: skip


class FanlightRecognizer(EntityRecognizer):
    """Finds entities with a Fanlight model; a result's score is the entity's probability.

    Parameters
    ----------
    model : str
        As for `fanlight.load`.
    supported_language : str
        Language of Presidio's requests.
    names : mapping of str to str
        Presidio's name for each type; a type that is not in it keeps its own.
    supported_entities : sequence of str, optional
        Only these of Presidio's names.
    name : str
        Name of the recogniser in Presidio's registry.
    version : str
        Version of the recogniser.

    Raises
    ------
    DataError
        The model has none of an entity's types.
    """

    def __init__(
        self,
        model: str = "en",
        supported_language: str = "en",
        *,
        names: Mapping[str, str] = NAMES,
        supported_entities: Sequence[str] | None = None,
        name: str = "Fanlight",
        version: str = fanlight.__version__,
    ) -> None:
        self._model, self._tagger = model, fanlight.load(model)
        self._names = {type_: names.get(type_, type_) for type_ in self._tagger.types}
        entities = sorted(set(self._names.values()))
        if unknown := set(supported_entities or ()) - set(entities):
            raise DataError(f"{model}: finds no {', '.join(sorted(unknown))}: it finds {', '.join(entities)}")
        super().__init__(list(supported_entities or entities), name, supported_language, version)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary for `from_dict`."""
        return {**super().to_dict(), "model": self._model, "names": self._names}

    def load(self) -> None:
        """Do nothing; the model is already loaded."""

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        """Return the entities of the requested types."""
        return [
            RecognizerResult(self._names[e.type], e.start, e.end, float(e.probability or 0.0))
            for e in self._tagger(text).entities
            if self._names[e.type] in entities and self._names[e.type] in self.supported_entities
        ]
