"""Column format: one token per line with its tag in the last column, a blank line between sentences."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from fanlight.corpus.sentence import Note, Sentence
from fanlight.entities.bioes import SCHEMES, find_scheme, spans_from_tags, tags_from_spans
from fanlight.errors import DataError, FanlightWarning

_SPACES = re.compile(r"[ \t]+")  # a token may hold other white space, such as a no-break space
_ID = re.compile(r"[0-9]+([-.][0-9]+)?")


class Rows(NamedTuple):
    """The rows of a sentence: line of the first row, and the columns of each row."""

    line: int
    columns: list[list[str]]


def read_columns(path: str, text_lines: list[str], notes: list[Note], scheme: str | None) -> list[list[Sentence]]:
    """Return the documents of columns, separated by ``-DOCSTART-`` lines.

    The token is in the first column, or in the second if the first numbers the tokens, as in CoNLL-U.

    Raises
    ------
    DataError
        The number of columns varies, or a tag is invalid; the message has the line.
    """
    documents = _read_rows(path, text_lines)
    word = _word_column(path, documents)
    if word:
        message = f"{path}: the first column counts tokens, so that words are read from the second"
        warnings.warn(message, FanlightWarning, stacklevel=2)
    tagged = [
        [(s.line, [row[word] for row in s.columns], [row[-1] for row in s.columns]) for s in d] for d in documents
    ]
    return read_tags(path, tagged, notes, scheme)


def read_tags(
    path: str, tagged: Sequence[Sequence[tuple[int, list[str], list[str]]]], notes: list[Note], scheme: str | None
) -> list[list[Sentence]]:
    """Return documents of sentences, given line, words and tags of each sentence.

    Raises
    ------
    DataError
        A tag is invalid; the message has the line.
    """
    chosen = scheme or _scheme(path, tagged)
    corpus = []
    for document in tagged:
        sentences = []
        for line, words, tags in document:
            spans, repairs = spans_from_tags(tags, chosen)
            notes += [
                Note(line + r.position, f"tag repaired ({chosen})", f"{r.tag} read as {r.reading}") for r in repairs
            ]
            sentences.append(Sentence.of_words(words, spans, line))
        corpus.append(sentences)
    return corpus


def _read_rows(path: str, text_lines: list[str]) -> list[list[Rows]]:
    documents: list[list[Rows]] = [[]]
    rows: list[list[str]] = []
    width, split = 0, _separator(text_lines)

    def finish(number: int) -> None:
        if rows:
            documents[-1].append(Rows(number - len(rows), list(rows)))
            rows.clear()

    for number, line in enumerate(text_lines, 1):
        if not line.strip():
            finish(number)
            continue
        if line.startswith("-DOCSTART-"):
            finish(number)
            documents.append([])
            continue
        row = split(line.rstrip(" \t\r"))
        if line.startswith("#") and not rows and len(row) != width and (len(row) < 2 or not is_tag(row[-1])):
            continue  # a comment: it cannot be a token
        if len(row) != width:
            if width or len(row) < 2:
                need = f"{width} columns" if width else "a token and a tag"
                raise DataError(
                    f"{path}:{number}: has {len(row)} column{'s' * (len(row) != 1)}, {need} expected: "
                    f"{line.strip()[:60]!r}"
                )
            width = len(row)
        rows.append(row)
    finish(len(text_lines) + 1)
    return documents


def _separator(text_lines: list[str]) -> Callable[[str], list[str]]:
    """Return a function that splits a row: at tabs if the first lines have any, else at spaces."""
    if any("\t" in line for line in text_lines[:100]):
        return lambda line: line.split("\t")
    return lambda line: _SPACES.split(line)


def _word_column(path: str, documents: list[list[Rows]]) -> int:
    """Return 1 if the first column numbers the tokens, as in CoNLL-U, else 0.

    It does if its numbers are consecutive in each sentence, beginning with 0, 1 or the successor of the last number.

    Raises
    ------
    DataError
        The first column numbers the tokens, and there is no column of words or a row has several tokens or none
        (CoNLL-U).
    """
    sentences = [sentence for document in documents for sentence in document]
    following, longest = {0, 1}, 0
    for sentence in sentences:
        if not all(_ID.fullmatch(row[0]) for row in sentence.columns):
            return 0
        numbers = [int(row[0]) for row in sentence.columns if row[0].isdecimal()]
        if not numbers or numbers[0] not in following or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            return 0
        following = {0, 1, numbers[-1] + 1}
        longest = max(longest, len(numbers))
    if longest < 2:  # a number or two may be words
        return 0
    for sentence in sentences:
        for place, row in enumerate(sentence.columns):
            if not row[0].isdecimal():
                raise DataError(
                    f"{path}:{sentence.line + place}: the row {row[0]} is of several tokens or of none: remove the "
                    "rows whose first column is no whole number"
                )
    if len(sentences[0].columns[0]) < 3:
        raise DataError(f"{path}:{sentences[0].line}: the first column counts tokens, and no other holds the words")
    return 1


def is_tag(text: str) -> bool:
    """Tell whether a text is a tag of any scheme."""
    return text == "O" or (text[:2] in {"B-", "I-", "E-", "S-", "L-", "U-"} and len(text) > 2)


def _scheme(path: str, documents: Sequence[Sequence[tuple[int, list[str], list[str]]]]) -> str:
    """Return the detected tag scheme; raise an error for invalid tags."""
    sentences = [sentence for document in documents for sentence in document]
    tags_of_schemes: set[str] = set()
    for line, _, tags in sentences:
        if tags_of_schemes.issuperset(tags):
            continue
        for place, tag in enumerate(tags):
            if is_tag(tag):
                tags_of_schemes.add(tag)
            else:
                raise DataError(
                    f"{path}:{line + place}: {tag!r} is not a tag: expected O or a prefix and "
                    f"a type such as B-PER (schemes: {', '.join(SCHEMES)}); is the label the last column?"
                )
    return find_scheme(tags for _, _, tags in sentences)


def write_columns(sentences: Iterable[Sentence], scheme: str = "BIOES") -> Iterator[str]:
    """Yield the lines of a column file: a token, a tab, its tag; a blank line after each sentence.

    Raises
    ------
    ValueError
        Entities overlap.
    """
    for sentence in sentences:
        tags = tags_from_spans(sentence.spans, len(sentence.token_starts), scheme)
        yield from (f"{token}\t{tag}" for token, tag in zip(sentence.tokens, tags, strict=True))
        yield ""
