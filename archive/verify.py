"""Verifies an archive: has file, log, rows, instants, checkpoints, anchors and bytes checked, and says what came of it.

Needs no network and no secret, takes no writer's lock, and never writes or repairs.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from archive.database import FILE_NAME
from archive.notes import Verifier
from archive.verify_anchors import (
    Checked,
    Outside,
    TokenChecker,
    Vouched,
    check_anchors,
    check_brought,
    read_anchors,
    read_brought,
)
from archive.verify_bodies import ReadBodies, check_bodies, check_references, newest_snapshot
from archive.verify_checkpoints import (
    check_checkpoints,
    check_given_keys,
    check_state,
    read_signing,
    read_state,
    state_size,
)
from archive.verify_codes import BROKEN, SOUND, UNANCHORED, Problems
from archive.verify_file import is_readable, is_there, reading, told, transaction
from archive.verify_log import Walked, walk
from archive.verify_times import Times

MAX_AGE = timedelta(hours=25)
"""An archive is anchored once a day; an hour for the authority to answer."""


@dataclass(frozen=True)
class Asked:
    """What is to be verified, and against what."""

    directory: Path
    now: datetime
    outside: tuple[Outside, ...] = ()
    """Checkpoints that came from elsewhere."""
    keys: tuple[Verifier, ...] = ()
    """Public keys that came from elsewhere."""
    bodies: bool = True
    """Whether the bytes of snapshots are read as well."""
    max_age: timedelta = MAX_AGE
    check_token: TokenChecker | None = None
    most: int | None = None
    """Problems of each code that are kept; all are counted."""

    @property
    def path(self) -> Path:
        """The database."""
        return self.directory / FILE_NAME


class Verified(NamedTuple):
    """What came of it."""

    problems: Problems
    entries: int | None
    """Entries of the log; None where it could not be read to its end."""
    bodies: ReadBodies | None
    """None where the bytes were not read."""
    vouched: tuple[Vouched, ...]
    """What outside parties vouch for, the largest and then the newest last."""
    age: timedelta | None
    """Of the newest of them."""
    max_age: timedelta

    @property
    def status(self) -> int:
        """Exit status: SOUND, BROKEN or UNANCHORED."""
        if self.problems.are_errors or self.entries is None:
            return BROKEN
        return UNANCHORED if self.age is None or self.age > self.max_age else SOUND


def verify(asked: Asked) -> Verified:
    """Verify an archive, and change nothing.

    Raises ArchiveError where that cannot be done: a file that may not be read, is in use for too long, is older than this
    program's tables, or has to be recovered by its writer first. None of these is damage.
    """
    problems = Problems(asked.most)
    walked: Walked | None = None
    vouched: tuple[Vouched, ...] = ()
    bodies: ReadBodies | None = None
    if is_there(asked.path, problems):
        with reading(asked.path) as conn, told(problems, asked.path):
            readable, newest, checked = _look_at_file(conn, asked, problems)
            if readable:
                with Bodies(asked, newest) as reader:
                    walked, vouched = _look_at_log(conn, asked, checked, problems)
                    bodies = reader.read(problems)
    vouched = tuple(sorted(vouched, key=lambda one: (one.size, one.at)))
    age = asked.now - max(datetime.fromisoformat(one.at) for one in vouched) if vouched else None
    return Verified(problems, walked.size if walked else None, bodies, vouched, age, asked.max_age)


def _look_at_file(conn: sqlite3.Connection, asked: Asked, problems: Problems) -> tuple[bool, int, Checked]:
    """The file as a file, and the anchors in it: asking about each time stamp takes long, and holds up no writer."""
    with transaction(conn):
        if not is_readable(conn, asked.path, problems):
            return False, 0, Checked((), ())
        newest, anchors = newest_snapshot(conn), read_anchors(conn)
    return True, newest, check_anchors(anchors, asked.check_token, problems)


def _look_at_log(
    conn: sqlite3.Connection, asked: Asked, checked: Checked, problems: Problems
) -> tuple[Walked, tuple[Vouched, ...]]:
    """Everything that is logged and signed, in one reading."""
    state = read_state(asked.directory)
    with transaction(conn):
        signing = read_signing(conn)
        brought = read_brought(asked.outside, asked.keys, signing, problems)
        annotated = frozenset(row[0] for row in conn.execute("SELECT entry FROM annotations WHERE entry IS NOT NULL"))
        times = Times(problems, annotated, checked.bounds, _stood_before(conn))
        sizes = {kept.size for kept in signing.checkpoints} | {one.stated.size for one in brought}
        walked = walk(conn, sizes | {state_size(state, signing) or 0}, times, problems)
        check_references(conn, problems)
    check_given_keys(asked.keys, signing, problems)
    check_checkpoints(signing, walked, annotated, problems)
    check_state(state, signing, walked, problems)
    return walked, (*checked.vouched, *check_brought(brought, walked, problems))


def _stood_before(conn: sqlite3.Connection) -> int:
    """How many facts were logged at once when the log began: the order of their instants says nothing."""
    row = conn.execute("SELECT stood_before FROM genesis").fetchone()
    try:
        return sum(json.loads(row[0]).values())
    except (ValueError, TypeError, AttributeError):
        return 0  # no genesis, or another one than was logged: told by its entry


class Bodies:
    """Reads the bytes on a second processor while the log is walked: hashing does not hold the interpreter."""

    def __init__(self, asked: Asked, newest: int) -> None:
        self._asked, self._newest = asked, newest
        self._problems, self._stop = Problems(asked.most), threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="bodies")

    def __enter__(self) -> Bodies:
        self._work = self._pool.submit(self._run) if self._asked.bodies else None
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown()

    def _run(self) -> ReadBodies | None:
        with reading(self._asked.path) as conn, told(self._problems, self._asked.path):
            return check_bodies(conn, self._newest, self._stop, self._problems)
        return None

    def read(self, problems: Problems) -> ReadBodies | None:
        """Wait for the end; how much was read. Raises ArchiveError as verify does."""
        read = self._work.result() if self._work else None
        problems.take(self._problems)
        return read
