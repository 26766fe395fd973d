"""Which reader read what is loaded, and what a vintage states, so that a change of our own reader can be told as ours.

It never compares and never reads a file; what reads otherwise is found out elsewhere.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.figures import FAMILY_KEYS, VALUE_COLUMNS, period_of
from scraper.model import Key, Value

Stated = dict[tuple[str, Key], tuple[Value, dict[str, str]]]
"""(month or week, key) to the values stated, and the reasons for those that are null."""


class Load(NamedTuple):
    """One family of one vintage, and what it was read from by which schema."""

    vintage: int
    family: str
    series: str
    sha256: str
    file_name: str
    schema: str
    schema_sha256: str


def loads(copy: Database) -> list[Load]:
    """Everything that is loaded, oldest vintage first."""
    rows = copy.execute(
        "SELECT l.vintage, l.family, r.series, f.sha256, f.file_name, l.schema, l.schema_sha256 FROM loads AS l"
        " JOIN files AS f USING (file_id) JOIN releases AS r USING (release_id) ORDER BY l.vintage, l.family"
    )
    return [Load(*row) for row in rows]


def stated_by(copy: Database, load: Load) -> Stated:
    """Everything that a vintage states of one family."""
    reasons = {(row[0], row[1]): json.loads(row[2]) for row in _in_force(copy, load, "_missing_spans", ("reasons",))}
    keys = FAMILY_KEYS[load.family]
    places = {
        row[0]: tuple(row[1:])
        for row in copy.execute(f"SELECT {', '.join(('place_id', *keys))} FROM {load.family}_places")
    }
    values = _in_force(copy, load, "_spans", VALUE_COLUMNS[f"{load.family}_spans"])
    return {(day, places[place]): (tuple(value), reasons.get((day, place), {})) for day, place, *value in values}


def _in_force(copy: Database, load: Load, part: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """(day, place, columns) of the rows of one span table that the vintage states, of the days that it covers."""
    period = period_of(load.family)
    sql = (
        f"SELECT d.{period.name}, s.place_id, {', '.join('s.' + column for column in columns)}"
        f" FROM {period.coverage} AS c JOIN {period.table} AS d USING ({period.column})"
        f" JOIN {load.family}{part} AS s ON s.{period.column} = c.{period.column} AND s.since <= c.vintage"
        " AND (s.until IS NULL OR s.until > c.vintage) WHERE c.family = ? AND c.vintage = ?"
    )
    return copy.execute(sql, (load.family, load.vintage)).fetchall()
