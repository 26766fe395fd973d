"""Writes every fact of the evidence, through one function, and answers the poll's questions about them.

Never updates, deletes or rewrites; never fetches or parses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Literal, NamedTuple, cast

from sqlite_utils import Database

from archive.compression import Packed, copied, pack, sha256_of, unpack
from archive.database import writing
from archive.errors import ArchiveError, WithheldError, in_plain_words
from archive.history import (
    KnownAddress,
    LastAccepted,
    PollRecord,
    known_addresses,
    last_accepted,
    last_elsewhere,
    newest_complete_poll,
    newest_poll,
    was_settled,
)
from archive.log import log_fact, next_number
from archive.migrations import NUMBERED, TABLES
from archive.outcomes import Decision, Earlier, outcome_of
from archive.rows import Deposit, Place, Row, capture_row, clean, deposit_row, snapshot_row
from archive.withheld import because
from scraper.model import Capture, Finding

__all__ = [
    "Deposit", "KnownAddress", "LastAccepted", "PollRecord", "Recorded", "append", "begin_poll", "close_interrupted",
    "copy_snapshot", "end_poll", "known_addresses", "last_accepted", "newest_complete_poll", "newest_poll", "read_snapshot",
    "record_capture", "record_deposit", "record_finding", "settle_finding",
]  # fmt: skip

AS_EXPECTED = "what was expected"
"""Found, by a finding that settles the ones before it with the same code, subject and place."""

INTERRUPTED = "The program ended before this poll did. What it had captured is kept."


class Recorded(NamedTuple):
    """What became of one capture or deposit."""

    capture_id: int
    outcome: str
    sha256: str | None
    """Snapshot of the body; None where no body came."""
    is_new_snapshot: bool
    """True where these bytes had never been kept before, from whatever address."""


# ---------------------------------------------------------------- writing


def append(db: Database, table: str, row: Mapping[str, object]) -> int:
    """Write one fact and return its number. Every fact of the evidence, without exception, is written here.

    `row` maps columns to text, whole numbers, bytes or None. Numbered tables get the next number, without gaps.
    Its leaf is added to the log in the same transaction: a fact is kept and logged, or neither.

    Raises TypeError for a value of another type, ValueError for an unknown table, sqlite3.IntegrityError where a rule
    of the tables is broken, ArchiveError where the disk does not take it.
    """
    if table not in TABLES:
        raise ValueError(f"found the table {table!r}, expected one of {', '.join(TABLES)}")
    fact = {column: _storable(column, value) for column, value in row.items()}
    with writing(db):
        if number := NUMBERED.get(table):
            fact[number] = next_number(db, table)
        columns = ", ".join(f'"{column}"' for column in fact)
        marks = ", ".join("?" for _ in fact)
        kept = int(
            db.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', list(fact.values())).lastrowid or 0
        )
        log_fact(db, table, kept)
    return kept


def begin_poll(
    db: Database,
    series: str,
    reason: Literal["due", "asked", "deposit"],
    now: str,
    software: str,
    definition_sha256: str,
) -> int:
    """Open a poll and return its number. `software` names program and version, `definition_sha256` the series file."""
    row = {"series": series, "reason": reason, "started_at": now, "software": software}
    return append(db, "polls", {**row, "definition_sha256": definition_sha256})


def record_capture(db: Database, poll_id: int, series: str, capture: Capture, now: str) -> Recorded:
    """Keep one exchange, whatever came of it: its bytes and its provenance in one transaction, or neither.

    Raises ArchiveError if the poll is unknown or another series', or the disk does not take it.
    """
    # The form on the wire is these bytes compressed: where they are withheld, it must not bring them back.
    wire = None if capture.body is not None and because(db, sha256_of(capture.body)) else capture.wire
    packed = _pack_if_new(db, capture.body, wire)
    sha256 = None if capture.body is None else sha256_of(capture.body)
    with writing(db):
        place = Place(poll_id, series, _software_of(db, poll_id, series), now)
        decision = _compared(db, series, capture, sha256)
        via = _earlier(db, series, capture.request.via_address) if capture.request.via_address else None
        row = capture_row(capture, place, decision, sha256=sha256, via_capture_id=via.capture_id if via else None)
        capture_id = append(db, "captures", row)
        new = _append_snapshots(db, capture_id, packed)
    return Recorded(capture_id, decision.outcome, sha256, sha256 in new)


def record_deposit(db: Database, poll_id: int, deposit: Deposit, now: str) -> Recorded:
    """Keep a file that was handed in, with its origin: bytes and provenance in one transaction, or neither.

    It is compared with earlier deposits of the same name for the same publication, never with fetched files.
    Raises ArchiveError if the poll is unknown or another series', or the disk does not take it.
    """
    packed = _pack_if_new(db, deposit.body, None)
    sha256 = sha256_of(deposit.body)
    with writing(db):
        place = Place(poll_id, deposit.series, _software_of(db, poll_id, deposit.series), now)
        decision = outcome_of("accepted", sha256, _earlier(db, deposit.series, deposit.address), None)
        capture_id = append(db, "captures", deposit_row(deposit, place, decision, sha256=sha256))
        new = _append_snapshots(db, capture_id, packed)
    return Recorded(capture_id, decision.outcome, sha256, sha256 in new)


def record_finding(
    db: Database, finding: Finding, *, poll_id: int | None, capture_id: int | None, series: str | None, now: str
) -> int | None:
    """Keep something a person should look at and return its number.

    None, and nothing written, where the newest finding with the same series, code, subject and place says the same of
    the same snapshot: a standing fault is told once, not at every poll. One that was over in between is told again.
    """
    key = [finding.code, finding.subject, finding.place, series]
    with writing(db):
        newest = db.execute(
            "SELECT found, sha256, capture_id FROM findings WHERE code = ? AND subject = ? AND place = ? AND series IS ? "
            "ORDER BY finding_id DESC LIMIT 1",
            [clean(text) for text in key],
        ).fetchone()
        standing = newest is not None and newest[:2] == (clean(finding.found), finding.sha256)
        if standing and not was_settled(db, newest[2], capture_id, finding.sha256):
            return None
        return append(db, "findings", _finding_row(finding, poll_id, capture_id, series, now))


def settle_finding(db: Database, code: str, subject: str, place: str, series: str | None, now: str) -> int | None:
    """Record that a finding is no longer so, as a finding of its own for information; returns its number.

    None, and nothing written, where the newest finding under that key is for information already, or there is none.
    """
    with writing(db):
        newest = db.execute(
            "SELECT severity FROM findings WHERE code = ? AND subject = ? AND place = ? AND series IS ? "
            "ORDER BY finding_id DESC LIMIT 1",
            [code, clean(subject), clean(place), series],
        ).fetchone()
        if newest is None or newest[0] == "info":
            return None
        settled = Finding(code, "info", subject, place, AS_EXPECTED, AS_EXPECTED)
        return append(db, "findings", _finding_row(settled, None, None, series, now))


def end_poll(
    db: Database,
    poll_id: int,
    outcome: Literal["complete", "incomplete", "interrupted"],
    now: str,
    next_due_at: str | None,
    summary: str,
) -> None:
    """Close a poll; what it captured and found is counted here. A closed poll takes no further captures."""
    with writing(db):
        captures, new_snapshots, findings = _counts(db, poll_id)
        row: Row = {"poll_id": poll_id, "ended_at": now, "outcome": outcome, "next_due_at": next_due_at}
        counts = {"captures": captures, "new_snapshots": new_snapshots, "findings": findings}
        append(db, "poll_ends", {**row, **counts, "summary": summary})


def close_interrupted(db: Database, now: str) -> list[int]:
    """Close every poll that was left open, as one writer may do at its start; returns their numbers."""
    with writing(db):
        rows = db.execute(
            "SELECT poll_id FROM polls WHERE poll_id NOT IN (SELECT poll_id FROM poll_ends) ORDER BY poll_id"
        ).fetchall()
        for (poll_id,) in rows:
            end_poll(db, poll_id, "interrupted", now, None, INTERRUPTED)
    return [poll_id for (poll_id,) in rows]


def read_snapshot(db: Database, sha256: str) -> bytes:
    """The bytes of a snapshot exactly as they were captured, hashed again on the way out.

    Raises WithheldError, an ArchiveError, where they are withheld after a takedown; ArchiveError where there is no such
    snapshot, or the stored bytes do not agree with their name: SQLite's own integrity check does not notice a flipped bit.
    """
    body, codec, size = _kept(db, sha256, "body, codec, bytes")
    return unpack(body, codec=codec, size=size, sha256=sha256)


def copy_snapshot(db: Database, sha256: str, to: IO[bytes]) -> None:
    """The same, written into an open file a piece at a time, so that no body has to be held whole.

    Raises what `read_snapshot` does; what stands in the file by then is to be thrown away.
    """
    number, codec, size = _kept(db, sha256, "snapshot_id, codec, bytes")
    with in_plain_words("archive.db"), db.conn.blobopen("snapshots", "body", number, readonly=True) as stored:
        copied(cast("IO[bytes]", stored), to, codec=codec, size=size, sha256=sha256)


def _kept(db: Database, sha256: str, columns: str) -> tuple[Any, ...]:
    if withheld := because(db, sha256):
        raise WithheldError(f"Snapshot {sha256} is {withheld}. Its hashes and its captures stay.")
    with in_plain_words("archive.db"):
        row = db.execute(f"SELECT {columns} FROM snapshots WHERE sha256 = ?", [sha256]).fetchone()
    if row is None:
        raise ArchiveError(
            f"Snapshot {sha256}: found none of that name, expected the SHA-256 of bytes that were captured. "
            f"Check that it was copied whole: 64 characters, lower case."
        )
    return tuple(row)


# ---------------------------------------------------------------- inside


def _storable(column: str, value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, (int, bytes)):
        return value
    raise TypeError(f"column {column}: found {type(value).__name__}, expected text, a whole number, bytes or None")


def _pack_if_new(db: Database, *bodies: bytes | None) -> list[Packed]:
    """Compressed before the transaction begins, so that readers wait for it no longer than the disk takes."""
    distinct = {sha256_of(body): body for body in bodies if body is not None}
    return [pack(body) for sha256, body in distinct.items() if not _is_kept(db, sha256)]


def _is_kept(db: Database, sha256: str) -> bool:
    with in_plain_words("archive.db"):
        return db.execute("SELECT 1 FROM snapshots WHERE sha256 = ?", [sha256]).fetchone() is not None


def _append_snapshots(db: Database, capture_id: int, packed: list[Packed]) -> set[str]:
    # Asked again inside the transaction: another thread may have kept the same bytes meanwhile.
    new = [one for one in packed if not _is_kept(db, one.sha256)]
    for one in new:
        append(db, "snapshots", snapshot_row(one, capture_id))
    return {one.sha256 for one in new}


def _software_of(db: Database, poll_id: int, series: str) -> str:
    row = db.execute("SELECT series, software FROM polls WHERE poll_id = ?", [poll_id]).fetchone()
    if row is None or row[0] != series:
        found = "no such poll" if row is None else f"a poll of {row[0]}"
        raise ArchiveError(f"Poll {poll_id}: found {found}, expected one of {series}, begun before its captures.")
    return str(row[1])


def _compared(db: Database, series: str, capture: Capture, sha256: str | None) -> Decision:
    last = _earlier(db, series, capture.request.address)
    elsewhere = None if last else last_elsewhere(db, series, capture.request)
    return outcome_of(capture.verdict, sha256, last, elsewhere)


def _earlier(db: Database, series: str, address: str) -> Earlier | None:
    last = last_accepted(db, series, address)
    return Earlier(last.capture_id, last.sha256) if last else None


def _finding_row(finding: Finding, poll_id: int | None, capture_id: int | None, series: str | None, now: str) -> Row:
    names = ("severity", "code", "subject", "place", "found", "expected", "advice", "sha256")
    where: Row = {"found_at": now, "poll_id": poll_id, "capture_id": capture_id, "series": series}
    return {**where, **{name: getattr(finding, name) for name in names}}


def _counts(db: Database, poll_id: int) -> tuple[int, int, int]:
    captures, new_snapshots, findings = db.execute(
        "SELECT (SELECT count(*) FROM captures WHERE poll_id = :poll), "
        "(SELECT count(*) FROM captures JOIN snapshots ON first_capture_id = capture_id WHERE poll_id = :poll), "
        "(SELECT count(*) FROM findings WHERE poll_id = :poll)",
        {"poll": poll_id},
    ).fetchone()
    return captures, new_snapshots, findings
