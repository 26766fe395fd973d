"""Answers how each series stands: its polls, its last change, what is unread, what a person should look at.

Reads the reading copy only; never writes, and never decides when a series is due.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.catalogue import IS_NO_CANARY
from archive.database import ArchiveError
from archive.history import PollRecord
from archive.reading_copy import FILE_NAME, open_reading_copy


class Change(NamedTuple):
    """The newest capture that brought something new or different."""

    seen_at: str
    outcome: str
    address: str


class OpenFinding(NamedTuple):
    """A finding that nothing since has settled."""

    finding_id: int
    found_at: str
    severity: str
    code: str
    subject: str
    place: str
    found: str
    expected: str
    advice: str


class UnreadFile(NamedTuple):
    """A file whose figures were meant to be read and could not be."""

    publication: str
    file_name: str
    sha256: str
    because: str


OPEN_FINDINGS = """
SELECT f.finding_id, f.found_at, f.severity, f.code, f.subject, f.place, f.found, f.expected, f.advice
FROM findings AS f JOIN (SELECT max(finding_id) AS finding_id FROM findings
  WHERE series IS :series GROUP BY code, subject, place) USING (finding_id)
WHERE f.severity <> 'info' AND CASE
  WHEN f.code LIKE 'fetch.%' THEN NOT EXISTS (SELECT 1 FROM captures AS c WHERE c.address = f.subject
    AND c.capture_id > f.capture_id AND c.outcome IN ('new', 'changed', 'reissued', 'unchanged', 'not_modified'))
    AND NOT EXISTS (SELECT 1 FROM captures AS h JOIN quarantine_rulings AS q ON q.sha256 = h.sha256
    WHERE h.capture_id = f.capture_id AND h.outcome = 'suspect' AND h.purpose = 'file')
  WHEN f.code LIKE 'file.%' AND f.sha256 IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM files AS r
    WHERE r.sha256 = f.sha256 AND r.state = 'read')
  WHEN f.capture_id IS NOT NULL AND f.sha256 IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM captures AS c
    JOIN captures AS o ON o.capture_id = f.capture_id WHERE c.address = o.address AND c.capture_id > f.capture_id
    AND c.outcome IN ('new', 'changed', 'reissued', 'unchanged') AND c.sha256 <> f.sha256)
  WHEN substr(f.code, 1, instr(f.code, '.')) IN ('publication.', 'canary.', 'poll.', 'log.', 'disk.') THEN 1
  ELSE f.found_at >= :since END
ORDER BY f.finding_id DESC
"""
"""Open findings of `:series` (null: of none); those that are looked into at every poll have no age."""


def reading_copy_for_status(directory: Path) -> Database:
    """The reading copy, to look at it. Raises ArchiveError where there is none, or it cannot be read."""
    if not (directory / FILE_NAME).is_file():
        raise ArchiveError(
            f"{directory}: found no archive; expected one that `optout up` or `optout poll --create` made. "
            "Name its directory with --data."
        )
    return open_reading_copy(directory)


def newest_polls(copy: Database, series: str) -> tuple[PollRecord | None, PollRecord | None]:
    """The newest poll of a series, and the newest complete one; deposits are left out, since they look at nothing."""
    return _newest(copy, series, complete=False), _newest(copy, series, complete=True)


def _newest(copy: Database, series: str, *, complete: bool) -> PollRecord | None:
    row = copy.execute(
        "SELECT poll_id, series, reason, started_at, software, definition_sha256, ended_at, outcome, captures, new_snapshots,"
        " findings, next_due_at, summary FROM polls WHERE series = ? AND reason <> 'deposit'"
        " AND (outcome = 'complete' OR NOT ?) ORDER BY poll_id DESC LIMIT 1",
        [series, complete],
    ).fetchone()
    return PollRecord(*row) if row else None


def blind_periods(copy: Database, series: str, since: str, now: str) -> list[tuple[str, str | None]]:
    """Times since an instant in which nobody looked through a series, oldest first; None where it is still so at `now`."""
    rows = copy.execute(
        "SELECT since_at, until_at FROM poll_gaps WHERE series = ? AND coalesce(until_at, ?) >= ?"
        " AND (until_at IS NOT NULL OR late_from_at < ?) ORDER BY since_at",
        [series, now, since, now],
    )
    return [(row[0], row[1]) for row in rows]


def last_change(copy: Database, series: str) -> Change | None:
    """What last came that was new or different: a page, a file, a deposit."""
    row = copy.execute(
        "SELECT completed_at, outcome, address FROM captures AS c WHERE series = ? AND purpose <> 'robots'"
        f" AND {IS_NO_CANARY}"
        " AND outcome IN ('new', 'changed', 'reissued') ORDER BY capture_id DESC LIMIT 1",
        [series],
    ).fetchone()
    return Change(*row) if row else None


def open_findings(copy: Database, series: str | None, since: str) -> list[OpenFinding]:
    """Errors and warnings that nothing has settled, newest first, each once.

    The newest finding with one code, subject and place says how that stands; one for information settles those before it.
    Besides, a fetch is settled by a later answer of the same address, or by a ruling about the bytes that it brought; a
    finding about a file by its being read; one about a page by another body of that page; one that nobody looks into again
    by its age, being older than `since`.
    """
    return [OpenFinding(*row) for row in copy.execute(OPEN_FINDINGS, {"series": series, "since": since})]


def page_sizes(copy: Database, series: str, address: str) -> tuple[int, ...]:
    """Bytes of the last ten accepted bodies of a page in earlier polls, oldest first."""
    rows = copy.execute(
        "SELECT bytes FROM (SELECT capture_id, bytes FROM captures WHERE series = ? AND address = ? AND bytes IS NOT NULL"
        " AND outcome IN ('new', 'changed', 'unchanged') ORDER BY capture_id DESC LIMIT 10) ORDER BY capture_id",
        [series, address],
    )
    return tuple(row[0] for row in rows)


def unread_files(copy: Database, series: str) -> list[UnreadFile]:
    """Files that should have been read and were not, and why."""
    rows = copy.execute(
        "SELECT publication, file_name, sha256, coalesce(unread_because, '') FROM unread_files"
        " WHERE series = ? AND state = 'unread' ORDER BY publication, file_name",
        [series],
    )
    return [UnreadFile(*row) for row in rows]


def newest_release_on(copy: Database, series: str) -> str | None:
    """The day, YYYY-MM-DD, on which the newest release that is out was published; None where no day is known."""
    row = copy.execute(
        "SELECT max(published_on) FROM releases WHERE series = ? AND state <> 'upcoming'", [series]
    ).fetchone()
    return row[0] if row else None


def other_series(copy: Database, known: tuple[str, ...]) -> list[str]:
    """Series that have been polled here and have no file in the schedules folder any more."""
    try:
        rows = copy.execute("SELECT DISTINCT series FROM polls ORDER BY series").fetchall()
    except sqlite3.OperationalError as error:
        raise ArchiveError(f"The reading copy cannot be read ({error}); `optout rebuild` makes it anew.") from error
    return [row[0] for row in rows if row[0] not in known]
