"""A teacher behind an HTTP interface like OpenAI's: ``POST URL/chat/completions``.

The model's answer is JSON, which is validated strictly; offsets are found by searching for the exact text. The user
sees an estimate of the costs before anything is sent (`apps.cli.teach`).
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from fanlight.apps.teachers.interface import Answer, Cost, longest_spans
from fanlight.entities.bioes import Span
from fanlight.errors import DataError, SettingsError
from fanlight.version import __version__

KEY = "FANLIGHT_TEACHER_KEY"
TEXTS = 10  # per call
PARALLEL = 4  # concurrent calls
TIMEOUT = 120  # seconds per call
ATTEMPTS = 4  # per call, if the service is busy, fails or sends an invalid answer
LONGEST_WAIT = 60.0  # maximum seconds before the next attempt
MAX_BYTES = 1 << 24  # of an answer
BYTES_A_TOKEN = 4  # estimate for English and most tokenisers; Korean has fewer
TOKENS_OUT = 30  # estimate for the answer to one text, with one or two entities
_RETRY = {408, 409, 429, 500, 502, 503, 504}
_PROMPT = """You label entities in texts. Types:
{types}
The user sends a JSON object whose keys number the texts. Answer with one JSON object and nothing else: for each key a
list of {{"text": …, "type": …}}, one for every mention, in the order of the text, copied letter by letter; [] where
there is none. Name the shortest exact text: no article, no title, no Korean particle. Use no other type."""


class _NoRedirect(HTTPRedirectHandler):
    """A key is sent to the host that the user named, and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class EndpointTeacher:
    """A model behind an HTTP interface like OpenAI's.

    Parameters
    ----------
    address : str
        ``URL#MODEL``, such as ``https://api.example.com/v1#small``; the URL is the part before
        ``/chat/completions``.
    types : sequence of str
        The types to label.
    describe : mapping of str to str
        Descriptions of types.

    Attributes
    ----------
    used : Cost
        Usage reported by the service.

    Raises
    ------
    SettingsError
        The address has no model or contains a secret, or the key would be sent unencrypted.
    """

    def __init__(self, address: str, types: Sequence[str], describe: Mapping[str, str]) -> None:
        self.name = address
        self.types = frozenset(types)
        url, _, self._model = address.partition("#")
        self._url = url.rstrip("/") + "/chat/completions"
        self._key = os.environ.get(KEY, "").strip()
        parts = urlsplit(url)
        if not parts.hostname or not self._model:
            raise SettingsError(f"--teacher {address}: is not URL#MODEL, such as https://api.example.com/v1#small")
        if parts.username or parts.password or parts.query:  # the address is printed, and stored in the model
            raise SettingsError(
                f"--teacher {parts.hostname}: give the URL without name, key and query: the key in ${KEY}"
            )
        if self._key and parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise SettingsError(
                f"--teacher {address}: would send ${KEY} in the clear: use https, or unset the variable"
            )
        listed = "\n".join(f"- {type_}: {describe[type_]}" if type_ in describe else f"- {type_}" for type_ in types)
        self._prompt = _PROMPT.format(types=listed)
        self.used = Cost(0, 0, 0)
        self._lock = threading.Lock()
        self._failed = threading.Event()

    def estimate(self, texts: Sequence[str]) -> Cost | None:
        """Return the number of calls and tokens, without repeated calls."""
        calls = -(-len(texts) // TEXTS)
        size = calls * len(self._prompt.encode()) + sum(
            len(json.dumps(t, ensure_ascii=False).encode()) + 6 for t in texts
        )
        return Cost(calls, size // BYTES_A_TOKEN, TOKENS_OUT * len(texts))

    def label(self, texts: Sequence[str]) -> Iterator[Answer]:
        """Yield the labels of each text, in order; after repeated invalid responses, a text has a fault instead.

        After a failure, no new calls are made; responses of running calls are yielded before the error is raised.

        Raises
        ------
        DataError
            The service refuses the request, or does not respond.
        """
        batches = [texts[begin : begin + TEXTS] for begin in range(0, len(texts), TEXTS)]
        pool, failure = ThreadPoolExecutor(PARALLEL), None
        self._failed.clear()
        try:
            for batch, job in [(batch, pool.submit(self._label_batch, batch)) for batch in batches]:
                try:
                    yield from job.result()
                except DataError as error:
                    failure = failure or error
                    yield from [Answer(fault="was not asked for")] * len(batch)
        finally:
            self._failed.set()
            pool.shutdown(wait=False, cancel_futures=True)
        if failure is not None:
            raise failure

    def _label_batch(self, texts: Sequence[str]) -> list[Answer]:
        """Return the labels of the texts of one call; texts with a fault are requested once more."""
        if self._failed.is_set():
            return [Answer(fault="was not asked for")] * len(texts)
        answers = self._ask(texts)
        wrong = [place for place, answer in enumerate(answers) if answer.fault]
        if wrong:
            for place, answer in zip(wrong, self._ask([texts[place] for place in wrong]), strict=True):
                answers[place] = answer
        return answers

    def _ask(self, texts: Sequence[str]) -> list[Answer]:
        numbered = {str(number): text for number, text in enumerate(texts, 1)}
        body = {
            "model": self._model,
            "temperature": 0,
            "response_format": {"type": "json_object"},
            "messages": [
                {"role": "system", "content": self._prompt},
                {"role": "user", "content": json.dumps(numbered, ensure_ascii=False)},
            ],
        }
        content = self._send(json.dumps(body).encode())
        try:
            rows = json.loads(content, object_pairs_hook=_object)
        except (ValueError, RecursionError):
            return [Answer(fault=f"the answer is no JSON: {content[:60]!r}")] * len(texts)
        if not isinstance(rows, dict) or rows.keys() - numbered.keys():
            return [Answer(fault="the answer is no JSON object with the numbers of the texts alone")] * len(texts)
        return [self._check(text, rows.get(number)) for number, text in numbered.items()]

    def _check(self, text: str, items: object) -> Answer:
        """Return the labels of a text from its part of the response, or its error."""
        if not isinstance(items, list):
            return Answer(fault="the answer has no list for this text")
        mentions = []
        for item in items:
            if not isinstance(item, dict) or item.keys() != {"text", "type"}:
                return Answer(fault=f'{json.dumps(item, ensure_ascii=False)[:60]} is not {{"text", "type"}}')
            if not isinstance(item["type"], str) or item["type"] not in self.types:
                return Answer(fault=f"{str(item['type'])[:60]!r} is no type that was asked for")
            mentions.append((item["text"], item["type"]))
        return place_mentions(text, mentions)

    def _send(self, data: bytes) -> str:
        """Return the message of the response to a request, with retries while the service is busy.

        Raises
        ------
        DataError
            The service refuses the request, or does not respond.
        """
        reason = ""
        for attempt in range(ATTEMPTS):
            headers = {"Content-Type": "application/json", "User-Agent": f"fanlight/{__version__}"}
            headers |= {"Authorization": f"Bearer {self._key}"} if self._key else {}
            wait = 2.0**attempt
            try:
                with build_opener(_NoRedirect).open(Request(self._url, data, headers), timeout=TIMEOUT) as response:
                    return self._read(response.read(MAX_BYTES))
            except HTTPError as error:
                reason = f"status {error.code}: {_said(error)}"
                if error.code not in _RETRY:
                    break
                after = error.headers.get("Retry-After", "")
                wait = float(after) if after.isdecimal() else wait
            except (ValueError, KeyError, IndexError, TypeError):
                reason = "its answer is not that of chat/completions"
            except (URLError, OSError) as error:
                reason = str(getattr(error, "reason", error))
            if attempt + 1 < ATTEMPTS:
                time.sleep(min(wait, LONGEST_WAIT))
        self._failed.set()
        raise DataError(f"{self.name}: {reason}: check the address, the model and ${KEY}; what is labelled is kept")

    def _read(self, data: bytes) -> str:
        answer = json.loads(data)
        message = answer["choices"][0]["message"]["content"]
        if not isinstance(message, str):
            raise TypeError
        usage = answer.get("usage") or {}
        counts = (1, int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0)))
        with self._lock:
            self.used = Cost(*(a + b for a, b in zip(self.used, counts, strict=True)))
        return message


