"""The entity index: a database of tagged texts for searches by entity, value, neighbouring entities and words.

It is one SQLite file with full-text search. Texts and their position in the file are committed together, so that an
interrupted run continues after the last committed text.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fanlight.apps.index_queries import Term, parse_query, quote_words, stands_before_particles
from fanlight.apps.index_values import (
    KEYS,
    TABLE,
    Condition,
    add_values,
    conditions_sql,
    has_values,
    insert_value,
)
from fanlight.entities.entity import Document
from fanlight.entities.type_names import check_types
from fanlight.errors import DataError
from fanlight.files import check_rereadable, database_fault, digest
from fanlight.values import ValueOptions

PathLike = str | os.PathLike[str]
FORMAT = 4  # 2: with digests of files; 3: and of the models that tagged them; 4: with values
_ADDED_COLUMNS = {1: ("digest", "model"), 2: ("model",), 3: ()}  # for each earlier version
BATCH = 2000  # texts committed together
_TABLES = (
    """
CREATE TABLE files (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, size INTEGER NOT NULL, lines INTEGER NOT NULL,
    digest TEXT, model TEXT);
CREATE TABLE documents (id INTEGER PRIMARY KEY, file INTEGER NOT NULL, line INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE mentions (id INTEGER PRIMARY KEY, document INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    type TEXT NOT NULL, name TEXT NOT NULL, probability REAL NOT NULL);
CREATE INDEX mentions_of_document ON mentions (document);
CREATE INDEX mentions_of_type ON mentions (type);
CREATE VIRTUAL TABLE names USING fts5 (name, content='mentions', content_rowid='id', tokenize='unicode61');
CREATE VIRTUAL TABLE texts USING fts5 (text, content='documents', content_rowid='id', tokenize='unicode61');
"""
    + TABLE
)


class Mention(NamedTuple):
    """An entity in an indexed text.

    Attributes
    ----------
    name, type : str
    probability : float
    file : str
    line : int
        Line number of the text in the file, from 1.
    start, end : int
        Offsets in the text, in code points.
    text : str
        The whole text.
    value : dict, optional
        Value of a date or an amount (`Value.to_dict`).
    """

    name: str
    type: str
    probability: float
    file: str
    line: int
    start: int
    end: int
    text: str
    value: dict[str, str | float] | None = None


def index(
    files: Sequence[PathLike],
    database: PathLike,
    tag: Callable[[Iterable[str]], Iterator[Document]],
    lines_of: Callable[[str], Iterator[str]],
    *,
    model: str | None = None,
    options: ValueOptions = ValueOptions(),  # noqa: B008 - cannot be changed
) -> Iterator[tuple[str, int]]:
    """Tag the lines of files, store them in a database, and yield file and number of lines after each commit.

    Complete files are skipped, and incomplete ones continued.

    Parameters
    ----------
    files : sequence of path
    database : path
        Created if missing.
    tag : callable
        Function from texts to documents, in order.
    lines_of : callable
        Function from a file to its lines.
    model : str, optional
        A digest of the models; an incomplete file is only continued with the same.
    options : ValueOptions
        Options for the values of dates and amounts.

    Raises
    ------
    DataError
        A file or the model has changed since it was indexed, or the file is not a database of Fanlight.
    """
    check_rereadable(files, "an index")
    with _open(database, options) as connection:
        for file in map(str, files):
            try:
                size = os.stat(file).st_size
            except OSError as error:
                raise DataError(f"{file}: cannot be read ({error.strerror}): is the path right?") from None
            number, done = _begin_file(connection, file, size, model)
            texts_left = islice(lines_of(file), done, None)
            while texts := list(islice(texts_left, BATCH)):
                documents = list(tag(texts))
                connection.execute("BEGIN IMMEDIATE")
                for line, document in enumerate(documents, done + 1):
                    if document.text.strip():
                        _insert(connection, number, line, document, options)
                done += len(texts)
                connection.execute("UPDATE files SET lines = ? WHERE id = ?", [done, number])
                connection.execute("COMMIT")
                yield file, done


def _begin_file(connection: sqlite3.Connection, file: str, size: int, model: str | None) -> tuple[int, int]:
    """Return a file's number in the database and the number of its lines there; a new file is added.

    Raises
    ------
    DataError
        It was indexed with other contents or another model.
    """
    state, name = digest(file), os.fsencode(file).decode("utf-8", "backslashreplace")
    sql = "SELECT id, size, lines, digest, model FROM files WHERE path = ?"
    row = connection.execute(sql, [name]).fetchone()
    if row is None:
        connection.execute("BEGIN IMMEDIATE")
        sql = "INSERT INTO files (path, size, lines, digest, model) VALUES (?, ?, 0, ?, ?)"
        cursor = connection.execute(sql, [name, size, state, model])
        connection.execute("COMMIT")
        return int(cursor.lastrowid or 0), 0
    number, size_before, done, state_before, model_before = row
    if size_before != size or state_before not in (None, state):
        raise DataError(f"{file}: has changed since it was indexed: index it into another database")
    if None not in (model, model_before) and model_before != model:
        raise DataError(f"{file}: was indexed with another model: index it into another database")
    return number, done


def find(database: PathLike, query: str, limit: int = 20) -> list[Mention]:
    """Return the mentions that match a query, in the order of indexing.

    Parameters
    ----------
    database : path
    query : str
        ``type:ORG`` (the type), ``name:"New York"`` (words of the name), ``near:Paris`` (another name in the same
        text) and plain words (in the same text); all must match. ``*`` at a word's end matches any ending. A Korean
        word is also matched before particles: ``서울`` in ``서울에서``, not in ``서울대``. ``date>=2023-01``,
        ``money<1000USD``, ``quantity>"5 km"``: a mention in the same text with such a value, or the result if no other
        type is requested; see `index_values`.
    limit : int

    Raises
    ------
    DataError
        The query is empty or has a type without mentions, or the file is not a database of Fanlight.
    """
    terms = parse_query(query)
    _check_types(database, terms)
    with _reading(database) as connection:
        where, values = _conditions(connection, terms)
        value, join = ("a.value", "LEFT JOIN amounts a ON a.mention = m.id") if has_values(connection) else ("NULL", "")
        sql = (
            f"SELECT m.name, m.type, m.probability, f.path, d.line, m.start, m.stop, d.text, {value} FROM mentions m "
            f"JOIN documents d ON d.id = m.document JOIN files f ON f.id = d.file {join} WHERE {where} "
            "ORDER BY m.id LIMIT ?"
        )
        rows = connection.execute(sql, [*values, limit])
        return [Mention._make([*row[:-1], row[-1] and json.loads(row[-1])]) for row in rows]


def count_names(database: PathLike, query: str, limit: int = 20) -> list[tuple[str, str, int]]:
    """Return (name, type, count) of the mentions that match a query, most frequent first; see `find`."""
    terms = parse_query(query)
    _check_types(database, terms)
    with _reading(database) as connection:
        where, values = _conditions(connection, terms)
        sql = (
            f"SELECT m.name, m.type, count(*) n FROM mentions m WHERE {where} GROUP BY 1, 2 ORDER BY n DESC, 1 LIMIT ?"
        )
        return list(connection.execute(sql, [*values, limit]))


def mentions(database: PathLike, threshold: float = 0.0) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Yield the number of each text and its mentions (name, type) above a probability, in the texts' order."""
    sql = "SELECT document, name, type FROM mentions WHERE probability >= ? ORDER BY document, start"
    with _reading(database) as connection:
        current = -1
        pairs: list[tuple[str, str]] = []
        for document, name, type_ in connection.execute(sql, [threshold]):
            if document != current and pairs:
                yield current, pairs
                pairs = []
            current = document
            pairs.append((name, type_))
        if pairs:
            yield current, pairs


def types_of(database: PathLike) -> list[str]:
    """Return the types of all mentions, sorted."""
    with _reading(database) as connection:
        return [
            type_
            for (type_,) in connection.execute(
                "SELECT DISTINCT type FROM mentions WHERE typeof(type) = 'text' ORDER BY 1"
            )
        ]


def _conditions(connection: sqlite3.Connection, terms: Sequence[Term]) -> tuple[str, list[str | float]]:
    compared = [Condition(*term) for term in terms if term.key in KEYS]
    types = [term.value for term in terms if term.key == "type"]
    where, values = conditions_sql(connection, compared, types, any(term.key == "name" for term in terms))
    named = "SELECT rowid FROM names WHERE names MATCH ? AND before_particles(name, ?)"
    for key, _, word in terms:
        if key in KEYS:
            continue
        if key == "type":
            where.append("m.type = ?")
            values.append(word)
        elif key == "name":
            where.append(f"m.id IN ({named})")
            values += [quote_words(word), word]
        elif key == "near":
            same_document = f"m.document IN (SELECT document FROM mentions WHERE id IN ({named}))"
            where.append(f"{same_document} AND m.id NOT IN ({named})")
            values += [quote_words(word), word] * 2
        else:
            where.append("m.document IN (SELECT rowid FROM texts WHERE texts MATCH ? AND before_particles(text, ?))")
            values += [quote_words(word), word]
    return " AND ".join(where), values


def _check_types(database: PathLike, terms: Sequence[Term]) -> None:
    names = [term.value for term in terms if term.key == "type"]
    if names:
        check_types(names, types_of(database), "type:")


def _insert(connection: sqlite3.Connection, file: int, line: int, document: Document, options: ValueOptions) -> None:
    sql = "INSERT INTO documents (file, line, text) VALUES (?, ?, ?)"
    number = connection.execute(sql, [file, line, document.text]).lastrowid
    connection.execute("INSERT INTO texts (rowid, text) VALUES (?, ?)", [number, document.text])
    for e in document.entities:
        row = [number, e.start, e.end, e.type, e.text, 1.0 if e.probability is None else e.probability]
        sql = "INSERT INTO mentions (document, start, stop, type, name, probability) VALUES (?, ?, ?, ?, ?, ?)"
        mention = connection.execute(sql, row).lastrowid
        connection.execute("INSERT INTO names (rowid, name) VALUES (?, ?)", [mention, e.text])
        insert_value(connection, mention or 0, e.text, e.type, options)


@contextmanager
def _reading(database: PathLike) -> Iterator[sqlite3.Connection]:
    """Open a database whose values may be damaged."""
    try:
        with _open(database) as connection:
            yield connection
    except (UnicodeDecodeError, TypeError, AttributeError) as error:
        raise DataError(f"{database}: is damaged ({' '.join(str(error).split())[:200]}): index anew") from None


@contextmanager
def _open(database: PathLike, options: ValueOptions | None = None) -> Iterator[sqlite3.Connection]:
    """Open a database; for writing, if there are options for values."""
    create = options is not None
    if not create and not Path(database).is_file():
        raise DataError(f"{database}: no such database: make it with `fanlight index FILES {database}`")
    try:
        with closing(_connect(database, create)) as connection:
            connection.create_function("before_particles", 2, stands_before_particles, deterministic=True)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if version == 0 and not tables and create:
                connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
            elif version in _ADDED_COLUMNS:
                if options is not None:
                    added = " ".join(f"ALTER TABLE files ADD COLUMN {name} TEXT;" for name in _ADDED_COLUMNS[version])
                    connection.executescript(f"BEGIN IMMEDIATE; {added} {TABLE}")
                    add_values(connection, options)
                    connection.execute(f"PRAGMA user_version = {FORMAT}")
                    connection.execute("COMMIT")
            elif version != FORMAT:
                raise DataError(f"{database}: is not a database of `fanlight index`, or of another version")
            yield connection
    except sqlite3.Error as error:
        raise DataError(database_fault(database, error, "index")) from None


def _connect(database: PathLike, write: bool) -> sqlite3.Connection:
    """Open a database; for reading, its folder may be read-only."""
    if write:
        connection = sqlite3.connect(database, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a loss of power undoes only the last commits
        return connection
    address = Path(os.path.abspath(database)).as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", isolation_level=None, uri=True)
    try:
        connection.execute("PRAGMA user_version")
    except sqlite3.OperationalError:  # nor can the index of what was written last
        connection.close()
        wal = f"{database}-wal"
        if os.path.exists(wal) and os.path.getsize(wal):
            raise
        connection = sqlite3.connect(f"{address}?mode=ro&immutable=1", isolation_level=None, uri=True)
    return connection
