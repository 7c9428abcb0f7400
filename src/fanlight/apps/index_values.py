"""Values of dates and amounts in the database of `fanlight index`, and conditions on them in queries.

The database has the first and last day of each date, the clock time of each time, the seconds of each duration, and the
number and unit of each amount; units are converted for comparisons.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from fanlight.errors import DataError
from fanlight.values import Value, ValueOptions, read_value
from fanlight.values.conversion import convert
from fanlight.values.reading import KINDS as TYPES
from fanlight.values.spans import clock_of, days_of, seconds_of

TABLE = """
CREATE TABLE amounts (mention INTEGER PRIMARY KEY, kind TEXT NOT NULL, begin TEXT, stop TEXT, clock TEXT, number REAL,
    upper REAL, unit TEXT, value TEXT NOT NULL);
CREATE INDEX amounts_of_kind ON amounts (kind, begin, number);
"""
KEYS = {  # keys of queries: the type of the operand, and the types of the mentions
    "date": ("DATE", ("DATE", "TIME")), "time": ("TIME", ("TIME", "DATE")), "duration": ("DATE", ("DATE", "TIME")),
    "money": ("MONEY", ("MONEY",)), "percent": ("PERCENT", ("PERCENT",)), "quantity": ("QUANTITY", ("QUANTITY",)),
}  # fmt: skip
OPERATORS = (">=", "<=", ">", "<", "=")
_EXAMPLES = {
    "date": "date>=2023-01", "time": "time<12:00", "duration": 'duration>="2 hours"', "money": "money>=1000USD",
    "percent": "percent>50", "quantity": "quantity>=5km",
}  # fmt: skip
_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")


class Condition(NamedTuple):
    """A condition of a query: a key of `KEYS`, one of `OPERATORS`, and an operand."""

    key: str
    operator: str
    operand: str


def insert_value(connection: sqlite3.Connection, mention: int, text: str, type_: str, options: ValueOptions) -> None:
    """Insert the value of a mention, if it has one."""
    value = read_value(text, type_, *options) if type_ in TYPES else None
    if value is None:
        return
    begin, stop = (value.iso and days_of(value.iso)) or (None, None)
    numbers = [None if number is None else float(number) for number in (value.number, value.upper)]
    if value.kind == "duration":
        low, _, high = (value.iso or "").partition("/")
        numbers = [seconds_of(low), seconds_of(high)]
    row = [mention, value.kind, begin, stop, value.iso and clock_of(value.iso)]
    row += [numbers[0], numbers[0] if numbers[1] is None else numbers[1], value.unit]
    written = json.dumps(value.to_dict(), ensure_ascii=False)
    connection.execute("INSERT INTO amounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*row, written])


def add_values(connection: sqlite3.Connection, options: ValueOptions) -> None:
    """Add values to a database of an earlier version."""
    places = ", ".join("?" * len(TYPES))
    rows = connection.execute(f"SELECT id, name, type FROM mentions WHERE type IN ({places})", TYPES).fetchall()
    for mention, name, type_ in rows:
        insert_value(connection, mention, name, type_, options)


def has_values(connection: sqlite3.Connection) -> bool:
    """Tell whether a database has values; databases of earlier versions have none."""
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'amounts'"
    return bool(connection.execute(sql).fetchone()[0])


def conditions_sql(
    connection: sqlite3.Connection, conditions: Sequence[Condition], types: Iterable[str], is_named: bool
) -> tuple[list[str], list[str | float]]:
    """Return the conditions on a mention ``m`` in SQL, and the values of the placeholders.

    All conditions of one key apply to one mention: the result if the query has its type, or neither a type nor words
    of a name; else another mention of the same text.

    Raises
    ------
    DataError
        An operand cannot be interpreted, or the database has no values.
    """
    if conditions and not has_values(connection):
        raise DataError("the database was written before values were indexed: run `fanlight index` on it again")
    asked, where, values = set(types), [], []
    mentions: list[tuple[str, list[str | float]]] = []
    for key in dict.fromkeys(condition.key for condition in conditions):
        parts = [_comparison(connection, c) for c in conditions if c.key == key]
        sql = f"SELECT mention FROM amounts WHERE {' AND '.join(part for part, _ in parts)}"
        operands = [operand for _, values_of_part in parts for operand in values_of_part]
        if asked & set(KEYS[key][1]):
            where.append(f"m.id IN ({sql})")
        else:
            where.append(f"m.document IN (SELECT document FROM mentions WHERE id IN ({sql}))")
        values += operands
        mentions.append((sql, operands))
    if mentions and not asked and not is_named:
        where.append(f"m.id IN ({' UNION '.join(sql for sql, _ in mentions)})")
        values += [operand for _, operands in mentions for operand in operands]
    return where, values


def _comparison(connection: sqlite3.Connection, condition: Condition) -> tuple[str, list[str | float]]:
    key, operator, operand = condition
    bare = Decimal(operand.replace(",", "")) if _NUMBER.fullmatch(operand) else None
    if key in ("money", "percent", "quantity") and bare is not None:
        return f"kind = ? AND {_column(operator)} {operator} ?", [key, float(bare)]
    value = read_value(operand, KEYS[key][0])
    if value is None or (value.kind != key and (key, value.kind) != ("date", "time")):
        raise DataError(f"the query: {operand!r} is no {key}: write such as {_EXAMPLES[key]}")
    if key == "date":
        return _date_comparison(value, operator, operand)
    if key == "time":
        clock = clock_of(value.iso or "")
        if clock is None:
            raise DataError(f"the query: {operand!r} is no time of the clock: write such as {_EXAMPLES[key]}")
        return f"clock {operator} ?", [clock]
    if key == "duration":
        return f"kind = 'duration' AND {_column(operator)} {operator} ?", [seconds_of(value.iso or "") or 0.0]
    number = float(value.number or 0)
    if key == "quantity":
        return _quantity_comparison(connection, number, value.unit or "", operator)
    unit = "" if value.unit is None else " AND unit = ?"
    return f"kind = ? AND {_column(operator)} {operator} ?{unit}", [key, number, *([value.unit] if value.unit else [])]


def _column(operator: str) -> str:
    """Return the column for a comparison, the lower or upper end, so that a range satisfies it entirely."""
    return "upper" if operator in ("<", "<=") else "number"


def _date_comparison(value: Value, operator: str, operand: str) -> tuple[str, list[str | float]]:
    """Compare dates as intervals: 2023 is neither before nor after 2023-06; 2023-06 is in 2023."""
    days = days_of(value.iso or "")
    if days is None:
        raise DataError(f"the query: {operand!r} has no year: write such as {_EXAMPLES['date']}")
    begin, stop = days
    if operator == "=":
        return "begin >= ? AND stop <= ?", [begin, stop]
    comparisons: dict[str, tuple[str, list[str | float]]] = {
        ">=": ("begin >= ?", [begin]), ">": ("begin > ?", [stop]),
        "<=": ("stop <= ?", [stop]), "<": ("stop < ?", [begin]),
    }  # fmt: skip
    return comparisons[operator]


def _quantity_comparison(
    connection: sqlite3.Connection, number: float, unit: str, operator: str
) -> tuple[str, list[str | float]]:
    """Compare with the operand in each convertible unit of the database."""
    sql = "SELECT DISTINCT unit FROM amounts WHERE kind = 'quantity'"
    units = [other for (other,) in connection.execute(sql) if isinstance(other, str)]
    parts: list[str] = []
    values: list[str | float] = []
    for other in units:
        converted = convert(number, unit, other)
        if converted is None:
            continue
        bounds = (converted * (1 - 1e-9), converted * (1 + 1e-9)) if operator == "=" else None
        parts.append(
            "unit = ? AND number BETWEEN ? AND ?" if bounds else f"unit = ? AND {_column(operator)} {operator} ?"
        )
        values += [other, *(sorted(bounds) if bounds else [converted])]
    return f"kind = 'quantity' AND ({' OR '.join(f'({part})' for part in parts) or '0'})", values
