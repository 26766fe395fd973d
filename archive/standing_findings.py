"""Answers which findings still stand, by the evidence itself, so that a poll can say when one no longer does.

Reads only; never decides whether something is as it should be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from archive.outcomes import ACCEPTED
from archive.rows import clean


class StandingFinding(NamedTuple):
    """An error or a warning that no later finding for information has settled."""

    code: str
    subject: str
    place: str
    capture_id: int | None
    """The capture that it was first found in, since it was last as expected."""


def standing_findings(db: Database, series: str) -> list[StandingFinding]:
    """Every finding of a series that still stands, in the order in which they were found."""
    rows = db.execute(
        "SELECT f.code, f.subject, f.place, min(f.capture_id) FROM findings AS f"
        " WHERE f.series = ? AND f.severity <> 'info' AND f.finding_id > coalesce((SELECT max(i.finding_id) FROM findings AS i"
        "  WHERE i.code = f.code AND i.subject = f.subject AND i.place = f.place AND i.series = f.series"
        "  AND i.severity = 'info'), 0)"
        " GROUP BY f.code, f.subject, f.place ORDER BY min(f.finding_id)",
        [series],
    )
    return [StandingFinding(*row) for row in rows]


def accepted_before(db: Database, series: str, address: str, capture_id: int, until: str | None = None) -> str | None:
    """SHA-256 of the newest body of an address that was accepted before a capture; None where there was none.

    With `until` only bodies count that were asked for at that instant or before.
    """
    row = db.execute(
        "SELECT sha256 FROM captures WHERE series = ? AND address = ? AND capture_id < ? AND requested_at <= coalesce(?, '9')"
        " AND outcome IN (SELECT value FROM json_each(?)) ORDER BY capture_id DESC LIMIT 1",
        [series, clean(address), capture_id, until, json.dumps(ACCEPTED)],
    ).fetchone()
    return row[0] if row else None


def by_subject(standing: Iterable[StandingFinding]) -> dict[str, dict[tuple[str, str], int | None]]:
    """The same by subject: (code, place) to the capture that it was first found in."""
    found: dict[str, dict[tuple[str, str], int | None]] = {}
    for one in standing:
        found.setdefault(one.subject, {})[one.code, one.place] = one.capture_id
    return found
