"""Some rows of a span table, by place: which are in force at a vintage, and how a new vintage's statements change them.

It never decides what is compared with what, and touches no place that it is not given.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlite_utils import Database

from archive.figures import VALUE_COLUMNS, apply_edits
from archive.spans import Span, Stated, edits


class Newest(NamedTuple):
    """A vintage that is being put in after all others of its family, and the one before it."""

    vintage: int
    earlier: int


def in_force(db: Database, table: str, month_id: int, vintage: int, places: Collection[int] | None) -> dict[int, Span]:
    """By place, the rows of one month in force at `vintage`: of these places, or of all where None is given."""
    columns = f"s.place_id, s.since, s.until, {', '.join(f's.{column}' for column in VALUE_COLUMNS[table])}"
    # CROSS JOIN is SQLite's way to be told the order: look each place up, never read the month for a few of them.
    source = f"{table} AS s" if places is None else f"json_each(:places) AS p CROSS JOIN {table} AS s"
    rows = db.execute(
        f"SELECT {columns} FROM {source} WHERE s.month_id = :month AND s.since <= :vintage"
        " AND (s.until IS NULL OR s.until > :vintage)" + ("" if places is None else " AND s.place_id = p.value"),
        {"month": month_id, "vintage": vintage, "places": None if places is None else json.dumps(list(places))},
    )
    return {row[0]: Span(row[1], row[2], row[3:]) for row in rows}


def state_newest(
    db: Database, table: str, month_id: int, newest: Newest, places: Collection[int], stated: Mapping[int, Stated]
) -> int:
    """Let the newest vintage state this of these places, and of all others what the vintage before states.

    Returns how many of the places changed. `stated` must name no other places; one that it leaves out is not stated any more.
    """
    return state_changed(db, table, month_id, newest, in_force(db, table, month_id, newest.earlier, places), stated)


def state_changed(
    db: Database, table: str, month_id: int, newest: Newest, before: Mapping[int, Span], stated: Mapping[int, Stated]
) -> int:
    """The same where the rows of these places in force at the vintage before are known already."""
    found = edits(newest.vintage, before, stated, {}, None)
    apply_edits(db, table, month_id, newest.vintage, found)
    return found.changed
