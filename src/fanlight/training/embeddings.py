"""Word vectors from raw text, by gensim: word2vec's skip-gram, or fastText's for Korean.

In Korean a space-delimited word is a stem with its particles, so most words are rare and their beginnings are not.
fastText makes a vector out of a word's character n-grams, of words it never met as well; the file gets those of the
words and of their frequent beginnings, which is what the network looks up (`text.vectors.beginnings`).

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
FEW_WORDS = 1_000_000  # below, a word's few places say little beyond what the labelled sentences say
TOO_FEW_WORDS = (
    f"attention: vectors of fewer than {FEW_WORDS:,} words rarely help a model: give more raw text, or vectors trained "
    "elsewhere (GloVe, fastText .vec), and compare dev F1 with and without them"
)
LONGEST = 10_000  # words of a line that gensim takes at once; longer lines are laid out over several
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
    """Learn word vectors and write them as word2vec text; return how many.

    Parameters
    ----------
    paths, out : paths
        Raw texts, a text a line; the file to write.
    dimension, window, minimum, epochs : int
        Components; words to either side; times that a word must occur; passes over the text.
    seed : int
        Same seed, same bits.
    unit : "word" or "character", optional
        For a model of words, or of characters in their words; by default by the script of the text's beginning.
    without : sequence of Corpus
        Lines that hold one of their sentences, and nothing else, are left out.
    encoding : str
    announce : callable
        Takes a sentence about each step.

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
    # one thread: with several, the order of their updates is left to chance
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
    """Return the lines of raw texts but for those that are a sentence of the corpora."""
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
    """Yield a line's words, `LONGEST` at a time."""
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
    """Write word2vec text beside its place and rename it."""
    with replacing(path) as part, open(part, "w", encoding="utf-8") as file:
        file.write(f"{count} {dimension}\n")
        for word, vector in rows:
            file.write(f"{word} {' '.join(f'{x:.5f}' for x in vector.tolist())}\n")
