"""KLUE's format: one character per row with its tag, a line ``## …`` before each sentence."""

from __future__ import annotations

from collections.abc import Iterator

from fanlight.corpus.formats.columns import is_tag
from fanlight.corpus.formats.record import Record
from fanlight.corpus.sentence import Note, Sentence
from fanlight.entities.bioes import Span, spans_from_tags, tags_from_spans
from fanlight.errors import DataError


def read_klue(path: str, text_lines: list[str], notes: list[Note]) -> Iterator[Sentence]:
    """Yield the sentences of KLUE's rows: a character, a tab, its tag.

    Raises
    ------
    DataError
        A row is malformed; the message has the line.
    """
    characters: list[str] = []
    tags: list[str] = []
    begin = 0
    for number, line in enumerate([*text_lines, ""], 1):
        if line.startswith("## ") and not characters:
            continue
        if line:
            character, tab, tag = line.rpartition("\t")
            if not tab or not character:
                raise DataError(f"{path}:{number}: expected a character, a tab and a tag, not {line[:60]!r}")
            if not is_tag(tag):
                raise DataError(
                    f"{path}:{number}: {tag!r} is not a tag: expected O or a prefix and a type such as B-PS"
                )
            if not characters:
                begin = number
            characters.append(character)
            tags.append(tag)
        elif characters:
            yield _klue_sentence(characters, tags, begin, notes)
            characters, tags = [], []


def _klue_sentence(characters: list[str], tags: list[str], begin: int, notes: list[Note]) -> Sentence:
    spans, repairs = spans_from_tags(tags, "IOB2")
    notes += [Note(begin + r.position, "tag repaired (IOB2)", f"{r.tag} read as {r.reading}") for r in repairs]
    token_starts: list[int] = []
    token_ends: list[int] = []
    number: dict[int, int] = {}
    place = 0
    for row, character in enumerate(characters):
        if not character.isspace():
            number[row] = len(token_starts)
            token_starts.append(place)
            token_ends.append(place + len(character))
        place += len(character)
    token_spans: list[Span] = []
    for first_row, last_row, type_ in spans:
        rows = [number[row] for row in range(first_row, last_row) if row in number]
        if not rows:
            notes.append(Note(begin + first_row, "span of white space left out", type_))
            continue
        if first_row not in number or last_row - 1 not in number:
            notes.append(
                Note(
                    begin + first_row,
                    "white space at a span's edge trimmed",
                    repr("".join(characters[first_row:last_row])),
                )
            )
        token_spans.append((rows[0], rows[-1] + 1, type_))
    return Sentence("".join(characters), tuple(token_starts), tuple(token_ends), tuple(token_spans), begin)


def write_klue(r: Record, number: int) -> Iterator[str]:
    """Yield the rows of a record, the first of which shows its text.

    Raises
    ------
    DataError
        The text has a line break or a tab, or entities overlap.
    """
    if any(c in r.text for c in "\n\r\t"):
        raise DataError(
            f"text {number}: has a line break or a tab, which KLUE's rows cannot hold: split the text there"
        )
    try:
        tags = tags_from_spans(r.spans, len(r.text), "IOB2")
    except ValueError as error:
        raise DataError(f"text {number}: {error}") from None
    shown, place = "", 0
    for start, end, type_ in r.spans:
        shown += f"{r.text[place:start]}<{r.text[start:end]}:{type_}>"
        place = end
    yield f"## fanlight-{number:05}\t{shown}{r.text[place:]}"
    yield from (f"{character}\t{tag}" for character, tag in zip(r.text, tags, strict=True))
    yield ""