def place_mentions(text: str, mentions: Sequence[tuple[object, str]]) -> Answer:
    """Return the spans of mentions in a text; repeated mentions get successive occurrences.

    Occurrences as whole words are preferred to those inside words. In Korean, where particles follow
    without a space, only the start must be that of a word.

    Examples
    --------
    >>> place_mentions("Oslovia is not Oslo.", [("Oslo", "LOC")]).spans
    ((15, 19, 'LOC'),)
    >>> place_mentions("It rained.", [("snow", "WEATHER")]).fault
    "'snow' does not stand in the text"
    """
    spans: list[Span] = []
    for mention, type_ in mentions:
        if not isinstance(mention, str) or not mention.strip():
            return Answer(fault="a mention is no text")
        taken = {span[0] for span in spans if text[span[0] : span[1]] == mention}
        places = list(_places(text, mention))
        words = [place for place in places if _is_word(text, place, place + len(mention))]
        free = [place for place in (*words, *places) if place not in taken]
        if not free:
            often = "as often as the answer says" if places else "in the text"
            return Answer(fault=f"{mention[:60]!r} does not stand {often}")
        spans.append((free[0], free[0] + len(mention), type_))
    separate = longest_spans(spans)
    if len(separate) < len(set(spans)):
        return Answer(fault="the answer's entities overlap")
    return Answer(separate)


def _places(text: str, mention: str) -> Iterator[int]:
    place = text.find(mention)
    while place >= 0:
        yield place
        place = text.find(mention, place + 1)


def _is_word(text: str, start: int, end: int) -> bool:
    if start and text[start - 1].isalnum() and text[start].isalnum():
        return False
    follows = text[end : end + 1]
    return not (follows.isalnum() and text[end - 1].isalnum()) or "가" <= text[end - 1] <= "힣"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with a repeated key."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError
    return value


def _said(error: HTTPError) -> str:
    """Return the message of an error response, in one line."""
    body = error.read(1000).decode("utf-8", "replace")
    with contextlib.suppress(ValueError, KeyError, TypeError):
        body = str(json.loads(body)["error"]["message"])
    return " ".join(body.split())[:200]
