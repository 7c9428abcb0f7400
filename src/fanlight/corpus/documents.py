"""Conversion of tagged documents to labelled sentences."""

from __future__ import annotations

from itertools import pairwise

from fanlight.corpus.align import align
from fanlight.corpus.sentence import Sentence
from fanlight.entities.entity import Document
from fanlight.errors import DataError
from fanlight.text.scripts import language_of
from fanlight.text.sentences import tokenise_sentences


def label_sentences(document: Document) -> list[Sentence]:
    """Return a tagged document as labelled sentences, of characters if its text is mostly Hangul.

    Raises
    ------
    DataError
        Entities overlap.
    """
    unit = "character" if language_of(document.text) == "ko" else "word"
    spans = [(e.start, e.end, e.type) for e in document.entities]
    for before, after in pairwise(sorted(spans)):
        if after[0] < before[1]:
            raise DataError(
                f"{document.text[after[0] : after[1]]!r} ({after[2]}) overlaps "
                f"{document.text[before[0] : before[1]]!r} ({before[2]}), which one tag a token (CoNLL) cannot say: "
                "use --format jsonl"
            )
    sentences, _ = align(document.text, tokenise_sentences(document.text, unit), spans, 0)
    return list(sentences)
