"""Tagging of streams of lines as lines of JSON: in order, with a few blocks in flight, without delay on pauses."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.engine.columns import Block, Entities
from fanlight.engine.interface import Engine
from fanlight.tagging.lines import BYTES, Lines
from fanlight.tagging.rules import Rules
from fanlight.tagging.tagger import Tagger, Threshold
from fanlight.text.scripts import language_of

AHEAD = 4  # blocks in flight
LONG = 1 << 20  # bytes, beyond which a document's line is written in segments

Choose = Tagger | Callable[[str], Tagger]


def tag_lines(
    batches: Iterable[Lines],
    choose: Choose,
    threshold: Threshold = 0.0,
    rules: Rules | None = None,
    threads: int | None = None,
) -> Iterator[tuple[Lines, bytes]]:
    """Tag blocks of lines, in order; yield each with its lines of JSON.

    Parameters
    ----------
    batches : iterable of Lines
        A block without lines means that the input pauses; blocks in flight are then completed.
    choose : Tagger or callable of a language ("en", "ko") to Tagger
        The tagger of all lines, or the tagger for each language.
    threshold : float or mapping of type to float
    rules : Rules, optional
        Rules that complement the model.
    threads : int, optional
    """
    waiting: deque[tuple[Lines, list[_Share]]] = deque()
    for batch in batches:
        if len(batch.block.text_starts) == 1 and batch.block.text_ends[0] - batch.block.text_starts[0] > LONG:
            while waiting:
                yield _join(*waiting.popleft())
            yield from _tag_long(batch, choose, threshold, rules, threads)
            continue
        shares = []
        for tagger, documents in _divide(batch.block, choose):
            part = Block(batch.block.data, batch.block.text_starts[documents], batch.block.text_ends[documents])
            engine = tagger._engine_for(len(documents), int((part.text_ends - part.text_starts).sum()))
            write = partial(_writer(engine, tagger.types, rules), part)
            shares.append(_Share(documents, engine.begin(part, tagger._thresholds(threshold), write, threads)))
        if shares:
            waiting.append((batch, shares))
        while waiting and (not shares or len(waiting) >= AHEAD):
            yield _join(*waiting.popleft())
    while waiting:
        yield _join(*waiting.popleft())


def _writer(
    engine: Engine, types: tuple[str, ...], rules: Rules | None
) -> Callable[[Block, int, int, Entities], tuple[bytes, Any]]:
    if rules is None:
        return lambda block, begin, end, entities: engine.to_json(block, begin, end, entities, types)
    all_types, join = rules.extend_types(types, engine.plain)
    return lambda block, begin, end, entities: engine.to_json(
        block, begin, end, join(block, begin, end, entities), all_types
    )


def _tag_long(
    batch: Lines, choose: Choose, threshold: Threshold, rules: Rules | None, threads: int | None
) -> Iterator[tuple[Lines, bytes]]:
    """Yield the line of one long document in segments, of which the last has the document."""
    block, empty = batch.block, batch._replace(block=Block.of([]))
    begin, end = int(block.text_starts[0]), int(block.text_ends[0])
    tagger = choose if isinstance(choose, Tagger) else choose(_script(block.data, begin, end))
    tagger.warm()  # takes less time than tagging a long document with the plain engine
    engine, types = tagger._engine_for(1, end - begin), tagger.types
    entities = engine.segments(block, 0, tagger._thresholds(threshold), threads)
    if rules is not None:  # a pattern may match anything
        types, join = rules.extend_types(types, engine.plain)
        entities = iter([join(block, 0, 1, Entities.concatenate(entities))])
    for text in engine.json_segments(block, 0, entities, types):
        yield empty, text
    yield batch, b""


class _Share(NamedTuple):
    """The documents of a block for one tagger, and the futures of their lines of JSON."""

    documents: NDArray[np.int64]
    futures: list[Future[tuple[bytes, Any]]]


def _join(batch: Lines, shares: list[_Share]) -> tuple[Lines, bytes]:
    """Return a block's lines of JSON in the order of the documents."""
    if len(shares) == 1:
        return batch, b"".join(future.result()[0] for future in shares[0].futures)
    texts: list[bytes] = [b""] * len(batch.block.text_starts)
    for share in shares:
        place = 0
        for future in share.futures:
            data, ends = future.result()
            for begin, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
                texts[share.documents[place]] = data[begin:end]
                place += 1
    return batch, b"".join(texts)


def _divide(block: Block, choose: Choose) -> list[tuple[Tagger, NDArray[np.int64]]]:
    """Return the documents for each tagger; those without a first byte of Hangul syllables need no decoding."""
    documents = np.arange(len(block.text_starts))
    if not len(documents):
        return []
    if isinstance(choose, Tagger):
        return [(choose, documents)]
    hangul = np.flatnonzero((block.data >= 0xEA) & (block.data <= 0xED))
    maybe = np.unique(np.searchsorted(block.text_ends, hangul, "right"))
    raw = block.data.tobytes() if len(maybe) else b""
    korean = [d for d in maybe.tolist() if language_of(raw[block.text_starts[d] : block.text_ends[d]].decode()) == "ko"]
    if not korean:
        return [(choose("en"), documents)]
    others = np.setdiff1d(documents, korean)
    return [(choose("ko"), np.array(korean)), *([(choose("en"), others)] if len(others) else [])]


def _script(data: NDArray[np.uint8], begin: int, end: int) -> str:
    """Return `language_of` a long text."""
    places = range(begin, end, BYTES)
    parts = (data[place : min(place + BYTES, end)] for place in places)
    if not any(((part >= 0xEA) & (part <= 0xED)).any() for part in parts):  # no Hangul
        return "en"
    decode = getincrementaldecoder("utf-8")().decode
    counts = np.zeros(0x110000, np.int64)
    for place in places:
        text = decode(data[place : min(place + BYTES, end)].tobytes())
        counts += np.bincount(np.frombuffer(text.encode("utf-32-le"), np.uint32), minlength=len(counts))
    letters = {chr(p): int(counts[p]) for p in np.flatnonzero(counts).tolist() if chr(p).isalpha()}
    hangul = sum(count for letter, count in letters.items() if language_of(letter) == "ko")
    return "ko" if hangul and 2 * hangul >= sum(letters.values()) else "en"
