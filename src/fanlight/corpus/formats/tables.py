"""Binary formats through their own libraries: spaCy's DocBin, and Parquet as Hugging Face datasets have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fanlight.corpus.formats.libraries import library
from fanlight.corpus.formats.record import Record
from fanlight.entities.bioes import spans_from_tags, tags_from_spans
from fanlight.errors import DataError


def read_docbin(path: str, encoding: str) -> list[Record]:
    """Read the entities of spaCy's DocBin (.spacy), of any language."""
    del encoding
    spacy = library("spacy")
    tokens = library("spacy.tokens")
    try:
        documents = list(tokens.DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))
    except Exception as error:  # msgpack and zlib raise what they like
        raise DataError(f"{path}: is no DocBin ({error}): save one with DocBin.to_disk") from None
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
    """Write a DocBin; the records must have tokens, and each span must begin and end with one of them.

    Raises
    ------
    DataError
        Spans overlap, which doc.ents cannot hold, or white space is not what spaCy can hold between tokens.
    """
    spacy = library("spacy")
    tokens = library("spacy.tokens")
    vocab = spacy.blank("xx").vocab
    made = tokens.DocBin()
    for r in records:
        words: list[str] = []
        spaces: list[bool] = []
        place = 0
        for start, end in r.tokens or ():
            if start > place:  # white space beyond one space is a token of its own
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
        made.add(doc)
    made.to_disk(path)


def _gap(words: list[str], spaces: list[bool], gap: str) -> None:
    if gap.startswith(" ") and words:
        spaces[-1] = True
        gap = gap[1:]
    if gap:
        words.append(gap)
        spaces.append(False)


def read_parquet(path: str, encoding: str) -> list[Record]:
    """Read columns "tokens" and "ner_tags" (or "tags", "labels"), as Hugging Face datasets have them; a row a sentence.

    Tags are strings, or numbers whose names the file's metadata gives.
    """
    del encoding
    parquet = library("pyarrow.parquet")
    try:
        table = parquet.read_table(path)
    except Exception as error:  # OSError, ArrowInvalid
        raise DataError(f"{path}: is no Parquet file ({error})") from None
    column = next((name for name in ("ner_tags", "tags", "labels") if name in table.column_names), None)
    if "tokens" not in table.column_names or column is None:
        raise DataError(f'{path}: needs columns "tokens" and "ner_tags"; it has {", ".join(table.column_names)}')
    names = _names(table.schema.metadata or {}, column)
    records = []
    for number, (words, tags) in enumerate(zip(*(table[c].to_pylist() for c in ("tokens", column)), strict=True), 1):
        where = f"{path}: row {number}"
        if len(words or ()) != len(tags or ()):
            raise DataError(f"{where}: has {len(words or ())} tokens but {len(tags or ())} tags")
        read = [_tag(where, tag, names) for tag in tags or ()]
        spans, _ = spans_from_tags(read, "IOB2")
        records.append(of_tokens(words or (), spans, number))
    return records


def write_parquet(records: Iterable[Record], path: str) -> None:
    """Write "tokens" and "ner_tags" (IOB2), a row a record, with the tags' names in the metadata of datasets."""
    import json

    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    words, tags = [], []
    for r in records:
        places = r.tokens or ()
        first, last = {s: i for i, (s, _) in enumerate(places)}, {e: i + 1 for i, (_, e) in enumerate(places)}
        try:
            tags.append(tags_from_spans([(first[s], last[e], t) for s, e, t in r.spans], len(places), "IOB2"))
        except ValueError as error:
            raise DataError(f"text {r.line}: {error}") from None
        words.append([r.text[s:e] for s, e in places])
    names = ["O", *sorted({tag for some in tags for tag in some} - {"O"})]
    numbers = {name: i for i, name in enumerate(names)}
    strings = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"}
    classes = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}
    about = {"info": {"features": {"tokens": strings, "ner_tags": classes}}}
    schema = arrow.schema(
        [("tokens", arrow.list_(arrow.string())), ("ner_tags", arrow.list_(arrow.int64()))],
        metadata={"huggingface": json.dumps(about)},
    )
    columns = [words, [[numbers[tag] for tag in some] for some in tags]]
    parquet.write_table(
        arrow.Table.from_arrays([arrow.array(c, t) for c, t in zip(columns, schema.types, strict=True)], schema=schema),
        path,
    )


def of_tokens(words: Sequence[str], spans: Sequence[tuple[int, int, str]], line: int) -> Record:
    """Return a record of tokens joined by single spaces, for formats that hold no text."""
    places, place = [], 0
    for word in words:
        places.append((place, place + len(word)))
        place += len(word) + 1
    found = sorted((places[s][0], places[e - 1][1], t) for s, e, t in spans)
    return Record(" ".join(words), tuple(found), line, tuple(places))


def _names(metadata: dict[bytes, bytes], column: str) -> list[str] | None:
    import json

    try:
        feature = json.loads(metadata[b"huggingface"])["info"]["features"][column]
        names = feature["feature"]["names"] if "feature" in feature else feature["names"]
        return [str(name) for name in names]
    except (KeyError, TypeError, ValueError):
        return None


def _tag(where: str, tag: Any, names: list[str] | None) -> str:
    if isinstance(tag, str):
        return tag
    if isinstance(tag, int) and names is not None and 0 <= tag < len(names):
        return names[tag]
    raise DataError(f"{where}: tag {tag!r} has no name in the file's metadata: store the tags as strings")
