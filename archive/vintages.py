"""The reading copy's numbered vintages: which are loaded, making room among them, putting one in whole.

It follows a plan made elsewhere (editions.py) and never decides the order; every change is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple

from sqlite_utils import Database

from archive.checks import remake_checks
from archive.differences import Proved, load_proved
from archive.editions import PlannedVintage, Renumbering, VintageKey
from archive.figures import VALUE_COLUMNS, load_reading
from archive.places import note_places_due
from archive.reading_copy import transaction
from scraper.model import Reading


def loaded_vintages(copy: Database) -> dict[int, PlannedVintage]:
    """What is loaded, by vintage number: the vintage's key and, by family, the snapshot and file name it was read from."""
    rows = copy.execute(
        "SELECT v.vintage, v.published_on, r.series, r.publication, v.stated_on, v.nth, l.family, f.sha256, f.file_name"
        " FROM vintages AS v"
        " JOIN releases AS r ON r.release_id = v.release_id LEFT JOIN loads AS l ON l.vintage = v.vintage"
        " LEFT JOIN files AS f ON f.file_id = l.file_id ORDER BY v.vintage"
    )
    found: dict[int, tuple[VintageKey, dict[str, tuple[str, str]]]] = {}
    for vintage, *key, family, sha256, file_name in rows:
        _, loads = found.setdefault(vintage, (VintageKey(*key), {}))
        if family is not None:
            loads[family] = (sha256, file_name)
    return {vintage: PlannedVintage(key, loads) for vintage, (key, loads) in found.items()}


def make_room(copy: Database, renumbering: Renumbering) -> None:
    """Give loaded vintages their new numbers, in one transaction. Happens when an older release comes in after a newer one."""
    if not renumbering.moves:
        return
    with transaction(copy):
        copy.execute("PRAGMA defer_foreign_keys = ON")
        copy.execute("CREATE TEMP TABLE move (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
        copy.conn.executemany("INSERT INTO move VALUES (?, ?)", renumbering.moves.items())
        for table in VALUE_COLUMNS:
            _move(copy, table, ("since", "until"))
        for table in ("coverage", "weekly_coverage", "loads", "checks", "withdrawn_vintages", "vintages"):
            _move(copy, table, ("vintage",))
        copy.execute("DROP TABLE move")


def _move(copy: Database, table: str, columns: tuple[str, ...]) -> None:
    """Renumber through negative numbers, so that no two rows meet on the way."""
    for column in columns:
        copy.execute(
            f"UPDATE {table} SET {column} = -(SELECT new FROM temp.move WHERE old = {column})"
            f" WHERE {column} IN (SELECT old FROM temp.move)"
        )
        copy.execute(f"UPDATE {table} SET {column} = -{column} WHERE {column} < 0")


def load_vintage(copy: Database, number: int, planned: PlannedVintage, readings: Iterable[Reading | Proved]) -> int:
    """Put one vintage's readings in and cross-check them, all in one transaction; returns how many cells it changed.

    `readings` may make them one by one, and prove differences against what is loaded; where that raises, nothing of the
    vintage stays.
    """
    changed = 0
    with transaction(copy):
        _write_vintage(copy, number, planned.key)
        for part in readings:
            reading = part.reading if isinstance(part, Proved) else part
            sha256, file_name = planned.loads[reading.family]
            changed += load_proved(copy, number, part) if isinstance(part, Proved) else load_reading(copy, number, part)
            _note_load(copy, number, planned.key, sha256, file_name, reading)
        remake_checks(copy, [number])
        note_places_due(copy)
    return changed


def _write_vintage(copy: Database, number: int, key: VintageKey) -> None:
    copy.execute(
        "INSERT INTO vintages (vintage, release_id, published_on, stated_on, nth, edition, label)"
        " SELECT ?, release_id, ?, ?, ?, 1, title FROM releases WHERE series = ? AND publication = ? ON CONFLICT DO NOTHING",
        (number, key.published_on, key.stated_on, key.nth, key.series, key.publication),
    )


def _note_load(copy: Database, number: int, key: VintageKey, sha256: str, file_name: str, reading: Reading) -> None:
    file_id = copy.execute(
        "SELECT file_id FROM files WHERE file_name = ? AND sha256 = ?"
        " AND release_id = (SELECT release_id FROM releases WHERE series = ? AND publication = ?)",
        (file_name, sha256, key.series, key.publication),
    ).fetchone()[0]
    copy.execute(
        "INSERT INTO loads (vintage, family, file_id, schema, schema_sha256, rows, blank_rows) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, reading.family, file_id, reading.schema, reading.schema_sha256, reading.rows, reading.blank_rows),
    )
    copy.conn.executemany(
        "INSERT INTO repairs (file_id, family, schema, field, raw, repaired, reason, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        ((file_id, reading.family, reading.schema, *astuple(repair)) for repair in reading.repairs),
    )
    copy.conn.executemany(
        "INSERT INTO workbook_facts (sha256, sheet, place, fact, text) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ((sha256, *fact) for fact in reading.facts),
    )
    _note_read(copy, file_id)


def _note_read(copy: Database, file_id: int) -> None:
    """What a file states, all its tables together; parts that nobody can read are still told."""
    copy.execute(
        "UPDATE files SET state = 'read',"
        " unread_because = (SELECT group_concat(unread_because, ' ') FROM"
        "   (SELECT l.unread_because FROM layouts AS l WHERE l.sha256 = files.sha256 ORDER BY l.part)),"
        " (family, schema, rows, blank_rows) = (SELECT group_concat(family, ', '), group_concat(schema, ', '), sum(rows),"
        "   sum(blank_rows) FROM (SELECT DISTINCT family, schema, rows, blank_rows FROM loads"
        "   WHERE file_id = files.file_id ORDER BY family)) WHERE file_id = ?",
        (file_id,),
    )


def name_vintages(copy: Database) -> None:
    """Edition numbers within each release, and labels that a reader can tell apart."""
    copy.execute(
        "UPDATE vintages SET edition = (SELECT count(*) FROM vintages AS o WHERE o.release_id = vintages.release_id"
        " AND (o.stated_on, o.nth) <= (vintages.stated_on, vintages.nth))"
    )
    copy.execute(
        "UPDATE vintages SET label = (SELECT title FROM releases AS r WHERE r.release_id = vintages.release_id)"
        " || ' (' || stated_on || CASE WHEN edition > 1 THEN ', edition ' || edition ELSE '' END || ')'"
    )
