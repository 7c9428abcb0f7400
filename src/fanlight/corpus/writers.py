"""Writers of labelled text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.bioes import tags_from_spans


def columns(sentences: Iterable[Sentence], scheme: str = "BIOES") -> Iterator[str]:
    """Yield the lines of a column file: a token, a tab, its tag; a blank line after each sentence.

    Raises
    ------
    ValueError
        Entities overlap, which columns cannot say.
    """
    for sentence in sentences:
        tags = tags_from_spans(sentence.spans, len(sentence.starts), scheme)
        yield from (f"{token}\t{tag}" for token, tag in zip(sentence.tokens, tags, strict=True))
        yield ""


def jsonl(corpus: Corpus) -> Iterator[str]:
    """Yield a JSON object a document, its sentences a line each, with spans in code points."""
    for document in corpus.documents:
        place, spans = 0, []
        for sentence in document:
            for s, e, type_ in sentence.spans:
                spans.append({"start": place + sentence.starts[s], "end": place + sentence.ends[e - 1], "label": type_})
            place += len(sentence.text) + 1
        yield json.dumps({"text": "\n".join(s.text for s in document), "spans": spans}, ensure_ascii=False)
