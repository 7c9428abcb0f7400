"""Checks of texts, and batches of an iterable of texts."""

from __future__ import annotations

import reprlib
import time
from collections.abc import Iterable, Iterator, Sequence

from fanlight.errors import DataError

PATIENCE = 0.01  # seconds for which a batch waits for more texts


def check_texts(texts: Sequence[str]) -> None:
    """Check that texts are several str.

    Raises
    ------
    DataError
        A single text is given, or an item is no str.

    Examples
    --------
    >>> check_texts(["It rained.", None])
    Traceback (most recent call last):
        ...
    fanlight.errors.DataError: a text is a str, not NoneType: None
    """
    _check_several(texts)
    if set(map(type, texts)) != {str}:
        for text in texts:
            if not isinstance(text, str):
                raise DataError(f"a text is a str, not {type(text).__name__}: {reprlib.repr(text)}")


def read_batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield batches of texts: one text, then eight times as many each time, up to a megabyte; fewer on slow input.

    Raises
    ------
    DataError
        A single text is given. `check_texts` checks the items.
    """
    _check_several(texts)
    batch: list[str] = []
    count, size, begin = 1, 0, time.perf_counter()
    for text in texts:
        batch.append(text)
        size += len(text) if isinstance(text, str) else 0  # `check_texts` will refuse it
        if len(batch) >= count or size >= 1 << 20 or time.perf_counter() - begin > PATIENCE:
            yield batch
            batch, count, size, begin = [], min(8 * count, 1 << 16), 0, time.perf_counter()
    if batch:
        yield batch


def _check_several(texts: Iterable[str]) -> None:
    if isinstance(texts, str):
        raise DataError("one text is given where several are expected: write [text], or tagger(text)")
