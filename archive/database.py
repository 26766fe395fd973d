"""Opens archive.db, the evidence, for its one writer and for any number of readers; owns the writer's transactions.

Never creates an archive unasked, and knows nothing of what the rows mean.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from sqlite_utils import Database

from archive.clock import utc_now
from archive.durable import sync
from archive.errors import ArchiveError, in_plain_words, not_written
from archive.lock import SIDE_FILE_NAME, note_holder, says_made, take_lock
from archive.log import begin_log
from archive.migrations import APPLICATION_ID, MIGRATIONS
from archive.refusals import (
    missing,
    refuse_empty,
    refuse_foreign,
    refuse_newer,
    refuse_older,
    refuse_read_only,
    refuse_unguarded,
    refuse_unwritable,
)

__all__ = ["ArchiveError", "Evidence", "open_evidence", "read_evidence", "turn", "writing"]

FILE_NAME = "archive.db"
BUSY_SECONDS = 30.0

WRITER_PRAGMAS = (
    # A rollback journal, not WAL: one file to copy, and no part in the WAL data race of SQLite 3.7.0 to 3.51.2.
    ("journal_mode", "delete"),
    # FULL leaves the journal's removal unsynced: after a power cut the journal could come back and undo a commit.
    ("synchronous", "extra"),
    # SQLite leaves foreign keys unchecked unless each connection asks.
    ("foreign_keys", "on"),
    # Without it INSERT OR REPLACE deletes rows past every BEFORE DELETE trigger (measured).
    ("recursive_triggers", "on"),
    # Finds a damaged page when it is read, not when it is next written over.
    ("cell_size_check", "on"),
)


class WriterConnection(sqlite3.Connection):
    """The one connection that writes. Threads of one program take turns with it, a whole transaction at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turn = threading.RLock()


@dataclass(frozen=True)
class Evidence:
    """archive.db open for writing, with the lock that makes this program its only writer. Close it to let go."""

    db: Database
    directory: Path
    lock: IO[str]

    def close(self) -> None:
        """Close the database, then give up the lock. Closing twice does no harm."""
        self.db.close()
        self.lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_evidence(directory: Path, *, create: bool = False, origin: str | None = None) -> Evidence:
    """Open `directory`/archive.db as its one writer; with `create`, make an empty archive where there is none.

    `origin` names the log of an archive that has none yet (archive/log.py); without one it gets a random name.

    The writer's lock is a `flock` on `directory`/archive.lock, held until `close`. Older archives are brought up to
    today's tables and logged, and what a crash left behind is rolled back, before this returns.

    Raises ArchiveError: no archive there (without `create`, or where one has stood before), a second writer, a
    directory or file that cannot be written, an empty or damaged file, another program's database, one made by a
    newer version of this program, a table or guard missing.
    """
    path = directory / FILE_NAME
    if create:
        _make_directory(directory)
    elif not path.exists():
        raise missing(path)
    refuse_unwritable(directory)
    lock = take_lock(directory)
    try:
        if not path.exists():
            _begin_archive(path, lock, origin)
        note_holder(lock)
        db = _open_checked(path, origin)
    except BaseException:
        lock.close()
        raise
    return Evidence(db, directory, lock)


def read_evidence(directory: Path) -> Database:
    """Open `directory`/archive.db read-only. Any number of readers may do so while the writer writes.

    Raises ArchiveError as `open_evidence` does, and where a crashed writer's journal waits for the next writer:
    reading past it would show a half-written transaction.
    """
    path = directory / FILE_NAME
    refuse_empty(path)
    with in_plain_words(path):
        conn = sqlite3.connect(
            _uri(path, "ro"), uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    db = Database(conn, recursive_triggers=False, execute_plugins=False)
    try:
        with in_plain_words(path):
            refuse_foreign(db, path)
            refuse_newer(db, path)
            refuse_older(db, path)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction: `BEGIN IMMEDIATE`, so that it waits for its turn at the start and never fails half-way for it.

    Everything inside is kept, or nothing is. Inside another `writing` it is part of that transaction. Raises
    ArchiveError where the disk is full, failing or locked (all is rolled back: SQLite may have ended the transaction by
    itself, after which later statements would commit one by one); a broken rule of the tables, which is a fault of
    ours, stays sqlite3.IntegrityError.
    """
    conn = _writer(db)
    with conn.turn:
        if conn.in_transaction:
            yield
            return
        try:
            conn.execute("BEGIN IMMEDIATE")
            yield
            conn.execute("COMMIT")
        except sqlite3.IntegrityError:
            _undo(conn)
            raise
        except sqlite3.DatabaseError as error:
            _undo(conn)
            raise not_written(error) from error
        except BaseException:
            _undo(conn)
            raise


@contextmanager
def turn(db: Database) -> Iterator[None]:
    """Let no other thread of this program write until this ends, across several transactions."""
    with _writer(db).turn:
        yield


def _writer(db: Database) -> WriterConnection:
    if not isinstance(db.conn, WriterConnection):
        raise ArchiveError(
            "This connection was not opened to write evidence: found a reader's, expected the one that open_evidence "
            "gives, which holds the writer's lock."
        )
    return db.conn


def _undo(conn: sqlite3.Connection) -> None:
    """Roll back what is open. Where even that fails, close: nothing more may be added to a half-written transaction."""
    if not conn.in_transaction:
        return
    try:
        conn.execute("ROLLBACK")
    except sqlite3.Error:
        conn.close()


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"The archive's directory {directory} cannot be made: {error.strerror}. "
            f"Name another one, or make it by hand."
        ) from error


def _begin_archive(path: Path, lock: IO[str], origin: str | None) -> None:
    """Make an empty archive, unless one stood here before: a lost archive must not begin anew in silence."""
    if says_made(lock):
        raise ArchiveError(
            f"{path} is gone: found none, expected the archive that was made here before. Restore a backup in its "
            f"place. Only if a new, empty archive is really wanted, remove {path.with_name(SIDE_FILE_NAME)} first."
        )
    try:
        _create(path, origin)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be made: {error.strerror}. Check the disk, then try again.") from error


def _create(path: Path, origin: str | None) -> None:
    """Make the file beside its place, then rename it: a crash leaves none, never a half-made one."""
    making = path.with_name(path.name + ".making")
    for leftover in (making, making.with_name(making.name + "-journal")):
        leftover.unlink(missing_ok=True)
    with in_plain_words(making):
        db = _connect(making, "rwc")
    try:
        _set_pragmas(db)
        with writing(db):
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            MIGRATIONS.apply(db)
            begin_log(db, utc_now(), origin)
    finally:
        db.close()
    making.rename(path)
    sync(path.parent)


def _open_checked(path: Path, origin: str | None) -> Database:
    refuse_empty(path)
    refuse_read_only(path)
    with in_plain_words(path):
        db = _connect(path, "rw")
    try:
        with in_plain_words(path):
            refuse_foreign(db, path)
            refuse_newer(db, path)
            _set_pragmas(db)
        with writing(db):
            MIGRATIONS.apply(db)
            begin_log(db, utc_now(), origin)
        with in_plain_words(path):
            refuse_unguarded(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path, mode: str) -> Database:
    conn = sqlite3.connect(
        _uri(path, mode),
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # threads take turns through `writing`
        factory=WriterConnection,
    )
    # Plug-ins of sqlite-utils that happen to be installed have no business inside the evidence.
    return Database(conn, recursive_triggers=False, execute_plugins=False)


def _set_pragmas(db: Database) -> None:
    for name, value in WRITER_PRAGMAS:
        db.execute(f"PRAGMA {name} = {value}").fetchall()


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"
