"""Tagging over HTTP: which model, in whose company, and the answer as the core writes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from starlette.exceptions import HTTPException

from fanlight.apps.server.batching import Batcher
from fanlight.apps.server.schemas import TagRequest
from fanlight.entities.entity import Document
from fanlight.entities.type_names import check_types
from fanlight.tagging.tagger import Tagger
from fanlight.text.scripts import language_of

SHORT = 2_000  # bytes of a request that is answered at once: a millisecond or two, most of it for words never met


class Tagging:
    """What /v1/tag does.

    Parameters
    ----------
    taggers : mapping of str to Tagger

    Attributes
    ----------
    batchers : dict of str to Batcher
    texts, characters : int
        Tagged so far.
    """

    def __init__(self, taggers: Mapping[str, Tagger]) -> None:
        self.batchers = {name: Batcher(tagger) for name, tagger in taggers.items()}
        self.texts = self.characters = 0

    @property
    def states(self) -> dict[str, str]:
        """What each model's engine is doing: "loading", "compiling" or "ready"; see `engine.switch`."""
        return {name: batcher.tagger.state for name, batcher in self.batchers.items()}

    @property
    def ready(self) -> bool:
        """Whether every model's fast engine answers."""
        return all(batcher.tagger.ready for batcher in self.batchers.values())

    def chosen(self, name: str | None, text: str) -> str:
        """Return the name of the model for a text.

        Raises
        ------
        HTTPException
            404: there is none of that name.
        """
        if name is None:
            language = language_of(text)
            name = language if language in self.batchers else next(iter(self.batchers))
        if name not in self.batchers:
            raise HTTPException(404, f"there is no model of that name; there are {', '.join(self.batchers)}")
        return name

    async def tag(self, request: TagRequest) -> list[Document]:
        """Tag a request's texts, in their turn."""
        found: dict[int, Document] = {}
        for name, places in self.by_model(request).items():
            documents = await self.batchers[name].tag([request.texts[i] for i in places])
            found |= zip(places, documents, strict=True)
        self._count(request)
        return [_above(found[i], request.threshold) for i in range(len(found))]

    def at_once(self, body: bytes) -> bytes | None:
        """Answer a short request here and now, or return None: then it goes the ordinary way.

        That is the way of long requests, of those that come while others are being tagged, and of all that is wrong:
        it says what.
        """
        if len(body) > SHORT:
            return None
        found: dict[int, bytes] = {}
        try:
            request = TagRequest.model_validate_json(body)
            for name, places in self.by_model(request).items():
                lines = self.batchers[name].now([request.texts[i] for i in places], request.threshold)
                if lines is None:
                    return None
                found |= zip(places, lines.splitlines(), strict=True)
        except Exception:
            return None
        self._count(request)
        return b'{"documents": [%b]}' % b", ".join(found[i] for i in range(len(found)))

    async def lines(self, request: TagRequest) -> AsyncIterator[str]:
        """Tag a few texts at a time, so that the first answers come while the rest is being read."""
        count, first = 16, 0
        while first < len(request.texts):
            part = request.model_copy(update={"texts": request.texts[first : first + count]})
            for document in await self.tag(part):
                yield document.to_json() + "\n"
            first += count
            count = min(2 * count, 1024)

    def by_model(self, request: TagRequest) -> dict[str, list[int]]:
        """Return which of a request's texts each model tags.

        Raises
        ------
        DataError
            A threshold is for a type that none of these models has.
        """
        places: dict[str, list[int]] = {}
        for i, text in enumerate(request.texts):
            places.setdefault(self.chosen(request.model, text), []).append(i)
        if isinstance(request.threshold, dict):
            types = {type_ for name in places for type_ in self.batchers[name].tagger.types}
            check_types(request.threshold, types, "threshold")
        return places

    def _count(self, request: TagRequest) -> None:
        self.texts += len(request.texts)
        self.characters += sum(map(len, request.texts))


def answer(documents: Sequence[Document]) -> bytes:
    """Return the answer's JSON."""
    return f'{{"documents": [{", ".join(document.to_json() for document in documents)}]}}'.encode()


def _above(document: Document, threshold: float | Mapping[str, float]) -> Document:
    if threshold == 0:
        return document

    def least(type_: str) -> float:
        return threshold if isinstance(threshold, (int, float)) else threshold.get(type_, 0.0)

    return Document(document.text, tuple(e for e in document.entities if (e.probability or 0) >= least(e.type)))
