"""Tagging over HTTP: choice of the model, batching, rules, and responses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException

from fanlight.apps.server.batching import Batcher
from fanlight.apps.server.documents import ModelName, answer_line, keep_entities
from fanlight.apps.server.errors import BusyError, describe_invalid, error_body
from fanlight.apps.server.metrics import Metrics
from fanlight.apps.server.schemas import LineIn, ModelOptions, TagOptions, TagRequest, TextFault
from fanlight.entities.entity import Document
from fanlight.entities.type_names import check_types
from fanlight.errors import DataError, FanlightError
from fanlight.tagging.bundled import limit_stages
from fanlight.tagging.rules import Rules
from fanlight.tagging.tagger import Tagger
from fanlight.text.scripts import language_of
from fanlight.version import __version__

SHORT = 2_000  # maximum bytes of a request that is tagged at once, in a millisecond or two
WAITING = 50_000_000  # maximum characters of all requests in progress; others are asked to retry
RULE_JOBS = 2  # maximum requests whose patterns are being compiled; others are asked to retry
RULES_KEPT = 64  # size of the cache of rules
RULES_WORK = 1 << 20  # limit for the steps to build the tables of a request's patterns: a fraction of a second
RULED = 200_000  # maximum characters of a request with rules, which are applied to one text after another


class Tagging:
    """The implementation of /v1/tag.

    Parameters
    ----------
    taggers : mapping of str to Tagger
    metrics : Metrics, optional

    Attributes
    ----------
    batchers : dict of str to Batcher
    waiting : int
        Characters of all requests in progress.
    """

    def __init__(self, taggers: Mapping[str, Tagger], metrics: Metrics | None = None) -> None:
        self.batchers: dict[str, Batcher] = {}
        self.metrics = metrics or Metrics()
        self.waiting = 0
        self._first_stages: dict[str, Batcher] = {}
        self._rules_thread = ThreadPoolExecutor(1, "fanlight-rules")
        self._compiler = ThreadPoolExecutor(1, "fanlight-patterns")
        self._compiling = 0
        self._rules: dict[Any, Rules] = {}  # in order of their last use
        self._names: dict[str, ModelName] = {}
        self._tails: dict[str, bytes] = {}
        for name, tagger in taggers.items():
            self.add(name, tagger)

    @property
    def states(self) -> dict[str, str]:
        """The state of each model's engine: "loading", "compiling" or "ready"; see `engine.switch`."""
        return {name: batcher.tagger.state for name, batcher in self.batchers.items()}

    @property
    def ready(self) -> bool:
        """Whether every model's compiled engine is ready."""
        return all(batcher.tagger.ready for batcher in self.batchers.values())

    def choose(self, name: str | None, text: str) -> str:
        """Return the name of the model for a text.

        Raises
        ------
        HTTPException
            404: there is no such model.
        """
        if name is None:
            language = language_of(text)
            name = language if language in self.batchers else next(iter(self.batchers))
        if name not in self.batchers:
            raise HTTPException(404, f"there is no model of that name; there are {', '.join(self.batchers)}")
        return name

    def add(self, name: str, tagger: Tagger) -> None:
        """Serve a tagger under a name, in place of any other tagger of that name."""
        self._first_stages.pop(name, None)
        self._names[name] = name_of(name, tagger)
        self._tails[name] = json.dumps(self._names[name].to_dict())[1:].encode()
        self.batchers[name] = Batcher(tagger)

    def name_of(self, model: str) -> ModelName:
        """Return name, version and language of a served model."""
        return self._names[model]

    async def tag(self, texts: Sequence[str], options: ModelOptions) -> list[tuple[Document, ModelName]]:
        """Tag texts; return their documents, each with its model.

        Raises
        ------
        BusyError
            Too many requests are waiting.
        """
        documents: dict[int, tuple[Document, ModelName]] = {}
        rules = await self.rules_of(texts, options)
        with self._admit(sum(map(len, texts))):
            for name, places in self.by_model(texts, options).items():
                batcher = self._batcher(name, options.stages)
                tagged: Iterable[Document] = await batcher.tag([texts[i] for i in places])
                if rules is not None:
                    tagged = await self._apply(rules, tagged)
                documents |= {i: (document, self._names[name]) for i, document in zip(places, tagged, strict=True)}
        self._count(texts)
        types = None if options.types is None else set(options.types)
        return [
            (keep_entities(document, options.threshold, types), name)
            for document, name in (documents[i] for i in range(len(texts)))
        ]

    async def answer(self, request: TagRequest) -> list[str]:
        """Return the JSON lines of a request's texts; invalid ones have an error."""
        good = [text for text in request.texts if not isinstance(text, TextFault)]
        tagged = iter(await self.tag(good, request))
        ids: Sequence[Any] = request.ids if request.ids is not None else [None] * len(request.texts)
        answers = []
        for text, identifier in zip(request.texts, ids, strict=True):
            fields = {} if identifier is None else {"id": identifier}
            if isinstance(text, TextFault):
                answers.append(json.dumps({**error_body(422, text.message), **fields}, ensure_ascii=False))
                continue
            document, name = next(tagged)
            answers.append(await _write(document, {**name.to_dict(), **fields}, request))
        return answers

    def at_once(self, body: bytes) -> bytes | None:
        """Return the response to a short, valid request if no other is being tagged, else None."""
        if len(body) > SHORT:
            return None
        answers: dict[int, bytes] = {}
        try:
            request = TagRequest.model_validate_json(body)
            if not request.is_plain or request.ids is not None:
                return None
            if isinstance(request.threshold, dict):
                self.check_options(request, request.texts)
            for name, places in self.by_model(request.texts, request).items():
                written = self.batchers[name].tag_at_once([request.texts[i] for i in places], request.threshold)
                if written is None:
                    return None
                tail = self._tails[name]
                answers |= zip(places, (b"%b, %b" % (line[:-1], tail) for line in written.splitlines()), strict=True)
        except Exception:
            return None
        self._count(request.texts)
        return b'{"documents": [%b]}' % b", ".join(answers[i] for i in range(len(answers)))

    async def stream(self, request: TagRequest) -> AsyncIterator[str]:
        """Tag a few texts at a time, so that the first are sent while others are tagged."""
        lengths = [0 if isinstance(text, TextFault) else len(text) for text in request.texts]
        for begin, end in _portions(lengths, RULED if request.rules else None):
            ids = None if request.ids is None else request.ids[begin:end]
            part = request.model_copy(update={"texts": request.texts[begin:end], "ids": ids})
            try:
                answers = await self.answer(part)
            except (BusyError, FanlightError) as error:
                answers = [_error_line(error, None if ids is None else ids[i]) for i in range(end - begin)]
            for line in answers:
                yield line + "\n"

    async def answer_lines(self, requests: Sequence[bytes], options: TagOptions) -> AsyncIterator[str]:
        """Yield the responses to JSON lines as they arrive; invalid lines have an error."""
        for begin, end in _portions(list(map(len, requests)), RULED if options.rules else None):
            parsed = [_parse_line(line) for line in requests[begin:end]]
            good = [item for item in parsed if isinstance(item, LineIn)]
            try:
                tagged = iter(await self.tag([item.text for item in good], options))
            except (BusyError, FanlightError) as error:
                for item in parsed:
                    identifier = item.id if isinstance(item, LineIn) else item.get("id")
                    yield _error_line(error, identifier) + "\n"
                continue
            for item in parsed:
                if isinstance(item, LineIn):
                    document, name = next(tagged)
                    fields = name.to_dict() | ({} if item.id is None else {"id": item.id})
                    yield await _write(document, fields, options) + "\n"
                else:
                    yield json.dumps(item, ensure_ascii=False) + "\n"

    def check_options(self, options: ModelOptions, texts: Sequence[str] = ()) -> None:
        """Refuse options that do not apply to the models of some texts, or without texts to any model.

        Raises
        ------
        HTTPException, DataError
            There is no such model or type, or a rule is invalid.
        """
        names = list(self.by_model(texts, options) or self.batchers)
        if options.model is not None:
            names = [self.choose(options.model, "")]
        types = {type_ for name in names for type_ in self.batchers[name].tagger.types}
        types |= {rule.type for rule in options.rules}
        if isinstance(options.threshold, dict):
            check_types(options.threshold, types, "threshold")
        if options.types is not None:
            check_types(options.types, types, "types")

    def by_model(self, texts: Sequence[str], options: ModelOptions) -> dict[str, list[int]]:
        """Group texts by model.

        Raises
        ------
        HTTPException
            404: there is no such model.
        """
        places: dict[str, list[int]] = {}
        for i, text in enumerate(texts):
            places.setdefault(self.choose(options.model, text), []).append(i)
        return places

    async def rules_of(self, texts: Sequence[str], options: ModelOptions) -> Rules | None:
        """Return the rules of a request, if there are any.

        Raises
        ------
        DataError
            A pattern is refused, or there are too many characters for rules.
        BusyError
            Too many requests with rules are waiting.
        """
        if not options.rules:
            return None
        if sum(map(len, texts)) > RULED:
            raise DataError(f"rules: are for at most {RULED:,} characters of a request: send several requests")
        names = tuple((rule.name, rule.type) for rule in options.rules if rule.name is not None)
        patterns = tuple((rule.pattern, rule.type) for rule in options.rules if rule.name is None)
        key = names, patterns, options.precedence
        rules = self._rules.pop(key, None)
        if rules is None:
            if self._compiling >= RULE_JOBS:
                raise BusyError
            self._compiling += 1
            try:
                loop = asyncio.get_running_loop()
                rules = await loop.run_in_executor(self._compiler, _compile_rules, *key)
            finally:
                self._compiling -= 1
        self._rules[key] = rules
        if len(self._rules) > RULES_KEPT:
            del self._rules[next(iter(self._rules))]
        return rules

    def close(self) -> None:
        """End the threads for rules."""
        for thread in (self._rules_thread, self._compiler):
            thread.shutdown(wait=False, cancel_futures=True)

    async def _apply(self, rules: Rules, documents: Iterable[Document]) -> list[Document]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._rules_thread, lambda: list(map(rules.apply, documents)))

    def _batcher(self, name: str, stages: int | None) -> Batcher:
        """Return the batcher for all stages of a model, or for its first stage."""
        batcher = self.batchers[name]
        model = getattr(batcher.tagger, "model", None)
        if stages != 1 or model is None or limit_stages(model, 1) is model:
            return batcher
        if name not in self._first_stages:
            self._first_stages[name] = Batcher(Tagger(limit_stages(model, 1)))
        return self._first_stages[name]

    @contextmanager
    def _admit(self, characters: int) -> Any:
        if self.waiting and self.waiting + characters > WAITING:
            raise BusyError
        self.waiting += characters
        try:
            yield
        finally:
            self.waiting -= characters

    def _count(self, texts: Sequence[str]) -> None:
        self.metrics.texts.inc(len(texts))
        self.metrics.characters.inc(sum(map(len, texts)))


