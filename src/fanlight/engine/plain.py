"""The plain engine: NumPy only; the reference for the compiled engine, and the only engine where Numba is missing.

Texts are split into tokens. The first-layer products of each word type are computed once and cached. The network and
the chain run over all sentences of a batch at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import accumulate, pairwise
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.engine import views
from fanlight.engine.columns import Block, Entities
from fanlight.engine.plain_network import Read, StageNetwork
from fanlight.engine.plain_text import Tokens, read_texts
from fanlight.engine.plain_types import TypeProducts
from fanlight.entities.bioes import TagSet
from fanlight.network import chain_batch
from fanlight.network.chain import span_probabilities
from fanlight.network.decoding import Network, TokenSpan
from fanlight.network.document_features import concatenate_features, document_features, gazetteer_features
from fanlight.network.modelfile import Model
from fanlight.network.windows import corpus_contexts
from fanlight.text.span_rules import Span, correct, kinds_of
from fanlight.text.spans import trim

Int = NDArray[np.int64]
Float = NDArray[np.float64]
Result = TypeVar("Result")

BATCH_BYTES = 1 << 17  # text of whole documents that the network runs over at once


class PlainEngine:
    """Tags blocks with one model in NumPy; see `engine.interface`.

    Parameters
    ----------
    model : Model
    """

    plain = True

    def __init__(self, model: Model) -> None:
        self.model = model
        self.types = model.configuration.types
        self.unit = model.configuration.unit
        stages = [(model.configuration, model.parameters)]
        if model.first_stage is not None:
            stages.insert(0, (model.first_stage.configuration, model.first_stage.parameters))
        self._stages = [StageNetwork(configuration, parameters, model.lexicon) for configuration, parameters in stages]
        self.type_products = TypeProducts(self._stages, model.lexicon)
        self._lock = Lock()  # protects `type_products`

    @property
    def network(self) -> Network:
        """The network of the last stage."""
        return self._stages[-1].network

    def entities(self, block: Block, thresholds: Float, threads: int | None = None) -> Entities:
        """Return the entities of a block, on the calling thread."""
        parts = [
            self._entities(block, begin, end, thresholds)
            for begin, end in _batches(block.text_ends - block.text_starts, BATCH_BYTES)
        ]
        return Entities.concatenate(parts)

    def json(self, block: Block, thresholds: Float, threads: int | None = None) -> bytes:
        """Return a block's documents as lines of JSON."""
        return self.to_json(block, 0, len(block.text_starts), self.entities(block, thresholds), self.types)[0]

    def begin(
        self,
        block: Block,
        thresholds: Float,
        callback: Callable[[int, int, Entities], Result],
        threads: int | None = None,
    ) -> list[Future[Result]]:
        """Tag a block on the calling thread; return one completed future."""
        future: Future[Result] = Future()
        future.set_result(callback(0, len(block.text_starts), self.entities(block, thresholds)))
        return [future]

    def to_json(
        self, block: Block, begin: int, end: int, entities: Entities, types: tuple[str, ...]
    ) -> tuple[bytes, Int]:
        """Return documents [begin, end) as lines of JSON, and the byte offsets of the lines (end - begin + 1,)."""
        renumbered = entities._replace(documents=entities.documents - np.int32(begin))
        texts = [block.text(d) for d in range(begin, end)]
        rows = [f"{document.to_json()}\n".encode() for document in views.documents(texts, renumbered, types)]
        return b"".join(rows), np.array([0, *accumulate(map(len, rows))], np.int64)

    def segments(
        self, block: Block, document: int, thresholds: Float, threads: int | None = None
    ) -> Iterator[Entities]:
        """Yield the entities of one document, as one batch."""
        yield self.entities(_only(block, document), thresholds)

    def json_segments(
        self, block: Block, document: int, entities: Iterator[Entities], types: tuple[str, ...]
    ) -> Iterator[bytes]:
        """Yield the JSON line of one document, as one part."""
        yield self.to_json(_only(block, document), 0, 1, Entities.concatenate(entities), types)[0]

    def token_spans(self, tokens: Tokens, probabilities: bool = True) -> list[TokenSpan]:
        """Return the entities of tokenised sentences as token ranges of the batch; outer entities before inner ones."""
        return self._spans(self.emissions(tokens), tokens.sentences, probabilities)

    def _entities(self, block: Block, first_document: int, end_document: int, thresholds: Float) -> Entities:
        texts = [block.text(d) for d in range(first_document, end_document)]
        tokens = read_texts(texts, self.unit)
        minimum = dict(zip(self.types, thresholds.tolist(), strict=True))
        spans = self._spans(self.emissions(tokens), tokens.sentences, True)
        rows = self._rows(tokens, [span for span in spans if (span.probability or 0.0) >= minimum[span.type]])
        documents, begins, stops, types = (
            np.array([int(row[column]) for row in rows], np.int64) for column in range(4)
        )
        begin, end = int(block.text_starts[first_document]), int(block.text_ends[end_document - 1])
        # byte offset of each code point: all bytes but continuation bytes (10xxxxxx)
        points = np.flatnonzero((block.data[begin:end] & 0xC0) != 0x80)
        offsets = np.searchsorted(points, block.text_starts[first_document:end_document] - begin)[documents]
        points = np.append(points, end - begin) + begin
        after = points[offsets + stops - 1]
        after = np.where(offsets + stops < len(points), points[np.minimum(offsets + stops, len(points) - 1)], after)
        columns = (
            documents + first_document, begins, stops, points[offsets + begins], after,
            types, np.array([row[4] for row in rows]),
        )  # fmt: skip
        return Entities(*(a.astype(b.dtype) for a, b in zip(columns, Entities.allocate(0), strict=True)))

    def _rows(self, tokens: Tokens, spans: Sequence[TokenSpan]) -> list[tuple[int, int, int, int, float]]:
        """Return document, start, end, type and probability of spans, corrected unless types may overlap."""
        token_starts, token_ends, documents = (
            tokens.token_starts.tolist(),
            tokens.token_ends.tolist(),
            tokens.documents.tolist(),
        )
        numbers = {type_: k for k, type_ in enumerate(self.types)}
        places = [
            Span(
                token_starts[s.start],
                token_ends[s.end - 1],
                numbers[s.type],
                1.0 if s.probability is None else s.probability,
            )
            for s in spans
        ]
        if self.model.configuration.head == "logistic":
            return [(documents[s.start], *place) for s, place in zip(spans, places, strict=True)]
        rows: list[tuple[int, int, int, int, float]] = []
        kinds, k = kinds_of(self.types), 0
        for text, (low, high) in zip(tokens.sentence_texts, pairwise(tokens.sentences.tolist()), strict=True):
            inside: list[Span] = []
            while k < len(spans) and spans[k].start < high:
                start, end = trim(tokens.texts[text], places[k].start, places[k].end)
                inside += [places[k]._replace(start=start, end=end)] if start < end else []
                k += 1
            if kinds and low < high:
                inside = correct(tokens.texts[text], (token_starts[low], token_ends[high - 1]), inside, kinds)
            rows += [(text, *span) for span in inside]
        return rows

    def read(self, tokens: Tokens) -> Read:
        """Return the inputs of the last stage's network."""
        with self._lock:
            return self._read(tokens)

    def emissions(self, tokens: Tokens) -> NDArray[np.float32]:
        """Return the emissions Z (N, K) of the last stage."""
        with self._lock:
            return self._stages[-1].emissions(
                self._read(tokens), self.type_products.row_products(len(self._stages) - 1)
            )

    def hidden(self, tokens: Tokens) -> NDArray[np.float32]:
        """Return the hidden layer (N, m) of the last stage."""
        with self._lock:
            return self._stages[-1].hidden(self._read(tokens), self.type_products.row_products(len(self._stages) - 1))

    def _read(self, tokens: Tokens) -> Read:
        """Return the network's inputs; the caller holds the lock while it uses their rows."""
        ids = self.type_products.rows(tokens.keys)
        listed = gazetteer_features(
            self.model.gazetteer, self.model.patterns, tokens.keys, tokens.sentences, tokens.places()
        )
        read = Read(ids, self._contexts(tokens), tokens.sentences, listed)
        if len(self._stages) > 1:
            document_features = self._document_features(read, self.type_products.forms[ids], tokens.documents)
            read = read._replace(features=concatenate_features(listed, document_features))
        return read

    def _document_features(self, read: Read, forms: Int, documents: Int) -> NDArray[np.float32]:
        """Return the document features (N, T + 1); the first stage runs only over sentences with repeated words."""
        _, mention, counts = np.unique(
            documents * (forms.max(initial=0) + 1) + forms, return_inverse=True, return_counts=True
        )
        repeated = counts[mention] > 1
        # the first stage keeps the types it was trained with, also if `update` adds new ones
        probabilities = np.zeros((len(forms), len(self._stages[0].configuration.types)))
        sentence = np.repeat(np.arange(len(read.sentences) - 1), np.diff(read.sentences))
        selection = np.flatnonzero(np.bincount(sentence[repeated]))
        if len(selection):
            part, tokens = read.choose(selection)
            Z = self._stages[0].emissions(part, self.type_products.row_products(0))
            columns = []
            for types, emission, transitions in self._stages[0].network.chains(Z):
                exact = emission.astype(np.float64)
                marginals = chain_batch.forward_backward(exact, transitions, part.sentences).marginals
                columns.append(marginals[:, 1:].reshape(len(Z), len(types), 4).sum(2))
            probabilities[tokens] = np.concatenate(columns, axis=1)
        return document_features(probabilities, forms, documents)

    def _contexts(self, tokens: Tokens) -> Int:
        if not self.model.configuration.context_width:
            return np.zeros(len(tokens.keys), np.int64)
        numbers: dict[str, int] = {}
        ids = np.array([numbers.setdefault(word, len(numbers)) for word in tokens.words], np.int64)
        return corpus_contexts(list(numbers), ids, tokens.sentences, tokens.documents)

    def _spans(self, Z: NDArray[np.float32], sentences: Int, probabilities: bool) -> list[TokenSpan]:
        spans: list[TokenSpan] = []
        for types, emission, transitions in self._stages[-1].network.chains(Z):
            path = chain_batch.viterbi(emission, transitions, sentences)
            # no entity crosses a sentence boundary, because every sentence ends in a legal last tag
            entities = TagSet(types).decode(path)
            shares = _probabilities(entities, path, emission, transitions, sentences) if probabilities else None
            for n, (start, end, type_) in enumerate(entities):
                spans.append(TokenSpan(start, end, type_, None if shares is None else float(shares[n])))
        return sorted(spans, key=lambda span: (span.start, -span.end, span.type))


