"""Answers the poll's questions about what was captured before: last accepted body, known addresses, newest poll.

Reads only; never writes a fact, and never decides what a new capture is.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlite_utils import Database

from archive.outcomes import ACCEPTED, CONFIRMING, Earlier
from archive.rows import clean, file_name_of
from scraper.model import Request


class LastAccepted(NamedTuple):
    """The newest accepted body of an address, and the validators the next request may send."""

    capture_id: int
    sha256: str
    etag: str | None
    last_modified: str | None
    requested_at: str
    bytes: int = 0


class KnownAddress(NamedTuple):
    """An address that has been captured, as its newest capture describes it."""

    address: str
    purpose: str
    publication: str | None
    link_text: str | None
    link_href: str | None
    file_name: str | None
    via_address: str | None
    first_at: str
    last_at: str
    last_outcome: str


class PollRecord(NamedTuple):
    """One poll, and how it ended: the fields from `ended_at` on are None while it is open."""

    poll_id: int
    series: str
    reason: str
    started_at: str
    software: str
    definition_sha256: str
    ended_at: str | None
    outcome: str | None
    captures: int | None
    new_snapshots: int | None
    findings: int | None
    next_due_at: str | None
    summary: str | None


def last_accepted(db: Database, series: str, address: str) -> LastAccepted | None:
    """Newest accepted capture of an address, or None.

    Its validators are None where any later capture of the address was neither accepted nor `not_modified`: after a
    failed, blocked or suspect answer the next request must be unconditional, so that it brings bytes.
    """
    row = db.execute(
        "SELECT capture_id, sha256, etag, last_modified, requested_at, bytes FROM captures WHERE series = ? AND address = ? "
        "AND outcome IN (SELECT value FROM json_each(?)) ORDER BY capture_id DESC LIMIT 1",
        [series, clean(address), json.dumps(ACCEPTED)],
    ).fetchone()
    if row is None:
        return None
    last = LastAccepted(*row)
    doubtful = db.execute(
        "SELECT 1 FROM captures WHERE series = ? AND address = ? AND capture_id > ? "
        "AND outcome NOT IN (SELECT value FROM json_each(?)) LIMIT 1",
        [series, clean(address), last.capture_id, json.dumps(CONFIRMING)],
    ).fetchone()
    return last._replace(etag=None, last_modified=None) if doubtful else last


def last_elsewhere(db: Database, series: str, request: Request) -> Earlier | None:
    """Newest accepted capture of a file with the same publication, link text and file name at another address."""
    file_name = file_name_of(request.address)
    if request.purpose != "file" or request.publication is None or file_name is None:
        return None
    row = db.execute(
        "SELECT capture_id, sha256 FROM captures WHERE series = ? AND publication = ? AND file_name = ? "
        "AND link_text IS ? AND address != ? AND purpose = 'file' AND way = 'http' "
        "AND outcome IN (SELECT value FROM json_each(?)) ORDER BY capture_id DESC LIMIT 1",
        [
            series,
            *(clean(text) for text in (request.publication, file_name, request.link_text, request.address)),
            json.dumps(ACCEPTED),
        ],
    ).fetchone()
    return Earlier(*row) if row else None


def was_settled(db: Database, told: int | None, now: int | None, sha256: str | None) -> bool:
    """Whether the address of capture `now` gave a good answer between a finding's capture `told` and this one.

    Good is any accepted body other than the one the finding is about, `sha256`. False where either capture is unknown.
    """
    row = db.execute(
        "SELECT 1 FROM captures AS n JOIN captures AS c ON c.series = n.series AND c.address = n.address "
        "WHERE n.capture_id = ? AND c.capture_id > ? AND c.capture_id < n.capture_id "
        "AND c.outcome IN (SELECT value FROM json_each(?)) AND (? IS NULL OR c.sha256 IS NOT ?) LIMIT 1",
        [now, told, json.dumps(CONFIRMING), sha256, sha256],
    ).fetchone()
    return row is not None


def known_addresses(db: Database, series: str) -> list[KnownAddress]:
    """Every address ever fetched for a series, in the order of their first capture, robots.txt files included.

    `first_at` and `last_at` are when its first and newest capture were requested. Deposits have no address to fetch.
    """
    rows = db.execute(
        "SELECT c.address, c.purpose, c.publication, c.link_text, c.link_href, c.file_name, c.via_address, "
        "f.requested_at, c.requested_at, c.outcome "
        "FROM (SELECT min(capture_id) AS first, max(capture_id) AS last FROM captures "
        "      WHERE series = ? AND way = 'http' GROUP BY address) "
        "JOIN captures AS f ON f.capture_id = first JOIN captures AS c ON c.capture_id = last ORDER BY first",
        [series],
    ).fetchall()
    return [KnownAddress(*row) for row in rows]


def newest_poll(db: Database, series: str) -> PollRecord | None:
    """The newest poll of a series, open or ended. Deposits are left out: they look at nothing."""
    return _newest(db, series, complete_only=False)


def newest_complete_poll(db: Database, series: str) -> PollRecord | None:
    """The newest poll of a series that ended complete. Deposits are left out: they look at nothing."""
    return _newest(db, series, complete_only=True)


def _newest(db: Database, series: str, *, complete_only: bool) -> PollRecord | None:
    row = db.execute(
        "SELECT poll_id, series, reason, started_at, software, definition_sha256, ended_at, outcome, captures, "
        "new_snapshots, findings, next_due_at, summary FROM polls LEFT JOIN poll_ends USING (poll_id) "
        "WHERE series = ? AND reason != 'deposit' AND (outcome = 'complete' OR NOT ?) ORDER BY poll_id DESC LIMIT 1",
        [series, complete_only],
    ).fetchone()
    return PollRecord(*row) if row else None
