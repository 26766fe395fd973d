"""Refuses archives that must not be opened: missing, damaged, another program's, too new, unguarded.

Looks only; never mends, makes or writes.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from sqlite_utils import Database

from archive.errors import ArchiveError
from archive.migrations import APPLICATION_ID, VERSION, expected_schema, stored_schema


def refuse_unwritable(directory: Path) -> None:
    """A journal has to be made beside the database, so the directory must be writable, not the file alone."""
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise ArchiveError(
            f"The archive's directory {directory} cannot be written: {error.strerror}; expected a directory in which "
            f"this program may make files. Check its owner, its mode and the space left, or name another one."
        ) from error


def refuse_empty(path: Path) -> None:
    """To SQLite a file of no bytes is a healthy empty database (measured), so it is looked at before SQLite does.

    The file is never opened for that: closing it would take away every lock that SQLite holds on it in this process.
    """
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise missing(path) from error
    except OSError as error:
        raise ArchiveError(f"{path} cannot be looked at: {error.strerror}. Check its owner and mode.") from error
    if not stat.S_ISREG(found.st_mode) or found.st_size == 0:
        kind = "an empty file" if stat.S_ISREG(found.st_mode) else "something that is not a file"
        raise ArchiveError(
            f"{path}: found {kind}, expected an opt-out archive. It was damaged or put there by another program: "
            f"keep it for inspection and restore a backup in its place."
        )


def refuse_read_only(path: Path) -> None:
    """SQLite opens a file that it may not write without a word, and fails at the first fact."""
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise ArchiveError(
            f"{path} may not be written: expected a file of this program's own. Check its owner and mode."
        )


def refuse_foreign(db: Database, path: Path) -> None:
    """Any SQLite file may lie at a mistyped path: ours carry our number in their header."""
    (found,) = db.execute("PRAGMA application_id").fetchone()
    if found != APPLICATION_ID:
        raise ArchiveError(
            f"{path}: found a database of another program (application_id {found}), expected an opt-out archive "
            f"(application_id {APPLICATION_ID}). Name another directory; this file was left as it is."
        )


def refuse_newer(db: Database, path: Path) -> None:
    """A newer program's tables may hold facts in columns that this one would leave empty."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise ArchiveError(
            f"{path}: found tables of version {version}, expected at most {VERSION}, the newest this program knows. "
            f"A newer version of the program has written here: use that one."
        )


def refuse_older(db: Database, path: Path) -> None:
    """A reader may not bring tables up to date; only the writer does."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version < VERSION:
        raise ArchiveError(
            f"{path}: found tables of version {version}, expected {VERSION}. "
            f"Poll once with this version of the program: that brings the archive up to date."
        )


def refuse_unguarded(db: Database, path: Path) -> None:
    """Triggers vanish without a word when a table is rebuilt, as sqlite-utils' `transform` does: so they are compared."""
    stored = stored_schema(db)
    wrong = sorted(name for name, sql in expected_schema().items() if stored.get(name) != sql)
    if wrong:
        raise ArchiveError(
            f"{path}: found these tables or append-only guards missing or altered: {', '.join(wrong)}; expected them "
            f"as this program made them. Something else has changed the archive: keep it for inspection and restore "
            f"a backup."
        )


def missing(path: Path) -> ArchiveError:
    """The refusal of a path where no archive is: a typo must not start an empty one."""
    return ArchiveError(
        f"There is no archive at {path}: found no such file, expected one that was made before. "
        f"Check the directory's spelling; to begin a new archive, start with `optout up` or `optout poll --create`."
    )
