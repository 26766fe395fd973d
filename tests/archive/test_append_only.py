"""Stories of attempts to change what was captured, through every door SQLite has."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.checkpoints import rotate_key, sign_log
from archive.database import ArchiveError, open_evidence
from archive.migrations import MIGRATIONS, NUMBERED, NUMBERS, guards, guards_of_the_log
from archive.store import append, begin_poll, end_poll, record_finding
from scraper.model import Finding
from tests.archive.made_captures import NOW, SERIES, contents, new_archive, poll, record

KEPT = {**NUMBERS, "log": "entry", "checkpoints": "size"}
"""Every table to which rows are only ever added, and the column by which a row is found."""

SHOWN = {
    "genesis": "promise",
    "annotations": "text",
    "takedowns": "reason",
    "keys": "reason",
    "anchors": "party",
    "restores": "source",
    "log": "leaf",
    "checkpoints": "note",
    "polls": "software",
    "poll_ends": "summary",
    "captures": "outcome",
    "snapshots": "sha512",
    "findings": "found",
}


def attempts() -> Iterator[tuple[str, str]]:
    """Every way of changing a row that we know, for every table of facts: a name and the SQL."""
    for table, number in KEPT.items():
        column = SHOWN[table]
        row = f"SELECT * FROM {table} WHERE {number} = (SELECT min({number}) FROM {table} WHERE {number} > 0)"
        yield f"{table} update", f"UPDATE {table} SET {column} = {column} || 'x'"
        yield f"{table} update to the same", f"UPDATE {table} SET {column} = {column}"
        yield f"{table} update or replace", f"UPDATE OR REPLACE {table} SET {column} = 'x' WHERE {number} > 0"
        yield f"{table} update or ignore", f"UPDATE OR IGNORE {table} SET {column} = 'x' WHERE {number} > 0"
        yield f"{table} update from", f"UPDATE {table} SET {column} = 'x' FROM (SELECT 1) WHERE {number} > 0"
        yield f"{table} renumber", f"UPDATE {table} SET {number} = {number} + 100"
        yield f"{table} renumber rowid", f"UPDATE {table} SET rowid = rowid + 100"
        largest = f"(SELECT max({number}) FROM {table})"
        yield f"{table} renumber onto another", f"UPDATE OR REPLACE {table} SET {number} = 1 WHERE {number} = {largest}"
        yield f"{table} delete", f"DELETE FROM {table} WHERE {number} > 0"
        yield f"{table} delete all", f"DELETE FROM {table}"
        yield f"{table} delete returning", f"DELETE FROM {table} WHERE {number} > 0 RETURNING {number}"
        yield f"{table} insert again", f"INSERT INTO {table} {row}"
        yield f"{table} insert or replace", f"INSERT OR REPLACE INTO {table} {row}"
        yield f"{table} insert or ignore", f"INSERT OR IGNORE INTO {table} {row}"
        yield f"{table} replace", f"REPLACE INTO {table} {row}"
        yield (
            f"{table} upsert",
            f"INSERT INTO {table} {row} AND true ON CONFLICT ({number}) DO UPDATE SET {column} = 'x'",
        )
    for table, number in NUMBERED.items():
        for name, value in {
            "gap": "1000",
            "zero": "0",
            "negative": "-1",
            "none": "NULL",
            "largest": str(2**63 - 1),
        }.items():
            yield f"{table} numbered {name}", copy_with(table, {number: value})
        yield f"{table} replaced without a number", copy_with(table, {number: "NULL"}, verb="REPLACE")
    next_number = "(SELECT max(snapshot_id) + 1 FROM snapshots)"
    for verb in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"):
        yield f"snapshots {verb} same bytes", copy_with("snapshots", {"snapshot_id": next_number}, verb=verb)
    next_entry = "(SELECT max(entry) + 1 FROM log)"
    next_key = "(SELECT max(key_number) + 1 FROM keys)"
    for verb in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"):
        yield f"log {verb} same leaf", copy_with("log", {"entry": next_entry, "fact_number": "99"}, verb=verb)
        yield f"log {verb} same fact", copy_with("log", {"entry": next_entry, "leaf_hash": "zeroblob(32)"}, verb=verb)
        yield f"keys {verb} same key", copy_with("keys", {"key_number": next_key}, verb=verb)
        for name, size in {"shrinking": "1", "beyond the log": "(SELECT count(*) + 1 FROM log)"}.items():
            yield f"checkpoints {verb} {name}", copy_with("checkpoints", {"size": size}, verb=verb)
    next_number = "(SELECT max(capture_id) + 1 FROM captures)"
    yield "captures into an ended poll", copy_with("captures", {"capture_id": next_number})


def copy_with(table: str, changed: dict[str, str], verb: str = "INSERT") -> str:
    """SQL that writes row 1 of a table again with some columns changed."""
    with Database(memory=True) as db:
        MIGRATIONS.apply(db)
        columns = [column.name for column in db[table].columns]
    values = ", ".join(changed.get(column, column) for column in columns)
    return f"{verb} INTO {table} SELECT {values} FROM {table} WHERE {KEPT[table]} > 0 LIMIT 1"


ATTEMPTS = dict(attempts())


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with rows in every table: one ended poll, one open, two keys, two checkpoints."""
    directory = tmp_path_factory.mktemp("filled")
    finding = Finding("file.header", "error", "made_up.csv", "row 1", "a new column", "the known ones")
    with new_archive(directory) as evidence:
        db = evidence.db
        first = poll(db)
        record(db, first, b"one")
        record(db, first, b"two")
        for number in (1, 2):
            record_finding(db, finding, poll_id=first, capture_id=number, series=f"{SERIES}-{number}", now=NOW)
        end_poll(db, first, "complete", NOW, None, "Made up.")
        second = poll(db)
        end_poll(db, second, "complete", NOW, None, "Made up.")
        begin_poll(db, SERIES, "due", NOW, "made-up-program/1", "0" * 64)
        size = sign_log(evidence).size
        rotate_key(evidence, "made up")
        (sha256,) = db.execute("SELECT max(sha256) FROM snapshots").fetchone()
        for row in facts_of_the_log(size, sha256):
            append(db, *row)
            append(db, *row)
    return directory / "archive.db"


