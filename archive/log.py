"""The log of archive.db: one leaf for every fact, in the order in which the facts were kept; begins it, adds to it.

Never signs, and never opens a transaction: its caller holds the one in which the fact itself is kept.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterator

from sqlite_utils import Database

from archive.leaves import leaf_of
from archive.merkle import GrowingTree, leaf_hash
from archive.migrations import NUMBERED, NUMBERS
from archive.promise import PROMISE

ORDER = (
    # A poll, its captures each with the snapshots they brought, its findings, its end.
    "SELECT 'polls', poll_id, poll_id AS poll, 0 AS step, 0 AS within FROM polls"
    " UNION ALL SELECT 'captures', capture_id, poll_id, 1, capture_id * 2 FROM captures"
    " UNION ALL SELECT 'snapshots', snapshot_id, poll_id, 1, first_capture_id * 2 + 1"
    " FROM snapshots JOIN captures ON capture_id = first_capture_id"
    " UNION ALL SELECT 'findings', finding_id, coalesce(poll_id, 9223372036854775807), 2, finding_id FROM findings"
    " UNION ALL SELECT 'poll_ends', poll_id, poll_id, 3, 0 FROM poll_ends"
    " ORDER BY poll, step, within, 2"
)
"""Facts of an archive that is older than the log, in the order in which they came, as far as the tables tell."""


def log_fact(db: Database, table: str, number: int) -> int:
    """Add the leaf of a fact that was just kept, in the same transaction; returns its entry, from 0.

    The leaf is made from the row as it stands in the table, so that it says what was kept and not what was meant.
    Raises ValueError for a fact that is too large for a leaf.
    """
    leaf = leaf_of(table, stored_row(db, table, number))
    entry = log_size(db)
    db.execute(
        "INSERT INTO log (entry, fact_table, fact_number, leaf, leaf_hash) VALUES (?, ?, ?, ?, ?)",
        [entry, table, number, leaf.decode(), leaf_hash(leaf)],
    )
    return entry


def stored_row(db: Database, table: str, number: int, columns: str = "*") -> dict[str, object]:
    """One row of a table of facts, by its number, whole or in part. Raises KeyError where there is none."""
    cursor = db.execute(f"SELECT {columns} FROM {table} WHERE {NUMBERS[table]} = ?", [number])
    row = cursor.fetchone()
    if row is None:
        raise KeyError(f"{table} {number}")
    return dict(zip((column[0] for column in cursor.description), row, strict=True))


def log_size(db: Database) -> int:
    """How many leaves the log has."""
    (size,) = db.execute("SELECT coalesce(max(entry), -1) + 1 FROM log").fetchone()
    return int(size)


def leaf_hashes(db: Database, size: int | None = None) -> Iterator[bytes]:
    """Hashes of the first `size` leaves, or of all, in order, as they are stored."""
    limit = -1 if size is None else size
    return (row[0] for row in db.execute("SELECT leaf_hash FROM log ORDER BY entry LIMIT ?", [limit]))


def root_at(db: Database, size: int) -> bytes:
    """Root over the first `size` leaves. Raises ValueError where the log is shorter."""
    tree = GrowingTree(leaf_hashes(db, size))
    if tree.size != size:
        raise ValueError(f"a tree of {size}: found a log of {tree.size} leaves, expected as many or more")
    return tree.root()


def entry_of(db: Database, table: str, number: int) -> int | None:
    """The entry that holds a fact's leaf; None where the fact was never logged."""
    row = db.execute("SELECT entry FROM log WHERE fact_table = ? AND fact_number = ?", [table, number]).fetchone()
    return int(row[0]) if row else None


def origin_of(db: Database) -> str:
    """The log's name, as its next checkpoint states it. Raises IndexError for an archive whose log has not begun."""
    return origin_at(db, log_size(db))


def origin_at(db: Database, size: int) -> str:
    """The name in force over the first `size` leaves: the genesis', or that of the newest restore among them that gave one.

    A checkpoint of this size states this name, and the keys of this name have signed it.
    """
    row = db.execute(
        "SELECT new_origin FROM restores JOIN log ON fact_table = 'restores' AND fact_number = restore_id"
        " WHERE new_origin IS NOT NULL AND entry < ? ORDER BY entry DESC LIMIT 1",
        [size],
    ).fetchone()
    return str(row[0] if row else db.execute("SELECT origin FROM genesis").fetchall()[0][0])


def begin_log(db: Database, now: str, origin: str | None = None) -> None:
    """Begin the log of an archive that has none: the genesis, and then every fact that stood before.

    `origin` names the log; without one it gets a random name. Does nothing where the log has begun. The caller holds the
    transaction.
    """
    if log_size(db):
        return
    facts = db.execute(ORDER).fetchall()
    stood_before = Counter(table for table, *_ in facts)
    db.execute(
        "INSERT INTO genesis (genesis_id, begun_at, origin, promise, stood_before) VALUES (1, ?, ?, ?, ?)",
        [now, origin or f"opt-out-archive/{secrets.token_hex(8)}", PROMISE, json.dumps(stood_before, sort_keys=True)],
    )
    log_fact(db, "genesis", 1)
    for table, number, *_ in facts:
        log_fact(db, table, number)


def next_number(db: Database, table: str) -> int:
    """The number that the next row of a numbered table gets."""
    (newest,) = db.execute(f"SELECT coalesce(max({NUMBERED[table]}), 0) FROM {table}").fetchone()
    return int(newest) + 1
