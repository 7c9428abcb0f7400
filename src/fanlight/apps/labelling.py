"""The store of human labels, in one SQLite file.

The file is in WAL mode with every commit synced to disk, so that a save is complete or absent after a kill. An undo
keeps the data.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import NamedTuple

from fanlight.corpus.formats.json_exports import prodigy_task
from fanlight.corpus.formats.record import Record
from fanlight.entities.type_names import check_types
from fanlight.errors import DataError
from fanlight.files import database_fault
from fanlight.text.tokens import tokenise

FORMAT = 1  # version of the tables; others are refused
DAMAGE = (UnicodeDecodeError, TypeError, AttributeError)  # SQLite's error for values in a damaged file
Span = tuple[int, int, str]  # start and end in code points, and a type
_TABLES = """
CREATE TABLE about (format INTEGER NOT NULL);
CREATE TABLE types (name TEXT PRIMARY KEY);
CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT UNIQUE NOT NULL);
CREATE TABLE labels (id INTEGER PRIMARY KEY, text INTEGER NOT NULL REFERENCES texts, annotator TEXT NOT NULL,
    spans TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX standing ON labels (annotator, text) WHERE NOT undone;
CREATE INDEX of_text ON labels (text);
"""
_LATER_TABLES = """
CREATE TABLE IF NOT EXISTS marks (text INTEGER NOT NULL REFERENCES texts, annotator TEXT NOT NULL, mark TEXT NOT NULL,
    PRIMARY KEY (text, annotator));
CREATE TABLE IF NOT EXISTS proposals (text INTEGER PRIMARY KEY REFERENCES texts, spans TEXT NOT NULL);
"""
_REJECTED = "EXISTS (SELECT 1 FROM marks m WHERE m.text = l.text AND m.annotator = l.annotator AND m.mark = 'reject')"


class Task(NamedTuple):
    """A text to label, with its annotator's spans before an undo, if any."""

    id: int
    text: str
    spans: list[Span] | None


class Agreement(NamedTuple):
    """The agreement of two annotators on texts labelled by both.

    Attributes
    ----------
    left, right : str
    texts : int
    kappa : float
        Cohen's κ = (p − e) / (1 − e) over tokens, where p is the share with the same type (or none) from both, and e
        that share for independent choices with the same proportions (Cohen 1960); 1 if both use only one type.
    """

    left: str
    right: str
    texts: int
    kappa: float


class Merged(NamedTuple):
    """Labels merged by majority.

    Attributes
    ----------
    rows : list of dict
        ``text``, ``spans`` and ``annotators`` of each text with a majority.
    disputes : list of dict
        ``text``, the ``spans`` with a majority, the ``disputed`` spans, and the spans of each of the
        ``annotators``, of each other text.
    """

    rows: list[dict[str, object]]
    disputes: list[dict[str, object]]


class LabelStore:
    """Texts, types, and the labels of each annotator.

    Parameters
    ----------
    path : path
        Created if missing.
    is_open : bool
        Whether texts can be added by requests.

    Raises
    ------
    DataError
        The file has another format, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], *, is_open: bool = False) -> None:
        self.path = Path(path)
        self.is_open = is_open
        with self._open() as db:
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                db.executescript(f"BEGIN IMMEDIATE; {_TABLES} INSERT INTO about VALUES ({FORMAT}); COMMIT;")
            db.executescript(_LATER_TABLES)
            if db.execute("SELECT format FROM about").fetchone() != (FORMAT,):
                raise DataError(f"{self.path}: is of another version of fanlight")

    def add(self, texts: Iterable[str], types: Iterable[str]) -> int:
        """Add new texts, in order, and types; return the number of new texts.

        Raises
        ------
        DataError
            A type has control characters, which no format can represent.
        """
        types = list(types)
        for type_ in types:
            if not type_.isprintable():
                raise DataError(f"type {type_!r} has control characters: rename it")
        with self._open() as db, db:
            before = db.execute("SELECT count(*) FROM texts").fetchone()[0]
            db.executemany("INSERT OR IGNORE INTO texts (text) VALUES (?)", ((t,) for t in texts if t.strip()))
            db.executemany("INSERT OR IGNORE INTO types VALUES (?)", ((t,) for t in types))
            return int(db.execute("SELECT count(*) FROM texts").fetchone()[0]) - int(before)

    def propose(self, text: str, spans: Sequence[Span]) -> None:
        """Set the proposed spans of a text, instead of the model's.

        Raises
        ------
        DataError
            A span is outside the text, or a type is unknown.
        """
        check_types((type_ for _, _, type_ in spans), self.types, "label")
        _check_inside(spans, text)
        with self._open() as db, db:
            row = (json.dumps(sorted(spans)), text)
            db.execute("INSERT OR REPLACE INTO proposals SELECT id, ? FROM texts WHERE text = ?", row)

    def proposal(self, text: int) -> list[Span] | None:
        """Return the proposed spans of a text, or None."""
        with self._open() as db:
            row = db.execute("SELECT spans FROM proposals WHERE text = ?", (text,)).fetchone()
        return None if row is None else _spans(row[0])

    @property
    def types(self) -> list[str]:
        """All types, sorted."""
        with self._open() as db:
            return [name for (name,) in db.execute("SELECT name FROM types ORDER BY name")]

    def progress(self, annotator: str) -> tuple[int, int]:
        """Return the number of texts that an annotator has labelled, and of all texts."""
        with self._open() as db:
            done = db.execute("SELECT count(*) FROM labels WHERE annotator = ? AND NOT undone", (annotator,))
            return int(done.fetchone()[0]), int(db.execute("SELECT count(*) FROM texts").fetchone()[0])

    def next(self, annotator: str, after: int = 0) -> Task | None:
        """Return the next text without labels of an annotator, first of those after an id; None if there is none."""
        with self._open() as db:
            row = db.execute(
                "SELECT id, text FROM texts t WHERE NOT EXISTS (SELECT 1 FROM labels l WHERE l.text = t.id "
                "AND l.annotator = ? AND NOT l.undone) ORDER BY id <= ?, id LIMIT 1",
                (annotator, after),
            ).fetchone()
            if row is None:
                return None
            before = db.execute(
                "SELECT spans FROM labels WHERE text = ? AND annotator = ? ORDER BY id DESC LIMIT 1",
                (row[0], annotator),
            ).fetchone()
        return Task(row[0], row[1], None if before is None else _spans(before[0]))

    def task(self, annotator: str, text: int) -> Task:
        """Return a text by its id, with the annotator's last spans.

        Raises
        ------
        DataError
            There is no such text.
        """
        with self._open() as db:
            row = db.execute("SELECT text FROM texts WHERE id = ?", (text,)).fetchone()
            last = db.execute(
                "SELECT spans FROM labels WHERE text = ? AND annotator = ? ORDER BY id DESC LIMIT 1", (text, annotator)
            ).fetchone()
        if row is None:
            raise DataError(f"there is no text {text}")
        return Task(text, row[0], None if last is None else _spans(last[0]))

    def neighbours(self, text: int) -> tuple[int | None, int | None]:
        """Return the ids of the texts before and after a text."""
        with self._open() as db:
            before = db.execute("SELECT max(id) FROM texts WHERE id < ?", (text,)).fetchone()[0]
            return before, db.execute("SELECT min(id) FROM texts WHERE id > ?", (text,)).fetchone()[0]

    def mark(self, annotator: str, text: int) -> str:
        """Return an annotator's mark of a text: "flag" (for review), "reject" (no training data) or ""."""
        with self._open() as db:
            row = db.execute("SELECT mark FROM marks WHERE text = ? AND annotator = ?", (text, annotator)).fetchone()
            return "" if row is None else str(row[0])

    def set_mark(self, annotator: str, text: int, mark: str) -> None:
        """Mark a text: "flag", "reject", or "" for neither."""
        self.task(annotator, text)
        with self._open() as db, db:
            db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (text, annotator, mark))

    def save(self, annotator: str, text: int, spans: Sequence[Span]) -> None:
        """Save an annotator's spans of a text, which replace earlier ones.

        Raises
        ------
        DataError
            There is no such text, a span is outside it or overlaps another, or a type is unknown.
        """
        types = self.types
        for before, after in pairwise(sorted(spans)):
            if after[0] < before[1]:
                raise DataError(f"spans {before[0]}–{before[1]} and {after[0]}–{after[1]} overlap: leave one of them")
        check_types((type_ for _, _, type_ in spans), types, "label")
        with self._open() as db, db:
            row = db.execute("SELECT text FROM texts WHERE id = ?", (text,)).fetchone()
            if row is None:
                raise DataError(f"there is no text {text}")
            _check_inside(spans, row[0])
            db.execute("UPDATE labels SET undone = 1 WHERE annotator = ? AND text = ?", (annotator, text))
            row = (text, annotator, json.dumps(sorted(spans)))
            db.execute("INSERT INTO labels (text, annotator, spans) VALUES (?, ?, ?)", row)

    def undo(self, annotator: str) -> bool:
        """Undo an annotator's last save; return whether there was one."""
        with self._open() as db, db:
            last = "SELECT max(id) FROM labels WHERE annotator = ? AND NOT undone"
            return db.execute(f"UPDATE labels SET undone = 1 WHERE id = ({last})", (annotator,)).rowcount > 0

    def export(self, annotator: str | None = None) -> Iterator[dict[str, object]]:
        """Yield all annotations except rejected ones, or those of one annotator: text, spans and annotator.

        Flagged ones have ``flagged``.
        """
        with self._open() as db:
            for text, name, spans, mark in db.execute(
                "SELECT t.text, l.annotator, l.spans, m.mark FROM labels l JOIN texts t ON t.id = l.text "
                "LEFT JOIN marks m ON m.text = l.text AND m.annotator = l.annotator "
                f"WHERE NOT l.undone AND NOT {_REJECTED} AND l.annotator = coalesce(?, l.annotator) "
                "ORDER BY t.id, l.annotator",
                (annotator,),
            ):
                row = {"text": text, "spans": _plain(_spans(spans)), "annotator": name}
                yield {**row, "flagged": True} if mark == "flag" else row

    def tasks(self) -> Iterator[dict[str, object]]:
        """Yield every annotation as a Prodigy task, with its answer ("accept" or "reject") and annotator."""
        with self._open() as db:
            for text, name, spans, mark in db.execute(
                "SELECT t.text, l.annotator, l.spans, m.mark FROM labels l JOIN texts t ON t.id = l.text "
                "LEFT JOIN marks m ON m.text = l.text AND m.annotator = l.annotator "
                "WHERE NOT l.undone ORDER BY t.id, l.annotator"
            ):
                token_starts, token_ends = tokenise(text)
                tokens = tuple(zip(token_starts.tolist(), token_ends.tolist(), strict=True))
                task: dict[str, object] = prodigy_task(Record(text, tuple(_spans(spans)), 0, tokens))
                task |= {"answer": "reject" if mark == "reject" else "accept", "_annotator_id": name}
                yield task | ({"flagged": True} if mark == "flag" else {})

    def merge(self) -> Merged:
        """Merge the labels of several annotators: a span is accepted if more than half of them gave it.

        Accepted spans never overlap, since a common annotator gave both. Texts on which exactly half give a span are
        disputed.
        """
        texts: dict[str, dict[str, list[Span]]] = {}
        with self._open() as db:
            for text, name, spans in db.execute(
                "SELECT t.text, l.annotator, l.spans FROM labels l JOIN texts t ON t.id = l.text WHERE NOT l.undone "
                f"AND NOT {_REJECTED} ORDER BY t.id, l.annotator"
            ):
                texts.setdefault(text, {})[name] = _spans(spans)
        rows: list[dict[str, object]] = []
        disputes: list[dict[str, object]] = []
        for text, answers in texts.items():
            votes = Counter(span for spans in answers.values() for span in set(spans))
            tied = sorted(span for span, count in votes.items() if 2 * count == len(answers))
            agreed = sorted(span for span, count in votes.items() if 2 * count > len(answers))
            row: dict[str, object] = {"text": text, "spans": _plain(agreed)}
            if tied:
                by_annotator = {name: _plain(spans) for name, spans in answers.items()}
                disputes.append({**row, "disputed": _plain(tied), "annotators": by_annotator})
            else:
                rows.append({**row, "annotators": list(answers)})
        return Merged(rows, disputes)

    def agreement(self) -> list[Agreement]:
        """Return the agreement of each pair of annotators with common texts."""
        with self._open() as db:
            names = [
                name for (name,) in db.execute("SELECT DISTINCT annotator FROM labels WHERE NOT undone ORDER BY 1")
            ]
            agreements = []
            for left, right in combinations(names, 2):
                rows = db.execute(
                    "SELECT t.text, a.spans, b.spans FROM labels a JOIN labels b ON a.text = b.text "
                    "JOIN texts t ON t.id = a.text WHERE NOT a.undone AND NOT b.undone AND a.annotator = ? "
                    "AND b.annotator = ?",
                    (left, right),
                ).fetchall()
                pairs: Counter[tuple[str, str]] = Counter()
                for row in rows:
                    pairs.update(_token_types(*row))
                if rows:
                    agreements.append(Agreement(left, right, len(rows), cohens_kappa(pairs)))
        return agreements

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                yield db
        except (sqlite3.Error, *DAMAGE) as error:
            raise DataError(database_fault(self.path, error, "label")) from None


