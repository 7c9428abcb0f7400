"""Tagging of tokenised sentences by the compiled engine: each word is a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain, pairwise
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import entry
from fanlight.engine.chunks import Chunks, Tables
from fanlight.engine.columns import MARGIN, Entities
from fanlight.engine.first_layer import Layers
from fanlight.engine.type_cache import TypeCache, learn_chunks

if TYPE_CHECKING:
    from fanlight.engine.compiled import CompiledEngine

Int = NDArray[np.int64]
Row = tuple[int, int, str, float]  # start, end (in tokens of the whole batch), type, probability
SHARE = 1 << 12  # tokens, up to which tagging takes less time than waking another thread


class SentenceTagger:
    """Tags tokenised sentences of words with the kernels of an engine; for models without patterns.

    Parameters
    ----------
    engine : CompiledEngine
    """

    def __init__(self, engine: CompiledEngine) -> None:
        self._engine = engine
        self._cache = TypeCache(engine.model, engine.stages, tokenized=True)
        self._json = engine.allocate_json(0)
        self._lock = Lock()

    def spans(self, words: Sequence[str], sentences: Int, documents: Int, threads: int) -> list[Row] | None:
        """Return the entities of a batch of sentences; None if a word is empty or has white space.

        Parameters
        ----------
        words : sequence of str (N,)
        sentences : int64 array (S + 1,)
            First token of each sentence, and N.
        documents : int64 array (S,)
            The document of each sentence, ascending.
        threads : int
        """
        if not words:
            return []
        text = "\n".join(words)
        if len("".join(text.split())) != len(text) - len(words) + 1 or not all(words):
            return None
        data = np.frombuffer(text.encode("utf-8", "surrogatepass") + b"\n" + bytes(MARGIN), np.uint8)
        ends = np.flatnonzero(data == ord("\n")) + 1
        places = np.concatenate([[0], ends])[sentences]
        with self._lock:
            chunks = learn_chunks(self._cache, data, places[:-1], places[1:])
            if len(chunks.ids) != len(words):
                return None  # not each word is one chunk
            snapshot = self._cache.snapshot()
            shares = _share(sentences, documents, threads)
            jobs = [
                self._engine.submit(threads, partial(self._tag, chunks, snapshot, sentences[begin : end + 1], owners))
                for begin, end, owners in shares[1:]
            ]
            begin, end, owners = shares[0]
            rows = self._tag(chunks, snapshot, sentences[begin : end + 1], owners)
            return [*rows, *chain.from_iterable(job.result() for job in jobs)]

    def _tag(self, chunks: Chunks, snapshot: tuple[Tables, list[Layers]], sentences: Int, owners: Int) -> list[Row]:
        """Tag a range of sentences; `sentences` are their first tokens and the last one's end."""
        engine, (tables, layers) = self._engine, snapshot
        low, high = int(sentences[0]), int(sentences[-1])
        out = Entities.allocate((high - low) * engine.overlaps)
        arguments = entry.bind(
            self._cache.entries(),
            chunks._replace(ids=chunks.ids[low:high]),
            tables,
            engine.networks(layers),
            engine.finders,
            engine.scratch(int(np.diff(sentences).max(initial=1)), tables),
            out,
            self._json,
        )
        sentence_offsets = (sentences - low).astype(np.int32)
        count = entry.tag_sentences(arguments, sentence_offsets, owners.astype(np.int32), np.zeros(len(engine.types)))
        begin_tokens, end_tokens = (column[:count] + low for column in (out.char_starts, out.char_ends))
        types = [engine.types[k] for k in out.types[:count].tolist()]
        columns = (begin_tokens.tolist(), end_tokens.tolist(), types, out.probabilities[:count].tolist())
        return list(zip(*columns, strict=True))


def _share(sentences: Int, documents: Int, threads: int) -> list[tuple[int, int, Int]]:
    """Divide sentences between threads at document boundaries; return ranges [begin, end) and their documents."""
    tokens = int(sentences[-1])
    wanted = np.searchsorted(sentences[1:], np.arange(0, tokens, max(SHARE, -(-tokens // threads))), "right")
    sentence_offsets = np.unique(np.concatenate([np.searchsorted(documents, documents[wanted]), [len(documents)]]))
    return [(begin, end, documents[begin:end]) for begin, end in pairwise(sentence_offsets.tolist())]