def _probabilities(
    entities: Sequence[tuple[int, int, str]], path: Int, Z: NDArray[np.float32], A: NDArray[np.float32], sentences: Int
) -> Float:
    """Return P(exactly this span | its sentence) of each entity; only sentences with entities are computed."""
    if not entities:
        return np.zeros(0)
    token_starts, token_ends = (np.array([entity[side] for entity in entities], np.int64) for side in (0, 1))
    owners = np.searchsorted(sentences, token_starts, "right") - 1
    selection = np.flatnonzero(np.bincount(owners))  # `np.unique` imports masked arrays: a sixth of the start-up time
    lengths = np.diff(sentences)[selection]
    offsets = np.append(0, np.cumsum(lengths))
    tokens = np.arange(offsets[-1]) + np.repeat(sentences[selection] - offsets[:-1], lengths)
    shift = (offsets[:-1] - sentences[selection])[np.searchsorted(selection, owners)]
    exact, tags = Z[tokens].astype(np.float64), np.concatenate([path[s:e] for s, e, _ in entities])
    messages = chain_batch.forward_backward(exact, A, offsets)
    return span_probabilities(
        messages, exact, A, span_starts=token_starts + shift, span_ends=token_ends + shift, tags=tags
    )


def _batches(sizes: Int, limit: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of documents that have at most `limit` bytes together, or one document each."""
    sums = np.cumsum(sizes)
    begin = 0
    while begin < len(sizes):
        done = int(sums[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(sums, done + limit, "right")))
        yield begin, end
        begin = end


def _only(block: Block, document: int) -> Block:
    return Block(block.data, block.text_starts[document : document + 1], block.text_ends[document : document + 1])
