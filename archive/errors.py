"""The one error of the archive, and what SQLite says put into plain words.

Decides nothing: who opens, writes or reads raises it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ArchiveError(Exception):
    """The archive cannot be used as asked. The message says what, what was found, what was expected, what to do."""


class WithheldError(ArchiveError):
    """The bytes are withheld after a takedown. The message says since when and why."""


class TooLargeError(ArchiveError):
    """What was asked for is there, and larger than whoever asked may be given. The message says how large, and the bound."""


@contextmanager
def in_plain_words(path: Path | str) -> Iterator[None]:
    """Whatever SQLite says while the archive at `path` is read becomes an ArchiveError that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, error) from error


def not_written(error: sqlite3.DatabaseError) -> ArchiveError:
    """What a writer says when SQLite could not keep a record."""
    return ArchiveError(
        f"The archive could not be written: {error}. Everything before is safe; the record in hand was not kept, or, "
        f"where only the very last step failed, was kept whole. Check the space left on the disk, its health, and "
        f"what else has the file open, then try again."
    )


def _unreadable(path: Path | str, error: sqlite3.DatabaseError) -> ArchiveError:
    said = str(error)
    if "readonly" in said or "unable to open" in said:
        found, advice = (
            f"needs recovery: a writer was ended in the middle of a record ({said}).",
            "Start the poller once: it puts the file right before anything else; then read again.",
        )
    elif "locked" in said:
        found, advice = f"is in use: {said}; expected to get a turn.", "End what holds it, or wait, then try again."
    else:
        found, advice = (
            f"cannot be read: {said}; expected a sound opt-out archive.",
            "It is damaged, or was put there by another program: keep it for inspection and restore a backup.",
        )
    return ArchiveError(f"{path} {found} {advice}")
