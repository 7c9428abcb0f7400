"""Readers for raw text: one text per line, in files and folders."""

from __future__ import annotations

import io
import os
from codecs import lookup
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

from fanlight.corpus.sentence import Sentence
from fanlight.errors import DataError
from fanlight.files import files_of, open_unpacked, undecodable, unreadable

PathLike = str | os.PathLike[str]
Tokenise = Callable[[str, str], list[list[tuple[int, int]]]]


def read_raw_documents(
    paths: Sequence[PathLike], tokenise: Tokenise, unit: str, line_count: int, encoding: str = "utf-8"
) -> list[list[Sentence]]:
    """Return raw texts as documents of tokenised sentences without entities.

    Parameters
    ----------
    paths : sequence of path
        Files, or folders whose files are read in the order of their names; .gz and .zst files are decompressed.
    tokenise : callable
        ``tokenise(text, unit)`` returns the token offsets of each sentence.
    unit : str
        "word" or "character".
    line_count : int
        Maximum number of lines of all files, including empty ones.
    encoding : str

    Raises
    ------
    DataError
        A file cannot be read, or there is no text; the message names file and line.
    """
    texts = chain.from_iterable(
        read_raw_lines(file, encoding) for file in files_of([os.fspath(path) for path in paths])
    )
    documents = []
    for text in filter(None, map(str.strip, islice(texts, line_count))):
        sentences = [
            Sentence(text, tuple(s for s, _ in places), tuple(e for _, e in places), ())
            for places in tokenise(text, unit)
            if places
        ]
        if sentences:
            documents.append(sentences)
    if not documents:
        raise DataError(f"{paths[0]}: has no text in its first {line_count:,} lines: give raw text, one text a line")
    return documents


def read_raw_lines(path: PathLike, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a file, without byte-order mark.

    Raises
    ------
    DataError
        The file cannot be read, or is not in the encoding; the message names byte and line.
    """
    try:
        by_lines = "\n".encode(lookup(encoding).name) == b"\n"
    except LookupError:
        raise DataError(f"--encoding {encoding}: no such encoding: try utf-8, cp1252, cp949 or euc-kr") from None
    packed, unpacked = open_unpacked(path)
    number = offset = 0
    data = b""
    try:
        with packed:
            if not by_lines:  # a line feed has more than one byte, as in UTF-16
                yield from io.StringIO(unpacked.read().decode(encoding))
                return
            for number, data in enumerate(unpacked, 1):
                text = data.decode(encoding)
                yield text.removeprefix("\ufeff") if number == 1 else text
                offset += len(data)
    except OSError as error:
        raise DataError(unreadable(path, error)) from None
    except UnicodeDecodeError as error:
        place = f"{path}:{number}" if by_lines else str(path)
        raise DataError(undecodable(place, offset + error.start, encoding, data if number == 1 else b"")) from None