def _check_inside(spans: Iterable[Span], text: str) -> None:
    for start, end, _ in spans:
        if not 0 <= start < end <= len(text):
            raise DataError(f"span {start}–{end} is not in the text, which has {len(text)} code points")


def cohens_kappa(pairs: Iterable[tuple[str, str]]) -> float:
    """Return Cohen's κ of two annotators' choices, a list or a Counter of pairs.

    Examples
    --------
    >>> cohens_kappa([("A", "A"), ("A", "O"), ("O", "O"), ("O", "O")])
    0.5
    """
    counts = Counter(pairs)
    left_counts: Counter[str] = Counter()
    right_counts: Counter[str] = Counter()
    for (a, b), n in counts.items():
        left_counts[a] += n
        right_counts[b] += n
    if not (count := counts.total()):
        return 1.0
    same = sum(n for (a, b), n in counts.items() if a == b) / count
    chance = sum(left_counts[name] * right_counts[name] for name in left_counts) / count**2
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


@lru_cache(1 << 16)  # after a save, only one text is new
def _token_types(text: str, left: str, right: str) -> Counter[tuple[str, str]]:
    """Count the pairs of types of two annotators per token, "" for none; the first span that touches a token counts."""
    token_starts, token_ends = tokenise(text)
    spans = _spans(left), _spans(right)
    types = [
        tuple(next((t for a, b, t in side if a < e and s < b), "") for side in spans)
        for s, e in zip(token_starts.tolist(), token_ends.tolist(), strict=True)
    ]
    return Counter((a, b) for a, b in types)


def _plain(spans: Iterable[Span]) -> list[dict[str, object]]:
    return [{"start": s, "end": e, "label": t} for s, e, t in spans]


def _spans(text: str) -> list[Span]:
    try:
        return [(int(s), int(e), str(t)) for s, e, t in json.loads(text)]
    except (ValueError, TypeError, RecursionError):
        raise DataError(f"the labels {text[:40]!r} are damaged: get the file from a copy") from None
