"""Which tables can be taken away whole, with their columns, types and order, and their rows in batches.

Writes no file, and never holds more than a batch of a table in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archive.figures import FAMILY_KEYS, MONTHS, Period, period_of

Row = tuple[Any, ...]
FAMILIES: dict[str, tuple[str, ...]] = {**FAMILY_KEYS, "deceased": ("sex",), "workbook_deceased": ("sex",)}
"""Every family that has statements, and the columns that say what a figure is about beside its month or week."""

SAYINGS = ("latest", "first", "statements")
SMALL = (
    *("breaks", "caveats", "known_problems", "not_published", "glossary", "published_figures", "area_changes"),
    *("series", "releases", "files", "vintages", "withdrawn_vintages"),
)
"""Registers and lists: a person opens them in a spreadsheet."""

LONG = (
    *("practice_names", "lsoa_names", "area_names", "workbook_practice_names", "workbook_area_names", "weekly_names"),
    *("practice_life", "restatements"),
)
BATCH = 20_000
"""Rows held at a time."""

_KIND_OF_DECLARED = {"INTEGER": "integer", "REAL": "number"}
_COUNTED = {
    *("opt_outs", "list_size", "population", "deceased", "since_vintage", "until_vintage"),
    *("old_vintage", "new_vintage", "in_newest_month"),
    *("months_held", "months_missing", "months_list_under_1000", "months_rate_over_100", "practices_at_postcode"),
}
_KINDS = {**dict.fromkeys(_COUNTED, "integer"), "rate": "number", "old": "number", "new": "number"}
_DAYS = {"month", "week", "first_month", "last_month", "only_for_month"}


class Column(NamedTuple):
    """One column, as its readers must take it."""

    name: str
    kind: str
    """`date`, `integer`, `number` or `string`: words of Table Schema."""
    description: str


class Whole(NamedTuple):
    """One table to be taken away whole."""

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    period: Period | None
    """Of a family: its months or weeks. None for a list."""
    order: tuple[str, ...]

    @property
    def statements(self) -> bool:
        """Whether it holds every statement and is laid out by month."""
        return self.period is not None and self.name.endswith("_statements")

    @property
    def small(self) -> bool:
        """Whether it is a list that people open in a spreadsheet."""
        return self.name in SMALL


def whole_tables(
    db: sqlite3.Connection, described: Mapping[str, Any], families: Sequence[str], sayings: Sequence[str]
) -> list[Whole]:
    """The tables of these families and sayings, then every list; `described` is the part `tables` of metadata.json."""
    found = [
        _family(db, described, family, saying)
        for family in FAMILIES if family in families
        for saying in SAYINGS if saying in sayings
    ]  # fmt: skip
    return found + [_list(db, described, name) for name in (*SMALL, *LONG)]


def batches(db: sqlite3.Connection, table: Whole) -> Iterator[tuple[str, list[Row]]]:
    """Every row in the table's own order: month or week (empty for a list) and at most BATCH rows under it."""
    names = ", ".join(column.name for column in table.columns)
    if table.period is None:
        asked = f"SELECT {names} FROM {table.name} ORDER BY {', '.join(table.order)}"
        yield from _fetched(db.execute(asked), "")
        return
    day = table.period.name
    order = f" ORDER BY {', '.join(table.order)}" if table.order else ""
    asked = f"SELECT {names} FROM {table.name} WHERE {day} = ?{order}"
    for (period,) in db.execute(f"SELECT {day} FROM {table.period.table} ORDER BY 1").fetchall():
        yield from _fetched(db.execute(asked, [period]), period)


def _fetched(cursor: sqlite3.Cursor, period: str) -> Iterator[tuple[str, list[Row]]]:
    while rows := cursor.fetchmany(BATCH):
        yield period, rows


def _family(db: sqlite3.Connection, described: Mapping[str, Any], family: str, saying: str) -> Whole:
    name = f"{family}_{saying}"
    period = period_of(family) if family in FAMILY_KEYS else MONTHS
    order = (*FAMILIES[family], "since_vintage")
    return Whole(name, *_words(described, name), _columns(db, described, name), period, order)


def _list(db: sqlite3.Connection, described: Mapping[str, Any], name: str) -> Whole:
    columns = _columns(db, described, name)
    return Whole(name, *_words(described, name), columns, None, tuple(str(n) for n in range(1, len(columns) + 1)))


def _words(described: Mapping[str, Any], name: str) -> tuple[str, str]:
    return described[name]["title"], described[name]["description"]


def _columns(db: sqlite3.Connection, described: Mapping[str, Any], name: str) -> tuple[Column, ...]:
    found = db.execute(f"SELECT name, type FROM pragma_table_info('{name}')").fetchall()
    words = described[name]["columns"]
    return tuple(Column(column, _kind(column, declared), words[column]) for column, declared in found)


def _kind(name: str, declared: str) -> str:
    if name in _DAYS:
        return "date"
    return _KINDS.get(name) or _KIND_OF_DECLARED.get(declared, "string")
