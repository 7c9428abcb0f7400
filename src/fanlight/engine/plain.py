"""The plain engine: NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import views
from fanlight.engine.columns import Block, Entities
from fanlight.entities.entity import Document, Entity
from fanlight.network.decoding import Network
from fanlight.network.evidence import evidence, join, marks
from fanlight.network.inputs import WordTypes, forms_of
from fanlight.network.modelfile import Model
from fanlight.network.windows import word_contexts
from fanlight.text.features import PADDING, character_keys
from fanlight.text.patterns import Place
from fanlight.text.sentences import segment

Int = NDArray[np.int64]
Float = NDArray[np.float64]
Result = TypeVar("Result")


class PlainEngine:
    """Interim."""

    plain = True

    def __init__(self, model: Model) -> None:
        self.model = model
        self.types = model.configuration.types
        self.network = Network(model.configuration, model.parameters, model.lexicon)
        first = model.first
        self.first = None if first is None else Network(first.configuration, first.parameters, model.lexicon)

    def entities(self, block: Block, thresholds: Float, threads: int | None = None) -> Entities:
        documents = (Document(t, tuple(self._tag(t, thresholds))) for t in map(block.text, range(len(block.starts))))
        return views.columns(block, 0, documents, self.types)

    def json(self, block: Block, thresholds: Float, threads: int | None = None) -> bytes:
        return self.to_json(block, 0, len(block.starts), self.entities(block, thresholds), self.types)[0]

    def begin(
        self, block: Block, thresholds: Float, then: Callable[[int, int, Entities], Result], threads: int | None = None
    ) -> list[Future[Result]]:
        future: Future[Result] = Future()
        future.set_result(then(0, len(block.starts), self.entities(block, thresholds)))
        return [future]

    def to_json(
        self, block: Block, first: int, last: int, entities: Entities, types: tuple[str, ...]
    ) -> tuple[bytes, Int]:
        own = entities._replace(documents=entities.documents - np.int32(first))
        texts = [block.text(d) for d in range(first, last)]
        lines = [f"{document.to_json()}\n".encode() for document in views.documents(texts, own, types)]
        return b"".join(lines), np.array([0, *accumulate(map(len, lines))], np.int64)

    def segments(
        self, block: Block, document: int, thresholds: Float, threads: int | None = None
    ) -> Iterator[Entities]:
        alone = Block(block.data, block.starts[document : document + 1], block.ends[document : document + 1])
        yield self.entities(alone, thresholds)

    def json_segments(
        self, block: Block, document: int, entities: Iterator[Entities], types: tuple[str, ...]
    ) -> Iterator[bytes]:
        alone = Block(block.data, block.starts[document : document + 1], block.ends[document : document + 1])
        yield self.to_json(alone, 0, 1, Entities.concatenate(entities), types)[0]

    def _tag(self, text: str, thresholds: Float) -> Iterator[Entity]:
        unit = self.model.configuration.unit
        starts, ends, offsets = segment(text, unit)
        begins, stops = starts.tolist(), ends.tolist()
        words = [text[s:e] for s, e in zip(begins, stops, strict=True)]
        keys = words if unit == "word" else character_keys(text, begins, stops)
        places = ((text, begins[a:b], stops[a:b]) for a, b in pairwise(offsets.tolist()))
        read = self._read(words, keys, offsets, places)
        Z = self.network.emissions(read.types, read.ids, read.contexts, offsets, 0, read.told)
        least = dict(zip(self.types, thresholds.tolist(), strict=True))
        for span in self.network.spans(Z, offsets):
            if (span.probability or 0.0) >= least[span.type]:
                start, end = begins[span.start], stops[span.end - 1]
                yield Entity(start, end, span.type, text[start:end], span.probability)

    def _read(self, words: Sequence[str], keys: Sequence[str], offsets: Int, places: Iterable[Place]) -> _Reading:
        configuration = self.model.configuration
        numbers = {PADDING: 0}
        ids = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
        contexts = np.zeros(len(ids), np.int64)
        if configuration.context_width and len(ids):
            contexts = word_contexts([words[s:e] for s, e in pairwise(offsets.tolist())])
        types = WordTypes.of(list(numbers), configuration, self.model.lexicon)
        told = listed = marks(self.model.gazetteer, self.model.patterns, keys, offsets, places)
        if self.first is not None and len(ids):
            Z = self.first.emissions(types, ids, contexts, offsets, 0, listed)
            probabilities = self.first.type_probabilities(Z, offsets)
            told = join(listed, evidence(probabilities, forms_of(numbers)[ids], np.zeros(len(ids), np.int64)))
        return _Reading(ids, contexts, types, told)


class _Reading(NamedTuple):
    ids: Int
    contexts: Int
    types: WordTypes
    told: NDArray[np.float32] | None
