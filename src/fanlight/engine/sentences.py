"""Sentences that are tokenised already, tagged by the compiled engine: each word is a chunk of its own."""

from __future__ import annotations

from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import entry
from fanlight.engine.columns import MARGIN, Entities, Networks
from fanlight.engine.plain_text import Tokens
from fanlight.engine.type_cache import TypeCache, learn_chunks
from fanlight.network.decoding import TokenSpan

if TYPE_CHECKING:
    from fanlight.engine.compiled import CompiledEngine

Float = NDArray[np.float64]


class SentenceTagger:
    """Tags tokenised sentences of words by the kernels of an engine, without pattern features.

    Parameters
    ----------
    engine : CompiledEngine
    """

    def __init__(self, engine: CompiledEngine) -> None:
        self._engine = engine
        self._cache = TypeCache(engine.model, engine.stages, tokenized=True)
        self._json = engine.allocate_json(0)
        self._lock = Lock()

    def spans(self, tokens: Tokens) -> list[TokenSpan] | None:
        """Return the entities in tokens of the whole batch, with probabilities; None for words with white space."""
        if not tokens.words:
            return []
        if any(word != word.strip() for word in tokens.words):
            return None
        texts = [word.encode("utf-8", "surrogatepass") for word in tokens.words]
        data = np.frombuffer(b"\n".join([*texts, bytes(MARGIN)]), np.uint8)
        ends = [0, *accumulate(len(text) + 1 for text in texts)]
        places = np.array(ends, np.int64)[tokens.sentences]
        with self._lock:
            chunks = learn_chunks(self._cache, data, places[:-1], places[1:])
            if len(chunks.ids) != len(texts) or not all(texts):
                return None  # not each word is one chunk
            longest = int(np.diff(tokens.sentences).max(initial=1))
            engine, (tables, layers) = self._engine, self._cache.snapshot()
            scratch, out = engine.scratch(longest), Entities.allocate(len(texts) * engine.overlaps)
            networks = Networks(layers[0], layers[-1], len(layers) > 1)
            arguments = entry.bind(
                self._cache.entries(), chunks, tables, networks, engine.finders, scratch, out, self._json
            )
            first = np.minimum(tokens.sentences[:-1], len(texts) - 1)
            owners = tokens.documents[first].astype(np.int32)
            count = entry.tag_sentences(
                arguments, tokens.sentences.astype(np.int32), owners, np.zeros(len(engine.types))
            )
        columns = (out.starts, out.ends, out.types, out.probabilities)
        rows = zip(*(column[:count].tolist() for column in columns), strict=True)
        return [TokenSpan(start, end, engine.types[k], probability) for start, end, k, probability in rows]
