"""Answers what is wrong with a series right now, by the captures and polls of the reading copy.

Never decides whether anybody has to be told: that is for schedules/alarms.py.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import ArchiveError
from archive.history import PollRecord
from archive.standing import OpenFinding, UnreadFile, open_findings, unread_files

RECENT = 20
"""So many of the newest polls are looked back on."""

UNSETTLED = """
WITH newest AS (
  SELECT max(capture_id) AS capture_id FROM captures
  WHERE series = :series AND way = 'http' AND purpose <> 'robots' GROUP BY address
), open AS (
  SELECT c.* FROM newest JOIN captures AS c USING (capture_id)
  WHERE c.outcome IN ('blocked', 'soft_error', 'suspect', 'failed', 'absent')
)
SELECT o.address, o.purpose, o.outcome, o.error_code, o.error_detail, o.robots_sha256, o.link_text,
  min(c.requested_at), count(DISTINCT c.poll_id)
FROM open AS o JOIN captures AS c ON c.address = o.address AND c.series = :series AND c.capture_id > coalesce((
  SELECT max(s.capture_id) FROM captures AS s WHERE s.address = o.address AND s.series = :series
    AND s.outcome IN ('new', 'changed', 'reissued', 'unchanged', 'not_modified')), 0)
GROUP BY o.address ORDER BY o.capture_id
"""


class Unsettled(NamedTuple):
    """An address whose newest answer is not what it is for."""

    address: str
    purpose: str
    outcome: str
    error_code: str | None
    error_detail: str | None
    robots_sha256: str | None
    """The robots.txt that forbids it; None where another thing does, or none could be had."""
    link_text: str | None
    since_at: str
    polls: int
    """Polls in a row that could not settle it."""


class Facts(NamedTuple):
    """What is known of one series now; instants as the archive writes them."""

    series: str
    findings: list[OpenFinding]
    unsettled: list[Unsettled]
    unread: list[UnreadFile]
    polls: list[PollRecord]
    """The newest polls, newest first, an open one too; deposits left out."""
    unread_since: str | None


def facts_of(copy: Database, series: str | None, since: str) -> Facts:
    """What is known of a series; of None, findings that belong to no series. Raises ArchiveError where it cannot be read.

    `since` is the instant before which findings that nobody looks into again are left out.
    """
    try:
        findings = open_findings(copy, series, since)
        if series is None:
            return Facts("", findings, [], [], [], None)
        unsettled = [Unsettled(*row) for row in copy.execute(UNSETTLED, {"series": series})]
        unread = unread_files(copy, series)
        return Facts(series, findings, unsettled, unread, recent_polls(copy, series), _unread_since(copy, unread))
    except sqlite3.DatabaseError as error:
        raise ArchiveError(f"The reading copy cannot be read ({error}); `optout rebuild` makes it anew.") from error


def recent_polls(copy: Database, series: str) -> list[PollRecord]:
    """The newest polls of a series, newest first; deposits left out."""
    rows = copy.execute(
        "SELECT poll_id, series, reason, started_at, software, definition_sha256, ended_at, outcome, captures, new_snapshots,"
        " findings, next_due_at, summary FROM polls WHERE series = ? AND reason <> 'deposit' ORDER BY poll_id DESC LIMIT ?",
        [series, RECENT],
    )
    return [PollRecord(*row) for row in rows]


def _unread_since(copy: Database, unread: list[UnreadFile]) -> str | None:
    times = [
        copy.execute("SELECT min(first_captured_at) FROM files WHERE sha256 = ?", [one.sha256]).fetchone()[0]
        for one in unread
    ]
    return min((one for one in times if one), default=None)
