"""Opens archive.db for verification, and checks the file as a file: SQLite's own checks, its tables and its guards.

Never writes, repairs, or takes the writer's lock; knows nothing of what rows mean.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sqlite_utils import Database

from archive.errors import ArchiveError, in_plain_words
from archive.migrations import APPLICATION_ID, MIGRATIONS, VERSION
from archive.verify_codes import Problems

BUSY_SECONDS = 30.0

NOT_DAMAGE = frozenset({
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
})  # fmt: skip
"""What SQLite says of a file in use, or one whose writer was killed: it could not look, and nothing is known to be wrong.

A read-only connection cannot roll back a killed writer's journal, and says "readonly" (measured)."""

SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master"

MIGRATED = "SELECT id, migration_set, name FROM _sqlite_migrations ORDER BY id"

Schema = dict[tuple[str, str], tuple[str, str | None]]
"""Kind and name to table and SQL."""


class Blueprint(NamedTuple):
    """What this program's tables look like."""

    schema: Schema
    required: dict[str, frozenset[str]]
    """For each table the columns that no row may leave out."""
    migrated: list[tuple[int, str, str]]


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads. Raises ArchiveError where the file may not be read."""
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise ArchiveError(
            f"{path} may not be read: expected a file that this user may read. Check its owner and mode."
        )
    with in_plain_words(path):
        conn = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
    with closing(conn):
        # The schema itself may be hostile here: its functions and views must do nothing, and damaged pages must show.
        for pragma in ("query_only = on", "trusted_schema = off", "cell_size_check = on"):
            conn.execute(f"PRAGMA {pragma}")
        yield conn


@contextmanager
def told(problems: Problems, path: Path) -> Iterator[None]:
    """Damage that SQLite meets inside becomes E-DB-02. Raises ArchiveError for a file in use or in need of recovery."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in NOT_DAMAGE:
            with in_plain_words(path):
                raise
        problems.add("E-DB-02", str(path), f"a file that cannot be read whole ({error})")
    except UnicodeDecodeError:
        # SQLite quotes the damaged schema in its message, and Python cannot read that.
        problems.add("E-DB-02", str(path), "a file that cannot be read whole (its schema is not UTF-8)")


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """One reading of everything inside: a writer may add rows meanwhile, and none of them shows."""
    conn.execute("BEGIN")
    try:
        yield
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")


def is_there(path: Path, problems: Problems) -> bool:
    """Whether a file with something in it lies there: to SQLite a file of no bytes is a healthy empty database."""
    try:
        found = path.stat()
    except FileNotFoundError:
        problems.add("E-DB-01", str(path), "no such file")
        return False
    except OSError as error:
        raise ArchiveError(f"{path} cannot be looked at: {error.strerror}. Check its owner and mode.") from error
    if stat.S_ISREG(found.st_mode) and found.st_size:
        return True
    problems.add(
        "E-DB-01", str(path), "a file of no bytes" if stat.S_ISREG(found.st_mode) else "something that is no file"
    )
    return False


def is_readable(conn: sqlite3.Connection, path: Path, problems: Problems) -> bool:
    """Check the file; False where it makes no sense to look at its rows.

    Raises ArchiveError where it is older than this program's tables: nothing is wrong with it, but there is no log.
    """
    return _is_ours(conn, path, problems) and _has_its_tables(conn, path, problems) and _is_whole(conn, path, problems)


def _is_ours(conn: sqlite3.Connection, path: Path, problems: Problems) -> bool:
    found = {
        name: conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "journal_mode")
    }
    if found["application_id"] != APPLICATION_ID:
        problems.add("E-DB-05", str(path), f"the application_id {found['application_id']}")
    elif found["user_version"] > VERSION:
        problems.add(
            "E-DB-06", str(path), f"tables of version {found['user_version']}, while this program knows {VERSION}"
        )
    elif found["journal_mode"] == "wal":
        problems.add("E-DB-07", str(path), "a write-ahead log")
    elif found["user_version"] < VERSION:
        raise ArchiveError(
            f"{path}: found tables of version {found['user_version']}, expected {VERSION}. Poll once with this version of "
            f"the program: that brings the archive up to date. Nothing was checked."
        )
    else:
        return True
    return False


def _has_its_tables(conn: sqlite3.Connection, path: Path, problems: Problems) -> bool:
    stored, expected = _schema(conn), blueprint().schema
    wrong = {name for name in stored.keys() | expected.keys() if stored.get(name) != expected.get(name)}
    for kind, name in sorted(wrong):
        how = "missing" if (kind, name) not in stored else "altered" if (kind, name) in expected else "not one of ours"
        problems.add("E-DB-04", str(path), f"the {kind} {name} {how}")
    if not wrong and conn.execute(MIGRATED).fetchall() != blueprint().migrated:
        problems.add("E-DB-04", str(path), "other notes of applied migrations in the table _sqlite_migrations")
    return not any(kind == "table" for kind, _ in wrong & expected.keys())


def _is_whole(conn: sqlite3.Connection, path: Path, problems: Problems) -> bool:
    said = [row[0] for row in conn.execute("PRAGMA integrity_check(20)")]
    if said != ["ok"]:
        for one in said:
            problems.add("E-DB-02", str(path), f"damage that SQLite tells of as {one.strip()!r}")
        return False
    for table, row, parent, _ in conn.execute("PRAGMA foreign_key_check"):
        problems.add("E-DB-03", f"{table} {row}", f"a reference to a row of {parent} that is not there")
    return True


def _schema(conn: sqlite3.Connection) -> Schema:
    return {(kind, name): (table, sql) for kind, name, table, sql in conn.execute(SCHEMA)}


@cache
def blueprint() -> Blueprint:
    """What every migration, applied to an empty database, makes."""
    with Database(memory=True, execute_plugins=False) as db:
        MIGRATIONS.apply(db)
        required = {
            name: frozenset(column.name for column in db[name].columns if column.notnull or column.is_pk)
            for name in db.table_names()
        }
        return Blueprint(_schema(db.conn), required, db.execute(MIGRATED).fetchall())
