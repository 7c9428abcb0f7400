"""Mention replacement: sentences in which entities are replaced by others of the same type.

References
----------
Dai & Adel 2020, "An analysis of simple data augmentation for named entity recognition" (mention replacement).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fanlight.corpus.sentence import Corpus, Sentence

SHARE = 0.6  # of the entities of a sentence that are replaced


class Mention(NamedTuple):
    """The text of an entity, and the offsets of its tokens in that text."""

    text: str
    token_starts: tuple[int, ...]
    token_ends: tuple[int, ...]


Pool = Mapping[tuple[str, str], Sequence[Mention]]


def replace_mentions(corpus: Corpus, seed: int) -> Corpus:
    """Return the corpus with most entities replaced by random other entities of the corpus.

    The replacement has the same type and `_spelling_class`: in Korean the particle after a name depends on whether its
    last syllable is closed. Sentences with overlapping entities are unchanged.

    Examples
    --------
    >>> towns = Sentence.of_words("in Rome and Paris".split(), [(1, 2, "LOC"), (3, 4, "LOC")])
    >>> sentence = replace_mentions(Corpus("towns", "word", [[towns]]), 1).sentences[0]
    >>> sentence.text, sentence.spans
    ('in Paris and Rome', ((1, 2, 'LOC'), (3, 4, 'LOC')))
    """
    rng = np.random.default_rng([seed, 4 << 32])
    pool: dict[tuple[str, str], list[Mention]] = {}
    for sentence in corpus.sentences:
        for (_, _, type_), mention in _mentions(sentence):
            pool.setdefault((type_, _spelling_class(mention.text)), []).append(mention)
    documents = [[_replace_in_sentence(sentence, pool, rng) for sentence in document] for document in corpus.documents]
    return replace(corpus, documents=documents)


def _mentions(sentence: Sentence) -> Iterator[tuple[tuple[int, int, str], Mention]]:
    for start, end, type_ in sorted(sentence.spans):
        begin, stop = sentence.token_starts[start], sentence.token_ends[end - 1]
        token_starts, token_ends = (
            tuple(place - begin for place in side[start:end]) for side in (sentence.token_starts, sentence.token_ends)
        )
        yield (start, end, type_), Mention(sentence.text[begin:stop], token_starts, token_ends)


def _replace_in_sentence(sentence: Sentence, pool: Pool, rng: np.random.Generator) -> Sentence:
    mentions = list(_mentions(sentence))
    if any(after[0] < before[1] for (before, _), (after, _) in pairwise(mentions)):
        return sentence
    token_starts: list[int] = []
    token_ends: list[int] = []
    spans = []
    text = ""
    read = token = 0  # code points and tokens of the old sentence that have been copied

    def copy(until: int, tokens: int) -> None:
        nonlocal text, read, token
        moved = len(text) - read
        text += sentence.text[read:until]
        token_starts.extend(place + moved for place in sentence.token_starts[token:tokens])
        token_ends.extend(place + moved for place in sentence.token_ends[token:tokens])
        read, token = until, tokens

    for (start, end, type_), mention in mentions:
        copy(sentence.token_starts[start], start)
        if rng.random() < SHARE:
            others = pool[type_, _spelling_class(mention.text)]
            mention = others[int(rng.integers(len(others)))]
        spans.append((len(token_starts), len(token_starts) + len(mention.token_starts), type_))
        token_starts.extend(len(text) + place for place in mention.token_starts)
        token_ends.extend(len(text) + place for place in mention.token_ends)
        text += mention.text
        read, token = sentence.token_ends[end - 1], end
    copy(len(sentence.text), len(sentence.token_starts))
    return Sentence(text, tuple(token_starts), tuple(token_ends), tuple(spans), sentence.line)


def _spelling_class(text: str) -> str:
    """Return "closed" or "open" for a name that ends in a Hangul syllable, else its letter case."""
    last = ord(text[-1]) - 0xAC00  # the code modulo 28 is the final consonant, 0 for none
    if 0 <= last < 11172:
        return "closed" if last % 28 else "open"
    return "upper" if text.isupper() else "lower" if text.islower() else "other"