def name_of(name: str, tagger: Tagger) -> ModelName:
    """Return name, version and language of a served tagger."""
    provenance: Mapping[str, Any] = tagger.model.provenance
    version = str(provenance.get("version") or provenance.get("fanlight") or __version__)
    language = provenance.get("language") or (name if name in ("en", "ko") else None)
    return ModelName(name, version, None if language is None else str(language))


def answer(documents: Sequence[str]) -> bytes:
    """Return the response's JSON from the lines of its documents."""
    return f'{{"documents": [{", ".join(documents)}]}}'.encode()


def _compile_rules(names: tuple[tuple[str, str], ...], patterns: tuple[tuple[str, str], ...], precedence: str) -> Rules:
    try:
        return Rules(dict(names), dict(patterns), precedence, RULES_WORK)
    except FanlightError as error:
        raise DataError(f"rules: {error}") from None


def _parse_line(line: bytes) -> LineIn | dict[str, Any]:
    """Return a line's text, or its error."""
    try:
        value = json.loads(line)
        return LineIn.model_validate({"text": value} if isinstance(value, str) else value)
    except ValidationError as error:
        field, message = describe_invalid(error.errors(), tuple(LineIn.model_fields))
        identifier = value.get("id") if isinstance(value, dict) else None
        body: dict[str, Any] = dict(error_body(422, message, field))
        return {**body, "id": identifier} if isinstance(identifier, str | int) else body
    except (ValueError, RecursionError):
        return dict(error_body(422, 'the line is not JSON: send a text, or {"text": …, "id": …}', code="invalid_line"))


