"""spaCy's DocBin: labelled text of spaCy 3 (the extra "spacy")."""

from __future__ import annotations

from collections.abc import Iterable

from fanlight.corpus.formats.record import Record
from fanlight.errors import DataError
from fanlight.libraries import library


def read_docbin(path: str, encoding: str) -> list[Record]:
    """Read the entities of a spaCy DocBin (.spacy) in any language."""
    del encoding
    spacy = library("spacy")
    tokens = library("spacy.tokens")
    try:
        documents = list(tokens.DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))
    except Exception as error:  # msgpack and zlib raise exceptions of many classes
        raise DataError(
            f"{path}: is no DocBin ({' '.join(str(error).split())[:200]}): save one with DocBin.to_disk"
        ) from None
    return [
        Record(
            doc.text,
            tuple(sorted((e.start_char, e.end_char, e.label_) for e in doc.ents)),
            number,
            tuple((t.idx, t.idx + len(t)) for t in doc if not t.is_space),
        )
        for number, doc in enumerate(documents, 1)
    ]


def write_docbin(records: Iterable[Record], path: str) -> None:
    """Write a DocBin; the records must have tokens, and spans must have token boundaries.

    Raises
    ------
    DataError
        Spans overlap, which doc.ents cannot represent, or spaCy cannot represent the white space between tokens.
    """
    spacy = library("spacy")
    tokens = library("spacy.tokens")
    vocab = spacy.blank("xx").vocab
    doc_bin = tokens.DocBin()
    for r in records:
        words: list[str] = []
        spaces: list[bool] = []
        place = 0
        for start, end in r.tokens or ():
            if start > place:  # white space beyond one space is a separate token
                _gap(words, spaces, r.text[place:start])
            words.append(r.text[start:end])
            spaces.append(False)
            place = end
        _gap(words, spaces, r.text[place:])
        doc = tokens.Doc(vocab, words=words, spaces=spaces)
        spans = [doc.char_span(s, e, label=t) for s, e, t in r.spans]
        try:
            doc.set_ents(spans)
        except (ValueError, TypeError):
            raise DataError(
                f"text {r.line}: entities overlap, which doc.ents cannot hold: leave the inner ones out"
            ) from None
        doc_bin.add(doc)
    doc_bin.to_disk(path)


def _gap(words: list[str], spaces: list[bool], gap: str) -> None:
    if gap.startswith(" ") and words:
        spaces[-1] = True
        gap = gap[1:]
    if gap:
        words.append(gap)
        spaces.append(False)
