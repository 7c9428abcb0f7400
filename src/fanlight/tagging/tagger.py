"""The tagger: finds the entities of texts with a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from fanlight.corpus.sentence import Sentence
from fanlight.engine.columns import Block, Entities
from fanlight.engine.plain_text import read_sentences
from fanlight.engine.switch import EngineSwitch
from fanlight.engine.views import documents
from fanlight.entities.entity import Document, Entity
from fanlight.network.decoding import TokenSpan
from fanlight.tagging.text_batches import check_texts, read_batches
from fanlight.text.tokens import check_encodable

if TYPE_CHECKING:
    from fanlight.engine.compiled import CompiledEngine
    from fanlight.engine.interface import Engine
    from fanlight.network.modelfile import Model
    from fanlight.tagging.explain import Explanation
    from fanlight.tagging.inspection import Inspector
    from fanlight.tagging.rules import Rules


Int = NDArray[np.int64]
Threshold = float | Mapping[str, float]
PART = 32  # texts that the plain engine tags before the next check whether the compiled one is ready


class Tagger:
    """Finds the entities of texts.

    Parameters
    ----------
    model : Model
        A trained network, as `fanlight.load` reads it.
    engine : str
        "auto", "plain" or "compiled"; see `fanlight.load`.

    Examples
    --------
    >>> import fanlight
    >>> tagger = fanlight.load("en")
    >>> [(e.text, e.type, e.start, e.end) for e in tagger("Museums in Paris are amazing to see.").entities]
    [('Paris', 'LOC', 11, 16)]
    """

    def __init__(self, model: Model, engine: str = "auto") -> None:
        self.model = model
        self._engines = EngineSwitch(model, engine)

    def __call__(
        self, text: str, threshold: Threshold = 0.0, threads: int | None = None, rules: Rules | None = None
    ) -> Document:
        """Tag one text.

        Parameters
        ----------
        text : str
            A text of any length; it is not truncated.
        threshold : float or mapping of type to float
            Minimum probability of entities; the type "" stands for all types that are not in the mapping.
        threads : int, optional
            Maximum number of threads; by default one per core.
        rules : Rules, optional
            Rules that complement the model (`tagging.rules`).

        Raises
        ------
        DataError
            The text is no str, or contains a lone surrogate.
        """
        return self.tag_batch([text], threshold, threads, rules)[0]

    def pipe(
        self,
        texts: Iterable[str],
        threshold: Threshold = 0.0,
        threads: int | None = None,
        rules: Rules | None = None,
    ) -> Iterator[Document]:
        """Yield the documents of texts, in order; see `__call__` for the other parameters.

        Texts are read in batches, which grow from one text to a megabyte while texts arrive quickly.
        """
        for batch in read_batches(texts):
            yield from self._documents(batch, threshold, threads, rules)

    def tag_batch(
        self,
        texts: Sequence[str],
        threshold: Threshold = 0.0,
        threads: int | None = None,
        rules: Rules | None = None,
    ) -> list[Document]:
        """Tag texts as one batch; see `__call__` for the other parameters.

        Raises
        ------
        DataError
            A text holds half of a surrogate pair.
        """
        return list(self._documents(texts, threshold, threads, rules))

    def tag_columns(
        self,
        texts: Sequence[str],
        threshold: Threshold = 0.0,
        threads: int | None = None,
        rules: Rules | None = None,
    ) -> tuple[Entities, tuple[str, ...]]:
        """Tag texts as one batch, as `tag_batch`, and return columns.

        Returns
        -------
        Entities
            Columns: index of the text, offsets in code points, index of the type, probability.
        tuple of str
            The types.

        Raises
        ------
        DataError
            A text holds half of a surrogate pair.
        """
        parts, offset, types = [], 0, self.types
        for part, entities, part_types in self._columns(texts, threshold, threads, rules):
            parts.append(entities._replace(documents=entities.documents + np.int32(offset)))
            offset, types = offset + len(part), part_types
        return Entities.concatenate(parts), types

    def submit(
        self, texts: Sequence[str], threshold: Threshold = 0.0, threads: int | None = None
    ) -> Callable[[], Entities]:
        """Start to tag texts in the background; return a function that waits for their entities as columns.

        Raises
        ------
        DataError
            A text holds half of a surrogate pair.
        """
        thresholds = self._thresholds(threshold)
        jobs: list[tuple[int, Future[Entities]]] = []
        offset = 0
        for part, engine in self._parts(texts):
            jobs += [(offset, job) for job in engine.begin(_encode(part), thresholds, _entities_of_share, threads)]
            offset += len(part)
        return lambda: Entities.concatenate(
            entities._replace(documents=entities.documents + np.int32(offset))
            for offset, job in jobs
            for entities in [job.result()]
        )

    def to_jsonl(self, texts: Sequence[str], threshold: Threshold = 0.0, threads: int | None = None) -> bytes:
        """Tag texts as one batch; return the documents as lines of JSON in UTF-8.

        Raises
        ------
        DataError
            A text holds half of a surrogate pair.
        """
        thresholds = self._thresholds(threshold)
        rows = []
        for part, engine in self._parts(texts):
            rows.append(engine.json(_encode(part), thresholds, threads))
        return b"".join(rows)

    def warm(self, long_documents: bool = False) -> None:
        """Load or compile the compiled engine, including kernels for `long_documents` (over 1 MB), and wait for it.

        Without this call, the plain engine tags the first texts, and the compiled engine is prepared in the background
        after a handful of texts. The results are the same.
        """
        self._engines.warm(long_documents)

    def prepare(self) -> None:
        """Start to load or compile the compiled engine in the background."""
        if self._engines.choice != "plain":
            self._engines.prepare()

    @property
    def ready(self) -> bool:
        """Whether the engine will not change any more."""
        return self._engines.ready

    @property
    def state(self) -> str:
        """State of the compiled engine: "plain" (not requested), "loading", "compiling", "ready" or "unavailable"."""
        return self._engines.state

    def __getstate__(self) -> dict[str, Any]:
        """Return the model and the engine's name; a copy in another process creates its own engines."""
        return {"model": self.model, "engine": self._engines.choice}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["model"], state["engine"])  # type: ignore[misc]

    def readings(self, text: str, count: int = 5) -> list[list[tuple[float, tuple[Entity, ...]]]]:
        """Return the `count` most probable readings of each sentence: probability and entities, best first.

        Raises
        ------
        DataError
            The model's head is logistic, so that there are no readings of a sentence.
        """
        return self._inspector.readings(text, count)

    def _thresholds(self, threshold: Threshold) -> NDArray[np.float64]:
        return np.array(thresholds_of(threshold, self.types))

    def _documents(
        self, texts: Sequence[str], threshold: Threshold, threads: int | None, rules: Rules | None
    ) -> Iterator[Document]:
        for part, entities, types in self._columns(texts, threshold, threads, rules):
            yield from documents(part, entities, types)

    def _columns(
        self, texts: Sequence[str], threshold: Threshold, threads: int | None, rules: Rules | None
    ) -> Iterator[tuple[Sequence[str], Entities, tuple[str, ...]]]:
        thresholds = self._thresholds(threshold)
        for part, engine in self._parts(texts):
            block, types = _encode(part), self.types
            entities = engine.entities(block, thresholds, threads)
            if rules is not None:
                types, join = rules.extend_types(types, engine.plain)
                entities = join(block, 0, len(part), entities)
            yield part, entities, types

    def _parts(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[str], Engine]]:
        """Yield parts of texts with their engine: small parts while the compiled engine may become ready."""
        check_texts(texts)
        if self._engines.ready:
            yield texts, self._engine_for(len(texts), 0)
            return
        pending = sum(map(len, texts))
        for begin in range(0, len(texts), PART):
            part = texts[begin : begin + PART]
            size = sum(map(len, part))
            pending -= size
            yield part, self._engine_for(len(part), size, pending)

    def _engine_for(self, texts: int, characters: int, pending: int = 0) -> Engine:
        return self._engines.choose(texts, characters, pending)

    @property
    def types(self) -> tuple[str, ...]:
        """The model's entity types."""
        return self.model.configuration.types

    @property
    def unit(self) -> str:
        """What a token is: "word" or "character"."""
        return self.model.configuration.unit

    def sentences(self, document: Sequence[Sentence], probabilities: bool = False) -> list[list[TokenSpan]]:
        """Tag a tokenised document; return the entities of each sentence as ranges of its tokens."""
        return self.tag_sentences([document], probabilities)

    def tag_sentences(
        self, documents: Sequence[Sequence[Sentence]], probabilities: bool = False
    ) -> list[list[TokenSpan]]:
        """Tag tokenised documents; return the entities of each sentence as ranges of its tokens."""
        words = [token for document in documents for sentence in document for token in sentence.tokens]
        lengths = [len(sentence.token_starts) for document in documents for sentence in document]
        owners = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
        return self._sentence_spans(words, lengths, owners, lambda: documents, probabilities=probabilities)

    def tag_words(
        self, sentences: Sequence[Sequence[str]], probabilities: bool = False, threads: int | None = None
    ) -> list[list[TokenSpan]]:
        """Tag sentences of words, one document each; return the entities of each sentence as ranges of its words."""
        words = [word for sentence in sentences for word in sentence]
        return self._sentence_spans(
            words,
            [len(sentence) for sentence in sentences],
            np.arange(len(sentences)),
            lambda: [[Sentence.of_words(sentence, ())] for sentence in sentences],
            probabilities=probabilities,
            threads=threads,
        )

    def _sentence_spans(
        self,
        words: list[str],
        lengths: list[int],
        owners: NDArray[np.int64],
        read_documents: Callable[[], Sequence[Sequence[Sentence]]],
        *,
        probabilities: bool,
        threads: int | None = None,
    ) -> list[list[TokenSpan]]:
        """Return the entities of each sentence; `read_documents` is called if the plain engine tags them."""
        engine = self._engine_for(len(owners), sum(map(len, words)))
        offsets = [0, *accumulate(lengths)]
        rows: Sequence[tuple[int, int, str, float | None]] | None = None
        if not engine.plain:
            rows = cast("CompiledEngine", engine).token_spans(words, np.array(offsets), owners, threads)
        if rows is None:
            rows = self._engines.plain.token_spans(read_sentences(read_documents(), self.unit), probabilities)
        spans: list[list[TokenSpan]] = [[] for _ in lengths]
        number = 0
        for start, end, type_, probability in rows:
            while offsets[number + 1] <= start:
                number += 1
            offset = offsets[number]
            spans[number].append(TokenSpan(start - offset, end - offset, type_, probability))
        return spans

    def type_probabilities(self, documents: Sequence[Sequence[Sentence]]) -> list[NDArray[np.float32]]:
        """Return P(token is in an entity of the type), (tokens, types), for each sentence of tokenised documents.

        The columns are those of `types`.
        """
        return self._inspector.type_probabilities(documents)

    def explain(self, text: str, token: int, tag: str | None = None, most: int = 12) -> Explanation:
        """Explain the score of a tag for a token.

        Parameters
        ----------
        text : str
        token : int
            Index of the token (`tokens`).
        tag : str, optional
            A tag such as "B-LOC"; by default the most probable.
        most : int
            Number of hidden units to return.

        Raises
        ------
        DataError
            The token or tag does not exist, or the model's head is logistic.
        """
        return self._inspector.explain(text, token, tag, most)

    def what_if(self, text: str, token: int, position: int, word: str, tag: str) -> Explanation:
        """Explain a token's tag after the word at a window position is replaced, or removed if `word` is "".

        Raises
        ------
        DataError
            The window has no such position.
        """
        return self._inspector.what_if(text, token, position, word, tag)

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of each token of a text."""
        return self._inspector.tokens(text)

    @cached_property
    def _inspector(self) -> Inspector:
        from fanlight.tagging.inspection import Inspector

        return Inspector(self._engines.plain)


def _entities_of_share(begin: int, end: int, entities: Entities) -> Entities:
    return entities


def _encode(texts: Sequence[str]) -> Block:
    for text in texts:
        check_encodable(text)
    return Block.of(texts)


def thresholds_of(threshold: Threshold, types: Sequence[str]) -> list[float]:
    """Return the threshold of each type; see `Tagger.__call__`."""
    if isinstance(threshold, (int, float)):
        return [threshold] * len(types)
    return [threshold.get(type_, threshold.get("", 0.0)) for type_ in types]
