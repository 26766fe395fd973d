"""The tables of archive.db and the triggers that keep them append-only: every change of them, numbered, in order.

Never rebuilds a table: sqlite-utils' `transform` does, and loses its triggers without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from sqlite_utils import Database, Migrations

APPLICATION_ID = 1313820481
"""Marks the file as an opt-out archive (PRAGMA application_id; the four letters `NOOA`)."""

MIGRATIONS = Migrations("opt_out_evidence")

HEX_64 = "length({0}) = 64 AND {0} NOT GLOB '*[^0-9a-f]*'"
INSTANT = "{0} GLOB '????-??-??T??:??:??.??????Z'"
DAY = "{0} GLOB '????-??-??'"

POLLS = f"""
CREATE TABLE polls (
  poll_id INTEGER PRIMARY KEY,
  series TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('due', 'asked', 'deposit')),
  started_at TEXT NOT NULL CHECK ({INSTANT.format("started_at")}),
  software TEXT NOT NULL,
  definition_sha256 TEXT NOT NULL
) STRICT
"""

POLL_ENDS = f"""
CREATE TABLE poll_ends (
  poll_id INTEGER PRIMARY KEY REFERENCES polls (poll_id),
  ended_at TEXT NOT NULL CHECK ({INSTANT.format("ended_at")}),
  outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'incomplete', 'interrupted')),
  captures INTEGER NOT NULL CHECK (captures >= 0),
  new_snapshots INTEGER NOT NULL CHECK (new_snapshots >= 0),
  findings INTEGER NOT NULL CHECK (findings >= 0),
  next_due_at TEXT CHECK ({INSTANT.format("next_due_at")}),
  summary TEXT NOT NULL
) STRICT
"""

# The reference to snapshots is checked at commit: a snapshot names its first capture, so the capture comes first.
CAPTURES = f"""
CREATE TABLE captures (
  capture_id INTEGER PRIMARY KEY,
  poll_id INTEGER NOT NULL REFERENCES polls (poll_id),
  series TEXT NOT NULL,
  way TEXT NOT NULL CHECK (way IN ('http', 'deposit')),
  outcome TEXT NOT NULL CHECK (outcome IN ('new', 'changed', 'reissued', 'unchanged', 'not_modified', 'absent',
    'blocked', 'soft_error', 'suspect', 'failed')),
  purpose TEXT NOT NULL CHECK (purpose IN ('robots', 'series_page', 'publication_page', 'further_page', 'file')),
  publication TEXT,
  address TEXT NOT NULL,
  final_address TEXT,
  requested_at TEXT NOT NULL CHECK ({INSTANT.format("requested_at")}),
  first_byte_at TEXT CHECK ({INSTANT.format("first_byte_at")}),
  completed_at TEXT NOT NULL CHECK ({INSTANT.format("completed_at")}),
  duration_ms INTEGER NOT NULL,
  method TEXT NOT NULL,
  status INTEGER,
  sha256 TEXT REFERENCES snapshots (sha256) DEFERRABLE INITIALLY DEFERRED,
  bytes INTEGER,
  file_name TEXT,
  link_text TEXT,
  link_href TEXT,
  via_address TEXT,
  via_capture_id INTEGER REFERENCES captures (capture_id),
  previous_capture_id INTEGER REFERENCES captures (capture_id),
  complete_by TEXT NOT NULL CHECK (complete_by IN ('length', 'chunked', 'digest', 'codec', 'unproved', 'none')),
  truncated TEXT CHECK (truncated IN ('length', 'time', 'disconnect', 'unspecified')),
  content_type TEXT,
  content_encoding TEXT,
  sniffed_type TEXT,
  declared_bytes INTEGER,
  wire_sha256 TEXT,
  wire_bytes INTEGER,
  etag TEXT,
  last_modified TEXT,
  server_date TEXT,
  retry_after_ms INTEGER,
  representation_digest TEXT,
  remote_ip TEXT,
  http_version TEXT,
  tls_version TEXT,
  tls_cipher TEXT,
  tls_certificate_sha256 TEXT,
  redirects TEXT NOT NULL CHECK (json_valid(redirects)),
  checks TEXT NOT NULL CHECK (json_valid(checks)),
  robots_sha256 TEXT,
  robots_rule TEXT,
  error_code TEXT,
  error_detail TEXT,
  origin TEXT,
  published_on TEXT CHECK ({DAY.format("published_on")}),
  software TEXT NOT NULL,
  recorded_at TEXT NOT NULL CHECK ({INSTANT.format("recorded_at")}),
  request_head BLOB NOT NULL,
  response_head BLOB NOT NULL
) STRICT
"""

# The body stands last, so that the small columns of a row are read without walking through it.
SNAPSHOTS = f"""
CREATE TABLE snapshots (
  snapshot_id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE CHECK ({HEX_64.format("sha256")}),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  sha512 TEXT NOT NULL CHECK (length(sha512) = 128),
  sha1_b32 TEXT NOT NULL CHECK (length(sha1_b32) = 32),
  first_capture_id INTEGER NOT NULL REFERENCES captures (capture_id),
  codec TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT
"""

FINDINGS = f"""
CREATE TABLE findings (
  finding_id INTEGER PRIMARY KEY,
  found_at TEXT NOT NULL CHECK ({INSTANT.format("found_at")}),
  poll_id INTEGER REFERENCES polls (poll_id),
  capture_id INTEGER REFERENCES captures (capture_id),
  series TEXT,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
  code TEXT NOT NULL,
  subject TEXT NOT NULL,
  place TEXT NOT NULL,
  found TEXT NOT NULL,
  expected TEXT NOT NULL,
  advice TEXT NOT NULL,
  sha256 TEXT
) STRICT
"""

INDEXES = (
    "CREATE INDEX polls_by_series ON polls (series, poll_id)",
    "CREATE INDEX captures_by_poll ON captures (poll_id)",
    "CREATE INDEX captures_by_address ON captures (series, address, capture_id)",
    "CREATE INDEX captures_by_sha256 ON captures (sha256) WHERE sha256 IS NOT NULL",
    "CREATE INDEX captures_by_name ON captures (series, publication, file_name, capture_id) WHERE purpose = 'file'",
    "CREATE INDEX snapshots_by_capture ON snapshots (first_capture_id)",
    "CREATE INDEX findings_by_poll ON findings (poll_id) WHERE poll_id IS NOT NULL",
    "CREATE INDEX findings_by_subject ON findings (code, subject, place, finding_id)",
)

GENESIS = f"""
CREATE TABLE genesis (
  genesis_id INTEGER PRIMARY KEY CHECK (genesis_id = 1),
  begun_at TEXT NOT NULL CHECK ({INSTANT.format("begun_at")}),
  origin TEXT NOT NULL,
  promise TEXT NOT NULL,
  stood_before TEXT NOT NULL CHECK (json_valid(stood_before))
) STRICT
"""

ANNOTATIONS = f"""
CREATE TABLE annotations (
  annotation_id INTEGER PRIMARY KEY,
  made_at TEXT NOT NULL CHECK ({INSTANT.format("made_at")}),
  entry INTEGER REFERENCES log (entry),
  text TEXT NOT NULL,
  made_by TEXT NOT NULL
) STRICT
"""

TAKEDOWNS = f"""
CREATE TABLE takedowns (
  takedown_id INTEGER PRIMARY KEY,
  made_at TEXT NOT NULL CHECK ({INSTANT.format("made_at")}),
  sha256 TEXT NOT NULL REFERENCES snapshots (sha256),
  reason TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  legal_ground TEXT NOT NULL,
  reviewed_by TEXT NOT NULL
) STRICT
"""

KEYS = f"""
CREATE TABLE keys (
  key_number INTEGER PRIMARY KEY,
  announced_at TEXT NOT NULL CHECK ({INSTANT.format("announced_at")}),
  verifier TEXT NOT NULL UNIQUE,
  replaces INTEGER REFERENCES keys (key_number),
  reason TEXT NOT NULL
) STRICT
"""

ANCHORS = f"""
CREATE TABLE anchors (
  anchor_id INTEGER PRIMARY KEY,
  got_at TEXT NOT NULL CHECK ({INSTANT.format("got_at")}),
  size INTEGER NOT NULL REFERENCES checkpoints (size),
  kind TEXT NOT NULL CHECK (kind IN ('rfc3161', 'git', 'cosignature', 'other')),
  party TEXT NOT NULL,
  evidence BLOB NOT NULL
) STRICT
"""

RESTORES = f"""
CREATE TABLE restores (
  restore_id INTEGER PRIMARY KEY,
  made_at TEXT NOT NULL CHECK ({INSTANT.format("made_at")}),
  source TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0),
  root TEXT NOT NULL CHECK ({HEX_64.format("root")}),
  reason TEXT NOT NULL
) STRICT
"""

# The log: one leaf for each fact above, in the order in which they were kept. fact_table and fact_number say which.
LOG = """
CREATE TABLE log (
  entry INTEGER PRIMARY KEY CHECK (entry >= 0),
  fact_table TEXT NOT NULL,
  fact_number INTEGER NOT NULL,
  leaf TEXT NOT NULL CHECK (json_valid(leaf) AND length(CAST(leaf AS BLOB)) <= 65535),
  leaf_hash BLOB NOT NULL UNIQUE CHECK (length(leaf_hash) = 32),
  UNIQUE (fact_table, fact_number)
) STRICT
"""

# What was signed about the log. Not a fact of the log: it is about it.
CHECKPOINTS = f"""
CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  root BLOB NOT NULL CHECK (length(root) = 32),
  note TEXT NOT NULL,
  made_at TEXT NOT NULL CHECK ({INSTANT.format("made_at")})
) STRICT
"""

FIRST_NUMBERED = {"polls": "poll_id", "captures": "capture_id", "snapshots": "snapshot_id", "findings": "finding_id"}
LATER_NUMBERED = {
    "genesis": "genesis_id", "annotations": "annotation_id", "takedowns": "takedown_id", "keys": "key_number",
    "anchors": "anchor_id", "restores": "restore_id",
}  # fmt: skip

NUMBERED = {**FIRST_NUMBERED, **LATER_NUMBERED}
"""Tables whose rows are numbered 1, 2, 3 … without a gap, and the column that holds the number."""

NUMBERS = {**NUMBERED, "poll_ends": "poll_id"}
"""Every table of facts, and the column by which one of its rows is found."""

TABLES = tuple(NUMBERS)
"""Every table of facts."""

RECORDED = {
    "genesis": "begun_at", "polls": "started_at", "poll_ends": "ended_at", "captures": "recorded_at", "findings": "found_at",
    "annotations": "made_at", "takedowns": "made_at", "keys": "announced_at", "anchors": "got_at", "restores": "made_at",
}  # fmt: skip
"""Table to the column that says when the fact was recorded. A snapshot is recorded with its capture."""

FIRST_TABLES = (*FIRST_NUMBERED, "poll_ends")


def guards() -> tuple[str, ...]:
    """The triggers that refuse every change but the next new row; they fire before REPLACE could remove anything.

    A guard against accidents and our own faults. Against somebody who means harm, only hashes known elsewhere help.
    """
    return (
        *(_refuse_all(table, verb) for table in FIRST_TABLES for verb in ("UPDATE", "DELETE")),
        *(_only_next(table, number) for table, number in FIRST_NUMBERED.items()),
        _refuse_new("poll_ends", "once", "EXISTS (SELECT 1 FROM poll_ends WHERE poll_id = NEW.poll_id)"),
        _refuse_new("snapshots", "once", "EXISTS (SELECT 1 FROM snapshots WHERE sha256 = NEW.sha256)"),
        _refuse_new("captures", "while_open", "EXISTS (SELECT 1 FROM poll_ends WHERE poll_id = NEW.poll_id)"),
    )


def guards_of_the_log() -> tuple[str, ...]:
    """The same for the tables that came with the log."""
    return (
        *(_refuse_all(t, verb) for t in (*LATER_NUMBERED, "log", "checkpoints") for verb in ("UPDATE", "DELETE")),
        *(_only_next(table, number) for table, number in LATER_NUMBERED.items()),
        _refuse_new("log", "next", "NEW.entry IS NOT (SELECT coalesce(max(entry), -1) + 1 FROM log)"),
        _refuse_new("log", "once", "EXISTS (SELECT 1 FROM log WHERE leaf_hash = NEW.leaf_hash)"),
        _refuse_new(
            "log",
            "of_one_fact",
            "EXISTS (SELECT 1 FROM log WHERE fact_table = NEW.fact_table AND fact_number = NEW.fact_number)",
        ),
        _refuse_new("keys", "once", "EXISTS (SELECT 1 FROM keys WHERE verifier = NEW.verifier)"),
        _refuse_new(
            "checkpoints",
            "growing",
            "NEW.size <= (SELECT coalesce(max(size), 0) FROM checkpoints) OR NEW.size > (SELECT count(*) FROM log)",
        ),
    )


WITHHOLD = """
CREATE TRIGGER snapshots_no_update BEFORE UPDATE ON snapshots
WHEN NOT (
  EXISTS (SELECT 1 FROM takedowns WHERE sha256 = OLD.sha256) AND length(NEW.body) = 0
  AND NEW.snapshot_id IS OLD.snapshot_id AND NEW.sha256 IS OLD.sha256 AND NEW.bytes IS OLD.bytes
  AND NEW.sha512 IS OLD.sha512 AND NEW.sha1_b32 IS OLD.sha1_b32
  AND NEW.first_capture_id IS OLD.first_capture_id AND NEW.codec IS OLD.codec
)
BEGIN SELECT RAISE(ABORT, 'append-only: snapshots are never changed (update)'); END
"""
"""The one change there is: the bytes of a snapshot may go, after a takedown that says why was logged; its hashes stay."""


def _refuse_all(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {table} are never changed ({verb.lower()})'); END"
    )


def _only_next(table: str, number: str) -> str:
    # A number given by hand, an old one, a gap, or none (SQLite then shows the trigger -1): all are refused.
    condition = f"NEW.{number} IS NOT (SELECT coalesce(max({number}), 0) + 1 FROM {table})"
    return _refuse_new(table, "next", condition)


def _refuse_new(table: str, name: str, condition: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: not the next new row of {table} ({name})'); END"
    )


@MIGRATIONS()
def m001_first_tables(db: Database) -> None:
    """Polls and their ends, captures, snapshots, findings; all append-only."""
    for statement in (POLLS, POLL_ENDS, CAPTURES, SNAPSHOTS, FINDINGS, *INDEXES, *guards()):
        db.execute(statement.strip())
    db.execute("PRAGMA user_version = 1")


@MIGRATIONS()
def m002_the_log(db: Database) -> None:
    """The log of every fact, what is signed about it, and the facts that only a log needs.

    What stood before is logged when the archive is next opened for writing (archive/log.py).
    """
    tables = (GENESIS, LOG, CHECKPOINTS, ANNOTATIONS, TAKEDOWNS, KEYS, ANCHORS, RESTORES)
    for statement in (*tables, *guards_of_the_log(), "DROP TRIGGER snapshots_no_update", WITHHOLD):
        db.execute(statement.strip())
    db.execute("PRAGMA user_version = 2")


@MIGRATIONS()
def m003_keeping(db: Database) -> None:
    """What a takedown says of the files inside a withheld zip archive, and the name under which a log goes on."""
    db.execute("ALTER TABLE takedowns ADD COLUMN members TEXT CHECK (members IS NULL OR json_valid(members))")
    db.execute("ALTER TABLE restores ADD COLUMN new_origin TEXT")
    db.execute("PRAGMA user_version = 3")


VERSION = 3
"""PRAGMA user_version after the last migration: each migration raises it by one."""


def stored_schema(db: Database) -> dict[str, str]:
    """Every table and trigger that stands in a database, by name, as SQL."""
    return dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')").fetchall())


@cache
def expected_schema() -> Mapping[str, str]:
    """What `stored_schema` gives for a database to which every migration has been applied, and nothing else."""
    with Database(memory=True, execute_plugins=False) as db:
        MIGRATIONS.apply(db)
        return MappingProxyType(stored_schema(db))