def facts_of_the_log(size: int, sha256: str) -> list[tuple[str, dict[str, object]]]:
    """One fact of each kind that only a log needs; all made up."""
    takedown = {
        "sha256": sha256,
        "reason": "made up",
        "asked_by": "nobody",
        "legal_ground": "none",
        "reviewed_by": "nobody",
    }
    return [
        ("annotations", {"made_at": NOW, "entry": 1, "text": "made up", "made_by": "nobody"}),
        ("takedowns", {"made_at": NOW, **takedown}),
        ("anchors", {"got_at": NOW, "size": size, "kind": "other", "party": "nobody", "evidence": b"made up"}),
        ("restores", {"made_at": NOW, "source": "nowhere", "size": 1, "root": "0" * 64, "reason": "made up"}),
    ]


@pytest.mark.fault("D08")
@pytest.mark.parametrize("recursive", ["off", "on"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_statement_changes_a_fact(filled: Path, tmp_path: Path, attempt: str, recursive: str) -> None:
    """A plain connection with every check of SQLite's switched off still cannot change, remove or renumber a row."""
    copy = shutil.copy(filled, tmp_path / "archive.db")
    with closing(sqlite3.connect(copy, isolation_level=None)) as conn:
        conn.execute(f"PRAGMA recursive_triggers = {recursive}")
        conn.execute("PRAGMA ignore_check_constraints = on")
        before = contents(conn)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            conn.execute(ATTEMPTS[attempt]).fetchall()
        assert contents(conn) == before


def test_there_are_enough_attempts() -> None:
    """The list above did not shrink by accident."""
    assert len(ATTEMPTS) * 2 >= 200


@pytest.mark.parametrize(
    "change",
    [
        lambda db: db["polls"].insert({"poll_id": 1, "software": "x"}, replace=True),
        lambda db: db["polls"].upsert({"poll_id": 1, "software": "x"}, pk="poll_id"),
        lambda db: db["polls"].update(1, {"software": "x"}),
        lambda db: db["polls"].delete(1),
        lambda db: db["polls"].delete_where("poll_id > 0"),
        lambda db: db["polls"].convert("software", lambda value: "x"),
    ],
    ids=["insert replace", "upsert", "update", "delete", "delete_where", "convert"],
)
def test_sqlite_utils_cannot_change_a_fact_either(filled: Path, tmp_path: Path, change) -> None:
    """The library that we open the evidence with has many verbs; none of those that write gets past the guards."""
    with Database(sqlite3.connect(shutil.copy(filled, tmp_path / "archive.db"))) as db:
        before = contents(db)
        with pytest.raises(sqlite3.DatabaseError):
            change(db)
        assert contents(db) == before


@pytest.mark.fault("D09")
@pytest.mark.parametrize("guard", [statement.split()[2] for statement in (*guards(), *guards_of_the_log())])
def test_an_archive_without_one_of_its_guards_is_refused_by_name(filled: Path, tmp_path: Path, guard: str) -> None:
    """A guard that was dropped is noticed before anything is written."""
    with closing(sqlite3.connect(shutil.copy(filled, tmp_path / "archive.db"))) as conn:
        conn.execute(f"DROP TRIGGER {guard}")
    with pytest.raises(ArchiveError, match=guard):
        open_evidence(tmp_path)


def test_a_guard_that_was_weakened_is_refused(filled: Path, tmp_path: Path) -> None:
    """A guard of the right name that guards nothing counts as missing."""
    with closing(sqlite3.connect(shutil.copy(filled, tmp_path / "archive.db"))) as conn:
        conn.execute("DROP TRIGGER captures_no_delete")
        conn.execute("CREATE TRIGGER captures_no_delete BEFORE DELETE ON captures BEGIN SELECT 1; END")
    with pytest.raises(ArchiveError, match="captures_no_delete"):
        open_evidence(tmp_path)


@pytest.mark.fault("D09")
def test_a_table_rebuilt_by_transform_is_refused(filled: Path, tmp_path: Path) -> None:
    """`transform` succeeds and takes the table's triggers with it; the next opening says so."""
    with Database(sqlite3.connect(shutil.copy(filled, tmp_path / "archive.db"))) as db:
        db["findings"].transform(defaults={"advice": "none"})
    with pytest.raises(ArchiveError, match="findings, findings_next, findings_no_delete, findings_no_update"):
        open_evidence(tmp_path)
