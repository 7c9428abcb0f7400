"""Training of word vectors on raw text with gensim: skip-gram of word2vec, or of fastText for Korean.

In Korean a space-delimited word is a stem with particles: most words are rare, but their prefixes are not. fastText
computes vectors from character n-grams, also for unseen words. The file contains vectors of words and of their frequent
prefixes, which the network looks up (`text.vectors.beginnings`).

References
----------
Lecture L4; Mikolov et al. 2013 (skip-gram, negative sampling); Bojanowski et al. 2017 (n-grams).
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fanlight.corpus.raw_text import read_raw_lines
from fanlight.corpus.sentence import Corpus
from fanlight.errors import DataError
from fanlight.files import replacing
from fanlight.libraries import library
from fanlight.text.scripts import language_of
from fanlight.text.sentences import segment
from fanlight.text.vectors import beginnings

PathLike = str | os.PathLike[str]
FEW_WORDS = 1_000_000  # with fewer words, vectors rarely help
TOO_FEW_WORDS = (
    f"attention: vectors of fewer than {FEW_WORDS:,} words rarely help a model: give more raw text, or vectors trained "
    "elsewhere (GloVe, fastText .vec), and compare dev F1 with and without them"
)
LONGEST = 10_000  # maximum words of a sentence for gensim; longer lines are split
_PIECES = re.compile(r"[^\W\d_]+|\d+|\S")


def train_vectors(
    paths: Sequence[PathLike],
    out: PathLike,
    *,
    dimension: int = 100,
    window: int = 5,
    minimum: int = 3,
    epochs: int = 5,
    seed: int = 1,
    unit: str | None = None,
    without: Sequence[Corpus] = (),
    encoding: str = "utf-8",
    announce: Callable[[str], object] = lambda message: None,
) -> int:
    """Train word vectors and write them in word2vec's text format; return their number.

    Parameters
    ----------
    paths, out : paths
        Raw texts, one text per line; the file to write.
    dimension, window, minimum, epochs : int
        Number of components; words on either side; minimum count of a word; passes over the text.
    seed : int
        The same seed gives the same bits.
    unit : "word" or "character", optional
        The unit of the model that will use the vectors; by default that of the script of the first texts.
    without : sequence of Corpus
        Lines that equal one of their sentences are dropped.
    encoding : str
    announce : callable
        Called with a message at each step.

    Raises
    ------
    FanlightError
        gensim is not installed, a file cannot be read or written, or no word occurs often enough.
    """
    models = library("gensim.models")
    texts = _read_lines(paths, encoding, without, announce)
    if unit is None:
        unit = "character" if language_of("".join(texts[:1000])) == "ko" else "word"
    sentences = [part for line in texts for part in _words(line, unit)]
    counts = Counter(word for sentence in sentences for word in sentence)
    if not any(count >= minimum for count in counts.values()):
        raise DataError(f"{paths[0]}: no word occurs {minimum} times: give more text, or a smaller --minimum")
    announce(f"{counts.total():,} words in {len(texts):,} lines")
    if counts.total() < FEW_WORDS:
        announce(TOO_FEW_WORDS)
    # one thread: with several, the order of updates is random
    options: dict[str, Any] = {"vector_size": dimension, "window": window, "min_count": minimum, "epochs": epochs}
    options |= {"sg": 1, "negative": 5, "seed": seed, "workers": 1}
    if unit == "word":
        model = models.Word2Vec(sentences, **options)
        words = list(model.wv.index_to_key)
    else:
        model = models.FastText(sentences, min_n=1, max_n=4, bucket=200_000, **options)
        words = list(model.wv.index_to_key)
        words += _frequent_beginnings(counts, minimum, set(words))
    _write(out, ((word, model.wv[word]) for word in words), len(words), dimension)
    return len(words)


def _read_lines(
    paths: Sequence[PathLike], encoding: str, without: Sequence[Corpus], announce: Callable[[str], object]
) -> list[str]:
    """Return the lines of raw texts that are no sentence of the corpora."""
    excluded = {_compact(sentence.text) for corpus in without for sentence in corpus.sentences}
    texts = [line for path in paths for line in filter(None, map(str.strip, read_raw_lines(path, encoding)))]
    remaining = [line for line in texts if _compact(line) not in excluded]
    if excluded:
        announce(f"left out {len(texts) - len(remaining):,} of {len(texts):,} lines")
    return remaining


def _frequent_beginnings(counts: Counter[str], minimum: int, words: set[str]) -> list[str]:
    frequencies: Counter[str] = Counter()
    for word, count in counts.items():
        for form in beginnings(word):
            frequencies[form] += count
    return sorted(
        (f for f, n in frequencies.items() if n >= minimum and f not in words), key=lambda f: (-frequencies[f], f)
    )


def _words(line: str, unit: str) -> Iterator[list[str]]:
    """Yield the words of lines, in lists of up to `LONGEST`."""
    if unit == "word":
        token_starts, token_ends, _ = segment(line, unit)
        words = [line[s:e] for s, e in zip(token_starts.tolist(), token_ends.tolist(), strict=True)]
    else:
        words = _PIECES.findall(line)
    for begin in range(0, len(words), LONGEST):
        yield words[begin : begin + LONGEST]


def _compact(text: str) -> str:
    return "".join(text.split())


def _write(path: PathLike, rows: Iterable[tuple[str, Any]], count: int, dimension: int) -> None:
    """Write vectors in word2vec's text format."""
    with replacing(path) as part, open(part, "w", encoding="utf-8") as file:
        file.write(f"{count} {dimension}\n")
        for word, vector in rows:
            file.write(f"{word} {' '.join(f'{x:.5f}' for x in vector.tolist())}\n")