def _error_line(error: Exception, identifier: str | int | None) -> str:
    """Return the error line of a text that could not be tagged after the response had begun."""
    is_busy = isinstance(error, BusyError)
    body = error_body(429, "too much is waiting: send this text again") if is_busy else error_body(400, str(error))
    return json.dumps(body if identifier is None else {**body, "id": identifier}, ensure_ascii=False)


async def _write(document: Document, fields: Mapping[str, Any], options: TagOptions) -> str:
    """Return a document's JSON line; values are read in a thread, since there may be thousands."""
    values = options.value_options
    if values is None:
        return answer_line(document, fields, options.offsets, options.echo)
    return await asyncio.to_thread(answer_line, document, fields, options.offsets, options.echo, values)


def _portions(lengths: Sequence[int], most: int | None = None) -> Iterable[tuple[int, int]]:
    """Yield beginnings and ends of growing portions, so that the first is sent soon.

    Parameters
    ----------
    lengths : sequence of int
        Lengths of the texts, in characters or bytes.
    most : int, optional
        Maximum length of a portion with more than one text.

    Examples
    --------
    >>> list(_portions([1] * 50))
    [(0, 16), (16, 48), (48, 50)]
    >>> list(_portions([3, 9, 2, 1], 5))
    [(0, 1), (1, 2), (2, 4)]
    """
    begin, size = 0, 16
    while begin < len(lengths):
        end = min(begin + size, len(lengths))
        if most is not None:
            totals = accumulate(lengths[begin:end])
            end = begin + max(1, sum(total <= most for total in totals))
        yield begin, end
        begin = end
        size = min(2 * size, 1024)
