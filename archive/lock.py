"""The side file beside archive.db: the lock of its one writer, and the note that an archive was made here.

Never opens the database, and never removes itself: a lock file that goes and comes back lets two writers in.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from archive.errors import ArchiveError

SIDE_FILE_NAME = "archive.lock"
MADE_HERE = "archive.db was made beside this file"


def take_lock(directory: Path) -> IO[str]:
    """Lock the side file in `directory` for as long as the returned file stays open; the system lets go at any end.

    Raises ArchiveError where another writer holds it, naming its process, or the side file cannot be opened.
    """
    path = directory / SIDE_FILE_NAME
    try:
        lock = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise ArchiveError(
            f"The writer's side file {path} cannot be opened: {error.strerror}. Check its owner and mode."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = (_text(lock).splitlines() or ["another process"])[0]
        lock.close()
        raise ArchiveError(
            f"{directory} is being written by {holder}; expected to be its only writer. "
            f"Wait until that one ends, or end it, then try again. Reading is possible meanwhile."
        ) from error
    return lock


def says_made(lock: IO[str]) -> bool:
    """Whether an archive has stood beside this side file before."""
    return MADE_HERE in _text(lock)


def note_holder(lock: IO[str]) -> None:
    """Write who holds the lock, and that an archive stands here: for the message of the next refusal."""
    lock.truncate(0)
    lock.write(f"process {os.getpid()}\n{MADE_HERE}\n")
    lock.flush()


def _text(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read()
